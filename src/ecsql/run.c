/* src/ecsql/run.c - the rows of one query, page by page, straight into the reply; and how it gives way.
 *
 * A query begins on the session's own connection, where it sees what is not saved. When an edit of the
 * same session waits for it longer than the slice, it gives way:
 * - nothing is unsaved, and as much time is left as it has taken: it begins anew on the connection beside,
 *   leaving out the rows that are sent already (the same statement over the same state gives the same rows,
 *   unless it is random). There, what waits runs within SQLite's progress handler: on another connection than
 *   the one that the handler belongs to;
 * - else the page ends, as if its time were over.
 */
#include "weh/clock.h"

#include "engine.h"

/* A query that has to stop may take so much longer to come to its next row, where it can go on later. */
#define ROW_GRACE_US 20000

/* What others of the session take, the query has next: but not for less, and its slice at the most. */
#define SHARE_US 1000

/* Part of its slice that a query of a stock frontend has within another one. */
#define WITHIN_SHARE 5

/* What is sent of one page. */
struct sent {
    uint64_t bytes;
    uint32_t n;
};

/* ---- giving way ---- */

/* Let others of the session run; what it takes them is not the query's time. */
static enum weh_ecsql_others let_others_run(struct weh_ecsql *engine, struct ecsql_going *going)
{
    const uint64_t slice_us = (uint64_t)engine->limits.slice_ms * 1000;
    const uint64_t started_us = weh_clock_mono_us();
    const enum weh_ecsql_others others = engine->host.run_waiting(engine->host.ctx);
    const uint64_t now_us = weh_clock_mono_us();
    uint64_t share_us = now_us - started_us;

    going->guard.deadline_us += share_us;
    going->deadline_us += share_us;
    share_us = share_us > slice_us ? slice_us : share_us;
    going->slice_end_us = now_us + (share_us < SHARE_US ? SHARE_US : share_us);
    return others;
}

static bool has_free_side(const struct weh_ecsql *engine)
{
    size_t i = 0;

    while (i < WEH_ECSQL_BESIDE && engine->beside[i].is_busy) {
        i++;
    }
    return i < WEH_ECSQL_BESIDE;
}

/* Would @run, which @going belongs to, come as far again on a connection beside, and to the same rows? */
static bool may_begin_anew(const struct weh_ecsql *engine, const struct ecsql_run *run,
                           const struct ecsql_going *going)
{
    const uint64_t now_us = weh_clock_mono_us();

    return run->has_args && !run->side->is_beside && !run->kept->statement.is_random &&
           now_us + (now_us - going->started_us) < going->deadline_us &&
           (run->is_stock || going->outer == NULL) && has_free_side(engine) &&
           engine->host.may_run_beside != NULL && engine->host.may_run_beside(engine->host.ctx);
}

/* What waits would get nothing by a reply without rows, which stock frontends ask for again at once. */
static bool stops_on_own(const struct weh_ecsql *engine, const struct ecsql_going *going)
{
    return !going->run->is_stock || going->run->n_sent > 0 ||
           may_begin_anew(engine, going->run, going);
}

static bool stops_beside(struct weh_ecsql *engine, struct ecsql_going *going)
{
    switch (let_others_run(engine, going)) {
    case WEH_ECSQL_OTHERS_STOP:
        return going->run->is_stock || engine->host.is_waited_for(engine->host.ctx, false);
    case WEH_ECSQL_OTHERS_WAIT:
        return going->run->is_stock && going->run->n_sent > 0;
    case WEH_ECSQL_OTHERS_RAN:
    default:
        return false;
    }
}

/* True when the query has to stop here. */
static bool gives_way(struct weh_ecsql *engine, uint64_t grace_us)
{
    struct ecsql_going *going = engine->going;
    const struct ecsql_run *run = going->run;
    const struct weh_ecsql_host *host = &engine->host;

    if (host->is_waited_for == NULL ||
        !host->is_waited_for(host->ctx, run->side->is_beside || run->is_stock) ||
        weh_clock_mono_us() < going->slice_end_us + grace_us) {
        return false;
    }
    going->gave_way =
        run->side->is_beside ? stops_beside(engine, going) : stops_on_own(engine, going);
    return going->gave_way;
}

