/* src/txn/changeset.c - reads and writes the bytes of a SQLite changeset.
 *
 * Format: the comment at the head of sqlite3session.c, SQLite 3.40.1. A group is 'T', number of
 * columns (varint), one byte a column (its place in the primary key), table name with NUL; then
 * changes: operation, indirect flag, old values (update, delete), new values (insert, update).
 * Own code instead of sqlite3changeset_start, because applying and listing walk the same rows
 * several times, and because the stored bytes may be anybody's.
 */
#include <limits.h>
#include <string.h>

#include "weh/alloc.h"

#include "changeset_priv.h"

void cs_put_varint(struct weh_buf *out, uint32_t value)
{
    uint8_t bytes[5];
    size_t n = sizeof(bytes);

    bytes[--n] = (uint8_t)(value & 0x7f);
    while ((value >>= 7) != 0) {
        bytes[--n] = (uint8_t)((value & 0x7f) | 0x80);
    }
    weh_buf_append(out, bytes + n, sizeof(bytes) - n);
}

static void put_u64(struct weh_buf *out, enum cs_type type, uint64_t value)
{
    uint8_t bytes[9];

    bytes[0] = (uint8_t)type;
    for (unsigned i = 0; i < 8; i++) {
        bytes[1 + i] = (uint8_t)(value >> (56 - 8 * i));
    }
    weh_buf_append(out, bytes, sizeof(bytes));
}

static void put_bytes(struct weh_buf *out, enum cs_type type, const void *bytes, int len)
{
    /* NULL with a length is how SQLite says that it ran out of memory. */
    if (bytes == NULL && len > 0) {
        out->err = out->err == WEH_OK ? WEH_E_NOMEM : out->err;
        return;
    }
    weh_buf_byte(out, (uint8_t)type);
    cs_put_varint(out, (uint32_t)len);
    if (len > 0) {
        weh_buf_append(out, bytes, (size_t)len);
    }
}

void cs_put_value(struct weh_buf *out, sqlite3_value *value)
{
    double real;
    uint64_t bits;

    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        put_u64(out, CS_INTEGER, (uint64_t)sqlite3_value_int64(value));
        break;
    case SQLITE_FLOAT:
        real = sqlite3_value_double(value);
        memcpy(&bits, &real, sizeof(bits));
        put_u64(out, CS_REAL, bits);
        break;
    case SQLITE_TEXT: {
        const void *text = sqlite3_value_text(value);

        put_bytes(out, CS_TEXT, text, sqlite3_value_bytes(value));
        break;
    }
    case SQLITE_BLOB: {
        const void *blob = sqlite3_value_blob(value);

        put_bytes(out, CS_BLOB, blob, sqlite3_value_bytes(value));
        break;
    }
    default:
        weh_buf_byte(out, CS_NULL);
        break;
    }
}

void cs_copy_value(struct weh_buf *out, const struct cs_value *value)
{
    weh_buf_byte(out, (uint8_t)value->type);
    if (value->type == CS_TEXT || value->type == CS_BLOB) {
        cs_put_varint(out, (uint32_t)value->len);
    }
    weh_buf_append(out, value->bytes, value->len);
}

/* At most 5 bytes: a length never needs more, and SQLite writes none longer. */
static bool get_varint(const uint8_t **at, const uint8_t *end, uint32_t *out)
{
    uint64_t value = 0;
    const uint8_t *p = *at;

    for (unsigned i = 0; i < 5 && p < end; i++) {
        value = value << 7 | (*p & 0x7f);
        if ((*p++ & 0x80) == 0) {
            *at = p;
            *out = (uint32_t)value;
            return value <= INT32_MAX;
        }
    }
    return false;
}

bool cs_get_value(const uint8_t **at, const uint8_t *end, struct cs_value *out)
{
    const uint8_t *p = *at;
    uint32_t len = 0;

    if (p == end || *p > CS_NULL) {
        return false;
    }
    out->type = (enum cs_type) * p++;
    if (out->type == CS_INTEGER || out->type == CS_REAL) {
        len = 8;
    } else if (out->type == CS_TEXT || out->type == CS_BLOB) {
        if (!get_varint(&p, end, &len)) {
            return false;
        }
    }
    if ((size_t)(end - p) < len) {
        return false;
    }
    out->bytes = p;
    out->len = len;
    *at = p + len;
    return true;
}

void cs_next_value(const uint8_t **at, const uint8_t *end, struct cs_value *out)
{
    bool whole = cs_get_value(at, end, out);

    weh_assert(whole);
}

