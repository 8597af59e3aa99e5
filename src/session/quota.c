/* src/session/quota.c - what one user or session may take of the host: sessions a user, messages and
 * bytes a second, and what is refused when requests wait too long. Service thread: nothing locks.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/clock.h"

#include "session_priv.h"

#define SECOND_NS 1000000000U

/* Refused messages count as well: a client that goes on regardless gets so far ahead. */
#define FLOOD_NS (3 * (uint64_t)SECOND_NS)

/* ---- sessions a user ---- */

struct user {
    struct user *next;
    size_t n_sessions; /* detached ones included */
    size_t n_detached;
    char name[WEH_USER_SIZE];
};

static struct user **bucket_of(struct users *users, const char *name)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a; who may choose names has tokens to sign */

    for (const char *at = name; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * 1099511628211U;
    }
    return &users->buckets[(hash ^ hash >> 32) % SESSION_USER_BUCKETS];
}

static struct user *find(struct users *users, const char *name)
{
    struct user *user = *bucket_of(users, name);

    while (user != NULL && strcmp(user->name, name) != 0) {
        user = user->next;
    }
    return user;
}

weh_err users_add(struct weh_host *host, struct weh_session *session, struct weh_diag *diag)
{
    struct user *user = find(&host->users, session->user);

    if (user == NULL) {
        struct user **bucket = bucket_of(&host->users, session->user);

        user = weh_calloc(1, sizeof(*user));
        if (user == NULL) {
            return weh_fail_nomem(diag);
        }
        memcpy(user->name, session->user, sizeof(user->name));
        user->next = *bucket;
        *bucket = user;
    }
    user->n_sessions++;
    session->user_count = user;
    return WEH_OK;
}

void users_remove(struct weh_host *host, struct weh_session *session)
{
    struct user *user = session->user_count;
    struct user **link = bucket_of(&host->users, user->name);

    session->user_count = NULL;
    if (--user->n_sessions != 0) {
        return;
    }
    while (*link != user) {
        link = &(*link)->next;
    }
    *link = user->next;
    weh_free(user);
}

void users_detached(struct weh_session *session, bool is_detached)
{
    if (is_detached) {
        session->user_count->n_detached++;
        session->host->n_detached++;
    } else {
        session->user_count->n_detached--;
        session->host->n_detached--;
    }
}

bool users_may_detach(const struct weh_session *session)
{
    const size_t limit = (size_t)session->host->options.config->limits_user_sessions;

    return limit == 0 || session->user_count->n_detached < limit;
}

/* ---- a session's messages ---- */

/* @ahead_ns plus the time that @n of @rate a second take; the rate is that of a limit, or 0. */
static uint64_t further(uint64_t ahead_ns, uint64_t n, int64_t rate)
{
    return rate == 0 ? ahead_ns : ahead_ns + (uint64_t)((double)n * SECOND_NS / (double)rate);
}

/* How far @free_ns, when all would have been in time, is ahead of now. */
static uint64_t ahead_of(uint64_t free_ns, uint64_t now_ns)
{
    return free_ns > now_ns ? free_ns - now_ns : 0;
}

enum flow session_flow(struct weh_session *session, size_t len, uint32_t *retry_s)
{
    const struct weh_config *config = session->host->options.config;
    const uint64_t now_ns = weh_clock_mono_us() * 1000;
    const uint64_t messages_ns = ahead_of(session->messages_free_ns, now_ns);
    const uint64_t bytes_ns = ahead_of(session->bytes_free_ns, now_ns);
    const uint64_t worst_ns = messages_ns > bytes_ns ? messages_ns : bytes_ns;

    /* What is ahead of a message counts, not the message: one that is larger than a second's share
     * can pass when nothing is. */
    session->messages_free_ns = now_ns + further(messages_ns, 1, config->limits_session_messages_s);
    session->bytes_free_ns = now_ns + further(bytes_ns, len, config->limits_session_bytes_s);
    if (worst_ns < SECOND_NS) {
        return FLOW_FINE;
    }
    *retry_s = (uint32_t)(worst_ns / SECOND_NS);
    return worst_ns < FLOOD_NS ? FLOW_TOO_FAST : FLOW_FLOOD;
}

/* ---- overload ---- */

enum weh_room weh_host_room(struct weh_host *host, const char *user)
{
    const struct weh_config *config = host->options.config;
    const size_t limit = (size_t)config->limits_user_sessions;
    const struct user *found = find(&host->users, user);

    if (limit != 0 && found != NULL && found->n_sessions - found->n_detached >= limit) {
        weh_metrics_add(host->metrics, WEH_METRIC_LIMIT_USER_SESSIONS, 1);
        return WEH_ROOM_NOT_FOR_USER;
    }
    /* Those that come back to their sessions work already, and would lose them. */
    if (found != NULL && found->n_detached > 0) {
        return WEH_ROOM_FREE;
    }
    if (config->limits_overload_ms != 0 &&
        pool_delay_ms(&host->pool) > (uint64_t)config->limits_overload_ms) {
        weh_metrics_add(host->metrics, WEH_METRIC_LIMIT_OVERLOAD, 1);
        return WEH_ROOM_OVERLOAD;
    }
    return WEH_ROOM_FREE;
}

bool session_is_too_much(const struct weh_session *session, const struct weh_method *method)
{
    const uint64_t limit_ms = (uint64_t)session->host->options.config->limits_overload_ms;
    const bool begins = (method->states & WEH_IN(READY)) == 0;

    return begins && limit_ms != 0 && pool_delay_ms(&session->host->pool) > 2 * limit_ms;
}
