/* tools/weh/soak/soak_model.h - what a session's briefcase must hold: its elements, its transactions.
 *
 * Elements are subjects; of each the id, the parent and a random number, which its label spells. A
 * transaction is the state after it. Nothing here knows the protocol.
 */
#ifndef SOAK_MODEL_H
#define SOAK_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define SOAK_ROOT           1 /* id of the root subject */
#define SOAK_ELEMENTS_MAX   48
#define SOAK_TXNS_MAX       24
#define SOAK_SAVEPOINTS_MAX 4
#define SOAK_GHOSTS         16

struct soak_element {
    uint64_t id;
    uint64_t parent;
    uint64_t label;
};

struct soak_state {
    uint32_t n;
    bool is_dirty; /* differs from what is saved */
    struct soak_element elements[SOAK_ELEMENTS_MAX];
};

struct soak_txn {
    uint64_t id;
    struct soak_state after;
};

struct soak_model {
    struct soak_state now;
    struct soak_state first; /* before all transactions */
    struct soak_txn txns[SOAK_TXNS_MAX];
    uint32_t n_done; /* transactions that are in effect; behind them those that can be redone */
    uint32_t n_txns;
    uint32_t groups[SOAK_TXNS_MAX]; /* how many each undo took back, the latest last */
    uint32_t n_groups;
    bool are_groups_known; /* not after the briefcase was opened again */
    struct soak_state savepoints[SOAK_SAVEPOINTS_MAX];
    uint32_t n_savepoints;
    uint64_t ghosts[SOAK_GHOSTS]; /* ids that there were; 0: none yet */
    uint32_t next_ghost;
};

/** Ids or elements, whatever their order: equal digests are equal sets. */
struct soak_set {
    uint32_t n;
    uint64_t digest;
};

enum soak_change {
    SOAK_INSERTED,
    SOAK_UPDATED,
    SOAK_DELETED
};

/** splitmix64: the same numbers on every machine. */
uint64_t soak_random(uint64_t *state);
/** From 0 to @n - 1. */
uint32_t soak_dice(uint64_t *state, uint32_t n);

void soak_set_add_id(struct soak_set *set, uint64_t id);
void soak_set_add_element(struct soak_set *set, const struct soak_element *element);
void soak_set_add_change(struct soak_set *set, enum soak_change change, uint64_t id);
bool soak_set_is(const struct soak_set *a, const struct soak_set *b);

/** The element @id, NULL when there is none. */
const struct soak_element *soak_state_find(const struct soak_state *state, uint64_t id);
void soak_state_insert(struct soak_state *state, const struct soak_element *element);
void soak_state_update(struct soak_state *state, uint64_t id, uint64_t label);
/** What leads from @from to @to. */
struct soak_set soak_state_changes(const struct soak_state *from, const struct soak_state *to);
/** The ids of the children of @parent. */
struct soak_set soak_state_children(const struct soak_state *state, uint64_t parent);

/** The state that is saved now. */
const struct soak_state *soak_model_saved(const struct soak_model *model);
/** The state before the transaction @index. */
const struct soak_state *soak_model_before(const struct soak_model *model, uint32_t index);
/** Delete @id with all below it. */
void soak_model_delete(struct soak_model *model, uint64_t id);
void soak_model_abandon(struct soak_model *model);
/** Only when there is room; there is something to save. */
void soak_model_save(struct soak_model *model, uint64_t txn_id);
/** Undo the last @n transactions; @forget: for good, and what was undone before. */
void soak_model_undo(struct soak_model *model, uint32_t n, bool forget);
void soak_model_redo(struct soak_model *model, uint32_t n);
void soak_model_savepoint(struct soak_model *model);
void soak_model_rollback(struct soak_model *model, uint32_t savepoint);
/** The briefcase was closed; what was not saved is gone. */
void soak_model_reopen(struct soak_model *model);

#endif
