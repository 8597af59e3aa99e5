/* tools/weh/vars.c - the variables of a script and their places in JSON text.
 *
 * Replaced in the text, before it is parsed: a value may then stand wherever JSON has one.
 */
#include "vars.h"

#include "weh/alloc.h"
#include "weh/json.h"

static const struct weh_json_limits limits = { .max_depth = WEH_JSON_MAX_DEPTH,
                                               .max_values = 20000000 };

struct var {
    char *name;
    struct weh_value value;
    struct weh_arena arena;
    struct var *next;
};

struct weh_vars {
    struct var *first;
};

weh_err weh_vars_create(struct weh_vars **out, struct weh_diag *diag)
{
    struct weh_vars *vars = weh_calloc(1, sizeof(*vars));

    if (vars == NULL) {
        return weh_fail_nomem(diag);
    }
    *out = vars;
    return WEH_OK;
}

static void var_destroy(struct var *var)
{
    if (var != NULL) {
        weh_arena_fini(&var->arena);
        weh_free(var->name);
        weh_free(var);
    }
}

void weh_vars_destroy(struct weh_vars *vars)
{
    struct var *next;

    if (vars == NULL) {
        return;
    }
    for (struct var *var = vars->first; var != NULL; var = next) {
        next = var->next;
        var_destroy(var);
    }
    weh_free(vars);
}

weh_err weh_value_keep(const struct weh_value *value, struct weh_arena *arena,
                       struct weh_value *out, struct weh_diag *diag)
{
    struct weh_json_writer json;
    struct weh_buf buf;
    weh_err err;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    weh_sink_value(&json.sink, value);
    if (buf.err != WEH_OK) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    err = weh_json_parse((struct weh_str){ (const char *)buf.data, buf.len }, &limits, arena, out,
                         diag);
out:
    weh_buf_fini(&buf);
    return err;
}

weh_err weh_vars_set(struct weh_vars *vars, struct weh_str name, const struct weh_value *value,
                     struct weh_diag *diag)
{
    struct var *var = weh_calloc(1, sizeof(*var));
    weh_err err = WEH_OK;

    if (var == NULL) {
        return weh_fail_nomem(diag);
    }
    weh_arena_init(&var->arena, 0);
    var->name = weh_strndup(name.ptr, name.len);
    if (var->name == NULL) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    err = weh_value_keep(value, &var->arena, &var->value, diag);
    if (err != WEH_OK) {
        goto out;
    }
    /* The newest is found first, which is how a variable gets a new value. */
    for (struct var **old = &vars->first; *old != NULL; old = &(*old)->next) {
        if (weh_str_eq_text(name, (*old)->name)) {
            struct var *gone = *old;

            *old = gone->next;
            var_destroy(gone);
            break;
        }
    }
    var->next = vars->first;
    vars->first = var;
    var = NULL;
out:
    var_destroy(var);
    return err;
}

