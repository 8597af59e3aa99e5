/* tests/unit/bis/test_insert.c - inserting elements: rows, ids, defaults, rules and errors.
 *
 * Expected values were measured with the native library 5.1.72 on the same file.
 */
#include <stdlib.h>
#include <string.h>

#include "bis_fixture.h"

#define PHYS       "'classFullName':'Generic:PhysicalObject','model':'0x35','category':'0x16'"
#define EMPTY_CODE "'code':{'spec':'0x1','scope':'0x1','value':''}"
#define ELEMENT_ROW                                                                     \
    "SELECT ModelId,CodeSpecId,CodeScopeId,CodeValue,UserLabel,ParentId,JsonProperties" \
    " FROM bis_Element WHERE Id=%lld"
#define PLACE_ROW                                                                           \
    "SELECT CategoryId,InSpatialIndex,Origin_X,Origin_Y,Origin_Z,Yaw,Pitch,Roll,BBoxLow_X," \
    "BBoxLow_Y,BBoxLow_Z,BBoxHigh_X,BBoxHigh_Y,BBoxHigh_Z,GeometryStream,TypeDefinitionId"  \
    " FROM bis_GeometricElement3d WHERE ElementId=%lld"

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

static const char *element_row(struct fixture *f, weh_id id)
{
    return fixture_rows(f, ELEMENT_ROW, (long long)id);
}

static void test_insert_physical_object_writes_the_rows_of_the_official_backend(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id, "{" PHYS "," EMPTY_CODE "}"));
    assert_int_equal(id, 0x1ba);
    assert_string_equal(element_row(f, id), "53|1|1|null|null|null|null|;");
    assert_string_equal(fixture_rows(f, PLACE_ROW, (long long)id),
                        "22|1|null|null|null|null|null|null|null|null|null|null|null|null|null|"
                        "null|;");
    assert_string_equal(fixture_rows(f,
                                     "SELECT typeof(FederationGuid),length(FederationGuid),"
                                     "typeof(LastMod),abs(LastMod-julianday('now'))<1 FROM"
                                     " bis_Element WHERE Id=%lld",
                                     (long long)id),
                        "'blob'|16|'real'|1|;");
    assert_int_equal(
        fixture_int(f, "SELECT count(*) FROM dgn_SpatialIndex WHERE ElementId=%lld", (long long)id),
        0);
}

/* Prepared statements; those that the spatial index prepares for itself do not count. */
static unsigned statement_count(struct fixture *f)
{
    sqlite3 *db = weh_briefcase_db(f->briefcase);
    unsigned n = 0;

    for (sqlite3_stmt *at = sqlite3_next_stmt(db, NULL); at != NULL;
         at = sqlite3_next_stmt(db, at)) {
        n += strstr(sqlite3_sql(at), "'main'.'dgn_SpatialIndex_") == NULL;
    }
    return n;
}

static void test_insert_goes_on_after_all_statements_were_given_up(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id, "{" PHYS "," EMPTY_CODE "}"));
    assert_true(statement_count(f) > 0);
    weh_bis_trim(f->bis);
    weh_briefcase_shrink(f->briefcase);
    assert_int_equal(statement_count(f), 0);
    ASSERT_OK(fixture_insert(f, &id, "{" PHYS "," EMPTY_CODE "}"));
    assert_string_equal(element_row(f, id), "53|1|1|null|null|null|null|;");
}

static void test_insert_placement_is_rounded_and_put_into_the_spatial_index(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(
        f, &id, "{" PHYS ",'placement':{'origin':[1,2,3],'angles':{'yaw':30,'pitch':15}}}"));
    assert_string_equal(fixture_rows(f, PLACE_ROW, (long long)id),
                        "22|1|r1|r2|r3|r29.999999999999996|r14.999999999999998|r0|r0|r0|r0|r0|r0|"
                        "r0|null|null|;");
    assert_int_equal(
        fixture_int(f, "SELECT count(*) FROM dgn_SpatialIndex WHERE ElementId=%lld", (long long)id),
        1);
    ASSERT_OK(fixture_insert(f, &id,
                             "{" PHYS ",'placement':{'origin':{'x':1,'y':2,'z':3},'angles':{'yaw':"
                             "{'radians':1},'pitch':{'degrees':20},'roll':{'_radians':0.5}},"
                             "'bbox':{'low':[0,0,0],'high':[-1,1,1]}}}"));
    assert_string_equal(fixture_rows(f, PLACE_ROW, (long long)id),
                        "22|1|r1|r2|r3|r57.295779513082323|r20|r28.647889756541161|r-1|r0|r0|r0|r1|"
                        "r1|null|null|;");
    ASSERT_OK(fixture_insert(f, &id, "{" PHYS ",'placement':null}"));
    assert_non_null(strstr(fixture_rows(f, PLACE_ROW, (long long)id), "22|1|null|null|null"));
}

