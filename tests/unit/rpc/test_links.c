/* tests/unit/rpc/test_links.c - aspects, relationships and code specs as methods: arguments, saving,
 * notifications, undo, batches. The rules are tested in tests/unit/bis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"

#include "rpc_fixture.h"

#define NOTE   "{\"classFullName\":\"WebEditTest:WidgetNote\",\"element\":{\"id\":\"0x130\"}"
#define REFERS "{\"classFullName\":\"WebEditTest:WidgetRefersToRecord\""
#define ENDS   "\"sourceId\":\"0x130\",\"targetId\":\"0x3b\""
#define GROUPS "{\"classFullName\":\"BisCore:ElementGroupsMembers\""

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

static uint32_t n_aspects(struct fixture *f)
{
    return call(&f->a, "elements.getAspects", "{\"id\":\"0x130\"}")->n;
}

static void test_links_aspects_are_saved_undone_and_told_as_a_change_of_their_owner(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *message = NULL;
    const struct weh_value *updated = NULL;

    assert_int_equal(n_aspects(f), 1);
    assert_text(call(&f->a, "elements.insertAspect", "{\"props\":" NOTE ",\"text\":\"a\"}}"), "id",
                "0xf1");
    assert_int_equal(n_aspects(f), 2);
    send_request(&f->a, "txns.saveChanges", "{\"description\":\"aspect\"}");
    do {
        message = next_message(&f->a);
        if (weh_value_get(message, "method") != NULL &&
            weh_str_eq_text(weh_value_str(weh_value_get(message, "method")),
                            "txns.onElementsChanged")) {
            updated = weh_value_get(weh_value_get(message, "params"), "updated");
            assert_non_null(updated);
            assert_true(weh_str_eq_text(weh_value_str(updated), "+130"));
        }
    } while (weh_value_get(message, "id") == NULL);
    assert_non_null(updated);
    (void)call(&f->a, "elements.updateAspect",
               "{\"props\":" NOTE ",\"id\":\"0xf1\",\"text\":\"b\"}}");
    (void)call(&f->a, "elements.deleteAspect", "{\"ids\":[\"0xf1\",\"0x5b\"]}");
    (void)call(&f->a, "txns.saveChanges", "{}");
    assert_int_equal(n_aspects(f), 0);
    (void)call(&f->a, "txns.reverseTxns", "{}");
    assert_int_equal(n_aspects(f), 2);
    assert_text(&call(&f->a, "elements.getAspects",
                      "{\"id\":\"0x130\",\"classFullName\":\"wet:WidgetNote\"}")
                     ->as.items[0],
                "text", "a");
    (void)call(&f->a, "txns.reverseTxns", "{}");
    assert_int_equal(n_aspects(f), 1);
    (void)call(&f->a, "txns.reinstateTxn", "{}");
    assert_int_equal(n_aspects(f), 2);
}

static void test_links_relationships_are_saved_and_undone(void **state)
{
    struct fixture *f = *state;

    assert_text(call(&f->a, "relationships.insertInstance",
                     "{\"props\":" REFERS "," ENDS ",\"role\":\"r\"}}"),
                "id", "0xf1");
    (void)call(&f->a, "txns.saveChanges", "{}");
    (void)call(&f->a, "relationships.updateInstance",
               "{\"props\":" REFERS ",\"id\":\"0xf1\",\"role\":\"s\"}}");
    (void)call(&f->a, "txns.saveChanges", "{}");
    assert_text(call(&f->a, "relationships.getInstanceProps",
                     "{\"classFullName\":\"WebEditTest.WidgetRefersToRecord\"," ENDS "}"),
                "role", "s");
    (void)call(&f->a, "txns.reverseTxns", "{}");
    assert_text(call(&f->a, "relationships.getInstanceProps",
                     "{\"classFullName\":\"WebEditTest:WidgetRefersToRecord\",\"id\":\"0xf1\"}"),
                "role", "r");
    (void)call(&f->a, "relationships.deleteInstance", "{\"props\":" REFERS ",\"id\":\"0xf1\"}}");
    call_fails(&f->a, "relationships.getInstanceProps",
               "{\"classFullName\":\"WebEditTest:WidgetRefersToRecord\",\"id\":\"0xf1\"}",
               "NotFound", "id");
    (void)call(&f->a, "txns.abandonChanges", "{}");
    (void)call(&f->a, "txns.reverseTxns", "{}");
    call_fails(&f->a, "relationships.getInstanceProps",
               "{\"classFullName\":\"WebEditTest:WidgetRefersToRecord\"," ENDS "}", "NotFound",
               "sourceId");
}

static void test_links_code_specs_are_saved_and_undone(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(call(&f->a, "codeSpecs.list", "{}")->n, 38);
    assert_text(call(&f->a, "codeSpecs.insert",
                     "{\"name\":\" lt:one\",\"properties\":{\"scopeSpec\":{\"type\":1}}}"),
                "id", "0x27");
    (void)call(&f->a, "txns.saveChanges", "{}");
    assert_text(call(&f->a, "codeSpecs.getByName", "{\"name\":\"LT:ONE\"}"), "name", "lt:one");
    call_fails(&f->a, "codeSpecs.insert", "{\"name\":\"lt:One\",\"properties\":2}", "DuplicateName",
               "name");
    (void)call(&f->a, "txns.reverseTxns", "{}");
    call_fails(&f->a, "codeSpecs.getByName", "{\"name\":\"lt:one\"}", "NotFound", "name");
    call_fails(&f->a, "codeSpecs.getById", "{\"id\":\"0x27\"}", "InvalidId", "id");
    assert_text(call(&f->a, "codeSpecs.insert", "{\"name\":\"lt:two\",\"properties\":2}"), "id",
                "0x27");
    assert_text(call(&f->a, "codeSpecs.getById", "{\"id\":\"0x27\"}"), "name", "lt:two");
}

static void test_links_odd_arguments_are_refused_by_name(void **state)
{
    static const struct {
        const char *method;
        const char *params;
        const char *where;
    } cases[] = {
        { "elements.getAspects", "{}", "id" },
        { "elements.getAspects", "{\"id\":\"0x1\",\"classFullName\":\"BisCore:Subject\"}",
          "classFullName" },
        { "elements.insertAspect", "{}", "props" },
        { "elements.insertAspect", "{\"props\":[]}", "props" },
        { "elements.deleteAspect", "{}", "id" },
        { "elements.deleteAspect", "{\"id\":\"0x5b\",\"ids\":[\"0x5b\"]}", "id" },
        { "elements.deleteAspect", "{\"id\":\"junk\"}", "id" },
        { "relationships.getInstanceProps", "{\"id\":\"0x2a\"}", "classFullName" },
        { "relationships.getInstanceProps", GROUPS "}", "id" },
        { "relationships.getInstanceProps", GROUPS ",\"sourceId\":\"0x1\"}", "targetId" },
        { "relationships.getInstanceProps", GROUPS ",\"targetId\":\"0x1\"}", "sourceId" },
        { "relationships.getInstanceProps", GROUPS ",\"id\":\"0x1\"," ENDS "}", "id" },
        { "relationships.insertInstance", "{\"props\":" REFERS "," ENDS "},\"allowDangling\":1}",
          "allowDangling" },
        { "codeSpecs.insert", "{\"name\":\"x\"}", "properties" },
        { "codeSpecs.insert", "{\"name\":\"x\",\"properties\":[]}", "properties" },
        { "codeSpecs.insert", "{\"name\":5,\"properties\":{}}", "name" },
        { "codeSpecs.getById", "{\"id\":\"junk\"}", "id" },
        { "codeSpecs.getByName", "{}", "name" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        call_fails(&f->a, cases[i].method, cases[i].params, "InvalidParams", cases[i].where);
    }
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", false);
}

static void test_links_ends_must_exist_unless_told_and_circles_have_a_name(void **state)
{
    struct fixture *f = *state;

    call_fails(&f->a, "relationships.insertInstance",
               "{\"props\":" REFERS ",\"sourceId\":\"0x130\",\"targetId\":\"0x99999\"}}",
               "ForeignKeyConstraint", "targetId");
    call_fails(&f->a, "relationships.insertInstance",
               "{\"props\":{\"classFullName\":\"BisCore:ElementDrivesElement\",\"sourceId\":"
               "\"0xef\",\"targetId\":\"0xee\"}}",
               "DependencyCycle", "targetId");
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", false);
    (void)call(&f->a, "relationships.insertInstance",
               "{\"props\":" REFERS ",\"sourceId\":\"0x130\",\"targetId\":\"0x99999\"},"
               "\"allowDangling\":true}");
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", true);
}

static void test_links_a_redo_of_nothing_leaves_what_a_save_has_to_do(void **state)
{
    static const char drives[] =
        "{\"classFullName\":\"BisCore:ElementDrivesElement\",\"id\":\"0x51\"}";
    struct fixture *f = *state;
    const struct weh_value *props;

    (void)call(&f->a, "relationships.updateInstance",
               "{\"props\":{\"classFullName\":\"BisCore:ElementDrivesElement\",\"id\":\"0x51\","
               "\"status\":3}}");
    call_fails(&f->a, "txns.reinstateTxn", "{}", "NothingToRedo", NULL);
    (void)call(&f->a, "txns.saveChanges", "{}");
    props = call(&f->a, "relationships.getInstanceProps", drives);
    assert_int_equal(weh_value_get(props, "status")->as.integer, 2);
}

static void test_links_in_a_batch_are_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *results;

    call_fails(&f->a, "edit.batch",
               "{\"ops\":[{\"method\":\"elements.insertAspect\",\"params\":{\"props\":" NOTE
               "}}},{\"method\":\"codeSpecs.insert\",\"params\":{\"name\":\"lt:b\",\"properties\":1"
               "}},{\"method\":\"relationships.insertInstance\",\"params\":{\"props\":" REFERS
               ",\"sourceId\":\"0x130\",\"targetId\":\"0x99999\"}}}]}",
               "ForeignKeyConstraint", NULL);
    assert_int_equal(n_aspects(f), 1);
    assert_int_equal(call(&f->a, "codeSpecs.list", "{}")->n, 38);
    results = weh_value_get(
        call(
            &f->a, "edit.batch",
            "{\"ops\":[{\"method\":\"elements.insertAspect\",\"as\":\"n\",\"params\":{\"props\":" NOTE
            "}}},{\"method\":\"elements.updateAspect\",\"params\":{\"props\":" NOTE
            ",\"id\":\"$n.id\",\"text\":\"t\"}}},{\"method\":\"relationships.insertInstance\","
            "\"params\":{\"props\":" REFERS "," ENDS "}}}]}"),
        "results");
    assert_int_equal(results->n, 3);
    assert_text(&results->as.items[0], "id", "0xf1");
    assert_text(&results->as.items[2], "id", "0xf2");
    assert_int_equal(n_aspects(f), 2);
}

static void test_links_edits_of_a_viewer_are_denied(void **state)
{
    static const char *const methods[] = {
        "elements.insertAspect",
        "elements.updateAspect",
        "elements.deleteAspect",
        "relationships.insertInstance",
        "relationships.updateInstance",
        "relationships.deleteInstance",
        "codeSpecs.insert",
    };
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.close", "{}");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"small\",\"mode\":\"readonly\"}");
    call_fails(&f->a, "elements.insertAspect", "{\"props\":" NOTE "}}", "ReadOnly", NULL);
    call_fails(&f->a, "elements.deleteAspect", "{\"id\":\"0x5b\"}", "ReadOnly", NULL);
    call_fails(&f->a, "relationships.deleteInstance", "{\"props\":" REFERS ",\"id\":\"0x2a\"}}",
               "ReadOnly", NULL);
    call_fails(&f->a, "codeSpecs.insert", "{\"name\":\"x\",\"properties\":1}", "ReadOnly", NULL);
    assert_int_equal(n_aspects(f), 1);
    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"small\",\"mode\":\"readonly\"}");
    for (size_t i = 0; i < WEH_ARRAY_LEN(methods); i++) {
        call_fails(&f->b, methods[i], "{}", "Denied", NULL);
    }
    assert_int_equal(call(&f->b, "codeSpecs.list", "{}")->n, 38);
    disconnect_client(&f->b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup_small, rpc_teardown)
        T(test_links_aspects_are_saved_undone_and_told_as_a_change_of_their_owner),
        T(test_links_relationships_are_saved_and_undone),
        T(test_links_code_specs_are_saved_and_undone),
        T(test_links_odd_arguments_are_refused_by_name),
        T(test_links_ends_must_exist_unless_told_and_circles_have_a_name),
        T(test_links_a_redo_of_nothing_leaves_what_a_save_has_to_do),
        T(test_links_in_a_batch_are_all_or_nothing),
        T(test_links_edits_of_a_viewer_are_denied),
#undef T
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
