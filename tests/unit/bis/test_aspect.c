/* tests/unit/bis/test_aspect.c - aspects: the replacement rule, owners, faults. What the official backend
 * does is measured in tests/interop; its dumps are compared in tests/oracle. */
#include <stdio.h>
#include <string.h>

#include "weh/aspect.h"

#include "bis_fixture.h"

#define NOTE   "WebEditTest:WidgetNote"
#define INFO   "WebEditTest:WidgetInfo"
#define SOURCE "BisCore:ExternalSourceAspect"

/* Of small.bim: widgets, and what they own. */
#define WIDGET_WITH_INFO 0x130
#define WIDGET_WITH_NOTE 0x131
#define THE_INFO         0x5b
#define THE_NOTE         0x5c

static int setup(void **state)
{
    static struct fixture fixture;

    fixture_open(&fixture, "small.bim", false);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_check_file(*state);
    fixture_close(*state);
    return 0;
}

#define INSERT(out, ...) weh_aspect_insert(f->bis, fixture_value(f, __VA_ARGS__), out, &f->diag)
#define UPDATE(...)      weh_aspect_update(f->bis, fixture_value(f, __VA_ARGS__), &f->diag)

static weh_err delete_one(struct fixture *f, weh_id id)
{
    return weh_aspect_delete(f->bis, &id, 1, &f->diag);
}

static const char *get_all(struct fixture *f, weh_id element, const char *class_name)
{
    struct weh_json_writer writer;

    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    ASSERT_OK(
        weh_aspects_get_props(f->bis, element, weh_str_from(class_name), &writer.sink, &f->diag));
    weh_buf_byte(&f->text, 0);
    return (const char *)f->text.data;
}

static const char *rows(struct fixture *f)
{
    return fixture_rows(f, "SELECT count(*),sum(Id),total(ElementId),group_concat(ps1,'/') FROM"
                           " (SELECT Id,ElementId,ps1 FROM bis_ElementMultiAspect UNION ALL SELECT"
                           " Id,ElementId,ps1 FROM bis_ElementUniqueAspect)");
}

/* Make LastMod recognisably old. */
static void age(struct fixture *f)
{
    fixture_sql(f, "UPDATE bis_Element SET LastMod=2450000.5");
}

static bool is_touched(struct fixture *f, int element)
{
    return fixture_int(f, "SELECT LastMod>2460000 FROM bis_Element WHERE Id=%d", element) == 1;
}

static void test_insert_of_a_multi_aspect_adds_a_row_and_touches_the_owner(void **state)
{
    struct fixture *f = *state;
    weh_id first = 0;
    weh_id second = 0;

    age(f);
    ASSERT_OK(INSERT(&first, "{'classFullName':'" NOTE "','element':{'id':'0x130'},'text':'a',"
                             "'rating':3,'when':'2024-03-04T05:06:07'}"));
    assert_string_equal(get_all(f, WIDGET_WITH_INFO, NOTE),
                        "[{\"classFullName\":\"" NOTE "\",\"id\":\"0xf1\",\"text\":\"a\","
                        "\"rating\":3,\"when\":\"2024-03-04T05:06:07.000\",\"element\":{\"id\":"
                        "\"0x130\",\"relClassName\":\"BisCore.ElementOwnsMultiAspects\"}}]");
    assert_true(is_touched(f, WIDGET_WITH_INFO));
    assert_false(is_touched(f, WIDGET_WITH_NOTE));
    ASSERT_OK(INSERT(&second, "{'classFullName':'wet.widgetnote','id':'0x7777','element':{'id':"
                              "'0x130','relClassName':'BisCore:ElementOwnsMultiAspects'}}"));
    assert_int_equal(first, 0xf1);
    assert_int_equal(second, first + 1);
}

