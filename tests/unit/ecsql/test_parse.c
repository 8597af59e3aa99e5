/* tests/unit/ecsql/test_parse.c - the first stages of the compiler, each alone: words, tree, shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/arena.h"
#include "weh/buf.h"

#include "grammar.h"
#include "lexer.h"
#include "parse.h"

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
    size_t len = 4 * ((size_t)ECSQL_MAX_NODES + 10);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
