/* src/geom/json_value.c - single members of JSON geometry: numbers, points, angles, arrays of these. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "weh/compiler.h"
#include "weh/id.h"
#include "weh/placement.h"

#include "box_priv.h"
#include "json_priv.h"

#define WHERE_SIZE 192 /* cut to what a diag holds */

/* An empty array is there, so it has an address. */
static const double no_double[1];
static const int32_t no_int[1];
static const struct weh_xyz no_point[1];

static void append(char *where, const char *format, ...) WEH_PRINTF(2, 3);

static void append(char *where, const char *format, ...)
{
    size_t used = strlen(where);
    va_list args;

    va_start(args, format);
    vsnprintf(where + used, WHERE_SIZE - used, format, args);
    va_end(args);
}

weh_err json_fail(struct json_reader *r, const char *member, const char *format, ...)
{
    char where[WHERE_SIZE] = "";
    char text[160];
    va_list args;

    append(where, "geom[%u]", (unsigned)r->entry);
    for (unsigned i = 0; i < r->depth; i++) {
        const struct json_level *level = &r->levels[i];

        append(where, ".%s", level->name);
        if (level->is_array && level->next > 0) {
            append(where, "[%u]", (unsigned)(level->next - 1));
        }
    }
    if (r->kind[0] != '\0') {
        append(where, ".%s", r->kind);
    }
    if (member[0] != '\0') {
        append(where, ".%s", member);
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return weh_fail_where(r->diag, WEH_E_BAD_ARGS, where, "%s: %s", where, text);
}

weh_err json_nomem(struct json_reader *r)
{
    if (r->arena->limit_bytes != 0 && r->arena->used_bytes >= r->arena->limit_bytes / 2) {
        return weh_fail_where(r->diag, WEH_E_TOO_LARGE, "geom", "the geometry is too large");
    }
    return weh_fail_nomem(r->diag);
}

const struct weh_value *json_get(const struct weh_value *map, const char *name)
{
    const struct weh_value *value = weh_value_get(map, name);

    return weh_value_is_null(value) ? NULL : value;
}

weh_err json_check_members(struct json_reader *r, const struct weh_value *map,
                           const char *const *names)
{
    if (map->type != WEH_VALUE_MAP) {
        return json_fail(r, "", "must be an object");
    }
    for (uint32_t i = 0; i < map->n; i++) {
        struct weh_str key = map->as.members[i].key;
        const char *const *name = names;

        while (*name != NULL && !weh_str_eq_text(key, *name)) {
            name++;
        }
        if (*name == NULL) {
            return json_fail(r, "", "unknown member %.*s", (int)(key.len > 40 ? 40 : key.len),
                             key.ptr);
        }
    }
    return WEH_OK;
}

static void set_has(bool *has, bool value)
{
    if (has != NULL) {
        *has = value;
    }
}

weh_err json_number(struct json_reader *r, const struct weh_value *map, const char *name,
                    double *out, bool *has)
{
    const struct weh_value *value = json_get(map, name);

    set_has(has, value != NULL);
    if (value != NULL && !weh_value_to_double(value, out)) {
        return json_fail(r, name, "must be a number");
    }
    return WEH_OK;
}

weh_err json_need_number(struct json_reader *r, const struct weh_value *map, const char *name,
                         double *out)
{
    bool has;
    weh_err err = json_number(r, map, name, out, &has);

    return err == WEH_OK && !has ? json_fail(r, name, "is missing") : err;
}

weh_err json_bool(struct json_reader *r, const struct weh_value *map, const char *name, bool *out)
{
    const struct weh_value *value = json_get(map, name);

    if (value != NULL && !weh_value_to_bool(value, out)) {
        return json_fail(r, name, "must be true or false");
    }
    return WEH_OK;
}

weh_err json_int(struct json_reader *r, const struct weh_value *map, const char *name, int32_t *out,
                 bool *has)
{
    const struct weh_value *value = json_get(map, name);
    int64_t number;

    set_has(has, value != NULL);
    if (value == NULL) {
        return WEH_OK;
    }
    if (!weh_value_to_int64(value, &number) || number < INT32_MIN || number > INT32_MAX) {
        return json_fail(r, name, "must be a whole number");
    }
    *out = (int32_t)number;
    return WEH_OK;
}

weh_err json_uint(struct json_reader *r, const struct weh_value *map, const char *name,
                  uint32_t *out, bool *has)
{
    const struct weh_value *value = json_get(map, name);
    int64_t number;

    set_has(has, value != NULL);
    if (value == NULL) {
        return WEH_OK;
    }
    if (!weh_value_to_int64(value, &number) || number < 0 || number > UINT32_MAX) {
        return json_fail(r, name, "must be a whole number from 0 to 4294967295");
    }
    *out = (uint32_t)number;
    return WEH_OK;
}

weh_err json_angle(struct json_reader *r, const struct weh_value *map, const char *name,
                   double *out, bool *has)
{
    const struct weh_value *value = json_get(map, name);
    const struct weh_value *in_radians = NULL;
    double number;

    set_has(has, value != NULL);
    if (value == NULL) {
        return WEH_OK;
    }
    if (value->type == WEH_VALUE_MAP) {
        in_radians = json_get(value, "radians");
        value = in_radians != NULL ? in_radians : json_get(value, "degrees");
    }
    if (value == NULL || !weh_value_to_double(value, &number)) {
        return json_fail(r, name, "must be an angle: degrees, {degrees} or {radians}");
    }
    *out = in_radians != NULL ? number : number * (BOX_PI / 180.0);
    return WEH_OK;
}

static bool pair_of_numbers(const struct weh_value *value, double out[2])
{
    return value != NULL && value->type == WEH_VALUE_ARRAY && value->n == 2 &&
           weh_value_to_double(&value->as.items[0], &out[0]) &&
           weh_value_to_double(&value->as.items[1], &out[1]);
}

weh_err json_angle_pair(struct json_reader *r, const struct weh_value *value, const char *name,
                        double out[2])
{
    bool in_radians = false;

    if (value != NULL && value->type == WEH_VALUE_MAP) {
        in_radians = json_get(value, "radians") != NULL;
        value = json_get(value, in_radians ? "radians" : "degrees");
    }
    if (!pair_of_numbers(value, out)) {
        return json_fail(r, name, "must be two angles, start and end");
    }
    if (!in_radians) {
        /* The second one is a difference by the time native turns it into radians. */
        double sweep = (out[1] - out[0]) * (BOX_PI / 180.0);

        out[0] = out[0] * (BOX_PI / 180.0);
        out[1] = sweep;
    } else {
        out[1] -= out[0];
    }
    return WEH_OK;
}

static bool point_from_array(const struct weh_value *value, struct weh_xyz *out)
{
    double xyz[3] = { 0.0, 0.0, 0.0 };

    if (value->n < 2 || value->n > 3) {
        return false;
    }
    for (uint32_t i = 0; i < value->n; i++) {
        if (!weh_value_to_double(&value->as.items[i], &xyz[i])) {
            return false;
        }
    }
    *out = (struct weh_xyz){ xyz[0], xyz[1], xyz[2] };
    return true;
}

static bool point_from_map(const struct weh_value *value, struct weh_xyz *out)
{
    const struct weh_value *z = json_get(value, "z");

    out->z = 0.0;
    return weh_value_to_double(json_get(value, "x"), &out->x) &&
           weh_value_to_double(json_get(value, "y"), &out->y) &&
           (z == NULL || weh_value_to_double(z, &out->z));
}

static bool point_from(const struct weh_value *value, struct weh_xyz *out)
{
    if (value->type == WEH_VALUE_ARRAY) {
        return point_from_array(value, out);
    }
    return value->type == WEH_VALUE_MAP && point_from_map(value, out);
}

weh_err json_point_value(struct json_reader *r, const struct weh_value *value, const char *name,
                         struct weh_xyz *out)
{
    if (!point_from(value, out)) {
        return json_fail(r, name, "must be a point of numbers");
    }
    return WEH_OK;
}

weh_err json_point(struct json_reader *r, const struct weh_value *map, const char *name,
                   struct weh_xyz *out, bool *has)
{
    const struct weh_value *value = json_get(map, name);

    set_has(has, value != NULL);
    return value == NULL ? WEH_OK : json_point_value(r, value, name, out);
}

weh_err json_need_point(struct json_reader *r, const struct weh_value *map, const char *name,
                        struct weh_xyz *out)
{
    bool has;
    weh_err err = json_point(r, map, name, out, &has);

    return err == WEH_OK && !has ? json_fail(r, name, "is missing") : err;
}

weh_err json_rotation(struct json_reader *r, const struct weh_value *map, const char *name,
                      double out[3], bool *has)
{
    static const char *const names[] = { "yaw", "pitch", "roll" };
    const struct weh_value *value = json_get(map, name);
    weh_err err = WEH_OK;

    set_has(has, value != NULL);
    out[0] = out[1] = out[2] = 0.0;
    if (value == NULL) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_MAP) {
        return json_fail(r, name, "must be an object with yaw, pitch and roll");
    }
    for (unsigned i = 0; err == WEH_OK && i < 3; i++) {
        err = json_angle(r, value, names[i], &out[i], NULL);
        out[i] = out[i] * (180.0 / BOX_PI);
    }
    return err;
}

