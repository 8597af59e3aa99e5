/* src/base/thread.c - see weh/thread.h. */
#include "weh/thread.h"

#include <signal.h>

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
