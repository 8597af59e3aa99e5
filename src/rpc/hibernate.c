/* src/rpc/hibernate.c - workspaces whose files are closed while nobody asks for them.
 *
 * First, after a short rest, a workspace gives up its page cache and its statements.
 *
 * A workspace sleeps when it has rested for session.hibernate_s, or when too many files are open and it
 * is the one that rested longest. Asleep it has no connection, no statements, no catalogue; the
 * registry of open files still knows it as the writer, so that nobody else of this process becomes one.
 * A program outside may write the file then. On waking the file's state is compared with what it was
 * (weh/file_state.h): when it is another one the client is told, and the edit that woke it is refused,
 * since it was meant for what the client knew.
 *
 * The list of those that are awake, longest rested first, is the application's; it has a lock of its own.
 * A workspace leaves it before its session can be freed.
 */
#include <errno.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/clock.h"
#include "weh/host.h"
#include "weh/metrics.h"

#include "rpc_priv.h"

/* Listener, loop, log, table of briefcases, what libraries open, and the files below. */
#define DESCRIPTORS_RESERVED 128
/* Open beyond the budget at most, with a quarter of it: a file seldom needs all its descriptors. */
#define EXTRA_FILES 16

/* Rest after which a workspace gives up what is quickly there again. */
#define LEAN_MS 3000
/* Who was asked to sleep and failed (somebody reads the log) tries again after that. */
#define RETRY_MS 500
/* Freed memory goes back to the system when so many workspaces have freed some, or after such a time:
 * it takes as long as some of them take to close their files. */
#define TRIM_EVERY 64
#define TRIM_MS    UINT64_C(5000)

static void count(const struct workspace *workspace, enum weh_metric metric, int64_t n)
{
    weh_metrics_add(weh_host_metrics(weh_session_host(workspace->session)), metric, n);
}

/* ---- who is awake ---- */

weh_err awake_init(struct awake_list *list, struct weh_diag *diag)
{
    struct rlimit limit = { 0 };

    *list = (struct awake_list){ .n_descriptors = 1024 };
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        list->n_descriptors = limit.rlim_cur > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)limit.rlim_cur;
    }
    return pthread_mutex_init(&list->lock, NULL) == 0 ? WEH_OK : weh_fail_nomem(diag);
}

void awake_fini(struct awake_list *list)
{
    (void)pthread_mutex_destroy(&list->lock);
}

static void unlink_locked(struct awake_list *list, struct workspace *workspace)
{
    struct workspace **from_newer =
        workspace->awake_next != NULL ? &workspace->awake_next->awake_previous : &list->newest;
    struct workspace **from_older =
        workspace->awake_previous != NULL ? &workspace->awake_previous->awake_next : &list->oldest;

    *from_newer = workspace->awake_previous;
    *from_older = workspace->awake_next;
    workspace->awake_next = NULL;
    workspace->awake_previous = NULL;
}

static void append_locked(struct awake_list *list, struct workspace *workspace)
{
    workspace->awake_previous = list->newest;
    workspace->awake_next = NULL;
    *(list->newest != NULL ? &list->newest->awake_next : &list->oldest) = workspace;
    list->newest = workspace;
}

/* How many files may be open: what connections leave of the descriptors, or less. */
static size_t budget(const struct weh_rpc_app *app, const struct weh_session *session)
{
    const size_t configured = (size_t)app->config->limits_open_files;
    const size_t taken = weh_host_session_count(weh_session_host(session)) + DESCRIPTORS_RESERVED;
    const size_t n = app->awake.n_descriptors > taken
                         ? (app->awake.n_descriptors - taken) / WEH_DESCRIPTORS_PER_FILE
                         : 1;

    return configured != 0 && configured < n ? configured : n;
}

/* Beyond the budget some more may be open while those that were asked go to sleep, and as long as none
 * can. */
static size_t hard_limit(const struct workspace *workspace)
{
    const size_t max = budget(workspace->app, workspace->session);

    return max + max / 4 + EXTRA_FILES;
}

/* Ask those that have rested longest, but for @except, to go to sleep until @max are left. They do it
 * when they are idle; meanwhile there are a few more than there should be. One that is asked during a
 * request forgets it: asking again does no harm. */
static void make_room_for(struct awake_list *list, const struct workspace *except, size_t max)
{
    size_t n_left;

    (void)pthread_mutex_lock(&list->lock);
    n_left = list->n_awake + list->n_beside;
    for (struct workspace *at = list->oldest; at != NULL && n_left > max; at = at->awake_next) {
        if (at == except || at->is_restless) {
            continue;
        }
        n_left--;
        at->must_sleep = true;
        weh_session_tick_soon(at->session);
    }
    (void)pthread_mutex_unlock(&list->lock);
}

