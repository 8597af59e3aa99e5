/* tests/unit/bis/test_official.c - ways of the official backend that the differential test found.
 *
 * Measured with the native library 5.1.72; what each is about says its name.
 */
#include <stdlib.h>
#include <string.h>

#include "bis_fixture.h"

#define SUB        "'classFullName':'BisCore:SubCategory','model':'0x10'"
#define BELONGS    "'parent':{'id':'0x16','relClassName':'BisCore:CategoryOwnsSubCategories'}"
#define DICTIONARY "'model':'0x10','code':{'spec':'0x1','scope':'0x10','value':''}"

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

static void test_code_ends_at_a_nul_and_is_trimmed_after_that(void **state)
{
    struct fixture *f = *state;
    weh_id id;

    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'WebEditTest:Record','model':'0x38',"
                             "'code':{'spec':'0x1','scope':'0x1','value':' a \\u0000b'}}"));
    assert_string_equal(fixture_rows(f,
                                     "SELECT CodeValue,length(CAST(CodeValue AS BLOB)) FROM"
                                     " bis_Element WHERE Id=%llu",
                                     (unsigned long long)id),
                        "'a'|1|;");
}

static void test_code_may_become_longer_by_an_update_than_by_an_insert(void **state)
{
    struct fixture *f = *state;
    char text[352];

    memset(text, 'x', 351);
    text[351] = '\0';
    ASSERT_FAILS(fixture_insert(f, NULL,
                                "{'classFullName':'WebEditTest:Record','model':'0x38',"
                                "'code':{'spec':'0x1','scope':'0x1','value':'%s'}}",
                                text),
                 WEH_E_INVALID_CODE, "code.value");
    ASSERT_OK(
        fixture_update(f, "{'id':'0x3a','code':{'spec':'0x1','scope':'0x1','value':'%s'}}", text));
    assert_string_equal(fixture_rows(f, "SELECT length(CodeValue) FROM bis_Element WHERE Id=0x3a"),
                        "351|;");
}

static void test_names_of_categories_are_checked_by_updates_and_for_sub_categories(void **state)
{
    struct fixture *f = *state;

    ASSERT_FAILS(fixture_insert(f, NULL,
                                "{" SUB "," BELONGS ",'code':{'spec':'0x1e','scope':"
                                "'0x16','value':'a/b'}}"),
                 WEH_E_INVALID_NAME, "code.value");
    ASSERT_FAILS(fixture_update(f, "{'id':'0x16','code':{'spec':'0x16','scope':'0x10','value':"
                                   "'a/b'}}"),
                 WEH_E_INVALID_NAME, "code.value");
}

static void test_default_sub_category_has_no_description_of_its_own(void **state)
{
    struct fixture *f = *state;
    weh_id id;

    ASSERT_OK(fixture_update(f, "{'id':'0x17','description':'d','userLabel':'l'}"));
    assert_string_equal(fixture_rows(f, "SELECT js1,UserLabel FROM bis_DefinitionElement JOIN"
                                        " bis_Element ON Id=ElementId WHERE Id=0x17"),
                        "null|'l'|;");
    ASSERT_OK(fixture_insert(f, &id,
                             "{" SUB "," BELONGS ",'code':{'spec':'0x1e','scope':'0x16',"
                             "'value':'another'}}"));
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','description':'d'}", (unsigned long long)id));
    assert_string_equal(fixture_rows(f,
                                     "SELECT js1 FROM bis_DefinitionElement WHERE"
                                     " ElementId=%llu",
                                     (unsigned long long)id),
                        "'d'|;");
}

