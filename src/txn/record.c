/* src/txn/record.c - what the stack remembers in the file beyond dgn_Txns.
 *
 * One row of be_Local, which the native library 5.1.72 leaves alone: where undo ends (restart of the
 * session), and which reversed transactions one redo brings back in one step where that does not
 * follow from the rows themselves. It is written by the SQLite transaction that it describes. On
 * opening it is believed only where it agrees with dgn_Txns, since the file may have been elsewhere
 * in between: the native library deletes reversed rows with its next save, pushed rows go, and ids
 * start anew when none is left. Without it each redo brings back one operation.
 */
#include <string.h>

#include "weh/arena.h"
#include "weh/json.h"

#include "rows_priv.h"

#define NAME    "weh_txn_stack"
#define VERSION 1
/* What lies deeper comes back operation by operation after reopening. */
#define RANGES_MAX 1000

/* ---- writing ---- */

/* True when the rows alone would tell another range. @above is the one after it, or NULL. */
static bool must_keep(const struct redo_range *range, const struct redo_range *above)
{
    return range->n_ops != 1 || range->first_grouped || (above != NULL && above->first_grouped);
}

static void put_ranges(const struct weh_txn_stack *stack, size_t n_redo, struct weh_buf *out)
{
    unsigned n = 0;

    for (size_t i = n_redo; i > 0 && n < RANGES_MAX; i--) {
        const struct redo_range *range = &stack->redo[i - 1];

        if (must_keep(range, i > 1 ? range - 1 : NULL)) {
            weh_buf_printf(out, "%s[\"0x%llx\",\"0x%llx\",\"0x%llx\"]", n == 0 ? "" : ",",
                           (unsigned long long)range->first, (unsigned long long)range->last,
                           (unsigned long long)range->time);
            n++;
        }
    }
}

/* Empty when there is nothing to remember. */
static void compose(const struct weh_txn_stack *stack, size_t n_redo, struct weh_buf *out)
{
    const struct txn_floor *floor = &stack->floor;
    size_t start;

    weh_buf_clear(out);
    weh_buf_printf(out, "{\"version\":%d", VERSION);
    start = out->len;
    if (floor->id != 0) {
        weh_buf_printf(out, ",\"floor\":[\"0x%llx\",\"0x%llx\",\"0x%llx\"]",
                       (unsigned long long)floor->id, (unsigned long long)floor->below,
                       (unsigned long long)floor->time);
    }
    weh_buf_printf(out, ",\"redo\":[");
    put_ranges(stack, n_redo, out);
    weh_buf_printf(out, "]}");
    if (floor->id == 0 && out->len - start == sizeof(",\"redo\":[]}") - 1) {
        weh_buf_clear(out);
    }
}

