/* src/briefcase/rows_write.c - the rows of a statement as an array. */
#include "weh/briefcase.h"
#include "weh/db.h"

#include "content_priv.h"

weh_err content_write_rows(struct weh_briefcase *briefcase, sqlite3_stmt *stmt,
                           content_row_writer write, struct weh_sink *sink, struct weh_diag *diag)
{
    bool row = true;
    weh_err err = WEH_OK;

    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    while (err == WEH_OK && row) {
        err = weh_stmt_step(briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            write(stmt, sink);
        }
    }
    weh_sink_array_end(sink);
    return err;
}
