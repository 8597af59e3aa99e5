/* src/bis/model_read.c - getModelProps.
 *
 * Members and their order as the native library 5.1.72 writes them.
 */
#include <string.h>

#include "bis_priv.h"

/* The code value of the modelled element is the model's name. */
static weh_err write_name(struct weh_bis *bis, weh_id element, struct weh_sink *sink,
                          struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_id(bis->catalog, bis->bases[BASE_ELEMENT]);
    struct bis_plan *plan = NULL;
    sqlite3_stmt *row = NULL;
    bool found = false;
    int column;
    weh_err err = bis_plan_get(bis, ec_class, &plan, diag);

    if (err == WEH_OK) {
        err = bis_read_row(bis, plan, element, &row, &found, diag);
    }
    if (err == WEH_OK && found) {
        column = bis_read_column(plan, SLOT_CODE_VALUE, "");
        weh_sink_key(sink, "name");
        weh_sink_str(sink, column < 0 ? WEH_STR("") : weh_stmt_text(row, column));
    }
    bis_reset(row);
    return err;
}

static void write_flags(const struct bis_plan *plan, struct weh_sink *sink)
{
    static const struct {
        enum bis_slot slot;
        const char *name;
    } flags[] = { { SLOT_MODEL_PRIVATE, "isPrivate" },
                  { SLOT_MODEL_TEMPLATE, "isTemplate" },
                  { SLOT_MODEL_UNLOCATED, "isNotSpatiallyLocated" },
                  { SLOT_MODEL_PLAN, "isPlanProjection" } };

    for (size_t i = 0; i < WEH_ARRAY_LEN(flags); i++) {
        int column = bis_read_column(plan, flags[i].slot, "");

        if (column >= 0 && sqlite3_column_int(plan->select, column) != 0) {
            weh_sink_key(sink, flags[i].name);
            weh_sink_bool(sink, true);
        }
    }
}

static void write_geometry_guid(const struct bis_plan *plan, struct weh_sink *sink)
{
    int column = bis_read_column(plan, SLOT_MODEL_GUID, "");
    char text[WEH_GUID_TEXT_SIZE];
    struct weh_guid guid;

    if (column >= 0 && sqlite3_column_bytes(plan->select, column) == (int)sizeof(guid.bytes)) {
        memcpy(guid.bytes, sqlite3_column_blob(plan->select, column), sizeof(guid.bytes));
        weh_guid_print(&guid, text);
        weh_sink_key(sink, "geometryGuid");
        weh_sink_text(sink, text);
    }
}

static weh_err write_model(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                           struct weh_sink *sink, struct weh_diag *diag)
{
    int json = bis_read_column(plan, SLOT_JSON, "");
    weh_id parent = bis_read_id(plan, SLOT_MODEL_PARENT, "Id");
    weh_id element = bis_read_id(plan, SLOT_MODEL_ELEMENT, "Id");
    weh_err err = WEH_OK;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "classFullName");
    weh_sink_str(sink, plan->ec_class->full_name);
    weh_sink_key(sink, "id");
    weh_sink_id(sink, id);
    if (json >= 0) {
        err = bis_write_json(bis, weh_stmt_text(plan->select, json), "jsonProperties", sink, diag);
    }
    if (parent != 0) {
        weh_sink_key(sink, "parentModel");
        weh_sink_id(sink, parent);
    }
    bis_write_related(bis, "modeledElement", element,
                      bis_read_id(plan, SLOT_MODEL_ELEMENT, "RelECClassId"), sink);
    write_geometry_guid(plan, sink);
    if (err == WEH_OK) {
        err = bis_write_plain(bis, plan, sink, diag);
    }
    if (err == WEH_OK) {
        err = write_name(bis, element, sink, diag);
    }
    write_flags(plan, sink);
    if (parent == 0) {
        /* The repository model: said to be its own parent, and behind everything else. */
        weh_sink_key(sink, "parentModel");
        weh_sink_id(sink, id);
    }
    weh_sink_map_end(sink);
    return err;
}

weh_err weh_model_get_props(struct weh_bis *bis, weh_id id, struct weh_sink *sink,
                            struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct bis_plan *plan = NULL;
    sqlite3_stmt *row = NULL;
    bool found = false;
    weh_err err;

    bis_call_begin(bis);
    err = bis_model_class(bis, id, &ec_class, diag);
    if (err == WEH_OK && ec_class == NULL) {
        err = weh_fail_where(diag, WEH_E_NOT_FOUND, "id", "the model does not exist");
    }
    if (err == WEH_OK) {
        err = bis_plan_get(bis, ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_read_row(bis, plan, id, &row, &found, diag);
    }
    if (err == WEH_OK) {
        err = write_model(bis, plan, id, sink, diag);
    }
    bis_reset(row);
    return err;
}
