/* src/ecsql/engine.c - queries of one session: their calls and cursors.
 *
 * What a quota leaves over stays in its SQLite statement, which a cursor holds; an edit ends it, because
 * SQLite does not say what such a statement sees then. The rows are sent in run.c.
 */
#include "engine.h"

#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/clock.h"

/* ---- life ---- */

weh_err weh_ecsql_create(struct weh_briefcase *briefcase, const struct weh_ec_catalog *catalog,
                         const struct weh_ecsql_limits *limits, const struct weh_ecsql_host *host,
                         struct weh_ecsql **out, struct weh_diag *diag)
{
    struct weh_ecsql *engine = weh_calloc(1, sizeof(*engine));
    weh_err err = WEH_OK;

    weh_assert(briefcase != NULL && catalog != NULL && limits != NULL && out != NULL);
    if (engine == NULL) {
        return weh_fail_nomem(diag);
    }
    engine->catalog = catalog;
    engine->limits = *limits;
    if (host != NULL) {
        engine->host = *host;
    }
    /* No cursor of an engine before this one has the same name. */
    engine->next_cursor = weh_clock_mono_us();
    engine->cursors = weh_calloc(limits->cursors + (size_t)1, sizeof(*engine->cursors));
    err = engine->cursors == NULL ? weh_fail_nomem(diag)
                                  : ecsql_side_init(engine, &engine->own, briefcase, diag);
    if (err != WEH_OK) {
        goto out;
    }
    *out = engine;
    engine = NULL;
out:
    weh_ecsql_destroy(engine);
    return err;
}

static void cursor_close(struct ecsql_cursor *cursor)
{
    if (cursor->id == 0 || cursor->is_running) {
        return;
    }
    cursor->is_over = cursor->run.side->is_busy;
    if (!cursor->is_over) {
        ecsql_run_end(&cursor->run);
        cursor->id = 0;
    }
}

void ecsql_close_left(struct weh_ecsql *engine)
{
    for (uint32_t i = 0; i < engine->limits.cursors; i++) {
        if (engine->cursors[i].is_over) {
            cursor_close(&engine->cursors[i]);
        }
    }
}

void weh_ecsql_close_all(struct weh_ecsql *engine)
{
    if (engine == NULL) {
        return;
    }
    engine->n_closings++;
    for (uint32_t i = 0; engine->cursors != NULL && i < engine->limits.cursors; i++) {
        cursor_close(&engine->cursors[i]);
    }
}

void weh_ecsql_rest(struct weh_ecsql *engine)
{
    if (engine != NULL) {
        ecsql_beside_close(engine);
    }
}

void weh_ecsql_destroy(struct weh_ecsql *engine)
{
    if (engine == NULL) {
        return;
    }
    weh_ecsql_close_all(engine);
    ecsql_beside_close(engine);
    ecsql_side_fini(&engine->own);
    ecsql_kept_clear(&engine->kept);
    weh_free(engine->cursors);
    weh_free(engine);
}

/* ---- cursors ---- */

int64_t weh_ecsql_changes(const struct weh_ecsql *engine)
{
    return engine == NULL ? 0 : sqlite3_total_changes64(weh_briefcase_db(engine->own.briefcase));
}

void weh_ecsql_saved(struct weh_ecsql *engine)
{
    for (uint32_t i = 0; engine != NULL && i < engine->limits.cursors; i++) {
        engine->cursors[i].changes = weh_ecsql_changes(engine);
    }
}

static void put_cursor(struct weh_sink *sink, uint64_t id)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "c%llu", (unsigned long long)id);
    weh_sink_key(sink, "cursor");
    weh_sink_text(sink, text);
}

/* Keep @run, which the cursor takes unless all of them were closed meanwhile: then its name is one that
 * is not there any more. */
