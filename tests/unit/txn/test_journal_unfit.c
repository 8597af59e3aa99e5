/* tests/unit/txn/test_journal_unfit.c - recovery journals that do not fit are never applied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_tools.h"

static void test_journal_of_a_saved_state_that_is_past_is_kept_but_not_applied(void **state)
{
    struct fixture f;
    struct fixture crashed;
    char path[128];
    char kept[128];

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_true(journal_write(&f));
    /* Cut between commit and removal. */
    journal_path(&f, "", path);
    journal_path(&f, ".copy", kept);
    copy_bytes(path, kept);
    (void)fixture_save(&f, "");
    copy_bytes(kept, path);
    (void)unlink(kept);
    fixture_crash(&f, &crashed);
    assert_int_equal(journal_look(&crashed), WEH_JOURNAL_STALE);
    assert_false(journal_is_there(&crashed, ""));
    assert_true(journal_is_there(&crashed, ".kept-1"));
    assert_int_equal(weh_journal_restore(crashed.stack, &crashed.diag), WEH_E_NOT_FOUND);
    fixture_close(&crashed);
    (void)unlink(path);
    fixture_close(&f);
}

static void remake(struct fixture *f)
{
    char path[128];
    char copy[128];

    fixture_set_prop(f, 1, "again");
    assert_true(journal_write(f));
    journal_path(f, "", path);
    journal_path(f, ".copy", copy);
    copy_bytes(path, copy);
    assert_fixture_ok(f, weh_txn_abandon(f->stack, &f->diag));
    assert_int_equal(rename(copy, path), 0);
}

static void test_undo_redo_and_restart_make_a_journal_stale(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open_saved(&f);
    remake(&f);
    assert_int_equal(fixture_reverse(&f, 1), 1);
    fixture_reopen(&f);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_STALE);
    remake(&f);
    assert_int_equal(fixture_reinstate(&f), 1);
    fixture_reopen(&f);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_STALE);
    remake(&f);
    assert_fixture_ok(&f, weh_txn_restart(f.stack, &f.diag));
    fixture_reopen(&f);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_STALE);
    /* And without any of it, it fits. */
    remake(&f);
    fixture_reopen(&f);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_PENDING);
    fixture_close(&f);
}

/* No transactions are recorded there, so that nothing else tells that a save took place. */
static void test_save_without_transactions_makes_a_journal_stale(void **state)
{
    struct fixture f;
    char path[128];
    char copy[128];

    (void)state;
    fixture_open(&f, "empty.bim");
    fixture_sql(&f, "DELETE FROM be_Local WHERE Name='StandaloneEdit'");
    assert_fixture_ok(&f, weh_txn_save(f.stack, WEH_STR(""), &(bool){ false },
                                       &(struct weh_txn_id){ 0 }, &f.diag));
    fixture_reopen(&f);
    assert_false(weh_briefcase_records_txns(f.briefcase));
    fixture_set_prop(&f, 1, "a");
    assert_true(journal_write(&f));
    journal_path(&f, "", path);
    journal_path(&f, ".copy", copy);
    copy_bytes(path, copy);
    fixture_sql(&f, "DELETE FROM be_Prop WHERE Namespace='t'");
    fixture_set_prop(&f, 2, "b");
    assert_fixture_ok(&f, weh_txn_save(f.stack, WEH_STR(""), &(bool){ false },
                                       &(struct weh_txn_id){ 0 }, &f.diag));
    assert_int_equal(rename(copy, path), 0);
    fixture_reopen(&f);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_STALE);
    /* And there too, what is unsaved comes back. */
    fixture_set_prop(&f, 3, "c");
    assert_true(journal_write(&f));
    fixture_reopen(&f);
    journal_restore_pending(&f);
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM be_Prop WHERE Namespace='t'"), 2);
    fixture_close(&f);
}

static void test_journal_of_another_imodel_is_foreign(void **state)
{
    struct fixture f;
    struct fixture other;
    char from[128];
    char to[128];

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_true(journal_write(&f));
    fixture_open(&other, "empty.bim");
    journal_path(&f, "", from);
    journal_path(&other, "", to);
    copy_bytes(from, to);
    assert_int_equal(journal_look(&other), WEH_JOURNAL_FOREIGN);
    assert_true(journal_is_there(&other, ".kept-1"));
    copy_bytes(from, to);
    assert_int_equal(journal_look(&other), WEH_JOURNAL_FOREIGN);
    assert_true(journal_is_there(&other, ".kept-2"));
    fixture_close(&other);
    fixture_close(&f);
}

struct bytes {
    uint8_t data[4096];
    size_t len;
};

static void read_all(const char *path, struct bytes *out)
{
    FILE *in = fopen(path, "rb");

    assert_non_null(in);
    out->len = fread(out->data, 1, sizeof(out->data), in);
    assert_true(out->len < sizeof(out->data));
    (void)fclose(in);
}

