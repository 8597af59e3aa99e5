/* tests/unit/rpc/test_txns.c - txns.*: shapes, refusals and the order of notifications. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rpc_fixture.h"

#define SUBJECT(label)                                                                \
    "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":"   \
    "{\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"0x1\"," \
    "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"},\"userLabel\":\"" label "\"}}"

static void open_imodel(struct fixture *f, const char *data)
{
    char params[64];

    if (strcmp(data, "empty") != 0) {
        char file[64];

        (void)snprintf(file, sizeof(file), "%s.bim", data);
        copy_imodel(f, file, data);
    }
    (void)snprintf(params, sizeof(params), "{\"imodel\":\"%s\"}", data);
    (void)call(&f->a, "briefcase.open", params);
}

static void insert(struct fixture *f)
{
    (void)call(&f->a, "elements.insertElement", SUBJECT("s"));
}

static void insert_and_save(struct fixture *f, const char *description)
{
    char params[64];

    insert(f);
    (void)snprintf(params, sizeof(params), "{\"description\":\"%s\"}", description);
    assert_bool(call(&f->a, "txns.saveChanges", params), "saved", true);
}

static size_t count_of(const struct weh_value *result, const char *key)
{
    const struct weh_value *list = weh_value_get(result, key);

    assert_non_null(list);
    assert_int_equal(list->type, WEH_VALUE_ARRAY);
    return list->n;
}

static int64_t depth_of(const struct weh_value *result)
{
    int64_t depth = -1;

    assert_true(weh_value_to_int64(weh_value_get(result, "depth"), &depth));
    return depth;
}

static void assert_state(struct fixture *f, const char *undo, const char *redo)
{
    const struct weh_value *s = call(&f->a, "txns.state", "{}");

    assert_text(s, "undoString", undo);
    assert_text(s, "redoString", redo);
}

/* The notifications of one request, by the first letters of their names after "on". */
static void notifications_of(struct fixture *f, const char *method, const char *params,
                             const char *wanted)
{
    char seen[64] = "";
    const struct weh_value *message;

    send_request(&f->a, method, params);
    for (;;) {
        const struct weh_value *name;

        message = next_message(&f->a);
        if (weh_value_get(message, "id") != NULL) {
            break;
        }
        name = weh_value_get(message, "method");
        assert_non_null(name);
        assert_true(name->n > 9 && strlen(seen) + 4 < sizeof(seen));
        (void)strncat(seen, weh_value_str(name).ptr + 7, 3);
    }
    assert_null(weh_value_get(message, "error"));
    assert_string_equal(seen, wanted);
}

/* ---- undo and redo ---- */

static void test_reverse_all_and_to_and_cancel_answer_what_was_reversed(void **state)
{
    struct fixture *f = *state;

    open_imodel(f, "empty");
    insert_and_save(f, "one");
    insert_and_save(f, "two");
    insert_and_save(f, "three");
    assert_int_equal(
        count_of(call(&f->a, "txns.reverseTo", "{\"txnId\":\"0x100000001\"}"), "reversed"), 2);
    assert_state(f, "one", "two");
    call_fails(&f->a, "txns.reverseTo", "{\"txnId\":\"0x100000001\"}", "NothingToUndo", "txnId");
    assert_int_equal(count_of(call(&f->a, "txns.reinstateTxn", "{}"), "reinstated"), 2);
    assert_int_equal(count_of(call(&f->a, "txns.reverseAll", "{}"), "reversed"), 3);
    call_fails(&f->a, "txns.reverseAll", "{}", "NothingToUndo", NULL);
    assert_int_equal(count_of(call(&f->a, "txns.reinstateTxn", "{}"), "reinstated"), 3);
    assert_int_equal(
        count_of(call(&f->a, "txns.cancelTo", "{\"txnId\":\"0x100000002\"}"), "reversed"), 1);
    call_fails(&f->a, "txns.reinstateTxn", "{}", "NothingToRedo", NULL);
    assert_bool(call(&f->a, "txns.state", "{}"), "hasPendingTxns", true);
    (void)call(&f->a, "txns.cancelTo", "{\"txnId\":\"0x100000000\"}");
    assert_bool(call(&f->a, "txns.state", "{}"), "hasPendingTxns", false);
    assert_int_equal(call(&f->a, "txns.list", "{}")->n, 0);
    call_fails(&f->a, "txns.reverseTo", "{}", "InvalidParams", "txnId");
    call_fails(&f->a, "txns.cancelTo", "{\"txnId\":7}", "InvalidParams", "txnId");
}