static weh_err cursor_open(struct weh_ecsql *engine, struct ecsql_run *run, uint64_t n_closings,
                           struct weh_sink *sink, struct weh_diag *diag)
{
    if (n_closings != engine->n_closings) {
        put_cursor(sink, ++engine->next_cursor);
        ecsql_run_end(run);
        return WEH_OK;
    }
    for (uint32_t i = 0; i < engine->limits.cursors; i++) {
        struct ecsql_cursor *cursor = &engine->cursors[i];

        if (cursor->id != 0) {
            continue;
        }
        run->args = NULL;
        run->arena = NULL;
        run->has_args = false;
        *cursor = (struct ecsql_cursor){ .id = ++engine->next_cursor,
                                         .run = *run,
                                         .changes = weh_ecsql_changes(engine),
                                         .n_rollbacks =
                                             weh_briefcase_rollback_count(engine->own.briefcase) };
        put_cursor(sink, cursor->id);
        return WEH_OK;
    }
    ecsql_run_end(run);
    return weh_fail(diag, WEH_E_LIMIT, "%u cursors are open: close some", engine->limits.cursors);
}

/* ---- calls ---- */

static uint32_t lesser(uint32_t asked, uint32_t most)
{
    return asked == 0 || asked > most ? most : asked;
}

struct ecsql_run ecsql_run_of(struct weh_ecsql *engine, const struct weh_ecsql_request *request,
                              struct ecsql_kept *kept, struct weh_arena *arena)
{
    return (struct ecsql_run){
        .kept = kept,
        .side = &engine->own,
        .style = { .rows = request->rows,
                   .js_values = request->js_values,
                   .class_names = request->class_names,
                   .abbreviate_blobs = request->abbreviate_blobs,
                   .trim_nulls = request->trim_nulls },
        .quota = { .time_ms = lesser(request->quota.time_ms, engine->limits.time_ms),
                   .rows = lesser(request->quota.rows, engine->limits.rows),
                   .bytes = lesser(request->quota.bytes, engine->limits.bytes) },
        .space = { .limit_bytes = engine->limits.temporary_bytes },
        .skip = request->offset,
        .count = request->count,
        .offset = request->offset,
        .args = request->args,
        .arena = arena,
        .has_args = true,
    };
}

weh_err ecsql_engine_compile(struct weh_ecsql *engine, struct weh_str text, struct ecsql_kept **out,
                             struct weh_diag *diag)
{
    return text.len > engine->limits.text_bytes
               ? weh_fail_where(diag, WEH_E_TOO_LARGE, "ecsql", "the query is too long")
               : ecsql_kept_acquire(engine, text, out, diag);
}

static void tell_outcome(const struct weh_ecsql_request *request, enum weh_ecsql_status status,
                         uint64_t n_rows, weh_err err)
{
    if (request->outcome != NULL) {
        request->outcome->status = err == WEH_E_CANCELLED ? WEH_ECSQL_CANCELLED : status;
        request->outcome->n_rows = n_rows;
    }
}

weh_err weh_ecsql_query(struct weh_ecsql *engine, const struct weh_ecsql_request *request,
                        struct weh_arena *arena, struct weh_sink *sink, struct weh_diag *diag)
{
    const uint64_t n_closings = engine->n_closings;
    struct ecsql_kept *kept = NULL;
    enum ecsql_page_end end = PAGE_DONE;
    struct ecsql_run run;
    weh_err err = ecsql_engine_compile(engine, request->text, &kept, diag);

    tell_outcome(request, WEH_ECSQL_BAD_QUERY, 0, err);
    if (err != WEH_OK) {
        return err;
    }
    run = ecsql_run_of(engine, request, kept, arena);
    err = ecsql_run_prepare(engine, &run, diag);
    tell_outcome(request, run.status, 0, err);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_key(sink, "columns");
    ecsql_columns_write(&kept->statement, request->abbreviate_blobs, sink);
    err = ecsql_run_page(engine, &run, sink, &end, diag);
    ecsql_close_left(engine);
    tell_outcome(request, run.status, run.n_sent, err);
    if (err == WEH_OK && end != PAGE_DONE && end != PAGE_EXPIRED) {
        return cursor_open(engine, &run, n_closings, sink, diag);
    }
    ecsql_run_end(&run);
    return err;
}

static struct ecsql_cursor *cursor_find(struct weh_ecsql *engine, struct weh_str id)
{
    char text[32];

