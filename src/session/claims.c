/* src/session/claims.c - what sessions have open, kept in files: one a session, named by its id.
 *
 * A file is written beside and renamed, so that there is a whole one or none. Those of an earlier process
 * are in memory from the start on: the service thread, which looks for one when a client comes back, must
 * not wait for a disk (removing a name is all it does).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/claim.h"
#include "weh/clock.h"
#include "weh/file.h"
#include "weh/json.h"

#define FILE_BYTES_MAX 4096
#define PATH_SIZE      4096
#define CLAIMS_MAX     100000 /* of an earlier process; what goes beyond is forgotten */
#define NEW_SUFFIX     ".new"

struct old_claim {
    struct old_claim *next;
    struct weh_claim claim;
};

struct weh_claims {
    char folder[PATH_SIZE - 64];
    uint64_t good_until_ms; /* monotonic */
    pthread_mutex_t lock;
    struct old_claim *old;
};

static uint64_t now_ms(void)
{
    return weh_clock_mono_us() / 1000;
}

/* "s" and hexadecimal digits: a name that leads nowhere else. */
static bool is_session_id(const char *name)
{
    size_t n = strlen(name);

    return n >= 2 && n < sizeof(((struct weh_claim *)NULL)->session_id) && name[0] == 's' &&
           strspn(name + 1, "0123456789abcdef") == n - 1;
}

static void path_of(const struct weh_claims *claims, const char *name, const char *suffix,
                    char out[PATH_SIZE])
{
    (void)snprintf(out, PATH_SIZE, "%s/%s%s", claims->folder, name, suffix);
}

static void remove_file(const struct weh_claims *claims, const char *name)
{
    char path[PATH_SIZE];

    path_of(claims, name, "", path);
    (void)unlink(path);
}

/* ---- read ---- */

static bool copy_text(const struct weh_value *map, const char *key, char *out, size_t size)
{
    const struct weh_value *value = weh_value_get(map, key);

    if (value == NULL || value->type != WEH_VALUE_STRING || value->n >= size) {
        return false;
    }
    (void)snprintf(out, size, "%.*s", WEH_STR_ARGS(weh_value_str(value)));
    return true;
}

static bool read_claim(const struct weh_value *map, struct weh_claim *out)
{
    return copy_text(map, "session", out->session_id, sizeof(out->session_id)) &&
           copy_text(map, "user", out->user, sizeof(out->user)) &&
           copy_text(map, "token", out->token, sizeof(out->token)) && out->token[0] != '\0' &&
           copy_text(map, "previous", out->previous, sizeof(out->previous)) &&
           copy_text(map, "name", out->name, sizeof(out->name)) &&
           weh_value_to_bool(weh_value_get(map, "isCheckout"), &out->is_checkout) &&
           weh_value_to_bool(weh_value_get(map, "readonly"), &out->readonly);
}

/* The text of the file @name, or a length of 0 when it is none that was written here. */
static size_t read_text(const struct weh_claims *claims, const char *name,
                        char text[FILE_BYTES_MAX])
{
    char path[PATH_SIZE];
    struct stat status;
    ssize_t n = 0;
    int fd;

    path_of(claims, name, "", path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return 0;
    }
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < FILE_BYTES_MAX) {
        n = read(fd, text, FILE_BYTES_MAX);
    }
    (void)close(fd);
    return n > 0 ? (size_t)n : 0;
}

/* What cannot be read as a claim is none; being out of memory says nothing of it. */
static weh_err load_claim(const struct weh_claims *claims, const char *name, struct weh_claim *out,
                          bool *is_claim)
{
    static const struct weh_json_limits limits = { .max_depth = 2, .max_values = 32 };
    char text[FILE_BYTES_MAX];
    size_t n = is_session_id(name) ? read_text(claims, name, text) : 0;
    struct weh_arena arena;
    struct weh_value value;
    weh_err err;

    *is_claim = false;
    if (n == 0) {
        return WEH_OK;
    }
    weh_arena_init(&arena, 0);
    err = weh_json_parse((struct weh_str){ text, n }, &limits, &arena, &value, NULL);
    if (err == WEH_OK) {
        *is_claim = read_claim(&value, out) && strcmp(out->session_id, name) == 0;
    }
    weh_arena_fini(&arena);
    return err == WEH_E_NOMEM ? err : WEH_OK;
}

static weh_err load(struct weh_claims *claims, const char *name, struct weh_diag *diag)
{
    struct old_claim *old = weh_calloc(1, sizeof(*old));
    bool is_claim = false;

    if (old == NULL || load_claim(claims, name, &old->claim, &is_claim) != WEH_OK) {
        weh_free(old);
        return weh_fail_nomem(diag);
    }
    if (!is_claim) {
        weh_free(old);
        remove_file(claims, name);
        return WEH_OK;
    }
    old->next = claims->old;
    claims->old = old;
    return WEH_OK;
}

static weh_err load_all(struct weh_claims *claims, bool are_good, struct weh_diag *diag)
{
    DIR *folder = opendir(claims->folder);
    struct dirent *entry;
    size_t n = 0;
    weh_err err = WEH_OK;

    if (folder == NULL) {
        return weh_file_fail(diag, errno);
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has this stream */
    while (err == WEH_OK && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (are_good && n < CLAIMS_MAX) {
            err = load(claims, entry->d_name, diag);
            n++;
        } else {
            remove_file(claims, entry->d_name);
        }
    }
    (void)closedir(folder);
    return err;
}

weh_err weh_claims_open(const char *folder, uint64_t good_ms, struct weh_claims **out,
                        struct weh_diag *diag)
{
    struct weh_claims *claims = weh_calloc(1, sizeof(*claims));
    weh_err err = WEH_OK;

    if (claims == NULL) {
        return weh_fail_nomem(diag);
    }
    (void)pthread_mutex_init(&claims->lock, NULL);
    claims->good_until_ms = now_ms() + good_ms;
    if (snprintf(claims->folder, sizeof(claims->folder), "%s", folder) >=
        (int)sizeof(claims->folder)) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "data.dir", "the path is too long");
    } else if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        err = weh_file_fail(diag, errno);
    }
    if (err == WEH_OK) {
        err = load_all(claims, good_ms > 0, diag);
    }
    if (err != WEH_OK) {
        weh_claims_close(claims);
        return err;
    }
    *out = claims;
    return WEH_OK;
}

