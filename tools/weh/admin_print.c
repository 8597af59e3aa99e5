/* tools/weh/admin_print.c - the answers of weh admin for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "table.h"

#define CELL_SIZE 32

static struct weh_value text_value(const char *text)
{
    return (struct weh_value){ .type = WEH_VALUE_STRING,
                               .n = (uint32_t)strlen(text),
                               .as.string = text };
}

static int64_t number_of(const struct weh_value *map, const char *key)
{
    int64_t n = 0;

    (void)weh_value_to_int64(weh_value_get(map, key), &n);
    return n;
}

/* "250ms", "12s", "3m05s", "2h07m", "5d03h". */
static void print_time(int64_t ms, char out[CELL_SIZE])
{
    const int64_t s = ms / 1000;

    if (s < 1) {
        (void)snprintf(out, CELL_SIZE, "%" PRId64 "ms", ms);
    } else if (s < 60) {
        (void)snprintf(out, CELL_SIZE, "%" PRId64 "s", s);
    } else if (s < 3600) {
        (void)snprintf(out, CELL_SIZE, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
    } else if (s < 86400) {
        (void)snprintf(out, CELL_SIZE, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
    } else {
        (void)snprintf(out, CELL_SIZE, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
    }
}

/* A column: what it is called, and which member of a session stands there. */
static const struct {
    const char *title;
    const char *member;
    bool is_time;
} columns[] = {
    { "session", "session", false },
    { "user", "user", false },
    { "state", "state", false },
    { "open", "imodel", false },
    { "method", "method", false },
    { "age", "ageMs", true },
    { "idle", "idleMs", true },
    { "unsaved", "unsavedRows", false },
    { "queue", "mailboxMessages", false },
    { "unread", "outboxBytes", false },
    { "peer", "peer", false },
};

static bool fill_cell(const struct weh_value *session, size_t column, struct weh_arena *arena,
                      struct weh_value *out)
{
    const struct weh_value *value = weh_value_get(session, columns[column].member);
    char *text = NULL;

    if (value == NULL && strcmp(columns[column].member, "imodel") == 0) {
        value = weh_value_get(session, "briefcase");
    }
    if (columns[column].is_time) {
        text = weh_arena_alloc(arena, CELL_SIZE);
        if (text == NULL) {
            return false;
        }
        print_time(number_of(session, columns[column].member), text);
        *out = text_value(text);
    } else {
        *out = value == NULL ? text_value("-") : *value;
    }
    return true;
}

/* The row of @session. */
static bool fill_row(const struct weh_value *session, struct weh_arena *arena,
                     struct weh_value *out)
{
    const uint32_t n = WEH_ARRAY_LEN(columns);
    struct weh_member *members = weh_arena_array(arena, n, sizeof(*members));

    for (uint32_t i = 0; members != NULL && i < n; i++) {
        members[i].key = weh_str_from(columns[i].title);
        if (!fill_cell(session, i, arena, &members[i].value)) {
            return false;
        }
    }
    *out = (struct weh_value){ .type = WEH_VALUE_MAP, .n = n, .as.members = members };
    return members != NULL;
}

bool weh_admin_print_sessions(const struct weh_value *sessions, uint32_t n, struct weh_arena *arena)
{
    struct weh_value *rows = weh_arena_array(arena, n, sizeof(*rows));
    const struct weh_value table = { .type = WEH_VALUE_ARRAY, .n = n, .as.items = rows };
    struct weh_buf buf;

    if (n == 0) {
        (void)puts("no sessions");
        return true;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (rows == NULL || !fill_row(&sessions[i], arena, &rows[i])) {
            return false;
        }
    }
    weh_buf_init(&buf, 0);
    weh_table_print(&table, &buf);
    weh_buf_fini(&buf);
    return true;
}

void weh_admin_print_session(const struct weh_value *session)
{
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_table_print_lines(session, &buf);
    weh_buf_fini(&buf);
}

static bool is_zero(const struct weh_value *value)
{
    int64_t n = 1;

    return weh_value_to_int64(value, &n) && n == 0;
}

/* The maps among them come after the plain numbers; of those only what is not 0. */
static void print_map(const struct weh_member *member, struct weh_buf *buf)
{
    bool has_title = false;

    for (uint32_t i = 0; i < member->value.n; i++) {
        const struct weh_member *one = &member->value.as.members[i];

        if (is_zero(&one->value)) {
            continue;
        }
        if (!has_title) {
            printf("%.*s\n", WEH_STR_ARGS(member->key));
            has_title = true;
        }
        printf("  %-36.*s", WEH_STR_ARGS(one->key));
        weh_table_print_cell(&one->value, buf);
        (void)putchar('\n');
    }
}

void weh_admin_print_counters(const struct weh_value *counters)
{
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    for (uint32_t i = 0; counters->type == WEH_VALUE_MAP && i < counters->n; i++) {
        const struct weh_member *member = &counters->as.members[i];

        if (member->value.type != WEH_VALUE_MAP) {
            printf("%-38.*s", WEH_STR_ARGS(member->key));
            weh_table_print_cell(&member->value, &buf);
            (void)putchar('\n');
        }
    }
    for (uint32_t i = 0; counters->type == WEH_VALUE_MAP && i < counters->n; i++) {
        if (counters->as.members[i].value.type == WEH_VALUE_MAP) {
            print_map(&counters->as.members[i], &buf);
        }
    }
    weh_buf_fini(&buf);
}