static void make_room(struct workspace *workspace)
{
    make_room_for(&workspace->app->awake, workspace, budget(workspace->app, workspace->session));
}

weh_err workspace_check_files(struct workspace *workspace, struct weh_diag *diag)
{
    struct awake_list *list = &workspace->app->awake;
    size_t n_open;

    (void)pthread_mutex_lock(&list->lock);
    n_open = list->n_awake + list->n_beside;
    (void)pthread_mutex_unlock(&list->lock);
    if (n_open < hard_limit(workspace)) {
        return WEH_OK;
    }
    make_room(workspace);
    count(workspace, WEH_METRIC_LIMIT_FILES, 1);
    return weh_fail(diag, WEH_E_BUSY, "too many files are open; try again");
}

void workspace_enter_awake(struct workspace *workspace)
{
    struct awake_list *list = &workspace->app->awake;

    (void)pthread_mutex_lock(&list->lock);
    append_locked(list, workspace);
    workspace->is_listed = true;
    workspace->must_sleep = false;
    workspace->is_restless = false;
    list->n_awake++;
    (void)pthread_mutex_unlock(&list->lock);
    count(workspace, WEH_METRIC_BRIEFCASES_OPEN, 1);
    make_room(workspace);
}

void workspace_leave_awake(struct workspace *workspace)
{
    struct awake_list *list = &workspace->app->awake;

    if (!workspace->is_listed) {
        return;
    }
    (void)pthread_mutex_lock(&list->lock);
    unlink_locked(list, workspace);
    workspace->is_listed = false;
    list->n_awake--;
    (void)pthread_mutex_unlock(&list->lock);
    count(workspace, WEH_METRIC_BRIEFCASES_OPEN, -1);
}

void workspace_count_beside(struct workspace *workspace, bool more)
{
    struct awake_list *list = &workspace->app->awake;

    (void)pthread_mutex_lock(&list->lock);
    list->n_beside += more ? 1 : (size_t)-1;
    (void)pthread_mutex_unlock(&list->lock);
}

void awake_session_has_come(struct weh_rpc_app *app, const struct weh_session *session)
{
    make_room_for(&app->awake, NULL, budget(app, session));
}

