/* src/geom/json_fill.c - area fill, gradients and patterns of JSON geometry, both ways. */
#include <math.h>
#include <string.h>

#include "weh/compiler.h"

#include "box_priv.h"
#include "json_priv.h"

#define MAX_KEYS        8 /* of a gradient */
#define MODE_THEMATIC   6
#define THEMATIC_MARGIN 0.01 /* what native stores for gradients that come as JSON */

static double degrees(double radians)
{
    return radians * (180.0 / BOX_PI);
}

static weh_err read_thematic(struct json_reader *r, const struct weh_value *v,
                             struct weh_geom_fill *fill)
{
    static const char *const names[] = { "mode",     "stepCount", "marginColor", "colorScheme",
                                         "rangeLow", "rangeHigh", NULL };
    const struct weh_value *value = json_get(v, "thematicSettings");
    struct weh_geom_thematic *thematic = weh_arena_alloc(r->arena, sizeof(*thematic));
    weh_err err = WEH_OK;

    if (thematic == NULL) {
        return json_nomem(r);
    }
    thematic->margin = THEMATIC_MARGIN;
    fill->thematic = thematic;
    if (value == NULL) {
        return WEH_OK;
    }
    err = json_check_members(r, value, names);
    if (err == WEH_OK) {
        err = json_uint(r, value, "mode", &thematic->mode, NULL);
    }
    if (err == WEH_OK) {
        err = json_uint(r, value, "stepCount", &thematic->step_count, NULL);
    }
    if (err == WEH_OK) {
        err = json_uint(r, value, "marginColor", &thematic->margin_color, NULL);
    }
    if (err == WEH_OK) {
        err = json_uint(r, value, "colorScheme", &thematic->color_scheme, NULL);
    }
    if (err == WEH_OK) {
        err = json_number(r, value, "rangeLow", &thematic->low, NULL);
    }
    return err == WEH_OK ? json_number(r, value, "rangeHigh", &thematic->high, NULL) : err;
}

static weh_err read_keys(struct json_reader *r, const struct weh_value *v,
                         struct weh_geom_fill *fill)
{
    static const char *const names[] = { "value", "color", NULL };
    const struct weh_value *keys = json_get(v, "keys");
    int32_t *colors;
    double *values;
    weh_err err = WEH_OK;

    if (keys == NULL || keys->type != WEH_VALUE_ARRAY || keys->n == 0 || keys->n > MAX_KEYS) {
        return json_fail(r, "gradient.keys", "must be 1 to %d keys", MAX_KEYS);
    }
    colors = weh_arena_array(r->arena, keys->n, sizeof(*colors));
    values = weh_arena_array(r->arena, keys->n, sizeof(*values));
    if (colors == NULL || values == NULL) {
        return json_nomem(r);
    }
    for (uint32_t i = 0; err == WEH_OK && i < keys->n; i++) {
        uint32_t color = 0;

        err = json_check_members(r, &keys->as.items[i], names);
        if (err == WEH_OK) {
            err = json_number(r, &keys->as.items[i], "value", &values[i], NULL);
        }
        if (err == WEH_OK) {
            err = json_uint(r, &keys->as.items[i], "color", &color, NULL);
        }
        colors[i] = (int32_t)color;
    }
    fill->colors = (struct weh_ints){ colors, keys->n };
    fill->values = (struct weh_doubles){ values, keys->n };
    return err;
}

static weh_err read_gradient(struct json_reader *r, const struct weh_value *v,
                             struct weh_geom_fill *fill)
{
    static const char *const names[] = {
        "mode", "flags", "angle", "tint", "shift", "keys", "thematicSettings", NULL
    };
    uint32_t mode = 0;
    uint32_t flags = 0;
    bool has = false;
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = json_uint(r, v, "mode", &mode, &has);
    }
    if (err == WEH_OK && (!has || mode > MODE_THEMATIC)) {
        err = json_fail(r, "gradient.mode", "must be 0 to %d", MODE_THEMATIC);
    }
    if (err == WEH_OK) {
        err = json_uint(r, v, "flags", &flags, NULL);
    }
    if (err == WEH_OK && flags > UINT16_MAX) {
        err = json_fail(r, "gradient.flags", "must be 0 to 65535");
    }
    if (err == WEH_OK) {
        err = json_angle(r, v, "angle", &fill->angle, NULL);
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "tint", &fill->tint, NULL);
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "shift", &fill->shift, NULL);
    }
    if (err == WEH_OK) {
        err = read_keys(r, v, fill);
    }
    fill->mode = (int8_t)mode;
    fill->flags = (uint16_t)flags;
    return err == WEH_OK && mode == MODE_THEMATIC ? read_thematic(r, v, fill) : err;
}

