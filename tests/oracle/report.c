/* tests/oracle/report.c - how much of what we say of genuine iModels is what the official backend says.
 *
 * Compares every line of the dumps in tests/data/oracle (core-backend 5.1.9, made by dump.mjs) with
 * what our libraries tell, member by member and in the same order, and prints counts per file and
 * kind and the first differences. Reads only; the server is not involved. Exit status 0: no difference
 * that known.txt does not explain, and nothing in it that is no longer so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/arena.h"
#include "weh/json.h"

#include "oracle_diff.h"
#include "oracle_file.h"
#include "oracle_kinds.h"
#include "oracle_known.h"
#include "oracle_options.h"

#define KINDS_MAX 16
#define SHOWN_MAX 80 /* bytes of a value in a difference */

struct counts {
    uint32_t n_equal;
    uint32_t n_different;
    uint32_t n_known;
};

struct report {
    struct oracle_options options;
    uint32_t n_shown;
    uint32_t n_bad; /* differences without explanation, files that cannot be read, ... */
    struct counts counts[ORACLE_NAMES_MAX][KINDS_MAX];
    struct oracle_known known;
    struct weh_arena arena; /* of one line */
    struct weh_buf actual;
    struct weh_buf out; /* the differences, as text or JSON */
    struct weh_json_writer json_out;
};

/* What is compared just now. */
struct place {
    struct report *report;
    struct oracle_file *file;
    const char *name;
    const struct oracle_kind *kind;
    struct counts *counts;
    uint32_t line;
};

/* @value as text for people, cut to SHOWN_MAX bytes. */
static void print_value(const struct weh_value *value, char out[SHOWN_MAX + 4])
{
    struct weh_json_writer writer;
    struct weh_buf buf;
    int len;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&writer, &buf);
    if (value == NULL) {
        weh_buf_printf(&buf, "nothing");
    } else {
        weh_sink_value(&writer.sink, value);
    }
    len = buf.len > SHOWN_MAX ? SHOWN_MAX : (int)buf.len;
    while (len > 0 && (size_t)len < buf.len && (buf.data[len] & 0xc0u) == 0x80u) {
        len--;
    }
    (void)snprintf(out, SHOWN_MAX + 4, "%.*s%s", len, buf.data == NULL ? "" : (char *)buf.data,
                   (size_t)len < buf.len ? "..." : "");
    weh_buf_fini(&buf);
}

static struct weh_str name_of(const struct weh_value *line, char *buf, size_t size, uint32_t number)
{
    static const char *const keys[] = { "id", "ecclass" };

    for (size_t i = 0; line != NULL && i < WEH_ARRAY_LEN(keys); i++) {
        const struct weh_value *name = weh_value_get(line, keys[i]);

        if (name != NULL && name->type == WEH_VALUE_STRING) {
            return weh_value_str(name);
        }
    }
    (void)snprintf(buf, size, "line-%u", number);
    return weh_str_from(buf);
}

static void put_pair(struct weh_sink *sink, const char *key, const char *text)
{
    weh_sink_key(sink, key);
    weh_sink_text(sink, text);
}

static void write_difference(const struct place *place, struct weh_str id,
                             const struct oracle_difference *difference, struct weh_str reason)
{
    struct report *report = place->report;
    struct weh_sink *sink = &report->json_out.sink;
    char expected[SHOWN_MAX + 4];
    char actual[SHOWN_MAX + 4];

    print_value(difference->expected, expected);
    print_value(difference->actual, actual);
    if (!report->options.json) {
        weh_buf_printf(&report->out, "%s %s %.*s %s: %s: expected %s, got %s%s%.*s\n", place->name,
                       place->kind->name, WEH_STR_ARGS(id), difference->path, difference->what,
                       expected, actual, reason.len == 0 ? "" : "; known: ", WEH_STR_ARGS(reason));
        return;
    }
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_pair(sink, "file", place->name);
    put_pair(sink, "kind", place->kind->name);
    weh_sink_key(sink, "id");
    weh_sink_str(sink, id);
    put_pair(sink, "path", difference->path);
    put_pair(sink, "what", difference->what);
    put_pair(sink, "expected", expected);
    put_pair(sink, "actual", actual);
    if (reason.len > 0) {
        weh_sink_key(sink, "known");
        weh_sink_str(sink, reason);
    }
    weh_sink_map_end(sink);
}

