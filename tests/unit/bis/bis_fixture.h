/* tests/unit/bis/bis_fixture.h - a copy of a genuine iModel in a temporary folder, and its context. */
#ifndef BIS_FIXTURE_H
#define BIS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/bis.h"
#include "weh/briefcase.h"
#include "weh/buf.h"
#include "weh/db.h"
#include "weh/ec.h"
#include "weh/json.h"
#include "weh/model.h"

struct fixture {
    char folder[64];
    char path[96];
    struct weh_file_registry *registry;
    struct weh_ec_cache *cache;
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_bis *bis;
    struct weh_arena arena; /* of the props of the last calls */
    struct weh_buf text;    /* result of the last get */
    struct weh_diag diag;
};

/** Copy tests/data/@name and open it. */
void fixture_open(struct fixture *f, const char *name, bool readonly);
/** Copy the file at @path and open it. */
void fixture_open_path(struct fixture *f, const char *path, bool readonly);
void fixture_close(struct fixture *f);

/** JSON text, with ' for ", as a value. Must parse. */
const struct weh_value *fixture_value(struct fixture *f, const char *format, ...) WEH_PRINTF(2, 3);

/* The calls with props as JSON text (' for "). */
weh_err fixture_insert(struct fixture *f, weh_id *out, const char *format, ...) WEH_PRINTF(3, 4);
weh_err fixture_update(struct fixture *f, const char *format, ...) WEH_PRINTF(2, 3);
weh_err fixture_delete(struct fixture *f, weh_id id);
weh_err fixture_insert_model(struct fixture *f, weh_id *out, const char *format, ...)
    WEH_PRINTF(3, 4);

/** ElementProps, ModelProps as JSON text; NULL, and the diag filled, when it fails. */
const char *fixture_get(struct fixture *f, weh_id id);
const char *fixture_get_model(struct fixture *f, weh_id id);

/** The rows of @sql as text: "type:value|...;". Must work. Static. */
const char *fixture_rows(struct fixture *f, const char *format, ...) WEH_PRINTF(2, 3);
int64_t fixture_int(struct fixture *f, const char *format, ...) WEH_PRINTF(2, 3);
void fixture_sql(struct fixture *f, const char *sql);

/** PRAGMA integrity_check and foreign_key_check. */
void fixture_check_file(struct fixture *f);

/** @err must be WEH_OK; @err must be @code and the diag name @where. */
void fixture_expect_ok(const struct fixture *f, weh_err err, const char *call, int line);
void fixture_expect(const struct fixture *f, weh_err err, weh_err code, const char *where,
                    int line);

/** The same for one case of a table, told by its @text; @where only counts when @code is an error. */
void fixture_expect_case(const struct fixture *f, weh_err err, weh_err code, const char *where,
                         const char *text);

#define ASSERT_OK(call)                 fixture_expect_ok(f, (call), #call, __LINE__)
#define ASSERT_FAILS(call, code, where) fixture_expect(f, (call), (code), (where), __LINE__)

#endif
