/* src/txn/change_reader_stream.c - the changes of one stored transaction, read piece by piece.
 *
 * In memory are one packed piece and, unpacked, the change at hand: more only when one change is
 * larger than a piece. Which transactions are read, and what their rows mean, is not known here.
 */
#include <string.h>

#include "weh/alloc.h"

#include "change_reader_priv.h"

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

weh_err change_stream_open(struct change_stream *stream, struct weh_briefcase *briefcase,
                           uint64_t id, struct weh_diag *diag)
{
    uint8_t *piece = stream->unpacker.piece;
    int rc;

    close_blob(stream);
    stream->briefcase = briefcase;
    stream->window.limit_bytes = MAX_CHANGE_BYTES;
    weh_buf_clear(&stream->window);
    stream->at = 0;
    stream->has_group = false;
    rc = sqlite3_blob_open(weh_briefcase_db(briefcase), "main", "dgn_Txns", "Change",
                           (sqlite3_int64)id, 0, &stream->blob);
    if (rc == SQLITE_ERROR) {
        return damaged(diag, "no blob");
    }
    if (rc != SQLITE_OK) {
        return weh_db_fail(briefcase, rc, diag);
    }
    stream->unpacker = (struct weh_unpacker){ .kind = &txn_pack_kind,
                                              .read = read_blob,
                                              .ctx = stream,
                                              .len = (size_t)sqlite3_blob_bytes(stream->blob),
                                              .piece = piece };
    return WEH_OK;
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
        err = weh_unpacker_next(&stream->unpacker, window, more, diag);
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
