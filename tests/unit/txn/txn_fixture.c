/* tests/unit/txn/txn_fixture.c - see txn_fixture.h. */
#include "txn_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "data_file.h"

#ifdef WEH_TEST_TIGHT
    #include "stack_priv.h"
#endif

static void note(struct fixture *f, char event)
{
    assert_true(f->n_events + 1 < MAX_EVENTS);
    f->events[f->n_events++] = event;
    f->events[f->n_events] = '\0';
}

static void on_commit(void *ctx)
{
    note(ctx, 'c');
}

static void add_text(struct fixture *f, const char *text)
{
    size_t len = strlen(f->lists);

    (void)snprintf(f->lists + len, sizeof(f->lists) - len, "%s", text);
}

static void add_entity(struct fixture *f, char what, const struct weh_entity_change *change)
{
    static const char ops[] = "+~-";
    char text[64];

    (void)snprintf(text, sizeof(text), "%c%c%llx:%llx ", what, ops[change->op],
                   (unsigned long long)change->id, (unsigned long long)change->class_id);
    add_text(f, text);
}

static void on_changed(void *ctx, struct weh_txn_id txn_id, const struct weh_change_list *changes)
{
    struct fixture *f = ctx;
    weh_id before = 0;
    char text[64];

    note(f, 'e');
    assert_int_not_equal(txn_id.value, 0);
    for (size_t i = 0; i < changes->n_elements; i++) {
        struct weh_entity_change change;

        assert_int_equal(weh_change_list_read(changes, i, 1, &change, NULL), WEH_OK);
        assert_true(before < change.id);
        before = change.id;
        add_entity(f, 'e', &change);
    }
    for (size_t i = 0; i < changes->n_models; i++) {
        add_entity(f, 'm', &changes->models[i]);
    }
    for (size_t i = 0; i < changes->n_touched; i++) {
        (void)snprintf(text, sizeof(text), "t%llx%s ", (unsigned long long)changes->touched[i].id,
                       changes->touched[i].geometry ? "g" : "");
        add_text(f, text);
    }
    add_text(f, "| ");
}

static void on_committed(void *ctx, struct weh_txn_id txn_id, bool pending, int64_t time_ms)
{
    note(ctx, 'C');
    assert_int_not_equal(txn_id.value, 0);
    assert_true(pending);
    assert_true(time_ms > 0);
}

static void on_before(void *ctx, bool is_undo)
{
    note(ctx, is_undo ? 'U' : 'R');
}

static void on_after(void *ctx, bool is_undo)
{
    note(ctx, is_undo ? 'u' : 'r');
}

static weh_err propagate(void *ctx, const struct weh_change_list *changes, struct weh_diag *diag)
{
    struct fixture *f = ctx;
    sqlite3_stmt *stmt = NULL;
    weh_err err = WEH_OK;

    if (f->propagate_error != WEH_OK) {
        return weh_fail(diag, f->propagate_error, "as the test wants it");
    }
    for (size_t i = 0; i < changes->n_touched && err == WEH_OK; i++) {
        err = weh_stmt_acquire(f->briefcase,
                               "UPDATE bis_Model SET LastMod=julianday('now'),"
                               "ps1=CASE WHEN ?2 THEN randomblob(16) ELSE ps1 END WHERE Id=?1",
                               &stmt, diag);
        if (err == WEH_OK) {
            (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)changes->touched[i].id);
            (void)sqlite3_bind_int(stmt, 2, changes->touched[i].geometry);
            err = weh_stmt_run(f->briefcase, stmt, diag);
        }
        weh_stmt_release(f->briefcase, stmt);
        stmt = NULL;
    }
    return err;
}

/* With the diagnosis when it is not. */
static void assert_ok(struct fixture *f, weh_err err)
{
    if (err != WEH_OK) {
        fail_msg("%s: %s (%s) %s:%d", weh_err_info(err)->name, f->diag.text, f->diag.detail,
                 f->diag.file, f->diag.line);
    }
}

