/* include/weh/ecsql.h - queries in ECSQL over one open briefcase.
 *
 * The language is that of the native library 5.1.72 (its concurrent query): what it answers, with the
 * same values, column metadata and refusals. Read-only: nothing but SELECT, WITH, VALUES and some
 * PRAGMAs is understood, and SQLite's authorizer lets nothing but reads of the iModel's own tables
 * through. A query sees what its session has not saved yet.
 *
 * An engine belongs to one briefcase and is used by one thread at a time.
 */
#ifndef WEH_ECSQL_H
#define WEH_ECSQL_H

#include "weh/arena.h"
#include "weh/ec.h"
#include "weh/err.h"
#include "weh/sink.h"
#include "weh/str.h"
#include "weh/value.h"

struct weh_briefcase;
struct weh_ecsql;

/** Further connections that an engine opens at a time. */
#define WEH_ECSQL_BESIDE 8

struct weh_ecsql_limits {
    uint32_t time_ms;         /* of one call */
    uint32_t rows;            /* of one reply */
    uint32_t bytes;           /* of one reply's texts and blobs, roughly */
    uint32_t value_bytes;     /* of one text or blob that a query makes */
    uint32_t text_bytes;      /* of a query */
    uint32_t cursors;         /* open at a time */
    uint64_t temporary_bytes; /* of a query, in temporary files */
    uint32_t slice_ms;        /* how long a query may hold up an edit that waits for it */
};

/** What became of those of the session that waited. */
enum weh_ecsql_others {
    WEH_ECSQL_OTHERS_RAN,
    WEH_ECSQL_OTHERS_WAIT, /* some of them, for the query's end; edits do not */
    WEH_ECSQL_OTHERS_STOP  /* what waits first does, and all behind it */
};

/** What an engine asks of whoever runs its session, so that a long query holds up no edits; all of it in
 * the thread of the query. Members may be NULL: then nothing gives way. */
struct weh_ecsql_host {
    void *ctx;
    /** True when an edit of the same session waits, or (@by_reads) any request. Called often. */
    bool (*is_waited_for)(void *ctx, bool by_reads);
    /** True when the file, as it was saved, is what the session sees, and nobody else can change it. */
    bool (*may_run_beside)(void *ctx);
    /** Another connection to the file, which reads what is saved; NULL: not now. The engine gives it back
     * to close_beside. */
    struct weh_briefcase *(*open_beside)(void *ctx);
    void (*close_beside)(void *ctx, struct weh_briefcase *beside);
    /** Run of what waits a bounded part, within the query: it may edit and save, and query too, but not go on
     * with a cursor or close the engine. */
    enum weh_ecsql_others (*run_waiting)(void *ctx);
    /** A query has come whose compiled form was kept, or was not. */
    void (*count_kept)(void *ctx, bool was_kept);
};

/**
 * An engine for @briefcase, whose catalogue @catalog is; both kept, and must outlive it.
 *
 * @limits  copied.
 * @host    copied; NULL: nobody waits.
 *
 * WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_ecsql_create(struct weh_briefcase *briefcase,
                                        const struct weh_ec_catalog *catalog,
                                        const struct weh_ecsql_limits *limits,
                                        const struct weh_ecsql_host *host, struct weh_ecsql **out,
                                        struct weh_diag *diag);
/** Closes its cursors (NULL is fine). */
void weh_ecsql_destroy(struct weh_ecsql *engine);

enum weh_ecsql_rows {
    WEH_ECSQL_NAMES,    /* objects by ECSQL names, without members that are NULL */
    WEH_ECSQL_JS_NAMES, /* objects by JavaScript names */
    WEH_ECSQL_ARRAYS    /* by position */
};

/** How a query went, by the numbers of DbResponseStatus (@itwin/core-common). */
enum weh_ecsql_status {
    WEH_ECSQL_DONE = 1,
    WEH_ECSQL_CANCELLED = 2,
    WEH_ECSQL_PARTIAL = 3,
    WEH_ECSQL_TIMEOUT = 4, /* partial, without a row */
    WEH_ECSQL_BAD_QUERY = 101,
    WEH_ECSQL_BAD_STEP = 102,
    WEH_ECSQL_BAD_ROW = 103,
    WEH_ECSQL_BAD_ARGS = 104,
    WEH_ECSQL_BAD_BLOB = 105,
    WEH_ECSQL_BAD_RANGE = 106
};

