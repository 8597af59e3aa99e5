/* src/rpc/recovery.c - when a workspace writes its recovery journal, and what clients hear of it.
 *
 * With txn.autosave_ms no edit stays longer than that without being in the journal, as far as the worker
 * is free. The journal is written between requests; while a session is never idle, after the request
 * during which the time is up. How it is written and fits stands in weh/journal.h.
 */
#include "weh/clock.h"
#include "weh/host.h"
#include "weh/log.h"

#include "rpc_priv.h"

/* Writing takes at most a quarter of a worker's time: a large journal is written less often. */
#define REST_FACTOR 3

static uint64_t now_ms(void)
{
    return weh_clock_mono_us() / 1000;
}

static uint64_t interval_ms(const struct workspace *workspace)
{
    return (uint64_t)workspace->app->config->txn_autosave_ms;
}

static bool is_open_for_edits(const struct workspace *workspace)
{
    return workspace->txns != NULL && !workspace->readonly;
}

static struct weh_log_who who(const struct workspace *workspace)
{
    return (struct weh_log_who){ weh_session_name(workspace->session), NULL };
}

/* ---- what clients hear ---- */

static void put_info(struct weh_sink *sink, const struct weh_journal_info *info)
{
    weh_sink_map_begin(sink, info->user[0] == '\0' ? 3 : 4);
    put_time(sink, "time", info->time_ms);
    if (info->user[0] != '\0') {
        put_text(sink, "user", info->user);
    }
    put_int(sink, "changes", (int64_t)info->n_rows);
    put_int(sink, "bytes", (int64_t)info->n_bytes);
    weh_sink_map_end(sink);
}

static const char *misfit_name(enum weh_journal_state state)
{
    switch (state) {
    case WEH_JOURNAL_STALE:
        return "stale";
    case WEH_JOURNAL_DAMAGED:
        return "damaged";
    case WEH_JOURNAL_FOREIGN:
        return "foreign";
    case WEH_JOURNAL_NONE:
    case WEH_JOURNAL_PENDING:
        break;
    }
    return NULL;
}

void recovery_put(const struct recovery *recovery, struct weh_sink *sink)
{
    const char *misfit = misfit_name(recovery->found);

    if (recovery->found == WEH_JOURNAL_PENDING) {
        weh_sink_key(sink, recovery->restored ? "recovered" : "recoverable");
        put_info(sink, &recovery->info);
    } else if (misfit != NULL) {
        weh_sink_key(sink, "unrecoverable");
        weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
        put_text(sink, "state", misfit);
        if (recovery->found != WEH_JOURNAL_DAMAGED) {
            put_time(sink, "time", recovery->info.time_ms);
        }
        weh_sink_map_end(sink);
    }
}

static void notify_failure(struct workspace *workspace, const struct weh_diag *diag)
{
    struct weh_sink *sink = weh_notify_begin(workspace->session, "txns.onAutosaveFailed");

    weh_sink_map_begin(sink, 2);
    put_text(sink, "name", weh_err_info(diag->err)->name);
    put_text(sink, "message", diag->text);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
}

static void notify_recoverable(struct workspace *workspace)
{
    struct weh_journal_info info;
    struct weh_sink *sink;

    if (weh_journal_get_info(workspace->txns, &info, NULL) != WEH_OK) {
        return; /* the next edit tells */
    }
    sink = weh_notify_begin(workspace->session, "txns.onRecoverable");
    put_info(sink, &info);
    weh_notify_end(workspace->session);
}

/* ---- found, restored, dropped ---- */

weh_err recovery_look(struct workspace *workspace, struct recovery *out, struct weh_diag *diag)
{
    const struct weh_log_who session = who(workspace);
    weh_err err = weh_journal_look(workspace->txns, &out->found, &out->info, diag);

    out->restored = false;
    workspace->journal_pending = err == WEH_OK && out->found == WEH_JOURNAL_PENDING;
    if (err == WEH_OK && misfit_name(out->found) != NULL) {
        weh_log(workspace->app->log, WEH_LOG_WARN, &session, "journal.kept",
                WEH_F_TEXT("imodel", workspace->name),
                WEH_F_TEXT("state", misfit_name(out->found)));
    }
    return err;
}

weh_err recovery_restore(struct workspace *workspace, struct weh_diag *diag)
{
    weh_err err;

    workspace->cause = CAUSE_RESTORE;
    err = weh_journal_restore(workspace->txns, diag);
    workspace->cause = CAUSE_SAVE;
    if (err == WEH_OK) {
        workspace->journal_pending = false;
        weh_bis_forget(workspace->bis);
    }
    return err;
}

weh_err recovery_drop(struct workspace *workspace, struct weh_diag *diag)
{
    weh_err err = weh_journal_drop(workspace->txns, diag);

    workspace->journal_pending = weh_journal_is_pending(workspace->txns);
    return err;
}

weh_err recovery_check_decided(const struct workspace *workspace, struct weh_diag *diag)
{
    return is_open_for_edits(workspace) && weh_journal_is_pending(workspace->txns)
               ? weh_fail(diag, WEH_E_RECOVERY_PENDING,
                          "there are unsaved changes of an earlier session: call "
                          "briefcase.restoreUnsaved or briefcase.dropUnsaved first")
               : WEH_OK;
}

