/* include/weh/thread.h - starting a thread. */
#ifndef WEH_THREAD_H
#define WEH_THREAD_H

#include <stdbool.h>

#include <pthread.h>

/** Start @run in a thread that no signal of the process is delivered to: signals are the service thread's,
 * also while it no longer watches them. False when there are too many threads. */
bool weh_thread_start(pthread_t *out, void *(*run)(void *ctx), void *ctx);

#endif
