/* tests/unit/briefcase/test_imodel.c - new iModels, looks into files. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "weh/arena.h"
#include "weh/briefcase_txn.h"

#include "../../fake/fake_alloc.h"
#include "../../fake/fake_vfs.h"
#include "fixture.h"

static const struct weh_imodel_create_props empty_props = {
    .root_subject_name = { "Empty", 5 },
    .root_subject_description = { "An empty iModel", 15 },
    .has_extents = true,
    .extents = { -100, -100, -10, 100, 100, 50 },
};

/* ---- the system calls of our own, which SQLite's VFS does not see ---- */

enum fake_call {
    CALL_NONE,
    CALL_FSYNC,
    CALL_RENAME
};

static struct {
    enum fake_call call;
    unsigned left;
    int number;
    bool failed;
} failing;

static void fail_call(enum fake_call call, unsigned nth, int number)
{
    failing.call = call;
    failing.left = nth;
    failing.number = number;
    failing.failed = false;
}

static bool call_has_failed(void)
{
    return failing.failed;
}

static bool call_must_fail(enum fake_call call)
{
    if (call != failing.call || failing.left == 0 || --failing.left > 0) {
        return false;
    }
    failing.failed = true;
    errno = failing.number;
    return true;
}

/* In place of the C library's, by the linker's --wrap. */
/* NOLINTBEGIN(readability-identifier-naming): the linker's names */
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);

int __wrap_fsync(int fd)
{
    return call_must_fail(CALL_FSYNC) ? -1 : __real_fsync(fd);
}

int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    return call_must_fail(CALL_RENAME) ? -1 : __real_renameat2(from_fd, from, to_fd, to, flags);
}

/* NOLINTEND(readability-identifier-naming) */

/* ---- create ---- */

/** The number that @query counts. */
static int64_t differences(sqlite3 *db, const char *query)
{
    sqlite3_stmt *stmt = NULL;
    int64_t n = -1;

    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    n = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return n;
}

/** The columns of @table without those that differ in every new file. */
static char *columns_of(sqlite3 *db, const char *table)
{
    sqlite3_stmt *stmt = NULL;
    char *columns = NULL;
    char *sql = sqlite3_mprintf(
        "SELECT group_concat('\"'||name||'\"') FROM pragma_table_info(%Q) WHERE NOT "
        "(%Q='bis_Element' AND name IN ('LastMod','FederationGuid'))",
        table, table);

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    columns = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return columns;
}

static void compare_table(sqlite3 *db, const char *table, const char *where)
{
    char *columns = columns_of(db, table);
    char *sql = sqlite3_mprintf(
        "SELECT (SELECT count(*) FROM (SELECT %s FROM main.\"%w\" %s EXCEPT SELECT %s FROM "
        "made.\"%w\" %s))+(SELECT count(*) FROM (SELECT %s FROM made.\"%w\" %s EXCEPT SELECT %s FROM "
        "main.\"%w\" %s))+abs((SELECT count(*) FROM main.\"%w\")-(SELECT count(*) FROM made.\"%w\"))",
        columns, table, where, columns, table, where, columns, table, where, columns, table, where,
        table, table);
    int64_t n = differences(db, sql);

    if (n != 0) {
        fail_msg("%s: %lld differences", table, (long long)n);
    }
    sqlite3_free(sql);
    sqlite3_free(columns);
}

/** Compare what @made holds with the official empty.bim, copied to f->path. */
static unsigned compare_with_official(struct fixture *f, const char *made)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    char *attach = sqlite3_mprintf("ATTACH %Q AS made", made);
    unsigned n_tables = 0;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(attach);
    /* The same tables, indexes and triggers, by their text. */
    assert_int_equal(
        differences(db,
                    "SELECT (SELECT count(*) FROM (SELECT type,name,tbl_name,"
                    "replace(replace(sql,'IF NOT EXISTS ',''),'''','\"') FROM main.sqlite_master "
                    "EXCEPT SELECT type,name,tbl_name,replace(replace(sql,'IF NOT EXISTS ',''),"
                    "'''','\"') FROM made.sqlite_master))+(SELECT abs((SELECT count(*) FROM "
                    "main.sqlite_master)-(SELECT count(*) FROM made.sqlite_master)))"),
        0);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM main.sqlite_master WHERE type='table'",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(stmt, 0);
        bool is_prop = strcmp(table, "be_Prop") == 0;

        compare_table(db, table,
                      is_prop ? "WHERE Name NOT IN ('DbGuid','CreationDate','Client')" : "");
        n_tables++;
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return n_tables;
}

