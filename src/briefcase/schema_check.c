/* src/briefcase/schema_check.c - may the SQL that stands in this file be run?
 *
 * A file brings SQL of its own, which SQLite runs on our behalf: bodies of triggers, views, CHECK and
 * DEFAULT expressions, generated columns, partial indexes, virtual tables. Before any of it can run,
 * the texts of sqlite_master are looked at word by word. What the native library makes passes (seen
 * in files of versions 2 to 5 and in its own list of expected triggers); anything else is refused:
 *
 *   triggers          only those that an iModel has, by name, on their table, writing to theirs alone,
 *                     reading no other; functions only from the list below
 *   virtual tables    the spatial index and the text index
 *   views             only class views, whose names hold a dot; nothing here ever reads one
 *   tables, indexes   no generated columns, functions only from the list
 *
 * Not judged here: whether the rest of the file makes sense (profile.c, the EC catalogue).
 */
#include <string.h>

#include "briefcase_priv.h"
#include "content_priv.h"

#define MAX_OBJECTS 20000 /* tables, indexes, triggers; large iModels have some thousand */

/* ---- words of SQL ---- */

enum word_type {
    WORD_END,
    WORD_BARE,   /* a keyword or a plain name */
    WORD_QUOTED, /* a name in [], "" or ``; without the quotes */
    WORD_STRING, /* in '' */
    WORD_OTHER,  /* one byte of punctuation, or a digit */
};

struct word {
    enum word_type type;
    struct weh_str text;
};

struct words {
    const char *at;
    const char *end;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* Past white space and comments, which separate words as SQLite's tokenizer has it. */
static void skip_space(struct words *words)
{
    for (;;) {
        const char *at = words->at;
        size_t left = (size_t)(words->end - at);
        const char *stop = NULL;

        if (left > 0 && is_space(at[0])) {
            words->at++;
            continue;
        }
        if (left < 2 || (memcmp(at, "--", 2) != 0 && memcmp(at, "/*", 2) != 0)) {
            return;
        }
        stop = at[0] == '-' ? memchr(at, '\n', left) : memmem(at + 2, left - 2, "*/", 2);
        words->at = stop == NULL ? words->end : stop + (at[0] == '-' ? 1 : 2);
    }
}

/* Inside quotes; a doubled one stays doubled: no name that is compared has any. */
static struct word quoted(struct words *words, char close)
{
    const char *from = words->at + 1;
    const char *at = from;
    struct word word = { close == '\'' ? WORD_STRING : WORD_QUOTED, { from, 0 } };

    while (at < words->end &&
           (*at != close || (close != ']' && at + 1 < words->end && at[1] == close))) {
        at += *at == close ? 2 : 1;
    }
    word.text.len = (size_t)(at - from);
    words->at = at < words->end ? at + 1 : words->end;
    return word;
}

static struct word next_word(struct words *words)
{
    struct word word = { WORD_END, { NULL, 0 } };
    const char *from;

    skip_space(words);
    from = words->at;
    if (from == words->end) {
        return word;
    }
    if (*from == '[') {
        return quoted(words, ']');
    }
    if (*from == '"' || *from == '`' || *from == '\'') {
        return quoted(words, *from);
    }
    word.type = WORD_OTHER;
    words->at++;
    if (is_name_byte(*from) && (*from < '0' || *from > '9')) {
        word.type = WORD_BARE;
        while (words->at < words->end && is_name_byte(*words->at)) {
            words->at++;
        }
    }
    word.text = (struct weh_str){ from, (size_t)(words->at - from) };
    return word;
}

static bool is_bare(const struct word *word, const char *keyword)
{
    return word->type == WORD_BARE && weh_str_eq_nocase(word->text, weh_str_from(keyword));
}

static bool is_name(const struct word *word, const char *name)
{
    return (word->type == WORD_BARE || word->type == WORD_QUOTED) &&
           weh_str_eq_nocase(word->text, weh_str_from(name));
}

static bool is_one_of(const struct word *word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_name(word, list[i])) {
            return true;
        }
    }
    return false;
}

/* ---- calls ---- */

/* May @word, before a parenthesis, be there? What follows @naming (NULL-ended) is a name. */
static bool is_harmless(const struct word *before, const struct word *word,
                        const char *const *naming)
{
    static const char *const keywords[] = { "CHECK", "KEY", "UNIQUE", "IN",     "DEFAULT", "AND",
                                            "OR",    "NOT", "WHERE",  "VALUES", "FROM",    "WHEN" };
    /* Short results, no side effects, whatever they are called with. */
    static const char *const functions[] = {
        "typeof",
        "length",
        "abs",
        "lower",
        "upper",
        "coalesce",
        "ifnull",
        "nullif",
        "min",
        "max",
        "julianday",
        "DGN_point",
        "DGN_angles",
        "DGN_bbox",
        "DGN_placement",
        "DGN_bbox_value",
        "DGN_placement_aabb",
        "iModel_point",
        "iModel_angles",
        "iModel_bbox",
        "iModel_placement",
        "iModel_bbox_value",
        "iModel_placement_aabb",
    };

    for (size_t i = 0; naming[i] != NULL; i++) {
        if (is_bare(before, naming[i])) {
            return true;
        }
    }
    return (word->type == WORD_BARE && is_one_of(word, keywords, WEH_ARRAY_LEN(keywords))) ||
           is_one_of(word, functions, WEH_ARRAY_LEN(functions));
}

