/* tests/unit/wire/value_tools.c - comparing and inventing values, for tests and fuzz targets.
 *
 * Recursion is bounded by the depth that decoders and callers allow.
 */
#include "value_tools.h"

#include <math.h>
#include <stdio.h>

#include "weh/compiler.h"

static bool is_number(const struct weh_value *value)
{
    return value->type == WEH_VALUE_INT || value->type == WEH_VALUE_UINT ||
           value->type == WEH_VALUE_REAL;
}

static bool number_equal(const struct weh_value *a, const struct weh_value *b)
{
    double x = 0;
    double y = 0;

    if (a->type == b->type && a->type != WEH_VALUE_REAL) {
        return a->as.integer == b->as.integer;
    }
    return weh_value_to_double(a, &x) && weh_value_to_double(b, &y) && x == y;
}

static bool container_equal(const struct weh_value *a, const struct weh_value *b)
{
    bool equal = true;

    for (uint32_t i = 0; i < a->n && equal; i++) {
        if (a->type == WEH_VALUE_ARRAY) {
            equal = value_equal(&a->as.items[i], &b->as.items[i]);
        } else {
            equal = weh_str_eq(a->as.members[i].key, b->as.members[i].key) &&
                    value_equal(&a->as.members[i].value, &b->as.members[i].value);
        }
    }
    return equal;
}

bool value_equal(const struct weh_value *a, const struct weh_value *b)
{
    if (is_number(a) && is_number(b)) {
        return number_equal(a, b);
    }
    if (a->type != b->type || a->n != b->n) {
        return false;
    }
    switch (a->type) {
    case WEH_VALUE_BOOL:
        return a->as.boolean == b->as.boolean;
    case WEH_VALUE_STRING:
    case WEH_VALUE_BINARY:
        return weh_str_eq(weh_value_str(a), weh_value_str(b));
    case WEH_VALUE_ARRAY:
    case WEH_VALUE_MAP:
        return container_equal(a, b);
    case WEH_VALUE_NULL:
    case WEH_VALUE_INT:
    case WEH_VALUE_UINT:
    case WEH_VALUE_REAL:
        break;
    }
    return true;
}

uint64_t value_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Zero to 40 characters of one to four bytes, controls and quotes among them. */
static struct weh_str invent_text(struct weh_arena *arena, uint64_t *state)
{
    static const char *const pieces[] = {
        "a", "Z", "\"", "\\", "\n", "\x01", "/", "\xc3\xa9", "\xe2\x80\xa8", "\xf0\x9f\x98\x80"
    };
    char text[40 * 4 + 1] = "";
    size_t len = 0;
    char *copy;

    for (uint64_t i = value_random(state) % 41; i > 0; i--) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
                                pieces[value_random(state) % WEH_ARRAY_LEN(pieces)]);
    }
    copy = weh_arena_strdup(arena, (struct weh_str){ text, len });
    weh_assert(copy != NULL);
    return (struct weh_str){ copy, len };
}

static struct weh_value invent_number(uint64_t *state)
{
    uint64_t bits = value_random(state);
    struct weh_value value = { .type = WEH_VALUE_INT };

    /* All widths of an integer. */
    bits >>= value_random(state) % 64;
    switch (value_random(state) % 4) {
    case 0:
        value.as.integer = (int64_t)(bits >> 1);
        break;
    case 1:
        value.as.integer = -(int64_t)(bits >> 1) - 1;
        break;
    case 2:
        value.type = WEH_VALUE_UINT;
        value.as.uinteger = bits | UINT64_C(1) << 63;
        break;
    default:
        value.type = WEH_VALUE_REAL;
        bits = value_random(state);
        memcpy(&value.as.real, &bits, sizeof(bits));
        value.as.real = isfinite(value.as.real) ? value.as.real : 0.5;
        break;
    }
    return value;
}

static struct weh_value invent_map(struct weh_arena *arena, uint64_t *state, uint32_t depth,
                                   bool binary)
{
    uint32_t n = (uint32_t)(value_random(state) % 20);
    struct weh_member *members = weh_arena_array(arena, n + 1, sizeof(*members));

    weh_assert(members != NULL);
    for (uint32_t i = 0; i < n; i++) {
        char key[32];

        (void)snprintf(key, sizeof(key), "%x\xc3\xa9%u", (unsigned)(value_random(state) & 0xff), i);
        members[i].key.ptr = weh_arena_strdup(arena, weh_str_from(key));
        members[i].key.len = strlen(key);
        members[i].value = value_invent(arena, state, depth - 1, binary);
    }
    return (struct weh_value){ .type = WEH_VALUE_MAP, .n = n, .as.members = members };
}

static struct weh_value invent_array(struct weh_arena *arena, uint64_t *state, uint32_t depth,
                                     bool binary)
{
    uint32_t n = (uint32_t)(value_random(state) % 20);
    struct weh_value *items = weh_arena_array(arena, n + 1, sizeof(*items));

    weh_assert(items != NULL);
    for (uint32_t i = 0; i < n; i++) {
        items[i] = value_invent(arena, state, depth - 1, binary);
    }
    return (struct weh_value){ .type = WEH_VALUE_ARRAY, .n = n, .as.items = items };
}

struct weh_value value_invent(struct weh_arena *arena, uint64_t *state, uint32_t depth, bool binary)
{
    struct weh_value value = { .type = WEH_VALUE_NULL };
    struct weh_str text;

    switch (value_random(state) % (depth > 0 ? 8 : 6)) {
    case 0:
        return value;
    case 1:
        value = (struct weh_value){ .type = WEH_VALUE_BOOL };
        value.as.boolean = value_random(state) % 2 == 0;
        return value;
    case 2:
    case 3:
        return invent_number(state);
    case 4:
    case 5:
        text = invent_text(arena, state);
        value.type = binary && value_random(state) % 2 == 0 ? WEH_VALUE_BINARY : WEH_VALUE_STRING;
        value.n = (uint32_t)text.len;
        value.as.string = text.ptr;
        return value;
    case 6:
        return invent_array(arena, state, depth, binary);
    default:
        return invent_map(arena, state, depth, binary);
    }
}
