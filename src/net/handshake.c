/* src/net/handshake.c - may this upgrade request become a session?
 *
 * Rule: refusals are made here, in LWS_CALLBACK_HTTP_CONFIRM_UPGRADE, where the client still gets a
 * status; later callbacks only drop the connection. Everything is checked that libwebsockets 4.1.6
 * does not check. The callback's in pointer is never read (CVE-2025-11677): only headers are.
 */
#include "handshake.h"

#include <ctype.h>
#include <string.h>

#include <strings.h>

#include "weh/host.h"

#include "http.h"
#include "net_priv.h"
#include "origin.h"
#include "tls.h"

#define BEARER_LIMIT_BYTES    8192
#define FORWARDED_LIMIT_BYTES 1024
#define COOKIE_LIMIT_BYTES    4096 /* of all of a site's together */
/* libwebsockets cuts the list of subprotocols at 127 bytes, and each name at 63: a JWT does not fit,
 * which is why there are tickets. */
#define SUBPROTOCOLS_LIMIT_BYTES 127

/* Pages of stock frontends set neither headers nor subprotocols. */
#define TICKET_COOKIE      "weh_ticket"
#define TICKET_LIMIT_BYTES 64
#define LABEL_QUERY_BYTES  1024 /* of all arguments beside a label */

struct refusal {
    const char *status;
    const char *headers;
    const char *body;
};

static int refuse(struct weh_conn *conn, const struct refusal *refusal)
{
    struct weh_http_reply reply = { refusal->status, "text/plain; charset=utf-8", refusal->body,
                                    refusal->headers };

    return weh_http_write(conn->wsi, &reply) == 0 ? 1 : -1;
}

/* What a client may say about itself wrongly; NULL when the request is in order. */
static const struct refusal *check_form(struct weh_conn *conn)
{
    static const struct refusal not_http11 = { "505 HTTP Version Not Supported", NULL,
                                               "a WebSocket handshake is HTTP/1.1\n" };
    static const struct refusal no_host = { "400 Bad Request", NULL, "Host is missing\n" };
    static const struct refusal bad_upgrade = { "400 Bad Request", NULL,
                                                "Upgrade: websocket is what is spoken here\n" };
    static const struct refusal bad_version = { "426 Upgrade Required",
                                                "Upgrade: websocket\r\n"
                                                "Sec-WebSocket-Version: 13\r\n",
                                                "Sec-WebSocket-Version must be 13\n" };
    static const struct refusal early = { "400 Bad Request", NULL,
                                          "wait for the answer before sending frames\n" };
    char text[32];
    struct lws *wsi = conn->wsi;

    if (weh_http_header(wsi, WSI_TOKEN_HTTP, text, sizeof(text)) < 0 ||
        strcmp(text, "HTTP/1.1") != 0) {
        return &not_http11;
    }
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HOST) <= 0) {
        return &no_host;
    }
    if (weh_http_header(wsi, WSI_TOKEN_UPGRADE, text, sizeof(text)) < 0 ||
        strcasecmp(text, "websocket") != 0) {
        return &bad_upgrade;
    }
    if (weh_http_header(wsi, WSI_TOKEN_VERSION, text, sizeof(text)) < 0 ||
        strcmp(text, "13") != 0) {
        return &bad_version;
    }
    /* RFC 6455 4.1: the client waits. Frames are followed from their first byte (rx_tap.c). */
    return weh_frame_check_at_header_end(&conn->check) ? NULL : &early;
}

/* 16 bytes in base64 (RFC 6455 4.1): 22 digits and "==", unused bits zero. */
static bool is_key_valid(struct lws *wsi)
{
    static const char last[] = "AQgw"; /* the digits whose low four bits are zero */
    char key[32];

    if (weh_http_header(wsi, WSI_TOKEN_KEY, key, sizeof(key)) != 24 ||
        strcmp(key + 22, "==") != 0 || strchr(last, key[21]) == NULL) {
        return false;
    }
    for (size_t i = 0; i < 22; i++) {
        if (isalnum((unsigned char)key[i]) == 0 && key[i] != '+' && key[i] != '/') {
            return false;
        }
    }
    return true;
}