static void test_insert_in_model_without_place_stays_out_of_the_spatial_index(void **state)
{
    struct fixture *f = *state;
    weh_id model = 0;
    weh_id id = 0;

    for (int template = 0; template <2; template ++) {
        ASSERT_OK(fixture_insert(f, &model,
                                 "{'classFullName':'BisCore:PhysicalPartition','model':'0x1',"
                                 "'parent':{'id':'0x1','relClassName':"
                                 "'BisCore:SubjectOwnsPartitionElements'}}"));
        ASSERT_OK(fixture_insert_model(f, NULL,
                                       "{'classFullName':'BisCore:PhysicalModel','modeledElement':"
                                       "{'id':'0x%llx'},'%s':true}",
                                       (long long)model,
                                       template ? "isTemplate" : "isNotSpatiallyLocated"));
        ASSERT_OK(fixture_insert(f, &id,
                                 "{'classFullName':'Generic:PhysicalObject','model':'0x%llx',"
                                 "'category':'0x16','placement':{'origin':[1,2,3],'angles':{}}}",
                                 (long long)model));
        assert_int_equal(fixture_int(f,
                                     "SELECT InSpatialIndex FROM bis_GeometricElement3d WHERE"
                                     " ElementId=%lld",
                                     (long long)id),
                         0);
        assert_int_equal(fixture_int(f,
                                     "SELECT count(*) FROM dgn_SpatialIndex WHERE ElementId=%lld",
                                     (long long)id),
                         0);
    }
}

