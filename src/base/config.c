/* src/base/config.c - the table of settings: check, set, print. Knows no file format. */
#include "weh/config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"

#include "config_priv.h"

/* clang-format off */
static const struct config_row rows[] = {
#define AT(member) offsetof(struct weh_config, member)
#define TEXT(name, member, def, reload, is_secret, text) \
    { .key = (name), .type = CONFIG_TEXT, .offset = AT(member), .default_text = (def), .reloadable = (reload), .secret = (is_secret), .unit = "", .choices = "", .help = (text) },
#define NUMBER(name, member, def, low, high, what, reload, text) \
    { .key = (name), .type = CONFIG_NUMBER, .offset = AT(member), .default_text = #def, .min = (low), .max = (high), .unit = (what), .choices = "", .reloadable = (reload), .help = (text) },
#define BOOL(name, member, def, reload, text) \
    { .key = (name), .type = CONFIG_BOOL, .offset = AT(member), .default_text = #def, .reloadable = (reload), .unit = "", .choices = "", .help = (text) },
#define CHOICE(name, member, def, words, reload, text) \
    { .key = (name), .type = CONFIG_CHOICE, .offset = AT(member), .default_text = (def), .choices = (words), .unit = "", .reloadable = (reload), .help = (text) },
#include "weh/config_keys.def"
#undef AT
#undef TEXT
#undef NUMBER
#undef BOOL
#undef CHOICE
};
/* clang-format on */

/* A text that was replaced while others may still read it. */
struct weh_config_retired {
    struct weh_config_retired *next;
    char *text;
};

static weh_config_text *text_at(struct weh_config *config, const struct config_row *row)
{
    return (weh_config_text *)(void *)((char *)config + row->offset);
}

static weh_config_number *number_at(struct weh_config *config, const struct config_row *row)
{
    return (weh_config_number *)(void *)((char *)config + row->offset);
}

static weh_config_bool *bool_at(struct weh_config *config, const struct config_row *row)
{
    return (weh_config_bool *)(void *)((char *)config + row->offset);
}

static bool holds_text(const struct config_row *row)
{
    return row->type == CONFIG_TEXT || row->type == CONFIG_CHOICE;
}

static const struct config_row *find_row(const char *key)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].key, key) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct config_row *config_rows(size_t *n)
{
    *n = WEH_ARRAY_LEN(rows);
    return rows;
}

static bool is_choice(const struct config_row *row, const char *text)
{
    struct weh_str rest = weh_str_from(row->choices);

    while (rest.len > 0) {
        struct weh_str word;

        rest = weh_str_split(rest, '|', &word);
        if (weh_str_eq_text(word, text)) {
            return true;
        }
    }
    return false;
}

static weh_err set_text(struct weh_config *config, const struct config_row *row, const char *text,
                        struct weh_diag *diag)
{
    char *copy = weh_strndup(text, strlen(text));

    if (copy == NULL) {
        return weh_fail_nomem(diag);
    }
    weh_free(*text_at(config, row));
    *text_at(config, row) = copy;
    return WEH_OK;
}

static weh_err set_number(struct weh_config *config, const struct config_row *row, const char *text,
                          const char *source, struct weh_diag *diag)
{
    char *end = NULL;
    long long number = strtoll(text, &end, 10);

    if (text[0] == '\0' || *end != '\0' || number < row->min || number > row->max) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, row->key,
                              "%s: %s must be a whole number from %lld to %lld%s%s", source,
                              row->key, (long long)row->min, (long long)row->max,
                              row->unit[0] == '\0' ? "" : " ", row->unit);
    }
    *number_at(config, row) = number;
    return WEH_OK;
}

static weh_err set_bool(struct weh_config *config, const struct config_row *row, const char *text,
                        const char *source, struct weh_diag *diag)
{
    bool value = strcmp(text, "true") == 0;

    if (!value && strcmp(text, "false") != 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, row->key, "%s: %s must be true or false",
                              source, row->key);
    }
    *bool_at(config, row) = value;
    return WEH_OK;
}

weh_err weh_config_set(struct weh_config *config, const char *key, const char *text,
                       const char *source, struct weh_diag *diag)
{
    const struct config_row *row = find_row(key);

    if (row == NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, key, "%s: there is no setting %s", source, key);
    }
    switch (row->type) {
    case CONFIG_NUMBER:
        return set_number(config, row, text, source, diag);
    case CONFIG_BOOL:
        return set_bool(config, row, text, source, diag);
    case CONFIG_CHOICE:
        if (!is_choice(row, text)) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, row->key, "%s: %s must be one of %s",
                                  source, row->key, row->choices);
        }
        return set_text(config, row, text, diag);
    case CONFIG_TEXT:
        return set_text(config, row, text, diag);
    }
    return WEH_OK;
}

weh_err weh_config_init(struct weh_config *config, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    *config = (struct weh_config){ .retired = NULL };
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows) && err == WEH_OK; i++) {
        err = weh_config_set(config, rows[i].key, rows[i].default_text, "default", diag);
    }
    if (err != WEH_OK) {
        weh_config_fini(config);
    }
    return err;
}

void weh_config_fini(struct weh_config *config)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        if (holds_text(&rows[i])) {
            weh_free(*text_at(config, &rows[i]));
            *text_at(config, &rows[i]) = NULL;
        }
    }
    while (config->retired != NULL) {
        struct weh_config_retired *retired = config->retired;

        config->retired = retired->next;
        weh_free(retired->text);
        weh_free(retired);
    }
}