static void test_missing_parent_of_a_partition_or_sub_category_is_an_invalid_one(void **state)
{
    struct fixture *f = *state;

    ASSERT_FAILS(fixture_insert(f, NULL,
                                "{'classFullName':'BisCore:LinkPartition','model':'0x1',"
                                "'parent':{'id':'0x9999','relClassName':"
                                "'BisCore:SubjectOwnsPartitionElements'}}"),
                 WEH_E_INVALID_PARENT, "parent");
    ASSERT_FAILS(fixture_insert(f, NULL,
                                "{" SUB ",'code':{'spec':'0x1e','scope':'0x16','value':"
                                "'b'},'parent':{'id':'0x9999','relClassName':"
                                "'BisCore:CategoryOwnsSubCategories'}}"),
                 WEH_E_INVALID_PARENT, "parent");
    ASSERT_FAILS(fixture_insert(f, NULL,
                                "{'classFullName':'BisCore:Subject','model':'0x1',"
                                "'parent':{'id':'0x9999','relClassName':"
                                "'BisCore:SubjectOwnsSubjects'}}"),
                 WEH_E_FOREIGN_KEY, "parent");
}

static void test_root_subject_may_be_told_that_it_has_no_parent(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(fixture_update(f, "{'id':'0x1','parent':null,'userLabel':'root'}"));
    assert_string_equal(fixture_rows(f, "SELECT ParentId,UserLabel FROM bis_Element WHERE Id=1"),
                        "null|'root'|;");
    ASSERT_FAILS(fixture_update(f, "{'id':'0x11','parent':null}"), WEH_E_INVALID_PARENT, "parent");
}

static void test_styles_of_lines_and_texts_are_not_deleted(void **state)
{
    static const char *const classes[] = { "LineStyle", "AnnotationTextStyle",
                                           "AnnotationFrameStyle", "AnnotationLeaderStyle",
                                           "TextAnnotationSeed" };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(classes); i++) {
        weh_id id;

        ASSERT_OK(
            fixture_insert(f, &id, "{'classFullName':'BisCore:%s'," DICTIONARY "}", classes[i]));
        assert_int_equal(fixture_delete(f, id), WEH_E_DELETION_PROHIBITED);
    }
}

static void test_update_that_names_no_selection_empties_a_selector(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(fixture_update(f, "{'id':'0x1b3','userLabel':'l'}"));
    assert_non_null(strstr(fixture_get(f, 0x1b3), "\"models\":[]"));
    ASSERT_OK(fixture_update(f, "{'id':'0x1b4','userLabel':'l'}"));
    assert_non_null(strstr(fixture_get(f, 0x1b4), "\"categories\":[]"));
}

static void test_texts_that_are_always_told_are_empty_when_there_is_none(void **state)
{
    struct fixture *f = *state;
    weh_id id;

    ASSERT_OK(fixture_insert(f, &id, "{'classFullName':'BisCore:RenderMaterial'," DICTIONARY "}"));
    assert_non_null(strstr(fixture_get(f, id), "\"isPrivate\":false,\"paletteName\":\"\"}"));
    ASSERT_OK(fixture_insert(f, &id, "{'classFullName':'BisCore:LineStyle'," DICTIONARY "}"));
    assert_non_null(strstr(fixture_get(f, id), "\"isPrivate\":false,\"data\":\"\"}"));
}

static void test_nulls_in_json_are_kept_in_the_file_and_not_told(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(fixture_update(f, "{'id':'0x3a','jsonProperties':{'a':null,'b':[null,1,[null],"
                                "{'c':null}]}}"));
    assert_string_equal(fixture_rows(f, "SELECT JsonProperties FROM bis_Element WHERE Id=0x3a"),
                        "'{\"a\":null,\"b\":[null,1,[null],{\"c\":null}]}'|;");
    assert_non_null(strstr(fixture_get(f, 0x3a), "\"jsonProperties\":{\"b\":[1,[],{}]}"));
}

static void test_placement_in_2d_with_a_box_upside_down_is_none(void **state)
{
    struct fixture *f = *state;
    weh_id id;

    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:DrawingGraphic','model':'0x1a1',"
                             "'category':'0x26','placement':{'origin':[1,2],'angle':3,"
                             "'bbox':{'low':[1,1],'high':[2,0]}}}"));
    assert_string_equal(fixture_rows(f,
                                     "SELECT Origin_X,Rotation,BBoxLow_X,BBoxHigh_Y FROM"
                                     " bis_GeometricElement2d WHERE ElementId=%llu",
                                     (unsigned long long)id),
                        "null|null|null|null|;");
    ASSERT_FAILS(
        fixture_update(f, "{'id':'0x1a2','placement':{'bbox':{'low':[1,1],'high':[2,0]}}}"),
        WEH_E_BAD_ELEMENT, "placement.bbox");
}