/* Are there fewer than an open file needs, and one while its path is looked up? */
static bool is_short_of_descriptors(void)
{
    int fds[WEH_DESCRIPTORS_PER_FILE + 1];
    bool is_short = false;

    for (size_t i = 0; i < WEH_ARRAY_LEN(fds); i++) {
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        is_short |= fds[i] < 0 && (errno == EMFILE || errno == ENFILE);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    return is_short;
}

weh_err workspace_open_failed(struct workspace *workspace, weh_err err, struct weh_diag *diag)
{
    struct awake_list *list = &workspace->app->awake;
    size_t n_open;

    if (!is_short_of_descriptors()) {
        return err;
    }
    (void)pthread_mutex_lock(&list->lock);
    n_open = list->n_awake + list->n_beside;
    (void)pthread_mutex_unlock(&list->lock);
    make_room_for(list, workspace, n_open - n_open / 4 - (n_open > 0 ? 1 : 0));
    count(workspace, WEH_METRIC_LIMIT_FILES, 1);
    return weh_fail(diag, WEH_E_BUSY, "no descriptor is free; try again");
}

static void touch(struct workspace *workspace)
{
    struct awake_list *list = &workspace->app->awake;

    (void)pthread_mutex_lock(&list->lock);
    if (list->newest != workspace) {
        unlink_locked(list, workspace);
        append_locked(list, workspace);
    }
    workspace->must_sleep = false;
    workspace->is_restless = false;
    (void)pthread_mutex_unlock(&list->lock);
}

/* It cannot sleep now: ask others instead. */
static void stay_awake(struct workspace *workspace)
{
    struct awake_list *list = &workspace->app->awake;

    (void)pthread_mutex_lock(&list->lock);
    workspace->is_restless = true;
    (void)pthread_mutex_unlock(&list->lock);
    make_room(workspace);
}

static bool must_sleep(struct workspace *workspace)
{
    bool must;

    (void)pthread_mutex_lock(&workspace->app->awake.lock);
    must = workspace->must_sleep;
    workspace->must_sleep = false;
    (void)pthread_mutex_unlock(&workspace->app->awake.lock);
    return must;
}

/* It could not sleep for a reason that passes: it is still asked. */
static void ask_again(struct workspace *workspace)
{
    (void)pthread_mutex_lock(&workspace->app->awake.lock);
    workspace->must_sleep = true;
    (void)pthread_mutex_unlock(&workspace->app->awake.lock);
}

static bool is_asked(struct workspace *workspace)
{
    bool is;

    (void)pthread_mutex_lock(&workspace->app->awake.lock);
    is = workspace->must_sleep;
    (void)pthread_mutex_unlock(&workspace->app->awake.lock);
    return is;
}

void weh_rpc_app_count(struct weh_rpc_app *app, struct weh_rpc_counts *out)
{
    struct awake_list *list = &app->awake;

    (void)pthread_mutex_lock(&list->lock);
    *out = (struct weh_rpc_counts){ .n_open = list->n_awake,
                                    .n_asleep = list->n_asleep,
                                    .n_hibernations = list->n_hibernations };
    (void)pthread_mutex_unlock(&list->lock);
}

static void count_asleep(struct workspace *workspace, bool sleeps)
{
    struct awake_list *list = &workspace->app->awake;

    (void)pthread_mutex_lock(&list->lock);
    list->n_asleep += sleeps ? 1 : (size_t)-1;
    list->n_hibernations += sleeps;
    (void)pthread_mutex_unlock(&list->lock);
    count(workspace, WEH_METRIC_BRIEFCASES_ASLEEP, sleeps ? 1 : -1);
}

/* ---- asleep ---- */

static bool may_sleep(struct workspace *workspace)
{
    return workspace->briefcase != NULL && workspace->changes == NULL && !workspace->is_watched &&
           (workspace->readonly || weh_txn_may_rest(workspace->txns));
}

/* After the transaction was ended. When no other can begin, the next request tells. */
static void begin_again(struct weh_briefcase *briefcase)
{
    weh_err err = weh_briefcase_rollback(briefcase, NULL);

    (void)err;
}

/* Take down what the writer's stack and file are; false when that is not possible now. */
static bool rest_writer(struct workspace *workspace)
{
    struct workspace_sleep *sleep = &workspace->sleep;
    struct weh_briefcase *briefcase = workspace->briefcase;
    int64_t data_version = 0;
    bool is_known;

    if (weh_briefcase_data_version(briefcase, &data_version, NULL) != WEH_OK) {
        return false;
    }
    is_known = weh_briefcase_file_state(briefcase, &sleep->state) && sleep->state.settled;
    if (!is_known && !weh_briefcase_settle(briefcase, &sleep->state)) {
        begin_again(briefcase);
        return false;
    }
    if (data_version == workspace->data_version) {
        weh_ec_catalog_note(workspace->catalog, &sleep->state);
    }
    weh_txn_rest(workspace->txns, &sleep->rest);
    return true;
}

/* @cause: what to count. */
static bool try_sleep(struct workspace *workspace, enum weh_metric cause)
{
    if (!may_sleep(workspace)) {
        return false;
    }
    weh_ecsql_close_all(workspace->queries);
    weh_ecsql_rest(workspace->queries);
    if (!workspace->readonly && !rest_writer(workspace)) {
        return false;
    }
    workspace_release(workspace, &workspace->sleep.entry);
    count_asleep(workspace, true);
    count(workspace, cause, 1);
    return true;
}

static bool sleeps(const struct workspace *workspace)
{
    return workspace->sleep.entry != NULL;
}

static void end_sleep(struct workspace *workspace)
{
    weh_txn_rest_fini(&workspace->sleep.rest);
    workspace->sleep = (struct workspace_sleep){ .entry = NULL };
    count_asleep(workspace, false);
}

void workspace_end_sleep(struct workspace *workspace)
{
    if (sleeps(workspace)) {
        weh_briefcase_forget_kept(workspace->app->files, workspace->sleep.entry,
                                  !workspace->readonly);
        end_sleep(workspace);
    }
}

/* ---- awake again ---- */

static void tell_changed(struct workspace *workspace)
{
    struct weh_sink *sink = weh_notify_begin(workspace->session, "briefcase.onChangedOutside");

    weh_sink_map_begin(sink, 0);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
}

/* Open the file again. When that fails it sleeps on. */
static weh_err wake(struct workspace *workspace, bool *same, struct weh_diag *diag)
{
    struct workspace_sleep *sleep = &workspace->sleep;
    struct weh_file_state state;
    weh_err err = workspace_take(workspace, NULL, sleep, diag);

    *same = true;
    if (err != WEH_OK) {
        count(workspace, WEH_METRIC_WAKES_FAILED, 1);
        return err;
    }
    if (!workspace->readonly) {
        *same = weh_briefcase_file_state(workspace->briefcase, &state) &&
                weh_file_state_is_same(&state, &sleep->state);
    }
    if (!workspace->readonly && *same) {
        weh_txn_resume(workspace->txns, &sleep->rest);
    }
    workspace->n_rollbacks = weh_briefcase_rollback_count(workspace->briefcase);
    end_sleep(workspace);
    count(workspace, *same ? WEH_METRIC_WAKES_SAME : WEH_METRIC_WAKES_CHANGED, 1);
    return WEH_OK;
}

static bool needs_file(const struct weh_method *method)
{
    return method->states == WEH_IN(READY) && method->handler != briefcase_close;
}

weh_err hibernate_before_request(struct workspace *workspace, const struct weh_method *method,
                                 struct weh_diag *diag)
{
    bool same = true;
    weh_err err;

    workspace->is_lean = false;
    workspace->rested_ms = 0;
    if (workspace->is_listed) {
        touch(workspace);
    }
    if (!sleeps(workspace) || !needs_file(method)) {
        return WEH_OK;
    }
    err = wake(workspace, &same, diag);
    if (err != WEH_OK || same) {
        return err;
    }
    tell_changed(workspace);
    return method->access >= WEH_ACCESS_EDIT
               ? weh_fail(diag, WEH_E_CHANGED_OUTSIDE,
                          "another program has changed the file; look at it, and try again")
               : WEH_OK;
}

/* ---- when ---- */

/* Has so much been freed, or so long ago, that it is worth while? The allocator keeps what lies between
 * other things until then. */
static void give_back(struct workspace *workspace)
{
    struct awake_list *list = &workspace->app->awake;
    const uint64_t now_us = weh_clock_mono_us();
    bool trim;

    (void)pthread_mutex_lock(&list->lock);
    trim = list->n_given_up >= TRIM_EVERY ||
           (list->n_given_up > 0 && now_us - list->trimmed_us >= TRIM_MS * 1000);
    if (trim) {
        list->n_given_up = 0;
        list->trimmed_us = now_us;
    }
    (void)pthread_mutex_unlock(&list->lock);
    if (trim) {
        weh_alloc_trim();
    }
}

static void count_given_up(struct workspace *workspace)
{
    (void)pthread_mutex_lock(&workspace->app->awake.lock);
    workspace->app->awake.n_given_up++;
    (void)pthread_mutex_unlock(&workspace->app->awake.lock);
}

static bool is_trim_due(struct workspace *workspace)
{
    bool is_due;

    (void)pthread_mutex_lock(&workspace->app->awake.lock);
    is_due = workspace->app->awake.n_given_up > 0;
    (void)pthread_mutex_unlock(&workspace->app->awake.lock);
    return is_due;
}

static void become_lean(struct workspace *workspace)
{
    weh_ecsql_rest(workspace->queries);
    weh_bis_trim(workspace->bis);
    weh_briefcase_shrink(workspace->briefcase);
    workspace->is_lean = true;
    count_given_up(workspace);
}

static uint64_t hibernate_ms(const struct workspace *workspace)
{
    return (uint64_t)workspace->app->config->session_hibernate_s * 1000;
}

/* What is left of a rest of @wanted_ms; what could not be done at its end is tried again after another. */
static uint64_t left_ms(const struct workspace *workspace, uint64_t wanted_ms)
{
    return workspace->rested_ms < wanted_ms ? wanted_ms - workspace->rested_ms : wanted_ms;
}

uint64_t hibernate_tick_after(struct workspace *workspace)
{
    uint64_t after_ms = 0;

    if (workspace->briefcase != NULL) {
        after_ms = sooner_ms(left_ms(workspace, hibernate_ms(workspace)),
                             workspace->is_lean ? 0 : left_ms(workspace, LEAN_MS));
    }
    if (workspace->is_listed && is_asked(workspace)) {
        after_ms = sooner_ms(after_ms, RETRY_MS);
    }
    if ((workspace->is_lean || sleeps(workspace)) && is_trim_due(workspace)) {
        after_ms = sooner_ms(after_ms, TRIM_MS);
    }
    return after_ms;
}

void hibernate_tick(struct workspace *workspace, uint64_t idle_ms)
{
    const uint64_t after_ms = hibernate_ms(workspace);
    const bool rested = after_ms != 0 && idle_ms >= after_ms;
    const bool asked = workspace->is_listed && must_sleep(workspace);

    workspace->rested_ms = idle_ms;
    if ((asked || rested) && try_sleep(workspace, rested ? WEH_METRIC_HIBERNATIONS_REST
                                                         : WEH_METRIC_HIBERNATIONS_FILES)) {
        count_given_up(workspace);
    } else if (asked && workspace->briefcase != NULL) {
        if (may_sleep(workspace)) {
            ask_again(workspace);
        } else {
            stay_awake(workspace);
        }
    }
    if (workspace->briefcase != NULL && !workspace->is_lean && idle_ms >= LEAN_MS) {
        become_lean(workspace);
    }
    give_back(workspace);
}
