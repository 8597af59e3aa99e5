/* src/bis/parts.c - what getElementProps says behind the federation GUID: the parts that BisCore's
 * classes write themselves.
 *
 * Names, order and defaults as the native library 5.1.72 writes them. Reads the current row of the
 * plan's select; selectors read rows of their own.
 */
#include <math.h>

#include "bis_priv.h"

#define PARTS_PI 3.14159265358979323846

static const char *const point_members[] = { "X", "Y", "Z" };

static bool is_null(const struct bis_plan *plan, enum bis_slot slot, const char *member)
{
    int column = bis_read_column(plan, slot, member);

    return column < 0 || sqlite3_column_type(plan->select, column) == SQLITE_NULL;
}

static double read_real(const struct bis_plan *plan, enum bis_slot slot, const char *member)
{
    int column = bis_read_column(plan, slot, member);

    return column < 0 ? 0.0 : sqlite3_column_double(plan->select, column);
}

static int64_t read_int(const struct bis_plan *plan, enum bis_slot slot)
{
    int column = bis_read_column(plan, slot, "");

    return column < 0 ? 0 : sqlite3_column_int64(plan->select, column);
}

static struct weh_str read_text(const struct bis_plan *plan, enum bis_slot slot)
{
    int column = bis_read_column(plan, slot, "");

    return column < 0 ? WEH_STR("") : weh_stmt_text(plan->select, column);
}

static void read_point(const struct bis_plan *plan, enum bis_slot slot, unsigned n, double *out)
{
    for (unsigned i = 0; i < n; i++) {
        out[i] = read_real(plan, slot, point_members[i]);
    }
}

static void write_bool(struct weh_sink *sink, const char *key, bool value)
{
    weh_sink_key(sink, key);
    weh_sink_bool(sink, value);
}

static void write_id(const struct bis_plan *plan, enum bis_slot slot, const char *key,
                     struct weh_sink *sink)
{
    weh_id id = bis_read_id(plan, slot, "Id");

    if (id != 0) {
        weh_sink_key(sink, key);
        weh_sink_id(sink, id);
    }
}

static void write_text(const struct bis_plan *plan, enum bis_slot slot, const char *key,
                       struct weh_sink *sink)
{
    weh_sink_key(sink, key);
    weh_sink_str(sink, read_text(plan, slot));
}

static void write_point(const struct bis_plan *plan, enum bis_slot slot, unsigned n,
                        const char *key, struct weh_sink *sink)
{
    double point[3];

    read_point(plan, slot, n, point);
    weh_sink_key(sink, key);
    weh_point_write(point, n, sink);
}

static void write_angles(const struct bis_plan *plan, const enum bis_slot slots[3],
                         struct weh_sink *sink)
{
    double angles[3];

    for (unsigned i = 0; i < 3; i++) {
        angles[i] = read_real(plan, slots[i], "");
    }
    weh_sink_key(sink, "angles");
    weh_angles_write(angles, sink);
}

void bis_read_placement3d(const struct bis_plan *plan, struct weh_placement3d *out)
{
    *out = (struct weh_placement3d){ .has_box = !is_null(plan, SLOT_ORIGIN, "X") };
    if (out->has_box) {
        read_point(plan, SLOT_ORIGIN, 3, out->origin);
        out->angles[0] = read_real(plan, SLOT_YAW, "");
        out->angles[1] = read_real(plan, SLOT_PITCH, "");
        out->angles[2] = read_real(plan, SLOT_ROLL, "");
        read_point(plan, SLOT_LOW, 3, out->low);
        read_point(plan, SLOT_HIGH, 3, out->high);
    }
}

void bis_read_placement2d(const struct bis_plan *plan, struct weh_placement2d *out)
{
    *out = (struct weh_placement2d){ .has_box = !is_null(plan, SLOT_ORIGIN, "X") };
    if (out->has_box) {
        read_point(plan, SLOT_ORIGIN, 2, out->origin);
        out->angle = read_real(plan, SLOT_ROTATION, "");
        read_point(plan, SLOT_LOW, 2, out->low);
        read_point(plan, SLOT_HIGH, 2, out->high);
    }
}

static weh_err write_geometric(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                               struct weh_sink *sink, struct weh_diag *diag)
{
    weh_err err;

    write_id(plan, SLOT_CATEGORY, "category", sink);
    weh_sink_key(sink, "placement");
    if ((plan->traits & TRAIT(GEOMETRIC_3D)) != 0) {
        struct weh_placement3d placement;

        bis_read_placement3d(plan, &placement);
        weh_placement3d_write(&placement, sink);
    } else {
        struct weh_placement2d placement;

        bis_read_placement2d(plan, &placement);
        weh_placement2d_write(&placement, sink);
    }
    err = bis_write_geometry(bis, plan, id, sink, diag);
    bis_write_related(bis, "typeDefinition", bis_read_id(plan, SLOT_TYPE_DEFINITION, "Id"),
                      bis_read_id(plan, SLOT_TYPE_DEFINITION, "RelECClassId"), sink);
    return err;
}

