/* src/rpc/desk.c - the workspaces of a session, and what the host calls around its requests. */
#include "desk.h"

#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/metrics.h"
#include "weh/sqlite_time.h"

#include "channels.h"
#include "ipc_priv.h"

/* ---- which there are ---- */

struct workspace *desk_find(const struct desk *desk, struct weh_str key)
{
    for (size_t i = desk->n; i > 0; i--) {
        if (weh_str_eq_text(key, desk->all[i - 1]->key)) {
            return desk->all[i - 1];
        }
    }
    return NULL;
}

weh_err desk_add(struct desk *desk, struct weh_str key, struct workspace **out,
                 struct weh_diag *diag)
{
    struct workspace *workspace;

    if (desk->n == DESK_MAX_WORKSPACES) {
        return weh_fail(diag, WEH_E_LIMIT, "%d iModels are open already", DESK_MAX_WORKSPACES);
    }
    workspace = weh_calloc(1, sizeof(*workspace));
    if (workspace == NULL) {
        return weh_fail_nomem(diag);
    }
    workspace->app = desk->app;
    workspace->session = desk->session;
    workspace->desk = desk;
    (void)snprintf(workspace->key, sizeof(workspace->key), "%.*s", WEH_STR_ARGS(key));
    desk->all[desk->n++] = workspace;
    *out = workspace;
    return WEH_OK;
}

void desk_remove(struct desk *desk, struct workspace *workspace)
{
    size_t i = 0;

    weh_assert(workspace != NULL);
    while (desk->all[i] != workspace) {
        i++;
    }
    desk->n--;
    memmove(&desk->all[i], &desk->all[i + 1], (desk->n - i) * sizeof(struct workspace *));
    if (desk->current == workspace) {
        desk->current = NULL;
    }
    channels_destroy(workspace->channels);
    workspace_close(workspace);
    weh_free(workspace);
}

/* ---- a session begins and ends ---- */

/* What SQLite took this thread since it was asked last, which was for this session or another one. */
static void count_sqlite_time(const struct desk *desk)
{
    weh_metrics_add(weh_host_metrics(weh_session_host(desk->session)), WEH_METRIC_SQLITE_US,
                    (int64_t)weh_sqlite_time_take());
}

static weh_err open_desk(void *app, struct weh_session *session, void **out, struct weh_diag *diag)
{
    struct desk *desk = weh_calloc(1, sizeof(*desk));
    weh_err err = WEH_OK;

    if (desk == NULL) {
        return weh_fail_nomem(diag);
    }
    desk->app = app;
    desk->session = session;
    desk->is_ipc = weh_session_is_ipc(session);
    if (!desk->is_ipc) {
        err = desk_add(desk, WEH_STR(""), &desk->current, diag);
    }
    if (err != WEH_OK) {
        weh_free(desk);
        return err;
    }
    awake_session_has_come(desk->app, session);
    *out = desk;
    return WEH_OK;
}

static void close_desk(void *arg, enum weh_close_reason reason)
{
    struct desk *desk = arg;

    for (size_t i = 0; i < desk->n; i++) {
        recovery_at_end(desk->all[i], reason);
    }
    if (reason != WEH_CLOSE_SHUTDOWN) {
        weh_session_drop_claim(desk->session);
    }
    while (desk->n > 0) {
        desk_remove(desk, desk->all[0]);
    }
    count_sqlite_time(desk);
    weh_free(desk);
}

/* ---- around a request ---- */

/* Of a method that edits the open briefcase, not one that makes another. */
static bool edits_open_briefcase(const struct weh_method *method)
{
    return method->access >= WEH_ACCESS_EDIT && method->states == WEH_IN(READY);
}

/* A reader sees one state of the file during a request, and the newest at the next: somebody else may
 * have written meanwhile, schemas too. */
static weh_err begin_reading(struct workspace *workspace, struct weh_diag *diag)
{
    int64_t data_version = 0;
    weh_err err;

    weh_bis_forget(workspace->bis);
    err = weh_briefcase_read_begin(workspace->briefcase, diag);
    if (err == WEH_OK) {
        err = weh_briefcase_data_version(workspace->briefcase, &data_version, diag);
    }
    if (err == WEH_OK && data_version != workspace->data_version) {
        err = workspace_refresh(workspace, diag);
    }
    if (err != WEH_OK) {
        /* Nothing is called after a request that does not begin. */
        weh_briefcase_read_end(workspace->briefcase);
    }
    return err;
}

