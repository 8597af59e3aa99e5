/* tests/unit/ecsql/test_stages.c - each stage of the compiler alone: words, tree, shape, names, tables, SQL, arguments. */
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
#include "grammar.h"
#include "lexer.h"
#include "parse.h"
#include "statement.h"

/* ---- words ---- */

struct words {
    struct weh_arena arena;
    struct ecsql_lexer lexer;
    struct ecsql_token token;
};

static void words_begin(struct words *w, const char *text)
{
    weh_arena_init(&w->arena, 0);
    ecsql_lexer_init(&w->lexer, weh_str_from(text), &w->arena);
}

static int next(struct words *w)
{
    return ecsql_lex(&w->lexer, &w->token);
}

static void assert_words(const char *text, const int kinds[], size_t n)
{
    struct words w;

    words_begin(&w, text);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(next(&w), kinds[i]);
    }
    weh_arena_fini(&w.arena);
}

static void test_lexer_knows_keywords_in_any_case(void **state)
{
    static const int kinds[] = { ECSQL_TK_SELECT, ECSQL_TK_FROM, ECSQL_TK_WHERE, ECSQL_TK_NAME,
                                 ECSQL_LEX_END };

    (void)state;
    assert_words("select From wHERE wheres", kinds, WEH_ARRAY_LEN(kinds));
}

static void test_lexer_reads_numbers_of_all_kinds(void **state)
{
    static const int kinds[] = { ECSQL_TK_INTEGER, ECSQL_TK_INTEGER, ECSQL_TK_REAL, ECSQL_TK_REAL,
                                 ECSQL_TK_REAL,    ECSQL_TK_REAL,    ECSQL_LEX_END };

    (void)state;
    assert_words("12 0x1F 1.5 .5 1e3 2.", kinds, WEH_ARRAY_LEN(kinds));
}

static void test_lexer_takes_the_longest_operator(void **state)
{
    static const int kinds[] = { ECSQL_TK_LE,         ECSQL_TK_NE,          ECSQL_TK_NE,
                                 ECSQL_TK_SHIFT_LEFT, ECSQL_TK_SHIFT_RIGHT, ECSQL_TK_ARROW,
                                 ECSQL_TK_CONCAT,     ECSQL_TK_MINUS,       ECSQL_TK_GT };

    (void)state;
    assert_words("<= <> != << >> -> || - >", kinds, WEH_ARRAY_LEN(kinds));
}

static void test_lexer_passes_over_comments(void **state)
{
    static const int kinds[] = { ECSQL_TK_INTEGER, ECSQL_TK_COMMA, ECSQL_TK_INTEGER,
                                 ECSQL_LEX_END };

    (void)state;
    assert_words("1 -- , 9\n, /* 9 ** / */ 2 // 9", kinds, WEH_ARRAY_LEN(kinds));
}

static void test_lexer_undoubles_quotes(void **state)
{
    static const struct {
        const char *text, *expected;
        int kind;
    } rows[] = {
        { "'it''s'", "it's", ECSQL_TK_STRING }, { "''", "", ECSQL_TK_STRING },
        { "''''", "'", ECSQL_TK_STRING },       { "\"a\"\"b\"", "a\"b", ECSQL_TK_NAME },
        { "[a b]", "a b", ECSQL_TK_NAME },      { "[a]]b]", "a]b", ECSQL_TK_NAME },
        { "`x`", "x", ECSQL_TK_NAME },          { "'[\"`'", "[\"`", ECSQL_TK_STRING },
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        struct words w;

        words_begin(&w, rows[i].text);
        assert_int_equal(next(&w), rows[i].kind);
        assert_true(weh_str_eq_text(w.token.text, rows[i].expected));
        assert_true(w.token.quoted);
        assert_int_equal(next(&w), ECSQL_LEX_END);
        weh_arena_fini(&w.arena);
    }
}

static void test_lexer_refuses_what_has_no_end(void **state)
{
    static const char *const texts[] = { "'a", "\"a", "[a", "`a", "'a''" };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        struct words w;

        words_begin(&w, texts[i]);
        assert_int_equal(next(&w), ECSQL_LEX_UNTERMINATED);
        weh_arena_fini(&w.arena);
    }
}

static void test_lexer_ends_at_a_nul(void **state)
{
    static const char nul[] = "1\0"
                              "2";
    struct words w;

    (void)state;
    weh_arena_init(&w.arena, 0);
    ecsql_lexer_init(&w.lexer, (struct weh_str){ nul, 3 }, &w.arena);
    assert_int_equal(next(&w), ECSQL_TK_INTEGER);
    assert_int_equal(next(&w), ECSQL_LEX_END);
    assert_int_equal(next(&w), ECSQL_LEX_END);
    weh_arena_fini(&w.arena);
}

