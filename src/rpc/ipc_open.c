/* src/rpc/ipc_open.c - ipc-app: a stock frontend opens and closes iModels, each under a key.
 *
 * What it calls a file is a name that the server resolves: that of an iModel or of one of the user's briefcases,
 * with or without ".bim". A path is no such name.
 */
#include <stdio.h>
#include <string.h>

#include "weh/value_sink.h"

#include "ipc_place.h"
#include "ipc_priv.h"

/* DbResult and IModelStatus of @itwin/core-bentley, as the stock backend answers. */
#define ITWIN_DB_FILE_NOT_FOUND 67108874
#define ITWIN_ALREADY_OPEN      65538
#define ITWIN_WRONG_IMODEL      65596

#define OPEN_READWRITE 2 /* OpenMode of @itwin/core-bentley */

/* What is to be opened, and how. */
struct wanted {
    struct weh_str name; /* as the frontend gives it, without ".bim" */
    struct weh_str key;  /* "": the server chooses */
    bool readonly;
    bool is_standalone;
    bool is_snapshot;
    bool may_be_checkout;
    bool is_watched;
    /* found */
    bool is_checkout;
    char imodel[IMODEL_NAME_MAX + 1];
    struct workspace_target target;
};

static weh_err not_found(weh_err err, struct weh_diag *diag)
{
    if (err == WEH_E_FILE_NOT_FOUND && diag != NULL) {
        diag->itwin = ITWIN_DB_FILE_NOT_FOUND;
    }
    return err;
}

static struct weh_str without_suffix(struct weh_str name)
{
    static const char suffix[] = ".bim";
    const size_t n = sizeof(suffix) - 1;

    if (name.len > n && memcmp(name.ptr + name.len - n, suffix, n) == 0) {
        name.len -= n;
    }
    return name;
}

static weh_err read_name(struct weh_str name, struct wanted *wanted, struct weh_diag *diag)
{
    wanted->name = without_suffix(name);
    /* What is no name is no file of ours; a frontend learns no more. */
    return imodel_name_check(wanted->name, "fileName", NULL) == WEH_OK
               ? WEH_OK
               : not_found(weh_fail(diag, WEH_E_FILE_NOT_FOUND, "no iModel of that name"), diag);
}

/* The text @name of @options, which may be NULL; "" when it is not there. */
static weh_err read_text(const struct weh_value *options, const char *name, struct weh_str *out,
                         struct weh_diag *diag)
{
    const struct weh_value *value = options == NULL ? NULL : weh_value_get(options, name);

    *out = WEH_STR("");
    if (value == NULL || weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, name, "%s must be a string", name);
    }
    *out = weh_value_str(value);
    return WEH_OK;
}

static weh_err read_flag(const struct weh_value *options, const char *name, bool *out,
                         struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(options, name);

    *out = false;
    return weh_value_is_null(value) || weh_value_to_bool(value, out)
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, name, "%s must be a boolean", name);
}

static weh_err read_key(const struct weh_value *options, struct wanted *wanted,
                        struct weh_diag *diag)
{
    weh_err err = read_text(options, "key", &wanted->key, diag);

    if (err == WEH_OK && wanted->key.len > IPC_MAX_KEY) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "key", "key must have at most %d bytes",
                             IPC_MAX_KEY);
    }
    if (err == WEH_OK && memchr(wanted->key.ptr, '\0', wanted->key.len) != NULL) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "key", "key must not have a NUL");
    }
    return err;
}

/* ---- found ---- */

static weh_err find_checkout(const struct weh_call *call, struct wanted *wanted,
                             struct weh_diag *diag)
{
    struct weh_call copy = *call;
    struct weh_hub_briefcase briefcase;
    weh_err err = weh_hub_find(call_desk(call)->app->hub, weh_session_user(call->session),
                               wanted->name, &briefcase, diag);

    if (err != WEH_OK) {
        return err;
    }
    (void)snprintf(wanted->imodel, sizeof(wanted->imodel), "%s", briefcase.imodel);
    wanted->is_checkout = true;
    return checkout_limit(&copy, wanted->name, &wanted->target.limit_bytes, diag);
}

static weh_err check_rights(const struct weh_call *call, const struct wanted *wanted,
                            struct weh_diag *diag)
{
    const enum weh_access access =
        weh_session_access_to(call->session, weh_str_from(wanted->imodel));

