/* tests/unit/txn/test_journal.c - the recovery journal: what was unsaved comes back exactly, or not at
 * all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/buf.h"
#include "weh/id_marks.h"
#include "weh/txn_savepoint.h"

#include "journal_tools.h"

/* The changeset of the last transaction, taken by the caller. */
static void last_change(struct fixture *f, struct weh_buf *out)
{
    sqlite3_stmt *stmt = NULL;

    weh_buf_init(out, 0);
    assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f->briefcase),
                                        "SELECT Change FROM dgn_Txns ORDER BY Id DESC LIMIT 1", -1,
                                        &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    weh_buf_append(out, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
    sqlite3_finalize(stmt);
}

/* Save both (with nothing random or timed in it): equal transactions, tables and sequences. */
static void assert_saves_equal(struct fixture *a, struct fixture *b)
{
    static const char *const sequences =
        "SELECT sum(Val) FROM be_Local WHERE Name LIKE '%sequence'";
    static struct digests x;
    static struct digests y;
    struct weh_buf one;
    struct weh_buf two;

    (void)fixture_save(a, "s");
    (void)fixture_save(b, "s");
    last_change(a, &one);
    last_change(b, &two);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.data, two.data, one.len);
    weh_buf_fini(&one);
    weh_buf_fini(&two);
    fixture_digest(a, false, &x);
    fixture_digest(b, false, &y);
    assert_digests_equal(&x, &y);
    assert_int_equal(fixture_int(a, sequences), fixture_int(b, sequences));
    assert_false(journal_is_there(a, "") || journal_is_there(b, ""));
}

static void take_ids(struct fixture *f, unsigned n)
{
    weh_id id;

    for (unsigned i = 0; i < n; i++) {
        assert_fixture_ok(f, weh_briefcase_next_element_id(f->briefcase, &id, &f->diag));
        assert_fixture_ok(f, weh_briefcase_next_instance_id(f->briefcase, &id, &f->diag));
    }
}

/* ---- edits, each a case of its own ---- */

static void edit_insert(struct fixture *f)
{
    take_ids(f, 3);
    fixture_insert_subject(f, 9001, "a");
    fixture_insert_subject(f, 9002, "b");
}

static void edit_update(struct fixture *f)
{
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='x' WHERE Id=1");
    fixture_sql(f, "UPDATE bis_Element SET JsonProperties='{}' WHERE Id=0x10");
}

static void edit_delete(struct fixture *f)
{
    fixture_sql(f, "DELETE FROM bis_GeometricElement3d WHERE ElementId="
                   "(SELECT max(ElementId) FROM bis_GeometricElement3d)");
    fixture_set_prop(f, 7, "kept");
}

static void edit_many(struct fixture *f)
{
    for (unsigned i = 0; i < 300; i++) {
        char code[16];

        (void)snprintf(code, sizeof(code), "c%u", i);
        fixture_insert_subject(f, 9500 + i, code);
    }
}

/* Two rows exchange a value that is unique: no order of single updates is allowed. */
static void edit_swap(struct fixture *f)
{
    fixture_sql(f, "UPDATE bis_Element SET CodeValue='swap' WHERE Id=9101");
    fixture_sql(f, "UPDATE bis_Element SET CodeValue='one' WHERE Id=9102");
    fixture_sql(f, "UPDATE bis_Element SET CodeValue='two' WHERE Id=9101");
}

static void edit_for_nothing(struct fixture *f)
{
    fixture_set_prop(f, 1, "x");
    fixture_set_prop(f, 2, "y");
    fixture_sql(f, "DELETE FROM be_Prop WHERE Namespace='t' AND Id=1");
    fixture_sql(f, "UPDATE bis_Model SET JsonProperties='{}' WHERE Id=1");
    fixture_sql(f, "UPDATE bis_Model SET JsonProperties=NULL WHERE Id=1");
}

static void edit_object(struct fixture *f)
{
    fixture_insert_object(f, 9301);
    fixture_sql(f, "UPDATE bis_GeometricElement3d SET Origin_X=77.5 WHERE ElementId=9301");
}

