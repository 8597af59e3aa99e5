/* src/auth/key_fetch.c - an issuer's keys by HTTPS: a thread that asks, so that nobody else waits.
 *
 * It asks at the start, every auth.jwks_refresh_s, and when a token names a key that is not known,
 * but never sooner than auth.jwks_retry_s after the last time: tokens are sent by anybody. What was
 * got last counts until it is older than auth.jwks_max_age_s.
 */
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "weh/alloc.h"
#include "weh/buf.h"
#include "weh/clock.h"
#include "weh/thread.h"

#include "auth_priv.h"

#define FETCH_TIMEOUT_MS   5000L
#define CONNECT_TIMEOUT_MS 3000L

struct weh_key_fetcher {
    const struct weh_config *config;
    const struct weh_log *log;
    struct weh_alg_list algs;
    struct weh_key_store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool is_stopping;
    bool is_asked;        /* locked, with those below */
    bool is_first_over;   /* the first answer is there, good or bad */
    uint64_t next_us;     /* when to ask without being asked */
    uint64_t earliest_us; /* when to ask at the soonest */
    uint64_t got_us;      /* when keys were got last; 0: never */
};

/* ---- one fetch ---- */

static size_t take_bytes(char *bytes, size_t size, size_t n, void *ctx)
{
    struct weh_buf *body = ctx;

    weh_buf_append(body, bytes, size * n);
    return body->err == WEH_OK ? size * n : 0;
}

static int keep_going(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct weh_key_fetcher *fetcher = ctx;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return atomic_load(&fetcher->is_stopping) ? 1 : 0;
}

static bool is_loopback(const char *url)
{
    static const char *const heads[] = { "http://127.0.0.1", "http://localhost", "http://[::1]" };

    for (size_t i = 0; i < WEH_ARRAY_LEN(heads); i++) {
        size_t n = strlen(heads[i]);

        if (strncmp(url, heads[i], n) == 0 && strchr(":/", url[n]) != NULL) {
            return strchr(url + n, '@') == NULL;
        }
    }
    return false;
}

weh_err weh_key_url_check(const char *url, struct weh_diag *diag)
{
    if (is_loopback(url) || (strncmp(url, "https://", 8) == 0 && strchr(url, '@') == NULL)) {
        return WEH_OK;
    }
    return weh_fail_where(diag, WEH_E_BAD_ARGS, "auth.jwks_url",
                          "must be https://, without a user name; http:// only to this machine");
}

static void set_options(struct weh_key_fetcher *fetcher, CURL *curl, struct weh_buf *body)
{
    const char *url = fetcher->config->auth_jwks_url;
    const char *ca = fetcher->config->auth_jwks_ca;

    /* Their values are constants, but for memory: what fails then makes the transfer fail. */
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_loopback(url) ? "http" : "https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, FETCH_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)WEH_KEYS_FILE_BYTES);
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "webedithost/" WEH_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, keep_going);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, fetcher);
    if (is_loopback(url)) {
        (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    }
    if (ca[0] != '\0') {
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    }
}