size_t weh_vars_name_length(struct weh_str text)
{
    size_t n = 0;

    for (; n < text.len; n++) {
        char c = text.ptr[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

        if (!letter && (n == 0 || c < '0' || c > '9')) {
            break;
        }
    }
    return n;
}

/* Length of the [0] at the start of @text, 0 for none; its number in *@index. */
static size_t index_length(struct weh_str text, uint32_t *index)
{
    size_t n = 1;

    *index = 0;
    while (n < text.len && n < 9 && text.ptr[n] >= '0' && text.ptr[n] <= '9') {
        *index = *index * 10 + (uint32_t)(text.ptr[n] - '0');
        n++;
    }
    return n > 1 && n < text.len && text.ptr[n] == ']' ? n + 1 : 0;
}

static struct weh_str str_from(struct weh_str text, size_t start)
{
    return (struct weh_str){ text.ptr + start, text.len - start };
}

/* The member of @map named by the @n bytes at @key. */
static const struct weh_value *member_of(const struct weh_value *map, const char *key, size_t n)
{
    if (map == NULL || map->type != WEH_VALUE_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        if (weh_str_eq(map->as.members[i].key, (struct weh_str){ key, n })) {
            return &map->as.members[i].value;
        }
    }
    return NULL;
}

struct reference {
    size_t length;                 /* of the text, $ included; 0: no reference */
    bool known;                    /* there is such a variable */
    const struct weh_value *value; /* NULL when it has no such member or item */
};

/* Read the reference that starts with the $ at the start of @text. */
static struct reference read_reference(const struct weh_vars *vars, struct weh_str text)
{
    size_t n = weh_vars_name_length(str_from(text, 1));
    struct reference out = { .length = n == 0 ? 0 : n + 1 };
    struct weh_str name = { text.ptr + 1, n };

    for (const struct var *var = vars == NULL ? NULL : vars->first; var != NULL; var = var->next) {
        if (weh_str_eq_text(name, var->name)) {
            out.known = true;
            out.value = &var->value;
            break;
        }
    }
    while (n > 0 && out.length < text.len) {
        struct weh_str rest = str_from(text, out.length);
        uint32_t index = 0;

        if (rest.ptr[0] == '.' && (n = weh_vars_name_length(str_from(rest, 1))) > 0) {
            out.value = member_of(out.value, rest.ptr + 1, n);
            out.length += n + 1;
        } else if (rest.ptr[0] == '[' && (n = index_length(rest, &index)) > 0) {
            bool is_item =
                out.value != NULL && out.value->type == WEH_VALUE_ARRAY && index < out.value->n;

            out.value = is_item ? &out.value->as.items[index] : NULL;
            out.length += n;
        } else {
            n = 0;
        }
    }
    return out;
}

static void append_json(struct weh_buf *out, const struct weh_value *value)
{
    struct weh_json_writer json;

    weh_json_writer_init(&json, out);
    weh_sink_value(&json.sink, value);
}

static size_t string_length(struct weh_str text)
{
    size_t n = 1;

    while (n < text.len && text.ptr[n] != '"') {
        n += text.ptr[n] == '\\' && n + 1 < text.len ? 2 : 1;
    }
    return n < text.len ? n + 1 : text.len;
}

/* Append the value of the reference at the start of @text, which is @quoted or bare, and set *@used
 * to the bytes it took; 0 when a quoted one is an ordinary string. */
static weh_err expand_one(const struct weh_vars *vars, struct weh_str text, bool quoted,
                          struct weh_buf *out, size_t *used, struct weh_diag *diag)
{
    size_t whole = quoted ? string_length(text) : 0;
    struct weh_str inner = quoted ? (struct weh_str){ text.ptr + 1, whole - 1 } : text;
    struct reference found;

    *used = 0;
    if (inner.len < 2 || inner.ptr[0] != '$') {
        return quoted ? WEH_OK : weh_fail(diag, WEH_E_PARSE, "$ without a name");
    }
    found = read_reference(vars, inner);
    if (quoted && (!found.known || found.length + 2 != whole)) {
        return WEH_OK;
    }
    if (!found.known) {
        return weh_fail(diag, WEH_E_NOT_FOUND, "no variable %.*s",
                        WEH_STR_ARGS(((struct weh_str){ inner.ptr, found.length })));
    }
    if (found.value == NULL) {
        return weh_fail(diag, WEH_E_NOT_FOUND, "no value %.*s",
                        WEH_STR_ARGS(((struct weh_str){ inner.ptr, found.length })));
    }
    append_json(out, found.value);
    *used = quoted ? whole : found.length;
    return WEH_OK;
}

weh_err weh_vars_expand(const struct weh_vars *vars, struct weh_str text, struct weh_buf *out,
                        struct weh_diag *diag)
{
    size_t i = 0;

    while (i < text.len) {
        struct weh_str rest = str_from(text, i);
        bool quoted = rest.ptr[0] == '"';
        weh_err err = WEH_OK;
        size_t used = 0;

        if (quoted || rest.ptr[0] == '$') {
            err = expand_one(vars, rest, quoted, out, &used, diag);
        }
        if (err != WEH_OK) {
            return err;
        }
        if (used == 0) {
            used = quoted ? string_length(rest) : 1;
            weh_buf_append(out, rest.ptr, used);
        }
        i += used;
    }
    return out->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

weh_err weh_vars_parse(const struct weh_vars *vars, struct weh_str text, struct weh_arena *arena,
                       struct weh_value *out, struct weh_diag *diag)
{
    struct weh_buf buf;
    weh_err err;

    weh_buf_init(&buf, 0);
    err = weh_vars_expand(vars, text, &buf, diag);
    if (err == WEH_OK) {
        err = weh_json_parse((struct weh_str){ (const char *)buf.data, buf.len }, &limits, arena,
                             out, diag);
    }
    weh_buf_fini(&buf);
    return err;
}
