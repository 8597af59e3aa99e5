/* tests/unit/ec/test_value.c - values of genuine files: out as the official backend shows them, and
 * back into the very columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/db.h"
#include "weh/ec_value.h"
#include "weh/json.h"

#include "ec_fixture.h"

#define MAX_LEAVES 64

static const struct weh_json_limits limits = { .max_depth = 32, .max_values = 1000000 };

static struct weh_str buf_str(const struct weh_buf *buf)
{
    assert_int_equal(buf->err, WEH_OK);
    return (struct weh_str){ (const char *)buf->data, buf->len };
}

/* SELECT of all leaves of @ec_class for one element; columns[] runs along all leaves of the class. */
static sqlite3_stmt *select_element(const struct ec_fixture *f, const struct weh_ec_class *ec_class,
                                    weh_id id, int *columns)
{
    sqlite3_stmt *stmt = NULL;
    struct weh_buf sql;
    int n = 0;
    int at = 0;

    weh_buf_init(&sql, 0);
    weh_buf_printf(&sql, "SELECT ");
    for (uint16_t p = 0; p < ec_class->n_properties; p++) {
        for (uint16_t l = 0; l < ec_class->properties[p].n_leaves; l++) {
            const struct weh_ec_leaf *leaf = &ec_class->properties[p].leaves[l];

            columns[at] = leaf->is_virtual ? -1 : n;
            if (columns[at++] >= 0) {
                weh_buf_printf(&sql, "%st%u.[%s]", n++ == 0 ? "" : ",", leaf->table,
                               leaf->column.ptr);
            }
        }
    }
    for (uint16_t t = 0; t < ec_class->n_tables; t++) {
        weh_buf_printf(&sql, "%s[%s] t%u", t == 0 ? " FROM " : " JOIN ",
                       ec_class->tables[t]->name.ptr, t);
        if (t != 0) {
            weh_buf_printf(&sql, " ON t%u.[%s]=t0.Id", t, ec_class->tables[t]->id_column.ptr);
        }
    }
    weh_buf_printf(&sql, " WHERE t0.Id=%llu", (unsigned long long)id);
    weh_buf_byte(&sql, 0);
    assert_int_equal(
        sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), (const char *)sql.data, -1, &stmt, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    weh_buf_fini(&sql);
    return stmt;
}

/* The oracle's value: {"$base64": "..."} stands for bytes. */
static void expected_write(struct weh_sink *sink, const struct weh_value *value)
{
    const struct weh_value *bytes = weh_value_get(value, "$base64");
    struct weh_buf text;

    if (bytes != NULL) {
        weh_buf_init(&text, 0);
        weh_buf_printf(&text, "encoding=base64;%.*s", WEH_STR_ARGS(weh_value_str(bytes)));
        weh_sink_str(sink, buf_str(&text));
        weh_buf_fini(&text);
    } else if (value->type == WEH_VALUE_ARRAY) {
        weh_sink_array_begin(sink, value->n);
        for (uint32_t i = 0; i < value->n; i++) {
            expected_write(sink, &value->as.items[i]);
        }
        weh_sink_array_end(sink);
    } else {
        weh_sink_value(sink, value);
    }
}

/* Members of the dump that are plain properties; the others are the BIS rules' business. */
static void expected_members(const struct weh_ec_class *ec_class, const struct weh_value *element,
                             struct weh_buf *out)
{
    struct weh_json_writer writer;

    weh_json_writer_init(&writer, out);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    for (uint32_t i = 0; i < element->n; i++) {
        const struct weh_member *member = &element->as.members[i];
        const struct weh_ec_property *property = weh_ec_property_by_js_name(ec_class, member->key);

        if (property != NULL && !property->custom_handled) {
            writer.sink.ops->key(&writer.sink, member->key);
            expected_write(&writer.sink, &member->value);
        }
    }
    weh_sink_map_end(&writer.sink);
}

