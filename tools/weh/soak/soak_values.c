/* tools/weh/soak/soak_values.c - pieces of requests and replies: labels, ids, elements. */
#include <stdio.h>
#include <string.h>

#include "soak.h"

void soak_label(uint32_t number, uint64_t label, char out[SOAK_LABEL_SIZE])
{
    (void)snprintf(out, SOAK_LABEL_SIZE, SOAK_MARKER "%04u-%016llx", number,
                   (unsigned long long)label);
}

/* ---- written ---- */

void soak_put_text(struct weh_sink *sink, const char *key, const char *text)
{
    weh_sink_key(sink, key);
    weh_sink_text(sink, text);
}

void soak_put_label(struct weh_sink *sink, const char *key, uint32_t number, uint64_t label)
{
    char text[SOAK_LABEL_SIZE];

    soak_label(number, label, text);
    weh_sink_map_begin(sink, 1);
    soak_put_text(sink, key, text);
    weh_sink_map_end(sink);
}

void soak_put_id(struct weh_sink *sink, const char *key, uint64_t id)
{
    weh_sink_key(sink, key);
    weh_sink_id(sink, id);
}

void soak_put_empty(struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 0);
    weh_sink_map_end(sink);
}

/* ---- read ---- */

bool soak_is_text(const struct weh_value *map, const char *key, const char *text)
{
    const struct weh_value *value = weh_value_get(map, key);

    return value != NULL && value->type == WEH_VALUE_STRING &&
           weh_str_eq_text(weh_value_str(value), text);
}

bool soak_is_bool(const struct weh_value *map, const char *key, bool expected)
{
    bool value = false;

    return weh_value_to_bool(weh_value_get(map, key), &value) && value == expected;
}

/* The hexadecimal number at the start of @text, of which it is cut off. */
static bool read_hex(struct weh_str *text, uint64_t *out)
{
    size_t n = 0;

    *out = 0;
    while (n < text->len && n < 17) {
        char c = text->ptr[n];
        int digit = -1;

        if (c >= '0' && c <= '9') {
            digit = c - '0';
        } else if (c >= 'a' && c <= 'f') {
            digit = c - 'a' + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = c - 'A' + 10;
        }
        if (digit < 0) {
            break;
        }
        *out = *out << 4 | (uint64_t)digit;
        n++;
    }
    text->ptr += n;
    text->len -= n;
    return n > 0 && n <= 16;
}

uint64_t soak_read_id(const struct weh_value *value)
{
    struct weh_str text;
    uint64_t id = 0;

    if (value == NULL || value->type != WEH_VALUE_STRING || value->n < 3 ||
        memcmp(value->as.string, "0x", 2) != 0) {
        return 0;
    }
    text = (struct weh_str){ value->as.string + 2, value->n - 2U };
    return read_hex(&text, &id) && text.len == 0 ? id : 0;
}

bool soak_read_element(const struct soak_session *session, const struct weh_value *props,
                       struct soak_element *out)
{
    const struct weh_value *label = weh_value_get(props, "userLabel");
    char marker[16];
    size_t n = (size_t)snprintf(marker, sizeof(marker), SOAK_MARKER "%04u-", session->number);
    struct weh_str rest;

    out->id = soak_read_id(weh_value_get(props, "id"));
    out->parent = soak_read_id(weh_value_get(weh_value_get(props, "parent"), "id"));
    if (label == NULL || label->type != WEH_VALUE_STRING || label->n != n + 16 ||
        memcmp(label->as.string, marker, n) != 0) {
        return false;
    }
    rest = (struct weh_str){ label->as.string + n, 16 };
    return read_hex(&rest, &out->label) && rest.len == 0 && out->id != 0 && out->parent != 0 &&
           soak_is_text(props, "classFullName", "BisCore:Subject") &&
           soak_is_text(props, "model", "0x1");
}

bool soak_is_error(const struct soak_message *message, const char *name)
{
    return message->incoming.kind == WEH_INCOMING_ERROR &&
           soak_is_text(weh_value_get(&message->incoming.value, "data"), "name", name);
}

/* "+STEP" or "+STEP*TIMES" at the start of @text, of which it is cut off. */
static bool read_run(struct weh_str *text, uint64_t *step, uint64_t *times)
{
    *times = 1;
    if (text->ptr[0] != '+') {
        return false;
    }
    *text = (struct weh_str){ text->ptr + 1, text->len - 1 };
    if (!read_hex(text, step)) {
        return false;
    }
    if (text->len == 0 || text->ptr[0] != '*') {
        return true;
    }
    *text = (struct weh_str){ text->ptr + 1, text->len - 1 };
    return read_hex(text, times);
}

bool soak_read_id_set(const struct weh_value *value, enum soak_change change, struct soak_set *set)
{
    struct weh_str text;
    uint64_t id = 0;

    if (value == NULL) {
        return true;
    }
    if (value->type != WEH_VALUE_STRING) {
        return false;
    }
    text = weh_value_str(value);
    while (text.len > 0) {
        uint64_t step = 0;
        uint64_t times = 0;

        if (!read_run(&text, &step, &times)) {
            return false;
        }
        /* More than there can be need not be counted to be wrong. */
        for (uint64_t i = 0; i < times && i <= SOAK_ELEMENTS_MAX; i++) {
            id += step;
            soak_set_add_change(set, change, id);
        }
    }
    return true;
}
