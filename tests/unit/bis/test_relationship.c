/* tests/unit/bis/test_relationship.c - rows of link tables: ends, circles, updates, faults. */
#include <string.h>

#include "weh/relationship.h"

#include "bis_fixture.h"

#define REFERS "WebEditTest:WidgetRefersToRecord"
#define GROUPS "BisCore:ElementGroupsMembers"
#define DRIVES "BisCore:ElementDrivesElement"
#define BASE   "BisCore:ElementRefersToElements"
#define MODELS "BisCore:ModelSelectorRefersToModels"

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

#define INSERT(out, ...) \
    weh_relationship_insert(f->bis, fixture_value(f, __VA_ARGS__), false, out, &f->diag)
#define UPDATE(...) weh_relationship_update(f->bis, fixture_value(f, __VA_ARGS__), &f->diag)
#define DELETE(...) weh_relationship_delete(f->bis, fixture_value(f, __VA_ARGS__), &f->diag)

static weh_err read(struct fixture *f, const char *class_name, weh_id id, weh_id source,
                    weh_id target)
{
    const struct weh_relationship_key key = {
        .class_name = weh_str_from(class_name), .id = id, .source = source, .target = target
    };
    struct weh_json_writer writer;
    weh_err err;

    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    err = weh_relationship_get_props(f->bis, &key, &writer.sink, &f->diag);
    weh_buf_byte(&f->text, 0);
    return err;
}

static const char *get(struct fixture *f, const char *class_name, weh_id id)
{
    ASSERT_OK(read(f, class_name, id, 0, 0));
    return (const char *)f->text.data;
}

static int64_t digest(struct fixture *f)
{
    return fixture_int(f,
                       "SELECT (SELECT total(Id*3+coalesce(MemberPriority,77)+length("
                       "coalesce(ps1,''))) FROM bis_ElementRefersToElements)+(SELECT total(Id*5+"
                       "coalesce(Status,9)+coalesce(Priority,11)) FROM bis_ElementDrivesElement)+"
                       "(SELECT total(Id) FROM bis_ModelSelectorRefersToModels)");
}

static void test_get_tells_properties_and_ends_with_their_classes(void **state)
{
    static const char known[] =
        "{\"id\":\"0x2a\",\"className\":\"WebEditTest.WidgetRefersToRecord\",\"role\":"
        "\"edited role\",\"confidence\":0.025,\"sourceId\":\"0x132\",\"sourceClassName\":"
        "\"WebEditTest.Widget\",\"targetId\":\"0x3b\",\"targetClassName\":\"WebEditTest.Record\","
        "\"classFullName\":\"WebEditTest:WidgetRefersToRecord\"}";
    struct fixture *f = *state;

    assert_string_equal(get(f, REFERS, 0x2a), known);
    assert_string_equal(get(f, "wet.widgetreferstorecord", 0x2a), known);
    ASSERT_OK(read(f, REFERS, 0, 0x132, 0x3b));
    assert_string_equal((const char *)f->text.data, known);
    /* By a base class only what that has, but the real class. */
    assert_null(strstr(get(f, BASE, 0x2a), "role"));
    assert_non_null(strstr(get(f, BASE, 0x2a), "\"classFullName\":\"" REFERS "\""));
    assert_non_null(strstr(get(f, MODELS, 0xea), "\"targetClassName\":\"BisCore.PhysicalModel\""));
}

static void test_get_of_what_is_not_there_is_refused(void **state)
{
    struct fixture *f = *state;

    ASSERT_FAILS(read(f, REFERS, 0x99999, 0, 0), WEH_E_NOT_FOUND, "id");
    ASSERT_FAILS(read(f, GROUPS, 0x2a, 0, 0), WEH_E_NOT_FOUND, "id");
    ASSERT_FAILS(read(f, GROUPS, 0, 0x132, 0x3b), WEH_E_NOT_FOUND, "sourceId");
    ASSERT_FAILS(read(f, REFERS, 0, 0, 0), WEH_E_NOT_FOUND, "sourceId");
    ASSERT_FAILS(read(f, "BisCore:Nope", 1, 0, 0), WEH_E_BAD_ARGS, "classFullName");
    ASSERT_FAILS(read(f, "BisCore:Subject", 1, 0, 0), WEH_E_BAD_ARGS, "classFullName");
    ASSERT_FAILS(read(f, "BisCore:ElementOwnsChildElements", 1, 0, 0), WEH_E_BAD_ARGS,
                 "classFullName");
    assert_int_equal(f->diag.itwin, 1);
}

