/* tests/unit/txn/test_change_oracle.c - saved transactions as changed instances, against what the
 * official backend's ChangesetECAdaptor and PartialECChangeUnifier (core-backend 5.1.9) make of them.
 *
 * The backend's values are turned into ours by the property's type: members of structs, points and
 * navigation values by their JavaScript names, RelECClassId as relClassName, whole numbers instead of
 * hexadecimal text, dates in the property's kind, nulls left out. It tells no arrays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"
#include "weh/ec_value.h"
#include "weh/pack.h"

#include "change_tools.h"
#include "changeset_priv.h"
#include "data_file.h"

/* ---- the backend's values in our form ---- */

static json_t *expected_value(struct fixture *f, const struct weh_ec_property *property,
                              json_t *value);

static int64_t whole_number(json_t *value)
{
    return json_is_string(value) ? (int64_t)strtoull(json_string_value(value), NULL, 16)
                                 : (int64_t)json_number_value(value);
}

static json_t *expected_related(struct fixture *f, json_t *value)
{
    json_t *id = json_object_get(value, "Id");
    json_t *rel = json_object_get(value, "RelECClassId");
    const struct weh_ec_class *ec_class =
        json_is_string(rel) ? weh_ec_class_by_id(f->catalog, (weh_id)whole_number(rel)) : NULL;
    json_t *out = json_object();

    if (!json_is_string(id)) {
        json_decref(out);
        return NULL;
    }
    json_object_set(out, "id", id);
    if (ec_class != NULL) {
        json_object_set_new(out, "relClassName",
                            json_stringn(ec_class->full_name_dot.ptr, ec_class->full_name_dot.len));
    }
    return out;
}

static json_t *expected_members(struct fixture *f, const struct weh_ec_property *property,
                                json_t *value)
{
    json_t *out = json_object();
    const char *key;
    json_t *member;

    json_object_foreach(value, key, member)
    {
        const struct weh_ec_property *inner =
            property->kind == WEH_EC_STRUCT_VALUE
                ? weh_ec_property_by_js_name(property->struct_class, weh_str_from(key))
                : NULL;
        json_t *turned = inner != NULL ? expected_value(f, inner, member)
                                       : (json_is_null(member) ? NULL : json_incref(member));
        char name[128];

        (void)snprintf(name, sizeof(name), "%s", key);
        name[0] = (char)(name[0] >= 'A' && name[0] <= 'Z' ? name[0] + 32 : name[0]);
        if (turned != NULL) {
            json_object_set_new(out, name, turned);
        }
    }
    if (json_object_size(out) == 0) {
        json_decref(out);
        return NULL;
    }
    return out;
}

static json_t *expected_date(const struct weh_ec_property *property, json_t *value)
{
    char text[32];
    double day = 0;

    assert_true(weh_julian_day_parse(weh_str_from(json_string_value(value)), WEH_EC_DT_UTC, &day));
    assert_true(weh_julian_day_print(day, property->datetime, text) > 0);
    return json_string(text);
}

static json_t *expected_bytes(json_t *value)
{
    char *text;
    json_t *out;
    const char *base64 = json_string_value(json_object_get(value, "$base64"));

    if (base64 == NULL) {
        return json_incref(value);
    }
    text = malloc(strlen(base64) + 32);
    (void)sprintf(text, "encoding=base64;%s", base64);
    out = json_string(text);
    free(text);
    return out;
}

static json_t *expected_value(struct fixture *f, const struct weh_ec_property *property,
                              json_t *value)
{
    if (json_is_null(value)) {
        return NULL;
    }
    if (property->kind == WEH_EC_NAVIGATION) {
        return expected_related(f, value);
    }
    if (json_is_object(value) && property->primitive != WEH_EC_BINARY) {
        return expected_members(f, property, value);
    }
    switch (property->primitive) {
    case WEH_EC_BOOLEAN:
        return json_boolean(whole_number(value) != 0);
    case WEH_EC_DATETIME:
        return expected_date(property, value);
    case WEH_EC_DOUBLE:
        return json_is_string(value) ? json_real((double)whole_number(value)) : json_incref(value);
    case WEH_EC_INT:
    case WEH_EC_LONG:
        if (weh_str_eq_text(property->extended_type, "Id")) {
            return json_incref(value);
        }
        return json_integer(whole_number(value));
    case WEH_EC_BINARY:
        return expected_bytes(value);
    case WEH_EC_STRING:
    case WEH_EC_POINT2D:
    case WEH_EC_POINT3D:
    case WEH_EC_GEOMETRY:
    case WEH_EC_NONE:
    default:
        return json_incref(value);
    }
}

