/* tests/unit/briefcase/test_connection_props.c - what a client is told of the iModel that it opens. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/arena.h"

#include "data_file.h"
#include "fixture.h"

static const struct weh_json_limits limits = { .max_depth = 64, .max_values = 1000000 };

/** The first line of tests/data/oracle/NAME.imodel.jsonl.xz, decoded. */
static struct weh_value oracle(const char *name, struct weh_arena *arena)
{
    char file[64];
    size_t len = 0;
    char *text = NULL;
    struct weh_str line;
    struct weh_value value;

    (void)snprintf(file, sizeof(file), "oracle/%s.imodel.jsonl.xz", name);
    text = data_file_text(file, &len);
    assert_non_null(text);
    (void)weh_str_split((struct weh_str){ text, len }, '\n', &line);
    assert_int_equal(weh_json_parse(line, &limits, arena, &value, NULL), WEH_OK);
    weh_free(text);
    return value;
}

static void assert_same_value(const struct weh_value *a, const struct weh_value *b)
{
    double x = 0;
    double y = 0;

    assert_non_null(a);
    assert_non_null(b);
    if (weh_value_to_double(a, &x)) {
        assert_true(weh_value_to_double(b, &y));
        assert_true(x == y);
        return;
    }
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->n, b->n);
    if (a->type == WEH_VALUE_STRING) {
        assert_memory_equal(a->as.string, b->as.string, a->n);
    }
    for (uint32_t i = 0; a->type == WEH_VALUE_ARRAY && i < a->n; i++) {
        assert_same_value(&a->as.items[i], &b->as.items[i]);
    }
    for (uint32_t i = 0; a->type == WEH_VALUE_MAP && i < a->n; i++) {
        assert_true(weh_str_eq(a->as.members[i].key, b->as.members[i].key));
        assert_same_value(&a->as.members[i].value, &b->as.members[i].value);
    }
}

/** The connection properties of f->path, decoded. */
static struct weh_value connection_props(struct fixture *f, struct weh_arena *arena)
{
    struct weh_briefcase *briefcase = open_write(f);
    struct weh_json_writer json;
    struct weh_buf buf;
    struct weh_value value;
    char *copy = NULL;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    weh_sink_map_begin(&json.sink, WEH_SINK_UNKNOWN);
    assert_int_equal(weh_briefcase_write_connection_props(briefcase, &json.sink, &f->diag), WEH_OK);
    weh_sink_map_end(&json.sink);
    assert_int_equal(buf.err, WEH_OK);
    copy = weh_arena_strdup(arena, (struct weh_str){ (const char *)buf.data, buf.len });
    assert_int_equal(
        weh_json_parse((struct weh_str){ copy, buf.len }, &limits, arena, &value, &f->diag),
        WEH_OK);
    weh_buf_fini(&buf);
    weh_briefcase_close(briefcase);
    return value;
}

static void test_connection_props_equal_those_of_the_official_backend(void **state)
{
    static const char *const names[] = { "empty", "small", "undone" };
    struct fixture *f = *state;
    struct weh_arena arena;
    char file[64];

    weh_arena_init(&arena, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        struct weh_value line = oracle(names[i], &arena);
        const struct weh_value *expected = weh_value_get(&line, "connection");
        struct weh_value ours;

        (void)snprintf(file, sizeof(file), "%s.bim", names[i]);
        use_copy(f, file);
        ours = connection_props(f, &arena);
        /* Ours has the briefcase id too, as newer backends do; it is the last member. */
        assert_int_equal(ours.n, expected->n + 1);
        assert_same_value(weh_value_get(&line, "briefcaseId"), weh_value_get(&ours, "briefcaseId"));
        ours.n--;
        assert_same_value(expected, &ours);
    }
    weh_arena_fini(&arena);
}

