/* tests/unit/briefcase/test_transaction.c - commit, rollback, edits, ids; and when storage fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "weh/briefcase_txn.h"

#include "../../fake/fake_alloc.h"
#include "../../fake/fake_sqlite_memory.h"
#include "../../fake/fake_vfs.h"
#include "fixture.h"

static const char insert_x[] = "INSERT INTO be_Local VALUES('x',1)";
static const char count_x[] = "SELECT count(*) FROM be_Local WHERE Name='x'";

static weh_id next_element(struct weh_briefcase *briefcase)
{
    weh_id id = 0;

    assert_int_equal(weh_briefcase_next_element_id(briefcase, &id, NULL), WEH_OK);
    return id;
}

static weh_id next_instance(struct weh_briefcase *briefcase)
{
    weh_id id = 0;

    assert_int_equal(weh_briefcase_next_instance_id(briefcase, &id, NULL), WEH_OK);
    return id;
}

static void test_commit_keeps_and_rollback_drops(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_equal(weh_db_exec(briefcase, insert_x, NULL), WEH_OK);
    assert_int_equal(weh_briefcase_rollback(briefcase, NULL), WEH_OK);
    assert_int_equal(query_int(briefcase, count_x), 0);
    assert_int_equal(weh_briefcase_rollback_count(briefcase), 1);
    assert_false(weh_briefcase_lost_transaction(briefcase));
    assert_int_equal(weh_db_exec(briefcase, insert_x, NULL), WEH_OK);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
    /* Still locked: what comes next is in a transaction again. */
    assert_int_equal(sqlite3_get_autocommit(weh_briefcase_db(briefcase)), 0);
    assert_int_equal(weh_db_exec(briefcase, "DELETE FROM be_Local", NULL), WEH_OK);
    weh_briefcase_close(briefcase);
    assert_int_equal(raw_query(f->path, count_x), 1);
}

static void test_commit_touches_the_watch_file_only_if_it_exists(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    struct stat status;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
    assert_false(file_exists(in_folder(f, "file.bim-watch")));
    write_file(in_folder(f, "file.bim-watch"), "", 0);
    assert_int_equal(utimensat(AT_FDCWD, in_folder(f, "file.bim-watch"), old, 0), 0);
    assert_int_equal(weh_db_exec(briefcase, insert_x, NULL), WEH_OK);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
    assert_int_equal(stat(in_folder(f, "file.bim-watch"), &status), 0);
    assert_true(status.st_mtim.tv_sec > 1000);
    weh_briefcase_close(briefcase);
}

static void test_ids_continue_where_the_file_ends_and_are_reused_after_rollback(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_equal(next_element(briefcase), 17);
    assert_int_equal(next_element(briefcase), 18);
    assert_int_equal(next_instance(briefcase), 33);
    assert_int_equal(weh_briefcase_rollback(briefcase, NULL), WEH_OK);
    assert_int_equal(next_element(briefcase), 17);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
    assert_int_equal(next_element(briefcase), 18);
    assert_int_equal(weh_briefcase_rollback(briefcase, NULL), WEH_OK);
    assert_int_equal(next_element(briefcase), 18);
    weh_briefcase_close(briefcase);
    assert_int_equal(raw_query(f->path,
                               "SELECT Val FROM be_Local WHERE Name='bis_elementidsequence' AND "
                               "typeof(Val)='integer'"),
                     17);
    assert_int_equal(
        raw_query(f->path, "SELECT Val FROM be_Local WHERE Name='ec_instanceidsequence'"), 32);
}

static void test_ids_of_a_briefcase_stay_in_its_range(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    weh_id id = 0;

    use_copy(f, "empty.bim");
    raw_query(f->path, "UPDATE be_Local SET Val=x'0200000000000000' WHERE Name='be_repositoryid'");
    briefcase = open_write(f);
    /* Sequences of another briefcase. */
    assert_int_equal(weh_briefcase_next_element_id(briefcase, &id, &f->diag), WEH_E_CORRUPT);
    assert_int_equal(weh_briefcase_next_instance_id(briefcase, &id, &f->diag), WEH_E_CORRUPT);
    weh_briefcase_close(briefcase);

    raw_query(f->path, "UPDATE be_Local SET Val=2<<40 WHERE Name IN "
                       "('bis_elementidsequence')");
    briefcase = open_write(f);
    assert_int_equal(next_element(briefcase), 0x20000000001);
    weh_briefcase_close(briefcase);

    raw_query(f->path, "UPDATE be_Local SET Val=(3<<40)-1 WHERE Name='bis_elementidsequence'");
    briefcase = open_write(f);
    assert_int_equal(weh_briefcase_next_element_id(briefcase, &id, &f->diag), WEH_E_LIMIT);
    weh_briefcase_close(briefcase);

    raw_query(f->path, "UPDATE be_Local SET Val='17' WHERE Name='bis_elementidsequence'");
    briefcase = open_write(f);
    assert_int_equal(weh_briefcase_next_element_id(briefcase, &id, &f->diag), WEH_E_CORRUPT);
    weh_briefcase_close(briefcase);
}

