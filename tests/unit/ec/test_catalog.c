/* tests/unit/ec/test_catalog.c - what a catalogue says of genuine files, compared with SQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/db.h"
#include "weh/ec.h"

#include "ec_fixture.h"

static void assert_str(struct weh_str str, const char *text)
{
    if (!weh_str_eq_text(str, text)) {
        fail_msg("\"%.*s\" is not \"%s\"", WEH_STR_ARGS(str), text);
    }
}

static sqlite3_stmt *prepare(const struct ec_fixture *f, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), sql, -1, &stmt, NULL),
                     SQLITE_OK);
    return stmt;
}

static const char *text_of(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

static void test_catalog_of_a_real_file_finds_classes_by_any_name(void **state)
{
    const struct ec_fixture *f = *state;
    /* Each was tried as a classFullName on the native library. */
    static const char *const names[] = { "WebEditTest:Widget",  "WebEditTest.Widget",
                                         "wet:widget",          "WEBEDITTEST.WIDGET",
                                         "WebEditTest::Widget", ":WebEditTest:Widget",
                                         "WebEditTest:Widget:", "WebEditTest: Widget",
                                         "WebEditTest :Widget", "\tWebEditTest.Widget\n",
                                         "WebEditTest.:Widget", ".WET..Widget.",
                                         " WebEditTest:Widget " };
    static const char *const none[] = { "",
                                        "Widget",
                                        "WebEditTest:",
                                        ":Widget",
                                        "WebEditTest:Widgets",
                                        "a.b.c",
                                        "WebEditTest.Widget.X",
                                        "BisCore:Widget",
                                        "WebEditTest Widget",
                                        "WebEditTest.Widget x",
                                        "WebEditTest:Widget\xc2\xa0",
                                        "wet:wet:Widget",
                                        ":",
                                        "." };

    assert_int_equal(weh_ec_class_count(f->catalog), 369);
    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        const struct weh_ec_class *ec_class =
            weh_ec_class_by_name(f->catalog, weh_str_from(names[i]));

        assert_non_null(ec_class);
        assert_int_equal(ec_class->id, 0x16b);
        assert_str(ec_class->full_name, "WebEditTest:Widget");
        assert_str(ec_class->full_name_dot, "WebEditTest.Widget");
        assert_ptr_equal(weh_ec_class_by_id(f->catalog, 0x16b), ec_class);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(none); i++) {
        assert_null(weh_ec_class_by_name(f->catalog, weh_str_from(none[i])));
    }
    assert_null(weh_ec_class_by_id(f->catalog, 0));
    assert_null(weh_ec_class_by_id(f->catalog, UINT64_MAX));
}

static void test_catalog_classes_ascend_by_id_and_have_what_the_tables_say(void **state)
{
    const struct ec_fixture *f = *state;
    sqlite3_stmt *stmt = prepare(f, "SELECT k.Id,k.Name,s.Name,s.Alias,k.Type,k.Modifier,"
                                    "s.VersionDigit1,s.VersionDigit3 FROM ec_Class k "
                                    "JOIN ec_Schema s ON s.Id=k.SchemaId ORDER BY k.Id");

    for (size_t i = 0; i < weh_ec_class_count(f->catalog); i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_at(f->catalog, i);

        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_int_equal(ec_class->id, sqlite3_column_int64(stmt, 0));
        assert_str(ec_class->name, text_of(stmt, 1));
        assert_str(ec_class->schema->name, text_of(stmt, 2));
        assert_str(ec_class->schema->alias, text_of(stmt, 3));
        assert_int_equal(ec_class->type, sqlite3_column_int(stmt, 4));
        assert_int_equal(ec_class->modifier, sqlite3_column_int(stmt, 5));
        assert_int_equal(ec_class->schema->version[0], sqlite3_column_int(stmt, 6));
        assert_int_equal(ec_class->schema->version[2], sqlite3_column_int(stmt, 7));
    }
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
}

