/* tests/unit/rpc/test_rpc.c - whole edit sessions through the method table, without a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/briefcase.h"
#include "weh/id.h"
#include "weh/json.h"
#include "weh/rpc.h"

#include "rpc_fixture.h"

static const char *subject(const char *name)
{
    static char text[512];

    (void)snprintf(text, sizeof(text),
                   "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\","
                   "\"code\":{\"spec\":\"bis:Subject\",\"scope\":\"0x1\",\"value\":\"%s\"},"
                   "\"parent\":{\"id\":\"0x1\",\"relClassName\":\"BisCore:SubjectOwnsSubjects\"}}}",
                   name);
    return text;
}

static void test_rpc_open_answers_connection_props(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *props = call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    int64_t id = -1;

    assert_text(props, "key", "empty");
    assert_text(props, "mode", "readwrite");
    assert_non_null(weh_value_get(props, "iModelId"));
    assert_non_null(weh_value_get(props, "projectExtents"));
    assert_text(weh_value_get(props, "changeset"), "id", "");
    assert_true(weh_value_to_int64(weh_value_get(props, "briefcaseId"), &id));
    assert_int_equal(id, 0);
    assert_text(call(&f->a, "session.info", "{}"), "state", "READY");
    (void)call(&f->a, "briefcase.info", "{}");
    (void)call(&f->a, "briefcase.close", "{}");
    assert_text(call(&f->a, "session.info", "{}"), "state", "NEW");
}

static void test_rpc_open_refuses_what_it_should(void **state)
{
    struct fixture *f = *state;

    call_fails(&f->a, "briefcase.open", "{}", "InvalidParams", "imodel");
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"briefcase\":\"x\"}",
               "InvalidParams", "imodel");
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"nothing\"}", "FileNotFound", NULL);
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"../auth\"}", "InvalidParams", "imodel");
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"a/b\"}", "InvalidParams", "imodel");
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\".hidden\"}", "InvalidParams", "imodel");
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"a\\u0000b\"}", "InvalidParams", "imodel");
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"append\"}",
               "InvalidParams", "mode");
    call_fails(&f->a, "elements.getElementProps", "{\"id\":\"0x1\"}", "WrongState", NULL);
    assert_text(call(&f->a, "session.info", "{}"), "state", "NEW");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}", "WrongState", NULL);
}

static void test_rpc_error_replies_tell_no_paths_or_sql(void **state)
{
    struct fixture *f = *state;
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/imodels/junk.bim", f->dir);
    file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 5000; i++) {
        (void)fputs("this is no database ", file);
    }
    (void)fclose(file);
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"junk\"}", "NotAnIModel", NULL);
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"nothing\"}", "FileNotFound", NULL);
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", subject("twice"));
    call_fails(&f->a, "elements.insertElement", subject("twice"), "DuplicateCode", NULL);
    for (size_t i = 0; i < f->a.fake->n_frames; i++) {
        assert_null(strstr(f->a.fake->frames[i], f->dir));
        assert_null(strstr(f->a.fake->frames[i], "INSERT"));
        assert_null(strstr(f->a.fake->frames[i], "bis_Element"));
        assert_null(strstr(f->a.fake->frames[i], ".c:"));
    }
}

static void test_rpc_second_writer_is_told_since_when_and_by_whom(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *error;

    connect_client(f, &f->b, WEH_ACCESS_EDIT);
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    error = weh_value_get(reply_of(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}"), "error");
    assert_text(weh_value_get(error, "data"), "name", "Busy");
    assert_non_null(strstr(f->b.fake->frames[f->b.n_read - 1], "ada"));
    assert_non_null(strstr(f->b.fake->frames[f->b.n_read - 1], "20"));
    assert_text(&call(&f->b, "imodel.list", "{}")->as.items[0], "openFor", "ada");
    /* Reading beside the writer is fine, and sees what was saved. */
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"readonly\"}");
    call_fails(&f->b, "elements.insertElement", subject("x"), "ReadOnly", NULL);
    call_fails(&f->b, "elements.getElementProps", "{\"id\":\"0x11\"}", "NotFound", NULL);
    assert_text(call(&f->a, "elements.insertElement", subject("seen")), "id", "0x11");
    call_fails(&f->b, "elements.getElementProps", "{\"id\":\"0x11\"}", "NotFound", NULL);
    (void)call(&f->a, "txns.saveChanges", "{}");
    assert_text(weh_value_get(call(&f->b, "elements.getElementProps", "{\"id\":\"0x11\"}"), "code"),
                "value", "seen");
    /* The file is free as soon as the writer has gone. */
    fake_channel_lose(f->a.fake, WEH_CLOSE_SOCKET_LOST);
    (void)call(&f->b, "briefcase.close", "{}");
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}");
}

