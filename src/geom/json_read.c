/* src/geom/json_read.c - GeometryStreamProps: one entry after the other, and the trees of shapes in them.
 *
 * A tree is walked with a stack of its open levels (json_reader.levels): a reader of a shape with children
 * makes room for them and pushes where they are.
 */
#include <string.h>

#include "weh/compiler.h"
#include "weh/geom_json.h"

#include "box_priv.h"
#include "json_priv.h"

struct shape_row {
    const char *name;
    json_shape_reader read;
    enum weh_shape_kind kind;
    enum json_class class;
    int32_t boundary; /* of curve vectors */
};

/* clang-format off */
static const struct shape_row shape_rows[] = {
    { "lineString",         json_read_points,    WEH_SHAPE_LINE_STRING,         JSON_CURVE,   0 },
    { "arc",                json_read_arc,       WEH_SHAPE_ARC,                 JSON_CURVE,   0 },
    { "loop",               json_read_curves,    WEH_SHAPE_CURVE_VECTOR,        JSON_CURVES,  WEH_BOUNDARY_OUTER },
    { "box",                json_read_box,       WEH_SHAPE_BOX,                 JSON_SOLID,   0 },
    { "lineSegment",        json_read_segment,   WEH_SHAPE_LINE_SEGMENT,        JSON_CURVE,   0 },
    { "pointString",        json_read_points,    WEH_SHAPE_POINT_STRING,        JSON_CURVE,   0 },
    { "path",               json_read_curves,    WEH_SHAPE_CURVE_VECTOR,        JSON_CURVES,  WEH_BOUNDARY_OPEN },
    { "parityRegion",       json_read_curves,    WEH_SHAPE_CURVE_VECTOR,        JSON_CURVES,  WEH_BOUNDARY_PARITY },
    { "unionRegion",        json_read_curves,    WEH_SHAPE_CURVE_VECTOR,        JSON_CURVES,  WEH_BOUNDARY_UNION },
    { "bagOfCurves",        json_read_curves,    WEH_SHAPE_CURVE_VECTOR,        JSON_CURVES,  WEH_BOUNDARY_NONE },
    { "cone",               json_read_cone,      WEH_SHAPE_CONE,                JSON_SOLID,   0 },
    { "cylinder",           json_read_cylinder,  WEH_SHAPE_CONE,                JSON_SOLID,   0 },
    { "sphere",             json_read_sphere,    WEH_SHAPE_SPHERE,              JSON_SOLID,   0 },
    { "torusPipe",          json_read_torus,     WEH_SHAPE_TORUS_PIPE,          JSON_SOLID,   0 },
    { "linearSweep",        json_read_extrusion, WEH_SHAPE_EXTRUSION,           JSON_SOLID,   0 },
    { "rotationalSweep",    json_read_rotation,  WEH_SHAPE_ROTATIONAL_SWEEP,    JSON_SOLID,   0 },
    { "ruledSweep",         json_read_ruled,     WEH_SHAPE_RULED_SWEEP,         JSON_SOLID,   0 },
    { "indexedMesh",        json_read_mesh,      WEH_SHAPE_POLYFACE,            JSON_MESH,    0 },
    { "bsurf",              json_read_surface,   WEH_SHAPE_BSPLINE_SURFACE,     JSON_SURFACE, 0 },
    { "bcurve",             json_read_bcurve,    WEH_SHAPE_BSPLINE_CURVE,       JSON_CURVE,   0 },
    { "interpolationCurve", json_read_fit,       WEH_SHAPE_INTERPOLATION_CURVE, JSON_CURVE,   0 },
    { "transitionSpiral",   json_read_spiral,    WEH_SHAPE_SPIRAL,              JSON_CURVE,   0 },
};

static const struct entry_row {
    const char *name;
    json_entry_reader read;
    uint32_t opcode;
} entry_rows[] = {
    { "header",     json_read_header,     WEH_GEOM_HEADER     },
    { "appearance", json_read_appearance, WEH_GEOM_SYMBOLOGY  },
    { "geomPart",   json_read_part,       WEH_GEOM_PART       },
    { "subRange",   json_read_sub_range,  WEH_GEOM_SUB_RANGE  },
    { "fill",       json_read_fill,       WEH_GEOM_FILL       },
    { "styleMod",   json_read_style,      WEH_GEOM_LINE_STYLE },
    { "pattern",    json_read_pattern,    WEH_GEOM_PATTERN    },
    { "material",   json_read_material,   WEH_GEOM_MATERIAL   },
    { "textString", json_read_text,       WEH_GEOM_TEXT       },
    { "image",      json_read_image,      WEH_GEOM_IMAGE      },
    { "brep",       json_read_brep,       WEH_GEOM_BREP       },
};
/* clang-format on */

