/* tests/unit/txn/test_stack.c - save, undo, redo, abandon and what they tell, on real files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "txn_fixture.h"

#define DAY "julianday('now')"

static int set_up(void **state)
{
    static struct fixture f;

    fixture_open(&f, "small.bim");
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

static void clear_events(struct fixture *f)
{
    f->n_events = 0;
    f->events[0] = '\0';
    f->lists[0] = '\0';
}

static struct weh_txn_state get_state(struct fixture *f)
{
    struct weh_txn_state s = { 0 };

    assert_int_equal(weh_txn_get_state(f->stack, &s, &f->diag), WEH_OK);
    return s;
}

/* ---- save ---- */

static void test_save_without_changes_stores_nothing_and_tells_nothing(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    assert_int_equal(weh_txn_save(f->stack, WEH_STR("x"), &saved, &id, &f->diag), WEH_OK);
    assert_false(saved);
    assert_int_equal(f->n_events, 0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns"), 20);
}

static void test_save_of_insert_and_delete_nets_to_nothing(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    fixture_insert_subject(f, 9001, "a");
    assert_true(weh_txn_has_unsaved(f->stack));
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id=9001");
    assert_false(weh_txn_has_unsaved(f->stack));
    assert_int_equal(weh_txn_save(f->stack, WEH_STR("x"), &saved, &id, &f->diag), WEH_OK);
    assert_false(saved);
    assert_int_equal(f->n_events, 0);
}

static void test_save_of_an_insert_stores_a_row_and_tells(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    char expected[128];

    fixture_insert_subject(f, 9001, "a");
    id = fixture_save(f, "first");
    assert_int_equal(id.value, UINT64_C(3) << 32);
    assert_string_equal(f->events, "ceC");
    (void)snprintf(expected, sizeof(expected), "e+%x:%llx t1 | ", 9001,
                   (unsigned long long)fixture_int(f, "SELECT ECClassId FROM bis_Element "
                                                      "WHERE Id=1"));
    assert_string_equal(f->lists, expected);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Id=12884901888 AND "
                                    "Deleted=0 AND Grouped=0 AND Operation='first' AND "
                                    "IsSchemaChange=0 AND abs(Time-julianday('now'))<1"),
                     1);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_reopen(f);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=9001"), 1);
    assert_int_equal(get_state(f).current_txn_id.value, UINT64_C(4) << 32);
}

static void test_save_of_a_model_with_elements_is_one_list(void **state)
{
    struct fixture *f = *state;
    long long model = fixture_int(f, "SELECT ModelId FROM bis_Element WHERE Id=(SELECT ElementId "
                                     "FROM bis_GeometricElement3d LIMIT 1)");
    char expected[64];

    fixture_insert_subject(f, 9001, "a");
    fixture_sql(f, "INSERT INTO bis_Model(Id,ECClassId,ParentModelId,ModeledElementId) SELECT "
                   "9001,ECClassId,1,9001 FROM bis_Model WHERE Id=16");
    fixture_insert_object(f, 9002);
    (void)fixture_save(f, "");
    assert_non_null(strstr(f->lists, "e+2329:"));
    assert_non_null(strstr(f->lists, "e+232a:"));
    assert_non_null(strstr(f->lists, "m+2329:"));
    (void)snprintf(expected, sizeof(expected), "t1 t%llxg | ", model);
    assert_non_null(strstr(f->lists, expected));
    assert_true(fixture_int(f, "SELECT LastMod IS NOT NULL FROM bis_Model WHERE Id=1"));
}

static void test_save_tells_an_element_of_which_only_a_part_changed(void **state)
{
    struct fixture *f = *state;
    long long id = fixture_int(f, "SELECT ElementId FROM bis_GeometricElement3d LIMIT 1");
    char sql[128];

    (void)snprintf(sql, sizeof(sql),
                   "UPDATE bis_GeometricElement3d SET js1='p' WHERE "
                   "ElementId=%lld",
                   id);
    fixture_sql(f, sql);
    (void)fixture_save(f, "");
    (void)snprintf(sql, sizeof(sql), "e~%llx:", id);
    assert_non_null(strstr(f->lists, sql));
    assert_null(strstr(f->lists, "g |"));
    clear_events(f);
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE bis_GeometricElement3d SET Origin_X=99.0 WHERE "
                   "ElementId=%lld",
                   id);
    fixture_sql(f, sql);
    (void)fixture_save(f, "");
    assert_non_null(strstr(f->lists, "g |"));
}

