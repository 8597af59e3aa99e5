/* tests/unit/bis/test_update.c - updating elements: what stays, what is cleared, what is refused.
 *
 * Expected values were measured with the native library 5.1.72 on the same file.
 */
#include <stdlib.h>
#include <string.h>

#include "bis_fixture.h"

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

/* A physical object with everything set. */
static weh_id insert_full(struct fixture *f)
{
    weh_id id = 0;

    ASSERT_OK(fixture_insert(
        f, &id,
        "{'classFullName':'Generic:PhysicalObject','model':'0x35','category':'0x16','code':{'spec':"
        "'0x22','scope':'0x1','value':'U1'},'userLabel':'l','jsonProperties':{'a':1},'placement':"
        "{'origin':[1,2,3],'angles':{'yaw':30}},'physicalMaterial':{'id':'0x2d'},'typeDefinition':"
        "{'id':'0x2d','relClassName':'BisCore:PhysicalElementIsOfType'}}"));
    return id;
}

static const char *head_row(struct fixture *f, weh_id id)
{
    return fixture_rows(f,
                        "SELECT ECClassId=350,ModelId,CodeSpecId,CodeScopeId,CodeValue,UserLabel,"
                        "ParentId,ParentRelECClassId,JsonProperties FROM bis_Element WHERE Id=%lld",
                        (long long)id);
}

static const char *place_row(struct fixture *f, weh_id id)
{
    return fixture_rows(f,
                        "SELECT CategoryId,Origin_X,Yaw,BBoxHigh_X,TypeDefinitionId,"
                        "TypeDefinitionRelECClassId,js1 FROM bis_GeometricElement3d WHERE"
                        " ElementId=%lld",
                        (long long)id);
}

static void test_update_of_nothing_only_sets_the_time(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert_full(f);

    fixture_sql(f, "UPDATE bis_Element SET LastMod=2000000 WHERE CodeValue='U1'");
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','classFullName':'BisCore:Subject','model':'0x36'}",
                             (long long)id));
    assert_string_equal(head_row(f, id), "1|53|34|1|'U1'|'l'|null|null|'{\"a\":1}'|;");
    assert_string_equal(place_row(f, id), "22|r1|r29.999999999999996|r0|45|249|45|;");
    assert_int_equal(fixture_int(f,
                                 "SELECT abs(LastMod-julianday('now'))<1 FROM bis_Element WHERE"
                                 " Id=%lld",
                                 (long long)id),
                     1);
}

static void test_update_null_clears_or_keeps_as_the_official_backend_does(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert_full(f);

    ASSERT_OK(fixture_update(f,
                             "{'id':'0x%llx','code':null,'jsonProperties':null,'category':null,"
                             "'placement':null}",
                             (long long)id));
    assert_string_equal(head_row(f, id), "1|53|34|1|'U1'|'l'|null|null|'{\"a\":1}'|;");
    assert_string_equal(place_row(f, id), "22|r1|r29.999999999999996|r0|45|249|45|;");
    ASSERT_OK(fixture_update(f,
                             "{'id':'0x%llx','userLabel':null,'federationGuid':null,"
                             "'typeDefinition':null,'physicalMaterial':null}",
                             (long long)id));
    assert_string_equal(head_row(f, id), "1|53|34|1|'U1'|null|null|null|'{\"a\":1}'|;");
    assert_string_equal(place_row(f, id), "22|r1|r29.999999999999996|r0|null|null|null|;");
    assert_int_equal(fixture_int(f, "SELECT FederationGuid IS NULL FROM bis_Element WHERE Id=%lld",
                                 (long long)id),
                     1);
}

static void test_update_sets_what_is_given(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert_full(f);

    ASSERT_OK(fixture_update(
        f,
        "{'id':'0x%llx','code':{'spec':'0x22','scope':'0x1','value':'U2'},'userLabel':'new',"
        "'jsonProperties':{},'category':'0x18','placement':{'origin':[7,8,9],'angles':{},'bbox':"
        "{'low':[0,0,0],'high':[1,1,1]}},'federationGuid':'aaaaaaaa-0000-4000-8000-000000000abc'}",
        (long long)id));
    assert_string_equal(head_row(f, id), "1|53|34|1|'U2'|'new'|null|null|'{}'|;");
    assert_string_equal(place_row(f, id), "24|r7|r0|r1|45|249|45|;");
    assert_string_equal(fixture_rows(f,
                                     "SELECT minX,maxX FROM dgn_SpatialIndex WHERE ElementId=%lld",
                                     (long long)id),
                        "r7|r8|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','code':{'spec':'0x22','scope':'0x1','value':''}}",
                             (long long)id));
    assert_non_null(strstr(head_row(f, id), "|34|1|null|"));
}