static void count_difference(const struct place *place, const struct weh_value *line,
                             const struct oracle_difference *difference)
{
    struct report *report = place->report;
    char number[32];
    struct weh_str id = name_of(line, number, sizeof(number), place->line);
    const struct oracle_known_row *row =
        oracle_known_find(&report->known, place->name, place->kind->name, id, difference->path);

    if (row != NULL) {
        place->counts->n_known++;
    } else {
        place->counts->n_different++;
        report->n_bad++;
    }
    if (report->n_shown < report->options.n_shown_max) {
        report->n_shown++;
        write_difference(place, id, difference, row == NULL ? WEH_STR("") : row->reason);
    }
}

/* Something that is no difference of two values; the text goes where the values stand. */
static void count_problem(const struct place *place, const struct weh_value *line, const char *what,
                          const char *text)
{
    struct weh_value got = { .type = WEH_VALUE_STRING, .n = (uint32_t)strlen(text) };
    struct oracle_difference difference = { .what = what, .actual = &got };

    got.as.string = text;
    count_difference(place, line, &difference);
}

/* Have our side tell what @line says and read it back. */
static weh_err tell(const struct place *place, const struct weh_value *line, struct weh_value *out,
                    struct weh_diag *diag)
{
    struct report *report = place->report;
    struct weh_json_writer writer;
    weh_err err;

    weh_buf_clear(&report->actual);
    weh_json_writer_init(&writer, &report->actual);
    err = place->kind->tell(place->file, line, &writer.sink, diag);
    if (err == WEH_OK && report->actual.err != WEH_OK) {
        err = weh_fail(diag, report->actual.err, "our JSON cannot be written");
    }
    if (err != WEH_OK) {
        return err;
    }
    return oracle_parse((struct weh_str){ (const char *)report->actual.data, report->actual.len },
                        &report->arena, out, diag);
}

static void compare_line(void *ctx, struct weh_str text)
{
    struct place *place = ctx;
    struct report *report = place->report;
    struct oracle_difference difference = { .is_metadata = place->kind->is_metadata };
    struct weh_diag diag = { 0 };
    struct weh_value expected;
    struct weh_value actual;
    weh_err err;

    place->line++;
    weh_arena_reset(&report->arena);
    err = oracle_parse(text, &report->arena, &expected, &diag);
    if (err != WEH_OK) {
        count_problem(place, NULL, "unreadable", diag.text);
        return;
    }
    err = tell(place, &expected, &actual, &diag);
    if (err != WEH_OK) {
        count_problem(place, &expected, weh_err_info(err)->name, diag.text);
    } else if (oracle_equal(&expected, &actual, &difference)) {
        place->counts->n_equal++;
    } else {
        count_difference(place, &expected, &difference);
    }
}

static void compare_count(const struct place *place, uint32_t n_lines)
{
    struct weh_diag diag = { 0 };
    uint64_t n = 0;

    if (place->kind->count_sql == NULL) {
        return;
    }
    if (oracle_count(place->file, place->kind->count_sql, &n, &diag) != WEH_OK || n != n_lines) {
        char text[96];

        (void)snprintf(text, sizeof(text), "%llu in the file, %u in the dump",
                       (unsigned long long)n, n_lines);
        count_problem(place, NULL, "count", text);
    }
}

static void compare_kind(struct place *place)
{
    struct report *report = place->report;
    struct weh_diag diag = { 0 };
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/oracle/%s.%s.jsonl.xz", report->options.data_dir,
                   place->name, place->kind->name);
    place->line = 0;
    if (oracle_lines_read(path, &(struct oracle_lines){ place, compare_line }, &diag) == WEH_OK) {
        compare_count(place, place->line);
    } else {
        count_problem(place, NULL, "dump", diag.text);
    }
}

static void compare_file(struct report *report, size_t index)
{
    struct oracle_file file = { .path = "" };
    struct weh_diag diag = { 0 };
    struct place place = { .report = report, .file = &file, .name = report->options.names[index] };
    size_t n_kinds;
    const struct oracle_kind *kinds = oracle_kinds(&n_kinds);
    weh_err err = oracle_file_open(report->options.data_dir, place.name, &file, &diag);

    for (size_t i = 0; i < n_kinds; i++) {
        place.kind = &kinds[i];
        place.counts = &report->counts[index][i];
        if (err == WEH_OK) {
            compare_kind(&place);
        } else {
            count_problem(&place, NULL, "open", diag.text);
        }
    }
    oracle_file_close(&file);
}

