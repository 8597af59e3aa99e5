/* src/rpc/ipc_place.c - tells a stock frontend where its iModel is, at the moment that this is edited.
 *
 * As iTwin.js has it: what is as the page knows it is not told again, nor is what undo, redo and abandon bring back.
 */
#include "ipc_place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weh/file_prop.h"
#include "weh/json.h"
#include "weh/value_sink.h"

#include "ipc_priv.h"

/* clang-format off */
static const struct {
    const char *member; /* of connection props */
    const char *method;
    void (*write)(struct weh_sink *sink, const struct weh_value *given);
} places[] = {
    [IPC_PLACE_EXTENTS] = { "projectExtents", "notifyProjectExtentsChanged", weh_location_write_extents },
    [IPC_PLACE_ORIGIN]  = { "globalOrigin",   "notifyGlobalOriginChanged",   weh_location_write_origin },
    [IPC_PLACE_ECEF]    = { "ecefLocation",   "notifyEcefLocationChanged",   weh_location_write_ecef },
};
/* clang-format on */

weh_err ipc_place_read(struct weh_call *call, enum ipc_place place, struct weh_value *out,
                       struct weh_diag *diag)
{
    struct weh_value_sink sink;
    const struct weh_value *member;
    weh_err err;

    weh_value_sink_init(&sink, call->arena);
    weh_sink_map_begin(&sink.sink, WEH_SINK_UNKNOWN);
    err = weh_briefcase_write_connection_props(call_workspace(call)->briefcase, &sink.sink, diag);
    weh_sink_map_end(&sink.sink);
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, out, diag);
    }
    if (err == WEH_OK) {
        member = weh_value_get(out, places[place].member);
        *out = member == NULL ? (struct weh_value){ .type = WEH_VALUE_NULL } : *member;
    }
    return err;
}

/* What is stored of an angle is not what was given, to the last bit. */
static bool are_near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(1, fmax(fabs(a), fabs(b)));
}

/* Step over the same at @a and @b, a number or a byte; false when it is not the same. */
static bool step_over(const char **a, const char **b)
{
    char *end_a;
    char *end_b;
    const double x = strtod(*a, &end_a);
    const double y = strtod(*b, &end_b);

    if (end_a == *a || end_b == *b) {
        return *(*a)++ == *(*b)++;
    }
    *a = end_a;
    *b = end_b;
    return are_near(x, y);
}

/* Two JSON texts that end with a NUL, but for the last digits of their numbers. */
static bool are_same_texts(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (!step_over(&a, &b)) {
            return false;
        }
    }
    return *a == *b;
}

/* False also when there is no memory to compare them. */
static bool are_same(enum ipc_place place, const struct weh_value *before,
                     const struct weh_value *given)
{
    struct weh_json_writer writer;
    struct weh_buf a;
    struct weh_buf b;
    bool same;

    weh_buf_init(&a, 0);
    weh_buf_init(&b, 0);
    weh_json_writer_init(&writer, &a);
    weh_sink_value(&writer.sink, before);
    weh_json_writer_init(&writer, &b);
    places[place].write(&writer.sink, given);
    weh_buf_byte(&a, 0);
    weh_buf_byte(&b, 0);
    same = a.err == WEH_OK && b.err == WEH_OK &&
           are_same_texts((const char *)a.data, (const char *)b.data);
    weh_buf_fini(&a);
    weh_buf_fini(&b);
    return same;
}

void ipc_place_tell(struct weh_call *call, enum ipc_place place, const struct weh_value *before)
{
    struct workspace *workspace = call_workspace(call);
    const struct weh_value *given = call->args[0].as.value;

    if ((workspace->stale_places & (1U << place)) == 0 && are_same(place, before, given)) {
        return;
    }
    workspace->stale_places &= (uint8_t) ~(1U << place);
    places[place].write(ipc_push_begin(workspace, "txns", places[place].method), given);
    weh_push_end(workspace->session);
}