    if (access == WEH_ACCESS_NONE) {
        return not_found(weh_fail(diag, WEH_E_FILE_NOT_FOUND, "no iModel of that name"), diag);
    }
    return wanted->readonly || access >= WEH_ACCESS_EDIT
               ? WEH_OK
               : weh_fail(diag, WEH_E_DENIED, "you may open this iModel for reading only");
}

static weh_err find(const struct weh_call *call, struct wanted *wanted, struct weh_diag *diag)
{
    const struct weh_rpc_app *app = call_desk(call)->app;
    weh_err err =
        wanted->may_be_checkout ? find_checkout(call, wanted, diag) : WEH_E_FILE_NOT_FOUND;

    if (err == WEH_E_FILE_NOT_FOUND) {
        (void)snprintf(wanted->imodel, sizeof(wanted->imodel), "%.*s", WEH_STR_ARGS(wanted->name));
        err = WEH_OK;
    }
    if (err == WEH_OK) {
        err = check_rights(call, wanted, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    wanted->target.readonly = wanted->readonly;
    wanted->target.path =
        imodel_path(app, wanted->is_checkout ? "briefcases" : "imodels", wanted->name, call->arena);
    return wanted->target.path == NULL ? weh_fail_nomem(diag) : WEH_OK;
}

/* ---- opened ---- */

static weh_err choose_key(const struct wanted *wanted, char out[IPC_MAX_KEY + 1],
                          struct weh_diag *diag)
{
    char text[WEH_GUID_TEXT_SIZE];
    struct weh_guid guid;
    weh_err err;

    if (wanted->key.len > 0) {
        (void)snprintf(out, IPC_MAX_KEY + 1, "%.*s", WEH_STR_ARGS(wanted->key));
        return WEH_OK;
    }
    err = weh_guid_create(&guid, diag);
    if (err == WEH_OK) {
        weh_guid_print(&guid, text);
        (void)snprintf(out, IPC_MAX_KEY + 1, "%s", text);
    }
    return err;
}

/* As each opening by the stock backend: what was saved before cannot be undone, what was undone is gone. Unsaved
 * changes that a journal has kept from the user's earlier session come back as what they were. */
static weh_err begin_session(struct workspace *workspace, struct weh_diag *diag)
{
    struct recovery recovery = { .found = WEH_JOURNAL_NONE };
    weh_err err = recovery_look(workspace, &recovery, diag);

    if (err == WEH_OK && recovery.found == WEH_JOURNAL_PENDING) {
        if (strcmp(recovery.info.user, weh_session_user(workspace->session)) != 0) {
            return WEH_OK; /* somebody else's: to be decided about before anybody edits */
        }
        err = recovery_restore(workspace, diag);
    }
    return err == WEH_OK ? weh_txn_restart(workspace->txns, diag) : err;
}

static weh_err check_opened(const struct workspace *workspace, const struct wanted *wanted,
                            struct weh_diag *diag)
{
    weh_err err;

    if (!wanted->is_standalone || weh_guid_is_nil(weh_briefcase_itwin_guid(workspace->briefcase))) {
        return WEH_OK;
    }
    err = weh_fail(diag, WEH_E_STATE, "the iModel belongs to an iTwin: it is no standalone one");
    if (diag != NULL) {
        diag->itwin = ITWIN_WRONG_IMODEL;
    }
    return err;
}

static weh_err already_open(const char *key, struct weh_diag *diag)
{
    weh_err err = weh_fail(diag, WEH_E_STATE, "an iModel with key [%s] is already open", key);

    if (diag != NULL) {
        diag->itwin = ITWIN_ALREADY_OPEN;
    }
    return err;
}

/* A snapshot without a key of its own is called by what it is. As with the stock backend it may be opened again,
 * and the key is that of the newest until that is closed. */
static weh_err name_snapshot(struct workspace *workspace, const struct weh_value *props,
                             struct weh_diag *diag)
{
    char key[IPC_MAX_KEY + 1];
    const struct workspace *other;

    (void)snprintf(
        key, sizeof(key), "%.*s:%.*s",
        WEH_STR_ARGS(weh_value_str(weh_value_get(props, "iModelId"))),
        WEH_STR_ARGS(weh_value_str(weh_value_get(weh_value_get(props, "changeset"), "id"))));
    other = desk_find(workspace->desk, weh_str_from(key));
    if (other != NULL && !other->readonly) {
        return already_open(key, diag);
    }
    (void)snprintf(workspace->key, sizeof(workspace->key), "%s", key);
    return WEH_OK;
}

/* The briefcase's id is told by later releases than 5.1. */
static void put_members(struct weh_sink *sink, const struct weh_value *props)
{
    for (uint32_t i = 0; i < props->n; i++) {
        const struct weh_member *member = &props->as.members[i];

        if (!weh_str_eq_text(member->key, "briefcaseId")) {
            sink->ops->key(sink, member->key);
            weh_sink_value(sink, &member->value);
        }
    }
}

static weh_err put_props(struct weh_call *call, struct workspace *workspace,
                         const struct wanted *wanted, struct weh_diag *diag)
{
    struct weh_value_sink sink;
    struct weh_value props;
    weh_err err;

    weh_value_sink_init(&sink, call->arena);
    weh_sink_map_begin(&sink.sink, WEH_SINK_UNKNOWN);
    err = weh_briefcase_write_connection_props(workspace->briefcase, &sink.sink, diag);
    weh_sink_map_end(&sink.sink);
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, &props, diag);
    }
    if (err == WEH_OK && wanted->is_snapshot && wanted->key.len == 0) {
        err = name_snapshot(workspace, &props, diag);
    }
    if (err == WEH_OK) {
        weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
        put_text(call->result, "key", workspace->key);
        put_members(call->result, &props);
        weh_sink_map_end(call->result);
        workspace->stale_places = 0;
    }
    return err;
}