static void test_lexer_refuses_odd_characters_and_open_comments(void **state)
{
    static const char *const texts[] = { "@", "#", "\\", "\x01", "/* a", "/*", "/* a *", "/**" };
    static const int kinds[] = { ECSQL_LEX_INVALID };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        assert_words(texts[i], kinds, 1);
    }
}

static void test_lexer_tells_where_each_word_stands(void **state)
{
    struct words w;

    (void)state;
    words_begin(&w, "ab  [c]\n 'd'");
    (void)next(&w);
    assert_int_equal(w.token.at, 0);
    (void)next(&w);
    assert_int_equal(w.token.at, 4);
    (void)next(&w);
    assert_int_equal(w.token.at, 9);
    weh_arena_fini(&w.arena);
}

/* ---- tree ---- */

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

static const struct ecsql_node *first_column(const struct parsed *p)
{
    assert_int_equal(p->err, WEH_OK);
    return p->tree.query->selects->columns->a;
}

static void test_grammar_keeps_chains_flat(void **state)
{
    struct parsed p;
    const struct ecsql_node *where;
    unsigned n = 0;

    (void)state;
    parse(&p, "SELECT 1 FROM a.b WHERE x=1 AND x=2 AND x=3 AND x=4");
    where = p.tree.query->selects->where;
    assert_int_equal(where->kind, ECSQL_LOGIC);
    assert_int_equal(where->op, ECSQL_OP_AND);
    for (const struct ecsql_node *at = where->a; at != NULL; at = at->next) {
        assert_int_equal(at->kind, ECSQL_COMPARE);
        n++;
    }
    assert_int_equal(n, 4);
    weh_arena_fini(&p.arena);
}

static void test_grammar_binds_products_before_sums(void **state)
{
    struct parsed p;
    const struct ecsql_node *sum;

    (void)state;
    parse(&p, "SELECT 1+2*3-4");
    sum = first_column(&p);
    assert_int_equal(sum->kind, ECSQL_CHAIN);
    assert_int_equal(sum->a->kind, ECSQL_INTEGER);
    assert_int_equal(sum->a->next->infix, ECSQL_OP_ADD);
    assert_int_equal(sum->a->next->kind, ECSQL_CHAIN);
    assert_int_equal(sum->a->next->a->next->infix, ECSQL_OP_MULTIPLY);
    assert_int_equal(sum->a->next->next->infix, ECSQL_OP_SUBTRACT);
    weh_arena_fini(&p.arena);
}

static void test_grammar_binds_and_before_or(void **state)
{
    struct parsed p;
    const struct ecsql_node *where;

    (void)state;
    parse(&p, "SELECT 1 FROM a.b WHERE x=1 OR x=2 AND x=3");
    where = p.tree.query->selects->where;
    assert_int_equal(where->op, ECSQL_OP_OR);
    assert_int_equal(where->a->kind, ECSQL_COMPARE);
    assert_int_equal(where->a->next->op, ECSQL_OP_AND);
    weh_arena_fini(&p.arena);
}

static void test_grammar_joins_from_left_to_right(void **state)
{
    struct parsed p;
    const struct ecsql_node *join;

    (void)state;
    parse(&p, "SELECT 1 FROM a.b x LEFT JOIN a.c y ON 1=1 JOIN a.d z USING a.r BACKWARD");
    assert_int_equal(p.err, WEH_OK);
    join = p.tree.query->selects->from;
    assert_int_equal(join->kind, ECSQL_JOIN);
    assert_true(join->backward);
    assert_int_equal(join->c->kind, ECSQL_CLASS);
    assert_int_equal(join->a->op, ECSQL_OP_LEFT);
    assert_true(weh_str_eq_text(join->a->a->text, "x"));
    weh_arena_fini(&p.arena);
}

static void test_grammar_lists_parameters_in_order(void **state)
{
    struct parsed p;
    const struct ecsql_node *param;

    (void)state;
    parse(&p, "SELECT 1 FROM a.b WHERE x=? AND y=:n AND z=?");
    param = p.tree.params;
    assert_int_equal(param->text.len, 0);
    assert_true(weh_str_eq_text(param->b->text, "n"));
    assert_int_equal(param->b->b->text.len, 0);
    assert_null(param->b->b->b);
    weh_arena_fini(&p.arena);
}

static void test_grammar_refuses_a_tree_that_is_too_deep(void **state)
{
    struct parsed p;
    struct weh_buf text;

    (void)state;
    weh_buf_init(&text, 0);
    weh_buf_append(&text, "SELECT ", 7);
    for (size_t i = 0; i < 100; i++) {
        weh_buf_append(&text, "abs(", 4);
    }
    weh_buf_append(&text, "1", 1);
    for (size_t i = 0; i < 100; i++) {
        weh_buf_append(&text, ")", 1);
    }
    weh_buf_append(&text, "", 1);
    parse(&p, (const char *)text.data);
    assert_int_equal(p.err, WEH_E_QUERY);
    weh_arena_fini(&p.arena);
    weh_buf_fini(&text);
}

