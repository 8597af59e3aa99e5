/* tests/unit/briefcase/test_functions.c - the SQL functions of the placement triggers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static double query_double(struct weh_briefcase *briefcase, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    double value;

    assert_int_equal(weh_stmt_acquire(briefcase, sql, &stmt, NULL), WEH_OK);
    assert_int_equal(weh_stmt_step(briefcase, stmt, &row, NULL), WEH_OK);
    assert_true(row);
    value =
        sqlite3_column_type(stmt, 0) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(stmt, 0);
    weh_stmt_release(briefcase, stmt);
    return value;
}

/** A value as SQLite's R*Tree stores it: a float, moved outwards when it is not exact
 * (rtreeValueDown and rtreeValueUp). */
static double as_in_index(double value, bool is_low)
{
    const double step = 1.0 / 8388608.0;
    float rounded = (float)value;

    if (is_low && (double)rounded > value) {
        rounded = (float)(value * (value < 0 ? 1 + step : 1 - step));
    } else if (!is_low && (double)rounded < value) {
        rounded = (float)(value * (value < 0 ? 1 - step : 1 + step));
    }
    return (double)rounded;
}

/** How many of the six values of the current row (stored ones, box, element id) are not as computed. */
static unsigned count_wrong(sqlite3_stmt *stmt)
{
    unsigned n_wrong = 0;
    double box[6];

    assert_int_equal(sqlite3_column_bytes(stmt, 6), sizeof(box));
    memcpy(box, sqlite3_column_blob(stmt, 6), sizeof(box));
    for (int i = 0; i < 6; i++) {
        double stored = sqlite3_column_double(stmt, i);

        if (stored != as_in_index(box[i], i < 3)) {
            fprintf(stderr, "element %lld: [%d] %.17g is stored as %.17g, not %.17g\n",
                    (long long)sqlite3_column_int64(stmt, 7), i, box[i], stored,
                    as_in_index(box[i], i < 3));
            n_wrong++;
        }
    }
    return n_wrong;
}

static void test_functions_give_each_row_of_the_spatial_index(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    unsigned n = 0;
    unsigned n_wrong = 0;

    use_copy(f, "small.bim");
    briefcase = open_write(f);
    assert_int_equal(
        weh_stmt_acquire(
            briefcase,
            "SELECT s.minx,s.miny,s.minz,s.maxx,s.maxy,s.maxz,"
            "DGN_placement_aabb(DGN_placement(DGN_point(Origin_X,Origin_Y,Origin_Z),"
            "DGN_angles(Yaw,Pitch,Roll),DGN_bbox(BBoxLow_X,BBoxLow_Y,BBoxLow_Z,"
            "BBoxHigh_X,BBoxHigh_Y,BBoxHigh_Z))),g.ElementId "
            "FROM dgn_SpatialIndex s JOIN bis_GeometricElement3d g ON g.ElementId=s.ElementId",
            &stmt, NULL),
        WEH_OK);
    assert_int_equal(weh_stmt_step(briefcase, stmt, &row, NULL), WEH_OK);
    for (; row; n++) {
        n_wrong += count_wrong(stmt);
        assert_int_equal(weh_stmt_step(briefcase, stmt, &row, NULL), WEH_OK);
    }
    weh_stmt_release(briefcase, stmt);
    assert_int_equal(n, query_int(briefcase, "SELECT count(*) FROM dgn_SpatialIndex"));
    assert_true(n > 100);
    weh_briefcase_close(briefcase);
    assert_int_equal(n_wrong, 0);
}

static void test_functions_in_triggers_rebuild_the_same_spatial_index(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;

    use_copy(f, "small.bim");
    briefcase = open_write(f);
    assert_int_equal(
        weh_db_exec(briefcase,
                    "CREATE TEMP TABLE before AS SELECT * FROM dgn_SpatialIndex;"
                    "DELETE FROM dgn_SpatialIndex;"
                    "UPDATE bis_GeometricElement3d SET Origin_X=Origin_X WHERE InSpatialIndex=1",
                    &f->diag),
        WEH_OK);
    assert_int_equal(query_int(briefcase, "SELECT count(*) FROM dgn_SpatialIndex"),
                     query_int(briefcase, "SELECT count(*) FROM before"));
    assert_int_equal(query_int(briefcase, "SELECT count(*) FROM (SELECT * FROM dgn_SpatialIndex "
                                          "EXCEPT SELECT * FROM before)"),
                     0);
    /* Without a placement there is no row, and deleting takes it away. */
    assert_int_equal(
        weh_db_exec(briefcase, "UPDATE bis_GeometricElement3d SET Origin_X=NULL", NULL), WEH_OK);
    assert_int_equal(query_int(briefcase, "SELECT count(*) FROM dgn_SpatialIndex"), 0);
    weh_briefcase_close(briefcase);
}

