/* src/base/json_scan.c - the grammar of JSON, checked without allocating anything.
 *
 * The only door to the parser (json_read.c): what comes out of here is bounded in depth and number
 * of values and is well-formed. It makes no values. RFC 8259 is the grammar; lone surrogates are
 * refused, since they have no UTF-8 form, unless the caller can do something about them.
 */
#include <stdio.h>

#include "weh/json.h"

/* Where a scan is inside a value: one bit a level tells objects from arrays. */
struct nest {
    uint64_t objects;
    uint32_t depth; /* containers open inside the value */
    uint32_t outer; /* containers around it */
};

WEH_STATIC_ASSERT(WEH_JSON_MAX_DEPTH <= 64, "struct nest has one bit a level");

void weh_json_scan_init(struct weh_json_scan *scan, struct weh_str text,
                        const struct weh_json_limits *limits)
{
    *scan = (struct weh_json_scan){ .text = text, .limits = *limits };
    if (scan->limits.max_depth > WEH_JSON_MAX_DEPTH) {
        scan->limits.max_depth = WEH_JSON_MAX_DEPTH;
    }
}

weh_err weh_json_scan_fail(const struct weh_json_scan *scan, struct weh_diag *diag,
                           const char *text)
{
    char where[64];
    size_t line = 1;
    size_t column = 1;

    for (size_t i = 0; i < scan->at && i < scan->text.len; i++) {
        column++;
        if (scan->text.ptr[i] == '\n') {
            line++;
            column = 1;
        }
    }
    (void)snprintf(where, sizeof(where), "line %zu column %zu", line, column);
    return weh_fail_where(diag, WEH_E_PARSE, where, "%s", text);
}

/* The byte @ahead of the scan, or -1 behind the end. */
static int byte_at(const struct weh_json_scan *scan, size_t ahead)
{
    return ahead < scan->text.len - scan->at ? (uint8_t)scan->text.ptr[scan->at + ahead] : -1;
}

int weh_json_scan_peek(struct weh_json_scan *scan)
{
    for (;;) {
        int c = byte_at(scan, 0);

        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            return c;
        }
        scan->at++;
    }
}

weh_err weh_json_scan_expect(struct weh_json_scan *scan, char byte, struct weh_diag *diag)
{
    char text[] = "expected ' '";

    if (weh_json_scan_peek(scan) == byte) {
        scan->at++;
        return WEH_OK;
    }
    text[sizeof("expected '") - 1] = byte;
    return weh_json_scan_fail(scan, diag, text);
}

static weh_err count_value(struct weh_json_scan *scan, struct weh_diag *diag)
{
    if (scan->n_values >= scan->limits.max_values) {
        return weh_fail(diag, WEH_E_LIMIT, "more than %u values", scan->limits.max_values);
    }
    scan->n_values++;
    return WEH_OK;
}

