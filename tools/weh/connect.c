/* tools/weh/connect.c - weh connect: talking to a server by hand.
 *
 * On a terminal with libedit; a pipe is read line by line. Both wait for input and for the
 * connection at once, so that notifications show when they come.
 */
#include <errno.h>
#include <string.h>

#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <unistd.h>
#include <wchar.h>

#include "weh/alloc.h"
#include "weh/arena.h"

#include "cli.h"
#include "script.h"
#include "vars.h"

#define PROMPT       "weh> "
#define HISTORY_SIZE 1000

struct connect {
    const struct weh_cli *cli;
    struct weh_rpc_client *rpc;
    struct weh_vars *vars;
    bool tty;
    bool editing; /* a line is on the screen that output must not tear apart */
    bool ended;
    int status;
    char input[4096];
    size_t n_input;
    size_t next_input;
    struct weh_str *methods; /* for completion, in arena */
    uint32_t n_methods;
    struct weh_arena arena;
    EditLine *edit;
    History *history;
};

static void print_notification(const struct weh_rpc_message *message)
{
    printf("<- %.*s ", WEH_STR_ARGS(message->incoming.method));
    weh_cli_print_pretty(&message->incoming.value, stdout);
    fflush(stdout);
}

static void on_notification(void *ctx, const struct weh_rpc_message *message)
{
    (void)ctx;
    print_notification(message);
}

static void connection_lost(struct connect *connect, const struct weh_diag *diag)
{
    connect->ended = true;
    if (connect->editing) {
        putchar('\n');
        fflush(stdout);
    }
    if (weh_rpc_client_close_code(connect->rpc) != 1000) {
        connect->status = weh_cli_fail(connect->cli, diag);
    }
}

/* Print all that has come without being asked for. */
static void drain(struct connect *connect)
{
    struct weh_rpc_message message;
    struct weh_diag diag = { 0 };
    bool timed_out = false;
    bool printed = false;

    for (;;) {
        if (weh_rpc_client_receive(connect->rpc, 0, &message, &timed_out, &diag) != WEH_OK) {
            connection_lost(connect, &diag);
            return;
        }
        if (timed_out) {
            break;
        }
        if (connect->editing && !printed) {
            fputs("\r\033[K", stdout);
        }
        printed = true;
        if (message.incoming.kind == WEH_INCOMING_NOTIFICATION) {
            print_notification(&message);
        }
    }
    if (connect->editing && printed) {
        el_set(connect->edit, EL_REFRESH);
    }
}

/* The next byte of standard input: 1, 0 at its end or when the connection is gone. */
static int next_byte(struct connect *connect, char *out)
{
    while (connect->next_input == connect->n_input) {
        struct pollfd fds[2] = {
            { .fd = STDIN_FILENO, .events = POLLIN },
            { .fd = weh_rpc_client_fd(connect->rpc), .events = POLLIN },
        };
        ssize_t n;

        drain(connect);
        if (connect->ended) {
            return 0;
        }
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return 0;
        }
        if (fds[0].revents == 0) {
            continue;
        }
        n = read(STDIN_FILENO, connect->input, sizeof(connect->input));
        if (n <= 0) {
            return 0;
        }
        connect->n_input = (size_t)n;
        connect->next_input = 0;
    }
    *out = connect->input[connect->next_input++];
    return 1;
}

/* libedit's source of characters. */
static int next_character(EditLine *edit, wchar_t *out)
{
    struct connect *connect = NULL;
    mbstate_t state = { 0 };
    char byte = 0;

    el_get(edit, EL_CLIENTDATA, &connect);
    for (;;) {
        size_t n;

        if (next_byte(connect, &byte) == 0) {
            return 0;
        }
        /* Not the hidden state: this one is ours. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        n = mbrtowc(out, &byte, 1, &state);
        if (n == (size_t)-1) {
            memset(&state, 0, sizeof(state)); /* not of this locale: leave it out */
        } else if (n != (size_t)-2) {
            return 1;
        }
    }
}

static char *prompt(EditLine *edit)
{
    static char text[] = PROMPT;

    (void)edit;
    return text;
}

/* The word before the cursor, when it may be the name of a method. */
static struct weh_str word_before_cursor(const LineInfo *line)
{
    const char *start = line->cursor;

    while (start > line->buffer && start[-1] != ' ' && start[-1] != '=') {
        start--;
    }
    return (struct weh_str){ start, (size_t)(line->cursor - start) };
}

static bool starts_with(struct weh_str text, struct weh_str start)
{
    return text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0;
}

/* What all method names that begin with @word have in common; their number in *@n. */
static struct weh_str common_start(const struct connect *connect, struct weh_str word, uint32_t *n)
{
    struct weh_str common = { NULL, 0 };

