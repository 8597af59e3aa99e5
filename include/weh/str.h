/* include/weh/str.h - a view of bytes that belong to somebody else.
 *
 * Not NUL-terminated. As good as long as what it looks into.
 */
#ifndef WEH_STR_H
#define WEH_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct weh_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
};

#define WEH_STR(literal) ((struct weh_str){ "" literal, sizeof(literal) - 1 })

/** printf arguments for "%.*s"; longer views are cut to 2^31 - 1 bytes. */
#define WEH_STR_ARGS(str) (int)((str).len & 0x7fffffff), (str).ptr == NULL ? "" : (str).ptr

static inline struct weh_str weh_str_from(const char *text)
{
    return (struct weh_str){ text, text == NULL ? 0 : strlen(text) };
}

static inline bool weh_str_eq(struct weh_str a, struct weh_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool weh_str_eq_text(struct weh_str a, const char *text)
{
    return weh_str_eq(a, weh_str_from(text));
}

/** Equal but for the case of ASCII letters. */
bool weh_str_eq_nocase(struct weh_str a, struct weh_str b);

/** @str without the bytes up to and including the first @separator; those go to @head.
 * Without a @separator @head is all of @str and the result is empty. */
struct weh_str weh_str_split(struct weh_str str, char separator, struct weh_str *head);

/** True when @str is well-formed UTF-8 (RFC 3629: no surrogates, nothing above U+10FFFF). */
bool weh_str_is_utf8(struct weh_str str);

#endif
