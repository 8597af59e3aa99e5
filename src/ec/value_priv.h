/* src/ec/value_priv.h - what the files about values share; not for other folders. */
#ifndef WEH_EC_VALUE_PRIV_H
#define WEH_EC_VALUE_PRIV_H

#include "weh/buf.h"
#include "weh/ec_value.h"

/** Where in a value we are, for messages: "mainTag.dim", "tags[2].name". */
struct ec_where {
    char text[96]; /* cut when longer */
    size_t len;
};

/** A value on its way into columns or array text. */
struct ec_input {
    const struct weh_ec_catalog *catalog;
    struct weh_arena *arena;
    struct weh_diag *diag;
    struct ec_where where;
};

/** One bindable value; what a column or an item of an array gets. */
struct ec_cell {
    enum {
        EC_CELL_NULL,
        EC_CELL_INT,
        EC_CELL_REAL,
        EC_CELL_TEXT,
        EC_CELL_BLOB
    } type;
    union {
        int64_t integer;
        double real;
        struct weh_str text;
        struct weh_str blob;
    } as;
};

/* value_cell.c */
/** Turn @value into the cell that a primitive of the type of @type stores. Not for points. */
weh_err ec_cell_from_value(struct ec_input *input, const struct weh_ec_property *type,
                           const struct weh_value *value, struct ec_cell *cell);
/** The coordinates of a point, from {x,y,z} or, when @arrays, [x,y,z]. */
weh_err ec_point_from_value(struct ec_input *input, const struct weh_ec_property *type,
                            const struct weh_value *value, bool arrays, double out[3]);
/** Number of coordinates: 2, 3, or 0 for what is no point. */
size_t ec_point_size(const struct weh_ec_property *type);
/** Member of @map for a property: by JavaScript name, else EC name. NULL when absent or null. */
const struct weh_value *ec_member_get(const struct weh_value *map,
                                      const struct weh_ec_property *property);
/** BAD_ARGS unless @value is a map whose members are properties of @ec_class. */
weh_err ec_members_check(struct ec_input *input, const struct weh_ec_class *ec_class,
                         const struct weh_value *value);

size_t ec_where_push(struct ec_where *where, struct weh_str name);
size_t ec_where_push_index(struct ec_where *where, uint32_t index);
void ec_where_pop(struct ec_where *where, size_t len);

/* value_array.c */
/** The text that an array column stores. NULL cell for an empty array. In the input's arena. */
weh_err ec_array_to_text(struct ec_input *input, const struct weh_ec_property *property,
                         const struct weh_value *value, struct ec_cell *cell);

/* value_write.c */
/** Bytes of a binary property: a GUID text for BeGuid, else binary. False when they cannot be. */
bool ec_binary_write(const struct weh_ec_property *type, struct weh_str bytes,
                     struct weh_sink *sink);
weh_err ec_value_corrupt(const struct weh_ec_property *property, struct weh_diag *diag);

/* base64.c: RFC 4648 section 4 */
/** Room for the text of @n bytes, without a NUL. */
size_t ec_base64_size(size_t n);
void ec_base64_encode(const uint8_t *bytes, size_t n, char *out);
/** Decode @text, padded or not, into @out of at least len / 4 * 3 + 3 bytes; false when it is none. */
bool ec_base64_decode(struct weh_str text, uint8_t *out, size_t *n);

#endif
