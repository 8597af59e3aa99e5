/* src/geom/decode_priv.h - what the readers of entries share. */
#ifndef WEH_GEOM_DECODE_PRIV_H
#define WEH_GEOM_DECODE_PRIV_H

#include "weh/arena.h"
#include "weh/geom.h"
#include "weh/geom_mesh.h"

#include "fb_read.h"

/* Reading one payload. Failures stick in err; what is read after one is not used. */
struct decoder {
    struct fb fb;
    struct weh_arena *arena;
    uint32_t n_shapes; /* made so far in this stream */
    weh_err err;       /* WEH_OK, WEH_E_NOMEM, WEH_E_TOO_LARGE or WEH_E_CORRUPT */
};

/* Zeroed room from the arena, never NULL when d->err is WEH_OK. */
void *decode_alloc(struct decoder *d, size_t n, size_t size);

/* Copies of vectors. */
struct weh_doubles decode_doubles(struct decoder *d, const struct fb_table *table, unsigned field);
struct weh_points decode_points(struct decoder *d, const struct fb_table *table, unsigned field);
struct weh_ints decode_ints(struct decoder *d, const struct fb_table *table, unsigned field);
struct weh_str decode_string(struct decoder *d, const struct fb_table *table, unsigned field);
struct weh_xyz decode_xyz(const struct fb_table *table, unsigned field, bool *has);

/* The tree at the root of the buffer; NULL after a failure. */
struct weh_shape *decode_shape(struct decoder *d);

void decode_mesh(struct decoder *d, const struct fb_table *table, struct weh_mesh *out);

/* Appearance entries and the like (4, 19 to 23, 25, 28); false for other opcodes. */
bool decode_symbology(struct decoder *d, const struct fb_table *root, struct weh_geom_entry *out);

#endif
