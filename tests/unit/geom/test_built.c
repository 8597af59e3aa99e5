/* tests/unit/geom/test_built.c - JSON given, built into what is stored and told again, is what the official
 * backend tells when it was given the same; the known differences have a reason each. */
#include <stdio.h>
#include <string.h>

#include "weh/geom_build.h"
#include "weh/id.h"

#include "geom_fixture.h"

/* The default sub-categories of the categories that the cases were measured with. */
#define SUB_CATEGORY_3D 0x17
#define SUB_CATEGORY_2D 0x27

/* Cases that end otherwise than in native library 5.1.72, by a text that only they have. */
static const struct {
    const char *text, *why;
} known[] = {
    { "\"uvBoundaries\"", "the box is that of the untrimmed surface" },
    { "\"textString\"", "no box: no fonts here" },
    { "\"transitionSpiral\"", "no box" },
    { "\"arc\":[[", "accepted as core-geometry does" },
    { "{\"material\":{\"trans2x3\"", "accepted without an id" },
    { "{\"styleMod\":{}}", "kept as an entry" },
    { "{\"appearance\":{\"displayPriority\":5}},{\"lineSegment\"", "the blob of 2d has no z" },
    { "\"scale\":-1", "refused: native takes the scale off" },
    { "{\"header\":{\"flags\":1}},{\"header\"", "refused: a second header" },
    { "[[1,2,3,4,5]]", "refused: native cuts the point" },
    { "\"foo\"", "refused: native skips it" },
    { "\"arc\":1", "refused: native takes the first member" },
    { "[7,8,9]]}]", "refused: native makes a line string" },
    { "[[1,0,0],[1,0,0]]}}", "refused: native skips it" },
    { "[[1,0,0],[0,0,0]]", "refused: native skips it" },
};

static weh_err check_sub_category(void *context, uint64_t sub_category, struct weh_diag *diag)
{
    (void)context;
    return sub_category == SUB_CATEGORY_3D || sub_category == SUB_CATEGORY_2D
               ? WEH_OK
               : weh_fail(diag, WEH_E_BAD_ARGS, "a sub-category of another category");
}

/* The box of a part of the golden iModels. */
static weh_err find_part(void *context, uint64_t part_id, struct weh_geom_range *out,
                         struct weh_diag *diag)
{
    const struct geom_cases *parts = context;
    weh_err err = weh_fail(diag, WEH_E_MISSING_ID, "no part");

    for (unsigned i = 0; i < parts->n; i++) {
        const struct geom_case *part = &parts->items[i];
        struct weh_arena arena;
        struct weh_geom geom;
        weh_id id = 0;

        if (part->part == NULL || !weh_id_parse(weh_value_str(part->part), &id) || id != part_id) {
            continue;
        }
        weh_arena_init(&arena, 0);
        assert_int_equal(weh_geom_json_read(part->geom, &arena, &geom, NULL), WEH_OK);
        err = weh_geom_box(&geom, NULL, out, diag);
        weh_arena_fini(&arena);
        break;
    }
    return err;
}

static uint64_t sub_category_of(const struct geom_case *c)
{
    if (c->is_part) {
        return 0;
    }
    return c->is_2d ? SUB_CATEGORY_2D : SUB_CATEGORY_3D;
}

/* True when @c is told and measured as by native; what it dropped without a word is refused here, or empty. */
static bool is_same(const struct geom_case *c, struct geom_cases *parts, struct weh_arena *arena)
{
    const struct weh_geom_part_boxes boxes = { find_part, parts };
    const struct weh_geom_target target = {
        .is_part = c->is_part,
        .is_2d = c->is_2d,
        .is_json = true,
        .sub_category = sub_category_of(c),
        .parts = c->is_part ? NULL : &boxes,
        .check_sub_category = check_sub_category,
    };
    struct weh_geom_range box;
    struct weh_geom given;
    struct weh_geom built;
    weh_err err = weh_geom_json_read(c->in, arena, &given, NULL);

    if (err == WEH_OK) {
        err = weh_geom_build(&given, &target, arena, &built, &box, NULL);
    }
    if (err != WEH_OK || c->geom == NULL) {
        return c->geom == NULL && (err != WEH_OK || built.n == 0);
    }
    return geom_value_eq(c->geom, geom_written(&built, target.sub_category, arena)) &&
           (c->box == NULL || geom_box_distance(&box, c->box) <= 1e-12);
}

static bool is_known(const char *text)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strstr(text, known[i].text) != NULL) {
            return true;
        }
    }
    return strcmp(text, "[]") == 0;
}

/* Whether @c is built alike; ends the test when it is not and nothing is known about it. */
static bool check(const struct geom_case *c, struct geom_cases *parts)
{
    struct weh_arena arena;
    bool same;

    weh_arena_init(&arena, 0);
    same = is_same(c, parts, &arena);
    if (!same && !is_known(geom_text(c->in, &arena))) {
        fail_msg("another answer: %s", geom_text(c->in, &arena));
    }
    weh_arena_fini(&arena);
    return same;
}

static void test_geom_given_is_built_as_by_native(void **state)
{
    struct geom_cases parts;
    struct geom_cases cases;
    unsigned n_same = 0;

    (void)state;
    geom_cases_open(&parts, "geom.oracle.jsonl.xz");
    geom_cases_open(&cases, "geom.native.jsonl.xz");
    for (unsigned i = 0; i < cases.n; i++) {
        n_same += check(&cases.items[i], &parts);
    }
    print_message("%u given geometries alike, %u known differences\n", n_same, cases.n - n_same);
    assert_true(n_same >= 295);
    geom_cases_close(&cases);
    geom_cases_close(&parts);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_geom_given_is_built_as_by_native) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
