/* include/weh/sink.h - where a value is written, piece by piece, whatever the encoding.
 *
 * The data side writes a row straight into the reply through it. Calls cannot fail: an
 * implementation remembers the first failure, and whoever made it asks at the end. Maps and arrays
 * nest; in a map each value has its key before it. One thread at a time.
 */
#ifndef WEH_SINK_H
#define WEH_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/str.h"
#include "weh/value.h"

struct weh_sink;

/** For map_begin and array_begin when the number of members or items is not known. */
#define WEH_SINK_UNKNOWN UINT32_MAX

/** What an encoding implements. */
struct weh_sink_ops {
    void (*null)(struct weh_sink *sink);
    void (*boolean)(struct weh_sink *sink, bool value);
    void (*integer)(struct weh_sink *sink, int64_t value);
    void (*uinteger)(struct weh_sink *sink, uint64_t value);
    /** NaN and infinities are written as null. */
    void (*real)(struct weh_sink *sink, double value);
    /** Bytes that are not UTF-8 are replaced by U+FFFD. */
    void (*string)(struct weh_sink *sink, struct weh_str value);
    void (*binary)(struct weh_sink *sink, const void *bytes, size_t n);
    /** NULL: the encoding knows only bytes. */
    void (*binary_view)(struct weh_sink *sink, enum weh_binary_view view, const void *bytes,
                        size_t n);
    void (*array_begin)(struct weh_sink *sink, uint32_t n);
    void (*array_end)(struct weh_sink *sink);
    void (*map_begin)(struct weh_sink *sink, uint32_t n);
    void (*key)(struct weh_sink *sink, struct weh_str key);
    void (*map_end)(struct weh_sink *sink);
};

struct weh_sink {
    const struct weh_sink_ops *ops;
};

static inline void weh_sink_null(struct weh_sink *sink)
{
    sink->ops->null(sink);
}

static inline void weh_sink_bool(struct weh_sink *sink, bool value)
{
    sink->ops->boolean(sink, value);
}

static inline void weh_sink_int(struct weh_sink *sink, int64_t value)
{
    sink->ops->integer(sink, value);
}

static inline void weh_sink_real(struct weh_sink *sink, double value)
{
    sink->ops->real(sink, value);
}

static inline void weh_sink_str(struct weh_sink *sink, struct weh_str value)
{
    sink->ops->string(sink, value);
}

static inline void weh_sink_text(struct weh_sink *sink, const char *text)
{
    sink->ops->string(sink, weh_str_from(text));
}

static inline void weh_sink_binary(struct weh_sink *sink, const void *bytes, size_t n)
{
    sink->ops->binary(sink, bytes, n);
}

/** The same of elements of @view, little endian; @n is the number of bytes. Encodings that know only bytes
 * write those. */
static inline void weh_sink_binary_view(struct weh_sink *sink, enum weh_binary_view view,
                                        const void *bytes, size_t n)
{
    if (sink->ops->binary_view != NULL) {
        sink->ops->binary_view(sink, view, bytes, n);
    } else {
        sink->ops->binary(sink, bytes, n);
    }
}

static inline void weh_sink_array_begin(struct weh_sink *sink, uint32_t n)
{
    sink->ops->array_begin(sink, n);
}

static inline void weh_sink_array_end(struct weh_sink *sink)
{
    sink->ops->array_end(sink);
}

static inline void weh_sink_map_begin(struct weh_sink *sink, uint32_t n)
{
    sink->ops->map_begin(sink, n);
}

static inline void weh_sink_map_end(struct weh_sink *sink)
{
    sink->ops->map_end(sink);
}

static inline void weh_sink_key(struct weh_sink *sink, const char *key)
{
    sink->ops->key(sink, weh_str_from(key));
}

/** A 64-bit id as iTwin.js writes it: "0x1f", "0" for none. */
void weh_sink_id(struct weh_sink *sink, uint64_t id);

/** Write a decoded value. Depth is bounded by the decoder that made @value. */
void weh_sink_value(struct weh_sink *sink, const struct weh_value *value);

#endif