static void test_undo_reaches_behind_a_close_until_the_session_is_restarted(void **state)
{
    static const char *const restarts[] = { "txns.restartTxnSession", "session.restartTxnSession" };
    struct fixture *f = *state;

    open_imodel(f, "empty");
    insert_and_save(f, "one");
    for (size_t i = 0; i < WEH_ARRAY_LEN(restarts); i++) {
        insert_and_save(f, "next");
        (void)call(&f->a, "briefcase.close", "{}");
        open_imodel(f, "empty");
        assert_state(f, "next", "");
        (void)call(&f->a, "txns.reverseTxns", "{}");
        assert_int_equal(count_of(call(&f->a, "txns.reinstateTxn", "{}"), "reinstated"), 1);
        assert_int_equal(call(&f->a, restarts[i], "{}")->n, 0);
        assert_state(f, "", "");
        call_fails(&f->a, "txns.reverseTxns", "{}", "NothingToUndo", NULL);
        call_fails(&f->a, "txns.reverseTo", "{\"txnId\":\"0x100000000\"}", "CannotUndo", "txnId");
    }
}

static void test_schema_change_cannot_be_undone(void **state)
{
    struct fixture *f = *state;

    open_imodel(f, "small");
    assert_int_equal(count_of(call(&f->a, "txns.reverseAll", "{}"), "reversed"), 18);
    call_fails(&f->a, "txns.reverseAll", "{}", "CannotUndo", NULL);
    assert_int_equal(count_of(call(&f->a, "txns.reinstateTxn", "{}"), "reinstated"), 18);
}

static void test_multi_txn_operation_is_undone_as_one(void **state)
{
    struct fixture *f = *state;

    open_imodel(f, "empty");
    call_fails(&f->a, "txns.endMultiTxnOperation", "{}", "NoMultiTxnOperation", NULL);
    assert_int_equal(
        depth_of(call(&f->a, "txns.beginMultiTxnOperation", "{\"description\":\"whole\"}")), 1);
    insert_and_save(f, "one");
    assert_int_equal(depth_of(call(&f->a, "txns.beginMultiTxnOperation", "{}")), 2);
    insert(f);
    (void)call(&f->a, "txns.saveChanges", "{}");
    assert_int_equal(depth_of(call(&f->a, "txns.state", "{}")), 2);
    assert_int_equal(depth_of(call(&f->a, "txns.endMultiTxnOperation", "{}")), 1);
    assert_int_equal(depth_of(call(&f->a, "txns.endMultiTxnOperation", "{}")), 0);
    assert_state(f, "whole", "");
    notifications_of(f, "txns.reverseTxns", "{}", "BefEleChaEleChaAft");
    assert_int_equal(count_of(call(&f->a, "txns.reinstateTxn", "{}"), "reinstated"), 2);
}

/* ---- savepoints ---- */

