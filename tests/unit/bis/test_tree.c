/* tests/unit/bis/test_tree.c - updating and deleting models, whole trees, unused definitions, extents.
 *
 * Expected values were measured with the official backend (core-backend 5.1.9, native library 5.1.72)
 * on the same file.
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

static weh_err update_model(struct fixture *f, const char *text)
{
    return weh_model_update(f->bis, fixture_value(f, "%s", text), &f->diag);
}

static const char *model_json(struct fixture *f, weh_id id)
{
    return fixture_rows(f, "SELECT JsonProperties FROM bis_Model WHERE Id=%lld", (long long)id);
}

static const char *model_flags(struct fixture *f, weh_id id)
{
    return fixture_rows(f, "SELECT IsPrivate,IsTemplate,ps2,ps3 FROM bis_Model WHERE Id=%lld",
                        (long long)id);
}

#define FORMAT "{\"fmtFlags\":{},\"mastUnit\":{\"label\":\"m\"},\"subUnit\":{\"label\":\"m\"}}"

static void test_model_update_sets_what_is_given_and_no_time(void **state)
{
    struct fixture *f = *state;
    int64_t times = fixture_int(f, "SELECT count(DISTINCT LastMod) FROM bis_Model");

    ASSERT_OK(update_model(f, "{'id':'0x35','isPrivate':true}"));
    assert_string_equal(model_flags(f, 0x35), "1|0|0|0|;");
    ASSERT_OK(update_model(f, "{'id':'0x35','isPrivate':null}"));
    assert_string_equal(model_flags(f, 0x35), "1|0|0|0|;");
    ASSERT_OK(update_model(f, "{'id':'0x35','isPlanProjection':true,'isPrivate':false}"));
    assert_string_equal(model_flags(f, 0x35), "0|0|0|1|;");
    ASSERT_OK(update_model(f, "{'id':'0x35','name':'x','parentModel':'0x10','geometryGuid':"
                              "'0a0b0c0d-0000-4000-8000-000000000001'}"));
    assert_string_equal(model_flags(f, 0x35), "0|0|0|1|;");
    assert_int_equal(fixture_int(f, "SELECT count(DISTINCT LastMod) FROM bis_Model"), times);
    ASSERT_OK(update_model(f, "{'id':'0x35','updateLastMod':true}"));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Model WHERE Id=53 AND "
                                    "LastMod>julianday('now','-1 minute')"),
                     1);
    ASSERT_OK(update_model(f, "{'id':'0x37','geometryChanged':true}"));
    assert_int_equal(fixture_int(f, "SELECT ps1=X'D159CEE95F6D4E1DAC09025B70BBB153' FROM bis_Model "
                                    "WHERE Id=55"),
                     0);
}

static void test_model_update_of_a_template_tells_whether_it_is_located(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(update_model(f, "{'id':'0x35','isTemplate':true}"));
    assert_string_equal(model_flags(f, 0x35), "0|1|1|0|;");
    ASSERT_OK(update_model(f, "{'id':'0x35','isPrivate':false}"));
    ASSERT_OK(update_model(f, "{'id':'0x35','isTemplate':false}"));
    assert_string_equal(model_flags(f, 0x35), "0|0|0|0|;");
    ASSERT_OK(update_model(f, "{'id':'0x35','isTemplate':true,'isNotSpatiallyLocated':true}"));
    ASSERT_OK(update_model(f, "{'id':'0x35','isTemplate':false}"));
    assert_string_equal(model_flags(f, 0x35), "0|0|1|0|;");
}

static void test_model_update_writes_the_formatter_in_the_words_of_the_native_library(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(update_model(f, "{'id':'0x37','jsonProperties':{'a':1,'b':1e21}}"));
    assert_string_equal(model_json(f, 0x37), "'{\"a\":1,\"b\":1e21,\"formatter\":" FORMAT "}'|;");
    ASSERT_OK(update_model(
        f, "{'id':'0x37','jsonProperties':{'a':1,'formatter':{'foo':3,'fmtFlags':{'linMode':3,"
           "'linType':17,'linPrec':-1,'angMode':9,'bar':2,'clockwise':true},'mastUnit':{'base':0,"
           "'sys':9,'num':'4','den':0,'label':''},'subUnit':null,'rndUnit':1,'rndRatio':2.5,"
           "'fmtDir':0.25},'b':2}}"));
    assert_string_equal(
        model_json(f, 0x37),
        "'{\"a\":1,\"formatter\":{\"fmtFlags\":{\"linMode\":3,\"linType\":1,\"linPrec\":255,"
        "\"angMode\":1,\"clockwise\":true},\"mastUnit\":{\"base\":0,\"sys\":9,\"label\":\"\","
        "\"den\":0.0},\"subUnit\":{\"label\":\"m\"},\"rndUnit\":1.0,\"rndRatio\":2.5,"
        "\"fmtDir\":0.25},\"b\":2}'|;");
    ASSERT_OK(update_model(f, "{'id':'0x37','jsonProperties':{'formatter':{}}}"));
    ASSERT_OK(update_model(f, "{'id':'0x37','jsonProperties':null}"));
    assert_string_equal(model_json(f, 0x37), "'{\"formatter\":" FORMAT "}'|;");
    ASSERT_OK(update_model(f, "{'id':'0x38','jsonProperties':{}}"));
    assert_string_equal(model_json(f, 0x38), "'{}'|;");
}

static void test_model_update_refuses_what_it_should(void **state)
{
    struct fixture *f = *state;

    ASSERT_FAILS(update_model(f, "{'isPrivate':true}"), WEH_E_INVALID_ID, "id");
    ASSERT_FAILS(update_model(f, "{'id':'0'}"), WEH_E_INVALID_ID, "id");
    ASSERT_FAILS(update_model(f, "{'id':'junk'}"), WEH_E_INVALID_ID, "id");
    ASSERT_FAILS(update_model(f, "{'id':'0x999'}"), WEH_E_MISSING_ID, "id");
    ASSERT_FAILS(update_model(f, "{'id':'0x35','isPrivate':1}"), WEH_E_BAD_ARGS, "isPrivate");
    ASSERT_FAILS(update_model(f, "{'id':'0x35','jsonProperties':'x'}"), WEH_E_BAD_ARGS,
                 "jsonProperties");
    ASSERT_FAILS(update_model(f, "{'id':'0x35','foo':1}"), WEH_E_BAD_ARGS, "foo");
    ASSERT_FAILS(update_model(f, "{'id':'0x35','isPrivate':true,'foo':1}"), WEH_E_BAD_ARGS, "foo");
    assert_string_equal(model_flags(f, 0x35), "0|0|0|0|;");
}

static void test_model_delete_takes_its_elements_and_its_place_in_selectors(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(weh_model_delete(f->bis, 0x36, &f->diag));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Model WHERE Id=54"), 0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE ModelId=54"), 0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=54"), 1);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_ModelSelectorRefersToModels"), 1);
    ASSERT_FAILS(weh_model_delete(f->bis, 0x36, &f->diag), WEH_E_MISSING_ID, "0x36");
}

static void test_model_delete_refuses_what_it_should_and_leaves_all(void **state)
{
    struct fixture *f = *state;
    int64_t n = fixture_int(f, "SELECT count(*) FROM bis_Element");

    ASSERT_FAILS(weh_model_delete(f->bis, 0, &f->diag), WEH_E_INVALID_ID, "id");
    ASSERT_FAILS(weh_model_delete(f->bis, 1, &f->diag), WEH_E_WRONG_MODEL, "0x1");
    ASSERT_FAILS(weh_model_delete(f->bis, 0x10, &f->diag), WEH_E_WRONG_MODEL, "0x10");
    ASSERT_FAILS(weh_model_delete(f->bis, 0xe, &f->diag), WEH_E_WRONG_MODEL, "0xe");
    /* It has a container with a model of its own. */
    ASSERT_FAILS(weh_model_delete(f->bis, 0x14, &f->diag), WEH_E_FOREIGN_KEY, "0x15");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), n);
}

