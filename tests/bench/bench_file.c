/* tests/bench/bench_file.c - see bench_file.h. */
#include "bench_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "weh/db.h"

#define STREAM_BYTES 150 /* of a box, packed */
#define CACHE_KB     8192

void bench_fail(const char *program, const char *text)
{
    (void)fprintf(stderr, "%s: %s\n", program, text);
    _Exit(1);
}

void bench_must(struct bench_file *file, weh_err err)
{
    if (err != WEH_OK) {
        (void)fprintf(stderr, "%s: %s ", file->program, file->diag.text);
        bench_fail(file->program, file->diag.detail);
    }
}

double bench_now_ms(clockid_t clock)
{
    struct timespec time;

    (void)clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

sqlite3_stmt *bench_prepare(struct bench_file *file, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = weh_briefcase_db(file->briefcase);

    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
        bench_fail(file->program, sqlite3_errmsg(db));
    }
    return stmt;
}

void bench_step(struct bench_file *file, sqlite3_stmt *stmt)
{
    if (sqlite3_step(stmt) != SQLITE_DONE) {
        bench_fail(file->program, sqlite3_errmsg(weh_briefcase_db(file->briefcase)));
    }
    (void)sqlite3_reset(stmt);
}

void bench_file_open(struct bench_file *file, const char *path, bool stack)
{
    struct weh_briefcase_options options = { .path = path, .cache_kb = CACHE_KB };

    bench_must(file, weh_file_registry_create(&file->registry, &file->diag));
    bench_must(file, weh_ec_cache_create(&file->cache, &file->diag));
    options.registry = file->registry;
    bench_must(file, weh_briefcase_open(&options, &file->briefcase, &file->diag));
    bench_must(file,
               weh_ec_catalog_acquire(file->cache, file->briefcase, &file->catalog, &file->diag));
    if (stack) {
        bench_must(file,
                   weh_txn_stack_create(file->briefcase, file->catalog, &file->stack, &file->diag));
    }
    bench_must(file, weh_db_exec(file->briefcase,
                                 "CREATE TEMP TABLE place AS SELECT e.ECClassId c,e.ModelId m,"
                                 "g.CategoryId y,(SELECT max(Id) FROM bis_Element) i"
                                 " FROM bis_GeometricElement3d g"
                                 " JOIN bis_Element e ON e.Id=g.ElementId LIMIT 1",
                                 &file->diag));
    file->element =
        bench_prepare(file, "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,"
                            "UserLabel,FederationGuid) SELECT i+?1,c,m,1,1,'bench-'||?1,"
                            "randomblob(16) FROM place");
    file->geometry = bench_prepare(
        file, "INSERT INTO bis_GeometricElement3d(ElementId,ECClassId,CategoryId,"
              "InSpatialIndex,Origin_X,Origin_Y,Origin_Z,Yaw,Pitch,Roll,BBoxLow_X,BBoxLow_Y,"
              "BBoxLow_Z,BBoxHigh_X,BBoxHigh_Y,BBoxHigh_Z,GeometryStream)"
              " SELECT i+?1,c,y,1,?1%100,?1/100%100,?1/10000,?1%360,0,0,0,0,0,1+?1%7,1+?1%5,"
              "3,?2 FROM place");
}

void bench_insert(struct bench_file *file, long i)
{
    uint8_t stream[STREAM_BYTES];

    for (size_t k = 0; k < sizeof(stream); k++) {
        stream[k] = (uint8_t)(k % 16 == 0 ? (unsigned long)i >> (k / 16 % 4 * 8) : k);
    }
    (void)sqlite3_bind_int64(file->element, 1, i);
    bench_step(file, file->element);
    (void)sqlite3_bind_int64(file->geometry, 1, i);
    (void)sqlite3_bind_blob(file->geometry, 2, stream, sizeof(stream), SQLITE_STATIC);
    bench_step(file, file->geometry);
}

void bench_file_close(struct bench_file *file)
{
    (void)sqlite3_finalize(file->element);
    (void)sqlite3_finalize(file->geometry);
    weh_txn_stack_destroy(file->stack);
    weh_ec_catalog_release(file->catalog);
    weh_briefcase_close(file->briefcase);
    weh_ec_cache_destroy(file->cache);
    weh_file_registry_destroy(file->registry);
}