static void test_savepoints_take_back_what_came_after_them(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *element;

    open_imodel(f, "empty");
    call_fails(&f->a, "txns.rollbackTo", "{\"name\":\"a\"}", "NotFound", "name");
    call_fails(&f->a, "txns.savepoint", "{}", "InvalidParams", "name");
    call_fails(&f->a, "txns.savepoint", "{\"name\":\"\"}", "InvalidParams", "name");
    insert(f);
    assert_int_equal(call(&f->a, "txns.savepoint", "{\"name\":\"a\"}")->n, 0);
    insert(f);
    (void)call(&f->a, "txns.savepoint", "{\"name\":\"b\"}");
    insert(f);
    (void)call(&f->a, "txns.rollbackTo", "{\"name\":\"a\"}");
    call_fails(&f->a, "elements.getElementProps", "{\"id\":\"0x12\"}", "NotFound", NULL);
    call_fails(&f->a, "txns.release", "{\"name\":\"b\"}", "NotFound", "name");
    /* The id is free again, and what the server remembered of it is forgotten. */
    element = call(&f->a, "elements.insertElement", SUBJECT("again"));
    assert_text(element, "id", "0x12");
    (void)call(&f->a, "txns.rollbackTo", "{\"name\":\"a\"}");
    (void)call(&f->a, "txns.release", "{\"name\":\"a\"}");
    call_fails(&f->a, "txns.rollbackTo", "{\"name\":\"a\"}", "NotFound", "name");
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x11\"}");
    insert_and_save(f, "saved");
    assert_int_equal(call(&f->a, "txns.list", "{}")->n, 1);
}

static void test_savepoint_without_changes_is_no_change(void **state)
{
    struct fixture *f = *state;

    open_imodel(f, "empty");
    (void)call(&f->a, "txns.savepoint", "{\"name\":\"a\"}");
    insert(f);
    (void)call(&f->a, "txns.rollbackTo", "{\"name\":\"a\"}");
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", false);
    assert_bool(call(&f->a, "txns.saveChanges", "{}"), "saved", false);
    /* The save has ended it, though there was nothing to save. */
    call_fails(&f->a, "txns.rollbackTo", "{\"name\":\"a\"}", "NotFound", "name");
}

/* Another look of a sub-category changes the geometry of models whose rows stay as they are. */
static void test_savepoint_knows_which_categories_were_restyled_before_it(void **state)
{
    static const char *const restyle =
        "{\"props\":{\"id\":\"0x17\",\"appearance\":{\"color\":255}}}";
    struct fixture *f = *state;

    open_imodel(f, "small");
    (void)call(&f->a, "elements.updateElement", restyle);
    (void)call(&f->a, "txns.savepoint", "{\"name\":\"a\"}");
    insert(f);
    (void)call(&f->a, "txns.rollbackTo", "{\"name\":\"a\"}");
    notifications_of(f, "txns.saveChanges", "{}", "ComModEleCom");
    (void)call(&f->a, "txns.reverseTxns", "{}");
    (void)call(&f->a, "txns.savepoint", "{\"name\":\"a\"}");
    (void)call(&f->a, "elements.updateElement", restyle);
    (void)call(&f->a, "txns.rollbackTo", "{\"name\":\"a\"}");
    insert(f);
    notifications_of(f, "txns.saveChanges", "{}", "ComEleCom");
}

static void test_savepoints_end_with_save_abandon_undo_and_redo(void **state)
{
    static const char *const enders[] = { "txns.saveChanges", "txns.abandonChanges",
                                          "txns.reverseTxns", "txns.reinstateTxn" };
    struct fixture *f = *state;

    open_imodel(f, "empty");
    insert_and_save(f, "one");
    insert_and_save(f, "two");
    for (size_t i = 0; i < WEH_ARRAY_LEN(enders); i++) {
        if (i == 3) {
            (void)call(&f->a, "txns.reverseTxns", "{}");
        }
        (void)call(&f->a, "txns.savepoint", "{\"name\":\"a\"}");
        insert(f);
        (void)call(&f->a, enders[i], "{}");
        call_fails(&f->a, "txns.rollbackTo", "{\"name\":\"a\"}", "NotFound", "name");
    }
}

static void test_savepoints_are_bounded(void **state)
{
    struct fixture *f = *state;

    open_imodel(f, "empty");
    for (unsigned i = 0; i < 32; i++) {
        (void)call(&f->a, "txns.savepoint", "{\"name\":\"same\"}");
        insert(f);
    }
    call_fails(&f->a, "txns.savepoint", "{\"name\":\"one more\"}", "LimitExceeded", NULL);
    for (unsigned i = 0; i < 32; i++) {
        (void)call(&f->a, "txns.rollbackTo", "{\"name\":\"same\"}");
        (void)call(&f->a, "txns.release", "{\"name\":\"same\"}");
    }
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", false);
}

