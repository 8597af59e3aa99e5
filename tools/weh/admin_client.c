/* tools/weh/admin_client.c - one request to a server's admin socket: HTTP over a unix socket, blocking.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "weh/codec.h"
#include "weh/json.h"

#include "admin.h"

#define ANSWER_LIMIT ((size_t)64 << 20)
#define READ_BYTES   65536

static weh_err fail_connect(const struct weh_admin_server *server, struct weh_diag *diag)
{
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR || errno == ENOTSOCK) {
        return weh_fail_where(
            diag, WEH_E_FILE_NOT_FOUND, server->path,
            "no server listens there: it does not run, or with another data.dir or "
            "admin.socket (see --config and --socket)");
    }
    if (errno == EACCES || errno == EPERM) {
        return weh_fail_where(diag, WEH_E_DENIED, server->path,
                              "only the server's user and root may do this");
    }
    return weh_fail_where(diag, WEH_E_IO, server->path, "cannot connect: %s",
                          strerrordesc_np(errno));
}

static weh_err connect_to(const struct weh_admin_server *server, int *out, struct weh_diag *diag)
{
    const struct timeval timeout = { .tv_sec = server->timeout_s };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const size_t len = strlen(server->path);

    if (len >= sizeof(address.sun_path)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, server->path,
                              "the path of a socket has at most %zu bytes",
                              sizeof(address.sun_path) - 1);
    }
    memcpy(address.sun_path, server->path, len);
    *out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*out < 0) {
        return weh_fail(diag, WEH_E_IO, "no socket: %s", strerrordesc_np(errno));
    }
    (void)setsockopt(*out, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    (void)setsockopt(*out, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (connect(*out, (const struct sockaddr *)(const void *)&address, sizeof(address)) != 0) {
        return fail_connect(server, diag);
    }
    return WEH_OK;
}

static void write_params(struct weh_sink *sink, const struct weh_admin_param *params)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (; params->name != NULL; params++) {
        weh_sink_key(sink, params->name);
        if (params->is_true) {
            weh_sink_bool(sink, true);
        } else if (params->text != NULL) {
            weh_sink_text(sink, params->text);
        } else {
            weh_sink_int(sink, params->number);
        }
    }
    weh_sink_map_end(sink);
}

/* The whole request into @out. */
static void write_request(const char *method, const struct weh_admin_param *params,
                          struct weh_buf *out)
{
    const struct weh_value id = { .type = WEH_VALUE_INT, .as.integer = 1 };
    struct weh_writer writer;
    struct weh_buf body;

    weh_buf_init(&body, 0);
    weh_writer_init(&writer, WEH_CODEC_JSON, &body);
    weh_call_begin(&writer, &id, weh_str_from(method));
    write_params(writer.sink, params);
    weh_call_end(&writer);
    weh_buf_printf(out,
                   "POST /v1/admin HTTP/1.1\r\n"
                   "Host: localhost\r\n"
                   "Content-Type: application/json\r\n"
                   "Content-Length: %zu\r\n"
                   "Connection: close\r\n"
                   "\r\n",
                   body.len);
    weh_buf_append(out, body.data, body.len);
    if (body.err != WEH_OK) {
        out->err = body.err;
    }
    weh_buf_fini(&body);
}