static void test_create_makes_what_the_official_backend_makes(void **state)
{
    struct fixture *f = *state;
    char made[256];
    struct stat status;

    use_copy(f, "empty.bim");
    (void)snprintf(made, sizeof(made), "%s/made.bim", f->folder);
    assert_int_equal(weh_imodel_create(made, &empty_props, &f->diag), WEH_OK);
    assert_int_equal(count_files(f), 2); /* no log, no temporary file */
    assert_int_equal(stat(made, &status), 0);
    assert_int_equal(compare_with_official(f, made), 64);
    assert_file_is_sound(made);
    assert_int_equal(raw_query(made, "SELECT page_size FROM pragma_page_size"), 4096);
    assert_int_equal(raw_query(made, "SELECT auto_vacuum FROM pragma_auto_vacuum"), 0);
    assert_int_equal(raw_query(made, "SELECT journal_mode='wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(raw_query(made, "SELECT application_id FROM pragma_application_id"),
                     0x42654462);
    assert_int_equal(raw_query(made, "SELECT user_version FROM pragma_user_version"), 10);
    /* What is random is of the right kind: GUIDs of version 4, different ones; times of now. */
    assert_int_equal(raw_query(made, "SELECT count(DISTINCT FederationGuid) FROM bis_Element WHERE "
                                     "typeof(FederationGuid)='blob' AND length(FederationGuid)=16 "
                                     "AND substr(hex(FederationGuid),13,1)='4'"),
                     3);
    assert_int_equal(raw_query(made,
                               "SELECT count(*) FROM bis_Element WHERE typeof(LastMod)='real' "
                               "AND abs(LastMod-julianday('now'))<0.01"),
                     3);
    assert_int_equal(
        raw_query(made, "SELECT count(*) FROM be_Prop WHERE Name='CreationDate' AND "
                        "abs(julianday(StrData)-julianday('now'))<0.01 AND StrData LIKE '%Z'"),
        1);
}

static void test_create_sets_what_it_is_told(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    struct weh_json_writer json;
    struct weh_buf buf;
    struct weh_imodel_create_props props = {
        .root_subject_name = WEH_STR("  \xc2\xa0 Br\xc3\xbc"
                                     "cke\t7\xe3\x80\x80 "),
        .itwin_id = { { 0xab, 0xcd, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1 } },
        .has_extents = true,
        .extents = { -1.5, -2, -3e-7, 1e21, 0.1, 3 },
        .has_origin = true,
        .global_origin = { 0.25, -7, 12345678.5 },
    };
    char text[1024];
    char guid[WEH_GUID_TEXT_SIZE];

    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_OK);
    briefcase = open_write(f);
    weh_guid_print(weh_briefcase_imodel_guid(briefcase), guid);
    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    weh_sink_map_begin(&json.sink, WEH_SINK_UNKNOWN);
    assert_int_equal(weh_briefcase_write_connection_props(briefcase, &json.sink, NULL), WEH_OK);
    weh_sink_map_end(&json.sink);
    weh_buf_byte(&buf, 0);
    (void)snprintf(text, sizeof(text),
                   "{\"name\":\"Br\xc3\xbc"
                   "cke\\t7\",\"rootSubject\":{\"name\":\"Br\xc3\xbc"
                   "cke\\t7\"},\"projectExtents\":{\"low\":[-1.5,-2,-3e-7],"
                   "\"high\":[1e+21,0.1,3]},\"globalOrigin\":[0.25,-7,12345678.5],"
                   "\"iTwinId\":\"abcd0000-0000-4000-8000-000000000001\",\"iModelId\":\"%s\","
                   "\"changeset\":{\"id\":\"\",\"index\":0},\"briefcaseId\":0}",
                   guid);
    assert_string_equal((const char *)buf.data, text);
    weh_buf_fini(&buf);
    weh_briefcase_close(briefcase);
    assert_int_equal(
        raw_query(f->path, "SELECT count(*) FROM be_Prop WHERE Name='Extents' AND "
                           "StrData='{\"high\":[1.0000000000000000e+21,0.10000000000000001,3.0],"
                           "\"low\":[-1.50,-2.0,-2.9999999999999999e-07]}'"),
        1);
}

