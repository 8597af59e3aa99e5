/* tests/unit/txn/test_undo.c - undo and redo on real files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "txn_fixture.h"

#define DAY "julianday('now')"

static void test_undo_and_redo_bring_back_every_table(void **state)
{
    struct fixture *f = *state;
    static struct digests states[8];
    unsigned n = 0;

    fixture_settle_index(f);
    fixture_digest(f, false, &states[n++]);
    fixture_insert_subject(f, 9001, "a");
    fixture_insert_object(f, 9002);
    (void)fixture_save(f, "1 insert");
    fixture_digest(f, false, &states[n++]);
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='label',LastMod=" DAY "+1 WHERE Id=9002;"
                   "UPDATE bis_GeometricElement3d SET Origin_X=7.0,Yaw=30.0,GeometryStream=x'0102' "
                   "WHERE ElementId=9002");
    (void)fixture_save(f, "2 update");
    fixture_digest(f, false, &states[n++]);
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id=9001;"
                   "DELETE FROM bis_ElementMultiAspect;"
                   "UPDATE be_Prop SET StrData='x' WHERE Name='Extents'");
    (void)fixture_save(f, "3 delete");
    fixture_digest(f, false, &states[n++]);
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id IN (SELECT ElementId FROM "
                   "bis_GeometricElement3d) AND Id NOT IN (SELECT ParentId "
                   "FROM bis_Element WHERE ParentId IS NOT NULL) AND Id NOT IN (SELECT CodeScopeId "
                   "FROM bis_Element)");
    (void)fixture_save(f, "4 delete many");
    fixture_digest(f, false, &states[n]);
    for (unsigned i = 1; i <= n; i++) {
        assert_digests_differ(&states[i - 1], &states[i]);
    }
    for (unsigned round = 0; round < 2; round++) {
        static struct digests now;

        for (unsigned i = n; i > 0; i--) {
            assert_int_equal(fixture_reverse(f, 1), 1);
            fixture_digest(f, false, &now);
            assert_digests_equal(&now, &states[i - 1]);
        }
        for (unsigned i = 0; i < n; i++) {
            assert_int_equal(fixture_reinstate(f), 1);
            fixture_digest(f, false, &now);
            assert_digests_equal(&now, &states[i + 1]);
        }
    }
    fixture_check_file(f);
}

static void test_undo_tells_the_inverse_and_redo_the_change(void **state)
{
    struct fixture *f = *state;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "one");
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='b' WHERE Id=9001");
    (void)fixture_save(f, "two");
    fixture_clear_events(f);
    assert_int_equal(fixture_reverse(f, 2), 2);
    assert_string_equal(f->events, "Ueeu");
    assert_true(strstr(f->lists, "e~2329:") < strstr(f->lists, "e-2329:"));
    assert_non_null(strstr(f->lists, "t1 | "));
    fixture_clear_events(f);
    assert_int_equal(fixture_reinstate(f), 2);
    assert_string_equal(f->events, "Reer");
    assert_true(strstr(f->lists, "e+2329:") < strstr(f->lists, "e~2329:"));
}

static void test_undo_takes_as_many_as_there_are(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };

    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    for (unsigned i = 0; i < 3; i++) {
        fixture_insert_subject(f, 9001 + i, "a");
        fixture_sql(f, i == 2 ? "UPDATE bis_Element SET CodeValue='c' WHERE Id=9003"
                              : "UPDATE bis_Element SET CodeValue='b'||Id WHERE Id>9000");
        (void)fixture_save(f, "");
    }
    assert_int_equal(weh_txn_reverse(f->stack, 1000, &ids, &f->diag), WEH_OK);
    assert_int_equal(ids.n, 3);
    assert_int_equal(ids.ids[0].value, (UINT64_C(3) << 32) + 2);
    assert_int_equal(ids.ids[2].value, UINT64_C(3) << 32);
    weh_txn_ids_fini(&ids);
    assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 3);
}

static void test_undo_counts_a_group_once(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 4; i++) {
        char code[8];

        (void)snprintf(code, sizeof(code), "g%u", i);
        fixture_insert_subject(f, 9001 + i, code);
        (void)fixture_save(f, code);
    }
    fixture_sql(f, "UPDATE dgn_Txns SET Grouped=1 WHERE Id IN ((3<<32)+2,(3<<32)+3)");
    assert_int_equal(fixture_reverse(f, 1), 3);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_reinstate(f), 1);
    assert_int_equal(fixture_reinstate(f), 3);
}

static void test_undo_without_transactions_keeps_unsaved_changes(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };

    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(weh_txn_reverse(f->stack, 0, &ids, &f->diag), WEH_E_NOTHING_TO_UNDO);
    assert_true(weh_txn_has_unsaved(f->stack));
    assert_int_equal(weh_txn_reinstate(f->stack, &ids, &f->diag), WEH_E_NOTHING_TO_REDO);
    assert_true(weh_txn_has_unsaved(f->stack));
    (void)fixture_save(f, "");
}

static void test_undo_drops_unsaved_changes_first(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;

    fixture_digest(f, true, &before);
    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    fixture_insert_subject(f, 9002, "b");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_digest(f, true, &after);
    assert_digests_equal(&before, &after);
}

static void test_undo_is_durable(void **state)
{
    struct fixture *f = *state;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_reopen(f);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=9001"), 0);
    assert_int_equal(fixture_int(f, "SELECT Deleted FROM dgn_Txns ORDER BY Id DESC LIMIT 1"), 1);
}

static void test_save_after_undo_ends_redo_and_reuses_the_id(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "gone");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_true(fixture_state(f).is_redo_possible);
    fixture_insert_subject(f, 9002, "b");
    assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
    assert_true(fixture_state(f).is_redo_possible);
    fixture_insert_subject(f, 9002, "b");
    assert_int_equal(fixture_save(f, "new").value, UINT64_C(3) << 32);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
    assert_int_equal(weh_txn_reinstate(f->stack, &ids, &f->diag), WEH_E_NOTHING_TO_REDO);
}

/* The clock has milliseconds: an update right after an insert leaves LastMod as it is. */
static void test_undo_of_an_update_that_kept_the_time_restores_the_time(void **state)
{
    struct fixture *f = *state;
    static struct digests inserted;
    static struct digests updated;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    /* As if the clock had stood still: the trigger is not there for this one update. */
    fixture_sql(f, "UPDATE bis_Element SET LastMod=2460000.5 WHERE Id=9001");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &inserted);
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='x',LastMod=2460000.25 WHERE Id=9001;"
                   "UPDATE bis_Element SET LastMod=2460000.5 WHERE Id=9001");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &updated);
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &inserted);
    assert_int_equal(fixture_reinstate(f), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &updated);
    assert_int_equal(fixture_reverse(f, 3), 3);
}

