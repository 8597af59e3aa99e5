/* src/rpc/query_host.c - the query engine of a workspace, and what it asks of its session: who waits, another
 * connection, and letting others run. */
#include <time.h>

#include "weh/beside.h"
#include "weh/config.h"
#include "weh/host.h"
#include "weh/metrics.h"
#include "weh/within.h"

#include "ipc_priv.h"

static bool is_waited_for(void *ctx, bool by_reads)
{
    const struct workspace *workspace = ctx;
    const enum weh_waiting waiting = weh_session_waiting(workspace->session);

    return waiting == WEH_WAITING_EDITS || (by_reads && waiting == WEH_WAITING_READS);
}

/* A workspace that only reads has no edits to hold up, and others may write its file. */
static bool may_run_beside(void *ctx)
{
    const struct workspace *workspace = ctx;

    return !workspace->readonly && weh_briefcase_is_as_saved(workspace->briefcase);
}

static struct weh_briefcase *open_beside(void *ctx)
{
    struct workspace *workspace = ctx;
    struct weh_briefcase *beside = NULL;

    if (workspace_check_files(workspace, NULL) != WEH_OK ||
        weh_briefcase_open_beside(workspace->briefcase,
                                  (uint32_t)workspace->app->config->briefcase_cache_kb, &beside,
                                  NULL) != WEH_OK) {
        return NULL;
    }
    workspace_count_beside(workspace, true);
    return beside;
}

static void close_beside(void *ctx, struct weh_briefcase *beside)
{
    weh_briefcase_close(beside);
    workspace_count_beside(ctx, false);
}

/* What ends the query's own work, or needs its connection, waits for its end. */
static bool may_run_within(const struct weh_method *method)
{
    static const weh_handler others[] = { briefcase_close, query_close, query_next, session_close,
                                          session_renew_token };

    for (size_t i = 0; i < WEH_ARRAY_LEN(others); i++) {
        if (method->handler == others[i]) {
            return false;
        }
    }
    return (method->states & WEH_IN(READY)) != 0;
}

static enum weh_may_run may_run_v1(void *ctx, const struct weh_method *method,
                                   const struct weh_value *params)
{
    (void)ctx;
    (void)params;
    return may_run_within(method) ? WEH_MAY_RUN : WEH_MAY_RUN_AFTER;
}

uint64_t query_cpu_us(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000U + (uint64_t)time.tv_nsec / 1000U;
}

/* What the session works with, as it was before: requests within this one have desks of their own making. */
static enum weh_ecsql_others run_waiting(void *ctx)
{
    const struct workspace *workspace = ctx;
    struct desk *desk = workspace->desk;
    struct workspace *current = desk->current;
    struct desk_query *query = desk->n_queries == 0 ? NULL : desk->queries[desk->n_queries - 1];
    const uint64_t started_us = query_cpu_us();
    const struct weh_within within = { desk, desk->is_ipc ? ipc_query_may_run_within : may_run_v1 };
    const enum weh_ran ran = weh_session_run_waiting(workspace->session, &within);

    desk->current = current;
    if (query != NULL) {
        query->others_cpu_us += query_cpu_us() - started_us;
    }
    return ran == WEH_RAN_STOPPED ? WEH_ECSQL_OTHERS_STOP
           : ran == WEH_RAN_SOME  ? WEH_ECSQL_OTHERS_WAIT
                                  : WEH_ECSQL_OTHERS_RAN;
}

static void count_kept(void *ctx, bool was_kept)
{
    const struct workspace *workspace = ctx;

    weh_metrics_add(weh_host_metrics(weh_session_host(workspace->session)),
                    was_kept ? WEH_METRIC_QUERY_CACHE_HITS : WEH_METRIC_QUERY_CACHE_MISSES, 1);
}

weh_err workspace_queries(struct workspace *workspace, struct weh_ecsql **out,
                          struct weh_diag *diag)
{
    const struct weh_config *config = workspace->app->config;
    const struct weh_ecsql_limits limits = {
        .time_ms = (uint32_t)config->query_time_ms,
        .rows = (uint32_t)config->query_rows,
        .bytes = (uint32_t)config->query_bytes,
        .value_bytes = (uint32_t)config->query_value_bytes,
        .text_bytes = (uint32_t)config->query_text_bytes,
        .cursors = (uint32_t)config->query_cursors,
        .temporary_bytes = (uint64_t)config->limits_temporary_bytes,
        .slice_ms = (uint32_t)config->query_slice_ms,
    };
    const struct weh_ecsql_host host = { .ctx = workspace,
                                         .is_waited_for = is_waited_for,
                                         .may_run_beside = may_run_beside,
                                         .open_beside = open_beside,
                                         .close_beside = close_beside,
                                         .run_waiting = run_waiting,
                                         .count_kept = count_kept };
    weh_err err = WEH_OK;

    if (workspace->queries == NULL) {
        err = weh_ecsql_create(workspace->briefcase, workspace->catalog, &limits, &host,
                               &workspace->queries, diag);
    }
    *out = workspace->queries;
    return err;
}