static void test_create_bad_arguments_are_named_and_make_nothing(void **state)
{
    struct fixture *f = *state;
    struct weh_imodel_create_props props = empty_props;
    char name[351 * 2];

    props.root_subject_name = WEH_STR(" \t \xe2\x80\x83 ");
    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_E_BAD_ARGS);
    assert_string_equal(f->diag.where, "rootSubject.name");
    props.root_subject_name = WEH_STR("a\0b");
    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_E_BAD_ARGS);
    props.root_subject_name = WEH_STR("bad \xff utf-8");
    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_E_BAD_ARGS);
    for (size_t i = 0; i < sizeof(name); i += 2) {
        name[i] = '\xc3';
        name[i + 1] = '\xa9';
    }
    props.root_subject_name = (struct weh_str){ name, sizeof(name) };
    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_E_BAD_ARGS);
    props = empty_props;
    props.root_subject_description = WEH_STR("\xc0\x80");
    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_E_BAD_ARGS);
    assert_string_equal(f->diag.where, "rootSubject.description");
    props = empty_props;
    props.extents[3] = props.extents[0];
    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_E_BAD_ARGS);
    assert_string_equal(f->diag.where, "projectExtents");
    props.extents[3] = (double)NAN;
    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_E_BAD_ARGS);
    props = empty_props;
    props.has_origin = true;
    props.global_origin[1] = (double)INFINITY;
    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_E_BAD_ARGS);
    assert_string_equal(f->diag.where, "globalOrigin");
    assert_int_equal(count_files(f), 0);
    /* The longest name that a code may have. */
    props = empty_props;
    props.root_subject_name = (struct weh_str){ name, (size_t)350 * 2 };
    assert_int_equal(weh_imodel_create(f->path, &props, &f->diag), WEH_OK);
}

static void test_create_never_replaces_a_file(void **state)
{
    struct fixture *f = *state;
    uint8_t *bytes = NULL;
    size_t n = 0;

    write_file(f->path, "mine", 4);
    assert_int_equal(weh_imodel_create(f->path, &empty_props, &f->diag), WEH_E_EXISTS);
    bytes = read_file(f->path, &n);
    assert_int_equal(n, 4);
    free(bytes);
    assert_int_equal(unlink(f->path), 0);
    /* A log would be replayed into the new file. */
    write_file(in_folder(f, "file.bim-wal"), "old", 3);
    assert_int_equal(weh_imodel_create(f->path, &empty_props, &f->diag), WEH_E_EXISTS);
    assert_int_equal(count_files(f), 1);
    assert_int_equal(weh_imodel_create(in_folder(f, "no/such/x.bim"), &empty_props, &f->diag),
                     WEH_E_FILE_NOT_FOUND);
    assert_null(strstr(f->diag.text, f->folder));
}

static void test_create_survives_any_failure_of_storage(void **state)
{
    struct fixture *f = *state;
    weh_err err = WEH_E_IO;
    unsigned n_failures = 0;
    /* There are hundreds of writes, all alike: the first ones, then every 29th. */
    unsigned nth = 1;

    fake_vfs_install();
    while (true) {
        fake_vfs_fail_at(FAKE_VFS_CHANGES | FAKE_VFS_OPEN | FAKE_VFS_LOCK, nth,
                         nth % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR, false);
        err = weh_imodel_create(f->path, &empty_props, &f->diag);
        if (!fake_vfs_has_failed()) {
            break;
        }
        fake_vfs_reset();
        if (err == WEH_OK) {
            /* Nothing that matters failed: the file must be whole. */
            assert_file_is_sound(f->path);
            assert_int_equal(unlink(f->path), 0);
        } else {
            n_failures++;
        }
        assert_int_equal(count_files(f), 0);
        nth += nth < 5 ? 1 : 29;
        assert_true(nth < 20000);
    }
    fake_vfs_uninstall();
    assert_int_equal(err, WEH_OK);
    assert_true(n_failures > 5);
    assert_file_is_sound(f->path);
    weh_briefcase_close(open_write(f));
}

