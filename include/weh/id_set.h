/* include/weh/id_set.h - the compressed text form of a set of ids.
 *
 * CompressedId64Set of @itwin/core-bentley 5.1: "+INC[*LEN]" repeated, INC the difference to the
 * id before (the first to 0), LEN how often in a row; upper-case hexadecimal without leading
 * zeros.
 */
#ifndef WEH_ID_SET_H
#define WEH_ID_SET_H

#include <stddef.h>

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/err.h"
#include "weh/id.h"
#include "weh/str.h"

/**
 * Append the set of the @n ids at @ids to @out; a failure stays in @out->err.
 *
 * @ids  ascending. The invalid id 0 and repetitions are left out; so is an id below its predecessor.
 */
void weh_id_set_write(const weh_id *ids, size_t n, struct weh_buf *out);

struct weh_id_list {
    const weh_id *ids;
    size_t n;
};

/**
 * Leave out of the @n ids at @ids, which are changed, those that stood before.
 *
 * @out  views into @ids. WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_id_list_unique(weh_id *ids, size_t n, struct weh_arena *arena,
                                          struct weh_id_list *out, struct weh_diag *diag);

/**
 * Read the set @text, whose ids come out ascending, each once.
 *
 * @where  the argument that @text is, for the error.
 * @max    more ids are refused before memory is taken for them.
 * @out    in @arena.
 *
 * WEH_E_BAD_ARGS naming @where: not of that form, an increment or a length of 0, an id beyond 64
 * bits, too many ids. WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_id_set_read(struct weh_str text, const char *where, size_t max,
                                       struct weh_arena *arena, struct weh_id_list *out,
                                       struct weh_diag *diag);

#endif
