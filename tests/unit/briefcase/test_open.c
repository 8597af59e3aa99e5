/* tests/unit/briefcase/test_open.c - opening: which files, and what is left behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <unistd.h>

#include "weh/briefcase_txn.h"

#include "fixture.h"

static void test_open_readonly_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    uint8_t *before = NULL;
    uint8_t *after = NULL;
    size_t n_before = 0;
    size_t n_after = 0;

    use_copy(f, "small.bim");
    before = read_file(f->path, &n_before);
    assert_int_equal(open_as(f, true, "reader", &briefcase), WEH_OK);
    assert_int_equal(weh_db_exec(briefcase, "DELETE FROM be_Local", &f->diag), WEH_E_READ_ONLY);
    assert_int_equal(weh_briefcase_edit_begin(briefcase, NULL), WEH_E_READ_ONLY);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_E_READ_ONLY);
    assert_int_equal(weh_briefcase_rollback(briefcase, NULL), WEH_E_READ_ONLY);
    assert_int_equal(query_int(briefcase, "SELECT count(*) FROM bis_Element"), 423);
    weh_briefcase_close(briefcase);
    after = read_file(f->path, &n_after);
    assert_int_equal(n_before, n_after);
    assert_memory_equal(before, after, n_before);
    assert_int_equal(count_files(f), 1);
    free(before);
    free(after);
}

static void test_open_what_is_no_imodel_is_refused(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    static const char text[] = "this is a text and no database, not at all, whatever its name says "
                               "and even though it is long enough to have a header of 100 bytes";

    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_FILE_NOT_FOUND);
    write_file(f->path, "", 0);
    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_NOT_AN_IMODEL);
    assert_int_equal(open_as(f, true, "x", &briefcase), WEH_E_NOT_AN_IMODEL);
    write_file(f->path, text, sizeof(text));
    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_NOT_AN_IMODEL);
    assert_int_equal(open_as(f, true, "x", &briefcase), WEH_E_NOT_AN_IMODEL);
    use_copy(f, "empty.bim");
    raw_query(f->path, "PRAGMA application_id=1");
    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_NOT_AN_IMODEL);
    use_copy(f, "empty.bim");
    raw_query(f->path, "PRAGMA user_version=11");
    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_NOT_AN_IMODEL);
    memcpy(f->path, f->folder, sizeof(f->folder));
    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_NOT_AN_IMODEL);
    assert_null(briefcase);
}

static void test_open_missing_tables_are_noticed(void **state)
{
    static const char *const drops[] = { "DROP TABLE be_Local", "DROP TABLE ec_PropertyMap",
                                         "ALTER TABLE be_Prop RENAME TO be_Gone",
                                         "DELETE FROM be_Prop WHERE Namespace='ec_Db'" };
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    for (size_t i = 0; i < WEH_ARRAY_LEN(drops); i++) {
        use_copy(f, "empty.bim");
        raw_query(f->path, drops[i]);
        assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_NOT_AN_IMODEL);
        assert_int_equal(open_as(f, true, "x", &briefcase), WEH_E_NOT_AN_IMODEL);
    }
}

static void test_open_profile_versions_follow_the_rule(void **state)
{
    static const struct {
        const char *version;
        weh_err write, read;
    } cases[] = {
        { "{\"major\":2,\"minor\":0,\"sub1\":0,\"sub2\":7}", WEH_OK, WEH_OK },
        { "{\"major\":2,\"minor\":0,\"sub1\":9,\"sub2\":9}", WEH_OK, WEH_OK },
        { "{\"major\":2,\"minor\":0,\"sub1\":0,\"sub2\":0}", WEH_OK, WEH_OK },
        { "{\"major\":2,\"minor\":1,\"sub1\":0,\"sub2\":0}", WEH_E_VERSION_TOO_NEW, WEH_OK },
        { "{\"major\":3,\"minor\":0,\"sub1\":0,\"sub2\":0}", WEH_E_VERSION_TOO_NEW,
          WEH_E_VERSION_TOO_NEW },
        { "{\"major\":1,\"minor\":9,\"sub1\":0,\"sub2\":0}", WEH_E_VERSION_TOO_OLD,
          WEH_E_VERSION_TOO_OLD },
        { "{\"major\":-1,\"minor\":9,\"sub1\":0,\"sub2\":0}", WEH_E_NOT_AN_IMODEL,
          WEH_E_NOT_AN_IMODEL },
        { "{\"major\":\"2\"", WEH_E_NOT_AN_IMODEL, WEH_E_NOT_AN_IMODEL },
        { "", WEH_E_NOT_AN_IMODEL, WEH_E_NOT_AN_IMODEL },
    };
    struct fixture *f = *state;
    char sql[256];

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        struct weh_briefcase *briefcase = NULL;

        use_copy(f, "empty.bim");
        (void)snprintf(sql, sizeof(sql),
                       "UPDATE be_Prop SET StrData='%s' WHERE Namespace='dgn_Db' AND "
                       "Name='SchemaVersion'",
                       cases[i].version);
        raw_query(f->path, sql);
        assert_int_equal(open_as(f, false, "x", &briefcase), cases[i].write);
        weh_briefcase_close(briefcase);
        briefcase = NULL;
        assert_int_equal(open_as(f, true, "x", &briefcase), cases[i].read);
        weh_briefcase_close(briefcase);
    }
}

static void test_open_older_minor_version_is_read_only(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "empty.bim");
    raw_query(f->path,
              "UPDATE be_Prop SET StrData='{\"major\":3,\"minor\":0,\"sub1\":0,\"sub2\":0}' "
              "WHERE Namespace='be_Db' AND Name='SchemaVersion'");
    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_VERSION_TOO_OLD);
    assert_string_equal(f->diag.where, "be_Db");
    assert_int_equal(open_as(f, true, "x", &briefcase), WEH_OK);
    weh_briefcase_close(briefcase);
}

static void test_open_file_not_in_wal_mode_is_not_converted(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "empty.bim");
    raw_query(f->path, "PRAGMA journal_mode=DELETE");
    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_UNSUPPORTED);
    assert_int_equal(open_as(f, true, "x", &briefcase), WEH_OK);
    weh_briefcase_close(briefcase);
    assert_int_equal(raw_query(f->path, "SELECT journal_mode='delete' FROM pragma_journal_mode"),
                     1);
}

static void test_open_truncated_or_damaged_file_is_an_error_never_a_crash(void **state)
{
    struct fixture *f = *state;
    uint8_t *bytes = NULL;
    size_t n = 0;
    uint32_t random = 12345;
    unsigned n_failed = 0;

    use_copy(f, "empty.bim");
    bytes = read_file(f->path, &n);
    for (unsigned round = 0; round < 60; round++) {
        struct weh_briefcase *briefcase = NULL;
        uint8_t *damaged = malloc(n);
        size_t keep = round < 20 ? n * round / 20 : n;

        assert_non_null(damaged);
        memcpy(damaged, bytes, n);
        /* Above all where the header and the schema stand. */
        for (unsigned i = 0; round >= 20 && i < 40; i++) {
            random = random * 1664525U + 1013904223U;
            damaged[(random >> 8) % (i % 2 == 0 ? 4096 : n)] = (uint8_t)(random >> 3);
        }
        write_file(f->path, damaged, keep);
        free(damaged);
        if (open_as(f, round % 2 == 0, "x", &briefcase) == WEH_OK) {
            struct weh_buf buf;
            struct weh_json_writer json;

            weh_buf_init(&buf, 0);
            weh_json_writer_init(&json, &buf);
            weh_sink_map_begin(&json.sink, WEH_SINK_UNKNOWN);
            weh_err err = weh_briefcase_write_connection_props(briefcase, &json.sink, &f->diag);
            assert_true(err == WEH_OK || f->diag.err == err);
            weh_buf_fini(&buf);
            weh_briefcase_close(briefcase);
        } else {
            n_failed++;
            assert_null(strstr(f->diag.text, f->folder));
        }
        (void)unlink(in_folder(f, "file.bim-wal"));
        (void)unlink(in_folder(f, "file.bim-shm"));
    }
    assert_true(n_failed >= 20);
    free(bytes);
}