/* ---- list and notifications ---- */

static void test_list_has_all_members(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *list;
    int64_t number = 0;

    open_imodel(f, "empty");
    insert_and_save(f, "one");
    insert_and_save(f, "two");
    (void)call(&f->a, "txns.reverseTxns", "{}");
    list = call(&f->a, "txns.list", "{}");
    assert_int_equal(list->n, 2);
    assert_text(&list->as.items[0], "txnId", "0x100000000");
    assert_text(&list->as.items[0], "description", "one");
    assert_text(&list->as.items[0], "user", "ada");
    assert_text(&list->as.items[1], "user", "ada");
    assert_bool(&list->as.items[0], "reversed", false);
    assert_bool(&list->as.items[1], "reversed", true);
    assert_bool(&list->as.items[1], "grouped", false);
    assert_int_equal(weh_value_get(&list->as.items[0], "time")->n, 24);
    assert_true(weh_value_to_int64(weh_value_get(&list->as.items[1], "session"), &number));
    assert_int_equal(number, 1);
    assert_true(weh_value_to_int64(weh_value_get(&list->as.items[1], "bytes"), &number));
    assert_true(number > 50);
    list = call(&f->a, "txns.list", "{\"limit\":1}");
    assert_int_equal(list->n, 1);
    assert_text(&list->as.items[0], "description", "two");
    call_fails(&f->a, "txns.list", "{\"limit\":0}", "InvalidParams", "limit");
}

static void test_txns_of_a_reader_are_listed_and_not_changed(void **state)
{
    struct fixture *f = *state;

    copy_imodel(f, "small.bim", "small");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"small\",\"mode\":\"readonly\"}");
    assert_int_equal(call(&f->a, "txns.list", "{}")->n, 20);
    assert_null(weh_value_get(&call(&f->a, "txns.list", "{}")->as.items[0], "user"));
    assert_bool(call(&f->a, "txns.state", "{}"), "isUndoPossible", false);
    call_fails(&f->a, "txns.reverseAll", "{}", "ReadOnly", NULL);
    call_fails(&f->a, "txns.savepoint", "{\"name\":\"a\"}", "ReadOnly", NULL);
    call_fails(&f->a, "txns.beginMultiTxnOperation", "{}", "ReadOnly", NULL);
    call_fails(&f->a, "txns.restartTxnSession", "{}", "ReadOnly", NULL);
}

static void read_guid(const struct fixture *f, const struct weh_value *params, char out[40])
{
    (void)f;
    assert_int_equal(params->type, WEH_VALUE_ARRAY);
    assert_int_equal(params->n, 1);
    (void)snprintf(out, 40, "%.*s",
                   WEH_STR_ARGS(weh_value_str(weh_value_get(&params->as.items[0], "guid"))));
}

/* The parameters of the notification @name that @method causes. */
static void guid_of(struct fixture *f, const char *method, const char *params, char out[40])
{
    const struct weh_value *message;

    out[0] = '\0';
    send_request(&f->a, method, params);
    for (;;) {
        message = next_message(&f->a);
        if (weh_value_get(message, "id") != NULL) {
            break;
        }
        if (weh_str_eq_text(weh_value_str(weh_value_get(message, "method")),
                            "txns.onModelGeometryChanged")) {
            read_guid(f, weh_value_get(message, "params"), out);
        }
    }
    assert_null(weh_value_get(message, "error"));
}

static void make_model(struct fixture *f)
{
    open_imodel(f, "empty");
    (void)call(&f->a, "elements.insertElement",
               "{\"props\":{\"classFullName\":\"BisCore:PhysicalPartition\",\"model\":\"0x1\","
               "\"code\":{\"spec\":\"bis:InformationPartitionElement\",\"scope\":\"0x1\","
               "\"value\":\"P\"},\"parent\":{\"id\":\"0x1\",\"relClassName\":"
               "\"BisCore:SubjectOwnsPartitionElements\"}}}");
    (void)call(&f->a, "models.insertModel",
               "{\"props\":{\"classFullName\":\"BisCore:PhysicalModel\",\"modeledElement\":"
               "{\"id\":\"0x11\",\"relClassName\":\"BisCore:ModelModelsElement\"}}}");
    (void)call(&f->a, "elements.insertElement",
               "{\"props\":{\"classFullName\":\"BisCore:SpatialCategory\",\"model\":\"0x10\","
               "\"code\":{\"spec\":\"bis:SpatialCategory\",\"scope\":\"0x10\",\"value\":\"C\"}}}");
}

