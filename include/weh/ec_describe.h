/* include/weh/ec_describe.h - schemas, classes and enumerations as data for clients.
 *
 * What the catalogue holds is enough to edit; what only people and forms want (labels, limits, units,
 * custom attributes) is read from the ec_* tables when somebody asks, so that it takes no memory in
 * between. Member names are those of the class metadata of @itwin/core-backend 5.1 (PropertyMetaDataProps),
 * then those of EC 3.2 JSON. Classes and items are named "Schema:Name"; only units and formats, which
 * stand in presentation strings, are "Schema.Name" as there.
 */
#ifndef WEH_EC_DESCRIBE_H
#define WEH_EC_DESCRIBE_H

#include <stdbool.h>

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/ec.h"
#include "weh/err.h"
#include "weh/sink.h"
#include "weh/str.h"

/** Whom to describe from, and where to; everything is borrowed for the call. */
struct weh_ec_describer {
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog; /* of @briefcase */
    struct weh_arena *arena;              /* scratch */
    struct weh_sink *sink;                /* one value is written; nothing of use on failure */
};

/**
 * Describe the class @full_name (any spelling that weh_ec_class_by_name takes).
 *
 * @inherited  also inheritedProperties: what the base classes declare, in the class's order.
 *
 * WEH_E_NOT_FOUND (where classFullName; names the nearest class), WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_ec_describe_class(const struct weh_ec_describer *describer,
                                             struct weh_str full_name, bool inherited,
                                             struct weh_diag *diag);

/** Describe an enumeration. WEH_E_NOT_FOUND (where enumeration), WEH_E_NOMEM, those of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_ec_describe_enumeration(const struct weh_ec_describer *describer,
                                                   struct weh_str full_name, struct weh_diag *diag);

/**
 * List the schemas by name, or only @schema (name or alias; without bytes: all).
 *
 * @items  also the classes and other items of each.
 *
 * WEH_E_NOT_FOUND (where schema), WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_ec_describe_schemas(const struct weh_ec_describer *describer,
                                               struct weh_str schema, bool items,
                                               struct weh_diag *diag);

/** Write [{name, read, write, minor}] of all schemas, in the order of their ids. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_ec_schema_keys(const struct weh_ec_describer *describer,
                                          struct weh_diag *diag);

/**
 * Write the schema @name whole as EC 3.2 JSON, as getSchemaProps of the native library 5.1.72.
 *
 * WEH_E_NOT_FOUND, WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_ec_schema_json(const struct weh_ec_describer *describer,
                                          struct weh_str name, struct weh_diag *diag);

/**
 * Write into @out, which is empty, what the custom attribute @xml, an instance of @class_id, says:
 * {"Class":{...},"ecClass","ecSchema"}, as the views of ECDbMeta show it. Nothing, if it cannot be read or is
 * too much. WEH_E_NOMEM, WEH_E_TOO_LARGE.
 */
WEH_MUST_CHECK weh_err weh_ec_attribute_json(const struct weh_ec_catalog *catalog, weh_id class_id,
                                             struct weh_str xml, struct weh_buf *out);

#endif
