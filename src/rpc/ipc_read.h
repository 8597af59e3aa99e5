/* src/rpc/ipc_read.h - what the reading RPC operations share. */
#ifndef WEH_RPC_IPC_READ_H
#define WEH_RPC_IPC_READ_H

#include "weh/ecsql_ask.h"

#include "ipc_priv.h"

/** Spatial categories that 3d elements are in. */
#define USED_CATEGORIES                                            \
    "SELECT DISTINCT Category.Id FROM BisCore.GeometricElement3d " \
    "WHERE Category.Id IN (SELECT ECInstanceId FROM BisCore.SpatialCategory)"

/** Ids in one request. */
#define READ_MAX_IDS RPC_MAX_IDS

/** The items of the array @list as ids, each once, in order; what is no id is 0. WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err read_id_list(struct weh_call *call, const struct weh_value *list,
                                    struct weh_id_list *out, struct weh_diag *diag);

/** The properties of an element as a value in the call's arena. Errors as weh_element_get_props; id 0 is
 * WEH_E_NOT_FOUND. */
WEH_MUST_CHECK weh_err read_element(struct weh_call *call, weh_id id, struct weh_value *out,
                                    struct weh_diag *diag);

/** The same with all that @key says, which has an id. */
WEH_MUST_CHECK weh_err read_element_by(struct weh_call *call, const struct weh_element_key *key,
                                       struct weh_value *out, struct weh_diag *diag);

/** Read ElementLoadProps.displayStyle of @options (NULL: none given) into @key. WEH_E_BAD_ARGS. */
WEH_MUST_CHECK weh_err read_style_options(const struct weh_value *options,
                                          struct weh_element_key *key, struct weh_diag *diag);

/** Write the properties of those of @ids that there are, as an array; only one that is not there is an error.
 * WEH_E_NOT_FOUND, and others of weh_element_get_props. */
WEH_MUST_CHECK weh_err read_elements(struct weh_call *call, struct weh_id_list ids,
                                     struct weh_sink *sink, struct weh_diag *diag);
/** The same of models; @must_be: one alone has to be there. */
WEH_MUST_CHECK weh_err read_models(struct weh_call *call, struct weh_id_list ids, bool must_be,
                                   struct weh_sink *sink, struct weh_diag *diag);

/** Ids of a query of ours, whose text has no parameter, or one (@args). Errors as weh_ecsql_ask_ids. */
WEH_MUST_CHECK weh_err read_query_ids(struct weh_call *call, const char *ecsql,
                                      const struct weh_value *args, struct weh_id_list *out,
                                      struct weh_diag *diag);

/** The volume that all of @ids fill together; false when it is nothing. low and high corner in @out. */
WEH_MUST_CHECK weh_err read_range(struct weh_call *call, struct weh_id_list ids, double out[6],
                                  bool *is_something, struct weh_diag *diag);
/** Write {low, high}. */
void put_range(struct weh_sink *sink, const double range[6]);

/** The value in the file property @key, which an operation wants as text or as blob (NULL: has none). */
struct file_prop_values {
    const struct weh_value *string;
    const struct weh_value *blob;
};
WEH_MUST_CHECK weh_err read_file_prop(struct weh_call *call, const char *space, const char *name,
                                      int64_t id, struct file_prop_values *out,
                                      struct weh_diag *diag);

/** Whether an error means that what was asked for is not there, which some operations pass over. */
static inline bool is_absence(weh_err err)
{
    return err == WEH_E_NOT_FOUND || err == WEH_E_BAD_ARGS || err == WEH_E_INVALID_ID;
}

/** The id in member @name of @map; 0: none. */
weh_id member_id(const struct weh_value *map, const char *name);

#endif
