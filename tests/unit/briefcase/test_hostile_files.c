/* tests/unit/briefcase/test_hostile_files.c - files that somebody made to do harm: they are refused
 * with a typed error before any SQL of theirs runs, and are left as they are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"

#define PAGE_BYTES 4096

static bool no_openat2;

long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, const void *b, const void *c, size_t d);

long __wrap_syscall(long number, long a, const void *b, const void *c, size_t d)
{
    if (number == SYS_openat2 && no_openat2) {
        errno = ENOSYS;
        return -1;
    }
    return __real_syscall(number, a, b, c, d);
}

static bool is_refusal(weh_err err)
{
    return err == WEH_E_NOT_AN_IMODEL || err == WEH_E_CORRUPT || err == WEH_E_FILE_NOT_FOUND ||
           err == WEH_E_TOO_LARGE || err == WEH_E_IO || err == WEH_E_READ_ONLY ||
           err == WEH_E_UNSUPPORTED || err == WEH_E_BUSY;
}

static const char *name_of(weh_err err)
{
    return err == WEH_OK ? "opened" : weh_err_info(err)->name;
}

static weh_err open_bounded(struct fixture *f, const char *path, bool readonly,
                            struct weh_briefcase **out)
{
    const struct weh_briefcase_options options = { .path = path,
                                                   .bounds = { .root = f->folder,
                                                               .max_bytes = (uint64_t)1 << 30 },
                                                   .readonly = readonly,
                                                   .user = "x",
                                                   .registry = f->registry };

    *out = NULL;
    return weh_briefcase_open(&options, out, &f->diag);
}

/* Nobody gets in, nothing is said of paths or SQL, the file stays as it is. */
static void assert_refused(struct fixture *f, const char *what, weh_err expected)
{
    const struct weh_file_bounds bounds = { .root = f->folder, .max_bytes = (uint64_t)1 << 30 };
    struct weh_imodel_summary summary;
    struct weh_briefcase *briefcase;

    for (int readonly = 0; readonly < 2; readonly++) {
        weh_err err = open_bounded(f, f->path, readonly != 0, &briefcase);

        if (err != expected) {
            print_error("%s: %s (%s)\n", what, name_of(err), f->diag.text);
        }
        assert_int_equal(err, expected);
        assert_null(briefcase);
        assert_null(strstr(f->diag.text, f->folder));
    }
    assert_int_not_equal(weh_imodel_peek(f->path, &bounds, NULL, &summary, &f->diag), WEH_OK);
}

/* ---- SQL that the file brings ---- */

