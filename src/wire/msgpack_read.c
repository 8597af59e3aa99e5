/* src/wire/msgpack_read.c - MessagePack values: msgpack-c behind the scan, then our own tree.
 *
 * Strings and binary values are views into the message. msgpack-c takes its memory from malloc: one
 * piece of the size that the scan has added up, given back before weh_mp_decode returns.
 */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include <msgpack.h>

#include "wire_priv.h"

/* Where we are in a container that is being converted. */
struct frame {
    const msgpack_object *container;
    uint32_t next;
    struct weh_value *items;    /* of an array */
    struct weh_member *members; /* of a map */
};

struct reader {
    struct weh_arena *arena;
    struct weh_diag *diag;
    uint32_t depth;
    struct frame frames[WEH_MSGPACK_MAX_DEPTH];
};

weh_err weh_wire_no_room(const struct weh_arena *arena, size_t size, struct weh_diag *diag)
{
    /* The arena's own limit is the peer's fault, the heap's is not. Rounding costs up to 16. */
    if (arena->limit_bytes != 0 && size + 16 > arena->limit_bytes - arena->used_bytes) {
        return weh_fail(diag, WEH_E_LIMIT, "the values need too much memory");
    }
    return weh_fail_nomem(diag);
}

/* "a.b[3].c": the value that is being converted, cut to fit. */
static void print_path(const struct reader *reader, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < reader->depth && len < size; i++) {
        const struct frame *frame = &reader->frames[i];
        uint32_t at = frame->next - 1;
        struct weh_str key;

        if (frame->items != NULL) {
            len += (size_t)snprintf(out + len, size - len, "[%u]", at);
            continue;
        }
        key = frame->members[at].key;
        key.len = key.len > size ? size : key.len;
        len += (size_t)snprintf(out + len, size - len, "%s%.*s", len > 0 ? "." : "",
                                WEH_STR_ARGS(key));
    }
}

static weh_err refuse(const struct reader *reader, const char *text)
{
    char where[sizeof(reader->diag->where)];
    size_t len;

    print_path(reader, where, sizeof(where));
    /* A cut in the middle of a character would make the reply invalid. */
    len = weh_json_utf8_prefix(weh_str_from(where));
    where[len] = '\0';
    return weh_fail_where(reader->diag, WEH_E_BAD_ARGS, where, "%s", text);
}

/* As JavaScript's Date.prototype.toISOString, with nine digits when milliseconds do not do. */
static size_t print_timestamp(const struct tm *tm, uint32_t nanoseconds, char *out, size_t size)
{
    int year = tm->tm_year + 1900;
    size_t len;

    len = year >= 0 && year <= 9999 ? (size_t)snprintf(out, size, "%04d", year)
                                    : (size_t)snprintf(out, size, "%+07d", year);
    len += (size_t)snprintf(out + len, size - len, "-%02d-%02dT%02d:%02d:%02d", tm->tm_mon + 1,
                            tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec);
    if (nanoseconds % 1000000 == 0) {
        len += (size_t)snprintf(out + len, size - len, ".%03uZ", nanoseconds / 1000000);
    } else {
        len += (size_t)snprintf(out + len, size - len, ".%09uZ", nanoseconds);
    }
    return len;
}

static weh_err convert_timestamp(struct reader *reader, const msgpack_object *from,
                                 struct weh_value *out)
{
    const int64_t max_s = INT64_C(8640000000000); /* what JavaScript's Date can say */
    msgpack_timestamp stamp;
    char text[64];
    struct tm tm;
    time_t seconds;
    size_t len;

    if (!msgpack_object_to_timestamp(from, &stamp) || stamp.tv_nsec > 999999999 ||
        stamp.tv_sec < -max_s || stamp.tv_sec > max_s) {
        return refuse(reader, "timestamp out of range");
    }
    seconds = (time_t)stamp.tv_sec;
    if (gmtime_r(&seconds, &tm) == NULL) {
        return refuse(reader, "timestamp out of range");
    }
    len = print_timestamp(&tm, stamp.tv_nsec, text, sizeof(text));
    *out = (struct weh_value){ .type = WEH_VALUE_STRING, .n = (uint32_t)len };
    out->as.string = weh_arena_strdup(reader->arena, (struct weh_str){ text, len });
    return out->as.string == NULL ? weh_wire_no_room(reader->arena, len, reader->diag) : WEH_OK;
}