weh_err json_id(struct json_reader *r, const struct weh_value *map, const char *name, uint64_t *out,
                bool *has)
{
    const struct weh_value *value = json_get(map, name);
    struct weh_str text;
    weh_id id;

    set_has(has, value != NULL);
    if (value == NULL) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_STRING) {
        return json_fail(r, name, "must be an id");
    }
    text = weh_value_str(value);
    if (text.len == 0 || weh_str_eq_text(text, "0") || weh_str_eq_text(text, "0x0")) {
        *out = 0;
        return WEH_OK;
    }
    if (!weh_id_parse(text, &id)) {
        return json_fail(r, name, "must be an id");
    }
    *out = id;
    return WEH_OK;
}

weh_err json_text(struct json_reader *r, const struct weh_value *map, const char *name,
                  struct weh_str *out, bool *has)
{
    const struct weh_value *value = json_get(map, name);
    char *copy;

    set_has(has, value != NULL);
    if (value == NULL) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_STRING) {
        return json_fail(r, name, "must be a text");
    }
    copy = weh_arena_strdup(r->arena, weh_value_str(value));
    if (copy == NULL) {
        return json_nomem(r);
    }
    *out = (struct weh_str){ copy, value->n };
    return WEH_OK;
}

/* Room for @n items; an empty array gets @none. */
static weh_err make_room(struct json_reader *r, uint32_t n, size_t size, void **out)
{
    *out = NULL;
    if (n > 0) {
        *out = weh_arena_array(r->arena, n, size);
        if (*out == NULL) {
            return json_nomem(r);
        }
    }
    return WEH_OK;
}

