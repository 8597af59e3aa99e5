/* tests/unit/rpc/test_file_prop.c - file properties and the iModel's place: saved, undone, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "weh/json.h"

#include "rpc_fixture.h"

static int setup_empty(void **state)
{
    struct fixture *f;

    if (rpc_setup(state) != 0) {
        return -1;
    }
    f = *state;
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    return 0;
}

static void check_last_frame(const struct client *client, const char *wanted)
{
    const bool found = strstr(client->fake->frames[client->n_read - 1], wanted) != NULL;

    if (!found) {
        print_error("%s\nhas no %s\n", client->fake->frames[client->n_read - 1], wanted);
    }
    assert_true(found);
}

/* The result is exactly this. */
static void check_result(struct client *client, const char *method, const char *params,
                         const char *wanted)
{
    char text[4096];

    (void)call(client, method, params);
    (void)snprintf(text, sizeof(text), "\"result\":%s}", wanted);
    check_last_frame(client, text);
}

/* What stands in the committed file. */
static void check_stored(const struct fixture *f, const char *name, const char *wanted)
{
    char path[512];
    char sql[256];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;

    (void)snprintf(path, sizeof(path), "%s/imodels/empty.bim", f->dir);
    (void)snprintf(sql, sizeof(sql),
                   "SELECT quote(StrData)||'|'||quote(RawSize)||'|'||quote(Data)||'|'||TxnMode "
                   "FROM be_Prop WHERE Name='%s'",
                   name);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), wanted);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
}

#define ZEROS                                                              \
    "encoding=base64;"                                                     \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void test_file_property_is_stored_as_the_native_library_does(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.saveFileProperty",
               "{\"namespace\":\"a\",\"name\":\"text\",\"string\":\"hello\"}");
    (void)call(&f->a, "briefcase.saveFileProperty",
               "{\"namespace\":\"a\",\"name\":\"none\",\"string\":\"\"}");
    (void)call(&f->a, "briefcase.saveFileProperty",
               "{\"namespace\":\"a\",\"name\":\"blob\",\"id\":3,\"subId\":7,"
               "\"blob\":\"encoding=base64;AQIDBA==\"}");
    (void)call(&f->a, "briefcase.saveFileProperty",
               "{\"namespace\":\"a\",\"name\":\"both\",\"string\":\"s\",\"blob\":\"" ZEROS "\"}");
    (void)call(&f->a, "txns.saveChanges", "{}");
    check_stored(f, "text", "'hello'|NULL|NULL|0");
    check_stored(f, "none", "''|NULL|NULL|0");
    check_stored(f, "blob", "NULL|NULL|X'01020304'|0");
    check_stored(f, "both", "'s'|102|X'785E6360A007000000660001'|0");
    check_result(&f->a, "briefcase.queryFileProperty", "{\"namespace\":\"a\",\"name\":\"text\"}",
                 "{\"string\":\"hello\"}");
    check_result(&f->a, "briefcase.queryFileProperty",
                 "{\"namespace\":\"a\",\"name\":\"blob\",\"id\":3,\"subId\":7}",
                 "{\"string\":\"\",\"blob\":\"encoding=base64;AQIDBA==\"}");
    check_result(&f->a, "briefcase.queryFileProperty", "{\"namespace\":\"a\",\"name\":\"both\"}",
                 "{\"string\":\"s\",\"blob\":\"" ZEROS "\"}");
    check_result(&f->a, "briefcase.queryFileProperty", "{\"namespace\":\"a\",\"name\":\"blob\"}",
                 "{}");
    check_result(&f->a, "briefcase.listFileProperties", "{\"namespace\":\"a\"}",
                 "[{\"namespace\":\"a\",\"name\":\"blob\",\"id\":3,\"subId\":7},"
                 "{\"namespace\":\"a\",\"name\":\"both\",\"id\":0,\"subId\":0},"
                 "{\"namespace\":\"a\",\"name\":\"none\",\"id\":0,\"subId\":0},"
                 "{\"namespace\":\"a\",\"name\":\"text\",\"id\":0,\"subId\":0}]");
    assert_int_equal(call(&f->a, "briefcase.listFileProperties", "{}")->n, 12 + 4);
}

