/* src/rpc/ipc_tools.c - RPC that is not about what stands in an iModel: DevTools, snapshots, tiles; and what
 * this server has not: a geometry kernel, a tile generator, a hub, a presentation library.
 */
#include <stdio.h>
#include <string.h>

#include <sys/sysinfo.h>
#include <unistd.h>

#include "weh/clock.h"

#include "ipc_read.h"

/* The release of iTwin.js whose answers these are. */
#define ITWINJS_VERSION "5.1.9"

/* CurrentImdlVersion of core-common 5.1, version of tile content, in the upper half. */
#define TILE_FORMAT_VERSION (37 << 16)

/* BentleyStatus.ERROR, SnapStatus of an element without geometry, GeoCoordStatus.NoGCSDefined */
#define BENTLEY_ERROR 32768
#define NO_SNAP       2
#define NO_LOCATION   100

#define MAX_POINTS 100000

/* ---- DevToolsRpcInterface ---- */

weh_err ipc_tools_ping(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_sink_bool(call->result, true);
    return WEH_OK;
}

weh_err ipc_tools_versions(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_sink_map_begin(call->result, 3);
    put_text(call->result, "application", WEH_VERSION);
    put_text(call->result, "iTwinJs", ITWINJS_VERSION);
    weh_sink_key(call->result, "availableRpcs");
    (void)ipc_rpc_describe_endpoints(call, diag);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

/* A number, or (as the stock backend formats it) a text with its unit. */
static void put_measure(struct weh_sink *sink, const char *key, double value, const char *unit)
{
    char text[64];

    weh_sink_key(sink, key);
    if (unit == NULL) {
        weh_sink_real(sink, value);
        return;
    }
    (void)snprintf(text, sizeof(text), "%.0f %s", value, unit);
    weh_sink_text(sink, text);
}

static double megabytes(uint64_t bytes)
{
    return (double)bytes / (1024 * 1024);
}

/* A page is told how busy the machine is, and nothing that names it. */
weh_err ipc_tools_stats(struct weh_call *call, struct weh_diag *diag)
{
    const bool is_formatted = call->args[1].given && call->args[1].as.integer != 0;
    const char *mb = is_formatted ? "MB" : NULL;
    const char *seconds = is_formatted ? "secs" : NULL;
    struct sysinfo info;

    (void)diag;
    memset(&info, 0, sizeof(info));
    (void)sysinfo(&info);
    weh_sink_map_begin(call->result, 2);
    weh_sink_key(call->result, "os");
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    put_text(call->result, "platform", "linux");
    put_measure(call->result, "totalmem", megabytes((uint64_t)info.totalram * info.mem_unit), mb);
    put_measure(call->result, "freemem", megabytes((uint64_t)info.freeram * info.mem_unit), mb);
    put_measure(call->result, "uptime", (double)info.uptime, seconds);
    put_int(call->result, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
    weh_sink_map_end(call->result);
    weh_sink_key(call->result, "process");
    weh_sink_map_begin(call->result, 1);
    put_measure(call->result, "uptime", (double)weh_clock_mono_us() / 1e6, seconds);
    weh_sink_map_end(call->result);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

/* The log has no levels by category, so there is no old one to tell; and it is not a page's to change. */
weh_err ipc_tools_set_log_level(struct weh_call *call, struct weh_diag *diag)
{
    (void)call;
    (void)diag;
    return WEH_OK;
}

/* ---- SnapshotIModelRpcInterface ---- */

weh_err ipc_tools_close_snapshot(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = ipc_app_close_imodel(call, diag);

    if (err == WEH_OK) {
        weh_sink_bool(call->result, true);
    }
    return err;
}

/* ---- IModelTileRpcInterface ---- */

weh_err ipc_tools_tile_version(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_sink_map_begin(call->result, 1);
    put_int(call->result, "formatVersion", TILE_FORMAT_VERSION);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

/* ---- what is asked for and is nothing here ---- */

weh_err ipc_tools_nothing(struct weh_call *call, struct weh_diag *diag)
{
    (void)call;
    (void)diag;
    return WEH_OK;
}

weh_err ipc_tools_unsupported(struct weh_call *call, struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_UNSUPPORTED, "%s is not supported by this server",
                    call->method->name);
}

weh_err ipc_tools_no_checkpoint(struct weh_call *call, struct weh_diag *diag)
{
    (void)call;
    return weh_fail(diag, WEH_E_NOT_FOUND, "no checkpoint was found: this server has no iModelHub");
}

weh_err ipc_tools_no_snap(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_sink_map_begin(call->result, 1);
    put_int(call->result, "status", NO_SNAP);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

weh_err ipc_tools_no_containment(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_sink_map_begin(call->result, 1);
    put_int(call->result, "status", BENTLEY_ERROR);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

static void put_zeros(struct weh_sink *sink, const char *key)
{
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, 3);
    for (unsigned i = 0; i < 3; i++) {
        weh_sink_int(sink, 0);
    }
    weh_sink_array_end(sink);
}

/* As of elements without geometry: that it failed, and zeros. */
weh_err ipc_tools_no_mass(struct weh_call *call, struct weh_diag *diag)
{
    static const char *const sizes[3][2] = { { "length", NULL },
                                             { "area", "perimeter" },
                                             { "volume", "area" } };
    static const char *const moments[] = { "ixy", "ixz", "iyz" };
    const struct weh_value *named = weh_value_get(call->args[1].as.value, "operation");
    struct weh_sink *sink = call->result;
    int64_t operation = 0;

    if (named == NULL || !weh_value_to_int64(named, &operation) || operation < 0 || operation > 2) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "operation", "operation must be 0, 1 or 2");
    }
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_int(sink, "status", BENTLEY_ERROR);
    for (unsigned i = 0; i < 2 && sizes[operation][i] != NULL; i++) {
        put_int(sink, sizes[operation][i], 0);
    }
    put_zeros(sink, "centroid");
    for (unsigned i = 0; i < WEH_ARRAY_LEN(moments); i++) {
        put_int(sink, moments[i], 0);
    }
    put_zeros(sink, "moments");
    weh_sink_map_end(sink);
    return WEH_OK;
}

weh_err ipc_tools_no_mass_of_each(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *set = weh_value_get(call->args[1].as.value, "candidates");
    struct weh_id_list ids = { NULL, 0 };
    weh_err err;

    if (set == NULL || set->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "candidates",
                              "candidates must be a set of ids");
    }
    err = weh_id_set_read(weh_value_str(set), "candidates", READ_MAX_IDS, call->arena, &ids, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_begin(call->result, (uint32_t)ids.n);
    for (size_t i = 0; i < ids.n; i++) {
        weh_sink_map_begin(call->result, 2);
        put_int(call->result, "status", BENTLEY_ERROR);
        put_id(call->result, "candidate", ids.ids[i]);
        weh_sink_map_end(call->result);
    }
    weh_sink_array_end(call->result);
    return WEH_OK;
}

/* ---- coordinates on the earth ---- */

/* Of an iModel without a coordinate system each point is answered so; with one it would have to be computed. */
static weh_err put_no_location(struct weh_call *call, const char *given, const char *answer,
                               struct weh_diag *diag)
{
    const struct weh_value *points = weh_value_get(call->args[1].as.value, given);
    struct file_prop_values system = { NULL, NULL };
    weh_err err = read_file_prop(call, "dgn_Db", "DgnGCS", 0, &system, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (system.string != NULL || system.blob != NULL) {
        return ipc_tools_unsupported(call, diag);
    }
    if (points == NULL || points->type != WEH_VALUE_ARRAY || points->n > MAX_POINTS) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, given, "%s must be an array of points", given);
    }
    weh_sink_map_begin(call->result, 2);
    weh_sink_key(call->result, answer);
    weh_sink_array_begin(call->result, points->n);
    for (uint32_t i = 0; i < points->n; i++) {
        weh_sink_map_begin(call->result, 2);
        put_zeros(call->result, "p");
        put_int(call->result, "s", NO_LOCATION);
        weh_sink_map_end(call->result);
    }
    weh_sink_array_end(call->result);
    put_int(call->result, "fromCache", 0);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

weh_err ipc_tools_to_imodel_coordinates(struct weh_call *call, struct weh_diag *diag)
{
    return put_no_location(call, "geoCoords", "iModelCoords", diag);
}

weh_err ipc_tools_to_geo_coordinates(struct weh_call *call, struct weh_diag *diag)
{
    return put_no_location(call, "iModelCoords", "geoCoords", diag);
}