static void test_open_briefcase_id_and_permission_come_from_the_file(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "empty.bim");
    raw_query(f->path, "DELETE FROM be_Local WHERE Name='StandaloneEdit'");
    briefcase = open_write(f);
    assert_false(weh_briefcase_records_txns(briefcase));
    weh_briefcase_close(briefcase);
    raw_query(f->path, "UPDATE be_Local SET Val=x'0500000000000000' WHERE Name='be_repositoryid'");
    briefcase = open_write(f);
    assert_true(weh_briefcase_records_txns(briefcase));
    assert_int_equal(weh_briefcase_id(briefcase), 5);
    weh_briefcase_close(briefcase);
    briefcase = NULL;
    raw_query(f->path, "UPDATE be_Local SET Val=x'ffffffffffffffff' WHERE Name='be_repositoryid'");
    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_CORRUPT);
    raw_query(f->path, "UPDATE be_Local SET Val='2' WHERE Name='be_repositoryid'");
    assert_int_equal(open_as(f, false, "x", &briefcase), WEH_E_CORRUPT);
}

/** Copy the open file and its log. In a child: closing them in this process would drop SQLite's
 * locks. */
static void copy_in_child(const struct fixture *f)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        size_t n = 0;
        uint8_t *bytes = read_file(f->path, &n);

        write_file(in_folder(f, "crash.bim"), bytes, n);
        free(bytes);
        bytes = read_file(in_folder(f, "file.bim-wal"), &n);
        write_file(in_folder(f, "crash.log"), bytes, n);
        free(bytes);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_open_copy_beside_which_a_log_was_left_replays_it(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    uint8_t *file = NULL;
    uint8_t *log = NULL;
    size_t n_file = 0;
    size_t n_log = 0;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_equal(weh_db_exec(briefcase, "INSERT INTO be_Local VALUES('x',7)", NULL), WEH_OK);
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
    assert_int_equal(weh_db_exec(briefcase, "INSERT INTO be_Local VALUES('y',8)", NULL), WEH_OK);
    /* What a crash now would leave: file and log, without the log's index. */
    copy_in_child(f);
    weh_briefcase_close(briefcase);
    file = read_file(in_folder(f, "crash.bim"), &n_file);
    log = read_file(in_folder(f, "crash.log"), &n_log);
    assert_true(n_log > 0);
    write_file(f->path, file, n_file);
    write_file(in_folder(f, "file.bim-wal"), log, n_log);
    assert_int_equal(open_as(f, true, "x", &briefcase), WEH_OK);
    assert_int_equal(query_int(briefcase, "SELECT Val FROM be_Local WHERE Name='x'"), 7);
    assert_int_equal(query_int(briefcase, "SELECT count(*) FROM be_Local WHERE Name='y'"), 0);
    weh_briefcase_close(briefcase);
    assert_file_is_sound(f->path);
    free(file);
    free(log);
}

