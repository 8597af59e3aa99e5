/* src/ecsql/instance_read.h - instances and their properties, read inside a query. */
#ifndef ECSQL_INSTANCE_READ_H
#define ECSQL_INSTANCE_READ_H

#include "statement.h"

struct ecsql_instances;

/** What the function's value is: how a column of it is shown. One for each column of an answer, written
 * by the function and read with the row; after a sorter it is that of the row which was made last. */
enum ecsql_shown {
    ECSQL_SHOWN_TEXT, /* also what is no single primitive, as JSON */
    ECSQL_SHOWN_BOOLEAN,
    ECSQL_SHOWN_INT,
    ECSQL_SHOWN_LONG,
    ECSQL_SHOWN_DOUBLE,
    ECSQL_SHOWN_BINARY,
    ECSQL_SHOWN_ID,
    ECSQL_SHOWN_CLASS_ID,
    ECSQL_SHOWN_GUID,
    ECSQL_SHOWN_STREAM,
    ECSQL_SHOWN_DATE /* and those behind it: plus enum weh_ec_datetime */
};

#define ECSQL_SHOWN_POINTER "weh_ecsql_shown"

/** NULL without memory. @value_bytes: the longest text that is made. */
struct ecsql_instances *ecsql_instances_create(struct weh_briefcase *briefcase,
                                               const struct weh_ec_catalog *catalog,
                                               size_t value_bytes);
void ecsql_instances_destroy(struct ecsql_instances *instances);
/** Register the function on @db. SQLite's code. */
int ecsql_instances_register(sqlite3 *db, struct ecsql_instances *instances);

#endif
