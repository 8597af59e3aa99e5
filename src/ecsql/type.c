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

static bool has_date(const struct ecsql_type *type)
{
    return type->datetime != WEH_EC_DT_TIME_OF_DAY;
}

/* A date goes with every date and time, but UTC, local and unspecified times only with their like. */
static bool times_match(const struct ecsql_type *a, const struct ecsql_type *b)
{
    if (!a->datetime_said || !b->datetime_said || a->datetime == b->datetime) {
        return true;
    }
    return has_date(a) && has_date(b) &&
           (a->datetime == WEH_EC_DT_DATE_ONLY || b->datetime == WEH_EC_DT_DATE_ONLY);
}

static bool is_spatial(const struct ecsql_type *type)
{
    return ecsql_type_is_point(type) || type->primitive == WEH_EC_GEOMETRY;
}

const char *ecsql_type_mismatch(const struct ecsql_type *a, const struct ecsql_type *b)
{
    if (a->kind == ECSQL_TYPE_UNSET || b->kind == ECSQL_TYPE_UNSET || a->kind == ECSQL_TYPE_NULL ||
        b->kind == ECSQL_TYPE_NULL) {
        return NULL;
    }
    if (a->kind != b->kind) {
        return "Type mismatch in expression.";
    }
    switch (a->kind) {
    case ECSQL_TYPE_STRUCT:
    case ECSQL_TYPE_STRUCT_ARRAY:
        return a->struct_class == b->struct_class
                   ? NULL
                   : "Type mismatch in expression: Left and right side of expression must both be "
                     "of same Struct or StructArray type.";
    case ECSQL_TYPE_ARRAY:
        return a->primitive == b->primitive
                   ? NULL
                   : "Type mismatch in expression: Left and right side of expression must both be "
                     "of same primitive array type.";
    case ECSQL_TYPE_PRIMITIVE:
        if (a->primitive == WEH_EC_DATETIME && b->primitive == WEH_EC_DATETIME &&
            !times_match(a, b)) {
            return "Type mismatch in expression: DateTime metadata of left and right side of "
                   "expression do not match.";
        }
        if ((is_spatial(a) || is_spatial(b)) && a->primitive != b->primitive) {
            return "Type mismatch in expression: Left and right side of expression must both have "
                   "Point2d / Point3d / IGeometry type.";
        }
        return NULL;
    case ECSQL_TYPE_UNSET:
    case ECSQL_TYPE_NULL:
    case ECSQL_TYPE_NAVIGATION:
    default:
        return NULL;
    }
}