static void test_create_failed_sync_or_rename_makes_no_file(void **state)
{
    static const struct {
        enum fake_call call;
        unsigned nth;
        int number;
        weh_err err;
    } cases[] = {
        { CALL_FSYNC, 1, EIO, WEH_E_IO },           { CALL_FSYNC, 1, ENOSPC, WEH_E_DISK_FULL },
        { CALL_FSYNC, 2, EIO, WEH_E_IO },           { CALL_RENAME, 1, EEXIST, WEH_E_EXISTS },
        { CALL_RENAME, 1, EROFS, WEH_E_READ_ONLY }, { CALL_RENAME, 1, EIO, WEH_E_IO },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        fail_call(cases[i].call, cases[i].nth, cases[i].number);
        assert_int_equal(weh_imodel_create(f->path, &empty_props, &f->diag), cases[i].err);
        assert_true(call_has_failed());
        assert_int_equal(count_files(f), 0);
    }
    /* The file once and its folder once, on a new connection to each. */
    fail_call(CALL_FSYNC, 3, EIO);
    assert_int_equal(weh_imodel_create(f->path, &empty_props, &f->diag), WEH_OK);
    assert_false(call_has_failed());
    assert_int_equal(unlink(f->path), 0);
    /* A file system without that kind of rename gets a link. */
    fail_call(CALL_RENAME, 1, EINVAL);
    assert_int_equal(weh_imodel_create(f->path, &empty_props, &f->diag), WEH_OK);
    assert_true(call_has_failed());
    assert_int_equal(count_files(f), 1);
    fail_call(CALL_RENAME, 0, 0);
    weh_briefcase_close(open_write(f));
}

static void test_create_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    size_t live = fake_alloc_live();
    weh_err err = WEH_E_NOMEM;
    unsigned n_failures = 0;

    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        fake_alloc_fail_at(nth);
        err = weh_imodel_create(f->path, &empty_props, &f->diag);
        fake_alloc_reset();
        n_failures += err != WEH_OK;
        assert_int_equal(fake_alloc_live(), live);
        assert_int_equal(count_files(f), err == WEH_OK ? 1 : 0);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(n_failures > 3);
}

/* ---- peek and inspect ---- */

static void test_peek_reads_id_and_name_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct weh_imodel_summary summary;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "small.bim");
    assert_int_equal(weh_imodel_peek(f->path, NULL, NULL, &summary, NULL), WEH_OK);
    assert_string_equal(summary.name, "Small");
    assert_int_equal(summary.imodel_guid.bytes[0], 0x50);
    assert_int_equal(count_files(f), 1);
    /* Beside a writer, whose unsaved changes it does not see. */
    briefcase = open_write(f);
    assert_int_equal(
        weh_db_exec(briefcase, "UPDATE bis_Element SET CodeValue='New' WHERE Id=1", NULL), WEH_OK);
    assert_int_equal(weh_imodel_peek(f->path, NULL, NULL, &summary, NULL), WEH_OK);
    assert_string_equal(summary.name, "Small");
    assert_int_equal(weh_briefcase_commit(briefcase, NULL), WEH_OK);
    assert_int_equal(weh_imodel_peek(f->path, NULL, NULL, &summary, NULL), WEH_OK);
    assert_string_equal(summary.name, "New");
    weh_briefcase_close(briefcase);
    assert_int_equal(count_files(f), 1);
}

static void test_peek_names_with_special_characters(void **state)
{
    struct fixture *f = *state;
    struct weh_imodel_summary summary;
    char sql[2048];
    size_t at = 0;

    /* A name of the file that an URI would misunderstand. */
    (void)snprintf(f->path, sizeof(f->path), "%s/a b?x=%%41#\xc3\xbc.bim", f->folder);
    use_copy(f, "empty.bim");
    at = (size_t)snprintf(sql, sizeof(sql), "UPDATE bis_Element SET CodeValue='x");
    for (int i = 0; i < 200; i++) {
        at += (size_t)snprintf(sql + at, sizeof(sql) - at, "\xc3\xa9");
    }
    (void)snprintf(sql + at, sizeof(sql) - at, "' WHERE Id=1");
    raw_query(f->path, sql);
    assert_int_equal(weh_imodel_peek(f->path, NULL, NULL, &summary, NULL), WEH_OK);
    /* 1 + 127 * 2 is the most whole characters below 256. */
    assert_int_equal(strlen(summary.name), 255);
    assert_true(weh_str_is_utf8(weh_str_from(summary.name)));
}

