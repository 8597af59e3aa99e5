/* src/base/log.c - one line an event. */
#include "weh/log.h"

#include <stdio.h>
#include <string.h>

#include <unistd.h>

#include "weh/buf.h"
#include "weh/clock.h"
#include "weh/json.h"

/* A line longer than this is cut: logs are read by people. */
#define MAX_LINE_BYTES 8192

static const char *const level_names[] = { "error", "warn", "info", "debug" };

static const char *or_dash(const char *text)
{
    return text == NULL || text[0] == '\0' ? "-" : text;
}

/* True when @text may stand in a key=value line without quotes. */
static bool is_plain(const char *text)
{
    if (text[0] == '\0') {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;

        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f) {
            return false;
        }
    }
    return true;
}

static void write_json_text(struct weh_buf *line, const char *text)
{
    struct weh_json_writer writer;

    weh_json_writer_init(&writer, line);
    weh_sink_text(&writer.sink, text);
}

static void add_text(struct weh_buf *line, const char *key, const char *text)
{
    weh_buf_printf(line, " %s=", key);
    if (is_plain(text)) {
        weh_buf_append(line, text, strlen(text));
    } else {
        write_json_text(line, text);
    }
}

static void build_text(struct weh_buf *line, enum weh_log_level level, const char *time,
                       const struct weh_log_who *who, const char *event)
{
    weh_buf_printf(line, "time=%s level=%s", time, level_names[level]);
    add_text(line, "event", event);
    add_text(line, "session", or_dash(who->session));
    add_text(line, "activity", or_dash(who->activity));
}

static void add_text_fields(struct weh_buf *line, const struct weh_log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fields[i].type == WEH_FIELD_INT) {
            weh_buf_printf(line, " %s=%lld", fields[i].key, (long long)fields[i].integer);
        } else {
            add_text(line, fields[i].key, fields[i].text == NULL ? "" : fields[i].text);
        }
    }
}

static void build_json(struct weh_buf *line, const char *head[][2], size_t n_head,
                       const struct weh_log_field *fields, size_t n)
{
    struct weh_json_writer writer;

    weh_json_writer_init(&writer, line);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < n_head; i++) {
        weh_sink_key(&writer.sink, head[i][0]);
        weh_sink_text(&writer.sink, head[i][1]);
    }
    for (size_t i = 0; i < n; i++) {
        weh_sink_key(&writer.sink, fields[i].key);
        if (fields[i].type == WEH_FIELD_INT) {
            weh_sink_int(&writer.sink, fields[i].integer);
        } else {
            weh_sink_text(&writer.sink, fields[i].text == NULL ? "" : fields[i].text);
        }
    }
    weh_sink_map_end(&writer.sink);
}

void weh_log_write(const struct weh_log *log, enum weh_log_level level,
                   const struct weh_log_who *who, const char *event,
                   const struct weh_log_field *fields, size_t n_fields)
{
    static const struct weh_log_who nobody = { NULL, NULL };
    char time[WEH_TIME_TEXT_SIZE];
    struct weh_buf line;

    if (log == NULL || level > log->level) {
        return;
    }
    if (who == NULL) {
        who = &nobody;
    }
    weh_buf_init(&line, MAX_LINE_BYTES);
    weh_time_print(weh_clock_wall_ms(), time);
    if (log->format == WEH_LOG_JSON) {
        const char *head[][2] = { { "time", time },
                                  { "level", level_names[level] },
                                  { "event", event },
                                  { "session", or_dash(who->session) },
                                  { "activity", or_dash(who->activity) } };

        build_json(&line, head, sizeof(head) / sizeof(head[0]), fields, n_fields);
    } else {
        build_text(&line, level, time, who, event);
        add_text_fields(&line, fields, n_fields);
    }
    /* A line that did not fit is cut where it stood; a reader still sees time and event. */
    line.err = WEH_OK;
    line.limit_bytes = 0;
    weh_buf_byte(&line, '\n');
    if (line.data != NULL && write(log->fd, line.data, line.len) < 0) {
        /* Nobody to tell. */
    }
    weh_buf_fini(&line);
}