/* Unpacked when its name ends in ".xz". */
static void copy_file(const char *from, const char *to)
{
    FILE *out = fopen(to, "wb");
    struct weh_buf bytes;

    weh_buf_init(&bytes, 0);
    assert_int_equal(data_file_read(from, &bytes, NULL), WEH_OK);
    assert_non_null(out);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, out), bytes.len);
    assert_int_equal(fclose(out), 0);
    weh_buf_fini(&bytes);
}

/* Nothing fits into memory, and everything goes the way of large transactions. */
static void tighten(struct weh_txn_stack *stack)
{
#ifdef WEH_TEST_TIGHT
    stack->tables.keep_bytes = 40;
    stack->max_small_blob = -1;
    stack->builder.sorter.max_raw = 2;
    stack->builder.sorter.file.keep_bytes = 16;
    stack->builder.max_elements = 2;
    stack->builder.elements.keep_bytes = 16;
#else
    (void)stack;
#endif
}

void fixture_load(struct fixture *f)
{
    static const struct weh_txn_observer none;
    struct weh_briefcase_options options = {
        .path = f->path, .user = "test", .durability = f->durability, .registry = f->registry
    };
    struct weh_txn_observer observer = none;
    struct weh_txn_propagator propagator = { .ctx = f, .propagate = propagate };

    assert_ok(f, weh_briefcase_open(&options, &f->briefcase, &f->diag));
    assert_ok(f, weh_ec_catalog_acquire(f->cache, f->briefcase, &f->catalog, &f->diag));
    assert_ok(f, weh_txn_stack_create(f->briefcase, f->catalog, &f->stack, &f->diag));
    tighten(f->stack);
    observer.ctx = f;
    observer.commit = on_commit;
    observer.changed = on_changed;
    observer.committed = on_committed;
    observer.before_undo_redo = on_before;
    observer.after_undo_redo = on_after;
    weh_txn_set_observer(f->stack, &observer);
    weh_txn_set_propagator(f->stack, &propagator);
}

void fixture_global_init(void)
{
    static bool done;

    if (!done) {
        assert_int_equal(weh_briefcase_global_init(NULL), WEH_OK);
        done = true;
    }
}

