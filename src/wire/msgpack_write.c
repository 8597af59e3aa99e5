/* src/wire/msgpack_write.c - the sink that packs MessagePack with msgpack-c.
 *
 * Containers whose size is not known get a 32-bit head, which is filled in when they end.
 */
#include <math.h>

#include <msgpack.h>

#include "wire_priv.h"

#define UNKNOWN_HEAD_BYTES 5

static struct weh_writer *writer_of(struct weh_sink *sink)
{
    return WEH_CONTAINER_OF(sink, struct weh_writer, msgpack.sink);
}

static int append(void *data, const char *bytes, size_t n)
{
    struct weh_buf *buf = data;

    weh_buf_append(buf, bytes, n);
    return buf->err == WEH_OK ? 0 : -1;
}

static msgpack_packer packer_of(struct weh_writer *writer)
{
    return (msgpack_packer){ .data = writer->buf, .callback = append };
}

/* One more value in the innermost container; a member counts when its key comes. */
static void count_value(struct weh_writer *writer)
{
    uint32_t depth = writer->msgpack.depth;

    if (depth > 0 && depth <= WEH_WRITER_MAX_DEPTH && !writer->msgpack.level[depth - 1].map) {
        writer->msgpack.level[depth - 1].count++;
    }
}

static void too_large(struct weh_writer *writer)
{
    if (writer->buf->err == WEH_OK) {
        writer->buf->err = WEH_E_TOO_LARGE;
    }
}

static void write_null(struct weh_sink *sink)
{
    msgpack_packer packer = packer_of(writer_of(sink));

    count_value(writer_of(sink));
    (void)msgpack_pack_nil(&packer);
}

static void write_boolean(struct weh_sink *sink, bool value)
{
    msgpack_packer packer = packer_of(writer_of(sink));

    count_value(writer_of(sink));
    (void)(value ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer));
}

static void write_integer(struct weh_sink *sink, int64_t value)
{
    msgpack_packer packer = packer_of(writer_of(sink));

    count_value(writer_of(sink));
    (void)msgpack_pack_int64(&packer, value);
}

static void write_uinteger(struct weh_sink *sink, uint64_t value)
{
    msgpack_packer packer = packer_of(writer_of(sink));

    count_value(writer_of(sink));
    (void)msgpack_pack_uint64(&packer, value);
}

static void write_real(struct weh_sink *sink, double value)
{
    msgpack_packer packer = packer_of(writer_of(sink));

    if (!isfinite(value)) {
        write_null(sink);
        return;
    }
    count_value(writer_of(sink));
    (void)msgpack_pack_double(&packer, value);
}

/* A string with U+FFFD for each byte that is not UTF-8: measured first, written then. */
static void put_repaired(struct weh_writer *writer, struct weh_str value, bool write, size_t *size)
{
    *size = 0;
    while (value.len > 0) {
        size_t good = weh_json_utf8_prefix(value);
        bool bad = good < value.len;

        if (write) {
            weh_buf_append(writer->buf, value.ptr, good);
            weh_buf_append(writer->buf, "\xef\xbf\xbd", bad ? 3 : 0);
        }
        *size += good + (bad ? 3U : 0U);
        value.ptr += good + (bad ? 1U : 0U);
        value.len -= good + (bad ? 1U : 0U);
    }
}

static void put_string(struct weh_writer *writer, struct weh_str value)
{
    msgpack_packer packer = packer_of(writer);
    size_t size = value.len;

    if (value.len > UINT32_MAX / 3) {
        too_large(writer);
        return;
    }
    if (weh_json_utf8_prefix(value) == value.len) {
        (void)msgpack_pack_str(&packer, size);
        weh_buf_append(writer->buf, value.ptr, size);
        return;
    }
    put_repaired(writer, value, false, &size);
    (void)msgpack_pack_str(&packer, size);
    put_repaired(writer, value, true, &size);
}

static void write_string(struct weh_sink *sink, struct weh_str value)
{
    count_value(writer_of(sink));
    put_string(writer_of(sink), value);
}

