/* include/weh/pack.h - the container of a file's larger blobs: saved transactions, geometry streams.
 *
 * u32 0x0600, u32 length, content; the whole cut into pieces of 32768 bytes, each compressed with snappy
 * and headed by u16 (compressed length + 2); all little endian (native library 5.1.72).
 */
#ifndef WEH_PACK_H
#define WEH_PACK_H

#include "weh/buf.h"
#include "weh/err.h"

struct weh_pack_piece {
    const uint8_t *bytes;
    size_t len;
};

struct weh_pack_kind {
    const char *name;   /* "transaction": for messages */
    size_t limit_bytes; /* of the content; below 4 GiB */
};

/** Append the stored form of the @n pieces, which together are the content, to @out.
 * WEH_E_TOO_LARGE, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_pack(const struct weh_pack_kind *kind,
                                const struct weh_pack_piece *pieces, size_t n, struct weh_buf *out,
                                struct weh_diag *diag);

/** Append the content of the stored @blob to @out.
 * WEH_E_CORRUPT, WEH_E_UNSUPPORTED (unknown form), WEH_E_TOO_LARGE (limit of @out), WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_unpack(const struct weh_pack_kind *kind, const uint8_t *blob, size_t len,
                                  struct weh_buf *out, struct weh_diag *diag);

#endif
