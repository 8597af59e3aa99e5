/* tests/unit/txn/test_model.c - the stack against a simple model of it, by random steps.
 *
 * The model (model.h) does what the headers promise in the plainest way. After each step rows and state of both must be equal. Seeded:
 * a failure tells seed and step. Options: --steps N, --seed S.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/briefcase_txn.h"
#include "weh/txn_savepoint.h"

#include "model.h"
#include "txn_fixture.h"

#define FIRST_ID 9000
#define N_NAMES  4

struct run {
    struct fixture f;
    struct model m;
    uint64_t random;
    uint64_t seed;
    uint32_t step;
    const char *what;
    unsigned n_done[16];
};

static uint32_t steps_wanted = 100000;
static uint64_t seed_wanted = 1;

static uint32_t dice(struct run *run, uint32_t n)
{
    run->random ^= run->random << 13;
    run->random ^= run->random >> 7;
    run->random ^= run->random << 17;
    return (uint32_t)((run->random >> 11) % n);
}

static void must(const struct run *run, bool ok, const char *what)
{
    if (!ok) {
        fail_msg("seed %llu step %u (%s): %s: %s", (unsigned long long)run->seed, run->step,
                 run->what, what, run->f.diag.text);
    }
}

/* ---- comparing ---- */

static void read_rows(struct run *run, const char *sql, uint32_t *values, unsigned n)
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(weh_stmt_acquire(run->f.briefcase, sql, &stmt, &run->f.diag), WEH_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        unsigned row = (unsigned)sqlite3_column_int(stmt, 0);

        must(run, row < n, "a row that nobody made");
        values[row] = (uint32_t)sqlite3_column_int64(stmt, 1);
    }
    weh_stmt_release(run->f.briefcase, stmt);
}

static void compare_rows(struct run *run)
{
    struct rows rows = { { 0 } };

    read_rows(run, "SELECT Id,StrData FROM be_Prop WHERE Namespace='model' AND Name='m'",
              rows.values, N_PROPS);
    read_rows(run, "SELECT Id-9000,UserLabel FROM bis_Element WHERE Id>=9000 AND Id<9100",
              rows.values + N_PROPS, N_ELEMENTS);
    must(run, model_same_rows(&rows, &run->m.now), "the rows differ");
}

static void compare_text(struct run *run, struct weh_str text, bool possible, uint64_t id,
                         const char *what)
{
    char wanted[32] = "";

    if (possible) {
        (void)snprintf(wanted, sizeof(wanted), "t%llx", (unsigned long long)id);
    }
    must(run, weh_str_eq_text(text, wanted), what);
}

static void compare_state(struct run *run)
{
    const struct model *m = &run->m;
    struct weh_txn_state s;
    bool undo = m->n_live > m->floor;
    bool redo = m->n_ranges > 0;

    must(run, weh_txn_get_state(run->f.stack, &s, &run->f.diag) == WEH_OK, "no state");
    must(run, s.has_unsaved_changes == model_has_unsaved(m), "hasUnsavedChanges");
    must(run, s.has_pending_txns == (m->n_live > 0), "hasPendingTxns");
    must(run, s.is_undo_possible == undo, "isUndoPossible");
    must(run, s.is_redo_possible == redo, "isRedoPossible");
    must(run, s.current_txn_id.value == m->current, "currentTxnId");
    must(run, s.depth == m->n_groups, "depth");
    compare_text(run, s.undo_string, undo, undo ? m->txns[m->n_live - 1].id : 0, "undoString");
    compare_text(run, s.redo_string, redo, redo ? m->txns[m->n_live].id : 0, "redoString");
}

/* ---- steps ---- */

static void run_sql(struct run *run, const char *sql, unsigned row, uint32_t value)
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(weh_stmt_acquire(run->f.briefcase, sql, &stmt, &run->f.diag), WEH_OK);
    (void)sqlite3_bind_int64(stmt, 1, row);
    if (sqlite3_bind_parameter_count(stmt) > 1) {
        char text[16];

        (void)snprintf(text, sizeof(text), "%u", value);
        (void)sqlite3_bind_text(stmt, 2, text, -1, SQLITE_TRANSIENT);
    }
    must(run, weh_stmt_run(run->f.briefcase, stmt, &run->f.diag) == WEH_OK, "an edit failed");
    weh_stmt_release(run->f.briefcase, stmt);
}