static void edit_savepoint(struct fixture *f)
{
    size_t mark;

    fixture_set_prop(f, 3, "before");
    assert_fixture_ok(f, weh_txn_savepoint(f->stack, WEH_STR("s"), 0, &f->diag));
    fixture_insert_subject(f, 9400, "gone");
    fixture_set_prop(f, 3, "after");
    assert_fixture_ok(f, weh_txn_rollback_to(f->stack, WEH_STR("s"), &mark, &f->diag));
    fixture_set_prop(f, 4, "then");
}

typedef void (*edit)(struct fixture *f);

static const edit edits[] = { edit_insert, edit_update,      edit_delete, edit_many,
                              edit_swap,   edit_for_nothing, edit_object, edit_savepoint };

static void test_restored_edits_are_saved_as_they_would_have_been(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(edits); i++) {
        struct fixture f;
        struct fixture crashed;
        static struct digests before;
        static struct digests after;

        fixture_open_saved(&f);
        edits[i](&f);
        fixture_digest(&f, false, &before);
        assert_true(journal_write(&f));
        fixture_crash(&f, &crashed);
        assert_false(weh_txn_has_unsaved(crashed.stack));
        journal_restore_pending(&crashed);
        assert_true(weh_txn_has_unsaved(crashed.stack));
        fixture_digest(&crashed, false, &after);
        assert_digests_equal(&before, &after);
        weh_txn_set_propagator(f.stack, &(struct weh_txn_propagator){ .ctx = NULL });
        weh_txn_set_propagator(crashed.stack, &(struct weh_txn_propagator){ .ctx = NULL });
        assert_saves_equal(&f, &crashed);
        assert_int_equal(fixture_reverse(&crashed, 1), 1);
        assert_int_equal(fixture_reinstate(&crashed), 1);
        fixture_digest(&crashed, true, &after);
        fixture_digest(&f, true, &before);
        assert_digests_equal(&before, &after);
        fixture_check_file(&crashed);
        fixture_close(&crashed);
        fixture_close(&f);
    }
}

static void test_all_edits_together_come_back(void **state)
{
    struct fixture f;
    struct fixture crashed;

    (void)state;
    fixture_open_saved(&f);
    for (size_t i = 0; i < WEH_ARRAY_LEN(edits); i++) {
        edits[i](&f);
        assert_true(journal_write(&f));
    }
    fixture_crash(&f, &crashed);
    journal_restore_pending(&crashed);
    weh_txn_set_propagator(f.stack, &(struct weh_txn_propagator){ .ctx = NULL });
    weh_txn_set_propagator(crashed.stack, &(struct weh_txn_propagator){ .ctx = NULL });
    assert_saves_equal(&f, &crashed);
    fixture_close(&crashed);
    fixture_close(&f);
}

static void test_restored_edits_can_be_edited_further_and_crash_again(void **state)
{
    struct fixture f;
    struct fixture once;
    static struct fixture twice;

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    take_ids(&f, 2);
    assert_true(journal_write(&f));
    fixture_crash(&f, &once);
    journal_restore_pending(&once);
    assert_true(journal_is_there(&once, ""));
    assert_false(weh_journal_is_due(once.stack));
    fixture_crash(&once, &twice);
    journal_restore_pending(&twice);
    fixture_set_prop(&f, 1, "b");
    fixture_set_prop(&twice, 1, "b");
    assert_true(weh_journal_is_due(twice.stack));
    assert_saves_equal(&f, &twice);
    fixture_close(&twice);
    fixture_close(&once);
    fixture_close(&f);
}

