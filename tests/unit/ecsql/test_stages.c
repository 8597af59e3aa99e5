/* tests/unit/ecsql/test_stages.c - the later stages of the compiler, each alone: names, tables, SQL, arguments; and all
 * of it without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "weh/arena.h"
#include "weh/db.h"

#include "ec_fixture.h"
#include "fake_alloc.h"
#include "parse.h"
#include "statement.h"

struct parsed {
    struct weh_arena arena;
    struct ecsql_tree tree;
    struct weh_diag diag;
    weh_err err;
};

static void parse(struct parsed *p, const char *text)
{
    memset(p, 0, sizeof(*p));
    weh_arena_init(&p->arena, 0);
    p->err = ecsql_parse(weh_str_from(text), &p->arena, &p->tree, &p->diag);
}

/* ---- names ---- */

struct resolved {
    struct parsed parsed;
    struct ecsql_context context;
    weh_err err;
};

static void resolve(struct ec_fixture *f, struct resolved *r, const char *text)
{
    parse(&r->parsed, text);
    assert_int_equal(r->parsed.err, WEH_OK);
    r->context = (struct ecsql_context){ .briefcase = f->briefcase,
                                         .catalog = f->catalog,
                                         .arena = &r->parsed.arena,
                                         .text = weh_str_from(text),
                                         .tree = &r->parsed.tree,
                                         .diag = &r->parsed.diag };
    r->err = ecsql_resolve(&r->context);
}

static void test_resolve_finds_a_class_by_schema_or_alias_in_any_case(void **state)
{
    static const char *const texts[] = {
        "SELECT 1 FROM BisCore.Element",   "SELECT 1 FROM bis.Element",
        "SELECT 1 FROM BIS.ELEMENT",       "SELECT 1 FROM bis:Element",
        "SELECT 1 FROM [bis].[element] e",
    };
    const struct weh_ec_class *element = ec_fixture_class(*state, "BisCore:Element");

    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        struct resolved r;

        resolve(*state, &r, texts[i]);
        assert_int_equal(r.err, WEH_OK);
        assert_ptr_equal(r.parsed.tree.query->selects->sources->ec_class, element);
        weh_arena_fini(&r.parsed.arena);
    }
}

static void test_resolve_suggests_the_name_that_was_meant(void **state)
{
    static const struct {
        const char *text, *where, *named, *meant;
    } rows[] = {
        { "SELECT UserLable FROM bis.Element", "line 1 column 8", "UserLable", "UserLabel" },
        { "SELECT 1 FROM bis.Elemnt", "line 1 column 15", "Elemnt", "Element" },
        { "SELECT substrr('a',1)", "line 1 column 8", "substrr", "substr" },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        struct resolved r;

        resolve(*state, &r, rows[i].text);
        assert_int_equal(r.err, WEH_E_QUERY);
        assert_string_equal(r.parsed.diag.where, rows[i].where);
        assert_non_null(strstr(r.parsed.diag.text, rows[i].named));
        assert_non_null(strstr(r.parsed.diag.text, rows[i].meant));
        weh_arena_fini(&r.parsed.arena);
    }
}

static void test_resolve_gives_a_parameter_the_type_of_what_it_stands_beside(void **state)
{
    struct resolved r;

    resolve(*state, &r,
            "SELECT 1 FROM WebEditTest.Widget WHERE ECInstanceId=? AND P3=:p AND D>? AND P3<>:p");
    assert_int_equal(r.err, WEH_OK);
    assert_int_equal(r.context.n_params, 3);
    assert_int_equal(r.context.params[0].type.id_kind, ECSQL_ID_ID);
    assert_true(ecsql_type_is_point(&r.context.params[1].type));
    assert_int_equal(r.context.params[1].n_cells, 3);
    assert_true(ecsql_type_is_number(&r.context.params[2].type));
    weh_arena_fini(&r.parsed.arena);
}

/* A query with @n parameters, each of which is an id. */
static void resolve_ids(struct ec_fixture *f, struct resolved *r, unsigned n)
{
    struct weh_buf text;

    weh_buf_init(&text, 0);
    weh_buf_printf(&text, "SELECT 1 FROM bis.Element WHERE ECInstanceId IN (?");
    for (unsigned i = 1; i < n; i++) {
        weh_buf_printf(&text, ",?");
    }
    weh_buf_append(&text, ")", sizeof(")"));
    resolve(f, r, (const char *)text.data);
    weh_buf_fini(&text);
}

