/* tests/unit/rpc/test_matrix.c - every method of the table, by every role, in every state, with ids of
 * one's own, of somebody else's and of nobody's.
 *
 * The calls are made from the table, and so is what to expect: a new method is in it at once. What
 * counts is what a role must not be able to do; what a method does when it may is tested elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>

#include "weh/access.h"
#include "weh/briefcase.h"
#include "weh/rpc.h"

#include "rpc_fixture.h"

#define MINE   "empty"
#define THEIRS "secret" /* an iModel of somebody else: small.bim */

/* Texts in it that nobody may see. */
static const char *const secrets[] = { "Building A", "Site label", "Nested definitions",
                                       "\"imodel\":\"" THEIRS "\"" };

enum kind {
    KIND_MINE,
    KIND_THEIRS,
    KIND_NOBODY,
    KIND_COUNT
};

static const struct {
    const char *imodel;
    const char *id;
} of_kind[KIND_COUNT] = {
    [KIND_MINE] = { MINE, "0x1" },
    [KIND_THEIRS] = { THEIRS, "0x168" }, /* not in mine */
    [KIND_NOBODY] = { "nothing", "0xfffff" },
};

struct role {
    const char *name;
    const char *scope;
    enum weh_access mine;    /* with MINE */
    enum weh_access highest; /* with any */
};

static const struct role roles[] = {
    { "stranger", "weh:admin:elsewhere", WEH_ACCESS_NONE, WEH_ACCESS_ADMIN },
    { "viewer", "weh:view:" MINE, WEH_ACCESS_VIEW, WEH_ACCESS_VIEW },
    { "editor", "weh:edit:" MINE, WEH_ACCESS_EDIT, WEH_ACCESS_EDIT },
    { "admin", "weh:admin:" MINE, WEH_ACCESS_ADMIN, WEH_ACCESS_ADMIN },
};

enum stage {
    STAGE_NEW,
    STAGE_READING,
    STAGE_WRITING,
    STAGE_COUNT
};

/* One walk through the table. */
struct walk {
    struct fixture *f;
    const struct role *role;
    struct weh_identity identity;
    enum stage stage;
    enum kind kind;
    struct client client;
    char *outcomes; /* the name of each reply */
    size_t n_outcomes;
    size_t n_calls;
};

#define OUTCOMES_MAX (size_t)1000000

/* ---- requests from the table ---- */

static void append(char *text, size_t size, const char *more)
{
    size_t n = strlen(text);

    assert_true(n + strlen(more) < size);
    memcpy(text + n, more, strlen(more) + 1);
}

/* A value that @arg takes, as far as its row says. */
static void make_value(const struct weh_arg_spec *arg, enum kind kind, char *out, size_t size)
{
    const char *id = of_kind[kind].id;

    switch (arg->type) {
    case WEH_ARG_BOOL:
        (void)snprintf(out, size, "true");
        break;
    case WEH_ARG_INT:
        (void)snprintf(out, size, "%lld", (long long)arg->min);
        break;
    case WEH_ARG_STRING:
        (void)snprintf(out, size, "\"%s\"",
                       strcmp(arg->name, "imodel") == 0 || strcmp(arg->name, "briefcase") == 0
                           ? of_kind[kind].imodel
                           : "x");
        break;
    case WEH_ARG_CHOICE:
        (void)snprintf(out, size, "\"%.*s\"", (int)strcspn(arg->choices, "|"), arg->choices);
        break;
    case WEH_ARG_ID:
        (void)snprintf(out, size, "\"%s\"", id);
        break;
    case WEH_ARG_IDS:
        (void)snprintf(out, size, "[\"%s\"]", id);
        break;
    case WEH_ARG_GUID:
        (void)snprintf(out, size, "\"11111111-2222-3333-4444-555555555555\"");
        break;
    case WEH_ARG_OBJECT:
        (void)snprintf(out, size,
                       "{\"id\":\"%s\",\"classFullName\":\"BisCore:Subject\",\"name\":\"x\"}", id);
        break;
    case WEH_ARG_ARRAY:
        (void)snprintf(out, size, "[0,0,0]");
        break;
    case WEH_ARG_REQUEST_ID:
        (void)snprintf(out, size, "1");
        break;
    case WEH_ARG_KEY:
    case WEH_ARG_ANY:
        (void)snprintf(out, size, "\"x\"");
        break;
    }
}

