/* tests/unit/rpc/test_batch.c - edit.batch: many methods as one edit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"
#include "weh/buf.h"

#include "rpc_fixture.h"

#define SUBJECT(name, parent)                                                                      \
    "{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":{\"spec\":\"bis:Subject\"," \
    "\"scope\":\"" parent "\",\"value\":\"" name "\"},\"parent\":{\"id\":\"" parent                \
    "\",\"relClassName\":\"BisCore:SubjectOwnsSubjects\"}}"
#define INSERT(props) "{\"method\":\"elements.insertElement\",\"params\":{\"props\":" props "}}"
#define INSERT_AS(as, props) \
    "{\"method\":\"elements.insertElement\",\"params\":{\"props\":" props "},\"as\":\"" as "\"}"

static int open_empty(void **state)
{
    struct fixture *f;

    if (rpc_setup(state) != 0) {
        return 1;
    }
    f = *state;
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    return 0;
}

static const struct weh_value *item(const struct weh_value *map, const char *key, uint32_t i)
{
    const struct weh_value *array = weh_value_get(map, key);

    assert_non_null(array);
    assert_int_equal(array->type, WEH_VALUE_ARRAY);
    assert_true(i < array->n);
    return &array->as.items[i];
}

/* The edit fails with @name at @where in operation @op, and nothing is unsaved. */
static void batch_fails(struct fixture *f, const char *ops, const char *name, const char *where,
                        int64_t op)
{
    const struct weh_value *data;
    int64_t index = -1;

    data = weh_value_get(weh_value_get(reply_of(&f->a, "edit.batch", ops), "error"), "data");
    assert_non_null(data);
    assert_text(data, "name", name);
    assert_text(data, "where", where);
    assert_true(weh_value_to_int64(weh_value_get(data, "op"), &index));
    assert_int_equal(index, op);
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", false);
}

static void test_batch_answers_each_operation_in_order(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result =
        call(&f->a, "edit.batch",
             "{\"ops\":[" INSERT(SUBJECT("one", "0x1")) "," INSERT(SUBJECT(
                 "two",
                 "0x1")) ","
                         "{\"method\":\"elements.getElementProps\",\"params\":{\"id\":\"0x11\"}},"
                         "{\"method\":\"elements.deleteElement\",\"params\":{\"id\":\"0x12\"}}]}");

    assert_int_equal(weh_value_get(result, "results")->n, 4);
    assert_text(item(result, "results", 0), "id", "0x11");
    assert_text(item(result, "results", 1), "id", "0x12");
    assert_text(weh_value_get(item(result, "results", 2), "code"), "value", "one");
    assert_int_equal(item(result, "results", 3)->n, 0);
    assert_null(weh_value_get(result, "saved"));
    call_fails(&f->a, "elements.getElementProps", "{\"id\":\"0x12\"}", "NotFound", NULL);
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", true);
}

static void test_batch_names_stand_for_earlier_results(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result = call(
        &f->a, "edit.batch",
        "{\"ops\":[" INSERT_AS("top", SUBJECT("top", "0x1")) "," INSERT_AS("below", SUBJECT("below", "$top.id")) "," INSERT(
            SUBJECT(
                "low",
                "$below")) ","
                           "{\"method\":\"elements.getElementProps\",\"params\":{\"id\":\"$top\"},\"as\":\"p\"}," INSERT(
                               SUBJECT(
                                   "by path",
                                   "$p.id")) ","
                                             "{\"method\":\"elements.getElementProps\",\"params\":{\"code\":\"$p.code\"}}]}");

    assert_int_equal(weh_value_get(result, "results")->n, 6);
    assert_text(weh_value_get(item(result, "results", 3), "code"), "value", "top");
    assert_text(item(result, "results", 5), "id", "0x11");
    result = call(&f->a, "elements.getElementProps", "{\"id\":\"0x13\"}");
    assert_text(weh_value_get(result, "parent"), "id", "0x12");
    result = call(&f->a, "elements.getElementProps", "{\"id\":\"0x14\"}");
    assert_text(weh_value_get(result, "parent"), "id", "0x11");
}