static void test_insert_adds_a_row_and_touches_no_element(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    fixture_sql(f, "UPDATE bis_Element SET LastMod=2450000.5");
    ASSERT_OK(INSERT(&id, "{'classFullName':'" REFERS "','sourceId':'0x130','targetId':'0x3b',"
                          "'role':'r','confidence':0.5,'className':'x','sourceClassName':'y',"
                          "'targetClassName':'z','id':'0x7777'}"));
    assert_int_equal(id, 0xf1);
    assert_string_equal(fixture_rows(f, "SELECT SourceId,TargetId,MemberPriority,ps1,ps2 FROM"
                                        " bis_ElementRefersToElements WHERE Id=0xf1"),
                        "304|59|null|'r'|r0.5|;");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE LastMod>2460000"), 0);
    ASSERT_OK(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0x130','targetId':'0x131'}"));
    assert_string_equal(fixture_rows(f, "SELECT SourceId,TargetId,Status,Priority FROM"
                                        " bis_ElementDrivesElement WHERE Id=0xf2"),
                        "304|305|null|null|;");
    ASSERT_OK(INSERT(&id, "{'classFullName':'" MODELS "','sourceId':'0x1b4','targetId':'0x35'}"));
    assert_string_equal(fixture_rows(f, "SELECT * FROM bis_ModelSelectorRefersToModels WHERE"
                                        " Id=0xf3"),
                        "243|436|53|;");
}

static void test_insert_of_what_is_there_already_is_refused(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_FAILS(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0xee','targetId':'0xef'}"),
                 WEH_E_NOT_UNIQUE, "targetId");
    assert_int_equal(f->diag.itwin, SQLITE_CONSTRAINT_UNIQUE);
    /* Without a priority nothing is the same. */
    ASSERT_OK(INSERT(&id, "{'classFullName':'" GROUPS "','sourceId':'0x1b2','targetId':'0x8a'}"));
    assert_int_equal(id, 0xf1);
    ASSERT_OK(INSERT(&id, "{'classFullName':'" GROUPS "','sourceId':'0x1b2','targetId':'0x8a'}"));
    ASSERT_FAILS(UPDATE("{'classFullName':'" GROUPS "','id':'0xf1','memberPriority':0}"),
                 WEH_E_NOT_UNIQUE, "targetId");
    /* Of several the index' first: without a priority. */
    ASSERT_OK(read(f, GROUPS, 0, 0x1b2, 0x8a));
    assert_non_null(strstr((const char *)f->text.data, "0xf1"));
}

static void test_insert_may_dangle_only_when_told(void **state)
{
    static const char text[] =
        "{'classFullName':'" REFERS "','sourceId':'0x99999','targetId':'0x8888'}";
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_FAILS(INSERT(&id, "%s", text), WEH_E_FOREIGN_KEY, "sourceId");
    ASSERT_OK(weh_relationship_insert(f->bis, fixture_value(f, "%s", text), true, &id, &f->diag));
    assert_int_equal(
        fixture_int(f, "SELECT SourceId FROM bis_ElementRefersToElements WHERE Id=%d", (int)id),
        0x99999);
    /* It cannot be told then, as by the official backend, but deleted. */
    ASSERT_FAILS(read(f, REFERS, id, 0, 0), WEH_E_NOT_FOUND, "id");
    ASSERT_OK(DELETE("{'classFullName':'" REFERS "','id':'0x%x'}", (unsigned)id));
    ASSERT_FAILS(weh_relationship_insert(
                     f->bis, fixture_value(f, "{'classFullName':'" REFERS "','sourceId':'0x130'}"),
                     true, &id, &f->diag),
                 WEH_E_BAD_ARGS, "targetId");
    /* An end that was there when it was last looked at. */
    ASSERT_OK(INSERT(&id, "{'classFullName':'" REFERS "','sourceId':'0x131','targetId':'0x3b'}"));
    ASSERT_OK(fixture_delete(f, 0x131));
    ASSERT_FAILS(INSERT(&id, "{'classFullName':'" REFERS "','sourceId':'0x131','targetId':'0x3b'}"),
                 WEH_E_FOREIGN_KEY, "sourceId");
}

static void test_insert_that_would_close_a_circle_is_refused(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;
    int64_t before;

    ASSERT_OK(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0xef','targetId':'0x130'}"));
    ASSERT_OK(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0x130','targetId':'0x131'}"));
    ASSERT_OK(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0xee','targetId':'0x131'}"));
    before = digest(f);
    ASSERT_FAILS(
        INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0x130','targetId':'0x130'}"),
        WEH_E_CYCLE, "targetId");
    ASSERT_FAILS(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0x131','targetId':'0xee'}"),
                 WEH_E_CYCLE, "targetId");
    /* A deferred one may not either: it need not stay so. */
    ASSERT_FAILS(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0x131','targetId':'0xef',"
                             "'status':128}"),
                 WEH_E_CYCLE, "targetId");
    assert_int_equal(digest(f), before);
    /* What only refers may go in circles. */
    ASSERT_OK(INSERT(&id, "{'classFullName':'" GROUPS "','sourceId':'0x1b2','targetId':'0x1b2'}"));
}

static void test_insert_against_a_circle_in_the_file_ends(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    fixture_sql(f, "INSERT INTO bis_ElementDrivesElement(Id,ECClassId,SourceId,TargetId) SELECT"
                   " 9001,ECClassId,TargetId,SourceId FROM bis_ElementDrivesElement WHERE Id=0x51");
    ASSERT_OK(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0x130','targetId':'0xee'}"));
    ASSERT_FAILS(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0xef','targetId':'0x130'}"),
                 WEH_E_CYCLE, "targetId");
}

static void test_update_sets_all_properties_when_it_names_one(void **state)
{
    struct fixture *f = *state;
    int64_t before = digest(f);

    ASSERT_OK(UPDATE("{'classFullName':'" REFERS "','id':'0x2a'}"));
    ASSERT_OK(UPDATE("{'classFullName':'" REFERS "','id':'0x2a','sourceId':'0x1','targetId':'0x1'"
                     "}"));
    assert_int_equal(digest(f), before);
    ASSERT_OK(UPDATE("{'classFullName':'" REFERS "','id':'0x2a','sourceId':'0x1','role':'new'}"));
    assert_string_equal(fixture_rows(f, "SELECT SourceId,TargetId,MemberPriority,ps1,ps2 FROM"
                                        " bis_ElementRefersToElements WHERE Id=0x2a"),
                        "306|59|null|'new'|null|;");
    ASSERT_OK(UPDATE("{'classFullName':'" REFERS "','id':'0x2a','role':null,'confidence':1}"));
    assert_string_equal(fixture_rows(f, "SELECT ps1,ps2 FROM bis_ElementRefersToElements WHERE"
                                        " Id=0x2a"),
                        "null|r1|;");
    ASSERT_OK(UPDATE("{'classFullName':'" DRIVES "','id':'0x51','status':128}"));
    assert_string_equal(fixture_rows(f, "SELECT Status,Priority FROM bis_ElementDrivesElement"
                                        " WHERE Id=0x51"),
                        "128|null|;");
}

static void test_delete_of_what_is_not_there_does_nothing(void **state)
{
    struct fixture *f = *state;
    int64_t before = digest(f);

    ASSERT_OK(DELETE("{'classFullName':'" REFERS "','id':'0x99999'}"));
    ASSERT_OK(DELETE("{'classFullName':'" GROUPS "','id':'0x2a'}"));
    assert_int_equal(digest(f), before);
    ASSERT_OK(DELETE("{'classFullName':'" BASE "','id':'0x2a','sourceId':'0x1'}"));
    ASSERT_FAILS(read(f, REFERS, 0x2a, 0, 0), WEH_E_NOT_FOUND, "id");
    ASSERT_OK(DELETE("{'classFullName':'" MODELS "','id':'0xea'}"));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_ModelSelectorRefersToModels"), 1);
}

static void test_save_clears_the_failed_mark_of_what_has_changed(void **state)
{
    struct weh_entity_change driver = { .id = 0xee };
    const struct weh_change_list none = { 0 };
    const struct weh_change_list changed = { .elements = &driver, .n_elements = 1 };
    struct fixture *f = *state;
    weh_id id = 0;

    /* Marked by somebody else: as long as nothing changes it stays. */
    fixture_sql(f, "UPDATE bis_ElementDrivesElement SET Status=3 WHERE Id=0x51");
    ASSERT_OK(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0x130','targetId':'0x131',"
                          "'status':257}"));
    ASSERT_OK(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0x130','targetId':'0x132',"
                          "'status':129}"));
    ASSERT_OK(weh_bis_propagate(f->bis, &none, &f->diag));
    assert_string_equal(fixture_rows(f, "SELECT Status FROM bis_ElementDrivesElement WHERE Id IN"
                                        " (0x51,0xf1,0xf2) ORDER BY Id"),
                        "3|;0|;129|;");
    weh_bis_saved(f->bis);
    ASSERT_OK(weh_bis_propagate(f->bis, &changed, &f->diag));
    assert_int_equal(fixture_int(f, "SELECT Status FROM bis_ElementDrivesElement WHERE Id=0x51"),
                     2);
    /* Behind an edited one. */
    fixture_sql(f, "UPDATE bis_ElementDrivesElement SET Status=1 WHERE Id=0x51");
    ASSERT_OK(INSERT(&id, "{'classFullName':'" DRIVES "','sourceId':'0x133','targetId':'0xee'}"));
    ASSERT_OK(weh_bis_propagate(f->bis, &none, &f->diag));
    assert_int_equal(fixture_int(f, "SELECT Status FROM bis_ElementDrivesElement WHERE Id=0x51"),
                     0);
    /* Forgotten with what is unsaved. */
    fixture_sql(f, "UPDATE bis_ElementDrivesElement SET Status=1 WHERE Id=0x51");
    ASSERT_OK(UPDATE("{'classFullName':'" DRIVES "','id':'0x51','status':1}"));
    weh_bis_forget(f->bis);
    ASSERT_OK(weh_bis_propagate(f->bis, &none, &f->diag));
    assert_int_equal(fixture_int(f, "SELECT Status FROM bis_ElementDrivesElement WHERE Id=0x51"),
                     1);
}

static void test_insert_that_is_faulty_names_the_member_and_leaves_nothing_behind(void **state)
{
    static const struct {
        const char *props;
        weh_err err;
        const char *where;
    } faults[] = {
        { "{'classFullName':'" BASE "','sourceId':'0x130','targetId':'0x3b'}", WEH_E_BAD_ARGS,
          "classFullName" },
        { "{'classFullName':'BisCore:Nope','sourceId':'0x130','targetId':'0x3b'}", WEH_E_BAD_ARGS,
          "classFullName" },
        { "{'classFullName':'BisCore:Subject','sourceId':'0x130','targetId':'0x3b'}",
          WEH_E_BAD_ARGS, "classFullName" },
        { "{'classFullName':'BisCore:ModelContainsElements','sourceId':'0x1','targetId':'0x1'}",
          WEH_E_BAD_ARGS, "classFullName" },
        { "{'classFullName':5,'sourceId':'0x1','targetId':'0x1'}", WEH_E_BAD_ARGS,
          "classFullName" },
        { "{'sourceId':'0x130','targetId':'0x3b'}", WEH_E_BAD_ARGS, "classFullName" },
        { "{'classFullName':'" REFERS "','targetId':'0x3b'}", WEH_E_BAD_ARGS, "sourceId" },
        { "{'classFullName':'" REFERS "','sourceId':null,'targetId':'0x3b'}", WEH_E_BAD_ARGS,
          "sourceId" },
        { "{'classFullName':'" REFERS "','sourceId':'0x130','targetId':'junk'}", WEH_E_BAD_ARGS,
          "targetId" },
        { "{'classFullName':'" REFERS "','sourceId':'0x130','targetId':'0x99999'}",
          WEH_E_FOREIGN_KEY, "targetId" },
        { "{'classFullName':'" MODELS "','sourceId':'0x1b4','targetId':'0x130'}", WEH_E_FOREIGN_KEY,
          "targetId" },
        { "{'classFullName':'" REFERS "','sourceId':'0x130','targetId':'0x3b','nope':1}",
          WEH_E_BAD_ARGS, "nope" },
        { "{'classFullName':'" REFERS "','sourceId':'0x130','targetId':'0x3b','role':5}",
          WEH_E_BAD_ARGS, "role" },
        { "{'classFullName':'" GROUPS "','sourceId':'0x130','targetId':'0x3b','memberPriority':"
          "1e10}",
          WEH_E_BAD_ARGS, "memberPriority" },
        { "'x'", WEH_E_BAD_ARGS, "props" },
    };
    struct fixture *f = *state;
    int64_t before = digest(f);
    weh_id id = 0;

    for (size_t i = 0; i < WEH_ARRAY_LEN(faults); i++) {
        fixture_expect_case(f, INSERT(&id, "%s", faults[i].props), faults[i].err, faults[i].where,
                            faults[i].props);
        assert_int_equal(id, 0);
    }
    assert_int_equal(digest(f), before);
    ASSERT_OK(INSERT(&id, "{'classFullName':'" REFERS "','sourceId':'0x130','targetId':'0x3b'}"));
    assert_int_equal(id, 0xf1);
}

static void test_update_or_delete_that_is_faulty_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    int64_t before = digest(f);

    ASSERT_FAILS(UPDATE("{'classFullName':'" REFERS "','id':'0x99999','role':'x'}"),
                 WEH_E_NOT_FOUND, "id");
    ASSERT_FAILS(UPDATE("{'classFullName':'" GROUPS "','id':'0x2a','memberPriority':1}"),
                 WEH_E_NOT_FOUND, "id");
    ASSERT_FAILS(UPDATE("{'classFullName':'" BASE "','id':'0x2a','memberPriority':1}"),
                 WEH_E_BAD_ARGS, "classFullName");
    ASSERT_FAILS(UPDATE("{'classFullName':'" REFERS "','sourceId':'0x132','targetId':'0x3b'}"),
                 WEH_E_BAD_ARGS, "id");
    ASSERT_FAILS(UPDATE("{'id':'0x2a','role':'x'}"), WEH_E_BAD_ARGS, "classFullName");
    assert_int_equal(f->diag.itwin, 65574);
    ASSERT_FAILS(UPDATE("{'classFullName':'" REFERS "','id':'0x2a','role':'x','nope':1}"),
                 WEH_E_BAD_ARGS, "nope");
    ASSERT_FAILS(UPDATE("{'classFullName':'" REFERS "','id':'0x2a','confidence':'x'}"),
                 WEH_E_BAD_ARGS, "confidence");
    ASSERT_FAILS(UPDATE("[]"), WEH_E_BAD_ARGS, "props");
    ASSERT_FAILS(DELETE("{'id':'0x2a'}"), WEH_E_BAD_ARGS, "classFullName");
    ASSERT_FAILS(DELETE("{'classFullName':'BisCore:Subject','id':'0x1'}"), WEH_E_BAD_ARGS,
                 "classFullName");
    ASSERT_FAILS(DELETE("{'classFullName':'" REFERS "'}"), WEH_E_BAD_ARGS, "id");
    ASSERT_FAILS(DELETE("{'classFullName':'" REFERS "','id':'junk'}"), WEH_E_BAD_ARGS, "id");
    ASSERT_FAILS(DELETE("null"), WEH_E_BAD_ARGS, "props");
    assert_int_equal(digest(f), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_get_tells_properties_and_ends_with_their_classes),
        TEST(test_get_of_what_is_not_there_is_refused),
        TEST(test_insert_adds_a_row_and_touches_no_element),
        TEST(test_insert_of_what_is_there_already_is_refused),
        TEST(test_insert_may_dangle_only_when_told),
        TEST(test_insert_that_would_close_a_circle_is_refused),
        TEST(test_insert_against_a_circle_in_the_file_ends),
        TEST(test_update_sets_all_properties_when_it_names_one),
        TEST(test_delete_of_what_is_not_there_does_nothing),
        TEST(test_save_clears_the_failed_mark_of_what_has_changed),
        TEST(test_insert_that_is_faulty_names_the_member_and_leaves_nothing_behind),
        TEST(test_update_or_delete_that_is_faulty_leaves_nothing_behind),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