static void edit_prop(struct run *run, unsigned row, uint32_t value, bool exists)
{
    if (value == 0) {
        run_sql(run, "DELETE FROM be_Prop WHERE Namespace='model' AND Name='m' AND Id=?1", row, 0);
    } else if (exists) {
        run_sql(run, "UPDATE be_Prop SET StrData=?2 WHERE Namespace='model' AND Name='m' AND Id=?1",
                row, value);
    } else {
        run_sql(run, "INSERT INTO be_Prop VALUES('model','m',?1,0,0,?2,NULL,NULL)", row, value);
    }
}

static void edit_element(struct run *run, unsigned row, uint32_t value, bool exists)
{
    if (value == 0) {
        run_sql(run, "DELETE FROM bis_Element WHERE Id=?1", FIRST_ID + row, 0);
    } else if (exists) {
        run_sql(run, "UPDATE bis_Element SET UserLabel=?2 WHERE Id=?1", FIRST_ID + row, value);
    } else {
        run_sql(run,
                "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,UserLabel) "
                "SELECT ?1,ECClassId,1,CodeSpecId,1,?2 FROM bis_Element WHERE Id=1",
                FIRST_ID + row, value);
        run_sql(run,
                "INSERT INTO bis_InformationReferenceElement(ElementId,ECClassId) "
                "SELECT ?1,ECClassId FROM bis_Element WHERE Id=1",
                FIRST_ID + row, 0);
    }
}

/* Now and then an edit that comes to nothing. */
static void step_edit(struct run *run)
{
    struct model *m = &run->m;
    unsigned row = dice(run, N_ROWS);
    bool exists = m->now.values[row] != 0;
    uint32_t value = exists && dice(run, 3) == 0 ? 0 : ++m->serial;
    bool keep = dice(run, 8) != 0;

    assert_int_equal(weh_briefcase_edit_begin(run->f.briefcase, &run->f.diag), WEH_OK);
    if (row < N_PROPS) {
        edit_prop(run, row, value, exists);
    } else {
        edit_element(run, row - N_PROPS, value, exists);
    }
    assert_int_equal(weh_briefcase_edit_end(run->f.briefcase, keep, &run->f.diag), WEH_OK);
    if (keep) {
        m->now.values[row] = value;
    }
}

static void step_save(struct run *run)
{
    struct weh_txn_id id;
    bool saved = false;
    char text[32];

    (void)snprintf(text, sizeof(text), "t%llx", (unsigned long long)run->m.current);
    must(run, weh_txn_save(run->f.stack, weh_str_from(text), &saved, &id, &run->f.diag) == WEH_OK,
         "save failed");
    must(run, saved == model_has_unsaved(&run->m), "saved");
    must(run, id.value == (saved ? run->m.current : 0), "its id");
    model_save(&run->m);
}

static void step_abandon(struct run *run)
{
    must(run, weh_txn_abandon(run->f.stack, &run->f.diag) == WEH_OK, "abandon failed");
    model_drop_unsaved(&run->m);
}

static void must_reverse(struct run *run, weh_err err, const struct weh_txn_ids *ids,
                         uint32_t down_to)
{
    const struct model *m = &run->m;

    must(run, err == WEH_OK, "undo failed");
    must(run, ids->n == m->n_live - down_to, "how many were undone");
    for (size_t i = 0; i < ids->n; i++) {
        must(run, ids->ids[i].value == m->txns[m->n_live - 1 - i].id, "which were undone");
    }
}

static void step_undo(struct run *run)
{
    uint32_t count = 1 + dice(run, dice(run, 10) == 0 ? 12 : 3);
    uint32_t down_to = model_undone(&run->m, count);
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reverse(run->f.stack, count, &ids, &run->f.diag);

    if (down_to == run->m.n_live) {
        must(run, err == WEH_E_NOTHING_TO_UNDO, "there is nothing to undo");
    } else {
        must_reverse(run, err, &ids, down_to);
        model_reverse(&run->m, down_to, false);
    }
    weh_txn_ids_fini(&ids);
}