static void test_insert_of_a_second_unique_aspect_replaces_the_first_and_keeps_its_id(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(INSERT(&id, "{'classFullName':'" INFO "','element':{'id':'0x130'},'size':{'width':5}"
                          "}"));
    assert_int_equal(id, THE_INFO);
    assert_string_equal(fixture_rows(f, "SELECT ElementId,ps1,ps2,ps3,ps4,ps5 FROM"
                                        " bis_ElementUniqueAspect WHERE Id=0x5b"),
                        "304|null|null|r5|null|null|;");
    /* And no id is used up. */
    ASSERT_OK(INSERT(&id, "{'classFullName':'" INFO "','element':{'id':'0x131'},'info':'x'}"));
    assert_int_equal(id, 0xf1);
    assert_int_equal(fixture_int(f, "SELECT ElementRelECClassId FROM bis_ElementUniqueAspect WHERE"
                                    " Id=0xf1"),
                     fixture_int(f, "SELECT Id FROM ec_Class WHERE Name="
                                    "'ElementOwnsUniqueAspect'"));
}

static void test_insert_takes_the_relationship_that_is_given(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(INSERT(&id, "{'classFullName':'" SOURCE "','element':{'id':'0x130','relClassName':"
                          "'BisCore:ElementOwnsExternalSourceAspects'},'scope':{'id':'0x1'},"
                          "'identifier':'i','kind':'k','jsonProperties':'{}'}"));
    assert_string_equal(get_all(f, WIDGET_WITH_INFO, SOURCE),
                        "[{\"classFullName\":\"" SOURCE "\",\"id\":\"0xf1\",\"scope\":{\"id\":"
                        "\"0x1\",\"relClassName\":"
                        "\"BisCore.ElementScopesExternalSourceIdentifier\"},\"identifier\":\"i\","
                        "\"kind\":\"k\",\"jsonProperties\":\"{}\",\"element\":{\"id\":\"0x130\","
                        "\"relClassName\":\"BisCore.ElementOwnsExternalSourceAspects\"}}]");
}

static void test_get_tells_multi_aspects_by_id_then_unique_ones(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;
    const char *all;

    ASSERT_OK(INSERT(&id, "{'classFullName':'" SOURCE "','element':{'id':'0x130'}}"));
    ASSERT_OK(INSERT(&id, "{'classFullName':'" NOTE "','element':{'id':'0x130'}}"));
    all = get_all(f, WIDGET_WITH_INFO, NULL);
    assert_true(strstr(all, "0xf1") < strstr(all, "0xf2"));
    assert_true(strstr(all, "0xf2") < strstr(all, "0x5b"));
    assert_non_null(strstr(get_all(f, WIDGET_WITH_INFO, "BisCore:ElementAspect"), "0x5b"));
    assert_null(strstr(get_all(f, WIDGET_WITH_INFO, "BisCore:ElementMultiAspect"), "0x5b"));
    assert_null(strstr(get_all(f, WIDGET_WITH_INFO, "bis:ElementUniqueAspect"), "0xf1"));
    assert_string_equal(get_all(f, 0x99999, NULL), "[]");
    assert_string_equal(get_all(f, 1, SOURCE), "[]");
}

static void test_get_of_a_class_that_is_none_of_aspects_is_refused(void **state)
{
    static const char *const names[] = { "BisCore:Nope", "BisCore:Subject",
                                         "BisCore:ElementOwnsMultiAspects", "" };
    struct fixture *f = *state;
    struct weh_json_writer writer;

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        weh_buf_clear(&f->text);
        weh_json_writer_init(&writer, &f->text);
        ASSERT_FAILS(
            weh_aspects_get_props(f->bis, 1, weh_str_from(names[i]), &writer.sink, &f->diag),
            WEH_E_BAD_ARGS, "classFullName");
        assert_int_equal(f->text.len, 0);
    }
    ASSERT_FAILS(weh_aspect_get_props(f->bis, 0x99999, &writer.sink, &f->diag), WEH_E_NOT_FOUND,
                 "id");
    ASSERT_FAILS(weh_aspect_get_props(f->bis, 0, &writer.sink, &f->diag), WEH_E_NOT_FOUND, "id");
}

