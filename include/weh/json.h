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
    uint32_t max_depth;  /* containers inside each other, at most WEH_JSON_MAX_DEPTH */
    uint32_t max_values; /* values in all, keys included */
};

/**
 * Parse @text into *@out, whose strings are copies in @arena.
 *
 * Strict RFC 8259: duplicate keys, bad UTF-8, numbers out of range are refused. A whole number
 * beyond 64 bits is read as a double, as JavaScript does. The error's where is "line L column C".
 *
 * WEH_E_PARSE, WEH_E_LIMIT (depth, number of values), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_json_parse(struct weh_str text, const struct weh_json_limits *limits,
                                      struct weh_arena *arena, struct weh_value *out,
                                      struct weh_diag *diag);

/** How JSON.stringify writes, and what it cannot say. */
struct weh_json_writer {
    struct weh_sink sink; /* write here */
    struct weh_buf *buf;  /* its err tells whether all went well */
    uint32_t depth;
    uint8_t comma[WEH_JSON_MAX_DEPTH / 8 + 1]; /* bit per level: a value stands already */
    bool after_key;
};

/**
 * Append JSON text to @buf (kept) through @writer->sink.
 *
 * As JSON.stringify: shortest digits that read back as the same double, whole doubles without a
 * fraction, NaN as null. Binary values become "encoding=base64;..." (the form iTwin.js reads,
 * Base64EncodedString of @itwin/core-common).
 */
void weh_json_writer_init(struct weh_json_writer *writer, struct weh_buf *buf);

/** The number @value as JavaScript prints it (Number.prototype.toString), into @out. */
size_t weh_json_print_double(double value, char out[32]);

#endif
