/* include/weh/audit.h - who changed what, and when: a file of JSON lines that is only added to.
 *
 * A line is written by the thread whose request it tells of, under a lock: into the page cache, some
 * microseconds beside an edit of many. A queue with a thread of its own would lose lines when the
 * process is killed. Lines are not synced: they outlive the server, not always a power cut.
 */
#ifndef WEH_AUDIT_H
#define WEH_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/log.h"
#include "weh/str.h"

struct weh_audit;

struct weh_audit_options {
    const char *path;          /* copied */
    uint64_t limit_bytes;      /* of a file; then it is renamed to PATH.1, that to PATH.2 ... */
    uint32_t n_files;          /* that are kept, the written one included */
    bool is_required;          /* nothing may be changed while no line can be written */
    const struct weh_log *log; /* kept */
};

/** Go on with the file at options->path, or make it (0600). WEH_E_IO (where: audit.file: it is no file
 * or cannot be written), WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_audit_open(const struct weh_audit_options *options,
                                      struct weh_audit **out, struct weh_diag *diag);

/** NULL is fine. */
void weh_audit_close(struct weh_audit *audit);

/** May something be changed now? WEH_E_AUDIT when lines are required and the last could not be
 * written: it is tried again with what could not be written then. @audit NULL: yes. Any thread. */
WEH_MUST_CHECK weh_err weh_audit_check(struct weh_audit *audit, struct weh_diag *diag);

/** Add @text as a line: JSON without a line feed. When it cannot be written it is kept to be written later if
 * lines are required, else lost and counted, which the log says. Any thread. */
void weh_audit_add(struct weh_audit *audit, struct weh_str text);

/** Lines lost so far. Any thread. */
uint64_t weh_audit_lost(struct weh_audit *audit);

#endif