/* The colour: of a gradient, of the view's background, its own, or of the sub-category. */
static weh_err read_fill_color(struct json_reader *r, const struct weh_value *v,
                               struct weh_geom_fill *fill)
{
    const struct weh_value *gradient = json_get(v, "gradient");
    uint32_t background = 0;
    weh_err err = json_uint(r, v, "color", &fill->color, &fill->use_color);

    if (err == WEH_OK) {
        err = json_uint(r, v, "backgroundFill", &background, NULL);
    }
    if (err == WEH_OK && background > 2) {
        err = json_fail(r, "backgroundFill", "must be 0 to 2");
    }
    if (err == WEH_OK && gradient != NULL) {
        err = read_gradient(r, gradient, fill);
    }
    if (err == WEH_OK && (gradient != NULL || background != 0)) {
        fill->use_color = false;
        fill->color = 0;
    }
    fill->background_fill = gradient == NULL ? (uint8_t)background : 0;
    return err;
}

weh_err json_read_fill(struct json_reader *r, const struct weh_value *v, struct weh_geom_entry *out)
{
    static const char *const names[] = { "display", "transparency", "backgroundFill",
                                         "color",   "gradient",     NULL };
    struct weh_geom_fill *fill = weh_arena_alloc(r->arena, sizeof(*fill));
    uint32_t display = 0;
    bool has = false;
    weh_err err;

    if (fill == NULL) {
        return json_nomem(r);
    }
    out->as.fill = fill;
    err = json_check_members(r, v, names);
    if (err == WEH_OK) {
        err = json_uint(r, v, "display", &display, &has);
    }
    if (err == WEH_OK && (!has || display > 3)) {
        err = json_fail(r, "display", "must be 0 to 3");
    }
    fill->display = (int8_t)display;
    if (err == WEH_OK) {
        err = json_number(r, v, "transparency", &r->fill_transparency, NULL);
        fill->transparency = r->fill_transparency;
    }
    return err == WEH_OK ? read_fill_color(r, v, fill) : err;
}

static weh_err read_pair(struct json_reader *r, const struct weh_value *v, const char *name,
                         double out[2])
{
    struct weh_xyz point = { 0.0, 0.0, 0.0 };
    weh_err err = json_point(r, v, name, &point, NULL);

    out[0] = point.x;
    out[1] = point.y;
    return err;
}

static weh_err read_hatch_line(struct json_reader *r, const struct weh_value *v,
                               struct weh_geom_hatch_line *line)
{
    static const char *const names[] = { "angle", "through", "offset", "dashes", NULL };
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = json_angle(r, v, "angle", &line->angle, NULL);
    }
    if (err == WEH_OK) {
        err = read_pair(r, v, "through", line->through);
    }
    if (err == WEH_OK) {
        err = read_pair(r, v, "offset", line->offset);
    }
    if (err == WEH_OK) {
        err = json_doubles(r, v, "dashes", &line->dashes);
    }
    if (err == WEH_OK && line->dashes.n > WEH_GEOM_MAX_DASHES) {
        err = json_fail(r, "dashes", "must be at most %d", WEH_GEOM_MAX_DASHES);
    }
    if (err == WEH_OK && line->dashes.items == NULL) {
        static const double none[1];

        line->dashes.items = none; /* native writes the empty array */
    }
    return err;
}

static weh_err read_hatch_lines(struct json_reader *r, const struct weh_value *v,
                                struct weh_geom_pattern *pattern)
{
    const struct weh_value *lines = json_get(v, "defLines");
    struct weh_geom_hatch_line *out;
    weh_err err = WEH_OK;

    if (lines == NULL) {
        return WEH_OK;
    }
    if (lines->type != WEH_VALUE_ARRAY) {
        return json_fail(r, "defLines", "must be an array");
    }
    if (lines->n == 0) {
        return WEH_OK;
    }
    out = weh_arena_array(r->arena, lines->n, sizeof(*out));
    if (out == NULL) {
        return json_nomem(r);
    }
    for (uint32_t i = 0; err == WEH_OK && i < lines->n; i++) {
        err = read_hatch_line(r, &lines->as.items[i], &out[i]);
    }
    pattern->lines = out;
    pattern->n_lines = lines->n;
    return err;
}

static weh_err read_spacing(struct json_reader *r, const struct weh_value *v,
                            struct weh_geom_pattern *pattern)
{
    weh_err err = json_number(r, v, "space1", &pattern->space1, NULL);

