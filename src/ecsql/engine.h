/* src/ecsql/engine.h - the inside of an engine: compiled queries, runs, cursors. Not the language. */
#ifndef ECSQL_ENGINE_H
#define ECSQL_ENGINE_H

#include "weh/db_query.h"
#include "weh/ecsql.h"

#include "instance_read.h"
#include "statement.h"

#define ECSQL_KEPT 32

/** A compiled query. */
struct ecsql_kept {
    char *text;
    size_t len;
    struct ecsql_statement statement;
    uint32_t n_users; /* runs and cursors: it stays */
    uint64_t used;    /* tick of the last use */
};

struct ecsql_kept_list {
    struct ecsql_kept *items[ECSQL_KEPT];
    uint64_t tick;
};

/** A connection that queries run on. */
struct ecsql_side {
    struct weh_briefcase *briefcase; /* NULL: there is none */
    struct ecsql_instances *instances;
    bool is_beside;
    bool
        is_busy; /* a statement steps there: nothing else may be done with the connection; of those beside */
    uint32_t n_users; /* runs and cursors */
};

/** A query on its way: what is sent is the rest of it. */
struct ecsql_run {
    struct ecsql_kept *kept;
    struct ecsql_side *side;
    sqlite3_stmt *stmt;
    struct ecsql_row_style style;
    struct weh_ecsql_limits quota;
    uint64_t skip;  /* rows still to leave out */
    uint64_t count; /* rows still to send */
    struct weh_query_space space;
    uint64_t n_sent;              /* over all pages */
    enum weh_ecsql_status status; /* until now: of what would fail next */
    uint64_t offset;              /* rows to leave out, from the first one on */
    const struct weh_value *args; /* of the first page, with the two below */
    struct weh_arena *arena;
    bool has_args;
    bool is_stock;               /* of weh_ecsql_rows */
    size_t (*length)(void *ctx); /* as in the request, with the two below */
    void *length_ctx;
    size_t length_before; /* the rows */
};

struct ecsql_cursor {
    uint64_t id; /* 0: free */
    struct ecsql_run run;
    bool is_running; /* its rows are being sent */
    bool is_over;    /* to be closed when its connection is not busy */
    int64_t changes; /* of the engine's briefcase, when it was opened */
    uint64_t n_rollbacks;
};

/** The page that is being sent; a query that runs within another's has its own. */
struct ecsql_going {
    struct ecsql_going *outer;
    struct weh_query_guard guard;
    const struct ecsql_run *run;
    uint64_t started_us;
    uint64_t
        deadline_us; /* the page ends with the row at hand; the guard's, in the middle of a step, is later */
    uint64_t slice_end_us; /* from then on it gives way */
    bool gave_way;
};

struct weh_ecsql {
    const struct weh_ec_catalog *catalog;
    struct weh_ecsql_limits limits;
    struct weh_ecsql_host host;
    struct ecsql_side own;                      /* the session's connection */
    struct ecsql_side beside[WEH_ECSQL_BESIDE]; /* for what takes long */
    struct ecsql_kept_list kept;
    struct ecsql_going *going;
    uint64_t next_cursor;
    uint64_t n_closings;          /* how often all cursors were closed */
    struct ecsql_cursor *cursors; /* limits.cursors */
};

/* ---- kept.c ---- */

/** The compiled @text, which stays as long as its n_users says. Errors of ecsql_compile; WEH_E_LIMIT. */
WEH_MUST_CHECK weh_err ecsql_kept_acquire(struct weh_ecsql *engine, struct weh_str text,
                                          struct ecsql_kept **out, struct weh_diag *diag);
void ecsql_kept_clear(struct ecsql_kept_list *list);

/* ---- side.c ---- */

/** Queries may run on @briefcase (kept). WEH_E_NOMEM, those of weh_db_fail; then @side is empty. */
WEH_MUST_CHECK weh_err ecsql_side_init(struct weh_ecsql *engine, struct ecsql_side *side,
                                       struct weh_briefcase *briefcase, struct weh_diag *diag);
void ecsql_side_fini(struct ecsql_side *side);
/** A connection beside that is not busy, with the state of the file that was saved last; NULL: not now. */
struct ecsql_side *ecsql_beside_open(struct weh_ecsql *engine);
void ecsql_beside_close(struct weh_ecsql *engine);
/** A run or cursor begins or ends there. */
void ecsql_side_enter(struct ecsql_side *side);
void ecsql_side_leave(struct ecsql_side *side);

struct weh_query_guard ecsql_guard(struct weh_ecsql *engine, uint64_t deadline_us);

/* ---- engine.c ---- */

/** The compiled @text. Errors of ecsql_kept_acquire; WEH_E_TOO_LARGE. */
WEH_MUST_CHECK weh_err ecsql_engine_compile(struct weh_ecsql *engine, struct weh_str text,
                                            struct ecsql_kept **out, struct weh_diag *diag);
/** @request's run, on the session's own connection. */
struct ecsql_run ecsql_run_of(struct weh_ecsql *engine, const struct weh_ecsql_request *request,
                              struct ecsql_kept *kept, struct weh_arena *arena);
/** Close the cursors that could not be closed when they should have been. */
void ecsql_close_left(struct weh_ecsql *engine);

/* ---- run.c ---- */

/** What ended a page. */
enum ecsql_page_end {
    PAGE_DONE, /* no rows are left, or as many as were asked for were sent */
    PAGE_ROWS, /* a quota; rows may be left */
    PAGE_BYTES,
    PAGE_TIME,
    PAGE_EXPIRED /* time, in the middle of a step: the statement is of no more use */
};

/** Prepare @run's statement on its side and bind its arguments. */
WEH_MUST_CHECK weh_err ecsql_run_prepare(struct weh_ecsql *engine, struct ecsql_run *run,
                                         struct weh_diag *diag);
/** Its statement is not needed any more. */
void ecsql_run_end(struct ecsql_run *run);
/** Write the rows as an array. */
WEH_MUST_CHECK weh_err ecsql_run_rows(struct weh_ecsql *engine, struct ecsql_run *run,
                                      struct weh_sink *sink, enum ecsql_page_end *end,
                                      struct weh_diag *diag);
/** Write the members rows, done and partial. */
WEH_MUST_CHECK weh_err ecsql_run_page(struct weh_ecsql *engine, struct ecsql_run *run,
                                      struct weh_sink *sink, enum ecsql_page_end *end,
                                      struct weh_diag *diag);

#endif
