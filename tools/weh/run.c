/* tools/weh/run.c - weh run: a script of requests and expectations.
 *
 * The language is in the command's help (main.c). One request at a time: its reply is there before
 * the next line is read, so that a pipe on standard input can decide by what it sees.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "weh/arena.h"
#include "weh/clock.h"
#include "weh/json.h"

#include "cli.h"
#include "script.h"
#include "vars.h"

/* A notification that came since the last request was sent. */
struct seen {
    struct weh_str method;
    struct weh_value params;
    bool used;
    struct seen *next;
};

enum last {
    LAST_NONE,
    LAST_RESULT,
    LAST_ERROR
};

struct run {
    struct weh_rpc_client *rpc;
    struct weh_vars *vars;
    const char *file;
    uint32_t line;
    uint32_t timeout_ms;
    uint32_t n_failures;
    bool keep_going;
    bool connection_lost;
    enum last last;
    bool error_pending; /* the last reply is an error that nothing has expected yet */
    uint32_t last_line;
    struct weh_value last_value; /* result or error, in last_arena */
    struct weh_arena last_arena;
    struct seen *seen; /* newest first, in seen_arena */
    struct weh_arena seen_arena;
};

static void fail_at(struct run *run, uint32_t line, const char *format, ...) WEH_PRINTF(3, 4);