/* The required arguments and, with @extra not NULL, that one. */
static void make_params(const struct weh_method *method, const struct weh_arg_spec *extra,
                        enum kind kind, char *out, size_t size)
{
    char value[512];

    (void)snprintf(out, size, "{");
    for (const struct weh_arg_spec *arg = method->args; arg->name != NULL; arg++) {
        if (!arg->required && arg != extra) {
            continue;
        }
        make_value(arg, kind, value, sizeof(value));
        append(out, size, strlen(out) > 1 ? ",\"" : "\"");
        append(out, size, arg->name);
        append(out, size, "\":");
        append(out, size, value);
    }
    append(out, size, "}");
}

/* ---- what may come ---- */

static unsigned state_of(enum stage stage)
{
    return stage == STAGE_NEW ? WEH_IN(NEW) : WEH_IN(READY);
}

/* The error that the table demands; NULL: it demands none. */
static const char *demanded(const struct walk *walk, const struct weh_method *method)
{
    const enum weh_access access =
        (method->states & WEH_IN(NEW)) != 0 ? walk->role->highest : walk->role->mine;

    if (weh_method_is_out_of_band(method)) {
        /* Rights to one iModel, whatever they are, give none over the server. */
        return method->access >= WEH_ACCESS_ADMIN ? "Denied" : NULL;
    }
    if ((method->states & state_of(walk->stage)) == 0) {
        return "WrongState";
    }
    if ((method->flags & WEH_METHOD_WITHOUT_TOKEN) == 0 && method->access > access) {
        return "Denied";
    }
    return NULL;
}

/* True when @name is an error of a request: what a client can do may not end a session. */
static bool is_request_error(struct weh_str name)
{
    for (unsigned err = WEH_OK + 1; err < WEH_E_COUNT; err++) {
        const struct weh_err_info *info = weh_err_info((weh_err)err);

        if (weh_str_eq_text(name, info->name)) {
            return info->scope == WEH_SCOPE_REQUEST;
        }
    }
    return false;
}

static void complain(const struct walk *walk, const char *method, const char *params,
                     const char *why)
{
    print_error("%s, stage %d, kind %d: %s %s: %s: %s\n", walk->role->name, (int)walk->stage,
                (int)walk->kind, method, params, why,
                walk->client.fake->frames[walk->client.n_read - 1]);
    fail();
}

/* ---- one call ---- */

/* Frames that have not been looked at yet hold nothing of the other iModel. */
static void check_frames(struct walk *walk, size_t from, const char *method, const char *params)
{
    for (size_t i = from; i < walk->client.n_read; i++) {
        for (size_t k = 0; k < WEH_ARRAY_LEN(secrets); k++) {
            if (strstr(walk->client.fake->frames[i], secrets[k]) != NULL) {
                complain(walk, method, params, "tells a secret");
            }
        }
    }
}

static void check_reply(struct walk *walk, const struct weh_method *method, const char *params,
                        const struct weh_value *error)
{
    const char *wanted = demanded(walk, method);
    const struct weh_value *name = weh_value_get(weh_value_get(error, "data"), "name");
    struct weh_str text = WEH_STR("ok");

    if (error != NULL) {
        if (name == NULL || name->type != WEH_VALUE_STRING) {
            complain(walk, method->name, params, "an error without a name");
            return;
        }
        text = weh_value_str(name);
        if (!is_request_error(text)) {
            complain(walk, method->name, params, "ends the session");
        }
    }
    if (wanted != NULL && !weh_str_eq_text(text, wanted)) {
        complain(walk, method->name, params, wanted);
    }
    /* Without the right to edit, or open for reading, no method that edits what is open succeeds. */
    if (error == NULL && method->access >= WEH_ACCESS_EDIT && walk->stage != STAGE_WRITING &&
        (method->states & WEH_IN(NEW)) == 0) {
        complain(walk, method->name, params, "edits");
    }
    assert_true(walk->n_outcomes + text.len + 1 < OUTCOMES_MAX);
    memcpy(walk->outcomes + walk->n_outcomes, text.ptr, text.len);
    walk->n_outcomes += text.len;
    walk->outcomes[walk->n_outcomes++] = ' ';
}