static void test_ids_missing_sequences_follow_from_the_content(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    int64_t last_element;
    int64_t last_instance;

    use_copy(f, "small.bim");
    last_element = raw_query(f->path, "SELECT max(Id) FROM bis_Element");
    last_instance = raw_query(
        f->path, "SELECT max(Id) FROM (SELECT max(Id) Id FROM bis_ElementMultiAspect UNION ALL "
                 "SELECT max(Id) FROM bis_ElementUniqueAspect UNION ALL "
                 "SELECT max(Id) FROM bis_ElementRefersToElements UNION ALL "
                 "SELECT max(Id) FROM bis_ElementDrivesElement UNION ALL "
                 "SELECT max(Id) FROM bis_Element)");
    raw_query(f->path, "DELETE FROM be_Local WHERE Name LIKE '%sequence'");
    briefcase = open_write(f);
    assert_int_equal(next_element(briefcase), last_element + 1);
    assert_true(next_instance(briefcase) > (weh_id)last_instance);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
    weh_briefcase_close(briefcase);
    assert_int_equal(
        raw_query(f->path, "SELECT Val FROM be_Local WHERE Name='bis_elementidsequence'"),
        last_element + 1);
}

static void test_edit_that_fails_leaves_neither_rows_nor_ids(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_equal(weh_briefcase_edit_begin(briefcase, NULL), WEH_OK);
    assert_int_equal(weh_db_exec(briefcase, insert_x, NULL), WEH_OK);
    assert_int_equal(next_element(briefcase), 17);
    assert_int_equal(weh_briefcase_edit_end(briefcase, true, NULL), WEH_OK);
    assert_int_equal(weh_briefcase_edit_begin(briefcase, NULL), WEH_OK);
    assert_int_equal(weh_db_exec(briefcase, "DELETE FROM be_Local", NULL), WEH_OK);
    assert_int_equal(next_element(briefcase), 18);
    assert_int_equal(next_instance(briefcase), 33);
    assert_int_equal(weh_briefcase_edit_end(briefcase, false, NULL), WEH_OK);
    assert_int_equal(query_int(briefcase, count_x), 1);
    assert_int_equal(next_element(briefcase), 18);
    assert_int_equal(next_instance(briefcase), 33);
    assert_int_equal(weh_briefcase_rollback_count(briefcase), 0);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
    weh_briefcase_close(briefcase);
    assert_int_equal(raw_query(f->path, count_x), 1);
}

static void test_edit_constraint_errors_are_told_apart(void **state)
{
    static const struct {
        const char *sql;
        weh_err err;
    } cases[] = {
        { "INSERT INTO bis_CodeSpec(Id,Name,JsonProperties) VALUES(1,'x','{}')", WEH_E_NOT_UNIQUE },
        { "INSERT INTO bis_CodeSpec(Name) VALUES('bis:Subject')", WEH_E_NOT_UNIQUE },
        { "DELETE FROM bis_Model WHERE Id=1", WEH_E_FOREIGN_KEY },
        { "INSERT INTO be_Local VALUES(NULL,1)", WEH_E_WRITE },
        { "SELECT * FROM no_such_table", WEH_E_DB },
        { "SELECT randomblob(1000000001)", WEH_E_TOO_LARGE },
    };
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_equal(weh_db_exec(briefcase, insert_x, NULL), WEH_OK);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        assert_int_equal(weh_db_exec(briefcase, cases[i].sql, &f->diag), cases[i].err);
        assert_string_not_equal(f->diag.detail, "");
        /* The rest of the transaction is as it was. */
        assert_false(weh_briefcase_lost_transaction(briefcase));
        assert_int_equal(query_int(briefcase, count_x), 1);
    }
    weh_briefcase_close(briefcase);
}