/* ---- written ---- */

static weh_err write_now(struct workspace *workspace, struct weh_diag *diag)
{
    const struct weh_log_who session = who(workspace);
    uint64_t started_ms = now_ms();
    bool written = false;
    weh_err err =
        weh_journal_write(workspace->txns, weh_session_user(workspace->session), &written, diag);
    uint64_t ended_ms = now_ms();

    workspace->unjournaled_since_ms = 0;
    workspace->journal_rest_ms = ended_ms + REST_FACTOR * (ended_ms - started_ms);
    if (err == WEH_OK) {
        workspace->n_journal_failures = 0;
        return WEH_OK;
    }
    /* Tried again when the time is up once more. */
    workspace->unjournaled_since_ms = ended_ms;
    workspace->n_journal_failures++;
    weh_log(workspace->app->log, WEH_LOG_WARN, &session, "journal.failed",
            WEH_F_TEXT("imodel", workspace->name), WEH_F_TEXT("error", weh_err_info(err)->name),
            WEH_F_TEXT("detail", diag->detail),
            WEH_F_INT("failures", workspace->n_journal_failures));
    return err;
}

static void write_and_tell(struct workspace *workspace)
{
    struct weh_diag diag = { .err = WEH_OK };

    /* Once: until it has worked again, the client knows. */
    if (write_now(workspace, &diag) != WEH_OK && workspace->n_journal_failures == 1) {
        notify_failure(workspace, &diag);
    }
}

/* Milliseconds until the journal is to be written; 0: now; UINT64_MAX: there is nothing to write. */
static uint64_t due_in_ms(struct workspace *workspace)
{
    uint64_t now;
    uint64_t due;

    if (interval_ms(workspace) == 0 || !is_open_for_edits(workspace) ||
        !weh_journal_is_due(workspace->txns)) {
        workspace->unjournaled_since_ms = 0;
        return UINT64_MAX;
    }
    now = now_ms();
    if (workspace->unjournaled_since_ms == 0) {
        workspace->unjournaled_since_ms = now;
    }
    due = workspace->unjournaled_since_ms + interval_ms(workspace);
    due = due < workspace->journal_rest_ms ? workspace->journal_rest_ms : due;
    return due > now ? due - now : 0;
}

void recovery_after_request(struct workspace *workspace)
{
    bool pending;

    if (!is_open_for_edits(workspace)) {
        return;
    }
    pending = weh_journal_is_pending(workspace->txns);
    if (pending && !workspace->journal_pending) {
        notify_recoverable(workspace);
    }
    workspace->journal_pending = pending;
    if (due_in_ms(workspace) == 0) {
        write_and_tell(workspace);
    }
}

uint64_t recovery_tick_after(struct workspace *workspace)
{
    uint64_t in_ms = due_in_ms(workspace);

    if (in_ms == UINT64_MAX) {
        return 0;
    }
    return in_ms == 0 ? 1 : in_ms;
}

void recovery_tick(struct workspace *workspace)
{
    if (due_in_ms(workspace) == 0) {
        write_and_tell(workspace);
    }
}

/* ---- the end of a session ---- */

enum fate {
    FATE_DROP,  /* the client has decided */
    FATE_LEAVE, /* what was written last is all that can be trusted */
    FATE_KEEP,
    FATE_KEEP_IF_AUTOSAVED
};

/* A stock frontend (@is_ipc) has no word for dropping: its page may be closed by chance. */
static enum fate fate_of(enum weh_close_reason reason, bool is_ipc)
{
    if (reason == WEH_CLOSE_FAULT) {
        return FATE_LEAVE;
    }
    if (is_ipc) {
        return FATE_KEEP;
    }
    if (reason == WEH_CLOSE_CLIENT_CLOSED || reason == WEH_CLOSE_SESSION_CLOSE) {
        return FATE_DROP;
    }
    if (reason == WEH_CLOSE_SHUTDOWN || reason == WEH_CLOSE_TOKEN_EXPIRED ||
        reason == WEH_CLOSE_NOT_RESUMED || reason == WEH_CLOSE_RESUME_LOST ||
        reason == WEH_CLOSE_ENDED_BY_OPERATOR) {
        return FATE_KEEP;
    }
    /* The connection was lost, or ended by what came over it. */
    return FATE_KEEP_IF_AUTOSAVED;
}

void recovery_at_end(struct workspace *workspace, enum weh_close_reason reason)
{
    enum fate fate = fate_of(reason, workspace->desk->is_ipc);
    struct weh_diag diag = { .err = WEH_OK };

    if (!is_open_for_edits(workspace) || fate == FATE_LEAVE) {
        return;
    }
    if (fate == FATE_DROP) {
        weh_journal_discard(workspace->txns);
    } else if (fate == FATE_KEEP || interval_ms(workspace) > 0) {
        (void)write_now(workspace, &diag); /* the log has it, and nobody is left to be told */
    }
}
