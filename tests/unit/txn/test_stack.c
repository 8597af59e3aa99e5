/* tests/unit/txn/test_stack.c - save, abandon, state and what they tell, on real files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "weh/briefcase_txn.h"

#include "txn_fixture.h"

#define DAY "julianday('now')"

/* ---- save ---- */

static void test_save_without_changes_stores_nothing_and_tells_nothing(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    assert_int_equal(weh_txn_save(f->stack, WEH_STR("x"), &saved, &id, &f->diag), WEH_OK);
    assert_false(saved);
    assert_int_equal(f->n_events, 0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns"), 20);
}

static void test_save_of_insert_and_delete_nets_to_nothing(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    fixture_insert_subject(f, 9001, "a");
    assert_true(weh_txn_has_unsaved(f->stack));
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id=9001");
    assert_false(weh_txn_has_unsaved(f->stack));
    assert_int_equal(weh_txn_save(f->stack, WEH_STR("x"), &saved, &id, &f->diag), WEH_OK);
    assert_false(saved);
    assert_int_equal(f->n_events, 0);
}

static void test_save_of_an_insert_stores_a_row_and_tells(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    char expected[128];

    fixture_insert_subject(f, 9001, "a");
    id = fixture_save(f, "first");
    assert_int_equal(id.value, UINT64_C(3) << 32);
    assert_string_equal(f->events, "ceC");
    (void)snprintf(expected, sizeof(expected), "e+%x:%llx t1 | ", 9001,
                   (unsigned long long)fixture_int(f, "SELECT ECClassId FROM bis_Element "
                                                      "WHERE Id=1"));
    assert_string_equal(f->lists, expected);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Id=12884901888 AND "
                                    "Deleted=0 AND Grouped=0 AND Operation='first' AND "
                                    "IsSchemaChange=0 AND abs(Time-julianday('now'))<1"),
                     1);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_reopen(f);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=9001"), 1);
    assert_int_equal(fixture_state(f).current_txn_id.value, UINT64_C(4) << 32);
}

static void test_save_of_a_model_with_elements_is_one_list(void **state)
{
    struct fixture *f = *state;
    long long model = fixture_int(f, "SELECT ModelId FROM bis_Element WHERE Id=(SELECT ElementId "
                                     "FROM bis_GeometricElement3d LIMIT 1)");
    char expected[64];

    fixture_insert_subject(f, 9001, "a");
    fixture_sql(f, "INSERT INTO bis_Model(Id,ECClassId,ParentModelId,ModeledElementId) SELECT "
                   "9001,ECClassId,1,9001 FROM bis_Model WHERE Id=16");
    fixture_insert_object(f, 9002);
    (void)fixture_save(f, "");
    assert_non_null(strstr(f->lists, "e+2329:"));
    assert_non_null(strstr(f->lists, "e+232a:"));
    assert_non_null(strstr(f->lists, "m+2329:"));
    (void)snprintf(expected, sizeof(expected), "t1 t%llxg | ", model);
    assert_non_null(strstr(f->lists, expected));
    assert_true(fixture_int(f, "SELECT LastMod IS NOT NULL FROM bis_Model WHERE Id=1"));
}

static void test_save_tells_an_element_of_which_only_a_part_changed(void **state)
{
    struct fixture *f = *state;
    long long id = fixture_int(f, "SELECT ElementId FROM bis_GeometricElement3d LIMIT 1");
    char sql[128];

    (void)snprintf(sql, sizeof(sql),
                   "UPDATE bis_GeometricElement3d SET js1='p' WHERE "
                   "ElementId=%lld",
                   id);
    fixture_sql(f, sql);
    (void)fixture_save(f, "");
    (void)snprintf(sql, sizeof(sql), "e~%llx:", id);
    assert_non_null(strstr(f->lists, sql));
    assert_null(strstr(f->lists, "g |"));
    fixture_clear_events(f);
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE bis_GeometricElement3d SET Origin_X=99.0 WHERE "
                   "ElementId=%lld",
                   id);
    fixture_sql(f, sql);
    (void)fixture_save(f, "");
    assert_non_null(strstr(f->lists, "g |"));
}

