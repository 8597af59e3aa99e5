/* src/ecsql/parse.c - runs the lexer and the parser, and says where a text is wrong. */
#include "parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/json.h"

#include "build.h"

/* By lemon. NOLINTBEGIN(readability-identifier-naming) */
void *ecsql_parser_Alloc(void *(*allocate)(size_t));
void ecsql_parser_Free(void *parser, void (*release)(void *));
void ecsql_parser_(void *parser, int kind, struct ecsql_token token, struct ecsql_build *build);
/* NOLINTEND(readability-identifier-naming) */

weh_err ecsql_fail(struct weh_str text, uint32_t at, struct weh_diag *diag, const char *format, ...)
{
    char what[200];
    char where[48];
    unsigned line = 1;
    size_t column = 1;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    for (size_t i = 0; i < at && i < text.len; i++) {
        line += text.ptr[i] == '\n';
        column = text.ptr[i] == '\n' ? 1 : column + 1;
    }
    (void)snprintf(where, sizeof(where), "line %u column %zu", line, column);
    /* A name may have been cut in the middle of a character. */
    what[weh_json_utf8_prefix(weh_str_from(what))] = '\0';
    return weh_fail_where(diag, WEH_E_QUERY, where, "%s", what);
}

/* The token at @at, for people. */
static weh_err syntax_fail(const struct ecsql_build *build, struct weh_diag *diag)
{
    struct weh_str rest = { build->text.ptr + build->at, build->text.len - build->at };
    size_t n = 0;

    if (strcmp(build->what, "syntax error") != 0) {
        return ecsql_fail(build->text, build->at, diag, "%s", build->what);
    }
    while (n < rest.len && n < 40 && strchr(" \t\r\n,;()", rest.ptr[n]) == NULL) {
        n++;
    }
    n = n == 0 && rest.len > 0 ? 1 : n;
    if (rest.len == 0) {
        return ecsql_fail(build->text, build->at, diag, "syntax error at the end");
    }
    return ecsql_fail(build->text, build->at, diag, "syntax error at '%.*s'", (int)n, rest.ptr);
}

static void lex_fail(struct ecsql_build *build, int kind, uint32_t at)
{
    if (kind == ECSQL_LEX_NO_MEMORY) {
        build->err = WEH_E_NOMEM;
    } else {
        build_fail(build, kind == ECSQL_LEX_UNTERMINATED ? "a quote has no end" : "syntax error",
                   at);
    }
}

static void run(struct ecsql_build *build, void *parser)
{
    struct ecsql_lexer lexer;
    struct ecsql_token token = { .at = 0 };
    int kind = 1;

    ecsql_lexer_init(&lexer, build->text, build->arena);
    while (kind != ECSQL_LEX_END && build->err == WEH_OK) {
        kind = ecsql_lex(&lexer, &token);
        if (kind < 0) {
            lex_fail(build, kind, token.at);
        } else {
            ecsql_parser_(parser, kind, token, build);
        }
    }
}

/* Semicolons and blanks behind a text do not count. */
static struct weh_str trim(struct weh_str text)
{
    while (text.len > 0 && strchr("; \t\r\n", text.ptr[text.len - 1]) != NULL &&
           text.ptr[text.len - 1] != '\0') {
        text.len--;
    }
    return text;
}

weh_err ecsql_parse(struct weh_str text, struct weh_arena *arena, struct ecsql_tree *tree,
                    struct weh_diag *diag)
{
    struct ecsql_build build = { .arena = arena, .tree = tree };
    void *parser = NULL;

    *tree = (struct ecsql_tree){ .query = NULL };
    build.text = trim(text);
    build.text.ptr = weh_arena_strdup(arena, build.text);
    parser = ecsql_parser_Alloc(weh_malloc);
    if (build.text.ptr == NULL || parser == NULL) {
        ecsql_parser_Free(parser, weh_free);
        return weh_fail_nomem(diag);
    }
    run(&build, parser);
    ecsql_parser_Free(parser, weh_free);
    if (build.err == WEH_OK) {
        const char *what = ecsql_shape_check(tree, &build.at);

        if (what != NULL) {
            build.err = WEH_E_QUERY;
            build.what = what;
        }
    }
    if (build.err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    return build.err == WEH_OK ? WEH_OK : syntax_fail(&build, diag);
}