static weh_err open_file(struct weh_call *call, struct workspace *workspace,
                         const struct wanted *wanted, struct weh_diag *diag)
{
    weh_err err;

    workspace->durability = config_durability(workspace->app->config);
    err = not_found(workspace_open(workspace, &wanted->target, diag), diag);
    if (err != WEH_OK) {
        return err;
    }
    (void)snprintf(workspace->name, sizeof(workspace->name), "%.*s", WEH_STR_ARGS(wanted->name));
    memcpy(workspace->imodel, wanted->imodel, sizeof(workspace->imodel));
    workspace->is_checkout = wanted->is_checkout;
    err = check_opened(workspace, wanted, diag);
    if (err == WEH_OK && !workspace->readonly) {
        err = begin_session(workspace, diag);
    }
    if (err == WEH_OK && wanted->is_watched) {
        err = ipc_watch_begin(workspace, diag);
    }
    return err == WEH_OK ? put_props(call, workspace, wanted, diag) : err;
}

/* What a former page of the session has left open, if it is what is wanted now. */
static struct workspace *find_left(const struct desk *desk, const struct wanted *wanted)
{
    for (size_t i = 0; i < desk->n; i++) {
        struct workspace *workspace = desk->all[i];

        if (workspace->is_left && workspace->readonly == wanted->readonly &&
            workspace->is_checkout == wanted->is_checkout &&
            workspace->is_watched == wanted->is_watched &&
            weh_str_eq_text(wanted->name, workspace->name)) {
            return workspace;
        }
    }
    return NULL;
}

/* With its unsaved changes, and with what can be undone. */
static weh_err adopt(struct weh_call *call, struct workspace *workspace,
                     const struct wanted *wanted, const char *key, struct weh_diag *diag)
{
    static const struct weh_method reading = { .name = "ipc-app.open",
                                               .states = WEH_IN(READY),
                                               .access = WEH_ACCESS_VIEW };
    const struct workspace *other = desk_find(workspace->desk, weh_str_from(key));
    weh_err err;

    if (other != NULL && other != workspace) {
        return already_open(key, diag);
    }
    err = desk_enter(workspace->desk, workspace, &reading, diag); /* it may be asleep */
    if (err != WEH_OK) {
        return err;
    }
    (void)snprintf(workspace->key, sizeof(workspace->key), "%s", key);
    err = put_props(call, workspace, wanted, diag);
    workspace->is_left = err != WEH_OK;
    return err;
}