static void test_file_property_is_saved_abandoned_and_undone(void **state)
{
    static const char *const key = "{\"namespace\":\"a\",\"name\":\"p\"}";
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.saveFileProperty",
               "{\"namespace\":\"a\",\"name\":\"p\",\"string\":\"one\"}");
    (void)call(&f->a, "txns.saveChanges", "{}");
    (void)call(&f->a, "briefcase.saveFileProperty",
               "{\"namespace\":\"a\",\"name\":\"p\",\"string\":\"two\"}");
    (void)call(&f->a, "txns.abandonChanges", "{}");
    check_result(&f->a, "briefcase.queryFileProperty", key, "{\"string\":\"one\"}");
    (void)call(&f->a, "briefcase.deleteFileProperty", key);
    (void)call(&f->a, "briefcase.deleteFileProperty", key);
    (void)call(&f->a, "txns.saveChanges", "{}");
    check_result(&f->a, "briefcase.queryFileProperty", key, "{}");
    (void)call(&f->a, "txns.reverseTxns", "{}");
    check_result(&f->a, "briefcase.queryFileProperty", key, "{\"string\":\"one\"}");
    (void)call(&f->a, "txns.reverseTxns", "{}");
    check_result(&f->a, "briefcase.queryFileProperty", key, "{}");
    (void)call(&f->a, "txns.reinstateTxn", "{}");
    check_result(&f->a, "briefcase.queryFileProperty", key, "{\"string\":\"one\"}");
}

static void test_file_property_refuses_what_it_should(void **state)
{
    static const char *const own[] = {
        "\"namespace\":\"be_Db\",\"name\":\"DbGuid\"",
        "\"namespace\":\"be_Db\",\"name\":\"SchemaVersion\"",
        "\"namespace\":\"be_Db\",\"name\":\"anything\"",
        "\"namespace\":\"ec_Db\",\"name\":\"SchemaVersion\"",
        "\"namespace\":\"dgn_Db\",\"name\":\"SchemaVersion\"",
        "\"namespace\":\"dgn_Db\",\"name\":\"Units\"",
        "\"namespace\":\"dgn_Db\",\"name\":\"Extents\"",
    };
    struct fixture *f = *state;
    char params[256];

    for (size_t i = 0; i < WEH_ARRAY_LEN(own); i++) {
        const char *where = strstr(own[i], "dgn_Db") != NULL ? "name" : "namespace";

        (void)snprintf(params, sizeof(params), "{%s,\"string\":\"x\"}", own[i]);
        call_fails(&f->a, "briefcase.saveFileProperty", params, "Denied", where);
        (void)snprintf(params, sizeof(params), "{%s}", own[i]);
        call_fails(&f->a, "briefcase.deleteFileProperty", params, "Denied", where);
        (void)call(&f->a, "briefcase.queryFileProperty", params);
    }
#define KEY "\"namespace\":\"a\",\"name\":\"b\""
    call_fails(&f->a, "briefcase.saveFileProperty", "{" KEY "}", "InvalidParams", "string");
    call_fails(&f->a, "briefcase.saveFileProperty", "{" KEY ",\"blob\":\"\"}", "InvalidParams",
               "string");
    call_fails(&f->a, "briefcase.saveFileProperty", "{" KEY ",\"string\":5}", "InvalidParams",
               "string");
    call_fails(&f->a, "briefcase.saveFileProperty", "{" KEY ",\"string\":\"a\\u0000b\"}",
               "InvalidParams", "string");
    call_fails(&f->a, "briefcase.saveFileProperty", "{" KEY ",\"blob\":\"AQID\"}", "InvalidParams",
               "blob");
    call_fails(&f->a, "briefcase.saveFileProperty", "{" KEY ",\"blob\":\"encoding=base64;A\"}",
               "InvalidParams", "blob");
    call_fails(&f->a, "briefcase.saveFileProperty", "{" KEY ",\"blob\":[1]}", "InvalidParams",
               "blob");
    call_fails(&f->a, "briefcase.saveFileProperty", "{" KEY ",\"id\":-1,\"string\":\"x\"}",
               "InvalidParams", "id");
    call_fails(&f->a, "briefcase.saveFileProperty",
               "{\"namespace\":\"a\\u0000\",\"name\":\"b\",\"string\":\"x\"}", "InvalidParams",
               "namespace");
    call_fails(&f->a, "briefcase.saveFileProperty", "{\"name\":\"b\",\"string\":\"x\"}",
               "InvalidParams", "namespace");
    call_fails(&f->a, "briefcase.queryFileProperty", "{\"namespace\":\"a\"}", "InvalidParams",
               "name");
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", false);
}

