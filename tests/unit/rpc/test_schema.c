/* tests/unit/rpc/test_schema.c - schema.*: arguments, answers and refusals through the method table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_schema_methods_want_an_open_briefcase, setup_small,
                                        rpc_teardown),
        cmocka_unit_test_setup_teardown(test_schema_methods_answer_a_reader, setup_small,
                                        rpc_teardown),
        cmocka_unit_test_setup_teardown(test_schema_methods_name_the_argument_at_fault, setup_small,
                                        rpc_teardown),
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
