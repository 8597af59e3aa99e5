/* tests/unit/geom/test_json.c - JSON geometry in, JSON geometry out, and what is refused.
 *
 * What is expected was said by the official backend (geom_fixture.h).
 */
#include <stdio.h>
#include <string.h>

#include "geom_fixture.h"

struct fixture {
    struct weh_arena arena;
    struct weh_diag diag;
    struct weh_geom geom;
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    weh_arena_init(&fixture.arena, 0);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    weh_arena_fini(&f->arena);
    return 0;
}

static bool has_empty_item(const struct weh_value *geom)
{
    for (uint32_t i = 0; i < geom->n; i++) {
        if (geom->as.items[i].n == 0) {
            return true;
        }
    }
    return false;
}

/* Read and write @expected; prints what differs. */
static bool comes_back(struct fixture *f, const struct weh_value *expected, const char *from)
{
    const struct weh_value *actual;
    weh_err err;

    weh_arena_reset(&f->arena);
    err = weh_geom_json_read(expected, &f->arena, &f->geom, &f->diag);
    if (err != WEH_OK) {
        print_message("%s: %s: %s\n", from, f->diag.text, geom_text(expected, &f->arena));
        return false;
    }
    actual = geom_written(&f->geom, 0, &f->arena);
    if (!geom_value_eq(expected, actual)) {
        print_message("%s: expected %s\nactual   %s\n", from, geom_text(expected, &f->arena),
                      geom_text(actual, &f->arena));
        return false;
    }
    return true;
}

static void all_come_back(struct fixture *f, const char *name, unsigned least)
{
    struct geom_cases cases;
    unsigned n_different = 0;
    unsigned n = 0;

    geom_cases_open(&cases, name);
    for (unsigned i = 0; i < cases.n; i++) {
        const struct weh_value *geom = cases.items[i].geom;

        /* What has no JSON form does not come back; spirals of this kind are not read. */
        if (geom != NULL && !has_empty_item(geom) &&
            strstr(geom_text(geom, &cases.arena), "Arema") == NULL) {
            n_different += !comes_back(f, geom, cases.items[i].from);
            n++;
        }
    }
    geom_cases_close(&cases);
    print_message("%u geometries of %s, %u different\n", n, name, n_different);
    assert_int_equal(n_different, 0);
    assert_true(n >= least);
}

static void test_geom_json_of_golden_imodels_comes_back_as_it_was(void **state)
{
    all_come_back(*state, "geom.oracle.jsonl.xz", 100);
}

static void test_geom_json_that_the_official_backend_tells_comes_back_as_it_was(void **state)
{
    all_come_back(*state, "geom.native.jsonl.xz", 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_geom_json_of_golden_imodels_comes_back_as_it_was,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_geom_json_that_the_official_backend_tells_comes_back_as_it_was, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
