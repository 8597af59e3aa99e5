/* include/weh/buf.h - a growing buffer of bytes with a limit.
 *
 * A failed append is remembered, so that a writer may check once at its end. One thread at a time.
 */
#ifndef WEH_BUF_H
#define WEH_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "weh/err.h"

struct weh_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;    /* at most the limit */
    size_t limit_bytes; /* 0: no limit; as it is for as long as there is memory */
    weh_err err;        /* WEH_OK, WEH_E_NOMEM or WEH_E_TOO_LARGE: sticky */
};

/** Make @buf empty. @limit_bytes 0 is no limit. */
void weh_buf_init(struct weh_buf *buf, size_t limit_bytes);

/** Free the bytes. Zeroed memory is fine. The limit stays. */
void weh_buf_fini(struct weh_buf *buf);

/** Forget the contents and the error, keep the memory. */
void weh_buf_clear(struct weh_buf *buf);

/** weh_buf_reserve() when the memory is not enough, or after a failure. */
uint8_t *weh_buf_grow(struct weh_buf *buf, size_t n);

/* Inline, because every value of every row comes by here. */

/** Room for @n more bytes at the end: a pointer to them, NULL on failure. len is unchanged. */
static inline uint8_t *weh_buf_reserve(struct weh_buf *buf, size_t n)
{
    return buf->err == WEH_OK && n <= buf->capacity - buf->len ? buf->data + buf->len
                                                               : weh_buf_grow(buf, n);
}

/** Append @n bytes. Does nothing after a failure. */
static inline void weh_buf_append(struct weh_buf *buf, const void *bytes, size_t n)
{
    uint8_t *at = n == 0 ? NULL : weh_buf_reserve(buf, n);

    if (at != NULL) {
        memcpy(at, bytes, n);
        buf->len += n;
    }
}

/** Append one byte. */
static inline void weh_buf_byte(struct weh_buf *buf, uint8_t byte)
{
    weh_buf_append(buf, &byte, 1);
}

/** Append a formatted text without a NUL. */
void weh_buf_printf(struct weh_buf *buf, const char *format, ...) WEH_PRINTF(2, 3);

/** Take the bytes out of @buf: owned by the caller, @buf is empty again. */
uint8_t *weh_buf_take(struct weh_buf *buf, size_t *len);

#endif