/* Four hexadecimal digits @ahead of the scan, or -1. */
static int32_t hex4(const struct weh_json_scan *scan, size_t ahead)
{
    int32_t value = 0;

    for (size_t i = 0; i < 4; i++) {
        int c = byte_at(scan, ahead + i);

        if (c >= '0' && c <= '9') {
            value = value * 16 + (c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            value = value * 16 + ((c | 0x20) - 'a' + 10);
        } else {
            return -1;
        }
    }
    return value;
}

static weh_err take_lone_surrogate(struct weh_json_scan *scan, struct weh_diag *diag)
{
    if (!scan->takes_lone_surrogates) {
        return weh_json_scan_fail(scan, diag, "lone surrogate");
    }
    scan->has_lone_surrogate = true;
    return WEH_OK;
}

/* Step over the escape that starts at the backslash under the scan. */
static weh_err skip_escape(struct weh_json_scan *scan, struct weh_diag *diag)
{
    int c = byte_at(scan, 1);
    int32_t unit;

    if (c > 0 && strchr("\"\\/bfnrt", c) != NULL) {
        scan->at += 2;
        return WEH_OK;
    }
    unit = c == 'u' ? hex4(scan, 2) : -1;
    if (unit < 0) {
        return weh_json_scan_fail(scan, diag, "invalid escape");
    }
    scan->at += 6;
    if (unit >= 0xdc00 && unit <= 0xdfff) {
        return take_lone_surrogate(scan, diag);
    }
    if (unit >= 0xd800 && unit <= 0xdbff) {
        unit = byte_at(scan, 0) == '\\' && byte_at(scan, 1) == 'u' ? hex4(scan, 2) : -1;
        if (unit < 0xdc00 || unit > 0xdfff) {
            return take_lone_surrogate(scan, diag);
        }
        scan->at += 6;
    }
    return WEH_OK;
}

weh_err weh_json_scan_string(struct weh_json_scan *scan, struct weh_str *raw, struct weh_diag *diag)
{
    bool ascii = true;
    weh_err err = count_value(scan, diag);
    size_t start;

    if (err == WEH_OK) {
        err = weh_json_scan_expect(scan, '"', diag);
    }
    start = scan->at;
    while (err == WEH_OK) {
        int c = byte_at(scan, 0);

        if (c == '"') {
            break;
        }
        if (c < 0x20) {
            return weh_json_scan_fail(scan, diag,
                                      c < 0 ? "string without an end" : "control character");
        }
        if (c == '\\') {
            err = skip_escape(scan, diag);
            continue;
        }
        ascii = ascii && c < 0x80;
        scan->at++;
    }
    if (err != WEH_OK) {
        return err;
    }
    *raw = (struct weh_str){ scan->text.ptr + start, scan->at - start };
    if (!ascii && weh_json_utf8_prefix(*raw) != raw->len) {
        scan->at = start;
        return weh_json_scan_fail(scan, diag, "invalid UTF-8");
    }
    scan->at++;
    return WEH_OK;
}

static size_t skip_digits(struct weh_json_scan *scan)
{
    size_t start = scan->at;

    while (byte_at(scan, 0) >= '0' && byte_at(scan, 0) <= '9') {
        scan->at++;
    }
    return scan->at - start;
}

static weh_err scan_number(struct weh_json_scan *scan, struct weh_diag *diag)
{
    bool whole = true;
    bool zero;
    size_t n_digits;

    scan->at += byte_at(scan, 0) == '-' ? 1 : 0;
    zero = byte_at(scan, 0) == '0';
    n_digits = skip_digits(scan);
    if (n_digits == 0 || (zero && n_digits > 1)) {
        return weh_json_scan_fail(scan, diag, "invalid number");
    }
    if (byte_at(scan, 0) == '.') {
        whole = false;
        scan->at++;
        if (skip_digits(scan) == 0) {
            return weh_json_scan_fail(scan, diag, "invalid number");
        }
    }
    if ((byte_at(scan, 0) | 0x20) == 'e') {
        whole = false;
        scan->at += byte_at(scan, 1) == '+' || byte_at(scan, 1) == '-' ? 2 : 1;
        if (skip_digits(scan) == 0) {
            return weh_json_scan_fail(scan, diag, "invalid number");
        }
    }
    /* INT64_MAX has 19 digits. */
    scan->long_integer = scan->long_integer || (whole && n_digits >= 19);
    return WEH_OK;
}

static weh_err scan_scalar(struct weh_json_scan *scan, struct weh_diag *diag)
{
    static const struct weh_str words[] = { { "true", 4 }, { "false", 5 }, { "null", 4 } };
    struct weh_str raw;
    weh_err err;
    int c = byte_at(scan, 0);

    if (c == '"') {
        return weh_json_scan_string(scan, &raw, diag);
    }
    err = count_value(scan, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        return scan_number(scan, diag);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(words); i++) {
        if (words[i].len <= scan->text.len - scan->at &&
            memcmp(scan->text.ptr + scan->at, words[i].ptr, words[i].len) == 0) {
            scan->at += words[i].len;
            return WEH_OK;
        }
    }
    return weh_json_scan_fail(scan, diag, c < 0 ? "text without an end" : "invalid value");
}

static weh_err scan_key(struct weh_json_scan *scan, struct weh_diag *diag)
{
    struct weh_str raw;
    weh_err err = weh_json_scan_string(scan, &raw, diag);

    return err == WEH_OK ? weh_json_scan_expect(scan, ':', diag) : err;
}

/* Step into the container under the scan; *@ended when it is empty, else a value follows. */
static weh_err scan_open(struct weh_json_scan *scan, struct nest *nest, bool *ended,
                         struct weh_diag *diag)
{
    bool object = byte_at(scan, 0) == '{';
    weh_err err = count_value(scan, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (nest->outer + nest->depth >= scan->limits.max_depth) {
        return weh_fail(diag, WEH_E_LIMIT, "more than %u levels", scan->limits.max_depth);
    }
    nest->objects = object ? nest->objects | UINT64_C(1) << nest->depth
                           : nest->objects & ~(UINT64_C(1) << nest->depth);
    nest->depth++;
    scan->at++;
    *ended = weh_json_scan_peek(scan) == (object ? '}' : ']');
    return object && !*ended ? scan_key(scan, diag) : WEH_OK;
}

/* Behind a value: step to the next one, out of as many containers as end here. */
static weh_err scan_next(struct weh_json_scan *scan, struct nest *nest, struct weh_diag *diag)
{
    while (nest->depth > 0) {
        bool object = (nest->objects >> (nest->depth - 1) & 1) != 0;
        int c = weh_json_scan_peek(scan);

        if (c == ',') {
            scan->at++;
            return object ? scan_key(scan, diag) : WEH_OK;
        }
        if (c != (object ? '}' : ']')) {
            return weh_json_scan_fail(scan, diag,
                                      object ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        scan->at++;
        nest->depth--;
    }
    return WEH_OK;
}

weh_err weh_json_scan_value(struct weh_json_scan *scan, uint32_t depth, struct weh_str *span,
                            struct weh_diag *diag)
{
    struct nest nest = { .outer = depth };
    size_t start;
    weh_err err;

    (void)weh_json_scan_peek(scan);
    start = scan->at;
    do {
        int c = weh_json_scan_peek(scan);
        bool ended = true;

        err = c == '{' || c == '[' ? scan_open(scan, &nest, &ended, diag) : scan_scalar(scan, diag);
        if (err == WEH_OK && ended) {
            err = scan_next(scan, &nest, diag);
        }
    } while (err == WEH_OK && nest.depth > 0);
    *span = (struct weh_str){ scan->text.ptr + start, scan->at - start };
    return err;
}

/* Length of the beginning of @str that is ASCII. */
static size_t ascii_prefix(struct weh_str str)
{
    size_t i = 0;

    for (; str.len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, str.ptr + i, sizeof(word));
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
    }
    while (i < str.len && (uint8_t)str.ptr[i] < 0x80) {
        i++;
    }
    return i;
}

/* Bytes of the character at the beginning of @str, 0 when there is none. */
static size_t first_character(struct weh_str str)
{
    for (size_t n = 1; n <= 4 && n <= str.len; n++) {
        if (weh_str_is_utf8((struct weh_str){ str.ptr, n })) {
            return n;
        }
    }
    return 0;
}

size_t weh_json_utf8_prefix(struct weh_str str)
{
    size_t good = str.len == 0 ? 0 : ascii_prefix(str);

    if (good == str.len || weh_str_is_utf8((struct weh_str){ str.ptr + good, str.len - good })) {
        return str.len;
    }
    for (;;) {
        size_t n = first_character((struct weh_str){ str.ptr + good, str.len - good });

        if (n == 0) {
            return good;
        }
        good += n;
    }
}