static void test_insert_code_is_trimmed_resolved_and_checked(void **state)
{
    static const struct {
        const char *code;
        weh_err err;
        const char *where;
        const char *row; /* spec, scope, value */
    } cases[] = {
        { "null", WEH_OK, "", "1|1|null|;" },
        { "{'spec':'bis:Subject','scope':'0x1','value':'  x\\u00a0\\u3000 '}", WEH_OK, "",
          "31|1|'x'|;" },
        { "{'spec':'nope','scope':'0x1','value':'y'}", WEH_OK, "", "1|1|'y'|;" },
        { "{'scope':'0x1','value':'z'}", WEH_OK, "", "1|1|'z'|;" },
        { "{'spec':'0x22','scope':'F0000000-0000-4000-8000-000000000001','value':'g'}", WEH_OK, "",
          "34|17|'g'|;" },
        { "{'spec':'0x22','scope':'0x1','value':'a'}", WEH_OK, "", "34|1|'a'|;" },
        { "{'spec':'0x22','scope':'0x1','value':'A '}", WEH_E_DUPLICATE_CODE, "code", "" },
        { "{'spec':'0x9999','scope':'0x1','value':'y'}", WEH_E_FOREIGN_KEY, "code.spec", "" },
        { "{'spec':'0x22','value':'y'}", WEH_E_BAD_ARGS, "code.scope", "" },
        { "{'spec':'0x22','scope':'','value':'y'}", WEH_E_BAD_ARGS, "code.scope", "" },
        { "{'spec':'0x22','scope':'0x99999','value':'y'}", WEH_E_BAD_ARGS, "code.scope", "" },
        { "{'spec':'0x22','scope':'f0000000-0000-4000-8000-00000000dead','value':'y'}",
          WEH_E_BAD_ARGS, "code.scope", "" },
        { "{'spec':'0x22','scope':'0x1','value':7}", WEH_E_BAD_ARGS, "code.value", "" },
        { "{'spec':7,'scope':'0x1','value':'y'}", WEH_E_BAD_ARGS, "code.spec", "" },
        { "{'spec':'0x22','scope':'0x1','value':'y','more':1}", WEH_E_BAD_ARGS, "code", "" },
        { "'abc'", WEH_E_BAD_ARGS, "code", "" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        weh_id id = 0;
        weh_err err = fixture_insert(f, &id, "{" PHYS ",'code':%s}", cases[i].code);

        fixture_expect_case(f, err, cases[i].err, cases[i].where, cases[i].code);
        if (err == WEH_OK) {
            assert_string_equal(
                fixture_rows(f,
                             "SELECT CodeSpecId,CodeScopeId,CodeValue FROM bis_Element"
                             " WHERE Id=%lld",
                             (long long)id),
                cases[i].row);
        }
    }
}

static void test_insert_code_longer_than_350_bytes_is_invalid(void **state)
{
    struct fixture *f = *state;
    char text[800];

    memset(text, 'x', sizeof(text));
    text[350] = '\0';
    ASSERT_OK(fixture_insert(
        f, NULL, "{" PHYS ",'code':{'spec':'0x22','scope':'0x1','value':'%s  '}}", text));
    text[350] = 'x';
    text[351] = '\0';
    ASSERT_FAILS(fixture_insert(
                     f, NULL, "{" PHYS ",'code':{'spec':'0x22','scope':'0x1','value':'%s'}}", text),
                 WEH_E_INVALID_CODE, "code.value");
    for (size_t i = 0; i < 700; i += 2) {
        memcpy(text + i, "\xc3\xa9", 2);
    }
    text[700] = '\0';
    ASSERT_FAILS(fixture_insert(
                     f, NULL, "{" PHYS ",'code':{'spec':'0x22','scope':'0x1','value':'%s'}}", text),
                 WEH_E_INVALID_CODE, "code.value");
}

static void test_insert_federation_guid_is_given_random_or_none(void **state)
{
    static const struct {
        const char *guid;
        const char *row;
    } cases[] = {
        { "'AAAAAAAA-0000-4000-8000-000000000abc'", "xaaaaaaaa000040008000000000000abc|;" },
        { "'00000000-0000-0000-0000-000000000000'", "null|;" },
        { "''", "null|;" },
        { "'xx'", "null|;" },
    };
    struct fixture *f = *state;
    weh_id id = 0;

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        ASSERT_OK(fixture_insert(f, &id, "{" PHYS ",'federationGuid':%s}", cases[i].guid));
        assert_string_equal(
            fixture_rows(f, "SELECT FederationGuid FROM bis_Element WHERE Id=%lld", (long long)id),
            cases[i].row);
    }
    ASSERT_OK(fixture_insert(f, &id, "{" PHYS ",'federationGuid':null}"));
    assert_int_equal(fixture_int(f, "SELECT length(FederationGuid) FROM bis_Element WHERE Id=%lld",
                                 (long long)id),
                     16);
    ASSERT_FAILS(fixture_insert(
                     f, NULL, "{" PHYS ",'federationGuid':'f0000000-0000-4000-8000-000000000001'}"),
                 WEH_E_NOT_UNIQUE, "federationGuid");
    ASSERT_FAILS(fixture_insert(f, NULL, "{" PHYS ",'federationGuid':4}"), WEH_E_BAD_ARGS,
                 "federationGuid");
}

static void test_insert_label_and_json_are_stored_as_by_the_official_backend(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id,
                             "{" PHYS ",'userLabel':' a ','jsonProperties':{'a':1.5,'b':[1,{}],'c':"
                             "'\\u00e9\\n','d':null,'e':1e21}}"));
    assert_string_equal(element_row(f, id),
                        "53|1|1|null|' a '|null|'{\"a\":1.5,\"b\":[1,{}],\"c\":\"\xc3\xa9\\n\","
                        "\"d\":null,\"e\":1e21}'|;");
    ASSERT_OK(fixture_insert(f, &id, "{" PHYS ",'userLabel':'','jsonProperties':{}}"));
    assert_string_equal(element_row(f, id), "53|1|1|null|null|null|'{}'|;");
    ASSERT_FAILS(fixture_insert(f, NULL, "{" PHYS ",'userLabel':5}"), WEH_E_BAD_ARGS, "userLabel");
}

static void test_insert_related_ids_are_stored_with_their_relationship(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id,
                             "{" PHYS ",'typeDefinition':{'id':'0x2d','relClassName':"
                             "'BisCore:PhysicalElementIsOfType'},'physicalMaterial':{'id':'0x2d'},"
                             "'parent':{'id':'0x120','relClassName':"
                             "'BisCore:PhysicalElementAssemblesElements'}}"));
    assert_string_equal(
        fixture_rows(f,
                     "SELECT g.TypeDefinitionId,g.TypeDefinitionRelECClassId,g.js1,e.ParentId,"
                     "e.ParentRelECClassId FROM bis_GeometricElement3d g JOIN bis_Element e ON"
                     " e.Id=g.ElementId WHERE e.Id=%lld",
                     (long long)id),
        "45|249|45|288|248|;");
    ASSERT_FAILS(fixture_insert(f, NULL, "{" PHYS ",'typeDefinition':{'id':'0x9999'}}"),
                 WEH_E_FOREIGN_KEY, "typeDefinition");
}

