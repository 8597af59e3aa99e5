/* tests/unit/geom/geom_fixture.c - see the header. */
#include "geom_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"

#include "data_file.h"

static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 10000000 };

static const struct weh_value *member(const struct weh_value *map, const char *name)
{
    const struct weh_value *value = weh_value_get(map, name);

    return weh_value_is_null(value) ? NULL : value;
}

static bool is_true(const struct weh_value *map, const char *name)
{
    bool value = false;

    return weh_value_to_bool(weh_value_get(map, name), &value) && value;
}

static void read_case(struct geom_cases *cases, struct weh_str line)
{
    struct geom_case *item = &cases->items[cases->n++];
    struct weh_value *value = weh_arena_alloc(&cases->arena, sizeof(*value));
    struct weh_diag diag;

    assert_non_null(value);
    assert_int_equal(weh_json_parse(line, &limits, &cases->arena, value, &diag), WEH_OK);
    *item = (struct geom_case){ .in = member(value, "in"),
                                .geom = member(value, "geom"),
                                .box = member(value, "box"),
                                .part = member(value, "part"),
                                .from = "",
                                .is_2d = is_true(value, "d2") };
    item->is_part = item->part != NULL;
    if (member(value, "from") != NULL) {
        item->from = weh_arena_strdup(&cases->arena, weh_value_str(member(value, "from")));
        assert_non_null(item->from);
    }
}

void geom_cases_open(struct geom_cases *cases, const char *name)
{
    size_t len = 0;
    char *text = data_file_text(name, &len);
    struct weh_str rest = { text, len };
    unsigned n = 0;

    assert_non_null(text);
    for (size_t i = 0; i < len; i++) {
        n += text[i] == '\n';
    }
    weh_arena_init(&cases->arena, 0);
    cases->items = calloc(n + 1, sizeof(*cases->items));
    assert_non_null(cases->items);
    cases->n = 0;
    while (rest.len > 0) {
        struct weh_str line;

        rest = weh_str_split(rest, '\n', &line);
        if (line.len > 0) {
            read_case(cases, line);
        }
    }
    weh_free(text);
}

void geom_cases_close(struct geom_cases *cases)
{
    free(cases->items);
    weh_arena_fini(&cases->arena);
}

static bool numbers_eq(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fmax(1.0, fmax(fabs(a), fabs(b)));
}

bool geom_value_eq(const struct weh_value *a, const struct weh_value *b)
{
    double x, y;
    bool p, q;

    if (weh_value_to_double(a, &x)) {
        return weh_value_to_double(b, &y) && numbers_eq(x, y);
    }
    if (a->type != b->type) {
        return false;
    }
    if (a->type == WEH_VALUE_STRING) {
        return weh_str_eq(weh_value_str(a), weh_value_str(b));
    }
    if (weh_value_to_bool(a, &p)) {
        return weh_value_to_bool(b, &q) && p == q;
    }
    if (a->type == WEH_VALUE_NULL) {
        return true;
    }
    if (a->n != b->n) {
        return false;
    }
    for (uint32_t i = 0; i < a->n; i++) {
        bool same = a->type == WEH_VALUE_ARRAY
                        ? geom_value_eq(&a->as.items[i], &b->as.items[i])
                        : weh_str_eq(a->as.members[i].key, b->as.members[i].key) &&
                              geom_value_eq(&a->as.members[i].value, &b->as.members[i].value);

        if (!same) {
            return false;
        }
    }
    return true;
}

const struct weh_value *geom_parse(const char *text, struct weh_arena *arena)
{
    struct weh_value *value = weh_arena_alloc(arena, sizeof(*value));
    struct weh_diag diag;

    assert_non_null(value);
    assert_int_equal(weh_json_parse(weh_str_from(text), &limits, arena, value, &diag), WEH_OK);
    return value;
}

const char *geom_text(const struct weh_value *value, struct weh_arena *arena)
{
    struct weh_json_writer writer;
    struct weh_buf buf;
    char *copy;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&writer, &buf);
    weh_sink_value(&writer.sink, value);
    assert_int_equal(buf.err, WEH_OK);
    copy = weh_arena_strdup(arena, (struct weh_str){ (const char *)buf.data, buf.len });
    weh_buf_fini(&buf);
    assert_non_null(copy);
    return copy;
}

const struct weh_value *geom_written(const struct weh_geom *geom, uint64_t sub_category,
                                     struct weh_arena *arena)
{
    struct weh_geom_json_options options = { .sub_category = sub_category };
    struct weh_json_writer writer;
    const struct weh_value *value;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&writer, &buf);
    weh_geom_json_write(geom, &options, &writer.sink);
    weh_buf_byte(&buf, 0);
    assert_int_equal(buf.err, WEH_OK);
    value = geom_parse((const char *)buf.data, arena);
    weh_buf_fini(&buf);
    return value;
}

double geom_box_distance(const struct weh_geom_range *box, const struct weh_value *expected)
{
    const double ours[2][3] = { { box->low.x, box->low.y, box->low.z },
                                { box->high.x, box->high.y, box->high.z } };
    static const char *const names[] = { "low", "high" };
    double worst = 0.0;

    for (unsigned i = 0; i < 2; i++) {
        const struct weh_value *point = weh_value_get(expected, names[i]);

        assert_non_null(point);
        for (uint32_t k = 0; k < point->n; k++) {
            double theirs;
            double difference;

            assert_true(weh_value_to_double(&point->as.items[k], &theirs));
            difference = fabs(ours[i][k] - theirs) / fmax(1.0, fabs(theirs));
            worst = difference > worst || isnan(difference) ? difference : worst;
        }
    }
    return worst;
}