static weh_err send_all(int fd, const struct weh_buf *request, struct weh_diag *diag)
{
    size_t n_sent = 0;

    if (request->err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    while (n_sent < request->len) {
        const ssize_t n = send(fd, request->data + n_sent, request->len - n_sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EPIPE) {
            return WEH_OK; /* it has answered already, which the reading will show */
        }
        if (n < 0 && errno != EINTR) {
            return weh_fail(diag, WEH_E_IO, "the server takes nothing: %s", strerrordesc_np(errno));
        }
        n_sent += n < 0 ? 0 : (size_t)n;
    }
    return WEH_OK;
}

/* The length of the answer as far as its head tells; 0: it is not all there yet. */
static size_t whole_length(const struct weh_buf *answer, size_t *head_len)
{
    static const char field[] = "\r\nContent-Length: ";
    const char *text = (const char *)answer->data;
    const char *end = memmem(text, answer->len, "\r\n\r\n", 4);
    const char *length = NULL;

    if (end == NULL) {
        return 0;
    }
    *head_len = (size_t)(end - text) + 4;
    length = memmem(text, *head_len, field, sizeof(field) - 1);
    /* What stands behind the number is no digit: the line's end. */
    return *head_len + (length == NULL ? 0 : strtoul(length + sizeof(field) - 1, NULL, 10));
}

/* The answer's body as a view into @answer. */
static weh_err receive(int fd, struct weh_buf *answer, struct weh_str *body, struct weh_diag *diag)
{
    size_t head_len = 0;
    size_t expected = 0;

    while (expected == 0 || answer->len < expected) {
        uint8_t *room = weh_buf_reserve(answer, READ_BYTES);
        const ssize_t n = room == NULL ? 0 : recv(fd, room, READ_BYTES, 0);

        if (room == NULL) {
            return weh_fail(diag, answer->err, "the answer is too long");
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EAGAIN) {
            return weh_fail(diag, WEH_E_IO, "the server does not answer");
        }
        if (n <= 0) {
            return weh_fail(diag, WEH_E_IO, "the server has closed the connection");
        }
        answer->len += (size_t)n;
        expected = whole_length(answer, &head_len);
    }
    if (answer->len >= 12 && memcmp(answer->data, "HTTP/1.1 403", 12) == 0) {
        return weh_fail(diag, WEH_E_DENIED, "only the server's user and root may do this");
    }
    if (answer->len < 12 || memcmp(answer->data, "HTTP/1.1 200", 12) != 0) {
        return weh_fail(diag, WEH_E_IO, "that is no admin socket of webedithost");
    }
    *body = (struct weh_str){ (const char *)answer->data + head_len, expected - head_len };
    return WEH_OK;
}

/* The server's error as our own. */
static weh_err take_error(const struct weh_value *error, struct weh_diag *diag)
{
    const struct weh_value *message = weh_value_get(error, "message");
    const struct weh_value *where = weh_value_get(weh_value_get(error, "data"), "where");
    char name[96] = "";

    if (where != NULL && where->type == WEH_VALUE_STRING) {
        (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(weh_value_str(where)));
    }
    return message != NULL && message->type == WEH_VALUE_STRING
               ? weh_fail_where(diag, WEH_E_WRITE, name, "%.*s",
                                WEH_STR_ARGS(weh_value_str(message)))
               : weh_fail(diag, WEH_E_PARSE, "the server's answer is no reply");
}

static weh_err read_reply(struct weh_str body, struct weh_arena *arena, struct weh_value *out,
                          struct weh_diag *diag)
{
    static const struct weh_codec_limits limits = { 32, 10000000 };
    struct weh_incoming incoming;
    struct weh_value message;
    weh_err err = weh_message_decode(WEH_CODEC_JSON, body, &limits, arena, &message, diag);

    if (err == WEH_OK) {
        err = weh_incoming_read(WEH_CODEC_JSON, &message, &incoming, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (incoming.kind != WEH_INCOMING_RESULT) {
        return take_error(&incoming.value, diag);
    }
    *out = incoming.value;
    return WEH_OK;
}

weh_err weh_admin_call(const struct weh_admin_server *server, const char *method,
                       const struct weh_admin_param *params, struct weh_arena *arena,
                       struct weh_value *out, struct weh_diag *diag)
{
    struct weh_str body = { NULL, 0 };
    struct weh_buf request;
    struct weh_buf answer;
    char *kept = NULL;
    int fd = -1;
    weh_err err;

    weh_buf_init(&request, 0);
    weh_buf_init(&answer, ANSWER_LIMIT);
    write_request(method, params, &request);
    err = connect_to(server, &fd, diag);
    if (err == WEH_OK) {
        err = send_all(fd, &request, diag);
    }
    if (err == WEH_OK) {
        err = receive(fd, &answer, &body, diag);
    }
    if (err == WEH_OK) {
        kept = weh_arena_strdup(arena, body);
        err = kept == NULL ? weh_fail_nomem(diag)
                           : read_reply((struct weh_str){ kept, body.len }, arena, out, diag);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    weh_buf_fini(&answer);
    weh_buf_fini(&request);
    return err;
}
