/* src/geom/box.c - the box of an entry and of a whole stream: walks the shapes and adds up. */
#include <stdio.h>
#include <string.h>

#include "weh/compiler.h"
#include "weh/geom_box.h"
#include "weh/geom_mesh.h"

#include "box_priv.h"

static weh_err unsupported(const char *what, struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_UNSUPPORTED, "the box of %s cannot be computed: give a bbox", what);
}

/* Shapes that have no child, and the sweeps that are measured as one. */
static weh_err add_leaf(struct weh_geom_range *range, const struct weh_shape *shape,
                        struct weh_diag *diag)
{
    switch ((int)shape->kind) {
    case WEH_SHAPE_LINE_SEGMENT:
        box_add(range, shape->as.segment[0]);
        box_add(range, shape->as.segment[1]);
        return WEH_OK;
    case WEH_SHAPE_LINE_STRING:
    case WEH_SHAPE_POINT_STRING:
        box_add_points(range, &shape->as.points);
        return WEH_OK;
    case WEH_SHAPE_ARC:
        box_add_arc(range, &shape->as.arc);
        return WEH_OK;
    case WEH_SHAPE_BSPLINE_CURVE:
        return box_add_bcurve(range, &shape->as.bcurve, diag);
    case WEH_SHAPE_INTERPOLATION_CURVE:
        return box_add_interpolation(range, &shape->as.interpolation, diag);
    case WEH_SHAPE_CONE:
        box_add_cone(range, &shape->as.cone);
        return WEH_OK;
    case WEH_SHAPE_SPHERE:
        box_add_sphere(range, &shape->as.sphere);
        return WEH_OK;
    case WEH_SHAPE_TORUS_PIPE:
        box_add_torus(range, &shape->as.torus);
        return WEH_OK;
    case WEH_SHAPE_BOX:
        box_add_box(range, &shape->as.box);
        return WEH_OK;
    case WEH_SHAPE_POLYFACE:
        box_add_points(range, &shape->as.mesh->point);
        return WEH_OK;
    case WEH_SHAPE_BSPLINE_SURFACE:
        return box_add_surface(range, &shape->as.surface, diag);
    case WEH_SHAPE_ROTATIONAL_SWEEP:
        return box_add_rotation(range, shape, diag);
    case WEH_SHAPE_SPIRAL:
        return unsupported("a transition spiral", diag);
    case WEH_SHAPE_CATENARY:
    case WEH_SHAPE_AKIMA_CURVE:
    case WEH_SHAPE_PARTIAL_CURVE:
        return unsupported("a curve of this kind", diag);
    default:
        return unsupported("a shape of an unknown kind", diag);
    }
}

/* Shapes whose box is that of their children. */
static bool is_group(const struct weh_shape *shape)
{
    return shape->kind == WEH_SHAPE_CURVE_VECTOR || shape->kind == WEH_SHAPE_RULED_SWEEP ||
           shape->kind == WEH_SHAPE_BAG || shape->kind == WEH_SHAPE_EXTRUSION;
}

struct walk {
    const struct weh_shape *shape;
    uint32_t next;
    struct weh_geom_range range;
};

/* The children of the innermost shape are done: its box goes to the one around it. */
static void leave(struct walk *stack, unsigned *depth, struct weh_geom_range *out)
{
    struct walk *top = &stack[--*depth];

    if (top->shape->kind == WEH_SHAPE_EXTRUSION) {
        box_sweep(&top->range, top->shape->as.extrusion.vector);
    }
    box_add_range(*depth == 0 ? out : &stack[*depth - 1].range, &top->range);
}

static weh_err enter(struct walk *stack, unsigned *depth, const struct weh_shape *shape,
                     struct weh_diag *diag)
{
    if (*depth == WEH_SHAPE_MAX_DEPTH) {
        return weh_fail(diag, WEH_E_BAD_ARGS, "geometry nested too deep");
    }
    stack[*depth] = (struct walk){ .shape = shape };
    box_init(&stack[*depth].range);
    (*depth)++;
    return WEH_OK;
}