static weh_err open_wanted(struct weh_call *call, struct wanted *wanted, struct weh_diag *diag)
{
    struct desk *desk = call->workspace;
    const bool is_first = desk->n == 0;
    struct workspace *workspace = NULL;
    char key[IPC_MAX_KEY + 1];
    weh_err err = find(call, wanted, diag);

    if (err == WEH_OK) {
        err = choose_key(wanted, key, diag);
    }
    if (err == WEH_OK && (workspace = find_left(desk, wanted)) != NULL) {
        return adopt(call, workspace, wanted, key, diag);
    }
    if (err == WEH_OK && desk_find(desk, weh_str_from(key)) != NULL) {
        err = already_open(key, diag);
    }
    if (err == WEH_OK) {
        err = desk_add(desk, weh_str_from(key), &workspace, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (is_first) {
        weh_session_move(call->session, WEH_SESSION_OPENING);
    }
    err = open_file(call, workspace, wanted, diag);
    if (is_first) {
        weh_session_move(call->session, err == WEH_OK ? WEH_SESSION_READY : WEH_SESSION_NEW);
    }
    if (err == WEH_OK) {
        desk->current = workspace;
    } else {
        desk_remove(desk, workspace);
    }
    return err;
}

static const struct weh_value *options_of(const struct weh_arg *arg)
{
    return arg->given ? arg->as.value : NULL;
}

weh_err ipc_app_open_standalone(struct weh_call *call, struct weh_diag *diag)
{
    struct wanted wanted = { .is_standalone = true,
                             .readonly = call->args[1].as.integer != OPEN_READWRITE };
    weh_err err = read_name(call->args[0].as.string, &wanted, diag);

    if (err == WEH_OK) {
        err = read_key(options_of(&call->args[2]), &wanted, diag);
    }
    return err == WEH_OK ? open_wanted(call, &wanted, diag) : err;
}

weh_err ipc_app_open_briefcase(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *options = call->args[0].as.value;
    struct wanted wanted = { .may_be_checkout = true };
    struct weh_str name = WEH_STR("");
    weh_err err = read_text(options, "fileName", &name, diag);

    if (err == WEH_OK) {
        err = read_name(name, &wanted, diag);
    }
    if (err == WEH_OK) {
        err = read_key(options, &wanted, diag);
    }
    if (err == WEH_OK) {
        err = read_flag(options, "readonly", &wanted.readonly, diag);
    }
    if (err == WEH_OK) {
        err = read_flag(options, "watchForChanges", &wanted.is_watched, diag);
    }
    wanted.readonly |= wanted.is_watched;
    return err == WEH_OK ? open_wanted(call, &wanted, diag) : err;
}

weh_err ipc_app_open_snapshot(struct weh_call *call, struct weh_diag *diag)
{
    struct wanted wanted = { .is_snapshot = true, .readonly = true };
    weh_err err = read_name(call->args[0].as.string, &wanted, diag);

    if (err == WEH_OK) {
        err = read_key(options_of(&call->args[1]), &wanted, diag);
    }
    return err == WEH_OK ? open_wanted(call, &wanted, diag) : err;
}

/* ---- closed ---- */

static weh_err save_or_drop(struct weh_call *call, struct workspace *workspace,
                            struct weh_diag *diag)
{
    const bool saves = strcmp(workspace->app->config->ipc_close, "save") == 0;
    struct weh_txn_id id;
    bool saved;
    weh_err err;

    /* Asleep there is nothing unsaved. */
    if (workspace->txns == NULL || workspace->readonly || !saves ||
        !weh_txn_has_unsaved(workspace->txns)) {
        return WEH_OK;
    }
    if (weh_session_access_to(call->session, weh_str_from(workspace->imodel)) < WEH_ACCESS_EDIT) {
        return weh_fail(diag, WEH_E_DENIED, "saving needs more rights than yours");
    }
    workspace->is_closing = true;
    err = weh_txn_save(workspace->txns, WEH_STR(""), &saved, &id, diag);
    workspace->is_closing = false;
    return err;
}

weh_err ipc_app_close_imodel(struct weh_call *call, struct weh_diag *diag)
{
    struct desk *desk = call->workspace;
    struct workspace *workspace = desk->current;
    weh_err err = save_or_drop(call, workspace, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (workspace->txns != NULL && !workspace->readonly) {
        weh_journal_discard(workspace->txns);
    }
    desk_remove(desk, workspace);
    if (desk->n == 0) {
        weh_session_move(call->session, WEH_SESSION_NEW);
    }
    return WEH_OK;
}

/* ---- what wants a hub ---- */

weh_err ipc_app_without_hub(struct weh_call *call, struct weh_diag *diag)
{
    (void)call;
    return weh_fail(diag, WEH_E_UNSUPPORTED, "this server has no iModelHub");
}