static bool has_token(struct lws *wsi, enum lws_token_indexes header, const char *token)
{
    char text[256];
    int n = weh_http_header(wsi, header, text, sizeof(text));
    struct weh_str rest = { text, n < 0 ? 0 : (size_t)n };

    while (rest.len != 0) {
        struct weh_str head;

        rest = weh_str_split(rest, ',', &head);
        while (head.len != 0 && (head.ptr[0] == ' ' || head.ptr[0] == '\t')) {
            head = (struct weh_str){ head.ptr + 1, head.len - 1 };
        }
        while (head.len != 0 && (head.ptr[head.len - 1] == ' ' || head.ptr[head.len - 1] == '\t')) {
            head.len--;
        }
        if (weh_str_eq_nocase(head, weh_str_from(token))) {
            return true;
        }
    }
    return false;
}

/* The client is told nothing but 401: an operator finds the reason in the log, which holds no part of
 * what was sent. */
static bool check(const struct weh_conn *conn, enum weh_metric metric, weh_err err,
                  const struct weh_diag *diag)
{
    const struct weh_log_who who = { NULL, conn->activity };
    char peer[64] = "";

    if (err == WEH_OK) {
        return true;
    }
    weh_metrics_add(conn->net->metrics, metric, 1);
    (void)lws_get_peer_simple(conn->wsi, peer, sizeof(peer));
    weh_log(conn->net->log, WEH_LOG_DEBUG, &who, "auth.refused",
            WEH_F_TEXT("what", metric == WEH_METRIC_REFUSED_AUTH_TICKET ? "ticket" : "token"),
            WEH_F_TEXT("text", diag->text), WEH_F_TEXT("peer", peer));
    return false;
}

bool weh_handshake_bearer(struct weh_conn *conn)
{
    char text[BEARER_LIMIT_BYTES + 16];
    struct weh_diag diag;
    int n = weh_http_header(conn->wsi, WSI_TOKEN_HTTP_AUTHORIZATION, text, sizeof(text));
    struct weh_str token;

    if (n <= 7 || strncasecmp(text, "Bearer ", 7) != 0) {
        return false;
    }
    token = (struct weh_str){ text + 7, (size_t)n - 7 };
    weh_identity_fini(&conn->identity);
    return check(conn, WEH_METRIC_REFUSED_AUTH_TOKEN,
                 weh_auth_verify_token(conn->net->options.auth, token, &conn->identity, &diag),
                 &diag);
}

/* The subprotocols offered. */
struct offer {
    bool has_any;
    bool has_codec; /* the first codec named wins, as in libwebsockets' choice */
    enum weh_codec codec;
    struct weh_str ticket;
};

static void look_at_name(struct weh_str name, struct offer *offer)
{
    static const struct {
        const char *name;
        enum weh_codec codec;
    } codecs[] = { { WEH_SUBPROTOCOL_JSON, WEH_CODEC_JSON },
                   { WEH_SUBPROTOCOL_MSGPACK, WEH_CODEC_MSGPACK },
                   { WEH_SUBPROTOCOL_IPC, WEH_CODEC_IPC } };
    size_t n = sizeof(WEH_SUBPROTOCOL_TICKET) - 1;

    for (size_t i = 0; i < WEH_ARRAY_LEN(codecs); i++) {
        if (weh_str_eq_text(name, codecs[i].name) && !offer->has_codec) {
            offer->codec = codecs[i].codec;
            offer->has_codec = true;
        }
    }
    if (name.len > n && memcmp(name.ptr, WEH_SUBPROTOCOL_TICKET, n) == 0) {
        offer->ticket = (struct weh_str){ name.ptr + n, name.len - n };
    }
}

/* Read the list in @text into @offer. */
static void read_offer(struct weh_str text, bool is_ipc, struct offer *offer)
{
    *offer = (struct offer){ .has_any = text.len != 0,
                             .codec = is_ipc ? WEH_CODEC_IPC : WEH_CODEC_JSON };
    while (text.len != 0) {
        struct weh_str name;

        text = weh_str_split(text, ',', &name);
        while (name.len != 0 && name.ptr[0] == ' ') {
            name = (struct weh_str){ name.ptr + 1, name.len - 1 };
        }
        while (name.len != 0 && name.ptr[name.len - 1] == ' ') {
            name.len--;
        }
        look_at_name(name, offer);
    }
}

