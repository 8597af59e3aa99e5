/* src/rpc/rpc_edit.c - edit.batch: many methods in one message, all or nothing.
 *
 * Each operation is a row of the method table with its own arguments, checked as if it came alone;
 * the edits run within one savepoint. What an operation may refer to is in batch_refs.c.
 */
#include <stdio.h>
#include <string.h>

#include "weh/value_sink.h"

#include "batch_refs.h"
#include "rpc_priv.h"

struct batch {
    struct weh_call *call; /* of the batch itself */
    struct batch_refs refs;
    struct weh_value_sink result; /* of an operation that others may refer to */
};

/* One operation as it was sent. */
struct op {
    const struct weh_method *method;
    const struct weh_value *params; /* NULL: none */
    struct weh_str as;              /* "" : no name */
};

static weh_err read_method(const struct batch *batch, const struct weh_value *value,
                           const struct weh_method **out, struct weh_diag *diag)
{
    const struct weh_method *methods;
    char name[64];
    size_t n;

    if (weh_value_is_null(value) || value->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "method",
                              "method must be the name of a method");
    }
    methods = weh_host_methods(batch->call->host, &n);
    *out = weh_method_find(methods, n, WEH_STR(""), weh_value_str(value));
    (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(weh_value_str(value)));
    if (*out == NULL) {
        return weh_fail_where(diag, WEH_E_METHOD_NOT_FOUND, "method", "there is no method %s",
                              name);
    }
    if (((*out)->flags & WEH_METHOD_IN_BATCH) == 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "method", "%s cannot be part of a batch", name);
    }
    if ((*out)->access > workspace_access(call_workspace(batch->call))) {
        return weh_fail_where(diag, WEH_E_DENIED, "method", "%s needs more rights than yours",
                              name);
    }
    return WEH_OK;
}

static weh_err read_member(struct batch *batch, const struct weh_member *member, struct op *op,
                           struct weh_diag *diag)
{
    const struct weh_value *value = &member->value;
    char name[64];

    if (weh_str_eq_text(member->key, "method")) {
        return read_method(batch, value, &op->method, diag);
    }
    if (weh_str_eq_text(member->key, "params")) {
        if (!weh_value_is_null(value) && value->type != WEH_VALUE_MAP) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "params", "params must be an object");
        }
        op->params = weh_value_is_null(value) ? NULL : value;
        return WEH_OK;
    }
    if (weh_str_eq_text(member->key, "as")) {
        if (weh_value_is_null(value)) {
            return WEH_OK;
        }
        op->as = value->type == WEH_VALUE_STRING ? weh_value_str(value) : WEH_STR("");
        return batch_refs_check_name(&batch->refs, op->as, diag);
    }
    (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(member->key));
    return weh_fail_where(diag, WEH_E_BAD_ARGS, name, "an operation has no member %s", name);
}

static weh_err read_op(struct batch *batch, const struct weh_value *value, struct op *op,
                       struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    *op = (struct op){ .as = WEH_STR("") };
    if (value->type != WEH_VALUE_MAP) {
        return weh_fail(diag, WEH_E_BAD_ARGS, "an operation must be an object");
    }
    for (uint32_t i = 0; err == WEH_OK && i < value->n; i++) {
        err = read_member(batch, &value->as.members[i], op, diag);
    }
    if (err == WEH_OK && op->method == NULL) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "method", "method is missing");
    }
    return err;
}

static weh_err run_op(struct batch *batch, const struct op *op, struct weh_diag *diag)
{
    static const struct weh_value no_params = { .type = WEH_VALUE_MAP };
    struct weh_call call = *batch->call;
    const struct weh_value *params = op->params == NULL ? &no_params : op->params;
    struct weh_arg args[WEH_MAX_ARGS];
    const bool keep = op->as.len > 0;
    struct weh_value value;
    weh_err err = batch_refs_resolve(&batch->refs, params, &params, diag);

    weh_assert(op->method != NULL);
    if (err == WEH_OK) {
        err = weh_args_decode(op->method->args, params, call.arena, args, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    call.method = op->method;
    call.args = args;
    /* A step of a batch has no progress of its own. */
    call.request_id = NULL;
    if (keep) {
        weh_value_sink_init(&batch->result, call.arena);
        call.result = &batch->result.sink;
    }
    err = workspace_check_room(call_workspace(&call), op->method, diag);
    if (err == WEH_OK) {
        err = op->method->handler(&call, diag);
    }
    if (err != WEH_OK || !keep) {
        return err;
    }
    err = weh_value_sink_take(&batch->result, &value, diag);
    if (err == WEH_OK) {
        batch_refs_add(&batch->refs, op->as, &value);
        weh_sink_value(batch->call->result, &value);
    }
    return err;
}

/* Say which operation it was. */
static void blame(struct weh_diag *diag, uint32_t index)
{
    char where[sizeof(diag->where)];

    (void)snprintf(where, sizeof(where), "ops[%u]%s%.*s", index, diag->where[0] == '\0' ? "" : ".",
                   (int)sizeof(where) - 24, diag->where);
    memcpy(diag->where, where, sizeof(where));
    diag->op = index + 1;
}

static weh_err run_ops(struct batch *batch, const struct weh_value *ops, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (uint32_t i = 0; err == WEH_OK && i < ops->n; i++) {
        struct op op;

        err = read_op(batch, &ops->as.items[i], &op, diag);
        if (err == WEH_OK) {
            err = run_op(batch, &op, diag);
        }
        if (err != WEH_OK) {
            blame(diag, i);
        } else {
            err = weh_call_progress(batch->call, i + 1u, ops->n, diag);
        }
    }
    return err;
}

static uint32_t count_names(const struct weh_value *ops)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < ops->n; i++) {
        n += !weh_value_is_null(weh_value_get(&ops->as.items[i], "as"));
    }
    return n;
}

static weh_err save(const struct weh_call *call, struct weh_str description, struct weh_diag *diag)
{
    struct weh_txn_id id;
    bool saved = false;
    weh_err err = weh_txn_save(call_workspace(call)->txns, description, &saved, &id, diag);

    if (err == WEH_OK) {
        put_bool(call->result, "saved", saved);
    }
    if (err == WEH_OK && saved) {
        put_id(call->result, "txnId", id.value);
    }
    if (err != WEH_OK && weh_err_info(err)->scope == WEH_SCOPE_REQUEST) {
        /* Some failures of a save leave what is unsaved as it is; those of a batch leave nothing. */
        struct weh_diag ignored;
        weh_err abandon_err = weh_txn_abandon(call_workspace(call)->txns, &ignored);

        (void)abandon_err;
    }
    return err;
}

weh_err edit_batch(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *ops = call->args[0].as.value;
    const struct weh_arg *description = &call->args[1];
    struct weh_bis *bis = call_workspace(call)->bis;
    struct batch batch = { .call = call };
    weh_err err = batch_refs_init(&batch.refs, call->arena, count_names(ops), diag);

    if (err == WEH_OK) {
        err = weh_bis_batch_begin(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    weh_sink_key(call->result, "results");
    weh_sink_array_begin(call->result, ops->n);
    err = weh_bis_batch_end(bis, run_ops(&batch, ops, diag), diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_end(call->result);
    if (description->given) {
        err = save(call, description->as.string, diag);
    }
    weh_sink_map_end(call->result);
    return err;
}
