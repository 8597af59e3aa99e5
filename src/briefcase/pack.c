/* src/briefcase/pack.c - the stored form of larger blobs (dgn_Txns.Change, GeometryStream).
 *
 * Later versions may keep a transaction's changeset in a file beside the iModel; that form is not read.
 */
#include "weh/pack.h"

#include <string.h>

#include <snappy-c.h>

#include "weh/alloc.h"

#define FORMAT_INLINE UINT32_C(0x0600)
#define HEADER_SIZE   8
#define CHUNK_SIZE    32768
#define PREFIX_SIZE   2

static void put_u32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t get_u32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static weh_err too_large(const struct weh_pack_kind *kind, struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_TOO_LARGE, "the %s is too large", kind->name);
}

static weh_err pack_failed(const struct weh_pack_kind *kind, const struct weh_buf *out,
                           struct weh_diag *diag)
{
    return out->err == WEH_E_NOMEM ? weh_fail_nomem(diag) : too_large(kind, diag);
}

static weh_err pack_chunk(struct weh_packer *packer, const uint8_t *bytes, size_t n,
                          struct weh_diag *diag)
{
    size_t len = snappy_max_compressed_length(n);
    uint8_t *to = weh_buf_reserve(packer->out, PREFIX_SIZE + len);

    if (to == NULL) {
        return pack_failed(packer->kind, packer->out, diag);
    }
    if (snappy_compress((const char *)bytes, n, (char *)to + PREFIX_SIZE, &len) != SNAPPY_OK ||
        len + PREFIX_SIZE > UINT16_MAX) {
        return weh_fail(diag, WEH_E_INTERNAL, "a %s could not be compressed", packer->kind->name);
    }
    to[0] = (uint8_t)((len + PREFIX_SIZE) & 0xff);
    to[1] = (uint8_t)((len + PREFIX_SIZE) >> 8);
    packer->out->len += PREFIX_SIZE + len;
    return WEH_OK;
}

static weh_err pack_bytes(struct weh_packer *packer, const uint8_t *bytes, size_t n,
                          struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    while (n > 0 && err == WEH_OK) {
        size_t part = CHUNK_SIZE - packer->used;

        part = part < n ? part : n;
        if (part == CHUNK_SIZE) {
            err = pack_chunk(packer, bytes, part, diag);
        } else {
            memcpy(packer->chunk + packer->used, bytes, part);
            packer->used += part;
        }
        if (packer->used == CHUNK_SIZE && err == WEH_OK) {
            err = pack_chunk(packer, packer->chunk, CHUNK_SIZE, diag);
            packer->used = 0;
        }
        bytes += part;
        n -= part;
    }
    return err;
}

static weh_err pack_header(struct weh_packer *packer, uint32_t total, struct weh_diag *diag)
{
    uint8_t header[HEADER_SIZE];

    put_u32(header, FORMAT_INLINE);
    put_u32(header + 4, total);
    return pack_bytes(packer, header, sizeof(header), diag);
}

static weh_err pack_all(struct weh_packer *packer, const struct weh_pack_piece *pieces, size_t n,
                        uint32_t total, struct weh_diag *diag)
{
    weh_err err = pack_header(packer, total, diag);

    for (size_t i = 0; i < n && err == WEH_OK; i++) {
        err = pack_bytes(packer, pieces[i].bytes, pieces[i].len, diag);
    }
    if (err == WEH_OK && packer->used > 0) {
        err = pack_chunk(packer, packer->chunk, packer->used, diag);
    }
    return err;
}

weh_err weh_pack(const struct weh_pack_kind *kind, const struct weh_pack_piece *pieces, size_t n,
                 struct weh_buf *out, struct weh_diag *diag)
{
    struct weh_packer packer = { .kind = kind, .out = out };
    uint8_t small[1024];
    size_t total = 0;
    weh_err err;

