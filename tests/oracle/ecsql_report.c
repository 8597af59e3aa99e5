/* tests/oracle/ecsql_report.c - how many of the official backend's golden queries we answer alike.
 *
 * Runs every line of the dumps NAME.queries.jsonl.xz (core-backend 5.1.9) on its file and compares
 * status, column metadata and rows; rows in any order where the query gives none. Prints counts by
 * group and the first differences. Exit status 0: no difference that ecsql_known.txt does not explain,
 * and nothing in it that is no longer so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "weh/ecsql.h"
#include "weh/json.h"

#include "oracle_diff.h"
#include "oracle_file.h"
#include "oracle_known.h"
#include "oracle_options.h"

#define GROUPS_MAX 32
#define SHOWN_MAX  300

/* ConcurrentQuery's status numbers. */
enum {
    STATUS_DONE = 1,
    STATUS_PREPARE = 101,
    STATUS_STEP = 102, /* some faults show when the first row is made, there or here, */
    STATUS_ROW = 103,  /* or when it is written */
    STATUS_BIND = 104
};

struct group {
    char name[24];
    uint32_t n_equal, n_different, n_known;
};

struct report {
    struct oracle_options options;
    uint32_t n_shown, n_bad;
    struct group groups[GROUPS_MAX];
    size_t n_groups;
    struct oracle_known known;
    struct weh_arena arena;
    struct weh_buf actual;
};

/* One query of one file. */
struct place {
    struct report *report;
    struct oracle_file *file;
    struct weh_ecsql *engine;
    const char *name;
    const struct weh_value *line;
};

static struct weh_str text_member(const struct weh_value *map, const char *key)
{
    const struct weh_value *value = weh_value_get(map, key);

    return value != NULL && value->type == WEH_VALUE_STRING ? weh_value_str(value) : WEH_STR("");
}

static int64_t int_member(const struct weh_value *map, const char *key)
{
    const struct weh_value *value = weh_value_get(map, key);
    int64_t number = 0;

    return value != NULL && weh_value_to_int64(value, &number) ? number : 0;
}

static bool bool_member(const struct weh_value *map, const char *key, bool absent)
{
    const struct weh_value *value = weh_value_get(map, key);
    bool flag = absent;

    return value != NULL && weh_value_to_bool(value, &flag) ? flag : absent;
}

static struct group *group_of(struct report *report, struct weh_str name)
{
    for (size_t i = 0; i < report->n_groups; i++) {
        if (weh_str_eq_text(name, report->groups[i].name)) {
            return &report->groups[i];
        }
    }
    if (report->n_groups < GROUPS_MAX - 1) {
        report->n_groups++;
    }
    (void)snprintf(report->groups[report->n_groups - 1].name, sizeof(report->groups[0].name),
                   "%.*s", WEH_STR_ARGS(name));
    return &report->groups[report->n_groups - 1];
}

static void print_value(const struct weh_value *value, char out[SHOWN_MAX + 1])
{
    struct weh_json_writer writer;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&writer, &buf);
    if (value != NULL) {
        weh_sink_value(&writer.sink, value);
    }
    (void)snprintf(out, SHOWN_MAX + 1, "%.*s", (int)(buf.len > SHOWN_MAX ? SHOWN_MAX : buf.len),
                   buf.data == NULL ? "nothing" : (const char *)buf.data);
    weh_buf_fini(&buf);
}

static void differs(const struct place *place, const char *path, const char *expected,
                    const char *actual)
{
    struct report *report = place->report;
    struct group *group = group_of(report, text_member(place->line, "group"));
    struct weh_str id = text_member(place->line, "id");
    const struct oracle_known_row *row =
        oracle_known_find(&report->known, place->name, "queries", id, path);

    if (row != NULL) {
        group->n_known++;
        return;
    }
    group->n_different++;
    report->n_bad++;
    if (report->n_shown++ < report->options.n_shown_max) {
        (void)printf("%s %.*s %s: %.*s\n   expected %s\n   got      %s\n", place->name,
                     WEH_STR_ARGS(id), path, WEH_STR_ARGS(text_member(place->line, "ecsql")),
                     expected, actual);
    }
}

static bool difference(const struct place *place, const char *part,
                       const struct weh_value *expected, const struct weh_value *actual)
{
    struct oracle_difference diff = { .path = "" };
    char path[ORACLE_PATH_MAX + 16];
    char a[SHOWN_MAX + 1];
    char b[SHOWN_MAX + 1];

    if (expected != NULL && actual != NULL && oracle_equal(expected, actual, &diff)) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "%s%s", part, diff.path);
    print_value(expected == NULL || actual == NULL ? expected : diff.expected, a);
    print_value(expected == NULL || actual == NULL ? actual : diff.actual, b);
    differs(place, path, a, b);
    return true;
}

