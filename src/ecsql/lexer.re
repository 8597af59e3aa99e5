/* src/ecsql/lexer.re - ECSQL text as tokens: keywords, names, numbers, strings, comments.
 *
 * The words are those of the native library 5.1.72, which knows no keyword that may also be a name:
 * a name that is one stands in quotes or brackets. Input for re2c.
 */
#include <string.h>

#include "grammar.h"
#include "lexer.h"

void ecsql_lexer_init(struct ecsql_lexer *lexer, struct weh_str text, struct weh_arena *arena)
{
    *lexer = (struct ecsql_lexer){ text.ptr, text.ptr, text.ptr + text.len, arena };
}

static int token_of(const struct ecsql_lexer *lexer, struct ecsql_token *token, int kind)
{
    token->text.ptr = lexer->begin + token->at;
    token->text.len = (size_t)(lexer->cursor - token->text.ptr);
    return kind;
}

/* Behind an opening quote: the text up to @quote, which stands twice where it is meant itself. */
static int quoted(struct ecsql_lexer *lexer, struct ecsql_token *token, char quote, int kind)
{
    const char *from = lexer->cursor;
    size_t n = 0;
    char *copy;

    token->quoted = true;
    for (const char *at = from; at < lexer->end; at++) {
        if (*at == quote && at + 1 < lexer->end && at[1] == quote) {
            at++;
        } else if (*at == quote) {
            lexer->cursor = at + 1;
            break;
        }
        n++;
    }
    if (lexer->cursor == from) {
        return ECSQL_LEX_UNTERMINATED;
    }
    copy = weh_arena_alloc(lexer->arena, n + 1);
    if (copy == NULL) {
        return ECSQL_LEX_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        copy[i] = *from;
        from += *from == quote ? 2 : 1;
    }
    token->text = (struct weh_str){ copy, n };
    return kind;
}