static void test_extents_are_those_of_the_official_backend(void **state)
{
    static const weh_id ids[] = { 0x35, 0x1a1, 0x39, 0x38, 0x999, 0 };
    struct fixture *f = *state;
    struct weh_json_writer writer;

    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    ASSERT_OK(weh_model_query_extents(f->bis, ids, WEH_ARRAY_LEN(ids), &writer.sink, &f->diag));
    weh_buf_byte(&f->text, 0);
#define NOTHING                                                                                    \
    "{\"low\":[1.7976931348623157e+308,1.7976931348623157e+308,1.7976931348623157e+308],\"high\":" \
    "[-1.7976931348623157e+308,-1.7976931348623157e+308,-1.7976931348623157e+308]}"
    assert_string_equal(
        (const char *)f->text.data,
        "[{\"id\":\"0x35\",\"status\":0,\"extents\":{\"low\":[-2.0883982181549072,"
        "-3.183964729309082,-1.0260604619979858],\"high\":[148.8839874267578,172,"
        "14.63566780090332]}},{\"id\":\"0x1a1\",\"status\":0,\"extents\":{\"low\":"
        "[0.8263518223330697,0.5,-1],\"high\":[14,9.571150438746157,1]}},"
        "{\"id\":\"0x39\",\"status\":0,\"extents\":{\"low\":[6.123232939436859e-17,0,"
        "19.99949836730957],\"high\":[7,4,20.00050163269043]}},"
        "{\"id\":\"0x38\",\"status\":65600,\"extents\":" NOTHING "},"
        "{\"id\":\"0x999\",\"status\":65574,\"extents\":" NOTHING "},"
        "{\"id\":\"0\",\"status\":65559,\"extents\":" NOTHING "}]");
}

