/* tests/unit/bis/test_model.c - inserting and reading models, and what a save does to them.
 *
 * Expected values were measured with the native library 5.1.72 on the same file.
 */
#include <stdlib.h>
#include <string.h>

#include "bis_fixture.h"

#define FORMATTER                                                                              \
    "{\"fmtFlags\":{\"linMode\":1,\"linPrec\":108,\"angMode\":1,\"angPrec\":8,\"dirMode\":1}," \
    "\"mastUnit\":{\"label\":\"m\"},\"subUnit\":{\"label\":\"mm\",\"num\":1000.0}}"

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    fixture_open(f, "small.bim", false);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fixture_check_file(f);
    fixture_close(f);
    free(f);
    return 0;
}

static weh_id partition(struct fixture *f, const char *class_name)
{
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:%s','model':'0x1','parent':{'id':'0x1',"
                             "'relClassName':'BisCore:SubjectOwnsPartitionElements'}}",
                             class_name));
    return id;
}

static const char *model_row(struct fixture *f, weh_id id)
{
    return fixture_rows(f,
                        "SELECT ECClassId,ParentModelId,ModeledElementId-%lld,"
                        "ModeledElementRelECClassId,IsPrivate,IsTemplate,JsonProperties,LastMod,"
                        "ps1,ps2,ps3 FROM bis_Model WHERE Id=%lld",
                        (long long)id, (long long)id);
}

static void test_model_insert_writes_the_row_of_the_official_backend(void **state)
{
    struct fixture *f = *state;
    weh_id element = partition(f, "PhysicalPartition");
    weh_id id = 0;

    ASSERT_OK(fixture_insert_model(f, &id,
                                   "{'classFullName':'BisCore:PhysicalModel','modeledElement':"
                                   "{'id':'0x%llx'}}",
                                   (long long)element));
    assert_int_equal(id, element);
    assert_string_equal(model_row(f, id),
                        "252|1|0|100|0|0|'{\"formatter\":" FORMATTER "}'|null|null|0|0|;");
}

static void test_model_insert_takes_flags_json_and_relationship(void **state)
{
    struct fixture *f = *state;
    weh_id element = partition(f, "PhysicalPartition");
    weh_id id = 0;

    ASSERT_OK(fixture_insert_model(
        f, &id,
        "{'classFullName':'BisCore:PhysicalModel','modeledElement':{'id':'0x%llx','relClassName':"
        "'BisCore:PhysicalModelBreaksDownPhysicalPortion'},'parentModel':'0x35','isPrivate':true,"
        "'isTemplate':true,'isPlanProjection':true,'jsonProperties':{'x':1},'geometryGuid':"
        "'aaaaaaaa-0000-4000-8000-000000000abc','name':'n','id':'0x5'}",
        (long long)element));
    assert_string_equal(model_row(f, id),
                        "252|1|0|256|1|1|'{\"x\":1,\"formatter\":" FORMATTER "}'|null|null|1|1|;");
    element = partition(f, "PhysicalPartition");
    ASSERT_OK(fixture_insert_model(
        f, &id,
        "{'classFullName':'BisCore:PhysicalModel','modeledElement':{'id':'0x%llx'},"
        "'jsonProperties':{'a':1,'formatter':{'fmtDir':1.5,'mastUnit':{'label':'ft'}}}}",
        (long long)element));
    assert_string_equal(
        fixture_rows(f, "SELECT JsonProperties FROM bis_Model WHERE Id=%lld", (long long)id),
        "'{\"a\":1,\"formatter\":{\"fmtFlags\":{},\"mastUnit\":{\"label\":\"ft\"},"
        "\"subUnit\":{\"label\":\"m\"},\"fmtDir\":1.5}}'|;");
}

static void test_model_insert_without_geometry_has_no_formatter(void **state)
{
    struct fixture *f = *state;
    weh_id element = partition(f, "InformationRecordPartition");
    weh_id id = 0;

    ASSERT_OK(fixture_insert_model(f, &id,
                                   "{'classFullName':'BisCore:InformationRecordModel',"
                                   "'modeledElement':{'id':'0x%llx'},'jsonProperties':{'a':1.5}}",
                                   (long long)element));
    assert_string_equal(
        fixture_rows(f, "SELECT JsonProperties,IsPrivate,ps2 FROM bis_Model WHERE Id=%lld",
                     (long long)id),
        "'{\"a\":1.5}'|0|null|;");
    assert_string_equal(
        fixture_get_model(f, id),
        "{\"classFullName\":\"BisCore:InformationRecordModel\",\"id\":\"0x1ba\","
        "\"jsonProperties\":{\"a\":1.5},\"parentModel\":\"0x1\",\"modeledElement\":{\"id\":"
        "\"0x1ba\",\"relClassName\":\"BisCore:ModelModelsElement\"},\"name\":\"\"}");
}

