/* src/rpc/rpc_changes.c - changes.*: what saved transactions have changed.
 *
 * A cursor is a position and the stamp of the transactions: it works in any session, as long as
 * they are the same. The session that got it keeps the reader, so that going on costs nothing.
 */
#include <stdio.h>

#include "weh/alloc.h"
#include "weh/changes.h"
#include "weh/config.h"

#include "rpc_priv.h"

/* Of rows in one reply: large values must not make it larger than a client takes. */
#define PAGE_BYTES (UINT64_C(1) << 20)

struct changes_page {
    struct weh_change_reader *reader;
    uint64_t from;
    uint64_t to;
    uint64_t position; /* changes told so far */
    bool pending;      /* change is read and not told */
    struct weh_instance_change change;
};

void changes_page_destroy(struct changes_page *page)
{
    if (page != NULL) {
        weh_change_reader_close(page->reader);
        weh_free(page);
    }
}

static weh_err on_progress(void *ctx, uint64_t done, uint64_t total, struct weh_diag *diag)
{
    return weh_call_progress(ctx, done, total, diag);
}

/* ---- cursors ---- */

static bool read_hex(struct weh_str text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        uint64_t digit = c >= '0' && c <= '9' ? (uint64_t)(c - '0') : (uint64_t)(c - 'a') + 10;

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
        *out = *out << 4 | digit;
    }
    return text.len > 0 && text.len <= 16;
}

static weh_err read_cursor(struct weh_str text, uint64_t *position, uint64_t *stamp,
                           struct weh_diag *diag)
{
    struct weh_str head;
    struct weh_str tail = weh_str_split(text, '-', &head);

    return read_hex(head, position) && read_hex(tail, stamp)
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "cursor", "this is no cursor");
}

static void put_cursor(const struct changes_page *page, struct weh_sink *sink)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%llx-%llx", (unsigned long long)page->position,
                   (unsigned long long)weh_change_reader_stamp(page->reader));
    put_text(sink, "cursor", text);
}

/* ---- pages ---- */

static weh_err open_page(struct weh_call *call, uint64_t from, uint64_t to,
                         struct changes_page **out, struct weh_diag *diag)
{
    struct workspace *workspace = call_workspace(call);
    struct weh_change_options options = {
        .from = { from },
        .to = { to },
        .temporary_bytes = (uint64_t)workspace->app->config->limits_temporary_bytes,
        .progress = on_progress,
        .ctx = call,
    };
    struct changes_page *page = weh_calloc(1, sizeof(*page));
    weh_err err;

    if (page == NULL) {
        return weh_fail_nomem(diag);
    }
    page->from = from;
    page->to = to;
    err = weh_change_reader_open(workspace->txns, &options, &page->reader, diag);
    if (err != WEH_OK) {
        changes_page_destroy(page);
        return err;
    }
    *out = page;
    return WEH_OK;
}

static weh_err next_change(struct changes_page *page, bool *more, struct weh_diag *diag)
{
    if (page->pending) {
        page->pending = false;
        *more = true;
        return WEH_OK;
    }
    return weh_change_reader_next(page->reader, &page->change, more, diag);
}

static weh_err skip_to(struct weh_call *call, struct changes_page *page, uint64_t position,
                       struct weh_diag *diag)
{
    bool more = true;
    weh_err err = WEH_OK;

    while (err == WEH_OK && page->position < position) {
        err = next_change(page, &more, diag);
        if (err == WEH_OK && !more) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "cursor", "the cursor is behind the end");
        }
        page->position++;
        if (err == WEH_OK) {
            err = weh_call_progress(call, page->position, position, diag);
        }
    }
    return err;
}

static weh_err same_transactions(const struct changes_page *page, uint64_t stamp,
                                 struct weh_diag *diag)
{
    return weh_change_reader_stamp(page->reader) == stamp
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "cursor",
                                "the transactions are not those of the cursor; begin again");
}

/* The kept page, if it stands where the cursor says; it is no longer kept then. */
static weh_err take_page(struct weh_call *call, uint64_t position, struct changes_page **out,
                         struct weh_diag *diag)
{
    struct workspace *workspace = call_workspace(call);
    struct changes_page *page = workspace->changes;
    bool same = false;
    weh_err err;