#define BOX                                                                               \
    "{\"props\":{\"classFullName\":\"Generic:PhysicalObject\",\"model\":\"0x11\","        \
    "\"category\":\"0x12\",\"code\":{\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"}," \
    "\"placement\":{\"origin\":[1,2,3],\"angles\":{},\"bbox\":{\"low\":[0,0,0],"          \
    "\"high\":[1,1,1]}}}}"

static void test_notifications_come_in_the_order_of_the_backend(void **state)
{
    struct fixture *f = *state;

    make_model(f);
    notifications_of(f, "txns.saveChanges", "{}", "ComEleModCom");
    (void)call(&f->a, "elements.insertElement", BOX);
    notifications_of(f, "txns.saveChanges", "{}", "ComModEleCom");
    (void)call(&f->a, "elements.updateElement",
               "{\"props\":{\"id\":\"0x14\",\"userLabel\":\"no geometry\"}}");
    notifications_of(f, "txns.saveChanges", "{}", "ComEleCom");
    notifications_of(f, "txns.saveChanges", "{}", "");
    notifications_of(f, "txns.reverseTxns", "{}", "BefEleChaAft");
    notifications_of(f, "txns.reverseTxns", "{}", "BefEleChaModAft");
    notifications_of(f, "txns.reverseTxns", "{}", "BefEleModChaAft");
    notifications_of(f, "txns.reinstateTxn", "{}", "BefEleModChaAft");
    notifications_of(f, "txns.reinstateTxn", "{}", "BefEleChaModAft");
    notifications_of(f, "txns.reinstateTxn", "{}", "BefEleChaAft");
    notifications_of(f, "txns.reverseTxns", "{\"count\":3}", "BefEleChaEleChaModEleModChaAft");
    notifications_of(f, "txns.abandonChanges", "{}", "");
}

static void test_geometry_guid_goes_back_on_undo_and_forth_on_redo(void **state)
{
    struct fixture *f = *state;
    char first[40];
    char second[40];
    char now[40];

    make_model(f);
    guid_of(f, "txns.saveChanges", "{}", now);
    assert_string_equal(now, "");
    (void)call(&f->a, "elements.insertElement", BOX);
    guid_of(f, "txns.saveChanges", "{}", first);
    assert_int_equal(strlen(first), 36);
    (void)call(&f->a, "elements.deleteElement", "{\"id\":\"0x14\"}");
    guid_of(f, "txns.saveChanges", "{}", second);
    assert_string_not_equal(first, second);
    guid_of(f, "txns.reverseTxns", "{}", now);
    assert_string_equal(now, first);
    guid_of(f, "txns.reverseTxns", "{}", now);
    assert_string_equal(now, "00000000-0000-0000-0000-000000000000");
    guid_of(f, "txns.reinstateTxn", "{}", now);
    assert_string_equal(now, first);
    guid_of(f, "txns.reinstateTxn", "{}", now);
    assert_string_equal(now, second);
}

/* A model that comes with its elements has its GUID told by the save. */
static void test_geometry_of_a_new_model_is_told(void **state)
{
    struct fixture *f = *state;

    make_model(f);
    (void)call(&f->a, "elements.insertElement", BOX);
    notifications_of(f, "txns.saveChanges", "{}", "ComModEleModCom");
    notifications_of(f, "txns.reverseTxns", "{}", "BefEleModChaAft");
    notifications_of(f, "txns.reinstateTxn", "{}", "BefEleModChaAft");
}

/* ---- durability ---- */