static void test_save_of_a_file_property_tells_an_empty_list(void **state)
{
    struct fixture *f = *state;

    fixture_sql(f, "INSERT INTO be_Prop VALUES('t','n',0,0,0,'text',NULL,NULL)");
    (void)fixture_save(f, "");
    assert_string_equal(f->events, "ceC");
    assert_string_equal(f->lists, "| ");
}

static void test_save_of_untracked_tables_only_is_a_plain_commit(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    fixture_sql(f, "INSERT INTO be_Local VALUES('mine','x')");
    assert_false(weh_txn_has_unsaved(f->stack));
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    assert_false(saved);
    fixture_reopen(f);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM be_Local WHERE Name='mine'"), 1);
}

static void test_save_with_too_long_a_description_is_refused_and_loses_nothing(void **state)
{
    static char text[70000];
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    memset(text, 'x', sizeof(text));
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(
        weh_txn_save(f->stack, (struct weh_str){ text, sizeof(text) }, &saved, &id, &f->diag),
        WEH_E_TOO_LARGE);
    assert_true(weh_txn_has_unsaved(f->stack));
    (void)fixture_save(f, "");
}

static void test_save_whose_propagation_fails_is_rolled_back(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_id id;
    bool saved = true;

    fixture_insert_subject(f, 9001, "a");
    f->propagate_error = WEH_E_NOMEM;
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_E_NOMEM);
    f->propagate_error = WEH_OK;
    assert_false(saved);
    assert_false(weh_txn_has_unsaved(f->stack));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=9001"), 0);
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(fixture_save(f, "").value, UINT64_C(3) << 32);
}

static void test_save_touches_the_watch_file(void **state)
{
    struct fixture *f = *state;
    struct timespec old_times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    struct stat info;
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s-watch", f->path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, old_times, 0), 0);
    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_mtim.tv_sec > 1000);
    assert_int_equal(utimensat(AT_FDCWD, path, old_times, 0), 0);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_mtim.tv_sec > 1000);
}

/* ---- undo, redo ---- */

static void test_undo_and_redo_bring_back_every_table(void **state)
{
    struct fixture *f = *state;
    static struct digests states[8];
    unsigned n = 0;

    fixture_settle_index(f);
    fixture_digest(f, false, &states[n++]);
    fixture_insert_subject(f, 9001, "a");
    fixture_insert_object(f, 9002);
    (void)fixture_save(f, "1 insert");
    fixture_digest(f, false, &states[n++]);
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='label',LastMod=" DAY "+1 WHERE Id=9002;"
                   "UPDATE bis_GeometricElement3d SET Origin_X=7.0,Yaw=30.0,GeometryStream=x'0102' "
                   "WHERE ElementId=9002");
    (void)fixture_save(f, "2 update");
    fixture_digest(f, false, &states[n++]);
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id=9001;"
                   "DELETE FROM bis_ElementMultiAspect;"
                   "UPDATE be_Prop SET StrData='x' WHERE Name='Extents'");
    (void)fixture_save(f, "3 delete");
    fixture_digest(f, false, &states[n++]);
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id IN (SELECT ElementId FROM "
                   "bis_GeometricElement3d) AND Id NOT IN (SELECT ParentId "
                   "FROM bis_Element WHERE ParentId IS NOT NULL) AND Id NOT IN (SELECT CodeScopeId "
                   "FROM bis_Element)");
    (void)fixture_save(f, "4 delete many");
    fixture_digest(f, false, &states[n]);
    for (unsigned i = 1; i <= n; i++) {
        assert_digests_differ(&states[i - 1], &states[i]);
    }
    for (unsigned round = 0; round < 2; round++) {
        static struct digests now;

        for (unsigned i = n; i > 0; i--) {
            assert_int_equal(fixture_reverse(f, 1), 1);
            fixture_digest(f, false, &now);
            assert_digests_equal(&now, &states[i - 1]);
        }
        for (unsigned i = 0; i < n; i++) {
            assert_int_equal(fixture_reinstate(f), 1);
            fixture_digest(f, false, &now);
            assert_digests_equal(&now, &states[i + 1]);
        }
    }
    fixture_check_file(f);
}

