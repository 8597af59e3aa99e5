/* tests/unit/geom/test_told.c - the stored geometry of golden iModels, told as JSON, is what the official
 * backend tells of it, and its box is that of the placement. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/id.h"

#include "geom_blobs.h"
#include "geom_fixture.h"
#include "oracle_file.h"

/* A line of the dump, by element id. */
struct told {
    weh_id id;
    uint64_t sub_category;
    const struct weh_value *geom, *box;
};

struct dump {
    struct weh_arena arena;
    struct told *items;
    uint32_t n;
};

static weh_id id_of(const struct weh_value *line, const char *name)
{
    const struct weh_value *value = weh_value_get(line, name);
    weh_id id = 0;

    return value != NULL && weh_id_parse(weh_value_str(value), &id) ? id : 0;
}

static void add_line(struct dump *dump, struct weh_str line)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 10000000 };
    struct weh_value *value = weh_arena_alloc(&dump->arena, sizeof(*value));
    struct told *told = &dump->items[dump->n];

    assert_non_null(value);
    assert_int_equal(weh_json_parse(line, &limits, &dump->arena, value, NULL), WEH_OK);
    told->geom = weh_value_get(value, "geom");
    if (told->geom == NULL) {
        return;
    }
    told->id = id_of(value, "id");
    /* The default sub-category of a category is the element behind it. */
    told->sub_category = id_of(value, "category") != 0 ? id_of(value, "category") + 1 : 0;
    told->box = weh_value_get(value, "bbox");
    if (told->box == NULL) {
        told->box = weh_value_get(weh_value_get(value, "placement"), "bbox");
    }
    dump->n++;
}

static void dump_open(struct dump *dump, const char *path)
{
    struct weh_str rest;
    struct weh_buf text;
    uint32_t n = 1;

    weh_buf_init(&text, 0);
    assert_int_equal(data_file_read(path, &text, NULL), WEH_OK);
    for (size_t i = 0; i < text.len; i++) {
        n += text.data[i] == '\n';
    }
    weh_arena_init(&dump->arena, 0);
    dump->items = calloc(n, sizeof(*dump->items));
    assert_non_null(dump->items);
    dump->n = 0;
    rest = (struct weh_str){ (const char *)text.data, text.len };
    while (rest.len > 0) {
        struct weh_str line;

        rest = weh_str_split(rest, '\n', &line);
        if (line.len > 0) {
            add_line(dump, line);
        }
    }
    weh_buf_fini(&text);
}

static void dump_close(struct dump *dump)
{
    free(dump->items);
    weh_arena_fini(&dump->arena);
}

static const struct told *find(const struct dump *dump, weh_id id)
{
    for (uint32_t i = 0; i < dump->n; i++) {
        if (dump->items[i].id == id) {
            return &dump->items[i];
        }
    }
    return NULL;
}

/* The box that the official backend tells of a part. */
static weh_err find_part(void *context, uint64_t part_id, struct weh_geom_range *out,
                         struct weh_diag *diag)
{
    const struct told *told = find(context, part_id);
    const struct weh_value *low = told != NULL ? weh_value_get(told->box, "low") : NULL;
    const struct weh_value *high = told != NULL ? weh_value_get(told->box, "high") : NULL;
    double *numbers[2][3] = { { &out->low.x, &out->low.y, &out->low.z },
                              { &out->high.x, &out->high.y, &out->high.z } };

    if (low == NULL || high == NULL) {
        return weh_fail(diag, WEH_E_MISSING_ID, "no part");
    }
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(weh_value_to_double(&low->as.items[i], numbers[0][i]));
        assert_true(weh_value_to_double(&high->as.items[i], numbers[1][i]));
    }
    return WEH_OK;
}

/* True when @blob is told and measured as in @told. */
static bool is_same(struct dump *dump, const struct told *told, const struct geom_blob *blob)
{
    const struct weh_geom_part_boxes parts = { find_part, dump };
    struct weh_geom_range box;
    struct weh_arena arena;
    struct weh_geom geom;
    bool same;

    weh_arena_init(&arena, 0);
    assert_int_equal(weh_geom_decode(blob->bytes, blob->len, &arena, &geom, NULL), WEH_OK);
    same = geom_value_eq(told->geom, geom_written(&geom, told->sub_category, &arena));
    if (!same) {
        print_message("expected %s\nactual   %s\n", geom_text(told->geom, &arena),
                      geom_text(geom_written(&geom, told->sub_category, &arena), &arena));
    }
    assert_int_equal(weh_geom_box(&geom, &parts, &box, NULL), WEH_OK);
    if (!(geom_box_distance(&box, told->box) <= 1e-12)) {
        print_message("another box: %s\n", geom_text(told->geom, &arena));
        same = false;
    }
    weh_arena_fini(&arena);
    return same;
}

static void compare(const char *imodel, const char *path, uint32_t least)
{
    struct geom_blobs blobs;
    struct geom_blob blob;
    struct dump dump;
    uint32_t n = 0;
    uint32_t n_different = 0;

    dump_open(&dump, path);
    geom_blobs_open(&blobs, imodel);
    while (geom_blobs_next(&blobs, &blob) != 0) {
        const struct told *told = find(&dump, blob.element_id);

        /* A stored geometry that the dump does not tell is different too. */
        n_different += told == NULL || !is_same(&dump, told, &blob);
        n++;
    }
    geom_blobs_close(&blobs);
    print_message("%u stored geometries, %u different\n", n, n_different);
    assert_int_equal(n_different, 0);
    assert_int_equal(n, dump.n);
    assert_true(n >= least);
    dump_close(&dump);
}

static void test_geom_stored_in_small_is_told_and_measured_alike(void **state)
{
    (void)state;
    compare("small.bim", WEH_TEST_DATA "/oracle/small.elements.jsonl.xz", 198);
}

static void test_geom_stored_in_medium_is_told_and_measured_alike(void **state)
{
    (void)state;
    compare("medium.bim.xz", WEH_TEST_DATA "/oracle/medium.elements.jsonl.xz", 7000);
}

static void test_geom_stored_in_final_is_told_and_measured_alike(void **state)
{
    (void)state;
    compare("final.bim.xz", WEH_TEST_DATA "/oracle/final.elements.jsonl.xz", 35);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geom_stored_in_small_is_told_and_measured_alike),
        cmocka_unit_test(test_geom_stored_in_medium_is_told_and_measured_alike),
        cmocka_unit_test(test_geom_stored_in_final_is_told_and_measured_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
