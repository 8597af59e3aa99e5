/* tests/unit/geom/test_json_hostile.c - JSON geometry that means no good: wrong types, missing and unknown
 * members, huge numbers, deep trees. Each is refused with a typed error that names a place in geom, or is
 * geometry that can be measured and written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geom_fixture.h"

#define N_MUTATIONS 12000
#define SEED        UINT64_C(0x6765776a736f6e)

struct fixture {
    struct weh_arena arena;
    struct weh_diag diag;
    struct geom_cases golden, native;
    uint64_t random;
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    weh_arena_init(&fixture.arena, 0);
    geom_cases_open(&fixture.golden, "geom.oracle.jsonl.xz");
    geom_cases_open(&fixture.native, "geom.native.jsonl.xz");
    fixture.random = SEED;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    geom_cases_close(&f->golden);
    geom_cases_close(&f->native);
    weh_arena_fini(&f->arena);
    return 0;
}

/* splitmix64: the same cases in every run. */
static uint32_t pick(struct fixture *f, uint32_t n)
{
    uint64_t z = f->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) >> 32) % n;
}

static const struct weh_value *pick_geometry(struct fixture *f)
{
    uint32_t i = pick(f, f->golden.n + f->native.n);
    const struct geom_case *item =
        i < f->golden.n ? &f->golden.items[i] : &f->native.items[i - f->golden.n];

    return item->in != NULL ? item->in : item->geom;
}

static uint32_t count_values(const struct weh_value *value)
{
    uint32_t n = 1;

    if (value->type == WEH_VALUE_ARRAY || value->type == WEH_VALUE_MAP) {
        for (uint32_t i = 0; i < value->n; i++) {
            n += count_values(value->type == WEH_VALUE_ARRAY ? &value->as.items[i]
                                                             : &value->as.members[i].value);
        }
    }
    return n;
}

/* The @at-th value of the tree. */
static const struct weh_value *find_value(const struct weh_value *value, uint32_t *at)
{
    const struct weh_value *found = NULL;

    if ((*at)-- == 0) {
        return value;
    }
    if (value->type != WEH_VALUE_ARRAY && value->type != WEH_VALUE_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; found == NULL && i < value->n; i++) {
        found = find_value(
            value->type == WEH_VALUE_ARRAY ? &value->as.items[i] : &value->as.members[i].value, at);
    }
    return found;
}

/* Arrays inside each other, deeper than anything may be. */
static struct weh_value deep(struct fixture *f, const char *name)
{
    struct weh_value value = { .type = WEH_VALUE_ARRAY };

    for (unsigned i = 0; i < 60; i++) {
        struct weh_value *items = weh_arena_array(&f->arena, 1, sizeof(*items));
        struct weh_member *member = weh_arena_array(&f->arena, 1, sizeof(*member));

        assert_non_null(items);
        assert_non_null(member);
        member->key = weh_str_from(name);
        member->value = value;
        items[0] = (struct weh_value){ .type = WEH_VALUE_MAP, .n = 1, .as.members = member };
        value = (struct weh_value){ .type = WEH_VALUE_ARRAY, .n = 1, .as.items = items };
    }
    return value;
}

static struct weh_value real(double number)
{
    return (struct weh_value){ .type = WEH_VALUE_REAL, .as.real = number };
}

/* Another value in the place of @old. */
static struct weh_value replacement(struct fixture *f, const struct weh_value *old)
{
    static const char *const names[] = { "loop", "path", "unionRegion", "parityRegion" };
    static const double numbers[] = { 1e308, -1e308, 1e-320, -0.0, 0.5, 1e15, 4294967296.0, 1e100 };
    const struct weh_value *other;
    uint32_t at;

    switch (pick(f, 12)) {
    case 0:
        return (struct weh_value){ .type = WEH_VALUE_NULL };
    case 1:
        return (struct weh_value){ .type = WEH_VALUE_BOOL, .as.boolean = pick(f, 2) == 1 };
    case 2:
        return (struct weh_value){ .type = WEH_VALUE_STRING, .n = 4, .as.string = "0x29" };
    case 3:
        return (struct weh_value){ .type = WEH_VALUE_ARRAY };
    case 4:
        return (struct weh_value){ .type = WEH_VALUE_MAP };
    case 5:
    case 6:
        return real(numbers[pick(f, WEH_ARRAY_LEN(numbers))]);
    case 7:
        return (struct weh_value){ .type = WEH_VALUE_INT,
                                   .as.integer =
                                       pick(f, 2) == 0 ? INT64_MIN : (int64_t)pick(f, 40) - 20 };
    case 8:
        return (struct weh_value){ .type = WEH_VALUE_UINT, .as.uinteger = UINT64_MAX };
    case 9:
        return deep(f, names[pick(f, 4)]);
    default:
        other = pick_geometry(f);
        at = pick(f, count_values(other));
        other = find_value(other, &at);
        return other != NULL ? *other : *old;
    }
}

