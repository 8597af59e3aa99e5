/* src/ecsql/rows.c - queries and binary values as stock iTwin.js frontends ask for them: of what is saved, in
 * replies of their own form, without cursors. The rows are sent in run.c. */
#include <string.h>

#include "weh/clock.h"
#include "weh/ecsql_rows.h"

#include "engine.h"

static bool may_run_beside(const struct weh_ecsql *engine)
{
    return engine->host.may_run_beside == NULL || engine->host.may_run_beside(engine->host.ctx);
}

/* Put @run on the connection that it may begin on: the session's own one, if that sees the same and the query can
 * begin anew beside, should it have to. */
static weh_err choose_side(struct weh_ecsql *engine, struct ecsql_run *run, bool saved,
                           struct weh_diag *diag)
{
    struct ecsql_side *beside;

    if (!saved || (may_run_beside(engine) && !run->kept->statement.is_random)) {
        return WEH_OK;
    }
    beside = ecsql_beside_open(engine);
    if (beside != NULL) {
        run->side = beside;
    }
    return beside != NULL || may_run_beside(engine)
               ? WEH_OK
               : weh_fail(diag, WEH_E_BUSY, "no further connection to the iModel can be opened");
}

/* Compile @request's text, choose a connection and prepare. @run is to be ended on success. */
static weh_err begin(struct weh_ecsql *engine, const struct weh_ecsql_request *request,
                     struct weh_arena *arena, struct ecsql_run *run, struct weh_diag *diag)
{
    const uint64_t started_us = weh_clock_mono_us();
    struct weh_ecsql_outcome *outcome = request->outcome;
    struct ecsql_kept *kept = NULL;
    weh_err err = ecsql_engine_compile(engine, request->text, &kept, diag);

    *run = ecsql_run_of(engine, request, kept, arena);
    *outcome = (struct weh_ecsql_outcome){ .status = WEH_ECSQL_BAD_QUERY, .limits = run->quota };
    if (err == WEH_OK) {
        err = choose_side(engine, run, request->saved, diag);
    }
    if (err == WEH_OK) {
        err = ecsql_run_prepare(engine, run, diag);
        outcome->status = run->status;
    }
    outcome->prepare_us = weh_clock_mono_us() - started_us;
    return err;
}

weh_err weh_ecsql_rows(struct weh_ecsql *engine, const struct weh_ecsql_request *request,
                       struct weh_arena *arena, struct weh_sink *sink, struct weh_diag *diag)
{
    struct weh_ecsql_outcome *outcome = request->outcome;
    enum ecsql_page_end end = PAGE_DONE;
    struct ecsql_run run;
    weh_err err;

    weh_assert(outcome != NULL);
    err = begin(engine, request, arena, &run, diag);
    if (err != WEH_OK) {
        return err;
    }
    run.is_stock = true;
    run.length = request->length;
    run.length_ctx = request->length_ctx;
    weh_sink_key(sink, "meta");
    if (request->columns) {
        ecsql_columns_write(&run.kept->statement, request->abbreviate_blobs, sink);
    } else {
        weh_sink_array_begin(sink, 0);
        weh_sink_array_end(sink);
    }
    weh_sink_key(sink, "data");
    err = ecsql_run_rows(engine, &run, sink, &end, diag);
    ecsql_close_left(engine);
    ecsql_run_end(&run);
    outcome->status = run.status;
    outcome->n_rows = run.n_sent;
    outcome->n_bytes = run.length == NULL ? 0 : run.length(run.length_ctx) - run.length_before;
    return err;
}

bool weh_ecsql_is_running(const struct weh_ecsql *engine)
{
    return engine != NULL && engine->going != NULL;
}

/* ---- binary values ---- */

static weh_err no_blob(const struct weh_ecsql_blob_request *request, struct weh_diag *diag)
{
    char id[WEH_ID_TEXT_SIZE];

    weh_id_print(request->id, id);
    return weh_fail(diag, WEH_E_QUERY,
                    "BlobIO: unable to open blob for classname '%.*s' , accessString '%.*s' for "
                    "instanceId '%s'",
                    WEH_STR_ARGS(request->class_name), WEH_STR_ARGS(request->access), id);
}

static bool is_name(struct weh_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '_')) {
            return false;
        }
    }
    return text.len > 0;
}

/* The query for the property, of an instance by its id. */
static weh_err make_query(const struct weh_ecsql_blob_request *request,
                          const struct weh_ec_class *ec_class, struct weh_buf *out,
                          struct weh_diag *diag)
{
    struct weh_str rest = request->access;
    struct weh_str part;