static uint64_t get_u64(const struct cs_value *value)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < 8; i++) {
        bits = bits << 8 | value->bytes[i];
    }
    return bits;
}

int64_t cs_int(const struct cs_value *value)
{
    return value->type == CS_INTEGER ? (int64_t)get_u64(value) : 0;
}

int cs_bind(sqlite3_stmt *stmt, int index, const struct cs_value *value)
{
    uint64_t bits;
    double real;

    switch (value->type) {
    case CS_INTEGER:
        return sqlite3_bind_int64(stmt, index, cs_int(value));
    case CS_REAL:
        bits = get_u64(value);
        memcpy(&real, &bits, sizeof(real));
        return sqlite3_bind_double(stmt, index, real);
    case CS_TEXT:
        return sqlite3_bind_text(stmt, index, (const char *)value->bytes, (int)value->len,
                                 SQLITE_STATIC);
    case CS_BLOB:
        return sqlite3_bind_blob(stmt, index, value->bytes, (int)value->len, SQLITE_STATIC);
    case CS_UNDEFINED:
    case CS_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, index);
}

void cs_reader_init(struct cs_reader *reader, const uint8_t *bytes, size_t len)
{
    static const uint8_t none;

    *reader = (struct cs_reader){ .at = bytes == NULL ? &none : bytes };
    reader->end = reader->at + (bytes == NULL ? 0 : len);
}

void cs_reader_fini(struct cs_reader *reader)
{
    weh_free(reader->values);
    reader->values = NULL;
    reader->n_values = 0;
}

static weh_err damaged(struct weh_diag *diag, const char *what)
{
    return weh_fail(diag, WEH_E_CORRUPT, "a stored transaction is damaged: %s", what);
}

/* The head at *@at, moved behind it; NULL, or what is wrong. */
static const char *get_group(const uint8_t **at, const uint8_t *end, struct cs_group *group)
{
    const uint8_t *p = *at + 1;
    const uint8_t *name_end;

    if (!get_varint(&p, end, &group->n_columns) || group->n_columns == 0 ||
        group->n_columns > CS_MAX_COLUMNS || (size_t)(end - p) < group->n_columns) {
        return "number of columns";
    }
    group->pk = p;
    p += group->n_columns;
    name_end = memchr(p, 0, (size_t)(end - p));
    if (name_end == NULL) {
        return "table name";
    }
    group->table = (const char *)p;
    *at = name_end + 1;
    return NULL;
}

bool cs_get_group(const uint8_t *bytes, size_t len, struct cs_group *out)
{
    return len > 0 && *bytes == CS_GROUP_MARK && get_group(&bytes, bytes + len, out) == NULL;
}

static weh_err read_group(struct cs_reader *reader, struct weh_diag *diag)
{
    const char *wrong = get_group(&reader->at, reader->end, &reader->group);

    if (wrong != NULL) {
        return damaged(diag, wrong);
    }
    reader->has_group = true;
    reader->new_group = true;
    return WEH_OK;
}

static weh_err reserve_values(struct cs_reader *reader, size_t n, struct weh_diag *diag)
{
    struct cs_value *grown;

    if (n <= reader->n_values) {
        return WEH_OK;
    }
    grown = weh_realloc(reader->values, n * sizeof(*grown));
    if (grown == NULL) {
        return weh_fail_nomem(diag);
    }
    reader->values = grown;
    reader->n_values = n;
    return WEH_OK;
}

static bool read_row(const uint8_t **at, const uint8_t *end, bool present, struct cs_value *row,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!present) {
            row[i] = (struct cs_value){ .type = CS_UNDEFINED };
        } else if (!cs_get_value(at, end, &row[i])) {
            return false;
        }
    }
    return true;
}

/* Inserts and deletes say every column, updates at least the old primary key. */
static bool row_is_complete(const struct cs_group *group, const struct cs_value *row, bool all)
{
    for (size_t i = 0; i < group->n_columns; i++) {
        if (row[i].type == CS_UNDEFINED && (all || group->pk[i] != 0)) {
            return false;
        }
    }
    return true;
}

weh_err cs_reader_seek(struct cs_reader *reader, const struct cs_group *group, const uint8_t *at,
                       struct cs_change *out, struct weh_diag *diag)
{
    const uint8_t *p = at;
    size_t n = group->n_columns;
    weh_err err;

