/* include/weh/geom_filter.h - which geometry streams an edit tool wants. */
#ifndef WEH_GEOM_FILTER_H
#define WEH_GEOM_FILTER_H

#include <stdbool.h>

#include "weh/buf.h"
#include "weh/err.h"
#include "weh/value.h"

/**
 * Does @filter take a stream? It does so as a whole or not at all: each entry that is seen has to pass.
 *
 * @filter  FlatBufferGeometryFilter of @itwin/editor-common 5.1: maxDisplayable, accept, reject, geometry. NULL
 *          takes any, and so does what is neither a map nor null.
 * @stream  from weh_geom_unpack.
 *
 * WEH_E_BAD_ARGS naming the member (of a wrong kind, and an entry was held against it), WEH_E_CORRUPT (an entry
 * whose kind is asked for is damaged), WEH_E_TOO_LARGE, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_geom_filter_accepts(const struct weh_value *filter,
                                               const struct weh_buf *stream, bool *accepted,
                                               struct weh_diag *diag);

#endif