static bool is_call(const struct word *word, const struct words *rest)
{
    struct words ahead = *rest;

    if (word->type != WORD_BARE && word->type != WORD_QUOTED && word->type != WORD_STRING) {
        return false;
    }
    skip_space(&ahead);
    return ahead.at < ahead.end && *ahead.at == '(';
}

/* Tables and indexes: "AS" comes with generated columns, casts and tables made from queries. */
static bool is_plain_definition(struct words words)
{
    static const char *const naming[] = { "TABLE", "EXISTS", "REFERENCES", "ON", NULL };
    struct word before = { WORD_END, { NULL, 0 } };

    for (struct word word = next_word(&words); word.type != WORD_END; word = next_word(&words)) {
        if (is_bare(&word, "AS") || is_bare(&word, "SELECT") ||
            (is_call(&word, &words) && !is_harmless(&before, &word, naming))) {
            return false;
        }
        before = word;
    }
    return true;
}

/* ---- triggers ---- */

struct trigger_rule {
    const char *name;
    const char *table;  /* that it is on */
    const char *target; /* that it writes to */
};

static const struct trigger_rule trigger_rules[] = {
    { "delete_embeddedFiles", "be_EmbedFile", "be_Prop" },
    { "dgn_fts_ad", "dgn_fts_content", "dgn_fts_idx" },
    { "dgn_fts_ai", "dgn_fts_content", "dgn_fts_idx" },
    { "dgn_fts_au", "dgn_fts_content", "dgn_fts_idx" },
    { "dgn_prjrange_del", "bis_GeometricElement3d", "dgn_SpatialIndex" },
    { "dgn_rtree_ins", "bis_GeometricElement3d", "dgn_SpatialIndex" },
    { "dgn_rtree_upd", "bis_GeometricElement3d", "dgn_SpatialIndex" },
    { "dgn_rtree_upd1", "bis_GeometricElement3d", "dgn_SpatialIndex" },
};

/* Of a class whose schema names a property for the time of the last change: writes to its table. */
#define TIMESTAMP_SUFFIX "_CurrentTimeStamp"

/* The table that a trigger of this name on this table may write to; .ptr NULL: there is no such. */
static struct weh_str find_target(struct weh_str name, struct weh_str table)
{
    const struct weh_str suffix = weh_str_from(TIMESTAMP_SUFFIX);
    const struct weh_str none = { NULL, 0 };

    for (size_t i = 0; i < WEH_ARRAY_LEN(trigger_rules); i++) {
        const struct trigger_rule *rule = &trigger_rules[i];

        if (weh_str_eq_text(name, rule->name)) {
            return weh_str_eq_nocase(table, weh_str_from(rule->table)) ? weh_str_from(rule->target)
                                                                       : none;
        }
    }
    if (table.len > 0 && name.len == table.len + suffix.len &&
        memcmp(name.ptr, table.ptr, table.len) == 0 &&
        memcmp(name.ptr + table.len, suffix.ptr, suffix.len) == 0) {
        return table;
    }
    return none;
}

/* The words before one in the body of a trigger. */
struct context {
    struct word before;
    struct word earlier; /* before that */
};

/* Writes go to @target; what is read are the row itself and rows made of it, in parentheses. */
static bool is_body_word(const struct context *context, const struct word *word,
                         struct weh_str target)
{
    static const char *const never[] = { "WITH", "JOIN",      "UNION",  "EXCEPT",
                                         "CAST", "INTERSECT", "INDEXED" };
    const struct word *before = &context->before;
    const bool is_open = weh_str_eq_text(word->text, "(");
    const bool is_target = (word->type == WORD_BARE || word->type == WORD_QUOTED) &&
                           weh_str_eq_nocase(word->text, target);

    if (is_bare(before, "INTO") || is_bare(before, "UPDATE")) {
        return is_target;
    }
    if (is_bare(before, "FROM")) {
        return is_bare(&context->earlier, "DELETE") ? is_target : is_open;
    }
    if (is_bare(before, "IN")) {
        return is_open;
    }
    /* Rows of constants in parentheses could be multiplied. */
    if (weh_str_eq_text(before->text, "(") && is_bare(word, "VALUES")) {
        return false;
    }
    return word->type != WORD_BARE || !is_one_of(word, never, WEH_ARRAY_LEN(never));
}

