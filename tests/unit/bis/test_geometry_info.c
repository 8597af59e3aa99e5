/* tests/unit/bis/test_geometry_info.c - the geometry of elements as edit tools get it, against what the official backend
 * told of all elements of a golden iModel (oracle/small.geometry.jsonl.xz). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/value_sink.h"

#include "bis_fixture.h"
#include "data_file.h"

#define BLOCK 0x8a /* a physical object with one line */

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    fixture_open(f, "small.bim", false);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fixture_close(f);
    free(f);
    return 0;
}

/* What is told of @id; NULL when nothing is. In the arena of @f. */
static const struct weh_value *told(struct fixture *f, weh_id id, const char *filter)
{
    static struct weh_value value;
    struct weh_value_sink sink;

    weh_value_sink_init(&sink, &f->arena);
    ASSERT_OK(weh_element_write_geometry(
        f->bis, id, filter == NULL ? NULL : fixture_value(f, "%s", filter), &sink.sink, &f->diag));
    return weh_value_sink_take(&sink, &value, NULL) == WEH_OK && value.type == WEH_VALUE_MAP
               ? &value
               : NULL;
}

/* Room for what base64 has in it: three bytes of four digits. */
static size_t unbase64(struct weh_str text, uint8_t *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
        bits = bits << 6 | (uint32_t)(strchr(digits, text.ptr[i]) - digits);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[n++] = (uint8_t)(bits >> n_bits);
        }
    }
    return n;
}

static void check_entries(const struct weh_value *entries, const struct weh_value *expected)
{
    assert_int_equal(entries->n, expected->n);
    for (uint32_t i = 0; i < entries->n; i++) {
        const struct weh_value *bytes = weh_value_get(&entries->as.items[i], "data");
        const struct weh_value *data = weh_value_get(&expected->as.items[i], "data");
        const struct weh_str text = weh_value_str(weh_value_get(data, "$base64"));
        uint8_t *want = malloc(text.len + 1);
        int64_t opcode = 0;
        int64_t wanted = 0;

        assert_non_null(want);
        assert_true(weh_value_to_int64(weh_value_get(&entries->as.items[i], "opcode"), &opcode));
        assert_true(weh_value_to_int64(weh_value_get(&expected->as.items[i], "opcode"), &wanted));
        assert_int_equal(opcode, wanted);
        assert_int_equal(bytes->type, WEH_VALUE_BINARY);
        assert_int_equal(bytes->n, unbase64(text, want));
        assert_memory_equal(bytes->as.binary, want, bytes->n);
        free(want);
    }
}

static void check_matrix(const struct weh_value *matrix, const struct weh_value *expected)
{
    assert_int_equal(matrix->type, WEH_VALUE_BINARY);
    assert_int_equal(matrix->n, 12 * sizeof(double));
    for (uint32_t i = 0; i < 12; i++) {
        double number;
        double wanted;

        memcpy(&number, matrix->as.binary + i * sizeof(number), sizeof(number));
        assert_true(weh_value_to_double(&expected->as.items[i], &wanted));
        assert_true(number == wanted);
    }
}

static void check_line(struct fixture *f, struct weh_str line)
{
    const struct weh_json_limits limits = { .max_depth = 32, .max_values = 1000000 };
    struct weh_value expected;
    const struct weh_value *info;
    const struct weh_value *category;
    weh_id id = 0;

    assert_int_equal(weh_json_parse(line, &limits, &f->arena, &expected, NULL), WEH_OK);
    assert_true(weh_id_parse(weh_value_str(weh_value_get(&expected, "elementId")), &id));
    info = told(f, id, NULL);
    assert_non_null(info);
    category = weh_value_get(&expected, "categoryId");
    if (category != NULL) {
        const struct weh_str wanted = weh_value_str(category);
        const struct weh_str got = weh_value_str(weh_value_get(info, "categoryId"));

        assert_true(got.len == wanted.len && memcmp(got.ptr, wanted.ptr, got.len) == 0);
        check_matrix(weh_value_get(info, "sourceToWorld"),
                     weh_value_get(&expected, "sourceToWorld"));
    } else {
        assert_null(weh_value_get(info, "categoryId"));
        assert_null(weh_value_get(info, "sourceToWorld"));
    }
    check_entries(weh_value_get(info, "entryArray"), weh_value_get(&expected, "entries"));
}