static struct weh_value copy(struct fixture *f, const struct weh_value *value, uint32_t *at);

/* The container with one member or item less, one more of the same, or renamed. */
static struct weh_value edited(struct fixture *f, const struct weh_value *old)
{
    struct weh_value value = *old;
    uint32_t i = old->n > 0 ? pick(f, old->n) : 0;

    if (old->n == 0) {
        return replacement(f, old);
    }
    if (old->type == WEH_VALUE_MAP) {
        struct weh_member *members = weh_arena_array(&f->arena, old->n + 1, sizeof(*members));

        assert_non_null(members);
        memcpy(members, old->as.members, old->n * sizeof(*members));
        if (pick(f, 2) == 0) {
            members[i] = members[--value.n];
        } else {
            members[i].key = WEH_STR("lineString");
        }
        value.as.members = members;
        return value;
    }
    {
        struct weh_value *items = weh_arena_array(&f->arena, old->n + 1, sizeof(*items));

        assert_non_null(items);
        memcpy(items, old->as.items, old->n * sizeof(*items));
        if (pick(f, 2) == 0) {
            value.n--;
        } else {
            items[value.n++] = old->as.items[i];
        }
        value.as.items = items;
    }
    return value;
}

static struct weh_value copy_container(struct fixture *f, const struct weh_value *value,
                                       uint32_t *at)
{
    struct weh_value out = *value;

    if (value->type == WEH_VALUE_MAP) {
        struct weh_member *members = weh_arena_array(&f->arena, value->n + 1, sizeof(*members));

        assert_non_null(members);
        for (uint32_t i = 0; i < value->n; i++) {
            members[i].key = value->as.members[i].key;
            members[i].value = copy(f, &value->as.members[i].value, at);
        }
        out.as.members = members;
    } else {
        struct weh_value *items = weh_arena_array(&f->arena, value->n + 1, sizeof(*items));

        assert_non_null(items);
        for (uint32_t i = 0; i < value->n; i++) {
            items[i] = copy(f, &value->as.items[i], at);
        }
        out.as.items = items;
    }
    return out;
}

/* A copy of @value whose @at-th value is another. */
static struct weh_value copy(struct fixture *f, const struct weh_value *value, uint32_t *at)
{
    bool container = value->type == WEH_VALUE_ARRAY || value->type == WEH_VALUE_MAP;

    if ((*at)-- == 0) {
        return container && pick(f, 2) == 0 ? edited(f, value) : replacement(f, value);
    }
    return container && value->n > 0 ? copy_container(f, value, at) : *value;
}

static weh_err unit_part(void *context, uint64_t part_id, struct weh_geom_range *out,
                         struct weh_diag *diag)
{
    (void)context;
    if (part_id > 0x1000) {
        return weh_fail(diag, WEH_E_MISSING_ID, "no part");
    }
    *out = (struct weh_geom_range){ { 0.0, 0.0, 0.0 }, { 1.0, 1.0, 1.0 } };
    return WEH_OK;
}

static bool is_refusal(weh_err err)
{
    return err == WEH_E_BAD_ARGS || err == WEH_E_UNSUPPORTED || err == WEH_E_TOO_LARGE ||
           err == WEH_E_MISSING_ID;
}

/* Read, measure and write @json. True when it was accepted. */
static bool survives(struct fixture *f, const struct weh_value *json)
{
    const struct weh_geom_part_boxes parts = { unit_part, NULL };
    struct weh_geom_range box;
    struct weh_geom geom;
    weh_err err;

    memset(&f->diag, 0, sizeof(f->diag));
    err = weh_geom_json_read(json, &f->arena, &geom, &f->diag);
    if (err != WEH_OK) {
        assert_true(is_refusal(err));
        assert_memory_equal(f->diag.where, "geom", 4);
        return false;
    }
    err = weh_geom_box(&geom, &parts, &box, &f->diag);
    assert_true(err == WEH_OK || is_refusal(err));
    assert_non_null(geom_written(&geom, 0, &f->arena));
    return true;
}

static void test_geom_json_mutated_is_refused_or_measured(void **state)
{
    struct fixture *f = *state;
    unsigned n_accepted = 0;

    for (unsigned i = 0; i < N_MUTATIONS; i++) {
        const struct weh_value *original = pick_geometry(f);
        struct weh_value mutated;
        uint32_t at;

        weh_arena_reset(&f->arena);
        at = pick(f, count_values(original));
        mutated = copy(f, original, &at);
        if (pick(f, 4) == 0) {
            struct weh_value once = mutated;

            at = pick(f, count_values(&once));
            mutated = copy(f, &once, &at);
        }
        n_accepted += survives(f, &mutated);
    }
    print_message("%u of %u mutations accepted\n", n_accepted, N_MUTATIONS);
    assert_true(n_accepted > N_MUTATIONS / 100 && n_accepted < N_MUTATIONS * 9 / 10);
}