    weh_assert(kind->limit_bytes <= UINT32_MAX);
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].len > kind->limit_bytes - total) {
            return too_large(kind, diag);
        }
        total += pieces[i].len;
    }
    /* On the heap unless it is small: a frame of 32 KiB is too much for a worker's stack. */
    packer.chunk = small;
    if (total > sizeof(small) - HEADER_SIZE) {
        packer.chunk = weh_malloc(CHUNK_SIZE);
        if (packer.chunk == NULL) {
            return weh_fail_nomem(diag);
        }
    }
    err = pack_all(&packer, pieces, n, (uint32_t)total, diag);
    if (packer.chunk != small) {
        weh_free(packer.chunk);
    }
    return err;
}

/* ---- packing piece by piece ---- */

static weh_err hand_over(struct weh_packer *packer, struct weh_diag *diag)
{
    weh_err err = packer->write(packer->ctx, packer->out->data, packer->out->len, diag);

    weh_buf_clear(packer->out);
    return err;
}

weh_err weh_packer_begin(struct weh_packer *packer, uint64_t total, struct weh_diag *diag)
{
    weh_assert(packer->kind->limit_bytes <= UINT32_MAX);
    packer->out = &packer->packed;
    packer->used = 0;
    weh_buf_clear(packer->out);
    if (total > packer->kind->limit_bytes) {
        return too_large(packer->kind, diag);
    }
    if (packer->chunk == NULL) {
        packer->chunk = weh_malloc(CHUNK_SIZE);
    }
    return packer->chunk == NULL ? weh_fail_nomem(diag)
                                 : pack_header(packer, (uint32_t)total, diag);
}

weh_err weh_packer_add(struct weh_packer *packer, const void *bytes, size_t n,
                       struct weh_diag *diag)
{
    weh_err err = pack_bytes(packer, bytes, n, diag);

    return err == WEH_OK && packer->out->len >= CHUNK_SIZE ? hand_over(packer, diag) : err;
}

weh_err weh_packer_end(struct weh_packer *packer, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (packer->used > 0) {
        err = pack_chunk(packer, packer->chunk, packer->used, diag);
    }
    return err == WEH_OK ? hand_over(packer, diag) : err;
}

void weh_packer_fini(struct weh_packer *packer)
{
    weh_free(packer->chunk);
    weh_buf_fini(&packer->packed);
    packer->chunk = NULL;
}

/* ---- unpacking ---- */

static weh_err damaged(const struct weh_pack_kind *kind, struct weh_diag *diag, const char *what)
{
    return weh_fail(diag, WEH_E_CORRUPT, "a stored %s is damaged: %s", kind->name, what);
}

/* The room taken for a piece is bounded by the piece size, whatever its header claims. */
static weh_err unpack_chunk(const struct weh_pack_kind *kind, const uint8_t *bytes, size_t n,
                            struct weh_buf *out, struct weh_diag *diag)
{
    size_t len = 0;
    uint8_t *to;

    if (snappy_uncompressed_length((const char *)bytes, n, &len) != SNAPPY_OK || len > CHUNK_SIZE) {
        return damaged(kind, diag, "length of a piece");
    }
    to = weh_buf_reserve(out, len);
    if (to == NULL) {
        return pack_failed(kind, out, diag);
    }
    if (snappy_uncompress((const char *)bytes, n, (char *)to, &len) != SNAPPY_OK) {
        return damaged(kind, diag, "compressed bytes");
    }
    out->len += len;
    return WEH_OK;
}

static weh_err unpack_all(const struct weh_pack_kind *kind, const uint8_t *blob, size_t len,
                          struct weh_buf *out, struct weh_diag *diag)
{
    size_t start = out->len;
    weh_err err = WEH_OK;

    while (len > 0 && err == WEH_OK) {
        size_t chunk = len < PREFIX_SIZE ? 0 : (size_t)blob[0] | (size_t)blob[1] << 8;

        if (chunk <= PREFIX_SIZE || chunk > len) {
            return damaged(kind, diag, "piece");
        }
        err = unpack_chunk(kind, blob + PREFIX_SIZE, chunk - PREFIX_SIZE, out, diag);
        if (err == WEH_OK && out->len - start > kind->limit_bytes + HEADER_SIZE) {
            return damaged(kind, diag, "too large");
        }
        blob += chunk;
        len -= chunk;
    }
    return err;
}

