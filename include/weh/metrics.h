/* include/weh/metrics.h - what the server counts, and the text that monitoring reads.
 *
 * Counting is a relaxed addition in one of several copies of all counters, picked by the thread: no
 * lock, and threads seldom meet on a cache line. What can be looked up (queues, memory) is not counted
 * but looked up when somebody reads.
 */
#ifndef WEH_METRICS_H
#define WEH_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "weh/buf.h"
#include "weh/channel.h"
#include "weh/err.h"

struct weh_host;
struct weh_metrics;

enum weh_metric {
#define X(name, family, type, label, help) WEH_METRIC_##name,
#include "weh/metrics.def"
#undef X
    WEH_METRIC_COUNT
};

/** The counters of a host, as long as it lives. Borrowed. */
struct weh_metrics *weh_host_metrics(const struct weh_host *host);

/** Add @n, which may be negative for a gauge. Any thread. */
void weh_metrics_add(struct weh_metrics *metrics, enum weh_metric metric, int64_t n);

/** A session has ended for @reason. Any thread. */
void weh_metrics_closed(struct weh_metrics *metrics, enum weh_close_reason reason);

/** A request of the @method-th method took @took_us and came to @err. Any thread. */
void weh_metrics_request(struct weh_metrics *metrics, size_t method, weh_err err, uint64_t took_us);

/** The sum over all threads as it is now: exact when nobody counts meanwhile. Any thread. */
int64_t weh_metrics_get(const struct weh_metrics *metrics, enum weh_metric metric);

/** Write all of @host's metrics in Prometheus' text format 0.0.4 onto @out. Service thread. */
void weh_metrics_print(const struct weh_host *host, struct weh_buf *out);

/** A family of metrics, for the documentation. */
struct weh_metric_family {
    const char *name; /* without the prefix webedithost_ */
    const char *type;
    const char *labels; /* the names of its labels, "" when there are none */
    const char *help;
};

/** The @index-th family; false when there are no more. Static texts. */
bool weh_metrics_family(size_t index, struct weh_metric_family *out);

#endif
