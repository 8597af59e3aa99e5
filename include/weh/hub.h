/* include/weh/hub.h - which briefcases there are, whose they are, and where their ids come from.
 *
 * A table in the data folder (data.dir/hub/briefcases.db). A briefcase is known from before its file
 * is made until after it is removed, so that whatever interrupts either is tidied up at the next
 * start. Ids come from a source that can be another one later (a hub with changesets and locks); the
 * embedded one counts from 2 for each iModel and gives none twice. Threads: any; a call may wait for
 * the storage.
 */
#ifndef WEH_HUB_H
#define WEH_HUB_H

#include <stdint.h>

#include "weh/err.h"
#include "weh/id.h"
#include "weh/str.h"

struct weh_hub;

#define WEH_BRIEFCASE_NAME_SIZE 18  /* 'b', 16 hexadecimal digits, NUL */
#define WEH_HUB_IMODEL_SIZE     129 /* the longest name of an iModel, and a NUL */

/** Where the ids of briefcases come from. Called by one thread at a time. */
struct weh_hub_ids {
    void *ctx;
    /** An id for a briefcase of @imodel_id that nobody has had, 2 and up. WEH_E_LIMIT when there is
     * none left. */
    weh_err (*acquire)(void *ctx, const struct weh_guid *imodel_id, const char *user, uint32_t *out,
                       struct weh_diag *diag);
    /** The briefcase is gone. May be NULL. */
    void (*release)(void *ctx, const struct weh_guid *imodel_id, uint32_t id);
};

/**
 * Open the table in @data_dir (made when missing), and remove what interrupted checkouts and removals
 * have left, unless another process has the table.
 *
 * @ids  copied; NULL: the embedded ones.
 *
 * WEH_E_IO, WEH_E_CORRUPT and others of weh_sqlite_fail, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_hub_create(const char *data_dir, const struct weh_hub_ids *ids,
                                      struct weh_hub **out, struct weh_diag *diag);
void weh_hub_destroy(struct weh_hub *hub);

struct weh_hub_briefcase {
    char name[WEH_BRIEFCASE_NAME_SIZE];
    char imodel[WEH_HUB_IMODEL_SIZE]; /* the name it was checked out of */
    struct weh_guid imodel_id;
    uint32_t id;
    int64_t created_ms;
};

/** What somebody wants, and may have. */
struct weh_hub_wish {
    const char *user;
    struct weh_str imodel;
    struct weh_guid imodel_id;
    uint64_t bytes;          /* about, of the new file */
    uint32_t max_briefcases; /* of the user */
    uint64_t max_bytes;      /* of all of them */
};

/**
 * A new briefcase, whose file is to be made now: weh_hub_finish or weh_hub_cancel must follow. Until
 * then nobody sees it, but it counts.
 *
 * WEH_E_LIMIT (where names the setting), what the source of ids answers, those of weh_sqlite_fail.
 */
WEH_MUST_CHECK weh_err weh_hub_begin(struct weh_hub *hub, const struct weh_hub_wish *wish,
                                     struct weh_hub_briefcase *out, struct weh_diag *diag);
/** Its file is there, on stable storage. Those of weh_sqlite_fail. */
WEH_MUST_CHECK weh_err weh_hub_finish(struct weh_hub *hub, const char *name, struct weh_diag *diag);
/** Its file is not there, or not any more. Should that fail to be written, the next start sees to it. */
void weh_hub_cancel(struct weh_hub *hub, const char *name);

/** The briefcase @name of @user. WEH_E_FILE_NOT_FOUND, also when it is somebody else's; those of
 * weh_sqlite_fail. */
WEH_MUST_CHECK weh_err weh_hub_find(struct weh_hub *hub, const char *user, struct weh_str name,
                                    struct weh_hub_briefcase *out, struct weh_diag *diag);

/** Tell @user's briefcases, oldest first. @visit may not call back. */
typedef void (*weh_hub_visitor)(void *ctx, const struct weh_hub_briefcase *briefcase);
WEH_MUST_CHECK weh_err weh_hub_list(struct weh_hub *hub, const char *user, weh_hub_visitor visit,
                                    void *ctx, struct weh_diag *diag);

/** Its file is to be removed now, after which weh_hub_cancel follows: nobody finds it any more.
 * Errors as weh_hub_find. */
WEH_MUST_CHECK weh_err weh_hub_begin_removal(struct weh_hub *hub, const char *user,
                                             struct weh_str name, struct weh_diag *diag);

/** What all briefcases of @user take on the disk, in bytes. Those of weh_sqlite_fail. */
WEH_MUST_CHECK weh_err weh_hub_user_bytes(struct weh_hub *hub, const char *user, uint64_t *out,
                                          struct weh_diag *diag);

/** The path of the briefcase @name; weh_free. NULL without memory. */
char *weh_hub_path(const struct weh_hub *hub, const char *name);

#endif
