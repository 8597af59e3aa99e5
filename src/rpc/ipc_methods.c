/* src/rpc/ipc_methods.c - the methods of stock iTwin.js frontends, sorted by name: the channel without its
 * prefixes, or the RPC interface, a dot, and the name there. Arguments are by position. */
#include "rpc_priv.h"

#define IN(state) WEH_IN(state)
#define ANYWHERE  (IN(NEW) | IN(READY))

#define VIEW WEH_ACCESS_VIEW

/* clang-format off */
static const struct weh_arg_spec args_none[] = { { .name = NULL } };

static const struct weh_arg_spec args_log[] = {
    { "timestamp", WEH_ARG_ANY, false, 0, 0, NULL, "when it happened" },
    { "level",     WEH_ARG_INT, true,  0, 4, NULL, "0 trace, 1 info, 2 warning, 3 error, 4 none" },
    { "category",  WEH_ARG_ANY, false, 0, 0, NULL, "what it is about" },
    { "message",   WEH_ARG_ANY, false, 0, 0, NULL, "what happened" },
    { "metaData",  WEH_ARG_ANY, false, 0, 0, NULL, "not logged" },
    { .name = NULL },
};

static const struct weh_arg_spec args_concurrency[] = {
    { "pool", WEH_ARG_ANY, false, 0, 0, NULL, "\"io\" or \"cpu\"" },
    { .name = NULL },
};

static const struct weh_method methods[] = {
    /* name                     states    access flags arguments         result, since, help, handler */
    { "ipc-app.log",              ANYWHERE, VIEW, 0, args_log, "", "0.1", "Log a line of the frontend: warnings and errors at level info, the rest at level debug; texts are cut.", ipc_app_log },
    { "ipc-app.queryConcurrency", ANYWHERE, VIEW, 0, args_concurrency, "number", "0.1", "How much is done at once: the processors for \"cpu\", 10 for \"io\", else 0.", ipc_app_query_concurrency },
    { "rpc.describeEndpoints",    ANYWHERE, VIEW, 0, args_none, "[{interfaceName, interfaceVersion, operationNames, compatible}]", "0.1", "The RPC interfaces and their operations; also asked as RPC with the version CONTROL.", ipc_rpc_describe_endpoints },
};
/* clang-format on */

const struct weh_method *weh_rpc_ipc_methods(size_t *n)
{
    *n = WEH_ARRAY_LEN(methods);
    return methods;
}
