/* src/net/client.c - the blocking client: addresses, queues, errors. */
#include "weh/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "weh/alloc.h"
#include "weh/str.h"

#include "client_priv.h"

#define HANDSHAKE_MS 10000
#define CLOSE_MS     2000

/* ---- queues ---- */

void weh_client_item_destroy(struct weh_client_item *item)
{
    if (item != NULL) {
        weh_free(item->memory);
        weh_free(item);
    }
}

void weh_client_queue_push(struct weh_client_queue *queue, struct weh_client_item *item)
{
    item->next = NULL;
    if (queue->tail == NULL) {
        queue->head = item;
    } else {
        queue->tail->next = item;
    }
    queue->tail = item;
}

struct weh_client_item *weh_client_queue_pop(struct weh_client_queue *queue)
{
    struct weh_client_item *item = queue->head;

    if (item != NULL) {
        queue->head = item->next;
        if (queue->head == NULL) {
            queue->tail = NULL;
        }
    }
    return item;
}

static void queue_clear(struct weh_client_queue *queue)
{
    while (queue->head != NULL) {
        weh_client_item_destroy(weh_client_queue_pop(queue));
    }
}

/* ---- the address ---- */

static bool copy(char *out, size_t size, struct weh_str text)
{
    if (text.len >= size || memchr(text.ptr == NULL ? "" : text.ptr, '\0', text.len) != NULL) {
        return false;
    }
    (void)snprintf(out, size, "%.*s", WEH_STR_ARGS(text));
    return true;
}

static bool read_port(struct weh_str text, struct weh_client_url *out)
{
    unsigned long port = 0;

    if (text.len == 0) {
        out->port = out->is_tls ? 443 : 80;
        return true;
    }
    if (text.ptr[0] != ':' || text.len < 2 || text.len > 6) {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        port = port * 10 + (unsigned long)(text.ptr[i] - '0');
    }
    out->port = (uint16_t)port;
    return port >= 1 && port <= 65535;
}

/* "host:port" or "[address]:port". */
static bool read_authority(struct weh_str text, struct weh_client_url *out)
{
    struct weh_str host = text;
    struct weh_str port = { NULL, 0 };
    const char *end = NULL;
    uint8_t number[16];

    if (!copy(out->authority, sizeof(out->authority), text)) {
        return false;
    }
    if (text.len != 0 && text.ptr[0] == '[') {
        end = memchr(text.ptr, ']', text.len);
        if (end == NULL) {
            return false;
        }
        host = (struct weh_str){ text.ptr + 1, (size_t)(end - text.ptr) - 1 };
        port = (struct weh_str){ end + 1, text.len - host.len - 2 };
    } else if (text.len != 0 && (end = memchr(text.ptr, ':', text.len)) != NULL) {
        host.len = (size_t)(end - text.ptr);
        port = (struct weh_str){ end, text.len - host.len };
    }
    if (host.len == 0 || !copy(out->host, sizeof(out->host), host) || !read_port(port, out)) {
        return false;
    }
    out->is_address =
        inet_pton(AF_INET, out->host, number) == 1 || inet_pton(AF_INET6, out->host, number) == 1;
    return true;
}

static weh_err read_url(const char *url, struct weh_client_url *out, struct weh_diag *diag)
{
    struct weh_str rest = weh_str_from(url);
    struct weh_str authority = { NULL, 0 };
    struct weh_str path = WEH_STR("/");
    const char *slash = NULL;

    if (strncmp(url, "wss://", 6) == 0) {
        out->is_tls = true;
        rest = (struct weh_str){ url + 6, rest.len - 6 };
    } else if (strncmp(url, "ws://", 5) == 0) {
        rest = (struct weh_str){ url + 5, rest.len - 5 };
    } else {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "url", "it must begin with ws:// or wss://");
    }
    authority = rest;
    slash = rest.len == 0 ? NULL : memchr(rest.ptr, '/', rest.len);
    if (slash != NULL) {
        authority.len = (size_t)(slash - rest.ptr);
        path = (struct weh_str){ slash, rest.len - authority.len };
    }
    if (!read_authority(authority, out) || !copy(out->path, sizeof(out->path), path)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "url", "no host, port or path can be read");
    }
    return WEH_OK;
}

/* ---- opening ---- */

static bool is_settled(const struct weh_client *client)
{
    return client->state != WEH_CLIENT_CONNECTING;
}

static weh_err explain_refusal(const struct weh_client *client, struct weh_diag *diag)
{
    unsigned status = client->http_status;

    if (client->is_time_up) {
        return weh_fail(diag, WEH_E_IO, "no answer within the time limit");
    }
    switch (status) {
    case 401:
        return weh_fail(diag, WEH_E_UNAUTHENTICATED, "the server does not know the token");
    case 403:
        return weh_fail(diag, WEH_E_DENIED, "the server refuses the connection");
    case 503:
        return weh_fail(diag, WEH_E_BUSY, "the server is full or stopping");
    default:
        break;
    }
    if (status >= 100 && status != 101) {
        return weh_fail(diag, WEH_E_IO, "the server answered with status %u", status);
    }
    return weh_fail(diag, WEH_E_IO, "no connection: %s",
                    client->why[0] == '\0' ? "nobody answers" : client->why);
}

