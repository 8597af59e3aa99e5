/* src/txn/journal.c - the recovery journal of a stack: written, found, brought back, removed.
 *
 * The order of a save is: COMMIT, then the journal goes. A cut in between leaves a journal behind
 * whose fingerprint is not that of the file any more, so that it is never applied twice. Where saves
 * leave no trace in the file (no transactions are recorded), they count themselves in be_Local when
 * there is a journal.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/clock.h"
#include "weh/file.h"

#include "journal_priv.h"
#include "rows_priv.h"

#define KEPT_MAX 1000 /* names that are tried for one that does not fit */
/* Every save, undo, push or pull changes the newest of them, or be_Local. */
#define NEWEST_TXNS "100"

/* ---- what it belongs to ---- */

static weh_err digest_rows(struct weh_txn_stack *stack, const char *sql, EVP_MD_CTX *digest,
                           struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    struct weh_buf *values = &stack->recorder.scratch;
    bool row = true;
    weh_err err = rows_start(stack, sql, 0, 0, &stmt, diag);

    while (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
        if (err != WEH_OK || !row) {
            break;
        }
        weh_buf_clear(values);
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            cs_put_value(values, sqlite3_column_value(stmt, i));
        }
        if (values->err != WEH_OK || EVP_DigestUpdate(digest, values->data, values->len) != 1) {
            err = weh_fail_nomem(diag);
        }
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

weh_err journal_fingerprint(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    struct txn_journal *journal = &stack->journal;
    EVP_MD_CTX *digest;
    weh_err err = WEH_OK;

    if (journal->has_fingerprint) {
        return WEH_OK;
    }
    digest = EVP_MD_CTX_new();
    if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1) {
        err = weh_fail_nomem(diag);
    }
    /* Nothing unsaved is in these two: they are written just before a commit. */
    if (err == WEH_OK) {
        err = digest_rows(stack,
                          "SELECT Id,Deleted,Grouped,Operation,IsSchemaChange,Time,length(Change) "
                          "FROM main.dgn_Txns ORDER BY Id DESC LIMIT " NEWEST_TXNS,
                          digest, diag);
    }
    if (err == WEH_OK) {
        err = digest_rows(stack, "SELECT Name,Val FROM main.be_Local ORDER BY Name", digest, diag);
    }
    if (err == WEH_OK && EVP_DigestFinal_ex(digest, journal->fingerprint, NULL) != 1) {
        err = weh_fail_nomem(diag);
    }
    EVP_MD_CTX_free(digest);
    journal->has_fingerprint = err == WEH_OK;
    return err;
}

static weh_err make_path(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    return stack_path_beside(stack, JOURNAL_SUFFIX, &stack->journal.path, diag);
}

/* ---- what the rest of the stack calls ---- */

static void remove_file(struct txn_journal *journal)
{
    /* Should it come back, by a failure here or a power cut, it does not fit the file any more; or
     * nothing was saved, and it is offered again. */
    (void)unlink(journal->path);
    journal->exists = false;
    journal->pending = false;
}

void journal_settled(struct weh_txn_stack *stack)
{
    stack->journal.has_fingerprint = false;
    weh_journal_discard(stack);
}

void journal_lost(struct weh_txn_stack *stack)
{
    stack->journal.pending = stack->journal.exists;
}

weh_err journal_count_save(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    if (stack->records_txns || !stack->journal.exists) {
        return WEH_OK;
    }
    return rows_run(stack,
                    "INSERT INTO main.be_Local(Name,Val) VALUES('weh_saves',1) "
                    "ON CONFLICT(Name) DO UPDATE SET Val=Val+1",
                    0, 0, diag);
}

void journal_fini(struct txn_journal *journal)
{
    weh_free(journal->path);
    journal->path = NULL;
}

/* ---- found when the file is opened ---- */