static void write_view3d(const struct bis_plan *plan, struct weh_sink *sink)
{
    static const enum bis_slot angles[3] = { SLOT_VIEW_YAW, SLOT_VIEW_PITCH, SLOT_VIEW_ROLL };

    write_bool(sink, "cameraOn", read_int(plan, SLOT_CAMERA_ON) != 0);
    write_point(plan, SLOT_VIEW_ORIGIN, 3, "origin", sink);
    write_point(plan, SLOT_VIEW_EXTENTS, 3, "extents", sink);
    weh_sink_key(sink, "camera");
    weh_sink_map_begin(sink, 3);
    write_point(plan, SLOT_CAMERA_EYE, 3, "eye", sink);
    weh_sink_key(sink, "focusDist");
    weh_sink_real(sink, read_real(plan, SLOT_CAMERA_FOCUS, ""));
    weh_sink_key(sink, "lens");
    weh_sink_real(sink, read_real(plan, SLOT_CAMERA_LENS, "") * (180.0 / PARTS_PI));
    weh_sink_map_end(sink);
    write_angles(plan, angles, sink);
    write_id(plan, SLOT_VIEW_MODELS, "modelSelectorId", sink);
}

static void write_view(const struct bis_plan *plan, struct weh_sink *sink)
{
    write_id(plan, SLOT_VIEW_SELECTOR, "categorySelectorId", sink);
    write_id(plan, SLOT_VIEW_STYLE, "displayStyleId", sink);
    if ((plan->traits & TRAIT(VIEW_3D)) != 0) {
        write_view3d(plan, sink);
    } else if ((plan->traits & TRAIT(VIEW_2D)) != 0) {
        write_id(plan, SLOT_VIEW_MODEL, "baseModelId", sink);
        write_point(plan, SLOT_VIEW_ORIGIN, 2, "origin", sink);
        write_point(plan, SLOT_VIEW_EXTENTS, 2, "delta", sink);
        weh_sink_key(sink, "angle");
        weh_sink_real(sink, read_real(plan, SLOT_VIEW_ANGLE, ""));
    }
}

bool bis_read_part_box(const struct bis_plan *plan, double low[3], double high[3])
{
    if (is_null(plan, SLOT_LOW, "X")) {
        return false;
    }
    read_point(plan, SLOT_LOW, 3, low);
    read_point(plan, SLOT_HIGH, 3, high);
    return true;
}

static void write_part_box(const struct bis_plan *plan, struct weh_sink *sink)
{
    double low[3];
    double high[3];

    if (bis_read_part_box(plan, low, high)) {
        weh_sink_key(sink, "bbox");
        weh_box_write(low, high, 3, sink);
    }
}

static weh_err write_definition(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                                struct weh_sink *sink, struct weh_diag *diag)
{
    uint64_t traits = plan->traits;

    write_bool(sink, "isPrivate", read_int(plan, SLOT_IS_PRIVATE) != 0);
    if ((traits & TRAIT(CATEGORY)) != 0) {
        write_text(plan, SLOT_DESCRIPTION, "description", sink);
        weh_sink_key(sink, "rank");
        weh_sink_int(sink, read_int(plan, SLOT_RANK));
    } else if ((traits & TRAIT(SUB_CATEGORY)) != 0) {
        write_text(plan, SLOT_DESCRIPTION, "description", sink);
        return bis_write_json(bis, read_text(plan, SLOT_APPEARANCE), "appearance", sink, diag);
    } else if ((traits & TRAIT(GEOMETRY_PART)) != 0) {
        write_part_box(plan, sink);
        return bis_write_geometry(bis, plan, id, sink, diag);
    } else if ((traits & TRAIT(RENDER_MATERIAL)) != 0) {
        write_text(plan, SLOT_PALETTE, "paletteName", sink);
    } else if ((traits & TRAIT(LINE_STYLE)) != 0) {
        write_text(plan, SLOT_STYLE_DATA, "data", sink);
    } else if ((traits & TRAIT(VIEW)) != 0) {
        write_view(plan, sink);
    } else if ((traits & TRAIT(CATEGORY_SELECTOR)) != 0) {
        return bis_selector_write(bis, LINK_SELECTOR_CATEGORIES, id, "categories", sink, diag);
    } else if ((traits & TRAIT(MODEL_SELECTOR)) != 0) {
        return bis_selector_write(bis, LINK_SELECTOR_MODELS, id, "models", sink, diag);
    }
    return WEH_OK;
}

weh_err bis_write_parts(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                        struct weh_sink *sink, struct weh_diag *diag)
{
    if ((plan->traits & TRAIT(DEFINITION)) != 0) {
        return write_definition(bis, plan, id, sink, diag);
    }
    if ((plan->traits & (TRAIT(GEOMETRIC_3D) | TRAIT(GEOMETRIC_2D))) != 0) {
        return write_geometric(bis, plan, id, sink, diag);
    }
    if ((plan->traits & TRAIT(URL_LINK)) != 0) {
        write_text(plan, SLOT_DESCRIPTION, "description", sink);
        if (!is_null(plan, SLOT_URL, "")) {
            write_text(plan, SLOT_URL, "url", sink);
        }
    }
    return WEH_OK;
}