static void test_undo_tells_the_inverse_and_redo_the_change(void **state)
{
    struct fixture *f = *state;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "one");
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='b' WHERE Id=9001");
    (void)fixture_save(f, "two");
    clear_events(f);
    assert_int_equal(fixture_reverse(f, 2), 2);
    assert_string_equal(f->events, "Ueeu");
    assert_true(strstr(f->lists, "e~2329:") < strstr(f->lists, "e-2329:"));
    assert_non_null(strstr(f->lists, "t1 | "));
    clear_events(f);
    assert_int_equal(fixture_reinstate(f), 2);
    assert_string_equal(f->events, "Reer");
    assert_true(strstr(f->lists, "e+2329:") < strstr(f->lists, "e~2329:"));
}

static void test_undo_takes_as_many_as_there_are(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };

    for (unsigned i = 0; i < 3; i++) {
        fixture_insert_subject(f, 9001 + i, "a");
        fixture_sql(f, i == 2 ? "UPDATE bis_Element SET CodeValue='c' WHERE Id=9003"
                              : "UPDATE bis_Element SET CodeValue='b'||Id WHERE Id>9000");
        (void)fixture_save(f, "");
    }
    assert_int_equal(weh_txn_reverse(f->stack, 1000, &ids, &f->diag), WEH_OK);
    assert_int_equal(ids.n, 3);
    assert_int_equal(ids.ids[0].value, (UINT64_C(3) << 32) + 2);
    assert_int_equal(ids.ids[2].value, UINT64_C(3) << 32);
    weh_txn_ids_fini(&ids);
    assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 3);
}

static void test_undo_counts_a_group_once(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 4; i++) {
        char code[8];

        (void)snprintf(code, sizeof(code), "g%u", i);
        fixture_insert_subject(f, 9001 + i, code);
        (void)fixture_save(f, code);
    }
    fixture_sql(f, "UPDATE dgn_Txns SET Grouped=1 WHERE Id IN ((3<<32)+2,(3<<32)+3)");
    assert_int_equal(fixture_reverse(f, 1), 3);
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_int_equal(fixture_reinstate(f), 1);
    assert_int_equal(fixture_reinstate(f), 3);
}

static void test_undo_of_an_earlier_session_is_refused_and_keeps_unsaved_changes(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };

    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(weh_txn_reverse(f->stack, 0, &ids, &f->diag), WEH_E_NOTHING_TO_UNDO);
    assert_true(weh_txn_has_unsaved(f->stack));
    assert_int_equal(weh_txn_reinstate(f->stack, &ids, &f->diag), WEH_E_NOTHING_TO_REDO);
    assert_true(weh_txn_has_unsaved(f->stack));
    (void)fixture_save(f, "");
    fixture_reopen(f);
    assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_NOTHING_TO_UNDO);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=9001"), 1);
}

static void test_undo_drops_unsaved_changes_first(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;

    fixture_digest(f, true, &before);
    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    fixture_insert_subject(f, 9002, "b");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_digest(f, true, &after);
    assert_digests_equal(&before, &after);
}

static void test_undo_is_durable(void **state)
{
    struct fixture *f = *state;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_reopen(f);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=9001"), 0);
    assert_int_equal(fixture_int(f, "SELECT Deleted FROM dgn_Txns ORDER BY Id DESC LIMIT 1"), 1);
}

