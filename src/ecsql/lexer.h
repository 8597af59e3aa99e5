/* src/ecsql/lexer.h - ECSQL text as tokens. */
#ifndef ECSQL_LEXER_H
#define ECSQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/str.h"

/** What ecsql_lex returns beside the grammar's tokens (ECSQL_TK_..., from 1). */
enum {
    ECSQL_LEX_END = 0,
    ECSQL_LEX_INVALID = -1,      /* a character that begins no token */
    ECSQL_LEX_UNTERMINATED = -2, /* a quote without its end */
    ECSQL_LEX_NO_MEMORY = -3
};

struct ecsql_token {
    uint32_t at;         /* byte in the text */
    struct weh_str text; /* of names and strings what stands between the quotes, undoubled */
    bool quoted;
};

struct ecsql_lexer {
    const char *begin;
    const char *cursor;
    const char *end; /* a NUL stands there */
    struct weh_arena *arena;
};

/** @text is followed by a NUL; it and @arena are kept. */
void ecsql_lexer_init(struct ecsql_lexer *lexer, struct weh_str text, struct weh_arena *arena);

/** The next token into @token; its kind, or one of the values above. */
int ecsql_lex(struct ecsql_lexer *lexer, struct ecsql_token *token);

#endif
