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

#define assert_ok(call)                                                                         \
    do {                                                                                        \
        weh_err assert_ok_err = (call);                                                         \
        if (assert_ok_err != WEH_OK) {                                                          \
            fail_msg("%s: %s (%s) %s", #call, weh_err_info(assert_ok_err)->name, f->diag.where, \
                     f->diag.text);                                                             \
        }                                                                                       \
    } while (0)

/** @call must fail with @code and name @at. */
#define assert_fails(call, code, at)              \
    do {                                          \
        assert_int_equal((call), (code));         \
        assert_string_equal(f->diag.where, (at)); \
    } while (0)

#endif