/* Each statement makes one thing that no iModel has; the last ones would do harm at once. */
static const char *const schemas[] = {
    "CREATE TRIGGER t AFTER INSERT ON bis_Element BEGIN DELETE FROM bis_Model; END",
    "CREATE TRIGGER t BEFORE UPDATE ON be_Local BEGIN SELECT randomblob(900000000); END",
    "CREATE TRIGGER dgn_other AFTER INSERT ON dgn_Txns BEGIN DELETE FROM dgn_Txns; END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON bis_Element BEGIN "
    "DELETE FROM dgn_SpatialIndex; END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d BEGIN DELETE FROM bis_Model; END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d BEGIN DELETE FROM dgn_SpatialIndex; UPDATE bis_Element SET Id=1; END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d BEGIN INSERT INTO dgn_SpatialIndex(ElementId) SELECT Id FROM "
    "bis_Element; END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d BEGIN INSERT INTO dgn_SpatialIndex(ElementId) SELECT a FROM (SELECT 1 "
    "AS a FROM dgn_SpatialIndex),(SELECT 1 FROM dgn_SpatialIndex); END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d BEGIN INSERT INTO dgn_SpatialIndex(ElementId) SELECT 1 FROM (VALUES"
    "(1),(2)),(VALUES(1),(2)); END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d BEGIN DELETE FROM dgn_SpatialIndex WHERE ElementId=[zeroblob](9); END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d BEGIN DELETE FROM dgn_SpatialIndex WHERE ElementId IN be_Local; END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d BEGIN DELETE FROM dgn_SpatialIndex WHERE EXISTS(SELECT 1 FROM (SELECT "
    "1),(SELECT 2) ON randomblob(9)); END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d WHEN load_extension('x') BEGIN DELETE FROM dgn_SpatialIndex; END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d WHEN (SELECT 1 FROM bis_Element) BEGIN DELETE FROM dgn_SpatialIndex; END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d WHEN new.rowid IN be_Local BEGIN DELETE FROM dgn_SpatialIndex; END",
    "DROP TRIGGER dgn_rtree_ins; CREATE TRIGGER dgn_rtree_ins AFTER INSERT ON "
    "bis_GeometricElement3d BEGIN DELETE FROM dgn_SpatialIndex WHERE ElementId/* */IN/* "
    "*/(SELECT/**/1/**/FROM/**/bis_Element); END",
    "DROP TRIGGER bis_Element_CurrentTimeStamp; CREATE TRIGGER bis_Element_CurrentTimeStamp AFTER "
    "UPDATE ON bis_Element BEGIN DELETE FROM bis_Model; END",
    "CREATE TRIGGER bis_Model_CurrentTimeStamp AFTER UPDATE ON bis_Element BEGIN UPDATE bis_Element "
    "SET LastMod=1; END",
    "CREATE TRIGGER be_Local_CurrentTimeStamp AFTER UPDATE ON be_Local BEGIN REPLACE INTO "
    "be_Prop(Namespace,Name) VALUES(1,1); END",
    "CREATE VIEW bis_Other AS SELECT * FROM bis_Element, bis_Element",
    "DROP TABLE be_Local; CREATE VIEW be_Local AS SELECT 'be_repositoryid' AS Name, 1 AS Val",
    "CREATE TABLE x(a, b AS (zeroblob(9)))",
    "CREATE TABLE x(a, b GENERATED ALWAYS AS (a+1) STORED)",
    "CREATE TABLE x(a CHECK(length(randomblob(900000000))>a))",
    "CREATE TABLE x(a CHECK(\"hex\"(a)>1))",
    "CREATE TABLE x(a DEFAULT (zeroblob(900000000)))",
    "CREATE INDEX x ON bis_Element(hex(Id))",
    "CREATE INDEX x ON bis_Element(Id) WHERE printf('%900000000s',Id)>''",
    "CREATE VIRTUAL TABLE x USING rtree(a,b,c)",
    "CREATE VIRTUAL TABLE x USING fts5(a)",
    "CREATE VIRTUAL TABLE x USING dbstat",
    "DROP TABLE dgn_SpatialIndex; CREATE VIRTUAL TABLE dgn_SpatialIndex USING fts5(ElementId,MinX)",
    /* Rows that do not say what their text is. */
    "PRAGMA writable_schema=ON; INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql) VALUES("
    "'index','x','bis_Element',0,'CREATE TRIGGER x AFTER INSERT ON bis_Element BEGIN DELETE FROM "
    "bis_Model; END')",
    "PRAGMA writable_schema=ON; INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql) VALUES("
    "'trigger','dgn_rtree_ins','bis_GeometricElement3d',0,'CREATE TRIGGER y AFTER INSERT ON "
    "bis_Element BEGIN DELETE FROM bis_Model; END')",
    "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql='CREATE VIEW be_Prop AS SELECT 1' "
    "WHERE name='be_Prop'",
};

static void test_hostile_sql_of_the_file_is_refused(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(schemas); i++) {
        sqlite3 *db = NULL;
        uint8_t *before;
        uint8_t *after;
        size_t n_before;
        size_t n_after;

        use_copy(f, "empty.bim");
        assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL), SQLITE_OK);
        if (sqlite3_exec(db, schemas[i], NULL, NULL, NULL) != SQLITE_OK) {
            fail_msg("%s: %s", schemas[i], sqlite3_errmsg(db));
        }
        (void)sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        before = read_file(f->path, &n_before);
        for (int readonly = 0; readonly < 2; readonly++) {
            struct weh_briefcase *briefcase;
            weh_err err = open_bounded(f, f->path, readonly != 0, &briefcase);

            /* A schema that SQLite itself cannot read is damaged. */
            if (err != WEH_E_NOT_AN_IMODEL && err != WEH_E_CORRUPT) {
                fail_msg("%s: %s", schemas[i], name_of(err));
            }
            assert_null(strstr(f->diag.text, "CREATE"));
        }
        after = read_file(f->path, &n_after);
        assert_int_equal(n_after, n_before);
        assert_memory_equal(after, before, n_before);
        free(before);
        free(after);
    }
}

