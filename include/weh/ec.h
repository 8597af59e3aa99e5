/* include/weh/ec.h - the EC catalogue: classes, properties, and the columns they live in.
 *
 * Read once from a file's ec_* tables, immutable, shared between sessions whose ec_* tables are
 * equal (by a digest of their content). Source: the ECDb 4.0 profile of the native library 5.1.72;
 * ec_PropertyMap is the complete mapping, one row per class, leaf access string and table.
 * Threads: a catalogue may be read by any number of threads; acquire and release take a lock.
 */
#ifndef WEH_EC_H
#define WEH_EC_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/ec_kinds.h"
#include "weh/err.h"
#include "weh/id.h"
#include "weh/sink.h"
#include "weh/str.h"

struct weh_briefcase;
struct weh_file_state;
struct weh_ec_catalog;
struct weh_ec_cache; /* the shared catalogues of a process */

struct weh_ec_schema {
    weh_id id;
    struct weh_str name;
    struct weh_str alias;
    uint32_t version[3];
};

struct weh_ec_table {
    weh_id id;
    const struct weh_ec_table *parent; /* of joined and overflow tables; else NULL */
    struct weh_str name;
    enum weh_ec_table_type type;
    weh_id exclusive_root_class_id; /* the constant of a virtual ECClassId column */
    struct weh_str id_column;       /* the ECInstanceId column: "Id", "ElementId" */
    bool has_class_id_column;       /* false: ECClassId is virtual */
};

struct weh_ec_property;

/** One leaf of a property: which column of which table holds it. Classes that hold a property alike
 * share its leaves. */
struct weh_ec_leaf {
    struct weh_str access; /* "Placement.X": as in ec_PropertyPath, whole */
    struct weh_str member; /* the part behind the property's name: "Origin.X"; "" for the whole */
    struct weh_str column; /* column name: [A-Za-z_][A-Za-z0-9_]* */
    struct weh_str part; /* of points "X", "Y", "Z", of navigation "Id", "RelECClassId"; else "" */
    const struct weh_ec_property
        *value;          /* innermost: as declared, or a struct's member; no leaves */
    uint16_t table;      /* index into weh_ec_class.tables */
    int16_t column_type; /* ec_Column.Type */
    bool is_virtual;     /* no such SQL column: the value is a constant (RelECClassId) */
};

struct weh_ec_class;

/** One property of a class, own or inherited, in the order of iTwin.js (base classes first). */
struct weh_ec_property {
    weh_id id;              /* ec_Property.Id */
    struct weh_str name;    /* EC name */
    struct weh_str js_name; /* first character lower-cased */
    enum weh_ec_kind kind;
    enum weh_ec_primitive primitive; /* of enumerations: INT or STRING */
    enum weh_ec_datetime datetime;
    bool datetime_said;                      /* by the schema; else it goes with any other */
    struct weh_str extended_type;            /* "BeGuid", "Json", "Id"; may be empty */
    weh_id enumeration_id;                   /* 0: none */
    const struct weh_ec_class *struct_class; /* of structs and struct arrays */
    const struct weh_ec_class *nav_class;    /* relationship class of a navigation property */
    bool nav_forward;
    bool readonly;
    bool custom_handled; /* BisCore.CustomHandledProperty: native code treats it specially */
    uint16_t n_leaves;
    /* of this class; none for struct members. In the order of the JavaScript value: points X, Y, Z,
     * navigation Id, RelECClassId, struct members by name. */
    const struct weh_ec_leaf *leaves;
};

/** Which instances one end of a relationship may join. */
struct weh_ec_constraint {
    const struct weh_ec_class *const *classes;
    const struct weh_ec_class *abstract_class; /* NULL: not given */
    uint32_t n_classes;
    uint32_t lower; /* multiplicity */
    uint32_t upper; /* WEH_EC_UNBOUNDED: no limit */
    bool polymorphic;
};

#define WEH_EC_UNBOUNDED UINT32_MAX

/** What only relationship classes have. */
struct weh_ec_relationship {
    struct weh_ec_constraint ends[2]; /* source, target; without classes when the file names none */
    enum weh_ec_strength strength;
    bool forward; /* RelationshipStrengthDirection */
};

