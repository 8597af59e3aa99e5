/* src/ec/snapshot.c - the ec_* rows that make a catalogue, copied into one block and digested.
 *
 * Scans in the order of the rows, no query per class. Nothing is judged here but storage classes, UTF-8 and
 * sizes; what the rows mean is the business of build.c. Tables: ECDb profile 4.0 of the native
 * library 5.1.72.
 */
#include <string.h>

#include <openssl/evp.h>

#include "weh/alloc.h"
#include "weh/db.h"
#include "weh/sqlite_time.h"

#include "ec_priv.h"

#define FIRST_CELL_BYTES ((size_t)320 << 10)
#define FIRST_TEXT_BYTES ((size_t)96 << 10)

/* clang-format off */
static const struct {
    uint8_t n_cells;
    uint8_t n_ints; /* the others are texts */
    bool ascending; /* by cell 0, without duplicates */
    const char *sql;
} scans[EC_ROWS_COUNT] = {
    [EC_ROWS_SCHEMA] = { SCHEMA_N, SCHEMA_NAME, true,
        "SELECT weh_ec_row(Id,VersionDigit1,VersionDigit2,VersionDigit3,Name,Alias) "
        "FROM main.ec_Schema NOT INDEXED" },
    [EC_ROWS_CLASS] = { CLASS_N, CLASS_NAME, true,
        "SELECT weh_ec_row(Id,SchemaId,Type,Modifier,RelationshipStrength,"
        "RelationshipStrengthDirection,Name) FROM main.ec_Class NOT INDEXED" },
    [EC_ROWS_BASE] = { BASE_N, BASE_N, false,
        "SELECT weh_ec_row(ClassId,BaseClassId,Ordinal) "
        "FROM main.ec_ClassHasBaseClasses NOT INDEXED" },
    [EC_ROWS_ENUM] = { ENUM_N, ENUM_N, true,
        "SELECT weh_ec_row(Id,UnderlyingPrimitiveType) FROM main.ec_Enumeration NOT INDEXED" },
    [EC_ROWS_PROPERTY] = { PROP_N, PROP_NAME, true,
        "SELECT weh_ec_row(Id,ClassId,Ordinal,Kind,PrimitiveType,EnumerationId,StructClassId,"
        "NavigationRelationshipClassId,NavigationDirection,IsReadonly,Name,ExtendedTypeName) "
        "FROM main.ec_Property NOT INDEXED" },
    [EC_ROWS_PATH] = { PATH_N, PATH_ACCESS, true,
        "SELECT weh_ec_row(Id,RootPropertyId,AccessString) "
        "FROM main.ec_PropertyPath NOT INDEXED" },
    [EC_ROWS_TABLE] = { TABLE_N, TABLE_NAME, true,
        "SELECT weh_ec_row(Id,ParentTableId,Type,ExclusiveRootClassId,Name) "
        "FROM main.ec_Table NOT INDEXED" },
    [EC_ROWS_COLUMN] = { COLUMN_N, COLUMN_NAME, true,
        "SELECT weh_ec_row(Id,TableId,Type,IsVirtual,ColumnKind,Name) "
        "FROM main.ec_Column NOT INDEXED" },
    [EC_ROWS_MAP] = { MAP_N, MAP_N, false,
        "SELECT weh_ec_row(ClassId,PropertyPathId,ColumnId) "
        "FROM main.ec_PropertyMap NOT INDEXED" },
    /* 992 is the union of ECObjects' bits for the kinds of properties. */
    [EC_ROWS_ATTRIBUTE] = { ATTRIBUTE_N, ATTRIBUTE_TEXT, false,
        "SELECT weh_ec_row(ContainerId,ClassId,Instance) "
        "FROM main.ec_CustomAttribute NOT INDEXED WHERE ContainerType&992" },
    [EC_ROWS_CLASS_MAP] = { CLASS_MAP_N, CLASS_MAP_N, true,
        "SELECT weh_ec_row(ClassId,MapStrategy) FROM main.ec_ClassMap NOT INDEXED" },
    [EC_ROWS_CONSTRAINT] = { CONSTRAINT_N, CONSTRAINT_N, true,
        "SELECT weh_ec_row(Id,RelationshipClassId,RelationshipEnd,MultiplicityLowerLimit,"
        "MultiplicityUpperLimit,IsPolymorphic,AbstractConstraintClassId) "
        "FROM main.ec_RelationshipConstraint NOT INDEXED" },
    [EC_ROWS_CONSTRAINT_CLASS] = { CONSTRAINT_CLASS_N, CONSTRAINT_CLASS_N, false,
        "SELECT weh_ec_row(ConstraintId,ClassId) "
        "FROM main.ec_RelationshipConstraintClass NOT INDEXED" },
};
/* clang-format on */