static void test_open_cancel_stops_reading_but_not_editing(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    atomic_bool cancel = false;
    struct weh_briefcase_options options = { .path = f->path,
                                             .registry = f->registry,
                                             .cancel = &cancel };
    sqlite3_stmt *stmt = NULL;
    bool row = false;

    use_copy(f, "empty.bim");
    assert_int_equal(weh_briefcase_open(&options, &briefcase, NULL), WEH_OK);
    assert_int_equal(weh_db_exec(briefcase, "INSERT INTO be_Local VALUES('x',1)", NULL), WEH_OK);
    atomic_store(&cancel, true);
    assert_int_equal(
        weh_stmt_acquire(briefcase,
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n)"
                         " SELECT count(*) FROM n",
                         &stmt, NULL),
        WEH_OK);
    assert_int_equal(weh_stmt_step(briefcase, stmt, &row, &f->diag), WEH_E_CANCELLED);
    weh_stmt_release(briefcase, stmt);
    /* An interrupted write would roll back everything; it runs on. */
    assert_int_equal(
        weh_db_exec(briefcase,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 20000) "
                    "INSERT INTO be_Local SELECT 'n'||i,i FROM n",
                    NULL),
        WEH_OK);
    assert_false(weh_briefcase_lost_transaction(briefcase));
    atomic_store(&cancel, false);
    assert_int_equal(query_int(briefcase, "SELECT count(*) FROM be_Local"), 4 + 1 + 20000);
    weh_briefcase_close(briefcase);
}

