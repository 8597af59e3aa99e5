/* src/ecsql/function.h - the functions that queries may call (functions.def). */
#ifndef ECSQL_FUNCTION_H
#define ECSQL_FUNCTION_H

#include <stdint.h>

#include "weh/ec.h"
#include "weh/str.h"

struct ecsql_function {
    const char *name;
    const char *sql_name;
    uint32_t min_args, max_args;
    enum weh_ec_primitive result; /* WEH_EC_NONE: as the first argument that is not NULL */
};

/** The function @name, any case, or NULL. Static. */
const struct ecsql_function *ecsql_function_find(struct weh_str name);

/** The function whose name is nearest to @name, for messages; or NULL. */
const struct ecsql_function *ecsql_function_suggest(struct weh_str name);

/** True when @function answers something else each time. */
bool ecsql_function_is_random(const struct ecsql_function *function);

/** True when a function of the list is @sql_name in SQL: the authorizer asks. */
bool ecsql_function_allowed(const char *sql_name);

#endif