/* One scan under way. */
struct scan {
    struct ec_snapshot *snapshot;
    enum ec_rows rows;
    size_t n_rows;
    weh_err err;
    struct weh_diag *diag;
};

/* What the SQL function below works for; it belongs to the connection. */
struct scan_slot {
    struct scan *scan; /* NULL: none, and the function refuses to run */
};

weh_err ec_corrupt(struct weh_diag *diag, const char *what)
{
    return weh_fail(diag, WEH_E_CORRUPT, "the schema tables of the file are damaged: %s", what);
}

/* The sticky error of one of the two buffers. */
static weh_err buffer_fail(const struct weh_buf *buf, struct weh_diag *diag)
{
    return buf->err == WEH_E_NOMEM ? weh_fail_nomem(diag) : ec_corrupt(diag, "they are too large");
}

/* Append @value to the texts and set *@cell to its place. */
static weh_err text_read(struct scan *scan, sqlite3_value *value, int64_t *cell)
{
    struct weh_buf *texts = &scan->snapshot->texts;
    struct weh_str text = { NULL, 0 };
    int type = sqlite3_value_type(value);
    uint8_t *room;

    if (type == SQLITE_TEXT) {
        text.ptr = (const char *)sqlite3_value_text(value);
        text.len = (size_t)sqlite3_value_bytes(value);
        if (text.ptr == NULL) {
            return weh_fail_nomem(scan->diag);
        }
    } else if (type != SQLITE_NULL) {
        return ec_corrupt(scan->diag, "a name is no text");
    }
    if (!weh_str_is_utf8(text) || (text.len != 0 && memchr(text.ptr, 0, text.len) != NULL)) {
        return ec_corrupt(scan->diag, "a name is not UTF-8");
    }
    room = weh_buf_reserve(texts, text.len + 1);
    if (room == NULL) {
        return buffer_fail(texts, scan->diag);
    }

    if (text.len != 0) {
        memcpy(room, text.ptr, text.len);
    }
    room[text.len] = 0;
    *cell = (int64_t)(((uint64_t)texts->len << 32) | text.len);
    texts->len += text.len + 1;
    return WEH_OK;
}

static weh_err integer_read(struct scan *scan, sqlite3_value *value, int64_t *cell)
{
    int type = sqlite3_value_type(value);

    *cell = 0;
    if (type == SQLITE_INTEGER) {
        *cell = sqlite3_value_int64(value);
    } else if (type != SQLITE_NULL) {
        return ec_corrupt(scan->diag, "a number is no integer");
    }
    return WEH_OK;
}

static weh_err row_read(struct scan *scan, sqlite3_value **values)
{
    struct weh_buf *buf = &scan->snapshot->cells;
    int n_cells = scans[scan->rows].n_cells;
    int n_ints = scans[scan->rows].n_ints;
    size_t n_bytes = (size_t)n_cells * sizeof(int64_t);
    int64_t *cells = (int64_t *)(void *)weh_buf_reserve(buf, n_bytes);

    if (cells == NULL) {
        return buffer_fail(buf, scan->diag);
    }
    if (++scan->n_rows > EC_MAX_ROWS) {
        return ec_corrupt(scan->diag, "they have too many rows");
    }
    for (int i = 0; i < n_cells; i++) {
        weh_err err = i < n_ints ? integer_read(scan, values[i], &cells[i])
                                 : text_read(scan, values[i], &cells[i]);

        if (err != WEH_OK) {
            return err;
        }
    }
    buf->len += n_bytes;
    return WEH_OK;
}

