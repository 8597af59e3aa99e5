/* tests/unit/bis/bis_fixture.c - see bis_fixture.h. */
#include "bis_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

static const char *name_of(weh_err err)
{
    return err == WEH_OK ? "no error" : weh_err_info(err)->name;
}

void fixture_expect_ok(const struct fixture *f, weh_err err, const char *call, int line)
{
    if (err != WEH_OK) {
        fail_msg("line %d: %s: %s (%s) %s", line, call, name_of(err), f->diag.where, f->diag.text);
    }
}

void fixture_expect(const struct fixture *f, weh_err err, weh_err code, const char *where, int line)
{
    if (err != code || (err != WEH_OK && where != NULL && strcmp(f->diag.where, where) != 0)) {
        fail_msg("line %d: %s instead of %s at '%s': %s", line, name_of(err), name_of(code),
                 f->diag.where, f->diag.text);
    }
}

void fixture_expect_case(const struct fixture *f, weh_err err, weh_err code, const char *where,
                         const char *text)
{
    if (err != code || (err != WEH_OK && where != NULL && strcmp(f->diag.where, where) != 0)) {
        fail_msg("%s: %s instead of %s at '%s': %s", text, name_of(err), name_of(code),
                 f->diag.where, f->diag.text);
    }
}

static void copy_file(const char *from, const char *to)
{
    static char bytes[65536];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    size_t n;

    assert_non_null(in);
    assert_non_null(out);
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    }
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
}

void fixture_open_path(struct fixture *f, const char *path, bool readonly)
{
    static bool initialised; /* once per process */
    struct weh_briefcase_options options = { 0 };

    memset(f, 0, sizeof(*f));
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/weh-bis-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof(f->path), "%s/copy.bim", f->folder);
    copy_file(path, f->path);
    weh_arena_init(&f->arena, 0);
    weh_buf_init(&f->text, 0);
    if (!initialised) {
        ASSERT_OK(weh_briefcase_global_init(&f->diag));
        initialised = true;
    }
    ASSERT_OK(weh_file_registry_create(&f->registry, &f->diag));
    ASSERT_OK(weh_ec_cache_create(&f->cache, &f->diag));
    options.path = f->path;
    options.readonly = readonly;
    options.user = "test";
    options.registry = f->registry;
    ASSERT_OK(weh_briefcase_open(&options, &f->briefcase, &f->diag));
    ASSERT_OK(weh_ec_catalog_acquire(f->cache, f->briefcase, &f->catalog, &f->diag));
    ASSERT_OK(weh_bis_create(f->briefcase, f->catalog, &f->bis, &f->diag));
}

void fixture_open(struct fixture *f, const char *name, bool readonly)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", WEH_TEST_DATA, name);
    fixture_open_path(f, path, readonly);
}

void fixture_close(struct fixture *f)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
    char path[128];

    weh_bis_destroy(f->bis);
    weh_ec_catalog_release(f->catalog);
    weh_briefcase_close(f->briefcase);
    weh_ec_cache_destroy(f->cache);
    weh_file_registry_destroy(f->registry);
    weh_arena_fini(&f->arena);
    weh_buf_fini(&f->text);
    for (size_t i = 0; i < WEH_ARRAY_LEN(suffixes); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(f->folder), 0);
}

WEH_PRINTF(2, 0)
static const struct weh_value *parse(struct fixture *f, const char *format, va_list args)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 1000000 };
    struct weh_value *value;
    char *text = NULL;

    assert_true(vasprintf(&text, format, args) >= 0);
    for (char *p = text; *p != '\0'; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }
    weh_arena_reset(&f->arena);
    value = weh_arena_alloc(&f->arena, sizeof(*value));
    assert_non_null(value);
    if (weh_json_parse(weh_str_from(text), &limits, &f->arena, value, &f->diag) != WEH_OK) {
        fail_msg("%s: %s", f->diag.where, text);
    }
    free(text);
    return value;
}

const struct weh_value *fixture_value(struct fixture *f, const char *format, ...)
{
    const struct weh_value *value;
    va_list args;

    va_start(args, format);
    value = parse(f, format, args);
    va_end(args);
    return value;
}

