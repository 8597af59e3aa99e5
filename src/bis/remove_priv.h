/* src/bis/remove_priv.h - deletes within one edit; not for other folders. */
#ifndef REMOVE_PRIV_H
#define REMOVE_PRIV_H

#include "bis_edit.h"

/** What one edit deletes: it begins with bis_remover_init and ends with _fini. */
struct bis_remover {
    struct weh_bis *bis;
    bool purges;      /* definitions too */
    size_t n_deleted; /* elements */
    /* remove.c: the element at work and its children, parents first; and all that were met. */
    weh_id *ids;
    size_t n;
    size_t max;
    weh_id *set; /* open addressing, a power of two, 0 is free */
    size_t set_size;
    size_t n_set;
};

void bis_remover_init(struct bis_remover *remover, struct weh_bis *bis);
/** Also forgets what is remembered of the file's rows. */
void bis_remover_fini(struct bis_remover *remover);

/** One element with its children; nothing when it went with an earlier one. Errors as
 * weh_element_delete. */
weh_err bis_remove_element(struct bis_remover *remover, weh_id id, struct weh_diag *diag);
/** A model with its elements. Errors as weh_model_delete. */
weh_err bis_remove_model(struct bis_remover *remover, weh_id id, struct weh_diag *diag);

/* ---- usage.c ---- */

/** What deleting one definition element needs to know. */
struct bis_definition {
    weh_id id;
    uint64_t traits;
    weh_id category; /* of a sub-category */
    bool used;
};

struct bis_definitions {
    struct bis_definition *items; /* ascending, each id once; in the arena of the call */
    size_t n;
};

/** Those of @ids that are definition elements, and whether anything uses them. */
weh_err bis_definitions_find(struct weh_bis *bis, const weh_id *ids, size_t n,
                             struct bis_definitions *out, struct weh_diag *diag);
/** Delete what is not used, and what then no deleted view uses any more. */
weh_err bis_definitions_remove(struct bis_remover *remover, struct bis_definitions *definitions,
                               struct weh_diag *diag);

#endif
