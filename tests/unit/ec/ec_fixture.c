/* tests/unit/ec/ec_fixture.c - see ec_fixture.h. */
#include "ec_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lzma.h>
#include <unistd.h>

#include "weh/alloc.h"

static void read_all(const char *path, struct weh_buf *out)
{
    FILE *file = fopen(path, "rb");
    size_t n;

    assert_non_null(file);
    do {
        uint8_t *room = weh_buf_reserve(out, 65536);

        assert_non_null(room);
        n = fread(room, 1, 65536, file);
        out->len += n;
    } while (n > 0);
    (void)fclose(file);
}

static void unpack(struct weh_buf *packed, struct weh_buf *out)
{
    uint64_t limit = UINT64_MAX;
    size_t in = 0;
    uint8_t *room = weh_buf_reserve(out, 16u << 20);

    assert_non_null(room);
    assert_int_equal(lzma_stream_buffer_decode(&limit, 0, NULL, packed->data, &in, packed->len,
                                               room, &out->len, 16u << 20),
                     LZMA_OK);
}

void ec_fixture_read(const char *name, struct weh_buf *out)
{
    struct weh_buf packed;
    char path[512];
    size_t len = strlen(name);

    (void)snprintf(path, sizeof(path), "%s/%s", TEST_DATA, name);
    if (len < 3 || strcmp(name + len - 3, ".xz") != 0) {
        read_all(path, out);
        return;
    }
    weh_buf_init(&packed, 0);
    read_all(path, &packed);
    unpack(&packed, out);
    weh_buf_fini(&packed);
}

static void copy_file(const char *name, const char *to)
{
    struct weh_buf bytes;
    FILE *file;

    weh_buf_init(&bytes, 0);
    ec_fixture_read(name, &bytes);
    file = fopen(to, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
    weh_buf_fini(&bytes);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys=OFF;PRAGMA ignore_check_constraints=ON;",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void ec_fixture_open(struct ec_fixture *f, const char *name, const char *sql)
{
    struct weh_briefcase_options options = { .readonly = true, .user = "test" };
    struct weh_diag diag = { .err = WEH_OK };

    static bool initialized; /* once per process */

    memset(f, 0, sizeof(*f));
    if (!initialized) {
        assert_int_equal(weh_briefcase_global_init(&diag), WEH_OK);
        initialized = true;
    }
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/weh-ec-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof(f->path), "%s/%s", f->dir, name);
    copy_file(name, f->path);
    if (sql != NULL) {
        run_sql(f->path, sql);
    }
    assert_int_equal(weh_file_registry_create(&f->registry, &diag), WEH_OK);
    assert_int_equal(weh_ec_cache_create(&f->cache, &diag), WEH_OK);
    options.path = f->path;
    options.registry = f->registry;
    if (weh_briefcase_open(&options, &f->briefcase, &diag) != WEH_OK) {
        fail_msg("%s: %s", diag.text, diag.detail);
    }
}

weh_err ec_fixture_acquire(struct ec_fixture *f)
{
    return weh_ec_catalog_acquire(f->cache, f->briefcase, &f->catalog, &f->diag);
}

void ec_fixture_close(struct ec_fixture *f)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };

    weh_ec_catalog_release(f->catalog);
    weh_briefcase_close(f->briefcase);
    weh_ec_cache_destroy(f->cache);
    weh_file_registry_destroy(f->registry);
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char path[128];

        (void)snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
        (void)unlink(path);
    }
    (void)rmdir(f->dir);
}

int ec_fixture_setup(void **state)
{
    struct ec_fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    ec_fixture_open(f, "small.bim", NULL);
    if (ec_fixture_acquire(f) != WEH_OK) {
        fail_msg("%s", f->diag.text);
    }
    *state = f;
    return 0;
}

int ec_fixture_teardown(void **state)
{
    ec_fixture_close(*state);
    free(*state);
    return 0;
}

const struct weh_ec_class *ec_fixture_class(const struct ec_fixture *f, const char *name)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_name(f->catalog, weh_str_from(name));

    assert_non_null(ec_class);
    return ec_class;
}
