/* src/rpc/batch_refs.c - "$name.member" in the parameters of a batch's operations. */
#include "batch_refs.h"

#include <stdio.h>
#include <string.h>

#include "weh/compiler.h"

#define NAME_MAX_BYTES 64u
#define MAX_DEPTH      64u

static bool is_name_start(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_name_char(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9');
}

weh_err batch_refs_init(struct batch_refs *refs, struct weh_arena *arena, uint32_t n_max,
                        struct weh_diag *diag)
{
    uint32_t n_slots = 8;

    while (n_slots / 2 < n_max && n_slots < (UINT32_MAX >> 1)) {
        n_slots *= 2;
    }
    *refs = (struct batch_refs){ .arena = arena, .n_slots = n_slots };
    refs->slots = weh_arena_array(arena, n_slots, sizeof(*refs->slots));
    return refs->slots == NULL ? weh_fail_nomem(diag) : WEH_OK;
}

/* The slot of @name, or the free one where it belongs. */
static struct batch_ref *find(const struct batch_refs *refs, struct weh_str name)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (uint8_t)name.ptr[i]) * 16777619u;
    }
    for (uint32_t at = hash;; at++) {
        struct batch_ref *slot = &refs->slots[at & (refs->n_slots - 1)];

        if (slot->name.ptr == NULL || weh_str_eq(slot->name, name)) {
            return slot;
        }
    }
}

weh_err batch_refs_check_name(const struct batch_refs *refs, struct weh_str name,
                              struct weh_diag *diag)
{
    bool good = name.len > 0 && name.len <= NAME_MAX_BYTES && is_name_start(name.ptr[0]);

    for (size_t i = 1; good && i < name.len; i++) {
        good = is_name_char(name.ptr[i]);
    }
    if (!good) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "as",
                              "as must be a name of letters, digits and _, at most %u bytes",
                              NAME_MAX_BYTES);
    }
    return find(refs, name)->name.ptr == NULL
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "as", "%.*s is the name of an earlier result",
                                WEH_STR_ARGS(name));
}

void batch_refs_add(struct batch_refs *refs, struct weh_str name, const struct weh_value *value)
{
    weh_assert(refs->n < refs->n_slots / 2);
    *find(refs, name) = (struct batch_ref){ name, *value };
    refs->n++;
}

/* Is the text "$name", "$name.member", ...? Then @name and @path (behind the dot). */
static bool parse(struct weh_str text, struct weh_str *name, struct weh_str *path)
{
    size_t end = 1;

    if (text.len < 2 || text.ptr[0] != '$' || !is_name_start(text.ptr[1])) {
        return false;
    }
    while (end < text.len && is_name_char(text.ptr[end])) {
        end++;
    }
    *name = (struct weh_str){ text.ptr + 1, end - 1 };
    *path = (struct weh_str){ text.ptr + end, 0 };
    if (end == text.len) {
        return true;
    }
    for (size_t i = end; i < text.len; i++) {
        bool dot = text.ptr[i] == '.';

        if (!(dot || is_name_char(text.ptr[i])) ||
            (dot && (i + 1 == text.len || text.ptr[i + 1] == '.'))) {
            return false;
        }
    }
    *path = (struct weh_str){ text.ptr + end + 1, text.len - end - 1 };
    return text.ptr[end] == '.';
}

static bool parse_index(struct weh_str text, uint32_t *out)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || number > UINT32_MAX) {
            return false;
        }
        number = number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    *out = (uint32_t)number;
    return text.len > 0 && number < UINT32_MAX;
}

static const struct weh_value *member(const struct weh_value *value, struct weh_str step)
{
    uint32_t index;

    if (value->type == WEH_VALUE_ARRAY) {
        return parse_index(step, &index) && index < value->n ? &value->as.items[index] : NULL;
    }
    for (uint32_t i = 0; value->type == WEH_VALUE_MAP && i < value->n; i++) {
        if (weh_str_eq(value->as.members[i].key, step)) {
            return &value->as.members[i].value;
        }
    }
    return NULL;
}

static weh_err fail_reference(struct weh_str text, const char *what, struct weh_diag *diag)
{
    char where[64];

    (void)snprintf(where, sizeof(where), "%.*s", WEH_STR_ARGS(text));
    return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s: %s", where, what);
}

static weh_err replace(const struct batch_refs *refs, struct weh_value *value,
                       struct weh_diag *diag)
{
    struct weh_str text = weh_value_str(value);
    struct weh_str name;
    struct weh_str path;
    const struct weh_value *found;