static void test_grammar_refuses_a_tree_that_is_too_large(void **state)
{
    size_t len = 4 * (ECSQL_MAX_NODES + 10);
    char *text = malloc(len + 32);
    struct parsed p;

    (void)state;
    assert_non_null(text);
    memcpy(text, "SELECT 1", 9);
    for (size_t i = 8; i + 2 < len; i += 2) {
        memcpy(text + i, "+1", 3);
    }
    parse(&p, text);
    assert_int_equal(p.err, WEH_E_QUERY);
    weh_arena_fini(&p.arena);
    free(text);
}

static void test_parse_says_line_and_column(void **state)
{
    static const struct {
        const char *text, *where;
    } rows[] = {
        { "SELECT 1 FROM", "line 1 column 14" }, { "SELECT\n  1 FROM FROM", "line 2 column 10" },
        { "SELECT 'a", "line 1 column 8" },      { "", "line 1 column 1" },
        { "SELECT 1 2", "line 1 column 10" },
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        struct parsed p;

        parse(&p, rows[i].text);
        assert_int_equal(p.err, WEH_E_QUERY);
        assert_string_equal(p.diag.where, rows[i].where);
        weh_arena_fini(&p.arena);
    }
}

/* ---- shape ---- */

static void test_shape_refuses_what_the_grammar_takes(void **state)
{
    static const char *const refused[] = {
        "SELECT (1=1)",
        "SELECT 'a'<'b'",
        "SELECT NOT x FROM a.b",
        "SELECT 1 FROM a.b WHERE (x) = 1",
        "SELECT 'a'+1",
        "SELECT CASE 1 WHEN 1 THEN 2 END",
        "SELECT 1 FROM a.b LIMIT 'x'",
        "SELECT a.*.b FROM a.b",
        "SELECT 1 FROM a.b ORDER BY x COLLATE NOCASE",
    };
    static const char *const taken[] = {
        "SELECT 1 FROM a.b WHERE (x+0) = 1",
        "SELECT CASE WHEN x=1 THEN 2 END FROM a.b",
        "SELECT IIF(1=1,2,3)",
        "SELECT 1 FROM a.b WHERE x",
        "SELECT 'a'||1",
        "SELECT 1 FROM a.b LIMIT 1+1",
        "SELECT 1 FROM a.b WHERE NOT (x=1)",
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(refused) + WEH_ARRAY_LEN(taken); i++) {
        bool good = i >= WEH_ARRAY_LEN(refused);
        const char *text = good ? taken[i - WEH_ARRAY_LEN(refused)] : refused[i];
        struct parsed p;

        parse(&p, text);
        if ((p.err == WEH_OK) != good) {
            print_error("%s: %s\n", text, p.diag.text);
        }
        assert_int_equal(p.err, good ? WEH_OK : WEH_E_QUERY);
        weh_arena_fini(&p.arena);
    }
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
        assert_true(nth > 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lexer_knows_keywords_in_any_case),
        cmocka_unit_test(test_lexer_reads_numbers_of_all_kinds),
        cmocka_unit_test(test_lexer_takes_the_longest_operator),
        cmocka_unit_test(test_lexer_passes_over_comments),
        cmocka_unit_test(test_lexer_undoubles_quotes),
        cmocka_unit_test(test_lexer_refuses_what_has_no_end),
        cmocka_unit_test(test_lexer_ends_at_a_nul),
        cmocka_unit_test(test_lexer_refuses_odd_characters_and_open_comments),
        cmocka_unit_test(test_lexer_tells_where_each_word_stands),
        cmocka_unit_test(test_grammar_keeps_chains_flat),
        cmocka_unit_test(test_grammar_binds_products_before_sums),
        cmocka_unit_test(test_grammar_binds_and_before_or),
        cmocka_unit_test(test_grammar_joins_from_left_to_right),
        cmocka_unit_test(test_grammar_lists_parameters_in_order),
        cmocka_unit_test(test_grammar_refuses_a_tree_that_is_too_deep),
        cmocka_unit_test(test_grammar_refuses_a_tree_that_is_too_large),
        cmocka_unit_test(test_parse_says_line_and_column),
        cmocka_unit_test(test_shape_refuses_what_the_grammar_takes),
        cmocka_unit_test(test_resolve_finds_a_class_by_schema_or_alias_in_any_case),
        cmocka_unit_test(test_resolve_suggests_the_name_that_was_meant),
        cmocka_unit_test(test_resolve_gives_a_parameter_the_type_of_what_it_stands_beside),
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
