/* tests/unit/ec/test_bind.c - values from clients: what is stored for them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

/* What SELECT of the bound parameters shows: "integer:5 null:" for two leaves. */
static weh_err bind_text(const struct ec_fixture *f, const char *property_name, const char *json,
                         struct weh_buf *out, struct weh_diag *diag)
{
    const struct weh_ec_class *widget = ec_fixture_class(f, "WebEditTest:Widget");
    const struct weh_ec_property *property =
        weh_ec_property_by_js_name(widget, weh_str_from(property_name));
    static const char *const types[] = { "", "i", "r", "t", "b", "null" };
    int params[MAX_LEAVES];
    sqlite3_stmt *stmt = NULL;
    struct weh_value value;
    struct weh_arena arena;
    weh_err err;

    assert_non_null(property);
    weh_arena_init(&arena, 0);
    assert_int_equal(weh_json_parse(weh_str_from(json), &limits, &arena, &value, diag), WEH_OK);
    assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), "SELECT ?1,?2,?3,?4,?5", -1,
                                        &stmt, NULL),
                     SQLITE_OK);
    for (uint16_t l = 0; l < property->n_leaves; l++) {
        params[l] = property->leaves[l].is_virtual ? 0 : l + 1;
    }
    err = weh_ec_value_bind(f->catalog, property, &value, stmt, params, &arena, diag);
    weh_buf_clear(out);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    for (uint16_t l = 0; l < property->n_leaves && err == WEH_OK; l++) {
        int type = sqlite3_column_type(stmt, l);

        weh_buf_printf(out, "%s%s", l == 0 ? "" : " ", types[type]);
        if (type == SQLITE_BLOB) {
            char hex[65] = { 0 };

            weh_hex_print(sqlite3_column_blob(stmt, l), (size_t)sqlite3_column_bytes(stmt, l), hex);
            weh_buf_printf(out, "%s", hex);
        } else if (type != SQLITE_NULL) {
            weh_buf_printf(out, "%s", (const char *)sqlite3_column_text(stmt, l));
        }
    }
    sqlite3_finalize(stmt);
    weh_arena_fini(&arena);
    return err;
}

