/* include/weh/checkout.h - a private copy of an iModel: a briefcase with an id of its own.
 *
 * Makes and removes the file; whose it is, and which ids are free, is known elsewhere (weh/hub.h).
 * Threads: any.
 */
#ifndef WEH_CHECKOUT_H
#define WEH_CHECKOUT_H

#include <stdint.h>

#include "weh/briefcase.h"
#include "weh/err.h"
#include "weh/id.h"

struct weh_file_entry;

/** Asked between the steps of a long copy; an error ends it. @total 0: not known. */
struct weh_copy_watch {
    void *ctx;
    weh_err (*step)(void *ctx, uint64_t done, uint64_t total, struct weh_diag *diag);
};

struct weh_checkout_options {
    const char *source;                 /* path of the iModel; borrowed */
    struct weh_file_bounds bounds;      /* of the source */
    const char *target;                 /* path of the briefcase, which must be free; borrowed */
    const char *user;                   /* who asks; borrowed */
    struct weh_file_registry *registry; /* the open files of this process */
    uint32_t briefcase_id;              /* 2 and up */
    struct weh_copy_watch watch;        /* step may be NULL */
};

/**
 * Copy @options->source as a briefcase.
 *
 * The copy is that of one saved state, however the source is being written meanwhile, by this
 * process or others; unsaved changes are not in it. It shares the source's storage where the file
 * system can (reflink). It has the briefcase id, id sequences of its range, no transactions; as
 * the native library 5.1.72 leaves a briefcase of a hub without locks. Written beside its name and
 * renamed when it is complete and on stable storage.
 *
 * As weh_briefcase_open for reading, WEH_E_EXISTS, WEH_E_DISK_FULL, WEH_E_IO, and what the watch
 * answers: then there is no file.
 */
WEH_MUST_CHECK weh_err weh_checkout_make(const struct weh_checkout_options *options,
                                         struct weh_diag *diag);

/**
 * Keep everybody of this process from opening the briefcase at @path: who tries waits, and finds what
 * there is when it is let go.
 *
 * @out  NULL when there is no such file, which is fine.
 *
 * WEH_E_BUSY when somebody has it open, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_checkout_hold(struct weh_file_registry *registry, const char *path,
                                         const char *user, struct weh_file_entry **out,
                                         struct weh_diag *diag);
/** NULL is fine. */
void weh_checkout_let_go(struct weh_file_registry *registry, struct weh_file_entry *entry);

/** Remove the briefcase at @path, which nobody has open, and all that stands beside it: every file
 * whose name begins with its. None is fine. Those of weh_file_fail. */
WEH_MUST_CHECK weh_err weh_checkout_sweep(const char *path, struct weh_diag *diag);

/** Bytes of the briefcase at @path, its log and its recovery journal; 0 when there is none. */
uint64_t weh_checkout_size(const char *path);

#endif