/* The rows are taken in by an aggregate function: a third less time than stepping through them,
 * and this is most of what the first open of a file costs. */
static void row_step(sqlite3_context *context, int n, sqlite3_value **values)
{
    const struct scan_slot *slot = sqlite3_user_data(context);
    struct scan *scan = slot->scan;

    /* Only while a statement of ours runs, and its number of arguments is right. */
    if (scan == NULL || n != scans[scan->rows].n_cells) {
        sqlite3_result_error(context, "wrong arguments", -1);
        return;
    }
    if (scan->err == WEH_OK) {
        scan->err = row_read(scan, values);
    }
    if (scan->err != WEH_OK) {
        sqlite3_result_error_code(context, SQLITE_ABORT);
    }
}

static void row_final(sqlite3_context *context)
{
    sqlite3_result_null(context);
}

#define FUNCTION "weh_ec_row", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY

/* *@out lives as long as the function. */
static weh_err function_register(struct weh_briefcase *briefcase, struct scan_slot **out,
                                 struct weh_diag *diag)
{
    struct scan_slot *slot = weh_calloc(1, sizeof(*slot));
    int rc;

    if (slot == NULL) {
        return weh_fail_nomem(diag);
    }
    /* When it fails it frees the slot, too. */
    rc = sqlite3_create_function_v2(weh_briefcase_db(briefcase), FUNCTION, slot, NULL, row_step,
                                    row_final, weh_free);
    if (rc != SQLITE_OK) {
        return weh_db_fail(briefcase, rc, diag);
    }
    *out = slot;
    return WEH_OK;
}

/* Should it stay because a statement is running, it has nothing to work for. */
static void function_remove(struct weh_briefcase *briefcase)
{
    (void)sqlite3_create_function_v2(weh_briefcase_db(briefcase), FUNCTION, NULL, NULL, NULL, NULL,
                                     NULL);
}

static weh_err table_read(struct weh_briefcase *briefcase, struct scan_slot *slot,
                          struct ec_snapshot *snapshot, enum ec_rows rows, struct weh_diag *diag)
{
    struct scan scan = { .snapshot = snapshot, .rows = rows, .diag = diag };
    sqlite3_stmt *stmt = NULL;
    weh_err err = WEH_OK;
    int rc;

    weh_assert(slot != NULL);
    rc = sqlite3_prepare_v2(weh_briefcase_db(briefcase), scans[rows].sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        slot->scan = &scan;
        rc = weh_sqlite_step(stmt);
        slot->scan = NULL;
    }
    if (scan.err != WEH_OK) {
        err = scan.err;
        goto out;
    }
    if (rc != SQLITE_ROW) {
        err = weh_db_fail(briefcase, rc, diag);
        goto out;
    }
    snapshot->rows[rows].n_rows = scan.n_rows;
    snapshot->rows[rows].n_cells = scans[rows].n_cells;
out:
    sqlite3_finalize(stmt);
    return err;
}

/* What ec_find relies on. */
static weh_err ids_check(const struct ec_rows_view *view, struct weh_diag *diag)
{
    int64_t previous = 0;

    for (size_t i = 0; i < view->n_rows; i++) {
        int64_t id = view->cells[i * view->n_cells];

        if (id <= previous) {
            return ec_corrupt(diag, "an id is not positive, or stands twice");
        }
        previous = id;
    }
    return WEH_OK;
}