    *out = NULL;
    workspace->changes = NULL;
    if (page == NULL || position == 0 || page->position != position ||
        page->from != call->args[0].as.id || page->to != call->args[1].as.id) {
        changes_page_destroy(page);
        return WEH_OK;
    }
    err = weh_change_reader_check(page->reader, &same, diag);
    if (err != WEH_OK || !same) {
        changes_page_destroy(page);
        return err;
    }
    weh_change_reader_set_progress(page->reader, on_progress, call);
    *out = page;
    return WEH_OK;
}

static weh_err find_page(struct weh_call *call, struct changes_page **out, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    uint64_t position = 0;
    uint64_t stamp = 0;
    weh_err err = WEH_OK;

    if (args[3].given) {
        err = read_cursor(args[3].as.string, &position, &stamp, diag);
    }
    if (err == WEH_OK) {
        err = take_page(call, position, out, diag);
    }
    if (err == WEH_OK && *out == NULL) {
        err = open_page(call, args[0].given ? args[0].as.id : 0, args[1].given ? args[1].as.id : 0,
                        out, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_assert(*out != NULL);
    if (args[3].given) {
        err = same_transactions(*out, stamp, diag);
    }
    return err == WEH_OK ? skip_to(call, *out, position, diag) : err;
}

/* ---- the reply ---- */

static void put_file_property(struct weh_sink *sink, const struct weh_instance_change *change)
{
    weh_sink_key(sink, "fileProperty");
    weh_sink_map_begin(sink, 4);
    put_str(sink, "namespace", change->prop_namespace);
    put_str(sink, "name", change->prop_name);
    put_int(sink, "id", change->prop_id);
    put_int(sink, "subId", change->prop_sub_id);
    weh_sink_map_end(sink);
}

static weh_err put_change(struct weh_call *call, struct changes_page *page, struct weh_diag *diag)
{
    static const char *const ops[] = { "Inserted", "Updated", "Deleted" };
    const struct weh_instance_change *change = &page->change;
    struct weh_sink *sink = call->result;
    weh_err err = WEH_OK;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    if (change->ec_class == NULL) {
        put_file_property(sink, change);
    } else {
        put_id(sink, "id", change->id);
        put_str(sink, "classFullName", change->ec_class->full_name);
    }
    put_text(sink, "op", ops[change->op]);
    put_bool(sink, "indirect", change->indirect);
    if (change->txn_id.value != 0) {
        put_id(sink, "txnId", change->txn_id.value);
    }
    if (!call->args[4].given || call->args[4].as.boolean) {
        weh_sink_key(sink, "properties");
        err = weh_change_reader_write(page->reader, sink, diag);
    }
    if (err == WEH_OK) {
        weh_sink_map_end(sink);
    }
    return err;
}

/* *@more true when the page is full before the end. */
static weh_err put_changes(struct weh_call *call, struct changes_page *page, bool *more,
                           struct weh_diag *diag)
{
    const struct weh_arg *limit = &call->args[2];
    uint64_t left = limit->given ? (uint64_t)limit->as.integer : RPC_CHANGES;
    uint64_t bytes = 0;
    weh_err err = WEH_OK;

    *more = true;
    while (err == WEH_OK) {
        err = next_change(page, more, diag);
        if (err != WEH_OK || !*more) {
            break;
        }
        if (left-- == 0 || bytes > PAGE_BYTES) {
            page->pending = true;
            break;
        }
        bytes += weh_change_reader_row_bytes(page->reader);
        err = put_change(call, page, diag);
        page->position++;
        if (err == WEH_OK) {
            err = weh_call_progress(call, page->position, 0, diag);
        }
    }
    return err;
}

weh_err changes_summary(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_sink *sink = call->result;
    struct changes_page *page = NULL;
    bool more = false;
    weh_err err = find_page(call, &page, diag);

    if (err == WEH_OK) {
        weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
        weh_sink_key(sink, "changes");
        weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
        err = put_changes(call, page, &more, diag);
    }
    if (err == WEH_OK) {
        weh_sink_array_end(sink);
        put_bool(sink, "done", !more);
        if (more) {
            put_cursor(page, sink);
        }
        weh_sink_map_end(sink);
    }
    if (err == WEH_OK && more) {
        weh_change_reader_set_progress(page->reader, NULL, NULL);
        weh_change_reader_rest(page->reader);
        call_workspace(call)->changes = page;
        page = NULL;
    }
    changes_page_destroy(page);
    return err;
}
