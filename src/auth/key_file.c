/* src/auth/key_file.c - keys from a file of the operator's. */
#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"

#include "key.h"

static weh_err fail_io(struct weh_diag *diag, const char *where, int error)
{
    return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "the file cannot be read: %s",
                          strerrordesc_np(error));
}

/* All of @fd, which is a regular file of at most WEH_KEYS_FILE_BYTES. */
static weh_err read_all(int fd, const char *where, uint8_t **out, size_t *n, struct weh_diag *diag)
{
    struct stat info;
    ssize_t n_read = 1;

    if (fstat(fd, &info) != 0) {
        return fail_io(diag, where, errno);
    }
    if (!S_ISREG(info.st_mode) || info.st_size > WEH_KEYS_FILE_BYTES) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "not a file of at most %d bytes",
                              WEH_KEYS_FILE_BYTES);
    }
    *out = weh_malloc(WEH_KEYS_FILE_BYTES);
    if (*out == NULL) {
        return weh_fail_nomem(diag);
    }
    while (n_read > 0 && *n < WEH_KEYS_FILE_BYTES) {
        n_read = read(fd, *out + *n, WEH_KEYS_FILE_BYTES - *n);
        *n += n_read > 0 ? (size_t)n_read : 0;
    }
    return n_read < 0 ? fail_io(diag, where, errno) : WEH_OK;
}

static bool others_can_read(int fd)
{
    struct stat info;

    return fstat(fd, &info) != 0 || (info.st_mode & S_IRWXO) != 0;
}

weh_err weh_key_file_read(const char *path, const char *where, enum weh_key_format format,
                          const struct weh_alg_list *algs, struct weh_key_set **out,
                          struct weh_diag *diag)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct weh_key_set *set = NULL;
    struct weh_diag inner = { .err = WEH_OK };
    struct weh_str text;
    uint8_t *bytes = NULL;
    size_t n_secrets = 0;
    size_t n = 0;
    weh_err err;

    if (fd < 0) {
        return fail_io(diag, where, errno);
    }
    err = read_all(fd, where, &bytes, &n, diag);
    if (err != WEH_OK) {
        goto out;
    }
    text = (struct weh_str){ (const char *)bytes, n };
    err = format == WEH_KEYS_PEM ? weh_pem_read(text, algs, &set, &inner)
                                 : weh_jwks_read(text, algs, &set, &n_secrets, &inner);
    if (err != WEH_OK) {
        err = weh_fail_where(diag, err == WEH_E_NOMEM ? err : WEH_E_BAD_ARGS, where, "%s",
                             inner.text);
        goto out;
    }
    if (n_secrets != 0 && others_can_read(fd)) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, where,
                             "the file holds a secret key and anybody can read it: make it 0640 or "
                             "0600");
        goto out;
    }
    *out = set;
    set = NULL;
out:
    weh_key_set_release(set);
    if (bytes != NULL) {
        explicit_bzero(bytes, WEH_KEYS_FILE_BYTES);
    }
    weh_free(bytes);
    (void)close(fd);
    return err;
}