static void test_save_after_undo_ends_redo_and_reuses_the_id(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "gone");
    assert_int_equal(fixture_reverse(f, 1), 1);
    assert_true(get_state(f).is_redo_possible);
    fixture_insert_subject(f, 9002, "b");
    assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
    assert_true(get_state(f).is_redo_possible);
    fixture_insert_subject(f, 9002, "b");
    assert_int_equal(fixture_save(f, "new").value, UINT64_C(3) << 32);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
    assert_int_equal(weh_txn_reinstate(f->stack, &ids, &f->diag), WEH_E_NOTHING_TO_REDO);
}

/* The clock has milliseconds: an update right after an insert leaves LastMod as it is. */
static void test_undo_of_an_update_that_kept_the_time_restores_the_time(void **state)
{
    struct fixture *f = *state;
    static struct digests inserted;
    static struct digests updated;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    /* As if the clock had stood still: the trigger is not there for this one update. */
    fixture_sql(f, "UPDATE bis_Element SET LastMod=2460000.5 WHERE Id=9001");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &inserted);
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='x',LastMod=2460000.25 WHERE Id=9001;"
                   "UPDATE bis_Element SET LastMod=2460000.5 WHERE Id=9001");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &updated);
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &inserted);
    assert_int_equal(fixture_reinstate(f), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &updated);
    assert_int_equal(fixture_reverse(f, 3), 3);
}

/* Two rows that swap a unique value cannot be set one after the other. */
static void test_undo_of_a_swap_of_unique_values_takes_the_slow_way(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &before);
    fixture_sql(f, "UPDATE bis_Element SET CodeValue='tmp',UserLabel='u' WHERE Id=9001;"
                   "UPDATE bis_Element SET CodeValue='a' WHERE Id=9002;"
                   "UPDATE bis_Element SET CodeValue='b' WHERE Id=9001");
    (void)fixture_save(f, "swap");
    fixture_digest(f, true, &after);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(fixture_reverse(f, 1), 1);
        fixture_digest(f, true, &now);
        assert_digests_equal(&now, &before);
        assert_int_equal(fixture_reinstate(f), 1);
        fixture_digest(f, true, &now);
        assert_digests_equal(&now, &after);
    }
    assert_int_equal(fixture_int(f, "PRAGMA foreign_keys"), 1);
    fixture_check_file(f);
}

static void test_undo_of_a_code_passed_on_restores_it(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &before);
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id=9001");
    fixture_insert_subject(f, 9002, "a");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &after);
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &before);
    assert_int_equal(fixture_reinstate(f), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &after);
    fixture_check_file(f);
}

/* Deleting a type clears it in its objects (ON DELETE SET NULL) without a row of its own. */
static void test_undo_of_a_deleted_type_restores_references(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;
    static struct digests now;

    fixture_insert_subject(f, 9001, "as type");
    fixture_insert_object(f, 9002);
    fixture_insert_object(f, 9003);
    fixture_sql(f, "UPDATE bis_GeometricElement3d SET TypeDefinitionId=9001 WHERE ElementId>9000");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &before);
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id IN (9001,9003)");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_GeometricElement3d WHERE "
                                    "TypeDefinitionId=9001"),
                     0);
    (void)fixture_save(f, "");
    fixture_digest(f, true, &after);
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &before);
    assert_int_equal(fixture_reinstate(f), 1);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &after);
    assert_int_equal(fixture_reverse(f, 2), 2);
    assert_int_equal(fixture_reinstate(f), 2);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &after);
}

static void test_undo_of_a_damaged_transaction_changes_nothing(void **state)
{
    static const char *const damage[] = {
        "UPDATE dgn_Txns SET Change=substr(Change,1,length(Change)-1) WHERE Id=3<<32",
        "UPDATE dgn_Txns SET Change=x'' WHERE Id=3<<32",
        "UPDATE dgn_Txns SET Change=NULL WHERE Id=3<<32",
        "UPDATE dgn_Txns SET Change=x'0b00080c00060000ffffffff00' WHERE Id=3<<32",
    };
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };
    static struct digests saved;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    fixture_digest(f, true, &saved);
    for (size_t i = 0; i < WEH_ARRAY_LEN(damage); i++) {
        fixture_sql(f, damage[i]);
        assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_CORRUPT);
        assert_null(ids.ids);
        fixture_digest(f, true, &now);
        assert_digests_equal(&now, &saved);
        assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
        assert_true(get_state(f).is_undo_possible);
    }
}

