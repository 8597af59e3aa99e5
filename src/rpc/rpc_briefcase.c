/* src/rpc/rpc_briefcase.c - briefcase.*: the one file that a session has open. */
#include <stdio.h>
#include <string.h>

#include "rpc_priv.h"

/* @recovery  of briefcase.open; else NULL. */
static weh_err put_connection_props(struct weh_call *call, const struct recovery *recovery,
                                    struct weh_diag *diag)
{
    const struct workspace *workspace = call_workspace(call);
    weh_err err;

    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    put_text(call->result, "key", workspace->name);
    err = weh_briefcase_write_connection_props(workspace->briefcase, call->result, diag);
    put_text(call->result, "mode", workspace->readonly ? "readonly" : "readwrite");
    if (!workspace->readonly) {
        put_text(call->result, "durability",
                 workspace->durability == WEH_DURABILITY_NORMAL ? "normal" : "full");
    }
    if (recovery != NULL) {
        recovery_put(recovery, call->result);
    }
    weh_sink_map_end(call->result);
    return err;
}

static bool is_normal(struct weh_str word)
{
    return weh_str_eq_text(word, "normal");
}

enum weh_durability config_durability(const struct weh_config *config)
{
    return is_normal(weh_str_from(config->txn_durability)) &&
                   is_normal(weh_str_from(config->txn_durability_min))
               ? WEH_DURABILITY_NORMAL
               : WEH_DURABILITY_FULL;
}

/* What the session gets: what it asks for if it may, else what is configured. */
static weh_err choose_durability(const struct weh_config *config, const struct weh_arg *wanted,
                                 enum weh_durability *out, struct weh_diag *diag)
{
    const bool may_be_normal = is_normal(weh_str_from(config->txn_durability_min));

    *out = config_durability(config);
    if (!wanted->given) {
        return WEH_OK;
    }
    if (is_normal(wanted->as.string) && !may_be_normal) {
        return weh_fail_where(diag, WEH_E_DENIED, "durability",
                              "this server acknowledges only what is on stable storage");
    }
    *out = is_normal(wanted->as.string) ? WEH_DURABILITY_NORMAL : WEH_DURABILITY_FULL;
    return WEH_OK;
}

/* Unsaved changes of an earlier session: found, and dealt with as @wanted says. */
static weh_err recover(struct workspace *workspace, const struct weh_arg *wanted,
                       struct recovery *out, struct weh_diag *diag)
{
    weh_err err = recovery_look(workspace, out, diag);

    if (err != WEH_OK || out->found != WEH_JOURNAL_PENDING || !wanted->given) {
        return err;
    }
    if (weh_str_eq_text(wanted->as.string, "restore")) {
        err = recovery_restore(workspace, diag);
        out->restored = err == WEH_OK;
    } else if (weh_str_eq_text(wanted->as.string, "drop")) {
        err = recovery_drop(workspace, diag);
        out->found = WEH_JOURNAL_NONE;
    }
    return err;
}

/* What is named, found: @imodel is what scopes call it. */
struct found {
    char imodel[IMODEL_NAME_MAX + 1];
    struct workspace_target target;
};

static weh_err find_briefcase(struct weh_call *call, struct weh_str name, struct found *out,
                              struct weh_diag *diag)
{
    const struct weh_rpc_app *app = call_desk(call)->app;
    struct weh_hub_briefcase briefcase;
    weh_err err = weh_hub_find(app->hub, weh_session_user(call->session), name, &briefcase, diag);

    if (err == WEH_OK) {
        (void)snprintf(out->imodel, sizeof(out->imodel), "%s", briefcase.imodel);
        err = checkout_limit(call, name, &out->target.limit_bytes, diag);
    }
    return err;
}

static weh_err find_named(struct weh_call *call, struct found *out, struct weh_diag *diag)
{
    const struct weh_arg *imodel = &call->args[0];
    const struct weh_arg *briefcase = &call->args[1];
    const struct weh_str name = imodel->given ? imodel->as.string : briefcase->as.string;
    weh_err err;

    if (imodel->given == briefcase->given) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "imodel",
                              "give exactly one of imodel and briefcase");
    }
    err = imodel_name_check(name, imodel->given ? "imodel" : "briefcase", diag);
    if (err != WEH_OK) {
        return err;
    }
    if (imodel->given) {
        (void)snprintf(out->imodel, sizeof(out->imodel), "%.*s", WEH_STR_ARGS(name));
    } else {
        err = find_briefcase(call, name, out, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    out->target.path = imodel_path(call_desk(call)->app, imodel->given ? "imodels" : "briefcases",
                                   name, call->arena);
    return out->target.path == NULL ? weh_fail_nomem(diag) : WEH_OK;
}

/* Who may not see it does not learn that it is there. */
static weh_err check_open_access(enum weh_access access, bool readonly, struct weh_diag *diag)
{
    if (access == WEH_ACCESS_NONE) {
        return weh_fail(diag, WEH_E_FILE_NOT_FOUND, "no such file");
    }
    return readonly || access >= WEH_ACCESS_EDIT
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_DENIED, "mode", "you may open with mode readonly only");
}

