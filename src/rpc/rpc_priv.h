/* src/rpc/rpc_priv.h - what the method families share: the application, a session's workspace, and
 * the handlers. */
#ifndef WEH_RPC_PRIV_H
#define WEH_RPC_PRIV_H

#include "weh/auth.h"
#include "weh/bis.h"
#include "weh/briefcase.h"
#include "weh/ec.h"
#include "weh/ecsql.h"
#include "weh/hub.h"
#include "weh/id_set.h"
#include "weh/journal.h"
#include "weh/model.h"
#include "weh/rpc.h"
#include "weh/txn.h"

#include "desk.h"
#include "workspace.h"

struct weh_rpc_app {
    const struct weh_config *config;
    const struct weh_log *log;
    struct weh_auth *auth; /* NULL: tokens cannot be checked */
    struct weh_file_registry *files;
    struct weh_ec_cache *catalogs;
    struct weh_hub *hub;
    struct awake_list awake;
};

/** Ids in one argument. */
#define RPC_MAX_IDS 100000
/** Transactions that are told at a time. */
#define RPC_MAX_TXNS 100000

/** Changes in one reply, and how many unless the client says. */
#define RPC_MAX_CHANGES 10000
#define RPC_CHANGES     1000

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

/* ---- query_host.c ---- */

/** The engine of the open briefcase, made for its first query. Errors as weh_ecsql_create. */
WEH_MUST_CHECK weh_err workspace_queries(struct workspace *workspace, struct weh_ecsql **out,
                                         struct weh_diag *diag);

/** What this thread has used of the processor so far. */
uint64_t query_cpu_us(void);

/** Forget where changes.summary was (NULL is fine). */
void changes_page_destroy(struct changes_page *page);

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

static inline struct desk *call_desk(const struct weh_call *call)
{
    return call->workspace;
}

static inline struct workspace *call_workspace(const struct weh_call *call)
{
    const struct desk *desk = call->workspace;

    return desk->current;
}

/** What the session may do with what is open in @workspace. */
static inline enum weh_access workspace_access(const struct workspace *workspace)
{
    return weh_session_access_to(workspace->session, weh_str_from(workspace->imodel));
}

/** The first two arguments: either an id or ids, or WEH_E_BAD_ARGS. Views into the arguments. */
WEH_MUST_CHECK weh_err call_id_or_ids(const struct weh_call *call, struct weh_id_list *out,
                                      struct weh_diag *diag);

/** The argument @map, called @where, must be a map whose members are among @names (NULL-terminated): a typing error is
 * told, not lost. WEH_E_BAD_ARGS. */
WEH_MUST_CHECK weh_err call_check_members(const struct weh_value *map, const char *where,
                                          const char *const *names, struct weh_diag *diag);

/* ---- call_txns.c: the transaction stack of the workspace of @call ---- */

/** The text @arg of what undo is called; "" when there is none. */
struct weh_str call_description(const struct weh_arg *arg);
/** As weh_txn_save and weh_txn_abandon. */
WEH_MUST_CHECK weh_err call_save(struct weh_call *call, struct weh_str description, bool *saved,
                                 struct weh_txn_id *id, struct weh_diag *diag);
WEH_MUST_CHECK weh_err call_abandon(struct weh_call *call, struct weh_diag *diag);
/** As weh_txn_reverse, weh_txn_reverse_to and weh_txn_reinstate. */
WEH_MUST_CHECK weh_err call_reverse(struct weh_call *call, uint32_t count, struct weh_txn_ids *ids,
                                    struct weh_diag *diag);
WEH_MUST_CHECK weh_err call_reverse_to(struct weh_call *call, struct weh_txn_id id, bool cancel,
                                       struct weh_txn_ids *ids, struct weh_diag *diag);
WEH_MUST_CHECK weh_err call_reinstate(struct weh_call *call, struct weh_txn_ids *ids,
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
#include "ipc_handlers.def"
#undef X

/* ipc_interfaces.c */

/** May a client that knows an RPC interface as @theirs use ours, which is @ours? */
bool rpc_versions_fit(struct weh_str ours, struct weh_str theirs);
/** As check_version of struct weh_app_ops. */
WEH_MUST_CHECK weh_err rpc_check_version(const struct weh_method *method, struct weh_str version,
                                         struct weh_diag *diag);

#endif