static void test_update_keeps_what_is_absent_and_clears_what_is_null(void **state)
{
    struct fixture *f = *state;

    age(f);
    ASSERT_OK(UPDATE("{'classFullName':'" NOTE "','id':'0x5c','element':{'id':'0x131'},'text':null,"
                     "'when':'2024-02-29'}"));
    assert_string_equal(fixture_rows(f, "SELECT ps1,ps2,ps3 FROM bis_ElementMultiAspect WHERE"
                                        " Id=0x5c"),
                        "null|1|r2460369.5|;");
    assert_true(is_touched(f, WIDGET_WITH_NOTE));
    /* Nothing to set is an edit of the owner all the same. */
    age(f);
    ASSERT_OK(UPDATE("{'classFullName':'" NOTE "','id':'0x5c','element':{'id':'0x131'}}"));
    assert_true(is_touched(f, WIDGET_WITH_NOTE));
}

static void test_update_of_a_unique_aspect_goes_by_owner_and_keeps_the_rest_of_a_struct(
    void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(UPDATE("{'classFullName':'" INFO "','element':{'id':'0x130','relClassName':"
                     "'BisCore:ElementOwnsMultiAspects'},'size':{'width':9}}"));
    assert_string_equal(fixture_rows(f, "SELECT ps1,ps2,ps3,ps4,ps5 FROM bis_ElementUniqueAspect"
                                        " WHERE Id=0x5b"),
                        "'info 0'|1|r9|r0|'cm'|;");
    ASSERT_OK(UPDATE("{'classFullName':'" INFO "','id':'0x7fffffff','element':{'id':'0x130'},"
                     "'info':'by owner'}"));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_ElementUniqueAspect WHERE ps1="
                                    "'by owner' AND Id=0x5b AND ElementRelECClassId=(SELECT Id FROM"
                                    " ec_Class WHERE Name='ElementOwnsUniqueAspect')"),
                     1);
}

static void test_delete_removes_the_row_and_touches_the_owner(void **state)
{
    static const weh_id both[] = { THE_NOTE, THE_INFO };
    static const weh_id missing[] = { 0x5d, 0x99999 };
    struct fixture *f = *state;
    char before[256];

    age(f);
    ASSERT_OK(weh_aspect_delete(f->bis, both, 2, &f->diag));
    assert_string_equal(get_all(f, WIDGET_WITH_INFO, NULL), "[]");
    assert_string_equal(get_all(f, WIDGET_WITH_NOTE, NULL), "[]");
    assert_true(is_touched(f, WIDGET_WITH_INFO) && is_touched(f, WIDGET_WITH_NOTE));
    /* All or none. */
    (void)snprintf(before, sizeof(before), "%.200s", rows(f));
    ASSERT_FAILS(weh_aspect_delete(f->bis, missing, 2, &f->diag), WEH_E_NOT_FOUND, "id");
    ASSERT_FAILS(delete_one(f, 0), WEH_E_INVALID_ID, "id");
    ASSERT_FAILS(delete_one(f, THE_NOTE), WEH_E_NOT_FOUND, "id");
    ASSERT_FAILS(delete_one(f, 1), WEH_E_NOT_FOUND, "id");
    assert_int_equal(strncmp(before, rows(f), 200), 0);
}

static void test_delete_of_the_owner_takes_its_aspects_along(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(fixture_delete(f, WIDGET_WITH_NOTE));
    assert_string_equal(get_all(f, WIDGET_WITH_NOTE, NULL), "[]");
    ASSERT_FAILS(delete_one(f, THE_NOTE), WEH_E_NOT_FOUND, "id");
}

