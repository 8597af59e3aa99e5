/* src/bis/remove.c - deleting elements with their children, and models with their elements.
 *
 * Children first, as the native library does; joined rows, aspects and the spatial index follow by
 * the file's own cascades and triggers. Children are walked with a list: a hostile file may be deep
 * or hold a cycle. Whole trees with sub-models are in tree.c.
 */
#include <stdlib.h>
#include <string.h>

#include "remove_priv.h"

#define ROOT_SUBJECT     0x1u /* also the repository model */
#define REALITY_MODEL    0xeu
#define DICTIONARY_MODEL 0x10u

static size_t slot_of(const weh_id *set, size_t size, weh_id id)
{
    size_t at = (size_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (size - 1);

    while (set[at] != 0 && set[at] != id) {
        at = (at + 1) & (size - 1);
    }
    return at;
}

static weh_err grow_set(struct bis_remover *remover, struct weh_diag *diag)
{
    size_t size = remover->set_size == 0 ? 64 : remover->set_size * 2;
    weh_id *set = weh_calloc(size, sizeof(*set));

    if (set == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; remover->set != NULL && i < remover->set_size; i++) {
        if (remover->set[i] != 0) {
            set[slot_of(set, size, remover->set[i])] = remover->set[i];
        }
    }
    weh_free(remover->set);
    remover->set = set;
    remover->set_size = size;
    return WEH_OK;
}

static bool is_known(const struct bis_remover *remover, weh_id id)
{
    return remover->set != NULL && remover->set[slot_of(remover->set, remover->set_size, id)] == id;
}

static weh_err add(struct bis_remover *remover, weh_id id, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (is_known(remover, id)) {
        return WEH_OK; /* a cycle, or asked for twice */
    }
    if (remover->n_set >= BIS_MAX_TREE) {
        return weh_fail_where(diag, WEH_E_LIMIT, "id", "more than %u elements in one delete",
                              BIS_MAX_TREE);
    }
    if (remover->n == remover->max) {
        size_t max = remover->max == 0 ? 16 : remover->max * 2;
        weh_id *ids = weh_realloc(remover->ids, max * sizeof(*ids));

        if (ids == NULL) {
            return weh_fail_nomem(diag);
        }
        remover->ids = ids;
        remover->max = max;
    }
    if (remover->set == NULL || (remover->n_set + 1) * 2 > remover->set_size) {
        err = grow_set(remover, diag);
    }
    if (err == WEH_OK && remover->set != NULL) {
        remover->ids[remover->n++] = id;
        remover->set[slot_of(remover->set, remover->set_size, id)] = id;
        remover->n_set++;
    }
    return err;
}

static weh_err add_children(struct weh_bis *bis, struct bis_remover *remover, weh_id id,
                            struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err = bis_fixed(bis, SQL_CHILDREN, &stmt, diag);

    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    while (err == WEH_OK && row) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            err = add(remover, (weh_id)sqlite3_column_int64(stmt, 0), diag);
        }
    }
    bis_reset(stmt);
    return err;
}

/* Definitions that others may use without a reference that the file can check. */
static bool is_protected(uint64_t traits)
{
    return (traits &
            (TRAIT(CATEGORY) | TRAIT(SUB_CATEGORY) | TRAIT(RENDER_MATERIAL) | TRAIT(TEXTURE) |
             TRAIT(GEOMETRY_PART) | TRAIT(CATEGORY_SELECTOR) | TRAIT(MODEL_SELECTOR) |
             TRAIT(DISPLAY_STYLE) | TRAIT(VIEW) | TRAIT(LINE_STYLE) | TRAIT(TEXT_STYLE) |
             TRAIT(FRAME_STYLE) | TRAIT(LEADER_STYLE) | TRAIT(TEXT_SEED))) != 0;
}

static weh_err run_delete(struct weh_bis *bis, enum bis_sql which, weh_id id, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = bis_fixed(bis, which, &stmt, diag);

    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_run(bis->briefcase, stmt, diag);
    }
    bis_reset(stmt);
    return err;
}

static weh_err delete_one(struct bis_remover *remover, weh_id id, struct weh_diag *diag)
{
    struct bis_head head = { 0 };
    char where[WEH_ID_TEXT_SIZE];
    bool found = false;
    weh_err err = bis_element_head(remover->bis, id, &head, &found, diag);

    if (err == WEH_OK && found &&
        (bis_traits(remover->bis, head.ec_class) & TRAIT(MODEL_SELECTOR)) != 0) {
        err = bis_selected_delete(remover->bis, id, diag);
    }
    if (err == WEH_OK) {
        err = run_delete(remover->bis, SQL_ELEMENT_DELETE, id, diag);
    }
    if (err == WEH_E_FOREIGN_KEY) {
        (void)weh_id_print(id, where);
        return weh_fail_where(diag, err, where, "%s has a model, or others refer to it", where);
    }
    remover->n_deleted += err == WEH_OK;
    return err == WEH_OK ? bis_links_delete(remover->bis, id, diag) : err;
}

