/* tests/unit/txn/test_stored.c - the transactions stored in genuine files, decoded, against what
 * the official backend (5.1.9) read from them, and the change lists made from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "weh/alloc.h"

#include "data_file.h"
#include "rows_priv.h"
#include "txn_fixture.h"

static char *base64(const uint8_t *bytes, size_t n)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    char *text = malloc(n / 3 * 4 + 5);
    char *to = text;

    for (size_t i = 0; i < n; i += 3) {
        uint32_t word = (uint32_t)bytes[i] << 16 | (i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0) |
                        (i + 2 < n ? bytes[i + 2] : 0);

        *to++ = digits[word >> 18];
        *to++ = digits[word >> 12 & 63];
        *to++ = digits[i + 1 < n ? word >> 6 & 63 : 64];
        *to++ = digits[i + 2 < n ? word & 63 : 64];
    }
    *to = '\0';
    return text;
}

static bool real_equals(const struct cs_value *value, const json_t *expected)
{
    uint64_t bits = 0;
    double real;

    for (unsigned i = 0; i < 8; i++) {
        bits = bits << 8 | value->bytes[i];
    }
    memcpy(&real, &bits, sizeof(real));
    return json_is_number(expected) && real == json_number_value(expected);
}

static bool blob_equals(const struct cs_value *value, const json_t *expected)
{
    char *encoded = base64(value->bytes, value->len);
    bool equal = json_is_object(expected) &&
                 strcmp(encoded, json_string_value(json_object_get(expected, "$base64"))) == 0;

    free(encoded);
    return equal;
}

/* As the backend dumps a value: integers as ids, absent values as null. */
static bool value_equals(const struct cs_value *value, const json_t *expected)
{
    char text[32];

    switch (value->type) {
    case CS_UNDEFINED:
    case CS_NULL:
        return json_is_null(expected);
    case CS_INTEGER:
        (void)weh_id_print((weh_id)cs_int(value), text);
        return json_is_string(expected) && strcmp(text, json_string_value(expected)) == 0;
    case CS_REAL:
        return real_equals(value, expected);
    case CS_TEXT:
        return json_is_string(expected) && json_string_length(expected) == value->len &&
               memcmp(json_string_value(expected), value->bytes, value->len) == 0;
    case CS_BLOB:
        return blob_equals(value, expected);
    }
    return false;
}

static void check_value(const struct cs_group *group, size_t column, const struct cs_value *value,
                        const json_t *expected)
{
    if (!value_equals(value, expected)) {
        fail_msg("%s column %zu: type %d", group->table, column, value->type);
    }
}

static void check_row(const struct cs_group *group, const struct cs_value *row,
                      const json_t *expected)
{
    assert_int_equal(json_array_size(expected), group->n_columns);
    for (size_t i = 0; i < group->n_columns; i++) {
        check_value(group, i, &row[i], json_array_get(expected, i));
    }
}

static size_t check_changes(const struct weh_buf *bytes, const json_t *changes)
{
    struct cs_reader reader;
    struct cs_change change;
    bool more = true;
    size_t n = 0;

    cs_reader_init(&reader, bytes->data, bytes->len);
    for (;;) {
        const json_t *expected = json_array_get(changes, n);
        const char *op;

        assert_int_equal(cs_reader_next(&reader, &change, &more, NULL), WEH_OK);
        if (!more) {
            break;
        }
        assert_non_null(expected);
        op = json_string_value(json_object_get(expected, "op"));
        assert_string_equal(reader.group.table,
                            json_string_value(json_object_get(expected, "table")));
        assert_string_equal(op, change.op == SQLITE_INSERT   ? "Inserted"
                                : change.op == SQLITE_UPDATE ? "Updated"
                                                             : "Deleted");
        assert_int_equal(change.indirect, json_is_true(json_object_get(expected, "indirect")));
        if (change.op != SQLITE_INSERT) {
            check_row(&reader.group, change.old_row, json_object_get(expected, "old"));
        }
        if (change.op != SQLITE_DELETE) {
            check_row(&reader.group, change.new_row, json_object_get(expected, "new"));
        }
        n++;
    }
    assert_int_equal(n, json_array_size(changes));
    cs_reader_fini(&reader);
    return n;
}

