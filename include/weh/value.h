/* include/weh/value.h - a decoded value, the same for every encoding.
 *
 * The wire decodes messages into it, the data side reads element properties from it, and neither
 * knows the other. A tree of values is read-only; strings, items and members are views into the
 * message or into the arena it was decoded with, and live as long as those.
 */
#ifndef WEH_VALUE_H
#define WEH_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/str.h"

enum weh_value_type {
    WEH_VALUE_NULL, /* also JavaScript's undefined */
    WEH_VALUE_BOOL,
    WEH_VALUE_INT,  /* fits an int64_t */
    WEH_VALUE_UINT, /* above INT64_MAX */
    WEH_VALUE_REAL, /* finite: decoders refuse NaN and infinities */
    WEH_VALUE_STRING,
    WEH_VALUE_BINARY,
    WEH_VALUE_ARRAY,
    WEH_VALUE_MAP, /* keys are strings, each at most once, in the order of the message */
};

/** Which of JavaScript's views on bytes a binary value is; the numbers are those of IPC. */
enum weh_binary_view {
    WEH_VIEW_UINT8, /* also where an encoding knows only bytes */
    WEH_VIEW_INT8,
    WEH_VIEW_UINT8_CLAMPED,
    WEH_VIEW_INT16,
    WEH_VIEW_UINT16,
    WEH_VIEW_INT32,
    WEH_VIEW_UINT32,
    WEH_VIEW_FLOAT32,
    WEH_VIEW_FLOAT64,
    WEH_VIEW_DATA_VIEW,
    WEH_VIEW_COUNT
};

/** Bytes of one element of @view: 1, 2, 4 or 8, little endian. */
uint32_t weh_binary_view_size(enum weh_binary_view view);

struct weh_member;

struct weh_value {
    enum weh_value_type type : 16;
    enum weh_binary_view view : 16; /* of a binary */
    uint32_t n; /* bytes of a string or binary, items of an array, members of a map */
    union {
        bool boolean;
        int64_t integer;
        uint64_t uinteger;
        double real;
        const char *string; /* UTF-8, not NUL-terminated */
        const uint8_t *binary;
        const struct weh_value *items;
        const struct weh_member *members;
    } as;
};

struct weh_member {
    struct weh_str key;
    struct weh_value value;
};

/** "null", "boolean", "number", "string", "binary", "array" or "object". Static. */
const char *weh_value_type_name(const struct weh_value *value);

/** The member @key of the map @map, or NULL (also when @map is NULL or no map). Borrowed. */
const struct weh_value *weh_value_get(const struct weh_value *map, const char *key);

/** True when @value is NULL or of type WEH_VALUE_NULL. */
bool weh_value_is_null(const struct weh_value *value);

/** The string as a view; only for WEH_VALUE_STRING. */
struct weh_str weh_value_str(const struct weh_value *value);

/** True, and *@out set, when @value is a number that is whole and fits (5 and 5.0 alike). */
bool weh_value_to_int64(const struct weh_value *value, int64_t *out);

/** True, and *@out set, when @value is a number. */
bool weh_value_to_double(const struct weh_value *value, double *out);

/** True, and *@out set, when @value is a boolean. */
bool weh_value_to_bool(const struct weh_value *value, bool *out);

#endif
