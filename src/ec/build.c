/* src/ec/build.c - a catalogue from a snapshot: the steps and their order. */
#include "weh/alloc.h"

#include "ec_priv.h"

weh_err ec_build_no_memory(struct ec_build *build)
{
    /* What was refused was less than all that a catalogue may hold, and arrays of the snapshot's
     * rows are bounded: close to the limit it is the limit, else the system's memory. */
    if (build->catalog->arena.used_bytes > EC_MAX_CATALOG_BYTES / 4 * 3 ||
        build->scratch.used_bytes > EC_MAX_CATALOG_BYTES / 4 * 3) {
        return ec_corrupt(build->diag, "they are too large");
    }
    return weh_fail_nomem(build->diag);
}

void ec_catalog_destroy(struct weh_ec_catalog *catalog)
{
    if (catalog == NULL) {
        return;
    }
    weh_assert(catalog->n_refs == 0);
    weh_arena_fini(&catalog->arena);
    weh_free(catalog->texts);
    weh_free(catalog);
}

weh_err ec_catalog_build(struct ec_snapshot *snapshot, struct weh_ec_catalog **out,
                         struct weh_diag *diag)
{
    static weh_err (*const steps[])(struct ec_build *) = {
        ec_build_classes,    ec_build_relationships, ec_build_own,
        ec_build_properties, ec_build_tables,        ec_build_leaves,
    };
    struct ec_build build = { .snapshot = snapshot, .diag = diag };
    weh_err err = WEH_OK;
    size_t n_texts = 0;

    weh_arena_init(&build.scratch, EC_MAX_CATALOG_BYTES);
    build.catalog = weh_calloc(1, sizeof(*build.catalog));
    if (build.catalog == NULL) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    weh_arena_init(&build.catalog->arena, EC_MAX_CATALOG_BYTES);
    for (size_t i = 0; i < WEH_ARRAY_LEN(steps) && err == WEH_OK; i++) {
        err = steps[i](&build);
    }
    if (err != WEH_OK) {
        goto out;
    }

    for (size_t i = 0; i < sizeof(snapshot->digest); i++) {
        build.catalog->digest[i] = snapshot->digest[i];
    }
    build.catalog->texts = weh_buf_take(&snapshot->texts, &n_texts);
    build.catalog->bytes = sizeof(*build.catalog) + build.catalog->arena.used_bytes + n_texts;
    *out = build.catalog;
    build.catalog = NULL;
out:
    weh_arena_fini(&build.scratch);
    ec_catalog_destroy(build.catalog);
    return err;
}
