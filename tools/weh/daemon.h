/* tools/weh/daemon.h - a server of one's own in a temporary folder, for measuring and testing.
 *
 * Only for programs that start one themselves; weh's other commands never do.
 */
#ifndef WEH_DAEMON_H
#define WEH_DAEMON_H

#include <stdint.h>

#include <sys/types.h>

#include "weh/err.h"

/** A folder that is removed with all that is in it. */
struct weh_temp_dir {
    char path[256]; /* "" when there is none */
};

/** Make a folder below @parent, /var/tmp if that is NULL. WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_temp_dir_create(const char *parent, struct weh_temp_dir *out,
                                           struct weh_diag *diag);

/** Remove it. Zeroed memory is fine. */
void weh_temp_dir_destroy(struct weh_temp_dir *dir);

/** Make the folder @path, unless it is there. WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_dir_make(const char *path, struct weh_diag *diag);

/** Copy the file @from to @to, which must not be there. WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_file_copy(const char *from, const char *to, struct weh_diag *diag);

/** A temporary folder with a server's data.dir in it. */
struct weh_data_dir {
    struct weh_temp_dir temp;
    char path[280]; /* of the data.dir, which has its folder of iModels */
};

/** Make it below @parent as weh_temp_dir_create, which see; whether it works or not,
 * weh_temp_dir_destroy removes what was made. WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_data_dir_create(const char *parent, struct weh_data_dir *out,
                                           struct weh_diag *diag);

/** Copy the file @from to the iModel @name. WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_data_dir_add(const struct weh_data_dir *dir, const char *from,
                                        const char *name, struct weh_diag *diag);

struct weh_daemon {
    pid_t pid; /* 0: not running */
    int output;
    uint16_t port;
    char url[256];
    char token[4096];  /* "" when the ready line has none */
    uint64_t ready_us; /* from the start of the process to its ready line */
};

/**
 * Start the program argv[0] and wait for its ready line ({"event":"ready","port":...}).
 *
 * @argv      NULL-terminated.
 * @log_path  gets its standard error; appended to.
 *
 * WEH_E_IO (it did not start, or ended before it was ready), WEH_E_PARSE, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_daemon_spawn(const char *const *argv, const char *log_path,
                                        struct weh_daemon *out, struct weh_diag *diag);

/** Start webedithost @path on a free port with data.dir @data_dir; logs go to @data_dir.log.
 * @settings  at most 16 KEY=VALUE texts, NULL-terminated; may be NULL. Errors as weh_daemon_spawn. */
WEH_MUST_CHECK weh_err weh_daemon_start(const char *path, const char *data_dir,
                                        const char *const *settings, struct weh_daemon *out,
                                        struct weh_diag *diag);

/** Send SIGTERM and wait for the end. WEH_E_STATE when it did not end with status 0. Zeroed memory
 * is fine. */
weh_err weh_daemon_stop(struct weh_daemon *daemon, struct weh_diag *diag);

#endif