static void write_all(const char *path, const uint8_t *data, size_t len)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static void assert_damaged(struct fixture *f, const char *path, const struct bytes *bytes,
                           size_t len)
{
    char kept[128];

    write_all(path, bytes->data, len);
    assert_int_equal(journal_look(f), WEH_JOURNAL_DAMAGED);
    journal_path(f, ".kept-1", kept);
    assert_int_equal(unlink(kept), 0);
}

static void test_torn_or_flipped_journal_is_damaged_wherever_it_is(void **state)
{
    struct fixture f;
    struct bytes whole;
    char path[128];

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_true(journal_write(&f));
    journal_path(&f, "", path);
    fixture_reopen(&f);
    read_all(path, &whole);
    for (size_t len = 0; len < whole.len; len++) {
        assert_damaged(&f, path, &whole, len);
    }
    for (size_t i = 0; i < whole.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            whole.data[i] ^= (uint8_t)(1U << bit);
            assert_damaged(&f, path, &whole, whole.len);
            whole.data[i] ^= (uint8_t)(1U << bit);
        }
    }
    whole.data[whole.len] = 0;
    assert_damaged(&f, path, &whole, whole.len + 1);
    write_all(path, whole.data, whole.len);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_PENDING);
    fixture_close(&f);
}

static void test_what_is_no_file_is_damaged(void **state)
{
    struct fixture f;
    char path[128];
    char kept[128];

    (void)state;
    fixture_open_saved(&f);
    journal_path(&f, "", path);
    journal_path(&f, ".kept-1", kept);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_DAMAGED);
    assert_int_equal(unlink(kept), 0);
    assert_int_equal(symlink(f.path, path), 0);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_DAMAGED);
    assert_int_equal(unlink(kept), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_DAMAGED);
    assert_int_equal(rmdir(kept), 0);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_NONE);
    fixture_close(&f);
}

/* The journal fits by its head, but a row is not what it was: as if by a tool that leaves no trace. */
static void test_restore_onto_another_row_changes_nothing(void **state)
{
    static const char *const tampers[] = {
        "UPDATE be_Prop SET StrData='other' WHERE Namespace='t' AND Id=1",
        "DELETE FROM be_Prop WHERE Namespace='t' AND Id=1",
        "INSERT INTO be_Prop VALUES('t','p',2,0,0,'there',NULL,NULL)",
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(tampers); i++) {
        struct fixture f;
        static struct digests before;
        static struct digests after;
        sqlite3 *db = NULL;

        fixture_open_saved(&f);
        fixture_set_prop(&f, 1, "saved");
        (void)fixture_save(&f, "");
        fixture_set_prop(&f, 1, "unsaved");
        fixture_set_prop(&f, 2, "unsaved");
        assert_true(journal_write(&f));
        fixture_shut(&f);
        assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, tampers[i], NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        fixture_load(&f);
        assert_int_equal(journal_look(&f), WEH_JOURNAL_PENDING);
        fixture_digest(&f, true, &before);
        assert_int_equal(weh_journal_restore(f.stack, &f.diag), WEH_E_CANNOT_RESTORE);
        fixture_digest(&f, true, &after);
        assert_digests_equal(&before, &after);
        assert_false(weh_txn_has_unsaved(f.stack));
        assert_true(weh_journal_is_pending(f.stack));
        assert_fixture_ok(&f, weh_journal_drop(f.stack, &f.diag));
        fixture_set_prop(&f, 3, "goes on");
        (void)fixture_save(&f, "");
        fixture_close(&f);
    }
}

static void test_readonly_briefcase_has_nothing_to_do_with_journals(void **state)
{
    struct fixture f;
    struct weh_briefcase *briefcase = NULL;
    struct weh_txn_stack *stack = NULL;
    struct weh_journal_info info;
    enum weh_journal_state now;
    bool written;

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_true(journal_write(&f));
    struct weh_briefcase_options options = {
        .path = f.path, .user = "test", .readonly = true, .registry = f.registry
    };
    assert_fixture_ok(&f, weh_briefcase_open(&options, &briefcase, &f.diag));
    assert_fixture_ok(&f, weh_txn_stack_create(briefcase, f.catalog, &stack, &f.diag));
    assert_fixture_ok(&f, weh_journal_look(stack, &now, &info, &f.diag));
    assert_int_equal(now, WEH_JOURNAL_NONE);
    assert_fixture_ok(&f, weh_journal_write(stack, "x", &written, &f.diag));
    assert_false(written || weh_journal_is_due(stack));
    assert_true(journal_is_there(&f, ""));
    weh_txn_stack_destroy(stack);
    weh_briefcase_close(briefcase);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_of_a_saved_state_that_is_past_is_kept_but_not_applied),
        cmocka_unit_test(test_undo_redo_and_restart_make_a_journal_stale),
        cmocka_unit_test(test_save_without_transactions_makes_a_journal_stale),
        cmocka_unit_test(test_journal_of_another_imodel_is_foreign),
        cmocka_unit_test(test_torn_or_flipped_journal_is_damaged_wherever_it_is),
        cmocka_unit_test(test_what_is_no_file_is_damaged),
        cmocka_unit_test(test_restore_onto_another_row_changes_nothing),
        cmocka_unit_test(test_readonly_briefcase_has_nothing_to_do_with_journals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