static void tell(const struct journal_content *content, struct weh_journal_info *out)
{
    *out = (struct weh_journal_info){ .time_ms = content->head.time_ms,
                                      .n_rows = content->n_rows,
                                      .n_bytes = content->n_bytes };
    memcpy(out->user, content->head.user, sizeof(out->user));
}

/* Under the first name that is free. */
static weh_err put_aside(const char *path, struct weh_diag *diag)
{
    char name[PATH_MAX];

    for (unsigned i = 1; i <= KEPT_MAX; i++) {
        int n = snprintf(name, sizeof(name), "%s.kept-%u", path, i);

        if (n < 0 || (size_t)n >= sizeof(name)) {
            return weh_file_fail(diag, ENAMETOOLONG);
        }
        /* Only while the briefcase is open for writing: nobody else takes the name in between. */
        if (access(name, F_OK) == 0) {
            continue;
        }
        return rename(path, name) == 0 ? WEH_OK : weh_file_fail(diag, errno);
    }
    return weh_fail(diag, WEH_E_LIMIT, "too many recovery journals were kept beside the file");
}

static enum weh_journal_state judge(const struct weh_txn_stack *stack,
                                    const struct journal_content *content)
{
    const struct weh_guid *imodel = weh_briefcase_imodel_guid(stack->briefcase);

    if (!content->found) {
        return WEH_JOURNAL_NONE;
    }
    if (!content->whole) {
        return WEH_JOURNAL_DAMAGED;
    }
    if (memcmp(content->head.imodel.bytes, imodel->bytes, sizeof(imodel->bytes)) != 0 ||
        content->head.briefcase_id != weh_briefcase_id(stack->briefcase)) {
        return WEH_JOURNAL_FOREIGN;
    }
    return memcmp(content->head.fingerprint, stack->journal.fingerprint,
                  sizeof(content->head.fingerprint)) == 0
               ? WEH_JOURNAL_PENDING
               : WEH_JOURNAL_STALE;
}

static weh_err read_and_judge(struct weh_txn_stack *stack, struct journal_content *content,
                              struct weh_buf *changes, enum weh_journal_state *state,
                              struct weh_diag *diag)
{
    weh_err err = make_path(stack, diag);

    if (err == WEH_OK) {
        err = journal_read(stack->journal.path, content, changes, diag);
    }
    if (err == WEH_OK && content->whole) {
        err = journal_fingerprint(stack, diag);
    }
    if (err == WEH_OK) {
        *state = judge(stack, content);
    }
    return err;
}

weh_err weh_journal_look(struct weh_txn_stack *stack, enum weh_journal_state *state,
                         struct weh_journal_info *info, struct weh_diag *diag)
{
    struct journal_content content;
    weh_err err = stack_enter(stack, diag);

    weh_assert(state != NULL && info != NULL);
    *state = WEH_JOURNAL_NONE;
    *info = (struct weh_journal_info){ 0 };
    if (err != WEH_OK || stack->readonly || stack->journal.exists) {
        return err;
    }
    err = read_and_judge(stack, &content, NULL, state, diag);
    if (err != WEH_OK || *state == WEH_JOURNAL_NONE) {
        return err;
    }
    if (*state != WEH_JOURNAL_DAMAGED) {
        tell(&content, info);
    }
    stack->journal.pending = *state == WEH_JOURNAL_PENDING;
    stack->journal.exists = stack->journal.pending;
    return stack->journal.pending ? WEH_OK : put_aside(stack->journal.path, diag);
}

bool weh_journal_is_pending(const struct weh_txn_stack *stack)
{
    weh_assert(stack != NULL);
    return stack->journal.pending;
}

static weh_err check_pending(const struct weh_txn_stack *stack, struct weh_diag *diag)
{
    return stack->journal.pending
               ? WEH_OK
               : weh_fail(diag, WEH_E_NOT_FOUND, "there are no unsaved changes to recover");
}

static weh_err fail_unfit(struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_CANNOT_RESTORE, "the unsaved changes do not fit the file");
}