static void test_batch_takes_other_texts_with_a_dollar_as_they_are(void **state)
{
    struct fixture *f = *state;
    static const char *const labels[][2] = {
        { "$5", "$5" },       { "$", "$" },       { "$$a", "$a" },
        { "a$a", "a$a" },     { "$a b", "$a b" }, { "$a.", "$a." },
        { "$a..b", "$a..b" }, { "$$", "$" },      { "$\xc3\xa9", "$\xc3\xa9" }
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(labels); i++) {
        char ops[512];
        char id[64];

        (void)snprintf(
            ops, sizeof(ops),
            "{\"ops\":[{\"method\":\"elements.updateElement\",\"params\":{\"props\":{\"id\":\"0x1\","
            "\"userLabel\":\"%s\",\"jsonProperties\":{\"a\":[{\"b\":\"%s\"}]}}}}]}",
            labels[i][0], labels[i][0]);
        (void)call(&f->a, "edit.batch", ops);
        (void)snprintf(id, sizeof(id), "{\"id\":\"0x1\"}");
        assert_text(call(&f->a, "elements.getElementProps", id), "userLabel", labels[i][1]);
        assert_text(
            item(weh_value_get(call(&f->a, "elements.getElementProps", id), "jsonProperties"), "a",
                 0),
            "b", labels[i][1]);
    }
}

static void test_batch_that_fails_leaves_nothing_and_names_the_operation(void **state)
{
    struct fixture *f = *state;

    batch_fails(f,
                "{\"ops\":[" INSERT(SUBJECT("a", "0x1")) "," INSERT(SUBJECT("b", "0x1")) "," INSERT(
                    SUBJECT("a", "0x1")) "]}",
                "DuplicateCode", "ops[2].code", 2);
    batch_fails(f, "{\"ops\":[" INSERT(SUBJECT("a", "0x1")) ",{\"method\":\"nothing\"}]}",
                "MethodNotFound", "ops[1].method", 1);
    batch_fails(
        f,
        "{\"ops\":[" INSERT(SUBJECT(
            "a", "0x1")) ",{\"method\":\"elements.deleteElement\",\"params\":{\"id\":\"0x999\"}}]}",
        "MissingId", "ops[1].0x999", 1);
    /* The ids of what was taken back are given again, as after abandonChanges. */
    assert_text(item(call(&f->a, "edit.batch", "{\"ops\":[" INSERT(SUBJECT("a", "0x1")) "]}"),
                     "results", 0),
                "id", "0x11");
}

static void test_batch_keeps_what_was_unsaved_before_it(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "elements.insertElement", "{\"props\":" SUBJECT("before", "0x1") "}");
    call_fails(&f->a, "edit.batch",
               "{\"ops\":[{\"method\":\"elements.deleteElement\",\"params\":{\"id\":\"0x11\"}},"
               "{\"method\":\"elements.deleteElement\",\"params\":{\"id\":\"0x11\"}}]}",
               "MissingId", "ops[1].0x11");
    assert_text(weh_value_get(call(&f->a, "elements.getElementProps", "{\"id\":\"0x11\"}"), "code"),
                "value", "before");
    assert_bool(call(&f->a, "txns.saveChanges", "{}"), "saved", true);
}

static void test_batch_refuses_what_is_no_operation(void **state)
{
    struct fixture *f = *state;

    call_fails(&f->a, "edit.batch", "{}", "InvalidParams", "ops");
    call_fails(&f->a, "edit.batch", "{\"ops\":[]}", "InvalidParams", "ops");
    call_fails(&f->a, "edit.batch", "{\"ops\":{}}", "InvalidParams", "ops");
    batch_fails(f, "{\"ops\":[1]}", "InvalidParams", "ops[0]", 0);
    batch_fails(f, "{\"ops\":[{}]}", "InvalidParams", "ops[0].method", 0);
    batch_fails(f, "{\"ops\":[{\"method\":7}]}", "InvalidParams", "ops[0].method", 0);
    batch_fails(f, "{\"ops\":[{\"method\":\"txns.saveChanges\"}]}", "InvalidParams",
                "ops[0].method", 0);
    batch_fails(f, "{\"ops\":[{\"method\":\"edit.batch\",\"params\":{\"ops\":[]}}]}",
                "InvalidParams", "ops[0].method", 0);
    batch_fails(f, "{\"ops\":[{\"method\":\"elements.insertElement\",\"params\":[]}]}",
                "InvalidParams", "ops[0].params", 0);
    batch_fails(f, "{\"ops\":[{\"method\":\"elements.insertElement\",\"parameters\":{}}]}",
                "InvalidParams", "ops[0].parameters", 0);
    batch_fails(f, "{\"ops\":[{\"method\":\"elements.insertElement\"}]}", "InvalidParams",
                "ops[0].props", 0);
}