static weh_err enter(struct workspace *workspace, const struct weh_method *method,
                     struct weh_diag *diag)
{
    const bool edits = edits_open_briefcase(method);
    weh_err err = hibernate_before_request(workspace, method, diag);

    if (err != WEH_OK || workspace->briefcase == NULL) {
        return err;
    }
    /* Saving changes nothing that a cursor could see by half, but for what it propagates (workspace.c). */
    if (edits && (method->flags & WEH_METHOD_SAVES) == 0) {
        weh_ecsql_close_all(workspace->queries);
    }
    if (workspace->readonly) {
        return edits && (method->flags & WEH_METHOD_IDLE_READONLY) == 0
                   ? weh_fail(diag, WEH_E_READ_ONLY, "the briefcase is open for reading only")
                   : begin_reading(workspace, diag);
    }
    err = edits && (method->flags & WEH_METHOD_UNDECIDED) == 0
              ? recovery_check_decided(workspace, diag)
              : WEH_OK;
    return err == WEH_OK ? workspace_check_room(workspace, method, diag) : err;
}

weh_err desk_enter(struct desk *desk, struct workspace *workspace, const struct weh_method *method,
                   struct weh_diag *diag)
{
    weh_err err;

    if (desk->is_ipc &&
        method->access > weh_session_access_to(desk->session, weh_str_from(workspace->imodel))) {
        return weh_fail(diag, WEH_E_DENIED, "%s needs more rights than yours", method->name);
    }
    err = enter(workspace, method, diag);
    if (err == WEH_OK) {
        desk->current = workspace;
    }
    return err;
}

/* The key that the first argument of a stock frontend is, or that is in it (the token of RPC). */
static struct weh_str named_key(const struct weh_call *call)
{
    const struct weh_value *key;

    if (call->method->args[0].type == WEH_ARG_KEY) {
        return call->args[0].given ? call->args[0].as.string : WEH_STR("");
    }
    key = weh_value_get(call->args[0].as.value, "key");
    return key != NULL && key->type == WEH_VALUE_STRING ? weh_value_str(key) : WEH_STR("");
}

static weh_err before_ipc_request(struct desk *desk, const struct weh_call *call,
                                  struct weh_diag *diag)
{
    struct workspace *workspace;

    if (call->method->states != WEH_IN(READY)) {
        return WEH_OK;
    }
    workspace = desk_find(desk, named_key(call));
    return workspace == NULL ? weh_fail(diag, WEH_E_IMODEL_NOT_FOUND, "iModel not found")
                             : desk_enter(desk, workspace, call->method, diag);
}

static weh_err before_request(void *arg, const struct weh_call *call, struct weh_diag *diag)
{
    struct desk *desk = arg;

    return desk->is_ipc ? before_ipc_request(desk, call, diag)
                        : enter(desk->current, call->method, diag);
}

/* SQLite ends the whole transaction by itself when memory, disk or I/O fail in the middle of a
 * statement. Then nothing unsaved is left: begin anew, so that the session can go on. */
static weh_err leave(struct workspace *workspace, struct weh_diag *diag)
{
    uint64_t n_rollbacks;
    weh_err err = WEH_OK;

    if (workspace->briefcase == NULL) {
        return WEH_OK;
    }
    if (workspace->readonly) {
        ipc_watch_look(workspace);
        weh_briefcase_read_end(workspace->briefcase);
        return WEH_OK;
    }
    n_rollbacks = weh_briefcase_rollback_count(workspace->briefcase);
    if (n_rollbacks != workspace->n_rollbacks) {
        workspace->n_rollbacks = n_rollbacks;
        weh_bis_forget(workspace->bis);
    }
    if (weh_briefcase_lost_transaction(workspace->briefcase)) {
        err = weh_txn_abandon(workspace->txns, diag);
    }
    recovery_after_request(workspace);
    return err;
}

