/* src/ecsql/resolve_datetime.c - what DATE, TIME and TIMESTAMP '...' stand for. */
#include "weh/ec_value.h"

#include "parse.h"
#include "resolve.h"

/* "2024-02-29T10:11" */
#define DATE_TIME_LEN 16
#define OFFSET_LEN    6

/* Take "+02:00" from the end of @text, a date and a time: *@days is what it stands for. */
static bool take_offset(struct weh_str *text, double *days)
{
    const char *at = text->ptr + text->len - OFFSET_LEN;
    int minutes = 0;

    if (text->len < DATE_TIME_LEN + OFFSET_LEN || (at[0] != '+' && at[0] != '-') || at[3] != ':') {
        return false;
    }
    for (int i = 1; i < OFFSET_LEN; i++) {
        if (i != 3 && (at[i] < '0' || at[i] > '9')) {
            return false;
        }
    }
    minutes = ((at[1] - '0') * 10 + (at[2] - '0')) * 60 + (at[4] - '0') * 10 + (at[5] - '0');
    if (minutes >= 24 * 60 || at[4] > '5') {
        return false;
    }
    *days = (at[0] == '-' ? -minutes : minutes) / (24.0 * 60.0);
    text->len -= OFFSET_LEN;
    return true;
}

weh_err resolve_datetime(struct ecsql_context *context, struct ecsql_node *node)
{
    struct weh_str text = node->text;
    bool utc = text.len > 0 && text.ptr[text.len - 1] == 'Z';
    bool has_date = text.len >= 10 && text.ptr[4] == '-';
    double offset = 0;
    bool has_offset = has_date && take_offset(&text, &offset);

    /* What the text says counts, not the word before it. */
    if ((!has_date && (text.len < 3 || text.ptr[2] != ':')) ||
        (has_offset && text.ptr[text.len - 1] == 'Z') ||
        !weh_julian_day_parse(text, has_date ? WEH_EC_DT_UNSPECIFIED : WEH_EC_DT_TIME_OF_DAY,
                              &node->day)) {
        return ecsql_fail(context->text, node->at, context->diag,
                          "Invalid format for DATE/TIMESTAMP/TIME in expression.");
    }
    node->day -= offset;
    if (has_offset) {
        /* In UTC, but compared with neither kind of property: so it is there. */
        node->type.datetime = WEH_EC_DT_LOCAL;
    } else if (!has_date) {
        node->type.datetime = WEH_EC_DT_TIME_OF_DAY;
    } else if (text.len == 10) {
        node->type.datetime = WEH_EC_DT_DATE_ONLY;
    } else {
        node->type.datetime = utc ? WEH_EC_DT_UTC : WEH_EC_DT_UNSPECIFIED;
    }
    return WEH_OK;
}
