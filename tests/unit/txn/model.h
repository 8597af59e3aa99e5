/* tests/unit/txn/model.h - what a transaction stack promises, done in the plainest way.
 *
 * Rows are numbers, the history is a list of states. No stack, no file.
 */
#ifndef TESTS_TXN_MODEL_H
#define TESTS_TXN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define N_PROPS      10
#define N_ELEMENTS   6
#define N_ROWS       (N_PROPS + N_ELEMENTS)
#define MAX_TXNS     300 /* then they are pushed */
#define MAX_RANGES   300
#define MAX_GROUPS   4
#define SESSION_BITS 32

/* 0: the row is not there. */
struct rows {
    uint32_t values[N_ROWS];
};

struct txn {
    uint64_t id;
    bool grouped;
    struct rows before;
};

/* Live and reversed transactions are one list: what is undone lies behind n_live. */
struct model {
    struct rows now;
    struct rows saved;
    struct txn txns[MAX_TXNS + 1];
    struct rows after; /* of the last of all */
    uint32_t n_txns;
    uint32_t n_live;
    uint32_t floor;            /* index of the first that can be undone */
    uint64_t floor_id;         /* as the stack has it; 0: none */
    uint32_t ends[MAX_RANGES]; /* of the ranges that redo brings back; the last is the next */
    uint32_t n_ranges;
    uint64_t session_first;
    uint64_t current;
    uint64_t groups[MAX_GROUPS];
    uint32_t n_groups;
    struct {
        unsigned name;
        struct rows rows;
    } savepoints[32];
    uint32_t n_savepoints;
    uint32_t serial;
};

bool model_same_rows(const struct rows *a, const struct rows *b);
bool model_has_unsaved(const struct model *m);
uint64_t model_position(const struct model *m);
void model_drop_unsaved(struct model *m);
void model_save(struct model *m);
void model_reverse(struct model *m, uint32_t down_to, bool cancel);
void model_reinstate(struct model *m);
void model_new_session(struct model *m);
uint32_t model_undone(const struct model *m, uint32_t count);

#endif
