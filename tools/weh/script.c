/* tools/weh/script.c - one line of a script, taken apart.
 */
#include "script.h"

#include "weh/codec.h"

#include "vars.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct weh_str trim(struct weh_str text)
{
    while (text.len > 0 && is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

/* Cut the first word off *@text. */
static struct weh_str take_word(struct weh_str *text)
{
    struct weh_str word = { text->ptr, 0 };

    while (word.len < text->len && !is_space(text->ptr[word.len])) {
        word.len++;
    }
    *text = trim((struct weh_str){ text->ptr + word.len, text->len - word.len });
    return word;
}

/* Cut "$name =" off *@text, when it begins so. */
static weh_err take_variable(struct weh_str *text, struct weh_str *name, struct weh_diag *diag)
{
    struct weh_str rest = { text->ptr + 1, text->len - 1 };

    *name = (struct weh_str){ rest.ptr, weh_vars_name_length(rest) };
    rest = trim((struct weh_str){ rest.ptr + name->len, rest.len - name->len });
    if (name->len == 0 || rest.len == 0 || rest.ptr[0] != '=') {
        return weh_fail(diag, WEH_E_PARSE, "expected $name = METHOD JSON");
    }
    *text = trim((struct weh_str){ rest.ptr + 1, rest.len - 1 });
    return WEH_OK;
}

static bool is_name(struct weh_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-')) {
            return false;
        }
    }
    return text.len > 0 && text.len <= WEH_METHOD_NAME_MAX;
}

static weh_err check_arguments(const struct weh_statement *statement, struct weh_diag *diag)
{
    switch (statement->kind) {
    case WEH_STATEMENT_EXPECT:
        if (statement->json.len == 0) {
            return weh_fail(diag, WEH_E_PARSE, "expect needs JSON");
        }
        break;
    case WEH_STATEMENT_EXPECT_ERROR:
        if (!is_name(statement->name) || statement->json.len != 0) {
            return weh_fail(diag, WEH_E_PARSE, "expect-error needs the name of an error");
        }
        break;
    case WEH_STATEMENT_WAIT_NOTIFICATION:
    case WEH_STATEMENT_REQUEST:
        if (!is_name(statement->name)) {
            return weh_fail(diag, WEH_E_PARSE, "not the name of a method: %.*s",
                            WEH_STR_ARGS(statement->name));
        }
        break;
    case WEH_STATEMENT_EMPTY:
        break;
    }
    return WEH_OK;
}

weh_err weh_statement_parse(struct weh_str line, struct weh_statement *out, struct weh_diag *diag)
{
    struct weh_str rest = trim(line);
    struct weh_str word;

    *out = (struct weh_statement){ .kind = WEH_STATEMENT_EMPTY };
    if (rest.len == 0 || rest.ptr[0] == '#') {
        return WEH_OK;
    }
    if (rest.ptr[0] == '$') {
        weh_err err = take_variable(&rest, &out->variable, diag);

        if (err != WEH_OK) {
            return err;
        }
    }
    word = take_word(&rest);
    out->kind = WEH_STATEMENT_REQUEST;
    out->name = word;
    if (out->variable.len == 0 && weh_str_eq_text(word, "expect")) {
        out->kind = WEH_STATEMENT_EXPECT;
    } else if (out->variable.len == 0 && weh_str_eq_text(word, "expect-error")) {
        out->kind = WEH_STATEMENT_EXPECT_ERROR;
        out->name = take_word(&rest);
    } else if (out->variable.len == 0 && weh_str_eq_text(word, "wait-notification")) {
        out->kind = WEH_STATEMENT_WAIT_NOTIFICATION;
        out->name = take_word(&rest);
    }
    out->json = rest;
    return check_arguments(out, diag);
}
