/* src/rpc/rpc_checkout.c - briefcase.checkout, list and delete: files that belong to a user.
 *
 * A name that is unknown, somebody else's, or of an iModel that the token does not reach gets the same
 * answer.
 */
#include "weh/checkout.h"
#include "weh/imodel.h"

#include "rpc_priv.h"

static const char *briefcase_path(const struct weh_call *call, const char *name)
{
    return imodel_path(call_desk(call)->app, "briefcases", weh_str_from(name), call->arena);
}

weh_err checkout_limit(struct weh_call *call, struct weh_str briefcase, uint64_t *out,
                       struct weh_diag *diag)
{
    const struct weh_rpc_app *app = call_desk(call)->app;
    const uint64_t max_bytes = (uint64_t)app->config->limits_user_disk_bytes;
    const char *path = imodel_path(app, "briefcases", briefcase, call->arena);
    uint64_t own_bytes;
    uint64_t all_bytes;
    weh_err err;

    *out = 0;
    if (path == NULL) {
        return weh_fail_nomem(diag);
    }
    if (max_bytes == 0) {
        return WEH_OK;
    }
    err = weh_hub_user_bytes(app->hub, weh_session_user(call->session), &all_bytes, diag);
    if (err != WEH_OK) {
        return err;
    }
    own_bytes = weh_checkout_size(path);
    all_bytes = all_bytes > own_bytes ? all_bytes - own_bytes : 0;
    /* Never 0, which means none. */
    *out = max_bytes > all_bytes ? max_bytes - all_bytes : 1;
    return WEH_OK;
}

/* ---- checkout ---- */

static weh_err tell_progress(void *ctx, uint64_t done, uint64_t total, struct weh_diag *diag)
{
    return weh_call_progress(ctx, done, total, diag);
}

/* What is made by the hub's row @briefcase. Nothing of it is left when it fails. */
static weh_err make(struct weh_call *call, const char *source,
                    const struct weh_hub_briefcase *briefcase, struct weh_diag *diag)
{
    struct weh_rpc_app *app = call_desk(call)->app;
    struct weh_checkout_options options = { .source = source,
                                            .bounds = app_bounds(app),
                                            .target = briefcase_path(call, briefcase->name),
                                            .user = weh_session_user(call->session),
                                            .registry = app->files,
                                            .briefcase_id = briefcase->id,
                                            .watch = { call, tell_progress } };
    weh_err err = options.target == NULL ? weh_fail_nomem(diag) : weh_checkout_make(&options, diag);

    if (err == WEH_OK) {
        err = weh_hub_finish(app->hub, briefcase->name, diag);
    }
    /* What cannot be removed now is known to the hub, and goes at the next start. */
    if (err != WEH_OK &&
        (options.target == NULL || weh_checkout_sweep(options.target, NULL) == WEH_OK)) {
        weh_hub_cancel(app->hub, briefcase->name);
    }
    return err;
}

static weh_err wish_for(struct weh_call *call, const char *source, struct weh_hub_wish *out,
                        struct weh_diag *diag)
{
    const struct weh_rpc_app *app = call_desk(call)->app;
    const struct weh_config *config = app->config;
    const struct weh_file_bounds bounds = app_bounds(app);
    struct weh_imodel_summary summary;
    weh_err err = weh_imodel_peek(source, &bounds, app->files, &summary, diag);

    if (err == WEH_OK) {
        const uint64_t max_bytes = (uint64_t)config->limits_user_disk_bytes;

        *out = (struct weh_hub_wish){ .user = weh_session_user(call->session),
                                      .imodel = call->args[0].as.string,
                                      .imodel_id = summary.imodel_guid,
                                      .bytes = weh_checkout_size(source),
                                      .max_briefcases = (uint32_t)config->limits_user_briefcases,
                                      .max_bytes = max_bytes == 0 ? UINT64_MAX : max_bytes };
    }
    return err;
}

static void put_briefcase(struct weh_sink *sink, const struct weh_hub_briefcase *briefcase)
{
    put_text(sink, "briefcase", briefcase->name);
    put_int(sink, "briefcaseId", briefcase->id);
    put_text(sink, "imodel", briefcase->imodel);
    put_guid(sink, "iModelId", &briefcase->imodel_id);
}

