/* include/weh/ec_kinds.h - the numbers that stand in the ec_* tables, by name.
 *
 * Source: the ECDb 4.0 profile of the native library 5.1.72.
 */
#ifndef WEH_EC_KINDS_H
#define WEH_EC_KINDS_H

/** ec_Class.Type */
enum weh_ec_class_type {
    WEH_EC_ENTITY = 0,
    WEH_EC_RELATIONSHIP = 1,
    WEH_EC_STRUCT = 2,
    WEH_EC_CUSTOM_ATTRIBUTE = 3
};

/** ec_Class.Modifier */
enum weh_ec_modifier {
    WEH_EC_CONCRETE = 0,
    WEH_EC_ABSTRACT = 1,
    WEH_EC_SEALED = 2
};

/** ec_Property.Kind */
enum weh_ec_kind {
    WEH_EC_PRIMITIVE = 0, /* also enumerations */
    WEH_EC_STRUCT_VALUE = 1,
    WEH_EC_PRIMITIVE_ARRAY = 2,
    WEH_EC_STRUCT_ARRAY = 3,
    WEH_EC_NAVIGATION = 4,
};

/** ec_Property.PrimitiveType */
enum weh_ec_primitive {
    WEH_EC_NONE = 0,
    WEH_EC_BINARY = 257,
    WEH_EC_BOOLEAN = 513,
    WEH_EC_DATETIME = 769,
    WEH_EC_DOUBLE = 1025,
    WEH_EC_INT = 1281,
    WEH_EC_LONG = 1537,
    WEH_EC_POINT2D = 1793,
    WEH_EC_POINT3D = 2049,
    WEH_EC_STRING = 2305,
    WEH_EC_GEOMETRY = 2561,
};

/** "dateTime", "point3d", ...: as EC 3.2 writes the type; "string" for what is none. Not owned. */
const char *weh_ec_primitive_name(enum weh_ec_primitive primitive);

/** DateTimeInfo custom attribute: DateTimeKind and DateTimeComponent. */
enum weh_ec_datetime {
    WEH_EC_DT_UNSPECIFIED,
    WEH_EC_DT_UTC,
    WEH_EC_DT_LOCAL,
    WEH_EC_DT_DATE_ONLY,
    WEH_EC_DT_TIME_OF_DAY
};

/** ec_Table.Type */
enum weh_ec_table_type {
    WEH_EC_TABLE_PRIMARY = 0,
    WEH_EC_TABLE_JOINED = 1,
    WEH_EC_TABLE_EXISTING = 2,
    WEH_EC_TABLE_OVERFLOW = 3,
    WEH_EC_TABLE_VIRTUAL = 4
};

/** ec_Class.RelationshipStrength */
enum weh_ec_strength {
    WEH_EC_REFERENCING = 0,
    WEH_EC_HOLDING = 1,
    WEH_EC_EMBEDDING = 2
};

/** ec_ClassMap.MapStrategy */
enum weh_ec_map_strategy {
    WEH_EC_NOT_MAPPED = 0,
    WEH_EC_OWN_TABLE = 1,
    WEH_EC_TABLE_PER_HIERARCHY = 2,
    WEH_EC_EXISTING_TABLE = 3,
    WEH_EC_FOREIGN_KEY_IN_TARGET = 10,
    WEH_EC_FOREIGN_KEY_IN_SOURCE = 11
};

#endif
