/* src/txn/change_stream.c - the changes of one transaction, read piece by piece.
 *
 * In memory are one packed piece and, unpacked, the change at hand: more only when one change is
 * larger than a piece.
 */
#include "change_stream.h"

#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase.h"

#define PIECE_BYTES 32768 /* of what is not packed */

/* Two rows of the largest size that SQLite stores. */
#define MAX_CHANGE_BYTES (UINT64_C(2) * 1000 * 1000 * 1000)

static weh_err damaged(struct weh_diag *diag, const char *what)
{
    return weh_fail(diag, WEH_E_CORRUPT, "a stored transaction is damaged: %s", what);
}

static weh_err read_blob(void *ctx, size_t offset, uint8_t *to, size_t n, struct weh_diag *diag)
{
    struct change_stream *stream = ctx;
    int rc = sqlite3_blob_read(stream->blob, to, (int)n, (int)offset);

    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(stream->briefcase, rc, diag);
}

static void close_blob(struct change_stream *stream)
{
    /* It repeats what a read said already. */
    (void)sqlite3_blob_close(stream->blob);
    stream->blob = NULL;
}

static weh_err open_blob(struct change_stream *stream, struct weh_diag *diag)
{
    uint8_t *piece = stream->unpacker.piece;
    int rc = sqlite3_blob_open(weh_briefcase_db(stream->briefcase), "main", "dgn_Txns", "Change",
                               (sqlite3_int64)stream->source.txn_id, 0, &stream->blob);

    if (rc == SQLITE_ERROR) {
        return damaged(diag, "no blob");
    }
    if (rc != SQLITE_OK) {
        return weh_db_fail(stream->briefcase, rc, diag);
    }
    stream->unpacker = (struct weh_unpacker){ .kind = &txn_pack_kind,
                                              .read = read_blob,
                                              .ctx = stream,
                                              .len = (size_t)sqlite3_blob_bytes(stream->blob),
                                              .piece = piece };
    return WEH_OK;
}

weh_err change_stream_open(struct change_stream *stream, struct weh_briefcase *briefcase,
                           const struct change_source *source, struct weh_diag *diag)
{
    close_blob(stream);
    stream->briefcase = briefcase;
    stream->source = *source;
    stream->taken = 0;
    stream->window.limit_bytes = MAX_CHANGE_BYTES;
    weh_buf_clear(&stream->window);
    stream->at = 0;
    stream->has_group = false;
    return source->is_stored ? open_blob(stream, diag) : WEH_OK;
}

static uint64_t source_bytes(const struct change_stream *stream)
{
    const struct change_source *source = &stream->source;

    if (source->is_stored) {
        return stream->unpacker.len;
    }
    return source->spill != NULL ? weh_spill_len(source->spill) : source->len;
}

uint64_t change_stream_permille(const struct change_stream *stream)
{
    uint64_t all = source_bytes(stream);
    uint64_t done = stream->source.is_stored ? stream->unpacker.at : stream->taken;

    return all == 0 ? 1000 : done * 1000 / all;
}

void change_stream_end(struct change_stream *stream)
{
    close_blob(stream);
    weh_buf_fini(&stream->window);
}

void change_stream_fini(struct change_stream *stream)
{
    change_stream_end(stream);
    weh_unpacker_fini(&stream->unpacker);
    weh_buf_fini(&stream->head);
    cs_reader_fini(&stream->parser);
}

static size_t available(const struct change_stream *stream)
{
    return stream->window.len - stream->at;
}

static weh_err next_piece(struct change_stream *stream, bool *more, struct weh_diag *diag)
{
    struct weh_buf *window = &stream->window;
    uint64_t left = source_bytes(stream) - stream->taken;
    size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
    uint8_t *to;
    weh_err err = WEH_OK;

    if (stream->source.is_stored) {
        return weh_unpacker_next(&stream->unpacker, window, more, diag);
    }
    *more = n > 0;
    to = weh_buf_reserve(window, n);
    if (to == NULL) {
        return weh_fail_nomem(diag);
    }
    if (stream->source.spill != NULL) {
        err = weh_spill_read(stream->source.spill, stream->taken, to, n, diag);
    } else if (n > 0) {
        memcpy(to, stream->source.bytes + stream->taken, n);
    }
    window->len += n;
    stream->taken += n;
    return err;
}

/* Until @need bytes are there; *@more false when the transaction has no more. */
static weh_err fill(struct change_stream *stream, size_t need, bool *more, struct weh_diag *diag)
{
    struct weh_buf *window = &stream->window;
    weh_err err = WEH_OK;

    *more = true;
    if (stream->at > 0) {
        memmove(window->data, window->data + stream->at, available(stream));
        window->len -= stream->at;
        stream->at = 0;
    }
    while (err == WEH_OK && *more && window->len < need) {
        err = next_piece(stream, more, diag);
    }
    return err;
}

static enum cs_fit measure(const struct change_stream *stream, bool head, size_t *size)
{
    const uint8_t *bytes = stream->window.data + stream->at;

    return head ? cs_measure_group(bytes, available(stream), size)
                : cs_measure_change(bytes, available(stream), stream->group.n_columns, size);
}

/* All of the head or change that begins here: its length. */
static weh_err whole(struct change_stream *stream, bool head, size_t *size, struct weh_diag *diag)
{
    enum cs_fit fit = measure(stream, head, size);
    bool more = true;

    while (fit == CS_CUT) {
        weh_err err = fill(stream, *size, &more, diag);

        if (err != WEH_OK) {
            return err;
        }
        if (!more && available(stream) < *size) {
            return damaged(diag, "cut off");
        }
        fit = measure(stream, head, size);
    }
    return fit == CS_WHOLE ? WEH_OK : damaged(diag, head ? "table" : "change");
}

/* The head is copied, because its bytes leave the window before its changes do. */
static weh_err read_head(struct change_stream *stream, struct weh_diag *diag)
{
    size_t size = 0;
    weh_err err = whole(stream, true, &size, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_buf_clear(&stream->head);
    weh_buf_append(&stream->head, stream->window.data + stream->at, size);
    if (stream->head.err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    stream->at += size;
    stream->has_group = cs_get_group(stream->head.data, stream->head.len, &stream->group);
    stream->new_group = true;
    return stream->has_group ? WEH_OK : damaged(diag, "table");
}

static weh_err read_heads(struct change_stream *stream, bool *more, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    *more = true;
    while (err == WEH_OK) {
        if (available(stream) == 0) {
            err = fill(stream, 1, more, diag);
        }
        if (err != WEH_OK || available(stream) == 0) {
            break;
        }
        if (stream->window.data[stream->at] != CS_GROUP_MARK) {
            return stream->has_group ? WEH_OK : damaged(diag, "no table");
        }
        err = read_head(stream, diag);
    }
    return err;
}

weh_err change_stream_next(struct change_stream *stream, struct cs_change *out,
                           struct weh_str *bytes, bool *more, struct weh_diag *diag)
{
    const uint8_t *begin;
    size_t size = 0;
    weh_err err;

    stream->new_group = false;
    err = read_heads(stream, more, diag);
    if (err != WEH_OK || !*more) {
        return err;
    }
    err = whole(stream, false, &size, diag);
    if (err != WEH_OK) {
        return err;
    }
    begin = stream->window.data + stream->at;
    stream->parser.at = begin;
    stream->parser.end = begin + size;
    stream->at += size;
    *bytes = (struct weh_str){ (const char *)begin, size };
    return cs_reader_seek(&stream->parser, &stream->group, begin, out, diag);
}
