/* src/geom/fb_write.h - write a FlatBuffer, laid out as the C++ library does it.
 *
 * The buffer grows from its end to its front: children before parents; a position is counted from the
 * end. Alignment, order and the sharing of equal vtables are those of FlatBufferBuilder (flatbuffers 1.12,
 * which native library 5.1.72 is built with), so that the same fields added in the same order give the
 * same bytes. Errors stick: look at fbw_finish.
 */
#ifndef WEH_FB_WRITE_H
#define WEH_FB_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/buf.h"
#include "weh/err.h"

#define FBW_MAX_FIELDS  24
#define FBW_MAX_VTABLES 64 /* more distinct ones are written, but not shared */
#define FBW_LIMIT_BYTES (UINT32_C(256) << 20)

typedef uint32_t fbw_ref; /* position of a finished table or vector; 0 is none */

struct fbw_field {
    uint16_t slot;
    uint32_t at;
};

struct fbw {
    uint8_t *data; /* small, or from the heap */
    uint32_t capacity;
    uint32_t used; /* bytes at the end of data */
    uint32_t min_align;
    uint32_t table_start;
    uint16_t last_slot;
    bool force_defaults; /* write scalars that have their default, too */
    uint8_t n_fields;
    uint8_t n_vtables;
    weh_err err; /* WEH_OK, WEH_E_NOMEM or WEH_E_TOO_LARGE */
    struct fbw_field fields[FBW_MAX_FIELDS];
    fbw_ref vtables[FBW_MAX_VTABLES];
    uint8_t small[1024];
};

void fbw_init(struct fbw *fbw);
void fbw_fini(struct fbw *fbw);

/* A vector of @n elements of @size bytes, aligned to @align (of one scalar in it). */
fbw_ref fbw_vector(struct fbw *fbw, const void *items, uint32_t n, uint32_t size, uint32_t align);
fbw_ref fbw_refs(struct fbw *fbw, const fbw_ref *refs, uint32_t n);
fbw_ref fbw_string(struct fbw *fbw, const char *text, size_t len);

/* A table: begin, add fields in the wanted order, end. Nothing else may be written in between. */
void fbw_begin(struct fbw *fbw);
fbw_ref fbw_end(struct fbw *fbw);

/* Scalars that equal their default are left out unless forced. */
void fbw_u8(struct fbw *fbw, unsigned field, uint8_t value);
void fbw_u16(struct fbw *fbw, unsigned field, uint16_t value);
void fbw_u32(struct fbw *fbw, unsigned field, uint32_t value);
void fbw_i32(struct fbw *fbw, unsigned field, int32_t value);
void fbw_u64(struct fbw *fbw, unsigned field, uint64_t value);
void fbw_double(struct fbw *fbw, unsigned field, double value, double otherwise);
void fbw_ref_field(struct fbw *fbw, unsigned field, fbw_ref ref); /* 0: left out */

/* A struct of @size bytes, a multiple of 8. */
void fbw_struct(struct fbw *fbw, unsigned field, const void *bytes, uint32_t size);

/* Close the buffer with @root and append it to @out. WEH_E_NOMEM, WEH_E_TOO_LARGE. */
WEH_MUST_CHECK weh_err fbw_finish(struct fbw *fbw, fbw_ref root, struct weh_buf *out);

#endif
