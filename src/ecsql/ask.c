/* src/ecsql/ask.c - all rows of a query as values: its pages, one after the other. */
#include <string.h>

#include "weh/clock.h"
#include "weh/ecsql_ask.h"
#include "weh/value_sink.h"

#include "engine.h"

/* A query that gives way has many pages. */
struct pages {
    struct weh_ecsql *engine;
    const struct weh_ecsql_ask *ask;
    struct weh_arena *arena;
    struct weh_diag *diag;
    struct weh_value *rows;
    uint32_t n;
    uint32_t room;
    uint64_t deadline_us;
};

/* Keep the rows of @page. */
static weh_err take_rows(struct pages *pages, const struct weh_value *page)
{
    const struct weh_value *rows = weh_value_get(page, "rows");
    const uint32_t n = rows == NULL ? 0 : rows->n;

    if (n > pages->ask->max_rows - pages->n) {
        return weh_fail(pages->diag, WEH_E_LIMIT, "the query has more than %u rows",
                        pages->ask->max_rows);
    }
    if (n > pages->room - pages->n) {
        const uint32_t room = pages->n + n > pages->room * 2 ? pages->n + n : pages->room * 2;
        struct weh_value *grown = weh_arena_array(pages->arena, room, sizeof(*grown));

        if (grown == NULL) {
            return weh_fail_nomem(pages->diag);
        }
        if (pages->n > 0) {
            memcpy(grown, pages->rows, pages->n * sizeof(*grown));
        }
        pages->rows = grown;
        pages->room = room;
    }
    if (n > 0) {
        memcpy(pages->rows + pages->n, rows->as.items, n * sizeof(*pages->rows));
    }
    pages->n += n;
    return WEH_OK;
}

/* One page: the first, or what the cursor @id has next. */
static weh_err run_page(struct pages *pages, const struct weh_value *id, struct weh_value *page)
{
    const struct weh_ecsql_request request = { .text = pages->ask->text,
                                               .args = pages->ask->args,
                                               .count = (uint64_t)pages->ask->max_rows + 1,
                                               .rows = WEH_ECSQL_ARRAYS,
                                               .trim_nulls = true };
    struct weh_value_sink sink;
    weh_err err;

    weh_value_sink_init(&sink, pages->arena);
    weh_sink_map_begin(&sink.sink, WEH_SINK_UNKNOWN);
    err = id == NULL
              ? weh_ecsql_query(pages->engine, &request, pages->arena, &sink.sink, pages->diag)
              : weh_ecsql_next(pages->engine, weh_value_str(id), &sink.sink, pages->diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_end(&sink.sink);
    err = weh_value_sink_take(&sink, page, pages->diag);
    return err == WEH_OK ? take_rows(pages, page) : err;
}

static bool is_done(const struct weh_value *page)
{
    bool done = false;

    return weh_value_to_bool(weh_value_get(page, "done"), &done) && done;
}

static weh_err takes_too_long(const struct pages *pages)
{
    return weh_fail(pages->diag, WEH_E_LIMIT, "the query takes too long");
}

static weh_err run_pages(struct pages *pages)
{
    struct weh_value page = { .type = WEH_VALUE_NULL };
    weh_err err = run_page(pages, NULL, &page);

    while (err == WEH_OK && !is_done(&page)) {
        const struct weh_value *cursor = weh_value_get(&page, "cursor");

        if (cursor == NULL) {
            return takes_too_long(pages);
        }
        if (weh_clock_mono_us() >= pages->deadline_us) {
            err = weh_ecsql_close(pages->engine, weh_value_str(cursor), pages->diag);
            return err == WEH_OK ? takes_too_long(pages) : err;
        }
        err = run_page(pages, cursor, &page);
    }
    return err;
}

weh_err weh_ecsql_ask_rows(struct weh_ecsql *engine, const struct weh_ecsql_ask *ask,
                           struct weh_arena *arena, struct weh_value *out, struct weh_diag *diag)
{
    struct pages pages = { .engine = engine, .ask = ask, .arena = arena, .diag = diag };
    weh_err err;

    pages.deadline_us = weh_clock_mono_us() + (uint64_t)engine->limits.time_ms * 1000;
    err = run_pages(&pages);
    *out = (struct weh_value){ .type = WEH_VALUE_ARRAY, .n = pages.n, .as.items = pages.rows };
    return err;
}

weh_err weh_ecsql_ask_ids(struct weh_ecsql *engine, const struct weh_ecsql_ask *ask,
                          struct weh_arena *arena, struct weh_id_list *out, struct weh_diag *diag)
{
    struct weh_value rows = { .type = WEH_VALUE_NULL };
    weh_id *ids = NULL;
    size_t n = 0;
    weh_err err = weh_ecsql_ask_rows(engine, ask, arena, &rows, diag);

    if (err != WEH_OK) {
        return err;
    }
    ids = weh_arena_array(arena, rows.n == 0 ? 1 : rows.n, sizeof(*ids));
    if (ids == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < rows.n; i++) {
        const struct weh_value *row = &rows.as.items[i];

        if (row->n > 0 && row->as.items[0].type == WEH_VALUE_STRING &&
            weh_id_parse(weh_value_str(&row->as.items[0]), &ids[n])) {
            n++;
        }
    }
    return weh_id_list_unique(ids, n, arena, out, diag);
}