static void test_update_custom_properties_writes_joined_and_overflow_columns(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(fixture_update(f, "{'id':'0x18a','i':5,'w47':null,'w01':2.5,'s':null,'tags':[]}"));
    assert_non_null(strstr(fixture_get(f, 0x18a), "\"i\":5,\"l\":0"));
    assert_non_null(strstr(fixture_get(f, 0x18a), "\"w01\":2.5"));
    assert_null(strstr(fixture_get(f, 0x18a), "\"w47\""));
    assert_null(strstr(fixture_get(f, 0x18a), "\"s\":"));
}

static void test_update_of_a_struct_keeps_the_members_not_named(void **state)
{
    struct fixture *f = *state;
    const char *props;

    ASSERT_OK(fixture_update(f, "%s",
                             "{'id':'0x130','dim':{'height':7},'mainTag':{'dim':{'unit':'km'}}}"));
    ASSERT_OK(fixture_update(f, "%s", "{'id':'0x130','dim':{}}"));
    props = fixture_get(f, 0x130);
    assert_non_null(strstr(props, "\"dim\":{\"height\":7,\"unit\":\"m\",\"width\":0}"));
    assert_non_null(strstr(props, "\"mainTag\":{\"dim\":{\"height\":2,\"unit\":\"km\",\"width\":1},"
                                  "\"name\":\"tag 0\",\"weight\":0}"));
    ASSERT_OK(fixture_update(f, "%s", "{'id':'0x130','dim':null}"));
    assert_null(strstr(fixture_get(f, 0x130), "\"dim\":{\"height\":7"));
}

static void test_update_parent_follows_the_rules(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert_full(f);
    weh_id child = 0;

    ASSERT_OK(fixture_update(f,
                             "{'id':'0x%llx','parent':{'id':'0x120','relClassName':"
                             "'BisCore:PhysicalElementAssemblesElements'}}",
                             (long long)id));
    assert_non_null(strstr(head_row(f, id), "|288|248|"));
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','parent':{'id':'0x124'}}", (long long)id));
    assert_non_null(strstr(head_row(f, id), "|292|null|"));
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','parent':null}", (long long)id));
    assert_non_null(strstr(head_row(f, id), "|null|null|"));
    ASSERT_OK(fixture_insert(f, &child,
                             "{'classFullName':'Generic:PhysicalObject','model':'0x35','category':"
                             "'0x16','parent':{'id':'0x%llx','relClassName':"
                             "'BisCore:PhysicalElementAssemblesElements'}}",
                             (long long)id));
    ASSERT_FAILS(
        fixture_update(f, "{'id':'0x%llx','parent':{'id':'0x%llx'}}", (long long)id, (long long)id),
        WEH_E_INVALID_PARENT, "parent");
    ASSERT_FAILS(fixture_update(f, "{'id':'0x%llx','parent':{'id':'0x%llx'}}", (long long)id,
                                (long long)child),
                 WEH_E_INVALID_PARENT, "parent");
    ASSERT_FAILS(fixture_update(f, "{'id':'0x12','parent':null}"), WEH_E_INVALID_PARENT, "parent");
    ASSERT_FAILS(fixture_update(f, "{'id':'0x%llx','parent':{'id':'0x16'}}", (long long)id),
                 WEH_E_WRONG_MODEL, "parent");
    ASSERT_FAILS(fixture_update(f, "{'id':'0x%llx','parent':{'id':'0x9999'}}", (long long)id),
                 WEH_E_FOREIGN_KEY, "parent");
}

static void test_update_below_a_cycle_in_the_file_ends(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert_full(f);

    fixture_sql(f, "UPDATE bis_Element SET ParentId=0x121 WHERE Id=0x120");
    ASSERT_FAILS(fixture_update(f, "{'id':'0x%llx','parent':{'id':'0x120'}}", (long long)id),
                 WEH_E_INVALID_PARENT, "parent");
}

