/* tests/unit/briefcase/test_open.c - opening: who may, which files, what is left behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

static void test_open_for_writing_holds_the_lock_until_it_closes(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    sqlite3 *other = NULL;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_false(weh_briefcase_is_readonly(briefcase));
    assert_true(weh_briefcase_records_txns(briefcase));
    assert_int_equal(weh_briefcase_id(briefcase), 0);
    assert_int_equal(weh_briefcase_imodel_guid(briefcase)->bytes[0], 0xe0);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
    weh_briefcase_close(briefcase);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    /* Neither log nor index is left. */
    assert_int_equal(count_files(f), 1);
    assert_file_is_sound(f->path);
}

static void test_open_second_writer_is_busy_and_told_since_when_and_by_whom(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *first = NULL;
    struct weh_briefcase *second = NULL;

    use_copy(f, "empty.bim");
    assert_int_equal(open_as(f, false, "alice", &first), WEH_OK);
    assert_int_equal(open_as(f, false, "bob", &second), WEH_E_BUSY);
    assert_null(second);
    assert_non_null(strstr(f->diag.text, "by alice"));
    assert_non_null(strstr(f->diag.text, "since 20"));
    assert_null(strstr(f->diag.text, f->folder));
    weh_briefcase_close(first);
    assert_int_equal(open_as(f, false, "bob", &second), WEH_OK);
    weh_briefcase_close(second);
}

static void test_open_second_writer_through_a_symbolic_link_is_busy(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *first = NULL;
    struct weh_briefcase *second = NULL;
    char name[256];

    use_copy(f, "empty.bim");
    (void)snprintf(name, sizeof(name), "%s/other.bim", f->folder);
    assert_int_equal(symlink(f->path, name), 0);
    assert_int_equal(open_as(f, false, "alice", &first), WEH_OK);
    memcpy(f->path, name, sizeof(name));
    assert_int_equal(open_as(f, false, "bob", &second), WEH_E_BUSY);
    assert_non_null(strstr(f->diag.text, "by alice"));
    /* The same log for both: readers may come by that name. */
    assert_int_equal(open_as(f, true, "carol", &second), WEH_OK);
    weh_briefcase_close(second);
    weh_briefcase_close(first);
}

static void test_open_through_a_hard_link_is_refused_while_the_file_is_open(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *first = NULL;
    struct weh_briefcase *second = NULL;
    char name[256];

    use_copy(f, "empty.bim");
    (void)snprintf(name, sizeof(name), "%s/other.bim", f->folder);
    assert_int_equal(link(f->path, name), 0);
    assert_int_equal(open_as(f, false, "alice", &first), WEH_OK);
    memcpy(f->path, name, sizeof(name));
    assert_int_equal(open_as(f, false, "bob", &second), WEH_E_BUSY);
    assert_int_equal(open_as(f, true, "bob", &second), WEH_E_BUSY);
    assert_null(second);
    weh_briefcase_close(first);
    assert_int_equal(open_as(f, true, "bob", &second), WEH_OK);
    weh_briefcase_close(second);
}

static void test_open_readers_beside_a_writer_see_what_is_committed(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *writer = NULL;
    struct weh_briefcase *reader = NULL;
    struct weh_briefcase *early = NULL;
    static const char count[] = "SELECT count(*) FROM be_Local WHERE Name='x'";

    use_copy(f, "empty.bim");
    assert_int_equal(open_as(f, true, "early", &early), WEH_OK);
    writer = open_write(f);
    assert_int_equal(open_as(f, true, "reader", &reader), WEH_OK);
    assert_true(weh_briefcase_is_readonly(reader));
    assert_false(weh_briefcase_records_txns(reader));
    assert_int_equal(weh_db_exec(writer, "INSERT INTO be_Local VALUES('x',1)", NULL), WEH_OK);
    assert_int_equal(query_int(writer, count), 1);
    assert_int_equal(query_int(reader, count), 0);
    /* One state for a request, however long it takes. */
    assert_int_equal(weh_briefcase_read_begin(reader, NULL), WEH_OK);
    assert_int_equal(query_int(reader, count), 0);
    assert_int_equal(weh_briefcase_commit(writer, NULL), WEH_OK);
    assert_int_equal(query_int(reader, count), 0);
    assert_int_equal(query_int(early, count), 1);
    weh_briefcase_read_end(reader);
    assert_int_equal(query_int(reader, count), 1);
    weh_briefcase_close(writer);
    assert_int_equal(query_int(reader, count), 1);
    weh_briefcase_close(reader);
    weh_briefcase_close(early);
    assert_int_equal(count_files(f), 1);
}

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