bool weh_handshake_has_token_in_url(struct lws *wsi)
{
    static const char *const names[] = { "access_token=", "token=", "id_token=", "bearer=" };
    char text[BEARER_LIMIT_BYTES + 16]; /* what does not fit is no token: it ends with 401 */
    bool is_found = false;

    for (size_t i = 0; i < WEH_ARRAY_LEN(names) && !is_found; i++) {
        is_found = lws_get_urlarg_by_name(wsi, names[i], text, sizeof(text)) != NULL;
    }
    explicit_bzero(text, sizeof(text));
    return is_found;
}

static bool authenticate_by_certificate(struct weh_conn *conn)
{
    weh_identity_fini(&conn->identity);
    if (weh_tls_client_identity(conn->net, conn->wsi, &conn->identity)) {
        return true;
    }
    weh_metrics_add(conn->net->metrics, WEH_METRIC_REFUSED_AUTH_NONE, 1);
    return false;
}

/* The ticket in the cookie weh_ticket, in @out; empty: there is none. */
static struct weh_str cookie_ticket(struct lws *wsi, char *out, size_t size)
{
    static const char name[] = TICKET_COOKIE "=";
    const int n = weh_http_header(wsi, WSI_TOKEN_HTTP_COOKIE, out, size);
    struct weh_str rest = { out, n < 0 ? 0 : (size_t)n };

    while (rest.len != 0) {
        struct weh_str pair;

        rest = weh_str_split(rest, ';', &pair);
        while (pair.len != 0 && pair.ptr[0] == ' ') {
            pair = (struct weh_str){ pair.ptr + 1, pair.len - 1 };
        }
        if (pair.len >= sizeof(name) - 1 && memcmp(pair.ptr, name, sizeof(name) - 1) == 0) {
            return (struct weh_str){ pair.ptr + sizeof(name) - 1, pair.len - (sizeof(name) - 1) };
        }
    }
    return (struct weh_str){ "", 0 };
}

/* A bearer token in the header; else a ticket, as subprotocol, ?ticket= or cookie; else the certificate
 * of the connection. A token never comes in a URL, where proxies write it down. */
static bool authenticate(struct weh_conn *conn, struct weh_str ticket)
{
    char text[COOKIE_LIMIT_BYTES];
    struct weh_diag diag;

    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_AUTHORIZATION) > 0) {
        return weh_handshake_bearer(conn);
    }
    if (ticket.len == 0) {
        const char *value = lws_get_urlarg_by_name(conn->wsi, "ticket=", text, TICKET_LIMIT_BYTES);

        ticket = value != NULL ? weh_str_from(value) : cookie_ticket(conn->wsi, text, sizeof(text));
        if (value == NULL && ticket.len == 0) {
            return authenticate_by_certificate(conn);
        }
    }
    weh_identity_fini(&conn->identity);
    return check(conn, WEH_METRIC_REFUSED_AUTH_TICKET,
                 weh_auth_redeem_ticket(conn->net->options.auth, ticket, &conn->identity, &diag),
                 &diag);
}

static const struct refusal *check_origin(struct weh_conn *conn)
{
    static const struct refusal refused = { "403 Forbidden", NULL, "this origin is not allowed\n" };
    char origin[256];
    int n = weh_http_header(conn->wsi, WSI_TOKEN_ORIGIN, origin, sizeof(origin));

    if (n == -1) {
        return NULL; /* no browser */
    }
    if (n < 0 || !weh_origin_is_allowed((struct weh_str){ origin, (size_t)n },
                                        conn->net->config->auth_origins)) {
        weh_metrics_add(conn->net->metrics, WEH_METRIC_REFUSED_AUTH_ORIGIN, 1);
        return &refused;
    }
    return NULL;
}

/* The address that a proxy has put at the end of X-Forwarded-For; not known when it is none. */
static struct weh_address forwarded_address(struct lws *wsi)
{
    char text[FORWARDED_LIMIT_BYTES];
    const char *last = text;

    if (weh_http_header(wsi, WSI_TOKEN_X_FORWARDED_FOR, text, sizeof(text)) <= 0) {
        return (struct weh_address){ .is_known = false };
    }
    if (strrchr(text, ',') != NULL) {
        last = strrchr(text, ',') + 1;
    }
    last += strspn(last, " \t");
    return weh_address_parse(last, strcspn(last, " \t"));
}

