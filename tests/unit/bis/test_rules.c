/* tests/unit/bis/test_rules.c - which elements may be where, and how a refusal names its reason.
 *
 * Errors, their order and the table of models were measured with the native library 5.1.72.
 */
#include <stdlib.h>
#include <string.h>

#include "bis_fixture.h"

#define PHYS "'classFullName':'Generic:PhysicalObject','model':'0x35','category':'0x16'"

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

static void test_rules_fail_with_their_error_and_member(void **state)
{
    static const struct {
        const char *props;
        weh_err err;
        const char *where;
    } cases[] = {
        { "{'model':'0x35'}", WEH_E_BAD_ARGS, "classFullName" },
        { "{'classFullName':'Foo:Bar'}", WEH_E_BAD_ARGS, "classFullName" },
        { "{'classFullName':'BisCore:ExternalSourceAspect'}", WEH_E_BAD_ARGS, "classFullName" },
        { "{'classFullName':'BisCore:PhysicalModel'}", WEH_E_BAD_ARGS, "classFullName" },
        { "{'classFullName':'BisCore:ElementRefersToElements'}", WEH_E_BAD_ARGS, "classFullName" },
        { "{'classFullName':'BisCore:PhysicalElement','model':'0x35','category':'0x16'}",
          WEH_E_WRITE, "classFullName" },
        { "{'classFullName':'BisCore:PhysicalElement','model':'0x35','category':'0x9'}",
          WEH_E_INVALID_CATEGORY, "category" },
        { "{'classFullName':'Generic:PhysicalObject','category':'0x16'}", WEH_E_BAD_MODEL,
          "model" },
        { "{'classFullName':'Generic:PhysicalObject','model':'garbage'}", WEH_E_BAD_MODEL,
          "model" },
        { "{'classFullName':'Generic:PhysicalObject','model':'0x9999','category':'0x9'}",
          WEH_E_NOT_FOUND, "model" },
        { "{'classFullName':'Generic:PhysicalObject','model':'0x1','category':'0x9'}",
          WEH_E_WRONG_MODEL, "model" },
        { "{" PHYS ",'category2':1}", WEH_E_BAD_ARGS, "category2" },
        { "{'classFullName':'Generic:PhysicalObject','model':'0x35'}", WEH_E_INVALID_CATEGORY,
          "category" },
        { "{'classFullName':'Generic:PhysicalObject','model':'0x35','category':'0x26'}",
          WEH_E_INVALID_CATEGORY, "category" },
        { "{'classFullName':'Generic:PhysicalObject','model':'0x35','category':'0x17'}",
          WEH_E_INVALID_CATEGORY, "category" },
        { "{'classFullName':'BisCore:DrawingGraphic','model':'0x1a1','category':'0x16'}",
          WEH_E_INVALID_CATEGORY, "category" },
        { "{" PHYS ",'placement':7}", WEH_E_BAD_ARGS, "placement" },
        { "{" PHYS ",'placement':{'origin':['x']}}", WEH_E_BAD_ARGS, "placement.origin" },
        { "{" PHYS ",'placement':{'origin':[1e300,0,0]}}", WEH_E_BAD_ARGS, "placement.origin" },
        { "{" PHYS ",'placement':{'angles':{'yaw':'x'}}}", WEH_E_BAD_ARGS, "placement.angles.yaw" },
        { "{" PHYS ",'placement':{'box':1}}", WEH_E_BAD_ARGS, "placement" },
        { "{" PHYS ",'geom':[{'junk':1}]}", WEH_E_BAD_ARGS, "geom[0]" },
        { "{" PHYS ",'geomBinary':{}}", WEH_E_BAD_ARGS, "geomBinary" },
        { "{" PHYS ",'elementGeometryBuilderParams':{'entryArray':5}}", WEH_E_BAD_ARGS,
          "elementGeometryBuilderParams" },
        { "{" PHYS ",'lastMod':'2020-01-01T00:00:00.000Z'}", WEH_E_BAD_ARGS, "lastMod" },
        { "{" PHYS ",'inSpatialIndex':false}", WEH_E_BAD_ARGS, "inSpatialIndex" },
        { "{" PHYS ",'geometryStream':null}", WEH_E_BAD_ARGS, "geometryStream" },
        { "{" PHYS ",'parent':{'id':'0x120'}}", WEH_E_INVALID_PARENT, "parent" },
        { "{" PHYS ",'parent':{'id':'0x120','relClassName':'BisCore:Nope'}}", WEH_E_INVALID_PARENT,
          "parent" },
        { "{" PHYS ",'parent':{'id':'0x11','relClassName':'BisCore:ElementOwnsChildElements'}}",
          WEH_E_WRONG_MODEL, "parent" },
        { "{" PHYS ",'parent':{'id':'0x9999','relClassName':'BisCore:ElementOwnsChildElements'}}",
          WEH_E_FOREIGN_KEY, "parent" },
        { "{'classFullName':'BisCore:Subject','model':'0x1'}", WEH_E_INVALID_PARENT, "parent" },
        { "{'classFullName':'BisCore:Subject','model':'0x10'}", WEH_E_WRONG_MODEL, "model" },
        { "{'classFullName':'BisCore:PhysicalPartition','model':'0x1'}", WEH_E_INVALID_PARENT,
          "parent" },
        { "{'classFullName':'BisCore:PhysicalPartition','model':'0x1','parent':{'id':'0x10',"
          "'relClassName':'BisCore:SubjectOwnsPartitionElements'}}",
          WEH_E_INVALID_PARENT, "parent" },
        { "{'classFullName':'BisCore:SpatialCategory','model':'0x10'}", WEH_E_INVALID_NAME,
          "code.value" },
        { "{'classFullName':'BisCore:SpatialCategory','model':'0x10','code':{'spec':'0x16',"
          "'scope':'0x10','value':'a/b'}}",
          WEH_E_INVALID_NAME, "code.value" },
        { "{'classFullName':'BisCore:SubCategory','model':'0x10','code':{'spec':'0x1e','scope':"
          "'0x16','value':'x'}}",
          WEH_E_INVALID_PARENT, "parent" },
        { "{'classFullName':'BisCore:ViewAttachment','model':'0x1a1','category':'0x26'}",
          WEH_E_WRONG_MODEL, "model" },
    };
    struct fixture *f = *state;
    int64_t before = fixture_int(f, "SELECT count(*) FROM bis_Element");

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        weh_err err = fixture_insert(f, NULL, "%s", cases[i].props);

        fixture_expect_case(f, err, cases[i].err, cases[i].where, cases[i].props);
    }
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), before);
}

