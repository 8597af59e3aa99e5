/* src/base/time_text.c - a time as ISO 8601 text. */
#include <stdio.h>
#include <time.h>

#include "weh/clock.h"

void weh_time_print(int64_t wall_ms, char out[WEH_TIME_TEXT_SIZE])
{
    int64_t seconds = wall_ms / 1000;
    int ms = (int)(wall_ms % 1000);
    char text[64];
    struct tm parts;
    time_t t;

    if (ms < 0) {
        ms += 1000;
        seconds -= 1;
    }
    t = (time_t)seconds;
    if (gmtime_r(&t, &parts) == NULL || parts.tm_year > 9999 - 1900 || parts.tm_year < -1900) {
        t = 0;
        ms = 0;
        (void)gmtime_r(&t, &parts);
    }
    (void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms);
    (void)snprintf(out, WEH_TIME_TEXT_SIZE, "%.24s", text);
}
