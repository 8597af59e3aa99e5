/* include/weh/pack.h - the container of a file's larger blobs: saved transactions, geometry streams.
 *
 * u32 0x0600, u32 length, content; the whole cut into pieces of 32768 bytes, each compressed with snappy
 * and headed by u16 (compressed length + 2); all little endian (native library 5.1.72).
 */
#ifndef WEH_PACK_H
#define WEH_PACK_H

#include <stdbool.h>

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

/**
 * Packs a content whose length is known, from its beginning, in the memory of a few pieces.
 *
 * Set kind, write and ctx, the rest is zero and private. @write takes the next @n bytes of the stored form.
 * The same content always has the same stored form.
 */
struct weh_packer {
    const struct weh_pack_kind *kind;
    weh_err (*write)(void *ctx, const uint8_t *bytes, size_t n, struct weh_diag *diag);
    void *ctx;
    struct weh_buf *out;
    struct weh_buf packed;
    uint8_t *chunk;
    size_t used;
};

/** Begin (also once more) a content of @total bytes: as many must be added before the end.
 * Each: WEH_E_TOO_LARGE, WEH_E_NOMEM, and what write answers. */
WEH_MUST_CHECK weh_err weh_packer_begin(struct weh_packer *packer, uint64_t total,
                                        struct weh_diag *diag);
WEH_MUST_CHECK weh_err weh_packer_add(struct weh_packer *packer, const void *bytes, size_t n,
                                      struct weh_diag *diag);
WEH_MUST_CHECK weh_err weh_packer_end(struct weh_packer *packer, struct weh_diag *diag);
void weh_packer_fini(struct weh_packer *packer);

/** Append the content of the stored @blob to @out.
 * WEH_E_CORRUPT, WEH_E_UNSUPPORTED (unknown form), WEH_E_TOO_LARGE (limit of @out), WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_unpack(const struct weh_pack_kind *kind, const uint8_t *blob, size_t len,
                                  struct weh_buf *out, struct weh_diag *diag);

/**
 * Unpacks a stored blob from its beginning, a piece at a time, in the memory of one piece.
 *
 * Set kind, read, ctx and len, the rest is zero and private. @read brings the @n bytes of the blob
 * from @offset on, which lie inside it.
 */
struct weh_unpacker {
    const struct weh_pack_kind *kind;
    weh_err (*read)(void *ctx, size_t offset, uint8_t *to, size_t n, struct weh_diag *diag);
    void *ctx;
    size_t len;
    size_t at;   /* in the blob */
    size_t left; /* of the content */
    uint8_t *piece;
    bool begun;
};

/** Append the next piece of the content, at most 32 KiB, to @out; *@more false at the end.
 * As weh_unpack, and what read answers. */
WEH_MUST_CHECK weh_err weh_unpacker_next(struct weh_unpacker *unpacker, struct weh_buf *out,
                                         bool *more, struct weh_diag *diag);
void weh_unpacker_fini(struct weh_unpacker *unpacker);

#endif
