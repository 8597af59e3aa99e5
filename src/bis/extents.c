/* src/bis/extents.c - the volume that the elements of a model fill.
 *
 * As GeometricModel::QueryElementsRange of the native library 5.1.72: of models in space from the
 * spatial index, whose numbers are floats; of all others from the placements.
 */
#include <string.h>

#include <float.h>

#include "bis_priv.h"

/* Low and high corner; low above high is nothing. */
struct extents {
    double values[6];
};

static void set_nothing(struct extents *out)
{
    for (size_t i = 0; i < 3; i++) {
        out->values[i] = DBL_MAX;
        out->values[i + 3] = -DBL_MAX;
    }
}

static void put_column(struct weh_buf *buf, const struct bis_plan *plan, enum bis_slot slot,
                       const char *member)
{
    weh_buf_printf(buf, "g.");
    bis_sql_name(buf, bis_slot_column(plan, slot, member));
}

static void put_columns(struct weh_buf *buf, const struct bis_plan *plan, enum bis_slot slot,
                        const char *members)
{
    for (const char *m = members; *m != '\0'; m++) {
        const char member[2] = { *m, '\0' };

        weh_buf_printf(buf, m == members ? "" : ",");
        put_column(buf, plan, slot, member);
    }
}

static void put_placement(struct weh_buf *buf, const struct bis_plan *plan, bool is_3d)
{
    weh_buf_printf(buf, "DGN_placement(DGN_point(");
    put_columns(buf, plan, SLOT_ORIGIN, is_3d ? "XYZ" : "XY");
    weh_buf_printf(buf, is_3d ? "),DGN_angles(" : ",0),DGN_angles(");
    put_column(buf, plan, is_3d ? SLOT_YAW : SLOT_ROTATION, "");
    weh_buf_byte(buf, ',');
    if (is_3d) {
        put_column(buf, plan, SLOT_PITCH, "");
        weh_buf_byte(buf, ',');
        put_column(buf, plan, SLOT_ROLL, "");
    } else {
        weh_buf_printf(buf, "0,0");
    }
    weh_buf_printf(buf, "),DGN_bbox(");
    put_columns(buf, plan, SLOT_LOW, is_3d ? "XYZ" : "XY");
    weh_buf_printf(buf, is_3d ? "," : ",-1,");
    put_columns(buf, plan, SLOT_HIGH, is_3d ? "XYZ" : "XY");
    weh_buf_printf(buf, is_3d ? "))" : ",1))");
}

/* The union of the boxes of what stands in a model, of elements of base class @base; or, with @one, the box of one
 * element. */