static bool is_array(const struct weh_ec_property *property)
{
    return property != NULL &&
           (property->kind == WEH_EC_PRIMITIVE_ARRAY || property->kind == WEH_EC_STRUCT_ARRAY);
}

static void add_expected(struct fixture *f, json_t *all, json_t *instance)
{
    json_t *meta = json_object_get(instance, "$meta");
    const char *class_name = json_string_value(json_object_get(meta, "classFullName"));
    const char *side =
        strcmp(json_string_value(json_object_get(meta, "stage")), "Old") == 0 ? "old" : "new";
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_name(f->catalog, weh_str_from(class_name));
    const char *id = json_string_value(json_object_get(instance, "ECInstanceId"));
    bool fallback = json_object_get(meta, "fallbackClassId") != NULL;
    char key[256];
    json_t *entry;
    const char *name;
    json_t *value;

    assert_non_null(ec_class);
    if (fallback && id[0] == '\0') {
        return; /* a class of the table that has no key there: other rows tell the instance */
    }
    (void)snprintf(key, sizeof(key), "%s %s", class_name, id);
    entry = json_object_get(all, key);
    if (entry == NULL) {
        entry = json_pack("{s:O,s:{},s:b}", "op", json_object_get(meta, "op"), "properties",
                          "fallback", (int)fallback);
        json_object_set_new(all, key, entry);
    }
    entry = json_object_get(entry, "properties");
    json_object_foreach(instance, name, value)
    {
        const struct weh_ec_property *property =
            weh_ec_property_by_js_name(ec_class, weh_str_from(name));
        json_t *turned = NULL;

        if (name[0] == '$' || strncmp(name, "EC", 2) == 0) {
            continue;
        }
        turned = property == NULL ? json_incref(value) : expected_value(f, property, value);
        if (turned != NULL && json_object_get(entry, name) == NULL) {
            json_object_set_new(entry, name, json_object());
        }
        if (turned != NULL) {
            json_object_set_new(json_object_get(entry, name), side, turned);
        }
    }
}

/* The class in a key. */
static const struct weh_ec_class *class_of(struct fixture *f, const char *key)
{
    struct weh_str name = { key, strcspn(key, " ") };

    return weh_ec_class_by_name(f->catalog, name);
}

/* Where the backend has the class of the table only, it knows less (@part). */
static size_t compare_properties(struct fixture *f, const char *key, json_t *ours, json_t *theirs,
                                 bool part)
{
    const struct weh_ec_class *ec_class = class_of(f, key);
    const char *name;
    json_t *value;
    size_t n = 0;

    json_object_foreach(theirs, name, value)
    {
        if (!same_value(json_object_get(ours, name), value)) {
            differ(key, name, json_object_get(ours, name), value);
        }
        n++;
    }
    json_object_foreach(ours, name, value)
    {
        if (!part && json_object_get(theirs, name) == NULL &&
            !is_array(weh_ec_property_by_js_name(ec_class, weh_str_from(name)))) {
            differ(key, name, value, NULL);
        }
    }
    return n;
}

struct counts {
    size_t ranges;
    size_t instances;
    size_t values;
    size_t fallbacks;
};

/* The class of the table at hand was taken for one that is gone: we know the very class. */
static const char *key_of_fallback(struct fixture *f, json_t *ours, const char *theirs)
{
    const struct weh_ec_class *base = class_of(f, theirs);
    const char *id = strchr(theirs, ' ');
    const char *key;
    json_t *entry;

    json_object_foreach(ours, key, entry)
    {
        const char *at = strchr(key, ' ');

        if (strcmp(at, id) == 0 && weh_ec_class_is(class_of(f, key), base->id)) {
            return key;
        }
    }
    return theirs;
}

static void compare_all(struct fixture *f, json_t *ours, json_t *theirs, struct counts *counts)
{
    const char *their_key;
    const char *key;
    json_t *entry;

    json_object_foreach(theirs, their_key, entry)
    {
        bool fallback = json_is_true(json_object_get(entry, "fallback"));
        json_t *our_entry;

        key = fallback ? key_of_fallback(f, ours, their_key) : their_key;
        our_entry = json_object_get(ours, key);
        if (our_entry == NULL) {
            differ(key, "", NULL, entry);
        }
        assert_string_equal(json_string_value(json_object_get(our_entry, "op")),
                            json_string_value(json_object_get(entry, "op")));
        counts->values += compare_properties(f, key, json_object_get(our_entry, "properties"),
                                             json_object_get(entry, "properties"), fallback);
        counts->instances++;
        counts->fallbacks += fallback;
        (void)json_object_set_new(our_entry, "seen", json_true());
    }
    json_object_foreach(ours, key, entry)
    {
        /* A file property has blanks in its key, and the backend tells none. */
        if (json_object_get(entry, "seen") == NULL && strchr(key, ':') != NULL) {
            differ(key, "", entry, NULL);
        }
    }
}