static void test_class_views_and_time_triggers_are_no_harm(void **state)
{
    static const char *const harmless[] = {
        "CREATE VIEW [BisCore.Element] AS SELECT * FROM bis_Element",
        "CREATE TRIGGER [bis_Model_CurrentTimeStamp] AFTER UPDATE ON [bis_Model] WHEN "
        "old.[LastMod]=new.[LastMod] AND old.[LastMod]!=julianday('now') BEGIN UPDATE [bis_Model] SET "
        "[LastMod]=julianday('now') WHERE [Id]=new.[Id]; END",
        "CREATE INDEX [ix_x] ON [bis_Element]([UserLabel]) WHERE (ECClassId=1 OR ECClassId=2)",
        "CREATE TABLE [x_Y]([Id] INTEGER PRIMARY KEY, [a] REAL DEFAULT(julianday('now')), [b] TEXT "
        "CHECK([b] IN ('x','randomblob(9)')), FOREIGN KEY([Id]) REFERENCES [bis_Element]([Id]) ON "
        "DELETE CASCADE ON UPDATE NO ACTION)",
    };
    struct fixture *f = *state;

    use_copy(f, "empty.bim");
    for (size_t i = 0; i < WEH_ARRAY_LEN(harmless); i++) {
        struct weh_briefcase *briefcase;

        raw_query(f->path, harmless[i]);
        assert_int_equal(open_bounded(f, f->path, false, &briefcase), WEH_OK);
        weh_briefcase_close(briefcase);
    }
}

/* ---- no file, no regular file, no file of this folder ---- */

static void check_links(struct fixture *f)
{
    struct weh_briefcase *briefcase;
    char target[512];
    char below[512];

    use_copy(f, "empty.bim");
    (void)snprintf(target, sizeof(target), "%s/target", f->folder);
    assert_int_equal(rename(f->path, target), 0);
    assert_int_equal(symlink(target, f->path), 0);
    assert_refused(f, "link to a file", WEH_E_FILE_NOT_FOUND);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(symlink("target", f->path), 0);
    assert_refused(f, "link beside", WEH_E_FILE_NOT_FOUND);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(symlink("/proc/self/exe", f->path), 0);
    assert_refused(f, "magic link", WEH_E_FILE_NOT_FOUND);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(symlink("nothing", f->path), 0);
    assert_refused(f, "link to nothing", WEH_E_FILE_NOT_FOUND);
    assert_int_equal(unlink(f->path), 0);
    /* A folder that is a link. */
    assert_int_equal(symlink(".", in_folder(f, "folder")), 0);
    (void)snprintf(below, sizeof(below), "%s/folder/target", f->folder);
    assert_int_equal(open_bounded(f, below, true, &briefcase), WEH_E_FILE_NOT_FOUND);
    (void)snprintf(below, sizeof(below), "%s/../%s/target", f->folder, strrchr(f->folder, '/') + 1);
    assert_int_equal(open_bounded(f, below, true, &briefcase), WEH_E_FILE_NOT_FOUND);
    /* Somewhere else. */
    assert_int_equal(open_bounded(f, "/etc/passwd", true, &briefcase), WEH_E_FILE_NOT_FOUND);
    (void)snprintf(below, sizeof(below), "%sx/target", f->folder);
    assert_int_equal(open_bounded(f, below, true, &briefcase), WEH_E_FILE_NOT_FOUND);
    assert_int_equal(open_bounded(f, target, true, &briefcase), WEH_OK);
    weh_briefcase_close(briefcase);
}

static void test_links_are_not_followed(void **state)
{
    check_links(*state);
}

/* Old kernels and strict sandboxes. */
static void test_links_are_not_followed_without_openat2(void **state)
{
    no_openat2 = true;
    check_links(*state);
    no_openat2 = false;
}

static void test_what_is_no_regular_file_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_refused(f, "nothing", WEH_E_FILE_NOT_FOUND);
    assert_int_equal(mkfifo(f->path, 0600), 0);
    assert_refused(f, "FIFO", WEH_E_NOT_AN_IMODEL);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_refused(f, "folder", WEH_E_NOT_AN_IMODEL);
    assert_int_equal(rmdir(f->path), 0);
}

static void test_sparse_giants_are_refused(void **state)
{
    struct fixture *f = *state;

    use_copy(f, "empty.bim");
    assert_int_equal(truncate(f->path, (off_t)1 << 40), 0);
    assert_refused(f, "sparse terabyte", WEH_E_TOO_LARGE);
}

