/* src/session/host.c - what sessions share. */
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/clock.h"

#include "metrics_priv.h"
#include "session_priv.h"

/* They share what the others leave: a few, so that one very long request does not hold up all others of
 * its kind. */
#define LONG_A_WORKER 4

size_t weh_host_worker_count(const struct weh_config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (config->workers_count > 0) {
        return (size_t)config->workers_count;
    }
    return cores > 0 ? (size_t)cores : 1;
}

static weh_err start_workers(struct weh_host *host, struct weh_diag *diag)
{
    const struct weh_config *config = host->options.config;
    const size_t n = weh_host_worker_count(config);
    const size_t n_long =
        config->workers_long_count > 0 ? (size_t)config->workers_long_count : LONG_A_WORKER * n;

    return pool_start(&host->pool, n, n_long, (size_t)config->workers_most, diag);
}

weh_err weh_host_create(const struct weh_host_options *options, struct weh_host **out,
                        struct weh_diag *diag)
{
    struct weh_host *host = weh_calloc(1, sizeof(*host));
    weh_err err;

    if (host == NULL) {
        return weh_fail_nomem(diag);
    }
    host->options = *options;
    host->started_us = weh_clock_mono_us();
    service_init(&host->service);
    pool_init(&host->pool);
    err = metrics_create(options->n_methods + options->n_ipc_methods,
                         weh_host_worker_count(options->config) + 1, &host->metrics, diag);
    if (err == WEH_OK) {
        host->pool.metrics = host->metrics;
        err = start_workers(host, diag);
    }
    if (err != WEH_OK) {
        weh_host_destroy(host);
        return err;
    }
    *out = host;
    return WEH_OK;
}

void weh_host_destroy(struct weh_host *host)
{
    if (host == NULL) {
        return;
    }
    weh_assert(atomic_load(&host->n_sessions) == 0);
    pool_stop(&host->pool);
    table_fini(&host->table);
    service_fini(&host->service);
    metrics_destroy(host->metrics);
    weh_free(host);
}

void *weh_host_app(const struct weh_host *host)
{
    return host->options.app;
}

struct weh_metrics *weh_host_metrics(const struct weh_host *host)
{
    return host->metrics;
}

const struct weh_config *weh_host_config(const struct weh_host *host)
{
    return host->options.config;
}

const struct weh_log *weh_host_log(const struct weh_host *host)
{
    return host->options.log;
}

size_t host_method_index(const struct weh_host *host, const struct weh_method *method)
{
    const struct weh_host_options *options = &host->options;
    const uintptr_t offset = (uintptr_t)method - (uintptr_t)options->methods;

    return offset < options->n_methods * sizeof(*method)
               ? (size_t)(method - options->methods)
               : options->n_methods + (size_t)(method - options->ipc_methods);
}

const struct weh_method *host_method(const struct weh_host *host, size_t index)
{
    const struct weh_host_options *options = &host->options;

    return index < options->n_methods ? &options->methods[index]
                                      : &options->ipc_methods[index - options->n_methods];
}

const struct weh_method *weh_host_methods(const struct weh_host *host, size_t *n)
{
    *n = host->options.n_methods;
    return host->options.methods;
}

size_t weh_host_session_count(const struct weh_host *host)
{
    return atomic_load(&host->n_sessions);
}