static void actual_members(const struct ec_fixture *f, const struct weh_ec_class *ec_class,
                           sqlite3_stmt *stmt, const int *columns, struct weh_buf *out)
{
    struct weh_json_writer writer;
    struct weh_arena arena;
    struct weh_diag diag;

    weh_arena_init(&arena, 0);
    weh_json_writer_init(&writer, out);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    for (uint16_t p = 0; p < ec_class->n_properties; p++) {
        const struct weh_ec_property *property = &ec_class->properties[p];

        if (!property->custom_handled &&
            weh_ec_value_write(f->catalog, property, stmt, columns, &writer.sink, &arena, &diag) !=
                WEH_OK) {
            fail_msg("%s %s: %s", ec_class->full_name.ptr, diag.where, diag.text);
        }
        columns += property->n_leaves;
    }
    weh_sink_map_end(&writer.sink);
    weh_arena_fini(&arena);
}

static void assert_same_column(sqlite3_stmt *left, int left_column, sqlite3_stmt *right,
                               int right_column, const char *what)
{
    int type = sqlite3_column_type(left, left_column);
    int n;

    if (sqlite3_column_type(right, right_column) != type) {
        fail_msg("%s: storage class %d, not %d", what, sqlite3_column_type(right, right_column),
                 type);
    }
    if (type == SQLITE_FLOAT) {
        double a = sqlite3_column_double(left, left_column);
        double b = sqlite3_column_double(right, right_column);

        /* JSON.stringify writes -0 as 0. */
        if (a != 0 || b != 0) {
            assert_memory_equal(&a, &b, sizeof(a));
        }
        return;
    }
    n = sqlite3_column_bytes(left, left_column);
    assert_int_equal(sqlite3_column_bytes(right, right_column), n);
    if (n > 0) {
        assert_memory_equal(sqlite3_column_blob(left, left_column),
                            sqlite3_column_blob(right, right_column), (size_t)n);
    }
}

/* Bind what was written, and see the same in the parameters as in the columns. */
static void round_trip(const struct ec_fixture *f, const struct weh_ec_property *property,
                       const struct weh_value *value, sqlite3_stmt *stmt, const int *columns)
{
    int params[MAX_LEAVES];
    sqlite3_stmt *echo = NULL;
    struct weh_arena arena;
    struct weh_diag diag;
    struct weh_buf sql;
    int n = 0;

    weh_arena_init(&arena, 0);
    weh_buf_init(&sql, 0);
    assert_true(property->n_leaves < MAX_LEAVES);
    for (uint16_t l = 0; l < property->n_leaves; l++) {
        params[l] = columns[l] < 0 ? 0 : ++n;
        if (columns[l] >= 0) {
            weh_buf_printf(&sql, "%s?%d", n == 1 ? "SELECT " : ",", n);
        }
    }
    if (n != 0) {
        weh_buf_byte(&sql, 0);
        assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), (const char *)sql.data,
                                            -1, &echo, NULL),
                         SQLITE_OK);
        if (weh_ec_value_bind(f->catalog, property, value, echo, params, &arena, &diag) != WEH_OK) {
            fail_msg("%s: %s", diag.where, diag.text);
        }
        assert_int_equal(sqlite3_step(echo), SQLITE_ROW);
        for (uint16_t l = 0; l < property->n_leaves; l++) {
            if (params[l] != 0) {
                assert_same_column(stmt, columns[l], echo, params[l] - 1, property->name.ptr);
            }
        }
        sqlite3_finalize(echo);
    }
    weh_buf_fini(&sql);
    weh_arena_fini(&arena);
}