weh_err json_push(struct json_reader *r, struct weh_shape *parent, const char *name,
                  const struct weh_value *items, bool is_array, unsigned allowed)
{
    /* The deepest level may hold leaves only, and a leaf is one level more. */
    if (r->depth + 1 >= WEH_SHAPE_MAX_DEPTH) {
        return json_fail(r, "", "is nested deeper than %d", WEH_SHAPE_MAX_DEPTH);
    }
    r->levels[r->depth++] = (struct json_level){
        .parent = parent, .name = name, .items = items, .allowed = allowed, .is_array = is_array
    };
    return WEH_OK;
}

/* Room for the children of @out, one for each of @items. */
static weh_err make_children(struct json_reader *r, const struct weh_value *items,
                             struct weh_shape *out)
{
    weh_assert(items != NULL);
    if (items->n == 0) {
        return json_fail(r, "", "must not be empty");
    }
    if (items->n > WEH_SHAPE_MAX_COUNT - r->n_shapes) {
        return weh_fail_where(r->diag, WEH_E_TOO_LARGE, "geom", "more than %d shapes",
                              WEH_SHAPE_MAX_COUNT);
    }
    out->children = weh_arena_array(r->arena, items->n, sizeof(*out->children));
    if (out->children == NULL) {
        return json_nomem(r);
    }
    out->n_children = items->n;
    return WEH_OK;
}

weh_err json_read_curves(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    const char *name = r->kind;
    weh_err err;

    if (v->type != WEH_VALUE_ARRAY) {
        return json_fail(r, "", "must be an array of curves");
    }
    err = make_children(r, v, out);
    return err != WEH_OK ? err : json_push(r, out, name, v, true, JSON_CURVE | JSON_CURVES);
}

/* The contour of a sweep: the only child. */
static weh_err push_contour(struct json_reader *r, const struct weh_value *v, const char *name,
                            struct weh_shape *out)
{
    const struct weh_value *contour = json_get(v, "contour");

    if (contour == NULL || contour->type != WEH_VALUE_MAP) {
        return json_fail(r, "contour", "must be a curve collection");
    }
    out->children = weh_arena_array(r->arena, 1, sizeof(*out->children));
    if (out->children == NULL) {
        return json_nomem(r);
    }
    out->n_children = 1;
    return json_push(r, out, name, contour, false, JSON_CURVES);
}

weh_err json_read_extrusion(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "contour", "vector", "capped", NULL };
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = json_need_point(r, v, "vector", &out->as.extrusion.vector);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "capped", &out->as.extrusion.capped);
    }
    return err == WEH_OK ? push_contour(r, v, "linearSweep.contour", out) : err;
}

weh_err json_read_rotation(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = {
        "contour", "center", "axis", "sweepAngle", "capped", NULL
    };
    struct weh_rotation *rotation = &out->as.rotation;
    bool has = false;
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = json_need_point(r, v, "axis", &rotation->axis);
    }
    if (err == WEH_OK && box_dot(rotation->axis, rotation->axis) == 0.0) {
        err = json_fail(r, "axis", "must have a direction");
    }
    if (err == WEH_OK) {
        err = json_need_point(r, v, "center", &rotation->center);
    }
    if (err == WEH_OK) {
        err = json_angle(r, v, "sweepAngle", &rotation->sweep, &has);
    }
    if (err == WEH_OK && !has) {
        err = json_fail(r, "sweepAngle", "is missing");
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "capped", &rotation->capped);
    }
    return err == WEH_OK ? push_contour(r, v, "rotationalSweep.contour", out) : err;
}

weh_err json_read_ruled(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "contour", "capped", NULL };
    const struct weh_value *contours;
    weh_err err = json_check_members(r, v, names);

    contours = err == WEH_OK ? json_get(v, "contour") : NULL;
    if (err == WEH_OK && (contours == NULL || contours->type != WEH_VALUE_ARRAY)) {
        err = json_fail(r, "contour", "must be an array of curve collections");
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "capped", &out->as.capped);
    }
    if (err == WEH_OK) {
        err = make_children(r, contours, out);
    }
    return err == WEH_OK ? json_push(r, out, "ruledSweep.contour", contours, true, JSON_CURVES)
                         : err;
}