/* Read what is pending once more: the file may have been touched since. */
static weh_err read_pending(struct weh_txn_stack *stack, struct journal_content *content,
                            struct weh_buf *changes, struct weh_diag *diag)
{
    enum weh_journal_state state = WEH_JOURNAL_NONE;
    weh_err err = check_pending(stack, diag);

    if (err == WEH_OK) {
        err = read_and_judge(stack, content, changes, &state, diag);
    }
    return err == WEH_OK && state != WEH_JOURNAL_PENDING ? fail_unfit(diag) : err;
}

weh_err weh_journal_get_info(struct weh_txn_stack *stack, struct weh_journal_info *info,
                             struct weh_diag *diag)
{
    struct journal_content content;
    weh_err err = stack_enter(stack, diag);

    weh_assert(info != NULL);
    if (err == WEH_OK) {
        err = read_pending(stack, &content, NULL, diag);
    }
    if (err == WEH_OK) {
        tell(&content, info);
    }
    return err;
}

/* ---- writing ---- */

bool weh_journal_is_due(const struct weh_txn_stack *stack)
{
    const struct txn_journal *journal = &stack->journal;

    weh_assert(stack != NULL);
    if (stack->readonly || journal->pending || stack->state == TXN_BROKEN) {
        return false;
    }
    return stack->recorder.any ? journal->written != stack->recorder.n_touches : journal->exists;
}

static void fill_head(struct weh_txn_stack *stack, const char *user, struct journal_head *out)
{
    *out = (struct journal_head){ .imodel = *weh_briefcase_imodel_guid(stack->briefcase),
                                  .briefcase_id = weh_briefcase_id(stack->briefcase),
                                  .time_ms = weh_clock_wall_ms(),
                                  .restart = stack->restart_unsaved };
    memcpy(out->fingerprint, stack->journal.fingerprint, sizeof(out->fingerprint));
    weh_briefcase_get_id_marks(stack->briefcase, &out->ids);
    txn_cut_name(user, out->user);
}

static weh_err write_group(struct journal_writer *writer, const struct weh_spill *group,
                           struct weh_diag *diag)
{
    uint8_t piece[8192];
    uint64_t len = weh_spill_len(group);
    weh_err err = WEH_OK;

    for (uint64_t at = 0; at < len && err == WEH_OK; at += sizeof(piece)) {
        size_t n = len - at < sizeof(piece) ? (size_t)(len - at) : sizeof(piece);

        err = weh_spill_read(group, at, piece, n, diag);
        if (err == WEH_OK) {
            err = journal_writer_put(writer, piece, n, diag);
        }
    }
    return err;
}

static weh_err write_changes(struct weh_txn_stack *stack, const struct journal_head *head,
                             struct weh_diag *diag)
{
    const struct tables *tables = &stack->tables;
    struct journal_writer *writer = NULL;
    uint64_t n_rows = 0;
    weh_err err = journal_writer_begin(stack->journal.path, head, &writer, diag);

    for (size_t i = 0; i < tables->n && err == WEH_OK; i++) {
        const struct table *table = tables->items[i];

        n_rows += weh_spill_len(&table->group) == 0 ? 0 : table->n_changes;
        err = write_group(writer, &table->group, diag);
    }
    if (err != WEH_OK) {
        journal_writer_abandon(writer);
        return err;
    }
    /* Whatever comes of it, there may be one now. */
    stack->journal.exists = true;
    return journal_writer_finish(writer, n_rows, diag);
}

weh_err weh_journal_write(struct weh_txn_stack *stack, const char *user, bool *written,
                          struct weh_diag *diag)
{
    struct txn_journal *journal = &stack->journal;
    struct journal_head head;
    uint64_t n_bytes = 0;
    weh_err err = stack_enter(stack, diag);

