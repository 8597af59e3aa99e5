/* tools/weh/soak/soak_txns.c - requests about transactions: save, undo, redo, savepoints, their list. */
#include <stdio.h>
#include <string.h>

#include "soak.h"

#define UNDO_AT_ONCE    3
#define UNDO_TO_AT_ONCE 6

static bool is_result(const struct soak_message *message)
{
    return message->incoming.kind == WEH_INCOMING_RESULT;
}

static bool check_empty(const struct soak_message *message)
{
    return is_result(message) && message->incoming.value.type == WEH_VALUE_MAP &&
           message->incoming.value.n == 0;
}

static void write_txn_id(const struct soak_pending *pending, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 1);
    soak_put_id(sink, "txnId", pending->number);
    weh_sink_map_end(sink);
}

/* ---- save, abandon ---- */

/* The notifications of a save were heard, and tell what changed. Changes the model. */
static bool heard_save(struct soak_session *session)
{
    struct soak_model *model = &session->model;
    const struct soak_heard *heard = &session->heard;
    struct soak_set set = soak_state_changes(soak_model_saved(model), &model->now);

    if (heard->n == 0 || strcmp(heard->letters, "ceC") != 0 || heard->steps[0].txn_id == 0 ||
        !soak_set_is(&heard->steps[0].set, &set)) {
        return false;
    }
    soak_model_save(model, heard->steps[0].txn_id);
    return true;
}

bool soak_check_saved(struct soak_session *session, const struct weh_value *result)
{
    return soak_is_bool(result, "saved", true) &&
           soak_read_id(weh_value_get(result, "txnId")) == session->heard.steps[0].txn_id &&
           heard_save(session);
}

/* Without changes a save must not end savepoints, nor must it keep them: not tested here. */
bool soak_plan_save(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_model *model = &session->model;

    pending->flag = model->now.is_dirty;
    return model->n_done < SOAK_TXNS_MAX && (pending->flag || model->n_savepoints == 0);
}

void soak_write_save(const struct soak_session *session, const struct soak_pending *pending,
                     struct weh_sink *sink)
{
    soak_put_label(sink, "description", session->number, pending->id);
}

bool soak_check_save(struct soak_session *session, const struct soak_pending *pending,
                     const struct soak_message *message)
{
    if (!is_result(message)) {
        return false;
    }
    if (!pending->flag) {
        return soak_is_bool(&message->incoming.value, "saved", false) && session->heard.n == 0;
    }
    return soak_check_saved(session, &message->incoming.value);
}

bool soak_plan_abandon(struct soak_session *session, struct soak_pending *pending)
{
    (void)pending;
    soak_model_abandon(&session->model);
    return true;
}

void soak_write_abandon(const struct soak_session *session, const struct soak_pending *pending,
                        struct weh_sink *sink)
{
    (void)session;
    (void)pending;
    soak_put_empty(sink);
}

bool soak_check_abandon(struct soak_session *session, const struct soak_pending *pending,
                        const struct soak_message *message)
{
    (void)session;
    (void)pending;
    return check_empty(message);
}

/* ---- undo, redo ---- */

/* @ids are those of @n transactions from @first on, in steps of @step; the same was heard. */
static bool check_steps(const struct soak_session *session, const struct weh_value *ids,
                        uint32_t first, uint32_t n, int step)
{
    const struct soak_model *model = &session->model;
    const struct soak_heard *heard = &session->heard;
    char letters[sizeof(heard->letters)] = "b";
    bool is_right =
        heard->n_steps == n && ids != NULL && ids->type == WEH_VALUE_ARRAY && ids->n == n;

    for (uint32_t i = 0; i < n && is_right; i++) {
        uint32_t at = step > 0 ? first + i : first - i;
        const struct soak_state *before = soak_model_before(model, at);
        const struct soak_state *after = &model->txns[at].after;
        struct soak_set set =
            step > 0 ? soak_state_changes(before, after) : soak_state_changes(after, before);

        memcpy(letters + 1 + (size_t)2 * i, "ea", 3);
        is_right = soak_read_id(&ids->as.items[i]) == model->txns[at].id &&
                   heard->steps[i].txn_id == model->txns[at].id &&
                   soak_set_is(&heard->steps[i].set, &set);
    }
    memcpy(letters + 1 + (size_t)2 * n, "z", 2);
    return is_right && strcmp(heard->letters, letters) == 0;
}

