/* tests/unit/txn/test_history.c - undo and redo across sessions: what outlives a close, what the
 * record in be_Local says and when it is believed, walls, rows that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "history_tools.h"

#define RECORD "(SELECT count(*) FROM be_Local WHERE Name='weh_txn_stack')"

static weh_err reinstate(struct fixture *f)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reinstate(f->stack, &ids, &f->diag);

    weh_txn_ids_fini(&ids);
    return err;
}

/* ---- across sessions ---- */

static void test_undo_reaches_the_transactions_of_earlier_sessions(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;
    static struct digests now;

    fixture_settle_index(f);
    fixture_digest(f, true, &before);
    (void)history_save(f, 9001, "one");
    fixture_reopen(f);
    (void)history_save(f, 9002, "two");
    fixture_digest(f, true, &after);
    fixture_reopen(f);
    assert_strings(f, "two", NULL);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_strings(f, "one", "two");
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &before);
    fixture_reopen(f);
    assert_strings(f, "extents", "one");
    assert_int_equal(fixture_reinstate(f), 1);
    fixture_reopen(f);
    assert_strings(f, "one", "two");
    assert_int_equal(fixture_reinstate(f), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &after);
    assert_strings(f, "two", NULL);
    fixture_check_file(f);
}

static void test_save_after_an_undo_of_an_earlier_session_takes_an_id_of_this_one(void **state)
{
    struct fixture *f = *state;

    (void)history_save(f, 9001, "one");
    (void)history_save(f, 9002, "two");
    fixture_reopen(f);
    assert_int_equal(fixture_state(f).current_txn_id.value, UINT64_C(4) << 32);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_state(f).current_txn_id.value, UINT64_C(4) << 32);
    assert_int_equal(history_save(f, 9003, "three").value, UINT64_C(4) << 32);
    assert_strings(f, "three", NULL);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_strings(f, "one", "three");
    assert_int_equal(fixture_state(f).current_txn_id.value, UINT64_C(4) << 32);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_state(f).current_txn_id.value, UINT64_C(4) << 32);
    assert_int_equal(fixture_reinstate(f), 1);
    assert_int_equal(fixture_reinstate(f), 1);
    assert_int_equal(fixture_state(f).current_txn_id.value, (UINT64_C(4) << 32) + 1);
}

static void test_undo_of_what_the_official_backend_left_goes_to_the_schema_change(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests now;

    fixture_settle_index(f);
    fixture_digest(f, false, &before);
    assert_int_equal(fixture_reverse(f, 1000), 18);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), 3);
    assert_false(fixture_state(f).is_undo_possible);
    assert_true(fixture_state(f).has_pending_txns);
    fixture_insert_subject(f, 9001, "unsaved");
    assert_int_equal(try_reverse(f, 1), WEH_E_CANNOT_UNDO);
    assert_true(weh_txn_has_unsaved(f->stack));
    assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_int_equal(fixture_int(f, "SELECT " RECORD), 1);
    assert_int_equal(fixture_reinstate(f), 18);
    assert_int_equal(fixture_int(f, "SELECT " RECORD), 0);
    fixture_digest(f, false, &now);
    assert_digests_equal(&now, &before);
    fixture_check_file(f);
}

static void test_schema_change_is_a_wall_for_an_id_behind_it(void **state)
{
    struct fixture *f = *state;
    size_t n;

    assert_int_equal(try_reverse_to(f, UINT64_C(0x100000001), false, &n), WEH_E_CANNOT_UNDO);
    assert_int_equal(try_reverse_to(f, UINT64_C(0x100000000), true, &n), WEH_E_CANNOT_UNDO);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
    assert_int_equal(try_reverse_to(f, UINT64_C(0x100000002), false, &n), WEH_OK);
    assert_int_equal(n, 18);
}

static void test_reversed_rows_of_the_official_backend_come_back_one_by_one(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "undone.bim");
    assert_strings(&f, "add 1", "add 2");
    assert_int_equal(fixture_reinstate(&f), 1);
    assert_strings(&f, "add 2", "add 3");
    assert_int_equal(fixture_reinstate(&f), 1);
    assert_strings(&f, "add 3", NULL);
    assert_int_equal(fixture_reverse(&f, 9), 4);
    assert_false(fixture_state(&f).has_pending_txns);
    fixture_close(&f);
}

