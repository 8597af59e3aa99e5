/* src/session/audit_call.c - the audit log's line of a request. */
#include <stdio.h>
#include <string.h>

#include "weh/audit.h"
#include "weh/clock.h"
#include "weh/json.h"

#include "call_priv.h"

#define MAX_KINDS      16 /* of methods in a batch that are told by name */
#define MAX_NAME_BYTES 64

bool session_is_audited(const struct weh_method *method)
{
    return (method->access >= WEH_ACCESS_EDIT && (method->flags & WEH_METHOD_UNAUDITED) == 0) ||
           (method->flags & WEH_METHOD_AUDITED) != 0;
}

static void put(struct weh_sink *sink, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        weh_sink_key(sink, key);
        weh_sink_text(sink, text);
    }
}

static void put_arg(struct weh_sink *sink, const char *key, const struct weh_value *params)
{
    const struct weh_value *value = weh_value_get(params, key);

    if (value != NULL && value->type == WEH_VALUE_STRING) {
        weh_sink_key(sink, key);
        weh_sink_str(sink, weh_value_str(value));
    }
}

/* The methods of a batch, each once with how often. */
struct kinds {
    struct weh_str names[MAX_KINDS];
    int64_t counts[MAX_KINDS];
    size_t n;
    int64_t n_others;
};

static void count_kind(struct kinds *kinds, struct weh_str name)
{
    size_t i = 0;

    while (i < kinds->n && !weh_str_eq(kinds->names[i], name)) {
        i++;
    }
    if (i == MAX_KINDS) {
        kinds->n_others++;
        return;
    }
    if (i == kinds->n) {
        kinds->names[kinds->n++] = name;
    }
    kinds->counts[i]++;
}

static void put_batch(struct weh_sink *sink, const struct weh_value *ops)
{
    struct kinds kinds = { .n = 0 };

    if (ops == NULL || ops->type != WEH_VALUE_ARRAY) {
        return;
    }
    for (uint32_t i = 0; i < ops->n; i++) {
        const struct weh_value *name = weh_value_get(&ops->as.items[i], "method");

        if (name != NULL && name->type == WEH_VALUE_STRING && name->n < MAX_NAME_BYTES) {
            count_kind(&kinds, weh_value_str(name));
        } else {
            kinds.n_others++;
        }
    }
    weh_sink_key(sink, "ops");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < kinds.n; i++) {
        char name[MAX_NAME_BYTES];

        (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(kinds.names[i]));
        weh_sink_key(sink, name);
        weh_sink_int(sink, kinds.counts[i]);
    }
    if (kinds.n_others != 0) {
        weh_sink_key(sink, "others");
        weh_sink_int(sink, kinds.n_others);
    }
    weh_sink_map_end(sink);
}

static void put_facts(struct weh_sink *sink, const struct weh_app_facts *facts,
                      const struct weh_value *params)
{
    if (facts->name[0] == '\0') {
        put_arg(sink, "imodel", params);
        put_arg(sink, "briefcase", params);
        return;
    }
    put(sink, facts->is_checkout ? "briefcase" : "imodel", facts->name);
    if (facts->txn_id != 0) {
        char id[WEH_ID_TEXT_SIZE];

        weh_id_print(facts->txn_id, id);
        put(sink, "txnId", id);
    }
}

/* Whom and what an operator's request is about. */
static void put_operation(struct weh_sink *sink, const struct audit_entry *entry)
{
    const struct weh_value *target = weh_value_get(entry->params, "session");

    if (entry->method->access < WEH_ACCESS_ADMIN) {
        return;
    }
    if (target != NULL && target->type == WEH_VALUE_STRING) {
        weh_sink_key(sink, "target");
        weh_sink_str(sink, weh_value_str(target));
    }
    put_arg(sink, "level", entry->params);
    put_arg(sink, "reason", entry->params);
}

void session_audit(const struct weh_host *host, const struct audit_entry *entry, weh_err err)
{
    struct weh_audit *audit = host->options.audit;
    char time[WEH_TIME_TEXT_SIZE];
    struct weh_json_writer writer;
    struct weh_buf line;

    if (audit == NULL || !session_is_audited(entry->method)) {
        return;
    }
    weh_time_print(weh_clock_wall_ms(), time);
    weh_buf_init(&line, 0);
    weh_json_writer_init(&writer, &line);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    put(&writer.sink, "time", time);
    put(&writer.sink, "user", entry->user);
    put(&writer.sink, "peer", entry->peer);
    put(&writer.sink, "session", entry->session);
    put(&writer.sink, "method", entry->method->name);
    put_facts(&writer.sink, entry->facts, entry->params);
    put_operation(&writer.sink, entry);
    if (strcmp(entry->method->name, "edit.batch") == 0) {
        put_batch(&writer.sink, weh_value_get(entry->params, "ops"));
    }
    put(&writer.sink, "activity", entry->activity->id);
    put(&writer.sink, "trace", entry->activity->trace);
    put(&writer.sink, "outcome", err == WEH_OK ? "ok" : weh_err_info(err)->name);
    weh_sink_map_end(&writer.sink);
    /* Without memory what there is of the line is told all the same: better than nothing. */
    weh_audit_add(audit, (struct weh_str){ (const char *)line.data, line.len });
    weh_buf_fini(&line);
}