/* One row a class: models in which the official backend takes an element of it ('.'), in the order
 * repository, dictionary, definition, link, record, physical, graphical 3d, document list, drawing,
 * group. */
static void test_rules_class_is_taken_by_the_models_of_the_official_backend(void **state)
{
    static const char *const models[] = { "0x1",  "0x10", "0x14",  "0x2e",  "0x38",
                                          "0x35", "0x39", "0x1a0", "0x1a1", "0x1b1" };
    static const struct {
        const char *class_name;
        const char *more;
        const char *taken;
    } cases[] = {
        { "BisCore:UrlLink", "", "....xxxxxx" },
        { "BisCore:ExternalSource", "", "...xx..x.x" },
        { "BisCore:Drawing", "", "...xx....x" },
        { "BisCore:RenderTimeline", "", "...x...x.x" },
        { "BisCore:LineStyle", "", "x..xxxxxxx" },
        { "BisCore:DefinitionContainer", "", "x..xxxxxxx" },
        { "Generic:Group", "", "...xx..x.." },
        { "Generic:Document", "", "...xx....x" },
        { "WebEditTest:Record", "", "...x...x.x" },
        { "Generic:PhysicalObject", ",'category':'0x16'", "xxxxx..xxx" },
        { "Generic:Graphic3d", ",'category':'0x16'", "xxxxx..xxx" },
        { "BisCore:DrawingGraphic", ",'category':'0x26'", "xxxxxxxx.x" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        for (size_t m = 0; m < WEH_ARRAY_LEN(models); m++) {
            weh_err err = fixture_insert(f, NULL, "{'classFullName':'%s','model':'%s'%s}",
                                         cases[i].class_name, models[m], cases[i].more);
            weh_err wanted = cases[i].taken[m] == '.' ? WEH_OK : WEH_E_WRONG_MODEL;

            fixture_expect_case(f, err, wanted, NULL, cases[i].class_name);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_rules_fail_with_their_error_and_member),
        TEST(test_rules_class_is_taken_by_the_models_of_the_official_backend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