/** What a reply in another form than weh_ecsql_query's own has to know. */
struct weh_ecsql_outcome {
    enum weh_ecsql_status status;
    uint64_t n_rows; /* sent */
    /* Of weh_ecsql_rows (weh/ecsql_rows.h). */
    uint64_t n_bytes;
    uint64_t prepare_us;
    struct weh_ecsql_limits limits; /* that counted: time_ms, rows, bytes */
};

struct weh_ecsql_request {
    struct weh_str text;
    const struct weh_value
        *args;       /* array by position, or map by name ("1": by position); or NULL */
    uint64_t offset; /* rows to leave out */
    uint64_t count;  /* rows at most; UINT64_MAX: all */
    enum weh_ecsql_rows rows;
    bool js_values;                    /* members of structs, points, ... named as in JavaScript */
    bool class_names;                  /* class ids as names */
    bool abbreviate_blobs;             /* sizes in place of blobs */
    bool trim_nulls;                   /* an array ends with its last value that is not NULL */
    struct weh_ecsql_limits quota;     /* 0: as the engine's; never more than that */
    struct weh_ecsql_outcome *outcome; /* filled, also on failure; or NULL */
    /* Of weh_ecsql_rows. */
    bool saved;   /* sees what was saved last, and nothing else */
    bool columns; /* tell them */
    size_t (*length)(
        void *ctx); /* of the reply so far: counts as its bytes; NULL: texts and blobs do */
    void *length_ctx;
};

/**
 * Run a query: write the members columns, rows, done, and perhaps partial and cursor, into an open map of
 * @sink.
 *
 * @arena  scratch, also for the sink.
 *
 * done is false when rows are left: then cursor brings them (weh_ecsql_next). partial ("time", "rows",
 * "bytes") tells which quota ended the reply; when time did, there may be no cursor. Time also means that
 * an edit waited and the query could not go on beside it.
 *
 * On failure what was written is of no use. WEH_E_QUERY (where is the place in the text), WEH_E_BAD_ARGS
 * (args), WEH_E_LIMIT (cursors), WEH_E_CANCELLED, WEH_E_CORRUPT, WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_ecsql_query(struct weh_ecsql *engine,
                                       const struct weh_ecsql_request *request,
                                       struct weh_arena *arena, struct weh_sink *sink,
                                       struct weh_diag *diag);

/** True while rows of a query are sent: what runs then does so within it. False when @engine is NULL. */
bool weh_ecsql_is_running(const struct weh_ecsql *engine);

/** More rows of the cursor @id, as weh_ecsql_query writes them, without columns. WEH_E_CURSOR_INVALID:
 * it is not there, or something was edited meanwhile. */
WEH_MUST_CHECK weh_err weh_ecsql_next(struct weh_ecsql *engine, struct weh_str id,
                                      struct weh_sink *sink, struct weh_diag *diag);
/** Close a cursor. WEH_E_CURSOR_INVALID: it is not there. */
WEH_MUST_CHECK weh_err weh_ecsql_close(struct weh_ecsql *engine, struct weh_str id,
                                       struct weh_diag *diag);
/** Close all cursors: something is edited, undone or dropped. Nothing when @engine is NULL. */
void weh_ecsql_close_all(struct weh_ecsql *engine);
/** Rows that its briefcase's connection has changed so far; 0 when @engine is NULL. */
int64_t weh_ecsql_changes(const struct weh_ecsql *engine);
/** What was unsaved is saved now, and is as it was: cursors stay. Nothing when @engine is NULL. */
void weh_ecsql_saved(struct weh_ecsql *engine);
/** Give up what can be made again at once, unless a cursor needs it. Nothing when @engine is NULL. */
void weh_ecsql_rest(struct weh_ecsql *engine);

/**
 * Write into an open map of @sink the members sql, which a query would run, and plan, as SQLite tells it:
 * {id, parent, detail} each. Nothing is run. Errors as weh_ecsql_query.
 */
WEH_MUST_CHECK weh_err weh_ecsql_explain(struct weh_ecsql *engine, struct weh_str text,
                                         struct weh_arena *arena, struct weh_sink *sink,
                                         struct weh_diag *diag);

#endif
