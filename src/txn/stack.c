/* src/txn/stack.c - the transaction stack: its life, its states, save and abandon.
 *
 * Undo and redo are in undo.c, what clients are told of the stack in list.c.
 */
#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/clock.h"

#include "authors_priv.h"
#include "rows_priv.h"

#define IN(state) (1U << TXN_##state)

/* A save of more can be cancelled once it writes. */
#define LONG_ROWS  2000
#define LONG_BYTES ((uint64_t)1024 * 1024)

static const unsigned next_states[] = {
    [TXN_IDLE] = IN(IN_TXN) | IN(BROKEN),
    [TXN_IN_TXN] = IN(IDLE) | IN(BROKEN),
    [TXN_BROKEN] = 0,
};
WEH_STATIC_ASSERT(WEH_ARRAY_LEN(next_states) == TXN_N_STATES, "a row for each state");

void stack_move(struct weh_txn_stack *stack, enum txn_state to)
{
    if (stack->state == to) {
        return;
    }
    weh_assert((next_states[stack->state] & (1U << to)) != 0);
    stack->state = to;
}

static void on_first_change(void *ctx)
{
    struct weh_txn_stack *stack = ctx;

    if (stack->state != TXN_BROKEN) {
        stack_move(stack, TXN_IN_TXN);
    }
}

/* Everything unsaved is in the file or gone. */
static void settle(struct weh_txn_stack *stack)
{
    recorder_reset(&stack->recorder);
    stack->recorder.paused = false;
    stack->recorder.indirect = false;
    weh_buf_fini(&stack->bytes);
    stack_move(stack, TXN_IDLE);
}

weh_err stack_enter(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    weh_assert(stack != NULL);
    if (stack->state == TXN_BROKEN) {
        return weh_fail(diag, WEH_E_DB, "the file is not in a known state");
    }
    recorder_sync(&stack->recorder);
    if (!stack->recorder.any) {
        stack_move(stack, TXN_IDLE);
    }
    savepoints_follow(stack);
    return WEH_OK;
}

uint64_t stack_position(const struct weh_txn_stack *stack)
{
    return stack->n_redo > 0 ? stack->redo[stack->n_redo - 1].first : stack->current;
}

weh_err stack_path_beside(const struct weh_txn_stack *stack, const char *suffix, char **path,
                          struct weh_diag *diag)
{
    const char *file = sqlite3_db_filename(stack->db, "main");
    const size_t size = file == NULL ? 0 : strlen(file) + strlen(suffix) + 1;

    if (*path != NULL) {
        return WEH_OK;
    }
    if (size == 0 || file[0] == '\0') {
        return weh_fail(diag, WEH_E_UNSUPPORTED, "the briefcase is no file");
    }
    *path = weh_malloc(size);
    if (*path == NULL) {
        return weh_fail_nomem(diag);
    }
    (void)snprintf(*path, size, "%s%s", file, suffix);
    return WEH_OK;
}

weh_err stack_commit(struct weh_txn_stack *stack, size_t n_redo, struct weh_diag *diag)
{
    weh_err err = record_write(stack, n_redo, diag);

    if (err == WEH_OK) {
        err = weh_briefcase_commit(stack->briefcase, diag);
    }
    if (err == WEH_OK) {
        record_committed(stack);
        stack->restart_unsaved = false;
        journal_settled(stack);
    }
    return err;
}

weh_err stack_roll_back(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    weh_err err = weh_briefcase_rollback(stack->briefcase, diag);

    settle(stack);
    if (err != WEH_OK) {
        stack_move(stack, TXN_BROKEN);
    }
    return err;
}

weh_err weh_txn_stack_create(struct weh_briefcase *briefcase, const struct weh_ec_catalog *catalog,
                             struct weh_txn_stack **out, struct weh_diag *diag)
{
    struct weh_txn_stack *stack;
    weh_err err;

