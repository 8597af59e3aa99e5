/* src/briefcase/query_memory.h - how much memory one step of a client's query may take,
 * and how much space in temporary files. */
#ifndef WEH_QUERY_MEMORY_H
#define WEH_QUERY_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "weh/db_query.h"

/** One step of a statement. */
struct weh_query_memory {
    sqlite3 *db;
    int64_t limit_bytes;
    int64_t used_bytes;            /* more than at its begin; less when that has freed something */
    struct weh_query_space *space; /* of temporary files; NULL: not counted */
    const uint64_t *deadline_us;   /* it may move meanwhile; 0: none */
    int64_t unlooked_bytes;        /* allocated since the clock was looked at */
    bool is_over;                  /* the limit was met: what needs more fails with SQLITE_TOOBIG */
    bool is_late;                  /* because the time is over */
    int file_rc;                   /* how a temporary file failed, or SQLITE_OK */
};

/** Before sqlite3_initialize: look at what SQLite allocates. Returns its code. */
int weh_query_memory_install(void);

/** From here on what this thread's SQLite allocates counts for @memory, until the end. Not nested. */
void weh_query_memory_begin(struct weh_query_memory *memory);
/** The memory whose step this thread is in is let go, and NULL, when there is none. */
struct weh_query_memory *weh_query_memory_pause(void);
void weh_query_memory_resume(struct weh_query_memory *memory);
/** True when the step that this thread is in, if any, has met its limit, and should be interrupted. */
bool weh_query_memory_is_over(void);
/** What SQLite is to be told of @rc, which a temporary file answers: a failed write would make it roll back
 * what is unsaved, though only a query has failed. */
int weh_query_memory_file(int rc);
/** A temporary file has grown. */
void weh_query_memory_wrote(int64_t n_bytes);

/** After sqlite3_initialize: see what goes into temporary files. Returns SQLite's code. */
int weh_temporary_files_install(void);

#endif
