/* tools/weh/soak/soak_edits.c - requests that change elements. */
#include "soak.h"

#define NO_ELEMENT 0xffffffffffULL /* nobody has that id */

static bool is_result(const struct soak_message *message)
{
    return message->incoming.kind == WEH_INCOMING_RESULT;
}

/* A new element below the root or, as often, below another. Its id is told by the answer. */
static void draw_element(struct soak_session *session, struct soak_element *out)
{
    const struct soak_state *now = &session->model.now;
    uint32_t at = soak_dice(&session->random, 2 * now->n + 1);

    *out = (struct soak_element){
        .parent = at < now->n ? now->elements[at].id : SOAK_ROOT,
        .label = soak_random(&session->random),
    };
}

/* The props of a new element; @parent a variable of the batch instead of the element's. */
static void put_props(const struct soak_session *session, const struct soak_element *element,
                      const char *parent, struct weh_sink *sink)
{
    char label[SOAK_LABEL_SIZE];

    soak_label(session->number, element->label, label);
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "props");
    weh_sink_map_begin(sink, 5);
    soak_put_text(sink, "classFullName", "BisCore:Subject");
    soak_put_text(sink, "model", "0x1");
    weh_sink_key(sink, "code");
    weh_sink_map_begin(sink, 3);
    soak_put_text(sink, "spec", "0x1");
    soak_put_text(sink, "scope", "0x1");
    soak_put_text(sink, "value", "");
    weh_sink_map_end(sink);
    weh_sink_key(sink, "parent");
    weh_sink_map_begin(sink, 2);
    if (parent != NULL) {
        soak_put_text(sink, "id", parent);
    } else {
        soak_put_id(sink, "id", element->parent);
    }
    soak_put_text(sink, "relClassName", "BisCore:SubjectOwnsSubjects");
    weh_sink_map_end(sink);
    soak_put_text(sink, "userLabel", label);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
}

/* True when @value has the id of a new element, which @element is with it. */
static bool take_id(struct soak_session *session, const struct weh_value *value,
                    struct soak_element *element)
{
    element->id = soak_read_id(weh_value_get(value, "id"));
    if (element->id >> 40 != session->briefcase_id ||
        soak_state_find(&session->model.now, element->id) != NULL) {
        return false;
    }
    soak_state_insert(&session->model.now, element);
    return true;
}

/* ---- insert ---- */

bool soak_plan_insert(struct soak_session *session, struct soak_pending *pending)
{
    if (session->model.now.n + 1 > SOAK_ELEMENTS_MAX) {
        return false;
    }
    draw_element(session, &pending->element);
    return true;
}

void soak_write_insert(const struct soak_session *session, const struct soak_pending *pending,
                       struct weh_sink *sink)
{
    put_props(session, &pending->element, NULL, sink);
}

bool soak_check_insert(struct soak_session *session, const struct soak_pending *pending,
                       const struct soak_message *message)
{
    struct soak_element element = pending->element;

    return is_result(message) && take_id(session, &message->incoming.value, &element);
}

/* ---- update, delete ---- */

bool soak_plan_update(struct soak_session *session, struct soak_pending *pending)
{
    struct soak_state *now = &session->model.now;

    if (now->n == 0) {
        return false;
    }
    pending->element = now->elements[soak_dice(&session->random, now->n)];
    pending->element.label = soak_random(&session->random);
    soak_state_update(now, pending->element.id, pending->element.label);
    return true;
}

void soak_write_update(const struct soak_session *session, const struct soak_pending *pending,
                       struct weh_sink *sink)
{
    char label[SOAK_LABEL_SIZE];

    soak_label(session->number, pending->element.label, label);
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "props");
    weh_sink_map_begin(sink, 2);
    soak_put_id(sink, "id", pending->element.id);
    soak_put_text(sink, "userLabel", label);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
}

bool soak_check_update(struct soak_session *session, const struct soak_pending *pending,
                       const struct soak_message *message)
{
    (void)session;
    (void)pending;
    return is_result(message);
}

/* Only what is saved: else a transaction might come to nothing, and whether that is one is not what
 * is to be tested here. */
bool soak_plan_delete(struct soak_session *session, struct soak_pending *pending)
{
    struct soak_model *model = &session->model;
    const struct soak_element *element;

    if (model->now.n == 0) {
        return false;
    }
    element = &model->now.elements[soak_dice(&session->random, model->now.n)];
    if (soak_state_find(soak_model_saved(model), element->id) == NULL) {
        return false;
    }
    pending->element = *element;
    soak_model_delete(model, pending->element.id);
    return true;
}

