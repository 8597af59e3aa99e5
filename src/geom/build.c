/* src/geom/build.c - the stored form of geometry; the appearance is build_look.c's. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weh/geom_build.h"
#include "weh/geom_mesh.h"

#include "build_priv.h"

struct builder {
    const struct weh_geom *in;
    const struct weh_geom_target *target;
    struct weh_arena *arena;
    struct weh_diag *diag;
    struct weh_buf entries; /* struct weh_geom_entry */
    struct look wanted;     /* by the entries so far */
    struct look look;       /* that counts for the next geometry */
    struct look written;    /* the restricted one that was written last, if is_restricted */
    uint64_t checked_sub_category;
    struct weh_geom_range box;
    bool is_changed; /* look differs from what is written */
    bool is_restricted;
    bool is_sub_category_changed;
    bool with_ranges; /* each geometry is preceded by its range */
    bool drew;        /* anything */
};

static void write_where(const struct builder *b, uint32_t index, char *where, size_t size)
{
    (void)snprintf(where, size, b->target->is_json ? "geom[%u]" : "entryArray[%u]",
                   (unsigned)index);
}

static weh_err fail_entry(const struct builder *b, uint32_t index, const char *what)
{
    char where[32];

    write_where(b, index, where, sizeof(where));
    return weh_fail_where(b->diag, WEH_E_BAD_ARGS, where, "%s: %s", where, what);
}

static void put(struct builder *b, const struct weh_geom_entry *entry)
{
    weh_buf_append(&b->entries, entry, sizeof(*entry));
}

/* ---- appearance ---- */

static weh_err settle_look(struct builder *b)
{
    const struct weh_geom_target *target = b->target;

    if (!target->is_part && b->wanted.sub_category != b->checked_sub_category) {
        weh_err err =
            target->check_sub_category == NULL
                ? WEH_OK
                : target->check_sub_category(target->context, b->wanted.sub_category, b->diag);

        if (err != WEH_OK) {
            return err;
        }
        b->checked_sub_category = b->wanted.sub_category;
    }
    if (look_equal(&b->look, &b->wanted)) {
        return WEH_OK;
    }
    if (!target->is_part && b->look.sub_category != b->wanted.sub_category) {
        b->is_sub_category_changed = true;
    }
    b->look = b->wanted;
    b->is_changed = true;
    return WEH_OK;
}

static weh_err write_look(struct builder *b, const struct look *look)
{
    weh_err err = look_write(look, !b->target->is_part && b->is_sub_category_changed,
                             b->target->is_2d, b->arena, &b->entries, b->diag);

    b->is_sub_category_changed = false;
    return err;
}

/* Write what geometry with @abilities needs to look as it should. */
static weh_err establish_look(struct builder *b, unsigned abilities)
{
    struct look restricted = b->look;
    weh_err err = WEH_OK;

    if (look_restrict(&restricted, abilities)) {
        if (!b->is_restricted || !look_equal(&b->written, &restricted)) {
            b->written = restricted;
            err = write_look(b, &restricted);
            b->is_changed = true;
            b->is_restricted = true;
        }
        return err;
    }
    if (b->is_changed) {
        err = write_look(b, &b->look);
        b->is_changed = false;
        b->is_restricted = false;
    }
    return err;
}

/* ---- geometry ---- */

static bool is_region(const struct weh_shape *shape)
{
    return shape->kind == WEH_SHAPE_CURVE_VECTOR && shape->as.boundary >= WEH_BOUNDARY_OUTER;
}

static unsigned abilities_of(const struct weh_geom_entry *entry)
{
    const unsigned all = LOOK_SOLID_FILL | LOOK_GRADIENT | LOOK_MATERIAL;

    switch (entry->opcode) {
    case WEH_GEOM_PART:
        return all;
    case WEH_GEOM_POINTS:
    case WEH_GEOM_POINTS_2D:
        return entry->as.points.boundary == 2 ? all : 0;
    case WEH_GEOM_ARC:
        return entry->as.arc.boundary == 2 ? all : 0;
    case WEH_GEOM_CURVES:
        return is_region(entry->as.shape) ? all : 0;
    case WEH_GEOM_POLYFACE:
        return LOOK_SOLID_FILL | LOOK_MATERIAL;
    case WEH_GEOM_SOLID:
    case WEH_GEOM_SURFACE:
    case WEH_GEOM_BREP:
        return LOOK_MATERIAL;
    case WEH_GEOM_IMAGE:
        return LOOK_SOLID_FILL;
    default:
        return 0;
    }
}

