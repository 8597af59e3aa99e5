/* src/rpc/workspace.h - an open iModel or briefcase of a session, and when its file is open. */
#ifndef WEH_RPC_WORKSPACE_H
#define WEH_RPC_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include <pthread.h>

#include "weh/bis.h"
#include "weh/briefcase.h"
#include "weh/call.h"
#include "weh/ec.h"
#include "weh/file_state.h"
#include "weh/txn.h"
#include "weh/txn_rest.h"

#define IMODEL_NAME_MAX   128
#define WORKSPACE_KEY_MAX 128

struct changes_page;
struct weh_config;
struct desk;
struct scope_notes;
struct weh_ecsql;
struct weh_rpc_app;
struct workspace;

/** What is kept while the file is closed; in the workspace, since little things that outlive a
 * connection keep the pages that it leaves from being given back. */
struct workspace_sleep {
    struct weh_file_entry *entry; /* NULL: it is awake, or nothing is open */
    struct weh_txn_rest rest;     /* of a writer, with the one below */
    struct weh_file_state state;
};

/** Workspaces whose file is open, the one that rested longest first (hibernate.c). */
struct awake_list {
    pthread_mutex_t lock;
    size_t n_descriptors; /* that the process may have */
    struct workspace *oldest;
    struct workspace *newest;
    size_t n_awake;
    size_t n_beside; /* files open once more, for queries */
    size_t n_asleep;
    uint64_t n_hibernations;
    unsigned n_given_up; /* workspaces that have freed much since memory was given back */
    uint64_t trimmed_us;
};

/** What caused the changes that are being told. */
enum change_cause {
    CAUSE_SAVE,
    CAUSE_UNDO,
    CAUSE_REDO,
    CAUSE_RESTORE,
    CAUSE_REPLAY
};

/** One iModel or briefcase that a session has open. Members from briefcase on are NULL while none is. */
struct workspace {
    struct weh_rpc_app *app;
    struct weh_session *session;
    struct desk *desk;              /* that it belongs to */
    char name[IMODEL_NAME_MAX + 1]; /* of the open iModel or briefcase */
    char imodel[IMODEL_NAME_MAX +
                1];   /* what scopes call it: the same, or what it is a briefcase of */
    bool is_checkout; /* from briefcases/ rather than imodels/ */
    bool readonly;
    enum weh_durability durability;
    enum change_cause cause;
    bool is_left;                    /* opened by a page that was loaded anew since */
    bool is_in_scope;                /* a graphical editing scope is on */
    struct scope_notes *scope_notes; /* of a scope, during undo and redo; else NULL */
    uint8_t
        stale_places; /* bits of enum ipc_place: what the page was told is not what the file says */
    bool is_watched;  /* what others save in it is told */
    struct weh_txn_id seen; /* of a watched one: the newest transaction that the client knows */
    bool is_closing;        /* what is saved now is told without what has changed, as by iTwin.js */
    uint64_t n_rollbacks;   /* of the briefcase, when last looked at */
    int64_t data_version;   /* of the briefcase, when the catalogue was that of the file */
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_bis *bis;
    struct weh_txn_stack *txns;
    struct weh_ecsql *queries;    /* made when the first query comes */
    struct channels *channels;    /* of a stock frontend; NULL until it edits */
    struct changes_page *changes; /* where changes.summary goes on; NULL: nowhere */
    uint64_t limit_bytes;         /* as in its target */
    struct workspace_sleep sleep;
    struct workspace *awake_next; /* with the list's lock, with the two below */
    struct workspace *awake_previous;
    uint64_t rested_ms; /* since its last request, at the last tick */
    bool is_lean;       /* has given up what it can open again at once; until its next request */
    bool must_sleep;
    bool is_restless; /* could not sleep when it was asked; until its next request */
    bool is_listed;
    /* of recovery.c; times of the monotonic clock, 0: none */
    uint64_t unjournaled_since_ms;   /* when an edit was first seen that is in no journal */
    uint64_t journal_rest_ms;        /* until then none is written */
    uint32_t n_journal_failures;     /* in a row */
    bool journal_pending;            /* as the client knows */
    char key[WORKSPACE_KEY_MAX + 1]; /* by which a stock frontend names it; else "" */
};

