/* tests/unit/txn/test_authors.c - who saved a transaction: known where it is certain, else not told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/txn_rest.h"

#include "author_tools.h"

#define ENTRY_BYTES 144
#define FRAME_BYTES 72

static struct stat status_of(const struct fixture *f)
{
    struct stat status = { 0 };
    char path[128];

    authors_path(f, "", path);
    assert_int_equal(lstat(path, &status), 0);
    return status;
}

static size_t n_entries(const struct fixture *f)
{
    const size_t size = (size_t)status_of(f).st_size;

    assert_int_equal((size - FRAME_BYTES) % ENTRY_BYTES, 0);
    return (size - FRAME_BYTES) / ENTRY_BYTES;
}

static void cancel_to(struct fixture *f, uint64_t id)
{
    struct weh_txn_ids ids = { NULL, 0 };

    assert_fixture_ok(
        f, weh_txn_reverse_to(f->stack, (struct weh_txn_id){ id }, true, &ids, &f->diag));
    weh_txn_ids_fini(&ids);
}

/* ---- whose ---- */

static void test_transactions_have_the_user_of_their_session(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "empty.bim");
    assert_string_equal(users_of(&f), "");
    save_one(&f);
    assert_false(authors_are_there(&f, ""));
    reopen_as(&f, "ada");
    save_one(&f);
    save_one(&f);
    reopen_as(&f, "Zo\xc3\xab");
    assert_string_equal(users_of(&f), "- ada ada");
    save_one(&f);
    reopen_as(&f, NULL);
    save_one(&f);
    reopen_as(&f, "");
    save_one(&f);
    reopen_as(&f, "ada");
    save_one(&f);
    assert_string_equal(users_of(&f), "- ada ada Zo\xc3\xab - - ada");
    assert_int_equal(fixture_reverse(&f, 2), 2);
    assert_string_equal(users_of(&f), "- ada ada Zo\xc3\xab - [-] [ada]");
    assert_int_equal(n_author_failures, 0);
    fixture_close(&f);
}

static void test_file_is_written_once_a_session_and_private(void **state)
{
    struct fixture f;
    struct stat first;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    save_one(&f);
    first = status_of(&f);
    assert_int_equal(first.st_mode & 07777, 0600);
    save_one(&f);
    assert_int_equal(fixture_reverse(&f, 1), 1);
    save_one(&f);
    assert_int_equal(status_of(&f).st_ino, first.st_ino);
    assert_int_equal(status_of(&f).st_mtim.tv_nsec, first.st_mtim.tv_nsec);
    reopen_as(&f, "bob");
    assert_int_equal(status_of(&f).st_mtim.tv_nsec, first.st_mtim.tv_nsec);
    save_one(&f);
    assert_int_equal(n_entries(&f), 2);
    assert_false(authors_are_there(&f, ".new"));
    fixture_close(&f);
}

static void test_restarted_session_keeps_the_user(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    save_one(&f);
    assert_fixture_ok(&f, weh_txn_restart(f.stack, &f.diag));
    assert_fixture_ok(&f, weh_txn_restart(f.stack, &f.diag));
    save_one(&f);
    assert_string_equal(users_of(&f), "ada ada");
    assert_int_equal(n_entries(&f), 2);
    fixture_close(&f);
}

static void test_first_transaction_that_was_undone_and_replaced_keeps_the_user(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    save_one(&f);
    save_one(&f);
    assert_int_equal(fixture_reverse(&f, 2), 2);
    assert_string_equal(users_of(&f), "[ada] [ada]");
    save_one(&f);
    assert_string_equal(users_of(&f), "ada");
    cancel_to(&f, UINT64_C(0x100000000));
    save_one(&f);
    save_one(&f);
    assert_string_equal(users_of(&f), "ada ada");
    fixture_close(&f);
}

static void test_number_that_is_given_again_has_the_user_of_the_new_session(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    save_one(&f);
    cancel_to(&f, UINT64_C(0x100000000));
    reopen_as(&f, "bob");
    save_one(&f);
    assert_int_equal(fixture_int(&f, "SELECT max(Id) FROM dgn_Txns"), INT64_C(0x100000000));
    assert_string_equal(users_of(&f), "bob");
    assert_int_equal(n_entries(&f), 1);
    /* Who does not write names, as the official backend, gets none. */
    cancel_to(&f, UINT64_C(0x100000000));
    reopen_as(&f, NULL);
    save_one(&f);
    assert_int_equal(fixture_int(&f, "SELECT max(Id) FROM dgn_Txns"), INT64_C(0x100000000));
    assert_string_equal(users_of(&f), "-");
    fixture_close(&f);
}