    *n = 0;
    for (uint32_t i = 0; i < connect->n_methods; i++) {
        struct weh_str name = connect->methods[i];
        size_t same = 0;

        if (!starts_with(name, word)) {
            continue;
        }
        if ((*n)++ == 0) {
            common = name;
        }
        while (same < common.len && same < name.len && common.ptr[same] == name.ptr[same]) {
            same++;
        }
        common.len = same;
    }
    return common;
}

static unsigned char complete(EditLine *edit, int character)
{
    struct connect *connect = NULL;
    struct weh_str common;
    struct weh_str word;
    char insert[160];
    uint32_t n = 0;

    (void)character;
    el_get(edit, EL_CLIENTDATA, &connect);
    word = word_before_cursor(el_line(edit));
    common = common_start(connect, word, &n);
    if (n == 0) {
        return CC_REFRESH_BEEP;
    }
    if (common.len > word.len || n == 1) {
        snprintf(insert, sizeof(insert), "%.*s%s", (int)(common.len - word.len),
                 common.ptr + word.len, n == 1 ? " " : "");
        return el_insertstr(edit, insert) < 0 ? CC_ERROR : CC_REFRESH;
    }
    putchar('\n');
    for (uint32_t i = 0; i < connect->n_methods; i++) {
        if (starts_with(connect->methods[i], word)) {
            printf("%.*s\n", WEH_STR_ARGS(connect->methods[i]));
        }
    }
    fflush(stdout);
    return CC_REDISPLAY;
}

static void print_reply(const struct weh_rpc_message *message)
{
    if (message->incoming.kind == WEH_INCOMING_ERROR) {
        printf("error %.*s ", WEH_STR_ARGS(weh_rpc_error_name(message)));
    }
    weh_cli_print_pretty(&message->incoming.value, stdout);
    fflush(stdout);
}

static void run_request(struct connect *connect, const struct weh_statement *statement)
{
    struct weh_str json = statement->json.len == 0 ? WEH_STR("{}") : statement->json;
    char method[WEH_METHOD_NAME_MAX + 1];
    struct weh_rpc_message message;
    struct weh_diag diag = { 0 };
    struct weh_arena arena;
    struct weh_value params;

    weh_arena_init(&arena, 0);
    if (weh_vars_parse(connect->vars, json, &arena, &params, &diag) != WEH_OK ||
        params.type != WEH_VALUE_MAP) {
        fprintf(stderr, "%s\n", diag.err == WEH_OK ? "the argument must be an object" : diag.text);
        goto out;
    }
    snprintf(method, sizeof(method), "%.*s", WEH_STR_ARGS(statement->name));
    weh_sink_value(weh_rpc_client_begin(connect->rpc, method), &params);
    if (weh_rpc_client_call(connect->rpc, &message, &diag) != WEH_OK) {
        connection_lost(connect, &diag);
        goto out;
    }
    print_reply(&message);
    if (message.incoming.kind == WEH_INCOMING_RESULT) {
        struct weh_str name = statement->variable.len == 0 ? WEH_STR("_") : statement->variable;

        if (weh_vars_set(connect->vars, name, &message.incoming.value, &diag) != WEH_OK) {
            fprintf(stderr, "%s\n", diag.text);
        }
    }
out:
    weh_arena_fini(&arena);
}

static void run_line(struct connect *connect, struct weh_str line)
{
    struct weh_statement statement;
    struct weh_diag diag = { 0 };

    if (weh_statement_parse(line, &statement, &diag) != WEH_OK) {
        fprintf(stderr, "%s\n", diag.text);
    } else if (statement.kind == WEH_STATEMENT_REQUEST) {
        run_request(connect, &statement);
    } else if (statement.kind != WEH_STATEMENT_EMPTY) {
        fputs("expectations belong in a script (weh run)\n", stderr);
    }
}

static void read_pipe(struct connect *connect)
{
    struct weh_buf line;
    char byte = 0;

    weh_buf_init(&line, 0);
    while (!connect->ended && next_byte(connect, &byte) == 1) {
        weh_buf_byte(&line, (uint8_t)byte);
        if (byte == '\n') {
            run_line(connect, (struct weh_str){ (const char *)line.data, line.len });
            weh_buf_clear(&line);
        }
    }
    if (!connect->ended && line.len > 0) {
        run_line(connect, (struct weh_str){ (const char *)line.data, line.len });
    }
    weh_buf_fini(&line);
}

