/* src/briefcase/fonts.c - which fonts texts of an iModel may name: the table dgn_Font. */
#include "weh/briefcase.h"
#include "weh/db.h"

#include "content_priv.h"

static void write_font(sqlite3_stmt *stmt, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 3);
    weh_sink_key(sink, "id");
    weh_sink_int(sink, sqlite3_column_int64(stmt, 0));
    weh_sink_key(sink, "type");
    weh_sink_int(sink, sqlite3_column_int64(stmt, 1));
    weh_sink_key(sink, "name");
    weh_sink_str(sink, weh_stmt_text(stmt, 2));
    weh_sink_map_end(sink);
}

weh_err weh_briefcase_write_fonts(struct weh_briefcase *briefcase, struct weh_sink *sink,
                                  struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err =
        weh_stmt_acquire(briefcase, "SELECT Id,Type,Name FROM dgn_Font ORDER BY Id", &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "fonts");
    err = content_write_rows(briefcase, stmt, write_font, sink, diag);
    weh_sink_map_end(sink);
    weh_stmt_release(briefcase, stmt);
    return err;
}