static void test_rpc_rights_of_a_viewer_end_at_reading(void **state)
{
    struct fixture *f = *state;

    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    call_fails(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}", "Denied", "mode");
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"readonly\"}");
    call_fails(&f->b, "elements.insertElement", subject("x"), "Denied", NULL);
    call_fails(&f->b, "imodel.create", "{\"imodel\":\"n\",\"rootSubject\":{\"name\":\"n\"}}",
               "Denied", NULL);
}

/* The next message must be the notification @name; its params. */
static const struct weh_value *expect_notification(struct client *client, const char *name)
{
    const struct weh_value *message = next_message(client);

    assert_text(message, "method", name);
    return weh_value_get(message, "params");
}

static void test_rpc_save_tells_what_changed_before_its_reply(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *params;
    /* The bases of the first base come before the second base, as the official backend has them. */
    static const char *const subject_and_bases[] = {
        "BisCore:Subject",
        "BisCore:InformationReferenceElement",
        "BisCore:InformationContentElement",
        "BisCore:Element",
        "BisCore:IParentElement",
    };
    const struct weh_value *meta;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", subject("one"));
    (void)call(&f->a, "elements.insertElement", subject("two"));
    send_request(&f->a, "txns.saveChanges", "{\"description\":\"two subjects\"}");
    (void)expect_notification(&f->a, "txns.onCommit");
    params = expect_notification(&f->a, "txns.onElementsChanged");
    assert_text(params, "cause", "save");
    assert_text(params, "txnId", "0x100000000");
    assert_text(params, "inserted", "+11+1");
    assert_null(weh_value_get(params, "updated"));
    assert_int_equal(weh_value_get(params, "insertedMeta")->n, 2);
    assert_int_equal(weh_value_get(params, "updatedMeta")->n, 0);
    meta = weh_value_get(params, "meta");
    assert_int_equal(meta->n, WEH_ARRAY_LEN(subject_and_bases));
    for (uint32_t i = 0; i < meta->n; i++) {
        assert_text(&meta->as.items[i], "name", subject_and_bases[i]);
    }
    assert_int_equal(weh_value_get(&meta->as.items[3], "bases")->n, 0);
    assert_int_equal(weh_value_get(&meta->as.items[0], "bases")->as.items[1].as.integer, 4);
    params = expect_notification(&f->a, "txns.onCommitted");
    assert_bool(params, "hasPendingTxns", true);
    assert_bool(weh_value_get(next_message(&f->a), "result"), "saved", true);
    /* Nothing changed: no notification at all. */
    send_request(&f->a, "txns.saveChanges", "{}");
    assert_bool(weh_value_get(next_message(&f->a), "result"), "saved", false);
}

static void test_rpc_undo_and_redo_tell_and_take_back(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    call_fails(&f->a, "txns.reverseTxns", "{}", "NothingToUndo", NULL);
    (void)call(&f->a, "elements.insertElement", subject("one"));
    (void)call(&f->a, "txns.saveChanges", "{\"description\":\"one\"}");
    assert_text(call(&f->a, "txns.state", "{}"), "undoString", "one");
    send_request(&f->a, "txns.reverseTxns", "{}");
    assert_bool(expect_notification(&f->a, "txns.onBeforeUndoRedo"), "isUndo", true);
    assert_text(expect_notification(&f->a, "txns.onElementsChanged"), "deleted", "+11");
    assert_text(expect_notification(&f->a, "txns.onChangesApplied"), "cause", "undo");
    assert_bool(expect_notification(&f->a, "txns.onAfterUndoRedo"), "isUndo", true);
    assert_int_equal(weh_value_get(weh_value_get(next_message(&f->a), "result"), "reversed")->n, 1);
    call_fails(&f->a, "elements.getElementProps", "{\"id\":\"0x11\"}", "NotFound", NULL);
    call_fails(&f->a, "txns.reverseTxns", "{}", "NothingToUndo", NULL);
    assert_bool(call(&f->a, "txns.state", "{}"), "isRedoPossible", true);
    (void)call(&f->a, "txns.reinstateTxn", "{}");
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x11\"}");
    call_fails(&f->a, "txns.reinstateTxn", "{}", "NothingToRedo", NULL);
    call_fails(&f->a, "txns.reverseTxns", "{\"count\":0}", "InvalidParams", "count");
}