static void step_undo_to(struct run *run)
{
    struct model *m = &run->m;
    uint32_t to = m->n_txns == 0 ? 0 : dice(run, m->n_txns + 1);
    uint64_t id = to < m->n_txns ? m->txns[to].id : m->current;
    bool cancel = dice(run, 2) == 0;
    struct weh_txn_ids ids = { 0 };
    weh_err err =
        weh_txn_reverse_to(run->f.stack, (struct weh_txn_id){ id }, cancel, &ids, &run->f.diag);

    if (id >= model_position(m) || to >= m->n_live) {
        must(run, err == WEH_E_NOTHING_TO_UNDO, "there is nothing to undo");
    } else if (id < m->floor_id) {
        must(run, err == WEH_E_CANNOT_UNDO, "it lies before the restart");
    } else {
        must_reverse(run, err, &ids, to);
        model_reverse(m, to, cancel);
    }
    weh_txn_ids_fini(&ids);
}

static void step_redo(struct run *run)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reinstate(run->f.stack, &ids, &run->f.diag);

    if (run->m.n_ranges == 0) {
        must(run, err == WEH_E_NOTHING_TO_REDO, "there is nothing to redo");
    } else {
        must(run, err == WEH_OK, "redo failed");
        must(run, ids.n == run->m.ends[run->m.n_ranges - 1] - run->m.n_live, "how many");
        model_reinstate(&run->m);
    }
    weh_txn_ids_fini(&ids);
}

static struct weh_str name_of(unsigned name)
{
    static const char *const names[N_NAMES] = { "a", "b", "c", "some longer name" };

    return weh_str_from(names[name]);
}

static void step_savepoint(struct run *run)
{
    struct model *m = &run->m;
    unsigned name = dice(run, N_NAMES);
    weh_err err = weh_txn_savepoint(run->f.stack, name_of(name), m->serial, &run->f.diag);

    if (m->n_savepoints == 32) {
        must(run, err == WEH_E_LIMIT, "there are too many");
        return;
    }
    must(run, err == WEH_OK, "no savepoint");
    m->savepoints[m->n_savepoints].name = name;
    m->savepoints[m->n_savepoints++].rows = m->now;
}

/* Index of the innermost of that name, or UINT32_MAX. */
static uint32_t find_savepoint(const struct model *m, unsigned name)
{
    uint32_t i = m->n_savepoints;

    while (i > 0 && m->savepoints[i - 1].name != name) {
        i--;
    }
    return i - 1;
}

static void step_rollback_to(struct run *run)
{
    struct model *m = &run->m;
    unsigned name = dice(run, N_NAMES);
    uint32_t found = find_savepoint(m, name);
    size_t mark = 0;
    weh_err err = weh_txn_rollback_to(run->f.stack, name_of(name), &mark, &run->f.diag);

    if (found == UINT32_MAX) {
        must(run, err == WEH_E_NOT_FOUND, "there is none");
        return;
    }
    must(run, err == WEH_OK, "cannot go back");
    m->now = m->savepoints[found].rows;
    m->n_savepoints = found + 1;
}

static void step_release(struct run *run)
{
    struct model *m = &run->m;
    unsigned name = dice(run, N_NAMES);
    uint32_t found = find_savepoint(m, name);
    weh_err err = weh_txn_release(run->f.stack, name_of(name), &run->f.diag);

    must(run, err == (found == UINT32_MAX ? WEH_E_NOT_FOUND : WEH_OK), "release");
    if (found != UINT32_MAX) {
        m->n_savepoints = found;
    }
}

static void step_begin(struct run *run)
{
    uint32_t depth = 0;

    if (run->m.n_groups == MAX_GROUPS) {
        return;
    }
    must(run, weh_txn_begin_operation(run->f.stack, WEH_STR(""), &depth, &run->f.diag) == WEH_OK,
         "begin");
    run->m.groups[run->m.n_groups++] = run->m.current;
    must(run, depth == run->m.n_groups, "depth");
}

