/* tests/unit/txn/test_change_reader.c - saved transactions as changed instances: several as one,
 * damaged, and with failing memory and storage. Values: test_change_oracle.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "weh/briefcase_txn.h"

#include "change_reader_priv.h"
#include "change_tools.h"
#include "fake_alloc.h"
#include "fake_sqlite_memory.h"
#include "fake_vfs.h"

/* ---- several transactions as one ---- */

/* The entry whose key ends like @key; NULL: none. */
static json_t *entry_of(json_t *all, const char *key)
{
    return json_object_get(all, key);
}

static void assert_op(json_t *all, const char *key, const char *op)
{
    const char *found = json_string_value(json_object_get(entry_of(all, key), "op"));

    if (found == NULL || op == NULL) {
        if (found != op) {
            fail_msg("%s is %s", key, found == NULL ? "not told" : found);
        }
        return;
    }
    assert_string_equal(found, op);
}

/* @wanted as JSON, NULL: the property is not told. */
static void assert_property(json_t *all, const char *key, const char *name, const char *wanted)
{
    json_t *value = json_object_get(json_object_get(entry_of(all, key), "properties"), name);
    json_t *expected = wanted == NULL ? NULL : json_loads(wanted, JSON_DECODE_ANY, NULL);

    if ((value == NULL) != (expected == NULL) || (value != NULL && !same_value(value, expected))) {
        differ(key, name, value, expected);
    }
    json_decref(expected);
}

#define SUBJECT   "BisCore:Subject 0x7001"
#define LABEL(to) "UPDATE bis_Element SET UserLabel='" to "' WHERE Id=0x7001"
#define DROP      "DELETE FROM bis_Element WHERE Id=0x7001"

static uint64_t save_sql(struct fixture *f, const char *sql)
{
    fixture_sql(f, sql);
    return fixture_save(f, "t").value;
}

static void test_transactions_of_a_range_become_one_change(void **state)
{
    struct fixture *f = *state;
    uint64_t inserted;
    uint64_t first;
    uint64_t second;
    uint64_t back;
    uint64_t deleted;
    json_t *all;

    fixture_insert_subject(f, 0x7001, "s");
    inserted = fixture_save(f, "insert").value;
    first = save_sql(f, LABEL("a"));
    second = save_sql(f, LABEL("b"));
    back = save_sql(f, LABEL("a"));
    deleted = save_sql(f, DROP);

    all = must_read(f, inserted, second);
    assert_op(all, SUBJECT, "Inserted");
    assert_property(all, SUBJECT, "UserLabel", "{\"new\":\"b\"}");
    assert_property(all, SUBJECT, "CodeValue", "{\"new\":\"s\"}");
    assert_int_equal(json_integer_value(json_object_get(entry_of(all, SUBJECT), "txnId")), 0);
    json_decref(all);

    all = must_read(f, first, second);
    assert_op(all, SUBJECT, "Updated");
    assert_property(all, SUBJECT, "UserLabel", "{\"new\":\"b\"}");
    assert_property(all, SUBJECT, "CodeValue", NULL);
    json_decref(all);

    all = must_read(f, second, second);
    assert_property(all, SUBJECT, "UserLabel", "{\"old\":\"a\",\"new\":\"b\"}");
    assert_int_equal(json_integer_value(json_object_get(entry_of(all, SUBJECT), "txnId")),
                     (json_int_t)second);
    json_decref(all);

    all = must_read(f, second, back);
    assert_property(all, SUBJECT, "UserLabel", NULL);
    json_decref(all);

    all = must_read(f, second, deleted);
    assert_op(all, SUBJECT, "Deleted");
    assert_property(all, SUBJECT, "UserLabel", "{\"old\":\"a\"}");
    json_decref(all);

    all = must_read(f, inserted, deleted);
    assert_op(all, SUBJECT, NULL);
    json_decref(all);
}