/* The row to be changed is not there: the stored rows are those of another transaction. */
static void test_undo_that_does_not_fit_the_file_is_rolled_back(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };
    static struct digests saved;
    static struct digests now;

    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='x' WHERE Id=9001");
    (void)fixture_save(f, "");
    fixture_sql(f, "DELETE FROM bis_Element WHERE Id=9001");
    (void)fixture_save(f, "");
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "");
    fixture_sql(f, "UPDATE dgn_Txns SET Change=(SELECT Change FROM dgn_Txns WHERE Id=(3<<32)+1) "
                   "WHERE Id=(3<<32)+3");
    fixture_insert_subject(f, 9003, "c");
    (void)fixture_save(f, "");
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &saved);
    clear_events(f);
    assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_CORRUPT);
    fixture_digest(f, true, &now);
    assert_digests_equal(&now, &saved);
    assert_int_equal(f->n_events, 0);
    assert_int_equal(fixture_reinstate(f), 1);
}

/* ---- state, abandon, other files ---- */

static void test_state_tells_descriptions_and_ids(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_state s = get_state(f);

    assert_false(s.has_unsaved_changes);
    assert_true(s.has_pending_txns);
    assert_false(s.is_undo_possible);
    assert_false(s.is_redo_possible);
    assert_int_equal(s.current_txn_id.value, UINT64_C(3) << 32);
    assert_int_equal(s.undo_string.len, 0);
    fixture_insert_subject(f, 9001, "a");
    assert_true(get_state(f).has_unsaved_changes);
    (void)fixture_save(f, "one");
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "two");
    assert_int_equal(fixture_reverse(f, 1), 1);
    s = get_state(f);
    assert_true(weh_str_eq_text(s.undo_string, "one"));
    assert_true(weh_str_eq_text(s.redo_string, "two"));
    assert_true(s.is_undo_possible && s.is_redo_possible);
    assert_int_equal(s.current_txn_id.value, (UINT64_C(3) << 32) + 1);
    assert_int_equal(s.depth, 0);
}

static void test_state_of_a_file_whose_transactions_are_undone(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "undone.bim");
    assert_true(get_state(&f).has_pending_txns);
    assert_false(get_state(&f).is_redo_possible);
    fixture_sql(&f, "DELETE FROM dgn_Txns WHERE Deleted=0");
    assert_int_equal(weh_txn_abandon(f.stack, &f.diag), WEH_OK);
    /* Rows that an earlier session reversed go with the first save, not before. */
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 2);
    fixture_insert_subject(&f, 9001, "a");
    (void)fixture_save(&f, "");
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM dgn_Txns WHERE Deleted=1"), 0);
    assert_int_equal(fixture_reverse(&f, 1), 1);
    assert_true(get_state(&f).has_pending_txns);
    fixture_close(&f);
}

static void test_abandon_drops_what_is_unsaved(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;

    fixture_digest(f, true, &before);
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_txn_abandon(f->stack, &f->diag), WEH_OK);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_digest(f, true, &after);
    assert_digests_equal(&before, &after);
    assert_int_equal(f->n_events, 0);
}

static void test_edit_rolled_back_to_its_savepoint_is_no_change(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(weh_briefcase_edit_begin(f->briefcase, &f->diag), WEH_OK);
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_briefcase_edit_end(f->briefcase, false, &f->diag), WEH_OK);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_insert_subject(f, 9002, "b");
    assert_true(weh_txn_has_unsaved(f->stack));
    (void)fixture_save(f, "");
    assert_null(strstr(f->lists, "2329"));
}

static void test_rollback_behind_the_stack_is_noticed(void **state)
{
    struct fixture *f = *state;
    static struct digests before;
    static struct digests after;

    fixture_digest(f, true, &before);
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_briefcase_rollback(f->briefcase, &f->diag), WEH_OK);
    assert_false(weh_txn_has_unsaved(f->stack));
    fixture_insert_subject(f, 9001, "a");
    assert_int_equal(weh_briefcase_rollback(f->briefcase, &f->diag), WEH_OK);
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "");
    assert_null(strstr(f->lists, "2329"));
    assert_int_equal(fixture_reverse(f, 1), 1);
    fixture_digest(f, true, &after);
    assert_digests_equal(&before, &after);
}

