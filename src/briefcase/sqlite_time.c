/* src/briefcase/sqlite_time.c - see the header. What is static here belongs to one thread. */
#include "weh/sqlite_time.h"

#include <stdbool.h>

#include "weh/clock.h"

#define ROWS_A_LOOK 8

static _Thread_local struct {
    uint64_t total_us;
    uint32_t n_rows; /* steps to further rows */
    bool is_running; /* SQLite does, further out on the stack */
} spent;

/* How many calls the one that begins stands for; 0: it is not timed. */
static uint32_t weight_of(sqlite3_stmt *stmt)
{
    if (spent.is_running) {
        return 0;
    }
    if (stmt == NULL || sqlite3_stmt_busy(stmt) == 0) {
        return 1;
    }
    return spent.n_rows++ % ROWS_A_LOOK == 0 ? ROWS_A_LOOK : 0;
}

static uint64_t begin(uint32_t weight)
{
    if (weight == 0) {
        return 0;
    }
    spent.is_running = true;
    return weh_clock_mono_us();
}

static void end(uint32_t weight, uint64_t started_us)
{
    if (weight != 0) {
        spent.is_running = false;
        spent.total_us += weight * (weh_clock_mono_us() - started_us);
    }
}

int weh_sqlite_step(sqlite3_stmt *stmt)
{
    const uint32_t weight = weight_of(stmt);
    const uint64_t started_us = begin(weight);
    const int rc = sqlite3_step(stmt);

    end(weight, started_us);
    return rc;
}

int weh_sqlite_exec(sqlite3 *db, const char *sql)
{
    const uint32_t weight = weight_of(NULL);
    const uint64_t started_us = begin(weight);
    const int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

    end(weight, started_us);
    return rc;
}

int weh_sqlite_prepare(sqlite3 *db, const char *sql, int len, sqlite3_stmt **out)
{
    const uint32_t weight = weight_of(NULL);
    const uint64_t started_us = begin(weight);
    const int rc = sqlite3_prepare_v3(db, sql, len + 1, SQLITE_PREPARE_PERSISTENT, out, NULL);

    end(weight, started_us);
    return rc;
}

uint64_t weh_sqlite_time_take(void)
{
    const uint64_t total_us = spent.total_us;

    spent.total_us = 0;
    return total_us;
}
