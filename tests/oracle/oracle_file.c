/* tests/oracle/oracle_file.c - see oracle_file.h. */
#include "oracle_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "weh/db.h"

#define FILE_MAX      (256u << 20)
#define PATH_MAX_SIZE 600

static weh_err write_file(const char *path, const struct weh_buf *bytes, struct weh_diag *diag)
{
    FILE *file = fopen(path, "wb");
    bool ok = file != NULL && fwrite(bytes->data, 1, bytes->len, file) == bytes->len;

    if (file != NULL && fclose(file) != 0) {
        ok = false;
    }
    return ok ? WEH_OK : weh_fail(diag, WEH_E_IO, "%s cannot be written", path);
}

static weh_err make_copy(const char *data_dir, const char *name, struct oracle_file *file,
                         struct weh_diag *diag)
{
    char path[PATH_MAX_SIZE];
    struct weh_buf bytes;
    weh_err err;

    (void)snprintf(file->folder, sizeof(file->folder), "/tmp/weh-oracle-XXXXXX");
    if (mkdtemp(file->folder) == NULL) {
        file->folder[0] = '\0';
        return weh_fail(diag, WEH_E_IO, "no temporary folder");
    }
    (void)snprintf(file->path, sizeof(file->path), "%s/copy.bim", file->folder);
    (void)snprintf(path, sizeof(path), "%s/%s.bim", data_dir, name);
    if (access(path, R_OK) != 0) {
        (void)snprintf(path, sizeof(path), "%s/%s.bim.xz", data_dir, name);
    }
    weh_buf_init(&bytes, FILE_MAX);
    err = data_file_read(path, &bytes, diag);
    if (err == WEH_OK) {
        err = write_file(file->path, &bytes, diag);
    }
    weh_buf_fini(&bytes);
    return err;
}

weh_err oracle_file_open(const char *data_dir, const char *name, struct oracle_file *file,
                         struct weh_diag *diag)
{
    struct weh_briefcase_options options = { .readonly = true, .user = "report" };
    weh_err err = make_copy(data_dir, name, file, diag);

    if (err == WEH_OK) {
        err = weh_file_registry_create(&file->registry, diag);
    }
    if (err == WEH_OK) {
        err = weh_ec_cache_create(&file->cache, diag);
    }
    if (err == WEH_OK) {
        options.path = file->path;
        options.registry = file->registry;
        err = weh_briefcase_open(&options, &file->briefcase, diag);
    }
    if (err == WEH_OK) {
        err = weh_ec_catalog_acquire(file->cache, file->briefcase, &file->catalog, diag);
    }
    if (err == WEH_OK) {
        err = weh_bis_create(file->briefcase, file->catalog, &file->bis, diag);
    }
    return err;
}

void oracle_file_close(struct oracle_file *file)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char path[128];

    weh_arena_fini(&file->aspects.arena);
    weh_arena_fini(&file->file_props.arena);
    weh_bis_destroy(file->bis);
    weh_ec_catalog_release(file->catalog);
    weh_briefcase_close(file->briefcase);
    weh_ec_cache_destroy(file->cache);
    weh_file_registry_destroy(file->registry);
    for (size_t i = 0; i < WEH_ARRAY_LEN(suffixes) && file->path[0] != '\0'; i++) {
        (void)snprintf(path, sizeof(path), "%s%s", file->path, suffixes[i]);
        (void)unlink(path);
    }
    if (file->folder[0] != '\0') {
        (void)rmdir(file->folder);
    }
    memset(file, 0, sizeof(*file));
}

weh_err oracle_count(struct oracle_file *file, const char *sql, uint64_t *out,
                     struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(file->briefcase, sql, &stmt, diag);

    if (err == WEH_OK) {
        err = weh_stmt_step(file->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK) {
        *out = (uint64_t)sqlite3_column_int64(stmt, 0);
    }
    weh_stmt_release(file->briefcase, stmt);
    return err;
}