    if (text.len > 1 && text.ptr[0] == '$' && text.ptr[1] == '$') {
        value->as.string++;
        value->n--;
        return WEH_OK;
    }
    if (!parse(text, &name, &path)) {
        return WEH_OK;
    }
    found = find(refs, name)->name.ptr == NULL ? NULL : &find(refs, name)->value;
    if (found == NULL) {
        return fail_reference(text, "no earlier operation has that name ($$ stands for a $)", diag);
    }
    if (path.len == 0 && found->type == WEH_VALUE_MAP && found->n == 1 &&
        weh_str_eq_text(found->as.members[0].key, "id")) {
        found = &found->as.members[0].value;
    }
    while (found != NULL && path.len > 0) {
        struct weh_str step;

        path = weh_str_split(path, '.', &step);
        found = member(found, step);
    }
    if (found == NULL) {
        return fail_reference(text, "the result has no such member", diag);
    }
    *value = *found;
    return WEH_OK;
}

static bool is_container(const struct weh_value *value)
{
    return value->type == WEH_VALUE_MAP || value->type == WEH_VALUE_ARRAY;
}

static const struct weh_value *child(const struct weh_value *container, uint32_t i)
{
    return container->type == WEH_VALUE_MAP ? &container->as.members[i].value
                                            : &container->as.items[i];
}

static bool may_refer(const struct weh_value *value)
{
    return value->type == WEH_VALUE_STRING && value->n > 1 && value->as.string[0] == '$';
}

struct scan_level {
    const struct weh_value *container;
    uint32_t next;
};

/* Mostly there is nothing to replace, and nothing to copy. Deeper than MAX_DEPTH nothing is looked
 * at: the copy, which is made in doubt, refuses it. */
static bool any_reference(const struct weh_value *root)
{
    struct scan_level levels[MAX_DEPTH] = { { root, 0 } };
    unsigned depth = 1;

    while (depth > 0) {
        struct scan_level *level = &levels[depth - 1];
        const struct weh_value *value;

        if (level->next == level->container->n) {
            depth--;
            continue;
        }
        value = child(level->container, level->next++);
        if (may_refer(value) || (is_container(value) && depth == MAX_DEPTH)) {
            return true;
        }
        if (is_container(value)) {
            levels[depth++] = (struct scan_level){ value, 0 };
        }
    }
    return false;
}

struct copy_level {
    const struct weh_value *from;
    struct weh_value *items; /* of the copy, when it is an array */
    struct weh_member *members;
    uint32_t next;
};

struct copier {
    struct weh_arena *arena;
    unsigned depth;
    struct copy_level levels[MAX_DEPTH];
};

/* An empty copy of the container @from at @to, to be filled by way of a new level. */
static weh_err begin_copy(struct copier *copier, const struct weh_value *from, struct weh_value *to,
                          struct weh_diag *diag)
{
    struct copy_level *level;

    if (copier->depth == MAX_DEPTH) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "params", "params are too deep");
    }
    level = &copier->levels[copier->depth++];
    *level = (struct copy_level){ .from = from };
    *to = (struct weh_value){ .type = from->type, .n = from->n };
    if (from->type == WEH_VALUE_MAP) {
        level->members = weh_arena_array(copier->arena, from->n + 1u, sizeof(*level->members));
        to->as.members = level->members;
        return level->members == NULL ? weh_fail_nomem(diag) : WEH_OK;
    }
    level->items = weh_arena_array(copier->arena, from->n + 1u, sizeof(*level->items));
    to->as.items = level->items;
    return level->items == NULL ? weh_fail_nomem(diag) : WEH_OK;
}

/* Where the copy of the @i-th child goes. */
static struct weh_value *child_copy(struct copy_level *level, uint32_t i)
{
    if (level->members != NULL) {
        level->members[i].key = level->from->as.members[i].key;
        return &level->members[i].value;
    }
    weh_assert(level->items != NULL);
    return &level->items[i];
}

static weh_err copy(const struct batch_refs *refs, const struct weh_value *from,
                    struct weh_value *to, struct weh_diag *diag)
{
    struct copier copier = { .arena = refs->arena };
    weh_err err = begin_copy(&copier, from, to, diag);

    while (err == WEH_OK && copier.depth > 0) {
        struct copy_level *level = &copier.levels[copier.depth - 1];
        uint32_t i = level->next++;
        const struct weh_value *source;
        struct weh_value *target;

        if (i == level->from->n) {
            copier.depth--;
            continue;
        }
        source = child(level->from, i);
        target = child_copy(level, i);
        *target = *source;
        if (is_container(source)) {
            err = begin_copy(&copier, source, target, diag);
        } else if (may_refer(source)) {
            err = replace(refs, target, diag);
        }
    }
    return err;
}

weh_err batch_refs_resolve(const struct batch_refs *refs, const struct weh_value *value,
                           const struct weh_value **out, struct weh_diag *diag)
{
    struct weh_value *root;
    weh_err err;

    *out = value;
    if (!is_container(value) || !any_reference(value)) {
        return WEH_OK;
    }
    root = weh_arena_alloc(refs->arena, sizeof(*root));
    if (root == NULL) {
        return weh_fail_nomem(diag);
    }
    err = copy(refs, value, root, diag);
    *out = root;
    return err;
}
