/* tests/crash/world.c - see world.h. */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/db.h"
#include "weh/file_prop.h"
#include "weh/json.h"

#include "fake_alloc.h"
#include "fake_sqlite_memory.h"

static char trying[256] = "nothing yet";

void crash_trying(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(trying, sizeof(trying), format, args);
    va_end(args);
}

void crash_fail(const char *format, ...)
{
    va_list args;

    (void)fflush(stdout);
    (void)fprintf(stderr, "FAILED: %s: ", trying);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, "\n");
    (void)fflush(stderr);
    /* Not exit: what is open would be told as leaks and hide this. */
    _Exit(1);
}

static void pause_failures(bool paused)
{
    fake_disk_pause(paused);
    fake_alloc_pause(paused);
    fake_sqlite_memory_pause(paused);
}

/* ---- the session ---- */

void world_init(struct world *world)
{
    *world = (struct world){ 0 };
    weh_arena_init(&world->arena, 0);
    if (weh_file_registry_create(&world->registry, NULL) != WEH_OK ||
        weh_ec_cache_create(&world->cache, NULL) != WEH_OK) {
        crash_fail("no memory to begin with");
    }
}

void world_fini(struct world *world)
{
    world_close(world);
    weh_ec_cache_destroy(world->cache);
    weh_file_registry_destroy(world->registry);
    weh_arena_fini(&world->arena);
}

bool world_is_open(const struct world *world)
{
    return world->stack != NULL;
}

static weh_err make_tools(struct world *world)
{
    struct weh_journal_info info;
    struct weh_txn_propagator propagator = { .propagate = weh_bis_propagate,
                                             .saved = weh_bis_saved };
    weh_err err = weh_briefcase_data_version(world->briefcase, &world->data_version, &world->diag);

    if (err == WEH_OK) {
        err = weh_ec_catalog_acquire(world->cache, world->briefcase, &world->catalog, &world->diag);
    }
    if (err == WEH_OK) {
        err = weh_bis_create(world->briefcase, world->catalog, &world->bis, &world->diag);
    }
    if (err == WEH_OK) {
        err = weh_txn_stack_create(world->briefcase, world->catalog, &world->stack, &world->diag);
    }
    if (err == WEH_OK) {
        propagator.ctx = world->bis;
        weh_txn_set_propagator(world->stack, &propagator);
        err = weh_journal_look(world->stack, &world->found, &info, &world->diag);
    }
    return err;
}

weh_err world_open(struct world *world)
{
    struct weh_briefcase_options options = {
        .path = WORLD_PATH,
        .user = "crash",
        .registry = world->registry,
        .durability = world->durability,
        .cache_kb = world->cache_kb,
    };
    weh_err err = weh_briefcase_open(&options, &world->briefcase, &world->diag);

    if (err == WEH_OK && world->checkpoint_pages != 0) {
        (void)sqlite3_wal_autocheckpoint(weh_briefcase_db(world->briefcase),
                                         world->checkpoint_pages);
    }
    if (err == WEH_OK) {
        err = make_tools(world);
    }
    if (err != WEH_OK) {
        world_close(world);
    }
    return err;
}

static void drop_tools(struct world *world)
{
    weh_txn_stack_destroy(world->stack);
    weh_bis_destroy(world->bis);
    world->stack = NULL;
    world->bis = NULL;
}

void world_settle_and_close(struct world *world)
{
    drop_tools(world);
    weh_ec_catalog_remember(world->catalog, world->briefcase, world->data_version);
    world_close(world);
}

void world_close(struct world *world)
{
    drop_tools(world);
    if (world->catalog != NULL) {
        weh_ec_catalog_release(world->catalog);
    }
    weh_briefcase_close(world->briefcase);
    world->catalog = NULL;
    world->briefcase = NULL;
    world->is_unsaved = false;
    weh_arena_reset(&world->arena);
}

void world_acknowledge(struct world *world)
{
    pause_failures(true);
    world->n_marks++;
    if (world->on_mark != NULL) {
        world->on_mark(world->ctx, world);
    }
    pause_failures(false);
}

