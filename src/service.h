/* src/service.h - the daemon as a service of the machine: what it tells the service manager, and what
 * the kernel may keep of its memory. Service thread.
 */
#ifndef WEH_SERVICE_H
#define WEH_SERVICE_H

#include "weh/log.h"

/** Keep the process's memory, which holds keys and other people's models, out of core dumps. */
void service_forbid_core_dumps(const struct weh_log *log);

/** Tell the service manager (systemd's protocol, sd_notify(3): a datagram to $NOTIFY_SOCKET). Without
 * one nothing happens; a failure is logged and nothing more. */
void service_tell_ready(const struct weh_log *log);
void service_tell_reloading(const struct weh_log *log);
void service_tell_stopping(const struct weh_log *log);

#endif
