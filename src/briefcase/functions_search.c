/* src/briefcase/functions_search.c - LIKE, GLOB, instr, replace and trim in place of SQLite's own.
 *
 * They answer as SQLite's do to UTF-8. Those take a time that grows with the product of two lengths, and SQLite looks at the
 * progress handler only between steps: one call with two texts of some megabytes would run for minutes. Here
 * searching is linear, and what cannot be looks at the deadline of the query. LIKE and GLOB take blobs for texts, as
 * the native library 5.1.72 does and Debian's SQLite does not.
 */
#include <string.h>

#include "weh/buf.h"
#include "weh/db_query.h"

#include "briefcase_priv.h"

/* Comparisons between two looks at the clock: some tenths of a millisecond. */
#define STEPS_PER_LOOK 65536
/* Bytes that are looked through at once, at least. */
#define WINDOW 4096

/* A text that ends with a NUL, as SQLite's functions see it. */
struct text {
    const unsigned char *ptr;
    size_t len;
};

/* False: no memory. NULL arguments are looked for before. */
static bool text_of(sqlite3_value *value, struct text *out)
{
    out->ptr = sqlite3_value_text(value);
    out->len = out->ptr == NULL ? 0 : (size_t)sqlite3_value_bytes(value);
    return out->ptr != NULL;
}

static bool any_null(int n, sqlite3_value **args)
{
    for (int i = 0; i < n; i++) {
        if (sqlite3_value_type(args[i]) == SQLITE_NULL) {
            return true;
        }
    }
    return false;
}

static bool is_continuation(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* One call; what is not of LIKE or GLOB is 0. */
struct matcher {
    struct weh_briefcase *briefcase;
    bool is_glob;
    uint32_t all, one, escape; /* 0: none */
    size_t steps;
    bool is_over;
};

/* Count @steps. True when the time of the query is over. */
static bool look(struct matcher *m, size_t steps)
{
    m->steps += steps;
    if (m->steps >= STEPS_PER_LOOK) {
        m->steps = 0;
        m->is_over = weh_query_is_over(m->briefcase);
    }
    return m->is_over;
}

/* ---- instr, replace ---- */

/* As memmem, window by window: a caller that asks again behind each find does not touch all the rest each time. */
static const unsigned char *search(struct text hay, struct text needle)
{
    size_t window = needle.len < WINDOW ? WINDOW : needle.len;

    for (size_t from = 0; hay.len - from >= needle.len; from += window) {
        size_t left = hay.len - from;
        const unsigned char *at =
            memmem(hay.ptr + from, left < 2 * window ? left : 2 * window, needle.ptr, needle.len);

        if (at != NULL) {
            return at;
        }
        if (left <= window) {
            break;
        }
    }
    return NULL;
}

/* Where @needle stands in @hay from @from on, at the beginning of a character; @hay.len: nowhere. */
static size_t find(struct text hay, struct text needle, size_t from, bool is_text)
{
    while (from < hay.len) {
        const struct text rest = { hay.ptr + from, hay.len - from };
        const unsigned char *at = search(rest, needle);
        size_t found = at == NULL ? hay.len : (size_t)(at - hay.ptr);

        if (found == hay.len || found == 0 || !is_text || !is_continuation(*at)) {
            return found;
        }
        from = found + 1;
    }
    return hay.len;
}

static void instr(sqlite3_context *context, int n, sqlite3_value **args)
{
    bool is_text =
        sqlite3_value_type(args[0]) != SQLITE_BLOB || sqlite3_value_type(args[1]) != SQLITE_BLOB;
    struct text hay = { sqlite3_value_blob(args[0]), (size_t)sqlite3_value_bytes(args[0]) };
    struct text needle = { sqlite3_value_blob(args[1]), (size_t)sqlite3_value_bytes(args[1]) };
    sqlite3_int64 place = 1;
    size_t found;

    if (any_null(n, args)) {
        return;
    }
    if ((hay.ptr == NULL && hay.len > 0) || (needle.ptr == NULL && needle.len > 0)) {
        sqlite3_result_error_nomem(context); /* a zeroblob() is made when it is looked at */
        return;
    }
    if (needle.len == 0) {
        sqlite3_result_int(context, 1);
        return;
    }
    found = hay.len < needle.len ? hay.len : find(hay, needle, 0, is_text);
    if (found == hay.len || hay.ptr == NULL) {
        sqlite3_result_int(context, 0);
        return;
    }
    for (size_t i = 1; i <= found; i++) {
        place += !is_text || !is_continuation(hay.ptr[i]);
    }
    sqlite3_result_int64(context, place);
}

static void replace(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct matcher m = { .briefcase = sqlite3_user_data(context) };
    struct text whole, pattern, by;
    struct weh_buf buf;
    size_t from = 0;

    if (any_null(2, args)) {
        return;
    }
    /* The first one too: a blob that has been read as a text counts as one. */
    if (!text_of(args[0], &whole) || !text_of(args[1], &pattern)) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (pattern.ptr[0] == '\0') {
        sqlite3_result_value(context, args[0]);
        return;
    }
    if (any_null(n, args)) {
        return;
    }
    if (!text_of(args[2], &by)) {
        sqlite3_result_error_nomem(context);
        return;
    }
    weh_buf_init(
        &buf, (size_t)sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1));
    while (from < whole.len && buf.err == WEH_OK && !look(&m, 1)) {
        size_t found = find(whole, pattern, from, false);

        weh_buf_append(&buf, whole.ptr + from, found - from);
        from = found;
        if (found < whole.len) {
            weh_buf_append(&buf, by.ptr, by.len);
            from += pattern.len;
        }
    }
    if (m.is_over) {
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    } else {
        weh_query_give_text(context, &buf);
    }
    weh_buf_fini(&buf);
}

