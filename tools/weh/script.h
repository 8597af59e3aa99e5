/* tools/weh/script.h - one line of a script, taken apart. Knows no methods.
 */
#ifndef WEH_SCRIPT_H
#define WEH_SCRIPT_H

#include "weh/err.h"
#include "weh/str.h"

enum weh_statement_kind {
    WEH_STATEMENT_EMPTY, /* nothing, or a comment */
    WEH_STATEMENT_REQUEST,
    WEH_STATEMENT_EXPECT,
    WEH_STATEMENT_EXPECT_ERROR,
    WEH_STATEMENT_WAIT_NOTIFICATION,
};

/** Views into the line. */
struct weh_statement {
    enum weh_statement_kind kind;
    struct weh_str variable; /* without $; empty when the result is not kept */
    struct weh_str name;     /* of a method, an error or a notification */
    struct weh_str json;     /* empty when absent */
};

/** Take @line apart. WEH_E_PARSE, the text says what is wrong. */
WEH_MUST_CHECK weh_err weh_statement_parse(struct weh_str line, struct weh_statement *out,
                                           struct weh_diag *diag);

#endif
