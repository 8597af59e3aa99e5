/* tests/unit/txn/author_tools.c - see author_tools.h. */
#include "author_tools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

unsigned n_author_failures;

static void on_failed(void *ctx, const struct weh_diag *diag)
{
    unsigned *n = ctx;

    assert_int_not_equal(diag->err, WEH_OK);
    assert_int_not_equal(diag->text[0], '\0');
    assert_null(strstr(diag->text, "/"));
    (*n)++;
}

void saves_as(struct fixture *f, const char *user)
{
    const struct weh_txn_author author = { user, &n_author_failures, on_failed };

    n_author_failures = 0;
    weh_txn_set_author(f->stack, &author);
}

void reopen_as(struct fixture *f, const char *user)
{
    fixture_reopen(f);
    saves_as(f, user);
}

void save_one(struct fixture *f)
{
    static unsigned n;

    fixture_sql(f, "DELETE FROM be_Prop WHERE Namespace='t'");
    fixture_set_prop(f, ++n, "a");
    (void)fixture_save(f, "");
    fixture_clear_events(f);
}

static void on_txn(void *ctx, const struct weh_txn_info *info)
{
    char *text = ctx;
    size_t len = strlen(text);

    (void)snprintf(text + len, 8192 - len, "%s%s%.*s%s", len == 0 ? "" : " ",
                   info->reversed ? "[" : "", info->user.len == 0 ? 1 : (int)info->user.len,
                   info->user.len == 0 ? "-" : info->user.ptr, info->reversed ? "]" : "");
}

weh_err list_users(struct fixture *f, const char **out)
{
    static char text[8192];
    const struct weh_txn_visitor visitor = { text, on_txn };

    text[0] = '\0';
    *out = text;
    return weh_txn_list(f->stack, UINT32_MAX, &visitor, &f->diag);
}

const char *users_of(struct fixture *f)
{
    const char *users = NULL;

    assert_fixture_ok(f, list_users(f, &users));
    return users;
}

void authors_path(const struct fixture *f, const char *ending, char out[128])
{
    (void)snprintf(out, 128, "%s.weh-authors%s", f->path, ending);
}

bool authors_are_there(const struct fixture *f, const char *ending)
{
    char path[128];

    authors_path(f, ending, path);
    return access(path, F_OK) == 0;
}
