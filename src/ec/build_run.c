/* src/ec/build_run.c - one copy of the leaves of a property, however many classes inherit it.
 *
 * Most classes map an inherited property to the columns that their base class has: then they share the
 * base's leaves, which are most of what a catalogue would hold otherwise.
 */
#include <string.h>

#include "ec_priv.h"

struct ec_run {
    const struct weh_ec_leaf *leaves; /* NULL: free */
    uint64_t hash;
    uint16_t n;
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static uint64_t run_hash(const struct weh_ec_leaf *leaves, uint16_t n)
{
    uint64_t hash = n;

    for (uint16_t i = 0; i < n; i++) {
        hash = mix(hash, (uintptr_t)leaves[i].access.ptr);
        hash = mix(hash, (uintptr_t)leaves[i].column.ptr);
        hash = mix(hash, (uintptr_t)leaves[i].value ^ leaves[i].table);
    }
    return hash;
}

/* Texts are compared by place: equal ones of one row of the file stand in one place. */
static bool runs_are_equal(const struct weh_ec_leaf *a, const struct weh_ec_leaf *b, uint16_t n)
{
    for (uint16_t i = 0; i < n; i++) {
        if (a[i].access.ptr != b[i].access.ptr || a[i].column.ptr != b[i].column.ptr ||
            a[i].value != b[i].value || a[i].table != b[i].table) {
            return false;
        }
    }
    return true;
}

#define FIRST_SLOTS ((size_t)1024)

static struct ec_run *slot_find(const struct ec_runs *runs, const struct weh_ec_leaf *leaves,
                                uint16_t n, uint64_t hash)
{
    size_t at = hash & runs->mask;

    while (runs->slots[at].leaves != NULL &&
           !(runs->slots[at].hash == hash && runs->slots[at].n == n &&
             runs_are_equal(runs->slots[at].leaves, leaves, n))) {
        at = (at + 1) & runs->mask;
    }
    return &runs->slots[at];
}

/* Twice as many slots, before half of them are taken. */
static bool make_room(struct ec_runs *runs, struct weh_arena *scratch)
{
    struct ec_runs larger = { .n = runs->n };
    size_t n = runs->slots == NULL ? 0 : runs->mask + 1;

    if (2 * runs->n < n) {
        return true;
    }
    larger.mask = (n == 0 ? FIRST_SLOTS : 2 * n) - 1;
    larger.slots = weh_arena_array(scratch, larger.mask + 1, sizeof(*larger.slots));
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const struct ec_run *run = &runs->slots[i];

        if (run->leaves != NULL) {
            *slot_find(&larger, run->leaves, run->n, run->hash) = *run;
        }
    }
    *runs = larger;
    return true;
}

const struct weh_ec_leaf *ec_runs_share(struct ec_runs *runs, struct ec_build *build,
                                        const struct weh_ec_leaf *leaves, uint16_t n, bool *is_new)
{
    uint64_t hash = run_hash(leaves, n);
    struct weh_ec_leaf *copy;
    struct ec_run *slot;

    *is_new = false;
    if (!make_room(runs, &build->scratch)) {
        return NULL;
    }
    slot = slot_find(runs, leaves, n, hash);
    if (slot->leaves != NULL) {
        return slot->leaves;
    }
    copy = weh_arena_array(&build->catalog->arena, n, sizeof(*copy));
    if (copy != NULL) {
        memcpy(copy, leaves, n * sizeof(*copy));
        *slot = (struct ec_run){ copy, hash, n };
        runs->n++;
        *is_new = true;
    }
    return copy;
}