static void test_catalog_ancestors_are_those_of_the_hierarchy_cache(void **state)
{
    const struct ec_fixture *f = *state;
    sqlite3_stmt *stmt =
        prepare(f, "SELECT ClassId,BaseClassId FROM ec_cache_ClassHierarchy ORDER BY 1,2");
    size_t n = 0;
    size_t total = 0;

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const struct weh_ec_class *ec_class =
            weh_ec_class_by_id(f->catalog, (weh_id)sqlite3_column_int64(stmt, 0));

        assert_non_null(ec_class);
        assert_true(weh_ec_class_is(ec_class, (weh_id)sqlite3_column_int64(stmt, 1)));
        n++;
    }
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < weh_ec_class_count(f->catalog); i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_at(f->catalog, i);

        total += ec_class->n_ancestors;
        assert_true(weh_ec_class_is(ec_class, ec_class->id));
        assert_false(weh_ec_class_is(ec_class, 999999));
    }
    assert_int_equal(n, total);
    assert_false(weh_ec_class_is(ec_fixture_class(f, "BisCore:Element"),
                                 ec_fixture_class(f, "BisCore:Subject")->id));
    assert_true(weh_ec_class_is(ec_fixture_class(f, "WebEditTest:WideWidget"),
                                ec_fixture_class(f, "WebEditTest:INicknamed")->id));
}

static void test_catalog_properties_stand_in_the_order_of_the_backend(void **state)
{
    const struct ec_fixture *f = *state;
    /* The native library wrote the map rows of each class in its own order of properties. */
    sqlite3_stmt *stmt =
        prepare(f, "SELECT pm.ClassId,pp.RootPropertyId,min(pm.Id) FROM ec_PropertyMap pm "
                   "JOIN ec_PropertyPath pp ON pp.Id=pm.PropertyPathId "
                   "JOIN ec_Property p ON p.Id=pp.RootPropertyId "
                   "JOIN ec_Class k ON k.Id=p.ClassId JOIN ec_Schema s ON s.Id=k.SchemaId "
                   "WHERE s.Name<>'ECDbSystem' GROUP BY 1,2 ORDER BY 1,3");
    const struct weh_ec_class *ec_class = NULL;
    uint16_t next = 0;
    size_t n_classes = 0;

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        weh_id id = (weh_id)sqlite3_column_int64(stmt, 0);

        if (ec_class == NULL || ec_class->id != id) {
            assert_true(ec_class == NULL || next == ec_class->n_properties);
            ec_class = weh_ec_class_by_id(f->catalog, id);
            assert_non_null(ec_class);
            next = 0;
            n_classes++;
        }
        assert_true(next < ec_class->n_properties);
        assert_int_equal(ec_class->properties[next++].id, sqlite3_column_int64(stmt, 1));
    }
    sqlite3_finalize(stmt);
    assert_int_equal(n_classes, 210);
}

static void test_catalog_property_redeclared_stands_where_it_was_declared_last(void **state)
{
    const struct ec_fixture *f = *state;
    const struct weh_ec_class *ec_class = ec_fixture_class(f, "ECDbFileInfo:EmbeddedFileInfo");

    assert_true(ec_class->n_properties >= 3);
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        for (uint16_t j = 0; j < i; j++) {
            assert_false(weh_str_eq(ec_class->properties[i].name, ec_class->properties[j].name));
        }
    }
    assert_int_equal(weh_ec_property_by_js_name(ec_class, WEH_STR("name"))->id, 52);
}

static void test_catalog_property_is_found_by_both_names_and_knows_its_type(void **state)
{
    const struct ec_fixture *f = *state;
    const struct weh_ec_class *widget = ec_fixture_class(f, "WebEditTest:Widget");
    const struct weh_ec_property *dt = weh_ec_property_by_js_name(widget, WEH_STR("anyDt"));

    assert_non_null(dt);
    assert_ptr_equal(weh_ec_property_by_js_name(widget, WEH_STR("AnyDt")), dt);
    assert_null(weh_ec_property_by_js_name(widget, WEH_STR("anydt")));
    assert_null(weh_ec_property_by_js_name(widget, WEH_STR("")));
    assert_int_equal(dt->datetime, WEH_EC_DT_UNSPECIFIED);
    assert_int_equal(weh_ec_property_by_js_name(widget, WEH_STR("utc"))->datetime, WEH_EC_DT_UTC);
    assert_int_equal(weh_ec_property_by_js_name(widget, WEH_STR("day"))->datetime,
                     WEH_EC_DT_DATE_ONLY);
    assert_int_equal(weh_ec_property_by_js_name(widget, WEH_STR("tod"))->datetime,
                     WEH_EC_DT_TIME_OF_DAY);
    assert_int_equal(weh_ec_property_by_js_name(widget, WEH_STR("level"))->primitive,
                     WEH_EC_STRING);
    assert_int_not_equal(weh_ec_property_by_js_name(widget, WEH_STR("level"))->enumeration_id, 0);
    assert_str(weh_ec_property_by_js_name(widget, WEH_STR("g"))->extended_type, "BeGuid");
    assert_true(weh_ec_property_by_js_name(widget, WEH_STR("lastMod"))->readonly);
    assert_true(weh_ec_property_by_js_name(widget, WEH_STR("lastMod"))->custom_handled);
    assert_false(dt->custom_handled);
    assert_ptr_equal(weh_ec_property_by_js_name(widget, WEH_STR("dim"))->struct_class,
                     ec_fixture_class(f, "WebEditTest:Dimension"));
    assert_ptr_equal(weh_ec_property_by_js_name(widget, WEH_STR("controller"))->nav_class,
                     ec_fixture_class(f, "WebEditTest:RecordControlsWidgets"));
}

