/* tests/unit/txn/change_tools.c - see change_tools.h. */
#include "change_tools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/ec_value.h"
#include "weh/json.h"

static const char *const op_names[] = { "Inserted", "Updated", "Deleted" };

weh_err properties_of(struct weh_change_reader *reader, json_t **out, struct weh_diag *diag)
{
    struct weh_json_writer writer;
    struct weh_buf text;
    weh_err err;

    weh_buf_init(&text, 0);
    weh_json_writer_init(&writer, &text);
    err = weh_change_reader_write(reader, &writer.sink, diag);
    if (err == WEH_OK && text.err != WEH_OK) {
        err = text.err;
    }
    *out =
        err == WEH_OK ? json_loadb((const char *)text.data, text.len, JSON_ALLOW_NUL, NULL) : NULL;
    assert_true(err != WEH_OK || *out != NULL);
    weh_buf_fini(&text);
    return err;
}

void key_of(const struct weh_instance_change *change, char *out, size_t size)
{
    char id[WEH_ID_TEXT_SIZE];

    (void)weh_id_print(change->id, id);
    if (change->ec_class == NULL) {
        (void)snprintf(out, size, "%.*s %.*s %d %d", WEH_STR_ARGS(change->prop_namespace),
                       WEH_STR_ARGS(change->prop_name), (int)change->prop_id,
                       (int)change->prop_sub_id);
    } else {
        (void)snprintf(out, size, "%.*s %s", WEH_STR_ARGS(change->ec_class->full_name), id);
    }
}

json_t *read_range(struct fixture *f, uint64_t from, uint64_t to, weh_err *err)
{
    struct weh_change_options options = { .from = { from }, .to = { to } };
    struct weh_change_reader *reader = NULL;
    struct weh_instance_change change;
    json_t *all = json_object();
    bool more = true;

    *err = weh_change_reader_open(f->stack, &options, &reader, &f->diag);
    while (*err == WEH_OK) {
        json_t *properties = NULL;
        char key[512];

        *err = weh_change_reader_next(reader, &change, &more, &f->diag);
        if (*err != WEH_OK || !more) {
            break;
        }
        key_of(&change, key, 256);
        *err = properties_of(reader, &properties, &f->diag);
        if (*err == WEH_OK) {
            while (json_object_get(all, key) != NULL) {
                strcat(key, "+"); /* only what is damaged tells one twice */
            }
            json_object_set_new(all, key,
                                json_pack("{s:s,s:b,s:I,s:o}", "op", op_names[change.op],
                                          "indirect", (int)change.indirect, "txnId",
                                          (json_int_t)change.txn_id.value, "properties",
                                          properties));
        }
    }
    weh_change_reader_close(reader);
    if (*err != WEH_OK) {
        json_decref(all);
        all = NULL;
    }
    return all;
}

json_t *must_read(struct fixture *f, uint64_t from, uint64_t to)
{
    weh_err err = WEH_OK;
    json_t *all = read_range(f, from, to, &err);

    if (err != WEH_OK) {
        fail_msg("%s: %s %s (%s) %s:%d", weh_err_info(err)->name, f->diag.where, f->diag.text,
                 f->diag.detail, f->diag.file, f->diag.line);
    }
    return all;
}

bool same_value(json_t *a, json_t *b)
{
    double x = 0;
    double y = 0;
    const char *key;
    json_t *member;

    if (json_is_number(a) && json_is_number(b)) {
        return json_number_value(a) == json_number_value(b);
    }
    if (json_is_string(a) && json_is_string(b) &&
        weh_julian_day_parse(weh_str_from(json_string_value(a)), WEH_EC_DT_TIME_OF_DAY, &x) &&
        weh_julian_day_parse(weh_str_from(json_string_value(b)), WEH_EC_DT_TIME_OF_DAY, &y)) {
        return x - y < 2e-8 && y - x < 2e-8;
    }
    if (!json_is_object(a) || !json_is_object(b)) {
        return json_equal(a, b) != 0;
    }
    if (json_object_size(a) != json_object_size(b)) {
        return false;
    }
    json_object_foreach(a, key, member)
    {
        if (!same_value(member, json_object_get(b, key))) {
            return false;
        }
    }
    return true;
}

void differ(const char *key, const char *name, json_t *ours, json_t *theirs)
{
    char *a = ours == NULL ? NULL : json_dumps(ours, JSON_ENCODE_ANY);
    char *b = theirs == NULL ? NULL : json_dumps(theirs, JSON_ENCODE_ANY);

    fail_msg("%s %s: %.400s, expected %.400s", key, name, a == NULL ? "nothing" : a,
             b == NULL ? "nothing" : b);
}
