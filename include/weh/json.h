/* include/weh/json.h - JSON text: into values and out of a sink.
 *
 * JSON is spoken on the wire (weh.v1.json) and stands inside iModel files (JsonProperties, array
 * columns), therefore it lives below both. The reader is jansson behind a scan that bounds depth and
 * the number of values before anything is allocated.
 */
#ifndef WEH_JSON_H
#define WEH_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/err.h"
#include "weh/sink.h"
#include "weh/value.h"

#define WEH_JSON_MAX_DEPTH 64

struct weh_json_limits {
    uint32_t max_depth;  /* containers inside each other; more than WEH_JSON_MAX_DEPTH is that */
    uint32_t max_values; /* values in all, keys included */
};

/**
 * A scan over JSON text that checks the grammar (RFC 8259, UTF-8, paired surrogates) and the limits
 * and allocates nothing. Private but for weh_json_scan_init's arguments; the wire finds a message's
 * envelope with it. What it lets pass may still hold a key twice, a NUL in a key or a number beyond
 * the doubles: weh_json_parse refuses those.
 */
struct weh_json_scan {
    struct weh_str text;
    size_t at; /* offset of the next byte */
    struct weh_json_limits limits;
    uint32_t n_values; /* seen so far, keys included */
    bool long_integer; /* an integer of so many digits that it may not fit an int64_t was seen */
    bool takes_lone_surrogates; /* as JSON.parse does; else they are refused */
    bool
        has_lone_surrogate; /* one was taken: it has no UTF-8 form, and weh_json_parse refuses it */
};

/** @text is kept as a view; @limits are copied. */
void weh_json_scan_init(struct weh_json_scan *scan, struct weh_str text,
                        const struct weh_json_limits *limits);

/** Skip white space; the byte that follows, or -1 at the end. */
int weh_json_scan_peek(struct weh_json_scan *scan);

/** After white space: step over @byte, or WEH_E_PARSE. */
WEH_MUST_CHECK weh_err weh_json_scan_expect(struct weh_json_scan *scan, char byte,
                                            struct weh_diag *diag);

/**
 * After white space: step over a string, which counts as one value.
 *
 * @raw  what stands between the quotes, escapes as they are written.
 *
 * WEH_E_PARSE, WEH_E_LIMIT.
 */
WEH_MUST_CHECK weh_err weh_json_scan_string(struct weh_json_scan *scan, struct weh_str *raw,
                                            struct weh_diag *diag);

/**
 * After white space: step over one whole value that stands inside @depth containers.
 *
 * @span  the value's text.
 *
 * WEH_E_PARSE, WEH_E_LIMIT.
 */
WEH_MUST_CHECK weh_err weh_json_scan_value(struct weh_json_scan *scan, uint32_t depth,
                                           struct weh_str *span, struct weh_diag *diag);

/** Raise WEH_E_PARSE with @text at the place where @scan stands ("line L column C"). */
weh_err weh_json_scan_fail(const struct weh_json_scan *scan, struct weh_diag *diag,
                           const char *text);

/**
 * Let jansson, which does the reading, take its memory from weh_malloc and give it back at once: about
 * a third less time. This is a setting of the whole process: for programs, before they start threads,
 * and only if nothing else in them uses jansson.
 */
void weh_json_own_memory(void);

/**
 * Parse @text into *@out, whose strings are copies in @arena.
 *
 * Strict RFC 8259: duplicate keys, NUL in keys, bad UTF-8 and numbers beyond the doubles are
 * refused. A whole number beyond 64 bits is read as a double, as JavaScript does; above INT64_MAX it
 * is a UINT. The error's where is "line L column C".
 *
 * WEH_E_PARSE, WEH_E_LIMIT (depth, number of values, the arena's limit), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_json_parse(struct weh_str text, const struct weh_json_limits *limits,
                                      struct weh_arena *arena, struct weh_value *out,
                                      struct weh_diag *diag);

/** Bytes of the longest beginning of @str that is well-formed UTF-8. */
size_t weh_json_utf8_prefix(struct weh_str str);

/** How JSON.stringify writes, and what it cannot say. */
struct weh_json_writer {
    struct weh_sink sink; /* write here */
    struct weh_buf *buf;  /* its err tells whether all went well */
    uint32_t depth;       /* may run above the maximum, then err is WEH_E_TOO_LARGE */
    uint8_t comma[WEH_JSON_MAX_DEPTH / 8 + 1]; /* bit per level: a value stands already */
    bool after_key;
    bool stored;    /* the native library's form */
    bool fractions; /* every double as weh_json_print_stored prints it */
    bool as_text;   /* binary values in base64, whatever binary says */
    /** Writes a binary value as JSON text onto @writer->buf; NULL: as text in base64. */
    void (*binary)(struct weh_json_writer *writer, enum weh_binary_view view, const void *bytes,
                   size_t n);
};

/**
 * Append JSON text to @buf (kept) through @writer->sink.
 *
 * As JSON.stringify: shortest digits that read back as the same double, whole doubles without a
 * fraction, NaN as null. Binary values become "encoding=base64;..." (the form iTwin.js reads,
 * Base64EncodedString of @itwin/core-common). Containers deeper than WEH_JSON_MAX_DEPTH set @buf->err
 * to WEH_E_TOO_LARGE.
 */
void weh_json_writer_init(struct weh_json_writer *writer, struct weh_buf *buf);

/**
 * The same, in the form in which the native library 5.1.72 stores JSON that came from JavaScript:
 * whole numbers from 2^53 - 1 up as doubles ("9007199254740992.0"), exponents without a plus sign,
 * control characters in upper-case hexadecimal.
 */
void weh_json_writer_init_stored(struct weh_json_writer *writer, struct weh_buf *buf);

/** The integer @text exactly (JSON, without white space, not empty), as INT, or UINT when it is too large for that. False
 * when it is none or does not fit 64 bits. */
bool weh_json_read_integer(struct weh_str text, struct weh_value *out);

/** Append @bytes as plain base64. */
void weh_json_append_base64(struct weh_buf *buf, const uint8_t *bytes, size_t n);

#define WEH_JSON_NUMBER_SIZE 40 /* of a printed double, with a NUL */

/** The number @value as JavaScript prints it (Number.prototype.toString), into @out. */
size_t weh_json_print_double(double value, char out[32]);

/** The double @value as the native library's JSON has it: "5.0", "0.25", "1e21". */
size_t weh_json_print_stored(double value, char out[WEH_JSON_NUMBER_SIZE]);

#endif