/* Only the element that is asked for is asked whether it may go; its children go with it. */
static weh_err check_element(struct bis_remover *remover, weh_id id, struct weh_diag *diag)
{
    struct bis_head head;
    char where[WEH_ID_TEXT_SIZE];
    bool found = false;
    weh_err err = bis_element_head(remover->bis, id, &head, &found, diag);

    (void)weh_id_print(id, where);
    if (err == WEH_OK && !found) {
        err = weh_fail_where(diag, WEH_E_MISSING_ID, where, "the element %s does not exist", where);
    }
    if (err == WEH_OK && id == ROOT_SUBJECT) {
        err =
            weh_fail_where(diag, WEH_E_WRONG_ELEMENT, where, "the root subject cannot be deleted");
    }
    if (err == WEH_OK && !remover->purges &&
        is_protected(bis_traits(remover->bis, head.ec_class))) {
        err = weh_fail_where(diag, WEH_E_DELETION_PROHIBITED, where,
                             "%s is a definition that others may use", where);
    }
    return err;
}

weh_err bis_remove_element(struct bis_remover *remover, weh_id id, struct weh_diag *diag)
{
    weh_err err;

    if (is_known(remover, id)) {
        return WEH_OK; /* it went with another */
    }
    err = check_element(remover, id, diag);
    remover->n = 0;
    if (err == WEH_OK) {
        err = add(remover, id, diag);
    }
    for (size_t i = 0; err == WEH_OK && i < remover->n; i++) {
        err = add_children(remover->bis, remover, remover->ids[i], diag);
    }
    for (size_t i = remover->n; err == WEH_OK && i > 0; i--) {
        err = delete_one(remover, remover->ids[i - 1], diag);
    }
    return err;
}

/* Some element of a model, 0 when there is none. */
static weh_err first_of_model(struct weh_bis *bis, weh_id model, weh_id *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = bis_fixed(bis, SQL_MODEL_ELEMENT, &stmt, diag);

    *out = 0;
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)model) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        *out = (weh_id)sqlite3_column_int64(stmt, 0);
    }
    bis_reset(stmt);
    return err;
}

static bool is_in_every_imodel(weh_id model)
{
    return model == ROOT_SUBJECT || model == REALITY_MODEL || model == DICTIONARY_MODEL;
}

weh_err bis_remove_model(struct bis_remover *remover, weh_id id, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    weh_id element = 0;
    char where[WEH_ID_TEXT_SIZE];
    weh_err err = bis_model_class(remover->bis, id, &ec_class, diag);

    (void)weh_id_print(id, where);
    if (err == WEH_OK && ec_class == NULL) {
        err = weh_fail_where(diag, WEH_E_MISSING_ID, where, "the model %s does not exist", where);
    }
    if (err == WEH_OK && is_in_every_imodel(id)) {
        err = weh_fail_where(diag, WEH_E_WRONG_MODEL, where, "%s is in every iModel", where);
    }
    if (err == WEH_OK) {
        err = first_of_model(remover->bis, id, &element, diag);
    }
    while (err == WEH_OK && element != 0) {
        weh_id before = element;

        err = bis_remove_element(remover, element, diag);
        if (err == WEH_OK) {
            err = first_of_model(remover->bis, id, &element, diag);
        }
        if (err == WEH_OK && element == before) {
            err = weh_fail(diag, WEH_E_CORRUPT, "an element cannot be deleted");
        }
    }
    if (err != WEH_OK) {
        return err;
    }
    err = run_delete(remover->bis, SQL_MODEL_DELETE, id, diag);
    if (err == WEH_E_FOREIGN_KEY) {
        return weh_fail_where(diag, err, where, "something refers to the model %s", where);
    }
    return err == WEH_OK ? bis_selected_delete(remover->bis, id, diag) : err;
}

void bis_remover_init(struct bis_remover *remover, struct weh_bis *bis)
{
    *remover = (struct bis_remover){ .bis = bis };
}

void bis_remover_fini(struct bis_remover *remover)
{
    weh_free(remover->ids);
    weh_free(remover->set);
    bis_forget_ids(remover->bis);
}

weh_err weh_element_delete(struct weh_bis *bis, const weh_id *ids, size_t n, struct weh_diag *diag)
{
    struct bis_remover remover;
    weh_err err = bis_begin(bis, diag);

    if (err != WEH_OK) {
        return err;
    }
    bis_remover_init(&remover, bis);
    for (size_t i = 0; err == WEH_OK && i < n; i++) {
        err = ids[i] == 0
                  ? weh_fail_where(diag, WEH_E_BAD_ARGS, "id", "id must be the id of an element")
                  : bis_remove_element(&remover, ids[i], diag);
    }
    bis_remover_fini(&remover);
    return bis_end(bis, err, diag);
}

weh_err weh_model_delete(struct weh_bis *bis, weh_id id, struct weh_diag *diag)
{
    struct bis_remover remover;
    weh_err err;

    if (id == 0) {
        return weh_fail_where(diag, WEH_E_INVALID_ID, "id", "id must be the id of a model");
    }
    err = bis_begin(bis, diag);
    if (err != WEH_OK) {
        return err;
    }
    bis_remover_init(&remover, bis);
    err = bis_remove_model(&remover, id, diag);
    bis_remover_fini(&remover);
    return bis_end(bis, err, diag);
}