static void test_rpc_close_asks_what_becomes_of_unsaved_changes(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", subject("kept"));
    call_fails(&f->a, "briefcase.close", "{}", "UnsavedChanges", "unsaved");
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x11\"}");
    (void)call(&f->a, "briefcase.close", "{\"unsaved\":\"save\"}");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x11\"}");
    (void)call(&f->a, "elements.insertElement", subject("dropped"));
    (void)call(&f->a, "briefcase.close", "{\"unsaved\":\"abandon\"}");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    call_fails(&f->a, "elements.getElementProps", "{\"id\":\"0x12\"}", "NotFound", NULL);
    (void)call(&f->a, "elements.insertElement", subject("abandoned"));
    (void)call(&f->a, "txns.abandonChanges", "{}");
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", false);
    assert_text(call(&f->a, "elements.insertElement", subject("abandoned")), "id", "0x12");
}

static void test_rpc_failed_edit_leaves_the_briefcase_as_it_was(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", subject("one"));
    call_fails(&f->a, "elements.insertElement", subject("one"), "DuplicateCode", NULL);
    call_fails(&f->a, "elements.deleteElement", "{\"ids\":[\"0x11\",\"0x99\"]}", "MissingId", NULL);
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x11\"}");
    call_fails(&f->a, "elements.deleteElement", "{\"id\":\"0x1\"}", "WrongElement", NULL);
    call_fails(&f->a, "elements.deleteElement", "{}", "InvalidParams", "id");
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x11\",\"wantGeometry\":true}");
}

static void test_rpc_insert_that_fails_in_its_second_table_takes_back_the_first(void **state)
{
    static const char object[] =
        "{\"props\":{\"classFullName\":\"Generic:PhysicalObject\",\"model\":\"0x35\","
        "\"category\":\"0x16\",\"code\":{\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"}%s}}";
    struct fixture *f = *state;
    char bad[512];
    char good[512];
    char id[WEH_ID_TEXT_SIZE];
    const struct weh_value *value;

    (void)snprintf(bad, sizeof(bad), object,
                   ",\"typeDefinition\":{\"id\":\"0xfffff\",\"relClassName\":"
                   "\"BisCore:GeometricElement3dHasTypeDefinition\"}");
    (void)snprintf(good, sizeof(good), object, "");
    copy_imodel(f, "small.bim", "small");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"small\"}");
    call_fails(&f->a, "elements.insertElement", bad, "ForeignKeyConstraint", NULL);
    assert_bool(call(&f->a, "txns.saveChanges", "{}"), "saved", false);
    value = weh_value_get(call(&f->a, "elements.insertElement", good), "id");
    (void)snprintf(id, sizeof(id), "%.*s", WEH_STR_ARGS(weh_value_str(value)));
    /* What is unsaved stays when another insert fails. */
    call_fails(&f->a, "elements.insertElement", bad, "ForeignKeyConstraint", NULL);
    (void)snprintf(good, sizeof(good), "{\"id\":\"%s\"}", id);
    (void)call(&f->a, "elements.getElementProps", good);
    assert_bool(call(&f->a, "txns.saveChanges", "{}"), "saved", true);
    (void)call(&f->a, "txns.reverseTxns", "{}");
    call_fails(&f->a, "elements.getElementProps", good, "NotFound", NULL);
}

