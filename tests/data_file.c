/* tests/data_file.c - see data_file.h. */
#include "data_file.h"

#include <stdio.h>
#include <string.h>

#include <lzma.h>

#define CHUNK_BYTES (256u << 10)
#define FILE_MAX    (256u << 20)
#define MEMORY_MAX  (512u << 20) /* of the decoder: xz -9e takes 65 MiB */

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

weh_err data_file_read(const char *path, struct weh_buf *out, struct weh_diag *diag)
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

char *data_file_text(const char *name, size_t *len)
{
    char path[600];
    struct weh_buf text;

    (void)snprintf(path, sizeof(path), "%s/%s", WEH_TEST_DATA, name);
    weh_buf_init(&text, FILE_MAX);
    if (data_file_read(path, &text, NULL) != WEH_OK) {
        weh_buf_fini(&text);
        return NULL;
    }
    *len = text.len;
    weh_buf_byte(&text, 0);
    return (char *)weh_buf_take(&text, &(size_t){ 0 });
}