/* The leaf of @ec_class with that access string in that column of that table. */
static const struct weh_ec_leaf *leaf_find(const struct weh_ec_class *ec_class, const char *access)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        const struct weh_ec_property *property = &ec_class->properties[i];

        for (uint16_t l = 0; l < property->n_leaves; l++) {
            if (weh_str_eq_text(property->leaves[l].access, access)) {
                return &property->leaves[l];
            }
        }
    }
    fail_msg("no leaf %s", access);
    abort(); /* fail_msg does not return, which its header does not say */
}

static void test_catalog_leaves_are_the_rows_of_the_property_map(void **state)
{
    const struct ec_fixture *f = *state;
    sqlite3_stmt *stmt =
        prepare(f, "SELECT pm.ClassId,pp.AccessString,c.Name,t.Name,"
                   "c.IsVirtual OR t.Type=4,c.Type FROM ec_PropertyMap pm "
                   "JOIN ec_PropertyPath pp ON pp.Id=pm.PropertyPathId "
                   "JOIN ec_Property p ON p.Id=pp.RootPropertyId "
                   "JOIN ec_Class k ON k.Id=p.ClassId JOIN ec_Schema s ON s.Id=k.SchemaId "
                   "JOIN ec_Column c ON c.Id=pm.ColumnId JOIN ec_Table t ON t.Id=c.TableId "
                   "WHERE s.Name<>'ECDbSystem'");
    size_t n = 0;
    size_t total = 0;

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const struct weh_ec_class *ec_class =
            weh_ec_class_by_id(f->catalog, (weh_id)sqlite3_column_int64(stmt, 0));
        const struct weh_ec_leaf *leaf = leaf_find(ec_class, text_of(stmt, 1));

        n++;
        assert_str(leaf->column, text_of(stmt, 2));
        assert_int_equal(leaf->is_virtual, sqlite3_column_int(stmt, 4));
        assert_int_equal(leaf->column_type, sqlite3_column_int(stmt, 5));
        if (!leaf->is_virtual) {
            assert_true(leaf->table < ec_class->n_tables);
            assert_str(ec_class->tables[leaf->table]->name, text_of(stmt, 3));
        }
    }
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < weh_ec_class_count(f->catalog); i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_at(f->catalog, i);

        for (uint16_t p = 0; p < ec_class->n_properties; p++) {
            total += ec_class->properties[p].n_leaves;
        }
    }
    assert_true(n > 2000);
    assert_int_equal(n, total);
}

static void test_catalog_leaf_of_a_nested_struct_names_member_part_and_type(void **state)
{
    const struct ec_fixture *f = *state;
    const struct weh_ec_class *widget = ec_fixture_class(f, "WebEditTest:WideWidget");
    const struct weh_ec_property *tag = weh_ec_property_by_js_name(widget, WEH_STR("mainTag"));
    const struct weh_ec_property *p3 = weh_ec_property_by_js_name(widget, WEH_STR("p3"));

    assert_int_equal(tag->n_leaves, 5);
    assert_str(tag->leaves[0].member, "Dim.Height");
    assert_str(tag->leaves[2].member, "Dim.Width");
    assert_str(tag->leaves[3].member, "Name");
    assert_str(tag->leaves[0].value->js_name, "height");
    assert_int_equal(tag->leaves[0].value->primitive, WEH_EC_DOUBLE);
    assert_str(tag->leaves[0].part, "");
    assert_int_equal(p3->n_leaves, 3);
    assert_str(p3->leaves[2].part, "Z");
    assert_int_equal(p3->leaves[2].value->id, p3->id);
}