/* Two rows that swap a unique value cannot be set one after the other. */
static void test_undo_of_a_swap_of_unique_values_takes_the_slow_way(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &before);
    fixture_sql(f, "UPDATE bis_Element SET CodeValue='tmp',UserLabel='u' WHERE Id=9001;"
                   "UPDATE bis_Element SET CodeValue='a' WHERE Id=9002;"
                   "UPDATE bis_Element SET CodeValue='b' WHERE Id=9001");
    (void)fixture_save(f, "swap");
    fixture_digest(f, true, &after);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(fixture_reverse(f, 1), 1);
        fixture_digest(f, true, &now);
        assert_digests_equal(&now, &before);
        assert_int_equal(fixture_reinstate(f), 1);
        fixture_digest(f, true, &now);
        assert_digests_equal(&now, &after);
    }
    assert_int_equal(fixture_int(f, "PRAGMA foreign_keys"), 1);
    fixture_check_file(f);
}

static void test_undo_of_a_code_passed_on_restores_it(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &before);
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id=9001");
    fixture_insert_subject(f, 9002, "a");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &after);
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &before);
    assert_int_equal(fixture_reinstate(f), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &after);
    fixture_check_file(f);
}

/* Deleting a type clears it in its objects (ON DELETE SET NULL) without a row of its own. */
static void test_undo_of_a_deleted_type_restores_references(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;
    static struct digests now;

    fixture_insert_subject(f, 9001, "as type");
    fixture_insert_object(f, 9002);
    fixture_insert_object(f, 9003);
    fixture_sql(f, "UPDATE bis_GeometricElement3d SET TypeDefinitionId=9001 WHERE ElementId>9000");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &before);
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id IN (9001,9003)");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_GeometricElement3d WHERE "
                                    "TypeDefinitionId=9001"),
                     0);
    (void)fixture_save(f, "");
    fixture_digest(f, true, &after);
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &before);
    assert_int_equal(fixture_reinstate(f), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &after);
    assert_int_equal(fixture_reverse(f, 2), 2);
    assert_int_equal(fixture_reinstate(f), 2);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &after);
}