static void step_end(struct run *run)
{
    uint32_t depth = 0;
    weh_err err = weh_txn_end_operation(run->f.stack, &depth, &run->f.diag);

    if (run->m.n_groups == 0) {
        must(run, err == WEH_E_NO_OPERATION, "none is open");
        return;
    }
    must(run, err == WEH_OK, "end");
    must(run, depth == --run->m.n_groups, "depth");
}

static void step_reopen(struct run *run)
{
    run->f.n_events = 0;
    fixture_reopen(&run->f);
    model_drop_unsaved(&run->m);
    model_new_session(&run->m);
}

/* With unsaved changes it is in the file when these are. */
static void step_restart(struct run *run)
{
    struct model *m = &run->m;

    must(run, weh_txn_restart(run->f.stack, &run->f.diag) == WEH_OK, "restart failed");
    model_new_session(m);
    m->n_txns = m->n_live;
    m->after = m->saved;
    m->n_ranges = 0;
    m->floor = m->n_live;
    m->floor_id = m->n_live > 0 ? m->txns[m->n_live - 1].id + 1 : 0;
    if (dice(run, 2) == 0) {
        step_save(run);
    } else {
        step_abandon(run);
    }
}

/* As the official backend after a push: no transaction is left, and their numbers start anew. */
static void step_push(struct run *run)
{
    struct model *m = &run->m;

    step_abandon(run);
    weh_txn_stack_destroy(run->f.stack);
    run->f.stack = NULL;
    fixture_sql(&run->f, "DELETE FROM dgn_Txns");
    assert_int_equal(weh_briefcase_commit(run->f.briefcase, &run->f.diag), WEH_OK);
    m->n_txns = m->n_live = m->n_ranges = m->floor = 0;
    m->floor_id = 0;
    m->after = m->saved;
    step_reopen(run);
}

struct step {
    uint32_t weight;
    const char *name;
    void (*run)(struct run *run);
};

static const struct step steps[] = {
    { 400, "edit", step_edit },
    { 160, "save", step_save },
    { 25, "abandon", step_abandon },
    { 90, "undo", step_undo },
    { 15, "reverse to", step_undo_to },
    { 90, "redo", step_redo },
    { 50, "savepoint", step_savepoint },
    { 45, "rollback to", step_rollback_to },
    { 15, "release", step_release },
    { 25, "begin", step_begin },
    { 30, "end", step_end },
    { 4, "reopen", step_reopen },
    { 2, "restart", step_restart },
    { 1, "push", step_push },
};

static void one_step(struct run *run)
{
    uint32_t total = 0;
    uint32_t at;
    size_t i = 0;

    for (size_t k = 0; k < WEH_ARRAY_LEN(steps); k++) {
        total += steps[k].weight;
    }
    at = dice(run, total);
    while (at >= steps[i].weight) {
        at -= steps[i++].weight;
    }
    if (run->m.n_txns >= MAX_TXNS || run->m.n_ranges + 1 >= MAX_RANGES) {
        i = WEH_ARRAY_LEN(steps) - 1;
    }
    run->what = steps[i].name;
    run->f.n_events = 0;
    run->f.lists[0] = '\0';
    steps[i].run(run);
    run->n_done[i]++;
}

static void test_stack_does_what_the_model_does(void **state)
{
    struct run *run = calloc(1, sizeof(*run));

    (void)state;
    assert_non_null(run);
    fixture_open(&run->f, "empty.bim");
    run->seed = seed_wanted;
    run->random = seed_wanted * 0x9e3779b97f4a7c15U + 1;
    model_new_session(&run->m);
    for (run->step = 0; run->step < steps_wanted; run->step++) {
        one_step(run);
        compare_rows(run);
        compare_state(run);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(steps); i++) {
        print_message("%s %u%s", steps[i].name, run->n_done[i],
                      i + 1 < WEH_ARRAY_LEN(steps) ? ", " : "\n");
        assert_true(run->n_done[i] > 0 || steps_wanted < 10000);
    }
    fixture_check_file(&run->f);
    fixture_close(&run->f);
    free(run);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stack_does_what_the_model_does),
    };

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--steps") == 0) {
            steps_wanted = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed_wanted = strtoull(argv[i + 1], NULL, 10);
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
