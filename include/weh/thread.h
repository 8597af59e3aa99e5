/* include/weh/thread.h - starting a thread, and waiting for a while. */
#ifndef WEH_THREAD_H
#define WEH_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include <pthread.h>

/** Start @run in a thread that no signal of the process is delivered to: signals are the service thread's,
 * also while it no longer watches them. False when there are too many threads. */
bool weh_thread_start(pthread_t *out, void *(*run)(void *ctx), void *ctx);

/** A condition whose waits end by the monotonic clock. */
void weh_cond_init(pthread_cond_t *cond);

/** Wait for @cond, at most @ms. @lock is held. */
void weh_cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, uint32_t ms);

#endif