static void test_catalog_tables_are_primary_then_joined_then_overflow(void **state)
{
    const struct ec_fixture *f = *state;
    const struct weh_ec_class *widget = ec_fixture_class(f, "WebEditTest:Widget");
    const struct weh_ec_class *code_spec = ec_fixture_class(f, "BisCore:CodeSpec");
    const struct weh_ec_class *refers = ec_fixture_class(f, "WebEditTest:WidgetRefersToRecord");

    assert_int_equal(widget->n_tables, 3);
    assert_str(widget->tables[0]->name, "bis_Element");
    assert_str(widget->tables[0]->id_column, "Id");
    assert_str(widget->tables[1]->name, "bis_GeometricElement3d");
    assert_str(widget->tables[1]->id_column, "ElementId");
    assert_true(widget->tables[1]->has_class_id_column);
    assert_str(widget->tables[2]->name, "bis_GeometricElement3d_Overflow");
    assert_ptr_equal(widget->tables[2]->parent, widget->tables[1]);
    assert_ptr_equal(weh_ec_table_by_name(f->catalog, WEH_STR("BIS_element")), widget->tables[0]);
    assert_null(weh_ec_table_by_name(f->catalog, WEH_STR("sqlite_master")));
    assert_int_equal(code_spec->n_tables, 1);
    assert_false(code_spec->tables[0]->has_class_id_column);
    assert_int_equal(code_spec->tables[0]->exclusive_root_class_id, code_spec->id);
    assert_str(refers->source_id_column, "SourceId");
    assert_str(refers->target_id_column, "TargetId");
    assert_str(code_spec->source_id_column, "");
    assert_int_equal(ec_fixture_class(f, "BisCore:ElementOwnsChildElements")->n_tables, 0);
}

static void test_catalog_tables_of_each_class_are_those_of_the_cache(void **state)
{
    const struct ec_fixture *f = *state;
    sqlite3_stmt *stmt = prepare(f, "SELECT h.ClassId,t.Name FROM ec_cache_ClassHasTables h "
                                    "JOIN ec_Table t ON t.Id=h.TableId WHERE t.Type<>4");
    size_t n = 0;
    size_t total = 0;

    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const struct weh_ec_class *ec_class =
            weh_ec_class_by_id(f->catalog, (weh_id)sqlite3_column_int64(stmt, 0));
        bool found = false;

        for (uint16_t i = 0; i < ec_class->n_tables; i++) {
            found = found || weh_str_eq_text(ec_class->tables[i]->name, text_of(stmt, 1));
        }
        assert_true(found);
        n++;
    }
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < weh_ec_class_count(f->catalog); i++) {
        total += weh_ec_class_at(f->catalog, i)->n_tables;
    }
    assert_int_equal(n, total);
}

static void test_catalog_subclasses_are_the_rows_of_base_classes(void **state)
{
    const struct ec_fixture *f = *state;
    sqlite3_stmt *stmt = prepare(f, "SELECT ClassId FROM ec_ClassHasBaseClasses "
                                    "WHERE BaseClassId=? ORDER BY ClassId");
    size_t total = 0;

    for (size_t i = 0; i < weh_ec_class_count(f->catalog); i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_at(f->catalog, i);

        assert_int_equal(sqlite3_bind_int64(stmt, 1, (int64_t)ec_class->id), SQLITE_OK);
        for (uint32_t d = 0; d < ec_class->n_derived; d++) {
            assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
            assert_int_equal(sqlite3_column_int64(stmt, 0), ec_class->derived[d]->id);
            total++;
        }
        assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
        (void)sqlite3_reset(stmt);
    }
    assert_int_equal(total, 242);
    (void)sqlite3_finalize(stmt);
}

static void assert_end(sqlite3_stmt *stmt, const struct weh_ec_constraint *end)
{
    bool unbounded = sqlite3_column_type(stmt, 5) == SQLITE_NULL;

    assert_int_equal(end->lower, sqlite3_column_int64(stmt, 4));
    assert_int_equal(end->upper,
                     unbounded ? WEH_EC_UNBOUNDED : (uint32_t)sqlite3_column_int64(stmt, 5));
    assert_int_equal(end->polymorphic, sqlite3_column_int(stmt, 6));
    assert_int_equal(end->abstract_class == NULL ? 0 : end->abstract_class->id,
                     sqlite3_column_int64(stmt, 7));
    assert_int_equal(end->n_classes, sqlite3_column_int64(stmt, 8));
    assert_int_equal(end->classes[0]->id, sqlite3_column_int64(stmt, 9));
    assert_int_equal(end->classes[end->n_classes - 1]->id, sqlite3_column_int64(stmt, 10));
}