/* ---- the record ---- */

static void test_what_was_undone_together_comes_back_together_after_reopening(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 6; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "t%u", i);
        (void)history_save(f, 9000 + i, name);
    }
    assert_int_equal(fixture_reverse(f, 2), 2);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_reverse(f, 3), 3);
    fixture_reopen(f);
    assert_int_equal(fixture_reinstate(f), 3);
    fixture_reopen(f);
    assert_int_equal(fixture_reinstate(f), 1);
    fixture_reopen(f);
    assert_strings(f, "t3", "t4");
    assert_int_equal(fixture_reinstate(f), 2);
    assert_int_equal(fixture_int(f, "SELECT " RECORD), 0);
}

static void test_single_undos_leave_no_record(void **state)
{
    struct fixture *f = *state;

    (void)history_save(f, 9001, "one");
    (void)history_save(f, 9002, "two");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_int(f, "SELECT " RECORD), 0);
    fixture_reopen(f);
    assert_int_equal(fixture_reinstate(f), 1);
    assert_int_equal(fixture_reinstate(f), 1);
    assert_int_equal(reinstate(f), WEH_E_NOTHING_TO_REDO);
}

static void test_save_deletes_the_record(void **state)
{
    struct fixture *f = *state;

    (void)history_save(f, 9001, "one");
    (void)history_save(f, 9002, "two");
    assert_int_equal(fixture_reverse(f, 2), 2);
    assert_int_equal(fixture_int(f, "SELECT " RECORD), 1);
    (void)history_save(f, 9003, "three");
    assert_int_equal(fixture_int(f, "SELECT " RECORD), 0);
    fixture_reopen(f);
    assert_strings(f, "three", NULL);
}

/* What somebody else, or damage, may make of it: then each operation comes back by itself. */
static void test_record_that_does_not_agree_with_the_rows_is_not_believed(void **state)
{
    static const char *const changes[] = {
        "UPDATE be_Local SET Val='' WHERE Name='weh_txn_stack'",
        "UPDATE be_Local SET Val=NULL WHERE Name='weh_txn_stack'",
        "UPDATE be_Local SET Val=x'00ff' WHERE Name='weh_txn_stack'",
        "UPDATE be_Local SET Val='{\"version\":2,\"redo\":[]}' WHERE Name='weh_txn_stack'",
        "UPDATE be_Local SET Val='{\"version\":1,\"redo\":7}' WHERE Name='weh_txn_stack'",
        "UPDATE be_Local SET Val='{\"version\":1,\"redo\":[7,[],[\"0x1\"]]}' "
        "WHERE Name='weh_txn_stack'",
        "UPDATE be_Local SET Val=replace(Val,'0x300000002','0x300000003') "
        "WHERE Name='weh_txn_stack'",
        "UPDATE be_Local SET Val=replace(Val,'0x300000000','0x2ffffffff') "
        "WHERE Name='weh_txn_stack'",
        "UPDATE dgn_Txns SET Time=Time+1 WHERE Id=3<<32",
        "DELETE FROM be_Local WHERE Name='weh_txn_stack'",
    };
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "t%u", i);
        (void)history_save(f, 9000 + i, name);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(changes); i++) {
        bool saved;
        struct weh_txn_id id;

        assert_int_equal(fixture_reverse(f, 3), 3);
        fixture_sql(f, changes[i]);
        assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
        /* The stack that wrote the record does not read it again. */
        fixture_reopen(f);
        fixture_clear_events(f);
        assert_strings(f, "extents", "t0");
        assert_int_equal(fixture_reinstate(f), 1);
        assert_int_equal(fixture_reinstate(f), 1);
        assert_int_equal(fixture_reinstate(f), 1);
        assert_int_equal(fixture_int(f, "SELECT " RECORD), 0);
    }
}

static void test_reversed_rows_below_live_ones_cannot_be_reinstated(void **state)
{
    struct fixture *f = *state;
    bool saved;
    struct weh_txn_id id;

    (void)history_save(f, 9001, "one");
    (void)history_save(f, 9002, "two");
    fixture_sql(f, "UPDATE dgn_Txns SET Deleted=1 WHERE Id=3<<32");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_strings(f, "two", NULL);
    assert_int_equal(reinstate(f), WEH_E_NOTHING_TO_REDO);
    (void)history_save(f, 9003, "three");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
}