/** What an acknowledged save outlives unless a client asks for more or less. */
enum weh_durability config_durability(const struct weh_config *config);

/** What is to be opened. */
struct workspace_target {
    const char *path;
    bool readonly;
    uint64_t limit_bytes; /* of the file; 0: none */
};
/** Open @target into the workspace, all or nothing. */
WEH_MUST_CHECK weh_err workspace_open(struct workspace *workspace,
                                      const struct workspace_target *target, struct weh_diag *diag);
/**
 * Take the catalogue of the file as it is now, if it is another one, and what is made of it: somebody
 * else may have changed the schemas. Only for a workspace that reads: there nothing is unsaved, and
 * nothing can be undone. On failure nothing has changed.
 */
WEH_MUST_CHECK weh_err workspace_refresh(struct workspace *workspace, struct weh_diag *diag);
/** WEH_E_LIMIT when @method edits and so much is unsaved that it must not become more. */
WEH_MUST_CHECK weh_err workspace_check_room(const struct workspace *workspace,
                                            const struct weh_method *method, struct weh_diag *diag);
/** Keep in a file that the session has this open, lest a restart forgets it. */
void workspace_claim(const struct workspace *workspace);
/** Roll back what is unsaved and close; nothing open is fine. */
void workspace_close(struct workspace *workspace);

/** True when something is open, asleep or not. */
static inline bool workspace_is_open(const struct workspace *workspace)
{
    return workspace->briefcase != NULL || workspace->sleep.entry != NULL;
}

/** Close the file; what the workspace is stays. @kept: stay its user (NULL: do not). */
void workspace_release(struct workspace *workspace, struct weh_file_entry **kept);
/** Open the file at @path, or (@path is NULL) that of @sleep, all or nothing; the entry of @sleep is
 * used up on success. */
WEH_MUST_CHECK weh_err workspace_take(struct workspace *workspace, const char *path,
                                      const struct workspace_sleep *sleep, struct weh_diag *diag);

/* ---- hibernate.c ---- */

WEH_MUST_CHECK weh_err awake_init(struct awake_list *list, struct weh_diag *diag);
void awake_fini(struct awake_list *list);
/** WEH_E_BUSY when so many files are open that no further one may be. */
WEH_MUST_CHECK weh_err workspace_check_files(struct workspace *workspace, struct weh_diag *diag);
/** Its file could not be opened: @err, or WEH_E_BUSY when it was for want of a descriptor, of which some
 * are going to be given back then. */
WEH_MUST_CHECK weh_err workspace_open_failed(struct workspace *workspace, weh_err err,
                                             struct weh_diag *diag);
/** @session has a connection, which needs a descriptor. */
void awake_session_has_come(struct weh_rpc_app *app, const struct weh_session *session);
/** Its file is open now, or is going to be closed. */
void workspace_enter_awake(struct workspace *workspace);
void workspace_leave_awake(struct workspace *workspace);
/** Its file is open once more (@more), or not any longer. */
void workspace_count_beside(struct workspace *workspace, bool more);
/** It is closed for good, without being woken; nothing when it is awake. */
void workspace_end_sleep(struct workspace *workspace);
/** Wake it when @method needs the file. WEH_E_CHANGED_OUTSIDE, those of weh_briefcase_open. */
WEH_MUST_CHECK weh_err hibernate_before_request(struct workspace *workspace,
                                                const struct weh_method *method,
                                                struct weh_diag *diag);
/** Of two times, 0 meaning never, the sooner. */
static inline uint64_t sooner_ms(uint64_t a_ms, uint64_t b_ms)
{
    return b_ms == 0 || (a_ms != 0 && a_ms < b_ms) ? a_ms : b_ms;
}

/** As weh_app_ops. */
uint64_t hibernate_tick_after(struct workspace *workspace);
void hibernate_tick(struct workspace *workspace, uint64_t idle_ms);

#endif
