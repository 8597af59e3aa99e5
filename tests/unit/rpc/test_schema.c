/* tests/unit/rpc/test_schema.c - schema.*: arguments, answers and refusals through the method table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "rpc_fixture.h"

static int setup_small(void **state)
{
    struct fixture *f;

    if (rpc_setup(state) != 0) {
        return -1;
    }
    f = *state;
    copy_imodel(f, "small.bim", "small");
    return 0;
}

static void test_schema_methods_want_an_open_briefcase(void **state)
{
    struct fixture *f = *state;

    call_fails(&f->a, "schema.list", "{}", "WrongState", NULL);
    call_fails(&f->a, "schema.getClass", "{\"classFullName\":\"a:b\"}", "WrongState", NULL);
    call_fails(&f->a, "schema.getEnumeration", "{\"enumeration\":\"a:b\"}", "WrongState", NULL);
}

static void test_schema_methods_answer_a_reader(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *value;

    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"small\",\"mode\":\"readonly\"}");
    value = call(&f->b, "schema.list", "{}");
    assert_int_equal(value->n, 12);
    assert_text(&value->as.items[0], "name", "BisCore");
    assert_null(weh_value_get(&value->as.items[0], "classes"));
    value = call(&f->b, "schema.list", "{\"schema\":\"wet\",\"items\":true}");
    assert_int_equal(value->n, 1);
    assert_int_equal(weh_value_get(&value->as.items[0], "classes")->n, 11);

    value = call(&f->b, "schema.getClass", "{\"classFullName\":\"wet.widget\"}");
    assert_text(value, "ecclass", "WebEditTest:Widget");
    assert_int_equal(weh_value_get(value, "properties")->n, 30);
    assert_non_null(weh_value_get(value, "inheritedProperties"));
    value = call(&f->b, "schema.getClass",
                 "{\"classFullName\":\"WebEditTest:Widget\",\"inherited\":false}");
    assert_null(weh_value_get(value, "inheritedProperties"));

    value = call(&f->b, "schema.getEnumeration", "{\"enumeration\":\"WebEditTest.Status\"}");
    assert_text(value, "fullName", "WebEditTest:Status");
    assert_int_equal(weh_value_get(value, "enumerators")->n, 3);
}

static void test_schema_methods_name_the_argument_at_fault(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"small\"}");
    call_fails(&f->a, "schema.getClass", "{}", "InvalidParams", "classFullName");
    call_fails(&f->a, "schema.getClass", "{\"classFullName\":7}", "InvalidParams", "classFullName");
    call_fails(&f->a, "schema.getClass", "{\"classFullName\":\"\"}", "InvalidParams",
               "classFullName");
    call_fails(&f->a, "schema.getClass", "{\"classFullName\":\"a:b\",\"x\":1}", "InvalidParams",
               "x");
    call_fails(&f->a, "schema.getClass", "{\"classFullName\":\"BisCore:Nothing\"}", "NotFound",
               "classFullName");
    call_fails(&f->a, "schema.getEnumeration", "{\"enumeration\":\"BisCore:Element\"}", "NotFound",
               "enumeration");
    call_fails(&f->a, "schema.list", "{\"schema\":\"Nothing\"}", "NotFound", "schema");
    /* And the session goes on. */
    assert_text(call(&f->a, "schema.getClass", "{\"classFullName\":\"BisCore:Element\"}"),
                "classId", "0x60");
}

static void run_elsewhere(const struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/imodels/small.bim", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_schema_changed_while_a_reader_has_the_file_open_is_noticed(void **state)
{
    struct fixture *f = *state;

    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"small\",\"mode\":\"readonly\"}");
    call_fails(&f->b, "schema.getClass", "{\"classFullName\":\"WebEditTest:Gadget\"}", "NotFound",
               "classFullName");
    run_elsewhere(f,
                  "INSERT INTO ec_Class(SchemaId,Name,Type,Modifier) SELECT Id,'Gadget',0,0 FROM "
                  "ec_Schema WHERE Name='WebEditTest'");
    assert_text(call(&f->b, "schema.getClass", "{\"classFullName\":\"WebEditTest:Gadget\"}"),
                "ecclass", "WebEditTest:Gadget");
    (void)call(&f->b, "elements.getElementProps", "{\"id\":\"0x1\"}");
    /* What has nothing to do with schemas changes nothing here. */
    run_elsewhere(f, "UPDATE bis_Element SET UserLabel='elsewhere' WHERE Id=1");
    assert_text(call(&f->b, "elements.getElementProps", "{\"id\":\"0x1\"}"), "userLabel",
                "elsewhere");
    run_elsewhere(f, "DELETE FROM ec_Class WHERE Name='Gadget'");
    call_fails(&f->b, "schema.getClass", "{\"classFullName\":\"WebEditTest:Gadget\"}", "NotFound",
               "classFullName");
    (void)call(&f->b, "briefcase.close", "{}");
}

static void test_schema_of_a_file_that_was_edited_and_closed_is_the_same_again(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++) {
        (void)call(&f->a, "briefcase.open", "{\"imodel\":\"small\"}");
        (void)call(&f->a, "elements.updateElement",
                   "{\"props\":{\"id\":\"0x1\",\"userLabel\":\"again\"}}");
        (void)call(&f->a, "txns.saveChanges", "{}");
        assert_text(call(&f->a, "schema.getClass", "{\"classFullName\":\"wet:Widget\"}"), "classId",
                    "0x16b");
        (void)call(&f->a, "briefcase.close", "{}");
    }
    run_elsewhere(f, "UPDATE ec_Class SET Name='Gizmo' WHERE Name='Widget'");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"small\"}");
    assert_text(call(&f->a, "schema.getClass", "{\"classFullName\":\"wet:Gizmo\"}"), "classId",
                "0x16b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_schema_methods_want_an_open_briefcase, setup_small,
                                        rpc_teardown),
        cmocka_unit_test_setup_teardown(test_schema_methods_answer_a_reader, setup_small,
                                        rpc_teardown),
        cmocka_unit_test_setup_teardown(
            test_schema_changed_while_a_reader_has_the_file_open_is_noticed, setup_small,
            rpc_teardown),
        cmocka_unit_test_setup_teardown(
            test_schema_of_a_file_that_was_edited_and_closed_is_the_same_again, setup_small,
            rpc_teardown),
        cmocka_unit_test_setup_teardown(test_schema_methods_name_the_argument_at_fault, setup_small,
                                        rpc_teardown),
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
