/* src/base/value.c - looking into decoded values, and writing them to a sink. */
#include "weh/value.h"

#include "weh/id.h"
#include "weh/sink.h"

const char *weh_value_type_name(const struct weh_value *value)
{
    switch (value->type) {
    case WEH_VALUE_NULL:
        return "null";
    case WEH_VALUE_BOOL:
        return "boolean";
    case WEH_VALUE_INT:
    case WEH_VALUE_UINT:
    case WEH_VALUE_REAL:
        return "number";
    case WEH_VALUE_STRING:
        return "string";
    case WEH_VALUE_BINARY:
        return "binary";
    case WEH_VALUE_ARRAY:
        return "array";
    case WEH_VALUE_MAP:
        return "object";
    }
    return "null";
}

const struct weh_value *weh_value_get(const struct weh_value *map, const char *key)
{
    struct weh_str wanted = weh_str_from(key);

    if (map == NULL || map->type != WEH_VALUE_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        if (weh_str_eq(map->as.members[i].key, wanted)) {
            return &map->as.members[i].value;
        }
    }
    return NULL;
}

uint32_t weh_binary_view_size(enum weh_binary_view view)
{
    static const uint8_t sizes[WEH_VIEW_COUNT] = {
        [WEH_VIEW_UINT8] = 1,     [WEH_VIEW_INT8] = 1,    [WEH_VIEW_UINT8_CLAMPED] = 1,
        [WEH_VIEW_INT16] = 2,     [WEH_VIEW_UINT16] = 2,  [WEH_VIEW_INT32] = 4,
        [WEH_VIEW_UINT32] = 4,    [WEH_VIEW_FLOAT32] = 4, [WEH_VIEW_FLOAT64] = 8,
        [WEH_VIEW_DATA_VIEW] = 1,
    };

    return sizes[view];
}

bool weh_value_is_null(const struct weh_value *value)
{
    return value == NULL || value->type == WEH_VALUE_NULL;
}

struct weh_str weh_value_str(const struct weh_value *value)
{
    return (struct weh_str){ value->as.string, value->n };
}

bool weh_value_to_int64(const struct weh_value *value, int64_t *out)
{
    if (value != NULL && value->type == WEH_VALUE_INT) {
        *out = value->as.integer;
        return true;
    }
    /* The bounds are exact doubles: -2^63 fits, 2^63 does not. */
    if (value != NULL && value->type == WEH_VALUE_REAL && value->as.real >= -0x1p63 &&
        value->as.real < 0x1p63 && value->as.real == (double)(int64_t)value->as.real) {
        *out = (int64_t)value->as.real;
        return true;
    }
    return false;
}

bool weh_value_to_double(const struct weh_value *value, double *out)
{
    if (value == NULL) {
        return false;
    }
    if (value->type == WEH_VALUE_INT) {
        *out = (double)value->as.integer;
    } else if (value->type == WEH_VALUE_UINT) {
        *out = (double)value->as.uinteger;
    } else if (value->type == WEH_VALUE_REAL) {
        *out = value->as.real;
    } else {
        return false;
    }
    return true;
}

bool weh_value_to_bool(const struct weh_value *value, bool *out)
{
    if (value == NULL || value->type != WEH_VALUE_BOOL) {
        return false;
    }
    *out = value->as.boolean;
    return true;
}

void weh_sink_id(struct weh_sink *sink, uint64_t id)
{
    char text[WEH_ID_TEXT_SIZE];
    size_t n = weh_id_print(id, text);

    weh_sink_str(sink, (struct weh_str){ text, n });
}

/* Where we are in a container that is being written. */
struct level {
    const struct weh_value *container;
    uint32_t next;
};

#define MAX_LEVELS 64

static bool is_container(const struct weh_value *value)
{
    return value->type == WEH_VALUE_ARRAY || value->type == WEH_VALUE_MAP;
}

static void write_scalar(struct weh_sink *sink, const struct weh_value *value)
{
    switch (value->type) {
    case WEH_VALUE_BOOL:
        weh_sink_bool(sink, value->as.boolean);
        break;
    case WEH_VALUE_INT:
        weh_sink_int(sink, value->as.integer);
        break;
    case WEH_VALUE_UINT:
        sink->ops->uinteger(sink, value->as.uinteger);
        break;
    case WEH_VALUE_REAL:
        weh_sink_real(sink, value->as.real);
        break;
    case WEH_VALUE_STRING:
        weh_sink_str(sink, weh_value_str(value));
        break;
    case WEH_VALUE_BINARY:
        weh_sink_binary_view(sink, value->view, value->as.binary, value->n);
        break;
    case WEH_VALUE_NULL:
    case WEH_VALUE_ARRAY:
    case WEH_VALUE_MAP:
        weh_sink_null(sink);
        break;
    }
}

static void begin(struct weh_sink *sink, const struct weh_value *container)
{
    if (container->type == WEH_VALUE_MAP) {
        weh_sink_map_begin(sink, container->n);
    } else {
        weh_sink_array_begin(sink, container->n);
    }
}

static void end(struct weh_sink *sink, const struct weh_value *container)
{
    if (container->type == WEH_VALUE_MAP) {
        weh_sink_map_end(sink);
    } else {
        weh_sink_array_end(sink);
    }
}

/* The next item of @level; in a map its key is written. */
static const struct weh_value *next_item(struct weh_sink *sink, struct level *level)
{
    const struct weh_value *container = level->container;
    uint32_t i = level->next++;

    if (container->type == WEH_VALUE_MAP) {
        sink->ops->key(sink, container->as.members[i].key);
        return &container->as.members[i].value;
    }
    return &container->as.items[i];
}

/* Write the next item of the innermost container, or end it. */
static void step(struct weh_sink *sink, struct level *levels, size_t *depth)
{
    struct level *top = &levels[*depth - 1];
    const struct weh_value *item;

    if (top->next == top->container->n) {
        end(sink, top->container);
        (*depth)--;
        return;
    }
    item = next_item(sink, top);
    if (!is_container(item)) {
        write_scalar(sink, item);
        return;
    }
    weh_assert(*depth < MAX_LEVELS);
    begin(sink, item);
    levels[(*depth)++] = (struct level){ item, 0 };
}

void weh_sink_value(struct weh_sink *sink, const struct weh_value *value)
{
    struct level levels[MAX_LEVELS];
    size_t depth = 0;

    if (!is_container(value)) {
        write_scalar(sink, value);
        return;
    }
    begin(sink, value);
    levels[depth++] = (struct level){ value, 0 };
    while (depth > 0) {
        step(sink, levels, &depth);
    }
}
