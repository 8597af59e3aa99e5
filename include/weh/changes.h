/* include/weh/changes.h - which elements and models a transaction has changed.
 *
 * Read from the SQLite changeset of the transaction. An entity appears once: inserted, updated or
 * deleted, as iTwin.js' TxnManager events tell it.
 */
#ifndef WEH_CHANGES_H
#define WEH_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/id.h"

enum weh_change_op {
    WEH_CHANGE_INSERTED,
    WEH_CHANGE_UPDATED,
    WEH_CHANGE_DELETED
};

struct weh_entity_change {
    weh_id id;
    weh_id class_id;
    enum weh_change_op op;
};

/** One model whose elements changed. */
struct weh_model_change {
    weh_id id;
    bool geometry; /* an element of it was inserted, deleted, moved or reshaped */
};

/** One model whose geometry GUID changed. */
struct weh_guid_change {
    weh_id id;
    struct weh_guid guid; /* as it is now; nil: none */
};

struct weh_change_list {
    struct weh_entity_change *elements; /* sorted by id */
    size_t n_elements;
    struct weh_entity_change *models; /* rows of bis_Model inserted or deleted; sorted by id */
    size_t n_models;
    struct weh_model_change *touched; /* models of changed elements; sorted by id */
    size_t n_touched;
    struct weh_guid_change *guids; /* of models that were there before; sorted by id */
    size_t n_guids;
};

#endif