static void test_update_is_refused_with_its_error_and_member(void **state)
{
    static const struct {
        const char *props;
        weh_err err;
        const char *where;
    } cases[] = {
        { "{'userLabel':'x'}", WEH_E_BAD_ARGS, "id" },
        { "{'id':'zz'}", WEH_E_BAD_ARGS, "id" },
        { "{'id':'0x9999'}", WEH_E_MISSING_ID, "id" },
        { "{'id':'0x8a','fooBar':1}", WEH_E_BAD_ARGS, "fooBar" },
        { "{'id':'0x8a','geom':[5]}", WEH_E_BAD_ARGS, "geom[0]" },
        { "{'id':'0x8a','category':'0x26'}", WEH_E_INVALID_CATEGORY, "category" },
        { "{'id':'0x8a','category':'0x9999'}", WEH_E_INVALID_CATEGORY, "category" },
        { "{'id':'0x8a','code':{'value':'x'}}", WEH_E_BAD_ARGS, "code.scope" },
        { "{'id':'0x8a','code':{'spec':'0x22','scope':'0x1','value':'S 0'}}", WEH_E_DUPLICATE_CODE,
          "code" },
        { "{'id':'0x8a','federationGuid':'f0000000-0000-4000-8000-000000000001'}", WEH_E_WRITE,
          "federationGuid" },
        { "{'id':'0x16','code':{'spec':'0x16','scope':'0x10','value':''}}", WEH_E_INVALID_NAME,
          "code.value" },
        { "{'id':'0x1b6','displayStyleId':'0x1b4'}", WEH_E_BAD_ELEMENT, "displayStyleId" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        weh_err err = fixture_update(f, "%s", cases[i].props);

        fixture_expect_case(f, err, cases[i].err, cases[i].where, cases[i].props);
    }
}

static void test_update_parts_of_definitions(void **state)
{
    static const char row[] = "SELECT IsPrivate,js1,js2,js3 FROM bis_DefinitionElement WHERE"
                              " ElementId=%d";
    struct fixture *f = *state;

    ASSERT_OK(fixture_update(f, "{'id':'0x16','description':null,'rank':null,'isPrivate':null}"));
    assert_string_equal(fixture_rows(f, row, 0x16), "0|''|0|null|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x16','description':'D','rank':1,'isPrivate':true}"));
    assert_string_equal(fixture_rows(f, row, 0x16), "1|'D'|1|null|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x17','appearance':{'color':1}}"));
    ASSERT_OK(fixture_update(f, "{'id':'0x17','appearance':null}"));
    assert_string_equal(fixture_rows(f, "SELECT js2 FROM bis_DefinitionElement WHERE ElementId=23"),
                        "'{\"color\":1}'|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x2c','description':null,'data':null,'width':3}"));
    assert_string_equal(fixture_rows(f,
                                     "SELECT js1,length(js2),js4 FROM bis_DefinitionElement WHERE"
                                     " ElementId=0x2c"),
                        "''|70|3|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x2b','paletteName':null,'description':null}"));
    assert_string_equal(fixture_rows(f, row, 0x2b), "0|null|null|null|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x30','url':null,'description':'z'}"));
    assert_string_equal(fixture_rows(f, "SELECT js1,js2 FROM bis_InformationReferenceElement WHERE"
                                        " ElementId=0x30"),
                        "'https://example.com/?q=1&r=%20'|'z'|;");
}

static void test_update_of_a_view_keeps_what_is_not_given(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(fixture_update(f, "{'id':'0x1b6','origin':[1,1,1],'angles':null}"));
    assert_non_null(strstr(fixture_get(f, 0x1b6),
                           "\"origin\":[1,1,1],\"extents\":[282.84271247461913,204.1241452319315,"
                           "259.80762113533166],\"camera\":{\"eye\":[0,0,0],\"focusDist\":1,"
                           "\"lens\":90},\"angles\":{\"pitch\":-35.26438968275467,"));
    ASSERT_OK(fixture_update(f, "{'id':'0x1b6','camera':{'eye':[1,2,3]}}"));
    assert_non_null(
        strstr(fixture_get(f, 0x1b6), "\"camera\":{\"eye\":[1,2,3],\"focusDist\":0,\"lens\":0}"));
}

static void test_update_of_selectors_replaces_their_rows(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(fixture_update(f, "{'id':'0x1b3','models':['0x36']}"));
    assert_non_null(strstr(fixture_get(f, 0x1b3), "\"models\":[\"0x36\"]"));
    ASSERT_OK(fixture_update(f, "{'id':'0x1b3','models':null}"));
    assert_non_null(strstr(fixture_get(f, 0x1b3), "\"models\":[]"));
    ASSERT_OK(fixture_update(f, "{'id':'0x1b4','categories':['0x1a','0x16']}"));
    assert_non_null(strstr(fixture_get(f, 0x1b4), "\"categories\":[\"0x16\",\"0x1a\"]"));
}