static void test_geometry_info_is_what_the_official_backend_tells(void **state)
{
    struct fixture *f = *state;
    size_t len = 0;
    char *text = data_file_text("oracle/small.geometry.jsonl.xz", &len);
    unsigned n = 0;

    for (char *line = text; line < text + len;) {
        char *end = memchr(line, '\n', (size_t)(text + len - line));

        end = end == NULL ? text + len : end;
        if (end > line) {
            check_line(f, (struct weh_str){ line, (size_t)(end - line) });
            n++;
        }
        line = end + 1;
    }
    weh_free(text);
    assert_int_equal(n, 292);
}

static double box_at(const struct weh_value *info, unsigned i)
{
    double number;

    assert_int_equal(weh_value_get(info, "bbox")->n, 6 * sizeof(number));
    memcpy(&number, weh_value_get(info, "bbox")->as.binary + i * sizeof(number), sizeof(number));
    return number;
}

static void test_geometry_info_has_the_box_of_the_placement(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *info = told(f, BLOCK, NULL);

    assert_true(box_at(info, 0) == 0.0 && box_at(info, 3) == 1.0 && box_at(info, 4) == 2.0);
    /* An element without a placement has a box that nothing is in. */
    info = told(f, 0x8b, NULL);
    assert_true(box_at(info, 0) > box_at(info, 3));
    assert_int_equal(weh_value_get(info, "entryArray")->n, 0);
}

static void test_geometry_info_of_what_is_not_geometric_is_nothing(void **state)
{
    struct fixture *f = *state;

    assert_null(told(f, 0x1, NULL));
    assert_null(told(f, 0xfffff, NULL));
    assert_null(told(f, 0, NULL));
}

static void test_geometry_info_goes_through_the_filter(void **state)
{
    struct fixture *f = *state;

    assert_non_null(told(f, BLOCK, "{'accept':[5]}"));
    assert_null(told(f, BLOCK, "{'reject':[5]}"));
    /* An element without geometry has nothing that a filter could reject. */
    assert_non_null(told(f, 0x8b, "{'accept':[]}"));
    ASSERT_FAILS(
        weh_element_write_geometry(f->bis, BLOCK, fixture_value(f, "{'accept':5}"), NULL, &f->diag),
        WEH_E_BAD_ARGS, "accept");
}

static void test_geometry_info_of_a_damaged_stream_is_refused(void **state)
{
    struct fixture *f = *state;

    fixture_sql(f, "UPDATE bis_GeometricElement3d SET GeometryStream=x'4700' WHERE ElementId=138");
    assert_int_equal(weh_element_write_geometry(f->bis, BLOCK, NULL, NULL, &f->diag),
                     WEH_E_UNSUPPORTED);
    assert_string_equal(f->diag.where, "0x8a");
    fixture_sql(f, "UPDATE bis_GeometricElement3d SET GeometryStream=5 WHERE ElementId=138");
    assert_int_equal(weh_element_write_geometry(f->bis, BLOCK, NULL, NULL, &f->diag),
                     WEH_E_UNSUPPORTED);
}

static void test_geometry_info_tells_what_faces_the_camera(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    assert_null(weh_value_get(told(f, BLOCK, NULL), "viewIndependent"));
    ASSERT_OK(fixture_insert(
        f, &id,
        "{'classFullName':'Generic:PhysicalObject','model':'0x35','category':'0x16',"
        "'code':{'spec':'0x1','scope':'0x1','value':''},'placement':{'origin':[0,0,0],'angles':{}},"
        "'geom':[{'header':{'flags':1}},{'lineString':[[0,0,0],[1,2,3]]}]}"));
    assert_true(weh_value_get(told(f, id, NULL), "viewIndependent")->as.boolean);
    assert_int_equal(weh_value_get(told(f, id, NULL), "entryArray")->n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometry_info_is_what_the_official_backend_tells),
        cmocka_unit_test(test_geometry_info_has_the_box_of_the_placement),
        cmocka_unit_test(test_geometry_info_of_what_is_not_geometric_is_nothing),
        cmocka_unit_test(test_geometry_info_goes_through_the_filter),
        cmocka_unit_test(test_geometry_info_tells_what_faces_the_camera),
        cmocka_unit_test(test_geometry_info_of_a_damaged_stream_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