/* The one member of @value that is not null. */
static weh_err only_member(struct json_reader *r, const struct weh_value *value,
                           const struct weh_member **out)
{
    *out = NULL;
    if (value->type != WEH_VALUE_MAP) {
        return json_fail(r, "", "must be an object");
    }
    for (uint32_t i = 0; i < value->n; i++) {
        if (weh_value_is_null(&value->as.members[i].value)) {
            continue;
        }
        if (*out != NULL) {
            return json_fail(r, "", "must have one member");
        }
        *out = &value->as.members[i];
    }
    return *out != NULL ? WEH_OK : json_fail(r, "", "must have one member");
}

static const struct shape_row *find_shape(struct weh_str name)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(shape_rows); i++) {
        if (weh_str_eq_text(name, shape_rows[i].name)) {
            return &shape_rows[i];
        }
    }
    return NULL;
}

static weh_err unknown_member(struct json_reader *r, struct weh_str key)
{
    return json_fail(r, "", "unknown member %.*s", (int)(key.len > 40 ? 40 : key.len), key.ptr);
}

static weh_err read_member(struct json_reader *r, const struct shape_row *row,
                           const struct weh_value *value, struct weh_shape *out)
{
    weh_err err;

    if (r->n_shapes == WEH_SHAPE_MAX_COUNT) {
        return weh_fail_where(r->diag, WEH_E_TOO_LARGE, "geom", "more than %d shapes",
                              WEH_SHAPE_MAX_COUNT);
    }
    r->n_shapes++;
    memset(out, 0, sizeof(*out));
    out->kind = row->kind;
    if (row->kind == WEH_SHAPE_CURVE_VECTOR) {
        out->as.boundary = row->boundary;
    }
    r->kind = row->name;
    err = row->read(r, value, out);
    r->kind = "";
    return err;
}

static weh_err read_child(struct json_reader *r, unsigned allowed, const struct weh_value *value,
                          struct weh_shape *out)
{
    const struct weh_member *member;
    const struct shape_row *row;
    weh_err err = only_member(r, value, &member);

    if (err != WEH_OK) {
        return err;
    }
    weh_assert(member != NULL);
    row = find_shape(member->key);
    if (row == NULL) {
        return unknown_member(r, member->key);
    }
    if ((row->class & allowed) == 0) {
        return json_fail(r, "", "must not be a %s", row->name);
    }
    return read_member(r, row, &member->value, out);
}

static bool is_vector(const struct weh_shape *shape, int32_t boundary)
{
    return shape->kind == WEH_SHAPE_CURVE_VECTOR && shape->as.boundary == boundary;
}

static bool is_loop(const struct weh_shape *shape)
{
    return is_vector(shape, WEH_BOUNDARY_OUTER) || is_vector(shape, WEH_BOUNDARY_INNER);
}

/* A region may hold loops; native lets a lone curve stand for itself. */
static weh_err check_region(struct json_reader *r, const struct weh_shape *region)
{
    bool is_union = region->as.boundary == WEH_BOUNDARY_UNION;

    if (region->n_children == 1 && region->children[0].kind != WEH_SHAPE_CURVE_VECTOR) {
        return WEH_OK;
    }
    for (uint32_t i = 0; i < region->n_children; i++) {
        const struct weh_shape *child = &region->children[i];

        if (!is_loop(child) && !(is_union && is_vector(child, WEH_BOUNDARY_PARITY))) {
            return json_fail(r, is_union ? "unionRegion" : "parityRegion", "item %u must be a loop",
                             (unsigned)i);
        }
    }
    return WEH_OK;
}

/* The first loop of a parity region is the outer one, the others are holes. */
static void mark_holes(struct weh_shape *region)
{
    for (uint32_t i = 1; i < region->n_children; i++) {
        if (is_loop(&region->children[i])) {
            region->children[i].as.boundary = WEH_BOUNDARY_INNER;
        }
    }
}