static bool edit_create(struct connect *connect)
{
    HistEvent event;

    /* libedit needs the terminal's character set; one thread runs. */
    setlocale(LC_CTYPE, ""); /* NOLINT(concurrency-mt-unsafe) */
    connect->edit = el_init("weh", stdin, stdout, stderr);
    connect->history = history_init();
    if (connect->edit == NULL || connect->history == NULL) {
        return false;
    }
    history(connect->history, &event, H_SETSIZE, HISTORY_SIZE);
    el_set(connect->edit, EL_CLIENTDATA, connect);
    el_set(connect->edit, EL_PROMPT, prompt);
    el_set(connect->edit, EL_EDITOR, "emacs");
    el_set(connect->edit, EL_SIGNAL, 1);
    el_set(connect->edit, EL_HIST, history, connect->history);
    el_set(connect->edit, EL_GETCFN, next_character);
    el_set(connect->edit, EL_ADDFN, "weh-complete", "Complete a method name", complete);
    el_set(connect->edit, EL_BIND, "^I", "weh-complete", NULL);
    return true;
}

static void read_terminal(struct connect *connect)
{
    HistEvent event;
    int n = 0;

    while (!connect->ended) {
        const char *line;

        connect->editing = true;
        line = el_gets(connect->edit, &n);
        connect->editing = false;
        if (line == NULL || n <= 0 || connect->ended) {
            break;
        }
        if (n > 1) {
            history(connect->history, &event, H_ENTER, line);
        }
        run_line(connect, (struct weh_str){ line, (size_t)n });
    }
    putchar('\n');
}

/* Keep the method names of host.describe, which may be missing: then there is no completion. */
static void learn_methods(struct connect *connect, const struct weh_value *described)
{
    const struct weh_value *methods = weh_value_get(described, "methods");

    if (methods == NULL || methods->type != WEH_VALUE_ARRAY) {
        return;
    }
    connect->methods = weh_arena_array(&connect->arena, methods->n, sizeof(*connect->methods));
    for (uint32_t i = 0; connect->methods != NULL && i < methods->n; i++) {
        const struct weh_value *name = weh_value_get(&methods->as.items[i], "name");
        char *copy = NULL;

        if (name != NULL && name->type == WEH_VALUE_STRING) {
            copy = weh_arena_strdup(&connect->arena, weh_value_str(name));
        }
        if (copy != NULL) {
            connect->methods[connect->n_methods++] = weh_str_from(copy);
        }
    }
}

static weh_err greet(struct connect *connect, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    struct weh_sink *sink = weh_rpc_client_begin(connect->rpc, "session.hello");
    weh_err err;

    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "client");
    weh_sink_map_begin(sink, 2);
    weh_sink_key(sink, "name");
    weh_sink_text(sink, "weh connect");
    weh_sink_key(sink, "version");
    weh_sink_text(sink, WEH_VERSION);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    err = weh_rpc_client_demand(connect->rpc, &message, diag);
    if (err != WEH_OK || !connect->tty) {
        return err;
    }
    sink = weh_rpc_client_begin(connect->rpc, "host.describe");
    weh_sink_map_begin(sink, 0);
    weh_sink_map_end(sink);
    err = weh_rpc_client_call(connect->rpc, &message, diag);
    if (err == WEH_OK && message.incoming.kind == WEH_INCOMING_RESULT) {
        learn_methods(connect, &message.incoming.value);
    }
    return err;
}

int weh_cmd_connect(const struct weh_cli *cli)
{
    struct connect *connect = weh_calloc(1, sizeof(*connect));
    struct weh_rpc_options options;
    struct weh_diag diag = { 0 };
    int status = WEH_EXIT_FAILED;

    if (connect == NULL) {
        weh_fail_nomem(&diag);
        return weh_cli_fail(cli, &diag);
    }
    connect->cli = cli;
    connect->tty = isatty(STDIN_FILENO) == 1;
    weh_arena_init(&connect->arena, 0);
    if (!weh_cli_connection(cli, &options)) {
        status = WEH_EXIT_USAGE;
        goto out;
    }
    if (weh_cli_text(cli, "no-resume") == NULL && weh_cli_text(cli, "no-hello") == NULL) {
        options.resume_ms = options.timeout_ms;
    }
    if (weh_vars_create(&connect->vars, &diag) != WEH_OK ||
        weh_rpc_client_open(&options, &connect->rpc, &diag) != WEH_OK ||
        (weh_cli_text(cli, "no-hello") == NULL && greet(connect, &diag) != WEH_OK)) {
        weh_cli_fail(cli, &diag);
        goto out;
    }
    weh_rpc_client_on_notification(connect->rpc, on_notification, connect);
    if (!connect->tty) {
        read_pipe(connect);
    } else if (edit_create(connect)) {
        read_terminal(connect);
    }
    status = connect->status;
out:
    if (connect->edit != NULL) {
        el_end(connect->edit);
    }
    if (connect->history != NULL) {
        history_end(connect->history);
    }
    weh_rpc_client_close(connect->rpc);
    weh_vars_destroy(connect->vars);
    weh_arena_fini(&connect->arena);
    weh_free(connect);
    return status;
}