/* True when all that @row could be about has been compared. */
static bool is_covered(const struct report *report, const struct oracle_known_row *row)
{
    for (size_t i = 0; i < report->options.n_names && !report->options.whole; i++) {
        if (weh_str_eq_text(row->fields[0], report->options.names[i])) {
            return true;
        }
    }
    return report->options.whole;
}

/* A line of known.txt that nothing needs. */
static void check_known(struct report *report)
{
    for (uint32_t i = 0; i < report->known.n; i++) {
        const struct oracle_known_row *row = &report->known.rows[i];

        if (row->n_used == 0 && is_covered(report, row)) {
            (void)fprintf(stderr, "known.txt: nothing differs any more: %.*s\n",
                          WEH_STR_ARGS(row->reason));
            report->n_bad++;
        }
    }
}

static void print_table(const struct report *report)
{
    size_t n_kinds;
    const struct oracle_kind *kinds = oracle_kinds(&n_kinds);

    (void)printf("%-10s %-14s %8s %10s %8s\n", "file", "kind", "equal", "different", "known");
    for (size_t i = 0; i < report->options.n_names; i++) {
        for (size_t k = 0; k < n_kinds; k++) {
            const struct counts *counts = &report->counts[i][k];

            (void)printf("%-10s %-14s %8u %10u %8u\n", report->options.names[i], kinds[k].name,
                         counts->n_equal, counts->n_different, counts->n_known);
        }
    }
    (void)printf("%.*s", (int)report->out.len,
                 report->out.data == NULL ? "" : (const char *)report->out.data);
}

static void write_counts(const struct report *report, struct weh_sink *sink)
{
    size_t n_kinds;
    const struct oracle_kind *kinds = oracle_kinds(&n_kinds);

    weh_sink_key(sink, "counts");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < report->options.n_names; i++) {
        for (size_t k = 0; k < n_kinds; k++) {
            const struct counts *counts = &report->counts[i][k];

            weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
            put_pair(sink, "file", report->options.names[i]);
            put_pair(sink, "kind", kinds[k].name);
            weh_sink_key(sink, "equal");
            weh_sink_int(sink, counts->n_equal);
            weh_sink_key(sink, "different");
            weh_sink_int(sink, counts->n_different);
            weh_sink_key(sink, "known");
            weh_sink_int(sink, counts->n_known);
            weh_sink_map_end(sink);
        }
    }
    weh_sink_array_end(sink);
}

static void begin_output(struct report *report)
{
    weh_json_writer_init(&report->json_out, &report->out);
    if (report->options.json) {
        weh_sink_map_begin(&report->json_out.sink, WEH_SINK_UNKNOWN);
        weh_sink_key(&report->json_out.sink, "differences");
        weh_sink_array_begin(&report->json_out.sink, WEH_SINK_UNKNOWN);
    }
}

static void end_output(struct report *report)
{
    struct weh_sink *sink = &report->json_out.sink;

    if (!report->options.json) {
        print_table(report);
        (void)printf("%s\n", report->n_bad == 0 ? "all equal" : "there are differences");
        return;
    }
    weh_sink_array_end(sink);
    write_counts(report, sink);
    weh_sink_key(sink, "ok");
    weh_sink_bool(sink, report->n_bad == 0);
    weh_sink_map_end(sink);
    (void)printf("%.*s\n", (int)report->out.len, (const char *)report->out.data);
}

int main(int argc, char **argv)
{
    static struct report report = { .options = { .data_dir = WEH_TEST_DATA,
                                                 .known = WEH_ORACLE_KNOWN,
                                                 .has_json = true,
                                                 .n_shown_max = 20 } };
    static const char *const all[] = { "empty", "undone", "small", "medium", "final" };
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
        (void)fprintf(stderr, "report: %s\n", diag.text);
        return 2;
    }
    weh_arena_init(&report.arena, 0);
    weh_buf_init(&report.actual, 0);
    weh_buf_init(&report.out, 0);
    begin_output(&report);
    for (size_t i = 0; i < report.options.n_names; i++) {
        compare_file(&report, i);
    }
    check_known(&report);
    end_output(&report);
    weh_buf_fini(&report.out);
    weh_buf_fini(&report.actual);
    weh_arena_fini(&report.arena);
    oracle_known_fini(&report.known);
    return report.n_bad == 0 ? 0 : 1;
}
