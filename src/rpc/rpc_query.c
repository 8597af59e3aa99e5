/* src/rpc/rpc_query.c - query.*: arguments to the query engine and its rows into the reply. */
#include <math.h>

#include "rpc_priv.h"

/* A member of @map, which has only the members @names: a number from 0 on. */
static weh_err read_members(const struct weh_value *map, const char *where,
                            const char *const names[], double *out, size_t n, struct weh_diag *diag)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct weh_member *member = &map->as.members[i];
        size_t at = 0;

        while (at < n && !weh_str_eq_text(member->key, names[at])) {
            at++;
        }
        if (at == n) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "no member '%.*s' is known",
                                  WEH_STR_ARGS(member->key));
        }
        if (!weh_value_to_double(&member->value, &out[at]) || out[at] < 0 || out[at] > 1e15) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "'%s' must be a number from 0 on",
                                  names[at]);
        }
    }
    return WEH_OK;
}

static weh_err read_limit(const struct weh_arg *arg, struct weh_ecsql_request *request,
                          struct weh_diag *diag)
{
    static const char *const names[] = { "offset", "count" };
    double members[2] = { 0, -1 };
    weh_err err = WEH_OK;

    if (arg->given) {
        err = read_members(arg->as.value, "limit", names, members, 2, diag);
    }
    request->offset = (uint64_t)members[0];
    request->count = members[1] < 0 ? UINT64_MAX : (uint64_t)members[1];
    return err;
}

static uint32_t at_most(double number)
{
    return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static weh_err read_quota(const struct weh_arg *arg, struct weh_ecsql_request *request,
                          struct weh_diag *diag)
{
    static const char *const names[] = { "time", "rows", "bytes" };
    double members[3] = { 0, 0, 0 };
    weh_err err = WEH_OK;

    if (arg->given) {
        err = read_members(arg->as.value, "quota", names, members, 3, diag);
    }
    request->quota.time_ms = at_most(ceil(members[0] * 1000));
    request->quota.rows = at_most(members[1]);
    request->quota.bytes = at_most(members[2]);
    return err;
}

static bool flag(const struct weh_arg *arg)
{
    return arg->given && arg->as.boolean;
}

static enum weh_ecsql_rows row_format(const struct weh_arg *arg)
{
    if (!arg->given || weh_str_eq_text(arg->as.string, "names")) {
        return WEH_ECSQL_NAMES;
    }
    return weh_str_eq_text(arg->as.string, "array") ? WEH_ECSQL_ARRAYS : WEH_ECSQL_JS_NAMES;
}

weh_err query_ecsql(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    struct weh_ecsql_request request = {
        .text = args[0].as.string,
        .args = args[1].given ? args[1].as.value : NULL,
        .rows = row_format(&args[3]),
        .js_values = args[4].given && weh_str_eq_text(args[4].as.string, "js"),
        .class_names = flag(&args[5]),
        .abbreviate_blobs = flag(&args[6]),
    };
    struct weh_ecsql *engine = NULL;
    weh_err err = read_limit(&args[2], &request, diag);

    if (err == WEH_OK) {
        err = read_quota(&args[7], &request, diag);
    }
    if (err == WEH_OK) {
        err = workspace_queries(call_workspace(call), &engine, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    err = weh_ecsql_query(engine, &request, call->arena, call->result, diag);
    if (err == WEH_OK) {
        weh_sink_map_end(call->result);
    }
    return err;
}

weh_err query_next(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_ecsql *engine = NULL;
    weh_err err = workspace_queries(call_workspace(call), &engine, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    err = weh_ecsql_next(engine, call->args[0].as.string, call->result, diag);
    if (err == WEH_OK) {
        weh_sink_map_end(call->result);
    }
    return err;
}

weh_err query_close(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_ecsql *engine = NULL;
    weh_err err = workspace_queries(call_workspace(call), &engine, diag);

    if (err == WEH_OK) {
        err = weh_ecsql_close(engine, call->args[0].as.string, diag);
    }
    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

/* It shows how the server stores things and which of it the client asked for: for whoever runs the server, and
 * for who has the whole file anyway. */
static bool may_explain(const struct weh_call *call)
{
    return call_workspace(call)->is_checkout ||
           weh_session_access(call->session) >= WEH_ACCESS_ADMIN;
}

weh_err query_explain(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_ecsql *engine = NULL;
    weh_err err;

    if (!may_explain(call)) {
        return weh_fail(diag, WEH_E_DENIED, "only in a briefcase of one's own, or for an admin");
    }
    err = workspace_queries(call_workspace(call), &engine, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    err = weh_ecsql_explain(engine, call->args[0].as.string, call->arena, call->result, diag);
    if (err == WEH_OK) {
        weh_sink_map_end(call->result);
    }
    return err;
}
