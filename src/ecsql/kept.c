/* src/ecsql/kept.c - compiled queries by their text. The catalogue is the engine's: another catalogue,
 * another engine. SQLite's statements are not here but with the connection (src/briefcase/stmt_cache.c). */
#include <string.h>

#include "weh/alloc.h"

#include "engine.h"

static void destroy(struct ecsql_kept *kept)
{
    if (kept != NULL) {
        ecsql_statement_fini(&kept->statement);
        weh_free(kept->text);
        weh_free(kept);
    }
}

void ecsql_kept_clear(struct ecsql_kept_list *list)
{
    for (size_t i = 0; i < ECSQL_KEPT; i++) {
        destroy(list->items[i]);
        list->items[i] = NULL;
    }
}

static struct ecsql_kept *find(struct ecsql_kept_list *list, struct weh_str text)
{
    for (size_t i = 0; i < ECSQL_KEPT; i++) {
        struct ecsql_kept *kept = list->items[i];

        if (kept != NULL && kept->len == text.len && memcmp(kept->text, text.ptr, text.len) == 0) {
            kept->used = ++list->tick;
            return kept;
        }
    }
    return NULL;
}

/* The place of the one that was used longest ago; NULL when all of them are in use. */
static struct ecsql_kept **place_for_one(struct ecsql_kept_list *list)
{
    struct ecsql_kept **oldest = NULL;

    for (size_t i = 0; i < ECSQL_KEPT; i++) {
        struct ecsql_kept **item = &list->items[i];

        if (*item == NULL) {
            return item;
        }
        if ((*item)->n_users == 0 && (oldest == NULL || (*item)->used < (*oldest)->used)) {
            oldest = item;
        }
    }
    return oldest;
}

weh_err ecsql_kept_acquire(struct weh_ecsql *engine, struct weh_str text, struct ecsql_kept **out,
                           struct weh_diag *diag)
{
    struct ecsql_kept_list *list = &engine->kept;
    struct ecsql_kept *kept = find(list, text);
    struct ecsql_kept **place = kept == NULL ? place_for_one(list) : NULL;
    weh_err err;

    *out = kept;
    if (engine->host.count_kept != NULL) {
        engine->host.count_kept(engine->host.ctx, kept != NULL);
    }
    if (kept != NULL) {
        return WEH_OK;
    }
    if (place == NULL) {
        return weh_fail(diag, WEH_E_LIMIT, "too many cursors are open");
    }
    kept = weh_calloc(1, sizeof(*kept));
    if (kept == NULL) {
        return weh_fail_nomem(diag);
    }
    kept->text = weh_strndup(text.ptr == NULL ? "" : text.ptr, text.len);
    kept->len = text.len;
    kept->used = ++list->tick;
    err = kept->text == NULL
              ? weh_fail_nomem(diag)
              : ecsql_compile(engine->own.briefcase, engine->catalog, text, &kept->statement, diag);
    if (err != WEH_OK) {
        destroy(kept);
        return err;
    }
    destroy(*place);
    *place = kept;
    *out = kept;
    return WEH_OK;
}
