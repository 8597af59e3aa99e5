/* src/geom/decode.c - a stored geometry stream as entries. Payloads are read in decode_*.c. */
#include <string.h>

#include "weh/pack.h"

#include "decode_priv.h"
#include "stream_priv.h"

/* What stands before the FlatBuffer of opcodes 8 to 12. */
static const char prefix[GEOM_PREFIX_SIZE + 1] = GEOM_PREFIX;

bool weh_geom_op_is_geometry(uint32_t opcode)
{
    return (opcode >= WEH_GEOM_POINTS && opcode <= WEH_GEOM_SURFACE) || opcode == WEH_GEOM_TEXT ||
           opcode == WEH_GEOM_BREP || opcode == WEH_GEOM_IMAGE;
}

/* The kinds that an opcode may carry. */
static bool shape_fits(uint32_t opcode, const struct weh_shape *shape)
{
    switch (opcode) {
    case WEH_GEOM_CURVES:
        return shape->kind == WEH_SHAPE_CURVE_VECTOR;
    case WEH_GEOM_POLYFACE:
        return shape->kind == WEH_SHAPE_POLYFACE;
    case WEH_GEOM_CURVE:
        return weh_shape_is_curve(shape);
    case WEH_GEOM_SURFACE:
        return shape->kind == WEH_SHAPE_BSPLINE_SURFACE;
    default:
        return shape->kind >= WEH_SHAPE_CONE && shape->kind <= WEH_SHAPE_RULED_SWEEP;
    }
}

static void read_header(struct decoder *d, const uint8_t *bytes, uint32_t len,
                        struct weh_geom_header *out)
{
    if (len < 8) {
        d->fb.bad = true;
        return;
    }
    out->version = fb_get_u32(bytes);
    out->flags = fb_get_u32(bytes + 4);
}

static void read_range(struct decoder *d, const struct fb_table *root, struct weh_geom_range *out)
{
    struct fb_vector points = fb_vector(root, 0, 3 * sizeof(double));

    /* Old writers stored more than two points. */
    if (points.n < 2) {
        d->fb.bad = true;
        return;
    }
    memcpy(&out->low, points.items, sizeof(out->low));
    memcpy(&out->high, points.items + sizeof(out->low), sizeof(out->high));
}

static void read_points(struct decoder *d, const struct fb_table *root, unsigned n_axes,
                        struct weh_geom_points *out)
{
    struct fb_vector points = fb_vector(root, 0, n_axes * (unsigned)sizeof(double));
    struct weh_xyz *items = decode_alloc(d, points.n, sizeof(*items));

    if (points.items == NULL) {
        d->fb.bad = true;
    }
    if (items == NULL || d->fb.bad) {
        return;
    }
    for (uint32_t i = 0; i < points.n; i++) {
        memcpy(&items[i], points.items + (size_t)i * n_axes * sizeof(double),
               n_axes * sizeof(double));
    }
    out->points = (struct weh_points){ items, points.n };
    out->boundary = (int8_t)fb_u8(root, 1, 0);
}

static void read_arc(const struct fb_table *root, struct weh_geom_arc *out)
{
    out->arc.center = decode_xyz(root, 0, NULL);
    out->arc.vector0 = decode_xyz(root, 1, NULL);
    out->arc.vector90 = decode_xyz(root, 2, NULL);
    out->arc.start = fb_double(root, 3, 0.0);
    out->arc.sweep = fb_double(root, 4, 0.0);
    out->boundary = (int8_t)fb_u8(root, 5, 0);
}

static void read_part(const struct fb_table *root, struct weh_geom_part *out)
{
    out->part_id = fb_u64(root, 0);
    out->origin = decode_xyz(root, 1, &out->has_origin);
    out->yaw = fb_double(root, 2, 0.0);
    out->pitch = fb_double(root, 3, 0.0);
    out->roll = fb_double(root, 4, 0.0);
    out->scale = fb_double(root, 5, 1.0);
}

static void read_shape(struct decoder *d, const uint8_t *bytes, uint32_t len,
                       struct weh_geom_entry *out)
{
    if (len < GEOM_PREFIX_SIZE || memcmp(bytes, prefix, GEOM_PREFIX_SIZE) != 0) {
        d->fb.bad = true;
        return;
    }
    fb_init(&d->fb, bytes + GEOM_PREFIX_SIZE, len - GEOM_PREFIX_SIZE);
    out->as.shape = decode_shape(d);
    if (out->as.shape != NULL && !shape_fits(out->opcode, out->as.shape)) {
        d->fb.bad = true;
    }
}

static void read_raw(struct decoder *d, const uint8_t *bytes, uint32_t len,
                     struct weh_geom_entry *out)
{
    uint8_t *copy = decode_alloc(d, len, 1);

    if (copy != NULL && len > 0) {
        memcpy(copy, bytes, len);
    }
    out->as.raw = (struct weh_geom_raw){ copy, len };
}

static void read_table_entry(struct decoder *d, const uint8_t *bytes, uint32_t len,
                             struct weh_geom_entry *out)
{
    struct fb_table root;

    fb_init(&d->fb, bytes, len);
    root = fb_root(&d->fb);
    switch (out->opcode) {
    case WEH_GEOM_SUB_RANGE:
        read_range(d, &root, &out->as.range);
        break;
    case WEH_GEOM_PART:
        read_part(&root, &out->as.part);
        break;
    case WEH_GEOM_POINTS:
        read_points(d, &root, 3, &out->as.points);
        break;
    case WEH_GEOM_POINTS_2D:
        read_points(d, &root, 2, &out->as.points);
        break;
    case WEH_GEOM_ARC:
        read_arc(&root, &out->as.arc);
        break;
    default:
        decode_symbology(d, &root, out);
        break;
    }
}

