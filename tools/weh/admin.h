/* tools/weh/admin.h - what the files of weh admin share. */
#ifndef WEH_TOOLS_ADMIN_H
#define WEH_TOOLS_ADMIN_H

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/value.h"

/** One server's admin socket. */
struct weh_admin_server {
    char path[4096];
    uint32_t timeout_s;
};

/** Members of a request's params; absent ones are NULL or false. */
struct weh_admin_param {
    const char *name; /* NULL ends a list */
    const char *text; /* NULL: a number */
    int64_t number;
    bool is_true; /* it is the boolean true */
};

/**
 * Call @method with @params on a connection of its own.
 *
 * @arena  what @out looks into.
 *
 * The error of the server, by its message; WEH_E_FILE_NOT_FOUND (no server listens there),
 * WEH_E_DENIED, WEH_E_IO (also: no answer in time), WEH_E_PARSE, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_admin_call(const struct weh_admin_server *server, const char *method,
                                      const struct weh_admin_param *params, struct weh_arena *arena,
                                      struct weh_value *out, struct weh_diag *diag);

/* admin_print.c: answers for people, on standard output. */

/** @n sessions of @total. False: no memory. */
bool weh_admin_print_sessions(const struct weh_value *sessions, uint32_t n,
                              struct weh_arena *arena);
/** One session in full. */
void weh_admin_print_session(const struct weh_value *session);
void weh_admin_print_counters(const struct weh_value *counters);

#endif