static void check_info(struct fixture *f, const char *wanted)
{
    (void)call(&f->a, "briefcase.info", "{}");
    check_last_frame(&f->a, wanted);
}

static void test_project_extents_are_written_in_the_digits_of_the_native_library(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.updateProjectExtents",
               "{\"projectExtents\":{\"low\":[-1,-2,-3.5],\"high\":[10.1,20.2,1e21]}}");
    check_info(f, "\"projectExtents\":{\"low\":[-1,-2,-3.5],\"high\":[10.1,20.2,1e+21]}");
    (void)call(&f->a, "txns.saveChanges", "{}");
    check_stored(f, "Extents",
                 "'{\"high\":[10.10,20.199999999999999,1.0000000000000000e+21],"
                 "\"low\":[-1.0,-2.0,-3.50]}'|NULL|NULL|0");
    /* Corners in any order, and no side below a metre. */
    (void)call(&f->a, "briefcase.updateProjectExtents",
               "{\"projectExtents\":{\"low\":{\"x\":5,\"y\":5,\"z\":5},"
               "\"high\":{\"x\":1,\"y\":6,\"z\":5}}}");
    (void)call(&f->a, "txns.saveChanges", "{}");
    check_stored(f, "Extents", "'{\"high\":[5.0,6.0,5.50],\"low\":[1.0,5.0,4.50]}'|NULL|NULL|0");
    (void)call(&f->a, "briefcase.updateProjectExtents",
               "{\"projectExtents\":{\"low\":[-1e17,-12345678901234567,0.1],"
               "\"high\":[1e16,1e15,123456789012345680]}}");
    (void)call(&f->a, "txns.saveChanges", "{}");
    check_stored(f, "Extents",
                 "'{\"high\":[10000000000000000.0,1000000000000000.0,1.2345678901234568e+17],"
                 "\"low\":[-1.0000000000000000e+17,-12345678901234568.0,0.10000000000000001]}'"
                 "|NULL|NULL|0");
    (void)call(&f->a, "txns.reverseTxns", "{\"count\":3}");
    check_info(f, "\"projectExtents\":{\"low\":[-100,-100,-10],\"high\":[100,100,50]}");
}

static void test_ecef_location_is_written_as_the_native_library_does(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.updateGlobalOrigin", "{\"globalOrigin\":[1,2.5,-3e10]}");
    (void)call(&f->a, "briefcase.updateEcefLocation",
               "{\"ecefLocation\":{\"origin\":[1,2,3],\"orientation\":{\"yaw\":10,\"pitch\":20,"
               "\"roll\":30}}}");
    (void)call(&f->a, "txns.saveChanges", "{}");
    check_stored(
        f, "Units",
        "'{\"globalOrigin\":[1.0,2.5,-30000000000.0],"
        "\"initialProjectCenter\":[0.0,0.0,0.0],\"ecefLocation\":{\"origin\":[1.0,2.0,3.0],"
        "\"orientation\":{\"yaw\":10.0,\"pitch\":20.0,\"roll\":29.999999999999996}}}'"
        "|NULL|NULL|0");
    /* What is not named stays. */
    (void)call(&f->a, "briefcase.updateGlobalOrigin",
               "{\"globalOrigin\":{\"x\":0,\"y\":0,\"z\":1}}");
    check_info(f, "\"globalOrigin\":[0,0,1],\"ecefLocation\":{\"origin\":[1,2,3]");
    (void)call(&f->a, "briefcase.updateEcefLocation",
               "{\"ecefLocation\":{\"origin\":[4200000,600000,4700000],\"orientation\":{},"
               "\"cartographicOrigin\":{\"longitude\":0.1,\"latitude\":0.7,\"height\":12},"
               "\"xVector\":[1,0,0.5],\"yVector\":{\"x\":0,\"y\":1,\"z\":0.25}}}");
    (void)call(&f->a, "txns.saveChanges", "{}");
    check_stored(f, "Units",
                 "'{\"globalOrigin\":[0.0,0.0,1.0],\"initialProjectCenter\":[0.0,0.0,0.0],"
                 "\"ecefLocation\":{\"origin\":[4200000.0,600000.0,4700000.0],\"orientation\":null,"
                 "\"cartographicOrigin\":{\"longitude\":0.10000000000000002,\"latitude\":0.7,"
                 "\"height\":12.0},\"xVector\":[1.0,0.0,0.5],\"yVector\":[0.0,1.0,0.25]}}'"
                 "|NULL|NULL|0");
    (void)call(&f->a, "txns.reverseTxns", "{\"count\":2}");
    (void)call(&f->a, "briefcase.info", "{}");
    assert_null(strstr(f->a.fake->frames[f->a.n_read - 1], "ecefLocation"));
}

