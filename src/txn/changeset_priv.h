/* src/txn/changeset_priv.h - bytes of a SQLite changeset, and of its stored form in dgn_Txns.
 *
 * Knows nothing of the file's tables.
 */
#ifndef WEH_CHANGESET_PRIV_H
#define WEH_CHANGESET_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "weh/buf.h"
#include "weh/err.h"
#include "weh/pack.h"

/* ---- the changeset format (sqlite.org/session/changeset.html) ---- */

#define CS_MAX_COLUMNS 2000 /* SQLITE_MAX_COLUMN; more in a header is damage */

enum cs_type {
    CS_UNDEFINED = 0,
    CS_INTEGER,
    CS_REAL,
    CS_TEXT,
    CS_BLOB,
    CS_NULL
};

/** A value inside a changeset: a view, 8 big-endian bytes for INTEGER and REAL. */
struct cs_value {
    enum cs_type type;
    size_t len;
    const uint8_t *bytes;
};

struct cs_group {
    const char *table; /* inside the changeset, with a NUL */
    uint32_t n_columns;
    const uint8_t *pk; /* n_columns bytes: 0, or the place in the primary key from 1 */
};

struct cs_change {
    int op; /* SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE */
    bool indirect;
    const struct cs_value *old_row; /* n_columns values of the group; all UNDEFINED for inserts */
    const struct cs_value *new_row; /* all UNDEFINED for deletes */
    const uint8_t *at;              /* the change's bytes, for cs_reader_seek */
};

/** Walks a changeset that may be damaged: everything is checked before it is used. */
struct cs_reader {
    const uint8_t *at;
    const uint8_t *end;
    struct cs_group group;
    bool has_group;
    bool new_group; /* the change just read is the first of its group */
    struct cs_value *values;
    size_t n_values;
};

void cs_reader_init(struct cs_reader *reader, const uint8_t *bytes, size_t len);
void cs_reader_fini(struct cs_reader *reader);
/** The next change into @out, good until the next call; *@more false at the end. CORRUPT, NOMEM. */
WEH_MUST_CHECK weh_err cs_reader_next(struct cs_reader *reader, struct cs_change *out, bool *more,
                                      struct weh_diag *diag);
/** Read once more the change at @at, which cs_reader_next has given in @group. */
WEH_MUST_CHECK weh_err cs_reader_seek(struct cs_reader *reader, const struct cs_group *group,
                                      const uint8_t *at, struct cs_change *out,
                                      struct weh_diag *diag);

/** What the bytes that are there begin with. */
enum cs_fit {
    CS_WHOLE,  /* *size is its length */
    CS_CUT,    /* it goes on: *size bytes are needed, at least */
    CS_DAMAGED /* no further bytes can help */
};

#define CS_GROUP_MARK 0x54 /* 'T', as the first byte of a group's head */

/** Length of a group's head. */
enum cs_fit cs_measure_group(const uint8_t *bytes, size_t len, size_t *size);
/** Length of a change in a group of @n_columns. */
enum cs_fit cs_measure_change(const uint8_t *bytes, size_t len, uint32_t n_columns, size_t *size);
/** Take apart a whole head, whose bytes stay where they are; false when it is none. */
bool cs_get_group(const uint8_t *bytes, size_t len, struct cs_group *out);

void cs_put_varint(struct weh_buf *out, uint32_t value);
void cs_put_value(struct weh_buf *out, sqlite3_value *value);
void cs_copy_value(struct weh_buf *out, const struct cs_value *value);
/** Parse one value at *@at and move behind it; false when it does not fit before @end. */
bool cs_get_value(const uint8_t **at, const uint8_t *end, struct cs_value *out);
/** The same for bytes that cs_put_value has written: they cannot be wrong. */
void cs_next_value(const uint8_t **at, const uint8_t *end, struct cs_value *out);
/** The integer in @value, or 0 when it is none. */
int64_t cs_int(const struct cs_value *value);
int cs_bind(sqlite3_stmt *stmt, int index, const struct cs_value *value);

/* ---- the stored form ---- */

#define TXN_LIMIT_BYTES (UINT64_C(3) * 1024 * 1024 * 1024 - 100) /* of one changeset */

extern const struct weh_pack_kind txn_pack_kind;

#endif
