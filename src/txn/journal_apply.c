/* src/txn/journal_apply.c - does the edits of a recovery journal again.
 *
 * Each row is taken down in the recorder as if its first edit began, in the order of the journal and
 * direct or indirect as it was; then the rows are put into the file, which the recorder follows.
 * What it would save afterwards must be what the journal holds, byte for byte: so nothing is
 * restored that differs in any row from what was unsaved, whatever stands in the file or the journal.
 */
#include <string.h>

#include "journal_priv.h"

static weh_err fail_unfit(struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_CANNOT_RESTORE, "the unsaved changes do not fit the file");
}

static weh_err find_table(struct weh_txn_stack *stack, const struct cs_group *group,
                          struct table **out, struct weh_diag *diag)
{
    weh_err err = tables_find(&stack->tables, group->table, out, diag);

    if (err == WEH_OK &&
        (*out == NULL || !(*out)->tracked || (*out)->n_columns != group->n_columns ||
         memcmp((*out)->pk, group->pk, group->n_columns) != 0)) {
        return fail_unfit(diag);
    }
    return err;
}

/* The group whose rows are being taken down. */
struct seeding {
    struct table *table;
    sqlite3_stmt *select;
};

static weh_err begin_group(struct weh_txn_stack *stack, struct seeding *seeding,
                           const struct cs_group *group, struct weh_diag *diag)
{
    weh_err err;

    weh_stmt_release(stack->briefcase, seeding->select);
    seeding->select = NULL;
    err = find_table(stack, group, &seeding->table, diag);
    if (err != WEH_OK) {
        return err;
    }
    return weh_stmt_acquire(stack->briefcase, seeding->table->select_sql, &seeding->select, diag);
}

static weh_err seed_rows(struct weh_txn_stack *stack, struct cs_reader *reader,
                         struct weh_diag *diag)
{
    struct seeding seeding = { NULL, NULL };
    struct cs_change change;
    bool more = true;
    weh_err err = cs_reader_next(reader, &change, &more, diag);

    while (err == WEH_OK && more) {
        if (reader->new_group) {
            err = begin_group(stack, &seeding, &reader->group, diag);
        }
        if (err == WEH_OK) {
            err = recorder_seed(&stack->recorder, seeding.table, &change, seeding.select, diag);
        }
        if (err == WEH_OK) {
            err = cs_reader_next(reader, &change, &more, diag);
        }
    }
    weh_stmt_release(stack->briefcase, seeding.select);
    return err;
}

/* *@same: the @len bytes begin with what @group holds. */
static weh_err begins_with(const struct weh_spill *group, const uint8_t *bytes, size_t len,
                           bool *same, struct weh_diag *diag)
{
    uint8_t piece[4096];
    uint64_t n = weh_spill_len(group);
    weh_err err = WEH_OK;

    *same = n > 0 && n <= len;
    for (uint64_t at = 0; at < n && err == WEH_OK && *same; at += sizeof(piece)) {
        size_t part = n - at < sizeof(piece) ? (size_t)(n - at) : sizeof(piece);

        err = weh_spill_read(group, at, piece, part, diag);
        *same = err == WEH_OK && memcmp(piece, bytes + at, part) == 0;
    }
    return err;
}

/* The groups of the tables together, in the order of the journal, are its bytes. */
static weh_err compare(struct weh_txn_stack *stack, const uint8_t *bytes, size_t len,
                       struct weh_diag *diag)
{
    uint64_t n_bytes = 0;
    size_t at = 0;
    weh_err err = recorder_look(&stack->recorder, &n_bytes, diag);

    if (err == WEH_OK && n_bytes != len) {
        return fail_unfit(diag);
    }
    while (err == WEH_OK && at < len) {
        struct table *table = NULL;
        struct cs_group group;
        bool same = false;

        if (!cs_get_group(bytes + at, len - at, &group)) {
            return fail_unfit(diag);
        }
        err = find_table(stack, &group, &table, diag);
        if (err == WEH_OK) {
            err = begins_with(&table->group, bytes + at, len - at, &same, diag);
        }
        if (err == WEH_OK && !same) {
            return fail_unfit(diag);
        }
        at += err == WEH_OK ? (size_t)weh_spill_len(&table->group) : 0;
    }
    return err;
}

weh_err journal_apply(struct weh_txn_stack *stack, const uint8_t *bytes, size_t len,
                      struct weh_diag *diag)
{
    const struct changeset_work work = { .source = { .bytes = bytes, .len = len }, .strict = true };
    struct cs_reader reader;
    weh_err err;

    cs_reader_init(&reader, bytes, len);
    err = seed_rows(stack, &reader, diag);
    cs_reader_fini(&reader);
    if (err == WEH_OK) {
        /* What else is touched on the way is nobody's edit. */
        stack->recorder.indirect = true;
        err = changeset_apply(&stack->tables, &work, diag);
        stack->recorder.indirect = false;
    }
    if (err == WEH_OK) {
        err = compare(stack, bytes, len, diag);
    }
    return err == WEH_E_CORRUPT ? fail_unfit(diag) : err;
}
