/* tests/oracle/oracle_file.c - see oracle_file.h. */
#include "oracle_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lzma.h>
#include <unistd.h>

#include "weh/db.h"

#define CHUNK_BYTES   (256u << 10)
#define FILE_MAX      (256u << 20)
#define MEMORY_MAX    (512u << 20) /* of the decoder: xz -9e takes 65 MiB */
#define PATH_MAX_SIZE 600

static weh_err read_plain(const char *path, struct weh_buf *out, struct weh_diag *diag)
{
    FILE *file = fopen(path, "rb");
    size_t n = CHUNK_BYTES;

    if (file == NULL) {
        return weh_fail_where(diag, WEH_E_FILE_NOT_FOUND, path, "%s cannot be read", path);
    }
    while (n == CHUNK_BYTES) {
        uint8_t *at = weh_buf_reserve(out, CHUNK_BYTES);

        n = at == NULL ? 0 : fread(at, 1, CHUNK_BYTES, file);
        out->len += n;
    }
    (void)fclose(file);
    return out->err == WEH_OK ? WEH_OK : weh_fail(diag, out->err, "%s is too large", path);
}

static weh_err unpack(const struct weh_buf *packed, struct weh_buf *out, struct weh_diag *diag)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_ret ret = lzma_stream_decoder(&stream, MEMORY_MAX, LZMA_CONCATENATED);

    stream.next_in = packed->data;
    stream.avail_in = packed->len;
    while (ret == LZMA_OK) {
        stream.next_out = weh_buf_reserve(out, CHUNK_BYTES);
        stream.avail_out = CHUNK_BYTES;
        if (stream.next_out == NULL) {
            ret = LZMA_MEM_ERROR;
            break;
        }
        ret = lzma_code(&stream, LZMA_FINISH);
        out->len += CHUNK_BYTES - stream.avail_out;
    }
    lzma_end(&stream);
    return ret == LZMA_STREAM_END ? WEH_OK : weh_fail(diag, WEH_E_PARSE, "lzma error %d", ret);
}

weh_err oracle_read(const char *path, struct weh_buf *out, struct weh_diag *diag)
{
    size_t len = strlen(path);
    struct weh_buf packed;
    weh_err err;

    if (len < 3 || strcmp(path + len - 3, ".xz") != 0) {
        return read_plain(path, out, diag);
    }
    weh_buf_init(&packed, FILE_MAX);
    err = read_plain(path, &packed, diag);
    if (err == WEH_OK) {
        err = unpack(&packed, out, diag);
    }
    weh_buf_fini(&packed);
    return err;
}

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
    err = oracle_read(path, &bytes, diag);
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
