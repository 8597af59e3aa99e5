/* tests/unit/bis/test_failures.c - each call with the 1st, 2nd, 3rd ... allocation failing.
 *
 * SQLite has its own allocator, which does not fail here. Whatever fails: nothing is lost, nothing
 * stays half done, and the same call works afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "bis_fixture.h"
#include "fake_alloc.h"

typedef weh_err (*call_fn)(struct fixture *f, const struct weh_value *props);

static weh_err call_insert(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;

    return weh_element_insert(f->bis, props, &id, &f->diag);
}

static weh_err call_update(struct fixture *f, const struct weh_value *props)
{
    return weh_element_update(f->bis, props, &f->diag);
}

static weh_err call_delete(struct fixture *f, const struct weh_value *props)
{
    static const weh_id ids[] = { 0x120, 0x3a };

    (void)props;
    return weh_element_delete(f->bis, ids, WEH_ARRAY_LEN(ids), &f->diag);
}

static weh_err call_model(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;

    return weh_model_insert(f->bis, props, &id, &f->diag);
}

static weh_err call_model_update(struct fixture *f, const struct weh_value *props)
{
    return weh_model_update(f->bis, props, &f->diag);
}

static weh_err call_model_delete(struct fixture *f, const struct weh_value *props)
{
    (void)props;
    return weh_model_delete(f->bis, 0x36, &f->diag);
}

static weh_err call_delete_tree(struct fixture *f, const struct weh_value *props)
{
    size_t n = 0;

    (void)props;
    return weh_element_delete_tree(f->bis, 0x11, &n, &f->diag);
}

static weh_err call_delete_definitions(struct fixture *f, const struct weh_value *props)
{
    static const weh_id ids[] = { 0x1b6, 0x1b3, 0x1b4, 0x1b5, 0x29, 0x2c };
    weh_id used[WEH_ARRAY_LEN(ids)];
    size_t n = 0;

    (void)props;
    return weh_element_delete_definitions(f->bis, ids, WEH_ARRAY_LEN(ids), used, &n, &f->diag);
}

static void null_value(struct weh_sink *sink)
{
    (void)sink;
}

static void null_bool(struct weh_sink *sink, bool value)
{
    (void)sink;
    (void)value;
}

static void null_int(struct weh_sink *sink, int64_t value)
{
    (void)sink;
    (void)value;
}

static void null_uint(struct weh_sink *sink, uint64_t value)
{
    (void)sink;
    (void)value;
}

static void null_real(struct weh_sink *sink, double value)
{
    (void)sink;
    (void)value;
}

static void null_string(struct weh_sink *sink, struct weh_str value)
{
    (void)sink;
    (void)value;
}

static void null_binary(struct weh_sink *sink, const void *bytes, size_t n)
{
    (void)sink;
    (void)bytes;
    (void)n;
}

static void null_count(struct weh_sink *sink, uint32_t n)
{
    (void)sink;
    (void)n;
}

/* A sink that needs no memory. */
static const struct weh_sink_ops null_ops = {
    .null = null_value,
    .boolean = null_bool,
    .integer = null_int,
    .uinteger = null_uint,
    .real = null_real,
    .string = null_string,
    .binary = null_binary,
    .array_begin = null_count,
    .array_end = null_value,
    .map_begin = null_count,
    .key = null_string,
    .map_end = null_value,
};

static weh_err call_get(struct fixture *f, const struct weh_value *props)
{
    static const weh_id ids[] = { 0x11, 0x131, 0x18a, 0x17, 0x1b4, 0x1b6, 0x28, 0x92, 0x9b };
    struct weh_sink sink = { &null_ops };
    weh_err err = WEH_OK;

    (void)props;
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(ids); i++) {
        struct weh_element_key key = { .id = ids[i], .want_geometry = true };

        err = weh_element_get_props(f->bis, &key, &sink, &f->diag);
    }
    return err == WEH_OK ? weh_model_get_props(f->bis, 0x35, &sink, &f->diag) : err;
}

static weh_err call_write_geometry(struct fixture *f, const struct weh_value *props)
{
    static const weh_id ids[] = { 0x8a, 0x28, 0xe1, 0x92 };
    struct weh_sink sink = { &null_ops };
    weh_err err = WEH_OK;

    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(ids); i++) {
        err = weh_element_write_geometry(f->bis, ids[i], props, &sink, &f->diag);
    }
    return err;
}

static weh_err call_create(struct fixture *f, const struct weh_value *props)
{
    struct weh_bis *bis = NULL;
    weh_err err = weh_bis_create(f->briefcase, f->catalog, &bis, &f->diag);

    (void)props;
    weh_bis_destroy(bis);
    return err;
}

/* Number of rows, and a sum over ids: a failed call must not change it. */
static int64_t digest(struct fixture *f)
{
    return fixture_int(f, "SELECT (SELECT total(Id*7+length(coalesce(CodeValue,''))) FROM"
                          " bis_Element)+(SELECT total(ElementId) FROM bis_GeometricElement3d)+"
                          "(SELECT total(Id*3) FROM bis_ElementRefersToElements)+(SELECT total(Id)"
                          " FROM bis_Model)+(SELECT total(length(coalesce(UserLabel,''))) FROM"
                          " bis_Element)");
}