static weh_err open_found(struct weh_call *call, const struct found *found, struct weh_diag *diag)
{
    struct workspace *workspace = call_workspace(call);
    const struct weh_arg *imodel = &call->args[0];
    const struct weh_arg *briefcase = &call->args[1];
    struct recovery recovery = { .found = WEH_JOURNAL_NONE };
    weh_err err = workspace_open(workspace, &found->target, diag);

    if (err == WEH_OK) {
        (void)snprintf(workspace->name, sizeof(workspace->name), "%.*s",
                       WEH_STR_ARGS(imodel->given ? imodel->as.string : briefcase->as.string));
        memcpy(workspace->imodel, found->imodel, sizeof(found->imodel));
        workspace->is_checkout = briefcase->given;
        err = recover(workspace, &call->args[4], &recovery, diag);
    }
    if (err == WEH_OK) {
        err = put_connection_props(call, &recovery, diag);
    }
    if (err != WEH_OK) {
        workspace_close(workspace);
    }
    return err;
}

weh_err briefcase_open(struct weh_call *call, struct weh_diag *diag)
{
    struct workspace *workspace = call_workspace(call);
    const struct weh_arg *mode = &call->args[2];
    struct found found = { .target.readonly =
                               mode->given && weh_str_eq_text(mode->as.string, "readonly") };
    enum weh_access access;
    weh_err err = find_named(call, &found, diag);

    if (err != WEH_OK) {
        return err;
    }
    access = weh_session_access_to(call->session, weh_str_from(found.imodel));
    err = check_open_access(access, found.target.readonly, diag);
    if (err == WEH_OK) {
        err =
            choose_durability(workspace->app->config, &call->args[3], &workspace->durability, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_session_move(call->session, WEH_SESSION_OPENING);
    err = open_found(call, &found, diag);
    weh_session_set_open_access(call->session, access);
    weh_session_move(call->session, err == WEH_OK ? WEH_SESSION_READY : WEH_SESSION_NEW);
    if (err == WEH_OK) {
        workspace_claim(workspace);
    }
    return err;
}

weh_err briefcase_info(struct weh_call *call, struct weh_diag *diag)
{
    return put_connection_props(call, NULL, diag);
}

weh_err briefcase_close(struct weh_call *call, struct weh_diag *diag)
{
    struct workspace *workspace = call_workspace(call);
    const struct weh_arg *unsaved = &call->args[0];
    const bool save = unsaved->given && weh_str_eq_text(unsaved->as.string, "save");
    const bool abandon = unsaved->given && weh_str_eq_text(unsaved->as.string, "abandon");
    weh_err err;

    /* Asleep there is nothing unsaved. */
    if (!abandon && workspace->txns != NULL && weh_txn_has_unsaved(workspace->txns)) {
        struct weh_txn_id id;
        bool saved;

        if (save && weh_session_access(call->session) < WEH_ACCESS_EDIT) {
            return weh_fail_where(diag, WEH_E_DENIED, "unsaved", "saving needs more rights");
        }
        if (!save) {
            return weh_fail_where(diag, WEH_E_UNSAVED_CHANGES, "unsaved",
                                  "there are unsaved changes; save or abandon them");
        }
        err = weh_txn_save(workspace->txns, WEH_STR(""), &saved, &id, diag);
        if (err != WEH_OK) {
            return err;
        }
    }
    if (workspace->txns != NULL) {
        weh_journal_discard(workspace->txns);
    }
    workspace_close(workspace);
    weh_session_drop_claim(call->session);
    weh_session_move(call->session, WEH_SESSION_NEW);
    put_empty(call->result);
    return WEH_OK;
}

weh_err briefcase_restore_unsaved(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = recovery_restore(call_workspace(call), diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err briefcase_drop_unsaved(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = recovery_drop(call_workspace(call), diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}