/* ---- LIKE, GLOB ---- */

/* The code point at *@at, behind which *@at is then; as SQLite reads what is no UTF-8. */
static uint32_t next_char(const unsigned char **at)
{
    uint32_t c = *(*at)++;

    if (c < 0xc0) {
        return c;
    }
    /* Those from f8 on begin no character. */
    c &= c < 0xe0 ? 0x1f : c < 0xf0 ? 0x0f : c < 0xf8 ? 0x07 : c < 0xfc ? 0x03 : c == 0xfd;
    while (is_continuation(**at)) {
        c = (c << 6) + (*(*at)++ & 0x3f);
    }
    return c < 0x80 || (c & 0xfffff800U) == 0xd800 || (c & 0xfffffffeU) == 0xfffe ? 0xfffd : c;
}

static uint32_t folded(const struct matcher *m, uint32_t c)
{
    return !m->is_glob && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Behind "[": is @c in the set? *@at is then behind "]", or NULL when there is none. */
static bool in_set(const unsigned char **at, uint32_t c)
{
    uint32_t before = 0;
    bool seen = false;
    bool inverted = **at == '^';
    uint32_t p;

    *at += inverted ? 1 : 0;
    p = next_char(at);
    if (p == ']') {
        seen = c == ']';
        p = next_char(at);
    }
    while (p != 0 && p != ']') {
        if (p == '-' && **at != ']' && **at != '\0' && before > 0) {
            p = next_char(at);
            seen = seen || (c >= before && c <= p);
            before = 0;
        } else {
            seen = seen || c == p;
            before = p;
        }
        p = next_char(at);
    }
    if (p == 0) {
        *at = NULL;
        return false;
    }
    return seen != inverted;
}

/* One character of the pattern, which is not "all", against one of the text. False: they do not match; *@pattern
 * NULL: and never will. */
static bool match_one(const struct matcher *m, const unsigned char **pattern, uint32_t c)
{
    uint32_t p = next_char(pattern);

    if (p == m->escape && p != 0) {
        p = next_char(pattern);
        if (p == 0) {
            *pattern = NULL;
            return false;
        }
    } else if (p == m->one) {
        return true;
    } else if (m->is_glob && p == '[') {
        return in_set(pattern, c);
    }
    return p == c || folded(m, p) == folded(m, c);
}

/* When the rest does not match, only the last "all" need take more: what stood before it matched already. */
static bool matches(struct matcher *m, const unsigned char *pattern, const unsigned char *text)
{
    const unsigned char *last = NULL;  /* behind the last "all" */
    const unsigned char *taken = text; /* by it, up to here */

    while (!look(m, 1)) {
        const unsigned char *p = pattern;
        const unsigned char *t = text;

        if (*p == '\0' && (*t == '\0' || pattern == last)) {
            return true;
        }
        if (*p != '\0' && *p == m->all) {
            last = ++pattern;
            taken = text;
        } else if (*t != '\0' && *p != '\0' && match_one(m, &p, next_char(&t))) {
            pattern = p;
            text = t;
        } else if (p == NULL || last == NULL || *taken == '\0') {
            return false;
        } else {
            (void)next_char(&taken);
            pattern = last;
            text = taken;
        }
    }
    return false;
}

static void run_matcher(sqlite3_context *context, struct matcher *m, sqlite3_value **args)
{
    int most =
        sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1);
    struct text pattern, text;
    bool is_match;

    m->briefcase = sqlite3_user_data(context);
    if (sqlite3_value_bytes(args[0]) > most) {
        sqlite3_result_error(context, "LIKE or GLOB pattern too complex", -1);
        return;
    }
    if (any_null(2, args)) {
        return;
    }
    if (!text_of(args[0], &pattern) || !text_of(args[1], &text)) {
        sqlite3_result_error_nomem(context);
        return;
    }
    is_match = matches(m, pattern.ptr, text.ptr);
    if (m->is_over) {
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    } else {
        sqlite3_result_int(context, is_match);
    }
}

