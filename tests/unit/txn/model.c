/* tests/unit/txn/model.c - see the header. */
#include "model.h"

#include <string.h>

bool model_same_rows(const struct rows *a, const struct rows *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

bool model_has_unsaved(const struct model *m)
{
    return !model_same_rows(&m->now, &m->saved);
}

uint64_t model_position(const struct model *m)
{
    return m->n_ranges > 0 ? m->txns[m->n_live].id : m->current;
}

static const struct rows *model_state_at(const struct model *m, uint32_t n_live)
{
    return n_live < m->n_txns ? &m->txns[n_live].before : &m->after;
}

void model_drop_unsaved(struct model *m)
{
    m->now = m->saved;
    m->n_savepoints = 0;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void model_save(struct model *m)
{
    struct txn *txn = &m->txns[m->n_live];

    m->n_savepoints = 0;
    if (!model_has_unsaved(m)) {
        return;
    }
    txn->id = m->current;
    txn->grouped = m->n_groups > 0 && m->current > m->groups[0];
    txn->before = m->saved;
    m->current++;
    m->n_txns = ++m->n_live;
    m->n_ranges = 0;
    m->saved = m->after = m->now;
}

void model_reverse(struct model *m, uint32_t down_to, bool cancel)
{
    uint64_t first = m->txns[down_to].id;

    m->saved = *model_state_at(m, down_to);
    model_drop_unsaved(m);
    if (cancel) {
        m->after = m->saved;
        m->n_txns = down_to;
        m->n_ranges = 0;
    } else {
        m->ends[m->n_ranges++] = m->n_live;
    }
    m->n_live = down_to;
    m->current = later(first, m->session_first);
    while (m->n_groups > 0 && (cancel ? m->current : first) < m->groups[m->n_groups - 1]) {
        m->n_groups--;
    }
}

void model_reinstate(struct model *m)
{
    m->n_live = m->ends[--m->n_ranges];
    m->saved = *model_state_at(m, m->n_live);
    model_drop_unsaved(m);
    m->current = later(m->txns[m->n_live - 1].id + 1, m->session_first);
}

void model_new_session(struct model *m)
{
    uint64_t last = m->n_txns > 0 ? m->txns[m->n_txns - 1].id : 0;

    m->session_first = ((last >> SESSION_BITS) + 1) << SESSION_BITS;
    m->current = m->session_first;
    m->n_groups = 0;
}

/* How many are live when @count operations are undone. */
uint32_t model_undone(const struct model *m, uint32_t count)
{
    uint32_t n = m->n_live;

    while (n > m->floor && count > 0) {
        n--;
        count -= !m->txns[n].grouped;
    }
    return n;
}