/* ---- rows that do not fit ---- */

/* Row by row the file must be what the transaction left. */
static void test_undo_of_an_earlier_session_that_does_not_fit_changes_nothing(void **state)
{
    static const char *const changes[] = {
        "UPDATE bis_Element SET UserLabel='other' WHERE Id=9001",
        "UPDATE bis_Element SET UserLabel=NULL WHERE Id=9001",
        "UPDATE bis_Element SET UserLabel=7 WHERE Id=9001",
        "INSERT INTO be_Prop VALUES('t','gone',0,0,0,'text',NULL,NULL)",
        "DELETE FROM bis_Element WHERE Id=9001",
    };
    struct fixture *f = *state;
    static struct digests saved;
    static struct digests now;

    fixture_sql(f, "INSERT INTO be_Prop VALUES('t','gone',0,0,0,'text',NULL,NULL)");
    (void)history_save(f, 9001, "one");
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='label' WHERE Id=9001;"
                   "DELETE FROM be_Prop WHERE Name='gone'");
    (void)fixture_save(f, "two");
    (void)history_save(f, 9002, "three");
    for (size_t i = 0; i < WEH_ARRAY_LEN(changes); i++) {
        write_elsewhere(f, changes[i]);
        fixture_digest(f, true, &saved);
        /* The newest fits. */
        assert_int_equal(fixture_reverse(f, 1), 1);
        assert_int_equal(fixture_reinstate(f), 1);
        fixture_clear_events(f);
        assert_int_equal(try_reverse(f, 2), WEH_E_CANNOT_UNDO);
        assert_int_equal(f->n_events, 0);
        fixture_digest(f, true, &now);
        assert_digests_equal(&now, &saved);
        assert_strings(f, "three", NULL);
        write_elsewhere(f, "UPDATE bis_Element SET UserLabel='label' WHERE Id=9001;"
                           "DELETE FROM be_Prop WHERE Name='gone'");
    }
}

static void test_redo_of_an_earlier_session_that_does_not_fit_changes_nothing(void **state)
{
    struct fixture *f = *state;
    bool saved;
    struct weh_txn_id id;

    (void)history_save(f, 9001, "one");
    assert_int_equal(fixture_reverse(f, 1), 1);
    write_elsewhere(f, "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId) "
                       "SELECT 9001,ECClassId,1,CodeSpecId,1 FROM bis_Element WHERE Id=1");
    assert_int_equal(reinstate(f), WEH_E_CANNOT_UNDO);
    assert_true(history_has(f, 9001));
    assert_strings(f, "extents", "one");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    assert_false(saved);
}

static void test_damaged_transaction_of_an_earlier_session_cannot_be_undone(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved;

    (void)history_save(f, 9001, "one");
    fixture_sql(f, "UPDATE dgn_Txns SET Change=x'0000' WHERE Id=3<<32");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_int_equal(try_reverse(f, 1), WEH_E_CANNOT_UNDO);
    assert_true(history_has(f, 9001));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_undo_reaches_the_transactions_of_earlier_sessions),
        TEST(test_save_after_an_undo_of_an_earlier_session_takes_an_id_of_this_one),
        TEST(test_undo_of_what_the_official_backend_left_goes_to_the_schema_change),
        TEST(test_schema_change_is_a_wall_for_an_id_behind_it),
        cmocka_unit_test(test_reversed_rows_of_the_official_backend_come_back_one_by_one),
        TEST(test_what_was_undone_together_comes_back_together_after_reopening),
        TEST(test_single_undos_leave_no_record),
        TEST(test_save_deletes_the_record),
        TEST(test_record_that_does_not_agree_with_the_rows_is_not_believed),
        TEST(test_reversed_rows_below_live_ones_cannot_be_reinstated),
        TEST(test_undo_of_an_earlier_session_that_does_not_fit_changes_nothing),
        TEST(test_redo_of_an_earlier_session_that_does_not_fit_changes_nothing),
        TEST(test_damaged_transaction_of_an_earlier_session_cannot_be_undone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