/* @before and @after are the same but for the last bits of angles. */
static void assert_same_props(const char *before, const char *after)
{
    const char *angles = strstr(before, "\"angle");
    size_t same = angles == NULL ? strlen(before) : (size_t)(angles - before);

    assert_int_equal(strncmp(after, before, same), 0);
    assert_true(angles != NULL || strlen(after) == same);
}

static void give_back(struct fixture *f, weh_id id, const char *before)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 1000000 };
    struct weh_value props;
    const char *after;

    weh_arena_reset(&f->arena);
    ASSERT_OK(weh_json_parse(weh_str_from(before), &limits, &f->arena, &props, &f->diag));
    ASSERT_OK(weh_element_update(f->bis, &props, &f->diag));
    after = fixture_get(f, id);
    assert_non_null(after);
    if (strstr(before, "\"bbox\"") != NULL || strstr(before, "\"placement\"") == NULL) {
        assert_same_props(before, after);
    }
}

/* What was read can be given back: nothing changes but the time, and that elements without a place
 * get one at the origin, as by the official backend. */
static void test_update_with_the_props_that_were_read_changes_nothing(void **state)
{
    struct fixture *f = *state;
    unsigned n = 0;

    for (weh_id id = 1; id < 0x1ba; id++) {
        const char *text = fixture_get(f, id);

        if (text != NULL) {
            char *before = strdup(text);

            assert_non_null(before);
            give_back(f, id, before);
            free(before);
            n++;
        }
    }
    assert_int_equal(n, 423);
}

/* As the official backend has it: a change of the model alone changes no element. */
static void test_update_after_the_model_became_a_template_leaves_the_spatial_index(void **state)
{
    struct fixture *f = *state;
    static const char in_index[] = "SELECT InSpatialIndex FROM bis_GeometricElement3d WHERE "
                                   "ElementId=%lld";
    static const char rows[] = "SELECT count(*) FROM dgn_SpatialIndex WHERE ElementId=%lld";
    const long long located = 0x8a;
    weh_id late = 0;

    assert_int_equal(fixture_int(f, in_index, located), 1);
    ASSERT_OK(
        weh_model_update(f->bis, fixture_value(f, "{'id':'0x35','isTemplate':true}"), &f->diag));
    assert_int_equal(fixture_int(f, in_index, located), 1);
    ASSERT_OK(fixture_update(f, "{'id':'0x8a'}"));
    assert_int_equal(fixture_int(f, in_index, located), 0);
    ASSERT_OK(fixture_insert(f, &late,
                             "{'classFullName':'Generic:PhysicalObject','model':'0x35',"
                             "'category':'0x16','code':{'spec':'0x1','scope':'0x1','value':''},"
                             "'placement':{'origin':[1,2,3],'angles':{}}}"));
    assert_int_equal(fixture_int(f, in_index, (long long)late), 0);
    assert_int_equal(fixture_int(f, rows, (long long)late), 0);
    fixture_sql(f, "UPDATE bis_Model SET IsTemplate=0, ps2=0 WHERE Id=53");
    weh_bis_forget(f->bis);
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','userLabel':'x'}", (long long)late));
    assert_int_equal(fixture_int(f, in_index, (long long)late), 1);
    assert_int_equal(fixture_int(f, rows, (long long)late), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_update_of_nothing_only_sets_the_time),
        TEST(test_update_null_clears_or_keeps_as_the_official_backend_does),
        TEST(test_update_sets_what_is_given),
        TEST(test_update_custom_properties_writes_joined_and_overflow_columns),
        TEST(test_update_of_a_struct_keeps_the_members_not_named),
        TEST(test_update_parent_follows_the_rules),
        TEST(test_update_below_a_cycle_in_the_file_ends),
        TEST(test_update_is_refused_with_its_error_and_member),
        TEST(test_update_parts_of_definitions),
        TEST(test_update_of_a_view_keeps_what_is_not_given),
        TEST(test_update_of_selectors_replaces_their_rows),
        TEST(test_update_with_the_props_that_were_read_changes_nothing),
        TEST(test_update_after_the_model_became_a_template_leaves_the_spatial_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