/* Measured with core-backend 5.1.9: the rows it wrote for these members. */
static void test_value_bound_has_the_native_storage_class_and_text(void **state)
{
    static const struct {
        const char *property, *json, *stored;
    } cases[] = {
        { "i", "5.0", "i5" },
        { "i", "-2147483648", "i-2147483648" },
        { "l", "\"9007199254740993\"", "i9007199254740993" },
        { "l", "\"0x12\"", "i18" },
        { "l", "\"-9223372036854775808\"", "i-9223372036854775808" },
        { "d", "5", "r5.0" },
        { "b", "true", "i1" },
        { "s", "\"\"", "t" },
        { "s", "null", "null" },
        { "level", "\"zz\"", "tzz" },
        { "state", "7", "i7" },
        { "bin", "\"encoding=base64;CQg\"", "b0908" },
        { "bin", "\"encoding=base64;CQg=\"", "b0908" },
        { "bin", "\"encoding=base64;\"", "null" },
        { "bin", "\"\"", "null" },
        { "g", "\"A0000000-0000-4000-8000-000000001008\"", "ba0000000000040008000000000001008" },
        { "g", "\"00000000-0000-0000-0000-000000000000\"", "b00000000000000000000000000000000" },
        { "g", "\"\"", "null" },
        { "p2", "{\"x\":1,\"y\":2,\"z\":3}", "r1.0 r2.0" },
        { "p2", "[1,2]", "r1.0 r2.0" },
        { "p3", "null", "null null null" },
        { "dim", "{\"Width\":1,\"height\":2}", "r2.0 null r1.0" },
        { "dim", "{\"width\":null,\"height\":3}", "r3.0 null null" },
        { "dim", "{}", "null null null" },
        { "dim", "null", "null null null" },
        { "mainTag", "{\"name\":\"n\",\"dim\":{\"unit\":\"u\"}}", "null tu null tn null" },
        { "controller", "{\"id\":\"0x3a\"}", "i58 null" },
        { "controller", "{\"id\":\"0x3a\",\"relClassName\":null}", "i58 null" },
        { "controller", "{\"id\":\"0x3a\",\"relClassName\":\"WebEditTest:RecordControlsWidgets\"}",
          "i58 i362" },
        { "controller", "{\"id\":\"0x3a\",\"relClassName\":\"BisCore.ElementOwnsChildElements\"}",
          "i58 i108" },
        { "controller", "{\"id\":\"0\"}", "null null" },
        { "physicalMaterial", "{\"id\":\"0x3a\"}", "i58 null" },
        { "ints", "[1,null,2]", "t[1,null,2]" },
        { "ints", "[]", "null" },
        { "longs", "[\"0x12\",\"7\",-1,9007199254740991]", "t[18,7,-1,9007199254740991]" },
        { "doubles", "[1e21,1e-7,0.000001,1e20,-0.0,123456789012345680,1e300,5]",
          "t[1e21,1e-7,0.000001,100000000000000000000.0,-0.0,123456789012345680.0,1e300,5.0]" },
        { "strs", "[\"\\u001f/\\u2028\\u007f\\\"\\\\\\b\",\"\\u00e9\",null]",
          "t[\"\\u001F/\xe2\x80\xa8\x7f\\\"\\\\\\b\",\"\xc3\xa9\",null]" },
        { "bools", "[true,null,false]", "t[true,null,false]" },
        { "dts", "[\"2024-02-29\",\"2024-02-29T12:34:56.789Z\",null]",
          "t[2460369.5,2460370.024268391,null]" },
        { "p2s", "[{\"x\":1,\"y\":2},null]", "t[{\"x\":1.0,\"y\":2.0},null]" },
        { "p3s", "[{\"x\":1,\"y\":2,\"z\":1e21}]", "t[{\"x\":1.0,\"y\":2.0,\"z\":1e21}]" },
        { "bins", "[\"encoding=base64;CQg=\",null]", "t[\"CQg=\",null]" },
        { "tags",
          "[{\"dim\":{\"unit\":\"a\",\"height\":1,\"width\":2},\"weight\":3,\"name\":\"n\"},"
          "{},{\"name\":null},null,{\"Name\":\"X\"}]",
          "t[{\"Name\":\"n\",\"Weight\":3,\"Dim\":{\"Width\":2.0,\"Height\":1.0,\"Unit\":\"a\"}},"
          "null,null,null,{\"Name\":\"X\"}]" },
        { "tags", "[{\"name\":\"a\",\"dim\":{}}]", "t[{\"Name\":\"a\"}]" },
        { "tags", "[]", "null" },
    };
    const struct ec_fixture *f = *state;
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_buf out;

    weh_buf_init(&out, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        if (bind_text(f, cases[i].property, cases[i].json, &out, &diag) != WEH_OK) {
            fail_msg("%s %s: %s: %s", cases[i].property, cases[i].json, diag.where, diag.text);
        }
        if (!weh_str_eq_text(buf_str(&out), cases[i].stored)) {
            fail_msg("%s %s: %.*s, not %s", cases[i].property, cases[i].json,
                     WEH_STR_ARGS(buf_str(&out)), cases[i].stored);
        }
    }
    weh_buf_fini(&out);
}