/** A child that holds the write lock of @path until its end of the pipe is closed. */
static pid_t start_other_process(const char *path, int *hold)
{
    int ready[2];
    int held[2];
    pid_t child;
    char byte = 0;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(held), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        sqlite3 *db = NULL;

        close(held[1]);
        if (sqlite3_open(path, &db) != SQLITE_OK ||
            sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
            write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        _exit(read(held[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(held[0]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *hold = held[1];
    return child;
}

static void test_open_file_held_by_another_process_is_busy(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    int hold = -1;
    int status = 0;
    pid_t child;

    use_copy(f, "empty.bim");
    child = start_other_process(f->path, &hold);
    assert_int_equal(open_as(f, false, "bob", &briefcase), WEH_E_BUSY);
    assert_non_null(strstr(f->diag.text, "another process"));
    assert_int_equal(open_as(f, true, "bob", &briefcase), WEH_OK);
    weh_briefcase_close(briefcase);
    close(hold);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    /* The lock and the place in the registry are free again. */
    weh_briefcase_close(open_write(f));
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

/** What the threads of the next test share. */
struct crowd {
    struct fixture *f;
    atomic_int n_writers;
    atomic_uint n_wrong;
};

#define N_CROWD  4
#define N_WRITES 10

static weh_err write_as_one_of(struct crowd *crowd, const struct weh_briefcase_options *options)
{
    struct weh_briefcase *briefcase = NULL;
    weh_err err = weh_briefcase_open(options, &briefcase, NULL);

    if (err != WEH_OK) {
        return err;
    }
    atomic_fetch_add(&crowd->n_wrong, atomic_fetch_add(&crowd->n_writers, 1) != 0);
    err = weh_db_exec(briefcase, "INSERT INTO be_Local VALUES(random(),1)", NULL);
    if (err == WEH_OK) {
        err = weh_briefcase_commit(briefcase, NULL);
    }
    atomic_fetch_sub(&crowd->n_writers, 1);
    weh_briefcase_close(briefcase);
    return err;
}

/** Reads, and tries to write, until it has written N_WRITES times. */
static void *open_and_close(void *arg)
{
    struct crowd *crowd = arg;
    struct weh_briefcase_options options = { .path = crowd->f->path,
                                             .user = "crowd",
                                             .registry = crowd->f->registry };

    for (unsigned n_written = 0; n_written < N_WRITES && crowd->n_wrong == 0;) {
        struct weh_briefcase *reader = NULL;
        weh_err err = WEH_OK;

        /* Readers are never in the way, nor is anybody in theirs. */
        options.readonly = true;
        atomic_fetch_add(&crowd->n_wrong, weh_briefcase_open(&options, &reader, NULL) != WEH_OK);
        options.readonly = false;
        err = write_as_one_of(crowd, &options);
        n_written += err == WEH_OK;
        atomic_fetch_add(&crowd->n_wrong, err != WEH_OK && err != WEH_E_BUSY);
        weh_briefcase_close(reader);
        sched_yield();
    }
    return NULL;
}

static void test_open_by_many_threads_has_one_writer_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = { .f = f };
    pthread_t threads[N_CROWD];

    use_copy(f, "empty.bim");
    for (size_t i = 0; i < WEH_ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, &crowd), 0);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(crowd.n_wrong, 0);
    assert_int_equal(raw_query(f->path, "SELECT count(*) FROM be_Local"), 4 + N_CROWD * N_WRITES);
    assert_int_equal(count_files(f), 1);
    assert_file_is_sound(f->path);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_open_for_writing_holds_the_lock_until_it_closes),
        T(test_open_second_writer_is_busy_and_told_since_when_and_by_whom),
        T(test_open_second_writer_through_a_symbolic_link_is_busy),
        T(test_open_through_a_hard_link_is_refused_while_the_file_is_open),
        T(test_open_readers_beside_a_writer_see_what_is_committed),
        T(test_open_readonly_writes_nothing),
        T(test_open_file_held_by_another_process_is_busy),
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
        T(test_open_by_many_threads_has_one_writer_at_a_time),
        T(test_open_hostile_schema_cannot_reach_out),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
