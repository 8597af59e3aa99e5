/* src/bis/model_priv.h - one insert or update of a model; not for other folders. */
#ifndef MODEL_PRIV_H
#define MODEL_PRIV_H

#include "bis_edit.h"

enum {
    MODEL_PRIVATE,
    MODEL_TEMPLATE,
    MODEL_UNLOCATED,
    MODEL_PLAN,
    MODEL_N_FLAGS
};

struct model_flag {
    bool given;
    bool value;
};

struct model_edit {
    struct bis_edit base;
    weh_id rel;
    struct model_flag flags[MODEL_N_FLAGS];
    bool geometry_changed;
    bool update_last_mod;
    struct weh_str json_before; /* of an update */
};

/**
 * JsonProperties of a geometric model, in the arena: @given (NULL: none), with a "formatter" where it
 * stands there or else at its end. What is not given of that comes from the text @before, or is the
 * native library's.
 */
weh_err bis_model_json(struct weh_bis *bis, const struct weh_value *given,
                       const struct weh_str *before, struct weh_str *out, struct weh_diag *diag);

#endif
