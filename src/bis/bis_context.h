/* src/bis/bis_context.h - what a context of the BIS rules consists of.
 *
 * A *plan* is what a class needs to be read and written: which property has which part in the
 * rules, the SQL texts made from the catalogue's leaves, and the statements prepared from them. It
 * is made when an entity of the class is first touched and kept as long as the context.
 */
#ifndef BIS_CONTEXT_H
#define BIS_CONTEXT_H

#include <sqlite3.h>

#include "weh/arena.h"
#include "weh/bis.h"
#include "weh/briefcase.h"
#include "weh/buf.h"
#include "weh/ec.h"
#include "weh/model.h"

#include "bis_names.h"

#define BIS_MAX_TABLES     4  /* of one class: primary, joined, overflow; one to spare */
#define BIS_MAX_HELD       96 /* statements kept by plans; more and all are given back */
#define BIS_PLAN_BUCKETS   64
#define BIS_CACHE_SIZE     16
#define BIS_TEMPLATES      128
#define BIS_MAX_TREE       1000000u /* elements deleted with one parent */
#define BIS_MAX_ANCESTORS  100000u  /* parents above each other; more is a cycle */
#define BIS_MAX_SELECTED   1000000u /* members of a selector */
#define BIS_CODE_MAX_BYTES 350u     /* DgnCode, native library 5.1.72: UTF-8 bytes */

struct bis_plan {
    struct bis_plan *next; /* in the bucket */
    const struct weh_ec_class *ec_class;
    uint64_t traits;
    int16_t slots[SLOT_COUNT]; /* index of the property, -1: the class has none */
    uint8_t *roles;            /* for each property: SLOT_READ | SLOT_WRITE */
    uint32_t *first_leaf;      /* for each property: where its leaves begin below */
    uint32_t n_leaves;
    int *columns; /* for each leaf: column of the select, -1: none */
    int *params;  /* for each leaf: parameter of its table's insert, 0: none */
    /* Of link tables: the select's columns from here on are source, target and (when the table has
     * it) class; the insert's parameters for source and target. 0: no link table. */
    int link_column;
    int link_param;
    /* Numbers of the properties, a class's own before those of its bases; NULL until needed. */
    uint16_t *own_first;
    char *select_sql;
    char *insert_sql[BIS_MAX_TABLES];
    sqlite3_stmt *select; /* held, NULL until needed */
    sqlite3_stmt *insert[BIS_MAX_TABLES];
};

/** Statements that every context needs, by text; prepared when first used, then held. */
enum bis_sql {
    SQL_ELEMENT_HEAD, /* id -> class, model, parent */
    SQL_ELEMENT_BY_GUID,
    SQL_ELEMENT_BY_CODE,
    SQL_CHILDREN,
    SQL_ELEMENT_DELETE,
    SQL_ELEMENT_TOUCH,
    SQL_MODEL_HEAD,    /* id -> class, IsTemplate */
    SQL_MODEL_ELEMENT, /* some element of a model */
    SQL_MODEL_TOPS,    /* the elements of a model that have no parent */
    SQL_MODEL_DELETE,
    SQL_SPEC_BY_ID,
    SQL_SPEC_BY_NAME,
    SQL_REFERS_DELETE,
    SQL_DRIVES_DELETE,
    SQL_SELECTED_DELETE,
    SQL_COUNT
};

/** A link table: class, table, columns. Found when first needed. */
struct bis_link {
    const struct weh_ec_class *ec_class;
    char *name; /* quoted */
    char *source;
    char *target;
    bool looked_up;
};

enum bis_link_name {
    LINK_REFERS,
    LINK_DRIVES,
    LINK_SELECTOR_CATEGORIES,
    LINK_SELECTOR_MODELS,
    LINK_COUNT
};

struct bis_model_info {
    weh_id id; /* 0: the entry is empty */
    uint64_t traits;
    bool in_spatial_index; /* of the elements placed in it */
    bool is_unlocated;
};

struct bis_head {
    const struct weh_ec_class *ec_class;
    weh_id model;
    weh_id parent; /* 0: none */
    weh_id class_id;
};

struct bis_drive {
    weh_id edge; /* the relationship */
    weh_id target;
};

struct weh_bis {
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    weh_id bases[BASE_COUNT]; /* class ids, 0: not in this file */
    struct bis_plan *plans[BIS_PLAN_BUCKETS];
    char *sql[SQL_COUNT];
    sqlite3_stmt *held[SQL_COUNT];
    unsigned n_held; /* by plans */
    struct bis_link links[LINK_COUNT];
    struct weh_arena arena; /* of the running call */
    struct weh_buf scratch;
    struct weh_buf json;
    struct weh_buf geometry; /* the stream that an edit stores */
    bool want_geometry;      /* of the element that is being read */
    bool want_brep_data;
    bool want_excluded_set; /* of a display style */
    bool omit_script_ids;   /* the same */
    /* What is known to exist; emptied by weh_bis_forget and by every delete. */
    struct bis_model_info models[BIS_CACHE_SIZE];
    struct {
        weh_id id;
        uint64_t traits;
    } elements[BIS_CACHE_SIZE];
    weh_id specs[BIS_CACHE_SIZE];
    /* Models that are not spatially located for no other reason than being templates. */
    weh_id only_template[BIS_TEMPLATES];
    /* Categories whose sub-categories look different since the last save. */
    weh_id *restyled;
    size_t n_restyled;
    size_t max_restyled;
    size_t n_restyled_before; /* the batch that is running */
    /* Driving relationships edited since the last save. */
    struct bis_drive *drives;
    size_t n_drives;
    size_t max_drives;
};

#endif