/* What stands beside the file is SQLite's, and may be no file either. */
static void test_logs_that_are_no_files_are_refused(void **state)
{
    static const char *const names[] = { "file.bim-wal", "file.bim-shm", "file.bim-journal" };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        const char *path = in_folder(f, names[i]);

        use_copy(f, "empty.bim");
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_refused(f, names[i], WEH_E_NOT_AN_IMODEL);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_refused(f, names[i], WEH_E_NOT_AN_IMODEL);
        assert_int_equal(rmdir(path), 0);
        assert_int_equal(symlink("/etc/passwd", path), 0);
        assert_refused(f, names[i], WEH_E_NOT_AN_IMODEL);
        assert_int_equal(unlink(path), 0);
    }
}

/* ---- bytes ---- */

struct patch {
    const char *what;
    size_t at;
    const char *bytes;
    size_t n;
    weh_err expected;
};

static void test_other_headers_are_refused(void **state)
{
    static const struct patch patches[] = {
        { "magic", 0, "SQLite format 4", 16, WEH_E_NOT_AN_IMODEL },
        { "application id", 68, "\0\0\0\0", 4, WEH_E_NOT_AN_IMODEL },
        { "user version", 60, "\0\0\0\x7", 4, WEH_E_NOT_AN_IMODEL },
        { "page size 0", 16, "\0\0", 2, WEH_E_NOT_AN_IMODEL },
        { "page size 3", 16, "\0\x3", 2, WEH_E_NOT_AN_IMODEL },
        { "payload fractions", 21, "\x1\x1\x1", 3, WEH_E_NOT_AN_IMODEL },
        { "write version", 18, "\x9\x9", 2, WEH_E_NOT_AN_IMODEL },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(patches); i++) {
        FILE *file;

        use_copy(f, "empty.bim");
        file = fopen(f->path, "r+b");
        assert_non_null(file);
        assert_int_equal(fseek(file, (long)patches[i].at, SEEK_SET), 0);
        assert_int_equal(fwrite(patches[i].bytes, 1, patches[i].n, file), patches[i].n);
        assert_int_equal(fclose(file), 0);
        assert_refused(f, patches[i].what, patches[i].expected);
    }
}

static void test_short_files_are_refused(void **state)
{
    static const size_t sizes[] = { 0,         1, 15, 16, 99, 100, 511, 512, 1000, PAGE_BYTES - 1,
                                    PAGE_BYTES };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(sizes); i++) {
        struct weh_briefcase *briefcase;
        weh_err err;

        use_copy(f, "empty.bim");
        assert_int_equal(truncate(f->path, (off_t)sizes[i]), 0);
        err = open_bounded(f, f->path, false, &briefcase);
        if (!is_refusal(err)) {
            fail_msg("%zu bytes: %s", sizes[i], name_of(err));
        }
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* Every page once, and noise here and there: an error or a file that can be read, never a crash. */
static void test_damaged_pages_are_survived(void **state)
{
    struct fixture *f = *state;
    uint32_t seed = 7;
    size_t n;
    uint8_t *bytes;

    use_copy(f, "empty.bim");
    bytes = read_file(f->path, &n);
    for (size_t page = 0; page < n / PAGE_BYTES; page++) {
        uint8_t kept[PAGE_BYTES];
        struct weh_briefcase *briefcase;
        weh_err err;

        memcpy(kept, bytes + page * PAGE_BYTES, PAGE_BYTES);
        for (size_t i = 0; i < 64; i++) {
            bytes[page * PAGE_BYTES + next_random(&seed) % PAGE_BYTES] =
                (uint8_t)next_random(&seed);
        }
        write_file(f->path, bytes, n);
        err = open_bounded(f, f->path, page % 2 == 0, &briefcase);
        if (err == WEH_OK) {
            (void)query_int(briefcase, "SELECT count(*) FROM be_Local");
            weh_briefcase_close(briefcase);
        } else if (!is_refusal(err) && err != WEH_E_VERSION_TOO_NEW &&
                   err != WEH_E_VERSION_TOO_OLD) {
            fail_msg("page %zu: %s (%s)", page, name_of(err), f->diag.text);
        }
        memcpy(bytes + page * PAGE_BYTES, kept, PAGE_BYTES);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hostile_sql_of_the_file_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_class_views_and_time_triggers_are_no_harm, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_links_are_not_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links_are_not_followed_without_openat2, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_regular_file_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sparse_giants_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_logs_that_are_no_files_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_headers_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_short_files_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_pages_are_survived, setup, teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
