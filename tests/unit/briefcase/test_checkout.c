/* tests/unit/briefcase/test_checkout.c - the file of a new briefcase: what is in it, and that it is whole. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weh/briefcase_txn.h"
#include "weh/checkout.h"

#include "../../fake/fake_alloc.h"
#include "../../fake/fake_vfs.h"
#include "fixture.h"

#define FIRST_OF_3 "3298534883328" /* 3 << 40 */

static const char *target_of(const struct fixture *f)
{
    static char path[1024];

    (void)snprintf(path, sizeof(path), "%s/b1.bim", f->folder);
    return path;
}

static struct weh_checkout_options options_of(struct fixture *f)
{
    return (struct weh_checkout_options){ .source = f->path,
                                          .target = target_of(f),
                                          .user = "ada",
                                          .registry = f->registry,
                                          .briefcase_id = 3 };
}

static weh_err make(struct fixture *f)
{
    struct weh_checkout_options options = options_of(f);

    return weh_checkout_make(&options, &f->diag);
}

static int64_t local_number(const char *path, const char *name)
{
    char sql[128];

    (void)snprintf(sql, sizeof(sql), "SELECT Val FROM be_Local WHERE Name='%s'", name);
    return raw_query(path, sql);
}

static void assert_is_briefcase_3(struct fixture *f)
{
    const char *path = target_of(f);
    struct weh_briefcase *briefcase = NULL;
    struct weh_briefcase_options options = { .path = path, .registry = f->registry };

    assert_file_is_sound(path);
    assert_int_equal(raw_query(path, "SELECT count(*) FROM be_Local WHERE Name='be_repositoryid' "
                                     "AND Val=x'0300000000000000'"),
                     1);
    assert_int_equal(raw_query(path, "SELECT count(*) FROM dgn_Txns"), 0);
    assert_int_equal(raw_query(path, "SELECT count(*) FROM be_Local WHERE Name LIKE 'weh_%'"), 0);
    assert_int_equal(local_number(path, "bis_elementidsequence"), strtoll(FIRST_OF_3, NULL, 10));
    assert_int_equal(local_number(path, "ec_instanceidsequence"), strtoll(FIRST_OF_3, NULL, 10));
    assert_int_equal(weh_briefcase_open(&options, &briefcase, &f->diag), WEH_OK);
    assert_int_equal(weh_briefcase_id(briefcase), 3);
    assert_true(weh_briefcase_records_txns(briefcase));
    weh_briefcase_close(briefcase);
}

static void test_checkout_is_a_briefcase_without_transactions(void **state)
{
    struct fixture *f = *state;

    use_copy(f, "small.bim");
    assert_int_equal(make(f), WEH_OK);
    assert_is_briefcase_3(f);
    assert_int_equal(count_files(f), 2);
    assert_int_equal(raw_query(target_of(f), "SELECT count(*) FROM bis_Element"),
                     raw_query(f->path, "SELECT count(*) FROM bis_Element"));
    assert_int_equal(raw_query(target_of(f), "SELECT count(*) FROM be_Local WHERE "
                                             "Name='NoLocking' AND Val='true'"),
                     1);
    /* A second one does not replace it. */
    assert_int_equal(make(f), WEH_E_EXISTS);
    assert_is_briefcase_3(f);
    /* Its own ids go on where its range has been used already. */
    assert_int_equal(unlink(target_of(f)), 0);
    (void)raw_query(f->path, "UPDATE bis_Element SET Id=" FIRST_OF_3 "+7 WHERE Id=1");
    assert_int_equal(make(f), WEH_OK);
    assert_int_equal(local_number(target_of(f), "bis_elementidsequence"),
                     strtoll(FIRST_OF_3, NULL, 10) + 7);
}

static void test_checkout_has_what_was_saved_and_not_what_is_unsaved(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *writer = NULL;

    use_copy(f, "empty.bim");
    writer = open_write(f);
    assert_int_equal(weh_db_exec(writer, "INSERT INTO be_Local VALUES('saved',1)", &f->diag),
                     WEH_OK);
    assert_int_equal(weh_briefcase_commit(writer, &f->diag), WEH_OK);
    assert_int_equal(weh_db_exec(writer, "INSERT INTO be_Local VALUES('unsaved',1)", &f->diag),
                     WEH_OK);
    assert_int_equal(make(f), WEH_OK);
    assert_int_equal(local_number(target_of(f), "saved"), 1);
    assert_int_equal(local_number(target_of(f), "unsaved"), -1);
    assert_is_briefcase_3(f);
    weh_briefcase_close(writer);
}

