/* src/bis/tree.c - deleting an element with everything below it: children, sub-models, what is in them.
 *
 * The order is that of iTwin.js' ElementTreeDeleter (core-backend 5.1.9): bottom up; definitions,
 * their models and subjects wait until everything else is gone, then go as far as nothing uses them;
 * up to five times. The tree is walked with a list: a hostile file may be deep or hold a cycle.
 */
#include <stdlib.h>
#include <string.h>

#include "remove_priv.h"

#define ROOT_SUBJECT 1u
#define MAX_PASSES   5

struct id_list {
    weh_id *ids;
    size_t n;
    size_t max;
};

enum step_kind {
    STEP_EXPLORE, /* the element's sub-model and children, then itself */
    STEP_MODEL,   /* its sub-model is empty now */
    STEP_VISIT    /* nothing is below it now */
};

struct step {
    weh_id id;
    enum step_kind kind;
};

struct walk {
    struct bis_remover remover;
    struct step *steps; /* the last is the next */
    size_t n_steps;
    size_t max_steps;
    size_t n_explored;
    /* What waits, in the order of the visits. */
    struct id_list definitions;
    struct id_list definition_models; /* the elements that they model */
    struct id_list subjects;
};

static weh_err append(struct id_list *list, weh_id id, struct weh_diag *diag)
{
    if (list->n == list->max) {
        size_t max = list->max == 0 ? 16 : list->max * 2;
        weh_id *ids = weh_realloc(list->ids, max * sizeof(*ids));

        if (ids == NULL) {
            return weh_fail_nomem(diag);
        }
        list->ids = ids;
        list->max = max;
    }
    list->ids[list->n++] = id;
    return WEH_OK;
}

static weh_err push(struct walk *walk, weh_id id, enum step_kind kind, struct weh_diag *diag)
{
    if (walk->n_steps == walk->max_steps) {
        size_t max = walk->max_steps == 0 ? 64 : walk->max_steps * 2;
        struct step *steps = weh_realloc(walk->steps, max * sizeof(*steps));

        if (steps == NULL) {
            return weh_fail_nomem(diag);
        }
        walk->steps = steps;
        walk->max_steps = max;
    }
    walk->steps[walk->n_steps++] = (struct step){ id, kind };
    return WEH_OK;
}

/* Explore what @which gives for @id, in its order. */
static weh_err push_below(struct walk *walk, enum bis_sql which, weh_id id, struct weh_diag *diag)
{
    struct weh_bis *bis = walk->remover.bis;
    const size_t first = walk->n_steps;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err = bis_fixed(bis, which, &stmt, diag);

    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    while (err == WEH_OK && row) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            err = push(walk, (weh_id)sqlite3_column_int64(stmt, 0), STEP_EXPLORE, diag);
        }
    }
    bis_reset(stmt);
    /* The first of them shall be the next. */
    for (size_t i = first, j = walk->n_steps; err == WEH_OK && i + 1 < j; i++) {
        struct step step = walk->steps[i];

        walk->steps[i] = walk->steps[--j];
        walk->steps[j] = step;
    }
    return err;
}

static weh_err explore(struct walk *walk, weh_id id, struct weh_diag *diag)
{
    const struct weh_ec_class *model = NULL;
    weh_err err = bis_model_class(walk->remover.bis, id, &model, diag);

    if (err == WEH_OK && ++walk->n_explored > BIS_MAX_TREE) {
        err = weh_fail_where(diag, WEH_E_LIMIT, "id", "more than %u elements in one delete",
                             BIS_MAX_TREE);
    }
    if (err == WEH_OK) {
        err = push(walk, id, STEP_VISIT, diag);
    }
    if (err == WEH_OK) {
        err = push_below(walk, SQL_CHILDREN, id, diag);
    }
    if (err == WEH_OK && model != NULL) {
        err = push(walk, id, STEP_MODEL, diag);
    }
    return err == WEH_OK && model != NULL ? push_below(walk, SQL_MODEL_TOPS, id, diag) : err;
}

static weh_err visit_model(struct walk *walk, weh_id id, struct weh_diag *diag)
{
    const struct weh_ec_class *model = NULL;
    weh_err err = bis_model_class(walk->remover.bis, id, &model, diag);

    if (err != WEH_OK || model == NULL ||
        (bis_traits(walk->remover.bis, model) & TRAIT(DEFINITION_MODEL)) != 0) {
        return err; /* waits with its definitions */
    }
    return bis_remove_model(&walk->remover, id, diag);
}