/* Put the members of unions inside @region in their place: native keeps no union in a union. */
static weh_err flatten(struct json_reader *r, struct weh_shape *region)
{
    struct weh_shape *flat;
    uint64_t n = 0;
    uint32_t used = 0;

    for (uint32_t i = 0; i < region->n_children; i++) {
        bool nested = is_vector(&region->children[i], WEH_BOUNDARY_UNION);

        n += nested ? region->children[i].n_children : 1;
    }
    if (n == region->n_children) {
        bool any = false;

        for (uint32_t i = 0; i < region->n_children; i++) {
            any = any || is_vector(&region->children[i], WEH_BOUNDARY_UNION);
        }
        if (!any) {
            return WEH_OK;
        }
    }
    flat = weh_arena_array(r->arena, (size_t)n, sizeof(*flat));
    if (flat == NULL) {
        return json_nomem(r);
    }
    for (uint32_t i = 0; i < region->n_children; i++) {
        const struct weh_shape *child = &region->children[i];

        if (is_vector(child, WEH_BOUNDARY_UNION)) {
            memcpy(&flat[used], child->children, child->n_children * sizeof(*flat));
            used += child->n_children;
        } else {
            flat[used++] = *child;
        }
    }
    region->children = flat;
    region->n_children = used;
    return WEH_OK;
}

static bool is_trim_loop(const struct weh_shape *shape)
{
    return is_loop(shape) || is_vector(shape, WEH_BOUNDARY_OPEN);
}

/* Count @shape, and put it behind the others in @out (may be NULL), if it is a loop. */
static void take_loop(const struct weh_shape *shape, struct weh_shape *out, uint32_t *n)
{
    if (is_trim_loop(shape)) {
        if (out != NULL) {
            out[*n] = *shape;
        }
        (*n)++;
    }
}

static void take_loops(const struct weh_shape *region, struct weh_shape *out, uint32_t *n)
{
    for (uint32_t i = 0; !is_trim_loop(region) && i < region->n_children; i++) {
        take_loop(&region->children[i], out, n);
    }
}

/* The loops in @trim: itself, in a region, or in the regions of a union. */
static uint32_t collect_loops(const struct weh_shape *trim, struct weh_shape *out)
{
    uint32_t n = 0;

    take_loop(trim, out, &n);
    take_loops(trim, out, &n);
    for (uint32_t i = 0; !is_trim_loop(trim) && i < trim->n_children; i++) {
        take_loops(&trim->children[i], out, &n);
    }
    return n;
}

/* A loop that is one line string ends where it starts. */
static weh_err close_loop(struct json_reader *r, struct weh_shape *loop)
{
    const struct weh_points *points = &loop->children[0].as.points;
    struct weh_shape *line;
    struct weh_xyz *items;

    if (loop->n_children != 1 || loop->children[0].kind != WEH_SHAPE_LINE_STRING ||
        box_length(box_sub(points->items[points->n - 1], points->items[0])) < 1.0e-10) {
        return WEH_OK;
    }
    line = weh_arena_alloc(r->arena, sizeof(*line));
    items = weh_arena_array(r->arena, (size_t)points->n + 1, sizeof(*items));
    if (line == NULL || items == NULL) {
        return json_nomem(r);
    }
    memcpy(items, points->items, points->n * sizeof(*items));
    items[points->n] = items[0];
    *line = loop->children[0];
    line->as.points = (struct weh_points){ items, points->n + 1 };
    loop->children = line;
    return WEH_OK;
}

/* Trim curves are stored as one parity region of all their loops; without a loop there is no trim. */
static weh_err settle_trim(struct json_reader *r, struct weh_shape *surface)
{
    struct weh_shape *trim = &surface->children[0];
    uint32_t n = is_vector(trim, WEH_BOUNDARY_NONE) ? 0 : collect_loops(trim, NULL);
    struct weh_shape *loops;
    weh_err err = WEH_OK;

    if (n == 0) {
        surface->n_children = 0;
        surface->children = NULL;
        surface->as.surface.hole_origin = 0;
        return WEH_OK;
    }
    loops = weh_arena_array(r->arena, n, sizeof(*loops));
    if (loops == NULL) {
        return json_nomem(r);
    }
    (void)collect_loops(trim, loops);
    memset(trim, 0, sizeof(*trim));
    trim->kind = WEH_SHAPE_CURVE_VECTOR;
    trim->as.boundary = WEH_BOUNDARY_PARITY;
    trim->children = loops;
    trim->n_children = n;
    for (uint32_t i = 0; err == WEH_OK && i < n; i++) {
        loops[i].as.boundary = i == 0 ? WEH_BOUNDARY_OUTER : WEH_BOUNDARY_INNER;
        err = close_loop(r, &loops[i]);
    }
    return err;
}