static bool is_table_entry(uint32_t opcode)
{
    return (opcode >= WEH_GEOM_SUB_RANGE && opcode <= WEH_GEOM_ARC) ||
           (opcode >= WEH_GEOM_FILL && opcode <= WEH_GEOM_LINE_STYLE) || opcode == WEH_GEOM_BREP ||
           opcode == WEH_GEOM_IMAGE;
}

static void read_entry(struct decoder *d, const uint8_t *bytes, uint32_t len,
                       struct weh_geom_entry *out)
{
    d->fb.bad = false;
    if (out->opcode == WEH_GEOM_HEADER) {
        read_header(d, bytes, len, &out->as.header);
    } else if (out->opcode >= WEH_GEOM_CURVES && out->opcode <= WEH_GEOM_SURFACE) {
        read_shape(d, bytes, len, out);
    } else if (is_table_entry(out->opcode)) {
        read_table_entry(d, bytes, len, out);
    } else {
        read_raw(d, bytes, len, out);
    }
    if (d->fb.bad && d->err == WEH_OK) {
        d->err = WEH_E_CORRUPT;
    }
}

static weh_err decode_failed(const struct decoder *d, uint32_t opcode, struct weh_diag *diag)
{
    if (d->err == WEH_OK) {
        return WEH_OK;
    }
    if (d->err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    if (d->err == WEH_E_TOO_LARGE) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "the geometry is too large");
    }
    return weh_fail(diag, WEH_E_CORRUPT, "geometry with opcode %u is damaged", (unsigned)opcode);
}

weh_err weh_geom_entry_decode(uint32_t opcode, const uint8_t *bytes, size_t len,
                              struct weh_arena *arena, struct weh_geom_entry *out,
                              struct weh_diag *diag)
{
    struct decoder d = { .arena = arena };

    *out = (struct weh_geom_entry){ .opcode = opcode };
    if (len > WEH_GEOM_MAX_BYTES) {
        d.err = WEH_E_TOO_LARGE;
    } else {
        read_entry(&d, bytes, (uint32_t)len, out);
    }
    return decode_failed(&d, opcode, diag);
}

bool weh_geom_walk_next(struct weh_geom_walk *walk, struct weh_geom_stored *out)
{
    if (walk->left < GEOM_OP_HEAD || fb_get_u32(walk->at + 4) > walk->left - GEOM_OP_HEAD) {
        return false;
    }
    out->opcode = fb_get_u32(walk->at);
    out->n = fb_get_u32(walk->at + 4);
    out->bytes = walk->at + GEOM_OP_HEAD;
    walk->at += GEOM_OP_HEAD + out->n;
    walk->left -= GEOM_OP_HEAD + out->n;
    return true;
}

struct weh_geom_walk weh_geom_walk_of(const struct weh_buf *body)
{
    return (struct weh_geom_walk){ body->data, body->len };
}

static weh_err count_entries(const struct weh_buf *body, size_t *n, struct weh_diag *diag)
{
    struct weh_geom_walk walk = weh_geom_walk_of(body);
    struct weh_geom_stored stored;

    *n = 0;
    while (weh_geom_walk_next(&walk, &stored)) {
        (*n)++;
    }
    if (walk.left > 0) {
        return weh_fail(diag, WEH_E_CORRUPT, "the list of geometry entries is damaged");
    }
    return *n > WEH_GEOM_MAX_ENTRIES ? weh_fail(diag, WEH_E_TOO_LARGE, "too many geometry entries")
                                     : WEH_OK;
}

weh_err weh_geom_unpack(const uint8_t *blob, size_t len, struct weh_buf *body,
                        struct weh_diag *diag)
{
    size_t n;
    weh_err err = weh_unpack(&geom_pack_kind, blob, len, body, diag);

    return err == WEH_OK ? count_entries(body, &n, diag) : err;
}

static weh_err decode_body(const struct weh_buf *body, struct weh_arena *arena,
                           struct weh_geom *out, struct weh_diag *diag)
{
    struct decoder d = { .arena = arena };
    struct weh_geom_walk walk = weh_geom_walk_of(body);
    struct weh_geom_stored stored = { 0 };
    struct weh_geom_entry *entries;
    size_t n;
    weh_err err = count_entries(body, &n, diag);

    if (err != WEH_OK) {
        return err;
    }
    entries = decode_alloc(&d, n, sizeof(*entries));
    for (size_t i = 0; d.err == WEH_OK && weh_geom_walk_next(&walk, &stored); i++) {
        entries[i].opcode = stored.opcode;
        read_entry(&d, stored.bytes, stored.n, &entries[i]);
    }
    *out = (struct weh_geom){ .entries = entries, .n = (uint32_t)n };
    return decode_failed(&d, stored.opcode, diag);
}

weh_err weh_geom_decode(const uint8_t *blob, size_t len, struct weh_arena *arena,
                        struct weh_geom *out, struct weh_diag *diag)
{
    struct weh_buf body;
    weh_err err;

    *out = (struct weh_geom){ 0 };
    weh_buf_init(&body, 0);
    err = weh_unpack(&geom_pack_kind, blob, len, &body, diag);
    if (err == WEH_OK) {
        err = decode_body(&body, arena, out, diag);
    }
    weh_buf_fini(&body);
    return err;
}