    if (err == WEH_OK) {
        err = json_number(r, v, "space2", &pattern->space2, NULL);
    }
    if (err == WEH_OK) {
        err = json_angle(r, v, "angle1", &pattern->angle1, NULL);
    }
    if (err == WEH_OK) {
        err = json_angle(r, v, "angle2", &pattern->angle2, NULL);
    }
    pattern->scale = 1.0;
    return err == WEH_OK ? json_number(r, v, "scale", &pattern->scale, NULL) : err;
}

static weh_err read_pattern_look(struct json_reader *r, const struct weh_value *v,
                                 struct weh_geom_pattern *pattern)
{
    weh_err err = json_uint(r, v, "color", &pattern->color, &pattern->use_color);

    if (err == WEH_OK) {
        err = json_uint(r, v, "weight", &pattern->weight, &pattern->use_weight);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "invisibleBoundary", &pattern->invisible_boundary);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "snappable", &pattern->snappable);
    }
    return err == WEH_OK ? json_id(r, v, "symbolId", &pattern->symbol_id, NULL) : err;
}

static weh_err read_pattern_frame(struct json_reader *r, const struct weh_value *v,
                                  struct weh_geom_pattern *pattern)
{
    struct box_frame f;
    double angles[3];
    weh_err err = json_point(r, v, "origin", &pattern->origin, NULL);

    pattern->has_origin = true;
    if (err == WEH_OK) {
        err = json_rotation(r, v, "rotation", angles, NULL);
    }
    if (err != WEH_OK) {
        return err;
    }
    box_frame_rotate(&f, angles[0], angles[1], angles[2]);
    if (!box_frame_is_identity(&f)) {
        const double rows[9] = { f.x.x, f.y.x, f.z.x,   /* row x */
                                 f.x.y, f.y.y, f.z.y,   /* row y */
                                 f.x.z, f.y.z, f.z.z }; /* row z */

        memcpy(pattern->rotation, rows, sizeof(rows));
        pattern->has_rotation = true;
    }
    return WEH_OK;
}

weh_err json_read_pattern(struct json_reader *r, const struct weh_value *v,
                          struct weh_geom_entry *out)
{
    static const char *const names[] = { "origin",
                                         "rotation",
                                         "space1",
                                         "space2",
                                         "angle1",
                                         "angle2",
                                         "scale",
                                         "color",
                                         "weight",
                                         "symbolId",
                                         "invisibleBoundary",
                                         "snappable",
                                         "defLines",
                                         NULL };
    struct weh_geom_pattern *pattern = weh_arena_alloc(r->arena, sizeof(*pattern));
    weh_err err;

    if (pattern == NULL) {
        return json_nomem(r);
    }
    out->as.pattern = pattern;
    err = json_check_members(r, v, names);
    if (err == WEH_OK) {
        err = read_pattern_frame(r, v, pattern);
    }
    if (err == WEH_OK) {
        err = read_spacing(r, v, pattern);
    }
    if (err == WEH_OK) {
        err = read_pattern_look(r, v, pattern);
    }
    if (err == WEH_OK) {
        err = read_hatch_lines(r, v, pattern);
    }
    /* What does not belong to a pattern of its kind is not stored. */
    if (pattern->symbol_id != 0) {
        pattern->angle2 = 0.0;
        pattern->lines = NULL;
        pattern->n_lines = 0;
    } else if (pattern->n_lines > 0) {
        pattern->space1 = pattern->space2 = pattern->angle2 = 0.0;
    } else {
        pattern->scale = 0.0;
    }
    return err;
}

static void write_nonzero(struct weh_sink *sink, const char *key, double value)
{
    if (value != 0.0) {
        json_put_number(sink, key, value);
    }
}

static void write_uint(struct weh_sink *sink, const char *key, uint32_t value)
{
    weh_sink_key(sink, key);
    weh_sink_int(sink, value);
}

static void write_thematic(struct weh_sink *sink, const struct weh_geom_thematic *thematic)
{
    weh_sink_key(sink, "thematicSettings");
    weh_sink_map_begin(sink, 6);
    write_uint(sink, "mode", thematic->mode);
    write_uint(sink, "stepCount", thematic->step_count);
    write_uint(sink, "marginColor", thematic->margin_color);
    write_uint(sink, "colorScheme", thematic->color_scheme);
    weh_sink_key(sink, "rangeLow");
    weh_sink_real(sink, thematic->low);
    weh_sink_key(sink, "rangeHigh");
    weh_sink_real(sink, thematic->high);
    weh_sink_map_end(sink);
}