static weh_err visit(struct walk *walk, weh_id id, struct weh_diag *diag)
{
    struct bis_head head = { 0 };
    bool found = false;
    uint64_t traits;
    weh_err err = bis_element_head(walk->remover.bis, id, &head, &found, diag);

    if (err != WEH_OK || !found) {
        return err;
    }
    traits = bis_traits(walk->remover.bis, head.ec_class);
    if ((traits & (TRAIT(DEFINITION_CONTAINER) | TRAIT(DEFINITION_PARTITION))) != 0) {
        return append(&walk->definition_models, id, diag);
    }
    if ((traits & TRAIT(SUBJECT)) != 0) {
        return append(&walk->subjects, id, diag);
    }
    if ((traits & TRAIT(DEFINITION)) != 0) {
        return append(&walk->definitions, id, diag);
    }
    return bis_remove_element(&walk->remover, id, diag);
}

static weh_err delete_normal(struct walk *walk, weh_id top, struct weh_diag *diag)
{
    weh_err err = push(walk, top, STEP_EXPLORE, diag);

    while (err == WEH_OK && walk->n_steps > 0) {
        struct step step = walk->steps[--walk->n_steps];

        switch (step.kind) {
        case STEP_EXPLORE:
            err = explore(walk, step.id, diag);
            break;
        case STEP_MODEL:
            err = visit_model(walk, step.id, diag);
            break;
        case STEP_VISIT:
            err = visit(walk, step.id, diag);
            break;
        }
    }
    return err;
}

static int compare_ids(const void *a, const void *b)
{
    weh_id x = *(const weh_id *)a;
    weh_id y = *(const weh_id *)b;

    return x < y ? -1 : x > y;
}

static weh_err has_parent_among(struct weh_bis *bis, weh_id id, const struct id_list *sorted,
                                bool *out, struct weh_diag *diag)
{
    struct bis_head head = { 0 };
    bool found = false;
    weh_err err = bis_element_head(bis, id, &head, &found, diag);

    *out = err == WEH_OK && found && head.parent != 0 &&
           bsearch(&head.parent, sorted->ids, sorted->n, sizeof(weh_id), compare_ids) != NULL;
    return err;
}

/* The first @n of @list: those whose parent is among them to the front. *@n_children: how many. */
static weh_err split_children(struct weh_bis *bis, struct id_list *list, size_t n,
                              size_t *n_children, struct weh_diag *diag)
{
    struct id_list sorted = { .ids = weh_calloc(n, sizeof(weh_id)), .n = n };
    weh_err err = WEH_OK;

    *n_children = 0;
    if (sorted.ids == NULL || list->ids == NULL) {
        weh_free(sorted.ids);
        return weh_fail_nomem(diag);
    }
    memcpy(sorted.ids, list->ids, n * sizeof(weh_id));
    qsort(sorted.ids, n, sizeof(weh_id), compare_ids);
    for (size_t i = 0; err == WEH_OK && i < n; i++) {
        bool is_child = false;

        err = has_parent_among(bis, list->ids[i], &sorted, &is_child, diag);
        if (is_child) {
            weh_id id = list->ids[i];

            list->ids[i] = list->ids[*n_children];
            list->ids[(*n_children)++] = id;
        }
    }
    weh_free(sorted.ids);
    return err;
}

/* Order @list so that children stand before parents; @levels: where each level begins, the last level
 * first. No parent is in the level of its child or before it. */
static weh_err sort_levels(struct weh_bis *bis, struct id_list *list, struct id_list *levels,
                           struct weh_diag *diag)
{
    size_t n = list->n; /* those that have no level yet stand in front */
    weh_err err = WEH_OK;

    while (err == WEH_OK && n > 0) {
        size_t n_children = 0;

        err = split_children(bis, list, n, &n_children, diag);
        /* Parents of each other in a circle: no order is right. */
        n = n_children == n ? 0 : n_children;
        if (err == WEH_OK) {
            err = append(levels, n, diag);
        }
    }
    return err;
}

