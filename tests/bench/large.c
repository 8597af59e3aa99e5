/* tests/bench/large.c - what large transactions cost: time and memory of insert, save, undo and redo.
 *
 * usage: bench_large COPY.bim ELEMENTS
 *
 * Inserts so many physical objects (two rows each) by plain SQL into COPY, which must have one already
 * and is changed; saves, undoes and redoes that by the transaction stack.
 * The page cache is that of a server's session. Prints one JSON value; times in milliseconds, memory:
 * the most that was resident during the step. Nothing is judged here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fcntl.h>
#include <unistd.h>

#include "weh/briefcase.h"
#include "weh/db.h"
#include "weh/ec.h"
#include "weh/txn.h"

#define STREAM_BYTES 150 /* of a box, packed */

struct bench {
    struct weh_briefcase *briefcase;
    struct weh_txn_stack *stack;
    struct weh_diag diag;
    double wall;
    double cpu;
    bool first;
};

static void fail(void)
{
    _Exit(1); /* one thread, nothing to tidy */
}

static void must(struct bench *bench, weh_err err)
{
    if (err != WEH_OK) {
        (void)fprintf(stderr, "bench_large: %s %s\n", bench->diag.text, bench->diag.detail);
        fail();
    }
}

static double now_ms(clockid_t clock)
{
    struct timespec time;

    (void)clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* ---- steps ---- */

/* Let the kernel count the most that is resident from here on. */
static void begin(struct bench *bench)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, "5", 1) != 1) {
        (void)fprintf(stderr, "bench_large: the peak cannot be reset\n");
        fail();
    }
    (void)close(fd);
    bench->wall = now_ms(CLOCK_MONOTONIC);
    bench->cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);
}

static long peak_kib(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];
    long kib = -1;

    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtol(line + 6, NULL, 10);
        }
    }
    if (status != NULL) {
        (void)fclose(status);
    }
    return kib;
}

static void end(const struct bench *bench, const char *step)
{
    (void)printf(",\n \"%s\":{\"wallMs\":%.1f,\"cpuMs\":%.1f,\"peakKib\":%ld}", step,
                 now_ms(CLOCK_MONOTONIC) - bench->wall,
                 now_ms(CLOCK_PROCESS_CPUTIME_ID) - bench->cpu, peak_kib());
    (void)fflush(stdout);
}

static sqlite3_stmt *prepare(struct bench *bench, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = weh_briefcase_db(bench->briefcase);

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        (void)fprintf(stderr, "bench_large: %s\n", sqlite3_errmsg(db));
        fail();
    }
    return stmt;
}

static void step(struct bench *bench, sqlite3_stmt *stmt)
{
    if (sqlite3_step(stmt) != SQLITE_DONE) {
        (void)fprintf(stderr, "bench_large: %s\n",
                      sqlite3_errmsg(weh_briefcase_db(bench->briefcase)));
        fail();
    }
    (void)sqlite3_reset(stmt);
}

static void insert(struct bench *bench, long n)
{
    uint8_t stream[STREAM_BYTES];
    sqlite3_stmt *element;
    sqlite3_stmt *geometry;

    must(bench,
         weh_db_exec(bench->briefcase,
                     "CREATE TEMP TABLE place AS SELECT e.ECClassId c,e.ModelId m,g.CategoryId y,"
                     "(SELECT max(Id) FROM bis_Element) i FROM bis_GeometricElement3d g"
                     " JOIN bis_Element e ON e.Id=g.ElementId LIMIT 1",
                     &bench->diag));
    element = prepare(bench, "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,"
                             "UserLabel,FederationGuid) SELECT i+?1,c,m,1,1,'bench-'||?1,"
                             "randomblob(16) FROM place");
    geometry = prepare(
        bench, "INSERT INTO bis_GeometricElement3d(ElementId,ECClassId,CategoryId,"
               "InSpatialIndex,Origin_X,Origin_Y,Origin_Z,Yaw,Pitch,Roll,BBoxLow_X,BBoxLow_Y,"
               "BBoxLow_Z,BBoxHigh_X,BBoxHigh_Y,BBoxHigh_Z,GeometryStream)"
               " SELECT i+?1,c,y,1,?1%100,?1/100%100,?1/10000,?1%360,0,0,0,0,0,1+?1%7,1+?1%5,"
               "3,?2 FROM place");
    for (long i = 1; i <= n; i++) {
        for (size_t k = 0; k < sizeof(stream); k++) {
            stream[k] = (uint8_t)(k % 16 == 0 ? (unsigned long)i >> (k / 16 % 4 * 8) : k);
        }
        (void)sqlite3_bind_int64(element, 1, i);
        step(bench, element);
        (void)sqlite3_bind_int64(geometry, 1, i);
        (void)sqlite3_bind_blob(geometry, 2, stream, sizeof(stream), SQLITE_STATIC);
        step(bench, geometry);
    }
    (void)sqlite3_finalize(element);
    (void)sqlite3_finalize(geometry);
}

static void run(struct bench *bench, long n)
{
    struct weh_txn_ids ids = { 0 };
    struct weh_txn_id id;
    bool saved = false;

    begin(bench);
    insert(bench, n);
    end(bench, "insert");
    begin(bench);
    must(bench, weh_txn_save(bench->stack, WEH_STR("bench"), &saved, &id, &bench->diag));
    end(bench, "save");
    begin(bench);
    must(bench, weh_txn_reverse(bench->stack, 1, &ids, &bench->diag));
    weh_txn_ids_fini(&ids);
    end(bench, "undo");
    begin(bench);
    must(bench, weh_txn_reinstate(bench->stack, &ids, &bench->diag));
    weh_txn_ids_fini(&ids);
    end(bench, "redo");
}

int main(int argc, char **argv)
{
    struct bench bench = { .wall = 0 };
    struct weh_briefcase_options options = { .cache_kb = 8192 };
    struct weh_file_registry *registry = NULL;
    struct weh_ec_cache *cache = NULL;
    const struct weh_ec_catalog *catalog = NULL;
    long n = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

    if (n <= 0) {
        (void)fprintf(stderr, "usage: bench_large COPY.bim ELEMENTS\n");
        return 2;
    }
    must(&bench, weh_briefcase_global_init(&bench.diag));
    must(&bench, weh_file_registry_create(&registry, &bench.diag));
    must(&bench, weh_ec_cache_create(&cache, &bench.diag));
    options.path = argv[1];
    options.registry = registry;
    must(&bench, weh_briefcase_open(&options, &bench.briefcase, &bench.diag));
    must(&bench, weh_ec_catalog_acquire(cache, bench.briefcase, &catalog, &bench.diag));
    must(&bench, weh_txn_stack_create(bench.briefcase, catalog, &bench.stack, &bench.diag));
    (void)printf("{\"elements\":%ld", n);
    run(&bench, n);
    (void)printf("}\n");
    weh_txn_stack_destroy(bench.stack);
    weh_ec_catalog_release(catalog);
    weh_briefcase_close(bench.briefcase);
    weh_ec_cache_destroy(cache);
    weh_file_registry_destroy(registry);
    return 0;
}
