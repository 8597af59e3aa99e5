/* src/txn/list.c - what clients are told of the stack: its state and its transactions. */
#include "weh/arena.h"
#include "weh/json.h"

#include "authors_priv.h"
#include "rows_priv.h"

#define JULIAN_1970 2440587.5
#define MS_PER_DAY  86400000.0
/* A description of 64 KiB in JSON has no more. */
#define MAX_VALUES 100000

/* Later versions of the native library store {"description": ...} (native library 5.5). */
static weh_err put_description(struct weh_str text, struct weh_buf *out, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 16, .max_values = MAX_VALUES };
    const struct weh_value *description = NULL;
    struct weh_value value;
    struct weh_arena arena;
    weh_err err = WEH_OK;

    weh_arena_init(&arena, 0);
    if (text.len > 0 && text.ptr[0] == '{') {
        err = weh_json_parse(text, &limits, &arena, &value, NULL);
        description = err == WEH_OK ? weh_value_get(&value, "description") : NULL;
    }
    if (description != NULL && description->type == WEH_VALUE_STRING) {
        text = weh_value_str(description);
    }
    weh_buf_clear(out);
    weh_buf_append(out, text.ptr, text.len);
    weh_arena_fini(&arena);
    return out->err != WEH_OK || err == WEH_E_NOMEM ? weh_fail_nomem(diag) : WEH_OK;
}

static weh_err read_description(struct weh_txn_stack *stack, uint64_t id, struct weh_buf *out,
                                struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err =
        rows_start(stack, "SELECT Operation FROM main.dgn_Txns WHERE Id=?1", id, 0, &stmt, diag);

    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        err = put_description(weh_stmt_text(stmt, 0), out, diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

/* ---- state ---- */

static struct weh_str as_str(const struct weh_buf *buf)
{
    return (struct weh_str){ (const char *)buf->data, buf->len };
}

static weh_err read_undo(struct weh_txn_stack *stack, struct weh_txn_state *state,
                         struct weh_diag *diag)
{
    struct rows_wanted wanted = { .count = 1 };
    struct rows_found found;
    weh_err err;

    weh_buf_clear(&stack->undo_string);
    if (!stack->records_txns || stack->readonly) {
        return WEH_OK;
    }
    err = rows_live(stack, &wanted, &found, diag);
    state->is_undo_possible = err == WEH_OK && found.ids.n > 0;
    if (state->is_undo_possible) {
        err = read_description(stack, found.range.last, &stack->undo_string, diag);
    }
    weh_txn_ids_fini(&found.ids);
    return err;
}

struct weh_txn_id weh_txn_next_id(const struct weh_txn_stack *stack)
{
    return (struct weh_txn_id){ stack->current };
}

weh_err weh_txn_get_state(struct weh_txn_stack *stack, struct weh_txn_state *out,
                          struct weh_diag *diag)
{
    struct weh_txn_state state = { 0 };
    weh_err err = stack_enter(stack, diag);

    if (err != WEH_OK) {
        return err;
    }
    state.has_unsaved_changes = weh_txn_has_unsaved(stack);
    state.current_txn_id.value = stack->current;
    state.is_redo_possible = stack->n_redo > 0;
    state.depth = stack->n_groups;
    weh_buf_clear(&stack->redo_string);
    err = rows_have_pending(stack, &state.has_pending_txns, diag);
    if (err == WEH_OK) {
        err = read_undo(stack, &state, diag);
    }
    if (err == WEH_OK && state.is_redo_possible) {
        err = read_description(stack, stack_position(stack), &stack->redo_string, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    state.undo_string = as_str(&stack->undo_string);
    state.redo_string = as_str(&stack->redo_string);
    *out = state;
    return WEH_OK;
}

/* ---- list ---- */

static int64_t wall_ms(sqlite3_stmt *stmt, int column)
{
    double ms = (sqlite3_column_double(stmt, column) - JULIAN_1970) * MS_PER_DAY;

    /* Beyond the years that a time can have in text: a damaged row. */
    return ms > -62135596800000.0 && ms < 253402300800000.0 ? (int64_t)(ms + 0.5) : 0;
}

/* The rows of a session stand together: most have the user of the one before. */
struct listing {
    struct author_list authors;
    uint64_t session;
    struct weh_str user; /* of the session */
};

static struct weh_str user_of(struct listing *listing, uint64_t id)
{
    const uint64_t session = id >> 32;

    if (session != listing->session || listing->user.len == 0) {
        listing->session = session;
        listing->user = authors_find(&listing->authors, id);
    }
    return listing->user;
}

static weh_err tell_row(struct weh_txn_stack *stack, sqlite3_stmt *stmt, struct listing *listing,
                        const struct weh_txn_visitor *visitor, struct weh_diag *diag)
{
    struct weh_txn_info info = { .id = { (uint64_t)sqlite3_column_int64(stmt, 0) } };
    weh_err err = put_description(weh_stmt_text(stmt, 1), &stack->undo_string, diag);

    if (err != WEH_OK) {
        return err;
    }
    info.description = as_str(&stack->undo_string);
    info.time_ms = wall_ms(stmt, 2);
    info.grouped = sqlite3_column_int(stmt, 3) != 0;
    info.reversed = sqlite3_column_int(stmt, 4) != 0;
    info.bytes = (uint64_t)sqlite3_column_int64(stmt, 5);
    info.user = user_of(listing, info.id.value);
    visitor->visit(visitor->ctx, &info);
    return WEH_OK;
}

static weh_err list_rows(struct weh_txn_stack *stack, uint32_t limit, struct listing *listing,
                         const struct weh_txn_visitor *visitor, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err = rows_start(stack,
                             "SELECT Id,Operation,Time,Grouped,Deleted,length(Change) "
                             "FROM main.dgn_Txns WHERE Id>=(SELECT min(Id) FROM (SELECT Id FROM "
                             "main.dgn_Txns ORDER BY Id DESC LIMIT ?1)) ORDER BY Id",
                             limit, 0, &stmt, diag);

    while (err == WEH_OK) {
        err = weh_stmt_step(stack->briefcase, stmt, &row, diag);
        if (err != WEH_OK || !row) {
            break;
        }
        err = tell_row(stack, stmt, listing, visitor, diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

weh_err weh_txn_list(struct weh_txn_stack *stack, uint32_t limit,
                     const struct weh_txn_visitor *visitor, struct weh_diag *diag)
{
    struct listing listing = { .user = WEH_STR("") };
    weh_err err = stack_enter(stack, diag);

    weh_assert(visitor != NULL && visitor->visit != NULL);
    if (err == WEH_OK) {
        err = authors_load(stack, &listing.authors, diag);
    }
    if (err == WEH_OK) {
        err = list_rows(stack, limit, &listing, visitor, diag);
    }
    author_list_fini(&listing.authors);
    return err;
}
