/* src/base/thread.c - see weh/thread.h. */
#include "weh/thread.h"

#include <signal.h>
#include <time.h>

bool weh_thread_start(pthread_t *out, void *(*run)(void *ctx), void *ctx)
{
    sigset_t all;
    sigset_t before;
    int number;

    /* Inherited: the thread never has them open, not even at its first step. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    number = pthread_create(out, NULL, run, ctx);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return number == 0;
}

void weh_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

void weh_cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, uint32_t ms)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_cond_timedwait(cond, lock, &until);
}