static weh_err get(struct weh_key_fetcher *fetcher, struct weh_buf *body, struct weh_diag *diag)
{
    CURL *curl = curl_easy_init();
    CURLcode code = CURLE_OUT_OF_MEMORY;
    long status = 0;

    if (curl != NULL) {
        set_options(fetcher, curl, body);
        code = curl_easy_perform(curl);
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_easy_cleanup(curl);
    if (code != CURLE_OK) {
        return weh_fail(diag, WEH_E_IO, "%s", curl_easy_strerror(code));
    }
    return status == 200 ? WEH_OK : weh_fail(diag, WEH_E_IO, "answered with status %ld", status);
}

/* Ask once; what is got takes the place of what was there. */
static weh_err fetch(struct weh_key_fetcher *fetcher, struct weh_diag *diag)
{
    struct weh_key_set *set = NULL;
    struct weh_buf body;
    size_t n_secrets = 0;
    weh_err err;

    weh_buf_init(&body, WEH_KEYS_FILE_BYTES);
    err = get(fetcher, &body, diag);
    if (err == WEH_OK) {
        err = weh_jwks_read((struct weh_str){ (const char *)body.data, body.len }, &fetcher->algs,
                            &set, &n_secrets, diag);
    }
    weh_buf_fini(&body);
    if (err == WEH_OK) {
        weh_log(fetcher->log, WEH_LOG_INFO, NULL, "auth.keys", WEH_F_INT("n", set->n));
        weh_key_store_replace(fetcher->store, set);
    }
    return err;
}

/* ---- the thread ---- */

static uint64_t seconds_us(int64_t seconds)
{
    return (uint64_t)seconds * 1000000;
}

/* The lock is held. */
static void plan_next(struct weh_key_fetcher *fetcher, bool is_good)
{
    const struct weh_config *config = fetcher->config;
    uint64_t now_us = weh_clock_mono_us();

    fetcher->is_first_over = true;
    fetcher->earliest_us = now_us + seconds_us(config->auth_jwks_retry_s);
    fetcher->next_us =
        is_good ? now_us + seconds_us(config->auth_jwks_refresh_s) : fetcher->earliest_us;
    if (is_good) {
        fetcher->got_us = now_us;
    } else if (fetcher->got_us != 0 &&
               now_us - fetcher->got_us > seconds_us(config->auth_jwks_max_age_s)) {
        weh_key_store_replace(fetcher->store, NULL);
        fetcher->got_us = 0;
    }
    (void)pthread_cond_broadcast(&fetcher->changed);
}

/* Wait until it is time, or something has changed. The lock is held. */
static void wait_for_turn(struct weh_key_fetcher *fetcher, uint64_t due_us)
{
    struct timespec until = { (time_t)(due_us / 1000000), (long)(due_us % 1000000 * 1000) };

    (void)pthread_cond_timedwait(&fetcher->changed, &fetcher->lock, &until);
}

static void *run(void *ctx)
{
    struct weh_key_fetcher *fetcher = ctx;
    struct weh_diag diag = { .err = WEH_OK };

    (void)pthread_mutex_lock(&fetcher->lock);
    while (!atomic_load(&fetcher->is_stopping)) {
        uint64_t due_us = fetcher->is_asked ? fetcher->earliest_us : fetcher->next_us;
        weh_err err;

        if (weh_clock_mono_us() < due_us) {
            wait_for_turn(fetcher, due_us);
            continue;
        }
        (void)pthread_mutex_unlock(&fetcher->lock);
        err = fetch(fetcher, &diag);
        if (err != WEH_OK && !atomic_load(&fetcher->is_stopping)) {
            weh_log(fetcher->log, WEH_LOG_WARN, NULL, "auth.keys_not_got",
                    WEH_F_TEXT("setting", "auth.jwks_url"), WEH_F_TEXT("text", diag.text));
        }
        (void)pthread_mutex_lock(&fetcher->lock);
        fetcher->is_asked = false;
        plan_next(fetcher, err == WEH_OK);
    }
    (void)pthread_mutex_unlock(&fetcher->lock);
    return NULL;
}

static weh_err start(struct weh_key_fetcher *fetcher, struct weh_diag *diag)
{
    (void)pthread_mutex_init(&fetcher->lock, NULL);
    weh_cond_init(&fetcher->changed);
    if (!weh_thread_start(&fetcher->thread, run, fetcher)) {
        (void)pthread_cond_destroy(&fetcher->changed);
        (void)pthread_mutex_destroy(&fetcher->lock);
        return weh_fail(diag, WEH_E_LIMIT, "no thread for auth.jwks_url");
    }
    (void)pthread_mutex_lock(&fetcher->lock);
    while (!fetcher->is_first_over) {
        (void)pthread_cond_wait(&fetcher->changed, &fetcher->lock);
    }
    (void)pthread_mutex_unlock(&fetcher->lock);
    return WEH_OK;
}

weh_err weh_key_fetcher_create(const struct weh_config *config, const struct weh_log *log,
                               const struct weh_alg_list *algs, struct weh_key_store *store,
                               struct weh_key_fetcher **out, struct weh_diag *diag)
{
    struct weh_key_fetcher *fetcher = weh_calloc(1, sizeof(*fetcher));
    weh_err err = WEH_OK;

    if (fetcher == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        weh_free(fetcher);
        return weh_fail_nomem(diag);
    }
    fetcher->config = config;
    fetcher->log = log;
    fetcher->algs = *algs;
    fetcher->store = store;
    err = start(fetcher, diag);
    if (err != WEH_OK) {
        curl_global_cleanup();
        weh_free(fetcher);
        return err;
    }
    *out = fetcher;
    return WEH_OK;
}

void weh_key_fetcher_destroy(struct weh_key_fetcher *fetcher)
{
    if (fetcher == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&fetcher->lock);
    atomic_store(&fetcher->is_stopping, true);
    (void)pthread_cond_broadcast(&fetcher->changed);
    (void)pthread_mutex_unlock(&fetcher->lock);
    (void)pthread_join(fetcher->thread, NULL);
    (void)pthread_cond_destroy(&fetcher->changed);
    (void)pthread_mutex_destroy(&fetcher->lock);
    curl_global_cleanup();
    weh_free(fetcher);
}

void weh_key_fetcher_ask(struct weh_key_fetcher *fetcher)
{
    (void)pthread_mutex_lock(&fetcher->lock);
    if (!fetcher->is_asked) {
        fetcher->is_asked = true;
        (void)pthread_cond_broadcast(&fetcher->changed);
    }
    (void)pthread_mutex_unlock(&fetcher->lock);
}