static void test_insert_category_brings_its_default_sub_category(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:SpatialCategory','model':'0x10','code':"
                             "{'spec':'0x16','scope':'0x10','value':'CatA'}}"));
    assert_string_equal(fixture_rows(f,
                                     "SELECT IsPrivate,js1,js2 FROM bis_DefinitionElement WHERE"
                                     " ElementId=%lld",
                                     (long long)id),
                        "0|''|3|;");
    assert_string_equal(
        fixture_rows(f,
                     "SELECT e.Id-%lld,ModelId,CodeSpecId,CodeScopeId-%lld,CodeValue,"
                     "ParentId-%lld,ParentRelECClassId,IsPrivate,js1,js2 FROM bis_Element e JOIN"
                     " bis_DefinitionElement d ON d.ElementId=e.Id WHERE e.Id>%lld",
                     (long long)id, (long long)id, (long long)id, (long long)id),
        "1|16|30|0|'CatA'|0|136|0|null|'{\"color\":16777215}'|;");
    ASSERT_OK(fixture_insert(f, &id, "{" PHYS "}"));
    assert_int_equal(id, 0x1ba + 2);
}

static void test_insert_category_of_taken_name_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    int64_t before = fixture_int(f, "SELECT count(*) FROM bis_Element");

    ASSERT_FAILS(fixture_insert(f, NULL,
                                "{'classFullName':'BisCore:SpatialCategory','model':'0x10','code':"
                                "{'spec':'0x16','scope':'0x10','value':'Spatial 0'}}"),
                 WEH_E_DUPLICATE_CODE, "code");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), before);
}

#define SUB \
    "'classFullName':'BisCore:SubCategory','model':'0x10','parent':{'id':'0x16','relClassName':'BisCore:CategoryOwnsSubCategories'},'code':{'spec':'0x1e','scope':'0x16','value':'S%d'}"

static void test_insert_sub_category_appearance_is_written_in_the_official_order(void **state)
{
    static const struct {
        const char *given;
        const char *stored;
    } cases[] = {
        { "{'color':255,'transp':0.5,'weight':3,'invisible':true,'priority':4}",
          "'{\"invisible\":true,\"color\":255,\"weight\":3,\"priority\":4,\"transp\":0.5}'|;" },
        { "{'color':255,'fill':7,'transp':0.5,'transpFill':0.5,'priority':3,'material':'0x2b',"
          "'style':'0x22','weight':1}",
          "'{\"color\":255,\"weight\":1,\"style\":\"0x22\",\"priority\":3,\"material\":\"0x2b\","
          "\"transp\":0.5,\"fill\":7,\"transpFill\":0.5}'|;" },
        { "{'weight':2.5,'invisible':false,'color':-1}",
          "'{\"color\":4294967295,\"weight\":2}'|;" },
        { "{}", "''|;" },
        { "null", "'{\"color\":16777215}'|;" },
    };
    struct fixture *f = *state;

    for (int i = 0; i < (int)WEH_ARRAY_LEN(cases); i++) {
        weh_id id = 0;

        ASSERT_OK(fixture_insert(f, &id, "{" SUB ",'appearance':%s}", i, cases[i].given));
        assert_string_equal(
            fixture_rows(f, "SELECT js2 FROM bis_DefinitionElement WHERE ElementId=%lld",
                         (long long)id),
            cases[i].stored);
    }
    ASSERT_FAILS(fixture_insert(f, NULL, "{" SUB ",'appearance':{'foo':1}}", 90), WEH_E_BAD_ARGS,
                 "appearance");
    ASSERT_FAILS(fixture_insert(f, NULL, "{" SUB ",'appearance':{'color':'red'}}", 91),
                 WEH_E_BAD_ARGS, "appearance.color");
    ASSERT_FAILS(fixture_insert(f, NULL, "{" SUB ",'appearance':7}", 92), WEH_E_BAD_ARGS,
                 "appearance");
}