/** One edit with an id, kept or not; then a commit. */
static weh_err edit_and_commit(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err end_err = WEH_OK;
    weh_err err = weh_briefcase_edit_begin(briefcase, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = weh_briefcase_next_element_id(briefcase, &id, diag);
    if (err == WEH_OK) {
        err = weh_db_exec(briefcase,
                          "INSERT INTO be_Prop(Namespace,Name,Id,SubId,TxnMode,Data) "
                          "SELECT 'test','x',Id,0,0,zeroblob(3000) FROM bis_CodeSpec WHERE Id<=3; "
                          "UPDATE bis_Element SET UserLabel='edited'",
                          diag);
    }
    end_err = weh_briefcase_edit_end(briefcase, err == WEH_OK, diag);
    err = err == WEH_OK ? end_err : err;
    return err == WEH_OK ? weh_briefcase_commit(briefcase, diag) : err;
}

static int64_t edited_rows(struct weh_briefcase *briefcase)
{
    return query_int(briefcase, "SELECT (SELECT count(*) FROM be_Prop WHERE Namespace='test')+"
                                "(SELECT count(*) FROM bis_Element WHERE UserLabel='edited')");
}

#define ALL_EDITED (3 + 3)

/** Let the @nth call of @ops fail while an edit is made and committed. False when it was not. */
static bool fail_commit_at(struct fixture *f, unsigned ops, unsigned nth, int rc, bool lasting)
{
    struct weh_briefcase *briefcase = NULL;
    bool failed = false;
    weh_err err;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_equal(weh_db_exec(briefcase, insert_x, NULL), WEH_OK);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);

    fake_vfs_fail_at(ops, nth, rc, lasting);
    err = edit_and_commit(briefcase, &f->diag);
    failed = fake_vfs_has_failed();
    fake_vfs_reset();

    if (err != WEH_OK) {
        assert_true(failed);
        assert_true(err == WEH_E_DISK_FULL || err == WEH_E_IO || err == WEH_E_BUSY);
        assert_true(weh_err_info(err)->scope == WEH_SCOPE_REQUEST);
        if (weh_briefcase_lost_transaction(briefcase)) {
            assert_int_equal(weh_briefcase_edit_begin(briefcase, NULL), WEH_E_IO);
            assert_int_equal(weh_briefcase_rollback(briefcase, NULL), WEH_OK);
        } else {
            assert_int_equal(weh_briefcase_rollback(briefcase, NULL), WEH_OK);
        }
        assert_int_equal(edited_rows(briefcase), 0);
        /* The session goes on, and hands out the same id. */
        assert_int_equal(next_element(briefcase), 17);
        assert_int_equal(weh_briefcase_rollback(briefcase, NULL), WEH_OK);
        assert_int_equal(edit_and_commit(briefcase, NULL), WEH_OK);
    }
    assert_int_equal(edited_rows(briefcase), ALL_EDITED);
    assert_int_equal(query_int(briefcase, count_x), 1);
    weh_briefcase_close(briefcase);
    assert_file_is_sound(f->path);
    assert_int_equal(raw_query(f->path, count_x), 1);
    assert_int_equal(raw_query(f->path, "SELECT count(*) FROM be_Prop WHERE Namespace='test'"), 3);
    assert_int_equal(
        raw_query(f->path, "SELECT Val FROM be_Local WHERE Name='bis_elementidsequence'"), 17);
    return failed;
}

static void test_commit_survives_any_failed_write_or_sync(void **state)
{
    static const struct {
        unsigned ops;
        int rc;
    } cases[] = {
        { FAKE_VFS_WRITE, SQLITE_FULL },
        { FAKE_VFS_WRITE, SQLITE_IOERR_WRITE },
        { FAKE_VFS_SYNC, SQLITE_IOERR_FSYNC },
        { FAKE_VFS_CHANGES, SQLITE_IOERR },
    };
    struct fixture *f = *state;
    unsigned n_failures = 0;

    fake_vfs_install();
    for (size_t i = 0; i < 2 * WEH_ARRAY_LEN(cases); i++) {
        unsigned nth = 1;

        while (fail_commit_at(f, cases[i / 2].ops, nth, cases[i / 2].rc, i % 2 != 0)) {
            n_failures++;
            nth++;
            assert_true(nth < 500);
        }
        assert_true(nth > 1);
    }
    fake_vfs_uninstall();
    assert_true(n_failures > 50);
}

