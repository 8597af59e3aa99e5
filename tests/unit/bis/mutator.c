/* tests/unit/bis/mutator.c - see mutator.h. */
#include "mutator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LONG_TEXT 70000
#define HUGE_TEXT (1u << 20)
#define DEPTH     26

void mutator_init(struct mutator *mutator, struct weh_arena *arena, uint64_t seed)
{
    mutator->arena = arena;
    mutator->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    mutator->long_text = malloc(HUGE_TEXT);
    assert_non_null(mutator->long_text);
    memset(mutator->long_text, 'w', HUGE_TEXT);
}

void mutator_fini(struct mutator *mutator)
{
    free(mutator->long_text);
}

static uint64_t next_random(struct mutator *mutator)
{
    mutator->random ^= mutator->random << 13;
    mutator->random ^= mutator->random >> 7;
    mutator->random ^= mutator->random << 17;
    return mutator->random;
}

uint32_t mutator_below(struct mutator *mutator, uint32_t n)
{
    return (uint32_t)((next_random(mutator) >> 11) % n);
}

struct weh_value mutator_text(const char *text)
{
    struct weh_value value = { .type = WEH_VALUE_STRING, .n = (uint32_t)strlen(text) };

    value.as.string = text;
    return value;
}

static struct weh_value int_value(int64_t integer)
{
    struct weh_value value = { .type = WEH_VALUE_INT };

    value.as.integer = integer;
    return value;
}

static struct weh_value real_value(double real)
{
    struct weh_value value = { .type = WEH_VALUE_REAL };

    value.as.real = real;
    return value;
}

void *mutator_take(struct mutator *mutator, size_t n, size_t size)
{
    void *memory = weh_arena_array(mutator->arena, n, size);

    assert_non_null(memory);
    return memory;
}

static struct weh_value in_array(struct mutator *mutator, struct weh_value inner, uint32_t n)
{
    struct weh_value *items = mutator_take(mutator, n + 1u, sizeof(*items));
    struct weh_value value = { .type = WEH_VALUE_ARRAY, .n = n };

    for (uint32_t k = 0; k < n; k++) {
        items[k] = inner;
    }
    value.as.items = items;
    return value;
}

static struct weh_value in_map(struct mutator *mutator, struct weh_value inner)
{
    struct weh_member *member = mutator_take(mutator, 1, sizeof(*member));
    struct weh_value value = { .type = WEH_VALUE_MAP, .n = 1 };

    *member = (struct weh_member){ WEH_STR("x"), inner };
    value.as.members = member;
    return value;
}

/* Two of these inside each other, in a member, are what decoders let pass (64). */
static struct weh_value deep_value(struct mutator *mutator, bool maps)
{
    struct weh_value value = mutator_text("deep");

    for (uint32_t i = 0; i < DEPTH; i++) {
        value = maps ? in_map(mutator, value) : in_array(mutator, value, 1);
    }
    return value;
}

static struct weh_value odd_text(struct mutator *mutator)
{
    static const char *const texts[] = {
        "",
        " ",
        "NaN",
        "Infinity",
        "1e999",
        "null",
        "true",
        "0",
        "-1",
        "2.5",
        "1e5",
        "x",
        "0x",
        "0xzz",
        "{}",
        "[]",
        "{\"a\":",
        "encoding=base64;",
        "encoding=base64;AQID",
        "encoding=base64;A",
        "encoding=base64;!!!!",
        "2024-02-30T25:00:00Z",
        "2024-01-01",
        "99999-01-01",
        "12:61",
        "00000000-0000-0000-0000-000000000000",
        "f0000000-0000-4000-8000-000000000001",
        "{f0000000-0000-4000-8000-000000000001}",
        "BisCore:Element",
        "BisCore:Subject",
        "bis.physicalelement",
        "Generic:PhysicalObject",
        "BisCore:ElementOwnsChildElements",
        "BisCore:SubjectOwnsSubjects",
        "No:Such",
        "BisCore:",
        ":Element",
        "WebEditTest:INicknamed",
        "WebEditTest:Dimension",
        "WebEditTest:WidgetNote",
        "BisCore:CodeSpec",
        "BisCore:PhysicalModel",
        "BisCore:ElementRefersToElements",
        "bis:Subject",
        "bis:NullCodeSpec",
        "\xc3\x9c\xf0\x9f\x98\x80",
        "a\tb\nc\x01",
        "'; --",
        "%s%n",
        "\xef\xbb\xbf",
        "\xc2\xa0",
    };
    struct weh_value value = mutator_text(texts[mutator_below(mutator, WEH_ARRAY_LEN(texts))]);
    uint32_t roll = mutator_below(mutator, 40);

    if (roll < 3) {
        value.as.string = mutator->long_text;
        value.n = roll == 0 ? LONG_TEXT : 300 + mutator_below(mutator, 200);
    } else if (roll == 3 && mutator_below(mutator, 8) == 0) {
        value.as.string = mutator->long_text;
        value.n = HUGE_TEXT;
    } else if (roll == 4) {
        value.as.string = "nul\0inside";
        value.n = 10;
    }
    return value;
}

