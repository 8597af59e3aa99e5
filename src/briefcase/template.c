/* src/briefcase/template.c - the text of an empty iModel, packed into the program (data/README.md).
 */
#include <lzma.h>

#include "weh/alloc.h"

#include "briefcase_priv.h"
#include "content_priv.h"

/* Made by the build from data/imodel-template.sql.xz. */
extern const unsigned char weh_imodel_template[];
extern const size_t weh_imodel_template_size;

/* The text has 0.7 MB. Its dictionary is 1 MB (tools/make-template). */
#define MAX_TEXT_BYTES (4U << 20)
#define MAX_MEMORY     (4U << 20)

static void *lzma_allocate(void *opaque, size_t n, size_t size)
{
    (void)opaque;
    return weh_calloc(n, size);
}

static void lzma_give_back(void *opaque, void *memory)
{
    (void)opaque;
    weh_free(memory);
}

weh_err weh_template_unpack(char **out, struct weh_diag *diag)
{
    const lzma_allocator allocator = { lzma_allocate, lzma_give_back, NULL };
    uint64_t limit = MAX_MEMORY;
    size_t in_at = 0;
    size_t out_at = 0;
    char *text = weh_malloc(MAX_TEXT_BYTES);
    char *fitting = NULL;
    lzma_ret ret;

    if (text == NULL) {
        return weh_fail_nomem(diag);
    }
    ret = lzma_stream_buffer_decode(&limit, 0, &allocator, weh_imodel_template, &in_at,
                                    weh_imodel_template_size, (uint8_t *)text, &out_at,
                                    MAX_TEXT_BYTES - 1);
    if (ret != LZMA_OK) {
        weh_free(text);
        if (ret == LZMA_MEM_ERROR) {
            return weh_fail_nomem(diag);
        }
        return weh_fail(diag, WEH_E_INTERNAL, "the built-in template cannot be unpacked");
    }
    text[out_at] = '\0';
    fitting = weh_realloc(text, out_at + 1);
    *out = fitting == NULL ? text : fitting;
    return WEH_OK;
}
