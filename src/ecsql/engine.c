/* src/ecsql/engine.c - queries of one session: compiled ones kept, rows sent, cursors.
 *
 * A compiled query is kept by its text (the catalogue is the engine's). What a quota leaves over stays in
 * its SQLite statement, which a cursor holds; an edit ends it, because SQLite does not say what such a
 * statement sees then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/clock.h"
#include "weh/db_query.h"

#include "function.h"
#include "functions.h"
#include "instance_read.h"

#define KEPT 32

/* Bytes of a reply may be this much more: a row is sent whole. */
struct kept {
    char *text;
    size_t len;
    struct ecsql_statement statement;
    uint32_t n_users; /* cursors */
    uint64_t used;    /* tick of the last use */
};

/* What is sent is the rest of this. */
struct run {
    struct kept *kept;
    sqlite3_stmt *stmt;
    struct ecsql_row_style style;
    struct weh_ecsql_limits quota;
    uint64_t skip;  /* rows still to leave out */
    uint64_t count; /* rows still to send */
};

struct cursor {
    uint64_t id; /* 0: free */
    struct run run;
    int64_t changes; /* of the connection, when it was opened */
    uint64_t n_rollbacks;
};

struct weh_ecsql {
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_ecsql_limits limits;
    struct kept *kept[KEPT];
    uint64_t tick;
    uint64_t next_cursor;
    struct ecsql_instances *instances;
    struct cursor *cursors; /* limits.cursors */
};

/* ---- what SQLite lets through ---- */