static void check_element(const struct ec_fixture *f, const struct weh_value *element)
{
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_name(f->catalog, weh_value_str(weh_value_get(element, "classFullName")));
    int columns[1024];
    const int *next = columns;
    struct weh_value written;
    struct weh_arena arena;
    struct weh_buf expected;
    struct weh_buf actual;
    sqlite3_stmt *stmt;
    weh_id id;

    assert_non_null(ec_class);
    assert_true(weh_id_parse(weh_value_str(weh_value_get(element, "id")), &id));
    stmt = select_element(f, ec_class, id, columns);
    weh_buf_init(&expected, 0);
    weh_buf_init(&actual, 0);
    weh_arena_init(&arena, 0);
    expected_members(ec_class, element, &expected);
    actual_members(f, ec_class, stmt, columns, &actual);
    /* The native handler of this one class writes its members in another order. */
    if (weh_str_eq_text(ec_class->full_name, "BisCore:RenderMaterial")) {
        assert_true(weh_str_eq_text(buf_str(&expected),
                                    "{\"description\":\"Shiny\",\"paletteName\":\"Metals\"}"));
        assert_true(weh_str_eq_text(buf_str(&actual),
                                    "{\"paletteName\":\"Metals\",\"description\":\"Shiny\"}"));
    } else if (!weh_str_eq(buf_str(&expected), buf_str(&actual))) {
        fail_msg("%s 0x%llx\nexpected %.*s\nactual   %.*s", ec_class->full_name.ptr,
                 (unsigned long long)id, WEH_STR_ARGS(buf_str(&expected)),
                 WEH_STR_ARGS(buf_str(&actual)));
    }

    assert_int_equal(weh_json_parse(buf_str(&actual), &limits, &arena, &written, NULL), WEH_OK);
    for (uint16_t p = 0; p < ec_class->n_properties; p++) {
        const struct weh_ec_property *property = &ec_class->properties[p];

        if (!property->custom_handled) {
            char name[128];

            (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(property->js_name));
            round_trip(f, property, weh_value_get(&written, name), stmt, next);
        }
        next += property->n_leaves;
    }
    sqlite3_finalize(stmt);
    weh_buf_fini(&expected);
    weh_buf_fini(&actual);
    weh_arena_fini(&arena);
}

static void test_value_of_every_element_is_the_oracles_and_goes_back_unchanged(void **state)
{
    const struct ec_fixture *f = *state;
    struct weh_arena arena;
    struct weh_buf lines;
    struct weh_str line;
    struct weh_str rest;
    size_t n = 0;
    size_t n_widgets = 0;

    weh_buf_init(&lines, 0);
    weh_arena_init(&arena, 0);
    ec_fixture_read("oracle/small.elements.jsonl.xz", &lines);
    for (rest = weh_str_split(buf_str(&lines), '\n', &line); line.len != 0;
         rest = weh_str_split(rest, '\n', &line)) {
        struct weh_value element;

        assert_int_equal(weh_json_parse(line, &limits, &arena, &element, NULL), WEH_OK);
        check_element(f, &element);
        n++;
        n_widgets += memmem(line.ptr, line.len, "WebEditTest:W", 13) != NULL ? 1 : 0;
        weh_arena_reset(&arena);
    }
    assert_int_equal(n, 423);
    assert_true(n_widgets >= 80);
    weh_buf_fini(&lines);
    weh_arena_fini(&arena);
}

/* Write @property of the Widget class from columns that hold @sql. */
static weh_err write_text(const struct ec_fixture *f, const char *property_name, const char *sql,
                          struct weh_buf *out)
{
    const struct weh_ec_property *property = weh_ec_property_by_js_name(
        ec_fixture_class(f, "WebEditTest:Widget"), weh_str_from(property_name));
    int columns[MAX_LEAVES];
    struct weh_json_writer writer;
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_arena arena;
    sqlite3_stmt *stmt = NULL;
    weh_err err;

    weh_arena_init(&arena, 0);
    weh_buf_clear(out);
    weh_json_writer_init(&writer, out);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    for (uint16_t l = 0; l < property->n_leaves; l++) {
        columns[l] = l;
    }
    assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), sql, -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    err = weh_ec_value_write(f->catalog, property, stmt, columns, &writer.sink, &arena, &diag);
    if (err == WEH_OK) {
        weh_sink_map_end(&writer.sink);
    } else {
        assert_string_equal(diag.where, property_name);
    }
    sqlite3_finalize(stmt);
    weh_arena_fini(&arena);
    return err;
}