static void test_selection_that_stays_the_same_keeps_its_rows(void **state)
{
    static const char sql[] = "SELECT Id,TargetId FROM bis_ModelSelectorRefersToModels WHERE"
                              " SourceId=0x1b3 ORDER BY 1";
    struct fixture *f = *state;

    ASSERT_OK(fixture_update(f, "{'id':'0x1b3','models':['0x36','0x35','0x36']}"));
    assert_string_equal(fixture_rows(f, "%s", sql), "234|53|;235|54|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x1b3','models':['0x35','0x37']}"));
    assert_string_equal(fixture_rows(f, "%s", sql), "241|53|;242|55|;");
}

static void test_display_style_gets_flags_and_environment(void **state)
{
    struct fixture *f = *state;
    weh_id id;

    ASSERT_OK(fixture_insert(f, &id, "{'classFullName':'BisCore:DisplayStyle2d'," DICTIONARY "}"));
    assert_string_equal(fixture_rows(f, "SELECT JsonProperties FROM bis_Element WHERE Id=%llu",
                                     (unsigned long long)id),
                        "'{\"styles\":{\"viewflags\":{\"noConstruct\":true,\"clipVol\":true,"
                        "\"renderMode\":0}}}'|;");
    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:DisplayStyle2d'," DICTIONARY
                             ",'jsonProperties':{'styles':{'x':1},'a':2}}"));
    assert_string_equal(fixture_rows(f, "SELECT JsonProperties FROM bis_Element WHERE Id=%llu",
                                     (unsigned long long)id),
                        "'{\"styles\":{\"x\":1,\"viewflags\":{\"renderMode\":0}},\"a\":2}'|;");
    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:DisplayStyle3d'," DICTIONARY
                             ",'jsonProperties':{'a':1}}"));
    assert_non_null(strstr(fixture_get(f, id), "\"a\":1,\"styles\":{\"viewflags\":{"
                                               "\"renderMode\":0},\"environment\":{\"ground\":{"
                                               "\"display\":false,\"elevation\":-0.01,"));
    ASSERT_OK(fixture_insert(f, &id, "{'classFullName':'BisCore:DisplayStyle3d'," DICTIONARY "}"));
    assert_non_null(strstr(fixture_get(f, id), "\"environment\":{\"ground\":{\"display\":false,"
                                               "\"elevation\":0,"));
    ASSERT_FAILS(fixture_update(f, "{'id':'0x1b7','jsonProperties':[1]}"), WEH_E_BAD_ARGS,
                 "jsonProperties");
}

static void test_render_material_says_that_it_has_no_assets(void **state)
{
    struct fixture *f = *state;
    static const char sql[] = "SELECT JsonProperties FROM bis_Element WHERE Id=0x2b";

    ASSERT_OK(fixture_update(f, "{'id':'0x2b','jsonProperties':{'a':1}}"));
    assert_string_equal(fixture_rows(f, "%s", sql), "'{\"a\":1,\"materialAssets\":null}'|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x2b','jsonProperties':{}}"));
    assert_string_equal(fixture_rows(f, "%s", sql), "'{\"materialAssets\":null}'|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x2b','jsonProperties':{'materialAssets':{'x':1},'b':1}}"));
    assert_string_equal(fixture_rows(f, "%s", sql), "'{\"materialAssets\":{\"x\":1},\"b\":1}'|;");
}

static void test_lens_angle_is_stored_without_a_detour(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(fixture_update(f, "{'id':'0x1b6','camera':{'lens':6},'angles':{'yaw':318}}"));
    assert_string_equal(fixture_rows(f, "SELECT js17=6*(3.14159265358979323846/180.0),js10 FROM"
                                        " bis_DefinitionElement WHERE ElementId=0x1b6"),
                        "1|r-42|;");
}