/* All children of the innermost level are read. */
static weh_err finish_level(struct json_reader *r)
{
    struct weh_shape *shape = r->levels[--r->depth].parent;
    weh_err err = WEH_OK;

    if (shape->kind == WEH_SHAPE_BSPLINE_SURFACE) {
        return settle_trim(r, shape);
    }
    if (shape->kind != WEH_SHAPE_CURVE_VECTOR) {
        return WEH_OK;
    }
    if (shape->as.boundary == WEH_BOUNDARY_UNION) {
        err = flatten(r, shape);
    }
    if (err == WEH_OK &&
        (shape->as.boundary == WEH_BOUNDARY_UNION || shape->as.boundary == WEH_BOUNDARY_PARITY)) {
        err = check_region(r, shape);
    }
    if (err == WEH_OK && shape->as.boundary == WEH_BOUNDARY_PARITY) {
        mark_holes(shape);
    }
    return err;
}

/* Read what has been pushed, to the last leaf. */
static weh_err read_levels(struct json_reader *r)
{
    weh_err err = WEH_OK;

    while (err == WEH_OK && r->depth > 0) {
        struct json_level *top = &r->levels[r->depth - 1];
        uint32_t i = top->next;

        if (i == top->parent->n_children) {
            err = finish_level(r);
            continue;
        }
        top->next++;
        err = read_child(r, top->allowed, top->is_array ? &top->items->as.items[i] : top->items,
                         &top->parent->children[i]);
    }
    return err;
}

static uint32_t opcode_of(enum json_class class)
{
    switch (class) {
    case JSON_CURVE:
        return WEH_GEOM_CURVE;
    case JSON_CURVES:
        return WEH_GEOM_CURVES;
    case JSON_SOLID:
        return WEH_GEOM_SOLID;
    case JSON_MESH:
        return WEH_GEOM_POLYFACE;
    case JSON_SURFACE:
        return WEH_GEOM_SURFACE;
    }
    return 0;
}

static weh_err read_shape_entry(struct json_reader *r, const struct shape_row *row,
                                const struct weh_value *value, struct weh_geom_entry *out)
{
    struct weh_shape *shape = weh_arena_alloc(r->arena, sizeof(*shape));
    weh_err err;

    if (shape == NULL) {
        return json_nomem(r);
    }
    out->opcode = opcode_of(row->class);
    out->as.shape = shape;
    err = read_member(r, row, value, shape);
    return err == WEH_OK ? read_levels(r) : err;
}

static weh_err read_entry(struct json_reader *r, const struct weh_value *value,
                          struct weh_geom_entry *out)
{
    const struct weh_member *member;
    const struct shape_row *row;
    weh_err err = only_member(r, value, &member);

    if (err != WEH_OK) {
        return err;
    }
    weh_assert(member != NULL);
    row = find_shape(member->key);
    if (row != NULL) {
        return read_shape_entry(r, row, &member->value, out);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(entry_rows); i++) {
        if (weh_str_eq_text(member->key, entry_rows[i].name)) {
            out->opcode = entry_rows[i].opcode;
            r->kind = entry_rows[i].name;
            err = entry_rows[i].read(r, &member->value, out);
            r->kind = "";
            return err;
        }
    }
    return unknown_member(r, member->key);
}

weh_err weh_geom_json_read(const struct weh_value *json, struct weh_arena *arena,
                           struct weh_geom *out, struct weh_diag *diag)
{
    struct json_reader reader = { .arena = arena, .diag = diag, .kind = "" };
    struct weh_geom_entry *entries = NULL;
    uint32_t n = 0;
    weh_err err = WEH_OK;

    if (json->type != WEH_VALUE_ARRAY) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "geom", "geom must be an array");
    }
    if (json->n > WEH_GEOM_MAX_ENTRIES) {
        return weh_fail_where(diag, WEH_E_TOO_LARGE, "geom", "more than %d entries",
                              WEH_GEOM_MAX_ENTRIES);
    }
    if (json->n > 0) {
        entries = weh_arena_array(arena, json->n, sizeof(*entries));
        if (entries == NULL) {
            return json_nomem(&reader);
        }
    }
    for (uint32_t i = 0; err == WEH_OK && i < json->n; i++) {
        /* Native tells what has no JSON form as an empty object: nothing is lost when it comes back. */
        if (json->as.items[i].type == WEH_VALUE_MAP && json->as.items[i].n == 0) {
            continue;
        }
        reader.entry = i;
        err = read_entry(&reader, &json->as.items[i], &entries[n++]);
    }
    if (err == WEH_OK) {
        *out = (struct weh_geom){ entries, n };
    }
    return err;
}