    weh_buf_printf(out, "SELECT ");
    do {
        rest = weh_str_split(rest, '.', &part);
        if (!is_name(part)) {
            return no_blob(request, diag);
        }
        weh_buf_printf(out, "[%.*s]%s", WEH_STR_ARGS(part), rest.len > 0 ? "." : "");
    } while (rest.len > 0);
    weh_buf_printf(out, " FROM [%.*s].[%.*s] WHERE ECInstanceId=?",
                   WEH_STR_ARGS(ec_class->schema->name), WEH_STR_ARGS(ec_class->name));
    return out->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

/* Has the query the one column of a binary property? */
static bool is_binary(const struct ecsql_statement *statement)
{
    const struct ecsql_type *type = &statement->columns[0].type;

    return statement->n_columns == 1 && type->kind == ECSQL_TYPE_PRIMITIVE &&
           (type->primitive == WEH_EC_BINARY || type->primitive == WEH_EC_GEOMETRY);
}

/* One reading. */
struct blob_call {
    struct weh_ecsql *engine;
    const struct weh_ecsql_blob_request *request;
    struct weh_arena *arena;
    struct weh_sink *sink;
    struct weh_ecsql_outcome *outcome;
};

/* The part of the @size bytes at @bytes that is asked for. */
static weh_err put_part(const struct blob_call *call, const uint8_t *bytes, size_t size,
                        struct weh_diag *diag)
{
    const struct weh_ecsql_blob_request *request = call->request;
    const uint64_t count = request->count == 0 ? size : request->count;

    call->outcome->status = WEH_ECSQL_BAD_RANGE;
    if (request->offset > size) {
        return weh_fail(diag, WEH_E_QUERY, "BlobIO: offset provided is greater then size of blob");
    }
    if (count > size - request->offset) {
        return weh_fail(diag, WEH_E_QUERY,
                        "BlobIO: offset + length provided is greater then size of blob");
    }
    weh_sink_key(call->sink, "rawBlobSize");
    weh_sink_int(call->sink, (int64_t)size);
    weh_sink_key(call->sink, "data");
    weh_sink_binary(call->sink, bytes == NULL ? NULL : bytes + request->offset, count);
    call->outcome->status = WEH_ECSQL_DONE;
    call->outcome->n_bytes = count;
    return WEH_OK;
}

static weh_err put_blob(const struct blob_call *call, const struct ecsql_run *run,
                        struct weh_diag *diag)
{
    const uint64_t deadline_us = weh_clock_mono_us() + (uint64_t)run->quota.time_ms * 1000;
    const struct weh_query_guard guard = ecsql_guard(call->engine, deadline_us);
    const int at = run->kept->statement.columns[0].first_cell;
    bool is_row = false;
    bool expired = false;
    weh_err err = weh_query_step(run->side->briefcase, &guard, run->stmt, &is_row, &expired, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (!is_row || sqlite3_column_type(run->stmt, at) != SQLITE_BLOB) {
        return no_blob(call->request, diag);
    }
    return put_part(call, sqlite3_column_blob(run->stmt, at),
                    (size_t)sqlite3_column_bytes(run->stmt, at), diag);
}

/* @text: the query for it. */
static weh_err read_blob(const struct blob_call *call, struct weh_str text, struct weh_diag *diag)
{
    char id[WEH_ID_TEXT_SIZE];
    const struct weh_value arg = { .type = WEH_VALUE_STRING,
                                   .n = (uint32_t)weh_id_print(call->request->id, id),
                                   .as.string = id };
    const struct weh_value args = { .type = WEH_VALUE_ARRAY, .n = 1, .as.items = &arg };
    const struct weh_ecsql_request query = { .text = text,
                                             .args = &args,
                                             .count = 1,
                                             .saved = call->request->saved,
                                             .outcome = call->outcome };
    struct ecsql_run run;
    weh_err err = begin(call->engine, &query, call->arena, &run, diag);

    call->outcome->status = WEH_ECSQL_BAD_BLOB;
    if (err != WEH_OK) {
        return err == WEH_E_QUERY ? no_blob(call->request, diag) : err;
    }
    err =
        is_binary(&run.kept->statement) ? put_blob(call, &run, diag) : no_blob(call->request, diag);
    ecsql_run_end(&run);
    return err;
}

weh_err weh_ecsql_blob(struct weh_ecsql *engine, const struct weh_ecsql_blob_request *request,
                       struct weh_arena *arena, struct weh_sink *sink,
                       struct weh_ecsql_outcome *outcome, struct weh_diag *diag)
{
    const struct blob_call call = { engine, request, arena, sink, outcome };
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_name(engine->catalog, request->class_name);
    struct weh_buf text;
    weh_err err;

    *outcome = (struct weh_ecsql_outcome){ .status = WEH_ECSQL_BAD_BLOB, .limits = engine->limits };
    if (ec_class == NULL) {
        return weh_fail(diag, WEH_E_QUERY, "BlobIO: unable to find classname '%.*s'",
                        WEH_STR_ARGS(request->class_name));
    }
    weh_buf_init(&text, 0);
    err = make_query(request, ec_class, &text, diag);
    if (err == WEH_OK) {
        err = read_blob(&call, (struct weh_str){ (const char *)text.data, text.len }, diag);
    }
    weh_buf_fini(&text);
    return err;
}