static weh_err delete_definitions(struct walk *walk, struct weh_diag *diag)
{
    struct id_list *list = &walk->definitions;
    struct id_list levels = { 0 };
    weh_err err = sort_levels(walk->remover.bis, list, &levels, diag);
    size_t end = 0;

    for (size_t i = levels.n; err == WEH_OK && i > 0; i--) {
        const size_t begin = (size_t)levels.ids[i - 1];
        struct bis_definitions found = { NULL, 0 };

        end = i == 1 ? list->n : (size_t)levels.ids[i - 2];
        err = bis_definitions_find(walk->remover.bis, list->ids + begin, end - begin, &found, diag);
        if (err == WEH_OK) {
            err = bis_definitions_remove(&walk->remover, &found, diag);
        }
    }
    weh_free(levels.ids);
    return err;
}

/* Whether @which gives anything for @id. */
static weh_err has_any(struct weh_bis *bis, enum bis_sql which, weh_id id, bool *out,
                       struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = bis_fixed(bis, which, &stmt, diag);

    *out = false;
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, out, diag);
    }
    bis_reset(stmt);
    return err;
}

/* Of what has still something inside, definitions are in use elsewhere: it stays. */
static weh_err delete_definition_model(struct walk *walk, weh_id id, struct weh_diag *diag)
{
    const struct weh_ec_class *model = NULL;
    bool any = false;
    weh_err err = has_any(walk->remover.bis, SQL_MODEL_ELEMENT, id, &any, diag);

    if (err != WEH_OK || any) {
        return err;
    }
    err = bis_model_class(walk->remover.bis, id, &model, diag);
    if (err == WEH_OK && model != NULL) {
        err = bis_remove_model(&walk->remover, id, diag);
    }
    return err == WEH_OK ? bis_remove_element(&walk->remover, id, diag) : err;
}

static weh_err delete_subject(struct walk *walk, weh_id id, struct weh_diag *diag)
{
    bool any = false;
    weh_err err = has_any(walk->remover.bis, SQL_CHILDREN, id, &any, diag);

    return err == WEH_OK && !any ? bis_remove_element(&walk->remover, id, diag) : err;
}

static weh_err delete_special(struct walk *walk, struct weh_diag *diag)
{
    weh_err err = delete_definitions(walk, diag);

    for (size_t i = 0; err == WEH_OK && i < walk->definition_models.n; i++) {
        err = delete_definition_model(walk, walk->definition_models.ids[i], diag);
    }
    for (size_t i = 0; err == WEH_OK && i < walk->subjects.n; i++) {
        err = delete_subject(walk, walk->subjects.ids[i], diag);
    }
    walk->definitions.n = 0;
    walk->definition_models.n = 0;
    walk->subjects.n = 0;
    return err;
}

static weh_err delete_passes(struct walk *walk, weh_id top, struct weh_diag *diag)
{
    bool exists = true;
    weh_err err = WEH_OK;

    for (int pass = 0; err == WEH_OK && exists && pass < MAX_PASSES; pass++) {
        struct bis_head head;
        const size_t before = walk->remover.n_deleted;

        err = delete_normal(walk, top, diag);
        if (err == WEH_OK) {
            err = delete_special(walk, diag);
        }
        if (err == WEH_OK) {
            err = bis_element_head(walk->remover.bis, top, &head, &exists, diag);
        }
        if (walk->remover.n_deleted == before) {
            break; /* another pass would not find more */
        }
    }
    return err;
}

static weh_err check_top(struct weh_bis *bis, weh_id id, struct weh_diag *diag)
{
    struct bis_head head;
    bool found = false;
    weh_err err;

    if (id == ROOT_SUBJECT) {
        return weh_fail_where(diag, WEH_E_WRONG_ELEMENT, "id",
                              "the root subject cannot be deleted");
    }
    err = bis_element_head(bis, id, &head, &found, diag);
    return err == WEH_OK && !found
               ? weh_fail_where(diag, WEH_E_NOT_FOUND, "id", "the element does not exist")
               : err;
}

weh_err weh_element_delete_tree(struct weh_bis *bis, weh_id id, size_t *n_deleted,
                                struct weh_diag *diag)
{
    struct walk walk = { 0 };
    weh_err err = bis_begin(bis, diag);

    if (err != WEH_OK) {
        return err;
    }
    bis_remover_init(&walk.remover, bis);
    err = check_top(bis, id, diag);
    if (err == WEH_OK) {
        err = delete_passes(&walk, id, diag);
    }
    *n_deleted = walk.remover.n_deleted;
    bis_remover_fini(&walk.remover);
    weh_free(walk.steps);
    weh_free(walk.definitions.ids);
    weh_free(walk.definition_models.ids);
    weh_free(walk.subjects.ids);
    return bis_end(bis, err, diag);
}
