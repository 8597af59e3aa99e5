/* src/bis/bis_priv.h - what the files of the BIS rules share; not for other folders.
 *
 * A *plan* is what a class needs to be read and written: which property has which part in the
 * rules, the SQL texts made from the catalogue's leaves, and the statements prepared from them. It
 * is made when an entity of the class is first touched and kept as long as the context.
 */
#ifndef BIS_PRIV_H
#define BIS_PRIV_H

#include <stdio.h>
#include <stdlib.h>

#include "weh/alloc.h"
#include "weh/arena.h"
#include "weh/bis.h"
#include "weh/briefcase.h"
#include "weh/buf.h"
#include "weh/db.h"
#include "weh/ec.h"
#include "weh/ec_value.h"
#include "weh/json.h"
#include "weh/placement.h"

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

/* ---- context.c ---- */
weh_err bis_fixed(struct weh_bis *bis, enum bis_sql which, sqlite3_stmt **out,
                  struct weh_diag *diag);
void bis_reset(sqlite3_stmt *stmt);
uint64_t bis_traits(const struct weh_bis *bis, const struct weh_ec_class *ec_class);
/** Every public call begins with it: scratch memory and the number of held statements. */
void bis_call_begin(struct weh_bis *bis);
weh_err bis_link(struct weh_bis *bis, enum bis_link_name name, const struct bis_link **out,
                 struct weh_diag *diag);

/* ---- plan.c ---- */
weh_err bis_plan_get(struct weh_bis *bis, const struct weh_ec_class *ec_class,
                     struct bis_plan **out, struct weh_diag *diag);
void bis_plan_free(struct bis_plan *plan);
/** The property in @slot, or NULL. */
const struct weh_ec_property *bis_slot_property(const struct bis_plan *plan, enum bis_slot slot);
/** Index of the leaf @member of the property in @slot among all leaves, -1 when there is none. */
int bis_slot_leaf(const struct bis_plan *plan, enum bis_slot slot, const char *member);
/** The real column of a leaf of @slot, NULL ptr when there is none. */
struct weh_str bis_slot_column(const struct bis_plan *plan, enum bis_slot slot, const char *member);
/** Append @name as a quoted SQL identifier. */
void bis_sql_name(struct weh_buf *buf, struct weh_str name);
weh_err bis_sql_take(struct weh_buf *buf, char **out, struct weh_diag *diag);

/* ---- lookup.c ---- */
weh_err bis_element_head(struct weh_bis *bis, weh_id id, struct bis_head *out, bool *found,
                         struct weh_diag *diag);
/** Traits of an existing element, 0 when there is none. Remembered. */
weh_err bis_element_traits(struct weh_bis *bis, weh_id id, uint64_t *out, struct weh_diag *diag);
/** WEH_E_NOT_FOUND naming "model". Remembered. */
weh_err bis_model_info(struct weh_bis *bis, weh_id id, struct bis_model_info *out,
                       struct weh_diag *diag);
/** Class of a model, NULL when there is no such model. */
weh_err bis_model_class(struct weh_bis *bis, weh_id id, const struct weh_ec_class **out,
                        struct weh_diag *diag);
weh_err bis_find_by_guid(struct weh_bis *bis, const struct weh_guid *guid, weh_id *out,
                         struct weh_diag *diag);
weh_err bis_find_by_code(struct weh_bis *bis, weh_id spec, weh_id scope, struct weh_str value,
                         weh_id *out, struct weh_diag *diag);
void bis_forget_ids(struct weh_bis *bis);

/* ---- code.c ---- */
struct bis_code {
    weh_id spec;
    weh_id scope;
    struct weh_str value; /* trimmed, views into the props */
};
/** Without the white space around it: of Unicode, with U+0085 (@next_line) as the native library has
 * it, or without as JavaScript does. */
struct weh_str bis_trim(struct weh_str text, bool next_line);
/** Read {spec, scope, value}; NULL is the empty code. The spec need not exist. WEH_E_BAD_ARGS
 * naming the member. */
weh_err bis_code_read(struct weh_bis *bis, const struct weh_value *value, struct bis_code *out,
                      struct weh_diag *diag);
/** WEH_E_FOREIGN_KEY when there is no code spec @id. */
weh_err bis_code_spec_check(struct weh_bis *bis, weh_id id, struct weh_diag *diag);

/* ---- read.c, parts.c ---- */
weh_err bis_read_row(struct weh_bis *bis, struct bis_plan *plan, weh_id id, sqlite3_stmt **out,
                     bool *found, struct weh_diag *diag);
weh_err bis_write_plain(struct weh_bis *bis, const struct bis_plan *plan, struct weh_sink *sink,
                        struct weh_diag *diag);
weh_err bis_write_json(struct weh_bis *bis, struct weh_str text, const char *key,
                       struct weh_sink *sink, struct weh_diag *diag);
weh_err bis_write_parts(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                        struct weh_sink *sink, struct weh_diag *diag);
/** Write geom, if it is wanted and the element has one. */
weh_err bis_write_geometry(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                           struct weh_sink *sink, struct weh_diag *diag);
void bis_write_related(struct weh_bis *bis, const char *key, weh_id id, weh_id rel,
                       struct weh_sink *sink);
/** Column of the select that holds a leaf, -1 when there is none. */
int bis_read_column(const struct bis_plan *plan, enum bis_slot slot, const char *member);
weh_id bis_read_id(const struct bis_plan *plan, enum bis_slot slot, const char *member);

/* ---- selector.c ---- */
weh_err bis_selector_write(struct weh_bis *bis, enum bis_link_name name, weh_id id, const char *key,
                           struct weh_sink *sink, struct weh_diag *diag);
weh_err bis_links_delete(struct weh_bis *bis, weh_id id, struct weh_diag *diag);
/** The rows of model selectors that are of the selector @id, or have selected the model @id. */
weh_err bis_selected_delete(struct weh_bis *bis, weh_id id, struct weh_diag *diag);

#endif