static void test_catalog_relationships_have_the_ends_of_the_constraint_rows(void **state)
{
    const struct ec_fixture *f = *state;
    sqlite3_stmt *stmt =
        prepare(f, "SELECT k.Id,k.RelationshipStrength,k.RelationshipStrengthDirection,"
                   "c.RelationshipEnd,c.MultiplicityLowerLimit,c.MultiplicityUpperLimit,"
                   "c.IsPolymorphic,c.AbstractConstraintClassId,count(*),"
                   "(SELECT ClassId FROM ec_RelationshipConstraintClass WHERE ConstraintId=c.Id "
                   "ORDER BY Id),(SELECT ClassId FROM ec_RelationshipConstraintClass WHERE "
                   "ConstraintId=c.Id ORDER BY Id DESC) FROM ec_RelationshipConstraint c "
                   "JOIN ec_Class k ON k.Id=c.RelationshipClassId "
                   "JOIN ec_RelationshipConstraintClass r ON r.ConstraintId=c.Id GROUP BY c.Id");
    size_t n = 0;

    for (; sqlite3_step(stmt) == SQLITE_ROW; n++) {
        const struct weh_ec_class *ec_class =
            weh_ec_class_by_id(f->catalog, (weh_id)sqlite3_column_int64(stmt, 0));

        assert_non_null(ec_class);
        assert_non_null(ec_class->relationship);
        assert_int_equal(ec_class->relationship->strength, sqlite3_column_int(stmt, 1));
        assert_int_equal(ec_class->relationship->forward, sqlite3_column_int(stmt, 2) == 1);
        assert_end(stmt, &ec_class->relationship->ends[sqlite3_column_int(stmt, 3)]);
    }
    assert_int_equal(n, 266);
    (void)sqlite3_finalize(stmt);
    assert_null(ec_fixture_class(f, "BisCore:Element")->relationship);
}

static void test_catalog_classes_share_what_they_hold_alike(void **state)
{
    const struct ec_fixture *f = *state;
    const struct weh_ec_class *base = ec_fixture_class(f, "BisCore:PhysicalElement");
    const struct weh_ec_class *same = ec_fixture_class(f, "Generic:PhysicalObject");
    const struct weh_ec_class *more = ec_fixture_class(f, "WebEditTest:Widget");

    assert_ptr_equal(same->properties, base->properties);
    assert_int_equal(same->n_properties, base->n_properties);
    assert_ptr_not_equal(more->properties, base->properties);
    assert_ptr_equal(weh_ec_property_by_js_name(more, WEH_STR("origin"))->leaves,
                     weh_ec_property_by_js_name(base, WEH_STR("origin"))->leaves);
    /* What it held before it shared: 710 KB. */
    assert_true(weh_ec_catalog_bytes(f->catalog) < 500000);
}

static void test_catalog_knows_how_each_class_is_mapped(void **state)
{
    const struct ec_fixture *f = *state;
    sqlite3_stmt *stmt = prepare(f, "SELECT ClassId,MapStrategy FROM ec_ClassMap");
    size_t n = 0;

    for (; sqlite3_step(stmt) == SQLITE_ROW; n++) {
        assert_int_equal(
            weh_ec_class_by_id(f->catalog, (weh_id)sqlite3_column_int64(stmt, 0))->map_strategy,
            sqlite3_column_int(stmt, 1));
    }
    assert_int_equal(n, 369);
    (void)sqlite3_finalize(stmt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalog_of_a_real_file_finds_classes_by_any_name),
        cmocka_unit_test(test_catalog_classes_ascend_by_id_and_have_what_the_tables_say),
        cmocka_unit_test(test_catalog_ancestors_are_those_of_the_hierarchy_cache),
        cmocka_unit_test(test_catalog_properties_stand_in_the_order_of_the_backend),
        cmocka_unit_test(test_catalog_property_redeclared_stands_where_it_was_declared_last),
        cmocka_unit_test(test_catalog_property_is_found_by_both_names_and_knows_its_type),
        cmocka_unit_test(test_catalog_leaves_are_the_rows_of_the_property_map),
        cmocka_unit_test(test_catalog_leaf_of_a_nested_struct_names_member_part_and_type),
        cmocka_unit_test(test_catalog_tables_are_primary_then_joined_then_overflow),
        cmocka_unit_test(test_catalog_tables_of_each_class_are_those_of_the_cache),
        cmocka_unit_test(test_catalog_subclasses_are_the_rows_of_base_classes),
        cmocka_unit_test(test_catalog_relationships_have_the_ends_of_the_constraint_rows),
        cmocka_unit_test(test_catalog_classes_share_what_they_hold_alike),
        cmocka_unit_test(test_catalog_knows_how_each_class_is_mapped),
    };

    return cmocka_run_group_tests(tests, ec_fixture_setup, ec_fixture_teardown);
}