static void test_what_was_recovered_is_of_who_saves_it(void **state)
{
    struct fixture f;
    bool written = false;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    fixture_set_prop(&f, 1, "a");
    assert_fixture_ok(&f, weh_journal_write(f.stack, "ada", &written, &f.diag));
    assert_true(written);
    reopen_as(&f, "bob");
    journal_restore_pending(&f);
    (void)fixture_save(&f, "");
    assert_string_equal(users_of(&f), "bob");
    fixture_close(&f);
}

static void test_stack_that_rests_goes_on_without_a_second_entry(void **state)
{
    struct fixture f;
    struct weh_txn_rest rest;
    struct stat before;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    save_one(&f);
    before = status_of(&f);
    assert_true(weh_txn_may_rest(f.stack));
    weh_txn_rest(f.stack, &rest);
    reopen_as(&f, "ada");
    weh_txn_resume(f.stack, &rest);
    save_one(&f);
    assert_string_equal(users_of(&f), "ada ada");
    assert_int_equal(status_of(&f).st_ino, before.st_ino);
    assert_int_equal(n_entries(&f), 1);
    fixture_close(&f);
}

static void test_long_name_is_cut_between_characters(void **state)
{
    struct fixture f;
    char name[202];

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        memcpy(name + 2 * i, "\xc3\xab", 2);
    }
    name[200] = '\0';
    fixture_open(&f, "empty.bim");
    reopen_as(&f, name);
    save_one(&f);
    name[126] = '\0';
    assert_string_equal(users_of(&f), name);
    fixture_close(&f);
}

/* ---- bounds ---- */

static void test_entries_go_with_their_transactions(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "empty.bim");
    for (int i = 0; i < 5; i++) {
        reopen_as(&f, "ada");
        save_one(&f);
    }
    assert_int_equal(n_entries(&f), 5);
    /* As a push does. */
    fixture_sql(&f, "DELETE FROM dgn_Txns");
    save_one(&f);
    reopen_as(&f, "bob");
    save_one(&f);
    assert_int_equal(n_entries(&f), 1);
    assert_string_equal(users_of(&f), "- bob");
    fixture_close(&f);
}

static void test_of_very_many_sessions_the_oldest_lose_their_names(void **state)
{
    const char *users;
    struct fixture f;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "old");
    save_one(&f);
    save_one(&f);
    for (int i = 0; i < 1000; i++) {
        saves_as(&f, "new");
        assert_fixture_ok(&f, weh_txn_restart(f.stack, &f.diag));
        save_one(&f);
    }
    assert_int_equal(n_entries(&f), 1000);
    users = users_of(&f);
    assert_int_equal(strlen(users), 3 + 1000 * 4);
    assert_memory_equal(users, "- - new new", 11);
    fixture_close(&f);
}

/* ---- files that do not fit ---- */

static void write_bytes(const char *path, const uint8_t *bytes, size_t n)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_true(n == 0 || fwrite(bytes, 1, n, out) == n);
    assert_int_equal(fclose(out), 0);
}

/* No names, told once, and the next save writes it anew. */
static void assert_ignored(struct fixture *f)
{
    saves_as(f, "bob");
    assert_string_equal(users_of(f), "-");
    assert_string_equal(users_of(f), "-");
    assert_int_equal(n_author_failures, 1);
}

static void test_damaged_file_is_ignored_wherever_it_is_damaged(void **state)
{
    uint8_t bytes[ENTRY_BYTES + FRAME_BYTES + 1] = { 0 };
    const size_t len = sizeof(bytes) - 1;
    struct fixture f;
    char path[128];
    FILE *in;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    save_one(&f);
    authors_path(&f, "", path);
    in = fopen(path, "rb");
    assert_non_null(in);
    assert_int_equal(fread(bytes, 1, len, in), len);
    (void)fclose(in);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 0x40;
        write_bytes(path, bytes, len);
        fixture_reopen(&f);
        assert_ignored(&f);
        bytes[i] ^= 0x40;
        write_bytes(path, bytes, i);
        fixture_reopen(&f);
        assert_ignored(&f);
    }
    write_bytes(path, bytes, len + 1);
    fixture_reopen(&f);
    assert_ignored(&f);
    save_one(&f);
    assert_string_equal(users_of(&f), "- bob");
    assert_int_equal(n_author_failures, 1);
    fixture_close(&f);
}