/* Count @conn for the address that a proxy names. */
static weh_err take_forwarded_address(struct weh_conn *conn)
{
    struct weh_address address = { .is_known = false };

    if (conn->net->config->listen_forwarded_for &&
        (conn->is_forwarded || weh_address_is_here(&conn->address))) {
        address = forwarded_address(conn->wsi);
    }
    if (!address.is_known) {
        return WEH_OK;
    }
    conn->address = address;
    conn->is_forwarded = true;
    return weh_admission_place(&conn->net->admission, &conn->admitted, &address);
}

bool weh_handshake_is_address_fine(struct weh_conn *conn)
{
    const size_t limit = (size_t)conn->net->config->limits_address_connections;

    if (take_forwarded_address(conn) == WEH_OK &&
        (limit == 0 || weh_admission_count_beside(&conn->admitted) <= limit)) {
        return true;
    }
    weh_metrics_add(conn->net->metrics, WEH_METRIC_LIMIT_ADDRESS, 1);
    return false;
}

static const struct refusal *check_room(const struct weh_net *net)
{
    static const struct refusal full = { "503 Service Unavailable", "Retry-After: 10\r\n",
                                         "the server is full\n" };
    static const struct refusal stopping = { "503 Service Unavailable", "Retry-After: 10\r\n",
                                             "the server is stopping\n" };

    if (net->is_draining) {
        return &stopping;
    }
    if (net->n_sessions >= (uint64_t)net->config->limits_sessions) {
        weh_metrics_add(net->metrics, WEH_METRIC_LIMIT_SESSIONS, 1);
        return &full;
    }
    return NULL;
}

static const struct refusal *check_user(const struct weh_conn *conn)
{
    static const struct refusal too_many = { "429 Too Many Requests", "Retry-After: 10\r\n",
                                             "too many sessions of this user\n" };
    static const struct refusal busy = { "503 Service Unavailable", "Retry-After: 10\r\n",
                                         "the server has too much to do\n" };

    switch (weh_host_room(conn->net->options.host, conn->identity.user)) {
    case WEH_ROOM_NOT_FOR_USER:
        return &too_many;
    case WEH_ROOM_OVERLOAD:
        return &busy;
    case WEH_ROOM_FREE:
        break;
    }
    return NULL;
}

/* The label by which a page finds its session again, into conn->label. False when it is none. */
static bool take_label(struct weh_conn *conn)
{
    char text[LABEL_QUERY_BYTES];
    const char *label = lws_get_urlarg_by_name(conn->wsi, "session.resume=", text, sizeof(text));
    size_t len = label == NULL ? 0 : strlen(label);

    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_URI_ARGS) >= (int)sizeof(text)) {
        return false; /* one that does not fit would seem not to be there */
    }
    conn->label[0] = '\0';
    if (label == NULL) {
        return true;
    }
    if (len == 0 || len >= sizeof(conn->label)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (label[i] < '!' || label[i] > '~') {
            return false;
        }
    }
    memcpy(conn->label, label, len + 1);
    return true;
}

/* Subprotocol, then who it is, then whether there is room: a ticket is used up last. */
static const struct refusal *check_session(struct weh_conn *conn, bool is_ipc)
{
    static const struct refusal bad_subprotocol = { "400 Bad Request", NULL,
                                                    "offer " WEH_SUBPROTOCOL_JSON
                                                    " or " WEH_SUBPROTOCOL_MSGPACK
                                                    " as subprotocol\n" };
    static const struct refusal bad_ipc_subprotocol = { "400 Bad Request", NULL,
                                                        "offer no subprotocol, " WEH_SUBPROTOCOL_IPC
                                                        " or " WEH_SUBPROTOCOL_MSGPACK "\n" };
    static const struct refusal bad_label = {
        "400 Bad Request", NULL, "session.resume must be 1 to 64 visible ASCII characters\n"
    };
    static const struct refusal unknown = { "401 Unauthorized", "WWW-Authenticate: Bearer\r\n",
                                            "a bearer token or a ticket is needed\n" };
    static const struct refusal in_url = { "400 Bad Request", NULL, WEH_TOKEN_IN_URL };
    const struct refusal *refusal = NULL;
    char list[SUBPROTOCOLS_LIMIT_BYTES];
    struct offer offer;
    int n = weh_http_header(conn->wsi, WSI_TOKEN_PROTOCOL, list, sizeof(list));

    if (n == -2) {
        return is_ipc ? &bad_ipc_subprotocol : &bad_subprotocol;
    }
    read_offer((struct weh_str){ list, n < 0 ? 0 : (size_t)n }, is_ipc, &offer);
    if ((offer.has_any && !offer.has_codec) ||
        offer.codec == (is_ipc ? WEH_CODEC_JSON : WEH_CODEC_IPC)) {
        /* Browsers fail the connection when none of what they offer is chosen. */
        return is_ipc ? &bad_ipc_subprotocol : &bad_subprotocol;
    }
    if (weh_handshake_has_token_in_url(conn->wsi)) {
        weh_metrics_add(conn->net->metrics, WEH_METRIC_REFUSED_AUTH_URL, 1);
        return &in_url;
    }
    if (offer.codec == WEH_CODEC_IPC && !take_label(conn)) {
        return &bad_label;
    }
    refusal = check_room(conn->net);
    if (refusal != NULL) {
        return refusal;
    }
    if (!authenticate(conn, offer.ticket)) {
        return &unknown;
    }
    conn->codec = offer.codec;
    conn->is_ipc = is_ipc;
    return check_user(conn);
}

