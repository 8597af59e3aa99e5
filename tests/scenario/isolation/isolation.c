/* tests/scenario/isolation/isolation.c - no byte of one session is seen by another.
 *
 * Starts a server, lets many sessions work at once on as many files in both encodings, checks every
 * message, and the files at the end. Prints one JSON summary; exit status 0 when all was right.
 */
#include <inttypes.h>
#include <stdio.h>

#include <pthread.h>

#include "weh/alloc.h"
#include "weh/clock.h"

#include "cli.h"
#include "daemon.h"
#include "iso.h"
#include "iso_proxy.h"

#define THREADS_MAX 16

static const struct weh_cli_option options[] = {
    { "daemon", "FILE", "webedithost (required)" },
    { "imodel", "FILE", "iModel that each session gets a copy of (required)" },
    { "sessions", "N", "sessions, each on a file of its own (default: 200)" },
    { "messages", "N", "requests of each session (default: 5000)" },
    { "threads", "N", "threads of this program (default: 2)" },
    { "seed", "N", "where the random numbers begin (default: 1)" },
    { "cuts", "N", "cut connections so often, anywhere, and resume the sessions (default: 0)" },
    { "dir", "DIR", "where to make the temporary folder (default: /var/tmp)" },
    { NULL, NULL, NULL },
};

static const struct weh_cli_command command = {
    .name = "isolation",
    .arguments = "",
    .help = "Check that sessions do not see each other.",
    .options = options,
};

struct isolation {
    uint32_t n_sessions;
    uint32_t n_messages;
    uint32_t n_threads;
    uint32_t seed;
    const char *daemon_path;
    const char *imodel;
    struct weh_data_dir dir;
    uint32_t n_cuts;
    struct iso_proxy proxy;
    char url[64]; /* of the proxy, "" without one */
    struct weh_daemon daemon;
    struct iso_session *sessions;
    uint64_t n_others;
    uint64_t traffic_us;
};

struct crew {
    struct isolation *all;
    uint32_t first; /* its sessions: this one and each n_threads-th after it */
};

/* All of a thread's sessions have requests on their way before the first reply is read. */
static void *work(void *argument)
{
    const struct crew *crew = argument;
    struct isolation *all = crew->all;
    bool busy = true;

    while (busy) {
        busy = false;
        for (uint32_t i = crew->first; i < all->n_sessions; i += all->n_threads) {
            busy = iso_session_send(&all->sessions[i]) || busy;
        }
        for (uint32_t i = crew->first; i < all->n_sessions; i += all->n_threads) {
            (void)iso_session_receive(&all->sessions[i]);
        }
    }
    return NULL;
}

static weh_err run_crews(struct isolation *all, struct weh_diag *diag)
{
    pthread_t threads[THREADS_MAX];
    struct crew crews[THREADS_MAX];
    uint64_t start_us = weh_clock_mono_us();
    weh_err err = WEH_OK;
    uint32_t n = 0;

    for (; n < all->n_threads; n++) {
        crews[n] = (struct crew){ all, n };
        if (pthread_create(&threads[n], NULL, work, &crews[n]) != 0) {
            err = weh_fail(diag, WEH_E_IO, "no thread");
            break;
        }
    }
    while (n > 0) {
        pthread_join(threads[--n], NULL);
    }
    all->traffic_us = weh_clock_mono_us() - start_us;
    return err;
}

static void file_path(const struct isolation *all, uint32_t number, char *out, size_t size)
{
    char name[24];

    iso_name(number, name);
    (void)snprintf(out, size, "%s/imodels/%s.bim", all->dir.path, name);
}

static weh_err make_files(struct isolation *all, const char *parent, struct weh_diag *diag)
{
    char path[340];
    weh_err err = weh_data_dir_create(parent, &all->dir, diag);

    for (uint32_t i = 0; i < all->n_sessions && err == WEH_OK; i++) {
        file_path(all, i, path, sizeof(path));
        err = weh_file_copy(all->imodel, path, diag);
        if (err == WEH_OK && i == 0) {
            err = iso_file_count_others(path, &all->n_others, diag);
        }
        if (err == WEH_OK) {
            err = iso_file_prepare(path, i, diag);
        }
    }
    return err;
}

static void open_sessions(struct isolation *all)
{
    struct weh_rpc_options connection = {
        .url = all->daemon.url,
        .token = all->daemon.token,
        .timeout_ms = 60000,
    };

    if (all->n_cuts > 0) {
        connection.url = all->url;
        connection.resume_ms = 60000;
    }

    for (uint32_t i = 0; i < all->n_sessions; i++) {
        struct iso_session *session = &all->sessions[i];

        session->number = i;
        session->random = ((uint64_t)all->seed << 32) + i;
        /* Not by parity, which decides about saving at the end. */
        connection.codec = i / 2 % 2 == 0 ? WEH_CODEC_MSGPACK : WEH_CODEC_JSON;
        if (!iso_session_open(session, &connection, all->n_messages)) {
            return; /* its diag is reported with the others' */
        }
    }
}

static weh_err check_files(struct isolation *all, struct weh_diag *diag)
{
    weh_err err = WEH_OK;
    char path[340];

    for (uint32_t i = 0; i < all->n_sessions && err == WEH_OK; i++) {
        file_path(all, i, path, sizeof(path));
        err = iso_file_check(path, &all->sessions[i], all->n_others, diag);
    }
    return err;
}

