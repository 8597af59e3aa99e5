/* src/auth/base64url.h - base64url without padding (RFC 4648 section 5), as JWTs have it. */
#ifndef WEH_BASE64URL_H
#define WEH_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/buf.h"
#include "weh/str.h"

/** Append the digits of @n bytes to @out. */
void weh_base64url_encode(const uint8_t *bytes, size_t n, struct weh_buf *out);

/**
 * Decode @text into @out of @size bytes; *@n how many there are.
 *
 * Strict: no padding, no other characters, no length that cannot be, unused bits zero. A text has
 * one spelling only. False otherwise, or when @out is too small.
 */
bool weh_base64url_decode(struct weh_str text, uint8_t *out, size_t size, size_t *n);

#endif