/* @config is only read; it is not const because the accessors serve both uses. */
static void print_value(struct weh_config *config, const struct config_row *row,
                        struct weh_buf *out)
{
    if (holds_text(row)) {
        weh_buf_printf(out, "%s", *text_at(config, row));
    } else if (row->type == CONFIG_NUMBER) {
        weh_buf_printf(out, "%lld", (long long)*number_at(config, row));
    } else {
        weh_buf_printf(out, "%s", *bool_at(config, row) ? "true" : "false");
    }
}

static bool same_value(struct weh_config *a, struct weh_config *b, const struct config_row *row)
{
    if (holds_text(row)) {
        return strcmp(*text_at(a, row), *text_at(b, row)) == 0;
    }
    return row->type == CONFIG_NUMBER ? *number_at(a, row) == *number_at(b, row)
                                      : *bool_at(a, row) == *bool_at(b, row);
}

/* @from gives its text away. */
static weh_err exchange_text(struct weh_config *config, struct weh_config *from,
                             const struct config_row *row, struct weh_diag *diag)
{
    struct weh_config_retired *retired = weh_malloc(sizeof(*retired));

    if (retired == NULL) {
        return weh_fail_nomem(diag);
    }
    retired->text = atomic_exchange(text_at(config, row), *text_at(from, row));
    *text_at(from, row) = NULL;
    retired->next = config->retired;
    config->retired = retired;
    return WEH_OK;
}

static weh_err take_over(struct weh_config *config, struct weh_config *from,
                         const struct config_row *row, struct weh_diag *diag)
{
    if (holds_text(row)) {
        return exchange_text(config, from, row, diag);
    }
    if (row->type == CONFIG_NUMBER) {
        *number_at(config, row) = *number_at(from, row);
    } else {
        *bool_at(config, row) = *bool_at(from, row);
    }
    return WEH_OK;
}

weh_err weh_config_reload(struct weh_config *config, struct weh_config *from,
                          struct weh_buf *ignored, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows) && err == WEH_OK; i++) {
        if (same_value(config, from, &rows[i])) {
            continue;
        }
        if (rows[i].reloadable) {
            err = take_over(config, from, &rows[i], diag);
        } else {
            weh_buf_printf(ignored, "%s%s", ignored->len == 0 ? "" : ", ", rows[i].key);
        }
    }
    return err;
}

/* Write @text as comment lines of at most 98 characters. */
static void print_comment(const char *text, struct weh_buf *out)
{
    struct weh_str rest = weh_str_from(text);
    size_t column = 0;

    while (rest.len > 0) {
        struct weh_str word;

        rest = weh_str_split(rest, ' ', &word);
        if (column == 0 || column + 1 + word.len > 98) {
            weh_buf_printf(out, column == 0 ? "# " : "\n# ");
            column = 2;
        } else {
            weh_buf_byte(out, ' ');
            column++;
        }
        weh_buf_append(out, word.ptr, word.len);
        column += word.len;
    }
    weh_buf_byte(out, '\n');
}

static void print_range(const struct config_row *row, struct weh_buf *out)
{
    const char *reload = row->reloadable ? "; takes effect on SIGHUP" : "; needs a restart";

    switch (row->type) {
    case CONFIG_NUMBER:
        weh_buf_printf(out, "# %lld to %lld%s%s%s\n", (long long)row->min, (long long)row->max,
                       row->unit[0] == '\0' ? "" : " ", row->unit, reload);
        break;
    case CONFIG_BOOL:
        weh_buf_printf(out, "# true or false%s\n", reload);
        break;
    case CONFIG_CHOICE:
        weh_buf_printf(out, "# one of %s%s\n", row->choices, reload);
        break;
    case CONFIG_TEXT:
        weh_buf_printf(out, "# text%s%s\n", row->secret ? ", secret" : "", reload);
        break;
    }
}

void weh_config_print_example(struct weh_buf *out)
{
    struct weh_str section = { NULL, 0 };

    weh_buf_printf(out,
                   "# Settings of webedithost, each at its default (webedithost --print-config).\n"
                   "# A key can also be given as --set listen.port=8423 or in the environment\n"
                   "# as WEH_LISTEN_PORT=8423; --set wins over the environment, the environment\n"
                   "# over this file.\n");
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        struct weh_str head;
        struct weh_str name = weh_str_split(weh_str_from(rows[i].key), '.', &head);

        if (!weh_str_eq(head, section)) {
            weh_buf_printf(out, "\n[%.*s]\n", WEH_STR_ARGS(head));
            section = head;
        }
        weh_buf_byte(out, '\n');
        print_comment(rows[i].help, out);
        print_range(&rows[i], out);
        weh_buf_printf(out, "%.*s = %s\n", WEH_STR_ARGS(name), rows[i].default_text);
    }
}

void weh_config_print_values(struct weh_config *config, struct weh_buf *out)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        weh_buf_printf(out, "%s=", rows[i].key);
        if (rows[i].secret) {
            weh_buf_printf(out, "(secret)");
        } else {
            print_value(config, &rows[i], out);
        }
        weh_buf_byte(out, '\n');
    }
}