/* What another process finds that opens, reads and closes the file: 'w' when it could write it. */
static char ask_another_process(const char *path)
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        sqlite3 *db = NULL;
        bool can_write = false;

        if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
            sqlite3_exec(db, "SELECT count(*) FROM be_Local", NULL, NULL, NULL) != SQLITE_OK) {
            _exit('!');
        }
        can_write = sqlite3_exec(db, "BEGIN IMMEDIATE;COMMIT", NULL, NULL, NULL) == SQLITE_OK;
        (void)sqlite3_close(db);
        _exit(can_write ? 'w' : 'r');
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return (char)WEXITSTATUS(status);
}

static void test_checkout_leaves_the_locks_of_those_who_have_the_source_open(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *reader = NULL;

    use_copy(f, "empty.bim");
    assert_int_equal(open_as(f, true, "vera", &reader), WEH_OK);
    assert_int_equal(query_int(reader, "SELECT count(*) FROM be_Local WHERE Name='x'"), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(make(f), WEH_OK);
        assert_int_equal(unlink(target_of(f)), 0);
        /* Closing a descriptor of the file drops the locks that the process has on it. Then whoever
         * closes it elsewhere takes itself for the last, and removes the log under the others. */
        assert_int_equal(ask_another_process(f->path), 'w');
        assert_true(file_exists(in_folder(f, "file.bim-wal")));
    }
    weh_briefcase_close(reader);
    assert_int_equal(ask_another_process(f->path), 'w');
    assert_false(file_exists(in_folder(f, "file.bim-wal")));
}

static void test_checkout_leaves_the_write_lock_where_it_is(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *writer = NULL;

    use_copy(f, "empty.bim");
    writer = open_write(f);
    assert_int_equal(make(f), WEH_OK);
    assert_int_equal(ask_another_process(f->path), 'r');
    assert_int_equal(weh_db_exec(writer, "INSERT INTO be_Local VALUES('x',1)", &f->diag), WEH_OK);
    assert_int_equal(weh_briefcase_commit(writer, &f->diag), WEH_OK);
    weh_briefcase_close(writer);
    assert_int_equal(local_number(f->path, "x"), 1);
}

/* ---- while somebody writes ---- */

/* Rows that change together: any state that was ever committed has one number in all of them. */
#define N_TOGETHER "300"
static const char make_rows[] =
    "CREATE TABLE IF NOT EXISTS t(i INTEGER PRIMARY KEY,n,b);WITH RECURSIVE c(i) AS (SELECT 1 UNION "
    "ALL SELECT i+1 FROM c WHERE i<" N_TOGETHER ") INSERT INTO t SELECT i,0,zeroblob(2000) FROM c";
static const char change_rows[] = "UPDATE t SET n=n+1,b=randomblob(2000)";

static void assert_rows_agree(const char *path)
{
    assert_file_is_sound(path);
    assert_int_equal(raw_query(path, "SELECT count(*) FROM t"), 300);
    assert_int_equal(raw_query(path, "SELECT count(DISTINCT n) FROM t"), 1);
}

struct writer {
    struct fixture *f;
    atomic_bool stop;
    unsigned n_saved;
};

static void *write_until_stopped(void *arg)
{
    struct writer *writer = arg;
    struct weh_briefcase *briefcase = open_write(writer->f);

    do {
        assert_int_equal(weh_db_exec(briefcase, change_rows, NULL), WEH_OK);
        assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
        writer->n_saved++;
    } while (!atomic_load(&writer->stop));
    weh_briefcase_close(briefcase);
    return NULL;
}

