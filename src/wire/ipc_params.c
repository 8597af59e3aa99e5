/* src/wire/ipc_params.c - the arguments of an IPC message, binary ones put where their markers stand. */
#include <string.h>

#include "weh/ipc.h"

#include "wire_priv.h"

static weh_err bad_marker(struct weh_diag *diag, const char *text)
{
    return weh_fail(diag, WEH_E_BAD_ARGS, "binary value: %s", text);
}

static bool is_marker(const struct weh_value *value)
{
    const struct weh_value *ipc = weh_value_get(value, "ipc");

    return ipc != NULL && ipc->type == WEH_VALUE_STRING &&
           weh_str_eq_text(weh_value_str(ipc), "binary");
}

/* The member @key of @marker, from 0 to @end - 1; @end when it is anything else. */
static uint32_t read_index(const struct weh_value *marker, const char *key, uint32_t end)
{
    const struct weh_value *value = weh_value_get(marker, key);
    int64_t index = -1;

    if (value == NULL || !weh_value_to_int64(value, &index) || index < 0 || index >= end) {
        return end;
    }
    return (uint32_t)index;
}

/* Where each part begins. */
static weh_err find_offsets(const struct weh_ipc_parts *parts, struct weh_arena *arena,
                            const size_t **out, struct weh_diag *diag)
{
    size_t *offsets = weh_arena_array(arena, (size_t)parts->n + 1, sizeof(*offsets));

    if (offsets == NULL) {
        return weh_wire_no_room(arena, ((size_t)parts->n + 1) * sizeof(*offsets), diag);
    }
    offsets[0] = 0;
    for (uint32_t i = 0; i < parts->n; i++) {
        offsets[i + 1] = offsets[i] + weh_ipc_part_length(parts, i);
    }
    *out = offsets;
    return WEH_OK;
}

/* A walk over a tree that copies its containers, so that values in them can be replaced. */
struct walk {
    const struct weh_ipc_parts *parts;
    const size_t *offsets;
    struct weh_arena *arena;
    struct weh_diag *diag;
    uint32_t depth;
    struct {
        struct weh_value *items;    /* of an array */
        struct weh_member *members; /* of a map */
        uint32_t next;
        uint32_t n;
    } level[WEH_JSON_MAX_DEPTH];
};

static weh_err read_marker(struct walk *walk, struct weh_value *value)
{
    const uint32_t view = read_index(value, "type", WEH_VIEW_COUNT);
    const uint32_t index = read_index(value, "index", walk->parts->n);
    struct weh_value binary = { .type = WEH_VALUE_BINARY };

    if (view == WEH_VIEW_COUNT) {
        return bad_marker(walk->diag, "there is no such type");
    }
    if (index == walk->parts->n) {
        return bad_marker(walk->diag, "there is no such frame");
    }
    binary.view = (enum weh_binary_view)view;
    binary.n = weh_ipc_part_length(walk->parts, index);
    binary.as.binary = walk->parts->bytes + walk->offsets[index];
    if (binary.n % weh_binary_view_size(binary.view) != 0) {
        return bad_marker(walk->diag, "the last element is not whole");
    }
    *value = binary;
    return WEH_OK;
}

/* Copy what is in the container @value, and go into it. */
static weh_err enter(struct walk *walk, struct weh_value *value)
{
    const bool is_map = value->type == WEH_VALUE_MAP;
    const size_t size = is_map ? sizeof(struct weh_member) : sizeof(struct weh_value);
    void *copy;

    if (value->n == 0) {
        return WEH_OK;
    }
    copy = weh_arena_array(walk->arena, value->n, size);
    if (copy == NULL) {
        return weh_wire_no_room(walk->arena, value->n * size, walk->diag);
    }
    weh_assert(walk->depth < WEH_JSON_MAX_DEPTH);
    memcpy(copy, is_map ? (const void *)value->as.members : (const void *)value->as.items,
           value->n * size);
    walk->level[walk->depth].items = is_map ? NULL : copy;
    walk->level[walk->depth].members = is_map ? copy : NULL;
    walk->level[walk->depth].next = 0;
    walk->level[walk->depth].n = value->n;
    walk->depth++;
    if (is_map) {
        value->as.members = copy;
    } else {
        value->as.items = copy;
    }
    return WEH_OK;
}

static weh_err visit(struct walk *walk, struct weh_value *value)
{
    if (value->type == WEH_VALUE_MAP && is_marker(value)) {
        return read_marker(walk, value);
    }
    return value->type == WEH_VALUE_MAP || value->type == WEH_VALUE_ARRAY ? enter(walk, value)
                                                                          : WEH_OK;
}

static weh_err put_parts_in(struct walk *walk, struct weh_value *root)
{
    weh_err err = visit(walk, root);

    while (err == WEH_OK && walk->depth > 0) {
        const uint32_t top = walk->depth - 1;
        const uint32_t i = walk->level[top].next++;

        if (i == walk->level[top].n) {
            walk->depth--;
        } else if (walk->level[top].items != NULL) {
            err = visit(walk, &walk->level[top].items[i]);
        } else {
            err = visit(walk, &walk->level[top].members[i].value);
        }
    }
    return err;
}

static weh_err replace_markers(const struct weh_envelope *envelope, struct weh_arena *arena,
                               struct weh_value *value, struct weh_diag *diag)
{
    struct walk walk;
    weh_err err = find_offsets(&envelope->parts, arena, &walk.offsets, diag);

    /* The levels are set when they are entered. */
    walk.parts = &envelope->parts;
    walk.arena = arena;
    walk.diag = diag;
    walk.depth = 0;
    return err == WEH_OK ? put_parts_in(&walk, value) : err;
}

/* JSON.stringify writes the name of a marker's member like this; most messages have none. */
static bool may_have_markers(struct weh_str params)
{
    static const char name[] = "\"ipc\"";

    return memmem(params.ptr, params.len, name, sizeof(name) - 1) != NULL;
}

weh_err weh_ipc_params_decode(const struct weh_envelope *envelope,
                              const struct weh_codec_limits *limits, struct weh_arena *arena,
                              struct weh_value *out, struct weh_diag *diag)
{
    struct weh_value value = { .type = WEH_VALUE_NULL };
    weh_err err = WEH_OK;

    if (envelope->params.len > 0) {
        err = weh_json_params_decode(envelope->params, limits, arena, &value, diag);
    }
    if (err == WEH_OK && value.type != WEH_VALUE_NULL && value.type != WEH_VALUE_ARRAY) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "data", "arguments must be an array, not %s",
                             weh_value_type_name(&value));
    }
    if (err == WEH_OK && may_have_markers(envelope->params)) {
        err = replace_markers(envelope, arena, &value, diag);
    }
    if (err == WEH_OK) {
        *out = value.type == WEH_VALUE_NULL ? (struct weh_value){ .type = WEH_VALUE_ARRAY } : value;
    }
    return err;
}