/* An array of numbers: its type is that of IPC. */
static weh_err convert_view(struct reader *reader, const msgpack_object *from,
                            struct weh_value *out)
{
    *out = (struct weh_value){ .type = WEH_VALUE_BINARY, .n = from->via.ext.size };
    out->view = (enum weh_binary_view)from->via.ext.type;
    out->as.binary = (const uint8_t *)from->via.ext.ptr;
    if (out->n % weh_binary_view_size(out->view) != 0) {
        return refuse(reader, "the last element is not whole");
    }
    return WEH_OK;
}

static weh_err convert_ext(struct reader *reader, const msgpack_object *from, struct weh_value *out)
{
    if (from->via.ext.type == -1) {
        return convert_timestamp(reader, from, out);
    }
    /* How msgpackr writes undefined. */
    if (from->via.ext.type == 0 && from->via.ext.size == 1) {
        *out = (struct weh_value){ .type = WEH_VALUE_NULL };
        return WEH_OK;
    }
    if (from->via.ext.type > WEH_VIEW_UINT8 && from->via.ext.type < WEH_VIEW_COUNT) {
        return convert_view(reader, from, out);
    }
    return refuse(reader, "extension type that is not supported");
}

static weh_err convert_string(struct reader *reader, const msgpack_object *from,
                              struct weh_value *out)
{
    struct weh_str str = { from->via.str.ptr, from->via.str.size };

    if (weh_json_utf8_prefix(str) != str.len) {
        return refuse(reader, "invalid UTF-8");
    }
    *out = (struct weh_value){ .type = WEH_VALUE_STRING, .n = (uint32_t)str.len };
    out->as.string = str.ptr;
    return WEH_OK;
}

/* Make room for the members or items of @from and remember to fill them. */
static weh_err open_container(struct reader *reader, const msgpack_object *from,
                              struct weh_value *out)
{
    bool map = from->type == MSGPACK_OBJECT_MAP;
    uint32_t n = map ? from->via.map.size : from->via.array.size;
    size_t size = map ? sizeof(struct weh_member) : sizeof(struct weh_value);
    struct frame *frame;
    void *room;

    *out = (struct weh_value){ .type = map ? WEH_VALUE_MAP : WEH_VALUE_ARRAY, .n = n };
    if (n == 0) {
        return WEH_OK;
    }
    room = weh_arena_array(reader->arena, n, size);
    if (room == NULL) {
        return weh_wire_no_room(reader->arena, n * size, reader->diag);
    }
    weh_assert(reader->depth < WEH_ARRAY_LEN(reader->frames));
    frame = &reader->frames[reader->depth++];
    *frame = (struct frame){ .container = from };
    if (map) {
        out->as.members = frame->members = room;
    } else {
        out->as.items = frame->items = room;
    }
    return WEH_OK;
}

static weh_err convert_one(struct reader *reader, const msgpack_object *from, struct weh_value *out)
{
    switch (from->type) {
    case MSGPACK_OBJECT_NIL:
        *out = (struct weh_value){ .type = WEH_VALUE_NULL };
        return WEH_OK;
    case MSGPACK_OBJECT_BOOLEAN:
        *out = (struct weh_value){ .type = WEH_VALUE_BOOL, .as.boolean = from->via.boolean };
        return WEH_OK;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        if (from->via.u64 > INT64_MAX) {
            *out = (struct weh_value){ .type = WEH_VALUE_UINT, .as.uinteger = from->via.u64 };
            return WEH_OK;
        }
        *out = (struct weh_value){ .type = WEH_VALUE_INT, .as.integer = (int64_t)from->via.u64 };
        return WEH_OK;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        *out = (struct weh_value){ .type = WEH_VALUE_INT, .as.integer = from->via.i64 };
        return WEH_OK;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        if (!isfinite(from->via.f64)) {
            return refuse(reader, "NaN or infinity");
        }
        *out = (struct weh_value){ .type = WEH_VALUE_REAL, .as.real = from->via.f64 };
        return WEH_OK;
    case MSGPACK_OBJECT_STR:
        return convert_string(reader, from, out);
    case MSGPACK_OBJECT_BIN:
        *out = (struct weh_value){ .type = WEH_VALUE_BINARY, .n = from->via.bin.size };
        out->as.binary = (const uint8_t *)from->via.bin.ptr;
        return WEH_OK;
    case MSGPACK_OBJECT_ARRAY:
    case MSGPACK_OBJECT_MAP:
        return open_container(reader, from, out);
    case MSGPACK_OBJECT_EXT:
        return convert_ext(reader, from, out);
    }
    return refuse(reader, "value of an unknown kind");
}

