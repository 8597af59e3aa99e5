/* tools/weh/soak/soak_model.c - what a session's briefcase must hold. */
#include "soak_model.h"

#include <string.h>

#include "weh/err.h"

/* ---- random numbers, sets ---- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

uint64_t soak_random(uint64_t *state)
{
    return mix(*state += 0x9e3779b97f4a7c15U);
}

uint32_t soak_dice(uint64_t *state, uint32_t n)
{
    return (uint32_t)(soak_random(state) % n);
}

static void add(struct soak_set *set, uint64_t value)
{
    set->n++;
    set->digest += mix(value + 0x9e3779b97f4a7c15U);
}

void soak_set_add_id(struct soak_set *set, uint64_t id)
{
    add(set, id);
}

void soak_set_add_element(struct soak_set *set, const struct soak_element *element)
{
    add(set, mix(mix(element->id) + element->parent) + element->label);
}

void soak_set_add_change(struct soak_set *set, enum soak_change change, uint64_t id)
{
    add(set, id * 4 + (uint64_t)change);
}

bool soak_set_is(const struct soak_set *a, const struct soak_set *b)
{
    return a->n == b->n && a->digest == b->digest;
}

/* ---- states ---- */

static uint32_t index_of(const struct soak_state *state, uint64_t id)
{
    uint32_t i = 0;

    while (i < state->n && state->elements[i].id != id) {
        i++;
    }
    return i;
}

const struct soak_element *soak_state_find(const struct soak_state *state, uint64_t id)
{
    uint32_t i = index_of(state, id);

    return i < state->n ? &state->elements[i] : NULL;
}

void soak_state_insert(struct soak_state *state, const struct soak_element *element)
{
    weh_assert(state->n < SOAK_ELEMENTS_MAX);
    state->elements[state->n++] = *element;
    state->is_dirty = true;
}

void soak_state_update(struct soak_state *state, uint64_t id, uint64_t label)
{
    uint32_t i = index_of(state, id);

    weh_assert(i < state->n);
    state->elements[i].label = label;
    state->is_dirty = true;
}

struct soak_set soak_state_changes(const struct soak_state *from, const struct soak_state *to)
{
    struct soak_set set = { 0, 0 };

    for (uint32_t i = 0; i < from->n; i++) {
        const struct soak_element *old = &from->elements[i];
        const struct soak_element *new = soak_state_find(to, old->id);

        if (new == NULL) {
            soak_set_add_change(&set, SOAK_DELETED, old->id);
        } else if (new->label != old->label) {
            soak_set_add_change(&set, SOAK_UPDATED, old->id);
        }
    }
    for (uint32_t i = 0; i < to->n; i++) {
        if (soak_state_find(from, to->elements[i].id) == NULL) {
            soak_set_add_change(&set, SOAK_INSERTED, to->elements[i].id);
        }
    }
    return set;
}

struct soak_set soak_state_children(const struct soak_state *state, uint64_t parent)
{
    struct soak_set set = { 0, 0 };

    for (uint32_t i = 0; i < state->n; i++) {
        if (state->elements[i].parent == parent) {
            soak_set_add_id(&set, state->elements[i].id);
        }
    }
    return set;
}

/* ---- transactions ---- */

static void bury(struct soak_model *model, uint64_t id)
{
    model->ghosts[model->next_ghost++ % SOAK_GHOSTS] = id;
}

/* @state is what is now, all saved. */
static void go_to(struct soak_model *model, const struct soak_state *state)
{
    for (uint32_t i = 0; i < model->now.n; i++) {
        if (soak_state_find(state, model->now.elements[i].id) == NULL) {
            bury(model, model->now.elements[i].id);
        }
    }
    model->now = *state;
    model->now.is_dirty = false;
    model->n_savepoints = 0;
}

const struct soak_state *soak_model_before(const struct soak_model *model, uint32_t index)
{
    return index == 0 ? &model->first : &model->txns[index - 1].after;
}

const struct soak_state *soak_model_saved(const struct soak_model *model)
{
    return soak_model_before(model, model->n_done);
}

/* One round: those whose parent is gone go too. True when there were some. */
static bool remove_orphans(struct soak_model *model)
{
    struct soak_state *now = &model->now;
    struct soak_state before = *now;

    now->n = 0;
    for (uint32_t i = 0; i < before.n; i++) {
        const struct soak_element *element = &before.elements[i];

        if (element->parent == SOAK_ROOT || soak_state_find(&before, element->parent) != NULL) {
            now->elements[now->n++] = *element;
        } else {
            bury(model, element->id);
        }
    }
    return now->n < before.n;
}

void soak_model_delete(struct soak_model *model, uint64_t id)
{
    /* No element has the id 0: it is an orphan now. */
    model->now.elements[index_of(&model->now, id)].parent = 0;
    while (remove_orphans(model)) {
    }
    model->now.is_dirty = true;
}

void soak_model_abandon(struct soak_model *model)
{
    go_to(model, soak_model_saved(model));
}

void soak_model_save(struct soak_model *model, uint64_t txn_id)
{
    weh_assert(model->n_done < SOAK_TXNS_MAX && model->now.is_dirty);
    model->now.is_dirty = false;
    model->txns[model->n_done].id = txn_id;
    model->txns[model->n_done].after = model->now;
    model->n_done++;
    model->n_txns = model->n_done;
    model->n_groups = 0;
    model->are_groups_known = true;
    model->n_savepoints = 0;
}

void soak_model_undo(struct soak_model *model, uint32_t n, bool forget)
{
    weh_assert(n > 0 && n <= model->n_done);
    model->n_done -= n;
    if (forget) {
        model->n_txns = model->n_done;
        model->n_groups = 0;
        model->are_groups_known = true;
    } else if (model->are_groups_known) {
        model->groups[model->n_groups++] = n;
    }
    go_to(model, soak_model_saved(model));
}

void soak_model_redo(struct soak_model *model, uint32_t n)
{
    weh_assert(n > 0 && model->n_done + n <= model->n_txns);
    model->n_done += n;
    if (model->are_groups_known) {
        model->n_groups--;
    } else if (model->n_done == model->n_txns) {
        model->are_groups_known = true;
    }
    go_to(model, soak_model_saved(model));
}

void soak_model_savepoint(struct soak_model *model)
{
    weh_assert(model->n_savepoints < SOAK_SAVEPOINTS_MAX);
    model->savepoints[model->n_savepoints++] = model->now;
}

void soak_model_rollback(struct soak_model *model, uint32_t savepoint)
{
    const struct soak_state *state = &model->savepoints[savepoint];
    bool is_dirty = state->is_dirty;

    weh_assert(savepoint < model->n_savepoints);
    go_to(model, state);
    model->now.is_dirty = is_dirty;
    model->n_savepoints = savepoint + 1;
}

void soak_model_reopen(struct soak_model *model)
{
    soak_model_abandon(model);
    if (model->n_txns > model->n_done) {
        model->are_groups_known = false;
        model->n_groups = 0;
    }
}
