/* tests/unit/bis/test_link_failures.c - aspects, relationships and code specs with the 1st, 2nd, 3rd ...
 * allocation failing; as test_failures.c, which has elements and models. */
#include <string.h>

#include "weh/aspect.h"
#include "weh/code_spec.h"
#include "weh/relationship.h"

#include "bis_fixture.h"
#include "fake_alloc.h"

#define NOTE   "WebEditTest:WidgetNote"
#define INFO   "WebEditTest:WidgetInfo"
#define REFERS "WebEditTest:WidgetRefersToRecord"
#define DRIVES "BisCore:ElementDrivesElement"

typedef weh_err (*call_fn)(struct fixture *f, const struct weh_value *props);

static weh_err insert_aspect(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;

    return weh_aspect_insert(f->bis, props, &id, &f->diag);
}

static weh_err update_aspect(struct fixture *f, const struct weh_value *props)
{
    return weh_aspect_update(f->bis, props, &f->diag);
}

static weh_err delete_aspects(struct fixture *f, const struct weh_value *props)
{
    static const weh_id ids[] = { 0x5b, 0x5c };

    (void)props;
    return weh_aspect_delete(f->bis, ids, WEH_ARRAY_LEN(ids), &f->diag);
}

static weh_err insert_link(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;

    return weh_relationship_insert(f->bis, props, false, &id, &f->diag);
}

static weh_err update_link(struct fixture *f, const struct weh_value *props)
{
    return weh_relationship_update(f->bis, props, &f->diag);
}

static weh_err delete_link(struct fixture *f, const struct weh_value *props)
{
    return weh_relationship_delete(f->bis, props, &f->diag);
}

static weh_err insert_spec(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;

    return weh_code_spec_insert(f->bis, WEH_STR("lt:one"), props, &id, &f->diag);
}

static weh_err settle(struct fixture *f, const struct weh_value *props)
{
    const struct weh_change_list none = { 0 };
    weh_err err = update_link(f, props);

    return err == WEH_OK ? weh_bis_propagate(f->bis, &none, &f->diag) : err;
}

static weh_err read_all(struct fixture *f, const struct weh_value *props)
{
    const struct weh_relationship_key link = { .class_name = WEH_STR(REFERS),
                                               .source = 0x132,
                                               .target = 0x3b };
    struct weh_json_writer writer;
    weh_err err;

    (void)props;
    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    weh_sink_array_begin(&writer.sink, WEH_SINK_UNKNOWN);
    err = weh_aspects_get_props(f->bis, 0x132, (struct weh_str){ NULL, 0 }, &writer.sink, &f->diag);
    if (err == WEH_OK) {
        err = weh_relationship_get_props(f->bis, &link, &writer.sink, &f->diag);
    }
    if (err == WEH_OK) {
        err = weh_code_spec_list(f->bis, &writer.sink, &f->diag);
    }
    if (err == WEH_OK) {
        err = weh_code_spec_get_by_name(f->bis, WEH_STR("bis:Subject"), &writer.sink, &f->diag);
    }
    return err == WEH_OK ? f->text.err : err;
}

/* A sum over all that these edits change, but for times. */
static int64_t digest(struct fixture *f)
{
    return fixture_int(
        f, "SELECT (SELECT total(Id*3+length(coalesce(ps1,''))) FROM bis_ElementMultiAspect)+"
           "(SELECT total(Id*5+length(coalesce(ps1,''))) FROM bis_ElementUniqueAspect)+"
           "(SELECT total(Id*7+length(coalesce(ps1,''))) FROM bis_ElementRefersToElements)+"
           "(SELECT total(Id*11+coalesce(Priority,77)) FROM bis_ElementDrivesElement)+"
           "(SELECT total(Id*13) FROM bis_CodeSpec)+"
           "(SELECT total(LastMod>2460000) FROM bis_Element)");
}

static void check_unchanged(struct fixture *f, call_fn call, int64_t before)
{
    /* An update and the save behind it are two calls. */
    if (call != settle) {
        assert_int_equal(digest(f), before);
    }
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
    fixture_sql(f, "UPDATE bis_Element SET LastMod=2450000.5");
    props = fixture_value(f, "%s", text);
    before = digest(f);
    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        /* Each time from a fresh context, so that everything is looked up anew. */
        weh_bis_destroy(f->bis);
        f->bis = NULL;
        weh_buf_fini(&f->text);
        ASSERT_OK(weh_bis_create(f->briefcase, f->catalog, &f->bis, &f->diag));
        fake_alloc_fail_at(nth);
        err = call(f, props);
        fake_alloc_reset();
        if (err == WEH_E_NOMEM) {
            check_unchanged(f, call, before);
            n++;
        }
    }
    if (err != WEH_OK) {
        fail_msg("%s: %s", weh_err_info(err)->name, f->diag.text);
    }
    assert_true(n > 0);
    fixture_check_file(f);
    fixture_close(f);
    assert_int_equal(fake_alloc_live(), 0);
}

static void test_aspects_survive_any_failed_allocation(void **state)
{
    (void)state;
    run(insert_aspect, "{'classFullName':'" NOTE "','element':{'id':'0x130'},'text':'a'}");
    run(insert_aspect, "{'classFullName':'" INFO "','element':{'id':'0x130'},'info':'second'}");
    run(update_aspect, "{'classFullName':'" NOTE "','id':'0x5c','element':{'id':'0x131'},'text':"
                       "'another'}");
    run(update_aspect, "{'classFullName':'" INFO "','element':{'id':'0x130'},'info':null}");
    run(delete_aspects, "{}");
}

static void test_relationships_survive_any_failed_allocation(void **state)
{
    (void)state;
    run(insert_link, "{'classFullName':'" REFERS "','sourceId':'0x130','targetId':'0x3b','role':"
                     "'r'}");
    run(insert_link, "{'classFullName':'" DRIVES "','sourceId':'0x130','targetId':'0x131'}");
    run(update_link, "{'classFullName':'" REFERS "','id':'0x2a','role':'r'}");
    run(update_link, "{'classFullName':'" DRIVES "','id':'0x51','priority':5}");
    run(delete_link, "{'classFullName':'" DRIVES "','id':'0x51'}");
}

static void test_save_of_a_failed_relationship_survives_any_failed_allocation(void **state)
{
    (void)state;
    run(settle, "{'classFullName':'" DRIVES "','id':'0x51','status':1}");
}

static void test_code_specs_survive_any_failed_allocation(void **state)
{
    (void)state;
    run(insert_spec, "{'scopeSpec':{'type':1}}");
}

static void test_reads_survive_any_failed_allocation(void **state)
{
    (void)state;
    run(read_all, "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aspects_survive_any_failed_allocation),
        cmocka_unit_test(test_relationships_survive_any_failed_allocation),
        cmocka_unit_test(test_save_of_a_failed_relationship_survives_any_failed_allocation),
        cmocka_unit_test(test_code_specs_survive_any_failed_allocation),
        cmocka_unit_test(test_reads_survive_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
