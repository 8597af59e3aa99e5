/* tests/unit/briefcase/fixture.c - see fixture.h. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

int group_setup(void **state)
{
    (void)state;
    return weh_briefcase_global_init(NULL) == WEH_OK ? 0 : 1;
}

int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    (void)snprintf(f->folder, sizeof(f->folder), "%s/weh-briefcase-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof(f->path), "%s/file.bim", f->folder);
    assert_int_equal(weh_file_registry_create(&f->registry, NULL), WEH_OK);
    *state = f;
    return 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int teardown(void **state)
{
    struct fixture *f = *state;
    struct dirent **entries = NULL;
    int n = scandir(f->folder, &entries, is_visible, NULL);

    weh_file_registry_destroy(f->registry);
    for (int i = 0; i < n; i++) {
        (void)unlink(in_folder(f, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

const char *in_folder(const struct fixture *f, const char *name)
{
    static char path[1024];

    (void)snprintf(path, sizeof(path), "%s/%s", f->folder, name);
    return path;
}

uint8_t *read_file(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    uint8_t *bytes = NULL;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    bytes = malloc((size_t)status.st_size + 1);
    assert_non_null(bytes);
    *n = fread(bytes, 1, (size_t)status.st_size, file);
    assert_int_equal(*n, (size_t)status.st_size);
    (void)fclose(file);
    return bytes;
}

void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

void use_copy(struct fixture *f, const char *name)
{
    char path[512];
    size_t n = 0;
    uint8_t *bytes = NULL;

    (void)snprintf(path, sizeof(path), "%s/%s", WEH_TEST_DATA, name);
    bytes = read_file(path, &n);
    write_file(f->path, bytes, n);
    free(bytes);
}

weh_err open_as(struct fixture *f, bool readonly, const char *user, struct weh_briefcase **out)
{
    struct weh_briefcase_options options = {
        .path = f->path, .readonly = readonly, .user = user, .registry = f->registry
    };

    return weh_briefcase_open(&options, out, &f->diag);
}

struct weh_briefcase *open_write(struct fixture *f)
{
    struct weh_briefcase *briefcase = NULL;

    assert_int_equal(open_as(f, false, "tester", &briefcase), WEH_OK);
    return briefcase;
}

int64_t raw_query(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        value = sqlite3_column_int64(stmt, 0);
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return value;
}

void assert_file_is_sound(const char *path)
{
    assert_int_equal(raw_query(path, "SELECT count(*) FROM pragma_integrity_check "
                                     "WHERE integrity_check<>'ok'"),
                     0);
    assert_int_equal(raw_query(path, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

int64_t query_int(struct weh_briefcase *briefcase, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int64_t value = 0;

    assert_int_equal(weh_stmt_acquire(briefcase, sql, &stmt, NULL), WEH_OK);
    assert_int_equal(weh_stmt_step(briefcase, stmt, &row, NULL), WEH_OK);
    assert_true(row);
    value = sqlite3_column_int64(stmt, 0);
    weh_stmt_release(briefcase, stmt);
    return value;
}

unsigned count_files(const struct fixture *f)
{
    struct dirent **entries = NULL;
    int n = scandir(f->folder, &entries, is_visible, NULL);

    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        free(entries[i]);
    }
    free(entries);
    return (unsigned)n;
}

void assert_text(const struct weh_value *value, const char *text)
{
    assert_non_null(value);
    assert_int_equal(value->type, WEH_VALUE_STRING);
    assert_true(weh_str_eq_text(weh_value_str(value), text));
}
