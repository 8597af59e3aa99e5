/* tests/fuzz/fuzz_ecsql.c - fuzz target: any bytes as a query.
 *
 * The whole compiler over the catalogue of small.bim, SQLite's own preparation of what comes out, and the columns; no rows:
 * a fuzzer soon writes queries that take all the time there is. A query may be refused, but not for something that
 * the authorizer has to stop: the compiler lets nothing through that is not the iModel's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "weh/briefcase.h"
#include "weh/ecsql.h"
#include "weh/json.h"

#include "fuzz.h"

#define LONGEST 4096

static struct world {
    struct weh_file_registry *registry;
    struct weh_briefcase *briefcase;
    struct weh_ec_cache *cache;
    const struct weh_ec_catalog *catalog;
    struct weh_ecsql *engine;
    struct weh_arena arena;
} world;

static void must(weh_err err, const struct weh_diag *diag)
{
    if (err != WEH_OK) {
        (void)fprintf(stderr, "%s: %s\n", diag->text, diag->detail);
        abort();
    }
}

static void copy(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    char bytes[4096];
    size_t n;

    if (in == NULL || out == NULL) {
        abort();
    }
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        if (fwrite(bytes, 1, n, out) != n) {
            abort();
        }
    }
    (void)fclose(in);
    if (fclose(out) != 0) {
        abort();
    }
}

static void close_world(void)
{
    weh_ecsql_destroy(world.engine);
    weh_ec_catalog_release(world.catalog);
    weh_briefcase_close(world.briefcase);
    weh_ec_cache_destroy(world.cache);
    weh_file_registry_destroy(world.registry);
    weh_arena_fini(&world.arena);
}

/* Once a process, on a copy that has no name any more as soon as it is open. */
static void open_world(void)
{
    static const struct weh_ecsql_limits limits = { 60000,   1000, 1u << 20, 1u << 20,
                                                    LONGEST, 1,    1u << 30, 0 };
    static const char *const ends[] = { "", "-wal", "-shm" };
    char folder[] = "/tmp/weh-fuzz-XXXXXX";
    char path[64];
    struct weh_briefcase_options options = { .path = path, .readonly = true, .user = "fuzz" };
    struct weh_diag diag = { 0 };

    if (mkdtemp(folder) == NULL) {
        abort();
    }
    (void)snprintf(path, sizeof(path), "%s/small.bim", folder);
    copy(WEH_TEST_DATA "/small.bim", path);
    must(weh_briefcase_global_init(&diag), &diag);
    must(weh_file_registry_create(&world.registry, &diag), &diag);
    must(weh_ec_cache_create(&world.cache, &diag), &diag);
    options.registry = world.registry;
    must(weh_briefcase_open(&options, &world.briefcase, &diag), &diag);
    must(weh_ec_catalog_acquire(world.cache, world.briefcase, &world.catalog, &diag), &diag);
    must(weh_ecsql_create(world.briefcase, world.catalog, &limits, NULL, &world.engine, &diag),
         &diag);
    weh_arena_init(&world.arena, 0);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char name[80];

        (void)snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    (void)rmdir(folder);
    (void)atexit(close_world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct weh_ecsql_request request = { .text = { (const char *)data, size },
                                               .rows = WEH_ECSQL_ARRAYS };
    struct weh_json_writer writer;
    struct weh_diag diag = { 0 };
    struct weh_buf buf;
    weh_err err;

    if (world.engine == NULL) {
        open_world();
    }
    /* A decoder never lets through what is no UTF-8. */
    if (size > LONGEST || weh_json_utf8_prefix(request.text) != size) {
        return 0;
    }
    weh_arena_reset(&world.arena);
    weh_buf_init(&buf, 0);
    weh_json_writer_init(&writer, &buf);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    err = weh_ecsql_query(world.engine, &request, &world.arena, &writer.sink, &diag);
    weh_ecsql_close_all(world.engine);
    if ((err != WEH_OK && err != WEH_E_QUERY && err != WEH_E_TOO_LARGE) ||
        (err != WEH_OK && strncmp(diag.text, "not authorized", 14) == 0) ||
        weh_json_utf8_prefix((struct weh_str){ (const char *)buf.data, buf.len }) != buf.len ||
        weh_json_utf8_prefix(weh_str_from(diag.text)) != strlen(diag.text)) {
        (void)fprintf(stderr, "%s %s [%s]\n", err == WEH_OK ? "OK" : weh_err_info(err)->name,
                      diag.text, diag.detail);
        abort();
    }
    weh_buf_fini(&buf);
    return 0;
}