static bool check_undo(struct soak_session *session, const struct soak_pending *pending,
                       const struct soak_message *message, bool forget)
{
    struct soak_model *model = &session->model;
    const struct weh_value *ids = weh_value_get(&message->incoming.value, "reversed");

    if (!is_result(message) || !check_steps(session, ids, model->n_done - 1, pending->n, -1)) {
        return false;
    }
    soak_model_undo(model, pending->n, forget);
    return true;
}

bool soak_plan_undo(struct soak_session *session, struct soak_pending *pending)
{
    uint32_t n_done = session->model.n_done;

    if (n_done == 0) {
        return false;
    }
    pending->n = 1 + soak_dice(&session->random, n_done < UNDO_AT_ONCE ? n_done : UNDO_AT_ONCE);
    return true;
}

void soak_write_undo(const struct soak_session *session, const struct soak_pending *pending,
                     struct weh_sink *sink)
{
    (void)session;
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "count");
    weh_sink_int(sink, pending->n);
    weh_sink_map_end(sink);
}

bool soak_check_undo(struct soak_session *session, const struct soak_pending *pending,
                     const struct soak_message *message)
{
    return check_undo(session, pending, message, false);
}

bool soak_plan_undo_to(struct soak_session *session, struct soak_pending *pending)
{
    uint32_t n_done = session->model.n_done;

    if (n_done == 0) {
        return false;
    }
    pending->n =
        1 + soak_dice(&session->random, n_done < UNDO_TO_AT_ONCE ? n_done : UNDO_TO_AT_ONCE);
    pending->number = session->model.txns[n_done - pending->n].id;
    return true;
}

void soak_write_undo_to(const struct soak_session *session, const struct soak_pending *pending,
                        struct weh_sink *sink)
{
    (void)session;
    write_txn_id(pending, sink);
}

bool soak_check_undo_to(struct soak_session *session, const struct soak_pending *pending,
                        const struct soak_message *message)
{
    return check_undo(session, pending, message, false);
}

bool soak_plan_cancel_to(struct soak_session *session, struct soak_pending *pending)
{
    return soak_plan_undo_to(session, pending);
}

void soak_write_cancel_to(const struct soak_session *session, const struct soak_pending *pending,
                          struct weh_sink *sink)
{
    (void)session;
    write_txn_id(pending, sink);
}

bool soak_check_cancel_to(struct soak_session *session, const struct soak_pending *pending,
                          const struct soak_message *message)
{
    return check_undo(session, pending, message, true);
}

/* Not while there are edits: what they do to redo is not what is to be tested here. */
bool soak_plan_redo(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_model *model = &session->model;

    pending->n = model->are_groups_known && model->n_groups > 0 ? model->groups[model->n_groups - 1]
                                                                : 0; /* the server knows */
    return model->n_txns > model->n_done && !model->now.is_dirty && model->n_savepoints == 0;
}

void soak_write_redo(const struct soak_session *session, const struct soak_pending *pending,
                     struct weh_sink *sink)
{
    (void)session;
    (void)pending;
    soak_put_empty(sink);
}

bool soak_check_redo(struct soak_session *session, const struct soak_pending *pending,
                     const struct soak_message *message)
{
    struct soak_model *model = &session->model;
    const struct weh_value *ids = weh_value_get(&message->incoming.value, "reinstated");
    uint32_t n = pending->n;

    if (!is_result(message) || ids == NULL || ids->type != WEH_VALUE_ARRAY) {
        return false;
    }
    n = n == 0 ? ids->n : n;
    if (n == 0 || n > model->n_txns - model->n_done ||
        !check_steps(session, ids, model->n_done, n, 1)) {
        return false;
    }
    soak_model_redo(model, n);
    return true;
}

/* ---- savepoints ---- */

static void write_name(const struct soak_pending *pending, struct weh_sink *sink)
{
    char name[16];

    (void)snprintf(name, sizeof(name), "s%u", pending->n);
    weh_sink_map_begin(sink, 1);
    soak_put_text(sink, "name", name);
    weh_sink_map_end(sink);
}

bool soak_plan_savepoint(struct soak_session *session, struct soak_pending *pending)
{
    pending->n = session->model.n_savepoints;
    if (pending->n == SOAK_SAVEPOINTS_MAX) {
        return false;
    }
    soak_model_savepoint(&session->model);
    return true;
}

void soak_write_savepoint(const struct soak_session *session, const struct soak_pending *pending,
                          struct weh_sink *sink)
{
    (void)session;
    write_name(pending, sink);
}

bool soak_check_savepoint(struct soak_session *session, const struct soak_pending *pending,
                          const struct soak_message *message)
{
    (void)session;
    (void)pending;
    return check_empty(message);
}

