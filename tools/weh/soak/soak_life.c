/* tools/weh/soak/soak_life.c - requests that make a briefcase, open it and give it up. */
#include <stdio.h>

#include "soak.h"

static bool is_result(const struct soak_message *message)
{
    return message->incoming.kind == WEH_INCOMING_RESULT;
}

static void write_briefcase(const struct soak_session *session, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 1);
    soak_put_text(sink, "briefcase", session->briefcase);
    weh_sink_map_end(sink);
}

bool soak_plan_checkout(struct soak_session *session, struct soak_pending *pending)
{
    (void)pending;
    return session->briefcase[0] == '\0';
}

void soak_write_checkout(const struct soak_session *session, const struct soak_pending *pending,
                         struct weh_sink *sink)
{
    (void)pending;
    weh_sink_map_begin(sink, 1);
    soak_put_text(sink, "imodel", session->soak->options.imodel);
    weh_sink_map_end(sink);
}

bool soak_check_checkout(struct soak_session *session, const struct soak_pending *pending,
                         const struct soak_message *message)
{
    const struct weh_value *name = weh_value_get(&message->incoming.value, "briefcase");
    int64_t id = 0;

    (void)pending;
    if (!is_result(message) || name == NULL || name->type != WEH_VALUE_STRING ||
        name->n >= sizeof(session->briefcase) ||
        !weh_value_to_int64(weh_value_get(&message->incoming.value, "briefcaseId"), &id) ||
        id < 2 || id > 0xffffff) {
        return false;
    }
    (void)snprintf(session->briefcase, sizeof(session->briefcase), "%.*s",
                   WEH_STR_ARGS(weh_value_str(name)));
    session->briefcase_id = (uint32_t)id;
    return true;
}

bool soak_plan_open(struct soak_session *session, struct soak_pending *pending)
{
    (void)pending;
    return !session->is_open;
}

void soak_write_open(const struct soak_session *session, const struct soak_pending *pending,
                     struct weh_sink *sink)
{
    (void)pending;
    write_briefcase(session, sink);
}

bool soak_check_open(struct soak_session *session, const struct soak_pending *pending,
                     const struct soak_message *message)
{
    const struct weh_value *value = &message->incoming.value;
    int64_t id = 0;

    (void)pending;
    session->is_open =
        is_result(message) && soak_is_text(value, "key", session->briefcase) &&
        soak_is_text(value, "mode", "readwrite") && weh_value_get(value, "recoverable") == NULL &&
        weh_value_to_int64(weh_value_get(value, "briefcaseId"), &id) && id == session->briefcase_id;
    return session->is_open;
}

bool soak_plan_drop(struct soak_session *session, struct soak_pending *pending)
{
    (void)session;
    (void)pending;
    return true;
}

void soak_write_drop(const struct soak_session *session, const struct soak_pending *pending,
                     struct weh_sink *sink)
{
    (void)pending;
    write_briefcase(session, sink);
}

bool soak_check_drop(struct soak_session *session, const struct soak_pending *pending,
                     const struct soak_message *message)
{
    (void)session;
    (void)pending;
    return is_result(message);
}

bool soak_plan_goodbye(struct soak_session *session, struct soak_pending *pending)
{
    (void)session;
    (void)pending;
    return true;
}

void soak_write_goodbye(const struct soak_session *session, const struct soak_pending *pending,
                        struct weh_sink *sink)
{
    (void)session;
    (void)pending;
    soak_put_empty(sink);
}

bool soak_check_goodbye(struct soak_session *session, const struct soak_pending *pending,
                        const struct soak_message *message)
{
    (void)session;
    (void)pending;
    return is_result(message);
}