void world_mark(struct world *world)
{
    world_content(world, &world->saved);
    world_acknowledge(world);
}

/* ---- what it holds ---- */

static uint64_t digest_value(uint64_t hash, sqlite3_stmt *stmt, int column)
{
    int type = sqlite3_column_type(stmt, column);
    /* A changeset that is applied does not always keep the sign of a zero. */
    double real = sqlite3_column_double(stmt, column) + 0.0;
    const void *bytes = type == SQLITE_FLOAT ? &real : sqlite3_column_blob(stmt, column);
    size_t n = type == SQLITE_FLOAT ? sizeof(real) : (size_t)sqlite3_column_bytes(stmt, column);

    hash = (hash ^ (uint64_t)(type + 1)) * 1099511628211U;
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211U;
    }
    return hash;
}

/* The sum of the rows' digests: their order does not matter. */
static uint64_t digest_table(sqlite3 *db, const char *name)
{
    sqlite3_stmt *stmt = NULL;
    uint64_t sum = 0;
    char sql[256];

    (void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\"", name);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        crash_fail("table %s cannot be read: %s", name, sqlite3_errmsg(db));
    }
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        uint64_t hash = 14695981039346656037U;

        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            hash = digest_value(hash, stmt, i);
        }
        sum += hash * 2 + 1;
    }
    if (sqlite3_finalize(stmt) != SQLITE_OK) {
        crash_fail("table %s cannot be read: %s", name, sqlite3_errmsg(db));
    }
    return sum;
}

/* The tables in their order. The schema's own (ec_) are nobody's here to change; integrity_check
 * reads them. The R*Tree is read as a table, what lies below it is not. */
static const char tables_sql[] =
    "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%' AND "
    "name NOT LIKE 'ec\\_%' ESCAPE '\\' AND name NOT LIKE 'dgn%\\_%\\_%' ESCAPE '\\' ORDER BY name";

void world_content(struct world *world, struct content *out)
{
    sqlite3 *db = weh_briefcase_db(world->briefcase);
    sqlite3_stmt *stmt = NULL;

    pause_failures(true);
    *out = (struct content){ 0 };
    if (sqlite3_prepare_v2(db, tables_sql, -1, &stmt, NULL) != SQLITE_OK) {
        crash_fail("the file cannot be read: %s", sqlite3_errmsg(db));
    }
    while (out->n < MAX_TABLES && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);

        out->tracked[out->n] = strcmp(name, "be_Local") != 0 && strcmp(name, "dgn_Txns") != 0;
        out->sums[out->n++] = digest_table(db, name);
    }
    if (sqlite3_finalize(stmt) != SQLITE_OK || out->n < 20 || out->n == MAX_TABLES) {
        crash_fail("the file cannot be read: %s", sqlite3_errmsg(db));
    }
    pause_failures(false);
}

int content_compare(const struct content *a, const struct content *b, bool tracked_only)
{
    if (a->n != b->n) {
        return 0;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (a->sums[i] != b->sums[i] && (!tracked_only || a->tracked[i])) {
            return (int)i;
        }
    }
    return -1;
}

