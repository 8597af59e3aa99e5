/* tests/unit/briefcase/test_file_prop.c - file properties when memory is short, and damaged ones. */
#include <stdio.h>
#include <string.h>

#include "weh/file_prop.h"

#include "../../fake/fake_alloc.h"
#include "fixture.h"

static const struct weh_file_prop_key key = { .space = { "a", 1 },
                                              .name = { "b", 1 },
                                              .id = 1,
                                              .sub_id = 2 };

/* Save a property that is packed, and read it back. */
static weh_err save_and_query(struct weh_briefcase *briefcase, struct weh_buf *out,
                              struct weh_diag *diag)
{
    static const char zeros[5000] = { 0 };
    const struct weh_str text = WEH_STR("text");
    struct weh_json_writer writer;
    weh_err err =
        weh_file_prop_save(briefcase, &key, &text, (struct weh_str){ zeros, sizeof(zeros) }, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_buf_clear(out);
    weh_json_writer_init(&writer, out);
    err = weh_file_prop_query(briefcase, &key, &writer.sink, diag);
    return err == WEH_OK ? out->err : err;
}

static void test_file_property_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase;
    unsigned n_failures = 0;
    weh_err err = WEH_E_NOMEM;
    struct weh_buf out;

    weh_buf_init(&out, 0);
    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        weh_buf_fini(&out);
        fake_alloc_fail_at(nth);
        err = save_and_query(briefcase, &out, &f->diag);
        fake_alloc_reset();
        n_failures += err != WEH_OK;
    }
    assert_int_equal(err, WEH_OK);
    assert_true(n_failures >= 3);
    weh_buf_byte(&out, 0);
    assert_ptr_equal(strstr((const char *)out.data, "{\"string\":\"text\",\"blob\":\"enc"),
                     out.data);
    assert_int_equal(query_int(briefcase, "SELECT count(*) FROM be_Prop WHERE Namespace='a'"), 1);
    assert_int_equal(query_int(briefcase, "SELECT RawSize FROM be_Prop WHERE Namespace='a'"), 5000);
    weh_buf_fini(&out);
    weh_briefcase_close(briefcase);
}

static void test_location_update_survives_any_failed_allocation(void **state)
{
    static const double point[3] = { 1, 2, 3 };
    const struct weh_location_update update = { .global_origin = point };
    struct fixture *f = *state;
    struct weh_briefcase *briefcase;
    unsigned n_failures = 0;
    weh_err err = WEH_E_NOMEM;

    use_copy(f, "small.bim");
    briefcase = open_write(f);
    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        fake_alloc_fail_at(nth);
        err = weh_location_update(briefcase, &update, &f->diag);
        fake_alloc_reset();
        n_failures += err != WEH_OK;
        if (err != WEH_OK) {
            assert_int_equal(query_int(briefcase,
                                       "SELECT count(*) FROM be_Prop WHERE "
                                       "Name='Units' AND StrData LIKE '{\"globalOrigin\":"
                                       "[100.0,200.0,0.0],%'"),
                             1);
        }
    }
    assert_int_equal(err, WEH_OK);
    assert_true(n_failures >= 2);
    /* The place on the earth stays to the last digit. */
    assert_int_equal(
        query_int(briefcase,
                  "SELECT count(*) FROM be_Prop WHERE Name='Units' AND "
                  "StrData='{\"globalOrigin\":[1.0,2.0,3.0],"
                  "\"initialProjectCenter\":[0.0,0.0,0.0],\"ecefLocation\":{\"origin\":"
                  "[4200000.0,600000.0,4700000.0],\"orientation\":{\"yaw\":29.999999999999996,"
                  "\"roll\":5.0}}}'"),
        1);
    weh_briefcase_close(briefcase);
}

static void test_file_property_with_wrong_sizes_is_corrupt(void **state)
{
    static const char *const rows[] = {
        "INSERT INTO be_Prop VALUES('a','b',1,2,0,NULL,100,X'785E6360A007000000660001')",
        "INSERT INTO be_Prop VALUES('a','b',1,2,0,NULL,-1,X'785E6360A007000000660001')",
        "INSERT INTO be_Prop VALUES('a','b',1,2,0,NULL,9000000000,X'785E6360A007000000660001')",
        "INSERT INTO be_Prop VALUES('a','b',1,2,0,NULL,102,X'785E6360')",
        "INSERT INTO be_Prop VALUES('a','b',1,2,0,NULL,102,X'')",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        struct weh_json_writer writer;
        struct weh_briefcase *briefcase;
        struct weh_buf out;

        use_copy(f, "empty.bim");
        (void)raw_query(f->path, rows[i]);
        briefcase = open_write(f);
        weh_buf_init(&out, 0);
        weh_json_writer_init(&writer, &out);
        assert_int_equal(weh_file_prop_query(briefcase, &key, &writer.sink, &f->diag),
                         WEH_E_CORRUPT);
        assert_int_equal(out.len, 0);
        weh_buf_fini(&out);
        weh_briefcase_close(briefcase);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file_property_survives_any_failed_allocation, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_location_update_survives_any_failed_allocation, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_file_property_with_wrong_sizes_is_corrupt, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