static void test_geom_json_nested_to_the_limit_is_read_and_beyond_it_refused(void **state)
{
    struct fixture *f = *state;

    for (unsigned depth = WEH_SHAPE_MAX_DEPTH - 3; depth < WEH_SHAPE_MAX_DEPTH + 3; depth++) {
        struct weh_value value = *geom_parse("{\"lineSegment\":[[0,0,0],[1,1,1]]}", &f->arena);
        struct weh_value *items;
        bool accepted;

        for (unsigned i = 1; i < depth; i++) {
            struct weh_member *member = weh_arena_array(&f->arena, 1, sizeof(*member));

            items = weh_arena_array(&f->arena, 1, sizeof(*items));
            assert_non_null(items);
            assert_non_null(member);
            items[0] = value;
            member->key = WEH_STR("path");
            member->value =
                (struct weh_value){ .type = WEH_VALUE_ARRAY, .n = 1, .as.items = items };
            value = (struct weh_value){ .type = WEH_VALUE_MAP, .n = 1, .as.members = member };
        }
        items = weh_arena_array(&f->arena, 1, sizeof(*items));
        assert_non_null(items);
        items[0] = value;
        value = (struct weh_value){ .type = WEH_VALUE_ARRAY, .n = 1, .as.items = items };
        accepted = survives(f, &value);
        assert_int_equal(accepted, depth <= WEH_SHAPE_MAX_DEPTH);
    }
}

/* What is refused, and where. */
static void test_geom_json_refusals_name_the_place(void **state)
{
    static const struct {
        const char *json;
        const char *where;
    } cases[] = {
        { "{}", "geom" },
        { "[1]", "geom[0]" },
        { "[{\"header\":null}]", "geom[0]" },
        { "[{\"header\":{}},{\"foo\":1}]", "geom[1]" },
        { "[{\"lineString\":[[0,0,0]],\"arc\":[]}]", "geom[0]" },
        { "[{\"lineString\":[[0,0,\"x\"]]}]", "geom[0].lineString" },
        { "[{\"loop\":[{\"lineString\":[[0,0,0]]},{\"arc\":{\"center\":1}}]}]",
          "geom[0].loop[1].arc.center" },
        { "[{\"loop\":[{\"box\":{}}]}]", "geom[0].loop[0]" },
        { "[{\"parityRegion\":[{\"path\":[{\"lineString\":[[0,0]]}]},{\"path\":[{\"lineString\":"
          "[[0,0]]}]}]}]",
          "geom[0].parityRegion" },
        { "[{\"linearSweep\":{\"vector\":[0,0,1],\"contour\":{\"loop\":[{\"lineString\":5}]}}}]",
          "geom[0].linearSweep.contour.loop[0].lineString" },
        { "[{\"ruledSweep\":{\"contour\":[{\"path\":[{\"lineString\":[[0,0]]}]},{\"arc\":1}]}}]",
          "geom[0].ruledSweep.contour[1]" },
        { "[{\"sphere\":{\"center\":[0,0,0]}}]", "geom[0].sphere.radius" },
        { "[{\"geomPart\":{}}]", "geom[0].geomPart.part" },
        { "[{\"geomPart\":{\"part\":\"0x1\",\"scale\":0}}]", "geom[0].geomPart.scale" },
        { "[{\"textString\":{\"text\":\"x\",\"height\":1}}]", "geom[0].textString.font" },
        { "[{\"fill\":{}}]", "geom[0].fill.display" },
        { "[{\"appearance\":{\"colour\":1}}]", "geom[0].appearance" },
        { "[{\"bcurve\":{\"order\":3,\"points\":[[0,0,0],[1,1,1],[2,0,0]],\"knots\":[1]}}]",
          "geom[0].bcurve" },
        { "[{\"indexedMesh\":{\"point\":[[0,0,0]],\"pointIndex\":[1,1,2,0]}}]",
          "geom[0].indexedMesh.pointIndex" },
        { "[{\"brep\":{}}]", "geom.brep" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        struct weh_geom geom;
        weh_err err =
            weh_geom_json_read(geom_parse(cases[i].json, &f->arena), &f->arena, &geom, &f->diag);

        assert_true(is_refusal(err));
        assert_string_equal(f->diag.where, cases[i].where);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_geom_json_mutated_is_refused_or_measured, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_geom_json_nested_to_the_limit_is_read_and_beyond_it_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_geom_json_refusals_name_the_place, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
