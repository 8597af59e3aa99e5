/* tests/scenario/net/echo_session.h - sessions that answer every message with itself.
 *
 * Stands in for src/session, so that src/net is tested alone. One worker thread, so that wakes come
 * from another thread as they do in the daemon.
 */
#ifndef ECHO_SESSION_H
#define ECHO_SESSION_H

#include "weh/config.h"
#include "weh/session.h"

struct weh_host *echo_host_create(const struct weh_config *config);

/** Stop the worker and print what is left, in a line on standard error: "sessions=0 frames=0". */
void echo_host_destroy(struct weh_host *host);

#endif
