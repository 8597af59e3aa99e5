/* tests/bench/bench_file.h - an open iModel into which a benchmark writes rows by plain SQL.
 *
 * What fails ends the program: one thread, nothing to tidy.
 */
#ifndef BENCH_FILE_H
#define BENCH_FILE_H

#include <stdbool.h>
#include <time.h>

#include <sqlite3.h>

#include "weh/briefcase.h"
#include "weh/ec.h"
#include "weh/txn.h"

struct bench_file {
    const char *program; /* what messages begin with */
    struct weh_file_registry *registry;
    struct weh_ec_cache *cache;
    const struct weh_ec_catalog *catalog;
    struct weh_briefcase *briefcase;
    struct weh_txn_stack *stack; /* NULL: nothing is recorded */
    sqlite3_stmt *element;
    sqlite3_stmt *geometry;
    struct weh_diag diag;
};

_Noreturn void bench_fail(const char *program, const char *text);
void bench_must(struct bench_file *file, weh_err err);

double bench_now_ms(clockid_t clock);

/** Open @path, which must have a physical object already, with the page cache of a server's session. */
void bench_file_open(struct bench_file *file, const char *path, bool stack);
void bench_file_close(struct bench_file *file);

sqlite3_stmt *bench_prepare(struct bench_file *file, const char *sql);
void bench_step(struct bench_file *file, sqlite3_stmt *stmt);

/** Two rows: physical object number @i (1 ..) above the highest element at the time of opening. */
void bench_insert(struct bench_file *file, long i);

#endif