static struct weh_value odd_id(struct mutator *mutator)
{
    static const char *const ids[] = {
        "0",
        "0x0",
        "0x1",
        "0xe",
        "0x10",
        "0x11",
        "0x14",
        "0x17",
        "0x18",
        "0x1c",
        "0x35",
        "0x36",
        "0x8a",
        "0x14a",
        "0x1b2",
        "0x1b8",
        "0x999999",
        "0x20000000001",
        "0xfffffe0000000001",
        "0xffffffffffffffff",
        "0x10000000000000000",
        "0X1D",
        "0x01",
        "-0x1",
        "27",
    };

    return mutator_text(ids[mutator_below(mutator, WEH_ARRAY_LEN(ids))]);
}

static struct weh_value odd_number(struct mutator *mutator)
{
    static const double reals[] = { 0.5,   -0.0,        2.5,    1e9,
                                    1e10,  -1e300,      5e-324, 1.7976931348623157e308,
                                    360.0, 4294967296.0 };
    static const int64_t integers[] = { 0,
                                        1,
                                        -1,
                                        2,
                                        255,
                                        65536,
                                        INT32_MAX,
                                        INT64_C(1) << 31,
                                        INT64_C(1) << 40,
                                        INT64_C(1) << 53,
                                        INT64_MAX,
                                        INT64_MIN };
    struct weh_value large = { .type = WEH_VALUE_UINT };

    large.as.uinteger = UINT64_MAX;
    switch (mutator_below(mutator, 8)) {
    case 0:
        return large;
    case 1:
    case 2:
        return real_value(reals[mutator_below(mutator, WEH_ARRAY_LEN(reals))]);
    default:
        return int_value(integers[mutator_below(mutator, WEH_ARRAY_LEN(integers))]);
    }
}

static struct weh_value odd_container(struct mutator *mutator)
{
    struct weh_value binary = { .type = WEH_VALUE_BINARY, .n = 5 };

    binary.as.binary = (const uint8_t *)"\x00\x01\xff\xfe";
    switch (mutator_below(mutator, 8)) {
    case 0:
        return in_array(mutator, int_value(1), 0);
    case 1:
        return deep_value(mutator, false);
    case 2:
        return deep_value(mutator, true);
    case 3:
        return in_array(mutator, (struct weh_value){ .type = WEH_VALUE_NULL }, 3000);
    case 4:
        return in_array(mutator, real_value(1.5), 1 + mutator_below(mutator, 5));
    case 5:
        return in_map(mutator, odd_id(mutator));
    case 6:
        return (struct weh_value){ .type = WEH_VALUE_MAP };
    default:
        return binary;
    }
}

static struct weh_value odd_value(struct mutator *mutator)
{
    struct weh_value boolean = { .type = WEH_VALUE_BOOL };

    boolean.as.boolean = mutator_below(mutator, 2) == 0;
    switch (mutator_below(mutator, 10)) {
    case 0:
        return (struct weh_value){ .type = WEH_VALUE_NULL };
    case 1:
        return boolean;
    case 2:
    case 3:
        return odd_number(mutator);
    case 4:
    case 5:
        return odd_container(mutator);
    case 6:
    case 7:
        return odd_id(mutator);
    default:
        return odd_text(mutator);
    }
}

/* ---- mutation: a copy of a tree that differs in one place ---- */

enum change {
    NOTHING,
    REPLACE,
    REMOVE,
    ADD,
    TWICE,
    RENAME,
    CHANGE_COUNT
};

static const char *const change_names[] = {
    "nothing", "replace", "remove", "add", "twice", "rename"
};

struct mutation {
    struct mutator *mutator;
    enum change change;
    uint32_t at; /* number of the member or item, in order of the text */
    uint32_t n;  /* seen so far */
};

static uint32_t count_nodes(const struct weh_value *value)
{
    uint32_t n = 0;

    for (uint32_t i = 0; value->type == WEH_VALUE_MAP && i < value->n; i++) {
        n += 1 + count_nodes(&value->as.members[i].value);
    }
    for (uint32_t i = 0; value->type == WEH_VALUE_ARRAY && i < value->n; i++) {
        n += 1 + count_nodes(&value->as.items[i]);
    }
    return n;
}

/* Half of the time a member at the top, where the rules are. */
static uint32_t choose_node(struct mutator *mutator, const struct weh_value *props)
{
    uint32_t at = 0;
    uint32_t n;

    if (props->n == 0 || mutator_below(mutator, 2) == 0) {
        return mutator_below(mutator, count_nodes(props) + 1);
    }
    n = mutator_below(mutator, props->n);
    for (uint32_t i = 0; i < n; i++) {
        at += 1 + count_nodes(&props->as.members[i].value);
    }
    return at;
}