/* From BEGIN on. */
static bool is_plain_body(struct words words, struct weh_str target)
{
    static const char *const naming[] = { "INTO", NULL };
    struct context context = { { WORD_END, { NULL, 0 } }, { WORD_END, { NULL, 0 } } };

    for (struct word word = next_word(&words); word.type != WORD_END; word = next_word(&words)) {
        if (!is_body_word(&context, &word, target) ||
            (is_call(&word, &words) && !is_harmless(&context.before, &word, naming))) {
            return false;
        }
        context.earlier = context.before;
        context.before = word;
    }
    return true;
}

/* Before the body: what sets the trigger off, and its condition. */
static bool is_head_word(const struct word *before, const struct word *word)
{
    static const char *const never[] = { "SELECT", "INSTEAD", "BEFORE" };

    if (is_bare(before, "IN") && !weh_str_eq_text(word->text, "(")) {
        return false;
    }
    return word->type != WORD_BARE || !is_one_of(word, never, WEH_ARRAY_LEN(never));
}

/* @words: what follows CREATE TRIGGER. */
static bool is_plain_trigger(struct words words)
{
    static const char *const naming[] = { NULL };
    struct word before = { WORD_END, { NULL, 0 } };
    struct word word = next_word(&words);
    const struct weh_str name = word.text;
    struct weh_str target = { NULL, 0 };

    for (; word.type != WORD_END && !is_bare(&word, "BEGIN"); word = next_word(&words)) {
        if (!is_head_word(&before, &word) ||
            (is_call(&word, &words) && !is_harmless(&before, &word, naming))) {
            return false;
        }
        if (is_bare(&before, "ON")) {
            target = find_target(name, word.text);
        }
        before = word;
    }
    return target.ptr != NULL && is_plain_body(words, target);
}

/* ---- the file ---- */

/* @words: what follows CREATE VIRTUAL. */
static bool is_known_virtual_table(struct words words)
{
    static const char *const modules[][2] = { { "dgn_SpatialIndex", "rtree" },
                                              { "dgn_fts_idx", "fts5" } };
    const struct word table = next_word(&words);
    const struct word name = next_word(&words);
    const struct word using = next_word(&words);
    const struct word module = next_word(&words);

    for (size_t i = 0; i < WEH_ARRAY_LEN(modules); i++) {
        if (is_name(&name, modules[i][0])) {
            return is_bare(&table, "TABLE") && is_bare(&using, "USING") &&
                   is_name(&module, modules[i][1]);
        }
    }
    return false;
}

/* Judged by what the text makes, not by what the row says that it is: SQLite runs the text. */
static bool is_harmless_sql(struct weh_str sql)
{
    struct words words = { sql.ptr, sql.ptr + sql.len };
    const struct word create = next_word(&words);
    const struct words rest = words;
    struct word word = next_word(&words);

    if (!is_bare(&create, "CREATE")) {
        return false;
    }
    if (is_bare(&word, "TRIGGER")) {
        return is_plain_trigger(words);
    }
    if (is_bare(&word, "VIRTUAL")) {
        return is_known_virtual_table(words);
    }
    if (is_bare(&word, "VIEW")) {
        word = next_word(&words);
        return word.type == WORD_QUOTED && memchr(word.text.ptr, '.', word.text.len) != NULL;
    }
    return (is_bare(&word, "TABLE") || is_bare(&word, "INDEX") || is_bare(&word, "UNIQUE")) &&
           is_plain_definition(rest);
}

static bool is_harmless_object(sqlite3_stmt *stmt)
{
    struct weh_str sql = weh_stmt_text(stmt, 2);

    if (sql.ptr == NULL) {
        return weh_str_eq_text(weh_stmt_text(stmt, 0), "index"); /* SQLite's, for a constraint */
    }
    return is_harmless_sql(sql);
}

weh_err weh_schema_check(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    size_t n = 0;
    weh_err err =
        weh_stmt_acquire(briefcase, "SELECT type, name, sql FROM sqlite_master", &stmt, diag);

    while (err == WEH_OK) {
        err = weh_stmt_step(briefcase, stmt, &row, diag);
        if (err != WEH_OK || !row) {
            break;
        }
        n++;
        if (n > MAX_OBJECTS || !is_harmless_object(stmt)) {
            struct weh_str name = weh_stmt_text(stmt, 1);

            err = weh_fail(diag, WEH_E_NOT_AN_IMODEL,
                           "the file brings SQL that no iModel has: it is not run");
            weh_diag_detail(diag, "%.*s", (int)(name.len < 100 ? name.len : 100),
                            name.ptr == NULL ? "" : name.ptr);
        }
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}
