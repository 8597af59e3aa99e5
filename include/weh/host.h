/* include/weh/host.h - what all sessions of a process share: methods, workers, limits, counters.
 */
#ifndef WEH_HOST_H
#define WEH_HOST_H

#include <stdatomic.h>
#include <stdint.h>

#include "weh/config.h"
#include "weh/err.h"
#include "weh/log.h"
#include "weh/method.h"

struct weh_host;

/** What the methods work with; the host knows it only by these calls. */
struct weh_app_ops {
    /** A session begins: its workspace. Service thread. */
    weh_err (*open)(void *app, struct weh_session *session, void **workspace,
                    struct weh_diag *diag);
    /** A session ends: roll back and close what is open. Worker thread. */
    void (*close)(void *workspace);
    /** Called before the handler of each request. Worker thread. */
    weh_err (*before)(void *workspace, const struct weh_method *method, struct weh_diag *diag);
    /** Called after each request, before its reply goes out. Worker thread. A failure here takes
     * the place of the reply. */
    weh_err (*after)(void *workspace, struct weh_diag *diag);
};

struct weh_host_options {
    const struct weh_config *config;  /* kept */
    const struct weh_log *log;        /* kept */
    const struct weh_method *methods; /* kept; sorted by name */
    size_t n_methods;
    const struct weh_app_ops *ops; /* kept */
    void *app;                     /* kept */
};

/** Make the host and start its workers. WEH_E_NOMEM, WEH_E_LIMIT (no thread). */
WEH_MUST_CHECK weh_err weh_host_create(const struct weh_host_options *options,
                                       struct weh_host **out, struct weh_diag *diag);

/** Stop the workers; all sessions must be gone (NULL is fine). */
void weh_host_destroy(struct weh_host *host);

/** How many workers @config asks for: workers.count, or one a core. */
size_t weh_host_worker_count(const struct weh_config *config);

void *weh_host_app(const struct weh_host *host);
const struct weh_config *weh_host_config(const struct weh_host *host);
const struct weh_log *weh_host_log(const struct weh_host *host);
const struct weh_method *weh_host_methods(const struct weh_host *host, size_t *n);

/** Sessions now. Any thread. */
size_t weh_host_session_count(const struct weh_host *host);

#endif
