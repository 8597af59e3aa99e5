/* src/rpc/put.c - one member of a result at a time. */
#include "weh/clock.h"

#include "rpc_priv.h"

void put_empty(struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 0);
    weh_sink_map_end(sink);
}

void put_new_id(struct weh_sink *sink, uint64_t id)
{
    weh_sink_map_begin(sink, 1);
    put_id(sink, "id", id);
    weh_sink_map_end(sink);
}

void put_text(struct weh_sink *sink, const char *key, const char *text)
{
    weh_sink_key(sink, key);
    weh_sink_text(sink, text);
}

void put_str(struct weh_sink *sink, const char *key, struct weh_str text)
{
    weh_sink_key(sink, key);
    weh_sink_str(sink, text);
}

void put_int(struct weh_sink *sink, const char *key, int64_t value)
{
    weh_sink_key(sink, key);
    weh_sink_int(sink, value);
}

void put_bool(struct weh_sink *sink, const char *key, bool value)
{
    weh_sink_key(sink, key);
    weh_sink_bool(sink, value);
}

void put_id(struct weh_sink *sink, const char *key, uint64_t id)
{
    weh_sink_key(sink, key);
    weh_sink_id(sink, id);
}

void put_guid(struct weh_sink *sink, const char *key, const struct weh_guid *guid)
{
    char text[WEH_GUID_TEXT_SIZE];

    weh_guid_print(guid, text);
    put_text(sink, key, text);
}

void put_time(struct weh_sink *sink, const char *key, int64_t wall_ms)
{
    char text[WEH_TIME_TEXT_SIZE];

    weh_time_print(wall_ms, text);
    put_text(sink, key, text);
}