static void connect_walk(struct walk *walk)
{
    connect_identity(walk->f, &walk->client, &walk->identity);
}

/* Bring the session back to the walk's stage. */
static void restore(struct walk *walk)
{
    const struct weh_value *info = call(&walk->client, "session.info", "{}");
    bool is_open = weh_str_eq_text(weh_value_str(weh_value_get(info, "state")), "READY");

    if (is_open && walk->stage == STAGE_NEW) {
        (void)call(&walk->client, "briefcase.close", "{\"unsaved\":\"abandon\"}");
    } else if (!is_open && walk->stage != STAGE_NEW) {
        (void)call(&walk->client, "briefcase.open",
                   walk->stage == STAGE_READING ? "{\"imodel\":\"" MINE "\",\"mode\":\"readonly\"}"
                                                : "{\"imodel\":\"" MINE "\"}");
    }
}

static void make_call(struct walk *walk, const struct weh_method *method, const char *params)
{
    size_t from = walk->client.n_read;
    const struct weh_value *reply = reply_of(&walk->client, method->name, params);

    walk->n_calls++;
    check_frames(walk, from, method->name, params);
    check_reply(walk, method, params, weh_value_get(reply, "error"));
    if (weh_value_get(reply, "error") == NULL && strcmp(method->name, "session.close") == 0) {
        disconnect_client(&walk->client);
        connect_walk(walk);
    }
    restore(walk);
}

/* The method by itself with each optional argument in turn, and as an operation of a batch. */
static void try_method(struct walk *walk, const struct weh_method *method)
{
    size_t n = 0;
    const struct weh_method *methods = weh_rpc_methods(&n);
    const struct weh_method *batch =
        weh_method_find(methods, n, WEH_STR(""), WEH_STR("edit.batch"));
    char params[2048];
    char ops[2560];

    make_params(method, NULL, walk->kind, params, sizeof(params));
    make_call(walk, method, params);
    for (const struct weh_arg_spec *arg = method->args; arg->name != NULL; arg++) {
        if (!arg->required) {
            make_params(method, arg, walk->kind, params, sizeof(params));
            make_call(walk, method, params);
        }
        (void)snprintf(ops, sizeof(ops), "{\"ops\":[{\"method\":\"%s\",\"params\":%s}]}",
                       method->name, params);
        make_call(walk, batch, ops);
    }
}

/* ---- the walks ---- */

static bool same_file(const char *a, const char *b)
{
    char command[1200];

    (void)snprintf(command, sizeof(command), "cmp -s '%s' '%s'", a, b);
    return system(command) == 0;
}

static void expect_unchanged(const struct walk *walk, const char *data, const char *name)
{
    char source[512];
    char file[512];

    (void)snprintf(source, sizeof(source), "%s/%s", getenv("WEH_TEST_DATA"), data);
    (void)snprintf(file, sizeof(file), "%s/imodels/%s.bim", walk->f->dir, name);
    if (!same_file(source, file)) {
        print_error("%s, stage %d, kind %d changed %s\n", walk->role->name, (int)walk->stage,
                    (int)walk->kind, name);
        fail();
    }
}