static weh_err convert_key(struct reader *reader, const msgpack_object *from, struct weh_str *out)
{
    struct weh_str key = { from->via.str.ptr, from->via.str.size };

    if (from->type != MSGPACK_OBJECT_STR) {
        return refuse(reader, "key that is no string");
    }
    if (weh_json_utf8_prefix(key) != key.len) {
        return refuse(reader, "key with invalid UTF-8");
    }
    /* JSON has no such keys here either (weh_json_parse). */
    if (key.len > 0 && memchr(key.ptr, '\0', key.len) != NULL) {
        return refuse(reader, "NUL in a key");
    }
    *out = key;
    return WEH_OK;
}

/* All items or members of the innermost container are there. */
static weh_err close_container(struct reader *reader)
{
    const struct frame *frame = &reader->frames[reader->depth - 1];
    const struct weh_member *duplicate = NULL;
    weh_err err = WEH_OK;

    if (frame->members != NULL) {
        err = weh_wire_find_duplicate(frame->members, frame->container->via.map.size, reader->arena,
                                      &duplicate, reader->diag);
    }
    if (err == WEH_OK && duplicate != NULL) {
        reader->frames[reader->depth - 1].next = (uint32_t)(duplicate - frame->members) + 1;
        return refuse(reader, "duplicate key");
    }
    reader->depth--;
    return err;
}

static weh_err convert_next(struct reader *reader)
{
    struct frame *frame = &reader->frames[reader->depth - 1];
    const msgpack_object *container = frame->container;
    uint32_t i = frame->next;
    weh_err err;

    if (frame->items != NULL) {
        if (i == container->via.array.size) {
            return close_container(reader);
        }
        frame->next++;
        return convert_one(reader, &container->via.array.ptr[i], &frame->items[i]);
    }
    if (i == container->via.map.size) {
        return close_container(reader);
    }
    frame->next++;
    err = convert_key(reader, &container->via.map.ptr[i].key, &frame->members[i].key);
    if (err != WEH_OK) {
        return err;
    }
    return convert_one(reader, &container->via.map.ptr[i].val, &frame->members[i].value);
}

static weh_err scan_all(struct weh_str bytes, const struct weh_codec_limits *limits,
                        const struct weh_arena *arena, size_t *zone_bytes, struct weh_diag *diag)
{
    struct weh_mp_scan scan;
    weh_err err;

    weh_mp_scan_init(&scan, bytes, limits);
    err = weh_mp_scan_value(&scan, 0, diag);
    if (err == WEH_OK && scan.at != scan.end) {
        return weh_fail(diag, WEH_E_PARSE, "bytes behind the message");
    }
    *zone_bytes = scan.zone_bytes;
    /* The tree in the arena is never smaller than two thirds of msgpack-c's. */
    if (err == WEH_OK && arena->limit_bytes != 0 &&
        scan.zone_bytes / 3 * 2 > arena->limit_bytes - arena->used_bytes) {
        return weh_fail(diag, WEH_E_LIMIT, "the values need too much memory");
    }
    return err;
}

weh_err weh_mp_decode(struct weh_str bytes, const struct weh_codec_limits *limits,
                      struct weh_arena *arena, struct weh_value *out, struct weh_diag *diag)
{
    struct reader reader;
    size_t zone_bytes = 0;
    size_t at = 0;
    msgpack_zone zone;
    msgpack_object tree;
    weh_err err = scan_all(bytes, limits, arena, &zone_bytes, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (!msgpack_zone_init(&zone, zone_bytes + 64)) {
        return weh_fail_nomem(diag);
    }
    if (msgpack_unpack(bytes.ptr, bytes.len, &at, &zone, &tree) != MSGPACK_UNPACK_SUCCESS) {
        /* The scan has excluded all but this. */
        err = weh_fail_nomem(diag);
        goto out;
    }
    /* The frames are set when they are entered. */
    reader.arena = arena;
    reader.diag = diag;
    reader.depth = 0;
    err = convert_one(&reader, &tree, out);
    while (err == WEH_OK && reader.depth > 0) {
        err = convert_next(&reader);
    }
out:
    msgpack_zone_destroy(&zone);
    return err;
}
