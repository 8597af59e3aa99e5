/* tests/unit/bis/test_oracle.c - what we say about every element and model of a genuine iModel is
 * what the official backend says, member by member and in its order.
 *
 * The dumps are getElementProps of @itwin/core-backend 5.1.9 with geometry, one element a line; the
 * geometry itself (geom) is left out. WEH_TEST_IMODEL and WEH_TEST_ORACLE name a further pair of
 * files (an iModel and its dump, xz), for large ones that are not part of the sources.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lzma.h>

#include "bis_fixture.h"

#define DUMP_MAX_BYTES (256u << 20)

/* Differences that are known and wanted: element id, reason. None. */

static char *read_xz(const char *path, size_t *len)
{
    uint64_t memory_limit = UINT64_MAX;
    FILE *file = fopen(path, "rb");
    size_t max = 64u << 20;
    uint8_t *packed = malloc(max);
    char *text = malloc(DUMP_MAX_BYTES);
    size_t in = 0;
    size_t out = 0;
    size_t n;

    assert_non_null(file);
    assert_non_null(packed);
    assert_non_null(text);
    n = fread(packed, 1, max, file);
    (void)fclose(file);
    assert_int_equal(lzma_stream_buffer_decode(&memory_limit, 0, NULL, packed, &in, n,
                                               (uint8_t *)text, &out, DUMP_MAX_BYTES),
                     LZMA_OK);
    free(packed);
    *len = out;
    return text;
}

static void copy_value(const struct weh_value *value, struct weh_sink *sink, bool top);

static bool is_binary(const struct weh_value *value)
{
    return value->type == WEH_VALUE_MAP && value->n == 1 &&
           weh_str_eq_text(value->as.members[0].key, "$base64");
}

static void copy_binary(const struct weh_value *value, struct weh_sink *sink)
{
    char text[4096];

    (void)snprintf(text, sizeof(text), "encoding=base64;%.*s",
                   WEH_STR_ARGS(weh_value_str(&value->as.members[0].value)));
    weh_sink_text(sink, text);
}

static void copy_map(const struct weh_value *value, struct weh_sink *sink, bool top)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (uint32_t i = 0; i < value->n; i++) {
        if (!top || !weh_str_eq_text(value->as.members[i].key, "geom")) {
            sink->ops->key(sink, value->as.members[i].key);
            copy_value(&value->as.members[i].value, sink, false);
        }
    }
    weh_sink_map_end(sink);
}

/* Copy @value to @sink; binaries of the dump become what our JSON says of a binary. */
static void copy_value(const struct weh_value *value, struct weh_sink *sink, bool top)
{
    if (is_binary(value)) {
        copy_binary(value, sink);
        return;
    }
    if (value->type == WEH_VALUE_MAP) {
        copy_map(value, sink, top);
        return;
    }
    if (value->type != WEH_VALUE_ARRAY) {
        weh_sink_value(sink, value);
        return;
    }
    weh_sink_array_begin(sink, value->n);
    for (uint32_t i = 0; i < value->n; i++) {
        copy_value(&value->as.items[i], sink, false);
    }
    weh_sink_array_end(sink);
}

static weh_id line_id(const struct weh_value *line)
{
    weh_id id = 0;

    assert_true(weh_id_parse(weh_value_str(weh_value_get(line, "id")), &id));
    return id;
}

static bool is_same(struct fixture *f, struct weh_str text, bool models, struct weh_buf *expected)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 10000000 };
    struct weh_json_writer writer;
    struct weh_value line;
    const char *actual;

    weh_arena_reset(&f->arena);
    ASSERT_OK(weh_json_parse(text, &limits, &f->arena, &line, &f->diag));
    weh_buf_clear(expected);
    weh_json_writer_init(&writer, expected);
    copy_value(&line, &writer.sink, true);
    weh_buf_byte(expected, 0);
    actual = models ? fixture_get_model(f, line_id(&line)) : fixture_get(f, line_id(&line));
    if (actual != NULL && strcmp(actual, (const char *)expected->data) == 0) {
        return true;
    }
    print_message("expected %s\nactual   %s (%s)\n", (const char *)expected->data,
                  actual == NULL ? "none" : actual, f->diag.text);
    return false;
}

/* The number of lines that differ; they are printed. */
static unsigned compare(struct fixture *f, const char *dump, bool models, unsigned *n_lines)
{
    size_t len = 0;
    char *text = read_xz(dump, &len);
    struct weh_str rest = { text, len };
    struct weh_buf expected;
    unsigned n_different = 0;

    weh_buf_init(&expected, 0);
    for (*n_lines = 0; rest.len > 0; ++*n_lines) {
        struct weh_str line;

        rest = weh_str_split(rest, '\n', &line);
        n_different += !is_same(f, line, models, &expected);
    }
    weh_buf_fini(&expected);
    free(text);
    return n_different;
}

static void compare_file(const char *imodel, const char *dump, bool models, unsigned n_expected)
{
    struct fixture fixture;
    unsigned n_lines = 0;

    fixture_open_path(&fixture, imodel, true);
    assert_int_equal(compare(&fixture, dump, models, &n_lines), 0);
    assert_true(n_expected == 0 || n_lines == n_expected);
    fixture_close(&fixture);
}

static void test_oracle_every_element_of_small_is_told_as_the_official_backend_does(void **state)
{
    (void)state;
    compare_file(WEH_TEST_DATA "/small.bim", WEH_TEST_DATA "/small.elements.jsonl.xz", false, 423);
}

static void test_oracle_every_model_of_small_is_told_as_the_official_backend_does(void **state)
{
    (void)state;
    compare_file(WEH_TEST_DATA "/small.bim", WEH_TEST_DATA "/small.models.jsonl.xz", true, 14);
}

static void test_oracle_further_file_is_told_as_the_official_backend_does(void **state)
{
    const char *imodel = getenv("WEH_TEST_IMODEL"); // NOLINT(concurrency-mt-unsafe)
    const char *oracle = getenv("WEH_TEST_ORACLE"); // NOLINT(concurrency-mt-unsafe)

    (void)state;
    if (imodel == NULL || oracle == NULL) {
        skip();
    }
    compare_file(imodel, oracle, false, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle_every_element_of_small_is_told_as_the_official_backend_does),
        cmocka_unit_test(test_oracle_every_model_of_small_is_told_as_the_official_backend_does),
        cmocka_unit_test(test_oracle_further_file_is_told_as_the_official_backend_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