static bool is_3d_only(uint32_t opcode)
{
    return opcode == WEH_GEOM_POLYFACE || opcode == WEH_GEOM_SOLID || opcode == WEH_GEOM_SURFACE ||
           opcode == WEH_GEOM_BREP;
}

/* Regions of regions: loops in parity regions, these and loops in unions. */
static bool children_suit(const struct weh_shape *shape)
{
    for (uint32_t i = 0; i < shape->n_children; i++) {
        const struct weh_shape *child = &shape->children[i];
        const bool is_vector = child->kind == WEH_SHAPE_CURVE_VECTOR;
        const bool is_loop = is_vector && (child->as.boundary == WEH_BOUNDARY_OUTER ||
                                           child->as.boundary == WEH_BOUNDARY_INNER);

        if (shape->as.boundary == WEH_BOUNDARY_PARITY && !is_loop) {
            return false;
        }
        if (shape->as.boundary == WEH_BOUNDARY_UNION && !is_loop &&
            !(is_vector && child->as.boundary == WEH_BOUNDARY_PARITY)) {
            return false;
        }
    }
    return true;
}

static bool curves_suit(const struct weh_shape *root)
{
    const struct weh_shape *stack[WEH_SHAPE_MAX_DEPTH];
    uint32_t next[WEH_SHAPE_MAX_DEPTH] = { 0 };
    unsigned depth = 1;

    stack[0] = root;
    if (!children_suit(root)) {
        return false;
    }
    while (depth > 0) {
        const struct weh_shape *shape = stack[depth - 1];
        const struct weh_shape *child;

        if (next[depth - 1] == shape->n_children) {
            depth--;
            continue;
        }
        child = &shape->children[next[depth - 1]++];
        if (child->kind != WEH_SHAPE_CURVE_VECTOR) {
            continue;
        }
        if (depth == WEH_SHAPE_MAX_DEPTH || !children_suit(child)) {
            return false;
        }
        stack[depth] = child;
        next[depth++] = 0;
    }
    return true;
}

static void put_points(struct builder *b, struct weh_points points, int8_t boundary)
{
    const struct weh_geom_entry entry = { .opcode = b->target->is_2d ? WEH_GEOM_POINTS_2D
                                                                     : WEH_GEOM_POINTS,
                                          .as.points = { points, boundary } };

    put(b, &entry);
}

static void put_arc(struct builder *b, const struct weh_arc *arc, bool closed)
{
    const struct weh_geom_entry entry = { .opcode = WEH_GEOM_ARC,
                                          .as.arc = { *arc, closed ? 2 : 1 } };

    put(b, &entry);
}

/* A single curve in its simplest form; false when it has none simpler than its own. */
static bool put_simple(struct builder *b, const struct weh_shape *curve, bool closed)
{
    switch ((unsigned)curve->kind) {
    case WEH_SHAPE_LINE_SEGMENT:
        put_points(b, (struct weh_points){ curve->as.segment, 2 }, 1);
        return true;
    case WEH_SHAPE_LINE_STRING:
        put_points(b, curve->as.points, closed ? 2 : 1);
        return true;
    case WEH_SHAPE_POINT_STRING:
        put_points(b, curve->as.points, 0);
        return true;
    case WEH_SHAPE_ARC:
        put_arc(b, &curve->as.arc, closed);
        return true;
    default:
        return false;
    }
}

static bool put_curves(struct builder *b, const struct weh_geom_entry *entry)
{
    const struct weh_shape *shape = entry->as.shape;
    const bool closed =
        shape->as.boundary == WEH_BOUNDARY_OUTER || shape->as.boundary == WEH_BOUNDARY_INNER;

    if (shape->n_children == 1 && put_simple(b, &shape->children[0], closed)) {
        return true;
    }
    if (!curves_suit(shape)) {
        return false;
    }
    put(b, entry);
    return true;
}

/* Native reads an entry's mesh by a way that gives every one a row size; JSON comes by another. */
static bool put_mesh(struct builder *b, const struct weh_geom_entry *entry)
{
    struct weh_geom_entry settled = *entry;
    struct weh_shape *shape;
    struct weh_mesh *mesh;

    if (b->target->is_json || entry->as.shape->as.mesh->num_per_row >= 1) {
        put(b, entry);
        return true;
    }
    shape = weh_arena_alloc(b->arena, sizeof(*shape));
    mesh = weh_arena_alloc(b->arena, sizeof(*mesh));
    if (shape == NULL || mesh == NULL) {
        b->entries.err = WEH_E_NOMEM;
        return true;
    }
    *shape = *entry->as.shape;
    *mesh = *entry->as.shape->as.mesh;
    mesh->num_per_row = 1;
    shape->as.mesh = mesh;
    settled.as.shape = shape;
    put(b, &settled);
    return true;
}