/* The element ids of @op in the backend's rows of bis_Element. */
static size_t count_elements(const json_t *changes, const char *op)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *change = json_array_get(changes, i);

        n += strcmp(json_string_value(json_object_get(change, "table")), "bis_Element") == 0 &&
             strcmp(json_string_value(json_object_get(change, "op")), op) == 0;
    }
    return n;
}

static size_t count_op(const struct weh_change_list *list, enum weh_change_op op)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n_elements; i++) {
        n += list->elements[i].op == op;
        assert_int_not_equal(list->elements[i].class_id, 0);
        assert_true(i == 0 || list->elements[i - 1].id < list->elements[i].id);
    }
    return n;
}

static void check_list(struct weh_txn_stack *stack, const json_t *changes, bool invert)
{
    struct change_builder builder;

    change_builder_init(&builder, &stack->tables);
    assert_int_equal(change_builder_scan(&builder,
                                         &(struct change_source){ .bytes = stack->bytes.data,
                                                                  .len = stack->bytes.len },
                                         invert, NULL),
                     WEH_OK);
    assert_int_equal(change_builder_finish(&builder, NULL), WEH_OK);
    assert_int_equal(count_op(&builder.list, WEH_CHANGE_INSERTED),
                     count_elements(changes, invert ? "Deleted" : "Inserted"));
    assert_int_equal(count_op(&builder.list, WEH_CHANGE_DELETED),
                     count_elements(changes, invert ? "Inserted" : "Deleted"));
    /* Each update in these files moved the time of the element, which is there to be looked up
     * unless a later transaction has deleted it. */
    assert_true(count_op(&builder.list, WEH_CHANGE_UPDATED) <= count_elements(changes, "Updated"));
    assert_true(builder.list.n_elements == 0 || builder.list.n_touched > 0);
    change_builder_fini(&builder);
}

/* All of a transaction, whatever its size, into stack->bytes. */
static weh_err load(struct weh_txn_stack *stack, struct weh_txn_id id, struct weh_diag *diag)
{
    struct change_source source;
    weh_err err;

    stack->max_small_blob = INT64_MAX;
    err = rows_open(stack, id, &source, diag);
    stack->max_small_blob = 0;
    return err;
}

static size_t check_file(const char *bim, const char *oracle, size_t *n_txns)
{
    struct fixture f;
    size_t len = 0;
    char *text = data_file_text(oracle, &len);
    char *line;
    char *rest = NULL;
    size_t n = 0;

    assert_non_null(text);
    fixture_open(&f, bim);
    *n_txns = 0;
    for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        json_t *txn = json_loads(line, 0, NULL);
        const json_t *changes = json_object_get(txn, "changes");
        const char *id_text = json_string_value(json_object_get(txn, "txnId"));
        struct weh_txn_id id = { strtoull(id_text, NULL, 16) };
        weh_err err;

        assert_non_null(txn);
        fixture_sql(&f, "UPDATE dgn_Txns SET IsSchemaChange=0 WHERE IsSchemaChange IS NULL");
        err = load(f.stack, id, &f.diag);
        if (err == WEH_E_UNSUPPORTED) {
            assert_int_equal(json_array_size(changes), 0); /* SQL text of a schema change */
        } else {
            assert_int_equal(err, WEH_OK);
            n += check_changes(&f.stack->bytes, changes);
            check_list(f.stack, changes, false);
            check_list(f.stack, changes, true);
        }
        ++*n_txns;
        json_decref(txn);
    }
    weh_free(text);
    fixture_close(&f);
    return n;
}