    if (reader->end - p < 2) {
        return damaged(diag, "cut off");
    }
    out->at = at;
    out->op = *p++;
    out->indirect = *p++ != 0;
    if (out->op != SQLITE_INSERT && out->op != SQLITE_UPDATE && out->op != SQLITE_DELETE) {
        return damaged(diag, "operation");
    }
    err = reserve_values(reader, 2 * n, diag);
    if (err != WEH_OK) {
        return err;
    }
    out->old_row = reader->values;
    out->new_row = reader->values + n;
    if (!read_row(&p, reader->end, out->op != SQLITE_INSERT, reader->values, n) ||
        !read_row(&p, reader->end, out->op != SQLITE_DELETE, reader->values + n, n)) {
        return damaged(diag, "values");
    }
    if ((out->op != SQLITE_INSERT &&
         !row_is_complete(group, out->old_row, out->op == SQLITE_DELETE)) ||
        (out->op == SQLITE_INSERT && !row_is_complete(group, out->new_row, true))) {
        return damaged(diag, "missing values");
    }
    reader->at = p;
    return WEH_OK;
}

weh_err cs_reader_next(struct cs_reader *reader, struct cs_change *out, bool *more,
                       struct weh_diag *diag)
{
    weh_err err;

    reader->new_group = false;
    while (reader->at < reader->end && *reader->at == CS_GROUP_MARK) {
        err = read_group(reader, diag);
        if (err != WEH_OK) {
            return err;
        }
    }
    *more = reader->at < reader->end;
    if (!*more) {
        return WEH_OK;
    }
    if (!reader->has_group) {
        return damaged(diag, "no table");
    }
    return cs_reader_seek(reader, &reader->group, reader->at, out, diag);
}

/* ---- measuring: the same grammar where the bytes may not all be there yet ---- */

#define MAX_VARINT 5
#define MAX_NAME   4096 /* of a table, with its NUL */

/* Step over the number at offset *@at. */
static enum cs_fit measure_varint(const uint8_t *bytes, size_t len, size_t *at, uint32_t *out)
{
    const uint8_t *p = bytes + *at;
    size_t room = len - *at;

    if (get_varint(&p, p + (room < MAX_VARINT ? room : MAX_VARINT), out)) {
        *at = (size_t)(p - bytes);
        return CS_WHOLE;
    }
    *at = len + 1;
    return room < MAX_VARINT ? CS_CUT : CS_DAMAGED;
}

enum cs_fit cs_measure_group(const uint8_t *bytes, size_t len, size_t *size)
{
    enum cs_fit fit;
    uint32_t n = 0;
    const uint8_t *end;
    size_t room;

    *size = 1;
    if (len < 1) {
        return CS_CUT;
    }
    fit = measure_varint(bytes, len, size, &n);
    if (fit != CS_WHOLE) {
        return fit;
    }
    if (n == 0 || n > CS_MAX_COLUMNS) {
        return CS_DAMAGED;
    }
    *size += n;
    if (*size >= len) {
        ++*size;
        return CS_CUT;
    }
    room = len - *size < MAX_NAME ? len - *size : MAX_NAME;
    end = memchr(bytes + *size, 0, room);
    if (end == NULL) {
        *size = len + 1;
        return room == MAX_NAME ? CS_DAMAGED : CS_CUT;
    }
    *size = (size_t)(end - bytes) + 1;
    return CS_WHOLE;
}

static enum cs_fit measure_value(const uint8_t *bytes, size_t len, size_t *at)
{
    enum cs_fit fit = CS_WHOLE;
    uint32_t n = 0;
    uint8_t type;

    if (*at >= len) {
        *at = len + 1;
        return CS_CUT;
    }
    type = bytes[(*at)++];
    if (type > CS_NULL) {
        return CS_DAMAGED;
    }
    if (type == CS_INTEGER || type == CS_REAL) {
        n = 8;
    } else if (type == CS_TEXT || type == CS_BLOB) {
        fit = measure_varint(bytes, len, at, &n);
    }
    if (fit == CS_WHOLE) {
        *at += n;
        fit = *at > len ? CS_CUT : CS_WHOLE;
    }
    return fit;
}

enum cs_fit cs_measure_change(const uint8_t *bytes, size_t len, uint32_t n_columns, size_t *size)
{
    enum cs_fit fit = CS_WHOLE;
    uint32_t n;

    *size = 2;
    if (len > 0 && *bytes != SQLITE_INSERT && *bytes != SQLITE_UPDATE && *bytes != SQLITE_DELETE) {
        return CS_DAMAGED;
    }
    if (len < 2) {
        return CS_CUT;
    }
    n = *bytes == SQLITE_UPDATE ? 2 * n_columns : n_columns;
    for (uint32_t i = 0; i < n && fit == CS_WHOLE; i++) {
        fit = measure_value(bytes, len, size);
    }
    return fit;
}
