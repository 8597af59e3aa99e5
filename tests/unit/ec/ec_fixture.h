/* tests/unit/ec/ec_fixture.h - a copy of an iModel of tests/data, open, with its catalogue. */
#ifndef EC_FIXTURE_H
#define EC_FIXTURE_H

#include <sqlite3.h>

#include "weh/briefcase.h"
#include "weh/buf.h"
#include "weh/ec.h"

struct ec_fixture {
    char dir[64];
    char path[96];
    struct weh_file_registry *registry;
    struct weh_briefcase *briefcase;
    struct weh_ec_cache *cache;
    const struct weh_ec_catalog *catalog; /* NULL until ec_fixture_acquire */
    struct weh_diag diag;
};

/** Copy @name ("small.bim") to a directory of its own, run @sql (may be NULL) on the copy with the
 * checks of SQLite off, and open it. */
void ec_fixture_open(struct ec_fixture *f, const char *name, const char *sql);
/** Acquire the catalogue; the error is in f->diag. */
weh_err ec_fixture_acquire(struct ec_fixture *f);
/** Open small.bim and acquire; for cmocka's setup and teardown. */
int ec_fixture_setup(void **state);
int ec_fixture_teardown(void **state);
/** Release, close and remove everything. */
void ec_fixture_close(struct ec_fixture *f);

/** Class by name, which must exist. */
const struct weh_ec_class *ec_fixture_class(const struct ec_fixture *f, const char *name);
/** The contents of the file @name of tests/data, unpacked if it ends in ".xz". */
void ec_fixture_read(const char *name, struct weh_buf *out);

#endif