static void test_connection_props_changeset_index_only_if_it_speaks_of_the_same(void **state)
{
    struct fixture *f = *state;
    struct weh_arena arena;
    struct weh_value value;
    int64_t index = -1;

    weh_arena_init(&arena, 0);
    use_copy(f, "empty.bim");
    raw_query(f->path, "INSERT INTO be_Local VALUES('ParentChangeSetId','abc')");
    raw_query(f->path,
              "INSERT INTO be_Local VALUES('parentChangeset','{\"id\":\"abc\",\"index\":7}')");
    value = connection_props(f, &arena);
    assert_text(weh_value_get(weh_value_get(&value, "changeset"), "id"), "abc");
    assert_true(
        weh_value_to_int64(weh_value_get(weh_value_get(&value, "changeset"), "index"), &index));
    assert_int_equal(index, 7);
    raw_query(f->path, "UPDATE be_Local SET Val='abd' WHERE Name='ParentChangeSetId'");
    value = connection_props(f, &arena);
    assert_null(weh_value_get(weh_value_get(&value, "changeset"), "index"));
    raw_query(f->path, "UPDATE be_Local SET Val='{{{' WHERE Name='parentChangeset'");
    value = connection_props(f, &arena);
    assert_text(weh_value_get(weh_value_get(&value, "changeset"), "id"), "abd");
    weh_arena_fini(&arena);
}

static void test_connection_props_hostile_values_are_bounded(void **state)
{
    static const struct {
        const char *set;
        weh_err err;
    } cases[] = {
        { "StrData='not json'", WEH_OK },
        { "StrData='{\"low\":\"x\",\"high\":[1]}'", WEH_OK },
        { "StrData='[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['", WEH_OK },
        { "StrData=NULL", WEH_OK },
        { "StrData=NULL,RawSize=9223372036854775807,Data=x'789c'", WEH_E_CORRUPT },
        { "StrData=NULL,RawSize=-1,Data=x'789c'", WEH_E_CORRUPT },
        { "StrData=NULL,RawSize=100,Data=x'789c030000000001'", WEH_E_CORRUPT },
        { "StrData=NULL,RawSize=100,Data=zeroblob(5000)", WEH_E_CORRUPT },
        { "StrData=NULL,RawSize=20000000,Data=zeroblob(100000)", WEH_E_TOO_LARGE },
        { "StrData=NULL,RawSize=NULL,Data=zeroblob(20000000)", WEH_E_TOO_LARGE },
    };
    struct fixture *f = *state;
    char sql[256];

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        struct weh_briefcase *briefcase = NULL;
        struct weh_json_writer json;
        struct weh_buf buf;

        use_copy(f, "empty.bim");
        (void)snprintf(sql, sizeof(sql), "UPDATE be_Prop SET %s WHERE Name='Extents'",
                       cases[i].set);
        raw_query(f->path, sql);
        briefcase = open_write(f);
        weh_buf_init(&buf, 0);
        weh_json_writer_init(&json, &buf);
        weh_sink_map_begin(&json.sink, WEH_SINK_UNKNOWN);
        assert_int_equal(weh_briefcase_write_connection_props(briefcase, &json.sink, &f->diag),
                         cases[i].err);
        weh_buf_fini(&buf);
        weh_briefcase_close(briefcase);
    }
}

static void test_connection_props_compressed_property_is_unpacked(void **state)
{
    struct fixture *f = *state;
    struct weh_arena arena;
    struct weh_value value;
    double y = 0;

    weh_arena_init(&arena, 0);
    use_copy(f, "empty.bim");
    /* zlib.compress of {"low":[1,2,3],"high":[4,5,6],"padding":"xxx..."} */
    raw_query(f->path, "UPDATE be_Prop SET StrData=NULL,RawSize=103,Data=x'"
                       "789cab56cac92f57b28a36d431d2318ed551cac84ccf00724d744c75cc80dc82"
                       "c49494ccbc74252ba50a0a80522d005391284d"
                       "' WHERE Name='Extents'");
    value = connection_props(f, &arena);
    value = *weh_value_get(weh_value_get(&value, "projectExtents"), "high");
    assert_int_equal(value.n, 3);
    assert_true(weh_value_to_double(&value.as.items[1], &y));
    assert_true(y == 5);
    weh_arena_fini(&arena);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_connection_props_equal_those_of_the_official_backend),
        T(test_connection_props_changeset_index_only_if_it_speaks_of_the_same),
        T(test_connection_props_hostile_values_are_bounded),
        T(test_connection_props_compressed_property_is_unpacked),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
