/* include/weh/buf.h - a growing buffer of bytes with a limit.
 *
 * A failed append is remembered, so that a writer may check once at its end. One thread at a time.
 */
#ifndef WEH_BUF_H
#define WEH_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/err.h"

struct weh_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t limit_bytes; /* 0: no limit */
    weh_err err;        /* WEH_OK, WEH_E_NOMEM or WEH_E_TOO_LARGE: sticky */
};

/** Make @buf empty. @limit_bytes 0 is no limit. */
void weh_buf_init(struct weh_buf *buf, size_t limit_bytes);

/** Free the bytes. Zeroed memory is fine. The limit stays. */
void weh_buf_fini(struct weh_buf *buf);

/** Forget the contents and the error, keep the memory. */
void weh_buf_clear(struct weh_buf *buf);

/** Room for @n more bytes at the end: a pointer to them, NULL on failure. len is unchanged. */
uint8_t *weh_buf_reserve(struct weh_buf *buf, size_t n);

/** Append @n bytes. Does nothing after a failure. */
void weh_buf_append(struct weh_buf *buf, const void *bytes, size_t n);

/** Append one byte. */
void weh_buf_byte(struct weh_buf *buf, uint8_t byte);

/** Append a formatted text without a NUL. */
void weh_buf_printf(struct weh_buf *buf, const char *format, ...) WEH_PRINTF(2, 3);

/** Take the bytes out of @buf: owned by the caller, @buf is empty again. */
uint8_t *weh_buf_take(struct weh_buf *buf, size_t *len);

#endif