bool soak_plan_rollback(struct soak_session *session, struct soak_pending *pending)
{
    struct soak_model *model = &session->model;

    if (model->n_savepoints == 0) {
        return false;
    }
    pending->n = soak_dice(&session->random, model->n_savepoints);
    soak_model_rollback(model, pending->n);
    return true;
}

void soak_write_rollback(const struct soak_session *session, const struct soak_pending *pending,
                         struct weh_sink *sink)
{
    (void)session;
    write_name(pending, sink);
}

bool soak_check_rollback(struct soak_session *session, const struct soak_pending *pending,
                         const struct soak_message *message)
{
    (void)session;
    (void)pending;
    return check_empty(message);
}

bool soak_plan_release(struct soak_session *session, struct soak_pending *pending)
{
    struct soak_model *model = &session->model;

    if (model->n_savepoints == 0) {
        return false;
    }
    pending->n = soak_dice(&session->random, model->n_savepoints);
    model->n_savepoints = pending->n;
    return true;
}

void soak_write_release(const struct soak_session *session, const struct soak_pending *pending,
                        struct weh_sink *sink)
{
    (void)session;
    write_name(pending, sink);
}

bool soak_check_release(struct soak_session *session, const struct soak_pending *pending,
                        const struct soak_message *message)
{
    (void)session;
    (void)pending;
    return check_empty(message);
}

/* ---- what the stack is ---- */

bool soak_plan_state(struct soak_session *session, struct soak_pending *pending)
{
    pending->flag = session->model.now.is_dirty;
    return true;
}

void soak_write_state(const struct soak_session *session, const struct soak_pending *pending,
                      struct weh_sink *sink)
{
    (void)session;
    (void)pending;
    soak_put_empty(sink);
}

/* Transactions change with answers only: the model has them as they were when it was asked. */
bool soak_check_state(struct soak_session *session, const struct soak_pending *pending,
                      const struct soak_message *message)
{
    const struct soak_model *model = &session->model;
    const struct weh_value *value = &message->incoming.value;

    return is_result(message) && soak_is_bool(value, "hasUnsavedChanges", pending->flag) &&
           soak_is_bool(value, "hasPendingTxns", model->n_done > 0) &&
           soak_is_bool(value, "isUndoPossible", model->n_done > 0) &&
           soak_is_bool(value, "isRedoPossible", model->n_txns > model->n_done);
}

bool soak_plan_list(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_model *model = &session->model;

    for (uint32_t i = 0; i < model->n_txns; i++) {
        soak_set_add_id(&pending->set, model->txns[i].id << 1 | (i >= model->n_done ? 1 : 0));
    }
    return true;
}

void soak_write_list(const struct soak_session *session, const struct soak_pending *pending,
                     struct weh_sink *sink)
{
    (void)session;
    (void)pending;
    soak_put_empty(sink);
}

bool soak_check_list(struct soak_session *session, const struct soak_pending *pending,
                     const struct soak_message *message)
{
    const struct weh_value *value = &message->incoming.value;
    struct soak_set set = { 0, 0 };

    (void)session;
    if (!is_result(message) || value->type != WEH_VALUE_ARRAY) {
        return false;
    }
    for (uint32_t i = 0; i < value->n; i++) {
        const struct weh_value *txn = &value->as.items[i];
        uint64_t id = soak_read_id(weh_value_get(txn, "txnId"));

        soak_set_add_id(&set, id << 1 | (soak_is_bool(txn, "reversed", true) ? 1 : 0));
    }
    return soak_set_is(&set, &pending->set);
}

/* ---- closing the briefcase, which saves or abandons ---- */

bool soak_plan_close(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_model *model = &session->model;

    pending->flag = session->stage == SOAK_WORKING && model->n_done < SOAK_TXNS_MAX &&
                    soak_dice(&session->random, 2) == 0;
    return true;
}

void soak_write_close(const struct soak_session *session, const struct soak_pending *pending,
                      struct weh_sink *sink)
{
    (void)session;
    weh_sink_map_begin(sink, 1);
    soak_put_text(sink, "unsaved", pending->flag ? "save" : "abandon");
    weh_sink_map_end(sink);
}

bool soak_check_close(struct soak_session *session, const struct soak_pending *pending,
                      const struct soak_message *message)
{
    struct soak_model *model = &session->model;
    bool saves = pending->flag && model->now.is_dirty;

    if (!check_empty(message) || (saves ? !heard_save(session) : session->heard.n > 0)) {
        return false;
    }
    soak_model_reopen(model);
    session->is_open = false;
    return true;
}