weh_err json_points(struct json_reader *r, const struct weh_value *value, const char *name,
                    struct weh_points *out)
{
    struct weh_xyz *items;
    void *room;
    weh_err err;

    if (value == NULL) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_ARRAY) {
        return json_fail(r, name, "must be an array of points");
    }
    err = make_room(r, value->n, sizeof(*items), &room);
    if (err != WEH_OK) {
        return err;
    }
    items = room;
    for (uint32_t i = 0; i < value->n; i++) {
        if (!point_from(&value->as.items[i], &items[i])) {
            return json_fail(r, name, "item %u must be a point of numbers", (unsigned)i);
        }
    }
    *out = (struct weh_points){ value->n > 0 ? items : no_point, value->n };
    return WEH_OK;
}

static weh_err get_array(struct json_reader *r, const struct weh_value *map, const char *name,
                         const struct weh_value **out)
{
    *out = json_get(map, name);
    if (*out != NULL && (*out)->type != WEH_VALUE_ARRAY) {
        return json_fail(r, name, "must be an array of numbers");
    }
    return WEH_OK;
}

weh_err json_doubles(struct json_reader *r, const struct weh_value *map, const char *name,
                     struct weh_doubles *out)
{
    const struct weh_value *value;
    double *items;
    void *room;
    weh_err err = get_array(r, map, name, &value);