/* ---- rows without an order ---- */

struct text_row {
    char *text;
    struct weh_value value;
};

static int compare_rows(const void *a, const void *b)
{
    return strcmp(((const struct text_row *)a)->text, ((const struct text_row *)b)->text);
}

/* @rows ordered by their text, in the arena. */
static struct weh_value sorted(struct report *report, const struct weh_value *rows)
{
    struct text_row *texts = weh_arena_array(&report->arena, rows->n + (size_t)1, sizeof(*texts));
    struct weh_value *items = weh_arena_array(&report->arena, rows->n + (size_t)1, sizeof(*items));
    struct weh_value out = *rows;

    if (texts == NULL || items == NULL) {
        return out;
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        struct weh_json_writer writer;
        struct weh_buf buf;

        weh_buf_init(&buf, 0);
        weh_json_writer_init(&writer, &buf);
        weh_sink_value(&writer.sink, &rows->as.items[i]);
        texts[i].text =
            weh_arena_strdup(&report->arena, (struct weh_str){ (char *)buf.data, buf.len });
        texts[i].value = rows->as.items[i];
        weh_buf_fini(&buf);
    }
    qsort(texts, rows->n, sizeof(*texts), compare_rows);
    for (uint32_t i = 0; i < rows->n; i++) {
        items[i] = texts[i].value;
    }
    out.as.items = items;
    return out;
}

/* ---- one query ---- */

static weh_err ask(const struct place *place, struct weh_value *out, struct weh_diag *diag)
{
    const struct weh_value *options = weh_value_get(place->line, "options");
    struct report *report = place->report;
    struct weh_ecsql_request request = {
        .text = text_member(place->line, "ecsql"),
        .args = weh_value_get(place->line, "args"),
        .count = UINT64_MAX,
        .rows = WEH_ECSQL_ARRAYS,
        .js_values = int_member(options, "valueFormat") == 1,
        .class_names = bool_member(options, "convertClassIdsToClassNames", false),
        .abbreviate_blobs = bool_member(options, "abbreviateBlobs", false),
        .trim_nulls = true,
    };
    struct weh_json_writer writer;
    weh_err err;

    weh_buf_clear(&report->actual);
    weh_json_writer_init(&writer, &report->actual);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    err = weh_ecsql_query(place->engine, &request, &report->arena, &writer.sink, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_end(&writer.sink);
    return oracle_parse((struct weh_str){ (const char *)report->actual.data, report->actual.len },
                        &report->arena, out, diag);
}

static int64_t status_of(weh_err err)
{
    return err == WEH_OK ? STATUS_DONE : err == WEH_E_BAD_ARGS ? STATUS_BIND : STATUS_PREPARE;
}

static void compare_answer(const struct place *place, const struct weh_value *actual)
{
    const struct weh_value *options = weh_value_get(place->line, "options");
    const struct weh_value *expected_rows = weh_value_get(place->line, "rows");
    const struct weh_value *actual_rows = weh_value_get(actual, "rows");

    if (bool_member(options, "includeMetaData", true) &&
        difference(place, "meta", weh_value_get(place->line, "meta"),
                   weh_value_get(actual, "columns"))) {
        return;
    }
    if (!bool_member(place->line, "ordered", true) && expected_rows != NULL &&
        actual_rows != NULL) {
        struct weh_value a = sorted(place->report, expected_rows);
        struct weh_value b = sorted(place->report, actual_rows);

        if (difference(place, "rows", &a, &b)) {
            return;
        }
    } else if (difference(place, "rows", expected_rows, actual_rows)) {
        return;
    }
    group_of(place->report, text_member(place->line, "group"))->n_equal++;
}

static void compare_line(void *ctx, struct weh_str text)
{
    const struct place *file = ctx;
    struct report *report = file->report;
    struct place here = *file;
    const struct place *place = &here;
    struct weh_diag diag = { 0 };
    struct weh_value line;
    struct weh_value actual;
    char got[600];
    int64_t wanted;
    weh_err err;

    weh_arena_reset(&report->arena);
    if (oracle_parse(text, &report->arena, &line, &diag) != WEH_OK) {
        (void)printf("%s: a line cannot be read: %s\n", place->name, diag.text);
        report->n_bad++;
        return;
    }
    here.line = &line;
    if (report->options.id != NULL &&
        !weh_str_eq_text(text_member(&line, "id"), report->options.id)) {
        return;
    }
    err = ask(place, &actual, &diag);
    wanted = int_member(&line, "status");
    if (status_of(err) !=
        (wanted == STATUS_STEP || wanted == STATUS_ROW ? STATUS_PREPARE : wanted)) {
        char expected[400];

        (void)snprintf(expected, sizeof(expected), "status %d %.*s",
                       (int)int_member(&line, "status"), WEH_STR_ARGS(text_member(&line, "error")));
        (void)snprintf(got, sizeof(got), "%s %s: %s [%s]",
                       err == WEH_OK ? "an answer" : weh_err_info(err)->name, diag.where,
                       err == WEH_OK ? "" : diag.text, diag.detail);
        differs(place, "status", expected, got);
    } else if (err == WEH_OK) {
        compare_answer(place, &actual);
    } else {
        group_of(report, text_member(&line, "group"))->n_equal++;
    }
}

/* @folder's queries of the file; @optional: if there are any. */
static void compare_lines(struct place *place, const char *folder, bool optional)
{
    struct weh_diag diag = { 0 };
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s/%s.queries.jsonl.xz", place->report->options.data_dir,
                   folder, place->name);
    if (optional && access(path, R_OK) != 0) {
        return;
    }
    if (oracle_lines_read(path, &(struct oracle_lines){ place, compare_line }, &diag) != WEH_OK) {
        (void)printf("%s: %s\n", path, diag.text);
        place->report->n_bad++;
    }
}

