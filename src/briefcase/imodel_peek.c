/* src/briefcase/imodel_peek.c - id and name of an iModel that nobody opens for it. */
#include <string.h>

#include "weh/imodel.h"

#include "briefcase_priv.h"
#include "content_priv.h"

/** Copy as much of @text as fits, whole characters only. */
static void copy_name(struct weh_str text, char *out, size_t size)
{
    size_t n = text.len < size ? text.len : size - 1;

    while (n > 0 && n < text.len && ((uint8_t)text.ptr[n] & 0xc0) == 0x80) {
        n--;
    }
    if (n > 0) {
        memcpy(out, text.ptr, n);
    }
    out[n] = '\0';
}

static weh_err peek(const char *path, const struct weh_file_bounds *bounds,
                    struct weh_imodel_summary *out, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = NULL;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    err = weh_glance_open(path, bounds, &briefcase, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_prop_read_guid(briefcase, "DbGuid", &out->imodel_guid, diag);
    if (err != WEH_OK) {
        goto out;
    }
    err = weh_stmt_acquire(briefcase, "SELECT CodeValue FROM bis_Element WHERE Id=1", &stmt, diag);
    if (err != WEH_OK) {
        goto out;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK) {
        copy_name(row ? weh_stmt_text(stmt, 0) : (struct weh_str){ NULL, 0 }, out->name,
                  sizeof(out->name));
    }
out:
    weh_stmt_release(briefcase, stmt);
    weh_glance_close(briefcase);
    return err;
}

weh_err weh_imodel_peek(const char *path, const struct weh_file_bounds *bounds,
                        struct weh_file_registry *registry, struct weh_imodel_summary *out,
                        struct weh_diag *diag)
{
    struct weh_briefcase_options options = { .path = path, .readonly = true };
    struct weh_file_entry *entry = NULL;
    weh_err err = WEH_OK;

    weh_assert(path != NULL && out != NULL);
    if (bounds != NULL) {
        options.bounds = *bounds;
    }
    /* Beside somebody who opens the file or closes it as the last, either would fail for nothing. */
    if (registry != NULL) {
        err = weh_file_entry_acquire(registry, &options, &entry, diag);
        err = err == WEH_E_BUSY ? WEH_OK : err; /* open under another name: that can be seen too */
    }
    if (err == WEH_OK) {
        err = peek(path, bounds, out, diag);
    }
    weh_file_entry_release(registry, entry, false);
    return err;
}
