/* src/base/value_sink.c - a sink that makes a tree of values in an arena. */
#include "weh/value_sink.h"

#include <string.h>

#define FIRST_CAPACITY 8u
#define MAX_ITEMS      (UINT32_MAX / 4)

static struct weh_value_sink *self(struct weh_sink *sink)
{
    return WEH_CONTAINER_OF(sink, struct weh_value_sink, sink);
}

static struct weh_str copy(struct weh_value_sink *sink, struct weh_str text)
{
    char *bytes = weh_arena_strdup(sink->arena, text);

    if (bytes == NULL) {
        sink->err = WEH_E_NOMEM;
        return WEH_STR("");
    }
    return (struct weh_str){ bytes, text.len };
}

/* The arena keeps the old block too: twice the memory at worst. */
static void grow(struct weh_value_sink *sink, struct weh_value_level *level)
{
    uint32_t capacity = level->capacity == 0 ? FIRST_CAPACITY : level->capacity * 2;
    size_t size = level->is_map ? sizeof(*level->members) : sizeof(*level->items);
    void *memory = NULL;

    if (capacity > MAX_ITEMS) {
        sink->err = WEH_E_TOO_LARGE;
        return;
    }
    memory = weh_arena_array(sink->arena, capacity, size);
    if (memory == NULL) {
        sink->err = WEH_E_NOMEM;
        return;
    }
    if (level->is_map) {
        if (level->n > 0) {
            memcpy(memory, level->members, level->n * size);
        }
        level->members = memory;
    } else {
        if (level->n > 0) {
            memcpy(memory, level->items, level->n * size);
        }
        level->items = memory;
    }
    level->capacity = capacity;
}

static void put(struct weh_value_sink *sink, struct weh_value value)
{
    struct weh_value_level *level;

    if (sink->err != WEH_OK) {
        return;
    }
    if (sink->depth == 0) {
        sink->root = value;
        return;
    }
    level = &sink->levels[sink->depth - 1];
    if (level->n == level->capacity) {
        grow(sink, level);
    }
    if (sink->err != WEH_OK) {
        return;
    }
    if (level->is_map) {
        level->members[level->n++] = (struct weh_member){ sink->key, value };
    } else {
        level->items[level->n++] = value;
    }
}

static void begin(struct weh_value_sink *sink, bool is_map)
{
    struct weh_value_level *level;

    if (sink->err == WEH_OK && sink->depth == WEH_VALUE_SINK_DEPTH) {
        sink->err = WEH_E_TOO_LARGE;
    }
    if (sink->err != WEH_OK) {
        return;
    }
    /* Where it belongs is known now; what it holds is filled in at its end. */
    put(sink, (struct weh_value){ .type = is_map ? WEH_VALUE_MAP : WEH_VALUE_ARRAY });
    level = &sink->levels[sink->depth++];
    *level = (struct weh_value_level){ .is_map = is_map };
}

static void end(struct weh_value_sink *sink)
{
    const struct weh_value_level *level;
    struct weh_value *value = &sink->root;

    if (sink->err != WEH_OK) {
        return;
    }
    weh_assert(sink->depth > 0);
    level = &sink->levels[--sink->depth];
    if (sink->depth > 0) {
        const struct weh_value_level *outer = &sink->levels[sink->depth - 1];

        value = outer->is_map ? &outer->members[outer->n - 1].value : &outer->items[outer->n - 1];
    }
    value->n = level->n;
    if (level->is_map) {
        value->as.members = level->members;
    } else {
        value->as.items = level->items;
    }
}

static void put_null(struct weh_sink *sink)
{
    put(self(sink), (struct weh_value){ .type = WEH_VALUE_NULL });
}

static void put_boolean(struct weh_sink *sink, bool value)
{
    put(self(sink), (struct weh_value){ .type = WEH_VALUE_BOOL, .as.boolean = value });
}

static void put_integer(struct weh_sink *sink, int64_t value)
{
    put(self(sink), (struct weh_value){ .type = WEH_VALUE_INT, .as.integer = value });
}

static void put_uinteger(struct weh_sink *sink, uint64_t value)
{
    put(self(sink), (struct weh_value){ .type = WEH_VALUE_UINT, .as.uinteger = value });
}

static void put_real(struct weh_sink *sink, double value)
{
    put(self(sink), __builtin_isfinite(value)
                        ? (struct weh_value){ .type = WEH_VALUE_REAL, .as.real = value }
                        : (struct weh_value){ .type = WEH_VALUE_NULL });
}

static void put_string(struct weh_sink *sink, struct weh_str value)
{
    struct weh_str text = copy(self(sink), value);

    put(self(sink), (struct weh_value){
                        .type = WEH_VALUE_STRING, .n = (uint32_t)text.len, .as.string = text.ptr });
}

static void put_binary(struct weh_sink *sink, const void *bytes, size_t n)
{
    struct weh_str data = copy(self(sink), (struct weh_str){ bytes, n });

    put(self(sink), (struct weh_value){ .type = WEH_VALUE_BINARY,
                                        .n = (uint32_t)data.len,
                                        .as.binary = (const uint8_t *)data.ptr });
}

static void begin_array(struct weh_sink *sink, uint32_t n)
{
    (void)n;
    begin(self(sink), false);
}

static void begin_map(struct weh_sink *sink, uint32_t n)
{
    (void)n;
    begin(self(sink), true);
}

static void end_container(struct weh_sink *sink)
{
    end(self(sink));
}

static void put_key(struct weh_sink *sink, struct weh_str key)
{
    self(sink)->key = copy(self(sink), key);
}

void weh_value_sink_init(struct weh_value_sink *sink, struct weh_arena *arena)
{
    static const struct weh_sink_ops ops = { .null = put_null,
                                             .boolean = put_boolean,
                                             .integer = put_integer,
                                             .uinteger = put_uinteger,
                                             .real = put_real,
                                             .string = put_string,
                                             .binary = put_binary,
                                             .array_begin = begin_array,
                                             .array_end = end_container,
                                             .map_begin = begin_map,
                                             .key = put_key,
                                             .map_end = end_container };

    sink->sink.ops = &ops;
    sink->arena = arena;
    sink->err = WEH_OK;
    sink->depth = 0;
    sink->key = WEH_STR("");
    sink->root = (struct weh_value){ .type = WEH_VALUE_NULL };
}

weh_err weh_value_sink_take(const struct weh_value_sink *sink, struct weh_value *out,
                            struct weh_diag *diag)
{
    if (sink->err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    if (sink->err != WEH_OK) {
        return weh_fail(diag, sink->err, "a result is too large to be referred to");
    }
    weh_assert(sink->depth == 0);
    *out = sink->root;
    return WEH_OK;
}
