/* tools/weh/soak/soak_values.h - pieces of requests and replies: labels, ids, elements. */
#ifndef SOAK_VALUES_H
#define SOAK_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/sink.h"
#include "weh/value.h"

#include "soak_model.h"

#define SOAK_MARKER     "soak-"
#define SOAK_LABEL_SIZE 32

struct soak_session;
struct soak_message;

void soak_label(uint32_t number, uint64_t label, char out[SOAK_LABEL_SIZE]);
void soak_put_text(struct weh_sink *sink, const char *key, const char *text);
/** A map with the label as its only member @key. */
void soak_put_label(struct weh_sink *sink, const char *key, uint32_t number, uint64_t label);
void soak_put_id(struct weh_sink *sink, const char *key, uint64_t id);
void soak_put_empty(struct weh_sink *sink);
/** @map's member @key as text is @text. */
bool soak_is_text(const struct weh_value *map, const char *key, const char *text);
bool soak_is_bool(const struct weh_value *map, const char *key, bool expected);
/** 0 when it is none. */
uint64_t soak_read_id(const struct weh_value *value);
/** False when it is no element of @session. */
bool soak_read_element(const struct soak_session *session, const struct weh_value *props,
                       struct soak_element *out);
/** The name of an error reply is @name. */
bool soak_is_error(const struct soak_message *message, const char *name);
/** Add the ids of a compressed set as @change. False when it is none. */
bool soak_read_id_set(const struct weh_value *value, enum soak_change change, struct soak_set *set);

#endif