int ecsql_lex(struct ecsql_lexer *lexer, struct ecsql_token *token)
{
    const char *marker = NULL;

    for (;;) {
        *token = (struct ecsql_token){ .at = (uint32_t)(lexer->cursor - lexer->begin) };
        /*!re2c
        re2c:define:YYCTYPE = "unsigned char";
        re2c:define:YYCURSOR = lexer->cursor;
        re2c:define:YYMARKER = marker;
        re2c:yyfill:enable = 0;
        re2c:flags:unsafe = 0;

        letter = [A-Za-z_\x80-\xff];
        digit = [0-9];
        end = "\x00";

        end {
            if (lexer->cursor > lexer->end) {
                lexer->cursor = lexer->end;
                return ECSQL_LEX_END;
            }
            /* A text ends with its first NUL. */
            lexer->cursor = lexer->end;
            return ECSQL_LEX_END;
        }
        [ \t\r\n]+ { continue; }
        ("--" | "//") [^\n\x00]* { continue; }
        "/*" ([^*\x00] | "*"+ [^*/\x00])* "*"+ "/" { continue; }
        "/*" ([^*\x00] | "*"+ [^*/\x00])* "*"* { return ECSQL_LEX_INVALID; }

        'ALL'                  { return token_of(lexer, token, ECSQL_TK_ALL); }
        'AND'                  { return token_of(lexer, token, ECSQL_TK_AND); }
        'ANY'                  { return token_of(lexer, token, ECSQL_TK_ANY); }
        'AS'                   { return token_of(lexer, token, ECSQL_TK_AS); }
        'ASC'                  { return token_of(lexer, token, ECSQL_TK_ASC); }
        'AVG'                  { return token_of(lexer, token, ECSQL_TK_AVG); }
        'BACKWARD'             { return token_of(lexer, token, ECSQL_TK_BACKWARD); }
        'BETWEEN'              { return token_of(lexer, token, ECSQL_TK_BETWEEN); }
        'BINARY'               { return token_of(lexer, token, ECSQL_TK_KW_BINARY); }
        'BLOB'                 { return token_of(lexer, token, ECSQL_TK_BLOB); }
        'BOOLEAN'              { return token_of(lexer, token, ECSQL_TK_BOOLEAN); }
        'BY'                   { return token_of(lexer, token, ECSQL_TK_BY); }
        'CASE'                 { return token_of(lexer, token, ECSQL_TK_CASE); }
        'CAST'                 { return token_of(lexer, token, ECSQL_TK_CAST); }
        'COLLATE'              { return token_of(lexer, token, ECSQL_TK_COLLATE); }
        'COUNT'                { return token_of(lexer, token, ECSQL_TK_COUNT); }
        'CROSS'                { return token_of(lexer, token, ECSQL_TK_CROSS); }
        'CUME_DIST'            { return token_of(lexer, token, ECSQL_TK_CUME_DIST); }
        'CURRENT'              { return token_of(lexer, token, ECSQL_TK_CURRENT); }
        'CURRENT_DATE'         { return token_of(lexer, token, ECSQL_TK_CURRENT_DATE); }
        'CURRENT_TIME'         { return token_of(lexer, token, ECSQL_TK_CURRENT_TIME); }
        'CURRENT_TIMESTAMP'    { return token_of(lexer, token, ECSQL_TK_CURRENT_TIMESTAMP); }
        'DATE'                 { return token_of(lexer, token, ECSQL_TK_DATE); }
        'DELETE'               { return token_of(lexer, token, ECSQL_TK_DELETE); }
        'DENSE_RANK'           { return token_of(lexer, token, ECSQL_TK_DENSE_RANK); }
        'DESC'                 { return token_of(lexer, token, ECSQL_TK_DESC); }
        'DISTINCT'             { return token_of(lexer, token, ECSQL_TK_DISTINCT); }
        'DOUBLE'               { return token_of(lexer, token, ECSQL_TK_DOUBLE); }
        'ECSQLOPTIONS'         { return token_of(lexer, token, ECSQL_TK_ECSQLOPTIONS); }
        'ELSE'                 { return token_of(lexer, token, ECSQL_TK_ELSE); }
        'END'                  { return token_of(lexer, token, ECSQL_TK_END); }
        'ESCAPE'               { return token_of(lexer, token, ECSQL_TK_ESCAPE); }
        'EVERY'                { return token_of(lexer, token, ECSQL_TK_EVERY); }
        'EXCEPT'               { return token_of(lexer, token, ECSQL_TK_EXCEPT); }
        'EXCLUDE'              { return token_of(lexer, token, ECSQL_TK_EXCLUDE); }
        'EXISTS'               { return token_of(lexer, token, ECSQL_TK_EXISTS); }
        'FALSE'                { return token_of(lexer, token, ECSQL_TK_FALSE); }
        'FILTER'               { return token_of(lexer, token, ECSQL_TK_FILTER); }
        'FIRST'                { return token_of(lexer, token, ECSQL_TK_FIRST); }
        'FIRST_VALUE'          { return token_of(lexer, token, ECSQL_TK_FIRST_VALUE); }
        'FLOAT'                { return token_of(lexer, token, ECSQL_TK_FLOAT); }
        'FOLLOWING'            { return token_of(lexer, token, ECSQL_TK_FOLLOWING); }
        'FOR'                  { return token_of(lexer, token, ECSQL_TK_FOR); }
        'FORWARD'              { return token_of(lexer, token, ECSQL_TK_FORWARD); }
        'FROM'                 { return token_of(lexer, token, ECSQL_TK_FROM); }
        'FULL'                 { return token_of(lexer, token, ECSQL_TK_FULL); }
        'GROUP'                { return token_of(lexer, token, ECSQL_TK_GROUP); }
        'GROUP_CONCAT'         { return token_of(lexer, token, ECSQL_TK_GROUP_CONCAT); }
        'GROUPS'               { return token_of(lexer, token, ECSQL_TK_GROUPS); }
        'HAVING'               { return token_of(lexer, token, ECSQL_TK_HAVING); }
        'IIF'                  { return token_of(lexer, token, ECSQL_TK_IIF); }
        'IN'                   { return token_of(lexer, token, ECSQL_TK_IN); }
        'INNER'                { return token_of(lexer, token, ECSQL_TK_INNER); }
        'INSERT'               { return token_of(lexer, token, ECSQL_TK_INSERT); }
        'INTEGER'              { return token_of(lexer, token, ECSQL_TK_KW_INTEGER); }
        'INT64'                { return token_of(lexer, token, ECSQL_TK_INT64); }
        'INTERSECT'            { return token_of(lexer, token, ECSQL_TK_INTERSECT); }
        'INTO'                 { return token_of(lexer, token, ECSQL_TK_INTO); }
        'IS'                   { return token_of(lexer, token, ECSQL_TK_IS); }
        'JOIN'                 { return token_of(lexer, token, ECSQL_TK_JOIN); }
        'LAG'                  { return token_of(lexer, token, ECSQL_TK_LAG); }
        'LAST'                 { return token_of(lexer, token, ECSQL_TK_LAST); }
        'LAST_VALUE'           { return token_of(lexer, token, ECSQL_TK_LAST_VALUE); }
        'LEAD'                 { return token_of(lexer, token, ECSQL_TK_LEAD); }
        'LEFT'                 { return token_of(lexer, token, ECSQL_TK_LEFT); }
        'LIKE'                 { return token_of(lexer, token, ECSQL_TK_LIKE); }
        'LIMIT'                { return token_of(lexer, token, ECSQL_TK_LIMIT); }
        'LONG'                 { return token_of(lexer, token, ECSQL_TK_LONG); }
        'MATCH'                { return token_of(lexer, token, ECSQL_TK_MATCH); }
        'MAX'                  { return token_of(lexer, token, ECSQL_TK_MAX); }
        'MIN'                  { return token_of(lexer, token, ECSQL_TK_MIN); }
        'NATURAL'              { return token_of(lexer, token, ECSQL_TK_NATURAL); }
        'NAVIGATION_VALUE'     { return token_of(lexer, token, ECSQL_TK_NAVIGATION_VALUE); }
        'NO'                   { return token_of(lexer, token, ECSQL_TK_NO); }
        'NOCASE'               { return token_of(lexer, token, ECSQL_TK_NOCASE); }
        'NOT'                  { return token_of(lexer, token, ECSQL_TK_NOT); }
        'NTH_VALUE'            { return token_of(lexer, token, ECSQL_TK_NTH_VALUE); }
        'NTILE'                { return token_of(lexer, token, ECSQL_TK_NTILE); }
        'NULL'                 { return token_of(lexer, token, ECSQL_TK_NULL); }
        'NULLS'                { return token_of(lexer, token, ECSQL_TK_NULLS); }
        'OFFSET'               { return token_of(lexer, token, ECSQL_TK_OFFSET); }
        'ON'                   { return token_of(lexer, token, ECSQL_TK_ON); }
        'ONLY'                 { return token_of(lexer, token, ECSQL_TK_ONLY); }
        'OR'                   { return token_of(lexer, token, ECSQL_TK_OR); }
        'ORDER'                { return token_of(lexer, token, ECSQL_TK_ORDER); }
        'OTHERS'               { return token_of(lexer, token, ECSQL_TK_OTHERS); }
        'OUTER'                { return token_of(lexer, token, ECSQL_TK_OUTER); }
        'OVER'                 { return token_of(lexer, token, ECSQL_TK_OVER); }
        'PARTITION'            { return token_of(lexer, token, ECSQL_TK_PARTITION); }
        'PERCENT_RANK'         { return token_of(lexer, token, ECSQL_TK_PERCENT_RANK); }
        'PRAGMA'               { return token_of(lexer, token, ECSQL_TK_PRAGMA); }
        'PRECEDING'            { return token_of(lexer, token, ECSQL_TK_PRECEDING); }
        'RANGE'                { return token_of(lexer, token, ECSQL_TK_RANGE); }
        'RANK'                 { return token_of(lexer, token, ECSQL_TK_RANK); }
        'REAL'                 { return token_of(lexer, token, ECSQL_TK_KW_REAL); }
        'RECURSIVE'            { return token_of(lexer, token, ECSQL_TK_RECURSIVE); }
        'RIGHT'                { return token_of(lexer, token, ECSQL_TK_RIGHT); }
        'ROW'                  { return token_of(lexer, token, ECSQL_TK_ROW); }
        'ROWS'                 { return token_of(lexer, token, ECSQL_TK_ROWS); }
        'ROW_NUMBER'           { return token_of(lexer, token, ECSQL_TK_ROW_NUMBER); }
        'RTRIM'                { return token_of(lexer, token, ECSQL_TK_RTRIM); }
        'SELECT'               { return token_of(lexer, token, ECSQL_TK_SELECT); }
        'SET'                  { return token_of(lexer, token, ECSQL_TK_SET); }
        'SOME'                 { return token_of(lexer, token, ECSQL_TK_SOME); }
        'STRING'               { return token_of(lexer, token, ECSQL_TK_KW_STRING); }
        'SUM'                  { return token_of(lexer, token, ECSQL_TK_SUM); }
        'THEN'                 { return token_of(lexer, token, ECSQL_TK_THEN); }
        'TIES'                 { return token_of(lexer, token, ECSQL_TK_TIES); }
        'TIME'                 { return token_of(lexer, token, ECSQL_TK_TIME); }
        'TIMESTAMP'            { return token_of(lexer, token, ECSQL_TK_TIMESTAMP); }
        'TOTAL'                { return token_of(lexer, token, ECSQL_TK_TOTAL); }
        'TRUE'                 { return token_of(lexer, token, ECSQL_TK_TRUE); }
        'UNBOUNDED'            { return token_of(lexer, token, ECSQL_TK_UNBOUNDED); }
        'UNION'                { return token_of(lexer, token, ECSQL_TK_UNION); }
        'UNIQUE'               { return token_of(lexer, token, ECSQL_TK_UNIQUE); }
        'UNKNOWN'              { return token_of(lexer, token, ECSQL_TK_UNKNOWN); }
        'UPDATE'               { return token_of(lexer, token, ECSQL_TK_UPDATE); }
        'USING'                { return token_of(lexer, token, ECSQL_TK_USING); }
        'VALUE'                { return token_of(lexer, token, ECSQL_TK_VALUE); }
        'VALUES'               { return token_of(lexer, token, ECSQL_TK_VALUES); }
        'VARCHAR'              { return token_of(lexer, token, ECSQL_TK_VARCHAR); }
        'WHEN'                 { return token_of(lexer, token, ECSQL_TK_WHEN); }
        'WHERE'                { return token_of(lexer, token, ECSQL_TK_WHERE); }
        'WITH'                 { return token_of(lexer, token, ECSQL_TK_WITH); }
        'WINDOW'               { return token_of(lexer, token, ECSQL_TK_WINDOW); }
        'INT'                  { return token_of(lexer, token, ECSQL_TK_KW_INTEGER); }
        'OPTIONS'              { return token_of(lexer, token, ECSQL_TK_ECSQLOPTIONS); }
        "<"                    { return token_of(lexer, token, ECSQL_TK_LT); }
        ">"                    { return token_of(lexer, token, ECSQL_TK_GT); }
        "="                    { return token_of(lexer, token, ECSQL_TK_EQ); }
        "<="                   { return token_of(lexer, token, ECSQL_TK_LE); }
        ">="                   { return token_of(lexer, token, ECSQL_TK_GE); }
        "<>"                   { return token_of(lexer, token, ECSQL_TK_NE); }
        "!="                   { return token_of(lexer, token, ECSQL_TK_NE); }
        "||"                   { return token_of(lexer, token, ECSQL_TK_CONCAT); }
        "->"                   { return token_of(lexer, token, ECSQL_TK_ARROW); }
        "~"                    { return token_of(lexer, token, ECSQL_TK_BIT_NOT); }
        "|"                    { return token_of(lexer, token, ECSQL_TK_BIT_OR); }
        "&"                    { return token_of(lexer, token, ECSQL_TK_BIT_AND); }
        "<<"                   { return token_of(lexer, token, ECSQL_TK_SHIFT_LEFT); }
        ">>"                   { return token_of(lexer, token, ECSQL_TK_SHIFT_RIGHT); }
        "-"                    { return token_of(lexer, token, ECSQL_TK_MINUS); }
        "+"                    { return token_of(lexer, token, ECSQL_TK_PLUS); }
        "*"                    { return token_of(lexer, token, ECSQL_TK_STAR); }
        "/"                    { return token_of(lexer, token, ECSQL_TK_SLASH); }
        "%"                    { return token_of(lexer, token, ECSQL_TK_PERCENT); }
        ":"                    { return token_of(lexer, token, ECSQL_TK_COLON); }
        "("                    { return token_of(lexer, token, ECSQL_TK_LP); }
        ")"                    { return token_of(lexer, token, ECSQL_TK_RP); }
        ","                    { return token_of(lexer, token, ECSQL_TK_COMMA); }
        "."                    { return token_of(lexer, token, ECSQL_TK_DOT); }
        ";"                    { return token_of(lexer, token, ECSQL_TK_SEMICOLON); }
        "?"                    { return token_of(lexer, token, ECSQL_TK_QUESTION); }
        "$"                    { return token_of(lexer, token, ECSQL_TK_DOLLAR); }

        letter (letter | digit)*  { return token_of(lexer, token, ECSQL_TK_NAME); }
        digit+                    { return token_of(lexer, token, ECSQL_TK_INTEGER); }
        '0x' [0-9a-fA-F]+         { return token_of(lexer, token, ECSQL_TK_INTEGER); }
        digit+ "." digit* | "." digit+ |
        digit+ 'e' [+-]? digit+ | digit+ "." digit* 'e' [+-]? digit+ |
        "." digit+ 'e' [+-]? digit+ { return token_of(lexer, token, ECSQL_TK_REAL); }

        "'" { return quoted(lexer, token, '\'', ECSQL_TK_STRING); }
        "\"" { return quoted(lexer, token, '"', ECSQL_TK_NAME); }
        "`" { return quoted(lexer, token, '`', ECSQL_TK_NAME); }
        "[" { return quoted(lexer, token, ']', ECSQL_TK_NAME); }
        * { return ECSQL_LEX_INVALID; }
        */
    }
}
