/* tests/oracle/oracle_known.c - see oracle_known.h. */
#include "oracle_known.h"

#include "oracle_file.h"

/* The next word of @line, which is cut off. */
static struct weh_str take_word(struct weh_str *line)
{
    struct weh_str word;

    while (line->len > 0 && line->ptr[0] == ' ') {
        line->ptr++;
        line->len--;
    }
    *line = weh_str_split(*line, ' ', &word);
    return word;
}

static weh_err read_row(struct oracle_known *known, struct weh_str line, struct weh_diag *diag)
{
    struct oracle_known_row *row = &known->rows[known->n];

    if (known->n == ORACLE_KNOWN_MAX) {
        return weh_fail(diag, WEH_E_LIMIT, "more than %u differences are explained",
                        ORACLE_KNOWN_MAX);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(row->fields); i++) {
        row->fields[i] = take_word(&line);
    }
    row->reason = line;
    if (row->reason.len == 0) {
        return weh_fail(diag, WEH_E_PARSE, "an explained difference needs five words");
    }
    known->n++;
    return WEH_OK;
}

weh_err oracle_known_read(const char *path, struct oracle_known *out, struct weh_diag *diag)
{
    struct weh_str rest;
    weh_err err;

    weh_buf_init(&out->text, 0);
    out->n = 0;
    err = data_file_read(path, &out->text, diag);
    rest = (struct weh_str){ (const char *)out->text.data, out->text.len };
    while (err == WEH_OK && rest.len > 0) {
        struct weh_str line;

        rest = weh_str_split(rest, '\n', &line);
        if (line.len > 0 && line.ptr[0] != '#') {
            err = read_row(out, line, diag);
        }
    }
    return err;
}

void oracle_known_fini(struct oracle_known *known)
{
    weh_buf_fini(&known->text);
}

static bool matches(struct weh_str pattern, struct weh_str text)
{
    return weh_str_eq_text(pattern, "*") || weh_str_eq(pattern, text);
}

const struct oracle_known_row *oracle_known_find(struct oracle_known *known, const char *file,
                                                 const char *kind, struct weh_str id,
                                                 const char *path)
{
    for (uint32_t i = 0; i < known->n; i++) {
        struct oracle_known_row *row = &known->rows[i];

        if (matches(row->fields[0], weh_str_from(file)) &&
            matches(row->fields[1], weh_str_from(kind)) && matches(row->fields[2], id) &&
            matches(row->fields[3], weh_str_from(path))) {
            row->n_used++;
            return row;
        }
    }
    return NULL;
}
