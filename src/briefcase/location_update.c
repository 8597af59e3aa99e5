/* src/briefcase/location_update.c - project extents, global origin and place on the earth, written.
 *
 * Two properties of dgn_Db: Extents, and Units with everything else. Their JSON text, down to the
 * digits, was measured with the native library 5.1.72; it writes Extents by another JSON library than
 * the rest. What is not to change keeps its numbers to the last bit. (The native library may lose that
 * bit, since it reads doubles inexactly.) Reading is in location.c.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weh/file_prop.h"
#include "weh/json.h"

#include "briefcase_priv.h"
#include "content_priv.h"

#define LOCATION_PI 3.14159265358979323846

/* iTwin.js does not let a side of the project extents be shorter (IModel.projectExtents). */
#define MIN_SIDE 1.0

/* JsonCpp's form: 17 digits, of the zeros at the end of a fraction all but one left out, and one
 * where there is no digit behind the point. */
static void put_extent(struct weh_buf *buf, double value)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%#.17g", value);
    const char *point = strchr(text, '.');

    if (point != NULL && strchr(text, 'e') == NULL && text[n - 1] == '0') {
        while (n > 0 && text[n - 1] == '0') {
            n--;
        }
        n++;
    }
    weh_buf_append(buf, text, (size_t)n);
    if (n > 0 && text[n - 1] == '.') {
        weh_buf_byte(buf, '0');
    }
}

static void put_extents_corner(struct weh_buf *buf, const double *corner)
{
    for (int i = 0; i < 3; i++) {
        weh_buf_byte(buf, i == 0 ? '[' : ',');
        put_extent(buf, corner[i]);
    }
    weh_buf_byte(buf, ']');
}

void weh_extents_print(struct weh_buf *buf, const double *extents)
{
    weh_buf_printf(buf, "{\"high\":");
    put_extents_corner(buf, extents + 3);
    weh_buf_printf(buf, ",\"low\":");
    put_extents_corner(buf, extents);
    weh_buf_byte(buf, '}');
}

static void put_number(struct weh_buf *buf, double value)
{
    char text[WEH_JSON_NUMBER_SIZE];

    weh_buf_append(buf, text, weh_json_print_stored(value, text));
}

void weh_location_print_point(struct weh_buf *buf, const double *point)
{
    for (int i = 0; i < 3; i++) {
        weh_buf_byte(buf, i == 0 ? '[' : ',');
        put_number(buf, point[i]);
    }
    weh_buf_byte(buf, ']');
}

static void put_point_member(struct weh_buf *buf, const char *key, const double *point)
{
    weh_buf_printf(buf, ",\"%s\":", key);
    weh_location_print_point(buf, point);
}

static void put_orientation(struct weh_buf *buf, const double *angles)
{
    static const char *const names[] = { "yaw", "pitch", "roll" };
    char before = '{';

    for (size_t i = 0; i < 3; i++) {
        if (angles[i] != 0.0) {
            weh_buf_byte(buf, (uint8_t)before);
            weh_buf_printf(buf, "\"%s\":", names[i]);
            put_number(buf, angles[i]);
            before = ',';
        }
    }
    weh_buf_printf(buf, before == '{' ? "null" : "}");
}

/* Longitude and latitude go through degrees, which costs their last bits. */
static double round_radians(double radians)
{
    return radians * (180.0 / LOCATION_PI) * (LOCATION_PI / 180.0);
}

static void put_ecef(struct weh_buf *buf, const struct weh_ecef_location *ecef)
{
    weh_buf_printf(buf, "{\"origin\":");
    weh_location_print_point(buf, ecef->origin);
    weh_buf_printf(buf, ",\"orientation\":");
    put_orientation(buf, ecef->angles);
    if (ecef->has_cartographic_origin) {
        weh_buf_printf(buf, ",\"cartographicOrigin\":{\"longitude\":");
        put_number(buf, round_radians(ecef->cartographic_origin[0]));
        weh_buf_printf(buf, ",\"latitude\":");
        put_number(buf, round_radians(ecef->cartographic_origin[1]));
        weh_buf_printf(buf, ",\"height\":");
        put_number(buf, ecef->cartographic_origin[2]);
        weh_buf_byte(buf, '}');
    }
    if (ecef->has_vectors) {
        put_point_member(buf, "xVector", ecef->x_vector);
        put_point_member(buf, "yVector", ecef->y_vector);
    }
    weh_buf_byte(buf, '}');
}

/* What stands in the file and is not to change, as it stands there. */
static weh_err put_kept(struct weh_buf *buf, struct weh_str units, const char *key,
                        struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { 16, 10000 };
    struct weh_json_scan scan;
    struct weh_str name;
    struct weh_str value;
    weh_err err;

    weh_json_scan_init(&scan, units, &limits);
    err = weh_json_scan_expect(&scan, '{', diag);
    while (err == WEH_OK && weh_json_scan_peek(&scan) == '"') {
        err = weh_json_scan_string(&scan, &name, diag);
        if (err == WEH_OK) {
            err = weh_json_scan_expect(&scan, ':', diag);
        }
        if (err == WEH_OK) {
            err = weh_json_scan_value(&scan, 1, &value, diag);
        }
        if (err == WEH_OK && weh_str_eq_text(name, key)) {
            weh_buf_printf(buf, ",\"%s\":", key);
            weh_buf_append(buf, value.ptr, value.len);
            return WEH_OK;
        }
        if (err == WEH_OK && weh_json_scan_peek(&scan) == ',') {
            err = weh_json_scan_expect(&scan, ',', diag);
        }
    }
    return err;
}