static void fail_at(struct run *run, uint32_t line, const char *format, ...)
{
    va_list args;

    run->n_failures++;
    fprintf(stderr, "%s:%u: ", run->file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static void print_labelled(const char *label, const struct weh_value *value)
{
    struct weh_json_writer json;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    if (value != NULL) {
        weh_sink_value(&json.sink, value);
    }
    fprintf(stderr, "  %s %.*s\n", label, value == NULL ? 7 : (int)buf.len,
            value == NULL ? "nothing" : (const char *)buf.data);
    weh_buf_fini(&buf);
}

static struct weh_str error_text(const struct weh_value *error, const char *member)
{
    const struct weh_value *text = weh_value_get(error, member);

    return text != NULL && text->type == WEH_VALUE_STRING ? weh_value_str(text) : WEH_STR("?");
}

static struct weh_str last_error_name(const struct run *run)
{
    return error_text(weh_value_get(&run->last_value, "data"), "name");
}

/* Keep and print a notification. */
static void on_notification(void *ctx, const struct weh_rpc_message *message)
{
    struct run *run = ctx;
    struct seen *seen = weh_arena_alloc(&run->seen_arena, sizeof(*seen));
    char *method = weh_arena_strdup(&run->seen_arena, message->incoming.method);
    struct weh_diag diag = { 0 };

    weh_cli_print_message(message);
    if (seen == NULL || method == NULL ||
        weh_value_keep(&message->incoming.value, &run->seen_arena, &seen->params, &diag) !=
            WEH_OK) {
        fail_at(run, run->line, "a notification could not be kept: %s", diag.text);
        return;
    }
    seen->method = weh_str_from(method);
    seen->next = run->seen;
    run->seen = seen;
}

/* An error reply that the statement before did not expect is a failure of that one. */
static void settle(struct run *run)
{
    if (run->error_pending) {
        run->error_pending = false;
        fail_at(run, run->last_line, "the request failed: %.*s: %.*s",
                WEH_STR_ARGS(last_error_name(run)),
                WEH_STR_ARGS(error_text(&run->last_value, "message")));
    }
}

static void keep_reply(struct run *run, const struct weh_statement *statement,
                       const struct weh_rpc_message *message)
{
    struct weh_diag diag = { 0 };
    weh_err err;

    weh_cli_print_message(message);
    weh_arena_reset(&run->last_arena);
    run->last = LAST_NONE;
    run->last_line = run->line;
    err = weh_value_keep(&message->incoming.value, &run->last_arena, &run->last_value, &diag);
    if (err == WEH_OK) {
        run->last = message->incoming.kind == WEH_INCOMING_RESULT ? LAST_RESULT : LAST_ERROR;
        run->error_pending = run->last == LAST_ERROR;
    }
    if (err == WEH_OK && run->last == LAST_RESULT && statement->variable.len > 0) {
        err = weh_vars_set(run->vars, statement->variable, &run->last_value, &diag);
    }
    if (err != WEH_OK) {
        fail_at(run, run->line, "the reply could not be kept: %s", diag.text);
    }
}

/* The params of a request: an object, empty when absent. */
static weh_err parse_params(struct run *run, struct weh_str json, struct weh_arena *arena,
                            struct weh_value *out, struct weh_diag *diag)
{
    weh_err err;

    if (json.len == 0) {
        *out = (struct weh_value){ .type = WEH_VALUE_MAP };
        return WEH_OK;
    }
    err = weh_vars_parse(run->vars, json, arena, out, diag);
    if (err == WEH_OK && out->type != WEH_VALUE_MAP) {
        err = weh_fail(diag, WEH_E_PARSE, "the argument must be a JSON object");
    }
    return err;
}

static void run_request(struct run *run, const struct weh_statement *statement)
{
    char method[WEH_METHOD_NAME_MAX + 1];
    struct weh_rpc_message message;
    struct weh_arena arena;
    struct weh_value params;
    struct weh_diag diag = { 0 };

    weh_arena_init(&arena, 0);
    run->last = LAST_NONE;
    run->seen = NULL;
    weh_arena_reset(&run->seen_arena);
    snprintf(method, sizeof(method), "%.*s", WEH_STR_ARGS(statement->name));
    if (parse_params(run, statement->json, &arena, &params, &diag) != WEH_OK) {
        fail_at(run, run->line, "%s%s%s", diag.text, diag.where[0] == '\0' ? "" : " at ",
                diag.where);
        goto out;
    }
    weh_sink_value(weh_rpc_client_begin(run->rpc, method), &params);
    if (weh_rpc_client_call(run->rpc, &message, &diag) != WEH_OK) {
        run->connection_lost = true;
        fail_at(run, run->line, "%s: %s", method, diag.text);
        goto out;
    }
    keep_reply(run, statement, &message);
out:
    weh_arena_fini(&arena);
}

static void report_mismatch(struct run *run, const char *what, const struct weh_mismatch *mismatch)
{
    fail_at(run, run->line, "%s is not as expected at %s", what, mismatch->path);
    print_labelled("expected", mismatch->expected);
    print_labelled("received", mismatch->actual);
}

static void run_expect(struct run *run, const struct weh_statement *statement)
{
    struct weh_mismatch mismatch;
    struct weh_value expected;
    struct weh_arena arena;
    struct weh_diag diag = { 0 };

    weh_arena_init(&arena, 0);
    if (run->last != LAST_RESULT) {
        fail_at(run, run->line, "there is no result to compare with");
        goto out;
    }
    if (weh_vars_parse(run->vars, statement->json, &arena, &expected, &diag) != WEH_OK) {
        fail_at(run, run->line, "%s%s%s", diag.text, diag.where[0] == '\0' ? "" : " at ",
                diag.where);
        goto out;
    }
    if (!weh_value_match(&expected, &run->last_value, &mismatch)) {
        report_mismatch(run, "the result", &mismatch);
    }
out:
    weh_arena_fini(&arena);
}

static void run_expect_error(struct run *run, const struct weh_statement *statement)
{
    run->error_pending = false;
    if (run->last != LAST_ERROR) {
        fail_at(run, run->line, "expected the error %.*s", WEH_STR_ARGS(statement->name));
        print_labelled("received", run->last == LAST_RESULT ? &run->last_value : NULL);
    } else if (!weh_str_eq(statement->name, last_error_name(run))) {
        fail_at(run, run->line, "expected the error %.*s", WEH_STR_ARGS(statement->name));
        print_labelled("received", &run->last_value);
    }
}

/* Use up the oldest notification @method whose params hold @expected (NULL: any). */
static bool use_notification(struct run *run, struct weh_str method,
                             const struct weh_value *expected)
{
    struct weh_mismatch mismatch;
    struct seen *found = NULL;

    for (struct seen *seen = run->seen; seen != NULL; seen = seen->next) {
        if (!seen->used && weh_str_eq(seen->method, method) &&
            (expected == NULL || weh_value_match(expected, &seen->params, &mismatch))) {
            found = seen;
        }
    }
    if (found != NULL) {
        found->used = true;
    }
    return found != NULL;
}

/* Take in one more message, which must be a notification, until @deadline_us. */
static bool receive_more(struct run *run, uint64_t deadline_us)
{
    uint64_t now_us = weh_clock_mono_us();
    struct weh_rpc_message message;
    struct weh_diag diag = { 0 };
    bool timed_out = false;

    if (now_us >= deadline_us) {
        return false;
    }
    if (weh_rpc_client_receive(run->rpc, (uint32_t)((deadline_us - now_us) / 1000 + 1), &message,
                               &timed_out, &diag) != WEH_OK) {
        run->connection_lost = true;
        fail_at(run, run->line, "%s", diag.text);
        return false;
    }
    if (!timed_out && message.incoming.kind == WEH_INCOMING_NOTIFICATION) {
        on_notification(run, &message);
    }
    return !timed_out;
}

static void report_missing(struct run *run, struct weh_str method, const struct weh_value *expected)
{
    fail_at(run, run->line, "no notification %.*s that holds it", WEH_STR_ARGS(method));
    print_labelled("expected", expected);
    for (const struct seen *seen = run->seen; seen != NULL; seen = seen->next) {
        if (weh_str_eq(seen->method, method)) {
            print_labelled(seen->used ? "used" : "received", &seen->params);
        }
    }
}

static void run_wait_notification(struct run *run, const struct weh_statement *statement)
{
    uint64_t deadline_us = weh_clock_mono_us() + (uint64_t)run->timeout_ms * 1000;
    struct weh_value expected = { .type = WEH_VALUE_MAP };
    struct weh_arena arena;
    struct weh_diag diag = { 0 };
    bool found;

    weh_arena_init(&arena, 0);
    /* An object or, where the notification has one, an array. */
    if (statement->json.len > 0 &&
        weh_vars_parse(run->vars, statement->json, &arena, &expected, &diag) != WEH_OK) {
        fail_at(run, run->line, "%s", diag.text);
        goto out;
    }
    do {
        found = use_notification(run, statement->name, statement->json.len > 0 ? &expected : NULL);
    } while (!found && receive_more(run, deadline_us));
    if (!found) {
        report_missing(run, statement->name, &expected);
    }
out:
    weh_arena_fini(&arena);
}

static bool is_over(const struct run *run)
{
    return run->connection_lost || (run->n_failures > 0 && !run->keep_going);
}

static void run_line(struct run *run, struct weh_str line)
{
    struct weh_statement statement;
    struct weh_diag diag = { 0 };

    if (weh_statement_parse(line, &statement, &diag) != WEH_OK) {
        fail_at(run, run->line, "%s", diag.text);
        return;
    }
    if (statement.kind != WEH_STATEMENT_EMPTY && statement.kind != WEH_STATEMENT_EXPECT_ERROR &&
        statement.kind != WEH_STATEMENT_WAIT_NOTIFICATION) {
        settle(run);
    }
    if (is_over(run)) {
        return;
    }
    switch (statement.kind) {
    case WEH_STATEMENT_REQUEST:
        run_request(run, &statement);
        break;
    case WEH_STATEMENT_EXPECT:
        run_expect(run, &statement);
        break;
    case WEH_STATEMENT_EXPECT_ERROR:
        run_expect_error(run, &statement);
        break;
    case WEH_STATEMENT_WAIT_NOTIFICATION:
        run_wait_notification(run, &statement);
        break;
    case WEH_STATEMENT_EMPTY:
        break;
    }
}

static void run_lines(struct run *run, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;

    while (!is_over(run) && (n = getline(&line, &size, file)) >= 0) {
        run->line++;
        run_line(run, (struct weh_str){ line, (size_t)n });
    }
    settle(run);
    if (ferror(file)) {
        fail_at(run, run->line, "the script could not be read");
    }
    free(line); /* of getline, not of weh_malloc */
}

int weh_cmd_run(const struct weh_cli *cli)
{
    bool from_stdin = strcmp(cli->arguments[0], "-") == 0;
    struct run run = { .file = from_stdin ? "-" : cli->arguments[0] };
    struct weh_rpc_options options;
    struct weh_diag diag = { 0 };
    FILE *file = stdin;
    int status = WEH_EXIT_FAILED;

    if (!weh_cli_connection(cli, &options)) {
        return WEH_EXIT_USAGE;
    }
    options.resume_ms = weh_cli_text(cli, "no-resume") == NULL ? options.timeout_ms : 0;
    if (!from_stdin && (file = fopen(run.file, "re")) == NULL) {
        fprintf(stderr, "weh run: %s cannot be opened\n", run.file);
        return WEH_EXIT_USAGE;
    }
    weh_arena_init(&run.last_arena, 0);
    weh_arena_init(&run.seen_arena, 0);
    run.timeout_ms = options.timeout_ms;
    run.keep_going = weh_cli_text(cli, "keep-going") != NULL;
    if (weh_vars_create(&run.vars, &diag) != WEH_OK ||
        weh_rpc_client_open(&options, &run.rpc, &diag) != WEH_OK) {
        weh_cli_fail(cli, &diag);
        goto out;
    }
    weh_rpc_client_on_notification(run.rpc, on_notification, &run);
    run_lines(&run, file);
    status = run.n_failures == 0 ? WEH_EXIT_OK : WEH_EXIT_FAILED;
out:
    weh_rpc_client_close(run.rpc);
    weh_vars_destroy(run.vars);
    weh_arena_fini(&run.last_arena);
    weh_arena_fini(&run.seen_arena);
    if (!from_stdin) {
        fclose(file);
    }
    return status;
}