static void test_file_without_change_tracking_saves_without_a_transaction(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_ids ids = { 0 };
    struct weh_txn_id id;
    bool saved = false;

    fixture_sql(f, "DELETE FROM be_Local WHERE Name='StandaloneEdit'");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    fixture_reopen(f);
    if (weh_briefcase_records_txns(f->briefcase)) {
        fail_msg("the file still records");
    }
    fixture_insert_subject(f, 9001, "a");
    assert_true(weh_txn_has_unsaved(f->stack));
    assert_int_equal(weh_txn_save(f->stack, WEH_STR("x"), &saved, &id, &f->diag), WEH_OK);
    assert_true(saved);
    assert_int_equal(id.value, 0);
    assert_false(weh_txn_has_unsaved(f->stack));
    assert_int_equal(f->n_events, 0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_Txns"), 20);
    assert_int_equal(weh_txn_reverse(f->stack, 1, &ids, &f->diag), WEH_E_NOTHING_TO_UNDO);
    fixture_reopen(f);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=9001"), 1);
}

static void test_transaction_numbers_at_their_end_are_refused(void **state)
{
    struct fixture *f = *state;
    struct weh_txn_stack *stack = NULL;
    bool saved = false;
    struct weh_txn_id id;

    fixture_sql(f, "INSERT INTO dgn_Txns(Id,Deleted) VALUES(9223372036854775807,0)");
    assert_int_equal(weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag), WEH_OK);
    assert_int_equal(weh_txn_stack_create(f->briefcase, f->catalog, &stack, &f->diag),
                     WEH_E_CORRUPT);
    assert_null(stack);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_save_without_changes_stores_nothing_and_tells_nothing),
        TEST(test_save_of_insert_and_delete_nets_to_nothing),
        TEST(test_save_of_an_insert_stores_a_row_and_tells),
        TEST(test_save_of_a_model_with_elements_is_one_list),
        TEST(test_save_tells_an_element_of_which_only_a_part_changed),
        TEST(test_save_of_a_file_property_tells_an_empty_list),
        TEST(test_save_of_untracked_tables_only_is_a_plain_commit),
        TEST(test_save_with_too_long_a_description_is_refused_and_loses_nothing),
        TEST(test_save_whose_propagation_fails_is_rolled_back),
        TEST(test_save_touches_the_watch_file),
        TEST(test_undo_and_redo_bring_back_every_table),
        TEST(test_undo_tells_the_inverse_and_redo_the_change),
        TEST(test_undo_takes_as_many_as_there_are),
        TEST(test_undo_counts_a_group_once),
        TEST(test_undo_of_an_earlier_session_is_refused_and_keeps_unsaved_changes),
        TEST(test_undo_drops_unsaved_changes_first),
        TEST(test_undo_is_durable),
        TEST(test_save_after_undo_ends_redo_and_reuses_the_id),
        TEST(test_undo_of_an_update_that_kept_the_time_restores_the_time),
        TEST(test_undo_of_a_swap_of_unique_values_takes_the_slow_way),
        TEST(test_undo_of_a_code_passed_on_restores_it),
        TEST(test_undo_of_a_deleted_type_restores_references),
        TEST(test_undo_of_a_damaged_transaction_changes_nothing),
        TEST(test_undo_that_does_not_fit_the_file_is_rolled_back),
        TEST(test_state_tells_descriptions_and_ids),
        cmocka_unit_test(test_state_of_a_file_whose_transactions_are_undone),
        TEST(test_abandon_drops_what_is_unsaved),
        TEST(test_edit_rolled_back_to_its_savepoint_is_no_change),
        TEST(test_rollback_behind_the_stack_is_noticed),
        TEST(test_file_without_change_tracking_saves_without_a_transaction),
        TEST(test_transaction_numbers_at_their_end_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