static weh_err build_union(struct weh_bis *bis, enum bis_base base, bool one, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_id(bis->catalog, bis->bases[base]);
    struct weh_buf *buf = &bis->scratch;
    struct bis_plan *plan = NULL;
    weh_err err;

    if (ec_class == NULL || ec_class->n_tables < 2) {
        return weh_fail(diag, WEH_E_CORRUPT, "the file has no geometric elements");
    }
    err = bis_plan_get(bis, ec_class, &plan, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT min(DGN_bbox_value(b,0)),min(DGN_bbox_value(b,1)),"
                        "min(DGN_bbox_value(b,2)),max(DGN_bbox_value(b,3)),"
                        "max(DGN_bbox_value(b,4)),max(DGN_bbox_value(b,5)) FROM "
                        "(SELECT DGN_placement_aabb(");
    put_placement(buf, plan, base == BASE_GEOMETRIC_3D);
    weh_buf_printf(buf, ") AS b FROM ");
    bis_sql_name(buf, ec_class->tables[0]->name);
    weh_buf_printf(buf, " e JOIN ");
    bis_sql_name(buf, ec_class->tables[1]->name);
    weh_buf_printf(buf, " g ON g.");
    bis_sql_name(buf, ec_class->tables[1]->id_column);
    weh_buf_printf(buf, "=e.");
    bis_sql_name(buf, ec_class->tables[0]->id_column);
    weh_buf_printf(buf, " WHERE e.");
    bis_sql_name(buf,
                 one ? ec_class->tables[0]->id_column : bis_slot_column(plan, SLOT_MODEL, "Id"));
    weh_buf_printf(buf, "=? AND ");
    put_columns(buf, plan, SLOT_ORIGIN, "X");
    weh_buf_printf(buf, " IS NOT NULL)");
    weh_buf_byte(buf, 0);
    return buf->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

static weh_err build_indexed(struct weh_bis *bis, struct weh_diag *diag)
{
    static const char sql[] =
        "SELECT min(i.MinX),min(i.MinY),min(i.MinZ),max(i.MaxX),max(i.MaxY),max(i.MaxZ)"
        " FROM bis_Element e JOIN dgn_SpatialIndex i ON i.ElementId=e.Id WHERE e.ModelId=?";

    weh_buf_clear(&bis->scratch);
    weh_buf_append(&bis->scratch, sql, sizeof(sql));
    return bis->scratch.err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

/* Run what was built for @id. */
static weh_err query(struct weh_bis *bis, weh_id id, struct extents *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(bis->briefcase, (const char *)bis->scratch.data, &stmt, diag);

    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row && sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
        for (int i = 0; i < 6; i++) {
            out->values[i] = sqlite3_column_double(stmt, i);
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

static weh_err of_model(struct weh_bis *bis, weh_id id, int32_t *status, struct extents *out,
                        struct weh_diag *diag)
{
    struct bis_model_info info = { 0 };
    bool indexed;
    weh_err err = bis_model_info(bis, id, &info, NULL);

    *status = 0;
    if (err == WEH_E_NOT_FOUND) {
        *status = weh_err_info(WEH_E_NOT_FOUND)->itwin;
        return WEH_OK;
    }
    if (err != WEH_OK) {
        return bis_model_info(bis, id, &info, diag);
    }
    if ((info.traits & (TRAIT(GEOMETRIC_MODEL_3D) | TRAIT(GEOMETRIC_MODEL_2D))) == 0) {
        *status = weh_err_info(WEH_E_WRONG_MODEL)->itwin;
        return WEH_OK;
    }
    indexed = (info.traits & TRAIT(GEOMETRIC_MODEL_3D)) != 0 &&
              (!info.is_unlocated || bis->only_template[id % BIS_TEMPLATES] == id);
    if (indexed) {
        err = build_indexed(bis, diag);
    } else {
        err = build_union(bis,
                          (info.traits & TRAIT(GEOMETRIC_MODEL_3D)) != 0 ? BASE_GEOMETRIC_3D
                                                                         : BASE_GEOMETRIC_2D,
                          false, diag);
    }
    if (err == WEH_OK) {
        err = query(bis, id, out, diag);
    }
    /* Out of the index, what has no volume counts as nothing. */
    for (size_t i = 0; indexed && i < 3; i++) {
        if (!(out->values[i] < out->values[i + 3])) {
            set_nothing(out);
        }
    }
    return err;
}

static void write_corner(struct weh_sink *sink, const char *key, const double *corner)
{
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, 3);
    for (size_t i = 0; i < 3; i++) {
        weh_sink_real(sink, corner[i]);
    }
    weh_sink_array_end(sink);
}

static void write_range(struct weh_sink *sink, const struct extents *extents)
{
    weh_sink_map_begin(sink, 2);
    write_corner(sink, "low", extents->values);
    write_corner(sink, "high", extents->values + 3);
    weh_sink_map_end(sink);
}

static void write_one(struct weh_sink *sink, weh_id id, int32_t status,
                      const struct extents *extents)
{
    weh_sink_map_begin(sink, 3);
    weh_sink_key(sink, "id");
    weh_sink_id(sink, id);
    weh_sink_key(sink, "status");
    weh_sink_int(sink, status);
    weh_sink_key(sink, "extents");
    write_range(sink, extents);
    weh_sink_map_end(sink);
}

weh_err weh_model_query_extents(struct weh_bis *bis, const weh_id *ids, size_t n,
                                struct weh_sink *sink, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    bis_call_begin(bis);
    weh_sink_array_begin(sink, (uint32_t)n);
    for (size_t i = 0; err == WEH_OK && i < n; i++) {
        struct extents extents;
        int32_t status = weh_err_info(WEH_E_INVALID_ID)->itwin;

        set_nothing(&extents);
        if (ids[i] != 0) {
            err = of_model(bis, ids[i], &status, &extents, diag);
        }
        write_one(sink, ids[i], status, &extents);
    }
    weh_sink_array_end(sink);
    return err;
}

weh_err weh_model_get_range(struct weh_bis *bis, weh_id id, double out[6], struct weh_diag *diag)
{
    struct extents extents;
    int32_t status;
    weh_err err;

    bis_call_begin(bis);
    set_nothing(&extents);
    err = of_model(bis, id, &status, &extents, diag);
    memcpy(out, extents.values, sizeof(extents.values));
    return err;
}

weh_err weh_element_get_range(struct weh_bis *bis, weh_id id, weh_id class_id, double out[6],
                              struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_id(bis->catalog, class_id);
    const uint64_t traits = ec_class == NULL ? 0 : bis_traits(bis, ec_class);
    struct extents extents;
    weh_err err = WEH_OK;

    bis_call_begin(bis);
    set_nothing(&extents);
    if ((traits & (TRAIT(GEOMETRIC_3D) | TRAIT(GEOMETRIC_2D))) != 0) {
        err = build_union(
            bis, (traits & TRAIT(GEOMETRIC_3D)) != 0 ? BASE_GEOMETRIC_3D : BASE_GEOMETRIC_2D, true,
            diag);
        if (err == WEH_OK) {
            err = query(bis, id, &extents, diag);
        }
    }
    memcpy(out, extents.values, sizeof(extents.values));
    return err;
}