/* Measured with core-backend 5.1.9 where it can store such a thing at all. */
static void test_value_with_nulls_inside_is_written_as_the_backend_does(void **state)
{
    static const struct {
        const char *property, *sql, *json;
    } cases[] = {
        { "ints", "SELECT '[1,null,2]'", "{\"ints\":[1,2]}" },
        { "ints", "SELECT '[]'", "{\"ints\":[]}" },
        { "tags", "SELECT '[null,{\"Name\":null},{\"Name\":\"X\",\"Gone\":1}]'",
          "{\"tags\":[{},{},{\"name\":\"X\"}]}" },
        { "dts", "SELECT '[2460369.5,null]'", "{\"dts\":[\"2024-02-29T00:00:00.000\"]}" },
        { "p2", "SELECT 1.0,NULL", "{}" },
        { "p2", "SELECT 1,2", "{\"p2\":{\"x\":1,\"y\":2}}" },
        { "controller", "SELECT 58,NULL", "{\"controller\":{\"id\":\"0x3a\"}}" },
        { "controller", "SELECT NULL,362", "{}" },
        { "controller", "SELECT 58,99999", "{\"controller\":{\"id\":\"0x3a\"}}" },
        { "mainTag", "SELECT NULL,NULL,NULL,NULL,NULL", "{}" },
        { "mainTag", "SELECT NULL,'u',NULL,NULL,3",
          "{\"mainTag\":{\"dim\":{\"unit\":\"u\"},\"weight\":3}}" },
        { "mainTag", "SELECT NULL,NULL,NULL,'n',NULL", "{\"mainTag\":{\"name\":\"n\"}}" },
        { "d", "SELECT 5", "{\"d\":5}" },
        { "b", "SELECT 2", "{\"b\":true}" },
        { "day", "SELECT 2460370.0242683911", "{\"day\":\"2024-02-29\"}" },
        { "bin", "SELECT x''", "{\"bin\":\"encoding=base64;\"}" },
    };
    const struct ec_fixture *f = *state;
    struct weh_buf out;

    weh_buf_init(&out, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        assert_int_equal(write_text(f, cases[i].property, cases[i].sql, &out), WEH_OK);
        if (!weh_str_eq_text(buf_str(&out), cases[i].json)) {
            fail_msg("%s: %.*s", cases[i].sql, WEH_STR_ARGS(buf_str(&out)));
        }
    }
    weh_buf_fini(&out);
}

static void test_value_that_is_damaged_is_corrupt_and_named(void **state)
{
    static const struct {
        const char *property, *sql;
    } cases[] = {
        { "i", "SELECT 'text'" },
        { "i", "SELECT x'00'" },
        { "s", "SELECT 5" },
        { "s", "SELECT x'41'" },
        { "d", "SELECT '1.0'" },
        { "b", "SELECT 'true'" },
        { "bin", "SELECT 'text'" },
        { "g", "SELECT x'0102'" },
        { "utc", "SELECT -1.0" },
        { "utc", "SELECT 1e300" },
        { "utc", "SELECT '2024'" },
        { "p2", "SELECT 1.0,'a'" },
        { "controller", "SELECT 'x',1" },
        { "ints", "SELECT '{}'" },
        { "ints", "SELECT '[1'" },
        { "ints", "SELECT '[1.5]'" },
        { "ints", "SELECT x'5B5D'" },
        { "strs", "SELECT '[1]'" },
        { "bools", "SELECT '[1]'" },
        { "doubles", "SELECT '[\"a\"]'" },
        { "dts", "SELECT '[\"a\"]'" },
        { "dts", "SELECT '[-5]'" },
        { "bins", "SELECT '[\"?\"]'" },
        { "bins", "SELECT '[1]'" },
        { "p2s", "SELECT '[{\"x\":1}]'" },
        { "p2s", "SELECT '[1]'" },
        { "tags", "SELECT '[1]'" },
        { "tags", "SELECT '[{\"Dim\":1}]'" },
        { "tags", "SELECT '[{\"Weight\":\"a\"}]'" },
    };
    const struct ec_fixture *f = *state;
    struct weh_buf out;

    weh_buf_init(&out, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        if (write_text(f, cases[i].property, cases[i].sql, &out) != WEH_E_CORRUPT) {
            fail_msg("%s %s: not refused", cases[i].property, cases[i].sql);
        }
    }
    weh_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_of_every_element_is_the_oracles_and_goes_back_unchanged),
        cmocka_unit_test(test_value_with_nulls_inside_is_written_as_the_backend_does),
        cmocka_unit_test(test_value_that_is_damaged_is_corrupt_and_named),
    };

    return cmocka_run_group_tests(tests, ec_fixture_setup, ec_fixture_teardown);
}
