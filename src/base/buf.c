/* src/base/buf.c - a growing buffer of bytes with a limit and a sticky error. */
#include "weh/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "weh/alloc.h"

#define FIRST_BYTES 256

void weh_buf_init(struct weh_buf *buf, size_t limit_bytes)
{
    *buf = (struct weh_buf){ .limit_bytes = limit_bytes };
}

void weh_buf_fini(struct weh_buf *buf)
{
    weh_free(buf->data);
    weh_buf_init(buf, buf->limit_bytes);
}

void weh_buf_clear(struct weh_buf *buf)
{
    buf->len = 0;
    buf->err = WEH_OK;
}

static bool enlarge(struct weh_buf *buf, size_t needed)
{
    size_t capacity = buf->capacity == 0 ? FIRST_BYTES : buf->capacity;
    uint8_t *data;

    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    }
    if (buf->limit_bytes != 0 && capacity > buf->limit_bytes) {
        capacity = buf->limit_bytes;
    }
    data = weh_realloc(buf->data, capacity);
    if (data == NULL) {
        buf->err = WEH_E_NOMEM;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

uint8_t *weh_buf_grow(struct weh_buf *buf, size_t n)
{
    if (buf->err != WEH_OK) {
        return NULL;
    }
    if (n > SIZE_MAX - buf->len || (buf->limit_bytes != 0 && (buf->len > buf->limit_bytes ||
                                                              n > buf->limit_bytes - buf->len))) {
        buf->err = WEH_E_TOO_LARGE;
        return NULL;
    }
    if (buf->len + n > buf->capacity && !enlarge(buf, buf->len + n)) {
        return NULL;
    }
    return buf->data + buf->len;
}

void weh_buf_printf(struct weh_buf *buf, const char *format, ...)
{
    char text[256];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    weh_assert(n >= 0);
    if ((size_t)n < sizeof(text)) {
        weh_buf_append(buf, text, (size_t)n);
        return;
    }
    /* vsnprintf wants room for the NUL, which is not part of the contents. */
    uint8_t *at = weh_buf_reserve(buf, (size_t)n + 1);

    if (at != NULL) {
        va_start(args, format);
        (void)vsnprintf((char *)at, (size_t)n + 1, format, args);
        va_end(args);
        buf->len += (size_t)n;
    }
}

uint8_t *weh_buf_take(struct weh_buf *buf, size_t *len)
{
    uint8_t *data = buf->data;

    *len = buf->len;
    weh_buf_init(buf, buf->limit_bytes);
    return data;
}