static void test_value_that_came_back_is_no_change(void **state)
{
    struct fixture *f = *state;
    uint64_t first = save_sql(f, "UPDATE bis_CodeSpec SET JsonProperties='1' WHERE Id=0x24");
    uint64_t last = save_sql(
        f, "UPDATE bis_CodeSpec SET JsonProperties='{\"scopeSpec\":{\"type\":3}}' WHERE Id=0x24");
    json_t *all = must_read(f, first, last);

    assert_int_equal(json_object_size(all), 0);
    json_decref(all);
    all = must_read(f, first, first);
    assert_op(all, "BisCore:CodeSpec 0x24", "Updated");
    json_decref(all);
}

static void test_id_that_is_used_again_for_another_class_is_two_changes(void **state)
{
    struct fixture *f = *state;
    struct weh_change_reader *reader = NULL;
    struct weh_change_options options = { { 0 }, { 0 }, 0, NULL, NULL };
    struct weh_instance_change change;
    bool more = true;
    unsigned seen = 0;

    fixture_insert_subject(f, 0x7001, "s");
    (void)fixture_save(f, "insert");
    options.from.value = save_sql(f, DROP);
    fixture_insert_object(f, 0x7001);
    (void)fixture_save(f, "again");
    assert_int_equal(weh_change_reader_open(f->stack, &options, &reader, &f->diag), WEH_OK);
    for (;;) {
        json_t *properties = NULL;
        char key[256];

        assert_int_equal(weh_change_reader_next(reader, &change, &more, &f->diag), WEH_OK);
        if (!more) {
            break;
        }
        if (change.id != 0x7001 || weh_ec_class_is(change.ec_class, 0)) {
            continue;
        }
        key_of(&change, key, sizeof(key));
        if (strstr(key, "Model") != NULL) {
            continue;
        }
        assert_int_equal(properties_of(reader, &properties, &f->diag), WEH_OK);
        assert_int_equal(change.op, seen == 0 ? WEH_CHANGE_DELETED : WEH_CHANGE_INSERTED);
        assert_true((json_object_get(properties, "CodeValue") != NULL) == (seen == 0));
        assert_true((json_object_get(properties, "Origin") != NULL) == (seen == 1));
        json_decref(properties);
        seen++;
    }
    assert_int_equal(seen, 2);
    weh_change_reader_close(reader);
}

static void test_class_of_what_is_gone_comes_from_elsewhere(void **state)
{
    struct fixture *f = *state;
    uint64_t updated;
    json_t *all;

    fixture_insert_subject(f, 0x7001, "s");
    (void)fixture_save(f, "insert");
    updated = save_sql(f, LABEL("a"));
    all = must_read(f, updated, updated);
    assert_op(all, SUBJECT, "Updated");
    json_decref(all);
    /* Element 0x8f was there before all transactions that are looked at. */
    updated = save_sql(f, "UPDATE bis_Element SET UserLabel='x' WHERE Id IN (0x8f,0x7001)");
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id IN (0x8f,0x7001)");
    fixture_sql(f, "DELETE FROM dgn_Txns WHERE Id<0x300000000");
    all = must_read(f, updated, updated);
    assert_op(all, SUBJECT, "Updated");
    assert_op(all, "Generic:PhysicalObject 0x8f", "Updated");
    json_decref(all);
    (void)fixture_save(f, "delete");
    all = must_read(f, updated, updated);
    assert_op(all, SUBJECT, "Updated");
    assert_op(all, "Generic:PhysicalObject 0x8f", "Updated");
    json_decref(all);
    fixture_sql(f, "DELETE FROM dgn_Txns WHERE Operation='delete'");
    all = must_read(f, updated, updated);
    assert_op(all, SUBJECT, "Updated");
    assert_op(all, "BisCore:Element 0x8f", "Updated");
    json_decref(all);
}