static void run(call_fn call, const char *text)
{
    struct fixture fixture;
    struct fixture *f = &fixture;
    const struct weh_value *props;
    weh_err err = WEH_E_NOMEM;
    int64_t before;
    unsigned n = 0;

    fixture_open(f, "small.bim", false);
    if (call == call_model) {
        ASSERT_OK(fixture_insert(f, NULL,
                                 "{'classFullName':'BisCore:DefinitionContainer','model':"
                                 "'0x14'}"));
    }
    props = fixture_value(f, "%s", text);
    before = digest(f);
    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        /* Each time from a fresh context, so that everything is looked up anew. */
        weh_bis_destroy(f->bis);
        f->bis = NULL;
        ASSERT_OK(weh_bis_create(f->briefcase, f->catalog, &f->bis, &f->diag));
        fake_alloc_fail_at(nth);
        err = call(f, props);
        fake_alloc_reset();
        if (err == WEH_E_NOMEM) {
            assert_int_equal(digest(f), before);
            n++;
        }
    }
    if (err != WEH_OK) {
        fail_msg("%s: %s", weh_err_info(err)->name, f->diag.text);
    }
    assert_true(n > 3);
    fixture_check_file(f);
    fixture_close(f);
    assert_int_equal(fake_alloc_live(), 0);
}

static void test_create_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_create, "{}");
}

static void test_get_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_get, "{}");
    run(call_write_geometry, "{'geometry':{'curves':true,'surfaces':true,'solids':true}}");
}

static void test_insert_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_insert, "{'classFullName':'WebEditTest:WideWidget','model':'0x35','category':'0x16',"
                     "'code':{'spec':'bis:Subject','scope':'0x1','value':'v'},'s':'t','ints':[1],"
                     "'jsonProperties':{'a':[1,2]},'tags':[{'name':'n'}]}");
}

static void test_insert_with_geometry_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_insert,
        "{'classFullName':'Generic:PhysicalObject','model':'0x35','category':'0x16','geom':["
        "{'appearance':{'subCategory':'0x17','color':5}},{'fill':{'display':2,'color':3}},"
        "{'loop':[{'lineString':[[0,0,0],[1,0,0],[1,1,0],[0,0,0]]}]},{'box':{'origin':[0,0,0],"
        "'baseX':1}},{'geomPart':{'part':'0x28','origin':[1,2,3]}},{'indexedMesh':{'point':"
        "[[0,0,0],[1,0,0],[0,1,0]],'pointIndex':[1,2,3,0]}}]}");
}

static void test_update_with_geometry_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_update, "{'id':'0x8a','placement':{'origin':[1,2,3]},'geom':[{'unionRegion':[{'loop':"
                     "[{'lineString':[[0,0,0],[1,0,0],[1,1,0],[0,0,0]]}]},{'loop':[{'lineString':"
                     "[[5,0,0],[6,0,0],[6,1,0],[5,0,0]]}]}]}]}");
}

static void test_insert_of_category_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_insert, "{'classFullName':'BisCore:SpatialCategory','model':'0x10','code':{'spec':"
                     "'0x16','scope':'0x10','value':'v'}}");
}

static void test_insert_of_selector_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_insert, "{'classFullName':'BisCore:CategorySelector','model':'0x10','categories':"
                     "['0x16','0x18']}");
}

static void test_update_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_update, "{'id':'0x18a','userLabel':'x','s':'t','w47':null,'jsonProperties':{'a':1}}");
}

static void test_update_of_appearance_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_update, "{'id':'0x17','appearance':{'color':5}}");
}

static void test_delete_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_delete, "{}");
}

static void test_model_insert_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_model, "{'classFullName':'BisCore:DefinitionModel','modeledElement':{'id':'0x1ba'}}");
}

static void test_model_update_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_model_update, "{'id':'0x37','isPrivate':false,'isTemplate':true,'updateLastMod':true,"
                           "'jsonProperties':{'a':[1],'formatter':null}}");
}

static void test_model_delete_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_model_delete, "{}");
}

static void test_delete_tree_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_delete_tree, "{}");
}

static void test_delete_definitions_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(call_delete_definitions, "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_survives_any_failed_allocation),
        cmocka_unit_test(test_get_survives_any_failed_allocation),
        cmocka_unit_test(test_insert_survives_any_failed_allocation),
        cmocka_unit_test(test_insert_with_geometry_survives_any_failed_allocation),
        cmocka_unit_test(test_update_with_geometry_survives_any_failed_allocation),
        cmocka_unit_test(test_insert_of_category_survives_any_failed_allocation),
        cmocka_unit_test(test_insert_of_selector_survives_any_failed_allocation),
        cmocka_unit_test(test_update_survives_any_failed_allocation),
        cmocka_unit_test(test_update_of_appearance_survives_any_failed_allocation),
        cmocka_unit_test(test_delete_survives_any_failed_allocation),
        cmocka_unit_test(test_model_insert_survives_any_failed_allocation),
        cmocka_unit_test(test_model_update_survives_any_failed_allocation),
        cmocka_unit_test(test_model_delete_survives_any_failed_allocation),
        cmocka_unit_test(test_delete_tree_survives_any_failed_allocation),
        cmocka_unit_test(test_delete_definitions_survives_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
