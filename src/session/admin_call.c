/* src/session/admin_call.c - requests of operators who have no session: one message, one reply.
 *
 * They come over the admin socket (src/net/admin.c). Who they are was checked there; here is looked
 * after that they call nothing but what is made for operators, which needs no workspace.
 */
#include <stdio.h>
#include <string.h>

#include "weh/admin.h"
#include "weh/clock.h"
#include "weh/codec.h"

#include "call_priv.h"

/* A request of an operator is small, and is read in the service thread. */
#define MAX_VALUES 1000
#define MAX_DEPTH  8

/* One request. */
struct operation {
    struct job job;
    struct weh_arena arena;
    struct weh_value params;
    struct activity activity;
    struct weh_writer writer;
};

void session_operator_did(const struct weh_host *host, const struct audit_entry *entry, weh_err err,
                          const struct weh_diag *diag)
{
    const bool changes = session_is_audited(entry->method);
    const struct weh_log_who who = { entry->session, entry->activity->id };

    session_audit(host, entry, err);
    weh_log(host->options.log, changes ? WEH_LOG_INFO : WEH_LOG_DEBUG, &who, "admin.call",
            WEH_F_TEXT("method", entry->method->name), WEH_F_TEXT("user", entry->user),
            WEH_F_TEXT("peer", entry->peer),
            WEH_F_TEXT("outcome", err == WEH_OK ? "ok" : weh_err_info(err)->name),
            WEH_F_TEXT("text", err == WEH_OK ? "" : diag->text));
}

/* What can be called without a session. */
static bool is_for_operators(const struct weh_method *method)
{
    return method != NULL && method->access >= WEH_ACCESS_ADMIN &&
           weh_method_is_out_of_band(method);
}

static weh_err read_operation(const struct weh_host *host, struct weh_str body,
                              struct operation *operation, struct weh_diag *diag)
{
    static const struct weh_codec_limits limits = { MAX_DEPTH, MAX_VALUES };
    struct job *job = &operation->job;
    const struct weh_method *method = NULL;
    char name[64];
    weh_err err = weh_envelope_read(WEH_CODEC_JSON, body, &limits, &job->envelope, diag);

    if (err != WEH_OK) {
        return err;
    }
    method = weh_method_find(host->options.methods, host->options.n_methods, WEH_STR(""),
                             job->envelope.method);
    if (!is_for_operators(method)) {
        (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(job->envelope.method));
        return weh_fail_where(diag, WEH_E_METHOD_NOT_FOUND, name,
                              "there is no method %s for operators", name);
    }
    job->method = method;
    err = weh_params_decode(WEH_CODEC_JSON, job->envelope.params, &limits, &operation->arena,
                            &operation->params, diag);
    return err == WEH_OK ? session_read_activity(&operation->params, &operation->activity, diag)
                         : err;
}

static weh_err run_operation(struct weh_host *host, const struct weh_caller *caller,
                             struct operation *operation, struct weh_diag *diag)
{
    const struct weh_app_facts none = { .txn_id = 0 };
    const struct audit_entry entry = { .user = caller->user,
                                       .peer = caller->peer,
                                       .session = "",
                                       .activity = &operation->activity,
                                       .method = operation->job.method,
                                       .params = &operation->params,
                                       .facts = &none };
    struct weh_call call = { .host = host,
                             .method = operation->job.method,
                             .result = operation->writer.sink,
                             .result_err = &operation->writer.buf->err,
                             .arena = &operation->arena,
                             .activity_id = operation->activity.id };
    const uint64_t started_us = weh_clock_mono_us();
    weh_err err =
        session_run_at_once(&call, &operation->job, &operation->params, &operation->writer, diag);

    weh_metrics_request(host->metrics, (size_t)(operation->job.method - host->options.methods), err,
                        weh_clock_mono_us() - started_us);
    session_operator_did(host, &entry, err, diag);
    return err;
}

void weh_host_call(struct weh_host *host, const struct weh_caller *caller, struct weh_str body,
                   struct weh_buf *out)
{
    struct operation operation = { .job = { .len = body.len } };
    struct weh_diag diag = { .err = WEH_OK };
    weh_err err;

    (void)snprintf(operation.activity.id, sizeof(operation.activity.id), "admin-%llu",
                   (unsigned long long)++host->n_operations);
    weh_arena_init(&operation.arena, 0);
    weh_writer_init(&operation.writer, WEH_CODEC_JSON, out);
    err = read_operation(host, body, &operation, &diag);
    if (err == WEH_OK) {
        err = run_operation(host, caller, &operation, &diag);
    }
    if (err != WEH_OK) {
        weh_buf_clear(out);
        weh_writer_init(&operation.writer, WEH_CODEC_JSON, out);
        weh_error_write(&operation.writer,
                        operation.job.envelope.has_id ? &operation.job.envelope.id : NULL, &diag,
                        operation.activity.id);
    } else if (!operation.job.envelope.has_id) {
        weh_buf_clear(out);
    }
    weh_arena_fini(&operation.arena);
}
