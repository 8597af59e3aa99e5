/* src/base/json_write.c - values as JSON text, the way JSON.stringify writes them.
 *
 * A sink onto a buffer; it keeps no tree. Numbers are in json_number.c.
 */
#include <math.h>
#include <stdio.h>

#include "weh/json.h"

static struct weh_json_writer *writer_of(struct weh_sink *sink)
{
    return WEH_CONTAINER_OF(sink, struct weh_json_writer, sink);
}

static void put(struct weh_json_writer *writer, const char *text, size_t n)
{
    weh_buf_append(writer->buf, text, n);
}

/* The comma in front of all but the first value of a container. */
static void before_value(struct weh_json_writer *writer)
{
    uint32_t level = writer->depth;
    uint8_t bit = (uint8_t)(1U << level % 8);

    if (writer->after_key) {
        writer->after_key = false;
        return;
    }
    if (level == 0 || level > WEH_JSON_MAX_DEPTH) {
        return;
    }
    if ((writer->comma[level / 8] & bit) != 0) {
        weh_buf_byte(writer->buf, ',');
    }
    writer->comma[level / 8] |= bit;
}

static void begin(struct weh_json_writer *writer, char bracket)
{
    before_value(writer);
    weh_buf_byte(writer->buf, (uint8_t)bracket);
    writer->depth++;
    if (writer->depth > WEH_JSON_MAX_DEPTH) {
        if (writer->buf->err == WEH_OK) {
            writer->buf->err = WEH_E_TOO_LARGE;
        }
        return;
    }
    writer->comma[writer->depth / 8] &= (uint8_t) ~(1U << writer->depth % 8);
}

static void end(struct weh_json_writer *writer, char bracket)
{
    weh_assert(writer->depth > 0 && !writer->after_key);
    writer->depth--;
    weh_buf_byte(writer->buf, (uint8_t)bracket);
}

/* Length of the beginning of @text that is written as it stands. */
static size_t plain_prefix(const char *text, size_t n)
{
    size_t i = 0;

    while (i < n && (uint8_t)text[i] >= 0x20 && text[i] != '"' && text[i] != '\\') {
        i++;
    }
    return i;
}

static void put_escape(struct weh_json_writer *writer, char c)
{
    static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    char text[8];

    for (size_t i = 0; i + 1 < sizeof(short_forms); i += 2) {
        if (short_forms[i] == c) {
            weh_buf_byte(writer->buf, '\\');
            weh_buf_byte(writer->buf, (uint8_t)short_forms[i + 1]);
            return;
        }
    }
    (void)snprintf(text, sizeof(text), writer->stored ? "\\u%04X" : "\\u%04x",
                   (unsigned)(uint8_t)c);
    put(writer, text, 6);
}

static void put_utf8(struct weh_json_writer *writer, const char *text, size_t n)
{
    while (n > 0) {
        size_t plain = plain_prefix(text, n);

        put(writer, text, plain);
        text += plain;
        n -= plain;
        if (n > 0) {
            put_escape(writer, *text);
            text++;
            n--;
        }
    }
}

static void put_string(struct weh_json_writer *writer, struct weh_str str)
{
    weh_buf_byte(writer->buf, '"');
    while (str.len > 0) {
        size_t good = weh_json_utf8_prefix(str);

        put_utf8(writer, str.ptr, good);
        str.ptr += good;
        str.len -= good;
        if (str.len > 0) {
            put(writer, "\xef\xbf\xbd", 3);
            str.ptr++;
            str.len--;
        }
    }
    weh_buf_byte(writer->buf, '"');
}

static void write_null(struct weh_sink *sink)
{
    before_value(writer_of(sink));
    put(writer_of(sink), "null", 4);
}

static void write_boolean(struct weh_sink *sink, bool value)
{
    before_value(writer_of(sink));
    put(writer_of(sink), value ? "true" : "false", value ? 4 : 5);
}

static void put_uinteger(struct weh_json_writer *writer, uint64_t value)
{
    char text[20];
    size_t at = sizeof(text);

    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(writer, text + at, sizeof(text) - at);
}

/* Number.MAX_SAFE_INTEGER: from here on the native library writes whole numbers as doubles. */
#define SAFE_INTEGER_END 9007199254740991

