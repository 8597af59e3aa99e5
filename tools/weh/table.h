/* tools/weh/table.h - values as tables on standard output. Control characters are printed as '?', so that
 * nothing in them reaches the terminal.
 */
#ifndef WEH_TABLE_H
#define WEH_TABLE_H

#include "weh/buf.h"
#include "weh/value.h"

/** A list of maps that all have the same members, at least one: a column a member, at most 16. @buf is
 * scratch. */
void weh_table_print(const struct weh_value *rows, struct weh_buf *buf);

/** A map: a line a member. */
void weh_table_print_lines(const struct weh_value *map, struct weh_buf *buf);

/** One value, without a line feed. */
void weh_table_print_cell(const struct weh_value *value, struct weh_buf *buf);

#endif