static void test_value_of_a_wrong_kind_is_refused_and_named(void **state)
{
    static const struct {
        const char *property, *json, *where;
    } cases[] = {
        { "i", "2.5", "i" },
        { "i", "2147483648", "i" },
        { "i", "\"5\"", "i" },
        { "i", "true", "i" },
        { "l", "9.5", "l" },
        { "l", "1e19", "l" },
        { "l", "\"9223372036854775808\"", "l" },
        { "l", "\"\"", "l" },
        { "l", "\"12 \"", "l" },
        { "l", "\"-\"", "l" },
        { "d", "\"1\"", "d" },
        { "b", "1", "b" },
        { "s", "5", "s" },
        { "s", "\"a\\u0000b\"", "s" },
        { "json", "{}", "json" },
        { "state", "\"x\"", "state" },
        { "level", "1", "level" },
        { "bin", "\"junk\"", "bin" },
        { "bin", "\"encoding=base64;C\"", "bin" },
        { "bin", "\"encoding=base64;C=Qg\"", "bin" },
        { "bin", "\"encoding=base64;CQg==\"", "bin" },
        { "bin", "5", "bin" },
        { "g", "\"junk\"", "g" },
        { "g", "5", "g" },
        { "utc", "5", "utc" },
        { "utc", "\"2024-02-30\"", "utc" },
        { "p2", "{\"x\":1}", "p2.y" },
        { "p2", "[1,2,3]", "p2" },
        { "p3", "{\"x\":1,\"y\":\"2\",\"z\":3}", "p3.y" },
        { "p3", "{\"x\":1,\"y\":2,\"z\":3,\"w\":4}", "p3.w" },
        { "p3", "5", "p3" },
        { "dim", "5", "dim" },
        { "dim", "[]", "dim" },
        { "dim", "{\"depth\":1}", "dim.depth" },
        { "dim", "{\"width\":\"1\"}", "dim.width" },
        { "mainTag", "{\"dim\":{\"unit\":5}}", "mainTag.dim.unit" },
        { "mainTag", "{\"dim\":[]}", "mainTag.dim" },
        { "mainTag", "{\"dim\":{\"x\":1}}", "mainTag.dim.x" },
        { "controller", "\"0x3a\"", "controller" },
        { "controller", "{}", "controller.id" },
        { "controller", "{\"id\":58}", "controller.id" },
        { "controller", "{\"id\":\"junk\"}", "controller.id" },
        { "controller", "{\"id\":\"0xffffffffffffffff\"}", "controller.id" },
        { "controller", "{\"id\":\"0x3a\",\"relClassName\":\"Junk.X\"}",
          "controller.relClassName" },
        { "controller", "{\"id\":\"0x3a\",\"relClassName\":\"BisCore.Subject\"}",
          "controller.relClassName" },
        { "controller", "{\"id\":\"0x3a\",\"other\":1}", "controller.other" },
        { "ints", "5", "ints" },
        { "ints", "{}", "ints" },
        { "ints", "[1,2.5]", "ints[1]" },
        { "bools", "[1]", "bools[0]" },
        { "dts", "[null,\"x\"]", "dts[1]" },
        { "p2s", "[{\"x\":1}]", "p2s[0].y" },
        { "bins", "[\"junk\"]", "bins[0]" },
        { "tags", "[{\"bogus\":1}]", "tags[0].bogus" },
        { "tags", "[{},{\"dim\":{\"width\":\"w\"}}]", "tags[1].dim.width" },
        { "tags", "[5]", "tags[0]" },
    };
    const struct ec_fixture *f = *state;
    struct weh_buf out;

    weh_buf_init(&out, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        struct weh_diag diag = { .err = WEH_OK };

        if (bind_text(f, cases[i].property, cases[i].json, &out, &diag) != WEH_E_BAD_ARGS) {
            fail_msg("%s %s: accepted", cases[i].property, cases[i].json);
        }
        assert_string_equal(diag.where, cases[i].where);
    }
    weh_buf_fini(&out);
}

static void test_value_path_longer_than_a_message_is_cut(void **state)
{
    const struct ec_fixture *f = *state;
    char json[512];
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_buf out;

    weh_buf_init(&out, 0);
    (void)snprintf(json, sizeof(json), "{\"%0300d\":1}", 7);
    assert_int_equal(bind_text(f, "dim", json, &out, &diag), WEH_E_BAD_ARGS);
    assert_int_equal(strlen(diag.where), sizeof(diag.where) - 1);
    weh_buf_fini(&out);
}

static void test_value_of_a_struct_sets_only_the_members_it_names(void **state)
{
    static const struct {
        const char *property, *json, *set; /* a digit for each leaf */
    } cases[] = {
        { "dim", "{\"height\":7}", "100" },
        { "dim", "{\"width\":null}", "001" },
        { "dim", "{\"Unit\":\"m\"}", "010" },
        { "dim", "{}", "000" },
        { "dim", "null", "111" },
        { "mainTag", "{\"dim\":{\"unit\":\"q\"}}", "01000" },
        { "mainTag", "{\"dim\":null}", "11100" },
        { "mainTag", "{\"name\":\"n\"}", "00010" },
        { "p3", "{\"x\":1}", "111" },
        { "i", "null", "1" },
    };
    const struct ec_fixture *f = *state;
    const struct weh_ec_class *widget = ec_fixture_class(f, "WebEditTest:Widget");
    struct weh_arena arena;

    weh_arena_init(&arena, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        const struct weh_ec_property *property =
            weh_ec_property_by_js_name(widget, weh_str_from(cases[i].property));
        struct weh_value value;

        assert_int_equal(weh_json_parse(weh_str_from(cases[i].json), &limits, &arena, &value, NULL),
                         WEH_OK);
        for (uint16_t l = 0; l < property->n_leaves; l++) {
            assert_int_equal(weh_ec_value_sets_leaf(property, &value, l), cases[i].set[l] == '1');
        }
    }
    assert_true(
        weh_ec_value_sets_leaf(weh_ec_property_by_js_name(widget, WEH_STR("dim")), NULL, 0));
    weh_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_bound_has_the_native_storage_class_and_text),
        cmocka_unit_test(test_value_of_a_wrong_kind_is_refused_and_named),
        cmocka_unit_test(test_value_path_longer_than_a_message_is_cut),
        cmocka_unit_test(test_value_of_a_struct_sets_only_the_members_it_names),
    };

    return cmocka_run_group_tests(tests, ec_fixture_setup, ec_fixture_teardown);
}