static void forget(struct old_claim *old)
{
    while (old != NULL) {
        struct old_claim *next = old->next;

        weh_free(old);
        old = next;
    }
}

void weh_claims_close(struct weh_claims *claims)
{
    if (claims != NULL) {
        forget(claims->old);
        (void)pthread_mutex_destroy(&claims->lock);
        weh_free(claims);
    }
}

/* ---- taken ---- */

/* In the same time wherever they differ; both have all digits of a token, or it is none. */
static bool is_token(const char *token, struct weh_str given)
{
    volatile unsigned difference = 0;

    if (given.len != WEH_RESUME_TOKEN_SIZE - 1 || strlen(token) != given.len) {
        return false;
    }
    for (size_t i = 0; i < given.len; i++) {
        difference |= (unsigned char)token[i] ^ (unsigned char)given.ptr[i];
    }
    return difference == 0;
}

static bool is_meant(const struct weh_claim *claim, struct weh_str session_id, struct weh_str token,
                     const char *user)
{
    return weh_str_eq_text(session_id, claim->session_id) && strcmp(claim->user, user) == 0 &&
           (is_token(claim->token, token) || is_token(claim->previous, token));
}

bool weh_claims_take(struct weh_claims *claims, struct weh_str session_id, struct weh_str token,
                     const char *user, struct weh_claim *out)
{
    struct old_claim *found = NULL;

    if (now_ms() >= claims->good_until_ms) {
        return false;
    }
    (void)pthread_mutex_lock(&claims->lock);
    for (struct old_claim **at = &claims->old; *at != NULL && found == NULL; at = &(*at)->next) {
        if (is_meant(&(*at)->claim, session_id, token, user)) {
            found = *at;
            *at = found->next;
            break;
        }
    }
    (void)pthread_mutex_unlock(&claims->lock);
    if (found == NULL) {
        return false;
    }
    *out = found->claim;
    weh_free(found);
    remove_file(claims, out->session_id);
    return true;
}

/* ---- written ---- */

/* Those of an earlier process that nobody has come for. */
static void sweep(struct weh_claims *claims)
{
    struct old_claim *old;

    if (now_ms() < claims->good_until_ms) {
        return;
    }
    (void)pthread_mutex_lock(&claims->lock);
    old = claims->old;
    claims->old = NULL;
    (void)pthread_mutex_unlock(&claims->lock);
    for (const struct old_claim *at = old; at != NULL; at = at->next) {
        remove_file(claims, at->claim.session_id);
    }
    forget(old);
}

static void put_text(struct weh_sink *sink, const char *key, const char *text)
{
    weh_sink_key(sink, key);
    weh_sink_text(sink, text);
}

static void write_claim(const struct weh_claim *claim, struct weh_buf *buf)
{
    struct weh_json_writer json;
    struct weh_sink *sink = &json.sink;

    weh_json_writer_init(&json, buf);
    weh_sink_map_begin(sink, 7);
    put_text(sink, "session", claim->session_id);
    put_text(sink, "user", claim->user);
    put_text(sink, "token", claim->token);
    put_text(sink, "previous", claim->previous);
    put_text(sink, "name", claim->name);
    weh_sink_key(sink, "isCheckout");
    weh_sink_bool(sink, claim->is_checkout);
    weh_sink_key(sink, "readonly");
    weh_sink_bool(sink, claim->readonly);
    weh_sink_map_end(sink);
}

static weh_err write_file(const char *path, const struct weh_buf *buf, struct weh_diag *diag)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    weh_err err = WEH_OK;
    ssize_t n;

    if (fd < 0) {
        return weh_file_fail(diag, errno);
    }
    n = write(fd, buf->data, buf->len);
    if (n < 0) {
        err = weh_file_fail(diag, errno);
    } else if ((size_t)n != buf->len) {
        err = weh_file_fail(diag, ENOSPC);
    }
    (void)close(fd);
    return err;
}

weh_err weh_claims_put(struct weh_claims *claims, const struct weh_claim *claim,
                       struct weh_diag *diag)
{
    char new_path[PATH_SIZE];
    char path[PATH_SIZE];
    struct weh_buf buf;
    weh_err err;

    weh_assert(is_session_id(claim->session_id));
    sweep(claims);
    weh_buf_init(&buf, FILE_BYTES_MAX - 1);
    write_claim(claim, &buf);
    path_of(claims, claim->session_id, "", path);
    path_of(claims, claim->session_id, NEW_SUFFIX, new_path);
    err = buf.err == WEH_OK ? write_file(new_path, &buf, diag)
                            : weh_fail(diag, buf.err, "the claim cannot be written");
    if (err == WEH_OK && rename(new_path, path) != 0) {
        err = weh_file_fail(diag, errno);
    }
    if (err != WEH_OK) {
        (void)unlink(new_path);
    }
    weh_buf_fini(&buf);
    return err;
}

void weh_claims_drop(struct weh_claims *claims, const char *session_id)
{
    remove_file(claims, session_id);
}
