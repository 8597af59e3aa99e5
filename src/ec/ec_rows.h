/* src/ec/ec_rows.h - the ec_* rows that make a catalogue, as one flat block: which, and their cells.
 *
 * snapshot.c copies and digests them; build*.c reads them.
 */
#ifndef EC_ROWS_H
#define EC_ROWS_H

#include "weh/buf.h"
#include "weh/ec.h"

struct weh_briefcase;

/* Far above what genuine files hold (4,600 property maps in a small one); a hostile file must not
 * make the server work without end. */
#define EC_MAX_ROWS           2000000u
#define EC_MAX_SNAPSHOT_BYTES ((size_t)256 << 20)

/** The tables of a snapshot, in its order. */
enum ec_rows {
    EC_ROWS_SCHEMA,
    EC_ROWS_CLASS,
    EC_ROWS_BASE,
    EC_ROWS_ENUM,
    EC_ROWS_PROPERTY,
    EC_ROWS_PATH,
    EC_ROWS_TABLE,
    EC_ROWS_COLUMN,
    EC_ROWS_MAP,
    EC_ROWS_ATTRIBUTE,
    EC_ROWS_CLASS_MAP,
    EC_ROWS_CONSTRAINT,
    EC_ROWS_CONSTRAINT_CLASS,
    EC_ROWS_COUNT
};

/* Cells of a row; the first id of each is ascending unless said. Texts are last. */
enum {
    SCHEMA_ID,
    SCHEMA_V1,
    SCHEMA_V2,
    SCHEMA_V3,
    SCHEMA_NAME,
    SCHEMA_ALIAS,
    SCHEMA_N
};
enum {
    CLASS_ID,
    CLASS_SCHEMA,
    CLASS_TYPE,
    CLASS_MODIFIER,
    CLASS_STRENGTH,
    CLASS_DIRECTION,
    CLASS_NAME,
    CLASS_N
};
enum {
    BASE_CLASS,
    BASE_BASE,
    BASE_ORDINAL,
    BASE_N
}; /* in no order */
enum {
    ENUM_ID,
    ENUM_TYPE,
    ENUM_N
};
enum {
    PROP_ID,
    PROP_CLASS,
    PROP_ORDINAL,
    PROP_KIND,
    PROP_PRIMITIVE,
    PROP_ENUM,
    PROP_STRUCT,
    PROP_NAV,
    PROP_NAV_DIRECTION,
    PROP_READONLY,
    PROP_NAME,
    PROP_EXTENDED,
    PROP_N
};
enum {
    PATH_ID,
    PATH_PROPERTY,
    PATH_ACCESS,
    PATH_N
};
enum {
    TABLE_ID,
    TABLE_PARENT,
    TABLE_TYPE,
    TABLE_ROOT_CLASS,
    TABLE_NAME,
    TABLE_N
};
enum {
    COLUMN_ID,
    COLUMN_TABLE,
    COLUMN_TYPE,
    COLUMN_VIRTUAL,
    COLUMN_KIND,
    COLUMN_NAME,
    COLUMN_N
};
enum {
    MAP_CLASS,
    MAP_PATH,
    MAP_COLUMN,
    MAP_N
}; /* in no order */
enum {
    ATTRIBUTE_CONTAINER,
    ATTRIBUTE_CLASS,
    ATTRIBUTE_TEXT,
    ATTRIBUTE_N
}; /* in no order */

enum {
    CLASS_MAP_CLASS,
    CLASS_MAP_STRATEGY,
    CLASS_MAP_N
};
enum {
    CONSTRAINT_ID,
    CONSTRAINT_CLASS,
    CONSTRAINT_END,
    CONSTRAINT_LOWER,
    CONSTRAINT_UPPER, /* 0: NULL, no limit */
    CONSTRAINT_POLYMORPHIC,
    CONSTRAINT_ABSTRACT,
    CONSTRAINT_N
};
enum {
    CONSTRAINT_CLASS_CONSTRAINT,
    CONSTRAINT_CLASS_CLASS,
    CONSTRAINT_CLASS_N
}; /* by an id that is left out */

/** Rows of one table: cells are integers (NULL is 0), or offset << 32 | length into the texts. */
struct ec_rows_view {
    const int64_t *cells;
    size_t n_rows;
    size_t n_cells; /* a row */
};

struct ec_snapshot {
    struct weh_buf cells;                    /* int64_t, table behind table */
    struct weh_buf texts;                    /* each with a NUL behind it, well-formed UTF-8 */
    struct ec_rows_view rows[EC_ROWS_COUNT]; /* views into cells; set when all is read */
    uint8_t digest[32];                      /* SHA-256 of row counts, cells and texts */
};

weh_err ec_snapshot_read(struct weh_briefcase *briefcase, struct ec_snapshot *snapshot,
                         struct weh_diag *diag);
void ec_snapshot_fini(struct ec_snapshot *snapshot);
/** The text of a cell: NUL-terminated, as good as the snapshot's texts. */
struct weh_str ec_text(const struct ec_snapshot *snapshot, int64_t cell);
/** The row @index of @rows. */
const int64_t *ec_row(const struct ec_snapshot *snapshot, enum ec_rows rows, size_t index);
/** Row index by the id in cell 0 of rows that ascend by it; false when there is none. */
bool ec_find(const struct ec_snapshot *snapshot, enum ec_rows rows, int64_t id, uint32_t *index);

weh_err ec_corrupt(struct weh_diag *diag, const char *what);

#endif
