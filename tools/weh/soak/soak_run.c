/* tools/weh/soak/soak_run.c - the loop under all sessions, and the phases of a run.
 *
 * Before and after the work all sessions come to rest: everything is saved and checked, every connection
 * up. Only then are memory and descriptors of the server compared.
 */
#include "soak_run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "weh/alloc.h"

#define EVENTS_MAX    256
#define OPENING_MAX   32 /* sessions at once */
#define PROGRESS_NS   (10 * UINT64_C(1000000000))
#define WAIT_MAX_MS   50
#define INTERRUPT_TAG UINT32_MAX
#define SECOND_NS     UINT64_C(1000000000)

uint64_t soak_now_ns(void)
{
    struct timespec now = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* ---- made and destroyed ---- */

static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

weh_err soak_create(const struct soak_options *options, struct soak **out, struct weh_diag *diag)
{
    struct soak *soak = weh_calloc(1, sizeof(*soak));

    if (soak == NULL) {
        return weh_fail_nomem(diag);
    }
    allow_descriptors();
    soak->options = *options;
    weh_buf_init(&soak->request, 0);
    weh_arena_init(&soak->arena, 0);
    soak->epoll = epoll_create1(EPOLL_CLOEXEC);
    soak->sessions = weh_calloc(options->n_sessions, sizeof(*soak->sessions));
    soak->wake_ns = weh_calloc(options->n_sessions, sizeof(*soak->wake_ns));
    if (soak->epoll < 0 || soak->sessions == NULL || soak->wake_ns == NULL) {
        soak->options.n_sessions = 0;
        soak_destroy(soak);
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < options->n_sessions; i++) {
        soak_session_init(&soak->sessions[i], soak, i);
    }
    *out = soak;
    return WEH_OK;
}

void soak_destroy(struct soak *soak)
{
    if (soak == NULL) {
        return;
    }
    for (uint32_t i = 0; i < soak->options.n_sessions; i++) {
        soak_session_fini(&soak->sessions[i]);
    }
    if (soak->epoll >= 0) {
        close(soak->epoll);
    }
    weh_buf_fini(&soak->request);
    weh_arena_fini(&soak->arena);
    weh_free(soak->sessions);
    weh_free(soak->wake_ns);
    weh_free(soak);
}

/* ---- the loop ---- */

/* Wake those whose time has come. Returns the milliseconds until the next one's. */
static int wake(struct soak *soak)
{
    uint64_t now = soak_now_ns();
    uint64_t next = now + WAIT_MAX_MS * UINT64_C(1000000);

    for (uint32_t i = 0; i < soak->options.n_sessions; i++) {
        if (soak->wake_ns[i] <= now) {
            soak_session_wake(&soak->sessions[i]);
        }
        next = soak->wake_ns[i] < next ? soak->wake_ns[i] : next;
    }
    return next <= now ? 0 : (int)((next - now + 999999) / 1000000);
}

static void turn(struct soak *soak)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(soak->epoll, events, EVENTS_MAX, wake(soak));

    for (int i = 0; i < n; i++) {
        uint32_t tag = events[i].data.u32;

        if (tag == INTERRUPT_TAG) {
            soak->is_stopping = true;
        } else {
            soak_session_turn(&soak->sessions[tag], events[i].events);
        }
    }
}

struct phase {
    struct soak *soak;
    pid_t pid;
    uint64_t start_ns;
    uint64_t told_ns;
    uint64_t n_told; /* requests by then */
};

static void tell_progress(struct phase *phase)
{
    const struct soak *soak = phase->soak;
    uint64_t now = soak_now_ns();
    struct soak_usage usage;

    if (now - phase->told_ns < PROGRESS_NS) {
        return;
    }
    usage = soak_usage_now(phase->pid);
    fprintf(stderr,
            "soak: %" PRIu64 " s, %.0f requests/s, %" PRIu64 " cuts, %u of %u sessions failed, "
            "server: %.0f MB, %" PRId64 " descriptors\n",
            (now - phase->start_ns) / SECOND_NS,
            (double)(soak->n_requests - phase->n_told) / ((double)(now - phase->told_ns) / 1e9),
            soak->n_cuts, soak->n_failed, soak->options.n_sessions, usage.rss_kb / 1024.0,
            usage.n_descriptors);
    phase->told_ns = now;
    phase->n_told = soak->n_requests;
}

static void enter_all(struct soak *soak, enum soak_stage stage)
{
    for (uint32_t i = 0; i < soak->options.n_sessions; i++) {
        soak_session_enter(&soak->sessions[i], stage);
    }
}

/* Until each session is parked, done or has failed. */
static void come_to_rest(struct phase *phase)
{
    struct soak *soak = phase->soak;

    while (soak->n_parked + soak->n_done + soak->n_failed < soak->options.n_sessions) {
        turn(soak);
        tell_progress(phase);
    }
}

static void open_all(struct phase *phase)
{
    struct soak *soak = phase->soak;
    uint32_t next = 0;

    while (next < soak->options.n_sessions && !soak->is_stopping) {
        while (next < soak->options.n_sessions && soak->n_opening < OPENING_MAX) {
            soak->n_opening++;
            soak->wake_ns[next++] = 0;
        }
        turn(soak);
        tell_progress(phase);
    }
    /* Interrupted: who has not begun will not. */
    for (; next < soak->options.n_sessions; next++) {
        soak->sessions[next].stage = SOAK_DONE;
        soak->n_done++;
    }
    come_to_rest(phase);
}

/* Work for @seconds, or until as many requests were sent in all; then come to rest. */
static void work(struct phase *phase, uint32_t seconds, uint64_t n_requests)
{
    struct soak *soak = phase->soak;
    uint64_t until_ns = soak_now_ns() + seconds * SECOND_NS;

    enter_all(soak, SOAK_WORKING);
    while (!soak->is_stopping && soak->n_failed < soak->options.n_sessions &&
           (n_requests == 0 ? soak_now_ns() < until_ns : soak->n_requests < n_requests)) {
        turn(soak);
        tell_progress(phase);
    }
    enter_all(soak, SOAK_SETTLING);
    come_to_rest(phase);
}

static int listen_for_interrupts(const struct soak *soak)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = INTERRUPT_TAG };
    sigset_t signals;
    int fd;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd >= 0) {
        (void)epoll_ctl(soak->epoll, EPOLL_CTL_ADD, fd, &event);
    }
    return fd;
}

void soak_run(struct soak *soak, pid_t pid, struct soak_result *out)
{
    const struct soak_options *options = &soak->options;
    struct phase phase = { soak, pid, soak_now_ns(), soak_now_ns(), 0 };
    int interrupts = listen_for_interrupts(soak);
    uint64_t start_ns;
    uint64_t n_before;

    *out = (struct soak_result){ .usages.start = soak_usage_of(pid) };
    open_all(&phase);
    start_ns = soak_now_ns();
    n_before = soak->n_requests;
    work(&phase, options->warmup_s, options->n_requests / 4);
    out->usages.warm = soak_usage_of(pid);
    work(&phase, options->seconds, options->n_requests);
    out->usages.end = soak_usage_of(pid);
    out->seconds = (double)(soak_now_ns() - start_ns) / 1e9;
    out->n_requests = soak->n_requests - n_before;
    out->is_complete = !soak->is_stopping;
    enter_all(soak, SOAK_LEAVING);
    come_to_rest(&phase);
    if (interrupts >= 0) {
        close(interrupts);
    }
}