static bool same_text(const struct weh_buf *a, const struct weh_buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static weh_err write_text(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    const struct weh_buf *text = &stack->record_new;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(
        stack->briefcase,
        text->len == 0 ? "DELETE FROM main.be_Local WHERE Name='" NAME "'"
                       : "INSERT OR REPLACE INTO main.be_Local(Name,Val) VALUES('" NAME "',?1)",
        &stmt, diag);

    if (err == WEH_OK && text->len > 0 &&
        sqlite3_bind_text64(stmt, 1, (const char *)text->data, text->len, SQLITE_STATIC,
                            SQLITE_UTF8) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

weh_err record_write(struct weh_txn_stack *stack, size_t n_redo, struct weh_diag *diag)
{
    if (n_redo == 0 && stack->floor.id == 0) {
        weh_buf_clear(&stack->record_new);
    } else {
        compose(stack, n_redo, &stack->record_new);
    }
    if (stack->record_new.err != WEH_OK) {
        weh_buf_fini(&stack->record_new);
        return weh_fail_nomem(diag);
    }
    return same_text(&stack->record, &stack->record_new) ? WEH_OK : write_text(stack, diag);
}

void record_committed(struct weh_txn_stack *stack)
{
    struct weh_buf old = stack->record;

    stack->record = stack->record_new;
    stack->record_new = old;
    weh_buf_clear(&stack->record_new);
}

/* ---- reading ---- */

/* A member of the record: three numbers. */
struct triple {
    uint64_t values[3];
};

static bool read_triple(const struct weh_value *value, struct triple *out)
{
    *out = (struct triple){ { 0, 0, 0 } };
    if (value == NULL || value->type != WEH_VALUE_ARRAY || value->n != 3) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        const struct weh_value *item = &value->as.items[i];

        /* "0x0" is no id, and the 0 that is meant. */
        if (item->type != WEH_VALUE_STRING ||
            (!weh_id_parse(weh_value_str(item), &out->values[i]) &&
             !weh_str_eq_text(weh_value_str(item), "0x0"))) {
            return false;
        }
    }
    return true;
}

static weh_err read_text(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err =
        rows_start(stack, "SELECT Val FROM main.be_Local WHERE Name='" NAME "'", 0, 0, &stmt, diag);

    weh_buf_clear(&stack->record);
    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        struct weh_str text = weh_stmt_text(stmt, 0);

        /* Never empty, which would mean that there is no row to replace or delete. */
        weh_buf_append(&stack->record, text.len == 0 ? " " : text.ptr,
                       text.len == 0 ? 1 : text.len);
        err = stack->record.err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

/* *@out NULL: there is none that can be understood. */
static weh_err parse(struct weh_txn_stack *stack, struct weh_arena *arena, struct weh_value *value,
                     const struct weh_value **out, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 4, .max_values = 8 * RANGES_MAX };
    struct weh_str text = { (const char *)stack->record.data, stack->record.len };
    int64_t version = 0;
    weh_err err;

    *out = NULL;
    if (text.len == 0) {
        return WEH_OK;
    }
    err = weh_json_parse(text, &limits, arena, value, NULL);
    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    if (err == WEH_OK && value->type == WEH_VALUE_MAP &&
        weh_value_to_int64(weh_value_get(value, "version"), &version) && version == VERSION) {
        *out = value;
    }
    return WEH_OK;
}

/* The floor means nothing when the transactions below it are gone. */
static weh_err load_floor(struct weh_txn_stack *stack, const struct weh_value *record,
                          struct weh_diag *diag)
{
    struct triple floor;
    uint64_t time = 0;
    bool found = false;
    weh_err err;

    if (!read_triple(weh_value_get(record, "floor"), &floor)) {
        return WEH_OK;
    }
    err = rows_time(stack, floor.values[1], &time, &found, diag);
    if (err == WEH_OK && found && time == floor.values[2]) {
        stack->floor = (struct txn_floor){ floor.values[0], floor.values[1], time };
    }
    return err;
}

/* A walk over the reversed rows that makes ranges of them, in ascending order. */
struct builder {
    const struct weh_value *ranges; /* of the record, ascending; NULL: do without */
    uint32_t next;                  /* of them */
    struct redo_range *open;        /* the range that the next row may belong to */
    uint64_t open_end;              /* 0: until the next operation */
    bool agrees;
};

/* The range that begins with @row. */
static weh_err open_range(struct weh_txn_stack *stack, struct builder *builder,
                          const struct txn_row *row, struct weh_diag *diag)
{
    struct triple kept;
    weh_err err = stack_reserve_redo(stack, diag);

    if (err != WEH_OK) {
        return err;
    }
    builder->open = &stack->redo[stack->n_redo++];
    builder->open_end = 0;
    *builder->open = (struct redo_range){ .first = row->id,
                                          .last = row->id,
                                          .time = row->time,
                                          .n_ops = 1,
                                          .first_grouped = row->grouped };
    if (builder->ranges == NULL || builder->next == builder->ranges->n ||
        !read_triple(&builder->ranges->as.items[builder->next], &kept) ||
        kept.values[0] > row->id) {
        return WEH_OK;
    }
    builder->next++;
    builder->agrees = kept.values[0] == row->id && kept.values[2] == row->time;
    builder->open_end = kept.values[1];
    return WEH_OK;
}

static weh_err add_row(struct weh_txn_stack *stack, struct builder *builder,
                       const struct txn_row *row, struct weh_diag *diag)
{
    struct redo_range *open = builder->open;
    bool belongs =
        open != NULL && (builder->open_end != 0 ? row->id <= builder->open_end : row->grouped);

    if (belongs) {
        open->last = row->id;
        open->n_ops += !row->grouped;
        return WEH_OK;
    }
    if (open != NULL && builder->open_end != 0 && open->last != builder->open_end) {
        builder->agrees = false;
        return WEH_OK;
    }
    return open_range(stack, builder, row, diag);
}

static void turn_around(struct weh_txn_stack *stack)
{
    for (size_t i = 0, j = stack->n_redo; i + 1 < j; i++) {
        struct redo_range range = stack->redo[--j];

        stack->redo[j] = stack->redo[i];
        stack->redo[i] = range;
    }
}

static weh_err build(struct weh_txn_stack *stack, struct builder *builder, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    struct txn_row row;
    bool more = true;
    weh_err err = rows_walk_reversed(stack, &stmt, diag);

    stack->n_redo = 0;
    builder->agrees = true;
    while (err == WEH_OK && builder->agrees) {
        err = rows_next_reversed(stack, stmt, &row, &more, diag);
        if (err != WEH_OK || !more) {
            break;
        }
        err = add_row(stack, builder, &row, diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    if (err == WEH_OK && builder->open != NULL && builder->open_end != 0) {
        builder->agrees = builder->agrees && builder->open->last == builder->open_end;
    }
    builder->agrees =
        builder->agrees && (builder->ranges == NULL || builder->next == builder->ranges->n);
    turn_around(stack);
    return err;
}

static weh_err load_redo(struct weh_txn_stack *stack, const struct weh_value *record,
                         struct weh_diag *diag)
{
    const struct weh_value *ranges = weh_value_get(record, "redo");
    struct builder with = { .ranges = ranges };
    struct builder without = { .ranges = NULL };
    struct txn_row last = { 0 };
    weh_err err = WEH_OK;

    if (ranges != NULL && ranges->type == WEH_VALUE_ARRAY && ranges->n > 0) {
        err = build(stack, &with, diag);
    }
    if (err == WEH_OK && !with.agrees) {
        err = build(stack, &without, diag);
    }
    stack->may_have_reversed = stack->n_redo > 0;
    if (err == WEH_OK && stack->n_redo > 0) {
        err = rows_last_live(stack, &last, diag);
    }
    /* Reversed rows below live ones, or below the floor, cannot be put back in their order. */
    if (err == WEH_OK && stack->n_redo > 0) {
        uint64_t first = stack->redo[stack->n_redo - 1].first;

        if (last.id > first || stack->floor.id > first) {
            stack->n_redo = 0;
        }
    }
    return err;
}

/* The native library's pull_merge_conf: while a pull is not finished, local transactions are marked as
 * reversed although they are to be put back; a save would delete them. */
static weh_err check_no_pull(struct weh_txn_stack *stack, struct weh_arena *arena,
                             struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 4, .max_values = 100 };
    struct weh_value value = { .type = WEH_VALUE_NULL };
    sqlite3_stmt *stmt = NULL;
    int64_t stage = 0;
    bool row = false;
    weh_err err = rows_start(stack, "SELECT Val FROM main.be_Local WHERE Name='pull_merge_conf'", 0,
                             0, &stmt, diag);

    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row &&
        weh_json_parse(weh_stmt_text(stmt, 0), &limits, arena, &value, NULL) == WEH_E_NOMEM) {
        err = weh_fail_nomem(diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    if (err == WEH_OK && weh_value_to_int64(weh_value_get(&value, "merge_stage"), &stage) &&
        stage != 0) {
        return weh_fail(diag, WEH_E_UNSUPPORTED,
                        "a pull was interrupted in this briefcase; its program must finish it");
    }
    return err;
}

weh_err record_load(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    const struct weh_value *record = NULL;
    struct weh_value value;
    struct weh_arena arena;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = check_no_pull(stack, &arena, diag);
    if (err == WEH_OK) {
        err = read_text(stack, diag);
    }
    if (err == WEH_OK) {
        err = parse(stack, &arena, &value, &record, diag);
    }
    if (err == WEH_OK) {
        err = load_floor(stack, record, diag);
    }
    if (err == WEH_OK) {
        err = load_redo(stack, record, diag);
    }
    weh_arena_fini(&arena);
    return err;
}