static void test_functions_known_values(void **state)
{
    static const char make[] =
        "SELECT %s_bbox_value(%s_placement_aabb(%s_placement(%s_point(10,20,30),"
        "%s_angles(90,0,0),%s_bbox(0,0,0,1,2,0))),%d)";
    /* Turned by 90 degrees: x from -2 to 0, y from 0 to 1; z is flat and gets a millimetre. */
    static const double expected[6] = { 8, 20, 29.9995, 10, 21, 30.0005 };
    static const char *const prefixes[] = { "DGN", "iModel" };
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    char sql[512];

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    for (size_t p = 0; p < WEH_ARRAY_LEN(prefixes); p++) {
        for (int i = 0; i < 6; i++) {
            const char *x = prefixes[p];

            (void)sqlite3_snprintf(sizeof(sql), sql, make, x, x, x, x, x, x, i);
            assert_true(fabs(query_double(briefcase, sql) - expected[i]) < 1e-12);
        }
    }
    assert_int_equal(query_int(briefcase, "SELECT length(DGN_placement(DGN_point(1,2,3),"
                                          "DGN_angles(1,2,3),DGN_bbox(1,2,3,4,5,6)))"),
                     96);
    weh_briefcase_close(briefcase);
}

static void test_functions_impossible_boxes_are_empty(void **state)
{
    static const char *const placements[] = {
        "DGN_point(0,0,0),DGN_angles(0,0,0),DGN_bbox(1,0,0,0,1,1)",
        "DGN_point(0,0,0),DGN_angles(0,0,0),DGN_bbox(0,0,0,40075001,1,1)",
        "DGN_point(80150001,0,0),DGN_angles(0,0,0),DGN_bbox(0,0,0,1,1,1)",
        "DGN_point(0,0,0),DGN_angles(9e999,0,0),DGN_bbox(0,0,0,1,1,1)",
        "DGN_point(9e999,0,0),DGN_angles(0,0,0),DGN_bbox(0,0,0,1,1,1)",
    };
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    char sql[512];

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    for (size_t i = 0; i < WEH_ARRAY_LEN(placements); i++) {
        (void)sqlite3_snprintf(sizeof(sql), sql,
                               "SELECT DGN_bbox_value(b,0)>DGN_bbox_value(b,3) FROM (SELECT "
                               "DGN_placement_aabb(DGN_placement(%s)) AS b)",
                               placements[i]);
        assert_int_equal(query_int(briefcase, sql), 1);
    }
    weh_briefcase_close(briefcase);
}

static void test_functions_blobs_of_a_wrong_length_give_null(void **state)
{
    static const char *const calls[] = {
        "DGN_placement_aabb(NULL)",
        "DGN_placement_aabb(x'')",
        "DGN_placement_aabb(zeroblob(95))",
        "DGN_placement_aabb(zeroblob(97))",
        "DGN_placement_aabb(zeroblob(1000000))",
        "DGN_placement_aabb('text')",
        "DGN_placement_aabb(5)",
        "DGN_bbox_value(zeroblob(47),0)",
        "DGN_bbox_value(zeroblob(48),6)",
        "DGN_bbox_value(zeroblob(48),-1)",
        "DGN_bbox_value(zeroblob(48),9223372036854775807)",
        "DGN_bbox_value(NULL,0)",
        "DGN_placement(zeroblob(23),zeroblob(24),zeroblob(48))",
        "DGN_placement(zeroblob(24),zeroblob(25),zeroblob(48))",
        "DGN_placement(zeroblob(24),zeroblob(24),zeroblob(24))",
        "DGN_placement(NULL,NULL,NULL)",
    };
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    char sql[256];

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    for (size_t i = 0; i < WEH_ARRAY_LEN(calls); i++) {
        (void)sqlite3_snprintf(sizeof(sql), sql, "SELECT (%s) IS NULL", calls[i]);
        assert_int_equal(query_int(briefcase, sql), 1);
    }
    assert_int_equal(query_int(briefcase, "SELECT DGN_bbox_value(zeroblob(48),5)=0"), 1);
    weh_briefcase_close(briefcase);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_functions_give_each_row_of_the_spatial_index),
        T(test_functions_in_triggers_rebuild_the_same_spatial_index),
        T(test_functions_known_values),
        T(test_functions_impossible_boxes_are_empty),
        T(test_functions_blobs_of_a_wrong_length_give_null),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
