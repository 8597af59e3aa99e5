/* src/service.h - the daemon as a service of the machine: what it tells the service manager, and what
 * the kernel may give it or keep of its memory. Service thread.
 */
#ifndef WEH_SERVICE_H
#define WEH_SERVICE_H

#include "weh/config.h"
#include "weh/log.h"

/** Keep the process's memory, which holds keys and other people's models, out of core dumps. */
void service_forbid_core_dumps(const struct weh_log *log);

/** Let the process have as many descriptors as @config can make it need, within the hard limit, which is
 * the administrator's. What it lacks is logged. Before anything that asks for the limit. */
void service_raise_descriptors(const struct weh_config *config, const struct weh_log *log);

/** Tell the service manager (systemd's protocol, sd_notify(3): a datagram to $NOTIFY_SOCKET). Without
 * one nothing happens; a failure is logged and nothing more. */
void service_tell_ready(const struct weh_log *log);
void service_tell_reloading(const struct weh_log *log);
void service_tell_stopping(const struct weh_log *log);

#endif
