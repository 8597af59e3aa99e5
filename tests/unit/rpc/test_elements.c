/* tests/unit/rpc/test_elements.c - reading many elements in one request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"

#include "rpc_fixture.h"

static int setup_small(void **state)
{
    struct fixture *f;

    if (rpc_setup(state) != 0) {
        return -1;
    }
    f = *state;
    copy_imodel(f, "small.bim", "small");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"small\"}");
    return 0;
}

static void check_ids(const struct weh_value *array, const char *key, size_t n,
                      const char *const *ids)
{
    assert_int_equal(array->type, WEH_VALUE_ARRAY);
    assert_int_equal(array->n, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct weh_value *item = &array->as.items[i];
        const struct weh_value *id = key == NULL ? item : weh_value_get(item, key);

        assert_non_null(id);
        assert_true(weh_str_eq_text(weh_value_str(id), ids[i]));
    }
}

#define CHECK_IDS(array, key, ...)                                          \
    check_ids(array, key, WEH_ARRAY_LEN(((const char *[]){ __VA_ARGS__ })), \
              (const char *[]){ __VA_ARGS__ })

static void test_elements_many_come_in_the_order_asked_each_once_without_the_missing(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *many =
        call(&f->a, "elements.getMany",
             "{\"ids\":[\"0x35\",\"0x1\",\"0x999999\",\"0x35\",\"0x10\",\"0x1\"]}");

    CHECK_IDS(many, "id", "0x35", "0x1", "0x10");
    assert_text(&many->as.items[0], "classFullName", "BisCore:PhysicalPartition");
    /* Nothing to read is an empty answer. */
    assert_int_equal(call(&f->a, "elements.getMany", "{\"ids\":[]}")->n, 0);
    assert_int_equal(call(&f->a, "elements.getMany", "{\"ids\":[\"0x999999\"]}")->n, 0);
}

static void test_elements_many_by_a_compressed_set(void **state)
{
    struct fixture *f = *state;

    CHECK_IDS(call(&f->a, "elements.getMany", "{\"idSet\":\"+1+D+2+999999\"}"), "id", "0x1", "0xe",
              "0x10");
    assert_int_equal(call(&f->a, "elements.getMany", "{\"idSet\":\"\"}")->n, 0);
}

static void test_elements_many_refuses_what_it_should(void **state)
{
    struct fixture *f = *state;

    call_fails(&f->a, "elements.getMany", "{}", "InvalidParams", "ids");
    call_fails(&f->a, "elements.getMany", "{\"ids\":[\"0x1\"],\"idSet\":\"+1\"}", "InvalidParams",
               "ids");
    call_fails(&f->a, "elements.getMany", "{\"ids\":[1]}", "InvalidParams", "ids");
    call_fails(&f->a, "elements.getMany", "{\"ids\":\"0x1\"}", "InvalidParams", "ids");
    call_fails(&f->a, "elements.getMany", "{\"idSet\":\"0x1\"}", "InvalidParams", "idSet");
    call_fails(&f->a, "elements.getMany", "{\"idSet\":\"+1*186A1\"}", "InvalidParams", "idSet");
    call_fails(&f->a, "elements.getMany", "{\"idSet\":\"+1*FFFFFFFFFFFFFFFF\"}", "InvalidParams",
               "idSet");
    (void)call(&f->a, "elements.getMany", "{\"idSet\":\"+1*3E8\"}");
}

static void test_elements_children_are_told_by_id(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *children = call(&f->a, "elements.queryChildren", "{\"id\":\"0x1\"}");

    assert_true(children->n >= 2);
    assert_true(weh_str_eq_text(weh_value_str(&children->as.items[0]), "0xe"));
    assert_int_equal(call(&f->a, "elements.queryChildren", "{\"id\":\"0x10\"}")->n, 0);
    assert_int_equal(call(&f->a, "elements.queryChildren", "{\"id\":\"0x999999\"}")->n, 0);
    call_fails(&f->a, "elements.queryChildren", "{}", "InvalidParams", "id");
}

static void test_elements_answer_beyond_the_limit_is_an_error_and_the_session_goes_on(void **state)
{
    struct fixture *f = *state;

    f->config.limits_outbox_bytes = 100000;
    call_fails(&f->a, "elements.getMany", "{\"idSet\":\"+1*3E8\"}", "TooLarge", NULL);
    assert_int_equal(call(&f->a, "elements.getMany", "{\"idSet\":\"+1\"}")->n, 1);
}

/* A client that asks for more at once than the outbox may hold. */
static void test_elements_many_large_answers_wait_for_the_reader(void **state)
{
    struct fixture *f = *state;

    f->config.limits_outbox_bytes = 600000;
    for (int i = 0; i < 20; i++) {
        send_request(&f->a, "elements.getMany", "{\"idSet\":\"+1*3E8\"}");
    }
    for (int i = 0; i < 20; i++) {
        assert_null(weh_value_get(next_message(&f->a), "error"));
    }
    assert_text(call(&f->a, "session.info", "{}"), "state", "READY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup_small, rpc_teardown)
        T(test_elements_many_come_in_the_order_asked_each_once_without_the_missing),
        T(test_elements_many_by_a_compressed_set),
        T(test_elements_many_refuses_what_it_should),
        T(test_elements_children_are_told_by_id),
        T(test_elements_answer_beyond_the_limit_is_an_error_and_the_session_goes_on),
        T(test_elements_many_large_answers_wait_for_the_reader),
#undef T
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
