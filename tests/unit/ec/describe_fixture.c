/* tests/unit/ec/describe_fixture.c - see describe_fixture.h. */
#include "describe_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/json.h"

void describe_open(struct describe_fixture *f, const char *name, const char *sql)
{
    memset(f, 0, sizeof(*f));
    ec_fixture_open(&f->file, name, sql);
    if (ec_fixture_acquire(&f->file) != WEH_OK) {
        fail_msg("%s", f->file.diag.text);
    }
    weh_arena_init(&f->arena, 0);
}

void describe_close(struct describe_fixture *f)
{
    weh_arena_fini(&f->arena);
    ec_fixture_close(&f->file);
}

struct weh_ec_describer describe_begin(struct describe_fixture *f)
{
    weh_arena_fini(&f->arena);
    weh_arena_init(&f->arena, 0);
    weh_value_sink_init(&f->sink, &f->arena);
    return (struct weh_ec_describer){ .briefcase = f->file.briefcase,
                                      .catalog = f->file.catalog,
                                      .arena = &f->arena,
                                      .sink = &f->sink.sink };
}

const struct weh_value *describe_take(struct describe_fixture *f)
{
    assert_int_equal(weh_value_sink_take(&f->sink, &f->value, NULL), WEH_OK);
    return &f->value;
}

const struct weh_value *describe_class(struct describe_fixture *f, const char *name)
{
    struct weh_ec_describer describer = describe_begin(f);

    if (weh_ec_describe_class(&describer, weh_str_from(name), true, &f->file.diag) != WEH_OK) {
        fail_msg("%s: %s", name, f->file.diag.text);
    }
    return describe_take(f);
}

static const struct weh_value *member_find(const struct weh_value *map, struct weh_str key)
{
    for (uint32_t i = 0; map != NULL && map->type == WEH_VALUE_MAP && i < map->n; i++) {
        if (weh_str_eq(map->as.members[i].key, key)) {
            return &map->as.members[i].value;
        }
    }
    return NULL;
}

const struct weh_value *value_at(const struct weh_value *value, const char *path)
{
    struct weh_str rest = weh_str_from(path);
    struct weh_str head;

    while (rest.len != 0 && value != NULL) {
        rest = weh_str_split(rest, '/', &head);
        if (value->type == WEH_VALUE_ARRAY) {
            uint32_t index = (uint32_t)(head.ptr[0] - '0');

            value = index < value->n ? &value->as.items[index] : NULL;
        } else {
            value = member_find(value, head);
        }
    }
    return value;
}

void assert_text_at(const struct weh_value *value, const char *path, const char *text)
{
    const struct weh_value *found = value_at(value, path);

    if (found == NULL || found->type != WEH_VALUE_STRING ||
        !weh_str_eq_text(weh_value_str(found), text)) {
        fail_values(path, NULL, found == NULL ? value : found);
    }
}

static bool is_number(const struct weh_value *value)
{
    return value->type == WEH_VALUE_INT || value->type == WEH_VALUE_UINT ||
           value->type == WEH_VALUE_REAL;
}

static bool texts_match(struct weh_str a, struct weh_str b, bool dots)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] != b.ptr[i] && !(dots && a.ptr[i] == '.' && b.ptr[i] == ':')) {
            return false;
        }
    }
    return true;
}

static bool maps_match(const struct weh_value *a, const struct weh_value *b, bool dots)
{
    for (uint32_t i = 0; i < a->n; i++) {
        const struct weh_value *other = member_find(b, a->as.members[i].key);

        if (other == NULL || !values_match(&a->as.members[i].value, other, dots)) {
            return false;
        }
    }
    return a->n == b->n;
}

static bool arrays_match(const struct weh_value *a, const struct weh_value *b, bool dots)
{
    for (uint32_t i = 0; i < a->n && i < b->n; i++) {
        if (!values_match(&a->as.items[i], &b->as.items[i], dots)) {
            return false;
        }
    }
    return a->n == b->n;
}

/* Deep as the JSON parser lets a text be. */
bool values_match(const struct weh_value *a, const struct weh_value *b, bool dots)
{
    if (is_number(a) && is_number(b)) {
        double x = 0.0;
        double y = 0.0;

        return weh_value_to_double(a, &x) && weh_value_to_double(b, &y) &&
               fabs(x - y) <= 1e-12 * fabs(x);
    }
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case WEH_VALUE_MAP:
        return maps_match(a, b, dots);
    case WEH_VALUE_ARRAY:
        return arrays_match(a, b, dots);
    case WEH_VALUE_STRING:
        return texts_match(weh_value_str(a), weh_value_str(b), dots);
    case WEH_VALUE_BOOL:
        return a->as.boolean == b->as.boolean;
    case WEH_VALUE_NULL:
        return true;
    case WEH_VALUE_INT:
    case WEH_VALUE_UINT:
    case WEH_VALUE_REAL:
    case WEH_VALUE_BINARY:
    default:
        return false;
    }
}

static void value_print(const char *what, const struct weh_value *value)
{
    struct weh_json_writer writer;
    struct weh_buf buf;

    if (value == NULL) {
        print_error("%s: nothing\n", what);
        return;
    }
    weh_buf_init(&buf, 0);
    weh_json_writer_init(&writer, &buf);
    weh_sink_value(&writer.sink, value);
    print_error("%s: %.*s\n", what, (int)buf.len, (const char *)buf.data);
    weh_buf_fini(&buf);
}

void fail_values(const char *where, const struct weh_value *expected,
                 const struct weh_value *actual)
{
    value_print("expected", expected);
    value_print("actual", actual);
    fail_msg("%s", where);
}