/* Within a step, which cannot be taken up again: a row that comes soon is a better place, unless the query
 * lets others run in the middle, or begins anew and leaves out the rows that it has sent. (One of weh.v1 that
 * should begin anew and then cannot still has a cursor when it ends at a row.) */
static bool gives_way_within_step(void *ctx)
{
    struct weh_ecsql *engine = ctx;
    const struct ecsql_going *going = engine->going;
    const struct ecsql_run *run = going->run;
    const bool needs_row =
        !run->side->is_beside && !(run->is_stock && may_begin_anew(engine, run, going));

    return gives_way(engine, needs_row ? ROW_GRACE_US : 0);
}

/* On the session's own connection. Whatever waits has waited for the query outside already. */
static uint64_t own_slice_us(const struct weh_ecsql *engine, const struct ecsql_run *run)
{
    const uint64_t slice_us = (uint64_t)engine->limits.slice_ms * 1000;

    return run->is_stock && engine->going != NULL ? slice_us / WITHIN_SHARE : slice_us;
}

static void going_begin(struct weh_ecsql *engine, struct ecsql_run *run, uint64_t deadline_us,
                        struct ecsql_going *going)
{
    *going = (struct ecsql_going){ .outer = engine->going,
                                   .guard = ecsql_guard(engine, deadline_us + ROW_GRACE_US),
                                   .run = run,
                                   .started_us = weh_clock_mono_us(),
                                   .deadline_us = deadline_us };
    going->guard.stop = gives_way_within_step;
    going->guard.space = &run->space;
    run->side->is_busy = run->side->is_beside;
    if (!run->side->is_beside) {
        going->slice_end_us = going->started_us + own_slice_us(engine, run);
    }
    engine->going = going;
}

static void going_end(struct weh_ecsql *engine, const struct ecsql_going *going)
{
    engine->going = going->outer;
    going->run->side->is_busy = false;
}

/* ---- a statement ---- */

weh_err ecsql_run_prepare(struct weh_ecsql *engine, struct ecsql_run *run, struct weh_diag *diag)
{
    struct weh_query_guard guard = ecsql_guard(engine, 0);
    weh_err err;

    ecsql_side_enter(run->side);
    run->kept->n_users++;
    run->status = WEH_ECSQL_BAD_QUERY;
    err =
        weh_query_acquire(run->side->briefcase, &guard, run->kept->statement.sql, &run->stmt, diag);
    if (err == WEH_OK) {
        run->status = WEH_ECSQL_BAD_ARGS;
        err = ecsql_bind(&run->kept->statement, run->args, run->stmt, &run->style.shown, run->arena,
                         diag);
    }
    if (err != WEH_OK) {
        ecsql_run_end(run);
    }
    return err;
}

void ecsql_run_end(struct ecsql_run *run)
{
    weh_stmt_release(run->side->briefcase, run->stmt);
    run->stmt = NULL;
    run->kept->n_users--;
    ecsql_side_leave(run->side);
}

/* Go on beside, behind the rows that are sent; false when that cannot be. */
static bool move_beside(struct weh_ecsql *engine, struct ecsql_run *run, uint64_t n_sent)
{
    struct ecsql_run beside = *run;

    beside.side = ecsql_beside_open(engine);
    if (beside.side == NULL) {
        return false;
    }
    beside.stmt = NULL;
    beside.skip = run->offset + n_sent;
    beside.space.used_bytes = 0;
    if (ecsql_run_prepare(engine, &beside, NULL) != WEH_OK) {
        return false;
    }
    ecsql_run_end(run);
    *run = beside;
    return true;
}

/* ---- rows ---- */

static uint64_t run_bytes(const struct ecsql_run *run, const struct sent *sent)
{
    return run->length == NULL ? sent->bytes : run->length(run->length_ctx) - run->length_before;
}