/* The header @name ("x:") as text of at most @size - 1 bytes; "" when it is absent or longer. */
static struct weh_str custom_header(struct lws *wsi, const char *name, char *out, size_t size)
{
    int n = lws_hdr_custom_length(wsi, name, (int)strlen(name));

    if (n <= 0 || (size_t)n >= size ||
        lws_hdr_custom_copy(wsi, out, (int)size, name, (int)strlen(name)) < 0) {
        n = 0;
    }
    out[n] = '\0';
    return (struct weh_str){ out, (size_t)n };
}

/* What the client says that the request belongs to. A wrong header is as good as none: proxies add
 * them, and the client could not help it. */
static void take_activity(struct weh_conn *conn)
{
    char text[128];
    char trace[WEH_TRACE_SIZE];
    struct weh_str id = custom_header(conn->wsi, "x-correlation-id:", text, sizeof(text));

    conn->activity[0] = '\0';
    if (weh_activity_is_valid(id)) {
        memcpy(conn->activity, id.ptr, id.len + 1);
        return;
    }
    if (weh_traceparent_read(custom_header(conn->wsi, "traceparent:", text, sizeof(text)), trace)) {
        memcpy(conn->activity, trace, sizeof(trace));
    }
}

int weh_handshake_confirm(struct weh_conn *conn)
{
    static const struct refusal no_path = { "404 Not Found", NULL, "not found\n" };
    static const struct refusal bad_key = { "400 Bad Request", NULL,
                                            "Sec-WebSocket-Key must be 16 bytes in base64\n" };
    static const struct refusal bad_connection = { "400 Bad Request", NULL,
                                                   "Connection: Upgrade is missing\n" };
    static const struct refusal too_many = { "429 Too Many Requests", "Retry-After: 10\r\n",
                                             WEH_TOO_MANY_CONNECTIONS };
    const struct refusal *refusal = NULL;
    struct weh_str path;
    int method = weh_http_path(conn->wsi, &path);
    bool is_ipc;

    conn->deadline_ms =
        weh_net_now_ms(conn->net) + (uint64_t)conn->net->config->limits_handshake_s * 1000;
    if (method < 0) {
        return -1; /* the request is gone already: libwebsockets answered an unknown Upgrade */
    }
    is_ipc = weh_str_eq_text(path, WEH_IPC_PATH);
    take_activity(conn);
    if (!weh_handshake_is_address_fine(conn)) {
        refusal = &too_many;
    } else if (method != LWSHUMETH_GET || !(is_ipc || weh_str_eq_text(path, WEH_SESSION_PATH))) {
        refusal = &no_path;
    } else if (!has_token(conn->wsi, WSI_TOKEN_CONNECTION, "upgrade")) {
        refusal = &bad_connection;
    } else {
        refusal = check_form(conn);
    }
    if (refusal == NULL && !is_key_valid(conn->wsi)) {
        refusal = &bad_key;
    }
    if (refusal == NULL) {
        refusal = check_origin(conn);
    }
    if (refusal == NULL) {
        refusal = check_session(conn, is_ipc);
    }
    return refusal == NULL ? 0 : refuse(conn, refusal);
}