static void test_insert_selectors_write_each_selected_id_once(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:CategorySelector','model':'0x10','code':"
                             "{'spec':'0x8','scope':'0x10','value':'cs'},'categories':['0x18',"
                             "'0x16','0x18']}"));
    assert_string_equal(
        fixture_rows(f,
                     "SELECT c.Name,r.TargetId,r.MemberPriority FROM bis_ElementRefersToElements r"
                     " JOIN ec_Class c ON c.Id=r.ECClassId WHERE SourceId=%lld ORDER BY 2",
                     (long long)id),
        "'CategorySelectorRefersToCategories'|22|null|;'CategorySelectorRefersToCategories'|24|"
        "null|;");
    assert_non_null(strstr(fixture_get(f, id), "\"categories\":[\"0x16\",\"0x18\"]"));
    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:ModelSelector','model':'0x10','code':"
                             "{'spec':'0x11','scope':'0x10','value':'ms'},'models':['0x36',"
                             "'0x35']}"));
    assert_string_equal(fixture_rows(f,
                                     "SELECT TargetId FROM bis_ModelSelectorRefersToModels WHERE"
                                     " SourceId=%lld ORDER BY 1",
                                     (long long)id),
                        "53|;54|;");
    ASSERT_FAILS(fixture_insert(f, NULL,
                                "{'classFullName':'BisCore:ModelSelector','model':'0x10',"
                                "'models':'0x36'}"),
                 WEH_E_BAD_ARGS, "models");
}

#define VIEW3 \
    "'classFullName':'BisCore:SpatialViewDefinition','model':'0x14','categorySelectorId':'0x1b4','displayStyleId':'0x1b5'"
#define VIEW2 \
    "'classFullName':'BisCore:DrawingViewDefinition','model':'0x14','categorySelectorId':'0x1b8','displayStyleId':'0x1b7'"

static void test_insert_views_write_their_parts(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id,
                             "{" VIEW3
                             ",'modelSelectorId':'0x1b3','cameraOn':true,'origin':[1,2,3],"
                             "'extents':[4,5,6],'angles':{'yaw':30},'camera':{'eye':[1,2,3],'lens':"
                             "45,'focusDist':7}}"));
    assert_string_equal(
        fixture_rows(
            f,
            "SELECT IsPrivate,js1,js2,js3,js4,js5,js6,js7,js8,js9,js10,js11,js12,js13,js14,"
            "js15,js16,js17,js18,js19 FROM bis_DefinitionElement WHERE ElementId=%lld",
            (long long)id),
        "0|null|436|437|r1|r2|r3|r4|r5|r6|r29.999999999999996|r0|r0|1|r1|r2|r3|r0."
        "78539816339744828|r7|435|;");
    assert_non_null(
        strstr(fixture_get(f, id), "\"camera\":{\"eye\":[1,2,3],\"focusDist\":7,\"lens\":45}"));
    ASSERT_OK(fixture_insert(f, &id, "{" VIEW2 ",'baseModelId':'0x1a1','delta':[3,4],'angle':30}"));
    assert_string_equal(
        fixture_rows(f,
                     "SELECT js2,js3,js4,js5,js6,js7,js8,js9 FROM bis_DefinitionElement WHERE"
                     " ElementId=%lld",
                     (long long)id),
        "440|439|417|r0|r0|r3|r4|r29.999999999999996|;");
    ASSERT_FAILS(fixture_insert(f, NULL, "{" VIEW3 "}"), WEH_E_BAD_ELEMENT, "modelSelectorId");
    ASSERT_FAILS(
        fixture_insert(f, NULL, "{'classFullName':'BisCore:DrawingViewDefinition','model':'0x14'}"),
        WEH_E_BAD_ELEMENT, "categorySelectorId");
    ASSERT_FAILS(fixture_insert(f, NULL,
                                "{'classFullName':'BisCore:DrawingViewDefinition','model':'0x14',"
                                "'categorySelectorId':'0x1b8','displayStyleId':'0x1b4'}"),
                 WEH_E_BAD_ELEMENT, "displayStyleId");
}