weh_err weh_unpack(const struct weh_pack_kind *kind, const uint8_t *blob, size_t len,
                   struct weh_buf *out, struct weh_diag *diag)
{
    size_t start = out->len;
    weh_err err = unpack_all(kind, blob, len, out, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (out->len - start < HEADER_SIZE) {
        return damaged(kind, diag, "header");
    }
    if (get_u32(out->data + start) != FORMAT_INLINE) {
        return weh_fail(diag, WEH_E_UNSUPPORTED, "a stored %s has an unknown form", kind->name);
    }
    if (get_u32(out->data + start + 4) != out->len - start - HEADER_SIZE) {
        return damaged(kind, diag, "stated length");
    }
    memmove(out->data + start, out->data + start + HEADER_SIZE, out->len - start - HEADER_SIZE);
    out->len -= HEADER_SIZE;
    return WEH_OK;
}

/* ---- piece by piece ---- */

static weh_err unpack_next(struct weh_unpacker *unpacker, struct weh_buf *out,
                           struct weh_diag *diag)
{
    uint8_t prefix[PREFIX_SIZE];
    size_t chunk;
    weh_err err;

    if (unpacker->len - unpacker->at < PREFIX_SIZE) {
        return damaged(unpacker->kind, diag, "piece");
    }
    err = unpacker->read(unpacker->ctx, unpacker->at, prefix, PREFIX_SIZE, diag);
    if (err != WEH_OK) {
        return err;
    }
    chunk = (size_t)prefix[0] | (size_t)prefix[1] << 8;
    if (chunk <= PREFIX_SIZE || chunk > unpacker->len - unpacker->at) {
        return damaged(unpacker->kind, diag, "piece");
    }
    if (unpacker->piece == NULL) {
        unpacker->piece = weh_malloc(UINT16_MAX);
    }
    if (unpacker->piece == NULL) {
        return weh_fail_nomem(diag);
    }
    err = unpacker->read(unpacker->ctx, unpacker->at + PREFIX_SIZE, unpacker->piece,
                         chunk - PREFIX_SIZE, diag);
    unpacker->at += chunk;
    return err != WEH_OK
               ? err
               : unpack_chunk(unpacker->kind, unpacker->piece, chunk - PREFIX_SIZE, out, diag);
}

/* The first piece, which begins with the header. */
static weh_err unpack_header(struct weh_unpacker *unpacker, struct weh_buf *out, size_t start,
                             struct weh_diag *diag)
{
    uint32_t stated;

    if (out->len - start < HEADER_SIZE) {
        return damaged(unpacker->kind, diag, "header");
    }
    if (get_u32(out->data + start) != FORMAT_INLINE) {
        return weh_fail(diag, WEH_E_UNSUPPORTED, "a stored %s has an unknown form",
                        unpacker->kind->name);
    }
    stated = get_u32(out->data + start + 4);
    if (stated > unpacker->kind->limit_bytes) {
        return damaged(unpacker->kind, diag, "too large");
    }
    memmove(out->data + start, out->data + start + HEADER_SIZE, out->len - start - HEADER_SIZE);
    out->len -= HEADER_SIZE;
    unpacker->left = stated;
    unpacker->begun = true;
    return WEH_OK;
}

weh_err weh_unpacker_next(struct weh_unpacker *unpacker, struct weh_buf *out, bool *more,
                          struct weh_diag *diag)
{
    size_t start = out->len;
    weh_err err;

    *more = unpacker->at < unpacker->len || !unpacker->begun;
    if (!*more) {
        return unpacker->left == 0 ? WEH_OK : damaged(unpacker->kind, diag, "stated length");
    }
    err = unpack_next(unpacker, out, diag);
    if (err == WEH_OK && !unpacker->begun) {
        err = unpack_header(unpacker, out, start, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (out->len - start > unpacker->left) {
        return damaged(unpacker->kind, diag, "stated length");
    }
    unpacker->left -= out->len - start;
    return WEH_OK;
}

void weh_unpacker_fini(struct weh_unpacker *unpacker)
{
    weh_free(unpacker->piece);
    unpacker->piece = NULL;
}
