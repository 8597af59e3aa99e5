/* tests/unit/txn/test_long.c - long saves, undos and redos: how far they are, and cancelled halfway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/txn_savepoint.h"

#include "txn_fixture.h"

#define N_ROWS 3000

/** Counts the questions, and says no to one of them. */
struct patience {
    unsigned n_asked;
    unsigned no_at; /* 0: never */
    uint64_t last;
    uint64_t total;
};

static weh_err step(void *ctx, uint64_t done, uint64_t total, struct weh_diag *diag)
{
    struct patience *patience = ctx;

    assert_true(total > 0 && done <= total);
    assert_true(patience->n_asked == 0 || done >= patience->last);
    patience->last = done;
    patience->total = total;
    return ++patience->n_asked == patience->no_at ? weh_fail(diag, WEH_E_CANCELLED, "no") : WEH_OK;
}

static void watch(struct fixture *f, struct patience *patience, unsigned no_at)
{
    struct weh_txn_watch told = { .ctx = patience, .step = step };

    *patience = (struct patience){ .no_at = no_at };
    weh_txn_set_watch(f->stack, &told);
    f->lists[0] = '\0';
    fixture_clear_events(f);
}

static void edit(struct fixture *f, unsigned first)
{
    char sql[512];

    (void)snprintf(
        sql, sizeof(sql),
        "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<%d) "
        "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,CodeValue)"
        " SELECT %u+i,ECClassId,1,CodeSpecId,1,'f'||(%u+i) FROM bis_Element,n WHERE Id=1;"
        "UPDATE bis_GeometricElement3d SET Origin_X=Origin_X+1",
        N_ROWS, first, first);
    fixture_sql(f, sql);
}

static weh_err save(struct fixture *f, bool *saved)
{
    struct weh_txn_id id;

    return weh_txn_save(f->stack, WEH_STR("long"), saved, &id, &f->diag);
}

static unsigned questions_of_a_save(struct fixture *f)
{
    struct patience patience;
    bool saved = false;

    edit(f, 10000);
    watch(f, &patience, 0);
    assert_int_equal(save(f, &saved), WEH_OK);
    assert_true(saved);
    assert_true(patience.n_asked > 10);
    weh_txn_set_watch(f->stack, NULL);
    return patience.n_asked;
}

static void test_long_save_cancelled_anywhere_leaves_the_edits_unsaved(void **state)
{
    static struct digests unsaved;
    static struct digests saved_state;
    static struct digests now;
    struct fixture *f = *state;
    struct patience patience;
    const unsigned n = questions_of_a_save(f);
    bool saved = false;
    int64_t n_txns = fixture_int(f, "SELECT count(*) FROM dgn_Txns");

    fixture_digest(f, true, &saved_state);
    edit(f, 20000);
    fixture_digest(f, true, &unsaved);
    for (unsigned no_at = 1; no_at <= n; no_at++) {
        watch(f, &patience, no_at);
        assert_int_equal(save(f, &saved), WEH_E_CANCELLED);
        assert_int_equal(patience.n_asked, no_at);
        assert_false(saved);
        fixture_digest(f, true, &now);
        assert_digests_equal(&now, &unsaved);
        assert_true(weh_txn_has_unsaved(f->stack));
        assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns"), n_txns);
    }
    /* And then it is saved after all, as one transaction that can be undone. */
    watch(f, &patience, 0);
    assert_int_equal(save(f, &saved), WEH_OK);
    assert_true(saved);
    weh_txn_set_watch(f->stack, NULL);
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &saved_state);
    fixture_check_file(f);
}

/* What the first attempt has written down must not be believed by the second. */
static void test_cancelled_save_does_not_remember_what_a_savepoint_takes_back(void **state)
{
    static struct digests before;
    static struct digests now;
    struct fixture *f = *state;
    struct patience patience;
    const unsigned n = questions_of_a_save(f);
    size_t mark = 0;
    bool saved = false;

    fixture_digest(f, true, &before);
    fixture_insert_subject(f, 9001, "kept");
    assert_int_equal(weh_txn_savepoint(f->stack, WEH_STR("s"), 0, &f->diag), WEH_OK);
    edit(f, 20000);
    watch(f, &patience, n - 1);
    assert_int_equal(save(f, &saved), WEH_E_CANCELLED);
    weh_txn_set_watch(f->stack, NULL);
    assert_int_equal(weh_txn_rollback_to(f->stack, WEH_STR("s"), &mark, &f->diag), WEH_OK);
    fixture_clear_events(f);
    (void)fixture_save(f, "what is left");
    assert_string_equal(f->events, "ceC");
    assert_non_null(strstr(f->lists, "e+2329:"));
    assert_null(strstr(f->lists, "e+4e21:"));
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &before);
}

static void test_long_undo_and_redo_cancelled_anywhere_leave_the_saved_state(void **state)
{
    static struct digests states[2];
    static struct digests now;
    struct fixture *f = *state;
    struct patience patience;
    unsigned n;

    fixture_settle_index(f);
    fixture_digest(f, true, &states[0]);
    (void)questions_of_a_save(f);
    fixture_digest(f, true, &states[1]);
    for (unsigned undone = 0; undone < 2; undone++) {
        struct weh_txn_ids ids = { 0 };
        weh_err err = WEH_E_CANCELLED;

        for (n = 1; err == WEH_E_CANCELLED; n++) {
            watch(f, &patience, n);
            err = undone == 0 ? weh_txn_reverse(f->stack, 1, &ids, &f->diag)
                              : weh_txn_reinstate(f->stack, &ids, &f->diag);
            fixture_digest(f, true, &now);
            assert_digests_equal(&now, &states[(err == WEH_OK) == (undone == 0) ? 0 : 1]);
            assert_int_equal(fixture_int(f, "PRAGMA foreign_keys"), 1);
        }
        assert_int_equal(err, WEH_OK);
        assert_true(n > 20);
        weh_txn_ids_fini(&ids);
    }
    weh_txn_set_watch(f->stack, NULL);
    fixture_check_file(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_long_save_cancelled_anywhere_leaves_the_edits_unsaved,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(
            test_cancelled_save_does_not_remember_what_a_savepoint_takes_back, fixture_set_up,
            fixture_tear_down),
        cmocka_unit_test_setup_teardown(
            test_long_undo_and_redo_cancelled_anywhere_leave_the_saved_state, fixture_set_up,
            fixture_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