static weh_err add_shape(struct weh_geom_range *range, const struct weh_shape *shape,
                         struct weh_diag *diag)
{
    struct walk stack[WEH_SHAPE_MAX_DEPTH];
    unsigned depth = 0;
    weh_err err;

    if (!is_group(shape)) {
        return add_leaf(range, shape, diag);
    }
    err = enter(stack, &depth, shape, diag);
    while (err == WEH_OK && depth > 0) {
        struct walk *top = &stack[depth - 1];
        const struct weh_shape *child;

        if (top->next == top->shape->n_children) {
            leave(stack, &depth, range);
            continue;
        }
        child = &top->shape->children[top->next++];
        err = is_group(child) ? enter(stack, &depth, child, diag)
                              : add_leaf(&top->range, child, diag);
    }
    return err;
}

static void part_frame(const struct weh_geom_part *part, struct box_frame *frame)
{
    box_frame_rotate(frame, part->yaw, part->pitch, part->roll);
    frame->x = box_scale(frame->x, part->scale);
    frame->y = box_scale(frame->y, part->scale);
    frame->z = box_scale(frame->z, part->scale);
    frame->origin = part->has_origin ? part->origin : (struct weh_xyz){ 0.0, 0.0, 0.0 };
}

static bool origin_is_zero(const struct box_frame *frame)
{
    return fabs(frame->origin.x) <= BOX_SMALL_ANGLE && fabs(frame->origin.y) <= BOX_SMALL_ANGLE &&
           fabs(frame->origin.z) <= BOX_SMALL_ANGLE;
}

void weh_geom_part_settle(struct weh_geom_part *part)
{
    struct box_frame frame;
    double angles[3];
    double scale;

    part_frame(part, &frame);
    if (box_frame_is_identity(&frame) && origin_is_zero(&frame)) {
        *part = (struct weh_geom_part){ .part_id = part->part_id, .scale = 1.0 };
        return;
    }
    scale = fmax(box_length(frame.x), fmax(box_length(frame.y), box_length(frame.z)));
    box_frame_angles(&frame, angles);
    part->has_origin = true;
    part->origin = frame.origin;
    part->yaw = angles[0];
    part->pitch = angles[1];
    part->roll = angles[2];
    part->scale = scale;
}

static weh_err add_part(struct weh_geom_range *range, const struct weh_geom_part *part,
                        const struct weh_geom_part_boxes *parts, struct weh_diag *diag)
{
    struct weh_geom_range own;
    struct box_frame frame;
    weh_err err;

    if (parts == NULL) {
        return weh_fail(diag, WEH_E_UNSUPPORTED, "a part inside a part");
    }
    box_init(&own);
    err = parts->find(parts->context, part->part_id, &own, diag);
    if (err != WEH_OK || weh_geom_range_is_null(&own)) {
        return err;
    }
    part_frame(part, &frame);
    if (box_frame_is_identity(&frame) && origin_is_zero(&frame)) {
        box_add_range(range, &own);
    } else {
        box_add_corners(range, &frame, &own);
    }
    return WEH_OK;
}

static weh_err add_text(struct weh_geom_range *range, const struct weh_geom_text *text,
                        struct weh_diag *diag)
{
    struct weh_geom_range own = { { text->low[0], text->low[1], 0.0 },
                                  { text->high[0], text->high[1], 0.0 } };
    struct box_frame frame;

    if (!text->has_layout) {
        return unsupported("a text", diag);
    }
    /* Room for what hangs below the line, as native leaves it. */
    own.low.y -= text->height / 2.0;
    own.high.y += text->height / 2.0;
    if (!text->has_frame) {
        box_add_range(range, &own);
        return WEH_OK;
    }
    frame = box_frame_from(&text->frame);
    box_add_corners(range, &frame, &own);
    return WEH_OK;
}

