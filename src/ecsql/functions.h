/* src/ecsql/functions.h - the SQL functions that only queries call. */
#ifndef ECSQL_FUNCTIONS_H
#define ECSQL_FUNCTIONS_H

#include <sqlite3.h>

#include "weh/ec.h"
#include "weh/id.h"

struct weh_briefcase;

/** SQLite hands user data back as it was given, and calls it void *. */
static inline void *ecsql_user_data(const void *data)
{
    union {
        const void *given;
        void *taken;
    } pointer = { .given = data };

    return pointer.taken;
}

/** A set of ids that InVirtualSet looks into, bound by pointer. */
struct ecsql_id_set;

#define ECSQL_ID_SET_POINTER "weh_ecsql_id_set"

/** Room for @n ids; NULL without memory. */
struct ecsql_id_set *ecsql_id_set_create(size_t n);
void ecsql_id_set_destroy(void *set);
void ecsql_id_set_add(struct ecsql_id_set *set, weh_id id);
/** After the last is added. */
void ecsql_id_set_sort(struct ecsql_id_set *set);

/** Register them on the connection of @briefcase; both kept. SQLite's code. */
int ecsql_functions_register(struct weh_briefcase *briefcase, const struct weh_ec_catalog *catalog);
/** The iModel_ functions of geometry (functions_geom.c). */
int ecsql_geom_functions_register(sqlite3 *db);
/** regexp and regexp_extract (functions_regex.c); only where RE2 is. @briefcase is kept. */
int ecsql_regex_functions_register(struct weh_briefcase *briefcase);
/** timediff and what tells of the library (functions_time.c). */
int ecsql_time_functions_register(sqlite3 *db);
/** json_pretty (functions_json.c). */
int ecsql_json_functions_register(sqlite3 *db);
/** Between which texts what LIKE finds stands (functions_like.c). */
#define ECSQL_LIKE_FROM "weh_like_from"
#define ECSQL_LIKE_TO   "weh_like_to"
int ecsql_like_functions_register(sqlite3 *db);
/** Those that SQLite itself has in later versions (functions_text.c). */
int ecsql_text_functions_register(sqlite3 *db);

#endif
