/* src/rpc/ipc_query.c - IModelReadRpcInterface: queryRows and queryBlob (ConcurrentQuery of @itwin/core-common).
 *
 * A query sees what was saved last, unless the primary connection is asked for, and holds up nothing of its page:
 * what waits runs within it. Whatever is wrong with a query is told in the answer's status.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weh/clock.h"
#include "weh/ecsql_rows.h"
#include "weh/ipc.h"

#include "ipc_priv.h"

/* DbResponseKind. */
enum {
    KIND_BLOB = 0,
    KIND_ROWS = 1,
    KIND_NONE = 2
};

/* DbResponseStatus, of what is no outcome of a query. */
#define STATUS_QUEUE_FULL 5

#define VALUE_FORMAT_JS 1 /* DbValueFormat.JsNames */

/* Quotas of a request: those up to here are not taken, as by the native library. */
#define QUOTA_IGNORED_S     10
#define QUOTA_IGNORED_BYTES 32000
/* What it may ask for, and gets if it asks for nothing. */
#define QUOTA_S     60
#define QUOTA_BYTES ((uint32_t)8 << 20)

/* What an answer tells of its making. */
struct made {
    uint64_t started_us;
    uint64_t cpu_us; /* of the thread, when it began */
    const struct desk_query *query;
    struct weh_ecsql_outcome outcome;
};

static struct made make(const struct desk_query *query, enum weh_ecsql_status status)
{
    return (struct made){ .started_us = weh_clock_mono_us(),
                          .cpu_us = query_cpu_us(),
                          .query = query,
                          .outcome = { .status = status } };
}

/* ---- requests ---- */

/* The number @name of @map, which may be NULL; @absent when there is none. */
static double number_of(const struct weh_value *map, const char *name, double absent)
{
    const struct weh_value *value = map == NULL ? NULL : weh_value_get(map, name);
    double number = absent;

    return value != NULL && weh_value_to_double(value, &number) ? number : absent;
}

static bool flag_of(const struct weh_value *map, const char *name, bool absent)
{
    const struct weh_value *value = weh_value_get(map, name);
    bool flag = absent;

    return value != NULL && weh_value_to_bool(value, &flag) ? flag : absent;
}

static struct weh_str text_of(const struct weh_value *map, const char *name)
{
    const struct weh_value *value = weh_value_get(map, name);

    return value != NULL && value->type == WEH_VALUE_STRING ? weh_value_str(value) : WEH_STR("");
}

/* A count that a page gives: not below 0, and in any case an integer. */
static uint64_t count_of(double number)
{
    return number < 1 ? 0 : number > 9007199254740991.0 ? UINT64_MAX : (uint64_t)number;
}

static uint32_t quota_of(double asked, double ignored, uint32_t most)
{
    return asked <= ignored || asked >= most ? most : (uint32_t)asked;
}

static void read_request(const struct weh_value *from, struct weh_ecsql_request *out)
{
    const struct weh_value *limit = weh_value_get(from, "limit");
    const struct weh_value *quota = weh_value_get(from, "quota");
    const double count = number_of(limit, "count", -1);

    out->text = text_of(from, "query");
    out->args = weh_value_get(from, "args");
    out->offset = count_of(number_of(limit, "offset", 0));
    out->count = count < 0 ? UINT64_MAX : count_of(count);
    out->rows = WEH_ECSQL_ARRAYS;
    out->js_values = number_of(from, "valueFormat", 0) == VALUE_FORMAT_JS;
    out->class_names = flag_of(from, "convertClassIdsToClassNames", false);
    out->abbreviate_blobs = flag_of(from, "abbreviateBlobs", false);
    out->trim_nulls = true;
    out->columns = flag_of(from, "includeMetaData", true);
    out->saved = !flag_of(from, "usePrimaryConn", false);
    out->quota.time_ms =
        quota_of(trunc(number_of(quota, "time", 0)), QUOTA_IGNORED_S, QUOTA_S) * 1000U;
    out->quota.bytes = quota_of(number_of(quota, "memory", 0), QUOTA_IGNORED_BYTES, QUOTA_BYTES);
}

/* ---- answers ---- */

static void put_stats(const struct made *made, struct weh_sink *sink)
{
    const struct weh_ecsql_outcome *outcome = &made->outcome;
    const uint64_t cpu_us = query_cpu_us() - made->cpu_us - made->query->others_cpu_us;

    weh_sink_key(sink, "stats");
    weh_sink_map_begin(sink, 6);
    put_int(sink, "cpuTime", (int64_t)cpu_us);
    put_int(sink, "totalTime", (int64_t)((weh_clock_mono_us() - made->started_us) / 1000));
    put_int(sink, "timeLimit", outcome->limits.time_ms);
    put_int(sink, "memLimit", outcome->limits.bytes);
    put_int(sink, "memUsed", (int64_t)outcome->n_bytes);
    put_int(sink, "prepareTime", (int64_t)(outcome->prepare_us / 1000));
    weh_sink_map_end(sink);
}

