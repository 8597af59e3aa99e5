/* src/rpc/rpc_file_prop.c - briefcase.*: file properties, and the iModel's place on the earth. */
#include <math.h>

#include "weh/ec_value.h"
#include "weh/file_prop.h"
#include "weh/placement.h"

#include "ipc_place.h"
#include "rpc_priv.h"

static struct weh_file_prop_key read_key(const struct weh_arg *args)
{
    return (struct weh_file_prop_key){
        .space = args[0].as.string,
        .name = args[1].as.string,
        .id = args[2].given ? args[2].as.integer : 0,
        .sub_id = args[3].given ? args[3].as.integer : 0,
    };
}

weh_err briefcase_query_file_property(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_file_prop_key key = read_key(call->args);

    return weh_file_prop_query(call_workspace(call)->briefcase, &key, call->result, diag);
}

weh_err briefcase_list_file_properties(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *space = &call->args[0];

    return weh_file_prop_list(call_workspace(call)->briefcase,
                              space->given ? &space->as.string : NULL, call->result, diag);
}

weh_err briefcase_save_file_property(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_file_prop_key key = read_key(call->args);
    const struct weh_arg *text = &call->args[4];
    const struct weh_arg *blob = &call->args[5];
    struct weh_str bytes = { NULL, 0 };
    weh_err err = WEH_OK;

    if (blob->given) {
        err = weh_ec_binary_read(blob->as.value, "blob", call->arena, &bytes, diag);
    }
    if (err == WEH_OK) {
        err = weh_file_prop_save(call_workspace(call)->briefcase, &key,
                                 text->given ? &text->as.string : NULL, bytes, diag);
    }
    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err briefcase_delete_file_property(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_file_prop_key key = read_key(call->args);
    weh_err err = weh_file_prop_delete(call_workspace(call)->briefcase, &key, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

/* A point that must be there, each coordinate a number. */
static weh_err read_point(const struct weh_value *value, const char *where, double out[3],
                          struct weh_diag *diag)
{
    static const char *const names[] = { "x", "y", "z" };

    for (size_t i = 0; i < 3; i++) {
        const struct weh_value *item = NULL;

        if (value != NULL && value->type == WEH_VALUE_ARRAY) {
            item = value->n == 3 ? &value->as.items[i] : NULL;
        } else {
            item = weh_value_get(value, names[i]);
        }
        if (item == NULL || !weh_value_to_double(item, &out[i])) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be three numbers", where);
        }
    }
    return WEH_OK;
}

static weh_err update_location(struct weh_call *call, const struct weh_location_update *update,
                               enum ipc_place place, struct weh_diag *diag)
{
    const bool is_told = call_desk(call)->is_ipc;
    struct weh_value before = { .type = WEH_VALUE_NULL };
    weh_err err = is_told ? ipc_place_read(call, place, &before, diag) : WEH_OK;

    if (err == WEH_OK) {
        err = weh_location_update(call_workspace(call)->briefcase, update, diag);
    }
    if (err == WEH_OK && is_told) {
        ipc_place_tell(call, place, &before);
    }
    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err briefcase_update_extents(struct weh_call *call, struct weh_diag *diag)
{
    static const char *const names[] = { "low", "high", NULL };
    const struct weh_value *given = call->args[0].as.value;
    double extents[6];
    const struct weh_location_update update = { .extents = extents };
    weh_err err = call_check_members(given, "projectExtents", names, diag);

    if (err == WEH_OK) {
        err = read_point(weh_value_get(given, "low"), "projectExtents.low", extents, diag);
    }
    if (err == WEH_OK) {
        err = read_point(weh_value_get(given, "high"), "projectExtents.high", extents + 3, diag);
    }
    return err == WEH_OK ? update_location(call, &update, IPC_PLACE_EXTENTS, diag) : err;
}

weh_err briefcase_update_origin(struct weh_call *call, struct weh_diag *diag)
{
    double origin[3];
    const struct weh_location_update update = { .global_origin = origin };
    weh_err err = read_point(call->args[0].as.value, "globalOrigin", origin, diag);

    return err == WEH_OK ? update_location(call, &update, IPC_PLACE_ORIGIN, diag) : err;
}

/* Angles that JavaScript takes for zero are left out (Geometry.smallAngleRadians). */
#define SMALL_ANGLE_DEGREES (1.0e-12 * (180.0 / 3.14159265358979323846))

static weh_err read_orientation(const struct weh_value *value, double out[3], struct weh_diag *diag)
{
    static const char *const names[] = { "yaw", "pitch", "roll", NULL };
    static const char *const where[] = { "ecefLocation.orientation.yaw",
                                         "ecefLocation.orientation.pitch",
                                         "ecefLocation.orientation.roll" };
    weh_err err;

    if (weh_value_is_null(value)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "ecefLocation.orientation",
                              "ecefLocation.orientation is missing");
    }
    err = call_check_members(value, "ecefLocation.orientation", names, diag);
    for (size_t i = 0; err == WEH_OK && i < 3; i++) {
        err = weh_angle_read(weh_value_get(value, names[i]), where[i], &out[i], diag);
        if (fabs(out[i]) < SMALL_ANGLE_DEGREES) {
            out[i] = 0;
        }
    }
    return err;
}

static weh_err read_cartographic(const struct weh_value *value, struct weh_ecef_location *out,
                                 struct weh_diag *diag)
{
    static const char *const names[] = { "longitude", "latitude", "height", NULL };
    weh_err err = WEH_OK;

    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    err = call_check_members(value, "ecefLocation.cartographicOrigin", names, diag);
    for (size_t i = 0; err == WEH_OK && i < 3; i++) {
        const struct weh_value *number = weh_value_get(value, names[i]);

        if (weh_value_is_null(number) && i == 2) {
            out->cartographic_origin[i] = 0;
        } else if (number == NULL || !weh_value_to_double(number, &out->cartographic_origin[i])) {
            err = weh_fail_where(diag, WEH_E_BAD_ARGS, "ecefLocation.cartographicOrigin",
                                 "ecefLocation.cartographicOrigin.%s must be a number", names[i]);
        }
    }
    out->has_cartographic_origin = err == WEH_OK;
    return err;
}

/* Both vectors, or none counts. */
static weh_err read_vectors(const struct weh_value *given, struct weh_ecef_location *out,
                            struct weh_diag *diag)
{
    const struct weh_value *x = weh_value_get(given, "xVector");
    const struct weh_value *y = weh_value_get(given, "yVector");
    weh_err err = WEH_OK;

    if (!weh_value_is_null(x)) {
        err = read_point(x, "ecefLocation.xVector", out->x_vector, diag);
    }
    if (err == WEH_OK && !weh_value_is_null(y)) {
        err = read_point(y, "ecefLocation.yVector", out->y_vector, diag);
    }
    out->has_vectors = !weh_value_is_null(x) && !weh_value_is_null(y);
    return err;
}

weh_err briefcase_update_ecef(struct weh_call *call, struct weh_diag *diag)
{
    /* The transform follows from the rest, and is not stored. */
    static const char *const names[] = { "origin",    "orientation", "cartographicOrigin",
                                         "transform", "xVector",     "yVector",
                                         NULL };
    const struct weh_value *given = call->args[0].as.value;
    struct weh_ecef_location ecef = { .has_vectors = false };
    const struct weh_location_update update = { .ecef = &ecef };
    weh_err err = call_check_members(given, "ecefLocation", names, diag);

    if (err == WEH_OK) {
        err = read_point(weh_value_get(given, "origin"), "ecefLocation.origin", ecef.origin, diag);
    }
    if (err == WEH_OK) {
        err = read_orientation(weh_value_get(given, "orientation"), ecef.angles, diag);
    }
    if (err == WEH_OK) {
        err = read_cartographic(weh_value_get(given, "cartographicOrigin"), &ecef, diag);
    }
    if (err == WEH_OK) {
        err = read_vectors(given, &ecef, diag);
    }
    return err == WEH_OK ? update_location(call, &update, IPC_PLACE_ECEF, diag) : err;
}
