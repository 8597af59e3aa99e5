/* src/rpc/ipc_interfaces.c - the RPC interfaces of stock frontends: which there are, in which version.
 *
 * Their operations are the rows of the table that begin with their name.
 */
#include <stdio.h>
#include <string.h>

#include "rpc_priv.h"

/* iTwin.js: RpcInterfaceStatus.IncompatibleVersion. */
#define INCOMPATIBLE_VERSION 135168

/* The highest versions known: those of lower minor are taken (RpcInterface.isVersionCompatible). */
static const struct rpc_interface {
    const char *name;
    const char *version;
    const char *first; /* operation that is told before the others; NULL: none */
} interfaces[] = {
    { "IModelReadRpcInterface", "3.8.0", "getConnectionProps" },
    { "IModelTileRpcInterface", "3.2.0", NULL },
    { "SnapshotIModelRpcInterface", "2.0.0", NULL },
    { "DevToolsRpcInterface", "0.7.0", NULL },
    { "ECSchemaRpcInterface", "2.0.0", NULL },
};

struct version {
    uint32_t major;
    uint32_t minor;
    uint32_t patch;
};

/* The number @text of at most six digits. */
static bool read_number(struct weh_str text, uint32_t *out)
{
    uint32_t number = 0;

    if (text.len == 0 || text.len > 6) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        number = number * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    *out = number;
    return true;
}

/* False when @text is not three numbers: pre-releases fit nothing, and neither does what is no version. */
static bool read_version(struct weh_str text, struct version *out)
{
    struct weh_str major;
    struct weh_str minor;

    text = weh_str_split(text, '.', &major);
    text = weh_str_split(text, '.', &minor);
    return read_number(major, &out->major) && read_number(minor, &out->minor) &&
           read_number(text, &out->patch);
}

bool rpc_versions_fit(struct weh_str ours, struct weh_str theirs)
{
    struct version a;
    struct version b;

    if (weh_str_eq(ours, theirs)) {
        return true;
    }
    if (!read_version(ours, &a) || !read_version(theirs, &b) || a.major != b.major) {
        return false;
    }
    if (a.major == 0) {
        return a.minor == b.minor && b.patch < a.patch;
    }
    return b.minor <= a.minor;
}

static bool is_of(const char *method, const struct rpc_interface *interface)
{
    const size_t n = strlen(interface->name);

    return strncmp(method, interface->name, n) == 0 && method[n] == '.';
}

weh_err rpc_check_version(const struct weh_method *method, struct weh_str version,
                          struct weh_diag *diag)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(interfaces); i++) {
        char theirs[32];
        weh_err err;

        if (!is_of(method->name, &interfaces[i]) ||
            rpc_versions_fit(weh_str_from(interfaces[i].version), version)) {
            continue;
        }
        (void)snprintf(theirs, sizeof(theirs), "%.*s", WEH_STR_ARGS(version));
        err = weh_fail(diag, WEH_E_UNSUPPORTED,
                       "Backend version %s does not match frontend version %s for RPC interface "
                       "%s.",
                       interfaces[i].version, theirs, interfaces[i].name);
        diag->itwin = INCOMPATIBLE_VERSION;
        return err;
    }
    return WEH_OK;
}

static void put_operations(struct weh_sink *sink, const struct rpc_interface *interface)
{
    size_t n;
    const struct weh_method *methods = weh_rpc_ipc_methods(&n);

    weh_sink_key(sink, "operationNames");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    if (interface->first != NULL) {
        weh_sink_text(sink, interface->first);
    }
    for (size_t i = 0; i < n; i++) {
        const char *operation = methods[i].name + strlen(interface->name) + 1;

        if (is_of(methods[i].name, interface) &&
            (interface->first == NULL || strcmp(operation, interface->first) != 0)) {
            weh_sink_text(sink, operation);
        }
    }
    weh_sink_array_end(sink);
}

weh_err ipc_rpc_describe_endpoints(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_sink *sink = call->result;

    (void)diag;
    weh_sink_array_begin(sink, WEH_ARRAY_LEN(interfaces));
    for (size_t i = 0; i < WEH_ARRAY_LEN(interfaces); i++) {
        weh_sink_map_begin(sink, 4);
        weh_sink_key(sink, "interfaceName");
        weh_sink_text(sink, interfaces[i].name);
        weh_sink_key(sink, "interfaceVersion");
        weh_sink_text(sink, interfaces[i].version);
        put_operations(sink, &interfaces[i]);
        weh_sink_key(sink, "compatible");
        weh_sink_bool(sink, true);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
    return WEH_OK;
}