    for (uint32_t i = 0; i < engine->limits.cursors; i++) {
        if (engine->cursors[i].id == 0 || engine->cursors[i].is_over) {
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

weh_err weh_ecsql_next(struct weh_ecsql *engine, struct weh_str id, struct weh_sink *sink,
                       struct weh_diag *diag)
{
    const uint64_t n_closings = engine->n_closings;
    struct ecsql_cursor *cursor = cursor_find(engine, id);
    enum ecsql_page_end end = PAGE_DONE;
    weh_err err;

    if (cursor == NULL || cursor->is_running) {
        return no_cursor(diag);
    }
    if (cursor->changes != weh_ecsql_changes(engine) ||
        cursor->n_rollbacks != weh_briefcase_rollback_count(engine->own.briefcase)) {
        cursor_close(cursor);
        return weh_fail_where(diag, WEH_E_CURSOR_INVALID, "cursor",
                              "something was edited since the cursor was opened");
    }
    cursor->is_running = true;
    err = ecsql_run_page(engine, &cursor->run, sink, &end, diag);
    cursor->is_running = false;
    ecsql_close_left(engine);
    if (err == WEH_OK && end != PAGE_DONE && end != PAGE_EXPIRED) {
        weh_sink_key(sink, "cursor");
        weh_sink_str(sink, id);
        if (n_closings == engine->n_closings) {
            return WEH_OK;
        }
    }
    cursor_close(cursor);
    return err;
}

weh_err weh_ecsql_close(struct weh_ecsql *engine, struct weh_str id, struct weh_diag *diag)
{
    struct ecsql_cursor *cursor = cursor_find(engine, id);

    if (cursor == NULL || cursor->is_running) {
        return no_cursor(diag);
    }
    cursor_close(cursor);
    return WEH_OK;
}

/* ---- explaining ---- */

/* The plan as SQLite tells it: a tree, by the ids of its rows. */
static weh_err put_plan(struct weh_ecsql *engine, const struct weh_query_guard *guard,
                        sqlite3_stmt *stmt, struct weh_sink *sink, struct weh_diag *diag)
{
    bool row = true;
    bool expired = false;
    weh_err err = WEH_OK;

    weh_sink_key(sink, "plan");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    while (err == WEH_OK && row) {
        err = weh_query_step(engine->own.briefcase, guard, stmt, &row, &expired, diag);
        if (err == WEH_OK && row) {
            weh_sink_map_begin(sink, 3);
            weh_sink_key(sink, "id");
            weh_sink_int(sink, sqlite3_column_int64(stmt, 0));
            weh_sink_key(sink, "parent");
            weh_sink_int(sink, sqlite3_column_int64(stmt, 1));
            weh_sink_key(sink, "detail");
            weh_sink_str(sink, weh_stmt_text(stmt, 3));
            weh_sink_map_end(sink);
        }
    }
    weh_sink_array_end(sink);
    return err;
}

weh_err weh_ecsql_explain(struct weh_ecsql *engine, struct weh_str text, struct weh_arena *arena,
                          struct weh_sink *sink, struct weh_diag *diag)
{
    static const char head[] = "EXPLAIN QUERY PLAN ";
    const struct weh_query_guard guard = ecsql_guard(engine, 0);
    struct ecsql_kept *kept = NULL;
    sqlite3_stmt *stmt = NULL;
    char *sql = NULL;
    size_t len;
    weh_err err = ecsql_engine_compile(engine, text, &kept, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_assert(kept != NULL);
    len = strlen(kept->statement.sql);
    sql = weh_arena_alloc(arena, sizeof(head) + len);
    if (sql == NULL) {
        return weh_fail_nomem(diag);
    }
    memcpy(sql, head, sizeof(head) - 1);
    memcpy(sql + sizeof(head) - 1, kept->statement.sql, len + 1);
    err = weh_query_acquire(engine->own.briefcase, &guard, sql, &stmt, diag);
    if (err == WEH_OK) {
        weh_sink_key(sink, "sql");
        weh_sink_text(sink, kept->statement.sql);
        err = put_plan(engine, &guard, stmt, sink, diag);
    }
    weh_stmt_release(engine->own.briefcase, stmt);
    return err;
}