/* No file but the two iModels (and what SQLite puts beside the one that is open). */
static void expect_no_other_files(const struct walk *walk)
{
    char path[128];
    struct dirent *entry = NULL;
    DIR *folder = NULL;

    (void)snprintf(path, sizeof(path), "%s/imodels", walk->f->dir);
    folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) { /* NOLINT(concurrency-mt-unsafe): own folder */
        if (entry->d_name[0] != '.' && strncmp(entry->d_name, MINE ".bim", 9) != 0 &&
            strcmp(entry->d_name, THEIRS ".bim") != 0) {
            print_error("%s made %s\n", walk->role->name, entry->d_name);
            fail();
        }
    }
    (void)closedir(folder);
}

static void take_walk(struct fixture *f, const struct role *role, enum stage stage, enum kind kind,
                      struct walk *walk)
{
    size_t n = 0;
    const struct weh_method *methods = weh_rpc_methods(&n);
    bool found = false;

    *walk = (struct walk){ .f = f, .role = role, .stage = stage, .kind = kind };
    (void)strcpy(walk->identity.user, role->name);
    assert_int_equal(
        weh_identity_add_scope(&walk->identity, weh_str_from(role->scope), &found, NULL), WEH_OK);
    assert_true(found);
    walk->outcomes = calloc(1, OUTCOMES_MAX);
    assert_non_null(walk->outcomes);
    copy_imodel(f, "empty.bim", MINE);
    copy_imodel(f, "small.bim", THEIRS);
    connect_walk(walk);
    restore(walk);
    for (size_t i = 0; i < n; i++) {
        try_method(walk, &methods[i]);
    }
    disconnect_client(&walk->client);
    weh_identity_fini(&walk->identity);
    expect_unchanged(walk, "small.bim", THEIRS);
    expect_no_other_files(walk);
    if (stage != STAGE_WRITING) {
        expect_unchanged(walk, "empty.bim", MINE);
    }
}

static void test_no_role_gets_beyond_its_rights(void **state)
{
    struct fixture *f = *state;
    size_t n_calls = 0;

    disconnect_client(&f->a);
    for (size_t i = 0; i < WEH_ARRAY_LEN(roles); i++) {
        for (enum stage stage = STAGE_NEW; stage < STAGE_COUNT; stage++) {
            struct walk walks[KIND_COUNT];

            if ((stage == STAGE_READING && roles[i].mine < WEH_ACCESS_VIEW) ||
                (stage == STAGE_WRITING && roles[i].mine < WEH_ACCESS_EDIT)) {
                continue;
            }
            for (enum kind kind = KIND_MINE; kind < KIND_COUNT; kind++) {
                take_walk(f, &roles[i], stage, kind, &walks[kind]);
                n_calls += walks[kind].n_calls;
            }
            /* What is somebody else's answers as if it were not there. */
            assert_string_equal(walks[KIND_THEIRS].outcomes, walks[KIND_NOBODY].outcomes);
            for (enum kind kind = KIND_MINE; kind < KIND_COUNT; kind++) {
                free(walks[kind].outcomes);
            }
        }
    }
    print_message("%zu calls\n", n_calls);
}

/* An expired token reads nothing: every method but those that say so answers TokenExpired. */
static void test_no_method_goes_on_without_a_token(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity = { .user = "ada", .access = WEH_ACCESS_ADMIN, .expires_ms = 1 };
    size_t n = 0;
    const struct weh_method *methods = weh_rpc_methods(&n);
    char params[2048];

    for (size_t i = 0; i < n; i++) {
        const struct weh_method *method = &methods[i];

        if ((method->flags & WEH_METHOD_WITHOUT_TOKEN) != 0 ||
            (method->states & WEH_IN(NEW)) == 0) {
            continue;
        }
        make_params(method, NULL, KIND_MINE, params, sizeof(params));
        connect_identity(f, &f->b, &identity);
        call_fails(&f->b, method->name, params, "TokenExpired", NULL);
        disconnect_client(&f->b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_role_gets_beyond_its_rights, rpc_setup,
                                        rpc_teardown),
        cmocka_unit_test_setup_teardown(test_no_method_goes_on_without_a_token, rpc_setup,
                                        rpc_teardown),
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
