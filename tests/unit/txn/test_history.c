/* tests/unit/txn/test_history.c - undo and redo across sessions: what outlives a close, what the
 * record in be_Local says and when it is believed, operations, restart, walls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "txn_fixture.h"

#define RECORD "(SELECT count(*) FROM be_Local WHERE Name='weh_txn_stack')"

/* One subject a transaction: its code and the description are @name. */
static struct weh_txn_id save_subject(struct fixture *f, unsigned id, const char *name)
{
    fixture_insert_subject(f, id, name);
    return fixture_save(f, name);
}

static bool has(struct fixture *f, unsigned id)
{
    char sql[96];

    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM bis_Element WHERE Id=%u", id);
    return fixture_int(f, sql) == 1;
}

static void assert_strings(struct fixture *f, const char *undo, const char *redo)
{
    struct weh_txn_state s = fixture_state(f);

    assert_int_equal(s.is_undo_possible, undo != NULL);
    assert_int_equal(s.is_redo_possible, redo != NULL);
    assert_true(weh_str_eq_text(s.undo_string, undo == NULL ? "" : undo));
    assert_true(weh_str_eq_text(s.redo_string, redo == NULL ? "" : redo));
}

static weh_err reverse(struct fixture *f, uint32_t count)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reverse(f->stack, count, &ids, &f->diag);

    assert_true(err == WEH_OK || ids.n == 0);
    weh_txn_ids_fini(&ids);
    return err;
}

static weh_err reverse_to(struct fixture *f, uint64_t id, bool cancel, size_t *n)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reverse_to(f->stack, (struct weh_txn_id){ id }, cancel, &ids, &f->diag);

    *n = ids.n;
    weh_txn_ids_fini(&ids);
    return err;
}

static weh_err reinstate(struct fixture *f)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reinstate(f->stack, &ids, &f->diag);

    weh_txn_ids_fini(&ids);
    return err;
}

static void begin(struct fixture *f, const char *description, uint32_t wanted)
{
    uint32_t depth = 0;

    assert_int_equal(weh_txn_begin_operation(f->stack, weh_str_from(description), &depth, &f->diag),
                     WEH_OK);
    assert_int_equal(depth, wanted);
}

static void end(struct fixture *f, uint32_t wanted)
{
    uint32_t depth = 99;

    assert_int_equal(weh_txn_end_operation(f->stack, &depth, &f->diag), WEH_OK);
    assert_int_equal(depth, wanted);
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
    (void)save_subject(f, 9001, "one");
    fixture_reopen(f);
    (void)save_subject(f, 9002, "two");
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

    (void)save_subject(f, 9001, "one");
    (void)save_subject(f, 9002, "two");
    fixture_reopen(f);
    assert_int_equal(fixture_state(f).current_txn_id.value, UINT64_C(4) << 32);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_state(f).current_txn_id.value, UINT64_C(4) << 32);
    assert_int_equal(save_subject(f, 9003, "three").value, UINT64_C(4) << 32);
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
    assert_int_equal(reverse(f, 1), WEH_E_CANNOT_UNDO);
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

    assert_int_equal(reverse_to(f, UINT64_C(0x100000001), false, &n), WEH_E_CANNOT_UNDO);
    assert_int_equal(reverse_to(f, UINT64_C(0x100000000), true, &n), WEH_E_CANNOT_UNDO);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
    assert_int_equal(reverse_to(f, UINT64_C(0x100000002), false, &n), WEH_OK);
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
        (void)save_subject(f, 9000 + i, name);
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

    (void)save_subject(f, 9001, "one");
    (void)save_subject(f, 9002, "two");
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

    (void)save_subject(f, 9001, "one");
    (void)save_subject(f, 9002, "two");
    assert_int_equal(fixture_reverse(f, 2), 2);
    assert_int_equal(fixture_int(f, "SELECT " RECORD), 1);
    (void)save_subject(f, 9003, "three");
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
        (void)save_subject(f, 9000 + i, name);
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

    (void)save_subject(f, 9001, "one");
    (void)save_subject(f, 9002, "two");
    fixture_sql(f, "UPDATE dgn_Txns SET Deleted=1 WHERE Id=3<<32");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_strings(f, "two", NULL);
    assert_int_equal(reinstate(f), WEH_E_NOTHING_TO_REDO);
    (void)save_subject(f, 9003, "three");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
}