static void test_checkout_while_a_session_writes_is_one_saved_state(void **state)
{
    struct fixture *f = *state;
    struct writer writer = { .f = f };
    pthread_t thread;
    int64_t first = -1;
    int64_t last = -1;

    use_copy(f, "empty.bim");
    (void)raw_query(f->path, "CREATE TABLE t(i INTEGER PRIMARY KEY,n,b)");
    (void)raw_query(f->path, strchr(make_rows, ';') + 1);
    assert_int_equal(pthread_create(&thread, NULL, write_until_stopped, &writer), 0);
    for (int i = 0; i < 15; i++) {
        assert_int_equal(make(f), WEH_OK);
        assert_rows_agree(target_of(f));
        last = raw_query(target_of(f), "SELECT max(n) FROM t");
        first = first < 0 ? last : first;
        assert_int_equal(unlink(target_of(f)), 0);
    }
    atomic_store(&writer.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    /* Otherwise nothing was tested. */
    assert_true(last > first && writer.n_saved > 1);
    assert_rows_agree(f->path);
}

static void test_checkout_while_another_process_writes_is_one_saved_state(void **state)
{
    struct fixture *f = *state;
    int64_t first = -1;
    int64_t last = -1;
    int status;
    pid_t pid;

    use_copy(f, "empty.bim");
    (void)raw_query(f->path, "CREATE TABLE t(i INTEGER PRIMARY KEY,n,b)");
    (void)raw_query(f->path, strchr(make_rows, ';') + 1);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        sqlite3 *db = NULL;

        if (sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
            sqlite3_busy_timeout(db, 10000) != SQLITE_OK) {
            _exit(1);
        }
        while (sqlite3_exec(db, change_rows, NULL, NULL, NULL) == SQLITE_OK) {
        }
        _exit(1);
    }
    for (int i = 0; i < 200 && (i < 15 || last == first); i++) {
        assert_int_equal(make(f), WEH_OK);
        assert_rows_agree(target_of(f));
        last = raw_query(target_of(f), "SELECT max(n) FROM t");
        first = first < 0 ? last : first;
        assert_int_equal(unlink(target_of(f)), 0);
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_true(last > first);
}

/* ---- ended and failed ---- */

static weh_err stop_at_second_step(void *ctx, uint64_t done, uint64_t total, struct weh_diag *diag)
{
    unsigned *n = ctx;

    assert_true(total >= done);
    return ++*n == 2 ? weh_fail(diag, WEH_E_CANCELLED, "cancelled") : WEH_OK;
}

static void test_checkout_that_is_cancelled_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct weh_checkout_options options = options_of(f);
    unsigned n = 1; /* the first step is the second */

    use_copy(f, "empty.bim");
    options.watch = (struct weh_copy_watch){ &n, stop_at_second_step };
    assert_int_equal(weh_checkout_make(&options, &f->diag), WEH_E_CANCELLED);
    assert_int_equal(count_files(f), 1);
    n = 100;
    assert_int_equal(weh_checkout_make(&options, &f->diag), WEH_OK);
    assert_true(n > 100);
    assert_is_briefcase_3(f);
}

static void test_checkout_of_what_is_no_imodel_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(make(f), WEH_E_FILE_NOT_FOUND);
    write_file(f->path, "no iModel", 9);
    assert_int_equal(make(f), WEH_E_NOT_AN_IMODEL);
    assert_int_equal(count_files(f), 1);
    assert_int_equal(unlink(f->path), 0);
    use_copy(f, "empty.bim");
    (void)raw_query(f->path, "INSERT INTO be_Local VALUES('pull_merge_conf','{}')");
    assert_int_equal(make(f), WEH_E_UNSUPPORTED);
    assert_int_equal(count_files(f), 1);
}

static void test_checkout_survives_any_failure_of_storage(void **state)
{
    struct fixture *f = *state;
    unsigned n_failures = 0;
    weh_err err = WEH_E_IO;

    use_copy(f, "small.bim");
    fake_vfs_install();
    for (unsigned nth = 1; nth < 20000; nth += nth < 60 ? 1 : 7) {
        fake_vfs_fail_at(FAKE_VFS_CHANGES | FAKE_VFS_OPEN | FAKE_VFS_LOCK | FAKE_VFS_READ, nth,
                         nth % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR, false);
        err = make(f);
        if (!fake_vfs_has_failed()) {
            break;
        }
        fake_vfs_reset();
        n_failures += err != WEH_OK;
        if (err == WEH_OK) {
            assert_is_briefcase_3(f);
            assert_int_equal(weh_checkout_sweep(target_of(f), NULL), WEH_OK);
        }
        assert_false(file_exists(target_of(f)));
    }
    fake_vfs_uninstall();
    assert_int_equal(err, WEH_OK);
    assert_true(n_failures > 20);
    assert_is_briefcase_3(f);
    assert_file_is_sound(f->path);
}

static void test_checkout_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    size_t live = fake_alloc_live();
    weh_err err = WEH_E_NOMEM;
    unsigned n_failures = 0;

    use_copy(f, "small.bim");
    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        fake_alloc_fail_at(nth);
        err = make(f);
        fake_alloc_reset();
        n_failures += err != WEH_OK;
        assert_int_equal(fake_alloc_live(), live);
        assert_int_equal(count_files(f), err == WEH_OK ? 2 : 1);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(n_failures > 3);
    assert_is_briefcase_3(f);
}

/* ---- removed ---- */

