/* src/ecsql/type.h - what kind of value an expression has: how many SQL columns, how they are shown. */
#ifndef ECSQL_TYPE_H
#define ECSQL_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/ec.h"
#include "weh/str.h"

enum ecsql_type_kind {
    ECSQL_TYPE_UNSET, /* of a parameter before anything tells */
    ECSQL_TYPE_NULL,
    ECSQL_TYPE_PRIMITIVE, /* points too */
    ECSQL_TYPE_NAVIGATION,
    ECSQL_TYPE_STRUCT,
    ECSQL_TYPE_ARRAY, /* of primitives */
    ECSQL_TYPE_STRUCT_ARRAY
};

/** How ids and other special texts and numbers are shown: extendedType of the column metadata. */
enum ecsql_id_kind {
    ECSQL_ID_NONE,
    ECSQL_ID_ID,       /* "Id", "NavId", "SourceId", "TargetId": hexadecimal */
    ECSQL_ID_CLASS_ID, /* "ClassId", ...: hexadecimal or a class name */
};

struct ecsql_enumeration;

struct ecsql_type {
    enum ecsql_type_kind kind;
    enum weh_ec_primitive primitive;
    enum weh_ec_datetime datetime;
    bool datetime_said; /* nobody guessed: only then others must match */
    enum ecsql_id_kind id_kind;
    struct weh_str extended; /* as the metadata shows it */
    bool varies;             /* "$->property": each value tells what it is */
    weh_id enumeration_id;   /* 0: none */
    /* Of what has a property in the catalogue and consists of several columns or is an array. */
    const struct weh_ec_property *property;
    uint16_t first_leaf; /* of the property's: those of a struct inside a struct */
    uint16_t n_leaves;
    struct weh_str prefix; /* what leaf.member begins with for those, without the dot */
    const struct weh_ec_class *struct_class;
};

/** The type of a primitive that is no property. */
struct ecsql_type ecsql_type_of(enum weh_ec_primitive primitive);

/** SQL columns of a value of @type. */
uint16_t ecsql_type_cells(const struct ecsql_type *type);

bool ecsql_type_is_point(const struct ecsql_type *type);
/** int, long or double; no enumeration, but ids too. */
bool ecsql_type_is_number(const struct ecsql_type *type);
bool ecsql_type_is_whole_number(const struct ecsql_type *type);
bool ecsql_type_is_string(const struct ecsql_type *type);
/** One SQL column that functions and operators can take. */
bool ecsql_type_is_scalar(const struct ecsql_type *type);
/** Why values of @a and @b cannot be compared or stand in one column; NULL: they can. */
const char *ecsql_type_mismatch(const struct ecsql_type *a, const struct ecsql_type *b);

#endif