static void test_reversed_transactions_count_when_they_are_named(void **state)
{
    struct fixture *f = *state;
    uint64_t first;
    uint64_t second;
    json_t *all;

    fixture_insert_subject(f, 0x7001, "s");
    first = fixture_save(f, "insert").value;
    second = save_sql(f, LABEL("a"));
    assert_int_equal(fixture_reverse(f, 2), 2);
    all = must_read(f, 0, 0);
    assert_op(all, SUBJECT, NULL);
    assert_op(all, "Generic:PhysicalObject 0x8f", "Inserted");
    json_decref(all);
    all = must_read(f, second, 0);
    assert_op(all, SUBJECT, "Updated");
    json_decref(all);
    all = must_read(f, first, second);
    assert_op(all, SUBJECT, "Inserted");
    json_decref(all);
}

static void test_only_changed_parts_and_file_properties_are_told(void **state)
{
    struct fixture *f = *state;
    uint64_t id = save_sql(f, "UPDATE bis_GeometricElement3d SET Origin_X=7 WHERE ElementId=0x8f;"
                              "UPDATE bis_Element SET CodeScopeId=0x10 WHERE Id=0x8f;"
                              "INSERT INTO be_Prop VALUES('ns','p',3,4,0,'text',NULL,NULL);"
                              "UPDATE bis_ElementRefersToElements SET TargetId=0x50 WHERE Id=0x2a");
    json_t *all = must_read(f, id, id);

    assert_property(all, "Generic:PhysicalObject 0x8f", "Origin",
                    "{\"old\":{\"x\":1},\"new\":{\"x\":7}}");
    assert_property(all, "Generic:PhysicalObject 0x8f", "CodeScope",
                    "{\"old\":{\"id\":\"0x1\",\"relClassName\":\"BisCore.ElementScopesCode\"},"
                    "\"new\":{\"id\":\"0x10\",\"relClassName\":\"BisCore.ElementScopesCode\"}}");
    assert_op(all, "ns p 3 4", "Inserted");
    assert_property(all, "ns p 3 4", "StrData", "{\"new\":\"text\"}");
    json_decref(all);
    id = save_sql(f, "DELETE FROM be_Prop WHERE Namespace='ns'");
    all = must_read(f, id, id);
    assert_op(all, "ns p 3 4", "Deleted");
    assert_property(all, "ns p 3 4", "StrData", "{\"old\":\"text\"}");
    json_decref(all);
    /* Arrays, which the backend does not tell. */
    all = must_read(f, 0x20000000e, 0x20000000e);
    assert_true(json_is_array(json_object_get(
        json_object_get(
            json_object_get(json_object_get(all, "WebEditTest:Widget 0x130"), "properties"),
            "Tags"),
        "new")));
    json_decref(all);
}

static void test_wrong_ranges_are_refused(void **state)
{
    struct fixture *f = *state;
    weh_err err = WEH_OK;

    assert_null(read_range(f, 0x200000001, 0x200000000, &err));
    assert_int_equal(err, WEH_E_BAD_ARGS);
    assert_string_equal(f->diag.where, "to");
    assert_null(read_range(f, 0x77, 0, &err));
    assert_int_equal(err, WEH_E_NOT_FOUND);
    assert_string_equal(f->diag.where, "from");
    assert_null(read_range(f, 0, 0x900000000, &err));
    assert_int_equal(err, WEH_E_NOT_FOUND);
    assert_string_equal(f->diag.where, "to");
}

static void test_temporary_files_are_limited(void **state)
{
    struct fixture *f = *state;
    struct weh_change_options options = { .temporary_bytes = 65536 };
    struct weh_change_reader *reader = NULL;

    assert_int_equal(weh_change_reader_open(f->stack, &options, &reader, &f->diag), WEH_E_LIMIT);
    assert_null(reader);
    options.temporary_bytes = 64 << 20;
    assert_int_equal(weh_change_reader_open(f->stack, &options, &reader, &f->diag), WEH_OK);
    weh_change_reader_close(reader);
}