static void glob(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct matcher m = { .is_glob = true, .all = '*', .one = '?' };

    (void)n;
    run_matcher(context, &m, args);
}

static void like(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct matcher m = { .all = '%', .one = '_' };

    if (n == 3) {
        const unsigned char *escape = sqlite3_value_text(args[2]);
        const unsigned char *at = escape;

        if (escape == NULL) {
            return;
        }
        m.escape = *at == '\0' ? 0 : next_char(&at);
        if (m.escape == 0 || *at != '\0') {
            sqlite3_result_error(context, "ESCAPE expression must be a single character", -1);
            return;
        }
        m.all = m.all == m.escape ? 0 : m.all;
        m.one = m.one == m.escape ? 0 : m.one;
    }
    run_matcher(context, &m, args);
}

/* ---- trim ---- */

/* Bytes of the character at @at. */
static size_t char_len(struct text text, size_t at)
{
    size_t n = 1;

    while (at + n < text.len && text.ptr[at] >= 0xc0 && is_continuation(text.ptr[at + n])) {
        n++;
    }
    return n;
}

/* What trim takes away. */
struct chars {
    struct text all;
    bool is_simple;   /* all of them are of one byte */
    bool single[256]; /* those of one byte */
};

static struct chars chars_of(struct text all)
{
    struct chars set = { .all = all, .is_simple = true };

    for (size_t i = 0; i < all.len; i += char_len(all, i)) {
        bool is_single = char_len(all, i) == 1;

        set.single[all.ptr[i]] = set.single[all.ptr[i]] || is_single;
        set.is_simple = set.is_simple && is_single;
    }
    return set;
}

/* Bytes of the first character of @set that @text begins with (@at_end: ends with); 0: none, or the time is over. In
 * what is no UTF-8 it need be none of @text's characters. */
static size_t matching(struct matcher *m, const struct chars *set, struct text text, bool at_end)
{
    size_t n;

    if (text.len == 0 || look(m, set->is_simple ? 1 : set->all.len)) {
        return 0;
    }
    if (set->is_simple) {
        return set->single[text.ptr[at_end ? text.len - 1 : 0]];
    }
    for (size_t i = 0; i < set->all.len; i += n) {
        n = char_len(set->all, i);
        if (n <= text.len &&
            memcmp(text.ptr + (at_end ? text.len - n : 0), set->all.ptr + i, n) == 0) {
            return n;
        }
    }
    return 0;
}

enum {
    TRIM_LEFT = 1,
    TRIM_RIGHT = 2
};

static void cut(struct matcher *m, struct text *text, struct text all, int ends)
{
    const struct chars set = chars_of(all);
    size_t n;

    while ((ends & TRIM_LEFT) != 0 && (n = matching(m, &set, *text, false)) > 0) {
        text->ptr += n;
        text->len -= n;
    }
    while ((ends & TRIM_RIGHT) != 0 && (n = matching(m, &set, *text, true)) > 0) {
        text->len -= n;
    }
}

static void trim_ends(sqlite3_context *context, int n, sqlite3_value **args, int ends)
{
    struct matcher m = { .briefcase = sqlite3_user_data(context) };
    struct text text, set;

    if (any_null(n, args)) {
        return;
    }
    if (!text_of(args[0], &text) || !text_of(args[1], &set)) {
        sqlite3_result_error_nomem(context);
        return;
    }
    set.len = strlen((const char *)set.ptr);
    cut(&m, &text, set, ends);
    if (m.is_over) {
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    } else {
        sqlite3_result_text64(context, (const char *)text.ptr, text.len, SQLITE_TRANSIENT,
                              SQLITE_UTF8);
    }
}

static void trim(sqlite3_context *context, int n, sqlite3_value **args)
{
    trim_ends(context, n, args, TRIM_LEFT | TRIM_RIGHT);
}

static void ltrim(sqlite3_context *context, int n, sqlite3_value **args)
{
    trim_ends(context, n, args, TRIM_LEFT);
}

static void rtrim(sqlite3_context *context, int n, sqlite3_value **args)
{
    trim_ends(context, n, args, TRIM_RIGHT);
}

int weh_search_functions_register(struct weh_briefcase *briefcase)
{
    static const struct {
        const char *name;
        int n_args;
        void (*call)(sqlite3_context *context, int n, sqlite3_value **args);
    } functions[] = {
        { "like", 2, like },   { "like", 3, like },       { "glob", 2, glob },
        { "instr", 2, instr }, { "replace", 3, replace }, { "trim", 2, trim },
        { "ltrim", 2, ltrim }, { "rtrim", 2, rtrim },
    };
    int rc = SQLITE_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(functions) && rc == SQLITE_OK; i++) {
        rc = sqlite3_create_function_v2(briefcase->db, functions[i].name, functions[i].n_args,
                                        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                        briefcase, functions[i].call, NULL, NULL, NULL);
    }
    return rc;
}
