/* src/bis/remove.c - deleting elements with their children.
 *
 * Children first, as the native library does; joined rows, aspects and the spatial index follow by
 * the file's own cascades and triggers. The tree is walked with a list: a hostile file may be deep
 * or hold a cycle.
 */
#include <stdlib.h>
#include <string.h>

#include "bis_edit.h"

#define ROOT_SUBJECT 1u

/* The elements of one tree, parents before children, and the set of all that were met. */
struct tree {
    weh_id *ids;
    size_t n;
    size_t max;
    weh_id *set; /* open addressing, a power of two, 0 is free */
    size_t set_size;
    size_t n_set;
};

static size_t slot_of(const weh_id *set, size_t size, weh_id id)
{
    size_t at = (size_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (size - 1);

    while (set[at] != 0 && set[at] != id) {
        at = (at + 1) & (size - 1);
    }
    return at;
}

static weh_err grow_set(struct tree *tree, struct weh_diag *diag)
{
    size_t size = tree->set_size == 0 ? 64 : tree->set_size * 2;
    weh_id *set = weh_calloc(size, sizeof(*set));

    if (set == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; tree->set != NULL && i < tree->set_size; i++) {
        if (tree->set[i] != 0) {
            set[slot_of(set, size, tree->set[i])] = tree->set[i];
        }
    }
    weh_free(tree->set);
    tree->set = set;
    tree->set_size = size;
    return WEH_OK;
}

static bool is_known(const struct tree *tree, weh_id id)
{
    return tree->set != NULL && tree->set[slot_of(tree->set, tree->set_size, id)] == id;
}

static weh_err add(struct tree *tree, weh_id id, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (is_known(tree, id)) {
        return WEH_OK; /* a cycle, or asked for twice */
    }
    if (tree->n_set >= BIS_MAX_TREE) {
        return weh_fail_where(diag, WEH_E_LIMIT, "id", "more than %u elements in one delete",
                              BIS_MAX_TREE);
    }
    if (tree->n == tree->max) {
        size_t max = tree->max == 0 ? 16 : tree->max * 2;
        weh_id *ids = weh_realloc(tree->ids, max * sizeof(*ids));

        if (ids == NULL) {
            return weh_fail_nomem(diag);
        }
        tree->ids = ids;
        tree->max = max;
    }
    if (tree->set == NULL || (tree->n_set + 1) * 2 > tree->set_size) {
        err = grow_set(tree, diag);
    }
    if (err == WEH_OK && tree->set != NULL) {
        tree->ids[tree->n++] = id;
        tree->set[slot_of(tree->set, tree->set_size, id)] = id;
        tree->n_set++;
    }
    return err;
}

static weh_err add_children(struct weh_bis *bis, struct tree *tree, weh_id id,
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
            err = add(tree, (weh_id)sqlite3_column_int64(stmt, 0), diag);
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

static weh_err delete_one(struct weh_bis *bis, weh_id id, struct weh_diag *diag)
{
    struct bis_head head;
    sqlite3_stmt *stmt = NULL;
    char where[WEH_ID_TEXT_SIZE];
    bool found = false;
    weh_err err = bis_element_head(bis, id, &head, &found, diag);

    (void)weh_id_print(id, where);
    if (err == WEH_OK && !found) {
        err = weh_fail_where(diag, WEH_E_MISSING_ID, where, "the element %s does not exist", where);
    }
    if (err == WEH_OK && is_protected(bis_traits(bis, head.ec_class))) {
        err = weh_fail_where(diag, WEH_E_DELETION_PROHIBITED, where,
                             "%s is a definition that others may use", where);
    }
    if (err == WEH_OK) {
        err = bis_fixed(bis, SQL_ELEMENT_DELETE, &stmt, diag);
    }
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_run(bis->briefcase, stmt, diag);
    }
    bis_reset(stmt);
    if (err == WEH_E_FOREIGN_KEY) {
        return weh_fail_where(diag, err, where, "%s has a model, or others refer to it", where);
    }
    return err == WEH_OK ? bis_links_delete(bis, id, diag) : err;
}

static weh_err delete_tree(struct weh_bis *bis, struct tree *tree, weh_id root,
                           struct weh_diag *diag)
{
    weh_err err;

    tree->n = 0;
    err = add(tree, root, diag);
    for (size_t i = 0; err == WEH_OK && i < tree->n; i++) {
        err = add_children(bis, tree, tree->ids[i], diag);
    }
    for (size_t i = tree->n; err == WEH_OK && i > 0; i--) {
        err = delete_one(bis, tree->ids[i - 1], diag);
    }
    return err;
}

static weh_err check_id(weh_id id, struct weh_diag *diag)
{
    if (id == 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "id", "id must be the id of an element");
    }
    if (id == ROOT_SUBJECT) {
        return weh_fail_where(diag, WEH_E_WRONG_ELEMENT, "0x1",
                              "the root subject cannot be deleted");
    }
    return WEH_OK;
}

weh_err weh_element_delete(struct weh_bis *bis, const weh_id *ids, size_t n, struct weh_diag *diag)
{
    struct tree tree = { 0 };
    weh_err err = bis_begin(bis, diag);

    if (err != WEH_OK) {
        return err;
    }
    for (size_t i = 0; err == WEH_OK && i < n; i++) {
        err = check_id(ids[i], diag);
        if (err == WEH_OK) {
            err = delete_tree(bis, &tree, ids[i], diag);
        }
    }
    weh_free(tree.ids);
    weh_free(tree.set);
    bis_forget_ids(bis);
    return bis_end(bis, err, diag);
}