static void test_insert_other_definitions_and_links_take_their_defaults(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:Texture','model':'0x10','data':"
                             "'encoding=base64;AQID','format':2,'width':7}"));
    assert_string_equal(fixture_rows(f,
                                     "SELECT IsPrivate,js1,js2,js3,js4,js5,js6 FROM"
                                     " bis_DefinitionElement WHERE ElementId=%lld",
                                     (long long)id),
                        "0|''|x010203|2|7|0|0|;");
    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:RepositoryLink','model':'0x2e','url':'u',"
                             "'description':'d','repositoryGuid':"
                             "'aaaaaaaa-0000-4000-8000-000000000abc','format':''}"));
    assert_string_equal(fixture_rows(f,
                                     "SELECT js1,js2,js3,js4 FROM bis_InformationReferenceElement"
                                     " WHERE ElementId=%lld",
                                     (long long)id),
                        "'u'|'d'|xaaaaaaaa000040008000000000000abc|''|;");
    ASSERT_OK(fixture_insert(f, &id,
                             "{'classFullName':'BisCore:UrlLink','model':'0x2e','url':'',"
                             "'description':''}"));
    assert_string_equal(fixture_rows(f,
                                     "SELECT js1,js2 FROM bis_InformationReferenceElement WHERE"
                                     " ElementId=%lld",
                                     (long long)id),
                        "null|null|;");
    ASSERT_FAILS(fixture_insert(f, NULL, "{'classFullName':'BisCore:GeometryPart','model':'0x14'}"),
                 WEH_E_BAD_ELEMENT, "geom");
}

static void test_insert_custom_class_writes_every_table_and_reads_back(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(fixture_insert(
        f, &id,
        "{'classFullName':'WebEditTest:WideWidget','model':'0x35','category':'0x16','i':7,'d':1.5,"
        "'b':true,'s':'text','g':'a0000000-0000-4000-8000-000000001000','utc':"
        "'2024-02-29T12:34:56.789Z','p3':{'x':1,'y':2,'z':3},'dim':{'height':1,'unit':'m'},'ints':"
        "[1,2],'tags':[{'name':'n','weight':1}],'controller':{'id':'0x3a'},'w01':0.25,'w47':"
        "'2022-03-11T10:00:00.000'}"));
    assert_string_equal(
        fixture_rows(f,
                     "SELECT (SELECT count(*) FROM bis_GeometricElement3d WHERE ElementId=%lld),"
                     "(SELECT count(*) FROM bis_GeometricElement3d_Overflow WHERE ElementId=%lld)",
                     (long long)id, (long long)id),
        "1|1|;");
    assert_non_null(strstr(fixture_get(f, id), "\"i\":7,\"d\":1.5,\"b\":true,\"s\":\"text\""));
    assert_non_null(strstr(fixture_get(f, id), "\"w01\":0.25,\"w47\":\"2022-03-11T10:00:00.000\""));
    assert_int_equal(fixture_insert(f, NULL,
                                    "{'classFullName':'WebEditTest:Widget','model':'0x35',"
                                    "'category':'0x16','i':'x'}"),
                     WEH_E_BAD_ARGS);
    assert_non_null(strstr(f->diag.where, "i"));
}

static void test_insert_in_readonly_briefcase_is_refused(void **state)
{
    struct fixture fixture;
    struct fixture *f = &fixture;

    (void)state;
    fixture_open(f, "small.bim", true);
    assert_int_equal(fixture_insert(f, NULL, "{" PHYS "}"), WEH_E_READ_ONLY);
    assert_int_equal(fixture_update(f, "{'id':'0x11'}"), WEH_E_READ_ONLY);
    assert_int_equal(fixture_delete(f, 0x11), WEH_E_READ_ONLY);
    assert_int_equal(fixture_insert_model(f, NULL,
                                          "{'classFullName':'BisCore:PhysicalModel',"
                                          "'modeledElement':{'id':'0x11'}}"),
                     WEH_E_READ_ONLY);
    fixture_close(f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_insert_physical_object_writes_the_rows_of_the_official_backend),
        TEST(test_insert_goes_on_after_all_statements_were_given_up),
        TEST(test_insert_placement_is_rounded_and_put_into_the_spatial_index),
        TEST(test_insert_in_model_without_place_stays_out_of_the_spatial_index),
        TEST(test_insert_code_is_trimmed_resolved_and_checked),
        TEST(test_insert_code_longer_than_350_bytes_is_invalid),
        TEST(test_insert_federation_guid_is_given_random_or_none),
        TEST(test_insert_label_and_json_are_stored_as_by_the_official_backend),
        TEST(test_insert_related_ids_are_stored_with_their_relationship),
        TEST(test_insert_category_brings_its_default_sub_category),
        TEST(test_insert_category_of_taken_name_leaves_nothing_behind),
        TEST(test_insert_sub_category_appearance_is_written_in_the_official_order),
        TEST(test_insert_selectors_write_each_selected_id_once),
        TEST(test_insert_views_write_their_parts),
        TEST(test_insert_other_definitions_and_links_take_their_defaults),
        TEST(test_insert_custom_class_writes_every_table_and_reads_back),
        cmocka_unit_test(test_insert_in_readonly_briefcase_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
