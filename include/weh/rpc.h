/* include/weh/rpc.h - the methods of the protocol and what they work with.
 */
#ifndef WEH_RPC_H
#define WEH_RPC_H

#include <stddef.h>

#include "weh/config.h"
#include "weh/err.h"
#include "weh/host.h"
#include "weh/log.h"
#include "weh/method.h"
#include "weh/sink.h"

#define WEH_PROTOCOL_NAME "weh.v1"

/** Of an open iModel or briefcase: the file, its log, the log's index, and a temporary file now and then. */
#define WEH_DESCRIPTORS_PER_FILE 4

struct weh_auth;
struct weh_rpc_app;

/**
 * What all sessions share on the data side: open files, catalogues, the data folder (made here when
 * it is missing).
 *
 * @config, @log  kept.
 * @auth  kept: checks the tokens of session.renewToken; NULL: that is not supported.
 *
 * WEH_E_IO (where is data.dir), WEH_E_NOMEM. After weh_briefcase_global_init.
 */
WEH_MUST_CHECK weh_err weh_rpc_app_create(const struct weh_config *config,
                                          const struct weh_log *log, struct weh_auth *auth,
                                          struct weh_rpc_app **out, struct weh_diag *diag);

/** All sessions must be gone (NULL is fine). */
void weh_rpc_app_destroy(struct weh_rpc_app *app);

struct weh_rpc_counts {
    size_t n_open;           /* workspaces with their file open */
    size_t n_asleep;         /* with their file closed until the next request */
    uint64_t n_hibernations; /* so far */
};

/** Any thread. */
void weh_rpc_app_count(struct weh_rpc_app *app, struct weh_rpc_counts *out);

/** For weh_host_options. Static. */
const struct weh_app_ops *weh_rpc_app_ops(void);

/** The method table, sorted by name. Static. */
const struct weh_method *weh_rpc_methods(size_t *n);

/** The one of stock iTwin.js frontends, sorted by name. Static. */
const struct weh_method *weh_rpc_ipc_methods(size_t *n);

/** Those of the edit command, called through editor.callMethod, sorted by name. Static. */
const struct weh_method *weh_rpc_ipc_command_methods(size_t *n);

/** The notifications. Static. */
const struct weh_notification *weh_rpc_notifications(size_t *n);

/** Write the API as data: what host.describe answers, and PROTOCOL.md is made from. */
void weh_rpc_describe(struct weh_sink *sink);

#endif
