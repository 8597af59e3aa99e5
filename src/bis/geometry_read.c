/* src/bis/geometry_read.c - the stored geometry stream of an element: as JSON (geom of getElementProps), and entry by entry. */
#include <string.h>

#include <float.h>

#include "weh/geom.h"
#include "weh/geom_json.h"

#include "bis_priv.h"

#define GEOMETRY_ARENA_BYTES ((size_t)512 << 20)

/* The statement that reads the stream of one element of @plan's class; NULL when it has none. */
static weh_err acquire(struct weh_bis *bis, const struct bis_plan *plan, sqlite3_stmt **out,
                       struct weh_diag *diag)
{
    const struct weh_ec_property *property = bis_slot_property(plan, SLOT_STREAM);
    struct weh_str column = bis_slot_column(plan, SLOT_STREAM, "");
    const struct weh_ec_table *table;
    struct weh_buf *buf = &bis->scratch;

    *out = NULL;
    if (property == NULL || column.ptr == NULL) {
        return WEH_OK;
    }
    table = plan->ec_class->tables[property->leaves[0].table];
    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT ");
    bis_sql_name(buf, column);
    weh_buf_printf(buf, " FROM ");
    bis_sql_name(buf, table->name);
    weh_buf_printf(buf, " WHERE ");
    bis_sql_name(buf, table->id_column);
    weh_buf_printf(buf, "=?1");
    weh_buf_byte(buf, 0);
    return buf->err == WEH_OK ? weh_stmt_acquire(bis->briefcase, (const char *)buf->data, out, diag)
                              : weh_fail_nomem(diag);
}

/* A damaged stream is the fault of one element, not of the file. */
static weh_err fail_stream(weh_err err, weh_id id, struct weh_diag *diag)
{
    char text[WEH_ID_TEXT_SIZE];

    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    (void)weh_id_print(id, text);
    return weh_fail_where(diag, WEH_E_UNSUPPORTED, text, "the geometry of %s cannot be read", text);
}

/* What is done with the stream of the element @id, if it has one. */
typedef weh_err (*stream_reader)(void *ctx, weh_id id, const uint8_t *blob, size_t len,
                                 struct weh_diag *diag);

static weh_err read_blob(sqlite3_stmt *stmt, weh_id id, stream_reader reader, void *ctx,
                         struct weh_diag *diag)
{
    const uint8_t *blob = sqlite3_column_blob(stmt, 0);

    if (blob == NULL) {
        return sqlite3_column_type(stmt, 0) == SQLITE_BLOB && sqlite3_column_bytes(stmt, 0) > 0
                   ? weh_fail_nomem(diag)
                   : WEH_OK;
    }
    return reader(ctx, id, blob, (size_t)sqlite3_column_bytes(stmt, 0), diag);
}

static weh_err read_stream(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                           stream_reader reader, void *ctx, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = acquire(bis, plan, &stmt, diag);

    if (err != WEH_OK || stmt == NULL) {
        return err;
    }
    if (sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        err = read_blob(stmt, id, reader, ctx, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

/* ---- as JSON ---- */

struct json_target {
    struct weh_geom_json_options options;
    struct weh_sink *sink;
};

static weh_err write_json(void *ctx, weh_id id, const uint8_t *blob, size_t len,
                          struct weh_diag *diag)
{
    const struct json_target *target = ctx;
    struct weh_arena arena;
    struct weh_geom geom;
    weh_err err;

    weh_arena_init(&arena, GEOMETRY_ARENA_BYTES);
    err = weh_geom_decode(blob, len, &arena, &geom, NULL);
    if (err != WEH_OK) {
        err = fail_stream(err, id, diag);
    } else if (geom.n > 0) {
        weh_sink_key(target->sink, "geom");
        weh_geom_json_write(&geom, &target->options, target->sink);
    }
    weh_arena_fini(&arena);
    return err;
}

weh_err bis_write_geometry(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                           struct weh_sink *sink, struct weh_diag *diag)
{
    /* The default sub-category has the id behind the category's. */
    const weh_id category = bis_read_id(plan, SLOT_CATEGORY, "Id");
    struct json_target target = { .options = { .sub_category = category == 0 ? 0 : category + 1,
                                               .want_brep_data = bis->want_brep_data },
                                  .sink = sink };

    return bis->want_geometry ? read_stream(bis, plan, id, write_json, &target, diag) : WEH_OK;
}

/* ---- entry by entry ---- */

static weh_err unpack(void *ctx, weh_id id, const uint8_t *blob, size_t len, struct weh_diag *diag)
{
    weh_err err = weh_geom_unpack(blob, len, ctx, NULL);

    return err == WEH_OK ? WEH_OK : fail_stream(err, id, diag);
}

weh_err bis_unpack_geometry(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                            struct weh_buf *out, struct weh_diag *diag)
{
    return read_stream(bis, plan, id, unpack, out, diag);
}