static void test_tree_goes_with_its_models(void **state)
{
    struct fixture *f = *state;
    size_t n = 0;

    ASSERT_OK(weh_element_delete_tree(f->bis, 0x35, &n, &f->diag));
    assert_int_equal(n, 159);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Model WHERE Id=53"), 0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=53 OR ModelId=53"),
                     0);
    ASSERT_OK(weh_element_delete_tree(f->bis, 0x11, &n, &f->diag));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=17"), 0);
}

static void test_tree_leaves_definitions_that_others_use(void **state)
{
    struct fixture *f = *state;
    size_t n = 9;

    /* A category of the dictionary: elements are drawn with it, but for its own sub-category. */
    ASSERT_OK(weh_element_delete_tree(f->bis, 0x16, &n, &f->diag));
    assert_int_equal(n, 0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id IN (22,23)"), 2);
}

static void test_tree_refuses_what_it_should_and_leaves_all(void **state)
{
    struct fixture *f = *state;
    int64_t n = fixture_int(f, "SELECT count(*) FROM bis_Element");
    size_t n_deleted = 0;

    ASSERT_FAILS(weh_element_delete_tree(f->bis, 1, &n_deleted, &f->diag), WEH_E_WRONG_ELEMENT,
                 "id");
    ASSERT_FAILS(weh_element_delete_tree(f->bis, 0x999, &n_deleted, &f->diag), WEH_E_NOT_FOUND,
                 "id");
    ASSERT_OK(
        fixture_insert(f, NULL,
                       "{'classFullName':'BisCore:Subject','model':'0x1','code':{'spec':'0x1',"
                       "'scope':'0x35','value':'scoped'},'parent':{'id':'0x1','relClassName':"
                       "'BisCore:SubjectOwnsSubjects'}}"));
    ASSERT_FAILS(weh_element_delete_tree(f->bis, 0x35, &n_deleted, &f->diag), WEH_E_FOREIGN_KEY,
                 "0x35");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), n + 1);
}

/* A file whose parents stand in a circle; foreign keys allow it. */
static void test_tree_with_a_circle_of_parents_ends(void **state)
{
    struct fixture *f = *state;
    size_t n = 0;
    weh_err err;

    fixture_sql(f, "UPDATE bis_Element SET ParentId=307 WHERE Id=308;"
                   "UPDATE bis_Element SET ParentId=308 WHERE Id=307");
    err = weh_element_delete_tree(f->bis, 307, &n, &f->diag);
    assert_true(err == WEH_OK || err == WEH_E_LIMIT || err == WEH_E_FOREIGN_KEY);
}