/* ---- rows that do not fit ---- */

/* Run @sql as somebody else would: without a transaction of its own. */
static void write_elsewhere(struct fixture *f, const char *sql)
{
    weh_txn_stack_destroy(f->stack);
    f->stack = NULL;
    fixture_sql(f, sql);
    assert_int_equal(weh_briefcase_commit(f->briefcase, &f->diag), WEH_OK);
    fixture_reopen(f);
}

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
    (void)save_subject(f, 9001, "one");
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='label' WHERE Id=9001;"
                   "DELETE FROM be_Prop WHERE Name='gone'");
    (void)fixture_save(f, "two");
    (void)save_subject(f, 9002, "three");
    for (size_t i = 0; i < WEH_ARRAY_LEN(changes); i++) {
        write_elsewhere(f, changes[i]);
        fixture_digest(f, true, &saved);
        /* The newest fits. */
        assert_int_equal(fixture_reverse(f, 1), 1);
        assert_int_equal(fixture_reinstate(f), 1);
        fixture_clear_events(f);
        assert_int_equal(reverse(f, 2), WEH_E_CANNOT_UNDO);
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

    (void)save_subject(f, 9001, "one");
    assert_int_equal(fixture_reverse(f, 1), 1);
    write_elsewhere(f, "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId) "
                       "SELECT 9001,ECClassId,1,CodeSpecId,1 FROM bis_Element WHERE Id=1");
    assert_int_equal(reinstate(f), WEH_E_CANNOT_UNDO);
    assert_true(has(f, 9001));
    assert_strings(f, "extents", "one");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    assert_false(saved);
}

static void test_damaged_transaction_of_an_earlier_session_cannot_be_undone(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved;

    (void)save_subject(f, 9001, "one");
    fixture_sql(f, "UPDATE dgn_Txns SET Change=x'0000' WHERE Id=3<<32");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_int_equal(reverse(f, 1), WEH_E_CANNOT_UNDO);
    assert_true(has(f, 9001));
}

/* ---- reverse to, cancel to ---- */