static void compare_file(struct report *report, const char *name)
{
    static const struct weh_ecsql_limits limits = { 60000,  1000000, 256u << 20, 64u << 20,
                                                    100000, 4,       1u << 30,   0 };
    struct oracle_file file = { .path = "" };
    struct place place = { .report = report, .file = &file, .name = name };
    struct weh_diag diag = { 0 };
    weh_err err = oracle_file_open(report->options.data_dir, name, &file, &diag);

    if (err == WEH_OK) {
        err = weh_ecsql_create(file.briefcase, file.catalog, &limits, NULL, &place.engine, &diag);
    }
    if (err == WEH_OK) {
        compare_lines(&place, "oracle", false);
        compare_lines(&place, "ecsql", true);
    } else {
        (void)printf("%s: %s\n", name, diag.text);
        report->n_bad++;
    }
    weh_ecsql_destroy(place.engine);
    oracle_file_close(&file);
}

static void print_table(struct report *report)
{
    struct group all = { .name = "all" };

    (void)printf("%-12s %8s %10s %8s\n", "group", "equal", "different", "known");
    for (size_t i = 0; i <= report->n_groups; i++) {
        const struct group *group = i < report->n_groups ? &report->groups[i] : &all;

        (void)printf("%-12s %8u %10u %8u\n", group->name, group->n_equal, group->n_different,
                     group->n_known);
        all.n_equal += group->n_equal;
        all.n_different += group->n_different;
        all.n_known += group->n_known;
    }
    for (uint32_t i = 0; i < report->known.n && report->options.whole; i++) {
        if (report->known.rows[i].n_used == 0) {
            (void)printf("ecsql_known.txt: nothing differs any more: %.*s\n",
                         WEH_STR_ARGS(report->known.rows[i].reason));
            report->n_bad++;
        }
    }
}

int main(int argc, char **argv)
{
    static struct report report = { .options = { .data_dir = WEH_TEST_DATA,
                                                 .known = WEH_ORACLE_KNOWN,
                                                 .has_id = true,
                                                 .n_shown_max = 20 } };
    static const char *const all[] = { "empty", "undone", "small", "medium" };
    struct weh_diag diag = { 0 };
    weh_err err;

    if (!oracle_options_read(&report.options, all, WEH_ARRAY_LEN(all), argc, argv)) {
        return 2;
    }
    err = weh_briefcase_global_init(&diag);
    if (err == WEH_OK) {
        err = oracle_known_read(report.options.known, &report.known, &diag);
    }
    if (err != WEH_OK) {
        (void)fprintf(stderr, "ecsql_report: %s\n", diag.text);
        return 2;
    }
    weh_arena_init(&report.arena, 0);
    weh_buf_init(&report.actual, 0);
    for (size_t i = 0; i < report.options.n_names; i++) {
        compare_file(&report, report.options.names[i]);
    }
    print_table(&report);
    weh_buf_fini(&report.actual);
    weh_arena_fini(&report.arena);
    oracle_known_fini(&report.known);
    return report.n_bad == 0 ? 0 : 1;
}