static weh_err read_token(struct weh_client *client, const char *token, struct weh_diag *diag)
{
    size_t len = token == NULL ? 0 : strlen(token);
    size_t size = len + sizeof("Bearer ");

    if (len == 0) {
        return WEH_OK;
    }
    if (len > 8192 || strpbrk(token, "\r\n") != NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "token", "this is no token");
    }
    client->authorization = weh_malloc(size);
    if (client->authorization == NULL) {
        return weh_fail_nomem(diag);
    }
    (void)snprintf(client->authorization, size, "Bearer %s", token);
    return WEH_OK;
}

weh_err weh_client_open(const struct weh_client_options *options, struct weh_client **out,
                        struct weh_diag *diag)
{
    struct weh_client *client = weh_calloc(1, sizeof(*client));
    weh_err err = WEH_OK;

    if (client == NULL) {
        return weh_fail_nomem(diag);
    }
    weh_buf_init(&client->partial, WEH_CLIENT_MESSAGE_LIMIT);
    err = read_url(options->url, &client->url, diag);
    if (err == WEH_OK) {
        err = read_token(client, options->token, diag);
    }
    if (err == WEH_OK) {
        err = weh_client_lws_open(client, options, diag);
    }
    if (err != WEH_OK) {
        goto out;
    }
    weh_client_lws_wait(client, is_settled,
                        options->timeout_ms == 0 ? HANDSHAKE_MS : options->timeout_ms);
    if (client->state != WEH_CLIENT_OPEN) {
        err = explain_refusal(client, diag);
        goto out;
    }
    weh_free(client->authorization);
    client->authorization = NULL;
    *out = client;
    client = NULL;
out:
    weh_client_close(client);
    return err;
}

static bool is_never(const struct weh_client *client)
{
    (void)client;
    return false;
}

void weh_client_close(struct weh_client *client)
{
    if (client == NULL) {
        return;
    }
    if (client->state == WEH_CLIENT_OPEN) {
        client->is_closing = true;
        (void)lws_callback_on_writable(client->wsi);
        weh_client_lws_wait(client, is_never, CLOSE_MS);
    }
    client->state = WEH_CLIENT_CLOSED;
    if (client->context != NULL) {
        lws_context_destroy(client->context);
    }
    queue_clear(&client->in);
    queue_clear(&client->out);
    weh_client_item_destroy(client->lent);
    weh_buf_fini(&client->partial);
    weh_free(client->authorization);
    weh_free(client);
}

/* ---- messages ---- */

static weh_err fail_closed(const struct weh_client *client, struct weh_diag *diag)
{
    if (client->close_code != 0) {
        return weh_fail(diag, WEH_E_IO, "the server closed the connection: %u %s",
                        (unsigned)client->close_code, client->why);
    }
    return weh_fail(diag, WEH_E_IO, "the connection was lost%s%s",
                    client->why[0] == '\0' ? "" : ": ", client->why);
}

weh_err weh_client_send(struct weh_client *client, const void *bytes, size_t len, bool is_text,
                        struct weh_diag *diag)
{
    struct weh_client_item *item = NULL;

    if (client->state != WEH_CLIENT_OPEN) {
        return fail_closed(client, diag);
    }
    item = len > WEH_CLIENT_MESSAGE_LIMIT ? NULL : weh_calloc(1, sizeof(*item));
    if (item != NULL) {
        item->memory = weh_malloc(LWS_PRE + len);
    }
    if (item == NULL || item->memory == NULL) {
        weh_client_item_destroy(item);
        return weh_fail_nomem(diag);
    }
    if (len != 0) {
        memcpy(item->memory + LWS_PRE, bytes, len);
    }
    item->len = len;
    item->is_text = is_text;
    weh_client_queue_push(&client->out, item);
    /* At once, not after a turn of the loop, unless others wait before it. */
    if (client->out.head == item && !weh_client_lws_flush(client)) {
        client->state = WEH_CLIENT_CLOSED;
        return fail_closed(client, diag);
    }
    return WEH_OK;
}

static bool has_message(const struct weh_client *client)
{
    return client->in.head != NULL;
}

weh_err weh_client_receive(struct weh_client *client, uint32_t timeout_ms,
                           struct weh_client_message *out, struct weh_diag *diag)
{
    *out = (struct weh_client_message){ NULL, 0, false };
    weh_client_item_destroy(client->lent);
    client->lent = NULL;
    if (!has_message(client) && client->state == WEH_CLIENT_OPEN) {
        weh_client_lws_wait(client, has_message, timeout_ms);
    }
    client->lent = weh_client_queue_pop(&client->in);
    if (client->lent == NULL) {
        return client->state == WEH_CLIENT_OPEN ? WEH_OK : fail_closed(client, diag);
    }
    *out = (struct weh_client_message){ client->lent->memory, client->lent->len,
                                        client->lent->is_text };
    if (out->bytes == NULL) {
        out->bytes = (const uint8_t *)""; /* an empty message is one all the same */
    }
    return WEH_OK;
}

int weh_client_fd(const struct weh_client *client)
{
    return client->state == WEH_CLIENT_OPEN ? lws_get_socket_fd(client->wsi) : -1;
}

uint16_t weh_client_close_code(const struct weh_client *client)
{
    return client->close_code;
}
