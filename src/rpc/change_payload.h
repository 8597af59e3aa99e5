/* src/rpc/change_payload.h - changed elements and models as iTwin.js tells them: events of at most a thousand. */
#ifndef WEH_RPC_CHANGE_PAYLOAD_H
#define WEH_RPC_CHANGE_PAYLOAD_H

#include "weh/changes.h"
#include "weh/ec.h"
#include "weh/sink.h"

/** iTwin.js tells at most so many entities in one event. */
#define CHANGE_MAX_ENTITIES 1000

/**
 * Write the members of NotifyEntitiesChangedArgs (@itwin/core-common) of the @n @changes, at most
 * CHANGE_MAX_ENTITIES, into the map that is open in @sink: insertedMeta, inserted, ... meta.
 * WEH_E_NOMEM, before anything is written.
 */
WEH_MUST_CHECK weh_err change_payload_put(struct weh_sink *sink,
                                          const struct weh_ec_catalog *catalog,
                                          const struct weh_entity_change *changes, size_t n,
                                          struct weh_diag *diag);

/** Told the changes of one event. */
typedef weh_err (*change_event)(void *ctx, const struct weh_entity_change *changes, size_t n);

/** Tell the elements (or the models) of @list in events, in their order. Ends with the first failure of
 * @tell, WEH_E_NOMEM or WEH_E_IO. */
WEH_MUST_CHECK weh_err change_events_of_elements(const struct weh_change_list *list,
                                                 change_event tell, void *ctx);
WEH_MUST_CHECK weh_err change_events_of_models(const struct weh_change_list *list,
                                               change_event tell, void *ctx);

#endif