static void test_reverse_to_takes_the_transaction_and_all_after_it(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id one = save_subject(f, 9001, "one");
    struct weh_txn_id two = save_subject(f, 9002, "two");
    size_t n;

    (void)save_subject(f, 9003, "three");
    assert_int_equal(reverse_to(f, fixture_state(f).current_txn_id.value, false, &n),
                     WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(reverse_to(f, 0, false, &n), WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(reverse_to(f, UINT64_MAX, false, &n), WEH_E_NOTHING_TO_UNDO);
    fixture_clear_events(f);
    assert_int_equal(reverse_to(f, two.value, false, &n), WEH_OK);
    assert_int_equal(n, 2);
    assert_string_equal(f->events, "Ueeu");
    assert_int_equal(reverse_to(f, two.value, false, &n), WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(reverse_to(f, one.value, false, &n), WEH_OK);
    assert_int_equal(fixture_reinstate(f), 1);
    assert_int_equal(fixture_reinstate(f), 2);
    assert_strings(f, "three", NULL);
}

static void test_cancel_leaves_nothing_to_reinstate(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id one = save_subject(f, 9001, "one");
    int64_t n_rows = fixture_int(f, "SELECT count(*) FROM dgn_Txns");
    size_t n;

    (void)save_subject(f, 9002, "two");
    (void)save_subject(f, 9003, "three");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(reverse_to(f, (UINT64_C(3) << 32) + 2, true, &n), WEH_E_NOTHING_TO_UNDO);
    assert_strings(f, "two", "three");
    fixture_clear_events(f);
    assert_int_equal(reverse_to(f, one.value, true, &n), WEH_OK);
    assert_int_equal(n, 2);
    assert_string_equal(f->events, "Ueeu");
    assert_strings(f, "extents", NULL);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns"), n_rows - 1);
    assert_int_equal(fixture_state(f).current_txn_id.value, one.value);
    fixture_reopen(f);
    assert_strings(f, "extents", NULL);
    assert_false(has(f, 9001));
}

static void test_pending_is_exact_after_undo_redo_and_cancel(void **state)
{
    struct fixture f;
    size_t n;

    (void)state;
    fixture_open(&f, "empty.bim");
    assert_false(fixture_state(&f).has_pending_txns);
    (void)save_subject(&f, 9001, "one");
    assert_true(fixture_state(&f).has_pending_txns);
    assert_int_equal(fixture_reverse(&f, 1), 1);
    assert_false(fixture_state(&f).has_pending_txns);
    assert_int_equal(fixture_reinstate(&f), 1);
    assert_true(fixture_state(&f).has_pending_txns);
    assert_int_equal(reverse_to(&f, UINT64_C(1) << 32, true, &n), WEH_OK);
    assert_false(fixture_state(&f).has_pending_txns);
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM dgn_Txns"), 0);
    assert_int_equal(save_subject(&f, 9001, "again").value, UINT64_C(1) << 32);
    fixture_close(&f);
}

/* ---- operations ---- */

static void test_operation_is_undone_and_redone_as_one(void **state)
{
    struct fixture *f = *state;

    (void)save_subject(f, 9000, "before");
    begin(f, "whole", 1);
    (void)save_subject(f, 9001, "one");
    begin(f, "", 2);
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "");
    end(f, 1);
    (void)save_subject(f, 9003, "three");
    end(f, 0);
    (void)save_subject(f, 9004, "after");
    assert_int_equal(fixture_int(f, "SELECT sum(Grouped<<(Id&15)) FROM dgn_Txns WHERE Id>=3<<32"),
                     4 + 8);
    assert_int_equal(fixture_int(f, "SELECT Operation='whole' FROM dgn_Txns WHERE Id=(3<<32)+2"),
                     1);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_strings(f, "three", "after");
    assert_int_equal(fixture_reverse(f, 1), 3);
    assert_strings(f, "before", "one");
    fixture_reopen(f);
    assert_int_equal(fixture_reinstate(f), 3);
    assert_int_equal(fixture_reinstate(f), 1);
    assert_strings(f, "after", NULL);
}

static void test_operation_that_was_never_ended_takes_in_nothing_later(void **state)
{
    struct fixture *f = *state;

    begin(f, "", 1);
    (void)save_subject(f, 9001, "one");
    (void)save_subject(f, 9002, "two");
    fixture_reopen(f);
    assert_int_equal(fixture_state(f).depth, 0);
    (void)save_subject(f, 9003, "three");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_reverse(f, 1), 2);
}

static void test_undo_inside_an_open_operation(void **state)
{
    struct fixture *f = *state;

    (void)save_subject(f, 9000, "before");
    begin(f, "", 1);
    (void)save_subject(f, 9001, "one");
    (void)save_subject(f, 9002, "two");
    /* What it has so far; it is open still and begins anew. */
    assert_int_equal(fixture_reverse(f, 1), 2);
    assert_int_equal(fixture_state(f).depth, 1);
    (void)save_subject(f, 9003, "three");
    (void)save_subject(f, 9004, "four");
    assert_int_equal(fixture_int(f, "SELECT sum(Grouped) FROM dgn_Txns WHERE Id>=3<<32"), 1);
    begin(f, "", 2);
    /* Further than its beginning: both are gone. */
    assert_int_equal(fixture_reverse(f, 2), 3);
    assert_int_equal(fixture_state(f).depth, 0);
    (void)save_subject(f, 9005, "five");
    assert_int_equal(fixture_int(f, "SELECT sum(Grouped) FROM dgn_Txns WHERE Id>=3<<32"), 0);
}

static void test_part_of_an_operation_comes_back_as_it_was_taken(void **state)
{
    struct fixture *f = *state;
    size_t n;

    begin(f, "", 1);
    for (unsigned i = 0; i < 4; i++) {
        char name[8];

        (void)snprintf(name, sizeof(name), "t%u", i);
        (void)save_subject(f, 9000 + i, name);
    }
    end(f, 0);
    assert_int_equal(reverse_to(f, (UINT64_C(3) << 32) + 2, false, &n), WEH_OK);
    assert_int_equal(fixture_reverse(f, 1), 2);
    fixture_reopen(f);
    assert_strings(f, "extents", "t0");
    assert_int_equal(fixture_reinstate(f), 2);
    fixture_reopen(f);
    assert_strings(f, "t1", "t2");
    assert_int_equal(fixture_reinstate(f), 2);
    assert_int_equal(fixture_reverse(f, 1), 4);
}

static void test_operations_are_bounded_and_end_only_when_open(void **state)
{
    struct fixture *f = *state;
    uint32_t depth = 0;

    assert_int_equal(weh_txn_end_operation(f->stack, &depth, &f->diag), WEH_E_NO_OPERATION);
    for (unsigned i = 1; i <= 64; i++) {
        begin(f, "x", i);
    }
    assert_int_equal(weh_txn_begin_operation(f->stack, WEH_STR(""), &depth, &f->diag), WEH_E_LIMIT);
    assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
    assert_int_equal(fixture_state(f).depth, 64);
    for (unsigned i = 64; i > 0; i--) {
        end(f, i - 1);
    }
}

/* ---- restart ---- */

static void test_restart_ends_undo_and_redo_for_good(void **state)
{
    struct fixture *f = *state;
    size_t n;

    (void)save_subject(f, 9001, "one");
    (void)save_subject(f, 9002, "two");
    assert_int_equal(fixture_reverse(f, 1), 1);
    begin(f, "", 1);
    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    assert_strings(f, NULL, NULL);
    assert_int_equal(fixture_state(f).depth, 0);
    assert_true(fixture_state(f).has_pending_txns);
    assert_int_equal(fixture_state(f).current_txn_id.value, UINT64_C(4) << 32);
    assert_int_equal(reverse(f, 1), WEH_E_NOTHING_TO_UNDO);
    fixture_reopen(f);
    assert_strings(f, NULL, NULL);
    (void)save_subject(f, 9003, "three");
    assert_int_equal(reverse_to(f, UINT64_C(3) << 32, false, &n), WEH_E_CANNOT_UNDO);
    assert_int_equal(fixture_reverse(f, 9), 1);
    fixture_reopen(f);
    assert_strings(f, NULL, "three");
    assert_true(has(f, 9001));
}

static void test_restart_with_unsaved_changes_keeps_them_and_is_saved_with_them(void **state)
{
    struct fixture *f = *state;

    (void)save_subject(f, 9001, "one");
    fixture_insert_subject(f, 9002, "two");
    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    assert_true(weh_txn_has_unsaved(f->stack));
    assert_strings(f, NULL, NULL);
    assert_int_equal(fixture_save(f, "two").value, UINT64_C(4) << 32);
    fixture_reopen(f);
    assert_strings(f, "two", NULL);
    assert_int_equal(fixture_reverse(f, 9), 1);
    fixture_insert_subject(f, 9003, "three");
    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_strings(f, NULL, NULL);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
}

/* The reversed rows that a restart drops had the highest session number. */
static void test_floor_does_not_hide_a_session_whose_number_comes_again(void **state)
{
    struct fixture *f = *state;

    (void)save_subject(f, 9001, "one");
    fixture_reopen(f);
    (void)save_subject(f, 9002, "two");
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_reopen(f);
    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_int_equal(save_subject(f, 9003, "three").value, UINT64_C(4) << 32);
    assert_strings(f, "three", NULL);
    fixture_reopen(f);
    assert_int_equal(fixture_reverse(f, 9), 1);
    assert_true(has(f, 9001));
}

static void test_floor_means_nothing_when_the_rows_below_it_are_gone(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved;

    (void)save_subject(f, 9001, "one");
    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    /* Pushed, and begun anew. */
    fixture_sql(f, "DELETE FROM dgn_Txns");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_int_equal(save_subject(f, 9002, "two").value, UINT64_C(1) << 32);
    fixture_reopen(f);
    assert_strings(f, "two", NULL);
    assert_int_equal(fixture_reverse(f, 1), 1);
}

/* The native library marks local transactions as reversed while it merges others. */
static void test_file_in_the_middle_of_a_pull_is_refused(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_stack *stack = NULL;

    write_elsewhere(f, "INSERT INTO be_Local VALUES('pull_merge_conf','{\"version\":1,"
                       "\"merge_stage\":0,\"end_txn_id\":0}')");
    fixture_sql(f, "UPDATE be_Local SET Val='{\"version\":1,\"merge_stage\":1,\"end_txn_id\":7}' "
                   "WHERE Name='pull_merge_conf'");
    assert_int_equal(weh_txn_stack_create(f->briefcase, f->catalog, &stack, &f->diag),
                     WEH_E_UNSUPPORTED);
    assert_null(stack);
}

/* ---- list ---- */

struct listed {
    struct weh_txn_info infos[32];
    char texts[32][32];
    size_t n;
};

static void note_info(void *ctx, const struct weh_txn_info *info)
{
    struct listed *listed = ctx;

    assert_true(listed->n < 32);
    (void)snprintf(listed->texts[listed->n], 32, "%.*s", WEH_STR_ARGS(info->description));
    listed->infos[listed->n++] = *info;
}

static void test_list_tells_the_newest_oldest_first(void **state)
{
    struct fixture *f = *state;
    static struct listed listed;
    struct weh_txn_visitor visitor = { &listed, note_info };

    begin(f, "", 1);
    (void)save_subject(f, 9001, "one");
    (void)save_subject(f, 9002, "two");
    (void)save_subject(f, 9003, "three");
    fixture_sql(f, "UPDATE dgn_Txns SET Operation='{\"description\":\"as later versions\"}',"
                   "Time=2440587.5+1.0/86400 WHERE Id=(3<<32)+1");
    end(f, 0);
    assert_int_equal(fixture_reverse(f, 1), 3);
    assert_int_equal(weh_txn_list(f->stack, 2, &visitor, &f->diag), WEH_OK);
    assert_int_equal(listed.n, 2);
    assert_string_equal(listed.texts[0], "as later versions");
    assert_string_equal(listed.texts[1], "three");
    assert_int_equal(listed.infos[0].time_ms, 1000);
    assert_int_equal(listed.infos[0].id.value, (UINT64_C(3) << 32) + 1);
    assert_true(listed.infos[0].grouped && listed.infos[0].reversed);
    assert_true(listed.infos[0].bytes > 50);
    listed.n = 0;
    assert_int_equal(weh_txn_list(f->stack, 100, &visitor, &f->diag), WEH_OK);
    assert_int_equal(listed.n, 23);
    assert_string_equal(listed.texts[0], "");
    assert_string_equal(listed.texts[2], "code specs");
    assert_false(listed.infos[20].grouped);
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
        TEST(test_reverse_to_takes_the_transaction_and_all_after_it),
        TEST(test_cancel_leaves_nothing_to_reinstate),
        cmocka_unit_test(test_pending_is_exact_after_undo_redo_and_cancel),
        TEST(test_operation_is_undone_and_redone_as_one),
        TEST(test_operation_that_was_never_ended_takes_in_nothing_later),
        TEST(test_undo_inside_an_open_operation),
        TEST(test_part_of_an_operation_comes_back_as_it_was_taken),
        TEST(test_operations_are_bounded_and_end_only_when_open),
        TEST(test_restart_ends_undo_and_redo_for_good),
        TEST(test_restart_with_unsaved_changes_keeps_them_and_is_saved_with_them),
        TEST(test_floor_does_not_hide_a_session_whose_number_comes_again),
        TEST(test_floor_means_nothing_when_the_rows_below_it_are_gone),
        TEST(test_file_in_the_middle_of_a_pull_is_refused),
        TEST(test_list_tells_the_newest_oldest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
