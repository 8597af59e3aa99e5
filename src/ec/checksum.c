/* src/ec/checksum.c - SHA3-256 over the tables of schemas, as sha3_query() of SQLite's shathree.c does it.
 *
 * Of each query: "S", the length of its text, ":" and the text, which ends with the semicolon but for the
 * last; of each row "R"; of each value its kind and its bytes, numbers with the highest byte first.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "weh/db.h"
#include "weh/ec_checksum.h"

static const char *const schema_tables[] = {
    "ec_Schema",
    "ec_SchemaReference",
    "ec_Class",
    "ec_ClassHasBaseClasses",
    "ec_Enumeration",
    "ec_KindOfQuantity",
    "ec_UnitSystem",
    "ec_Phenomenon",
    "ec_Unit",
    "ec_Format",
    "ec_FormatCompositeUnit",
    "ec_PropertyCategory",
    "ec_Property",
    "ec_RelationshipConstraint",
    "ec_RelationshipConstraintClass",
    "ec_CustomAttribute",
};

static const char *const map_tables[] = {
    "ec_PropertyPath", "ec_ClassMap",    "ec_Table",       "ec_Column",
    "ec_Index",        "ec_IndexColumn", "ec_PropertyMap",
};

static const char tables_sql[] = "select name||':'||iif(sql is null,'',sql) er from "
                                 "[main].sqlite_master order by er";

/* What is hashed; false once it failed. */
struct sum {
    struct weh_briefcase *briefcase;
    EVP_MD_CTX *context;
    bool ok;
};

static void add(struct sum *sum, const void *bytes, size_t n)
{
    sum->ok = sum->ok && EVP_DigestUpdate(sum->context, bytes, n) == 1;
}

static void add_sized(struct sum *sum, char kind, const void *bytes, size_t n)
{
    char head[32];
    int len = snprintf(head, sizeof(head), "%c%zu:", kind, n);

    add(sum, head, (size_t)len);
    if (n > 0) {
        add(sum, bytes, n);
    }
}

static void add_number(struct sum *sum, char kind, uint64_t bits)
{
    uint8_t bytes[9] = { (uint8_t)kind };

    for (int i = 8; i > 0; i--) {
        bytes[i] = (uint8_t)bits;
        bits >>= 8;
    }
    add(sum, bytes, sizeof(bytes));
}

static void add_value(struct sum *sum, sqlite3_stmt *stmt, int column)
{
    double real = 0;
    uint64_t bits = 0;

    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL:
        add(sum, "N", 1);
        break;
    case SQLITE_INTEGER:
        add_number(sum, 'I', (uint64_t)sqlite3_column_int64(stmt, column));
        break;
    case SQLITE_FLOAT:
        real = sqlite3_column_double(stmt, column);
        memcpy(&bits, &real, sizeof(bits));
        add_number(sum, 'F', bits);
        break;
    case SQLITE_TEXT: {
        const unsigned char *text = sqlite3_column_text(stmt, column);

        add_sized(sum, 'T', text, (size_t)sqlite3_column_bytes(stmt, column));
        break;
    }
    default: {
        const void *blob = sqlite3_column_blob(stmt, column);

        add_sized(sum, 'B', blob, (size_t)sqlite3_column_bytes(stmt, column));
        break;
    }
    }
}

/* @text: @sql as it is hashed. */
static weh_err add_query(struct sum *sum, const char *sql, const char *text, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(sum->briefcase, sql, &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    add_sized(sum, 'S', text, strlen(text));
    err = weh_stmt_step(sum->briefcase, stmt, &row, diag);
    while (err == WEH_OK && row) {
        add(sum, "R", 1);
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            add_value(sum, stmt, i);
        }
        err = weh_stmt_step(sum->briefcase, stmt, &row, diag);
    }
    weh_stmt_release(sum->briefcase, stmt);
    return err;
}

/* Older files have fewer tables. */
static weh_err table_exists(struct weh_briefcase *briefcase, const char *name, bool *out,
                            struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = weh_stmt_acquire(
        briefcase, "SELECT 1 FROM main.sqlite_master WHERE type='table' AND name=?1", &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC) == SQLITE_OK
              ? weh_stmt_step(briefcase, stmt, out, diag)
              : weh_fail_nomem(diag);
    weh_stmt_release(briefcase, stmt);
    return err;
}

/* The texts know which table is the last, so each is hashed when the next one is found. */
static weh_err add_tables(struct sum *sum, const char *const *tables, size_t n,
                          struct weh_diag *diag)
{
    char sql[128];
    char text[130];
    const char *last = NULL;
    weh_err err = WEH_OK;

    for (size_t i = 0; i <= n && err == WEH_OK; i++) {
        bool exists = false;

        err = i < n ? table_exists(sum->briefcase, tables[i], &exists, diag) : WEH_OK;
        if (err == WEH_OK && last != NULL && (exists || i == n)) {
            (void)snprintf(sql, sizeof(sql), "select * from [main].[%s] order by [rowid]", last);
            (void)snprintf(text, sizeof(text), "%s%s", sql, i == n ? "" : ";");
            err = add_query(sum, sql, text, diag);
        }
        last = exists ? tables[i] : last;
    }
    return err;
}

static weh_err add_all(struct sum *sum, enum weh_ec_checksum what, struct weh_diag *diag)
{
    if (what == WEH_EC_CHECKSUM_SCHEMAS) {
        return add_tables(sum, schema_tables, WEH_ARRAY_LEN(schema_tables), diag);
    }
    if (what == WEH_EC_CHECKSUM_MAP) {
        return add_tables(sum, map_tables, WEH_ARRAY_LEN(map_tables), diag);
    }
    return add_query(sum, tables_sql, tables_sql, diag);
}

weh_err weh_ec_checksum(struct weh_briefcase *briefcase, enum weh_ec_checksum what,
                        char out[WEH_EC_CHECKSUM_LEN + 1], struct weh_diag *diag)
{
    struct sum sum = { .briefcase = briefcase, .context = EVP_MD_CTX_new() };
    uint8_t digest[WEH_EC_CHECKSUM_LEN / 2] = { 0 };
    weh_err err;

    if (sum.context == NULL) {
        return weh_fail_nomem(diag);
    }
    sum.ok = EVP_DigestInit_ex(sum.context, EVP_sha3_256(), NULL) == 1;
    err = add_all(&sum, what, diag);
    sum.ok = sum.ok && EVP_DigestFinal_ex(sum.context, digest, NULL) == 1;
    EVP_MD_CTX_free(sum.context);
    if (err == WEH_OK && !sum.ok) {
        err = weh_fail(diag, WEH_E_INTERNAL, "SHA3-256 is not available");
    }
    for (size_t i = 0; i < sizeof(digest) && err == WEH_OK; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
    return err;
}