static enum ecsql_page_end full(struct weh_ecsql *engine, const struct ecsql_run *run,
                                const struct sent *sent)
{
    if (run->count == 0) {
        return PAGE_DONE;
    }
    if (sent->n >= run->quota.rows) {
        return PAGE_ROWS;
    }
    if (run_bytes(run, sent) >= run->quota.bytes) {
        return PAGE_BYTES;
    }
    if (gives_way(engine, 0)) {
        return PAGE_TIME;
    }
    return weh_clock_coarse_us() >= engine->going->deadline_us ? PAGE_TIME : PAGE_DONE;
}

/* The row at hand. */
static weh_err send_row(struct ecsql_run *run, struct sent *sent, struct weh_sink *sink,
                        struct weh_diag *diag)
{
    if (run->skip > 0) {
        run->skip--;
        return WEH_OK;
    }
    sent->n++;
    run->n_sent++;
    run->count--;
    run->status = WEH_ECSQL_BAD_ROW;
    return ecsql_row_write(&run->kept->statement, &run->style, run->stmt, sink, &sent->bytes, diag);
}

/* Rows until the page ends or the query gives way. */
static weh_err send_rows(struct weh_ecsql *engine, struct ecsql_run *run, struct sent *sent,
                         struct weh_sink *sink, enum ecsql_page_end *end, struct weh_diag *diag)
{
    bool row = run->count > 0;
    bool expired = false;
    weh_err err = WEH_OK;

    *end = PAGE_DONE;
    while (err == WEH_OK && row && run->count > 0 && *end == PAGE_DONE) {
        run->status = WEH_ECSQL_BAD_STEP;
        err = weh_query_step(run->side->briefcase, &engine->going->guard, run->stmt, &row, &expired,
                             diag);
        if (err == WEH_OK && row) {
            err = send_row(run, sent, sink, diag);
            *end = full(engine, run, sent);
        }
    }
    *end = expired ? PAGE_EXPIRED : *end;
    return err;
}

static weh_err send_page(struct weh_ecsql *engine, struct ecsql_run *run, struct weh_sink *sink,
                         enum ecsql_page_end *end, struct weh_diag *diag)
{
    uint64_t deadline_us = weh_clock_mono_us() + (uint64_t)run->quota.time_ms * 1000;
    struct ecsql_going going;
    struct sent sent = { .n = 0 };
    weh_err err;

    going_begin(engine, run, deadline_us, &going);
    err = send_rows(engine, run, &sent, sink, end, diag);
    going_end(engine, &going);
    if (err != WEH_OK || !going.gave_way || *end == PAGE_DONE ||
        !may_begin_anew(engine, run, &going) || !move_beside(engine, run, sent.n)) {
        return err;
    }
    going_begin(engine, run, deadline_us, &going);
    err = send_rows(engine, run, &sent, sink, end, diag);
    going_end(engine, &going);
    return err;
}

weh_err ecsql_run_rows(struct weh_ecsql *engine, struct ecsql_run *run, struct weh_sink *sink,
                       enum ecsql_page_end *end, struct weh_diag *diag)
{
    weh_err err;

    run->length_before = run->length == NULL ? 0 : run->length(run->length_ctx);
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    err = send_page(engine, run, sink, end, diag);
    if (err == WEH_OK) {
        weh_sink_array_end(sink);
        run->status = *end == PAGE_DONE                          ? WEH_ECSQL_DONE
                      : *end == PAGE_EXPIRED && run->n_sent == 0 ? WEH_ECSQL_TIMEOUT
                                                                 : WEH_ECSQL_PARTIAL;
    }
    return err;
}

weh_err ecsql_run_page(struct weh_ecsql *engine, struct ecsql_run *run, struct weh_sink *sink,
                       enum ecsql_page_end *end, struct weh_diag *diag)
{
    weh_err err;

    weh_sink_key(sink, "rows");
    err = ecsql_run_rows(engine, run, sink, end, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_key(sink, "done");
    weh_sink_bool(sink, *end == PAGE_DONE);
    if (*end != PAGE_DONE) {
        weh_sink_key(sink, "partial");
        weh_sink_text(sink, *end == PAGE_ROWS ? "rows" : *end == PAGE_BYTES ? "bytes" : "time");
    }
    return WEH_OK;
}