static const struct {
    const char *props;
    const char *where;
    weh_err err;
    int32_t itwin;
} insert_faults[] = {
    { "{'classFullName':'" NOTE "'}", "element", WEH_E_INVALID_ID, 65559 },
    { "{'classFullName':'" NOTE "','element':null}", "element", WEH_E_INVALID_ID, 65559 },
    { "{'classFullName':'" NOTE "','element':'0x130'}", "element", WEH_E_INVALID_ID, 65559 },
    { "{'classFullName':'" NOTE "','element':{'id':'0'}}", "element", WEH_E_INVALID_ID, 65559 },
    { "{'classFullName':'" NOTE "','element':{'id':'0x99999'}}", "element.id", WEH_E_MISSING_ID,
      65569 },
    { "{'classFullName':'BisCore:Nope','element':{'id':'0x99999'}}", "element.id", WEH_E_MISSING_ID,
      65569 },
    { "{'classFullName':'BisCore:Nope','element':{'id':'0x130'}}", "classFullName",
      WEH_E_WRONG_CLASS, 65595 },
    { "{'element':{'id':'0x130'}}", "classFullName", WEH_E_WRONG_CLASS, 65595 },
    { "{'classFullName':'BisCore:Subject','element':{'id':'0x130'}}", "classFullName",
      WEH_E_WRONG_CLASS, 65595 },
    { "{'classFullName':'BisCore:ElementMultiAspect','element':{'id':'0x130'}}", "classFullName",
      WEH_E_BAD_ARGS, 65542 },
    { "{'classFullName':'BisCore:ElementUniqueAspect','element':{'id':'0x130'}}", "classFullName",
      WEH_E_BAD_ARGS, 65542 },
    { "{'classFullName':'" NOTE "','element':{'id':'0x130','relClassName':'BisCore:Nope'}}",
      "element.relClassName", WEH_E_BAD_ARGS, 65542 },
    { "{'classFullName':'" NOTE "','element':{'id':'0x130','relClassName':'BisCore:Subject'}}",
      "element.relClassName", WEH_E_BAD_ARGS, 65542 },
    { "{'classFullName':'" NOTE "','element':{'id':'0x130'},'nope':1}", "nope", WEH_E_BAD_ARGS,
      65542 },
    { "{'classFullName':'" NOTE "','element':{'id':'0x130'},'text':5}", "text", WEH_E_BAD_ARGS,
      65542 },
    { "{'classFullName':'" NOTE "','element':{'id':'0x130'},'rating':2.5}", "rating",
      WEH_E_BAD_ARGS, 65542 },
    { "{'classFullName':'" NOTE "','element':{'id':'0x130'},'when':'junk'}", "when", WEH_E_BAD_ARGS,
      65542 },
    { "{'classFullName':'" INFO "','element':{'id':'0x130'},'size':{'nope':1}}", NULL,
      WEH_E_BAD_ARGS, 65542 },
    { "{'classFullName':'" INFO "','element':{'id':'0x130'},'checked':'x'}", "checked",
      WEH_E_BAD_ARGS, 65542 },
    { "[]", "props", WEH_E_BAD_ARGS, 0 },
};

static void test_insert_that_is_faulty_names_the_member_and_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;
    char before[256];

    age(f);
    (void)snprintf(before, sizeof(before), "%.200s", rows(f));
    for (size_t i = 0; i < WEH_ARRAY_LEN(insert_faults); i++) {
        fixture_expect_case(f, INSERT(&id, "%s", insert_faults[i].props), insert_faults[i].err,
                            insert_faults[i].where, insert_faults[i].props);
        if (insert_faults[i].itwin != 0) {
            assert_int_equal(f->diag.itwin != 0 ? f->diag.itwin
                                                : weh_err_info(insert_faults[i].err)->itwin,
                             insert_faults[i].itwin);
        }
        assert_int_equal(id, 0);
    }
    assert_int_equal(strncmp(before, rows(f), 200), 0);
    assert_false(is_touched(f, WIDGET_WITH_INFO));
    /* No id was used up. */
    ASSERT_OK(INSERT(&id, "{'classFullName':'" NOTE "','element':{'id':'0x130'}}"));
    assert_int_equal(id, 0xf1);
}