void fixture_open(struct fixture *f, const char *name)
{
    char from[256];

    *f = (struct fixture){ 0 };
    /* In memory if possible: some tests write thousands of transactions. */
    (void)snprintf(f->folder, sizeof(f->folder), "%s/weh-txn-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof(f->path), "%s/it.bim", f->folder);
    (void)snprintf(from, sizeof(from), "%s/%s", WEH_TEST_DATA, name);
    copy_file(from, f->path);
    fixture_global_init();
    assert_int_equal(weh_file_registry_create(&f->registry, NULL), WEH_OK);
    assert_int_equal(weh_ec_cache_create(&f->cache, NULL), WEH_OK);
    fixture_load(f);
}

void fixture_shut(struct fixture *f)
{
    weh_txn_stack_destroy(f->stack);
    weh_ec_catalog_release(f->catalog);
    weh_briefcase_close(f->briefcase);
    f->stack = NULL;
    f->catalog = NULL;
    f->briefcase = NULL;
}

void fixture_reopen(struct fixture *f)
{
    fixture_shut(f);
    fixture_load(f);
}

void fixture_close(struct fixture *f)
{
    static const char *const endings[] = { "",
                                           "-wal",
                                           "-shm",
                                           "-watch",
                                           "-journal",
                                           ".weh-authors",
                                           ".weh-authors.new",
                                           ".weh-journal",
                                           ".weh-journal.new",
                                           ".weh-journal.kept-1",
                                           ".weh-journal.kept-2",
                                           ".weh-journal.kept-3" };
    char path[128];

    fixture_shut(f);
    weh_ec_cache_destroy(f->cache);
    weh_file_registry_destroy(f->registry);
    for (size_t i = 0; i < WEH_ARRAY_LEN(endings); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", f->path, endings[i]);
        (void)unlink(path);
    }
    (void)rmdir(f->folder);
}

void fixture_sql(struct fixture *f, const char *sql)
{
    assert_ok(f, weh_db_exec(f->briefcase, sql, &f->diag));
}

int64_t fixture_int(struct fixture *f, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value;

    assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), sql, -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

void fixture_insert_subject(struct fixture *f, unsigned id, const char *code)
{
    sqlite3_stmt *stmt = NULL;

    assert_ok(
        f, weh_stmt_acquire(f->briefcase,
                            "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,"
                            "CodeValue,ParentId,ParentRelECClassId,FederationGuid) SELECT ?1,"
                            "ECClassId,1,CodeSpecId,1,?2,NULL,NULL,randomblob(16) FROM bis_Element "
                            "WHERE Id=1",
                            &stmt, &f->diag));
    assert_int_equal(sqlite3_bind_int64(stmt, 1, id), SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(stmt, 2, code, -1, SQLITE_STATIC), SQLITE_OK);
    assert_ok(f, weh_stmt_run(f->briefcase, stmt, &f->diag));
    weh_stmt_release(f->briefcase, stmt);
    assert_ok(f, weh_stmt_acquire(f->briefcase,
                                  "INSERT INTO bis_InformationReferenceElement(ElementId,"
                                  "ECClassId) SELECT ?1,ECClassId FROM bis_Element WHERE Id=1",
                                  &stmt, &f->diag));
    assert_int_equal(sqlite3_bind_int64(stmt, 1, id), SQLITE_OK);
    assert_ok(f, weh_stmt_run(f->briefcase, stmt, &f->diag));
    weh_stmt_release(f->briefcase, stmt);
}

static void run_with_id(struct fixture *f, const char *sql, unsigned id)
{
    sqlite3_stmt *stmt = NULL;

    assert_ok(f, weh_stmt_acquire(f->briefcase, sql, &stmt, &f->diag));
    assert_int_equal(sqlite3_bind_int64(stmt, 1, id), SQLITE_OK);
    assert_ok(f, weh_stmt_run(f->briefcase, stmt, &f->diag));
    weh_stmt_release(f->briefcase, stmt);
}

void fixture_insert_object(struct fixture *f, unsigned id)
{
    run_with_id(f,
                "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,"
                "FederationGuid) SELECT ?1,ECClassId,ModelId,1,1,randomblob(16) FROM bis_Element "
                "WHERE Id=(SELECT ElementId FROM bis_GeometricElement3d LIMIT 1)",
                id);
    run_with_id(f,
                "INSERT INTO bis_GeometricElement3d(ElementId,ECClassId,CategoryId,InSpatialIndex,"
                "Origin_X,Origin_Y,Origin_Z,Yaw,Pitch,Roll,BBoxLow_X,BBoxLow_Y,BBoxLow_Z,"
                "BBoxHigh_X,BBoxHigh_Y,BBoxHigh_Z) SELECT ?1,ECClassId,CategoryId,1,?1,2.0,3.0,"
                "0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,1.0 FROM bis_GeometricElement3d LIMIT 1",
                id);
}

struct weh_txn_id fixture_save(struct fixture *f, const char *description)
{
    struct weh_txn_id id = { 0 };
    bool saved = false;

    assert_ok(f, weh_txn_save(f->stack, weh_str_from(description), &saved, &id, &f->diag));
    assert_true(saved);
    return id;
}

size_t fixture_reverse(struct fixture *f, uint32_t count)
{
    struct weh_txn_ids ids = { 0 };
    size_t n;

    assert_ok(f, weh_txn_reverse(f->stack, count, &ids, &f->diag));
    n = ids.n;
    weh_txn_ids_fini(&ids);
    return n;
}

size_t fixture_reinstate(struct fixture *f)
{
    struct weh_txn_ids ids = { 0 };
    size_t n;

    assert_ok(f, weh_txn_reinstate(f->stack, &ids, &f->diag));
    n = ids.n;
    weh_txn_ids_fini(&ids);
    return n;
}

static uint64_t digest_value(uint64_t hash, sqlite3_stmt *stmt, int column)
{
    int type = sqlite3_column_type(stmt, column);
    /* The native library's transactions do not tell -0.0 from 0.0. */
    double real = sqlite3_column_double(stmt, column) + 0.0;
    const void *bytes = type == SQLITE_FLOAT ? &real : sqlite3_column_blob(stmt, column);
    size_t n = type == SQLITE_FLOAT ? sizeof(real) : (size_t)sqlite3_column_bytes(stmt, column);

    hash = (hash ^ (uint64_t)type) * 1099511628211U;
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211U;
    }
    return hash;
}