static void write_gradient(struct weh_sink *sink, const struct weh_geom_fill *fill)
{
    uint32_t n = fill->colors.n < fill->values.n ? fill->colors.n : fill->values.n;

    weh_sink_key(sink, "gradient");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "mode");
    weh_sink_int(sink, fill->mode);
    if (fill->flags != 0) {
        write_uint(sink, "flags", fill->flags);
    }
    write_nonzero(sink, "angle", degrees(fill->angle));
    write_nonzero(sink, "tint", fill->tint);
    write_nonzero(sink, "shift", fill->shift);
    weh_sink_key(sink, "keys");
    weh_sink_array_begin(sink, n);
    for (uint32_t i = 0; i < n; i++) {
        weh_sink_map_begin(sink, 2);
        weh_sink_key(sink, "value");
        weh_sink_real(sink, fill->values.items[i]);
        write_uint(sink, "color", (uint32_t)fill->colors.items[i]);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
    if (fill->mode == MODE_THEMATIC && fill->thematic != NULL) {
        write_thematic(sink, fill->thematic);
    }
    weh_sink_map_end(sink);
}

void json_write_fill(struct weh_sink *sink, const struct weh_geom_fill *fill)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "display");
    weh_sink_int(sink, fill->display);
    if (fill->display != 0) {
        write_nonzero(sink, "transparency", fill->transparency);
        if (fill->mode != 0) {
            write_gradient(sink, fill);
        } else if (fill->use_color) {
            write_uint(sink, "color", fill->color);
        } else if (fill->background_fill != 0) {
            write_uint(sink, "backgroundFill", fill->background_fill);
        }
    }
    weh_sink_map_end(sink);
}

static void write_pair(struct weh_sink *sink, const char *key, const double pair[2])
{
    if (pair[0] == 0.0 && pair[1] == 0.0) {
        return;
    }
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, 2);
    weh_sink_real(sink, pair[0]);
    weh_sink_real(sink, pair[1]);
    weh_sink_array_end(sink);
}

static void write_hatch_lines(struct weh_sink *sink, const struct weh_geom_pattern *pattern)
{
    weh_sink_key(sink, "defLines");
    weh_sink_array_begin(sink, pattern->n_lines);
    for (uint32_t i = 0; i < pattern->n_lines; i++) {
        const struct weh_geom_hatch_line *line = &pattern->lines[i];

        weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
        write_nonzero(sink, "angle", degrees(line->angle));
        write_pair(sink, "through", line->through);
        write_pair(sink, "offset", line->offset);
        if (line->dashes.n > 0) {
            json_write_doubles(sink, "dashes", &line->dashes);
        }
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
}

static void write_pattern_frame(struct weh_sink *sink, const struct weh_geom_pattern *pattern)
{
    const double *m = pattern->rotation;
    struct weh_xyz o = pattern->origin;
    double angles[3];

    if (pattern->has_origin && (o.x != 0.0 || o.y != 0.0 || o.z != 0.0)) {
        json_write_xyz(sink, "origin", o);
    }
    if (pattern->has_rotation) {
        struct box_frame frame = { .x = { m[0], m[3], m[6] },
                                   .y = { m[1], m[4], m[7] },
                                   .z = { m[2], m[5], m[8] } };

        if (!box_frame_is_identity(&frame)) {
            box_frame_angles(&frame, angles);
            json_write_angles(sink, "rotation", angles);
        }
    }
}

void json_write_pattern(struct weh_sink *sink, const struct weh_geom_pattern *pattern)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    write_pattern_frame(sink, pattern);
    write_nonzero(sink, "space1", pattern->space1);
    write_nonzero(sink, "space2", pattern->space2);
    write_nonzero(sink, "angle1", degrees(pattern->angle1));
    write_nonzero(sink, "angle2", degrees(pattern->angle2));
    if (pattern->scale != 1.0) {
        write_nonzero(sink, "scale", pattern->scale);
    }
    if (pattern->use_color) {
        write_uint(sink, "color", pattern->color);
    }
    if (pattern->use_weight) {
        write_uint(sink, "weight", pattern->weight);
    }
    if (pattern->invisible_boundary) {
        weh_sink_key(sink, "invisibleBoundary");
        weh_sink_bool(sink, true);
    }
    if (pattern->snappable) {
        weh_sink_key(sink, "snappable");
        weh_sink_bool(sink, true);
    }
    if (pattern->symbol_id != 0) {
        weh_sink_key(sink, "symbolId");
        weh_sink_id(sink, pattern->symbol_id);
    }
    if (pattern->n_lines > 0) {
        write_hatch_lines(sink, pattern);
    }
    weh_sink_map_end(sink);
}