/* What all answers end with. */
static void put_end(struct weh_sink *sink, int kind, int status, const char *error,
                    const struct made *made)
{
    put_int(sink, "kind", kind);
    put_int(sink, "status", status);
    put_text(sink, "error", error);
    put_stats(made, sink);
    weh_sink_map_end(sink);
}

/* Is it the query's own failure? Other ones are the session's. */
static bool is_told(weh_err err)
{
    return err == WEH_E_QUERY || err == WEH_E_BAD_ARGS || err == WEH_E_TOO_LARGE ||
           err == WEH_E_LIMIT || err == WEH_E_BUSY || err == WEH_E_CANCELLED;
}

/* What the native library says before what is wrong. */
static const char *prefix_of(enum weh_ecsql_status status, const char *text)
{
    static const char syntax[] = "syntax error";

    if (status == WEH_ECSQL_BAD_STEP) {
        return "concurrent query step() failed: ";
    }
    return status == WEH_ECSQL_BAD_QUERY && strncmp(text, syntax, sizeof(syntax) - 1) == 0
               ? "Failed to parse ECSQL: "
               : "";
}

/* The answer of a query that came to @err. */
static weh_err refuse(const struct weh_call *call, weh_err err, struct made *made,
                      const struct weh_diag *diag)
{
    const bool is_cancelled = err == WEH_E_CANCELLED;
    const enum weh_ecsql_status failed = made->outcome.status;
    char error[sizeof(diag->text) + 40] = "";
    int status = err == WEH_E_BUSY ? STATUS_QUEUE_FULL : (int)failed;

    if (!is_told(err) || *call->result_err != WEH_OK) {
        return err;
    }
    if (!is_cancelled) {
        (void)snprintf(error, sizeof(error), "%s%s", prefix_of(failed, diag->text), diag->text);
    }
    weh_ipc_reply_restart(call->writer);
    made->outcome.n_bytes = 0;
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    put_end(call->result, KIND_NONE, is_cancelled ? WEH_ECSQL_CANCELLED : status, error, made);
    return WEH_OK;
}

/* ---- queryRows ---- */

static size_t reply_length(void *ctx)
{
    return weh_ipc_reply_length(ctx);
}

static weh_err send_rows(const struct weh_call *call, struct weh_ecsql_request *request,
                         const struct desk_query *query, struct weh_diag *diag)
{
    struct weh_ecsql *engine = NULL;
    weh_err err = workspace_queries(call_workspace(call), &engine, diag);

    if (err != WEH_OK) {
        return err;
    }
    request->length = reply_length;
    request->length_ctx = call->writer;
    weh_ipc_binary_as_text(call->writer, true);
    err = weh_ecsql_rows(engine, request, call->arena, call->result, diag);
    weh_ipc_binary_as_text(call->writer, false);
    if (query->is_restarted) {
        err = weh_fail(diag, WEH_E_CANCELLED, "another query has taken its place");
    }
    return err;
}

static bool has_token(const struct weh_value *request, struct weh_str token)
{
    return weh_str_eq(text_of(request, "restartToken"), token);
}

/* @params of a waiting request: has it the token @ctx? */
static bool is_successor(void *ctx, const struct weh_value *params)
{
    const struct weh_str *token = ctx;

    return params->type == WEH_VALUE_ARRAY && params->n > 1 &&
           has_token(&params->as.items[1], *token);
}

static weh_err run_rows(const struct weh_call *call, struct weh_ecsql_request *request,
                        struct desk_query *query, struct weh_diag *diag)
{
    struct desk *desk = call->workspace;
    weh_err err;

    if (query->restart_token.len > 0 &&
        weh_session_has_waiting(call->session, call->method, is_successor, &query->restart_token)) {
        return weh_fail(diag, WEH_E_CANCELLED, "another query takes its place");
    }
    if (desk->n_queries == WEH_ARRAY_LEN(desk->queries)) {
        return weh_fail(diag, WEH_E_BUSY, "too many queries run");
    }
    desk->queries[desk->n_queries++] = query;
    err = send_rows(call, request, query, diag);
    desk->n_queries--;
    return err;
}

