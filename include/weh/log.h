/* include/weh/log.h - one line an event, key=value or JSON, on standard error.
 *
 * Levels: ERROR, a person must act; WARN, a limit was hit; INFO, session start, open, end; DEBUG,
 * off by default. Threads: any; a line is written with one write call.
 */
#ifndef WEH_LOG_H
#define WEH_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weh_log_level {
    WEH_LOG_ERROR,
    WEH_LOG_WARN,
    WEH_LOG_INFO,
    WEH_LOG_DEBUG
};
enum weh_log_format {
    WEH_LOG_TEXT,
    WEH_LOG_JSON
};

struct weh_log {
    _Atomic(enum weh_log_level) level; /* a reload changes both */
    _Atomic(enum weh_log_format) format;
    int fd;
};

/** Whose line it is; members may be NULL or "", both are written as "-". */
struct weh_log_who {
    const char *session;
    const char *activity;
};

struct weh_log_field {
    const char *key;
    enum {
        WEH_FIELD_TEXT,
        WEH_FIELD_INT
    } type;
    const char *text; /* NULL is written as "" */
    int64_t integer;
};

#define WEH_F_TEXT(key, value) ((struct weh_log_field){ (key), WEH_FIELD_TEXT, (value), 0 })
#define WEH_F_INT(key, value) \
    ((struct weh_log_field){ (key), WEH_FIELD_INT, NULL, (int64_t)(value) })

/**
 * Log @event with fields: weh_log(log, WEH_LOG_INFO, &who, "session.end", WEH_F_TEXT("reason", r)).
 * At least one field. @log NULL is silence, @who NULL is nobody.
 */
#define weh_log(log, level, who, event, ...)                                             \
    weh_log_write(log, level, who, event, (const struct weh_log_field[]){ __VA_ARGS__ }, \
                  sizeof((const struct weh_log_field[]){ __VA_ARGS__ }) /                \
                      sizeof(struct weh_log_field))

void weh_log_write(const struct weh_log *log, enum weh_log_level level,
                   const struct weh_log_who *who, const char *event,
                   const struct weh_log_field *fields, size_t n_fields);

#endif