static weh_err stop(void *ctx, uint64_t done, uint64_t total, struct weh_diag *diag)
{
    unsigned *left = ctx;

    assert_true(done <= total);
    return (*left)-- == 0 ? weh_fail(diag, WEH_E_CANCELLED, "enough") : WEH_OK;
}

static void test_progress_can_end_the_reading(void **state)
{
    struct fixture *f = *state;
    unsigned left = 5;
    struct weh_change_options options = { .progress = stop, .ctx = &left };
    struct weh_change_reader *reader = NULL;

    assert_int_equal(weh_change_reader_open(f->stack, &options, &reader, &f->diag),
                     WEH_E_CANCELLED);
    left = UINT32_MAX;
    assert_int_equal(weh_change_reader_open(f->stack, &options, &reader, &f->diag), WEH_OK);
    assert_true(UINT32_MAX - left >= 20);
    weh_change_reader_close(reader);
}

/* ---- damage and failures ---- */

/* A changeset of two rows and a large one, so that it is cut into pieces. */
static void big_txn(struct fixture *f, uint64_t *id)
{
    *id = save_sql(f, "UPDATE bis_Element SET JsonProperties=hex(randomblob(50000)) WHERE Id=0x8f;"
                      "UPDATE bis_Element SET UserLabel='x' WHERE Id IN (0x130,0x131)");
}

static void put_change(struct fixture *f, uint64_t id, const uint8_t *bytes, size_t n)
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(weh_stmt_acquire(f->briefcase, "UPDATE dgn_Txns SET Change=?2 WHERE Id=?1",
                                      &stmt, &f->diag),
                     WEH_OK);
    (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)id);
    (void)sqlite3_bind_blob64(stmt, 2, bytes, n, SQLITE_STATIC);
    assert_int_equal(weh_stmt_run(f->briefcase, stmt, &f->diag), WEH_OK);
    weh_stmt_release(f->briefcase, stmt);
}

static void take_change(struct fixture *f, uint64_t id, struct weh_buf *out)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;

    weh_buf_init(out, 0);
    assert_int_equal(
        weh_stmt_acquire(f->briefcase, "SELECT Change FROM dgn_Txns WHERE Id=?1", &stmt, &f->diag),
        WEH_OK);
    (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)id);
    assert_int_equal(weh_stmt_step(f->briefcase, stmt, &row, &f->diag), WEH_OK);
    weh_buf_append(out, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
    weh_stmt_release(f->briefcase, stmt);
}

static bool is_typed(weh_err err)
{
    return err == WEH_OK || err == WEH_E_CORRUPT || err == WEH_E_UNSUPPORTED ||
           err == WEH_E_TOO_LARGE;
}

/* @bytes with some of them changed, @packed or as content, must be read or refused. */
static weh_err read_mutated(struct fixture *f, uint64_t id, const struct weh_buf *bytes,
                            bool packed, uint32_t *random)
{
    struct weh_buf copy;
    struct weh_buf blob;
    weh_err err = WEH_OK;

    weh_buf_init(&copy, 0);
    weh_buf_init(&blob, 0);
    weh_buf_append(&copy, bytes->data, bytes->len);
    for (unsigned i = 0; i <= (*random >> 8) % 3; i++) {
        *random = *random * 1664525 + 1013904223;
        copy.data[(*random >> 4) % copy.len] = (uint8_t)(*random >> 24);
    }
    if ((*random >> 12) % 8 == 0) {
        copy.len = (*random >> 6) % copy.len;
    }
    if (packed) {
        put_change(f, id, copy.data, copy.len);
    } else {
        struct weh_pack_piece piece = { copy.data, copy.len };

        assert_int_equal(weh_pack(&txn_pack_kind, &piece, 1, &blob, &f->diag), WEH_OK);
        put_change(f, id, blob.data, blob.len);
    }
    json_decref(read_range(f, id, id, &err));
    if (!is_typed(err)) {
        fail_msg("%s: %s %s", weh_err_info(err)->name, f->diag.text, f->diag.detail);
    }
    weh_buf_fini(&copy);
    weh_buf_fini(&blob);
    return err;
}