/* The sum of the rows' digests: their order does not matter. */
static uint64_t digest_table(struct fixture *f, const char *name)
{
    sqlite3_stmt *stmt = NULL;
    uint64_t sum = 0;
    char sql[256];

    (void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\"", name);
    assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), sql, -1, &stmt, NULL),
                     SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        uint64_t hash = 14695981039346656037U;

        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            hash = digest_value(hash, stmt, i);
        }
        sum += hash;
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return sum;
}

void fixture_digest(struct fixture *f, bool quick, struct digests *out)
{
    sqlite3_stmt *stmt = NULL;

    out->n = 0;
    assert_int_equal(
        sqlite3_prepare_v2(weh_briefcase_db(f->briefcase),
                           "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE "
                           "'be\\_Local%' ESCAPE '\\' AND name NOT LIKE 'dgn\\_Txns' ESCAPE '\\' "
                           "AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'dgn%\\_%\\_%' "
                           "ESCAPE '\\' AND (name NOT LIKE 'ec\\_%' ESCAPE '\\' OR ?1=0) "
                           "ORDER BY name",
                           -1, &stmt, NULL),
        SQLITE_OK);
    (void)sqlite3_bind_int(stmt, 1, quick);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        assert_true(out->n < MAX_DIGESTS);
        (void)snprintf(out->names[out->n], sizeof(out->names[0]), "%s",
                       (const char *)sqlite3_column_text(stmt, 0));
        out->values[out->n] = digest_table(f, out->names[out->n]);
        out->n++;
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_true(out->n > 20);
}

static void must_be_same(const char *table, uint64_t a, uint64_t b)
{
    if (a != b) {
        fail_msg("table %s differs", table);
    }
}

void assert_digests_equal(const struct digests *a, const struct digests *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_string_equal(a->names[i], b->names[i]);
        must_be_same(a->names[i], a->values[i], b->values[i]);
    }
}

void assert_digests_differ(const struct digests *a, const struct digests *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_not_equal(a->values, b->values, a->n * sizeof(a->values[0]));
}

void fixture_check_file(struct fixture *f)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = weh_briefcase_db(f->briefcase);

    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "ok");
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA foreign_key_check", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
}

void fixture_settle_index(struct fixture *f)
{
    struct weh_txn_id id;
    bool saved = true;

    fixture_sql(f, "UPDATE bis_GeometricElement3d SET Origin_X=Origin_X");
    assert_ok(f, weh_txn_save(f->stack, WEH_STR(""), &saved, &id, &f->diag));
    assert_false(saved);
}

int fixture_set_up(void **state)
{
    static struct fixture f;

    fixture_open(&f, "small.bim");
    *state = &f;
    return 0;
}

int fixture_tear_down(void **state)
{
    fixture_close(*state);
    return 0;
}

void fixture_clear_events(struct fixture *f)
{
    f->n_events = 0;
    f->events[0] = '\0';
    f->lists[0] = '\0';
}

struct weh_txn_state fixture_state(struct fixture *f)
{
    struct weh_txn_state s = { 0 };

    assert_ok(f, weh_txn_get_state(f->stack, &s, &f->diag));
    return s;
}