static uint32_t count_failures(const struct isolation *all)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < all->n_sessions; i++) {
        n += all->sessions[i].failed ? 1 : 0;
    }
    return n;
}

static void report_failures(const struct isolation *all)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < all->n_sessions && n < 10; i++) {
        const struct iso_session *session = &all->sessions[i];

        if (session->failed) {
            n++;
            fprintf(stderr, "session %u: %s\n", i, session->diag.text);
        }
    }
}

static void print_summary(const struct isolation *all, bool files_right)
{
    uint64_t counts[ISO_KINDS] = { 0 };
    uint64_t total = 0;
    double seconds = (double)all->traffic_us / 1e6;

    for (uint32_t i = 0; i < all->n_sessions; i++) {
        for (uint32_t kind = 0; kind < ISO_KINDS; kind++) {
            counts[kind] += all->sessions[i].counts[kind];
            total += all->sessions[i].counts[kind];
        }
    }
    printf("{\"sessions\":%u,\"messages\":%" PRIu64 ",\"ping\":%" PRIu64 ",\"get\":%" PRIu64
           ",\"insert\":%" PRIu64 ",\"save\":%" PRIu64 ",\"undo\":%" PRIu64
           ",\"seconds\":%.2f,\"messagesPerSecond\":%.0f,\"failedSessions\":%u,"
           "\"filesRight\":%s}\n",
           all->n_sessions, total, counts[ISO_PING], counts[ISO_GET], counts[ISO_INSERT],
           counts[ISO_SAVE], counts[ISO_UNDO], seconds, (double)total / seconds,
           count_failures(all), files_right ? "true" : "false");
}

static weh_err run(struct isolation *all, const char *parent, struct weh_diag *diag)
{
    weh_err err = make_files(all, parent, diag);

    if (err == WEH_OK) {
        err = weh_daemon_start(all->daemon_path, all->dir.path, NULL, &all->daemon, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (all->n_cuts > 0) {
        err = iso_proxy_start(&all->proxy, all->daemon.port, all->seed, all->n_cuts, diag);
        (void)snprintf(all->url, sizeof(all->url), "ws://127.0.0.1:%u/v1/session",
                       (unsigned)all->proxy.port);
    }
    if (err != WEH_OK) {
        return err;
    }
    open_sessions(all);
    atomic_store(&all->proxy.cutting, true);
    if (count_failures(all) == 0) {
        err = run_crews(all, diag);
    }
    for (uint32_t i = 0; i < all->n_sessions && err == WEH_OK; i++) {
        if (!all->sessions[i].failed && all->sessions[i].rpc != NULL) {
            (void)iso_session_end(&all->sessions[i]);
        }
    }
    iso_proxy_stop(&all->proxy);
    if (err == WEH_OK && atomic_load(&all->proxy.n_cuts) < all->n_cuts) {
        err = weh_fail(diag, WEH_E_STATE, "only %u connections were cut: give more messages",
                       atomic_load(&all->proxy.n_cuts));
    }
    if (err == WEH_OK) {
        err = weh_daemon_stop(&all->daemon, diag);
    }
    if (err == WEH_OK && count_failures(all) > 0) {
        err = weh_fail(diag, WEH_E_STATE, "some sessions went wrong");
    }
    if (err == WEH_OK) {
        err = check_files(all, diag);
    }
    return err;
}

int main(int argc, char **argv)
{
    struct isolation all = { .n_sessions = 200, .n_messages = 5000, .n_threads = 2, .seed = 1 };
    struct weh_diag diag = { 0 };
    struct weh_cli cli;
    const char *parent;
    weh_err err;

    if (!weh_cli_parse(&command, argc - 1, argv + 1, &cli)) {
        return WEH_EXIT_USAGE;
    }
    all.daemon_path = weh_cli_text(&cli, "daemon");
    all.imodel = weh_cli_text(&cli, "imodel");
    parent = weh_cli_text(&cli, "dir");
    if (cli.help || all.daemon_path == NULL || all.imodel == NULL ||
        !weh_cli_number(&cli, "sessions", 1, ISO_SESSIONS_MAX, &all.n_sessions) ||
        !weh_cli_number(&cli, "messages", 1, 1000000, &all.n_messages) ||
        !weh_cli_number(&cli, "threads", 1, THREADS_MAX, &all.n_threads) ||
        !weh_cli_number(&cli, "cuts", 0, 100000, &all.n_cuts) ||
        !weh_cli_number(&cli, "seed", 0, UINT32_MAX, &all.seed)) {
        weh_cli_help(&command, cli.help ? stdout : stderr);
        return cli.help ? WEH_EXIT_OK : WEH_EXIT_USAGE;
    }
    all.sessions = weh_calloc(all.n_sessions, sizeof(*all.sessions));
    err = all.sessions == NULL ? weh_fail_nomem(&diag) : run(&all, parent, &diag);
    if (err != WEH_OK) {
        (void)weh_cli_fail(&cli, &diag);
    }
    if (all.sessions != NULL) {
        report_failures(&all);
        print_summary(&all, err == WEH_OK);
        for (uint32_t i = 0; i < all.n_sessions; i++) {
            iso_session_fini(&all.sessions[i]);
        }
    }
    iso_proxy_stop(&all.proxy);
    (void)weh_daemon_stop(&all.daemon, NULL);
    weh_temp_dir_destroy(&all.dir.temp);
    weh_free(all.sessions);
    return err == WEH_OK ? WEH_EXIT_OK : WEH_EXIT_FAILED;
}