static void check_used(struct fixture *f, const weh_id *ids, size_t n, const weh_id *wanted,
                       size_t n_wanted)
{
    weh_id used[16] = { 0 };
    size_t n_used = 0;

    ASSERT_OK(weh_element_delete_definitions(f->bis, ids, n, used, &n_used, &f->diag));
    assert_int_equal(n_used, n_wanted);
    for (size_t i = 0; wanted != NULL && i < n_wanted && i < WEH_ARRAY_LEN(used); i++) {
        assert_true(used[i] == wanted[i]);
    }
}

static void test_definitions_in_use_are_told_and_left(void **state)
{
    /* A category with elements, its default sub-category, a part that is placed, what is no
     * definition, what does not exist, and one twice. */
    static const weh_id ids[] = { 0x16, 0x17, 0x29, 0x35, 0x999, 0x16 };
    static const weh_id used[] = { 0x16, 0x17, 0x29 };
    struct fixture *f = *state;
    int64_t n = fixture_int(f, "SELECT count(*) FROM bis_Element");

    check_used(f, ids, WEH_ARRAY_LEN(ids), used, WEH_ARRAY_LEN(used));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), n);
    check_used(f, ids, 0, NULL, 0);
}

static void test_definitions_of_a_view_go_with_it(void **state)
{
    static const weh_id parts[] = { 0x1b3, 0x1b4, 0x1b5 };
    static const weh_id all[] = { 0x1b6, 0x1b3, 0x1b4, 0x1b5 };
    struct fixture *f = *state;
    weh_id view = (weh_id)fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id=438");

    assert_int_equal(view, 1);
    check_used(f, parts, WEH_ARRAY_LEN(parts), parts, WEH_ARRAY_LEN(parts));
    check_used(f, all, WEH_ARRAY_LEN(all), NULL, 0);
    assert_int_equal(
        fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id IN (435,436,437,438)"), 0);
    assert_int_equal(
        fixture_int(f, "SELECT count(*) FROM bis_ModelSelectorRefersToModels WHERE SourceId=435"),
        0);
}

static void test_definition_with_a_model_is_refused_and_all_are_left(void **state)
{
    static const weh_id ids[] = { 0x2c, 0x15 };
    struct fixture *f = *state;
    int64_t n = fixture_int(f, "SELECT count(*) FROM bis_Element");
    weh_id used[2];
    size_t n_used = 0;

    ASSERT_FAILS(
        weh_element_delete_definitions(f->bis, ids, WEH_ARRAY_LEN(ids), used, &n_used, &f->diag),
        WEH_E_FOREIGN_KEY, "0x15");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), n);
}

static void test_children_of_a_deleted_element_are_not_protected(void **state)
{
    struct fixture *f = *state;
    weh_id group = 0;
    weh_id child = 0;

    ASSERT_OK(
        fixture_insert(f, &group, "{'classFullName':'BisCore:DefinitionGroup','model':'0x10'}"));
    ASSERT_OK(fixture_insert(f, &child,
                             "{'classFullName':'BisCore:RenderMaterial','model':'0x10',"
                             "'paletteName':'p','parent':{'id':'0x%llx','relClassName':"
                             "'BisCore:ElementOwnsChildElements'}}",
                             (unsigned long long)group));
    ASSERT_OK(fixture_delete(f, group));
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id IN (%lld,%lld)",
                                 (long long)group, (long long)child),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_model_update_sets_what_is_given_and_no_time),
        T(test_model_update_of_a_template_tells_whether_it_is_located),
        T(test_model_update_writes_the_formatter_in_the_words_of_the_native_library),
        T(test_model_update_refuses_what_it_should),
        T(test_model_delete_takes_its_elements_and_its_place_in_selectors),
        T(test_model_delete_refuses_what_it_should_and_leaves_all),
        T(test_extents_are_those_of_the_official_backend),
        T(test_tree_goes_with_its_models),
        T(test_tree_leaves_definitions_that_others_use),
        T(test_tree_refuses_what_it_should_and_leaves_all),
        T(test_tree_with_a_circle_of_parents_ends),
        T(test_definitions_in_use_are_told_and_left),
        T(test_definitions_of_a_view_go_with_it),
        T(test_definition_with_a_model_is_refused_and_all_are_left),
        T(test_children_of_a_deleted_element_are_not_protected),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
