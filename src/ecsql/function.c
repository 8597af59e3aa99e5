/* src/ecsql/function.c - the list of functions, by name. */
#include "function.h"

#include <string.h>

#include <strings.h>

#include "weh/compiler.h"
#include "weh/ec_suggest.h"

#include "functions.h"
#include "sql.h"

#define RESULT_FIRST   WEH_EC_NONE
#define RESULT_BINARY  WEH_EC_BINARY
#define RESULT_BOOLEAN WEH_EC_BOOLEAN
#define RESULT_DOUBLE  WEH_EC_DOUBLE
#define RESULT_INT     WEH_EC_INT
#define RESULT_LONG    WEH_EC_LONG
#define RESULT_STRING  WEH_EC_STRING

static const struct ecsql_function functions[] = {
#define F(name, sql_name, min_args, max_args, result) \
    { name, sql_name, min_args, max_args, RESULT_##result },
#include "functions.def"
#undef F
};

const struct ecsql_function *ecsql_function_find(struct weh_str name)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(functions); i++) {
        if (weh_str_eq_nocase(name, weh_str_from(functions[i].name))) {
            return &functions[i];
        }
    }
    return NULL;
}

const struct ecsql_function *ecsql_function_suggest(struct weh_str name)
{
    const struct ecsql_function *nearest = NULL;
    unsigned best = WEH_EC_NEAR + 1;

    for (size_t i = 0; i < WEH_ARRAY_LEN(functions); i++) {
        unsigned distance = weh_ec_name_distance(name, weh_str_from(functions[i].name));

        if (distance < best) {
            best = distance;
            nearest = &functions[i];
        }
    }
    return nearest;
}

bool ecsql_function_is_random(const struct ecsql_function *function)
{
    return strcmp(function->sql_name, "random") == 0 ||
           strcmp(function->sql_name, "randomblob") == 0;
}

bool ecsql_function_allowed(const char *sql_name)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(functions); i++) {
        if (strcasecmp(functions[i].sql_name, sql_name) == 0) {
            return true;
        }
    }
    /* Operators are functions too. */
    return strncasecmp(sql_name, "current_", strlen("current_")) == 0 ||
           strcasecmp(sql_name, "weh_id_set") == 0 || strcasecmp(sql_name, "weh_attribute") == 0 ||
           strcasecmp(sql_name, "like") == 0 || strcasecmp(sql_name, "match") == 0 ||
           strcasecmp(sql_name, "iif") == 0 || strcasecmp(sql_name, ECSQL_LIKE_FROM) == 0 ||
           strcasecmp(sql_name, ECSQL_LIKE_TO) == 0 ||
           strcasecmp(sql_name, ECSQL_INSTANCE_FUNCTION) == 0;
}
