/* src/ec/ec_priv.h - what the files of the catalogue share; not for other folders.
 *
 * The way of a catalogue: snapshot.c copies the ec_* rows that matter into one flat block and
 * digests it; cache.c looks for a catalogue with that digest; only when there is none, build*.c
 * makes one, from the block alone. So equal digests mean equal catalogues.
 */
#ifndef WEH_EC_PRIV_H
#define WEH_EC_PRIV_H

#include <sqlite3.h>

#include "weh/arena.h"
#include "weh/ec.h"

#include "ec_rows.h"

/* Far above what genuine files hold. */
#define EC_MAX_CATALOG_BYTES ((size_t)768 << 20)
#define EC_MAX_NAME          255u
#define EC_MAX_FULL_NAME     1024u /* with white space, from a client */

/** A column that exists in SQL; checked against each file that shares the catalogue. */
struct ec_column {
    weh_id id;
    struct weh_str name;
    const struct weh_ec_table *table;
    int16_t type;
    int8_t kind; /* 1 ECInstanceId, 2 ECClassId */
    bool is_virtual;
};

struct weh_ec_catalog {
    struct weh_arena arena;
    uint8_t *texts; /* from the snapshot; names are views into it */
    const struct weh_ec_schema *schemas;
    const struct weh_ec_class *classes;                /* by id */
    const struct weh_ec_class *const *classes_by_name; /* by schema id, then name without case */
    const struct weh_ec_table *tables;                 /* by id */
    const struct weh_ec_table *const *tables_by_name;  /* without case */
    const struct ec_column *columns;                   /* by id */
    size_t n_schemas;
    size_t n_classes;
    size_t n_tables;
    size_t n_columns;
    size_t bytes; /* of memory, for the cache */

    /* The cache's, under its lock. */
    struct weh_ec_cache *cache;
    struct weh_ec_catalog *next;
    uint64_t last_use;
    uint32_t n_refs;
    uint8_t digest[32];
};

/** What build.c hands from step to step; indexes run along the catalogue's arrays. */
struct ec_build {
    const struct ec_snapshot *snapshot;
    struct weh_ec_catalog *catalog;
    struct weh_arena scratch;
    struct weh_ec_schema *schemas;
    struct weh_ec_class *classes;
    struct weh_ec_table *tables;
    struct ec_column *columns;
    uint32_t *topological; /* class indexes, bases before what derives from them */
    struct weh_ec_relationship **relationships; /* of each class, or NULL */
    struct weh_ec_property *own;                /* properties as declared, by id; no leaves */
    uint32_t *own_class;                        /* class index of each */
    uint32_t *own_name;                         /* equal for names equal without case */
    uint32_t *own_by_class;                     /* indexes into own, by class, then ordinal */
    uint32_t **lists;    /* of each class, n_properties long: indexes into own */
    uint32_t *own_begin; /* n_classes + 1 borders in own_by_class */
    size_t n_own;
    struct weh_diag *diag;
};

/* build.c; takes the texts out of @snapshot on success */
weh_err ec_catalog_build(struct ec_snapshot *snapshot, struct weh_ec_catalog **out,
                         struct weh_diag *diag);
void ec_catalog_destroy(struct weh_ec_catalog *catalog);
/** All columns stand in plain tables of the open file. */
weh_err ec_catalog_check_columns(const struct weh_ec_catalog *catalog, sqlite3 *db,
                                 struct weh_diag *diag);

/* Steps of the build, each in the file of its name. */
weh_err ec_build_classes(struct ec_build *build);       /* build_class.c: schemas, classes, bases */
weh_err ec_build_relationships(struct ec_build *build); /* build_relationship.c: and subclasses */
weh_err ec_build_own(struct ec_build *build);           /* build_property.c: declared properties */
weh_err ec_build_properties(struct ec_build *build);    /* build_property.c: inherited ones */
weh_err ec_build_tables(struct ec_build *build);        /* build_table.c */
weh_err ec_build_leaves(struct ec_build *build);        /* build_leaf.c */

/** build_run.c: leaves of properties, each list of them once. Zeroed is empty. */
struct ec_run;
struct ec_runs {
    struct ec_run *slots;
    size_t mask;
    size_t n;
};
/** Leaves equal to the @n at @leaves, in the catalogue: those there already, or a copy (*@is_new); NULL
 * when out of memory. */
const struct weh_ec_leaf *ec_runs_share(struct ec_runs *runs, struct ec_build *build,
                                        const struct weh_ec_leaf *leaves, uint16_t n, bool *is_new);

/** Out of memory, or over EC_MAX_CATALOG_BYTES (then the file is refused as corrupt). */
weh_err ec_build_no_memory(struct ec_build *build);
/** Take "Schema:Name" apart as weh_ec_class_by_name says; false when it has not two parts. */
bool ec_name_split(struct weh_str full_name, struct weh_str *schema, struct weh_str *name);

/** Blank, tab, and what ends lines. */
static inline bool ec_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/** strcasecmp for ASCII: <0, 0, >0. */
int ec_compare_nocase(struct weh_str a, struct weh_str b);
/** [A-Za-z_][A-Za-z0-9_]*, at most EC_MAX_NAME bytes. */
bool ec_is_identifier(struct weh_str text);

#endif