static void test_batch_refuses_names_and_references_that_mean_nothing(void **state)
{
    struct fixture *f = *state;

    batch_fails(f, "{\"ops\":[" INSERT(SUBJECT("x", "$unknown")) "]}", "InvalidParams",
                "ops[0].$unknown", 0);
    batch_fails(f, "{\"ops\":[" INSERT_AS("x", SUBJECT("x", "$x")) "]}", "InvalidParams",
                "ops[0].$x", 0);
    batch_fails(
        f,
        "{\"ops\":[" INSERT_AS("x", SUBJECT("x", "0x1")) "," INSERT(SUBJECT("y", "$x.name")) "]}",
        "InvalidParams", "ops[1].$x.name", 1);
    batch_fails(f,
                "{\"ops\":[" INSERT_AS("x", SUBJECT("x", "0x1")) "," INSERT_AS(
                    "x", SUBJECT("y", "0x1")) "]}",
                "InvalidParams", "ops[1].as", 1);
    batch_fails(f, "{\"ops\":[" INSERT_AS("no name", SUBJECT("x", "0x1")) "]}", "InvalidParams",
                "ops[0].as", 0);
    batch_fails(f, "{\"ops\":[" INSERT_AS("", SUBJECT("x", "0x1")) "]}", "InvalidParams",
                "ops[0].as", 0);
}

static void test_batch_saves_when_told_to(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result = call(
        &f->a, "edit.batch", "{\"ops\":[" INSERT(SUBJECT("x", "0x1")) "],\"save\":\"one edit\"}");

    assert_bool(result, "saved", true);
    assert_text(result, "txnId", "0x100000000");
    result = call(&f->a, "txns.state", "{}");
    assert_bool(result, "hasUnsavedChanges", false);
    assert_text(result, "undoString", "one edit");
}

static void test_batch_is_an_edit_that_viewers_may_not_make(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.close", "{}");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"readonly\"}");
    call_fails(&f->a, "edit.batch",
               "{\"ops\":[{\"method\":\"elements.getElementProps\",\"params\":{\"id\":\"0x1\"}}]}",
               "ReadOnly", NULL);
    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"readonly\"}");
    call_fails(&f->b, "edit.batch", "{\"ops\":[" INSERT(SUBJECT("x", "0x1")) "]}", "Denied", NULL);
}

/* 3,000 operations with 1,500 names, each child below the one before it. */
static void test_batch_takes_thousands_of_operations(void **state)
{
    struct fixture *f = *state;
    struct weh_buf ops;
    const struct weh_value *result;

    weh_buf_init(&ops, 0);
    weh_buf_printf(&ops, "{\"ops\":[");
    for (int i = 0; i < 1500; i++) {
        char parent[16] = "0x1";

        if (i > 0) {
            (void)snprintf(parent, sizeof(parent), "$s%d", i - 1);
        }
        weh_buf_printf(
            &ops,
            "%s{\"method\":\"elements.insertElement\",\"as\":\"s%d\",\"params\":{\"props\":"
            "{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":{\"spec\":"
            "\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"%s\","
            "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"}}}},"
            "{\"method\":\"elements.updateElement\",\"params\":{\"props\":{\"id\":"
            "\"$s%d.id\",\"userLabel\":\"%d\"}}}",
            i > 0 ? "," : "", i, parent, i, i);
    }
    weh_buf_printf(&ops, "]}");
    weh_buf_byte(&ops, 0);
    assert_int_equal(ops.err, WEH_OK);
    result = call(&f->a, "edit.batch", (const char *)ops.data);
    assert_int_equal(weh_value_get(result, "results")->n, 3000);
    assert_text(item(result, "results", 2998), "id", "0x5ec");
    assert_text(call(&f->a, "elements.getElementProps", "{\"id\":\"0x5ec\"}"), "userLabel", "1499");
    weh_buf_fini(&ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, open_empty, rpc_teardown)
        T(test_batch_answers_each_operation_in_order),
        T(test_batch_names_stand_for_earlier_results),
        T(test_batch_takes_other_texts_with_a_dollar_as_they_are),
        T(test_batch_that_fails_leaves_nothing_and_names_the_operation),
        T(test_batch_keeps_what_was_unsaved_before_it),
        T(test_batch_refuses_what_is_no_operation),
        T(test_batch_refuses_names_and_references_that_mean_nothing),
        T(test_batch_saves_when_told_to),
        T(test_batch_is_an_edit_that_viewers_may_not_make),
        T(test_batch_takes_thousands_of_operations),
#undef T
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