static void test_open_statement_cache_gives_each_user_its_own(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    sqlite3_stmt *one = NULL;
    sqlite3_stmt *two = NULL;
    sqlite3_stmt *again = NULL;
    sqlite3_stmt *all[200];
    char sql[64];

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_equal(weh_stmt_acquire(briefcase, "SELECT ?", &one, NULL), WEH_OK);
    assert_int_equal(weh_stmt_acquire(briefcase, "SELECT ?", &two, NULL), WEH_OK);
    assert_ptr_not_equal(one, two);
    sqlite3_bind_int(one, 1, 5);
    weh_stmt_release(briefcase, two);
    weh_stmt_release(briefcase, one);
    assert_int_equal(weh_stmt_acquire(briefcase, "SELECT ?", &again, NULL), WEH_OK);
    assert_ptr_equal(again, one);
    assert_int_equal(sqlite3_step(again), SQLITE_ROW);
    assert_int_equal(sqlite3_column_type(again, 0), SQLITE_NULL);
    weh_stmt_release(briefcase, again);
    weh_stmt_release(briefcase, NULL);
    /* More at once than the cache holds, twice. */
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < WEH_ARRAY_LEN(all); i++) {
            (void)snprintf(sql, sizeof(sql), "SELECT %zu", i);
            assert_int_equal(weh_stmt_acquire(briefcase, sql, &all[i], NULL), WEH_OK);
        }
        for (size_t i = 0; i < WEH_ARRAY_LEN(all); i++) {
            assert_int_equal(sqlite3_step(all[i]), SQLITE_ROW);
            assert_int_equal(sqlite3_column_int(all[i], 0), i);
            weh_stmt_release(briefcase, all[i]);
        }
    }
    weh_briefcase_shrink(briefcase);
    assert_int_equal(weh_stmt_acquire(briefcase, "SELECT nonsense FROM", &one, &f->diag), WEH_E_DB);
    assert_null(strstr(f->diag.text, "nonsense"));
    assert_int_equal(weh_stmt_acquire(briefcase, "  ", &one, NULL), WEH_E_DB);
    weh_briefcase_close(briefcase);
}

static void test_open_hostile_schema_cannot_reach_out(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_int_not_equal(weh_db_exec(briefcase, "ATTACH '/tmp/other.db' AS other", NULL), WEH_OK);
    assert_int_not_equal(weh_db_exec(briefcase, "SELECT load_extension('x')", NULL), WEH_OK);
    /* Defensive: neither the schema table nor shadow tables can be written. */
    assert_int_not_equal(
        weh_db_exec(briefcase, "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql='x'", NULL),
        WEH_OK);
    assert_int_not_equal(weh_db_exec(briefcase, "DELETE FROM dgn_SpatialIndex_node", NULL), WEH_OK);
    weh_briefcase_close(briefcase);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_open_readonly_writes_nothing),
        T(test_open_what_is_no_imodel_is_refused),
        T(test_open_missing_tables_are_noticed),
        T(test_open_profile_versions_follow_the_rule),
        T(test_open_older_minor_version_is_read_only),
        T(test_open_file_not_in_wal_mode_is_not_converted),
        T(test_open_truncated_or_damaged_file_is_an_error_never_a_crash),
        T(test_open_briefcase_id_and_permission_come_from_the_file),
        T(test_open_copy_beside_which_a_log_was_left_replays_it),
        T(test_open_cancel_stops_reading_but_not_editing),
        T(test_open_statement_cache_gives_each_user_its_own),
        T(test_open_hostile_schema_cannot_reach_out),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
