/* include/weh/host.h - what all sessions of a process share: methods, workers, limits, counters.
 */
#ifndef WEH_HOST_H
#define WEH_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "weh/config.h"
#include "weh/err.h"
#include "weh/log.h"
#include "weh/method.h"

struct weh_audit;
struct weh_claims;
struct weh_host;

/** What the audit log tells of a workspace. */
struct weh_app_facts {
    char name[160];   /* of the open iModel or briefcase; "": none */
    bool is_checkout; /* the name is that of a briefcase */
    uint64_t txn_id;  /* of the transaction that is to be saved next; 0: none */
};

/** What an operator sees of a workspace; cheap, as it is looked at after each request. */
struct weh_app_glance {
    const char
        *name; /* of the open iModel or briefcase; NULL: none. Borrowed until the next request. */
    bool is_checkout; /* the name is that of a briefcase */
    bool is_hibernating;
    uint64_t unsaved_rows;
};

/** What the methods work with; the host knows it only by these calls. */
struct weh_app_ops {
    /** A session begins: its workspace. Service thread. */
    weh_err (*open)(void *app, struct weh_session *session, void **workspace,
                    struct weh_diag *diag);
    /** A session ends for @reason: roll back (or put aside) what is unsaved and close what is open.
     * Worker thread. */
    void (*close)(void *workspace, enum weh_close_reason reason);
    /** Called before the handler of each request, with its arguments. Worker thread. */
    weh_err (*before)(void *workspace, const struct weh_call *call, struct weh_diag *diag);
    /** May a client that knows the RPC interface of @method as @version call it? Worker thread. NULL: it
     * may. */
    weh_err (*check_version)(const struct weh_method *method, struct weh_str version,
                             struct weh_diag *diag);
    /** Called after each request, before its reply goes out. Worker thread. A failure here takes
     * the place of the reply. */
    weh_err (*after)(void *workspace, struct weh_diag *diag);
    /** The session has other rights than before, or another token to be resumed with: say what they are with the open iModel
     * (weh_session_set_open_access). Worker thread. NULL: nothing is to be said. */
    void (*renewed)(void *workspace);
    /** Fill @out, which is zeroed. In requests (after before) and behind them. Worker thread. NULL: nothing
     * is known. */
    void (*facts)(void *workspace, struct weh_app_facts *out);
    /** Fill @out, which is zeroed. After requests and ticks. Worker thread. NULL: there is nothing. */
    void (*glance)(void *workspace, struct weh_app_glance *out);
    /** Nothing waits any more: milliseconds until a tick is wanted, 0 for none. Asked after requests
     * and after each tick; what was wanted before is forgotten. Worker thread. NULL: never. */
    uint64_t (*tick_after)(void *workspace);
    /** The time is up. Between requests, never beside one; it may come late. Worker thread.
     * @idle_ms  since the end of the last request. NULL only without tick_after. */
    void (*tick)(void *workspace, uint64_t idle_ms);
};

struct weh_control;

struct weh_host_options {
    const struct weh_config *config;  /* kept */
    const struct weh_log *log;        /* kept */
    const struct weh_method *methods; /* kept; sorted by name */
    size_t n_methods;
    const struct weh_method *ipc_methods; /* kept, for sessions that speak IPC; sorted by name */
    size_t n_ipc_methods;
    const struct weh_app_ops *ops; /* kept */
    void *app;                     /* kept */
    struct weh_audit *audit;       /* kept; NULL: none */
    const struct weh_control
        *control;              /* kept: what admin.* may do with the process; NULL: nothing */
    struct weh_claims *claims; /* kept; NULL: a restart forgets what was open */
};

/** Make the host and start its workers. WEH_E_NOMEM, WEH_E_LIMIT (no thread). */
WEH_MUST_CHECK weh_err weh_host_create(const struct weh_host_options *options,
                                       struct weh_host **out, struct weh_diag *diag);

/** Stop the workers; all sessions must be gone (NULL is fine). */
void weh_host_destroy(struct weh_host *host);

/* ---- the service thread: the one that runs the channels ---- */

/** Name who runs the channels: @wake asks it to call weh_host_service soon. It is called from any
 * thread, may not block, and may not call back. NULL takes it off. */
void weh_host_attach(struct weh_host *host, void (*wake)(void *ctx), void *ctx);

#define WEH_NEVER UINT64_MAX

/** Free sessions that have ended, and see to what is due. When woken, and after the time returned:
 * milliseconds until something is due, WEH_NEVER when nothing is. Service thread. */
uint64_t weh_host_service(struct weh_host *host);

/** Stop: clients are told that their sessions end within @within_ms; sessions that wait to be resumed end
 * now, and no more will wait. With @hurry the requests that still run in them are interrupted.
 * Service thread. */
void weh_host_stop(struct weh_host *host, uint64_t within_ms, bool hurry);

enum weh_room {
    WEH_ROOM_FREE,
    WEH_ROOM_NOT_FOR_USER, /* the user has as many sessions as one may */
    WEH_ROOM_OVERLOAD      /* requests wait too long for a worker */
};

/** Is there room for another session of @user? (How many there may be in all is not asked.) Service
 * thread. */
enum weh_room weh_host_room(struct weh_host *host, const char *user);

/** The session with the id @name; NULL when there is none. Service thread. */
struct weh_session *weh_host_find(const struct weh_host *host, struct weh_str name);

/** Call @visit for each session; it may not make or free any. Service thread. */
typedef void (*weh_session_visitor)(void *ctx, struct weh_session *session);
void weh_host_each(const struct weh_host *host, weh_session_visitor visit, void *ctx);

/* ---- any thread ---- */

/** Have the application called (tick) as soon as @session has nothing else to do. It must not have ended
 * yet, which the application knows: its close is called before a session can be freed. */
void weh_session_tick_soon(struct weh_session *session);

/** How many workers @config asks for: workers.count, or one a core. */
size_t weh_host_worker_count(const struct weh_config *config);

void *weh_host_app(const struct weh_host *host);
const struct weh_config *weh_host_config(const struct weh_host *host);
const struct weh_log *weh_host_log(const struct weh_host *host);
const struct weh_method *weh_host_methods(const struct weh_host *host, size_t *n);

/** Sessions now. Any thread. */
size_t weh_host_session_count(const struct weh_host *host);

#endif