static void test_what_is_no_file_is_ignored_and_replaced(void **state)
{
    static const char *const kinds[] = { "link", "dangling", "fifo", "huge", "empty" };
    struct fixture f;
    char path[128];

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(kinds); i++) {
        fixture_open(&f, "empty.bim");
        save_one(&f);
        authors_path(&f, "", path);
        if (i < 2) {
            assert_int_equal(symlink(i == 0 ? f.path : "/nowhere", path), 0);
        } else if (i == 2) {
            assert_int_equal(mkfifo(path, 0600), 0);
        } else {
            write_bytes(path, NULL, 0);
            assert_int_equal(truncate(path, i == 3 ? (off_t)1 << 40 : 0), 0);
        }
        assert_ignored(&f);
        save_one(&f);
        assert_string_equal(users_of(&f), "- bob");
        assert_true(S_ISREG(status_of(&f).st_mode));
        assert_int_equal(fixture_int(&f, "SELECT count(*) FROM dgn_Txns"), 2);
        fixture_close(&f);
    }
}

static void test_save_goes_on_where_the_file_cannot_be_replaced(void **state)
{
    struct fixture f;
    char path[128];

    (void)state;
    fixture_open(&f, "empty.bim");
    save_one(&f);
    authors_path(&f, "", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_ignored(&f);
    save_one(&f);
    save_one(&f);
    assert_string_equal(users_of(&f), "- - -");
    assert_int_equal(n_author_failures, 1);
    assert_false(authors_are_there(&f, ".new"));
    assert_int_equal(rmdir(path), 0);
    /* Later ones can have a name again; that of those before is not known for certain. */
    save_one(&f);
    save_one(&f);
    assert_string_equal(users_of(&f), "- - - bob bob");
    fixture_close(&f);
}

static void test_file_of_another_imodel_is_ignored(void **state)
{
    struct fixture f;
    struct fixture other;
    char from[128];
    char to[128];

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    save_one(&f);
    fixture_open(&other, "small.bim");
    authors_path(&f, "", from);
    authors_path(&other, "", to);
    copy_bytes(from, to);
    saves_as(&other, "bob");
    assert_null(strstr(users_of(&other), "ada"));
    assert_int_equal(n_author_failures, 1);
    save_one(&other);
    assert_non_null(strstr(users_of(&other), "- bob"));
    fixture_close(&other);
    fixture_close(&f);
}

static void replace_by(struct fixture *f, const char *from)
{
    fixture_shut(f);
    copy_bytes(from, f->path);
    fixture_load(f);
    saves_as(f, "ada");
}

/* The same iModel, with transactions of its own under the same numbers. */
static void test_briefcase_that_was_replaced_has_no_wrong_names(void **state)
{
    struct fixture f;
    struct fixture other;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    save_one(&f);
    fixture_open(&other, "empty.bim");
    save_one(&other);
    assert_string_equal(users_of(&f), "ada");
    fixture_shut(&other);
    replace_by(&f, other.path);
    assert_int_equal(fixture_int(&f, "SELECT max(Id) FROM dgn_Txns"), INT64_C(0x100000000));
    assert_string_equal(users_of(&f), "-");
    /* And a copy that comes without the file has none. */
    save_one(&f);
    assert_string_equal(users_of(&f), "- ada");
    fixture_shut(&f);
    replace_by(&other, f.path);
    assert_string_equal(users_of(&other), "- -");
    assert_int_equal(n_author_failures, 0);
    fixture_load(&f);
    fixture_close(&f);
    fixture_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transactions_have_the_user_of_their_session),
        cmocka_unit_test(test_file_is_written_once_a_session_and_private),
        cmocka_unit_test(test_restarted_session_keeps_the_user),
        cmocka_unit_test(test_first_transaction_that_was_undone_and_replaced_keeps_the_user),
        cmocka_unit_test(test_number_that_is_given_again_has_the_user_of_the_new_session),
        cmocka_unit_test(test_what_was_recovered_is_of_who_saves_it),
        cmocka_unit_test(test_stack_that_rests_goes_on_without_a_second_entry),
        cmocka_unit_test(test_long_name_is_cut_between_characters),
        cmocka_unit_test(test_entries_go_with_their_transactions),
        cmocka_unit_test(test_of_very_many_sessions_the_oldest_lose_their_names),
        cmocka_unit_test(test_damaged_file_is_ignored_wherever_it_is_damaged),
        cmocka_unit_test(test_what_is_no_file_is_ignored_and_replaced),
        cmocka_unit_test(test_save_goes_on_where_the_file_cannot_be_replaced),
        cmocka_unit_test(test_file_of_another_imodel_is_ignored),
        cmocka_unit_test(test_briefcase_that_was_replaced_has_no_wrong_names),
    };

    fixture_global_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
