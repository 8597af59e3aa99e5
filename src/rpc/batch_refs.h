/* src/rpc/batch_refs.h - the results that later operations of a batch refer to. */
#ifndef BATCH_REFS_H
#define BATCH_REFS_H

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/value.h"

struct batch_ref {
    struct weh_str name; /* NULL: the slot is free */
    struct weh_value value;
};

/** A hash table by name; its memory is the arena's. */
struct batch_refs {
    struct weh_arena *arena;
    struct batch_ref *slots; /* a power of two */
    uint32_t n_slots;
    uint32_t n;
};

/** At most @n_max names. WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err batch_refs_init(struct batch_refs *refs, struct weh_arena *arena,
                                       uint32_t n_max, struct weh_diag *diag);

/** WEH_E_BAD_ARGS naming "as": no name ([A-Za-z_][A-Za-z0-9_]*, at most 64 bytes), or taken. */
WEH_MUST_CHECK weh_err batch_refs_check_name(const struct batch_refs *refs, struct weh_str name,
                                             struct weh_diag *diag);

/** Keep @value, which lives as long as the arena, as @name. */
void batch_refs_add(struct batch_refs *refs, struct weh_str name, const struct weh_value *value);

/**
 * @value with its references replaced: strings "$name" and "$name.member.member", where a member of
 * an array is its index. "$name" alone is the id when the result has nothing else. "$$" at the
 * beginning stands for one "$"; any other string stays.
 *
 * @out  @value itself when nothing was replaced, else a copy of its containers in the arena.
 *
 * WEH_E_BAD_ARGS naming the reference when there is no such result or member, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err batch_refs_resolve(const struct batch_refs *refs,
                                          const struct weh_value *value,
                                          const struct weh_value **out, struct weh_diag *diag);

#endif
