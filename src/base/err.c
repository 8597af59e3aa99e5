/* src/base/err.c - the table of errors, raising one, and the assert. */
#include "weh/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct weh_err_info infos[WEH_E_COUNT] = {
#define X(name, err_scope, wire, err_code, itwin_number, text) \
    [WEH_E_##name] = { wire, text, err_code, itwin_number, WEH_SCOPE_##err_scope },
    WEH_ERR_LIST(X)
#undef X
};

const struct weh_err_info *weh_err_info(weh_err err)
{
    weh_assert(err > WEH_OK && err < WEH_E_COUNT);
    return &infos[err];
}

/* A cut at @size - 1 bytes may fall into a character: take back its beginning. */
static void cut_to_whole_characters(char *text, size_t len)
{
    while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80) {
        len--;
    }
    if (len > 0) {
        text[len - 1] = '\0';
    }
}

weh_err weh_fail_at(struct weh_diag *diag, weh_err err, const char *file, int line,
                    const char *where, const char *format, ...)
{
    va_list args;
    int n;

    weh_assert(err > WEH_OK && err < WEH_E_COUNT);
    if (diag == NULL) {
        return err;
    }
    diag->err = err;
    diag->itwin = 0;
    diag->itwin_error = WEH_ITWIN_BY_NUMBER;
    diag->op = 0;
    diag->retry_s = 0;
    diag->file = file;
    diag->line = line;
    diag->detail[0] = '\0';
    n = snprintf(diag->where, sizeof(diag->where), "%s", where);
    if (n >= (int)sizeof(diag->where)) {
        cut_to_whole_characters(diag->where, sizeof(diag->where) - 1);
    }
    va_start(args, format);
    n = vsnprintf(diag->text, sizeof(diag->text), format, args);
    va_end(args);
    if (n >= (int)sizeof(diag->text)) {
        cut_to_whole_characters(diag->text, sizeof(diag->text) - 1);
    }
    return err;
}

void weh_diag_detail(struct weh_diag *diag, const char *format, ...)
{
    va_list args;

    if (diag == NULL) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(diag->detail, sizeof(diag->detail), format, args);
    va_end(args);
}

void weh_assert_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "webedithost: %s:%d: assertion failed: %s\n", file, line, condition);
    abort();
}