static void put_as_text(struct weh_writer *writer, const void *bytes, size_t n)
{
    static const char head[] = "encoding=base64;";
    msgpack_packer packer = packer_of(writer);

    (void)msgpack_pack_str(&packer, sizeof(head) - 1 + (n + 2) / 3 * 4);
    weh_buf_append(writer->buf, head, sizeof(head) - 1);
    weh_json_append_base64(writer->buf, bytes, n);
}

/* Stock frontends want to know what kind of array it was; others get bytes. */
static void write_binary_view(struct weh_sink *sink, enum weh_binary_view view, const void *bytes,
                              size_t n)
{
    struct weh_writer *writer = writer_of(sink);
    msgpack_packer packer = packer_of(writer);

    count_value(writer);
    /* Base64 has a third more. */
    if (n > UINT32_MAX / 2) {
        too_large(writer);
    } else if (writer->json.as_text) {
        put_as_text(writer, bytes, n);
    } else if (writer->ipc.is_packed && view != WEH_VIEW_UINT8) {
        (void)msgpack_pack_ext(&packer, n, (int8_t)view);
        weh_buf_append(writer->buf, bytes, n);
    } else {
        (void)msgpack_pack_bin(&packer, n);
        weh_buf_append(writer->buf, bytes, n);
    }
}

static void write_binary(struct weh_sink *sink, const void *bytes, size_t n)
{
    write_binary_view(sink, WEH_VIEW_UINT8, bytes, n);
}

static void begin(struct weh_writer *writer, uint32_t n, bool map)
{
    msgpack_packer packer = packer_of(writer);
    size_t start = writer->buf->len;
    uint32_t depth = writer->msgpack.depth;

    count_value(writer);
    writer->msgpack.depth++;
    if (depth >= WEH_WRITER_MAX_DEPTH) {
        too_large(writer);
        return;
    }
    writer->msgpack.level[depth].start = start;
    writer->msgpack.level[depth].count = 0;
    writer->msgpack.level[depth].expected = n;
    writer->msgpack.level[depth].map = map;
    if (n == WEH_SINK_UNKNOWN) {
        weh_buf_append(writer->buf, map ? "\xdf\0\0\0" : "\xdd\0\0\0", UNKNOWN_HEAD_BYTES);
    } else {
        (void)(map ? msgpack_pack_map(&packer, n) : msgpack_pack_array(&packer, n));
    }
}

static void end(struct weh_writer *writer, bool map)
{
    uint32_t depth = writer->msgpack.depth;
    uint32_t count;
    uint32_t expected;
    uint8_t *head;

    weh_assert(depth > 0);
    writer->msgpack.depth--;
    if (depth > WEH_WRITER_MAX_DEPTH) {
        return;
    }
    count = writer->msgpack.level[depth - 1].count;
    expected = writer->msgpack.level[depth - 1].expected;
    weh_assert(writer->msgpack.level[depth - 1].map == map);
    weh_assert(expected == WEH_SINK_UNKNOWN || expected == count);
    /* After a failed append the head may not be there. */
    if (expected != WEH_SINK_UNKNOWN || writer->buf->err != WEH_OK) {
        return;
    }
    head = writer->buf->data + writer->msgpack.level[depth - 1].start;
    head[1] = (uint8_t)(count >> 24);
    head[2] = (uint8_t)(count >> 16);
    head[3] = (uint8_t)(count >> 8);
    head[4] = (uint8_t)count;
}

static void array_begin(struct weh_sink *sink, uint32_t n)
{
    begin(writer_of(sink), n, false);
}

static void array_end(struct weh_sink *sink)
{
    end(writer_of(sink), false);
}

static void map_begin(struct weh_sink *sink, uint32_t n)
{
    begin(writer_of(sink), n, true);
}

static void write_key(struct weh_sink *sink, struct weh_str key)
{
    struct weh_writer *writer = writer_of(sink);
    uint32_t depth = writer->msgpack.depth;

    weh_assert(depth > 0);
    weh_assert(depth > WEH_WRITER_MAX_DEPTH || writer->msgpack.level[depth - 1].map);
    if (depth <= WEH_WRITER_MAX_DEPTH) {
        writer->msgpack.level[depth - 1].count++;
    }
    put_string(writer, key);
}

static void map_end(struct weh_sink *sink)
{
    end(writer_of(sink), true);
}

const struct weh_sink_ops weh_mp_sink_ops = {
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
