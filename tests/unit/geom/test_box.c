/* tests/unit/geom/test_box.c - boxes of geometry against those that the official backend stored. */
#include <stdio.h>
#include <string.h>

#include "weh/id.h"

#include "geom_fixture.h"

struct fixture {
    struct weh_arena arena;
    struct weh_diag diag;
    struct weh_geom geom;
    struct geom_cases parts; /* golden geometries; those with .part stand for parts */
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    weh_arena_init(&fixture.arena, 0);
    geom_cases_open(&fixture.parts, "geom.oracle.jsonl.xz");
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    geom_cases_close(&f->parts);
    weh_arena_fini(&f->arena);
    return 0;
}

/* The box of a part of small.bim, from its own geometry. */
static weh_err find_part(void *context, uint64_t part_id, struct weh_geom_range *out,
                         struct weh_diag *diag)
{
    struct fixture *f = context;

    for (unsigned i = 0; i < f->parts.n; i++) {
        const struct geom_case *item = &f->parts.items[i];
        struct weh_geom geom;
        weh_id id = 0;

        if (item->part != NULL && weh_id_parse(weh_value_str(item->part), &id) && id == part_id) {
            assert_int_equal(weh_geom_json_read(item->geom, &f->arena, &geom, diag), WEH_OK);
            return weh_geom_box(&geom, NULL, out, diag);
        }
    }
    return weh_fail(diag, WEH_E_MISSING_ID, "no part");
}

/* How far our box of @json is from @expected, -1 when there is none. */
static double distance(struct fixture *f, const struct weh_value *json,
                       const struct weh_value *expected)
{
    const struct weh_geom_part_boxes parts = { find_part, f };
    struct weh_geom_range box;

    weh_arena_reset(&f->arena);
    if (weh_geom_json_read(json, &f->arena, &f->geom, &f->diag) != WEH_OK ||
        weh_geom_box(&f->geom, &parts, &box, &f->diag) != WEH_OK) {
        return -1.0;
    }
    return geom_box_distance(&box, expected);
}

struct tally {
    unsigned n, n_bitwise, n_close, n_none, n_different;
};

/* Geometry whose box is known to be another one, or none (include/weh/geom_box.h); the second text has to
 * be in it as well. */
static const char *const known[][2] = {
    { "uvBoundaries", "" }, /* native meshes trimmed surfaces */
    { "transitionSpiral", "" },
    { "[[1,0,0],[1,0,0]]", "xyVectors" }, /* refused as JSON, as all below; native does without */
    { "[[1,0,0],[0,0,0]]", "xyVectors" },
    { "textString", "" },
    { "\"scale\":-1", "" },
    { "[1,2,3,4,5]", "" },
    { "[7,8,9]", "" },
    { "\"foo\":1", "" },
    { "\"arc\":1", "" },
};

static bool is_known(const char *text)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(known); i++) {
        if (strstr(text, known[i][0]) != NULL && strstr(text, known[i][1]) != NULL) {
            return true;
        }
    }
    return false;
}

static void count(struct fixture *f, const struct geom_case *item, const struct weh_value *json,
                  struct tally *tally)
{
    double d = distance(f, json, item->box);
    const char *text = geom_text(json, &f->arena);

    tally->n++;
    if (d == 0.0) {
        tally->n_bitwise++;
    } else if (d > 0.0 && d <= 1e-12) {
        tally->n_close++;
    } else {
        print_message("%s (%g): %s\n", d < 0.0 ? f->diag.text : "different", d, text);
        assert_true(is_known(text));
        tally->n_none += d < 0.0;
        tally->n_different += !(d < 0.0);
    }
}

static void test_geom_box_of_golden_imodels_is_that_of_the_placement(void **state)
{
    struct fixture *f = *state;
    struct tally tally = { 0 };

    for (unsigned i = 0; i < f->parts.n; i++) {
        count(f, &f->parts.items[i], f->parts.items[i].geom, &tally);
    }
    print_message("%u boxes: %u bitwise, %u close\n", tally.n, tally.n_bitwise, tally.n_close);
    assert_int_equal(tally.n_different + tally.n_none, 0);
    assert_true(tally.n >= 100 && tally.n_close <= 1);
}

static void test_geom_box_is_what_the_official_backend_stored(void **state)
{
    struct fixture *f = *state;
    struct geom_cases cases;
    struct tally tally = { 0 };

    geom_cases_open(&cases, "geom.native.jsonl.xz");
    for (unsigned i = 0; i < cases.n; i++) {
        if (cases.items[i].box != NULL) {
            count(f, &cases.items[i], cases.items[i].in, &tally);
        }
    }
    geom_cases_close(&cases);
    print_message("%u boxes: %u bitwise, %u close, %u different, %u none\n", tally.n,
                  tally.n_bitwise, tally.n_close, tally.n_different, tally.n_none);
    assert_true(tally.n_bitwise >= 190);
    assert_true(tally.n_different + tally.n_none <= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_geom_box_of_golden_imodels_is_that_of_the_placement,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_geom_box_is_what_the_official_backend_stored, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
