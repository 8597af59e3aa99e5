/* src/rpc/change_teller.h - how the clients of one endpoint are told of transactions: which messages, with what in
 * them. When each is told, the same for both, is in change_notify.c.
 */
#ifndef WEH_RPC_CHANGE_TELLER_H
#define WEH_RPC_CHANGE_TELLER_H

#include "change_payload.h"
#include "rpc_priv.h"

enum change_subject {
    CHANGED_ELEMENTS,
    CHANGED_MODELS
};

/** What caused the changes stands in the workspace. */
struct change_teller {
    /** A save begins. */
    void (*commit)(struct workspace *workspace);
    /** Where what changed is now; NULL: never told. Part of it may have been told when it fails. */
    weh_err (*ranges)(struct workspace *workspace, const struct weh_change_list *changes);
    /** The file shows what ranges will have to tell of an undo or redo; NULL: needs no note. */
    weh_err (*note)(struct workspace *workspace, const struct weh_change_list *changes,
                    struct weh_diag *diag);
    /** Models have geometry of other GUIDs now: at least one. */
    void (*guids)(struct workspace *workspace, const struct weh_change_list *changes);
    /** At most CHANGE_MAX_ENTITIES. WEH_E_NOMEM. */
    weh_err (*entities)(struct workspace *workspace, enum change_subject subject,
                        struct weh_txn_id txn_id, const struct weh_entity_change *changes,
                        size_t n);
    /** Undo or redo has applied changes. */
    void (*applied)(struct workspace *workspace, struct weh_txn_id txn_id);
    /** A save is durable. */
    void (*committed)(struct workspace *workspace, struct weh_txn_id txn_id, bool has_pending_txns,
                      int64_t time_ms);
    /** Undo or redo begins, or has ended. */
    void (*undo_redo)(struct workspace *workspace, bool is_over, bool is_undo);
    /** What others have saved begins to be told, or has been; NULL: never told. */
    void (*replay)(struct workspace *workspace, bool is_over);
};

/** Of weh.v1, and of stock frontends. Static. */
extern const struct change_teller change_teller_v1;
extern const struct change_teller change_teller_ipc;

/** Write {id, guid} of the @n @guids as an array. */
void change_put_guids(struct weh_sink *sink, const struct weh_guid_change *guids, size_t n);

#endif
