/* src/rpc/channels.h - which channels of an iModel a stock frontend may write to, as iTwin.js' ChannelControl has it.
 *
 * A channel is what stands under an element with a ChannelRootAspect; all else is in the channel "shared". It keeps
 * applications from each other's data by agreement: a page opens and closes channels itself, and rights are
 * another thing. At first only "shared" is open.
 */
#ifndef WEH_RPC_CHANNELS_H
#define WEH_RPC_CHANNELS_H

#include "workspace.h"

/** Longer keys can be neither opened nor told. */
#define CHANNELS_MAX_KEY 95

struct weh_call;

/** What was opened and closed, and what is known of models. */
struct channels;

/** Release @channels (NULL is fine): only "shared" is open, as at first. */
void channels_destroy(struct channels *channels);

/** Open and close the channel @key in the workspace of @call. WEH_E_LIMIT: too many are open; WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err channels_allow(struct weh_call *call, struct weh_str key,
                                      struct weh_diag *diag);
WEH_MUST_CHECK weh_err channels_forbid(struct weh_call *call, struct weh_str key,
                                       struct weh_diag *diag);

/**
 * May the page write what is in the model @model, or the element @element? What is not there is in no channel: of
 * that others tell.
 *
 * WEH_E_DENIED, WEH_E_NOMEM, and as weh_aspects_get_props.
 */
WEH_MUST_CHECK weh_err channels_check_model(struct weh_call *call, weh_id model,
                                            struct weh_diag *diag);
WEH_MUST_CHECK weh_err channels_check_element(struct weh_call *call, weh_id element,
                                              struct weh_diag *diag);

#endif
