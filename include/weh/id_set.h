/* include/weh/id_set.h - the compressed text form of a set of ids.
 *
 * CompressedId64Set of @itwin/core-bentley 5.1: "+INC[*LEN]" repeated, INC the difference to the
 * id before (the first to 0), LEN how often in a row; upper-case hexadecimal without leading
 * zeros. Writing only.
 */
#ifndef WEH_ID_SET_H
#define WEH_ID_SET_H

#include <stddef.h>

#include "weh/buf.h"
#include "weh/id.h"

/**
 * Append the set of the @n ids at @ids to @out; a failure stays in @out->err.
 *
 * @ids  ascending. The invalid id 0 and repetitions are left out; so is an id below its predecessor.
 */
void weh_id_set_write(const weh_id *ids, size_t n, struct weh_buf *out);

#endif
