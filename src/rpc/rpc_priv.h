/* src/rpc/rpc_priv.h - what the method families share: the application, a session's workspace, and
 * the handlers. */
#ifndef WEH_RPC_PRIV_H
#define WEH_RPC_PRIV_H

#include "weh/auth.h"
#include "weh/bis.h"
#include "weh/briefcase.h"
#include "weh/ec.h"
#include "weh/hub.h"
#include "weh/id_set.h"
#include "weh/journal.h"
#include "weh/rpc.h"
#include "weh/txn.h"

struct weh_rpc_app {
    const struct weh_config *config;
    const struct weh_log *log;
    struct weh_auth *auth; /* NULL: tokens cannot be checked */
    struct weh_file_registry *files;
    struct weh_ec_cache *catalogs;
    struct weh_hub *hub;
};

#define IMODEL_NAME_MAX 128

/** Ids in one argument. */
#define RPC_MAX_IDS 100000
/** Transactions that are told at a time. */
#define RPC_MAX_TXNS 100000

/** Changes in one reply, and how many unless the client says. */
#define RPC_MAX_CHANGES 10000
#define RPC_CHANGES     1000

/** What caused the changes that are being told. */
enum change_cause {
    CAUSE_SAVE,
    CAUSE_UNDO,
    CAUSE_REDO,
    CAUSE_RESTORE
};

/** What one session works with. Members from briefcase on are NULL while none is open. */
struct workspace {
    struct weh_rpc_app *app;
    struct weh_session *session;
    char name[IMODEL_NAME_MAX + 1]; /* of the open iModel or briefcase */
    char imodel[IMODEL_NAME_MAX +
                1];   /* what scopes call it: the same, or what it is a briefcase of */
    bool is_checkout; /* from briefcases/ rather than imodels/ */
    bool readonly;
    enum weh_durability durability;
    enum change_cause cause;
    uint64_t n_rollbacks; /* of the briefcase, when last looked at */
    int64_t data_version; /* of the briefcase, when the catalogue was that of the file */
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_bis *bis;
    struct weh_txn_stack *txns;
    struct changes_page *changes; /* where changes.summary goes on; NULL: nowhere */
    /* of recovery.c; times of the monotonic clock, 0: none */
    uint64_t unjournaled_since_ms; /* when an edit was first seen that is in no journal */
    uint64_t journal_rest_ms;      /* until then none is written */
    uint32_t n_journal_failures;   /* in a row */
    bool journal_pending;          /* as the client knows */
};

/* ---- recovery.c: unsaved changes that outlive their session ---- */

/** What was found when a briefcase was opened. */
struct recovery {
    enum weh_journal_state found;
    bool restored;
    struct weh_journal_info info;
};

/** Look for a journal of an earlier session, after opening for edits. Errors as weh_journal_look. */
WEH_MUST_CHECK weh_err recovery_look(struct workspace *workspace, struct recovery *out,
                                     struct weh_diag *diag);
/** Put the members that tell of it (recoverable, recovered, unrecoverable), if any. */
void recovery_put(const struct recovery *recovery, struct weh_sink *sink);
/** Errors as weh_journal_restore and weh_journal_drop. */
WEH_MUST_CHECK weh_err recovery_restore(struct workspace *workspace, struct weh_diag *diag);
WEH_MUST_CHECK weh_err recovery_drop(struct workspace *workspace, struct weh_diag *diag);
/** WEH_E_RECOVERY_PENDING while somebody must decide about a journal. */
WEH_MUST_CHECK weh_err recovery_check_decided(const struct workspace *workspace,
                                              struct weh_diag *diag);
/** Tell of a journal that is all that is left; write one when it is time. */
void recovery_after_request(struct workspace *workspace);
/** As weh_app_ops. */
uint64_t recovery_tick_after(struct workspace *workspace);
void recovery_tick(struct workspace *workspace);
/** The session ends: what becomes of what is unsaved. The briefcase is still open. */
void recovery_at_end(struct workspace *workspace, enum weh_close_reason reason);

/** Forget where changes.summary was (NULL is fine). */
void changes_page_destroy(struct changes_page *page);

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
/** Roll back what is unsaved and close; nothing open is fine. */
void workspace_close(struct workspace *workspace);

/** How large @briefcase, which is the caller's, may become; 0: no limit. */
WEH_MUST_CHECK weh_err checkout_limit(struct weh_call *call, struct weh_str briefcase,
                                      uint64_t *out, struct weh_diag *diag);

/** Check @name (1 to IMODEL_NAME_MAX bytes; no path parts) as the argument @where. */
WEH_MUST_CHECK weh_err imodel_name_check(struct weh_str name, const char *where,
                                         struct weh_diag *diag);

/** What the path of an iModel or briefcase may lead to; valid as long as the configuration. */
struct weh_file_bounds app_bounds(const struct weh_rpc_app *app);

/** The path of "imodels/NAME.bim" (or briefcases/) under data.dir, in @arena; NULL without memory. */
const char *imodel_path(const struct weh_rpc_app *app, const char *folder, struct weh_str name,
                        struct weh_arena *arena);

/** Tell the session's client of @workspace's transactions. */
struct weh_txn_observer change_notifier(struct workspace *workspace);

static inline struct workspace *call_workspace(const struct weh_call *call)
{
    return call->workspace;
}

/** The first two arguments: either an id or ids, or WEH_E_BAD_ARGS. Views into the arguments. */
WEH_MUST_CHECK weh_err call_id_or_ids(const struct weh_call *call, struct weh_id_list *out,
                                      struct weh_diag *diag);

/** The result {}. */
void put_empty(struct weh_sink *sink);
/** The result {id}. */
void put_new_id(struct weh_sink *sink, uint64_t id);

/** Write @guid or @name texts as members. */
void put_text(struct weh_sink *sink, const char *key, const char *text);
void put_str(struct weh_sink *sink, const char *key, struct weh_str text);
void put_int(struct weh_sink *sink, const char *key, int64_t value);
void put_bool(struct weh_sink *sink, const char *key, bool value);
void put_id(struct weh_sink *sink, const char *key, uint64_t id);
void put_guid(struct weh_sink *sink, const char *key, const struct weh_guid *guid);
/** Wall clock milliseconds as ISO 8601. */
void put_time(struct weh_sink *sink, const char *key, int64_t wall_ms);

/* Handlers, one file a family; the table says what each does. */
#define X(name) weh_err name(struct weh_call *call, struct weh_diag *diag);
#include "handlers.def"
#undef X

#endif