struct weh_ec_class {
    weh_id id;
    const struct weh_ec_schema *schema;
    struct weh_str name;
    struct weh_str full_name;     /* "BisCore:Subject" */
    struct weh_str full_name_dot; /* "BisCore.Subject" */
    enum weh_ec_class_type type;
    enum weh_ec_modifier modifier;
    uint16_t n_bases;     /* direct, by Ordinal */
    uint16_t n_ancestors; /* all, the class itself included */
    uint16_t n_tables;    /* without virtual ones; primary first, then joined, then overflow */
    uint16_t n_properties;
    const struct weh_ec_class *const *bases;
    const weh_id *ancestors; /* sorted */
    const struct weh_ec_table *const *tables;
    const struct weh_ec_property *properties;  /* maybe those of the base */
    const struct weh_ec_class *const *derived; /* direct subclasses, by id */
    uint32_t n_derived;
    enum weh_ec_map_strategy map_strategy;
    const struct weh_ec_relationship *relationship; /* NULL unless a relationship class */
    /* Link-table relationships: columns of tables[0] ("SourceId", "TargetId"); else empty. */
    struct weh_str source_id_column;
    struct weh_str target_id_column;
};

/** Structs inside structs, and access strings, go no deeper: a deeper schema is refused. */
#define WEH_EC_MAX_STRUCT_DEPTH 8

WEH_MUST_CHECK weh_err weh_ec_cache_create(struct weh_ec_cache **out, struct weh_diag *diag);
/** All catalogues must have been released. */
void weh_ec_cache_destroy(struct weh_ec_cache *cache);

/**
 * The catalogue of @briefcase: one already loaded from this file while it has not changed since (the
 * tables are not even read then), or from equal ec_* tables, else made now.
 *
 * @out  a reference; give it back with weh_ec_catalog_release. @cache must outlive it.
 *
 * WEH_E_CORRUPT when the tables contradict themselves, WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_ec_catalog_acquire(struct weh_ec_cache *cache,
                                              struct weh_briefcase *briefcase,
                                              const struct weh_ec_catalog **out,
                                              struct weh_diag *diag);
void weh_ec_catalog_release(const struct weh_ec_catalog *catalog);

/** Note that the file in @state belongs to @catalog, so that it need not be read as long as it is in that
 * state; nothing when @state is not settled. */
void weh_ec_catalog_note(const struct weh_ec_catalog *catalog, const struct weh_file_state *state);
/**
 * Before a writable @briefcase is closed: note that its file belongs to @catalog, so that the next
 * open need not look. Nothing in the ec_* tables may have been touched through it. Unsaved changes are
 * dropped; only weh_briefcase_close may follow.
 *
 * @data_version  of @briefcase when @catalog was acquired; nothing is noted when it has changed.
 */
void weh_ec_catalog_remember(const struct weh_ec_catalog *catalog, struct weh_briefcase *briefcase,
                             int64_t data_version);

/** Class by id, or NULL. Borrowed from the catalogue, as everything it points to. */
const struct weh_ec_class *weh_ec_class_by_id(const struct weh_ec_catalog *catalog, weh_id id);

/**
 * Class by "Schema:Class" or "Schema.Class", any case; the schema's alias will do. Or NULL.
 *
 * As the native library takes names apart: any run of colons and dots separates, white space around
 * the two parts does not count.
 */
const struct weh_ec_class *weh_ec_class_by_name(const struct weh_ec_catalog *catalog,
                                                struct weh_str full_name);

/** Schema by name, else by alias, any case. Or NULL. */
const struct weh_ec_schema *weh_ec_schema_by_name(const struct weh_ec_catalog *catalog,
                                                  struct weh_str name);

/** True when @ec_class is @base_id or derives from it (mixins included). */
bool weh_ec_class_is(const struct weh_ec_class *ec_class, weh_id base_id);

/** Property of @ec_class by EC name or JavaScript name (exact), or NULL. */
const struct weh_ec_property *weh_ec_property_by_js_name(const struct weh_ec_class *ec_class,
                                                         struct weh_str js_name);

/** Table by SQL name, or NULL: of joined and overflow tables the parent chain leads to the primary. */
const struct weh_ec_table *weh_ec_table_by_name(const struct weh_ec_catalog *catalog,
                                                struct weh_str name);

/** Number of classes; weh_ec_class_at walks them by id. */
size_t weh_ec_class_count(const struct weh_ec_catalog *catalog);
const struct weh_ec_class *weh_ec_class_at(const struct weh_ec_catalog *catalog, size_t index);

/** Memory that @catalog holds, in bytes. */
size_t weh_ec_catalog_bytes(const struct weh_ec_catalog *catalog);

#endif
