/* tests/unit/txn/test_operations.c - undo to a transaction, cancelling, multi-transaction operations,
 * restart of the session, the list of transactions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "history_tools.h"

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

/* ---- reverse to, cancel to ---- */

static void test_reverse_to_takes_the_transaction_and_all_after_it(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id one = history_save(f, 9001, "one");
    struct weh_txn_id two = history_save(f, 9002, "two");
    size_t n;

    (void)history_save(f, 9003, "three");
    assert_int_equal(try_reverse_to(f, fixture_state(f).current_txn_id.value, false, &n),
                     WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(try_reverse_to(f, 0, false, &n), WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(try_reverse_to(f, UINT64_MAX, false, &n), WEH_E_NOTHING_TO_UNDO);
    fixture_clear_events(f);
    assert_int_equal(try_reverse_to(f, two.value, false, &n), WEH_OK);
    assert_int_equal(n, 2);
    assert_string_equal(f->events, "Ueeu");
    assert_int_equal(try_reverse_to(f, two.value, false, &n), WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(try_reverse_to(f, one.value, false, &n), WEH_OK);
    assert_int_equal(fixture_reinstate(f), 1);
    assert_int_equal(fixture_reinstate(f), 2);
    assert_strings(f, "three", NULL);
}

static void test_cancel_leaves_nothing_to_reinstate(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id one = history_save(f, 9001, "one");
    int64_t n_rows = fixture_int(f, "SELECT count(*) FROM dgn_Txns");
    size_t n;

    (void)history_save(f, 9002, "two");
    (void)history_save(f, 9003, "three");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(try_reverse_to(f, (UINT64_C(3) << 32) + 2, true, &n), WEH_E_NOTHING_TO_UNDO);
    assert_strings(f, "two", "three");
    fixture_clear_events(f);
    assert_int_equal(try_reverse_to(f, one.value, true, &n), WEH_OK);
    assert_int_equal(n, 2);
    assert_string_equal(f->events, "Ueeu");
    assert_strings(f, "extents", NULL);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns"), n_rows - 1);
    assert_int_equal(fixture_state(f).current_txn_id.value, one.value);
    fixture_reopen(f);
    assert_strings(f, "extents", NULL);
    assert_false(history_has(f, 9001));
}

static void test_pending_is_exact_after_undo_redo_and_cancel(void **state)
{
    struct fixture f;
    size_t n;

    (void)state;
    fixture_open(&f, "empty.bim");
    assert_false(fixture_state(&f).has_pending_txns);
    (void)history_save(&f, 9001, "one");
    assert_true(fixture_state(&f).has_pending_txns);
    assert_int_equal(fixture_reverse(&f, 1), 1);
    assert_false(fixture_state(&f).has_pending_txns);
    assert_int_equal(fixture_reinstate(&f), 1);
    assert_true(fixture_state(&f).has_pending_txns);
    assert_int_equal(try_reverse_to(&f, UINT64_C(1) << 32, true, &n), WEH_OK);
    assert_false(fixture_state(&f).has_pending_txns);
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM dgn_Txns"), 0);
    assert_int_equal(history_save(&f, 9001, "again").value, UINT64_C(1) << 32);
    fixture_close(&f);
}

/* ---- operations ---- */

static void test_operation_is_undone_and_redone_as_one(void **state)
{
    struct fixture *f = *state;

    (void)history_save(f, 9000, "before");
    begin(f, "whole", 1);
    (void)history_save(f, 9001, "one");
    begin(f, "", 2);
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "");
    end(f, 1);
    (void)history_save(f, 9003, "three");
    end(f, 0);
    (void)history_save(f, 9004, "after");
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
    (void)history_save(f, 9001, "one");
    (void)history_save(f, 9002, "two");
    fixture_reopen(f);
    assert_int_equal(fixture_state(f).depth, 0);
    (void)history_save(f, 9003, "three");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_reverse(f, 1), 2);
}

static void test_undo_inside_an_open_operation(void **state)
{
    struct fixture *f = *state;

    (void)history_save(f, 9000, "before");
    begin(f, "", 1);
    (void)history_save(f, 9001, "one");
    (void)history_save(f, 9002, "two");
    /* What it has so far; it is open still and begins anew. */
    assert_int_equal(fixture_reverse(f, 1), 2);
    assert_int_equal(fixture_state(f).depth, 1);
    (void)history_save(f, 9003, "three");
    (void)history_save(f, 9004, "four");
    assert_int_equal(fixture_int(f, "SELECT sum(Grouped) FROM dgn_Txns WHERE Id>=3<<32"), 1);
    begin(f, "", 2);
    /* Further than its beginning: both are gone. */
    assert_int_equal(fixture_reverse(f, 2), 3);
    assert_int_equal(fixture_state(f).depth, 0);
    (void)history_save(f, 9005, "five");
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
        (void)history_save(f, 9000 + i, name);
    }
    end(f, 0);
    assert_int_equal(try_reverse_to(f, (UINT64_C(3) << 32) + 2, false, &n), WEH_OK);
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

    (void)history_save(f, 9001, "one");
    (void)history_save(f, 9002, "two");
    assert_int_equal(fixture_reverse(f, 1), 1);
    begin(f, "", 1);
    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    assert_strings(f, NULL, NULL);
    assert_int_equal(fixture_state(f).depth, 0);
    assert_true(fixture_state(f).has_pending_txns);
    assert_int_equal(fixture_state(f).current_txn_id.value, UINT64_C(4) << 32);
    assert_int_equal(try_reverse(f, 1), WEH_E_NOTHING_TO_UNDO);
    fixture_reopen(f);
    assert_strings(f, NULL, NULL);
    (void)history_save(f, 9003, "three");
    assert_int_equal(try_reverse_to(f, UINT64_C(3) << 32, false, &n), WEH_E_CANNOT_UNDO);
    assert_int_equal(fixture_reverse(f, 9), 1);
    fixture_reopen(f);
    assert_strings(f, NULL, "three");
    assert_true(history_has(f, 9001));
}

static void test_restart_with_unsaved_changes_keeps_them_and_is_saved_with_them(void **state)
{
    struct fixture *f = *state;

    (void)history_save(f, 9001, "one");
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

    (void)history_save(f, 9001, "one");
    fixture_reopen(f);
    (void)history_save(f, 9002, "two");
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_reopen(f);
    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_int_equal(history_save(f, 9003, "three").value, UINT64_C(4) << 32);
    assert_strings(f, "three", NULL);
    fixture_reopen(f);
    assert_int_equal(fixture_reverse(f, 9), 1);
    assert_true(history_has(f, 9001));
}

static void test_floor_means_nothing_when_the_rows_below_it_are_gone(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved;

    (void)history_save(f, 9001, "one");
    assert_int_equal(weh_txn_restart(f->stack, &f->diag), WEH_OK);
    /* Pushed, and begun anew. */
    fixture_sql(f, "DELETE FROM dgn_Txns");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    fixture_reopen(f);
    assert_int_equal(history_save(f, 9002, "two").value, UINT64_C(1) << 32);
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
    (void)history_save(f, 9001, "one");
    (void)history_save(f, 9002, "two");
    (void)history_save(f, 9003, "three");
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
