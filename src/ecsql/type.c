/* src/ecsql/type.c - questions about types. */
#include "type.h"

struct ecsql_type ecsql_type_of(enum weh_ec_primitive primitive)
{
    return (struct ecsql_type){ .kind = ECSQL_TYPE_PRIMITIVE, .primitive = primitive };
}

bool ecsql_type_is_point(const struct ecsql_type *type)
{
    return type->kind == ECSQL_TYPE_PRIMITIVE &&
           (type->primitive == WEH_EC_POINT2D || type->primitive == WEH_EC_POINT3D);
}

bool ecsql_type_is_number(const struct ecsql_type *type)
{
    return ecsql_type_is_whole_number(type) ||
           (type->kind == ECSQL_TYPE_PRIMITIVE && type->primitive == WEH_EC_DOUBLE);
}

bool ecsql_type_is_whole_number(const struct ecsql_type *type)
{
    return type->kind == ECSQL_TYPE_PRIMITIVE &&
           (type->primitive == WEH_EC_INT || type->primitive == WEH_EC_LONG);
}

bool ecsql_type_is_string(const struct ecsql_type *type)
{
    return type->kind == ECSQL_TYPE_PRIMITIVE && type->primitive == WEH_EC_STRING;
}

bool ecsql_type_is_scalar(const struct ecsql_type *type)
{
    return type->kind == ECSQL_TYPE_UNSET || type->kind == ECSQL_TYPE_NULL ||
           (type->kind == ECSQL_TYPE_PRIMITIVE && !ecsql_type_is_point(type));
}

uint16_t ecsql_type_cells(const struct ecsql_type *type)
{
    switch (type->kind) {
    case ECSQL_TYPE_NAVIGATION:
        return 2;
    case ECSQL_TYPE_STRUCT:
        return type->n_leaves;
    case ECSQL_TYPE_PRIMITIVE:
        if (ecsql_type_is_point(type)) {
            return type->primitive == WEH_EC_POINT2D ? 2 : 3;
        }
        return 1;
    case ECSQL_TYPE_UNSET:
    case ECSQL_TYPE_NULL:
    case ECSQL_TYPE_ARRAY:
    case ECSQL_TYPE_STRUCT_ARRAY:
    default:
        return 1;
    }
}