static bool is_finite(const struct weh_geom_range *range)
{
    return isfinite(range->low.x) && isfinite(range->low.y) && isfinite(range->low.z) &&
           isfinite(range->high.x) && isfinite(range->high.y) && isfinite(range->high.z);
}

static weh_err add_entry(struct weh_geom_range *range, const struct weh_geom_entry *entry,
                         const struct weh_geom_part_boxes *parts, struct weh_diag *diag)
{
    switch (entry->opcode) {
    case WEH_GEOM_PART:
        return add_part(range, &entry->as.part, parts, diag);
    case WEH_GEOM_POINTS:
    case WEH_GEOM_POINTS_2D:
        box_add_points(range, &entry->as.points.points);
        return WEH_OK;
    case WEH_GEOM_ARC:
        box_add_arc(range, &entry->as.arc.arc);
        return WEH_OK;
    case WEH_GEOM_CURVES:
    case WEH_GEOM_POLYFACE:
    case WEH_GEOM_CURVE:
    case WEH_GEOM_SOLID:
    case WEH_GEOM_SURFACE:
        return add_shape(range, entry->as.shape, diag);
    case WEH_GEOM_TEXT:
        return add_text(range, entry->as.text, diag);
    case WEH_GEOM_IMAGE:
        for (unsigned i = 0; i < WEH_ARRAY_LEN(entry->as.image->corners); i++) {
            box_add(range, entry->as.image->corners[i]);
        }
        return WEH_OK;
    case WEH_GEOM_BREP:
        return unsupported("a Parasolid body", diag);
    case WEH_GEOM_HEADER:
    case WEH_GEOM_SUB_RANGE:
    case WEH_GEOM_SYMBOLOGY:
    case WEH_GEOM_FILL:
    case WEH_GEOM_PATTERN:
    case WEH_GEOM_MATERIAL:
    case WEH_GEOM_LINE_STYLE:
        return WEH_OK;
    default:
        return unsupported("an entry of an unknown kind", diag);
    }
}

/* Native keeps no placement whose box is larger than the earth is round. */
#define MAX_SIZE 40075000.0

bool weh_geom_range_is_too_large(const struct weh_geom_range *range)
{
    return range->high.x - range->low.x > MAX_SIZE || range->high.y - range->low.y > MAX_SIZE ||
           range->high.z - range->low.z > MAX_SIZE;
}

weh_err weh_geom_entry_box(const struct weh_geom_entry *entry,
                           const struct weh_geom_part_boxes *parts, struct weh_geom_range *out,
                           struct weh_diag *diag)
{
    weh_err err;

    box_init(out);
    err = add_entry(out, entry, parts, diag);
    if (err == WEH_OK && !is_finite(out)) {
        err = weh_fail(diag, WEH_E_BAD_ARGS, "the geometry has no finite box");
    }
    if (err == WEH_OK && weh_geom_range_is_too_large(out)) {
        err = weh_fail(diag, WEH_E_BAD_ARGS, "the geometry is larger than 40075 km");
    }
    return err;
}

static void name_entry(struct weh_diag *diag, uint32_t i)
{
    if (diag != NULL && diag->where[0] == '\0') {
        (void)snprintf(diag->where, sizeof(diag->where), "geom[%u]", (unsigned)i);
    }
}

weh_err weh_geom_box(const struct weh_geom *geom, const struct weh_geom_part_boxes *parts,
                     struct weh_geom_range *out, struct weh_diag *diag)
{
    struct weh_geom_range own;
    weh_err err;

    box_init(out);
    for (uint32_t i = 0; i < geom->n; i++) {
        err = weh_geom_entry_box(&geom->entries[i], parts, &own, diag);
        if (err != WEH_OK) {
            name_entry(diag, i);
            return err;
        }
        box_add_range(out, &own);
    }
    if (weh_geom_range_is_too_large(out)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "geom", "the geometry is larger than 40075 km");
    }
    return WEH_OK;
}