    weh_assert(briefcase != NULL && catalog != NULL && out != NULL);
    stack = weh_calloc(1, sizeof(*stack));
    if (stack == NULL) {
        return weh_fail_nomem(diag);
    }
    stack->briefcase = briefcase;
    stack->db = weh_briefcase_db(briefcase);
    stack->readonly = weh_briefcase_is_readonly(briefcase);
    stack->records_txns = weh_briefcase_records_txns(briefcase);
    stack->tables.briefcase = briefcase;
    stack->tables.catalog = catalog;
    change_builder_init(&stack->builder, &stack->tables);
    recorder_init(&stack->recorder, &stack->tables, stack->db);
    stack->recorder.first_change = on_first_change;
    stack->recorder.ctx = stack;
    err = rows_begin_session(stack, diag);
    if (err == WEH_OK && stack->records_txns && !stack->readonly) {
        err = record_load(stack, diag);
    }
    if (err != WEH_OK) {
        weh_txn_stack_destroy(stack);
        return err;
    }
    *out = stack;
    return WEH_OK;
}

void weh_txn_stack_destroy(struct weh_txn_stack *stack)
{
    if (stack == NULL) {
        return;
    }
    recorder_fini(&stack->recorder);
    change_builder_fini(&stack->builder);
    tables_fini(&stack->tables);
    groups_close(stack);
    savepoints_fini(stack);
    weh_free(stack->groups);
    weh_free(stack->redo);
    weh_buf_fini(&stack->record);
    weh_buf_fini(&stack->record_new);
    weh_buf_fini(&stack->bytes);
    weh_buf_fini(&stack->undo_string);
    weh_buf_fini(&stack->redo_string);
    journal_fini(&stack->journal);
    authors_fini(&stack->authors);
    weh_free(stack);
}

void weh_txn_set_observer(struct weh_txn_stack *stack, const struct weh_txn_observer *observer)
{
    stack->observer = *observer;
}

void weh_txn_set_propagator(struct weh_txn_stack *stack,
                            const struct weh_txn_propagator *propagator)
{
    stack->propagator = *propagator;
}

void weh_txn_set_watch(struct weh_txn_stack *stack, const struct weh_txn_watch *watch)
{
    stack->tables.watch = (struct watch){ .n_ticks = 0 };
    if (watch != NULL) {
        stack->tables.watch.told = *watch;
    }
}

bool weh_txn_has_met_schema(const struct weh_txn_stack *stack)
{
    /* A table is looked up when its first row is recorded or applied, and stays known. */
    for (size_t i = 0; i < stack->tables.n; i++) {
        if (strncmp(stack->tables.items[i]->name, "ec_", 3) == 0) {
            return true;
        }
    }
    return false;
}

bool weh_txn_has_unsaved(struct weh_txn_stack *stack)
{
    bool changed = false;

    if (stack_enter(stack, NULL) != WEH_OK || !stack->recorder.any) {
        return false;
    }
    /* When that cannot be found out, it is safer to say yes. */
    return recorder_has_net_change(&stack->recorder, &changed, NULL) != WEH_OK || changed;
}

struct weh_txn_held weh_txn_get_held(const struct weh_txn_stack *stack)
{
    struct weh_txn_held held = { 0 };

    for (size_t i = 0; i < stack->tables.n; i++) {
        const struct table *table = stack->tables.items[i];

        held.memory_bytes += (uint64_t)table->records_capacity * sizeof(*table->records) +
                             (uint64_t)table->n_buckets * sizeof(*table->buckets) +
                             table->keys.capacity + table->old.tail.capacity;
        held.temporary_bytes += table->old.in_file;
        held.n_rows += table->n_records;
    }
    return held;
}

/* ---- save ---- */

/* Rows of tables that are not tracked, or nothing at all. */
static weh_err commit_only(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (stack->restart_unsaved) {
        err = rows_delete_reversed(stack, diag);
    }
    if (err == WEH_OK) {
        err = stack_commit(stack, stack->n_redo, diag);
    }
    if (err == WEH_OK) {
        settle(stack);
    }
    return err;
}

static weh_err list_changes(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    struct tables *tables = &stack->tables;
    weh_err err = WEH_OK;

    change_builder_clear(&stack->builder);
    for (size_t i = 0; i < tables->n && err == WEH_OK; i++) {
        const struct change_source source = { .spill = &tables->items[i]->group };

        if (weh_spill_len(source.spill) > 0) {
            err = change_builder_scan(&stack->builder, &source, false, diag);
        }
    }
    return err == WEH_OK ? change_builder_finish(&stack->builder, diag) : err;
}

