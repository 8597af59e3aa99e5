/* tools/weh/soak/soak_kinds.c - the kinds of requests as a table; those that only read.
 */
#include <stdio.h>

#include "soak.h"

static const struct soak_kind_info kinds[] = {
#define X(id, name, method, weight, flags) \
    { #name, method, weight, flags, soak_plan_##name, soak_write_##name, soak_check_##name },
    SOAK_KIND_LIST(X)
#undef X
};

const struct soak_kind_info *soak_kind_info(enum soak_kind kind)
{
    return &kinds[kind];
}

enum soak_kind soak_kind_draw(uint64_t *random)
{
    uint32_t total = 0;
    uint32_t at;
    uint32_t i = 0;

    for (uint32_t k = 0; k < SOAK_KINDS; k++) {
        total += kinds[k].weight;
    }
    at = soak_dice(random, total);
    while (at >= kinds[i].weight) {
        at -= kinds[i++].weight;
    }
    return (enum soak_kind)i;
}

static bool is_result(const struct soak_message *message, enum weh_value_type type)
{
    return message->incoming.kind == WEH_INCOMING_RESULT && message->incoming.value.type == type;
}

/* ---- ping ---- */

bool soak_plan_ping(struct soak_session *session, struct soak_pending *pending)
{
    pending->number = soak_random(&session->random);
    return true;
}

void soak_write_ping(const struct soak_session *session, const struct soak_pending *pending,
                     struct weh_sink *sink)
{
    soak_put_label(sink, "data", session->number, pending->number);
}

bool soak_check_ping(struct soak_session *session, const struct soak_pending *pending,
                     const struct soak_message *message)
{
    char text[SOAK_LABEL_SIZE];

    soak_label(session->number, pending->number, text);
    return is_result(message, WEH_VALUE_MAP) &&
           soak_is_text(&message->incoming.value, "data", text);
}

/* ---- one element ---- */

bool soak_plan_get(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_state *now = &session->model.now;

    if (now->n == 0) {
        return false;
    }
    pending->element = now->elements[soak_dice(&session->random, now->n)];
    return true;
}

void soak_write_get(const struct soak_session *session, const struct soak_pending *pending,
                    struct weh_sink *sink)
{
    (void)session;
    weh_sink_map_begin(sink, 1);
    soak_put_id(sink, "id", pending->element.id);
    weh_sink_map_end(sink);
}

bool soak_check_get(struct soak_session *session, const struct soak_pending *pending,
                    const struct soak_message *message)
{
    const struct soak_element *expected = &pending->element;
    struct soak_element got;

    return is_result(message, WEH_VALUE_MAP) &&
           soak_read_element(session, &message->incoming.value, &got) && got.id == expected->id &&
           got.parent == expected->parent && got.label == expected->label;
}

/* An element that there was. */
static uint64_t draw_ghost(struct soak_session *session)
{
    uint64_t id = session->model.ghosts[soak_dice(&session->random, SOAK_GHOSTS)];

    return id == 0 || soak_state_find(&session->model.now, id) != NULL ? 0 : id;
}

bool soak_plan_get_ghost(struct soak_session *session, struct soak_pending *pending)
{
    pending->element.id = draw_ghost(session);
    return pending->element.id != 0;
}

void soak_write_get_ghost(const struct soak_session *session, const struct soak_pending *pending,
                          struct weh_sink *sink)
{
    soak_write_get(session, pending, sink);
}

bool soak_check_get_ghost(struct soak_session *session, const struct soak_pending *pending,
                          const struct soak_message *message)
{
    (void)session;
    (void)pending;
    return soak_is_error(message, "NotFound");
}

/* ---- many elements ---- */

bool soak_plan_get_many(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_state *now = &session->model.now;
    uint32_t start = now->n == 0 ? 0 : soak_dice(&session->random, now->n);
    uint64_t ghost = draw_ghost(session);

    while (pending->n < SOAK_WINDOW - 1 && pending->n < now->n) {
        const struct soak_element *element = &now->elements[(start + pending->n) % now->n];

        pending->ids[pending->n++] = element->id;
        soak_set_add_element(&pending->set, element);
    }
    if (ghost != 0) {
        pending->ids[pending->n++] = ghost;
    }
    return pending->n > 0;
}

void soak_write_get_many(const struct soak_session *session, const struct soak_pending *pending,
                         struct weh_sink *sink)
{
    (void)session;
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "ids");
    weh_sink_array_begin(sink, pending->n);
    for (uint32_t i = 0; i < pending->n; i++) {
        weh_sink_id(sink, pending->ids[i]);
    }
    weh_sink_array_end(sink);
    weh_sink_map_end(sink);
}

bool soak_check_get_many(struct soak_session *session, const struct soak_pending *pending,
                         const struct soak_message *message)
{
    struct soak_set set = { 0, 0 };

    if (!is_result(message, WEH_VALUE_ARRAY)) {
        return false;
    }
    for (uint32_t i = 0; i < message->incoming.value.n; i++) {
        struct soak_element element;

        if (!soak_read_element(session, &message->incoming.value.as.items[i], &element)) {
            return false;
        }
        soak_set_add_element(&set, &element);
    }
    return soak_set_is(&set, &pending->set);
}

