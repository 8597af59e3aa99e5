/* tests/unit/bis/test_delete.c - deleting elements, and what follows them. */
#include <stdlib.h>
#include <string.h>

#include "weh/briefcase_txn.h"

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

static void test_delete_of_a_parent_takes_children_rows_aspects_and_links(void **state)
{
    struct fixture *f = *state;
    int64_t children = fixture_int(f, "SELECT count(*) FROM bis_Element WHERE ParentId=0x120");
    int64_t before = fixture_int(f, "SELECT count(*) FROM bis_Element");

    assert_true(children > 0);
    fixture_sql(f, "INSERT INTO bis_ElementRefersToElements(Id,ECClassId,SourceId,TargetId) VALUES"
                   "(90001,139,0x120,0x3a),(90002,139,0x3a,0x121)");
    ASSERT_OK(fixture_delete(f, 0x120));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), before - children - 1);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_GeometricElement3d WHERE ElementId"
                                    " NOT IN (SELECT Id FROM bis_Element)"),
                     0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM dgn_SpatialIndex WHERE ElementId NOT IN"
                                    " (SELECT Id FROM bis_Element)"),
                     0);
    assert_int_equal(
        fixture_int(f, "SELECT count(*) FROM bis_ElementRefersToElements WHERE Id>90000"), 0);
    assert_int_equal(fixture_get(f, 0x120) == NULL, 1);
}

static void test_delete_of_links_sources_and_aspect_owners_leaves_no_orphans(void **state)
{
    static const weh_id ids[] = { 0x130, 0x3a, 0x2f, 0x30, 0x32, 0x1b2, 0x2d };
    struct fixture *f = *state;

    ASSERT_OK(weh_element_delete(f->bis, ids, WEH_ARRAY_LEN(ids), &f->diag));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_ElementMultiAspect WHERE ElementId"
                                    " NOT IN (SELECT Id FROM bis_Element)"),
                     0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_ElementRefersToElements WHERE"
                                    " SourceId NOT IN (SELECT Id FROM bis_Element) OR TargetId NOT"
                                    " IN (SELECT Id FROM bis_Element)"),
                     0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_ElementDrivesElement WHERE SourceId"
                                    " NOT IN (SELECT Id FROM bis_Element) OR TargetId NOT IN"
                                    " (SELECT Id FROM bis_Element)"),
                     0);
    assert_int_equal(
        fixture_int(f, "SELECT count(*) FROM bis_GeometricElement3d WHERE TypeDefinitionId=0x2d"),
        0);
}

static void test_delete_is_refused_with_its_error_and_element(void **state)
{
    static const struct {
        weh_id id;
        weh_err err;
        const char *where;
    } cases[] = {
        { 0, WEH_E_BAD_ARGS, "id" },
        { 0x9999, WEH_E_MISSING_ID, "0x9999" },
        { 0x1, WEH_E_WRONG_ELEMENT, "0x1" },
        { 0x10, WEH_E_FOREIGN_KEY, "0x10" },
        { 0x35, WEH_E_FOREIGN_KEY, "0x35" },
        { 0x15, WEH_E_FOREIGN_KEY, "0x15" },
        { 0x1a1, WEH_E_FOREIGN_KEY, "0x1a1" },
        { 0x16, WEH_E_DELETION_PROHIBITED, NULL },
        { 0x17, WEH_E_DELETION_PROHIBITED, "0x17" },
        { 0x1b3, WEH_E_DELETION_PROHIBITED, "0x1b3" },
        { 0x1b4, WEH_E_DELETION_PROHIBITED, "0x1b4" },
        { 0x1b5, WEH_E_DELETION_PROHIBITED, "0x1b5" },
        { 0x1b6, WEH_E_DELETION_PROHIBITED, "0x1b6" },
        { 0x2b, WEH_E_DELETION_PROHIBITED, "0x2b" },
        { 0x2c, WEH_E_DELETION_PROHIBITED, "0x2c" },
        { 0x28, WEH_E_DELETION_PROHIBITED, "0x28" },
        { 0x12, WEH_E_FOREIGN_KEY, NULL }, /* children with models */
        { 0x13, WEH_E_FOREIGN_KEY, NULL },
        { 0x11, WEH_E_FOREIGN_KEY, NULL },
    };
    struct fixture *f = *state;
    int64_t before = fixture_int(f, "SELECT total(Id) FROM bis_Element");

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        weh_err err = fixture_delete(f, cases[i].id);

        fixture_expect_case(f, err, cases[i].err, cases[i].where, "delete");
    }
    assert_int_equal(fixture_int(f, "SELECT total(Id) FROM bis_Element"), before);
}