static void test_location_refuses_what_it_should(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *method, *params, *where;
    } cases[] = {
        { "briefcase.updateProjectExtents", "{}", "projectExtents" },
        { "briefcase.updateProjectExtents", "{\"projectExtents\":[]}", "projectExtents" },
        { "briefcase.updateProjectExtents", "{\"projectExtents\":{}}", "projectExtents.low" },
        { "briefcase.updateProjectExtents", "{\"projectExtents\":{\"low\":[1,2,3]}}",
          "projectExtents.high" },
        { "briefcase.updateProjectExtents", "{\"projectExtents\":{\"low\":[1,2,3],\"high\":[1,2]}}",
          "projectExtents.high" },
        { "briefcase.updateProjectExtents",
          "{\"projectExtents\":{\"low\":[1,2,3],\"high\":[1,2,\"3\"]}}", "projectExtents.high" },
        { "briefcase.updateProjectExtents", "{\"projectExtents\":{\"mid\":1}}", "projectExtents" },
        { "briefcase.updateGlobalOrigin", "{\"globalOrigin\":5}", "globalOrigin" },
        { "briefcase.updateGlobalOrigin", "{\"globalOrigin\":[1,2,3,4]}", "globalOrigin" },
        { "briefcase.updateEcefLocation", "{\"ecefLocation\":{}}", "ecefLocation.origin" },
        { "briefcase.updateEcefLocation", "{\"ecefLocation\":{\"origin\":[0,0,1]}}",
          "ecefLocation.orientation" },
        { "briefcase.updateEcefLocation",
          "{\"ecefLocation\":{\"origin\":[0,0,1],\"orientation\":{\"yaw\":\"x\"}}}",
          "ecefLocation.orientation.yaw" },
        { "briefcase.updateEcefLocation",
          "{\"ecefLocation\":{\"origin\":[0,0,1],\"orientation\":{},"
          "\"cartographicOrigin\":{\"longitude\":1}}}",
          "ecefLocation.cartographicOrigin" },
        { "briefcase.updateEcefLocation",
          "{\"ecefLocation\":{\"origin\":[0,0,1],\"orientation\":{},\"xVector\":[1]}}",
          "ecefLocation.xVector" },
        { "briefcase.updateEcefLocation", "{\"ecefLocation\":{\"place\":1}}", "ecefLocation" },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        call_fails(&f->a, cases[i].method, cases[i].params, "InvalidParams", cases[i].where);
    }
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", false);
}

static void test_file_property_of_a_readonly_briefcase_is_not_written(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.close", "{}");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"readonly\"}");
    call_fails(&f->a, "briefcase.saveFileProperty", "{" KEY ",\"string\":\"x\"}", "ReadOnly", NULL);
    call_fails(&f->a, "briefcase.deleteFileProperty", "{" KEY "}", "ReadOnly", NULL);
    call_fails(&f->a, "briefcase.updateGlobalOrigin", "{\"globalOrigin\":[1,2,3]}", "ReadOnly",
               NULL);
    check_result(&f->a, "briefcase.queryFileProperty", "{" KEY "}", "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup_empty, rpc_teardown)
        T(test_file_property_is_stored_as_the_native_library_does),
        T(test_file_property_is_saved_abandoned_and_undone),
        T(test_file_property_refuses_what_it_should),
        T(test_project_extents_are_written_in_the_digits_of_the_native_library),
        T(test_ecef_location_is_written_as_the_native_library_does),
        T(test_location_refuses_what_it_should),
        T(test_file_property_of_a_readonly_briefcase_is_not_written),
#undef T
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
