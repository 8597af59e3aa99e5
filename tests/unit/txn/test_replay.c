/* tests/unit/txn/test_replay.c - what others save is told to a stack that reads; undo is noted while it goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "txn_fixture.h"

/* Somebody who reads the file of a fixture, in a registry of its own. */
struct reader {
    struct weh_file_registry *registry;
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_txn_stack *stack;
    struct weh_txn_id seen;
    char events[MAX_EVENTS]; /* "(", for each transaction the number of its elements, ")" */
    size_t n_events;
};

static void note_event(struct reader *reader, char event)
{
    assert_true(reader->n_events < MAX_EVENTS - 1);
    reader->events[reader->n_events++] = event;
    reader->events[reader->n_events] = '\0';
}

static void on_replay(void *ctx, bool is_over)
{
    note_event(ctx, is_over ? ')' : '(');
}

static void on_changed(void *ctx, struct weh_txn_id txn_id, const struct weh_change_list *changes)
{
    assert_int_not_equal(txn_id.value, 0);
    note_event(ctx, (char)('0' + changes->n_elements));
}

static void reader_open(struct fixture *f, struct reader *reader)
{
    const struct weh_txn_observer observer = { .ctx = reader,
                                               .changed = on_changed,
                                               .replay = on_replay };
    struct weh_briefcase_options options = { .path = f->path, .user = "reader", .readonly = true };

    memset(reader, 0, sizeof(*reader));
    assert_int_equal(weh_file_registry_create(&reader->registry, NULL), WEH_OK);
    options.registry = reader->registry;
    assert_int_equal(weh_briefcase_open(&options, &reader->briefcase, &f->diag), WEH_OK);
    assert_int_equal(weh_ec_catalog_acquire(f->cache, reader->briefcase, &reader->catalog, NULL),
                     WEH_OK);
    assert_int_equal(weh_txn_stack_create(reader->briefcase, reader->catalog, &reader->stack, NULL),
                     WEH_OK);
    weh_txn_set_observer(reader->stack, &observer);
    assert_int_equal(weh_txn_newest(reader->stack, &reader->seen, NULL), WEH_OK);
}

static void reader_close(struct reader *reader)
{
    weh_txn_stack_destroy(reader->stack);
    weh_ec_catalog_release(reader->catalog);
    weh_briefcase_close(reader->briefcase);
    weh_file_registry_destroy(reader->registry);
}

/* What is told since the last time. */
static void assert_replayed(struct reader *reader, const char *events)
{
    reader->n_events = 0;
    reader->events[0] = '\0';
    assert_int_equal(weh_txn_replay(reader->stack, &reader->seen, NULL), WEH_OK);
    assert_string_equal(reader->events, events);
}

static void test_replay_tells_what_was_saved_or_reinstated_and_not_what_was_reversed(void **state)
{
    struct fixture *f = *state;
    struct reader reader;

    fixture_insert_subject(f, 9000, "before");
    (void)fixture_save(f, "before");
    reader_open(f, &reader);
    assert_int_not_equal(reader.seen.value, 0);
    assert_replayed(&reader, "");
    fixture_insert_subject(f, 9001, "a");
    fixture_insert_subject(f, 9002, "b");
    assert_replayed(&reader, ""); /* it is not saved */
    (void)fixture_save(f, "one");
    assert_replayed(&reader, "(2)");
    assert_replayed(&reader, "");
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='x' WHERE Id=9001");
    (void)fixture_save(f, "two");
    fixture_sql(f, "UPDATE be_Prop SET StrData='x' WHERE Name='Extents'");
    (void)fixture_save(f, "three");
    assert_replayed(&reader, "(10)");
    assert_int_equal(fixture_reverse(f, 2), 2);
    assert_replayed(&reader, "");
    assert_int_equal(fixture_reinstate(f), 2);
    assert_replayed(&reader, "(10)");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_replayed(&reader, "");
    fixture_insert_subject(f, 9003, "c");
    (void)fixture_save(f, "instead of three");
    assert_replayed(&reader, "(1)");
    fixture_insert_subject(f, 9004, "d");
    (void)fixture_save(f, "unreadable");
    fixture_sql(f, "UPDATE dgn_Txns SET Change=x'0102' WHERE Id=(SELECT max(Id) FROM dgn_Txns)");
    fixture_insert_subject(f, 9005, "e");
    fixture_insert_subject(f, 9006, "f");
    (void)fixture_save(f, "readable");
    assert_replayed(&reader, "(02)");
    reader_close(&reader);
}

static void test_replay_begins_where_there_is_no_transaction_yet(void **state)
{
    struct fixture f;
    struct reader reader;

    (void)state;
    fixture_open(&f, "empty.bim");
    reader_open(&f, &reader);
    assert_int_equal(reader.seen.value, 0);
    fixture_insert_subject(&f, 9001, "a");
    (void)fixture_save(&f, "one");
    assert_replayed(&reader, "(1)");
    reader_close(&reader);
    fixture_close(&f);
}

/* ---- noted ---- */

/* What is noted of an undo: the label of a Subject, as the file says. */
struct notes {
    struct fixture *f;
    char labels[64];
    unsigned n;
    unsigned fails_at; /* 0: never */
    unsigned n_told;
};

static weh_err on_noted(void *ctx, const struct weh_change_list *changes, struct weh_diag *diag)
{
    struct notes *notes = ctx;
    char *end = notes->labels + strlen(notes->labels);

    assert_int_equal(changes->n_elements, 1);
    (void)snprintf(end, 8, "%d ",
                   (int)fixture_int(notes->f, "SELECT max(0+UserLabel) FROM bis_Element"));
    return ++notes->n == notes->fails_at ? weh_fail(diag, WEH_E_DISK_FULL, "as the test wants it")
                                         : WEH_OK;
}

static void on_told(void *ctx, bool is_undo)
{
    struct notes *notes = ctx;

    (void)is_undo;
    notes->n_told++;
}

static void test_undo_is_noted_while_the_file_is_as_each_transaction_left_it(void **state)
{
    struct fixture *f = *state;
    struct notes notes = { .f = f };
    const struct weh_txn_observer observer = { .ctx = &notes,
                                               .noted = on_noted,
                                               .before_undo_redo = on_told };
    struct weh_txn_ids ids = { 0 };
    static struct digests saved;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    for (unsigned i = 1; i <= 3; i++) {
        char sql[80];

        (void)snprintf(sql, sizeof(sql), "UPDATE bis_Element SET UserLabel='%u' WHERE Id=9001", i);
        fixture_sql(f, sql);
        (void)fixture_save(f, "");
    }
    weh_txn_set_observer(f->stack, &observer);
    assert_int_equal(fixture_reverse(f, 2), 2);
    assert_string_equal(notes.labels, "2 1 ");
    assert_int_equal(fixture_reinstate(f), 2);
    assert_string_equal(notes.labels, "2 1 2 3 ");
    assert_int_equal(notes.n_told, 2);
    fixture_digest(f, true, &saved);
    notes.fails_at = notes.n + 2;
    assert_int_equal(weh_txn_reverse(f->stack, 3, &ids, &f->diag), WEH_E_DISK_FULL);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &saved);
    assert_int_equal(notes.n_told, 2);
    assert_int_equal(fixture_reverse(f, 3), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_replay_tells_what_was_saved_or_reinstated_and_not_what_was_reversed),
        cmocka_unit_test(test_replay_begins_where_there_is_no_transaction_yet),
        TEST(test_undo_is_noted_while_the_file_is_as_each_transaction_left_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