static void test_stored_transactions_of_small_decode_as_the_backend_reads_them(void **state)
{
    size_t n_txns;

    (void)state;
    assert_int_equal(check_file("small.bim", "small.txns.jsonl.xz", &n_txns), 3669);
    assert_int_equal(n_txns, 20);
}

static void test_stored_transactions_of_undone_decode_as_the_backend_reads_them(void **state)
{
    size_t n_txns;

    (void)state;
    assert_true(check_file("undone.bim", "undone.txns.jsonl.xz", &n_txns) > 0);
    assert_int_equal(n_txns, 4);
}

/* Row by row against the file: what the native library recorded is what it wrote. */
static weh_err apply(struct fixture *f, bool invert)
{
    struct changeset_work work = { .source = { .bytes = f->stack->bytes.data,
                                               .len = f->stack->bytes.len },
                                   .invert = invert,
                                   .strict = true };

    return changeset_apply(&f->stack->tables, &work, &f->diag);
}

/* What the native library has stored is undone as well as what we store ourselves. */
static void test_stored_transactions_of_the_native_library_reverse_and_come_back(void **state)
{
    struct fixture f;
    struct weh_txn_id id;
    static struct digests states[2];

    (void)state;
    fixture_open(&f, "small.bim");
    fixture_settle_index(&f);
    fixture_digest(&f, false, &states[0]);
    f.stack->recorder.paused = true;
    for (id.value = 0x200000011; id.value >= 0x200000000; id.value--) {
        assert_int_equal(load(f.stack, id, &f.diag), WEH_OK);
        assert_int_equal(apply(&f, true), WEH_OK);
    }
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM bis_Element"), 3);
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM dgn_SpatialIndex"), 0);
    for (id.value = 0x200000000; id.value <= 0x200000011; id.value++) {
        assert_int_equal(load(f.stack, id, &f.diag), WEH_OK);
        assert_int_equal(apply(&f, false), WEH_OK);
    }
    fixture_digest(&f, false, &states[1]);
    assert_digests_equal(&states[0], &states[1]);
    fixture_check_file(&f);
    fixture_close(&f);
}

/* The flag of the update of bis_Model in the transaction @id: 1 indirect, 0 direct, -1 none. */
static int model_update_is_indirect(struct fixture *f, struct weh_txn_id id)
{
    struct cs_reader reader;
    struct cs_change change;
    bool more = true;
    int flag = -1;

    assert_int_equal(load(f->stack, id, &f->diag), WEH_OK);
    cs_reader_init(&reader, f->stack->bytes.data, f->stack->bytes.len);
    while (cs_reader_next(&reader, &change, &more, &f->diag) == WEH_OK && more) {
        if (strcmp(reader.group.table, "bis_Model") == 0 && change.op == SQLITE_UPDATE) {
            flag = change.indirect;
        }
    }
    cs_reader_fini(&reader);
    return flag;
}

/* The native library records what a save itself writes apart from the edits before it. */
static void test_stored_model_is_direct_only_when_its_edits_leave_a_change(void **state)
{
    struct fixture *f = *state;

    fixture_insert_subject(f, 9001, "a");
    fixture_sql(f, "UPDATE bis_Model SET IsPrivate=1 WHERE Id=1");
    fixture_sql(f, "UPDATE bis_Model SET IsPrivate=0 WHERE Id=1");
    assert_int_equal(model_update_is_indirect(f, fixture_save(f, "")), 1);
    fixture_insert_subject(f, 9002, "b");
    fixture_sql(f, "UPDATE bis_Model SET IsPrivate=1 WHERE Id=1");
    assert_int_equal(model_update_is_indirect(f, fixture_save(f, "")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_transactions_of_small_decode_as_the_backend_reads_them),
        cmocka_unit_test(test_stored_transactions_of_undone_decode_as_the_backend_reads_them),
        cmocka_unit_test(test_stored_transactions_of_the_native_library_reverse_and_come_back),
        cmocka_unit_test_setup_teardown(
            test_stored_model_is_direct_only_when_its_edits_leave_a_change, fixture_set_up,
            fixture_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