    weh_assert(user != NULL && written != NULL);
    *written = false;
    if (err != WEH_OK || !weh_journal_is_due(stack)) {
        *written = err == WEH_OK && journal->exists && !journal->pending;
        return err;
    }
    err = recorder_look(&stack->recorder, &n_bytes, diag);
    if (err == WEH_OK && n_bytes == 0) {
        journal->written = stack->recorder.n_touches;
        if (journal->exists) {
            remove_file(journal);
        }
        return WEH_OK;
    }
    if (err == WEH_OK) {
        err = make_path(stack, diag);
    }
    if (err == WEH_OK) {
        err = journal_fingerprint(stack, diag);
    }
    if (err == WEH_OK) {
        fill_head(stack, user, &head);
        err = write_changes(stack, &head, diag);
    }
    if (err == WEH_OK) {
        journal->written = stack->recorder.n_touches;
        *written = true;
    }
    return err;
}

void weh_journal_discard(struct weh_txn_stack *stack)
{
    weh_assert(stack != NULL);
    if (stack->journal.exists && !stack->journal.pending) {
        remove_file(&stack->journal);
    }
}

/* ---- the decision ---- */

static weh_err restore(struct weh_txn_stack *stack, const struct journal_head *head,
                       const struct weh_buf *changes, struct weh_diag *diag)
{
    weh_err err = journal_apply(stack, changes->data, changes->len, diag);

    if (err == WEH_OK) {
        err = weh_briefcase_set_id_marks(stack->briefcase, &head->ids, diag);
        err = err == WEH_E_CORRUPT ? fail_unfit(diag) : err;
    }
    if (err == WEH_OK && head->restart) {
        err = weh_txn_restart(stack, diag);
    }
    return err;
}

static void tell_observer(struct weh_txn_stack *stack, const struct weh_buf *changes)
{
    const struct weh_txn_observer *observer = &stack->observer;
    const struct change_source source = { .bytes = changes->data, .len = changes->len };
    struct weh_txn_id id = { stack->current };

    change_builder_clear(&stack->builder);
    /* What is restored stays so when there is no memory left to tell of it. */
    if (observer->changed != NULL &&
        change_builder_scan(&stack->builder, &source, false, NULL) == WEH_OK &&
        change_builder_finish(&stack->builder, NULL) == WEH_OK) {
        observer->changed(observer->ctx, id, &stack->builder.list);
    }
    change_builder_fini(&stack->builder);
}

weh_err weh_journal_restore(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    struct journal_content content;
    struct weh_buf changes;
    weh_err err = stack_enter(stack, diag);

    weh_buf_init(&changes, TXN_LIMIT_BYTES);
    if (err == WEH_OK) {
        err = check_pending(stack, diag);
    }
    if (err == WEH_OK && weh_txn_has_unsaved(stack)) {
        err = weh_fail(diag, WEH_E_UNSAVED_CHANGES, "there are unsaved changes already");
    }
    if (err == WEH_OK) {
        err = read_pending(stack, &content, &changes, diag);
    }
    if (err == WEH_OK && stack->state == TXN_IN_TXN) {
        /* Rows that were touched for nothing, savepoints. */
        err = stack_roll_back(stack, diag);
    }
    if (err == WEH_OK) {
        err = restore(stack, &content.head, &changes, diag);
        if (err != WEH_OK && stack->state != TXN_BROKEN) {
            (void)stack_roll_back(stack, NULL);
        }
    }
    if (err == WEH_OK) {
        stack->journal.pending = false;
        stack->journal.written = stack->recorder.n_touches;
        tell_observer(stack, &changes);
    }
    weh_buf_fini(&changes);
    return err;
}

weh_err weh_journal_drop(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    struct txn_journal *journal = &stack->journal;
    int number;
    weh_err err = check_pending(stack, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (unlink(journal->path) != 0 && errno != ENOENT) {
        return weh_file_fail(diag, errno);
    }
    journal->exists = false;
    journal->pending = false;
    /* So that it does not come back by a power cut; should it, it is offered once more. */
    number = weh_file_sync_folder(journal->path);
    return number == 0 ? WEH_OK : weh_file_fail(diag, number);
}