static void test_rpc_create_makes_an_imodel_that_can_be_opened(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *list;
    const struct weh_value *props;

    props = call(&f->a, "imodel.create",
                 "{\"imodel\":\"new one\",\"rootSubject\":{\"name\":\"New\",\"description\":\"d\"},"
                 "\"projectExtents\":{\"low\":[-1,-2,-3],\"high\":[1,2,3]},"
                 "\"globalOrigin\":[7,8,9]}");
    assert_text(props, "name", "New");
    assert_text(weh_value_get(props, "rootSubject"), "description", "d");
    assert_int_equal(weh_value_get(weh_value_get(props, "projectExtents"), "high")->n, 3);
    call_fails(&f->a, "imodel.create", "{\"imodel\":\"new one\",\"rootSubject\":{\"name\":\"x\"}}",
               "AlreadyExists", NULL);
    call_fails(&f->a, "imodel.create", "{\"imodel\":\"y\",\"rootSubject\":{}}", "InvalidParams",
               "rootSubject.name");
    call_fails(&f->a, "imodel.create", "{\"imodel\":\"y\",\"rootSubject\":{\"nam\":\"x\"}}",
               "InvalidParams", "rootSubject");
    call_fails(&f->a, "imodel.create",
               "{\"imodel\":\"y\",\"rootSubject\":{\"name\":\"x\"},\"globalOrigin\":[1,2]}",
               "InvalidParams", "globalOrigin");
    list = call(&f->a, "imodel.list", "{}");
    assert_int_equal(list->n, 2);
    assert_text(&list->as.items[0], "imodel", "empty");
    assert_text(&list->as.items[1], "imodel", "new one");
    assert_text(&list->as.items[1], "name", "New");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"new one\"}");
    (void)call(&f->a, "elements.insertElement", subject("first"));
    (void)call(&f->a, "txns.saveChanges", "{}");
}

static void test_rpc_hello_is_first_and_describe_tells_all(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *api;
    size_t n;

    (void)weh_rpc_methods(&n);
    assert_text(call(&f->a, "session.hello", "{\"client\":{\"name\":\"t\",\"version\":\"1\"}}"),
                "user", "ada");
    call_fails(&f->a, "session.hello", "{\"client\":{}}", "WrongState", NULL);
    api = call(&f->a, "host.describe", "{}");
    assert_int_equal(weh_value_get(api, "methods")->n, n);
    assert_int_equal(weh_value_get(api, "closeReasons")->n, WEH_CLOSE_COUNT);
    assert_int_equal(weh_value_get(api, "errors")->n, WEH_E_COUNT - 1);
}

static void test_rpc_methods_are_sorted_and_documented(void **state)
{
    size_t n;
    const struct weh_method *methods = weh_rpc_methods(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        size_t n_args = 0;

        assert_true(i == 0 || strcmp(methods[i - 1].name, methods[i].name) < 0);
        assert_true(methods[i].help[0] != '\0' && methods[i].result[0] != '\0');
        assert_ptr_equal(weh_method_find(methods, n, WEH_STR(""), weh_str_from(methods[i].name)),
                         &methods[i]);
        while (methods[i].args[n_args].name != NULL) {
            assert_true(methods[i].args[n_args].help[0] != '\0');
            n_args++;
        }
        assert_true(n_args <= WEH_MAX_ARGS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, rpc_setup, rpc_teardown)
        T(test_rpc_open_answers_connection_props),
        T(test_rpc_open_refuses_what_it_should),
        T(test_rpc_error_replies_tell_no_paths_or_sql),
        T(test_rpc_second_writer_is_told_since_when_and_by_whom),
        T(test_rpc_rights_of_a_viewer_end_at_reading),
        T(test_rpc_save_tells_what_changed_before_its_reply),
        T(test_rpc_undo_and_redo_tell_and_take_back),
        T(test_rpc_close_asks_what_becomes_of_unsaved_changes),
        T(test_rpc_failed_edit_leaves_the_briefcase_as_it_was),
        T(test_rpc_insert_that_fails_in_its_second_table_takes_back_the_first),
        T(test_rpc_create_makes_an_imodel_that_can_be_opened),
        T(test_rpc_hello_is_first_and_describe_tells_all),
        cmocka_unit_test(test_rpc_methods_are_sorted_and_documented),
#undef T
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