const char *content_table(struct world *world, int table)
{
    static char name[64];
    sqlite3_stmt *stmt = NULL;

    (void)snprintf(name, sizeof(name), "(no file)");
    if (world->briefcase == NULL || sqlite3_prepare_v2(weh_briefcase_db(world->briefcase),
                                                       tables_sql, -1, &stmt, NULL) != SQLITE_OK) {
        return name;
    }
    for (int i = 0; i <= table && sqlite3_step(stmt) == SQLITE_ROW; i++) {
        (void)snprintf(name, sizeof(name), "%s", (const char *)sqlite3_column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    return name;
}

void world_check_integrity(struct world *world)
{
    sqlite3 *db = weh_briefcase_db(world->briefcase);
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW ||
        strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0) {
        crash_fail("integrity_check: %s", (const char *)sqlite3_column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    if (sqlite3_prepare_v2(db, "PRAGMA foreign_key_check", -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_DONE) {
        crash_fail("foreign_key_check: %s", (const char *)sqlite3_column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
}

/* ---- edits ---- */

/* An edit that fails leaves the ones before it. */
static weh_err edited(struct world *world, weh_err err)
{
    world->is_unsaved = world->is_unsaved || err != WEH_OK;
    weh_arena_reset(&world->arena);
    return err;
}

const struct weh_value *world_value(struct world *world, const char *json)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 100000 };
    struct weh_value *value;
    char text[2048];
    int n = snprintf(text, sizeof(text), "%s", json);

    weh_assert(n > 0 && (size_t)n < sizeof(text));
    for (char *p = text; *p != '\0'; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }
    /* Arguments are the caller's: no failure is looked for here. */
    pause_failures(true);
    value = weh_arena_alloc(&world->arena, sizeof(*value));
    if (value == NULL ||
        weh_json_parse(weh_str_from(text), &limits, &world->arena, value, &world->diag) != WEH_OK) {
        crash_fail("bad JSON in the test: %s", text);
    }
    pause_failures(false);
    return value;
}

weh_err world_insert(struct world *world, weh_id *id, const char *json)
{
    weh_id own = 0;

    return edited(world, weh_element_insert(world->bis, world_value(world, json),
                                            id == NULL ? &own : id, &world->diag));
}

weh_err world_update(struct world *world, const char *json)
{
    return edited(world, weh_element_update(world->bis, world_value(world, json), &world->diag));
}

weh_err world_delete(struct world *world, weh_id id)
{
    return edited(world, weh_element_delete(world->bis, &id, 1, &world->diag));
}

weh_err world_subject(struct world *world, weh_id *id, const char *code)
{
    char json[2048];

    (void)snprintf(json, sizeof(json),
                   "{'classFullName':'BisCore:Subject','model':'0x1','code':{'spec':'bis:Subject',"
                   "'scope':'0x1','value':'%s'},'parent':{'id':'0x1','relClassName':"
                   "'BisCore:SubjectOwnsSubjects'},'userLabel':'label of %s'}",
                   code, code);
    return world_insert(world, id, json);
}

weh_err world_property(struct world *world, const char *name, const char *text)
{
    struct weh_file_prop_key key = { .space = WEH_STR("crash"), .name = weh_str_from(name) };
    struct weh_str value = text == NULL ? WEH_STR("") : weh_str_from(text);

    return edited(world, text == NULL ? weh_file_prop_delete(world->briefcase, &key, &world->diag)
                                      : weh_file_prop_save(world->briefcase, &key, &value,
                                                           WEH_STR(""), &world->diag));
}

/* ---- what commits ---- */

/* After a failure too there is nothing unsaved. */
static weh_err committed(struct world *world, weh_err err)
{
    world->is_unsaved = false;
    /* As the server does after a save that failed, and always after what takes changes back. */
    weh_bis_forget(world->bis);
    if (err == WEH_OK) {
        world_content(world, &world->saved);
        world_offer_settled(world);
        world_acknowledge(world);
    }
    return err;
}

weh_err world_save(struct world *world, const char *description)
{
    struct weh_txn_id id;
    bool saved = false;

    return committed(
        world, weh_txn_save(world->stack, weh_str_from(description), &saved, &id, &world->diag));
}

weh_err world_abandon(struct world *world)
{
    world->offer.may_be_gone = true;
    return committed(world, weh_txn_abandon(world->stack, &world->diag));
}

weh_err world_undo(struct world *world, uint32_t count)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reverse(world->stack, count, &ids, &world->diag);

    weh_txn_ids_fini(&ids);
    return committed(world, err);
}

weh_err world_redo(struct world *world)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reinstate(world->stack, &ids, &world->diag);

    weh_txn_ids_fini(&ids);
    return committed(world, err);
}

weh_err world_cancel_to(struct world *world, struct weh_txn_id id)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reverse_to(world->stack, id, true, &ids, &world->diag);

    weh_txn_ids_fini(&ids);
    return committed(world, err);
}

weh_err world_restart(struct world *world)
{
    return committed(world, weh_txn_restart(world->stack, &world->diag));
}