static void test_model_insert_is_refused_with_its_error_and_member(void **state)
{
    static const struct {
        const char *props;
        weh_err err;
        const char *where;
    } cases[] = {
        { "{}", WEH_E_BAD_ARGS, "classFullName" },
        { "{'classFullName':'BisCore:Nope','modeledElement':{'id':'0x35'}}", WEH_E_WRONG_CLASS,
          "classFullName" },
        { "{'classFullName':'BisCore:Subject','modeledElement':{'id':'0x35'}}", WEH_E_WRONG_CLASS,
          "classFullName" },
        { "{'classFullName':'BisCore:PhysicalModel'}", WEH_E_BAD_ELEMENT, "modeledElement" },
        { "{'classFullName':'BisCore:PhysicalModel','modeledElement':{'id':'0x9999'}}",
          WEH_E_BAD_ELEMENT, "modeledElement" },
        { "{'classFullName':'BisCore:PhysicalModel','modeledElement':{'id':'0x35'}}", WEH_E_WRITE,
          "modeledElement" },
        { "{'classFullName':'BisCore:PhysicalModel','modeledElement':{'id':'0x8a'}}", WEH_E_BLOCKED,
          "modeledElement" },
        { "{'classFullName':'BisCore:DrawingModel','modeledElement':{'id':'0x35'}}", WEH_E_BLOCKED,
          "modeledElement" },
        { "{'classFullName':'BisCore:PhysicalModel','modeledElement':{'id':'0x35'},"
          "'isPrivate':7}",
          WEH_E_BAD_ARGS, "isPrivate" },
        { "{'classFullName':'BisCore:PhysicalModel','modeledElement':{'id':'0x35'},'foo':7}",
          WEH_E_BAD_ARGS, "foo" },
        { "{'classFullName':'BisCore:PhysicalModel','modeledElement':{'id':'0x35'},"
          "'lastMod':'2020-01-01'}",
          WEH_E_BAD_ARGS, "lastMod" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        weh_err err = fixture_insert_model(f, NULL, "%s", cases[i].props);

        fixture_expect_case(f, err, cases[i].err, cases[i].where, cases[i].props);
    }
    assert_null(fixture_get_model(f, 0x9999));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Model"), 14);
}

static void test_model_of_abstract_class_is_refused(void **state)
{
    struct fixture *f = *state;

    ASSERT_FAILS(fixture_insert_model(f, NULL,
                                      "{'classFullName':'BisCore:SpatialModel','modeledElement':"
                                      "{'id':'0x%llx'}}",
                                      (long long)partition(f, "PhysicalPartition")),
                 WEH_E_BLOCKED, "modeledElement");
    ASSERT_FAILS(fixture_insert_model(f, NULL,
                                      "{'classFullName':'BisCore:GroupInformationModel',"
                                      "'modeledElement':{'id':'0x%llx'}}",
                                      (long long)partition(f, "GroupInformationPartition")),
                 WEH_E_BLOCKED, "classFullName");
}

static void test_propagate_sets_times_and_one_guid_for_changed_geometry(void **state)
{
    struct weh_model_change touched[] = {
        { 0x35, true }, { 0x38, true }, { 0x36, false }, { 0x1a1, true }, { 0x9999, true }
    };
    struct weh_change_list changes = { .touched = touched, .n_touched = WEH_ARRAY_LEN(touched) };
    struct fixture *f = *state;

    fixture_sql(f, "UPDATE bis_Model SET LastMod=1");
    ASSERT_OK(weh_bis_propagate(f->bis, &changes, &f->diag));
    assert_string_equal(fixture_rows(f, "SELECT Id FROM bis_Model WHERE LastMod>1 ORDER BY 1"),
                        "53|;54|;56|;417|;");
    assert_int_equal(fixture_int(f, "SELECT a.ps1=b.ps1 FROM bis_Model a,bis_Model b WHERE"
                                    " a.Id=0x35 AND b.Id=0x1a1"),
                     1);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Model WHERE Id=0x36 AND ps1 IN"
                                    " (SELECT ps1 FROM bis_Model WHERE Id=0x35)"),
                     0);
    assert_int_equal(fixture_int(f, "SELECT ps1 IS NULL FROM bis_Model WHERE Id=0x38"), 1);
}

static void test_propagate_of_a_restyled_sub_category_touches_the_models_that_show_it(void **state)
{
    struct weh_change_list changes = { 0 };
    struct fixture *f = *state;

    fixture_sql(f, "UPDATE bis_Model SET LastMod=1,ps1=x'00'");
    ASSERT_OK(fixture_update(f, "{'id':'0x27','appearance':{'color':1}}"));
    ASSERT_OK(weh_bis_propagate(f->bis, &changes, &f->diag));
    assert_string_equal(
        fixture_rows(f, "SELECT Id,length(ps1) FROM bis_Model WHERE LastMod>1 ORDER BY 1"),
        "417|16|;");
    /* That save came to nothing; the next one does it again. */
    fixture_sql(f, "UPDATE bis_Model SET LastMod=1");
    ASSERT_OK(weh_bis_propagate(f->bis, &changes, &f->diag));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Model WHERE LastMod>1"), 1);
    weh_bis_saved(f->bis);
    fixture_sql(f, "UPDATE bis_Model SET LastMod=1");
    ASSERT_OK(weh_bis_propagate(f->bis, &changes, &f->diag));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Model WHERE LastMod>1"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_model_insert_writes_the_row_of_the_official_backend),
        TEST(test_model_insert_takes_flags_json_and_relationship),
        TEST(test_model_insert_without_geometry_has_no_formatter),
        TEST(test_model_insert_is_refused_with_its_error_and_member),
        TEST(test_model_of_abstract_class_is_refused),
        TEST(test_propagate_sets_times_and_one_guid_for_changed_geometry),
        TEST(test_propagate_of_a_restyled_sub_category_touches_the_models_that_show_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
