/* tools/weh/match.c - does a result hold what a script expects?
 */
#include <stdio.h>
#include <string.h>

#include "weh/json.h"

#include "vars.h"

/* One container being compared: how far, with what, and where its path ends. */
struct level {
    const struct weh_value *expected;
    const struct weh_value *actual;
    uint32_t next;
    size_t path_length;
};

static const struct weh_value *get(const struct weh_value *map, struct weh_str key)
{
    if (map->type != WEH_VALUE_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        if (weh_str_eq(map->as.members[i].key, key)) {
            return &map->as.members[i].value;
        }
    }
    return NULL;
}

static bool is_number(const struct weh_value *value)
{
    return value->type == WEH_VALUE_INT || value->type == WEH_VALUE_UINT ||
           value->type == WEH_VALUE_REAL;
}

static bool numbers_equal(const struct weh_value *a, const struct weh_value *b)
{
    double left = 0.0;
    double right = 0.0;

    if (a->type == b->type && a->type != WEH_VALUE_REAL) {
        return a->as.uinteger == b->as.uinteger;
    }
    return weh_value_to_double(a, &left) && weh_value_to_double(b, &right) && left == right;
}

/* Equal as far as the two themselves go: of containers the kind and an array's length. */
static bool shallow_match(const struct weh_value *expected, const struct weh_value *actual)
{
    if (actual == NULL) {
        return false;
    }
    if (is_number(expected)) {
        return is_number(actual) && numbers_equal(expected, actual);
    }
    if (expected->type != actual->type) {
        return false;
    }
    switch (expected->type) {
    case WEH_VALUE_BOOL:
        return expected->as.boolean == actual->as.boolean;
    case WEH_VALUE_STRING:
    case WEH_VALUE_BINARY:
        return expected->n == actual->n &&
               (expected->n == 0 ||
                memcmp(expected->as.binary, actual->as.binary, expected->n) == 0);
    case WEH_VALUE_ARRAY:
        return expected->n == actual->n;
    case WEH_VALUE_NULL:
    case WEH_VALUE_MAP:
    case WEH_VALUE_INT:
    case WEH_VALUE_UINT:
    case WEH_VALUE_REAL:
        break;
    }
    return true;
}

/* The next pair inside @level; extends @path by its name. */
static void next_pair(struct level *level, struct weh_mismatch *out)
{
    const struct weh_value *expected = level->expected;
    char *end = out->path + level->path_length;
    size_t room = sizeof(out->path) - level->path_length;
    uint32_t i = level->next++;

    if (expected->type == WEH_VALUE_MAP) {
        const struct weh_member *member = &expected->as.members[i];

        snprintf(end, room, ".%.*s", WEH_STR_ARGS(member->key));
        out->expected = &member->value;
        out->actual = get(level->actual, member->key);
    } else {
        snprintf(end, room, "[%u]", i);
        out->expected = &expected->as.items[i];
        out->actual = level->actual == NULL ? NULL : &level->actual->as.items[i];
    }
}

static bool is_container(const struct weh_value *value)
{
    return value->type == WEH_VALUE_MAP || value->type == WEH_VALUE_ARRAY;
}

bool weh_value_match(const struct weh_value *expected, const struct weh_value *actual,
                     struct weh_mismatch *out)
{
    struct level levels[WEH_JSON_MAX_DEPTH + 1];
    uint32_t depth = 0;

    *out = (struct weh_mismatch){ .path = "$", .expected = expected, .actual = actual };
    while (shallow_match(out->expected, out->actual)) {
        /* The parser refuses deeper ones. */
        if (is_container(out->expected) && depth < WEH_ARRAY_LEN(levels)) {
            levels[depth++] = (struct level){
                .expected = out->expected,
                .actual = out->actual,
                .path_length = strlen(out->path),
            };
        }
        while (depth > 0 && levels[depth - 1].next == levels[depth - 1].expected->n) {
            depth--;
        }
        if (depth == 0) {
            return true;
        }
        next_pair(&levels[depth - 1], out);
    }
    return false;
}