static void test_save_of_a_file_property_tells_an_empty_list(void **state)
{
    struct fixture *f = *state;

    fixture_sql(f, "INSERT INTO be_Prop VALUES('t','n',0,0,0,'text',NULL,NULL)");
    (void)fixture_save(f, "");
    assert_string_equal(f->events, "ceC");
    assert_string_equal(f->lists, "| ");
}

static void test_save_of_untracked_tables_only_is_a_plain_commit(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    fixture_sql(f, "INSERT INTO be_Local VALUES('mine','x')");
    assert_false(weh_txn_has_unsaved(f->stack));
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    assert_false(saved);
    fixture_reopen(f);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM be_Local WHERE Name='mine'"), 1);
}

static void test_save_with_too_long_a_description_is_refused_and_loses_nothing(void **state)
{
    static char text[70000];
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    memset(text, 'x', sizeof(text));
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(
        weh_txn_save(f->stack, (struct weh_str){ text, sizeof(text) }, &saved, &id, &f->diag),
        WEH_E_TOO_LARGE);
    assert_true(weh_txn_has_unsaved(f->stack));
    (void)fixture_save(f, "");
}

static void test_save_whose_propagation_fails_is_rolled_back(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    fixture_insert_subject(f, 9001, "a");
    f->propagate_error = WEH_E_NOMEM;
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_E_NOMEM);
    f->propagate_error = WEH_OK;
    assert_false(saved);
    assert_false(weh_txn_has_unsaved(f->stack));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=9001"), 0);
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(fixture_save(f, "").value, UINT64_C(3) << 32);
}

static void test_save_touches_the_watch_file(void **state)
{
    struct fixture *f = *state;
    struct timespec old_times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    struct stat info;
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s-watch", f->path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, old_times, 0), 0);
    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_mtim.tv_sec > 1000);
    assert_int_equal(utimensat(AT_FDCWD, path, old_times, 0), 0);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_mtim.tv_sec > 1000);
}

/* ---- state, abandon, other files ---- */

static void test_state_tells_descriptions_and_ids(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_state s = fixture_state(f);

    assert_false(s.has_unsaved_changes);
    assert_true(s.has_pending_txns);
    assert_true(s.is_undo_possible);
    assert_false(s.is_redo_possible);
    assert_int_equal(s.current_txn_id.value, UINT64_C(3) << 32);
    assert_true(weh_str_eq_text(s.undo_string, "extents"));
    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    s = fixture_state(f);
    assert_true(s.has_pending_txns);
    assert_false(s.is_undo_possible || s.is_redo_possible);
    assert_int_equal(s.current_txn_id.value, UINT64_C(3) << 32);
    assert_int_equal(s.undo_string.len, 0);
    fixture_insert_subject(f, 9001, "a");
    assert_true(fixture_state(f).has_unsaved_changes);
    (void)fixture_save(f, "one");
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "two");
    assert_int_equal(fixture_reverse(f, 1), 1);
    s = fixture_state(f);
    assert_true(weh_str_eq_text(s.undo_string, "one"));
    assert_true(weh_str_eq_text(s.redo_string, "two"));
    assert_true(s.is_undo_possible && s.is_redo_possible);
    assert_int_equal(s.current_txn_id.value, (UINT64_C(3) << 32) + 1);
    assert_int_equal(s.depth, 0);
}

static void test_state_of_a_file_whose_transactions_are_undone(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "undone.bim");
    assert_true(fixture_state(&f).has_pending_txns);
    assert_true(fixture_state(&f).is_redo_possible);
    fixture_sql(&f, "DELETE FROM dgn_Txns WHERE Deleted=0");
    assert_int_equal(weh_txn_abandon(f.stack, &f.diag), WEH_OK);
    /* Rows that an earlier session reversed go with the first save, not before. */
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 2);
    fixture_insert_subject(&f, 9001, "a");
    (void)fixture_save(&f, "");
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
    assert_int_equal(fixture_reverse(&f, 1), 1);
    assert_true(fixture_state(&f).has_pending_txns);
    fixture_close(&f);
}