/* The dependent changes go into the same transaction, marked as indirect. */
static weh_err propagate(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    uint64_t n_bytes = 0;
    weh_err err = WEH_OK;

    if (stack->propagator.propagate != NULL) {
        stack->recorder.indirect = true;
        err = stack->propagator.propagate(stack->propagator.ctx, &stack->builder.list, diag);
        stack->recorder.indirect = false;
    }
    if (err == WEH_OK) {
        err = recorder_write(&stack->recorder, &n_bytes, diag);
    }
    return err == WEH_OK ? change_builder_scan_guids(&stack->builder, diag) : err;
}

static weh_err store(struct weh_txn_stack *stack, struct weh_str description, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (stack->may_have_reversed) {
        err = rows_delete_reversed(stack, diag);
    }
    return err == WEH_OK ? rows_insert(stack, description, diag) : err;
}

/* In memory what store has made durable: nothing here can fail. */
static void saved(struct weh_txn_stack *stack, struct weh_txn_id *txn_id)
{
    const struct weh_txn_observer *observer = &stack->observer;
    struct weh_txn_id id = { stack->current++ };

    stack->n_redo = 0;
    stack->may_have_reversed = false;
    stack->pending = KNOWN_YES;
    settle(stack);
    if (stack->propagator.saved != NULL) {
        stack->propagator.saved(stack->propagator.ctx);
    }
    if (observer->changed != NULL) {
        observer->changed(observer->ctx, id, &stack->builder.list);
    }
    if (observer->committed != NULL) {
        observer->committed(observer->ctx, id, true, weh_clock_wall_ms());
    }
    change_builder_fini(&stack->builder);
    *txn_id = id;
}

/* What a save does before its commit. */
static weh_err save_steps(struct weh_txn_stack *stack, struct weh_str description,
                          struct weh_diag *diag)
{
    weh_err err = list_changes(stack, diag);

    if (err == WEH_OK) {
        err = propagate(stack, diag);
    }
    return err == WEH_OK ? store(stack, description, diag) : err;
}

/* The same for many rows: *@kept when it came to nothing, and the file is as it was before. */
static weh_err save_long_steps(struct weh_txn_stack *stack, struct weh_str description, bool *kept,
                               struct weh_diag *diag)
{
    struct weh_diag undo_diag;
    weh_err err = weh_briefcase_edit_begin(stack->briefcase, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = save_steps(stack, description, diag);
    if (err == WEH_OK) {
        err = tables_ask(&stack->tables, diag);
    }
    if (err == WEH_OK) {
        return weh_briefcase_edit_end(stack->briefcase, true, diag);
    }
    *kept = weh_briefcase_edit_end(stack->briefcase, false, &undo_diag) == WEH_OK;
    return err;
}

/* The work may take long: whoever waits may lose patience. */
static bool is_long(const struct weh_txn_stack *stack, uint64_t n_bytes)
{
    return n_bytes > LONG_BYTES || recorder_rows(&stack->recorder) > LONG_ROWS;
}

/* With the name of who saves; to the end. */
static weh_err save_named(struct weh_txn_stack *stack, struct weh_str description, uint64_t n_bytes,
                          bool *kept, struct weh_diag *diag)
{
    struct author_list authors = { NULL, 0 };
    bool due = false;
    weh_err err = authors_before_save(stack, &due, &authors, diag);

    if (err == WEH_OK) {
        err = is_long(stack, n_bytes) ? save_long_steps(stack, description, kept, diag)
                                      : save_steps(stack, description, diag);
    }
    if (err == WEH_OK && due) {
        err = authors_write_saver(stack, &authors, diag);
    }
    if (err == WEH_OK) {
        err = stack_commit(stack, 0, diag);
    }
    author_list_fini(&authors);
    return err;
}

static weh_err save_changes(struct weh_txn_stack *stack, struct weh_str description, bool *is_saved,
                            struct weh_txn_id *txn_id, bool *kept, struct weh_diag *diag)
{
    uint64_t n_bytes = 0;
    weh_err err = recorder_write(&stack->recorder, &n_bytes, diag);