/* False when the geometry makes no sense. */
static bool put_geometry(struct builder *b, const struct weh_geom_entry *entry)
{
    switch (entry->opcode) {
    case WEH_GEOM_POINTS:
    case WEH_GEOM_POINTS_2D:
        if (entry->as.points.boundary < 0 || entry->as.points.boundary > 2) {
            return false;
        }
        put_points(b, entry->as.points.points, entry->as.points.boundary);
        return true;
    case WEH_GEOM_ARC:
        put_arc(b, &entry->as.arc.arc, entry->as.arc.boundary == 2);
        return true;
    case WEH_GEOM_CURVE:
        if (!put_simple(b, entry->as.shape, false)) {
            put(b, entry);
        }
        return true;
    case WEH_GEOM_CURVES:
        return put_curves(b, entry);
    case WEH_GEOM_POLYFACE:
        return put_mesh(b, entry);
    case WEH_GEOM_IMAGE:
        if (entry->as.image->texture_id == 0) {
            return false;
        }
        put(b, entry);
        return true;
    default:
        put(b, entry);
        return true;
    }
}

static void extend(struct weh_geom_range *box, const struct weh_geom_range *by)
{
    if (weh_geom_range_is_null(by)) {
        return;
    }
    box->low.x = by->low.x < box->low.x ? by->low.x : box->low.x;
    box->low.y = by->low.y < box->low.y ? by->low.y : box->low.y;
    box->low.z = by->low.z < box->low.z ? by->low.z : box->low.z;
    box->high.x = by->high.x > box->high.x ? by->high.x : box->high.x;
    box->high.y = by->high.y > box->high.y ? by->high.y : box->high.y;
    box->high.z = by->high.z > box->high.z ? by->high.z : box->high.z;
}

static bool is_finite(const struct weh_geom_range *box)
{
    return isfinite(box->low.x) && isfinite(box->low.y) && isfinite(box->low.z) &&
           isfinite(box->high.x) && isfinite(box->high.y) && isfinite(box->high.z);
}

static weh_err find_box(struct builder *b, uint32_t index, struct weh_geom_range *box)
{
    const struct weh_geom_target *target = b->target;
    weh_err err = weh_geom_entry_box(&b->in->entries[index], target->parts, box, b->diag);

    if (err == WEH_E_UNSUPPORTED && target->given_box != NULL) {
        *box = *target->given_box;
        return WEH_OK;
    }
    if (err == WEH_OK && (weh_geom_range_is_null(box) || !is_finite(box))) {
        return fail_entry(b, index, "geometry without extent, or without end");
    }
    if (err == WEH_E_BAD_ARGS && b->diag != NULL && b->diag->where[0] == '\0') {
        write_where(b, index, b->diag->where, sizeof(b->diag->where));
    }
    return err;
}

static weh_err add_geometry(struct builder *b, uint32_t index)
{
    const struct weh_geom_entry *entry = &b->in->entries[index];
    const bool is_part = entry->opcode == WEH_GEOM_PART;
    struct weh_geom_range box;
    weh_err err;

    if (b->target->is_2d && is_3d_only(entry->opcode)) {
        return fail_entry(b, index, "3d geometry in a 2d element");
    }
    if (is_part && b->target->is_part) {
        return fail_entry(b, index, "a part cannot have parts");
    }
    err = find_box(b, index, &box);
    if (err == WEH_OK) {
        err = establish_look(b, abilities_of(entry));
    }
    if (err != WEH_OK) {
        return err;
    }
    extend(&b->box, &box);
    if (weh_geom_range_is_too_large(&b->box)) {
        return fail_entry(b, index, "the geometry is larger than 40075 km");
    }
    b->drew = true;
    if (is_part) {
        struct weh_geom_entry settled = *entry;

        weh_geom_part_settle(&settled.as.part);
        put(b, &settled);
        return WEH_OK;
    }
    if (b->with_ranges) {
        put(b, &(const struct weh_geom_entry){ .opcode = WEH_GEOM_SUB_RANGE, .as.range = box });
    }
    return put_geometry(b, entry) ? WEH_OK : fail_entry(b, index, "geometry that makes no sense");
}