static weh_err print_units(struct weh_buf *buf, struct weh_str units, const struct weh_value *json,
                           const struct weh_location_update *update, struct weh_diag *diag)
{
    double point[3];
    weh_err err = WEH_OK;

    weh_buf_printf(buf, "{\"globalOrigin\":");
    (void)weh_location_read_xyz(weh_value_get(json, "globalOrigin"), point);
    weh_location_print_point(buf, update->global_origin != NULL ? update->global_origin : point);
    (void)weh_location_read_xyz(weh_value_get(json, "initialProjectCenter"), point);
    put_point_member(buf, "initialProjectCenter", point);
    if (update->ecef != NULL) {
        weh_buf_printf(buf, ",\"ecefLocation\":");
        put_ecef(buf, update->ecef);
    } else if (!weh_value_is_null(weh_value_get(json, "ecefLocation"))) {
        err = put_kept(buf, units, "ecefLocation", diag);
    }
    if (err == WEH_OK && !weh_value_is_null(weh_value_get(json, "extentsSource"))) {
        err = put_kept(buf, units, "extentsSource", diag);
    }
    weh_buf_byte(buf, '}');
    return err;
}

static weh_err save_units(struct weh_briefcase *briefcase, const struct weh_location_update *update,
                          struct weh_buf *buf, struct weh_diag *diag)
{
    struct weh_str units = { NULL, 0 };
    struct weh_value json;
    struct weh_arena arena;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = weh_prop_read(briefcase, "dgn_Db", "Units", &arena, &units, diag);
    if (err == WEH_OK) {
        err = weh_prop_read_json(briefcase, "dgn_Db", "Units", &arena, &json, diag);
    }
    if (err == WEH_OK) {
        err = print_units(buf, units, &json, update, diag);
    }
    if (err == WEH_OK && buf->err != WEH_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_prop_save_text(briefcase, "dgn_Db", "Units",
                                 (struct weh_str){ (const char *)buf->data, buf->len }, diag);
    }
    weh_arena_fini(&arena);
    return err;
}

void weh_location_grow(double extents[6])
{
    for (size_t i = 0; i < 3; i++) {
        const double side = extents[i + 3] - extents[i];

        if (side >= 0 && side < MIN_SIDE) {
            extents[i] -= (MIN_SIDE - side) / 2.0;
            extents[i + 3] += (MIN_SIDE - side) / 2.0;
        }
    }
}

static weh_err save_extents(struct weh_briefcase *briefcase, const double *given,
                            struct weh_buf *buf, struct weh_diag *diag)
{
    double extents[6];

    for (size_t i = 0; i < 3; i++) {
        extents[i] = fmin(given[i], given[i + 3]);
        extents[i + 3] = fmax(given[i], given[i + 3]);
    }
    weh_location_grow(extents);
    weh_extents_print(buf, extents);
    return buf->err != WEH_OK
               ? weh_fail_nomem(diag)
               : weh_prop_save_text(briefcase, "dgn_Db", "Extents",
                                    (struct weh_str){ (const char *)buf->data, buf->len }, diag);
}

weh_err weh_location_update(struct weh_briefcase *briefcase,
                            const struct weh_location_update *update, struct weh_diag *diag)
{
    struct weh_buf buf;
    weh_err err = WEH_OK;

    weh_assert(briefcase != NULL && update != NULL);
    weh_assert((update->extents != NULL) !=
               (update->global_origin != NULL || update->ecef != NULL));
    weh_buf_init(&buf, 0);
    err = update->extents != NULL ? save_extents(briefcase, update->extents, &buf, diag)
                                  : save_units(briefcase, update, &buf, diag);
    weh_buf_fini(&buf);
    return err;
}

#define SOURCE_USER 1 /* extentsSource: the extents were given, and connectors keep them */

/* @json as JSON.stringify writes it, with another extentsSource. */
static void print_with_source(struct weh_buf *buf, const struct weh_value *json)
{
    struct weh_json_writer writer;
    bool is_there = false;

    weh_json_writer_init(&writer, buf);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    for (uint32_t i = 0; i < json->n; i++) {
        const struct weh_member *member = &json->as.members[i];
        const bool is_source = weh_str_eq_text(member->key, "extentsSource");

        writer.sink.ops->key(&writer.sink, member->key);
        if (is_source) {
            weh_sink_int(&writer.sink, SOURCE_USER);
        } else {
            weh_sink_value(&writer.sink, &member->value);
        }
        is_there |= is_source;
    }
    if (!is_there) {
        weh_sink_key(&writer.sink, "extentsSource");
        weh_sink_int(&writer.sink, SOURCE_USER);
    }
    weh_sink_map_end(&writer.sink);
}

weh_err weh_location_set_source(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    struct weh_arena arena;
    struct weh_value json;
    struct weh_buf buf;
    int64_t source = 0;
    weh_err err;

    weh_arena_init(&arena, 0);
    weh_buf_init(&buf, 0);
    err = weh_prop_read_json(briefcase, "dgn_Db", "Units", &arena, &json, diag);
    if (err == WEH_OK && json.type == WEH_VALUE_MAP &&
        !(weh_value_get(&json, "extentsSource") != NULL &&
          weh_value_to_int64(weh_value_get(&json, "extentsSource"), &source) &&
          source == SOURCE_USER)) {
        print_with_source(&buf, &json);
        err = buf.err != WEH_OK
                  ? weh_fail_nomem(diag)
                  : weh_prop_save_text(briefcase, "dgn_Db", "Units",
                                       (struct weh_str){ (const char *)buf.data, buf.len }, diag);
    }
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
    return err;
}

weh_err weh_location_drop_gcs(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = weh_stmt_acquire(
        briefcase, "DELETE FROM main.be_Prop WHERE Namespace='dgn_Db' AND Name='DgnGCS'", &stmt,
        diag);

    if (err == WEH_OK) {
        err = weh_stmt_run(briefcase, stmt, diag);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}
