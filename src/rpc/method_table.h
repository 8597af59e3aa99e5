/* src/rpc/method_table.h - what the three tables of methods (methods.c, ipc_methods.c, ipc_manipulate.c) are written
 * with: short words for their columns, bounds, and arguments that methods of several tables have. Only for these.
 */
#ifndef WEH_RPC_METHOD_TABLE_H
#define WEH_RPC_METHOD_TABLE_H

#include "rpc_priv.h"

#define IN(state) WEH_IN(state)
#define ANYWHERE  (IN(NEW) | IN(READY))
#define OPEN      IN(READY)

#define VIEW WEH_ACCESS_VIEW
#define EDIT WEH_ACCESS_EDIT

#define BATCH     WEH_METHOD_IN_BATCH
#define SAVES     WEH_METHOD_SAVES
#define UNDECIDED WEH_METHOD_UNDECIDED

#define MAX_CLASS_NAME   512
#define MAX_DESCRIPTION  65536
#define MAX_ID_SET       4000000 /* bytes; more than RPC_MAX_IDS ids have */
#define MAX_PROP_BYTES   (16 << 20)
#define MAX_PROP_NAME    1024
#define MAX_SAFE_INTEGER 9007199254740991 /* of JavaScript */

/* clang-format off */
#define ARGS_END { .name = NULL }

#define ARGS_ASPECTS \
    { "id",            WEH_ARG_ID,     true,  0, 0,              NULL, "id of the element" }, \
    { "classFullName", WEH_ARG_STRING, false, 1, MAX_CLASS_NAME, NULL, "only aspects of this class and those that derive from it" }

#define ARGS_CODE_SPEC \
    { "name",       WEH_ARG_STRING, true, 0, MAX_DESCRIPTION, NULL, "name; white space around it is dropped" }, \
    { "properties", WEH_ARG_ANY,    true, 0, 0, NULL, "{scopeSpec: {type}, ...}, or the type alone: 1 repository, 2 model, 3 parent element, 4 related element" }

#define ARGS_FILE_PROP_KEY \
    { "namespace", WEH_ARG_STRING, true,  0, MAX_PROP_NAME, NULL, "namespace of the property" }, \
    { "name",      WEH_ARG_STRING, true,  0, MAX_PROP_NAME, NULL, "name of the property" }, \
    { "id",        WEH_ARG_INT,    false, 0, MAX_SAFE_INTEGER, NULL, "id beside the name; 0 when absent" }, \
    { "subId",     WEH_ARG_INT,    false, 0, MAX_SAFE_INTEGER, NULL, "id beside the id; 0 when absent" }

#define ARGS_FILE_PROP_VALUES \
    { "string", WEH_ARG_STRING, false, 0, MAX_PROP_BYTES, NULL, "text to save; without it the property has none" }, \
    { "blob",   WEH_ARG_ANY,    false, 0, 0, NULL, "binary value to save; without it the property has none" }

#define ARGS_RELATIONSHIP \
    { "classFullName", WEH_ARG_STRING, true,  1, MAX_CLASS_NAME, NULL, "the relationship's class, or a base class" }, \
    { "id",            WEH_ARG_ID,     false, 0, 0, NULL, "relationship id" }, \
    { "sourceId",      WEH_ARG_ID,     false, 0, 0, NULL, "source, together with targetId (instead of id)" }, \
    { "targetId",      WEH_ARG_ID,     false, 0, 0, NULL, "target" }
/* clang-format on */

#endif