static void test_commit_failed_begin_afterwards_is_no_failed_commit(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    unsigned n_locks = 0;

    fake_vfs_install();
    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_equal(weh_db_exec(briefcase, insert_x, NULL), WEH_OK);
    /* The lock is only taken by the transaction that begins after the commit. */
    fake_vfs_fail_at(FAKE_VFS_LOCK, 1, SQLITE_BUSY, true);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
    assert_true(fake_vfs_has_failed());
    assert_int_equal(sqlite3_get_autocommit(weh_briefcase_db(briefcase)), 1);
    assert_int_equal(weh_briefcase_edit_begin(briefcase, &f->diag), WEH_E_BUSY);
    assert_int_equal(weh_db_exec(briefcase, "DELETE FROM be_Local", NULL), WEH_E_BUSY);
    n_locks = fake_vfs_count(FAKE_VFS_LOCK);
    assert_true(n_locks < 20); /* nobody waits for a lock by trying */
    fake_vfs_reset();
    assert_int_equal(weh_briefcase_edit_begin(briefcase, NULL), WEH_OK);
    assert_int_equal(weh_briefcase_edit_end(briefcase, true, NULL), WEH_OK);
    assert_int_equal(query_int(briefcase, count_x), 1);
    weh_briefcase_close(briefcase);
    fake_vfs_uninstall();
    assert_int_equal(raw_query(f->path, count_x), 1);
}

static void test_open_survives_any_failed_call_of_the_file_system(void **state)
{
    struct fixture *f = *state;
    weh_err err = WEH_E_IO;
    unsigned n_failures = 0;

    use_copy(f, "empty.bim");
    fake_vfs_install();
    for (unsigned nth = 1; nth < 1000; nth++) {
        struct weh_briefcase *briefcase = NULL;

        fake_vfs_fail_at(FAKE_VFS_ALL, nth, SQLITE_IOERR, false);
        err = open_as(f, false, "x", &briefcase);
        n_failures += err != WEH_OK;
        weh_briefcase_close(briefcase);
        if (!fake_vfs_has_failed()) {
            break;
        }
        fake_vfs_reset();
    }
    fake_vfs_uninstall();
    assert_int_equal(err, WEH_OK);
    assert_true(n_failures > 5);
    weh_briefcase_close(open_write(f));
    assert_file_is_sound(f->path);
}

static void test_open_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    size_t live = fake_alloc_live();
    unsigned n_failures = 0;
    weh_err err = WEH_E_NOMEM;

    use_copy(f, "empty.bim");
    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        struct weh_briefcase *briefcase = NULL;

        fake_alloc_fail_at(nth);
        err = open_as(f, nth % 2 == 0, "x", &briefcase);
        fake_alloc_reset();
        n_failures += err != WEH_OK;
        weh_briefcase_close(briefcase);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(n_failures > 5);
}

static void test_open_edit_and_commit_survive_any_failed_allocation_of_sqlite(void **state)
{
    struct fixture *f = *state;
    unsigned n_failures = 0;
    weh_err err = WEH_E_NOMEM;
    bool failed = true;

    use_copy(f, "empty.bim");
    /* Every seventh: there are thousands. */
    for (unsigned nth = 1; failed; nth += 7) {
        struct weh_briefcase *briefcase = NULL;

        fake_sqlite_memory_fail_at(nth, true);
        err = open_as(f, false, "x", &briefcase);
        if (err == WEH_OK) {
            err = edit_and_commit(briefcase, &f->diag);
        }
        failed = fake_sqlite_memory_has_failed();
        fake_sqlite_memory_reset();
        assert_true(err == WEH_OK || err == WEH_E_NOMEM || err == WEH_E_IO);
        n_failures += err != WEH_OK;
        if (briefcase != NULL && err != WEH_OK) {
            assert_int_equal(weh_briefcase_rollback(briefcase, NULL), WEH_OK);
            assert_int_equal(edited_rows(briefcase), 0);
        }
        weh_briefcase_close(briefcase);
        if (err == WEH_OK) {
            use_copy(f, "empty.bim");
        }
        assert_true(nth < 100000);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(n_failures > 50);
    assert_file_is_sound(f->path);
}

static int setup_with_memory(void **state)
{
    fake_sqlite_memory_install();
    return group_setup(state);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_commit_keeps_and_rollback_drops),
        T(test_commit_touches_the_watch_file_only_if_it_exists),
        T(test_ids_continue_where_the_file_ends_and_are_reused_after_rollback),
        T(test_ids_of_a_briefcase_stay_in_its_range),
        T(test_ids_missing_sequences_follow_from_the_content),
        T(test_edit_that_fails_leaves_neither_rows_nor_ids),
        T(test_edit_constraint_errors_are_told_apart),
        T(test_commit_survives_any_failed_write_or_sync),
        T(test_commit_failed_begin_afterwards_is_no_failed_commit),
        T(test_open_survives_any_failed_call_of_the_file_system),
        T(test_open_survives_any_failed_allocation),
        T(test_open_edit_and_commit_survive_any_failed_allocation_of_sqlite),
    };

    return cmocka_run_group_tests(tests, setup_with_memory, NULL);
}
