/* tests/unit/ecsql/test_failures.c - queries without memory: they fail, leave nothing, and work again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "weh/ecsql.h"
#include "weh/value.h"
#include "weh/value_sink.h"

#include "ec_fixture.h"
#include "fake_alloc.h"

static const struct weh_ecsql_limits limits = { 10000,  1000, 16u << 20, 16u << 20,
                                                100000, 4,    1u << 30,  0 };

static weh_err run(struct weh_ecsql *engine, const char *text, uint32_t *n_rows)
{
    static struct weh_value arg = { .type = WEH_VALUE_STRING };
    const struct weh_value args = { .type = WEH_VALUE_ARRAY, .n = 1, .as.items = &arg };
    const struct weh_ecsql_request request = {
        .text = weh_str_from(text), .args = &args, .count = UINT64_MAX, .rows = WEH_ECSQL_NAMES
    };
    struct weh_value_sink sink;
    struct weh_value value;
    struct weh_arena arena;
    weh_err err;

    weh_arena_init(&arena, 0);
    weh_value_sink_init(&sink, &arena);
    weh_sink_map_begin(&sink.sink, WEH_SINK_UNKNOWN);
    err = weh_ecsql_query(engine, &request, &arena, &sink.sink, NULL);
    if (err == WEH_OK) {
        weh_sink_map_end(&sink.sink);
        err = weh_value_sink_take(&sink, &value, NULL);
    }
    if (err == WEH_OK) {
        *n_rows = weh_value_get(&value, "rows")->n;
    }
    weh_arena_fini(&arena);
    return err;
}

/* An engine of its own each time, so that nothing is kept. */
static weh_err run_anew(struct ec_fixture *f, const char *text, uint32_t *n_rows)
{
    struct weh_ecsql *engine = NULL;
    weh_err err = weh_ecsql_create(f->briefcase, f->catalog, &limits, NULL, &engine, NULL);

    if (err == WEH_OK) {
        err = run(engine, text, n_rows);
    }
    weh_ecsql_destroy(engine);
    return err;
}

static void test_query_without_memory_fails_and_leaves_nothing(void **state)
{
    static const char *const texts[] = {
        "SELECT * FROM WebEditTest.Widget ORDER BY ECInstanceId LIMIT 3",
        "SELECT $, $->Dim, $->UserLabel? FROM WebEditTest.Widget LIMIT 2",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<4) SELECT i FROM n",
        "SELECT e.UserLabel x, COUNT(*) c, MAX(Model.Id) FROM bis.Element e JOIN bis.Model m ON "
        "m.ECInstanceId=e.Model.Id WHERE e.ECInstanceId IN (SELECT ECInstanceId FROM bis.Subject) "
        "GROUP BY x HAVING c>0 ORDER BY 1",
        "SELECT ec_classname(ECClassId), IdToHex(ECInstanceId), iModel_bbox_volume(iModel_bbox("
        "0,0,0,1,1,1)) FROM bis.SpatialIndex LIMIT 2",
        "SELECT CASE WHEN Yaw>1 THEN 'a' ELSE 'b' END, CAST(Yaw AS TEXT) FROM "
        "bis.GeometricElement3d LIMIT 2",
        "SELECT ROW_NUMBER() OVER (PARTITION BY ECClassId ORDER BY ECInstanceId) FROM bis.Element "
        "LIMIT 2",
        "SELECT regexp('^w.*-1$',Nickname), regexp_extract(Nickname,'([a-z]+)-(.)','\\2\\1'), "
        "timediff('2020-01-01',Utc), json_pretty(Json) FROM WebEditTest.Widget LIMIT 2",
        "SELECT $->Utc, $->G, NAVIGATION_VALUE(bis.Element.Parent,1) FROM WebEditTest.Widget "
        "WHERE I>ALL (SELECT Priority FROM WebEditTest.Record) ORDER BY $->I LIMIT 2",
        "SELECT id FROM IdSet('[1,\"0x2\"]') OPTIONS enable_experimental_features",
        "SELECT UserLable FROM bis.Element",
        "SELECT ECInstanceId FROM bis.Subject WHERE UserLabel=? OR UserLabel IS NULL",
        "PRAGMA ecdb_ver",
        "PRAGMA checksum(ecdb_schema)",
    };
    struct ec_fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        uint32_t n_expected = 0;
        weh_err expected = run_anew(f, texts[i], &n_expected);
        weh_err err = WEH_E_NOMEM;
        unsigned nth = 1;

        for (; err == WEH_E_NOMEM; nth++) {
            size_t before = fake_alloc_live();
            uint32_t n_rows = 0;

            fake_alloc_fail_at(nth);
            err = run_anew(f, texts[i], &n_rows);
            fake_alloc_reset();
            assert_int_equal(fake_alloc_live(), before);
            assert_true(err == WEH_E_NOMEM || (err == expected && n_rows == n_expected));
        }
        assert_int_equal(err, expected);
        assert_true(nth > 2); /* one has failed */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_without_memory_fails_and_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, ec_fixture_setup, ec_fixture_teardown);
}