static weh_err after_request(void *arg, struct weh_diag *diag)
{
    struct desk *desk = arg;
    struct workspace *workspace = desk->current;

    count_sqlite_time(desk);
    if (desk->is_ipc) {
        desk->current = NULL;
    }
    return workspace == NULL ? WEH_OK : leave(workspace, diag);
}

/* ---- between requests ---- */

static uint64_t tick_after(void *arg)
{
    const struct desk *desk = arg;
    uint64_t after_ms = 0;

    for (size_t i = 0; i < desk->n; i++) {
        after_ms = sooner_ms(after_ms, sooner_ms(recovery_tick_after(desk->all[i]),
                                                 hibernate_tick_after(desk->all[i])));
        after_ms = sooner_ms(after_ms, ipc_watch_tick_after(desk->all[i]));
    }
    return after_ms;
}

/* Between requests: a file that cannot be read now is looked at again later. */
static void look_at_watched(struct workspace *workspace)
{
    if (ipc_watch_tick_after(workspace) != 0 && begin_reading(workspace, NULL) == WEH_OK) {
        ipc_watch_look(workspace);
        weh_briefcase_read_end(workspace->briefcase);
    }
}

static void tick(void *arg, uint64_t idle_ms)
{
    const struct desk *desk = arg;

    for (size_t i = 0; i < desk->n; i++) {
        look_at_watched(desk->all[i]);
        recovery_tick(desk->all[i]);
        hibernate_tick(desk->all[i], idle_ms);
    }
    count_sqlite_time(desk);
}

/* A stock frontend's session gets rights when its page is loaded anew: what the former page had open waits to be
 * opened again. Rights to that are looked up with each request, and it has no claims. */
static void page_renewed(struct desk *desk)
{
    desk->has_command = false;
    for (size_t i = 0; i < desk->n; i++) {
        desk->all[i]->is_left = true;
        desk->all[i]->is_in_scope = false;
        channels_destroy(desk->all[i]->channels);
        desk->all[i]->channels = NULL;
    }
}

static void rights_renewed(void *arg)
{
    struct desk *desk = arg;

    if (desk->is_ipc) {
        /* With the other encodings a page says hello again and goes on with what it has. */
        if (weh_session_codec(desk->session) == WEH_CODEC_IPC) {
            page_renewed(desk);
        }
    } else if (workspace_is_open(desk->current)) {
        weh_session_set_open_access(
            desk->session,
            weh_session_access_to(desk->session, weh_str_from(desk->current->imodel)));
        workspace_claim(desk->current); /* with the token that it was resumed with */
    }
}

static void tell_facts(void *arg, struct weh_app_facts *out)
{
    const struct desk *desk = arg;
    const struct workspace *workspace = desk->current;

    if (workspace != NULL && workspace->briefcase != NULL) {
        (void)snprintf(out->name, sizeof(out->name), "%s", workspace->name);
        out->is_checkout = workspace->is_checkout;
        out->txn_id = workspace->txns == NULL ? 0 : weh_txn_next_id(workspace->txns).value;
    }
}

/* Of several that are open: the one that was opened first, and what is unsaved in all. */
static void glance(void *arg, struct weh_app_glance *out)
{
    const struct desk *desk = arg;

    for (size_t i = 0; i < desk->n; i++) {
        const struct workspace *workspace = desk->all[i];

        if (!workspace_is_open(workspace)) {
            continue;
        }
        if (out->name == NULL) {
            out->name = workspace->name;
            out->is_checkout = workspace->is_checkout;
            out->is_hibernating = workspace->briefcase == NULL;
        }
        out->unsaved_rows += workspace->txns == NULL ? 0 : weh_txn_get_held(workspace->txns).n_rows;
    }
}

const struct weh_app_ops *weh_rpc_app_ops(void)
{
    static const struct weh_app_ops ops = { .open = open_desk,
                                            .close = close_desk,
                                            .before = before_request,
                                            .after = after_request,
                                            .tick_after = tick_after,
                                            .tick = tick,
                                            .renewed = rights_renewed,
                                            .facts = tell_facts,
                                            .glance = glance,
                                            .check_version = rpc_check_version };

    return &ops;
}