    *kept = err != WEH_OK;
    if (err != WEH_OK) {
        return err;
    }
    if (n_bytes == 0 || !stack->records_txns) {
        err = n_bytes == 0 ? WEH_OK : journal_count_save(stack, diag);
        err = err == WEH_OK ? commit_only(stack, diag) : err;
        *is_saved = err == WEH_OK && n_bytes > 0;
        return err;
    }
    if (stack->observer.commit != NULL) {
        stack->observer.commit(stack->observer.ctx);
    }
    err = save_named(stack, description, n_bytes, kept, diag);
    if (err == WEH_OK) {
        saved(stack, txn_id);
        *is_saved = true;
    }
    return err;
}

/* After @err nothing of what is unsaved is lost, if the file is as it was. */
static bool is_harmless(weh_err err)
{
    return err == WEH_E_CANCELLED || err == WEH_E_TOO_LARGE || err == WEH_E_LIMIT;
}

weh_err weh_txn_save(struct weh_txn_stack *stack, struct weh_str description, bool *saved_out,
                     struct weh_txn_id *txn_id, struct weh_diag *diag)
{
    bool kept = false;
    weh_err err = stack_enter(stack, diag);

    weh_assert(saved_out != NULL && txn_id != NULL);
    *saved_out = false;
    *txn_id = (struct weh_txn_id){ 0 };
    if (err != WEH_OK || stack->readonly) {
        return err;
    }
    if (description.len > TXN_DESCRIPTION_MAX) {
        return weh_fail_where(diag, WEH_E_TOO_LARGE, "description", "at most %d bytes",
                              TXN_DESCRIPTION_MAX);
    }
    /* Written, listed and packed: three steps a row. */
    stack->tables.watch.done = 0;
    stack->tables.watch.total = recorder_rows(&stack->recorder) * 3;
    err = stack->recorder.any ? save_changes(stack, description, saved_out, txn_id, &kept, diag)
                              : commit_only(stack, diag);
    if (err == WEH_OK) {
        return WEH_OK;
    }
    change_builder_fini(&stack->builder);
    recorder_stale(&stack->recorder);
    if (!kept || !is_harmless(err) || weh_briefcase_lost_transaction(stack->briefcase)) {
        /* The first error is the one to tell; a failure here shows in the state. */
        (void)stack_roll_back(stack, NULL);
        journal_lost(stack);
    }
    return err;
}

weh_err weh_txn_abandon(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    bool lost = weh_briefcase_lost_transaction(stack->briefcase);
    weh_err err = stack_enter(stack, diag);

    if (err != WEH_OK || stack->readonly) {
        return err;
    }
    err = stack_roll_back(stack, diag);
    if (lost) {
        journal_lost(stack);
    } else if (err == WEH_OK) {
        journal_settled(stack);
    }
    /* A commit would make a pending journal worthless. */
    if (err == WEH_OK && stack->restart_unsaved && !stack->journal.pending &&
        commit_only(stack, NULL) != WEH_OK) {
        /* The next commit tries again; what was asked for is done. */
        return stack_roll_back(stack, diag);
    }
    return err;
}

/* ---- restart ---- */

weh_err weh_txn_restart(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    struct txn_row last;
    weh_err err = stack_enter(stack, diag);

    if (err != WEH_OK || stack->readonly) {
        return err;
    }
    err = rows_last_live(stack, &last, diag);
    if (err == WEH_OK) {
        err = rows_begin_session(stack, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    stack->floor = (struct txn_floor){ 0 };
    if (last.id != 0) {
        /* Not this session's first id: when its rows go, a later session may have the same number. */
        stack->floor = (struct txn_floor){ last.id + 1, last.id, last.time };
    }
    stack->may_have_reversed = stack->may_have_reversed || stack->n_redo > 0;
    stack->n_redo = 0;
    groups_close(stack);
    stack->restart_unsaved = stack->records_txns;
    if (stack->restart_unsaved && !stack->recorder.any && stack->n_savepoints == 0) {
        err = commit_only(stack, diag);
        if (err != WEH_OK) {
            (void)stack_roll_back(stack, NULL);
        }
    }
    return err;
}