static void test_delete_of_several_is_all_or_none(void **state)
{
    static const weh_id ids[] = { 0x3a, 0x3b, 0x9999 };
    static const weh_id tree[] = { 0x121, 0x120, 0x122, 0x120 };
    struct fixture *f = *state;
    int64_t before = fixture_int(f, "SELECT count(*) FROM bis_Element");

    assert_int_equal(weh_element_delete(f->bis, ids, 3, &f->diag), WEH_E_MISSING_ID);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), before);
    ASSERT_OK(weh_element_delete(f->bis, tree, WEH_ARRAY_LEN(tree), &f->diag));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id IN"
                                    " (0x120,0x121,0x122,0x123)"),
                     0);
}

static void test_delete_in_a_cycle_of_parents_ends(void **state)
{
    struct fixture *f = *state;
    int64_t before = fixture_int(f, "SELECT count(*) FROM bis_Element");

    fixture_sql(f, "UPDATE bis_Element SET ParentId=0x121 WHERE Id=0x120");
    assert_int_equal(fixture_delete(f, 0x120), WEH_E_FOREIGN_KEY);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), before);
}

static void test_delete_of_a_deep_tree_needs_no_stack(void **state)
{
    struct fixture *f = *state;

    fixture_sql(f,
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i<19999)"
                " INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,ParentId)"
                " SELECT 1000000+i,361,0x38,1,1,CASE i WHEN 0 THEN NULL ELSE 999999+i END FROM n");
    fixture_sql(f, "INSERT INTO bis_InformationRecordElement(ElementId,ECClassId) SELECT Id,"
                   "ECClassId FROM bis_Element WHERE Id>=1000000");
    ASSERT_OK(fixture_delete(f, 1000000));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id>=1000000"), 0);
}

static void test_deleted_things_are_not_remembered(void **state)
{
    struct fixture *f = *state;
    weh_id scope = 0;

    ASSERT_OK(fixture_insert(f, &scope, "{'classFullName':'WebEditTest:Record','model':'0x38'}"));
    ASSERT_OK(fixture_insert(f, NULL,
                             "{'classFullName':'WebEditTest:Record','model':'0x38','code':{'spec':"
                             "'0x22','scope':'0x1','value':'n'},'jsonProperties':{}}"));
    ASSERT_OK(fixture_update(f, "{'id':'0x3b','code':{'spec':'0x22','scope':'0x%llx','value':'n'}}",
                             (unsigned long long)scope));
    assert_int_equal(fixture_delete(f, scope), WEH_E_FOREIGN_KEY);
    ASSERT_OK(fixture_update(f, "{'id':'0x3b','code':{'spec':'0x22','scope':'0x1','value':'m'}}"));
    ASSERT_OK(fixture_delete(f, scope));
    ASSERT_FAILS(fixture_update(f,
                                "{'id':'0x3b','code':{'spec':'0x22','scope':'0x%llx','value':"
                                "'n'}}",
                                (unsigned long long)scope),
                 WEH_E_BAD_ARGS, "code.scope");
}

static void test_forget_notices_what_was_rolled_back(void **state)
{
    struct fixture *f = *state;
    weh_id part = 0;

    ASSERT_OK(
        fixture_insert(f, &part,
                       "{'classFullName':'BisCore:PhysicalPartition','model':'0x1','parent':"
                       "{'id':'0x1','relClassName':'BisCore:SubjectOwnsPartitionElements'}}"));
    ASSERT_OK(fixture_insert_model(f, NULL,
                                   "{'classFullName':'BisCore:PhysicalModel','modeledElement':"
                                   "{'id':'0x%llx'}}",
                                   (unsigned long long)part));
    ASSERT_OK(fixture_insert(f, NULL,
                             "{'classFullName':'Generic:PhysicalObject','model':'0x%llx',"
                             "'category':'0x16'}",
                             (unsigned long long)part));
    ASSERT_OK(weh_briefcase_rollback(f->briefcase, &f->diag));
    weh_bis_forget(f->bis);
    ASSERT_FAILS(fixture_insert(f, NULL,
                                "{'classFullName':'Generic:PhysicalObject','model':'0x%llx',"
                                "'category':'0x16'}",
                                (unsigned long long)part),
                 WEH_E_NOT_FOUND, "model");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_delete_of_a_parent_takes_children_rows_aspects_and_links),
        TEST(test_delete_of_links_sources_and_aspect_owners_leaves_no_orphans),
        TEST(test_delete_is_refused_with_its_error_and_element),
        TEST(test_delete_of_several_is_all_or_none),
        TEST(test_delete_in_a_cycle_of_parents_ends),
        TEST(test_delete_of_a_deep_tree_needs_no_stack),
        TEST(test_deleted_things_are_not_remembered),
        TEST(test_forget_notices_what_was_rolled_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