/* All there are; what a settled session ends with. */
bool soak_plan_get_all(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_state *now = &session->model.now;

    for (uint32_t i = 0; i < now->n; i++) {
        soak_set_add_element(&pending->set, &now->elements[i]);
    }
    return true;
}

void soak_write_get_all(const struct soak_session *session, const struct soak_pending *pending,
                        struct weh_sink *sink)
{
    const struct soak_state *now = &session->model.now;

    (void)pending;
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "ids");
    weh_sink_array_begin(sink, now->n);
    for (uint32_t i = 0; i < now->n; i++) {
        weh_sink_id(sink, now->elements[i].id);
    }
    weh_sink_array_end(sink);
    weh_sink_map_end(sink);
}

bool soak_check_get_all(struct soak_session *session, const struct soak_pending *pending,
                        const struct soak_message *message)
{
    return soak_check_get_many(session, pending, message);
}

/* ---- children ---- */

bool soak_plan_children(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_state *now = &session->model.now;
    uint32_t at = soak_dice(&session->random, now->n + 1);

    pending->number =
        at == now->n || session->stage == SOAK_SETTLING ? SOAK_ROOT : now->elements[at].id;
    pending->set = soak_state_children(now, pending->number);
    return true;
}

void soak_write_children(const struct soak_session *session, const struct soak_pending *pending,
                         struct weh_sink *sink)
{
    (void)session;
    weh_sink_map_begin(sink, 1);
    soak_put_id(sink, "id", pending->number);
    weh_sink_map_end(sink);
}

/* Those that the iModel had before it was checked out have ids of another briefcase. */
static bool is_own_id(const struct soak_session *session, uint64_t id)
{
    return id >> 40 == session->briefcase_id;
}

bool soak_check_children(struct soak_session *session, const struct soak_pending *pending,
                         const struct soak_message *message)
{
    struct soak_set set = { 0, 0 };

    if (!is_result(message, WEH_VALUE_ARRAY)) {
        return false;
    }
    for (uint32_t i = 0; i < message->incoming.value.n; i++) {
        uint64_t id = soak_read_id(&message->incoming.value.as.items[i]);

        if (id == 0) {
            return false;
        }
        if (is_own_id(session, id)) {
            soak_set_add_id(&set, id);
        }
    }
    return soak_set_is(&set, &pending->set);
}

/* ---- what a transaction changed ---- */

bool soak_plan_summary(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_model *model = &session->model;

    if (model->n_txns == 0) {
        return false;
    }
    pending->n = soak_dice(&session->random, model->n_txns);
    pending->number = model->txns[pending->n].id;
    pending->set =
        soak_state_changes(soak_model_before(model, pending->n), &model->txns[pending->n].after);
    return true;
}

void soak_write_summary(const struct soak_session *session, const struct soak_pending *pending,
                        struct weh_sink *sink)
{
    (void)session;
    weh_sink_map_begin(sink, 2);
    soak_put_id(sink, "from", pending->number);
    soak_put_id(sink, "to", pending->number);
    weh_sink_map_end(sink);
}

/* @label is the one that the transaction @index left the element @id with. */
static bool is_label_after(const struct soak_session *session, uint32_t index, uint64_t id,
                           const struct weh_value *label)
{
    const struct soak_element *element = soak_state_find(&session->model.txns[index].after, id);
    char text[SOAK_LABEL_SIZE];

    if (element == NULL) {
        return false;
    }
    soak_label(session->number, element->label, text);
    return soak_is_text(label, "new", text);
}

static bool check_change(const struct soak_session *session, const struct soak_pending *pending,
                         const struct weh_value *change, struct soak_set *set)
{
    static const char *const ops[] = { "Inserted", "Updated", "Deleted" };
    uint64_t id = soak_read_id(weh_value_get(change, "id"));
    const struct weh_value *label = weh_value_get(weh_value_get(change, "properties"), "UserLabel");

    if (!is_own_id(session, id)) {
        return soak_is_bool(change, "indirect", true); /* the time of the model */
    }
    for (uint32_t op = 0; op < WEH_ARRAY_LEN(ops); op++) {
        if (soak_is_text(change, "op", ops[op])) {
            soak_set_add_change(set, (enum soak_change)op, id);
            return op == SOAK_DELETED || is_label_after(session, pending->n, id, label);
        }
    }
    return false;
}

bool soak_check_summary(struct soak_session *session, const struct soak_pending *pending,
                        const struct soak_message *message)
{
    const struct weh_value *changes = weh_value_get(&message->incoming.value, "changes");
    struct soak_set set = { 0, 0 };

    if (!is_result(message, WEH_VALUE_MAP) || changes == NULL || changes->type != WEH_VALUE_ARRAY ||
        !soak_is_bool(&message->incoming.value, "done", true)) {
        return false;
    }
    for (uint32_t i = 0; i < changes->n; i++) {
        if (!check_change(session, pending, &changes->as.items[i], &set)) {
            return false;
        }
    }
    return soak_set_is(&set, &pending->set);
}