    if (err != WEH_OK || value == NULL) {
        return err;
    }
    err = make_room(r, value->n, sizeof(*items), &room);
    if (err != WEH_OK) {
        return err;
    }
    items = room;
    for (uint32_t i = 0; i < value->n; i++) {
        if (!weh_value_to_double(&value->as.items[i], &items[i])) {
            return json_fail(r, name, "item %u must be a number", (unsigned)i);
        }
    }
    *out = (struct weh_doubles){ value->n > 0 ? items : no_double, value->n };
    return WEH_OK;
}

static weh_err read_ints(struct json_reader *r, const struct weh_value *map, const char *name,
                         bool is_unsigned, struct weh_ints *out)
{
    int64_t low = is_unsigned ? 0 : INT32_MIN;
    int64_t high = is_unsigned ? UINT32_MAX : INT32_MAX;
    const struct weh_value *value;
    int32_t *items;
    void *room;
    weh_err err = get_array(r, map, name, &value);

    if (err != WEH_OK || value == NULL) {
        return err;
    }
    err = make_room(r, value->n, sizeof(*items), &room);
    if (err != WEH_OK) {
        return err;
    }
    items = room;
    for (uint32_t i = 0; i < value->n; i++) {
        int64_t number;

        if (!weh_value_to_int64(&value->as.items[i], &number) || number < low || number > high) {
            return json_fail(r, name, "item %u must be a whole number", (unsigned)i);
        }
        items[i] = (int32_t)(uint32_t)(uint64_t)number;
    }
    *out = (struct weh_ints){ value->n > 0 ? items : no_int, value->n };
    return WEH_OK;
}

weh_err json_ints(struct json_reader *r, const struct weh_value *map, const char *name,
                  struct weh_ints *out)
{
    return read_ints(r, map, name, false, out);
}

weh_err json_uints(struct json_reader *r, const struct weh_value *map, const char *name,
                   struct weh_ints *out)
{
    return read_ints(r, map, name, true, out);
}

/* The @n vectors of member @name, if it is there. */
static weh_err read_vectors(struct json_reader *r, const struct weh_value *map, const char *name,
                            uint32_t n, struct weh_xyz *out, bool *has)
{
    const struct weh_value *value = json_get(map, name);
    weh_err err = WEH_OK;

    *has = value != NULL;
    if (value == NULL) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_ARRAY || value->n != n) {
        return json_fail(r, name, "must be %u vectors", (unsigned)n);
    }
    for (uint32_t i = 0; err == WEH_OK && i < n; i++) {
        err = json_point_value(r, &value->as.items[i], name, &out[i]);
    }
    return err;
}

weh_err json_axes(struct json_reader *r, const struct weh_value *map, struct box_frame *out,
                  bool *has)
{
    struct weh_xyz v[3] = { { 0.0, 0.0, 0.0 } };
    weh_err err;

    *out = (struct box_frame){ .x = { 1.0, 0.0, 0.0 },
                               .y = { 0.0, 1.0, 0.0 },
                               .z = { 0.0, 0.0, 1.0 } };
    err = read_vectors(r, map, "xyzVectors", 3, v, has);
    if (err != WEH_OK) {
        return err;
    }
    if (*has) {
        *out = (struct box_frame){ .x = v[0], .y = v[1], .z = v[2] };
        return WEH_OK;
    }
    err = read_vectors(r, map, "xyVectors", 2, v, has);
    if (err == WEH_OK && *has) {
        out->x = v[0];
        out->y = v[1];
        return box_frame_square(out, 0, 1) ? WEH_OK
                                           : json_fail(r, "xyVectors", "must not be parallel");
    }
    if (err == WEH_OK) {
        err = read_vectors(r, map, "zxVectors", 2, v, has);
    }
    if (err == WEH_OK && *has) {
        out->z = v[0];
        out->x = v[1];
        return box_frame_square(out, 2, 0) ? WEH_OK
                                           : json_fail(r, "zxVectors", "must not be parallel");
    }
    return err;
}
