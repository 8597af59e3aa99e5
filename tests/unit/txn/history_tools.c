/* tests/unit/txn/history_tools.c - see history_tools.h. */
#include "history_tools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "weh/briefcase_txn.h"

struct weh_txn_id history_save(struct fixture *f, unsigned id, const char *name)
{
    fixture_insert_subject(f, id, name);
    return fixture_save(f, name);
}

bool history_has(struct fixture *f, unsigned id)
{
    char sql[96];

    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM bis_Element WHERE Id=%u", id);
    return fixture_int(f, sql) == 1;
}

void assert_strings(struct fixture *f, const char *undo, const char *redo)
{
    struct weh_txn_state s = fixture_state(f);

    assert_int_equal(s.is_undo_possible, undo != NULL);
    assert_int_equal(s.is_redo_possible, redo != NULL);
    assert_true(weh_str_eq_text(s.undo_string, undo == NULL ? "" : undo));
    assert_true(weh_str_eq_text(s.redo_string, redo == NULL ? "" : redo));
}

weh_err try_reverse(struct fixture *f, uint32_t count)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reverse(f->stack, count, &ids, &f->diag);

    assert_true(err == WEH_OK || ids.n == 0);
    weh_txn_ids_fini(&ids);
    return err;
}

weh_err try_reverse_to(struct fixture *f, uint64_t id, bool cancel, size_t *n)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reverse_to(f->stack, (struct weh_txn_id){ id }, cancel, &ids, &f->diag);

    *n = ids.n;
    weh_txn_ids_fini(&ids);
    return err;
}

void write_elsewhere(struct fixture *f, const char *sql)
{
    weh_txn_stack_destroy(f->stack);
    f->stack = NULL;
    fixture_sql(f, sql);
    assert_int_equal(weh_briefcase_commit(f->briefcase, &f->diag), WEH_OK);
    fixture_reopen(f);
}