static void compare_range(struct fixture *f, uint64_t from, uint64_t to, const json_t *instances,
                          struct counts *counts)
{
    json_t *theirs = json_object();
    json_t *ours = must_read(f, from, to);
    json_t *instance;
    size_t i;

    json_array_foreach(instances, i, instance)
    {
        add_expected(f, theirs, instance);
    }
    compare_all(f, ours, theirs, counts);
    counts->ranges++;
    json_decref(ours);
    json_decref(theirs);
}

static void put_hex(struct weh_buf *out, const char *text)
{
    char digits[3] = "";

    for (; text[0] != '\0'; text += 2) {
        memcpy(digits, text, 2);
        weh_buf_byte(out, (uint8_t)strtoul(digits, NULL, 16));
    }
}

/* A changeset as the transaction @id. */
static void put_txn(struct fixture *f, uint64_t id, const char *text)
{
    struct weh_pack_piece piece;
    struct weh_buf bytes;
    struct weh_buf blob;
    sqlite3_stmt *stmt = NULL;

    weh_buf_init(&bytes, 0);
    weh_buf_init(&blob, 0);
    put_hex(&bytes, text);
    piece = (struct weh_pack_piece){ bytes.data, bytes.len };
    assert_int_equal(weh_pack(&txn_pack_kind, &piece, 1, &blob, &f->diag), WEH_OK);
    assert_int_equal(weh_stmt_acquire(f->briefcase,
                                      "INSERT INTO dgn_Txns(Id,Deleted,Grouped,IsSchemaChange,"
                                      "Change) VALUES(?1,0,0,0,?2)",
                                      &stmt, &f->diag),
                     WEH_OK);
    (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)id);
    (void)sqlite3_bind_blob64(stmt, 2, blob.data, blob.len, SQLITE_STATIC);
    assert_int_equal(weh_stmt_run(f->briefcase, stmt, &f->diag), WEH_OK);
    weh_stmt_release(f->briefcase, stmt);
    weh_buf_fini(&bytes);
    weh_buf_fini(&blob);
}

static uint64_t id_in(const json_t *line, const char *name)
{
    json_t *value = json_object_get(line, name);

    return json_is_string(value) ? strtoull(json_string_value(value), NULL, 16)
                                 : (uint64_t)json_integer_value(value);
}

/* Lines {txnId, instances}, {from, to, instances}, or {index, changeset (hex)} to be stored first. */
static void compare_line(struct fixture *f, const char *text, struct counts *counts)
{
    json_t *line = json_loads(text, 0, NULL);
    const json_t *changeset = json_object_get(line, "changeset");
    const json_t *instances = json_object_get(line, "instances");

    assert_non_null(line);
    if (changeset != NULL) {
        put_txn(f, id_in(line, "index"), json_string_value(changeset));
    } else if (json_object_get(line, "txnId") != NULL) {
        compare_range(f, id_in(line, "txnId"), id_in(line, "txnId"), instances, counts);
    } else {
        compare_range(f, id_in(line, "from"), id_in(line, "to"), instances, counts);
    }
    json_decref(line);
}

static struct counts compare_file(const char *bim, const char *oracle)
{
    struct fixture f;
    struct counts counts = { 0 };
    size_t len = 0;
    char *text = data_file_text(oracle, &len);
    char *rest = NULL;

    assert_non_null(text);
    fixture_open(&f, bim);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        compare_line(&f, line, &counts);
    }
    weh_free(text);
    fixture_close(&f);
    print_message("%s: %zu ranges, %zu instances, %zu values, %zu by a class of the table\n",
                  oracle, counts.ranges, counts.instances, counts.values, counts.fallbacks);
    return counts;
}

static void test_instances_of_transactions_are_those_of_the_official_backend(void **state)
{
    (void)state;
    assert_int_equal(compare_file("small.bim", "small.txns.jsonl.xz").ranges, 20);
    assert_int_equal(compare_file("undone.bim", "undone.txns.jsonl.xz").ranges, 4);
}

/* timeline.txns.jsonl.xz: nine changesets of an iModel's timeline (inserts, updates, links and
 * aspects, deletes, a schema update, edits of another briefcase), each and several as one; made
 * with "node official.mjs instances", see tests/interop. */
static void test_instances_of_changesets_are_those_of_the_official_backend(void **state)
{
    struct counts counts = compare_file("final.bim.xz", "timeline.txns.jsonl.xz");

    (void)state;
    assert_int_equal(counts.ranges, 15);
    assert_true(counts.fallbacks > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instances_of_transactions_are_those_of_the_official_backend),
        cmocka_unit_test(test_instances_of_changesets_are_those_of_the_official_backend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