weh_err briefcase_checkout(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_rpc_app *app = call_desk(call)->app;
    struct weh_str name = call->args[0].as.string;
    struct weh_hub_briefcase briefcase;
    struct weh_hub_wish wish;
    enum weh_access access;
    const char *source;
    weh_err err = imodel_name_check(name, "imodel", diag);

    if (err != WEH_OK) {
        return err;
    }
    access = weh_session_access_to(call->session, name);
    if (access < WEH_ACCESS_EDIT) {
        return access == WEH_ACCESS_NONE
                   ? weh_fail(diag, WEH_E_FILE_NOT_FOUND, "no such file")
                   : weh_fail_where(diag, WEH_E_DENIED, "imodel", "you may not edit this iModel");
    }
    source = imodel_path(app, "imodels", name, call->arena);
    err = source == NULL ? weh_fail_nomem(diag) : wish_for(call, source, &wish, diag);
    if (err == WEH_OK) {
        err = weh_hub_begin(app->hub, &wish, &briefcase, diag);
    }
    if (err == WEH_OK) {
        err = make(call, source, &briefcase, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, 4);
    put_briefcase(call->result, &briefcase);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

/* ---- list ---- */

static void put_listed(void *ctx, const struct weh_hub_briefcase *briefcase)
{
    struct weh_call *call = ctx;
    const char *path = briefcase_path(call, briefcase->name);
    char user[WEH_USER_SIZE];

    if (path == NULL ||
        weh_session_access_to(call->session, weh_str_from(briefcase->imodel)) == WEH_ACCESS_NONE) {
        return;
    }
    weh_sink_map_begin(call->result, 7);
    put_briefcase(call->result, briefcase);
    put_time(call->result, "created", briefcase->created_ms);
    put_int(call->result, "size", (int64_t)weh_checkout_size(path));
    put_bool(call->result, "isOpen",
             weh_file_registry_writer(call_desk(call)->app->files, path, user, sizeof(user)));
    weh_sink_map_end(call->result);
}

weh_err briefcase_list(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err;

    weh_sink_array_begin(call->result, WEH_SINK_UNKNOWN);
    err = weh_hub_list(call_desk(call)->app->hub, weh_session_user(call->session), put_listed, call,
                       diag);
    weh_sink_array_end(call->result);
    return err;
}

/* ---- delete ---- */

static weh_err check_may_delete(struct weh_call *call, struct weh_hub_briefcase *out,
                                struct weh_diag *diag)
{
    enum weh_access access;
    weh_err err = weh_hub_find(call_desk(call)->app->hub, weh_session_user(call->session),
                               call->args[0].as.string, out, diag);

    if (err != WEH_OK) {
        return err;
    }
    access = weh_session_access_to(call->session, weh_str_from(out->imodel));
    if (access == WEH_ACCESS_NONE) {
        return weh_fail(diag, WEH_E_FILE_NOT_FOUND, "no such file");
    }
    return access >= WEH_ACCESS_EDIT
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_DENIED, "briefcase", "you may not edit this iModel");
}

/* From the first step on nobody finds it any more; what fails then goes on at the next start. */
static weh_err remove_held(struct weh_call *call, const char *name, const char *path,
                           struct weh_diag *diag)
{
    struct weh_hub *hub = call_desk(call)->app->hub;
    weh_err err =
        weh_hub_begin_removal(hub, weh_session_user(call->session), weh_str_from(name), diag);

    if (err == WEH_OK) {
        err = weh_checkout_sweep(path, diag);
    }
    if (err == WEH_OK) {
        weh_hub_cancel(hub, name);
        put_empty(call->result);
    }
    return err;
}

weh_err briefcase_delete(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_file_registry *files = call_desk(call)->app->files;
    struct weh_hub_briefcase briefcase;
    struct weh_file_entry *held = NULL;
    const char *path;
    weh_err err = imodel_name_check(call->args[0].as.string, "briefcase", diag);

    if (err == WEH_OK) {
        err = check_may_delete(call, &briefcase, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    path = briefcase_path(call, briefcase.name);
    if (path == NULL) {
        return weh_fail_nomem(diag);
    }
    err = weh_checkout_hold(files, path, weh_session_user(call->session), &held, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = remove_held(call, briefcase.name, path, diag);
    weh_checkout_let_go(files, held);
    return err;
}