static void test_abandon_drops_what_is_unsaved(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;

    fixture_digest(f, true, &before);
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_digest(f, true, &after);
    assert_digests_equal(&before, &after);
    assert_int_equal(f->n_events, 0);
}

static void test_edit_rolled_back_to_its_savepoint_is_no_change(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(weh_briefcase_edit_begin(f->briefcase, &f->diag), WEH_OK);
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_briefcase_edit_end(f->briefcase, false, &f->diag), WEH_OK);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_insert_subject(f, 9002, "b");
    assert_true(weh_txn_has_unsaved(f->stack));
    (void)fixture_save(f, "");
    assert_null(strstr(f->lists, "2329"));
}

static void test_rollback_behind_the_stack_is_noticed(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;

    fixture_digest(f, true, &before);
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_briefcase_rollback(f->briefcase, &f->diag), WEH_OK);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_briefcase_rollback(f->briefcase, &f->diag), WEH_OK);
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "");
    assert_null(strstr(f->lists, "2329"));
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &after);
    assert_digests_equal(&before, &after);
}

static void test_file_without_change_tracking_saves_without_a_transaction(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };
    struct weh_txn_id id;
    bool saved = false;

    fixture_sql(f, "DELETE FROM be_Local WHERE Name='StandaloneEdit'");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    fixture_reopen(f);
    if (weh_briefcase_records_txns(f->briefcase)) {
        fail_msg("the file still records");
    }
    fixture_insert_subject(f, 9001, "a");
    assert_true(weh_txn_has_unsaved(f->stack));
    assert_int_equal(weh_txn_save(f->stack, WEH_STR("x"), &saved, &id, &f->diag), WEH_OK);
    assert_true(saved);
    assert_int_equal(id.value, 0);
    assert_false(weh_txn_has_unsaved(f->stack));
    assert_int_equal(f->n_events, 0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns"), 20);
    assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_NOTHING_TO_UNDO);
    fixture_reopen(f);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=9001"), 1);
}

static void test_transaction_numbers_at_their_end_are_refused(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_stack *stack = NULL;
    bool saved = false;
    struct weh_txn_id id;

    fixture_sql(f, "INSERT INTO dgn_Txns(Id,Deleted) VALUES(9223372036854775807,0)");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    assert_int_equal(weh_txn_stack_create(f->briefcase, f->catalog, &stack, &f->diag),
                     WEH_E_CORRUPT);
    assert_null(stack);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_save_without_changes_stores_nothing_and_tells_nothing),
        TEST(test_save_of_insert_and_delete_nets_to_nothing),
        TEST(test_save_of_an_insert_stores_a_row_and_tells),
        TEST(test_save_of_a_model_with_elements_is_one_list),
        TEST(test_save_tells_an_element_of_which_only_a_part_changed),
        TEST(test_save_of_a_file_property_tells_an_empty_list),
        TEST(test_save_of_untracked_tables_only_is_a_plain_commit),
        TEST(test_save_with_too_long_a_description_is_refused_and_loses_nothing),
        TEST(test_save_whose_propagation_fails_is_rolled_back),
        TEST(test_save_touches_the_watch_file),
        TEST(test_state_tells_descriptions_and_ids),
        cmocka_unit_test(test_state_of_a_file_whose_transactions_are_undone),
        TEST(test_abandon_drops_what_is_unsaved),
        TEST(test_edit_rolled_back_to_its_savepoint_is_no_change),
        TEST(test_rollback_behind_the_stack_is_noticed),
        TEST(test_file_without_change_tracking_saves_without_a_transaction),
        TEST(test_transaction_numbers_at_their_end_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