static bool may_read(void *ctx, const char *table)
{
    static const char *const others[] = { "ec_cache_ClassHierarchy", "json_each", "json_tree",
                                          "be_Prop" };
    const struct weh_ecsql *engine = ctx;

    if (weh_ec_table_by_name(engine->catalog, weh_str_from(table)) != NULL) {
        return true;
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(others); i++) {
        if (strcmp(table, others[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool may_call(void *ctx, const char *function)
{
    (void)ctx;
    return ecsql_function_allowed(function);
}

static struct weh_query_guard guard_of(struct weh_ecsql *engine, uint64_t deadline_us)
{
    return (struct weh_query_guard){ .may_read = may_read,
                                     .may_call = may_call,
                                     .ctx = engine,
                                     .deadline_us = deadline_us,
                                     .value_bytes = engine->limits.value_bytes };
}

/* ---- life ---- */

/* A virtual table prepares statements of its own when it is first used: not under a guard. */
static weh_err warm_up(struct weh_ecsql *engine, struct weh_diag *diag)
{
    weh_err err = weh_db_exec(engine->briefcase,
                              "SELECT 1 FROM json_each('[]');SELECT 1 FROM json_tree('[]')", diag);

    if (err != WEH_OK ||
        weh_ec_table_by_name(engine->catalog, WEH_STR("dgn_SpatialIndex")) == NULL) {
        return err;
    }
    return weh_db_exec(engine->briefcase, "SELECT 1 FROM dgn_SpatialIndex LIMIT 0", diag);
}

weh_err weh_ecsql_create(struct weh_briefcase *briefcase, const struct weh_ec_catalog *catalog,
                         const struct weh_ecsql_limits *limits, struct weh_ecsql **out,
                         struct weh_diag *diag)
{
    struct weh_ecsql *engine = weh_calloc(1, sizeof(*engine));
    weh_err err = WEH_OK;
    int rc;

    weh_assert(briefcase != NULL && catalog != NULL && limits != NULL && out != NULL);
    if (engine == NULL) {
        return weh_fail_nomem(diag);
    }
    engine->briefcase = briefcase;
    engine->catalog = catalog;
    engine->limits = *limits;
    /* No cursor of an engine before this one has the same name. */
    engine->next_cursor = weh_clock_mono_us();
    engine->cursors = weh_calloc(limits->cursors + (size_t)1, sizeof(*engine->cursors));
    if (engine->cursors == NULL) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    engine->instances = ecsql_instances_create(briefcase, catalog, limits->value_bytes);
    if (engine->instances == NULL) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    rc = ecsql_functions_register(weh_briefcase_db(briefcase), catalog);
    if (rc == SQLITE_OK) {
        rc = ecsql_instances_register(weh_briefcase_db(briefcase), engine->instances);
    }
    if (rc != SQLITE_OK) {
        err = weh_db_fail(briefcase, rc, diag);
        goto out;
    }
    err = warm_up(engine, diag);
    if (err != WEH_OK) {
        goto out;
    }
    *out = engine;
    engine = NULL;
out:
    weh_ecsql_destroy(engine);
    return err;
}

static void kept_destroy(struct kept *kept)
{
    if (kept == NULL) {
        return;
    }
    ecsql_statement_fini(&kept->statement);
    weh_free(kept->text);
    weh_free(kept);
}

static void cursor_close(struct weh_ecsql *engine, struct cursor *cursor)
{
    if (cursor->id == 0) {
        return;
    }
    weh_stmt_release(engine->briefcase, cursor->run.stmt);
    cursor->run.kept->n_users--;
    cursor->id = 0;
}

void weh_ecsql_close_all(struct weh_ecsql *engine)
{
    for (uint32_t i = 0; engine != NULL && engine->cursors != NULL && i < engine->limits.cursors;
         i++) {
        cursor_close(engine, &engine->cursors[i]);
    }
}

void weh_ecsql_destroy(struct weh_ecsql *engine)
{
    if (engine == NULL) {
        return;
    }
    weh_ecsql_close_all(engine);
    for (size_t i = 0; i < KEPT; i++) {
        kept_destroy(engine->kept[i]);
    }
    ecsql_instances_destroy(engine->instances);
    weh_free(engine->cursors);
    weh_free(engine);
}

/* ---- compiled queries ---- */

static struct kept *kept_find(struct weh_ecsql *engine, struct weh_str text)
{
    for (size_t i = 0; i < KEPT; i++) {
        struct kept *kept = engine->kept[i];

        if (kept != NULL && kept->len == text.len && memcmp(kept->text, text.ptr, text.len) == 0) {
            kept->used = ++engine->tick;
            return kept;
        }
    }
    return NULL;
}

/* The place of the one that was used longest ago; NULL when cursors hold all of them. */
static struct kept **kept_place(struct weh_ecsql *engine)
{
    struct kept **oldest = NULL;

    for (size_t i = 0; i < KEPT; i++) {
        if (engine->kept[i] == NULL) {
            return &engine->kept[i];
        }
        if (engine->kept[i]->n_users == 0 &&
            (oldest == NULL || engine->kept[i]->used < (*oldest)->used)) {
            oldest = &engine->kept[i];
        }
    }
    return oldest;
}

static weh_err kept_acquire(struct weh_ecsql *engine, struct weh_str text, struct kept **out,
                            struct weh_diag *diag)
{
    struct kept *kept = kept_find(engine, text);
    struct kept **place = kept == NULL ? kept_place(engine) : NULL;
    weh_err err;

    *out = kept;
    if (kept != NULL) {
        return WEH_OK;
    }
    if (place == NULL) {
        return weh_fail(diag, WEH_E_LIMIT, "too many cursors are open");
    }
    kept = weh_calloc(1, sizeof(*kept));
    if (kept == NULL) {
        return weh_fail_nomem(diag);
    }
    kept->text = weh_strndup(text.ptr == NULL ? "" : text.ptr, text.len);
    kept->len = text.len;
    kept->used = ++engine->tick;
    err = kept->text == NULL
              ? weh_fail_nomem(diag)
              : ecsql_compile(engine->briefcase, engine->catalog, text, &kept->statement, diag);
    if (err != WEH_OK) {
        kept_destroy(kept);
        return err;
    }
    kept_destroy(*place);
    *place = kept;
    *out = kept;
    return WEH_OK;
}

/* ---- rows ---- */

/* What ended a page. */
enum page_end {
    PAGE_DONE, /* no rows are left, or as many as were asked for were sent */
    PAGE_ROWS, /* a quota; rows may be left */
    PAGE_BYTES,
    PAGE_TIME,
    PAGE_EXPIRED /* time, in the middle of a step: the statement is of no more use */
};

/* What is sent of one page. */
struct sent {
    uint64_t deadline_us;
    uint64_t bytes;
    uint32_t n;
};

static enum page_end full(const struct run *run, const struct sent *sent)
{
    if (run->count == 0) {
        return PAGE_DONE;
    }
    if (sent->n >= run->quota.rows) {
        return PAGE_ROWS;
    }
    if (sent->bytes >= run->quota.bytes) {
        return PAGE_BYTES;
    }
    /* The clock is asked now and then: SQLite's own steps look at it too. */
    return (sent->n & 63) == 0 && weh_clock_mono_us() >= sent->deadline_us ? PAGE_TIME : PAGE_DONE;
}

/* The row at hand. */
static weh_err send_row(struct run *run, struct sent *sent, struct weh_sink *sink,
                        struct weh_diag *diag)
{
    if (run->skip > 0) {
        run->skip--;
        return WEH_OK;
    }
    sent->n++;
    run->count--;
    return ecsql_row_write(&run->kept->statement, &run->style, run->stmt, sink, &sent->bytes, diag);
}

static weh_err send_rows(struct weh_ecsql *engine, struct run *run, struct weh_sink *sink,
                         enum page_end *end, struct weh_diag *diag)
{
    struct sent sent = { .deadline_us = weh_clock_mono_us() + (uint64_t)run->quota.time_ms * 1000 };
    struct weh_query_guard guard = guard_of(engine, sent.deadline_us);
    bool row = run->count > 0;
    bool expired = false;
    weh_err err = WEH_OK;

    *end = PAGE_DONE;
    while (err == WEH_OK && row && run->count > 0 && *end == PAGE_DONE) {
        err = weh_query_step(engine->briefcase, &guard, run->stmt, &row, &expired, diag);
        if (err == WEH_OK && row) {
            err = send_row(run, &sent, sink, diag);
            *end = full(run, &sent);
        }
    }
    *end = expired ? PAGE_EXPIRED : *end;
    return err;
}

static weh_err page(struct weh_ecsql *engine, struct run *run, struct weh_sink *sink,
                    enum page_end *end, struct weh_diag *diag)
{
    weh_err err;

    weh_sink_key(sink, "rows");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    err = send_rows(engine, run, sink, end, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_end(sink);
    weh_sink_key(sink, "done");
    weh_sink_bool(sink, *end == PAGE_DONE);
    if (*end != PAGE_DONE) {
        weh_sink_key(sink, "partial");
        weh_sink_text(sink, *end == PAGE_ROWS ? "rows" : *end == PAGE_BYTES ? "bytes" : "time");
    }
    return WEH_OK;
}

static int64_t changes_of(struct weh_ecsql *engine)
{
    return sqlite3_total_changes64(weh_briefcase_db(engine->briefcase));
}

/* Keep @run, whose statement the cursor takes. */
static weh_err cursor_open(struct weh_ecsql *engine, const struct run *run, struct weh_sink *sink,
                           struct weh_diag *diag)
{
    char text[32];

    for (uint32_t i = 0; i < engine->limits.cursors; i++) {
        struct cursor *cursor = &engine->cursors[i];

        if (cursor->id != 0) {
            continue;
        }
        cursor->id = ++engine->next_cursor;
        cursor->run = *run;
        cursor->run.kept->n_users++;
        cursor->changes = changes_of(engine);
        cursor->n_rollbacks = weh_briefcase_rollback_count(engine->briefcase);
        (void)snprintf(text, sizeof(text), "c%llu", (unsigned long long)cursor->id);
        weh_sink_key(sink, "cursor");
        weh_sink_text(sink, text);
        return WEH_OK;
    }
    return weh_fail(diag, WEH_E_LIMIT, "%u cursors are open: close some", engine->limits.cursors);
}

/* ---- calls ---- */

static uint32_t lesser(uint32_t asked, uint32_t most)
{
    return asked == 0 || asked > most ? most : asked;
}

static struct run run_of(struct weh_ecsql *engine, const struct weh_ecsql_request *request,
                         struct kept *kept)
{
    return (struct run){
        .kept = kept,
        .style = { .rows = request->rows,
                   .js_values = request->js_values,
                   .class_names = request->class_names,
                   .abbreviate_blobs = request->abbreviate_blobs,
                   .trim_nulls = request->trim_nulls },
        .quota = { .time_ms = lesser(request->quota.time_ms, engine->limits.time_ms),
                   .rows = lesser(request->quota.rows, engine->limits.rows),
                   .bytes = lesser(request->quota.bytes, engine->limits.bytes) },
        .skip = request->offset,
        .count = request->count,
    };
}

weh_err weh_ecsql_query(struct weh_ecsql *engine, const struct weh_ecsql_request *request,
                        struct weh_arena *arena, struct weh_sink *sink, struct weh_diag *diag)
{
    struct weh_query_guard guard = guard_of(engine, 0);
    struct kept *kept = NULL;
    enum page_end end = PAGE_DONE;
    struct run run;
    weh_err err;

    if (request->text.len > engine->limits.text_bytes) {
        return weh_fail_where(diag, WEH_E_TOO_LARGE, "ecsql", "the query is too long");
    }
    err = kept_acquire(engine, request->text, &kept, diag);
    if (err != WEH_OK) {
        return err;
    }
    run = run_of(engine, request, kept);
    err = weh_query_acquire(engine->briefcase, &guard, kept->statement.sql, &run.stmt, diag);
    if (err == WEH_OK) {
        err = ecsql_bind(&kept->statement, request->args, run.stmt, arena, diag);
    }
    if (err != WEH_OK) {
        goto out;
    }
    weh_sink_key(sink, "columns");
    ecsql_columns_write(&kept->statement, request->abbreviate_blobs, sink);
    err = page(engine, &run, sink, &end, diag);
    if (err == WEH_OK && end != PAGE_DONE && end != PAGE_EXPIRED) {
        err = cursor_open(engine, &run, sink, diag);
        run.stmt = err == WEH_OK ? NULL : run.stmt;
    }
out:
    weh_stmt_release(engine->briefcase, run.stmt);
    return err;
}

static struct cursor *cursor_find(struct weh_ecsql *engine, struct weh_str id)
{
    char text[32];

    for (uint32_t i = 0; i < engine->limits.cursors; i++) {
        if (engine->cursors[i].id == 0) {
            continue;
        }
        (void)snprintf(text, sizeof(text), "c%llu", (unsigned long long)engine->cursors[i].id);
        if (weh_str_eq_text(id, text)) {
            return &engine->cursors[i];
        }
    }
    return NULL;
}

static weh_err no_cursor(struct weh_diag *diag)
{
    return weh_fail_where(diag, WEH_E_CURSOR_INVALID, "cursor", "no such cursor is open");
}

weh_err weh_ecsql_next(struct weh_ecsql *engine, struct weh_str id, struct weh_arena *arena,
                       struct weh_sink *sink, struct weh_diag *diag)
{
    struct cursor *cursor = cursor_find(engine, id);
    enum page_end end = PAGE_DONE;
    weh_err err;

    (void)arena;
    if (cursor == NULL) {
        return no_cursor(diag);
    }
    if (cursor->changes != changes_of(engine) ||
        cursor->n_rollbacks != weh_briefcase_rollback_count(engine->briefcase)) {
        cursor_close(engine, cursor);
        return weh_fail_where(diag, WEH_E_CURSOR_INVALID, "cursor",
                              "something was edited since the cursor was opened");
    }
    err = page(engine, &cursor->run, sink, &end, diag);
    if (err == WEH_OK && end != PAGE_DONE && end != PAGE_EXPIRED) {
        weh_sink_key(sink, "cursor");
        weh_sink_str(sink, id);
    } else {
        cursor_close(engine, cursor);
    }
    return err;
}

weh_err weh_ecsql_close(struct weh_ecsql *engine, struct weh_str id, struct weh_diag *diag)
{
    struct cursor *cursor = cursor_find(engine, id);

    if (cursor == NULL) {
        return no_cursor(diag);
    }
    cursor_close(engine, cursor);
    return WEH_OK;
}