void soak_write_delete(const struct soak_session *session, const struct soak_pending *pending,
                       struct weh_sink *sink)
{
    soak_write_get(session, pending, sink);
}

bool soak_check_delete(struct soak_session *session, const struct soak_pending *pending,
                       const struct soak_message *message)
{
    (void)session;
    (void)pending;
    return is_result(message);
}

/* ---- many edits in one request ---- */

static void begin_op(struct weh_sink *sink, const char *method, const char *as)
{
    weh_sink_map_begin(sink, as == NULL ? 2 : 3);
    soak_put_text(sink, "method", method);
    if (as != NULL) {
        soak_put_text(sink, "as", as);
    }
    weh_sink_key(sink, "params");
}

/* Two new elements, the second below the first, whose label is changed at last; perhaps saved. */
bool soak_plan_batch(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_model *model = &session->model;

    if (model->now.n + 2 > SOAK_ELEMENTS_MAX) {
        return false;
    }
    draw_element(session, &pending->element);
    pending->flag = model->n_done < SOAK_TXNS_MAX && soak_dice(&session->random, 2) == 0;
    pending->number = soak_random(&session->random);
    return true;
}

/* The label of the first is an intermediate one at first. */
void soak_write_batch(const struct soak_session *session, const struct soak_pending *pending,
                      struct weh_sink *sink)
{
    struct soak_element first = pending->element;
    struct soak_element second = { .label = pending->number };
    char label[SOAK_LABEL_SIZE];

    first.label = ~first.label;
    soak_label(session->number, pending->element.label, label);
    weh_sink_map_begin(sink, pending->flag ? 2 : 1);
    weh_sink_key(sink, "ops");
    weh_sink_array_begin(sink, 3);
    begin_op(sink, "elements.insertElement", "first");
    put_props(session, &first, NULL, sink);
    weh_sink_map_end(sink);
    begin_op(sink, "elements.insertElement", NULL);
    put_props(session, &second, "$first.id", sink);
    weh_sink_map_end(sink);
    begin_op(sink, "elements.updateElement", NULL);
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "props");
    weh_sink_map_begin(sink, 2);
    soak_put_text(sink, "id", "$first.id");
    soak_put_text(sink, "userLabel", label);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    weh_sink_array_end(sink);
    if (pending->flag) {
        soak_put_text(sink, "save", "batch");
    }
    weh_sink_map_end(sink);
}

bool soak_check_batch(struct soak_session *session, const struct soak_pending *pending,
                      const struct soak_message *message)
{
    const struct weh_value *results = weh_value_get(&message->incoming.value, "results");
    struct soak_element first = pending->element;
    struct soak_element second = { .label = pending->number };

    if (!is_result(message) || results == NULL || results->type != WEH_VALUE_ARRAY ||
        results->n != 3 || !take_id(session, &results->as.items[0], &first)) {
        return false;
    }
    second.parent = first.id;
    if (!take_id(session, &results->as.items[1], &second)) {
        return false;
    }
    return pending->flag ? soak_check_saved(session, &message->incoming.value)
                         : session->heard.n == 0;
}

/* The second fails, so that the first must not have happened. */
bool soak_plan_bad_batch(struct soak_session *session, struct soak_pending *pending)
{
    draw_element(session, &pending->element);
    return true;
}

void soak_write_bad_batch(const struct soak_session *session, const struct soak_pending *pending,
                          struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "ops");
    weh_sink_array_begin(sink, 2);
    begin_op(sink, "elements.insertElement", NULL);
    put_props(session, &pending->element, NULL, sink);
    weh_sink_map_end(sink);
    begin_op(sink, "elements.deleteElement", NULL);
    weh_sink_map_begin(sink, 1);
    soak_put_id(sink, "id", NO_ELEMENT);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    weh_sink_array_end(sink);
    weh_sink_map_end(sink);
}

bool soak_check_bad_batch(struct soak_session *session, const struct soak_pending *pending,
                          const struct soak_message *message)
{
    const struct weh_value *data = weh_value_get(&message->incoming.value, "data");
    int64_t op = -1;

    (void)session;
    (void)pending;
    return message->incoming.kind == WEH_INCOMING_ERROR &&
           weh_value_to_int64(weh_value_get(data, "op"), &op) && op == 1;
}