static void test_resolve_takes_as_many_parameters_as_there_may_be(void **state)
{
    struct resolved r;

    resolve_ids(*state, &r, ECSQL_MAX_PARAMS);
    assert_int_equal(r.err, WEH_OK);
    assert_int_equal(r.context.n_params, ECSQL_MAX_PARAMS);
    for (unsigned i = 0; i < ECSQL_MAX_PARAMS; i++) {
        assert_int_equal(r.context.params[i].type.id_kind, ECSQL_ID_ID);
    }
    weh_arena_fini(&r.parsed.arena);
    resolve_ids(*state, &r, ECSQL_MAX_PARAMS + 1);
    assert_int_equal(r.err, WEH_E_QUERY);
    weh_arena_fini(&r.parsed.arena);
}

/* It stays with each session that has asked it. */
static void test_resolve_needs_little_memory_for_a_small_query(void **state)
{
    struct resolved r;

    resolve_ids(*state, &r, 1);
    assert_int_equal(r.err, WEH_OK);
    assert_in_range(r.parsed.arena.used_bytes, 1, 4096);
    weh_arena_fini(&r.parsed.arena);
}

static void test_resolve_tells_types_of_properties_and_parts(void **state)
{
    struct resolved r;
    const struct ecsql_column *columns;

    resolve(*state, &r,
            "SELECT Origin, Origin.X, Model, Model.Id, LastMod, MainTag.Dim.Width, Ints "
            "FROM WebEditTest.Widget");
    assert_int_equal(r.err, WEH_OK);
    columns = r.parsed.tree.query->columns;
    assert_int_equal(r.parsed.tree.query->n_columns, 7);
    assert_true(ecsql_type_is_point(&columns[0].type));
    assert_true(ecsql_type_is_scalar(&columns[1].type));
    assert_int_equal(columns[2].type.kind, ECSQL_TYPE_NAVIGATION);
    assert_int_equal(columns[3].type.id_kind, ECSQL_ID_ID);
    assert_int_equal(columns[4].type.primitive, WEH_EC_DATETIME);
    assert_int_equal(columns[5].type.primitive, WEH_EC_DOUBLE);
    assert_int_equal(columns[6].type.kind, ECSQL_TYPE_ARRAY);
    weh_arena_fini(&r.parsed.arena);
}

/* ---- tables ---- */

static uint32_t count_groups(struct ec_fixture *f, const char *text, struct ecsql_group *first)
{
    struct ecsql_group *group = NULL;
    struct resolved r;
    uint32_t n = 0;

    resolve(f, &r, text);
    assert_int_equal(r.err, WEH_OK);
    assert_int_equal(ecsql_partition(&r.context, r.parsed.tree.query->selects->sources, &group),
                     WEH_OK);
    *first = group == NULL ? (struct ecsql_group){ .n_ids = 0 } : *group;
    for (; group != NULL; group = group->next) {
        n++;
    }
    weh_arena_fini(&r.parsed.arena);
    return n;
}

static void test_partition_takes_one_table_for_what_stands_in_one(void **state)
{
    struct ecsql_group group;

    assert_int_equal(count_groups(*state, "SELECT UserLabel FROM bis.Element", &group), 1);
    assert_true(group.n_ids > 50);
    assert_false(group.filter);
    assert_int_equal(count_groups(*state, "SELECT Name FROM ONLY WebEditTest.Record", &group), 1);
    assert_int_equal(group.n_ids, 1);
    assert_true(group.filter);
}

static void test_partition_finds_nothing_for_only_an_abstract_class(void **state)
{
    struct ecsql_group group;

    assert_int_equal(count_groups(*state, "SELECT UserLabel FROM ONLY bis.Element", &group), 0);
}

static void test_partition_leaves_out_classes_without_a_required_property(void **state)
{
    struct ecsql_group group;
    uint32_t n_all;

    (void)count_groups(*state, "SELECT UserLabel FROM bis.Element", &group);
    n_all = group.n_ids;
    assert_true(count_groups(*state, "SELECT $->Nickname FROM bis.Element", &group) >= 1);
    assert_true(group.n_ids < n_all);
    (void)count_groups(*state, "SELECT $->Nickname? FROM bis.Element", &group);
    assert_int_equal(group.n_ids, n_all);
}

/* ---- SQL ---- */

static void compile(struct ec_fixture *f, const char *text, struct ecsql_statement *out)
{
    memset(&f->diag, 0, sizeof(f->diag));
    if (ecsql_compile(f->briefcase, f->catalog, weh_str_from(text), out, &f->diag) != WEH_OK) {
        print_error("%s: %s\n", text, f->diag.text);
        fail();
    }
}