weh_err ipc_query_rows(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *from = call->args[1].as.value;
    struct desk_query query = { .workspace = call_workspace(call),
                                .request_id = call->request_id,
                                .restart_token = text_of(from, "restartToken") };
    struct made made = make(&query, WEH_ECSQL_BAD_QUERY);
    struct weh_ecsql_request request = { .outcome = &made.outcome };
    weh_err err;

    read_request(from, &request);
    made.outcome.limits = request.quota;
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    err = run_rows(call, &request, &query, diag);
    if (err != WEH_OK) {
        return refuse(call, err, &made, diag);
    }
    put_int(call->result, "rowCount", (int64_t)made.outcome.n_rows);
    /* A page asks again, whether there are rows or not. */
    put_end(call->result, KIND_ROWS,
            made.outcome.status == WEH_ECSQL_TIMEOUT ? WEH_ECSQL_PARTIAL : (int)made.outcome.status,
            "", &made);
    return WEH_OK;
}

/* ---- what may run within a query ---- */

/* Does a query run in the workspace that @named, a key or a token with one, names? */
static bool is_busy(const struct desk *desk, const struct weh_value *named)
{
    const struct weh_value *key =
        named->type == WEH_VALUE_MAP ? weh_value_get(named, "key") : named;
    const struct workspace *workspace =
        key != NULL && key->type == WEH_VALUE_STRING ? desk_find(desk, weh_value_str(key)) : NULL;

    return workspace != NULL && weh_ecsql_is_running(workspace->queries);
}

/* Another query has its token. */
static void end_query(const struct desk *desk, struct desk_query *query)
{
    query->is_restarted = true;
    if (query->request_id != NULL) {
        (void)weh_session_cancel_request(desk->session, query->request_id);
    }
}

/* A query that waits, with the arguments @params: running ones with its token are over. The innermost one ends
 * at once, and makes room. */
static enum weh_may_run look_at_query(const struct desk *desk, const struct weh_value *params)
{
    const size_t n = desk->n_queries;
    struct weh_str token = WEH_STR("");
    size_t n_over = 0;

    if (params->n > 1) {
        token = text_of(&params->as.items[1], "restartToken");
    }
    for (size_t i = 0; i < n; i++) {
        if (token.len > 0 && weh_str_eq(desk->queries[i]->restart_token, token)) {
            end_query(desk, desk->queries[i]);
        }
        n_over += desk->queries[i]->is_restarted ? 1U : 0U;
    }
    if (n > 0 && desk->queries[n - 1]->is_restarted) {
        return WEH_MAY_RUN_AFTER;
    }
    return n - n_over < DESK_MAX_QUERIES && n < WEH_ARRAY_LEN(desk->queries) ? WEH_MAY_RUN
                                                                             : WEH_MAY_RUN_LATER;
}

enum weh_may_run ipc_query_may_run_within(void *ctx, const struct weh_method *method,
                                          const struct weh_value *params)
{
    const struct desk *desk = ctx;
    const bool is_close =
        method->handler == ipc_app_close_imodel || method->handler == ipc_tools_close_snapshot;

    if (!is_close && method->handler != ipc_query_rows) {
        return WEH_MAY_RUN;
    }
    if (params == NULL) {
        return WEH_MAY_RUN_LOOK;
    }
    if (params->type != WEH_VALUE_ARRAY || params->n == 0) {
        return WEH_MAY_RUN; /* it is refused */
    }
    if (is_close) {
        return is_busy(desk, &params->as.items[0]) ? WEH_MAY_RUN_AFTER : WEH_MAY_RUN;
    }
    return look_at_query(desk, params);
}

/* ---- queryBlob ---- */

static weh_err send_blob(const struct weh_call *call, const struct weh_ecsql_blob_request *request,
                         struct weh_ecsql_outcome *outcome, struct weh_diag *diag)
{
    struct weh_ecsql *engine = NULL;
    weh_err err = workspace_queries(call_workspace(call), &engine, diag);

    return err == WEH_OK ? weh_ecsql_blob(engine, request, call->arena, call->result, outcome, diag)
                         : err;
}

weh_err ipc_query_blob(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *from = call->args[1].as.value;
    const struct weh_value *range = weh_value_get(from, "range");
    const struct desk_query query = { .workspace = call_workspace(call) };
    struct made made = make(&query, WEH_ECSQL_BAD_BLOB);
    struct weh_ecsql_blob_request request = {
        .class_name = text_of(from, "className"),
        .access = text_of(from, "accessString"),
        .offset = count_of(number_of(range, "offset", 0)),
        .count = count_of(number_of(range, "count", 0)),
        .saved = !flag_of(from, "usePrimaryConn", false),
    };
    weh_err err;

    if (!weh_id_parse(text_of(from, "instanceId"), &request.id)) {
        request.id = 0; /* of no instance */
    }
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    err = send_blob(call, &request, &made.outcome, diag);
    if (err != WEH_OK) {
        return refuse(call, err, &made, diag);
    }
    put_end(call->result, KIND_BLOB, WEH_ECSQL_DONE, "", &made);
    return WEH_OK;
}