static void test_damaged_transactions_are_refused_or_read(void **state)
{
    static const uint64_t ids[] = { 0x20000000e, 0x20000000f, 0x200000010, 0x200000011 };
    struct fixture *f = *state;
    uint32_t random = 1;
    unsigned n_read = 0;
    unsigned n_refused = 0;

    for (size_t i = 0; i < WEH_ARRAY_LEN(ids); i++) {
        struct weh_buf packed;
        struct weh_buf content;

        take_change(f, ids[i], &packed);
        weh_buf_init(&content, 0);
        assert_int_equal(weh_unpack(&txn_pack_kind, packed.data, packed.len, &content, &f->diag),
                         WEH_OK);
        for (unsigned n = 0; n < 250; n++) {
            bool refused = read_mutated(f, ids[i], n % 4 == 0 ? &packed : &content, n % 4 == 0,
                                        &random) != WEH_OK;

            n_refused += refused;
            n_read += !refused;
        }
        weh_buf_fini(&packed);
        weh_buf_fini(&content);
    }
    assert_true(n_read > 50);
    assert_true(n_refused > 50);
}

static void test_transaction_cut_off_anywhere_is_refused(void **state)
{
    struct fixture *f = *state;
    struct weh_buf packed;
    struct weh_buf content;
    struct weh_buf blob;
    unsigned n_whole = 0;

    take_change(f, 0x200000010, &packed);
    weh_buf_init(&content, 0);
    weh_buf_init(&blob, 0);
    assert_int_equal(weh_unpack(&txn_pack_kind, packed.data, packed.len, &content, &f->diag),
                     WEH_OK);
    for (size_t len = 1; len < content.len; len++) {
        struct weh_pack_piece piece = { content.data, len };
        weh_err err = WEH_OK;

        weh_buf_clear(&blob);
        assert_int_equal(weh_pack(&txn_pack_kind, &piece, 1, &blob, &f->diag), WEH_OK);
        put_change(f, 0x200000010, blob.data, blob.len);
        json_decref(read_range(f, 0x200000010, 0x200000010, &err));
        assert_true(err == WEH_OK || err == WEH_E_CORRUPT);
        n_whole += err == WEH_OK;
    }
    /* The ends of seven of its eight changes, and of four of its five heads. */
    assert_int_equal(n_whole, 11);
    for (size_t len = 1; len < packed.len; len++) {
        weh_err err = WEH_OK;

        put_change(f, 0x200000010, packed.data, len);
        assert_null(read_range(f, 0x200000010, 0x200000010, &err));
        assert_int_equal(err, WEH_E_CORRUPT);
    }
    weh_buf_fini(&packed);
    weh_buf_fini(&content);
    weh_buf_fini(&blob);
}

static void test_row_larger_than_a_piece_is_read(void **state)
{
    struct fixture *f = *state;
    uint64_t id = 0;
    json_t *all;

    big_txn(f, &id);
    all = must_read(f, id, id);
    assert_int_equal(
        json_string_length(json_object_get(
            json_object_get(
                json_object_get(entry_of(all, "Generic:PhysicalObject 0x8f"), "properties"),
                "JsonProperties"),
            "new")),
        100000);
    json_decref(all);
}

static void test_reader_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    weh_err err = WEH_E_NOMEM;
    uint64_t id = 0;
    unsigned nth = 1;
    size_t live;

    big_txn(f, &id);
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id=0x8f");
    /* What the stack learns of the tables it keeps. */
    json_decref(must_read(f, 0x20000000e, id));
    live = fake_alloc_live();
    for (; err == WEH_E_NOMEM; nth++) {
        json_t *all;

        fake_alloc_fail_at(nth);
        all = read_range(f, 0x20000000e, id, &err);
        fake_alloc_reset();
        json_decref(all);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(nth > 20);
}