static void test_black_is_no_member_of_a_stored_appearance(void **state)
{
    struct fixture *f = *state;
    static const char sql[] = "SELECT js2 FROM bis_DefinitionElement WHERE ElementId=0x1e";

    ASSERT_OK(fixture_update(f, "{'id':'0x1e','appearance':{'color':0,'weight':1}}"));
    assert_string_equal(fixture_rows(f, "%s", sql), "'{\"weight\":1}'|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x1e','appearance':{'color':0}}"));
    assert_string_equal(fixture_rows(f, "%s", sql), "''|;");
}

static void test_description_of_a_category_that_is_null_becomes_empty(void **state)
{
    struct fixture *f = *state;
    static const char sql[] =
        "SELECT js1 FROM bis_DefinitionElement WHERE ElementId IN (0x16,0x1e)";

    ASSERT_OK(fixture_update(f, "{'id':'0x16','description':'x'}"));
    ASSERT_OK(fixture_update(f, "{'id':'0x1e','description':'y'}"));
    assert_string_equal(fixture_rows(f, "%s", sql), "'x'|;'y'|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x16','description':null}"));
    ASSERT_OK(fixture_update(f, "{'id':'0x1e','description':null}"));
    assert_string_equal(fixture_rows(f, "%s", sql), "''|;''|;");
}

/* An update that changes nothing still writes every table: a trigger of the test's own counts. */
static void test_update_writes_all_tables_where_the_class_has_properties(void **state)
{
    struct fixture *f = *state;
    weh_id id;

    ASSERT_OK(fixture_insert(f, &id, "{'classFullName':'Generic:Document','model':'0x1a0'}"));
    fixture_sql(f, "CREATE TEMP TABLE written(name)");
    fixture_sql(f, "CREATE TEMP TRIGGER w1 AFTER UPDATE ON bis_GeometricElement3d BEGIN INSERT INTO"
                   " written VALUES('joined'); END");
    fixture_sql(f, "CREATE TEMP TRIGGER w2 AFTER UPDATE ON bis_GeometricElement3d_Overflow BEGIN"
                   " INSERT INTO written VALUES('overflow'); END");
    fixture_sql(f, "CREATE TEMP TRIGGER w3 AFTER UPDATE ON bis_Document BEGIN INSERT INTO written"
                   " VALUES('document'); END");
    ASSERT_OK(fixture_update(f, "{'id':'0x18a','userLabel':'l'}"));
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','userLabel':'l'}", (unsigned long long)id));
    assert_string_equal(fixture_rows(f, "SELECT name FROM written ORDER BY 1"),
                        "'joined'|;'overflow'|;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(code_ends_at_a_nul_and_is_trimmed_after_that),
        TEST(code_may_become_longer_by_an_update_than_by_an_insert),
        TEST(names_of_categories_are_checked_by_updates_and_for_sub_categories),
        TEST(default_sub_category_has_no_description_of_its_own),
        TEST(missing_parent_of_a_partition_or_sub_category_is_an_invalid_one),
        TEST(root_subject_may_be_told_that_it_has_no_parent),
        TEST(styles_of_lines_and_texts_are_not_deleted),
        TEST(update_that_names_no_selection_empties_a_selector),
        TEST(texts_that_are_always_told_are_empty_when_there_is_none),
        TEST(nulls_in_json_are_kept_in_the_file_and_not_told),
        TEST(placement_in_2d_with_a_box_upside_down_is_none),
        TEST(selection_that_stays_the_same_keeps_its_rows),
        TEST(display_style_gets_flags_and_environment),
        TEST(render_material_says_that_it_has_no_assets),
        TEST(lens_angle_is_stored_without_a_detour),
        TEST(black_is_no_member_of_a_stored_appearance),
        TEST(description_of_a_category_that_is_null_becomes_empty),
        TEST(update_writes_all_tables_where_the_class_has_properties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
