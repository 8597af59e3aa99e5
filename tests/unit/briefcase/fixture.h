/* tests/unit/briefcase/fixture.h - a temporary folder with copies of iModels, for the tests here. */
#ifndef WEH_TEST_BRIEFCASE_FIXTURE_H
#define WEH_TEST_BRIEFCASE_FIXTURE_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "weh/briefcase.h"
#include "weh/buf.h"
#include "weh/db.h"
#include "weh/imodel.h"
#include "weh/json.h"

struct fixture {
    char folder[128];
    char path[256]; /* of FILE.bim in the folder */
    struct weh_file_registry *registry;
    struct weh_diag diag;
};

/** For the group: SQLite is set up. */
int group_setup(void **state);

int setup(void **state);
int teardown(void **state);

/** PATH of a file in the folder; static, until the next call. */
const char *in_folder(const struct fixture *f, const char *name);

/** Copy the iModel @name of tests/data to f->path. */
void use_copy(struct fixture *f, const char *name);

weh_err open_as(struct fixture *f, bool readonly, const char *user, struct weh_briefcase **out);

/** Open for writing; must succeed. */
struct weh_briefcase *open_write(struct fixture *f);

/** Read the whole file @path; freed with free. */
uint8_t *read_file(const char *path, size_t *n);
void write_file(const char *path, const void *bytes, size_t n);
bool file_exists(const char *path);

/** Run @sql on the file with a connection of its own; the first value as a number, -1 if none. */
int64_t raw_query(const char *path, const char *sql);

/** "ok" as PRAGMA integrity_check and no row of foreign_key_check. */
void assert_file_is_sound(const char *path);

/** The first value of @sql in the briefcase, as a number. */
int64_t query_int(struct weh_briefcase *briefcase, const char *sql);

/** @value is the string @text. */
void assert_text(const struct weh_value *value, const char *text);

/** Number of names in the folder. */
unsigned count_files(const struct fixture *f);

#endif