static struct weh_value mutate(struct mutation *m, const struct weh_value *value);

static struct weh_value mutate_array(struct mutation *m, const struct weh_value *value)
{
    struct weh_value *items = mutator_take(m->mutator, value->n + 1u, sizeof(*items));
    struct weh_value copy = { .type = WEH_VALUE_ARRAY };

    copy.as.items = items;
    for (uint32_t i = 0; i < value->n; i++) {
        bool here = m->n++ == m->at;

        if (!here || m->change == TWICE) {
            items[copy.n++] = mutate(m, &value->as.items[i]);
        }
        if (here && m->change != REMOVE) {
            items[copy.n++] = m->change == TWICE ? value->as.items[i] : odd_value(m->mutator);
        }
    }
    return copy;
}

/* The key with its first letter in the other case. */
static struct weh_str other_case(struct mutator *mutator, struct weh_str key)
{
    char *copy = weh_arena_strdup(mutator->arena, key);

    assert_non_null(copy);
    copy[0] = (char)(copy[0] ^ 0x20);
    return (struct weh_str){ copy, key.len == 0 ? 1 : key.len };
}

/* Another name, which the map may not have yet. */
static struct weh_str odd_key(struct mutator *mutator, struct weh_str key,
                              const struct weh_value *map)
{
    static const char *const names[] = { "noSuchMember", "id",   "ECInstanceId", "lastMod", "x", "",
                                         "ID",           "geom", "__proto__",    "parent" };
    const char *name = names[mutator_below(mutator, WEH_ARRAY_LEN(names))];

    return mutator_below(mutator, 3) == 0 || weh_value_get(map, name) != NULL
               ? other_case(mutator, key)
               : weh_str_from(name);
}

static void change_member(struct mutation *m, const struct weh_value *map,
                          const struct weh_member *member, struct weh_member *out, uint32_t *n)
{
    switch (m->change) {
    case REPLACE:
        out[(*n)++] = (struct weh_member){ member->key, odd_value(m->mutator) };
        break;
    case ADD:
        out[(*n)++] = *member;
        out[(*n)++] =
            (struct weh_member){ odd_key(m->mutator, member->key, map), odd_value(m->mutator) };
        break;
    case TWICE: /* the decoders refuse a key twice, but a property can be said in two spellings */
        out[(*n)++] = *member;
        out[(*n)++] =
            (struct weh_member){ other_case(m->mutator, member->key), odd_value(m->mutator) };
        break;
    case RENAME:
        out[(*n)++] = (struct weh_member){ odd_key(m->mutator, member->key, map), member->value };
        break;
    case NOTHING:
    case REMOVE:
    case CHANGE_COUNT:
    default:
        break;
    }
}

static struct weh_value mutate_map(struct mutation *m, const struct weh_value *value)
{
    struct weh_member *members = mutator_take(m->mutator, value->n + 1u, sizeof(*members));
    struct weh_value copy = { .type = WEH_VALUE_MAP };

    copy.as.members = members;
    for (uint32_t i = 0; i < value->n; i++) {
        const struct weh_member *member = &value->as.members[i];

        if (m->n++ == m->at) {
            change_member(m, value, member, members, &copy.n);
        } else {
            members[copy.n].key = member->key;
            members[copy.n++].value = mutate(m, &member->value);
        }
    }
    return copy;
}

/* {"$base64": "..."}, as dumps have it, in the form that edits take. */
static struct weh_value binary_text(struct mutator *mutator, const struct weh_value *value)
{
    struct weh_str base64 = weh_value_str(&value->as.members[0].value);
    char *text = mutator_take(mutator, base64.len + 32, 1);

    (void)snprintf(text, base64.len + 32, "encoding=base64;%.*s", WEH_STR_ARGS(base64));
    return mutator_text(text);
}

/* As deep as the dump's JSON is. */
static struct weh_value mutate(struct mutation *m, const struct weh_value *value)
{
    if (value->type == WEH_VALUE_MAP && value->n == 1 &&
        weh_str_eq_text(value->as.members[0].key, "$base64")) {
        return binary_text(m->mutator, value);
    }
    if (value->type == WEH_VALUE_MAP) {
        return mutate_map(m, value);
    }
    return value->type == WEH_VALUE_ARRAY ? mutate_array(m, value) : *value;
}

struct weh_value mutator_mutate(struct mutator *mutator, const struct weh_value *value, uint32_t n,
                                const char **what)
{
    struct mutation mutation = { .mutator = mutator, .at = UINT32_MAX };
    struct weh_value copy = mutate(&mutation, value);

    for (uint32_t i = 0; i < n; i++) {
        mutation.change = mutator_below(mutator, 2) == 0
                              ? REPLACE
                              : (enum change)(1 + mutator_below(mutator, CHANGE_COUNT - 1));
        mutation.n = 0;
        mutation.at = choose_node(mutator, &copy);
        copy = mutate(&mutation, &copy);
    }
    *what = change_names[mutation.change];
    return copy;
}