static void test_held_briefcase_is_nobody_elses_and_an_open_one_is_not_held(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    struct weh_file_entry *held = NULL;

    use_copy(f, "empty.bim");
    for (int readonly = 0; readonly < 2; readonly++) {
        assert_int_equal(open_as(f, readonly != 0, "ada", &briefcase), WEH_OK);
        assert_int_equal(weh_checkout_hold(f->registry, f->path, "ada", &held, &f->diag),
                         WEH_E_BUSY);
        assert_null(held);
        weh_briefcase_close(briefcase);
    }
    assert_int_equal(weh_checkout_hold(f->registry, f->path, "ada", &held, &f->diag), WEH_OK);
    assert_non_null(held);
    assert_int_equal(open_as(f, false, "bob", &briefcase), WEH_E_BUSY);
    weh_checkout_let_go(f->registry, held);
    assert_int_equal(weh_checkout_hold(f->registry, target_of(f), "ada", &held, &f->diag), WEH_OK);
    assert_null(held);
    weh_checkout_let_go(f->registry, held);
}

static void test_sweep_removes_what_stands_beside_and_nothing_else(void **state)
{
    struct fixture *f = *state;

    use_copy(f, "empty.bim");
    assert_int_equal(make(f), WEH_OK);
    write_file(in_folder(f, "b1.bim-wal"), "x", 1);
    write_file(in_folder(f, "b1.bim.weh-journal"), "xyz", 3);
    write_file(in_folder(f, "b1.bim.weh-journal.kept-1"), "x", 1);
    write_file(in_folder(f, "b1.bim.weh-authors"), "xyz", 3);
    write_file(in_folder(f, "b1.bim.new-00"), "x", 1);
    write_file(in_folder(f, "b2.bim"), "x", 1);
    assert_true(weh_checkout_size(target_of(f)) > 4096);
    assert_int_equal(weh_checkout_sweep(target_of(f), &f->diag), WEH_OK);
    assert_int_equal(count_files(f), 2);
    assert_true(file_exists(f->path));
    assert_int_equal(weh_checkout_size(target_of(f)), 0);
    assert_int_equal(weh_checkout_sweep(target_of(f), &f->diag), WEH_OK);
    assert_int_equal(weh_checkout_sweep(in_folder(f, "no/such/x.bim"), &f->diag), WEH_OK);
}

static void test_limit_of_a_file_answers_as_if_the_disk_were_full(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    struct weh_briefcase_options options = { .path = f->path, .registry = f->registry };
    weh_err err = WEH_OK;

    use_copy(f, "empty.bim");
    options.limit_bytes = weh_checkout_size(f->path) + 65536;
    assert_int_equal(weh_briefcase_open(&options, &briefcase, &f->diag), WEH_OK);
    for (int i = 0; i < 100 && err == WEH_OK; i++) {
        err = weh_db_exec(
            briefcase, "INSERT INTO be_Local VALUES(hex(randomblob(8)),zeroblob(4000))", &f->diag);
    }
    assert_int_equal(err, WEH_E_DISK_FULL);
    weh_briefcase_close(briefcase);
    assert_file_is_sound(f->path);
    /* A limit below what it has keeps it open as it is. */
    options.limit_bytes = 1;
    assert_int_equal(weh_briefcase_open(&options, &briefcase, &f->diag), WEH_OK);
    assert_int_equal(weh_db_exec(briefcase, "INSERT INTO be_Local VALUES('x',1)", &f->diag),
                     WEH_OK);
    assert_int_equal(weh_briefcase_commit(briefcase, &f->diag), WEH_OK);
    weh_briefcase_close(briefcase);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_checkout_is_a_briefcase_without_transactions),
        T(test_checkout_has_what_was_saved_and_not_what_is_unsaved),
        T(test_checkout_leaves_the_locks_of_those_who_have_the_source_open),
        T(test_checkout_leaves_the_write_lock_where_it_is),
        T(test_checkout_while_a_session_writes_is_one_saved_state),
        T(test_checkout_while_another_process_writes_is_one_saved_state),
        T(test_checkout_that_is_cancelled_leaves_nothing),
        T(test_checkout_of_what_is_no_imodel_is_refused),
        T(test_checkout_survives_any_failure_of_storage),
        T(test_checkout_survives_any_failed_allocation),
        T(test_held_briefcase_is_nobody_elses_and_an_open_one_is_not_held),
        T(test_sweep_removes_what_stands_beside_and_nothing_else),
        T(test_limit_of_a_file_answers_as_if_the_disk_were_full),
#undef T
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