/* Rows of more bytes than the temporary database's cache has, so that it writes. */
static uint64_t large_txn(struct fixture *f)
{
    return save_sql(f, "UPDATE bis_Element SET JsonProperties=hex(randomblob(20000)) WHERE "
                       "Id BETWEEN 0x60 AND 0xff");
}

static void test_failing_storage_of_temporary_files_has_an_error_of_its_own(void **state)
{
    static const struct {
        int rc;
        weh_err err;
    } rows[] = { { SQLITE_FULL, WEH_E_DISK_FULL }, { SQLITE_IOERR_WRITE, WEH_E_IO } };
    struct fixture *f = *state;
    uint64_t id = large_txn(f);
    struct weh_change_options options = { .from = { id } };
    struct weh_change_reader *reader = NULL;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        weh_err err = rows[i].err;
        unsigned nth = 1;

        for (; err != WEH_OK; nth += 50) {
            fake_vfs_fail_at(FAKE_VFS_WRITE, nth, rows[i].rc, true);
            err = weh_change_reader_open(f->stack, &options, &reader, &f->diag);
            fake_vfs_reset();
            assert_true(err == WEH_OK || err == rows[i].err);
            assert_true((reader != NULL) == (err == WEH_OK));
        }
        assert_true(nth > 200);
        weh_change_reader_close(reader);
        reader = NULL;
    }
    /* Nothing that is not saved was lost by it. */
    assert_false(weh_briefcase_lost_transaction(f->briefcase));
}

static void test_reader_survives_failed_allocations_of_sqlite(void **state)
{
    struct fixture *f = *state;
    uint64_t id = 0;
    unsigned n_failed = 0;
    unsigned nth = 1;
    weh_err err = WEH_E_NOMEM;

    big_txn(f, &id);
    for (; err != WEH_OK; nth += 1 + nth / 16) {
        fake_sqlite_memory_fail_at(nth, true);
        json_decref(read_range(f, id, id, &err));
        fake_sqlite_memory_reset();
        /* SQLite rolls back everything when some of its allocations fail, also while reading. */
        if (weh_briefcase_lost_transaction(f->briefcase)) {
            assert_true(err == WEH_E_NOMEM || err == WEH_E_IO);
            assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
        } else if (err != WEH_OK && err != WEH_E_NOMEM) {
            fail_msg("%s: %s %s", weh_err_info(err)->name, f->diag.text, f->diag.detail);
        }
        n_failed += err != WEH_OK;
    }
    assert_true(n_failed > 20);
    json_decref(must_read(f, id, id));
}

static int install_fakes(void **state)
{
    (void)state;
    fake_sqlite_memory_install();
    fixture_global_init();
    fake_vfs_install();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_transactions_of_a_range_become_one_change),
        TEST(test_value_that_came_back_is_no_change),
        TEST(test_id_that_is_used_again_for_another_class_is_two_changes),
        TEST(test_class_of_what_is_gone_comes_from_elsewhere),
        TEST(test_reversed_transactions_count_when_they_are_named),
        TEST(test_only_changed_parts_and_file_properties_are_told),
        TEST(test_wrong_ranges_are_refused),
        TEST(test_temporary_files_are_limited),
        TEST(test_progress_can_end_the_reading),
        TEST(test_damaged_transactions_are_refused_or_read),
        TEST(test_transaction_cut_off_anywhere_is_refused),
        TEST(test_row_larger_than_a_piece_is_read),
        TEST(test_reader_survives_any_failed_allocation),
        TEST(test_failing_storage_of_temporary_files_has_an_error_of_its_own),
        TEST(test_reader_survives_failed_allocations_of_sqlite),
    };

    return cmocka_run_group_tests(tests, install_fakes, NULL);
}
