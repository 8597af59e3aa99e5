/* tests/bench/bare_queries.c - what SQLite alone takes for a query: prepare, step, encode as MessagePack.
 *
 * bare_queries FILE ROUNDS SQL [IDS]: runs SQL so often, with IDS (a file of numbers, one a line) once for each of
 * them as its parameter, on one prepared statement. Prints {"rows","bytes","ms"} of the fastest round.
 * No server, no EC: the least that an answer can cost.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <msgpack.h>
#include <sqlite3.h>

struct ids {
    int64_t items[100000];
    size_t n;
};

static void must(int is_fine, const char *what)
{
    if (!is_fine) {
        (void)fprintf(stderr, "bare_queries: %s\n", what);
        _Exit(1);
    }
}

static double now_ms(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void read_ids(const char *path, struct ids *ids)
{
    FILE *file = fopen(path, "r");
    char line[32];

    must(file != NULL, "cannot read the ids");
    while (ids->n < sizeof(ids->items) / sizeof(ids->items[0]) &&
           fgets(line, sizeof(line), file) != NULL) {
        ids->items[ids->n++] = strtoll(line, NULL, 10);
    }
    (void)fclose(file);
}

static void pack_cell(msgpack_packer *packer, sqlite3_stmt *stmt, int i)
{
    const char *text;
    size_t n;

    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER:
        msgpack_pack_int64(packer, sqlite3_column_int64(stmt, i));
        break;
    case SQLITE_FLOAT:
        msgpack_pack_double(packer, sqlite3_column_double(stmt, i));
        break;
    case SQLITE_TEXT:
        text = (const char *)sqlite3_column_text(stmt, i);
        n = (size_t)sqlite3_column_bytes(stmt, i);
        msgpack_pack_str(packer, n);
        msgpack_pack_str_body(packer, text, n);
        break;
    case SQLITE_BLOB:
        n = (size_t)sqlite3_column_bytes(stmt, i);
        msgpack_pack_bin(packer, n);
        msgpack_pack_bin_body(packer, sqlite3_column_blob(stmt, i), n);
        break;
    default:
        msgpack_pack_nil(packer);
        break;
    }
}

static size_t run(sqlite3_stmt *stmt, msgpack_packer *packer)
{
    const int n_columns = sqlite3_column_count(stmt);
    size_t n = 0;
    int rc;

    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        msgpack_pack_array(packer, (size_t)n_columns);
        for (int i = 0; i < n_columns; i++) {
            pack_cell(packer, stmt, i);
        }
        n++;
    }
    must(rc == SQLITE_DONE, sqlite3_errmsg(sqlite3_db_handle(stmt)));
    (void)sqlite3_reset(stmt);
    return n;
}

int main(int argc, char **argv)
{
    static struct ids ids;
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    msgpack_sbuffer out;
    msgpack_packer packer;
    double best_ms = 1e9;
    size_t n_rows = 0;

    must(argc == 4 || argc == 5, "usage: bare_queries FILE ROUNDS SQL [IDS]");
    if (argc == 5) {
        read_ids(argv[4], &ids);
    }
    must(sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK, "cannot open");
    must(sqlite3_prepare_v2(db, argv[3], -1, &stmt, NULL) == SQLITE_OK, sqlite3_errmsg(db));
    msgpack_sbuffer_init(&out);
    msgpack_packer_init(&packer, &out, msgpack_sbuffer_write);
    for (long round = strtol(argv[2], NULL, 10); round > 0; round--) {
        double started_ms = now_ms();
        double ms;

        n_rows = 0;
        msgpack_sbuffer_clear(&out);
        for (size_t i = 0; i < ids.n; i++) {
            must(sqlite3_bind_int64(stmt, 1, ids.items[i]) == SQLITE_OK, "cannot bind");
            n_rows += run(stmt, &packer);
        }
        n_rows += ids.n == 0 ? run(stmt, &packer) : 0;
        ms = now_ms() - started_ms;
        best_ms = ms < best_ms ? ms : best_ms;
    }
    (void)printf("{\"rows\":%zu,\"bytes\":%zu,\"ms\":%.3f}\n", n_rows, out.size, best_ms);
    msgpack_sbuffer_destroy(&out);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    return 0;
}
