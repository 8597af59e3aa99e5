/* src/ec/julian.c - dates as the file stores them: Julian days, exact to the millisecond.
 *
 * Proleptic Gregorian calendar. The stored double is milliseconds / 86400000.0, as the native
 * library 5.1.72 computes it; going through whole milliseconds makes the round trip exact.
 */
#include "weh/ec_value.h"

#define DAY_MS INT64_C(86400000)

/* Days from Julian day 0.5 (-4713-11-25, the midnight after the epoch) to 0000-03-01. */
#define DAYS_TO_YEAR_0 INT64_C(1721119)

/* 5373484.5 is the midnight that ends the year 9999. */
#define MAX_JULIAN_DAY 5373484.5

struct date {
    int64_t year;
    int64_t month;
    int64_t day;
};

/* Julian day number of @date's midnight, plus one half. Years are counted from March, so that the
 * leap day is the last of its year. */
static int64_t days_from_date(struct date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t month = date.month <= 2 ? date.month + 9 : date.month - 3;

    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date.day - 1 +
           DAYS_TO_YEAR_0 + 1;
}

static struct date date_from_days(int64_t days)
{
    /* Shifted by whole cycles of 400 years to stay positive. */
    int64_t shifted = days - DAYS_TO_YEAR_0 - 1 + 13 * INT64_C(146097);
    int64_t cycle = shifted / 146097;
    int64_t day_of_cycle = shifted % 146097;
    int64_t year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
    int64_t day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct date date = { year_of_cycle + (cycle - 13) * 400, month < 10 ? month + 3 : month - 9,
                         day_of_year - (153 * month + 2) / 5 + 1 };

    if (date.month <= 2) {
        date.year++;
    }
    return date;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool date_is_valid(struct date date)
{
    static const int8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t length;

    if (date.year < 1 || date.month < 1 || date.month > 12) {
        return false;
    }
    length = lengths[date.month - 1] + (date.month == 2 && is_leap(date.year) ? 1 : 0);
    return date.day >= 1 && date.day <= length;
}

/* Take exactly @n digits from the front of @text. */
static bool take_number(struct weh_str *text, size_t n, int64_t *out)
{
    int64_t number = 0;

    if (text->len < n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9') {
            return false;
        }
        number = number * 10 + (text->ptr[i] - '0');
    }
    text->ptr += n;
    text->len -= n;
    *out = number;
    return true;
}

static bool take_char(struct weh_str *text, char c)
{
    if (text->len == 0 || *text->ptr != c) {
        return false;
    }
    text->ptr++;
    text->len--;
    return true;
}

/* "-02-29" or "0229" behind the year. */
static bool take_date(struct weh_str *text, struct date *out)
{
    bool dashes;

    if (!take_number(text, 4, &out->year)) {
        return false;
    }
    dashes = take_char(text, '-');
    if (!take_number(text, 2, &out->month) || dashes != take_char(text, '-') ||
        !take_number(text, 2, &out->day)) {
        return false;
    }
    return date_is_valid(*out);
}

/* ".789", any number of digits, rounded to milliseconds. */
static bool take_fraction(struct weh_str *text, int64_t *ms)
{
    int64_t number = 0;
    size_t n = 0;

    while (text->len > 0 && *text->ptr >= '0' && *text->ptr <= '9') {
        /* The fourth digit rounds; what is behind it cannot change that. */
        if (n < 4) {
            number = number * 10 + (*text->ptr - '0');
            n++;
        }
        text->ptr++;
        text->len--;
    }
    if (n == 0) {
        return false;
    }
    for (; n < 4; n++) {
        number *= 10;
    }
    *ms = (number + 5) / 10;
    return true;
}

/* "12:34", "12:34:56", "12:34:56.789" in milliseconds; 24:00:00 is the end of the day. */
static bool take_time(struct weh_str *text, int64_t *out)
{
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    int64_t ms = 0;

    if (!take_number(text, 2, &hour) || !take_char(text, ':') || !take_number(text, 2, &minute)) {
        return false;
    }
    if (take_char(text, ':')) {
        if (!take_number(text, 2, &second)) {
            return false;
        }
        if (take_char(text, '.') && !take_fraction(text, &ms)) {
            return false;
        }
    }
    if (hour > 24 || minute > 59 || second > 59) {
        return false;
    }
    *out = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    return *out <= DAY_MS;
}

bool weh_julian_day_parse(struct weh_str text, enum weh_ec_datetime kind, double *out)
{
    struct date date = { 2000, 1, 1 };
    bool time_only = kind == WEH_EC_DT_TIME_OF_DAY && text.len > 2 && text.ptr[2] == ':';
    int64_t ms = 0;

    if (!time_only && !take_date(&text, &date)) {
        return false;
    }
    if (time_only || take_char(&text, 'T') || take_char(&text, ' ')) {
        if (!take_time(&text, &ms)) {
            return false;
        }
        if (!time_only) {
            (void)take_char(&text, 'Z');
        }
    }
    if (text.len != 0) {
        return false;
    }
    ms += days_from_date(date) * DAY_MS - DAY_MS / 2;
    *out = (double)ms / (double)DAY_MS;
    return *out < MAX_JULIAN_DAY;
}

/* @n digits of @value, which has no more. */
static inline char *put_number(char *at, int64_t value, int n)
{
    uint32_t number = (uint32_t)value; /* a quarter of the time of 64 bits with a sign */

    for (int i = n; i-- > 0;) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + n;
}

/* Four characters, a minus sign among them; the years -1000 and before have one more, as has 10000, to
 * which the last half millisecond of 9999 is rounded. */
static char *put_year(char *at, int64_t year)
{
    if (year < 0) {
        *at++ = '-';
        return put_number(at, -year, year > -1000 ? 3 : 4);
    }
    return put_number(at, year, year > 9999 ? 5 : 4);
}

/* "2024-02-29" */
static char *put_date(char *at, struct date date)
{
    at = put_year(at, date.year);
    *at++ = '-';
    at = put_number(at, date.month, 2);
    *at++ = '-';
    return put_number(at, date.day, 2);
}

/* "12:34:56.789" */
static char *put_time(char *at, uint32_t ms)
{
    at = put_number(at, ms / 3600000, 2);
    *at++ = ':';
    at = put_number(at, ms / 60000 % 60, 2);
    *at++ = ':';
    at = put_number(at, ms / 1000 % 60, 2);
    *at++ = '.';
    return put_number(at, ms % 1000, 3);
}

size_t weh_julian_day_print(double julian_day, enum weh_ec_datetime kind, char *out)
{
    char *at = out;
    int64_t ms;

    *at = '\0';
    if (!(julian_day >= 0) || !(julian_day < MAX_JULIAN_DAY)) {
        return 0;
    }
    ms = (int64_t)(julian_day * (double)DAY_MS + 0.5) + DAY_MS / 2;
    if (kind != WEH_EC_DT_TIME_OF_DAY) {
        at = put_date(at, date_from_days(ms / DAY_MS));
    }
    if (kind != WEH_EC_DT_TIME_OF_DAY && kind != WEH_EC_DT_DATE_ONLY) {
        *at++ = 'T';
    }
    if (kind != WEH_EC_DT_DATE_ONLY) {
        at = put_time(at, (uint32_t)(ms % DAY_MS));
    }
    if (kind == WEH_EC_DT_UTC) {
        *at++ = 'Z';
    }
    *at = '\0';
    return (size_t)(at - out);
}