weh_err fixture_insert(struct fixture *f, weh_id *out, const char *format, ...)
{
    const struct weh_value *value;
    weh_id unused = 0;
    va_list args;

    va_start(args, format);
    value = parse(f, format, args);
    va_end(args);
    return weh_element_insert(f->bis, value, out == NULL ? &unused : out, &f->diag);
}

weh_err fixture_update(struct fixture *f, const char *format, ...)
{
    const struct weh_value *value;
    va_list args;

    va_start(args, format);
    value = parse(f, format, args);
    va_end(args);
    return weh_element_update(f->bis, value, &f->diag);
}

weh_err fixture_insert_model(struct fixture *f, weh_id *out, const char *format, ...)
{
    const struct weh_value *value;
    weh_id unused = 0;
    va_list args;

    va_start(args, format);
    value = parse(f, format, args);
    va_end(args);
    return weh_model_insert(f->bis, value, out == NULL ? &unused : out, &f->diag);
}

weh_err fixture_delete(struct fixture *f, weh_id id)
{
    return weh_element_delete(f->bis, &id, 1, &f->diag);
}

static const char *finish(struct fixture *f, weh_err err)
{
    weh_buf_byte(&f->text, 0);
    assert_int_equal(f->text.err, WEH_OK);
    return err == WEH_OK ? (const char *)f->text.data : NULL;
}

const char *fixture_get(struct fixture *f, weh_id id)
{
    struct weh_element_key key = { .id = id };
    struct weh_json_writer writer;

    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    return finish(f, weh_element_get_props(f->bis, &key, &writer.sink, &f->diag));
}

const char *fixture_get_model(struct fixture *f, weh_id id)
{
    struct weh_json_writer writer;

    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    return finish(f, weh_model_get_props(f->bis, id, &writer.sink, &f->diag));
}

static void put_cell(char *out, size_t size, sqlite3_stmt *stmt, int column)
{
    size_t len = strlen(out);
    const unsigned char *bytes;

    out += len;
    size -= len;
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL:
        (void)snprintf(out, size, "null|");
        break;
    case SQLITE_INTEGER:
        (void)snprintf(out, size, "%lld|", (long long)sqlite3_column_int64(stmt, column));
        break;
    case SQLITE_FLOAT:
        (void)snprintf(out, size, "r%.17g|", sqlite3_column_double(stmt, column));
        break;
    case SQLITE_TEXT:
        (void)snprintf(out, size, "'%s'|", (const char *)sqlite3_column_text(stmt, column));
        break;
    default:
        bytes = sqlite3_column_blob(stmt, column);
        (void)snprintf(out, size, "x");
        for (int i = 0; i < sqlite3_column_bytes(stmt, column) && i < 40; i++) {
            (void)snprintf(out + strlen(out), size - strlen(out), "%02x", bytes[i]);
        }
        (void)snprintf(out + strlen(out), size - strlen(out), "|");
    }
}

WEH_PRINTF(2, 0)
static sqlite3_stmt *prepare(struct fixture *f, const char *format, va_list args)
{
    sqlite3_stmt *stmt = NULL;
    char *sql = NULL;

    assert_true(vasprintf(&sql, format, args) >= 0);
    if (sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), sql, -1, &stmt, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(weh_briefcase_db(f->briefcase)));
    }
    free(sql);
    return stmt;
}

const char *fixture_rows(struct fixture *f, const char *format, ...)
{
    static char text[16384];
    sqlite3_stmt *stmt;
    va_list args;

    va_start(args, format);
    stmt = prepare(f, format, args);
    va_end(args);
    text[0] = '\0';
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            put_cell(text, sizeof(text), stmt, i);
        }
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), ";");
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return text;
}

int64_t fixture_int(struct fixture *f, const char *format, ...)
{
    sqlite3_stmt *stmt;
    int64_t value;
    va_list args;

    va_start(args, format);
    stmt = prepare(f, format, args);
    va_end(args);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    value = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return value;
}

void fixture_sql(struct fixture *f, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(weh_briefcase_db(f->briefcase), sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
}

void fixture_check_file(struct fixture *f)
{
    assert_string_equal(fixture_rows(f, "PRAGMA integrity_check"), "'ok'|;");
    assert_string_equal(fixture_rows(f, "PRAGMA foreign_key_check"), "");
}
