/* include/weh/geom.h - a geometry stream in memory: what GeometricElement3d.GeometryStream holds.
 *
 * A stream is a list of entries. The JSON form (GeometryStreamProps) maps one to one: each JSON entry
 * makes one entry, curves and curve collections in their general form (opcodes 10 and 8, never 5 to 7).
 * What is stored is a normal form of that: single line strings and arcs as 5 to 7, appearance only where
 * it changes. Reading gives the stored entries.
 *
 * One thread at a time. Bytes may come from a peer: nothing in them is believed.
 */
#ifndef WEH_GEOM_H
#define WEH_GEOM_H

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/err.h"
#include "weh/geom_entry.h"

#define WEH_GEOM_MAX_ENTRIES 1000000
#define WEH_GEOM_MAX_BYTES   (UINT32_C(256) << 20) /* of a stream, unpacked */

struct weh_geom_raw {
    const uint8_t *bytes;
    uint32_t n;
};

struct weh_geom_entry {
    uint32_t opcode; /* enum weh_geom_op; for any other, as.raw */
    union {
        struct weh_geom_header header;
        struct weh_geom_range range;
        struct weh_geom_part part;
        struct weh_geom_symbology symbology;
        struct weh_geom_points points;
        struct weh_geom_arc arc;
        struct weh_shape *shape;
        struct weh_geom_fill *fill;
        struct weh_geom_pattern *pattern;
        struct weh_geom_material *material;
        struct weh_geom_text *text;
        struct weh_geom_line_style *line_style;
        struct weh_geom_brep *brep;
        struct weh_geom_image *image;
        struct weh_geom_raw raw;
    } as;
};

struct weh_geom {
    struct weh_geom_entry *entries;
    uint32_t n;
};

/** Whether @opcode draws something (5 to 12, 22, 25, 28): a part instance does not count. */
bool weh_geom_op_is_geometry(uint32_t opcode);

/** Whether @shape is a single curve: what a curve vector or opcode 10 may hold. */
bool weh_shape_is_curve(const struct weh_shape *shape);

/**
 * Read a stored stream (the GeometryStream column) into @out; all memory comes from @arena.
 *
 * WEH_E_CORRUPT (container, entry or FlatBuffer damaged), WEH_E_UNSUPPORTED (unknown container form),
 * WEH_E_TOO_LARGE (over a limit above or that of @arena), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_geom_decode(const uint8_t *blob, size_t len, struct weh_arena *arena,
                                       struct weh_geom *out, struct weh_diag *diag);

/** An entry as it is stored: its payload is a view into the stream. */
struct weh_geom_stored {
    uint32_t opcode; /* enum weh_geom_op, or any other */
    uint32_t n;
    const uint8_t *bytes;
};

/** A walk over the entries of an unpacked stream. */
struct weh_geom_walk {
    const uint8_t *at;
    size_t left;
};

/**
 * Unpack a stored stream into @body, which the caller has initialised, and check that it is a list of
 * entries. What is in them is not looked at. Errors as weh_geom_decode.
 */
WEH_MUST_CHECK weh_err weh_geom_unpack(const uint8_t *blob, size_t len, struct weh_buf *body,
                                       struct weh_diag *diag);

/** A walk from the first entry of @body on, which must outlive it. */
struct weh_geom_walk weh_geom_walk_of(const struct weh_buf *body);

/** The next entry; false behind the last one. */
bool weh_geom_walk_next(struct weh_geom_walk *walk, struct weh_geom_stored *out);

/** Read the payload of one entry: FlatBuffer bytes as in entryArray. Errors as weh_geom_decode. */
WEH_MUST_CHECK weh_err weh_geom_entry_decode(uint32_t opcode, const uint8_t *bytes, size_t len,
                                             struct weh_arena *arena, struct weh_geom_entry *out,
                                             struct weh_diag *diag);

/**
 * Append the stored form of @geom to @out, byte for byte what the native library 5.1.72 writes for these
 * entries, with zeros where that leaves memory uninitialised.
 *
 * WEH_E_TOO_LARGE, WEH_E_NOMEM; WEH_E_BAD_ARGS when a shape breaks the bounds of geom_shape.h.
 */
WEH_MUST_CHECK weh_err weh_geom_encode(const struct weh_geom *geom, struct weh_buf *out,
                                       struct weh_diag *diag);

/** Append the payload of one entry, without opcode and size and not padded. Errors as weh_geom_encode. */
WEH_MUST_CHECK weh_err weh_geom_entry_encode(const struct weh_geom_entry *entry,
                                             struct weh_buf *out, struct weh_diag *diag);

#endif