/* ---- the list ---- */

static bool is_look(uint32_t opcode)
{
    return opcode == WEH_GEOM_SYMBOLOGY ||
           (opcode >= WEH_GEOM_FILL && opcode <= WEH_GEOM_LINE_STYLE && opcode != WEH_GEOM_TEXT);
}

/* Ranges are worth it when more than one geometry has them: of those behind it, or in JSON of all. */
static void add_range(struct builder *b, uint32_t index)
{
    const struct weh_geom *in = b->in;
    const bool is_json = b->target->is_json;
    uint32_t n = 0;

    if (b->target->is_part || in->n < 3 || index + (is_json ? 1 : 2) >= in->n) {
        return;
    }
    for (uint32_t i = is_json ? 0 : index + 1; i < in->n && n < 2; i++) {
        uint32_t opcode = in->entries[i].opcode;

        /* The header of JSON counts, too. */
        n += weh_geom_op_is_geometry(opcode) || opcode == WEH_GEOM_PART ||
             (is_json && opcode == WEH_GEOM_HEADER);
    }
    b->with_ranges = b->with_ranges || n > 1;
}

static weh_err add_look(struct builder *b, uint32_t index)
{
    const bool changed = look_apply(&b->wanted, &b->in->entries[index], b->target->is_json);

    if (b->target->is_json) {
        return WEH_OK;
    }
    return changed ? settle_look(b) : fail_entry(b, index, "an appearance that changes nothing");
}

static weh_err add_entry(struct builder *b, uint32_t index)
{
    uint32_t opcode = b->in->entries[index].opcode;
    weh_err err = WEH_OK;

    if (opcode == WEH_GEOM_HEADER) {
        return !b->target->is_json || index == 0 ? WEH_OK
                                                 : fail_entry(b, index, "the header must be first");
    }
    if (opcode == WEH_GEOM_SUB_RANGE) {
        add_range(b, index);
        return WEH_OK;
    }
    if (is_look(opcode)) {
        return add_look(b, index);
    }
    if (!weh_geom_op_is_geometry(opcode) && opcode != WEH_GEOM_PART) {
        return fail_entry(b, index, "an unknown opcode");
    }
    if (b->target->is_json) {
        err = settle_look(b);
    }
    return err == WEH_OK ? add_geometry(b, index) : err;
}

static void put_header(struct builder *b)
{
    struct weh_geom_entry header = { .opcode = WEH_GEOM_HEADER,
                                     .as.header = { 1, b->target->flags } };

    if (b->target->is_json && b->in->n > 0 && b->in->entries[0].opcode == WEH_GEOM_HEADER) {
        header.as.header.flags = b->in->entries[0].as.header.flags;
    }
    put(b, &header);
}

static weh_err take_entries(struct builder *b, struct weh_geom *out)
{
    if (b->entries.err != WEH_OK) {
        return weh_fail_nomem(b->diag);
    }
    if (!b->drew) {
        return WEH_OK;
    }
    out->entries = weh_arena_alloc(b->arena, b->entries.len);
    if (out->entries == NULL) {
        return weh_fail_nomem(b->diag);
    }
    memcpy(out->entries, b->entries.data, b->entries.len);
    out->n = (uint32_t)(b->entries.len / sizeof(*out->entries));
    return WEH_OK;
}

weh_err weh_geom_build(const struct weh_geom *in, const struct weh_geom_target *target,
                       struct weh_arena *arena, struct weh_geom *out, struct weh_geom_range *box,
                       struct weh_diag *diag)
{
    struct builder b = { .in = in, .target = target, .arena = arena, .diag = diag };
    weh_err err = WEH_OK;

    *out = (struct weh_geom){ 0 };
    b.wanted.sub_category = target->sub_category;
    b.look.sub_category = target->sub_category;
    b.checked_sub_category = target->sub_category;
    b.box = (struct weh_geom_range){ { HUGE_VAL, HUGE_VAL, HUGE_VAL },
                                     { -HUGE_VAL, -HUGE_VAL, -HUGE_VAL } };
    weh_buf_init(&b.entries, 0);
    put_header(&b);
    for (uint32_t i = 0; i < in->n && err == WEH_OK; i++) {
        err = add_entry(&b, i);
    }
    if (err == WEH_OK) {
        err = take_entries(&b, out);
    }
    weh_buf_fini(&b.entries);
    if (target->is_2d) {
        b.box.low.z = 0.0;
        b.box.high.z = 0.0;
    }
    *box = b.box;
    return err;
}