static void test_restored_ids_are_not_given_again(void **state)
{
    struct fixture f;
    struct fixture crashed;
    struct weh_id_marks marks;
    struct weh_id_marks restored;
    weh_id id;

    (void)state;
    fixture_open_saved(&f);
    take_ids(&f, 5);
    fixture_set_prop(&f, 1, "a");
    weh_briefcase_get_id_marks(f.briefcase, &marks);
    assert_true(journal_write(&f));
    fixture_crash(&f, &crashed);
    journal_restore_pending(&crashed);
    weh_briefcase_get_id_marks(crashed.briefcase, &restored);
    assert_int_equal(marks.element, restored.element);
    assert_int_equal(marks.instance, restored.instance);
    assert_fixture_ok(&crashed,
                      weh_briefcase_next_element_id(crashed.briefcase, &id, &crashed.diag));
    assert_int_equal(id, marks.element + 1);
    fixture_close(&crashed);
    fixture_close(&f);
}

static void test_restart_that_no_save_has_written_comes_back(void **state)
{
    struct fixture f;
    struct fixture crashed;

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_fixture_ok(&f, weh_txn_restart(f.stack, &f.diag));
    assert_true(journal_write(&f));
    fixture_crash(&f, &crashed);
    assert_true(fixture_state(&crashed).is_undo_possible);
    journal_restore_pending(&crashed);
    assert_false(fixture_state(&crashed).is_undo_possible);
    assert_true(fixture_state(&crashed).has_unsaved_changes);
    fixture_close(&crashed);
    fixture_close(&f);
}

/* ---- when there is a journal, and when none ---- */

static void test_journal_goes_with_what_it_holds(void **state)
{
    struct fixture f;
    size_t mark;

    (void)state;
    fixture_open_saved(&f);
    assert_false(weh_journal_is_due(f.stack));
    assert_false(journal_write(&f));
    assert_false(journal_is_there(&f, ""));

    fixture_set_prop(&f, 1, "a");
    assert_true(weh_journal_is_due(f.stack));
    assert_true(journal_write(&f));
    assert_false(weh_journal_is_due(f.stack));
    (void)fixture_save(&f, "");
    assert_false(journal_is_there(&f, ""));

    fixture_set_prop(&f, 1, "b");
    assert_true(journal_write(&f));
    assert_fixture_ok(&f, weh_txn_abandon(f.stack, &f.diag));
    assert_false(journal_is_there(&f, ""));

    fixture_set_prop(&f, 1, "b");
    assert_true(journal_write(&f));
    assert_int_equal(fixture_reverse(&f, 1), 1);
    assert_false(journal_is_there(&f, ""));

    fixture_set_prop(&f, 2, "c");
    assert_true(journal_write(&f));
    fixture_sql(&f, "DELETE FROM be_Prop WHERE Namespace='t'");
    assert_true(weh_journal_is_due(f.stack));
    assert_false(journal_write(&f));
    assert_false(journal_is_there(&f, ""));
    assert_false(weh_journal_is_due(f.stack));

    assert_fixture_ok(&f, weh_txn_savepoint(f.stack, WEH_STR("s"), 0, &f.diag));
    fixture_set_prop(&f, 2, "c");
    assert_true(journal_write(&f));
    assert_fixture_ok(&f, weh_txn_rollback_to(f.stack, WEH_STR("s"), &mark, &f.diag));
    assert_true(weh_journal_is_due(f.stack));
    assert_false(journal_write(&f));
    assert_false(journal_is_there(&f, ""));
    fixture_close(&f);
}

static void test_journal_is_for_its_owner_only(void **state)
{
    struct fixture f;
    struct stat status;
    char path[128];

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    journal_path(&f, ".new", path);
    assert_int_equal(symlink("/nonexistent/target", path), 0);
    assert_true(journal_write(&f));
    journal_path(&f, "", path);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_false(journal_is_there(&f, ".new"));
    fixture_close(&f);
}

static void test_pending_journal_tells_what_it_holds(void **state)
{
    struct fixture f;
    struct weh_journal_info info;
    enum weh_journal_state now;

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    fixture_set_prop(&f, 2, "b");
    fixture_sql(&f, "UPDATE bis_Element SET UserLabel='x' WHERE Id=1");
    assert_true(journal_write(&f));
    fixture_reopen(&f);
    assert_fixture_ok(&f, weh_journal_look(f.stack, &now, &info, &f.diag));
    assert_int_equal(now, WEH_JOURNAL_PENDING);
    assert_int_equal(info.n_rows, 3);
    assert_true(info.n_bytes > 50 && info.n_bytes < 1000);
    assert_string_equal(info.user, "Zo\xc3\xab");
    assert_true(info.time_ms > INT64_C(1500000000000));
    assert_fixture_ok(&f, weh_journal_get_info(f.stack, &info, &f.diag));
    assert_int_equal(info.n_rows, 3);
    fixture_close(&f);
}