static void test_undo_of_a_damaged_transaction_changes_nothing(void **state)
{
    static const char *const damage[] = {
        "UPDATE dgn_Txns SET Change=substr(Change,1,length(Change)-1) WHERE Id=3<<32",
        "UPDATE dgn_Txns SET Change=x'' WHERE Id=3<<32",
        "UPDATE dgn_Txns SET Change=NULL WHERE Id=3<<32",
        "UPDATE dgn_Txns SET Change=x'0b00080c00060000ffffffff00' WHERE Id=3<<32",
    };
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };
    static struct digests saved;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &saved);
    for (size_t i = 0; i < WEH_ARRAY_LEN(damage); i++) {
        fixture_sql(f, damage[i]);
        assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_CORRUPT);
        assert_null(ids.ids);
        fixture_digest(f, true, &now);
        assert_digests_equal(&now, &saved);
        assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
        assert_true(fixture_state(f).is_undo_possible);
    }
}

/* The row to be changed is not there: the stored rows are those of another transaction. */
static void test_undo_that_does_not_fit_the_file_is_rolled_back(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };
    static struct digests saved;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='x' WHERE Id=9001");
    (void)fixture_save(f, "");
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id=9001");
    (void)fixture_save(f, "");
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "");
    fixture_sql(f, "UPDATE dgn_Txns SET Change=(SELECT Change FROM dgn_Txns WHERE Id=(3<<32)+1) "
                   "WHERE Id=(3<<32)+3");
    fixture_insert_subject(f, 9003, "c");
    (void)fixture_save(f, "");
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &saved);
    fixture_clear_events(f);
    assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_CORRUPT);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &saved);
    assert_int_equal(f->n_events, 0);
    assert_int_equal(fixture_reinstate(f), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_undo_and_redo_bring_back_every_table),
        TEST(test_undo_tells_the_inverse_and_redo_the_change),
        TEST(test_undo_takes_as_many_as_there_are),
        TEST(test_undo_counts_a_group_once),
        TEST(test_undo_without_transactions_keeps_unsaved_changes),
        TEST(test_undo_drops_unsaved_changes_first),
        TEST(test_undo_is_durable),
        TEST(test_save_after_undo_ends_redo_and_reuses_the_id),
        TEST(test_undo_of_an_update_that_kept_the_time_restores_the_time),
        TEST(test_undo_of_a_swap_of_unique_values_takes_the_slow_way),
        TEST(test_undo_of_a_code_passed_on_restores_it),
        TEST(test_undo_of_a_deleted_type_restores_references),
        TEST(test_undo_of_a_damaged_transaction_changes_nothing),
        TEST(test_undo_that_does_not_fit_the_file_is_rolled_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