static void set(struct fixture *f, const char *key, const char *value)
{
    assert_int_equal(weh_config_set(&f->config, key, value, "test", NULL), WEH_OK);
}

static void opens_with(struct fixture *f, const char *params, const char *wanted)
{
    assert_text(call(&f->a, "briefcase.open", params), "durability", wanted);
    assert_text(call(&f->a, "briefcase.info", "{}"), "durability", wanted);
    insert_and_save(f, wanted);
    (void)call(&f->a, "briefcase.close", "{}");
}

static void test_durability_is_as_configured_and_asked_for(void **state)
{
    static const char *const plain = "{\"imodel\":\"empty\"}";
    static const char *const full = "{\"imodel\":\"empty\",\"durability\":\"full\"}";
    static const char *const normal = "{\"imodel\":\"empty\",\"durability\":\"normal\"}";
    struct fixture *f = *state;

    opens_with(f, plain, "full");
    opens_with(f, normal, "normal");
    set(f, "txn.durability", "normal");
    opens_with(f, plain, "normal");
    opens_with(f, full, "full");
    set(f, "txn.durability_min", "full");
    opens_with(f, plain, "full");
    call_fails(&f->a, "briefcase.open", normal, "Denied", "durability");
    opens_with(f, full, "full");
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"durability\":\"none\"}",
               "InvalidParams", "durability");
}

static void test_unsaved_changes_are_bounded_and_none_is_lost(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;
    char op[128];
    char batch[256];
    unsigned n = 0;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    f->config.limits_unsaved_bytes = 20000;
    do {
        (void)snprintf(op, sizeof(op), "{\"namespace\":\"n\",\"name\":\"p%u\",\"string\":\"v\"}",
                       n++);
        reply = reply_of(&f->a, "briefcase.saveFileProperty", op);
    } while (weh_value_get(reply, "result") != NULL && n < 10000);
    assert_true(n > 100 && n < 1000);
    call_fails(&f->a, "briefcase.saveFileProperty", op, "LimitExceeded", NULL);
    (void)snprintf(batch, sizeof(batch),
                   "{\"ops\":[{\"method\":\"briefcase.saveFileProperty\",\"params\":%s}]}", op);
    call_fails(&f->a, "edit.batch", batch, "LimitExceeded", "ops[0]");
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", true);
    assert_bool(call(&f->a, "txns.saveChanges", "{}"), "saved", true);
    (void)call(&f->a, "briefcase.saveFileProperty", op);
    assert_bool(call(&f->a, "txns.saveChanges", "{}"), "saved", true);
    /* All that were taken are there. */
    (void)snprintf(op, sizeof(op), "{\"namespace\":\"n\",\"name\":\"p%u\"}", n - 2);
    assert_text(call(&f->a, "briefcase.queryFileProperty", op), "string", "v");
    reply = call(&f->a, "briefcase.listFileProperties", "{\"namespace\":\"n\"}");
    assert_int_equal(reply->n, n);
    (void)call(&f->a, "briefcase.close", "{}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rpc_setup, rpc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reverse_all_and_to_and_cancel_answer_what_was_reversed),
        TEST(test_undo_reaches_behind_a_close_until_the_session_is_restarted),
        TEST(test_schema_change_cannot_be_undone),
        TEST(test_multi_txn_operation_is_undone_as_one),
        TEST(test_savepoints_take_back_what_came_after_them),
        TEST(test_savepoint_without_changes_is_no_change),
        TEST(test_savepoint_knows_which_categories_were_restyled_before_it),
        TEST(test_savepoints_end_with_save_abandon_undo_and_redo),
        TEST(test_savepoints_are_bounded),
        TEST(test_list_has_all_members),
        TEST(test_txns_of_a_reader_are_listed_and_not_changed),
        TEST(test_notifications_come_in_the_order_of_the_backend),
        TEST(test_geometry_guid_goes_back_on_undo_and_forth_on_redo),
        TEST(test_geometry_of_a_new_model_is_told),
        TEST(test_durability_is_as_configured_and_asked_for),
        TEST(test_unsaved_changes_are_bounded_and_none_is_lost),
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