static void test_long_user_name_is_cut_between_characters(void **state)
{
    struct fixture f;
    struct weh_journal_info info;
    enum weh_journal_state now;
    char user[301] = "aa";
    bool written;

    (void)state;
    fixture_open_saved(&f);
    for (size_t i = 2; i + 2 < sizeof(user); i += 2) {
        memcpy(user + i, "\xc3\xab", 3);
    }
    fixture_set_prop(&f, 1, "a");
    assert_fixture_ok(&f, weh_journal_write(f.stack, user, &written, &f.diag));
    fixture_reopen(&f);
    assert_fixture_ok(&f, weh_journal_look(f.stack, &now, &info, &f.diag));
    assert_int_equal(now, WEH_JOURNAL_PENDING);
    assert_int_equal(strlen(info.user), 126);
    fixture_close(&f);
}

static void test_drop_removes_the_journal_for_good(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_true(journal_write(&f));
    fixture_reopen(&f);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_PENDING);
    assert_fixture_ok(&f, weh_journal_drop(f.stack, &f.diag));
    assert_false(journal_is_there(&f, ""));
    assert_int_equal(weh_journal_drop(f.stack, &f.diag), WEH_E_NOT_FOUND);
    assert_int_equal(weh_journal_restore(f.stack, &f.diag), WEH_E_NOT_FOUND);
    assert_int_equal(weh_journal_get_info(f.stack, &(struct weh_journal_info){ 0 }, &f.diag),
                     WEH_E_NOT_FOUND);
    fixture_reopen(&f);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_NONE);
    fixture_close(&f);
}

static void test_undecided_journal_is_neither_overwritten_nor_removed(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_true(journal_write(&f));
    fixture_reopen(&f);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_PENDING);
    fixture_set_prop(&f, 2, "b");
    assert_false(weh_journal_is_due(f.stack));
    assert_false(journal_write(&f));
    assert_int_equal(weh_journal_restore(f.stack, &f.diag), WEH_E_UNSAVED_CHANGES);
    assert_fixture_ok(&f, weh_txn_abandon(f.stack, &f.diag));
    fixture_reopen(&f);
    journal_restore_pending(&f);
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM be_Prop WHERE Namespace='t' AND Id=1"),
                     1);
    fixture_close(&f);
}

static void test_restore_tells_the_changes_once(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_saved(&f);
    fixture_insert_subject(&f, 9001, "a");
    assert_true(journal_write(&f));
    fixture_reopen(&f);
    fixture_clear_events(&f);
    journal_restore_pending(&f);
    assert_string_equal(f.events, "e");
    assert_non_null(strstr(f.lists, "e+2329:"));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restored_edits_are_saved_as_they_would_have_been),
        cmocka_unit_test(test_all_edits_together_come_back),
        cmocka_unit_test(test_restored_edits_can_be_edited_further_and_crash_again),
        cmocka_unit_test(test_restored_ids_are_not_given_again),
        cmocka_unit_test(test_restart_that_no_save_has_written_comes_back),
        cmocka_unit_test(test_journal_goes_with_what_it_holds),
        cmocka_unit_test(test_journal_is_for_its_owner_only),
        cmocka_unit_test(test_pending_journal_tells_what_it_holds),
        cmocka_unit_test(test_long_user_name_is_cut_between_characters),
        cmocka_unit_test(test_drop_removes_the_journal_for_good),
        cmocka_unit_test(test_undecided_journal_is_neither_overwritten_nor_removed),
        cmocka_unit_test(test_restore_tells_the_changes_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