static void put_real(struct weh_json_writer *writer, double value)
{
    char text[WEH_JSON_NUMBER_SIZE];

    if (writer->fractions && value == 0 && signbit(value) != 0) {
        put(writer, "-", 1);
    }
    put(writer, text,
        writer->fractions ||
                (writer->stored && !(fabs(value) < SAFE_INTEGER_END && value == trunc(value)))
            ? weh_json_print_stored(value, text)
            : weh_json_print_double(value, text));
}

static void write_integer(struct weh_sink *sink, int64_t value)
{
    struct weh_json_writer *writer = writer_of(sink);

    before_value(writer);
    if (writer->stored && (value >= SAFE_INTEGER_END || value <= -SAFE_INTEGER_END)) {
        put_real(writer, (double)value);
        return;
    }
    if (value < 0) {
        weh_buf_byte(writer->buf, '-');
    }
    put_uinteger(writer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void write_uinteger(struct weh_sink *sink, uint64_t value)
{
    struct weh_json_writer *writer = writer_of(sink);

    before_value(writer);
    if (writer->stored && value >= SAFE_INTEGER_END) {
        put_real(writer, (double)value);
        return;
    }
    put_uinteger(writer, value);
}

static void write_real(struct weh_sink *sink, double value)
{
    if (!isfinite(value)) {
        write_null(sink);
        return;
    }
    before_value(writer_of(sink));
    put_real(writer_of(sink), value);
}

static void write_string(struct weh_sink *sink, struct weh_str value)
{
    before_value(writer_of(sink));
    put_string(writer_of(sink), value);
}

/* RFC 4648 section 4, with padding. */
void weh_json_append_base64(struct weh_buf *buf, const uint8_t *bytes, size_t n)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        char text[4];

        group |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? bytes[i + 2] : 0;
        text[0] = digits[group >> 18];
        text[1] = digits[group >> 12 & 63];
        text[2] = digits[left > 1 ? group >> 6 & 63 : 64];
        text[3] = digits[left > 2 ? group & 63 : 64];
        weh_buf_append(buf, text, 4);
    }
}

static void write_binary_view(struct weh_sink *sink, enum weh_binary_view view, const void *bytes,
                              size_t n)
{
    struct weh_json_writer *writer = writer_of(sink);

    before_value(writer);
    if (writer->binary != NULL && !writer->as_text) {
        writer->binary(writer, view, bytes, n);
        return;
    }
    put(writer, "\"encoding=base64;", sizeof("\"encoding=base64;") - 1);
    weh_json_append_base64(writer->buf, bytes, n);
    weh_buf_byte(writer->buf, '"');
}

static void write_binary(struct weh_sink *sink, const void *bytes, size_t n)
{
    write_binary_view(sink, WEH_VIEW_UINT8, bytes, n);
}

static void array_begin(struct weh_sink *sink, uint32_t n)
{
    (void)n;
    begin(writer_of(sink), '[');
}

static void array_end(struct weh_sink *sink)
{
    end(writer_of(sink), ']');
}

static void map_begin(struct weh_sink *sink, uint32_t n)
{
    (void)n;
    begin(writer_of(sink), '{');
}

static void write_key(struct weh_sink *sink, struct weh_str key)
{
    struct weh_json_writer *writer = writer_of(sink);

    weh_assert(!writer->after_key);
    before_value(writer);
    put_string(writer, key);
    weh_buf_byte(writer->buf, ':');
    writer->after_key = true;
}

static void map_end(struct weh_sink *sink)
{
    end(writer_of(sink), '}');
}

static const struct weh_sink_ops json_ops = {
    .null = write_null,
    .boolean = write_boolean,
    .integer = write_integer,
    .uinteger = write_uinteger,
    .real = write_real,
    .string = write_string,
    .binary = write_binary,
    .binary_view = write_binary_view,
    .array_begin = array_begin,
    .array_end = array_end,
    .map_begin = map_begin,
    .key = write_key,
    .map_end = map_end,
};

void weh_json_writer_init(struct weh_json_writer *writer, struct weh_buf *buf)
{
    *writer = (struct weh_json_writer){ .sink = { &json_ops }, .buf = buf };
}

void weh_json_writer_init_stored(struct weh_json_writer *writer, struct weh_buf *buf)
{
    weh_json_writer_init(writer, buf);
    writer->stored = true;
}