static void test_peek_and_inspect_refuse_what_is_no_imodel(void **state)
{
    struct fixture *f = *state;
    struct weh_imodel_summary summary;
    struct weh_json_writer json;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    assert_int_equal(weh_imodel_peek(f->path, NULL, NULL, &summary, &f->diag),
                     WEH_E_FILE_NOT_FOUND);
    assert_int_equal(weh_imodel_inspect(f->path, &json.sink, NULL), WEH_E_FILE_NOT_FOUND);
    write_file(f->path, "", 0);
    assert_int_equal(weh_imodel_peek(f->path, NULL, NULL, &summary, &f->diag), WEH_E_NOT_AN_IMODEL);
    write_file(f->path, "SQLite format 3", 16);
    assert_int_equal(weh_imodel_peek(f->path, NULL, NULL, &summary, &f->diag), WEH_E_NOT_AN_IMODEL);
    assert_int_equal(weh_imodel_inspect(f->path, &json.sink, NULL), WEH_E_NOT_AN_IMODEL);
    assert_int_equal(weh_imodel_peek(f->folder, NULL, NULL, &summary, &f->diag),
                     WEH_E_NOT_AN_IMODEL);
    assert_int_equal(buf.len, 0);
    weh_buf_fini(&buf);
}

static const struct weh_json_limits limits = { .max_depth = 64, .max_values = 1000000 };

/** What weh_imodel_inspect writes for @name, decoded. */
static struct weh_value inspect(struct fixture *f, const char *name, struct weh_arena *arena,
                                struct weh_buf *buf)
{
    struct weh_json_writer json;
    struct weh_value value;

    use_copy(f, name);
    weh_buf_init(buf, 0);
    weh_json_writer_init(&json, buf);
    assert_int_equal(weh_imodel_inspect(f->path, &json.sink, &f->diag), WEH_OK);
    assert_int_equal(buf->err, WEH_OK);
    assert_int_equal(weh_json_parse((struct weh_str){ (const char *)buf->data, buf->len }, &limits,
                                    arena, &value, &f->diag),
                     WEH_OK);
    return value;
}

static void test_inspect_tells_what_is_in_the_file(void **state)
{
    struct fixture *f = *state;
    struct weh_arena arena;
    struct weh_buf buf;
    struct weh_value value;
    const struct weh_value *txns = NULL;
    const struct weh_value *list = NULL;
    int64_t total = 0;
    bool flag = false;

    weh_arena_init(&arena, 0);
    value = inspect(f, "undone.bim", &arena, &buf);
    assert_text(weh_value_get(weh_value_get(&value, "profiles"), "be_Db"), "3.1.0.2");
    assert_text(weh_value_get(weh_value_get(&value, "profiles"), "ec_Db"), "4.0.0.5");
    assert_text(weh_value_get(weh_value_get(&value, "profiles"), "dgn_Db"), "2.0.0.7");
    assert_text(weh_value_get(weh_value_get(&value, "iModel"), "iModelId"),
                "e0000000-0000-4000-8000-000000000001");
    assert_text(weh_value_get(weh_value_get(&value, "file"), "applicationId"), "0x42654462");
    txns = weh_value_get(&value, "txns");
    assert_int_equal(txns->n, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(weh_value_to_bool(weh_value_get(&txns->as.items[i], "reversed"), &flag));
        assert_int_equal(flag, i >= 2);
    }
    assert_text(weh_value_get(&txns->as.items[0], "id"), "0x100000000");
    assert_int_equal(weh_value_get(&value, "schemas")->n, 9);
    weh_buf_fini(&buf);

    value = inspect(f, "small.bim", &arena, &buf);
    list = weh_value_get(&value, "elements");
    for (uint32_t i = 0; i < list->n; i++) {
        int64_t n = 0;

        assert_true(weh_value_to_int64(weh_value_get(&list->as.items[i], "count"), &n));
        total += n;
    }
    assert_int_equal(total, 423);
    assert_int_equal(weh_value_get(&value, "schemas")->n, 12);
    assert_int_equal(weh_value_get(&value, "txns")->n,
                     raw_query(f->path, "SELECT count(*) FROM dgn_Txns"));
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_create_makes_what_the_official_backend_makes),
        T(test_create_sets_what_it_is_told),
        T(test_create_bad_arguments_are_named_and_make_nothing),
        T(test_create_never_replaces_a_file),
        T(test_create_survives_any_failure_of_storage),
        T(test_create_failed_sync_or_rename_makes_no_file),
        T(test_create_survives_any_failed_allocation),
        T(test_peek_reads_id_and_name_and_leaves_nothing),
        T(test_peek_names_with_special_characters),
        T(test_peek_and_inspect_refuse_what_is_no_imodel),
        T(test_inspect_tells_what_is_in_the_file),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