static void test_sql_has_nothing_that_the_client_wrote(void **state)
{
    static const char *const texts[] = {
        "SELECT 'NEEDLE' FROM bis.Subject",
        "SELECT 1 [NEEDLE] FROM bis.Subject",
        "SELECT NEEDLE.UserLabel FROM bis.Subject NEEDLE",
        "WITH NEEDLE(NEEDLE2) AS (SELECT UserLabel FROM bis.Subject) SELECT NEEDLE2 FROM NEEDLE",
        "SELECT 1 FROM bis.Subject WHERE UserLabel=:NEEDLE",
        "SELECT 1 FROM bis.Subject WHERE UserLabel LIKE 'NEEDLE%' ESCAPE 'N'",
        "SELECT SUM(1) OVER NEEDLE FROM bis.Subject WINDOW NEEDLE AS (ORDER BY ECInstanceId)",
        "SELECT json_extract(JsonProperties,'$.NEEDLE') FROM bis.Subject",
        "SELECT 1 FROM bis.Subject ECSQLOPTIONS NEEDLE",
        "SELECT NEEDLE.[key] FROM json1.json_each('[\"NEEDLE\"]') NEEDLE",
        "SELECT 1 FROM (SELECT UserLabel NEEDLE FROM bis.Subject) WHERE NEEDLE='NEEDLE'",
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        struct ecsql_statement statement;

        compile(*state, texts[i], &statement);
        if (strstr(statement.sql, "NEEDLE") != NULL) {
            print_error("%s: %s\n", texts[i], statement.sql);
        }
        assert_null(strstr(statement.sql, "NEEDLE"));
        ecsql_statement_fini(&statement);
    }
}

static void test_sql_binds_texts_behind_the_parameters(void **state)
{
    struct ecsql_statement statement;

    compile(*state, "SELECT 'one' FROM bis.Subject WHERE UserLabel=? OR CodeValue='two'",
            &statement);
    assert_int_equal(statement.n_params, 1);
    assert_int_equal(statement.first_literal, 2);
    assert_true(weh_str_eq_text(statement.literals->text, "one"));
    assert_true(weh_str_eq_text(statement.literals->next->text, "two"));
    assert_null(statement.literals->next->next);
    ecsql_statement_fini(&statement);
}

static void test_sql_reads_only_tables_that_are_asked_for(void **state)
{
    struct ecsql_statement statement;

    compile(*state, "SELECT UserLabel FROM WebEditTest.Widget", &statement);
    assert_non_null(strstr(statement.sql, "bis_Element"));
    assert_null(strstr(statement.sql, "bis_GeometricElement3d\".\"Origin"));
    ecsql_statement_fini(&statement);
    compile(*state, "SELECT ECInstanceId FROM bis.Element", &statement);
    assert_null(strstr(statement.sql, "ec_cache_ClassHierarchy"));
    assert_null(strstr(statement.sql, " JOIN "));
    ecsql_statement_fini(&statement);
}

/* ---- arguments ---- */

/* The SQL of @text with its parameters filled in, by SQLite; freed with sqlite3_free. */
static char *bound(struct ec_fixture *f, const char *text, const struct weh_value *args,
                   weh_err expected)
{
    struct ecsql_statement statement;
    struct weh_arena arena;
    const uint8_t *shown = NULL;
    sqlite3_stmt *stmt = NULL;
    char *out;

    compile(f, text, &statement);
    weh_arena_init(&arena, 0);
    assert_int_equal(
        sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), statement.sql, -1, &stmt, NULL),
        SQLITE_OK);
    assert_int_equal(ecsql_bind(&statement, args, stmt, &shown, &arena, &f->diag), expected);
    out = sqlite3_expanded_sql(stmt);
    sqlite3_finalize(stmt);
    weh_arena_fini(&arena);
    ecsql_statement_fini(&statement);
    return out;
}

static struct weh_value text_value(const char *text)
{
    return (struct weh_value){ .type = WEH_VALUE_STRING,
                               .n = (uint32_t)strlen(text),
                               .as.string = text };
}

