/* src/hub/hub_priv.h - the inside of the hub, for this folder. */
#ifndef WEH_HUB_PRIV_H
#define WEH_HUB_PRIV_H

#include <pthread.h>
#include <sqlite3.h>

#include "weh/hub.h"

/** How far a briefcase has come; a number of the file's format. */
enum briefcase_state {
    BRIEFCASE_MAKING,
    BRIEFCASE_READY,
    BRIEFCASE_GOING
};

struct weh_hub {
    char *data_dir;
    int lock_fd; /* held: no other process has the table; -1: one has */
    pthread_mutex_t mutex;
    struct weh_hub_ids ids;
    sqlite3 *db; /* with the mutex */
};

/* ---- table.c: the file ---- */

/** Open or make the table. */
WEH_MUST_CHECK weh_err table_open(struct weh_hub *hub, struct weh_diag *diag);
void table_close(struct weh_hub *hub);

/** A statement, to be given to sqlite3_finalize whatever happens. */
WEH_MUST_CHECK weh_err table_prepare(struct weh_hub *hub, const char *sql, sqlite3_stmt **out,
                                     struct weh_diag *diag);
/** One step; *@row: there is a row to read. */
WEH_MUST_CHECK weh_err table_step(struct weh_hub *hub, sqlite3_stmt *stmt, bool *row,
                                  struct weh_diag *diag);
/** Run a statement that gives no row, and finalize it. */
WEH_MUST_CHECK weh_err table_finish(struct weh_hub *hub, sqlite3_stmt *stmt, struct weh_diag *diag);
/** Run @sql, one or more statements. */
WEH_MUST_CHECK weh_err table_run(struct weh_hub *hub, const char *sql, struct weh_diag *diag);

/* ---- ids.c ---- */

/** The embedded source of ids, in the table. */
struct weh_hub_ids ids_embedded(struct weh_hub *hub);

#endif