static void test_update_that_is_faulty_names_the_member_and_leaves_nothing_behind(void **state)
{
    static const struct {
        const char *props;
        weh_err err;
        const char *where;
    } faults[] = {
        { "{'classFullName':'" NOTE "','id':'0x5c','text':'x'}", WEH_E_INVALID_ID, "element" },
        { "{'classFullName':'" NOTE "','id':'0x5c','element':{'id':'0x99999'}}", WEH_E_MISSING_ID,
          "element.id" },
        { "{'classFullName':'" NOTE "','element':{'id':'0x131'},'text':'x'}", WEH_E_INVALID_ID,
          "id" },
        { "{'classFullName':'" NOTE "','id':'junk','element':{'id':'0x131'}}", WEH_E_BAD_ARGS,
          "id" },
        { "{'classFullName':'" NOTE "','id':'0x99999','element':{'id':'0x131'}}", WEH_E_NOT_FOUND,
          "id" },
        { "{'classFullName':'" NOTE "','id':'0x5c','element':{'id':'0x132'}}", WEH_E_NOT_FOUND,
          "id" },
        { "{'classFullName':'" SOURCE "','id':'0x5c','element':{'id':'0x131'}}", WEH_E_NOT_FOUND,
          "id" },
        { "{'classFullName':'" INFO "','id':'0x5b','element':{'id':'0x131'}}", WEH_E_NOT_FOUND,
          "id" },
        { "{'classFullName':'BisCore:Nope','id':'0x5c','element':{'id':'0x131'}}",
          WEH_E_WRONG_CLASS, "classFullName" },
        { "{'id':'0x5c','element':{'id':'0x131'}}", WEH_E_WRONG_CLASS, "classFullName" },
        { "{'classFullName':'" NOTE "','id':'0x5c','element':{'id':'0x131'},'nope':1}",
          WEH_E_BAD_ARGS, "nope" },
        { "{'classFullName':'" NOTE "','id':'0x5c','element':{'id':'0x131'},'rating':'x'}",
          WEH_E_BAD_ARGS, "rating" },
        { "5", WEH_E_BAD_ARGS, "props" },
    };
    struct fixture *f = *state;
    char before[256];

    age(f);
    (void)snprintf(before, sizeof(before), "%.200s", rows(f));
    for (size_t i = 0; i < WEH_ARRAY_LEN(faults); i++) {
        fixture_expect_case(f, UPDATE("%s", faults[i].props), faults[i].err, faults[i].where,
                            faults[i].props);
    }
    assert_int_equal(strncmp(before, rows(f), 200), 0);
    assert_false(is_touched(f, WIDGET_WITH_NOTE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_insert_of_a_multi_aspect_adds_a_row_and_touches_the_owner),
        TEST(test_insert_of_a_second_unique_aspect_replaces_the_first_and_keeps_its_id),
        TEST(test_insert_takes_the_relationship_that_is_given),
        TEST(test_get_tells_multi_aspects_by_id_then_unique_ones),
        TEST(test_get_of_a_class_that_is_none_of_aspects_is_refused),
        TEST(test_update_keeps_what_is_absent_and_clears_what_is_null),
        TEST(test_update_of_a_unique_aspect_goes_by_owner_and_keeps_the_rest_of_a_struct),
        TEST(test_delete_removes_the_row_and_touches_the_owner),
        TEST(test_delete_of_the_owner_takes_its_aspects_along),
        TEST(test_insert_that_is_faulty_names_the_member_and_leaves_nothing_behind),
        TEST(test_update_that_is_faulty_names_the_member_and_leaves_nothing_behind),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