static void test_bind_takes_arguments_by_position_and_by_name(void **state)
{
    struct weh_value items[2] = { text_value("first"), text_value("second") };
    const struct weh_value array = { .type = WEH_VALUE_ARRAY, .n = 2, .as.items = items };
    struct weh_member members[2] = { { WEH_STR("n"), text_value("named") },
                                     { WEH_STR("1"), text_value("positional") } };
    const struct weh_value map = { .type = WEH_VALUE_MAP, .n = 2, .as.members = members };
    char *sql =
        bound(*state, "SELECT 1 FROM bis.Subject WHERE UserLabel=? OR CodeValue=?", &array, WEH_OK);

    assert_true(strstr(sql, "'first'") < strstr(sql, "'second'"));
    sqlite3_free(sql);
    sql =
        bound(*state, "SELECT 1 FROM bis.Subject WHERE UserLabel=? OR CodeValue=:n", &map, WEH_OK);
    assert_non_null(strstr(sql, "'positional'"));
    assert_non_null(strstr(sql, "'named'"));
    sqlite3_free(sql);
}

static void test_bind_refuses_a_name_that_the_query_has_not(void **state)
{
    struct ec_fixture *f = *state;
    struct weh_member member = { WEH_STR("other"), text_value("x") };
    const struct weh_value map = { .type = WEH_VALUE_MAP, .n = 1, .as.members = &member };

    sqlite3_free(bound(f, "SELECT 1 FROM bis.Subject WHERE UserLabel=:n", &map, WEH_E_BAD_ARGS));
    assert_non_null(strstr(f->diag.where, "args"));
}

static void test_bind_leaves_null_what_is_not_given_and_quotes_what_is(void **state)
{
    struct weh_value item = text_value("it's");
    const struct weh_value array = { .type = WEH_VALUE_ARRAY, .n = 1, .as.items = &item };
    char *sql =
        bound(*state, "SELECT 1 FROM bis.Subject WHERE UserLabel=? OR CodeValue=?", &array, WEH_OK);

    assert_non_null(strstr(sql, "'it''s'"));
    assert_non_null(strstr(sql, "NULL"));
    sqlite3_free(sql);
}

static void test_bind_makes_a_number_of_an_id(void **state)
{
    struct weh_value item = text_value("0x10");
    const struct weh_value array = { .type = WEH_VALUE_ARRAY, .n = 1, .as.items = &item };
    char *sql = bound(*state, "SELECT 1 FROM bis.Subject WHERE ECInstanceId=?", &array, WEH_OK);

    assert_non_null(strstr(sql, "=16"));
    sqlite3_free(sql);
}

/* ---- without memory ---- */

static void test_compile_without_memory_fails_and_leaves_nothing(void **state)
{
    static const char *const texts[] = {
#include "queries.def"
    };
    struct ec_fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        weh_err err = WEH_E_NOMEM;
        unsigned nth = 1;

        for (; err == WEH_E_NOMEM; nth++) {
            size_t before = fake_alloc_live();
            struct ecsql_statement statement;

            fake_alloc_fail_at(nth);
            err = ecsql_compile(f->briefcase, f->catalog, weh_str_from(texts[i]), &statement,
                                &f->diag);
            fake_alloc_reset();
            ecsql_statement_fini(&statement);
            assert_int_equal(fake_alloc_live(), before);
        }
        if (err != WEH_OK) {
            print_error("%s: %s\n", texts[i], f->diag.text);
        }
        assert_int_equal(err, WEH_OK);
        assert_true(nth > 2); /* one has failed */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve_finds_a_class_by_schema_or_alias_in_any_case),
        cmocka_unit_test(test_resolve_suggests_the_name_that_was_meant),
        cmocka_unit_test(test_resolve_gives_a_parameter_the_type_of_what_it_stands_beside),
        cmocka_unit_test(test_resolve_takes_as_many_parameters_as_there_may_be),
        cmocka_unit_test(test_resolve_needs_little_memory_for_a_small_query),
        cmocka_unit_test(test_resolve_tells_types_of_properties_and_parts),
        cmocka_unit_test(test_partition_takes_one_table_for_what_stands_in_one),
        cmocka_unit_test(test_partition_finds_nothing_for_only_an_abstract_class),
        cmocka_unit_test(test_partition_leaves_out_classes_without_a_required_property),
        cmocka_unit_test(test_sql_has_nothing_that_the_client_wrote),
        cmocka_unit_test(test_sql_binds_texts_behind_the_parameters),
        cmocka_unit_test(test_sql_reads_only_tables_that_are_asked_for),
        cmocka_unit_test(test_bind_takes_arguments_by_position_and_by_name),
        cmocka_unit_test(test_bind_refuses_a_name_that_the_query_has_not),
        cmocka_unit_test(test_bind_leaves_null_what_is_not_given_and_quotes_what_is),
        cmocka_unit_test(test_bind_makes_a_number_of_an_id),
        cmocka_unit_test(test_compile_without_memory_fails_and_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, ec_fixture_setup, ec_fixture_teardown);
}
