/* src/geom/encode.c - entries as a stored geometry stream. Payloads are written in encode_*.c. */
#include <string.h>

#include "encode_priv.h"
#include "stream_priv.h"

const struct weh_pack_kind geom_pack_kind = { .name = "geometry stream",
                                              .limit_bytes = WEH_GEOM_MAX_BYTES };

static weh_err encode_failed(weh_err err, struct weh_diag *diag)
{
    if (err == WEH_OK) {
        return WEH_OK;
    }
    return err == WEH_E_NOMEM ? weh_fail_nomem(diag)
                              : weh_fail(diag, WEH_E_TOO_LARGE, "the geometry is too large");
}

static bool has_shape(uint32_t opcode)
{
    return opcode >= WEH_GEOM_CURVES && opcode <= WEH_GEOM_SURFACE;
}

static weh_err encode_table(const struct weh_geom_entry *entry, struct weh_buf *out,
                            struct weh_diag *diag)
{
    struct fbw fbw;
    fbw_ref root = 0;
    weh_err err = WEH_OK;

    fbw_init(&fbw);
    if (has_shape(entry->opcode)) {
        weh_buf_append(out, GEOM_PREFIX, GEOM_PREFIX_SIZE);
        err = encode_shape(&fbw, entry->as.shape, &root, diag);
    } else {
        root = encode_symbology(&fbw, entry);
    }
    if (err == WEH_OK) {
        err = encode_failed(fbw_finish(&fbw, root, out), diag);
    }
    fbw_fini(&fbw);
    return err;
}

static void append_header(const struct weh_geom_header *header, struct weh_buf *out)
{
    const uint32_t words[2] = { header->version, header->flags };

    weh_buf_append(out, words, sizeof(words));
}

static bool is_table(uint32_t opcode)
{
    return (opcode >= WEH_GEOM_SUB_RANGE && opcode <= WEH_GEOM_SURFACE) ||
           (opcode >= WEH_GEOM_FILL && opcode <= WEH_GEOM_LINE_STYLE) || opcode == WEH_GEOM_IMAGE;
}

weh_err weh_geom_entry_encode(const struct weh_geom_entry *entry, struct weh_buf *out,
                              struct weh_diag *diag)
{
    if (is_table(entry->opcode)) {
        return encode_table(entry, out, diag);
    }
    if (entry->opcode == WEH_GEOM_HEADER) {
        append_header(&entry->as.header, out);
    } else if (entry->opcode == WEH_GEOM_BREP) {
        weh_buf_append(out, entry->as.brep->bytes, entry->as.brep->n_bytes);
    } else {
        weh_buf_append(out, entry->as.raw.bytes, entry->as.raw.n);
    }
    return encode_failed(out->err, diag);
}

/* Opcode, size and payload, padded with zeros to a multiple of eight. */
static weh_err append_entry(const struct weh_geom_entry *entry, struct weh_buf *body,
                            struct weh_diag *diag)
{
    uint32_t head[2] = { entry->opcode, 0 };
    size_t start = body->len;
    uint32_t size;
    weh_err err;

    weh_buf_append(body, head, sizeof(head));
    err = weh_geom_entry_encode(entry, body, diag);
    if (err != WEH_OK) {
        return err;
    }
    size = (uint32_t)(body->len - start - sizeof(head));
    while (size % 8 != 0) {
        weh_buf_byte(body, 0);
        size++;
    }
    if (body->err == WEH_OK) {
        memcpy(body->data + start + sizeof(head[0]), &size, sizeof(size));
    }
    return encode_failed(body->err, diag);
}

weh_err weh_geom_encode(const struct weh_geom *geom, struct weh_buf *out, struct weh_diag *diag)
{
    struct weh_buf body;
    weh_err err = WEH_OK;

    weh_buf_init(&body, WEH_GEOM_MAX_BYTES);
    for (uint32_t i = 0; i < geom->n && err == WEH_OK; i++) {
        err = append_entry(&geom->entries[i], &body, diag);
    }
    if (err == WEH_OK) {
        const struct weh_pack_piece piece = { body.data, body.len };

        err = weh_pack(&geom_pack_kind, &piece, 1, out, diag);
    }
    weh_buf_fini(&body);
    return err;
}