/* Point the views at their cells. */
static weh_err rows_place(struct ec_snapshot *snapshot, struct weh_diag *diag)
{
    const int64_t *next = (const int64_t *)(const void *)snapshot->cells.data;
    weh_err err = WEH_OK;

    for (size_t rows = 0; rows < EC_ROWS_COUNT && err == WEH_OK; rows++) {
        struct ec_rows_view *view = &snapshot->rows[rows];

        view->cells = next;
        if (view->n_rows != 0) {
            next += view->n_rows * view->n_cells;
        }
        if (scans[rows].ascending) {
            err = ids_check(view, diag);
        }
    }
    return err;
}

/* SHA-256: a file made to collide must not pass for another user's file. */
static weh_err digest_make(struct ec_snapshot *snapshot, struct weh_diag *diag)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint64_t counts[EC_ROWS_COUNT];
    bool ok;

    if (context == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t rows = 0; rows < EC_ROWS_COUNT; rows++) {
        counts[rows] = snapshot->rows[rows].n_rows;
    }
    ok = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
         EVP_DigestUpdate(context, counts, sizeof(counts)) == 1 &&
         EVP_DigestUpdate(context, snapshot->cells.data, snapshot->cells.len) == 1 &&
         EVP_DigestUpdate(context, snapshot->texts.data, snapshot->texts.len) == 1 &&
         EVP_DigestFinal_ex(context, snapshot->digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    return ok ? WEH_OK : weh_fail(diag, WEH_E_INTERNAL, "SHA-256 is not available");
}

weh_err ec_snapshot_read(struct weh_briefcase *briefcase, struct ec_snapshot *snapshot,
                         struct weh_diag *diag)
{
    struct scan_slot *slot = NULL;
    weh_err err;

    memset(snapshot, 0, sizeof(*snapshot));
    weh_buf_init(&snapshot->cells, EC_MAX_SNAPSHOT_BYTES);
    weh_buf_init(&snapshot->texts, EC_MAX_SNAPSHOT_BYTES);
    err = function_register(briefcase, &slot, diag);
    /* What a small file needs, at once. */
    (void)weh_buf_reserve(&snapshot->cells, FIRST_CELL_BYTES);
    (void)weh_buf_reserve(&snapshot->texts, FIRST_TEXT_BYTES);
    for (size_t rows = 0; rows < EC_ROWS_COUNT && err == WEH_OK; rows++) {
        err = table_read(briefcase, slot, snapshot, (enum ec_rows)rows, diag);
    }
    function_remove(briefcase);
    if (err == WEH_OK) {
        err = rows_place(snapshot, diag);
    }
    if (err == WEH_OK) {
        err = digest_make(snapshot, diag);
    }
    if (err != WEH_OK) {
        ec_snapshot_fini(snapshot);
    }
    return err;
}

void ec_snapshot_fini(struct ec_snapshot *snapshot)
{
    weh_buf_fini(&snapshot->cells);
    weh_buf_fini(&snapshot->texts);
}

struct weh_str ec_text(const struct ec_snapshot *snapshot, int64_t cell)
{
    uint64_t place = (uint64_t)cell;

    return (struct weh_str){ (const char *)snapshot->texts.data + (place >> 32),
                             (size_t)(place & UINT32_MAX) };
}

const int64_t *ec_row(const struct ec_snapshot *snapshot, enum ec_rows rows, size_t index)
{
    const struct ec_rows_view *view = &snapshot->rows[rows];

    weh_assert(index < view->n_rows);
    return &view->cells[index * view->n_cells];
}

bool ec_find(const struct ec_snapshot *snapshot, enum ec_rows rows, int64_t id, uint32_t *index)
{
    const struct ec_rows_view *view = &snapshot->rows[rows];
    size_t low = 0;
    size_t high = view->n_rows;

    /* In genuine tables the ids mostly follow each other from 1 on; they cannot stand further ahead. */
    if (id > 0 && (uint64_t)id <= high) {
        if (view->cells[((size_t)id - 1) * view->n_cells] == id) {
            *index = (uint32_t)(id - 1);
            return true;
        }
        high = (size_t)id - 1;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t here = view->cells[middle * view->n_cells];

        if (here == id) {
            *index = (uint32_t)middle;
            return true;
        }
        if (here < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}
