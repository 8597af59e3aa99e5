/* src/briefcase/ids.c - the two id sequences of be_Local.
 *
 * An id is the briefcase id << 40 | a local number. The sequences hold the last id handed out, are
 * read when first needed, written at a commit and forgotten at a rollback, as the native library
 * does; it relies on them and so reuses ids after an abandon.
 */
#include "weh/buf.h"
#include "weh/id_marks.h"

#include "briefcase_priv.h"

#define LOCAL_BITS 40
/* bis_Element.Id is the primary key of a rowid table: SQLite's greatest row id is 2^63 - 1, and the
 * greatest briefcase id 2^24 - 7. */

static const char *sequence_name(enum weh_sequence_kind kind)
{
    return kind == WEH_SEQUENCE_ELEMENT ? "bis_elementidsequence" : "ec_instanceidsequence";
}

static uint64_t first_of(const struct weh_briefcase *briefcase)
{
    return (uint64_t)briefcase->id << LOCAL_BITS;
}

static uint64_t last_of(const struct weh_briefcase *briefcase)
{
    return first_of(briefcase) + (UINT64_C(1) << LOCAL_BITS) - 1;
}

/** The greatest value of @column of @table in the range of the briefcase, or *@out. */
static weh_err raise_to_max(struct weh_briefcase *briefcase, const char *table, const char *column,
                            uint64_t *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    char *sql = sqlite3_mprintf("SELECT max(\"%w\") FROM \"%w\" WHERE \"%w\" BETWEEN %lld AND %lld",
                                column, table, column, (long long)first_of(briefcase),
                                (long long)last_of(briefcase));
    weh_err err;

    if (sql == NULL) {
        return weh_fail_nomem(diag);
    }
    err = weh_stmt_acquire(briefcase, sql, &stmt, diag);
    sqlite3_free(sql);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK && row && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER &&
        (uint64_t)sqlite3_column_int64(stmt, 0) > *out) {
        *out = (uint64_t)sqlite3_column_int64(stmt, 0);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

/** The greatest id of any primary table, as the native library finds it after a merge. */
static weh_err max_of_tables(struct weh_briefcase *briefcase, uint64_t *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(briefcase,
                                   "SELECT t.Name,c.Name FROM ec_Table t JOIN ec_Column c "
                                   "ON c.TableId=t.Id WHERE t.Type=0 AND c.ColumnKind=1",
                                   &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    while (err == WEH_OK && row) {
        const char *table = (const char *)sqlite3_column_text(stmt, 0);
        const char *column = (const char *)sqlite3_column_text(stmt, 1);

        if (table == NULL || column == NULL) {
            err = weh_fail(diag, WEH_E_CORRUPT, "a table of the schema has no name");
        } else {
            err = raise_to_max(briefcase, table, column, out, diag);
        }
        if (err == WEH_OK) {
            err = weh_stmt_step(briefcase, stmt, &row, diag);
        }
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

/** What the sequence must be when the file does not say. */
static weh_err recompute(struct weh_briefcase *briefcase, enum weh_sequence_kind kind,
                         struct weh_sequence *out, struct weh_diag *diag)
{
    uint64_t last = first_of(briefcase);
    weh_err err = kind == WEH_SEQUENCE_ELEMENT
                      ? raise_to_max(briefcase, "bis_Element", "Id", &last, diag)
                      : max_of_tables(briefcase, &last, diag);

    if (err == WEH_OK) {
        *out = (struct weh_sequence){ .last = last, .loaded = true, .dirty = true };
    }
    return err;
}

weh_err weh_sequence_load(struct weh_briefcase *briefcase, enum weh_sequence_kind kind,
                          struct weh_diag *diag)
{
    struct weh_sequence *sequence = &briefcase->sequences[kind];
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool is_whole = false;
    sqlite3_int64 last = 0;
    weh_err err;

    if (sequence->loaded) {
        return WEH_OK;
    }
    err = weh_stmt_acquire(briefcase, "SELECT Val FROM be_Local WHERE Name=?", &stmt, diag);
    if (err != WEH_OK) {
        return err;
    }
    sqlite3_bind_text(stmt, 1, sequence_name(kind), -1, SQLITE_STATIC);
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK && row) {
        is_whole = sqlite3_column_type(stmt, 0) == SQLITE_INTEGER;
        last = sqlite3_column_int64(stmt, 0);
    }
    weh_stmt_release(briefcase, stmt);
    if (err != WEH_OK) {
        return err;
    }
    if (!row) {
        return recompute(briefcase, kind, sequence, diag);
    }
    if (!is_whole || last < 0 || (uint64_t)last < first_of(briefcase) ||
        (uint64_t)last > last_of(briefcase)) {
        return weh_fail_where(diag, WEH_E_CORRUPT, sequence_name(kind),
                              "the id sequence does not belong to this briefcase");
    }
    *sequence = (struct weh_sequence){ .last = (uint64_t)last, .loaded = true };
    return WEH_OK;
}

static weh_err next_id(struct weh_briefcase *briefcase, enum weh_sequence_kind kind, weh_id *out,
                       struct weh_diag *diag)
{
    struct weh_sequence *sequence = &briefcase->sequences[kind];
    weh_err err = weh_sequence_load(briefcase, kind, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (sequence->last >= last_of(briefcase)) {
        return weh_fail_where(diag, WEH_E_LIMIT, sequence_name(kind), "no ids are left");
    }
    sequence->last++;
    sequence->dirty = true;
    *out = sequence->last;
    return WEH_OK;
}

weh_err weh_briefcase_next_element_id(struct weh_briefcase *briefcase, weh_id *out,
                                      struct weh_diag *diag)
{
    weh_assert(briefcase != NULL && out != NULL);
    return next_id(briefcase, WEH_SEQUENCE_ELEMENT, out, diag);
}

weh_err weh_briefcase_next_instance_id(struct weh_briefcase *briefcase, weh_id *out,
                                       struct weh_diag *diag)
{
    weh_assert(briefcase != NULL && out != NULL);
    return next_id(briefcase, WEH_SEQUENCE_INSTANCE, out, diag);
}

weh_err weh_briefcase_flush_ids(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    weh_assert(briefcase != NULL);
    for (int kind = 0; err == WEH_OK && kind < WEH_N_SEQUENCES; kind++) {
        struct weh_sequence *sequence = &briefcase->sequences[kind];
        sqlite3_stmt *stmt = NULL;

        if (!sequence->dirty) {
            continue;
        }
        err = weh_stmt_acquire(briefcase,
                               "INSERT INTO be_Local(Name,Val) VALUES(?,?) "
                               "ON CONFLICT(Name) DO UPDATE SET Val=excluded.Val",
                               &stmt, diag);
        if (err != WEH_OK) {
            return err;
        }
        sqlite3_bind_text(stmt, 1, sequence_name((enum weh_sequence_kind)kind), -1, SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 2, (sqlite3_int64)sequence->last);
        err = weh_stmt_run(briefcase, stmt, diag);
        weh_stmt_release(briefcase, stmt);
        if (err == WEH_OK) {
            sequence->dirty = false;
        }
    }
    return err;
}

void weh_briefcase_forget_ids(struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    for (int kind = 0; kind < WEH_N_SEQUENCES; kind++) {
        briefcase->sequences[kind] = (struct weh_sequence){ 0 };
        briefcase->sequences_before_edit[kind] = (struct weh_sequence){ 0 };
    }
}

/* ---- marks ---- */

static uint64_t mark_of(const struct weh_sequence *sequence)
{
    return sequence->loaded ? sequence->last : 0;
}

void weh_briefcase_get_id_marks(const struct weh_briefcase *briefcase, struct weh_id_marks *out)
{
    weh_assert(briefcase != NULL && out != NULL);
    out->element = mark_of(&briefcase->sequences[WEH_SEQUENCE_ELEMENT]);
    out->instance = mark_of(&briefcase->sequences[WEH_SEQUENCE_INSTANCE]);
}

weh_err weh_briefcase_set_id_marks(struct weh_briefcase *briefcase,
                                   const struct weh_id_marks *marks, struct weh_diag *diag)
{
    uint64_t wanted[WEH_N_SEQUENCES];

    weh_assert(briefcase != NULL && marks != NULL && !briefcase->readonly);
    wanted[WEH_SEQUENCE_ELEMENT] = marks->element;
    wanted[WEH_SEQUENCE_INSTANCE] = marks->instance;
    for (int kind = 0; kind < WEH_N_SEQUENCES; kind++) {
        weh_err err = wanted[kind] == 0
                          ? WEH_OK
                          : weh_sequence_load(briefcase, (enum weh_sequence_kind)kind, diag);

        if (err != WEH_OK) {
            return err;
        }
        if (wanted[kind] != 0 &&
            (wanted[kind] < briefcase->sequences[kind].last || wanted[kind] > last_of(briefcase))) {
            return weh_fail_where(diag, WEH_E_CORRUPT, sequence_name((enum weh_sequence_kind)kind),
                                  "the ids do not belong to this briefcase");
        }
    }
    for (int kind = 0; kind < WEH_N_SEQUENCES; kind++) {
        struct weh_sequence *sequence = &briefcase->sequences[kind];

        if (wanted[kind] > sequence->last) {
            sequence->last = wanted[kind];
            sequence->dirty = true;
        }
    }
    return WEH_OK;
}
