/* src/wire/ipc_write.c - IPC messages around the values of a sink.
 *
 * The message object is written as plain JSON and made a string at the end, once: the bytes move back by
 * as many as there are quotes and backslashes. The sequence number is not known until the message is
 * queued: blanks are kept for it at a place that is the same in all messages.
 */
#include <stdio.h>
#include <string.h>

#include "weh/ipc.h"

#include "wire_priv.h"

enum {
    TYPE_PUSH = 1,
    TYPE_RESPONSE = 3
};

#define HEAD "[\""
/* What all messages begin with, on the wire. */
#define SEQUENCE_HEAD HEAD "{\\\"sequence\\\":"
/* As many digits as the integers have that JavaScript counts with. */
#define SEQUENCE_DIGITS 16

/* Of MessagePack. */
#define NIL "\xc0"

/* Of errors that iTwin.js has no number for. */
#define OWN_SCOPE "webedithost"

/* IModelStatus of iTwin.js: what the native library says of edits is told in a scope of its own. */
#define FIRST_STATUS 65536
#define LAST_STATUS  65608
#define BAD_ARG      65539
#define NOT_FOUND    65574
/* Not an IModelStatus: what went wrong with a geometry stream. */
#define GEOMETRY_STREAM 94220

/* A class that is not there is told by the first that meets it, in another scope than all else that is a bad argument. */
#define CLASS_MEMBER "classFullName"

/* These are told so wherever they come from; the rest only of edits. */
static const int32_t native_errors[] = { 65547, 65553, 65569, 65598, 65600, GEOMETRY_STREAM };

/* Numbers that BentleyError has no name for. */
static const struct {
    int32_t number;
    const char *key;
} nameless[] = { { 65600, "WrongModel" },
                 { 65601, "ConstraintNotUnique" },
                 { GEOMETRY_STREAM, "GeometryStreamError" } };

static const struct {
    int32_t number;
    const char *name;
} status_names[] = {
#define X(number, name) { number, name },
#include "itwin_errors.def"
#undef X
};

static const struct {
    const char *scope;
    const char *key;
    bool has_name;     /* made in JavaScript, where the key is the name too */
    const char *where; /* as which member the diag's where is told; NULL: it is not */
} itwin_errors[WEH_ITWIN_COUNT] = {
    [WEH_ITWIN_TYPE_ERROR] = { "imodel-native", "TypeError", false, NULL },
    [WEH_ITWIN_NO_KEY] = { "imodel-cache", "invalid-arguments", true, NULL },
    [WEH_ITWIN_CHANNEL] = { "itwin-ChannelControl", "not-allowed", true, "channelKey" },
};

/* ---- binary values ---- */

void weh_ipc_put_binary(struct weh_json_writer *json, enum weh_binary_view view, const void *bytes,
                        size_t n)
{
    struct weh_writer *writer = WEH_CONTAINER_OF(json, struct weh_writer, json);
    const uint32_t length = (uint32_t)n;

    if (n > UINT32_MAX) {
        json->buf->err = json->buf->err == WEH_OK ? WEH_E_TOO_LARGE : json->buf->err;
        return;
    }
    weh_buf_printf(json->buf, "{\"ipc\":\"binary\",\"type\":%u,\"index\":%zu}", (unsigned)view,
                   writer->ipc.lengths.len / sizeof(length));
    weh_buf_append(&writer->ipc.parts, bytes, n);
    weh_buf_append(&writer->ipc.lengths, &length, sizeof(length));
}

/* ---- the pair ---- */

static void begin(struct weh_writer *writer, int64_t type)
{
    struct weh_sink *sink = writer->sink;

    writer->ipc.start = writer->buf->len;
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "sequence");
    weh_buf_printf(writer->buf, "%*s", SEQUENCE_DIGITS, "");
    writer->json.after_key = false;
    weh_sink_key(sink, "type");
    weh_sink_int(sink, type);
    weh_sink_key(sink, "channel");
}

static size_t count_specials(const uint8_t *bytes, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        count += bytes[i] == '"' || bytes[i] == '\\' ? 1U : 0U;
    }
    return count;
}

/* Move the @n bytes at @from to @to, which is behind them, with a backslash in front of each special one.
 * Nothing but those stands between the two. */
static void escape_backwards(const uint8_t *from, size_t n, uint8_t *to, size_t n_specials)
{
    const uint8_t *read = from + n;
    uint8_t *write = to + n + n_specials;

    while (n_specials > 0) {
        uint8_t c = *--read;

        *--write = c;
        if (c == '"' || c == '\\') {
            *--write = '\\';
            n_specials--;
        }
    }
    memmove(to, from, (size_t)(read - from));
}

/* Make the message object, which ends the buffer, the string of a pair, and add the parts. */
static void wrap(struct weh_writer *writer)
{
    struct weh_buf *buf = writer->buf;
    const uint32_t n_parts = (uint32_t)(writer->ipc.lengths.len / sizeof(uint32_t));
    const size_t start = writer->ipc.start;
    size_t n;
    size_t n_specials;

    if (buf->err == WEH_OK) {
        buf->err =
            writer->ipc.parts.err != WEH_OK ? writer->ipc.parts.err : writer->ipc.lengths.err;
    }
    if (buf->err != WEH_OK) {
        weh_writer_fini(writer);
        return;
    }
    n = buf->len - start;
    n_specials = count_specials(buf->data + start, n);
    if (weh_buf_reserve(buf, sizeof(HEAD) - 1 + n_specials) != NULL) {
        uint8_t *text = buf->data + start;

        escape_backwards(text, n, text + sizeof(HEAD) - 1, n_specials);
        memcpy(text, HEAD, sizeof(HEAD) - 1);
        buf->len += sizeof(HEAD) - 1 + n_specials;
    }
    weh_buf_printf(buf, "\",%u]", n_parts);
    weh_buf_append(buf, writer->ipc.parts.data, writer->ipc.parts.len);
    weh_buf_append(buf, writer->ipc.lengths.data, writer->ipc.lengths.len);
    weh_buf_append(buf, &n_parts, sizeof(n_parts));
    weh_writer_fini(writer);
}

void weh_ipc_set_sequence(uint8_t *block, uint64_t sequence)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)sequence);

    weh_assert(n > 0 && n <= SEQUENCE_DIGITS);
    memcpy(block + sizeof(SEQUENCE_HEAD) - 1, digits, (size_t)n);
}

/* ---- messages ---- */

void weh_ipc_answers(struct weh_writer *writer, const struct weh_envelope *envelope)
{
    writer->ipc.channel = envelope->channel;
    writer->ipc.is_rpc = envelope->is_rpc;
    writer->ipc.is_packed = envelope->is_ipc && writer->codec == WEH_CODEC_MSGPACK;
}

/* A Response up to the members of its data. */
static void begin_response(struct weh_writer *writer, const struct weh_value *id)
{
    struct weh_sink *sink = writer->sink;

    if (writer->ipc.is_packed) {
        /* An error is a result here: iTwin.js has its own form for it. */
        weh_sink_array_begin(sink, 4);
        weh_sink_int(sink, 1);
        weh_sink_value(sink, id);
        weh_sink_null(sink);
        weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
        return;
    }
    begin(writer, TYPE_RESPONSE);
    weh_buf_byte(writer->buf, '"');
    weh_buf_append(writer->buf, writer->ipc.channel.ptr, writer->ipc.channel.len);
    weh_buf_byte(writer->buf, '"');
    writer->json.after_key = false;
    weh_sink_key(sink, "response");
    weh_sink_value(sink, id);
    weh_sink_key(sink, "data");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
}

static void end_response(struct weh_writer *writer)
{
    weh_sink_map_end(writer->sink);
    if (writer->ipc.is_packed) {
        weh_sink_array_end(writer->sink);
    } else {
        weh_sink_map_end(writer->sink);
        wrap(writer);
    }
}

void weh_ipc_reply_begin(struct weh_writer *writer, const struct weh_value *id)
{
    begin_response(writer, id);
    writer->ipc.key_at = writer->buf->len;
    weh_sink_key(writer->sink, "result");
    writer->ipc.result_at = writer->buf->len;
    writer->ipc.result_depth = writer->ipc.is_packed ? writer->msgpack.depth : writer->json.depth;
}

void weh_ipc_reply_restart(struct weh_writer *writer)
{
    if (writer->buf->err == WEH_OK) {
        writer->buf->len = writer->ipc.result_at;
    }
    if (writer->ipc.is_packed) {
        writer->msgpack.depth = writer->ipc.result_depth;
        return;
    }
    writer->json.depth = writer->ipc.result_depth;
    writer->json.after_key = true;
    weh_buf_clear(&writer->ipc.parts);
    weh_buf_clear(&writer->ipc.lengths);
}

size_t weh_ipc_reply_length(const struct weh_writer *writer)
{
    return writer->buf->err == WEH_OK ? writer->buf->len - writer->ipc.result_at : 0;
}

void weh_ipc_binary_as_text(struct weh_writer *writer, bool as_text)
{
    writer->json.as_text = as_text;
}

/* Nothing was written, or what a frontend takes for an object and looks into. */
static bool has_no_result(const struct weh_writer *writer)
{
    const struct weh_str result = { (const char *)writer->buf->data + writer->ipc.result_at,
                                    writer->buf->len - writer->ipc.result_at };

    return result.len == 0 ||
           (writer->ipc.is_rpc && weh_str_eq_text(result, writer->ipc.is_packed ? NIL : "null"));
}

void weh_ipc_reply_end(struct weh_writer *writer)
{
    if (writer->buf->err == WEH_OK && has_no_result(writer)) {
        writer->buf->len = writer->ipc.key_at;
        writer->json.after_key = false;
        if (writer->ipc.is_packed) {
            writer->msgpack.level[writer->msgpack.depth - 1].count--;
        }
    }
    end_response(writer);
}

static void write_error_id(struct weh_sink *sink, const char *scope, const char *key)
{
    weh_sink_key(sink, "iTwinErrorId");
    weh_sink_map_begin(sink, 2);
    weh_sink_key(sink, "scope");
    weh_sink_text(sink, scope);
    weh_sink_key(sink, "key");
    weh_sink_text(sink, key);
    weh_sink_map_end(sink);
}

static void write_message(struct weh_sink *sink, const struct weh_diag *diag)
{
    weh_sink_key(sink, "message");
    weh_sink_text(sink, diag->text[0] != '\0' ? diag->text : weh_err_info(diag->err)->help);
}

/* How BentleyError calls @number, into @out. */
static void print_status_name(int32_t number, char *out, size_t size)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(status_names); i++) {
        if (status_names[i].number == number) {
            (void)snprintf(out, size, "%s", status_names[i].name);
            return;
        }
    }
    (void)snprintf(out, size, "Error (%d)", (int)number);
}

/* The status @number as one word: "DuplicateCode". */
static void print_key(int32_t number, char *out, size_t size)
{
    char *to = out;

    for (size_t i = 0; i < WEH_ARRAY_LEN(nameless); i++) {
        if (nameless[i].number == number) {
            (void)snprintf(out, size, "%s", nameless[i].key);
            return;
        }
    }
    print_status_name(number, out, size);
    for (const char *from = out; *from != '\0'; from++) {
        if (*from != ' ') {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static bool is_native(int32_t number, const struct weh_edit_subject *subject)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(native_errors); i++) {
        if (native_errors[i] == number) {
            return true;
        }
    }
    return subject != NULL && subject->is_edit && number > FIRST_STATUS && number <= LAST_STATUS &&
           number != NOT_FOUND;
}

static void write_metadata(struct weh_sink *sink, const struct weh_edit_subject *subject)
{
    if (subject == NULL || (subject->props == NULL && subject->id == 0)) {
        return;
    }
    weh_sink_key(sink, "metadata");
    weh_sink_map_begin(sink, 1);
    if (subject->props != NULL) {
        weh_sink_key(sink, "elProps");
        weh_sink_value(sink, subject->props);
    } else {
        weh_sink_key(sink, "elementId");
        weh_sink_id(sink, subject->id);
    }
    weh_sink_map_end(sink);
}

static void write_numbered_error(struct weh_writer *writer, const struct weh_diag *diag,
                                 int32_t number)
{
    struct weh_sink *sink = writer->sink;
    char name[160];

    weh_sink_key(sink, "errorNumber");
    weh_sink_int(sink, number);
    write_metadata(sink, writer->ipc.subject);
    if (!is_native(number, writer->ipc.subject)) {
        print_status_name(number, name, sizeof(name));
        weh_sink_key(sink, "name");
        weh_sink_text(sink, name);
        write_message(sink, diag);
        write_error_id(sink, "bentley-error", name);
        return;
    }
    write_message(sink, diag);
    if (number == BAD_ARG && strcmp(diag->where, CLASS_MEMBER) == 0) {
        (void)snprintf(name, sizeof(name), "%d", (int)number);
        write_error_id(sink, "imodel-native", name);
    } else {
        print_key(number, name, sizeof(name));
        write_error_id(sink, number == GEOMETRY_STREAM ? "imodel-native" : "dgn-db", name);
    }
}

static void write_itwin_error(struct weh_writer *writer, const struct weh_diag *diag)
{
    struct weh_sink *sink = writer->sink;

    if (itwin_errors[diag->itwin_error].has_name) {
        weh_sink_key(sink, "name");
        weh_sink_text(sink, itwin_errors[diag->itwin_error].key);
    }
    if (itwin_errors[diag->itwin_error].where != NULL) {
        weh_sink_key(sink, itwin_errors[diag->itwin_error].where);
        weh_sink_text(sink, diag->where);
    }
    write_metadata(sink, writer->ipc.subject);
    write_message(sink, diag);
    write_error_id(sink, itwin_errors[diag->itwin_error].scope,
                   itwin_errors[diag->itwin_error].key);
}

/* What a page logs of an error that it catches. */
static void write_logged(struct weh_sink *sink, const char *activity_id)
{
    if (activity_id == NULL || activity_id[0] == '\0') {
        return;
    }
    weh_sink_key(sink, "loggingMetadata");
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "activityId");
    weh_sink_text(sink, activity_id);
    weh_sink_map_end(sink);
}

/* An error that frontends know by its number (0: none) or its id. */
static void write_known_error(struct weh_writer *writer, const struct weh_diag *diag,
                              int32_t number, const char *activity_id)
{
    struct weh_sink *sink = writer->sink;

    if (diag->itwin_error != WEH_ITWIN_BY_NUMBER && !writer->ipc.is_rpc) {
        write_itwin_error(writer, diag);
    } else if (number != 0) {
        write_numbered_error(writer, diag, number);
    } else {
        write_error_id(sink, OWN_SCOPE, weh_err_info(diag->err)->name);
        write_message(sink, diag);
    }
    write_logged(sink, activity_id);
}

void weh_ipc_error_write(struct weh_writer *writer, const struct weh_value *id,
                         const struct weh_diag *diag, const char *activity_id)
{
    const struct weh_err_info *info = weh_err_info(diag->err);
    const int32_t number = diag->itwin != 0 ? diag->itwin : info->itwin;
    struct weh_sink *sink = writer->sink;

    begin_response(writer, id);
    weh_sink_key(sink, "error");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    if (diag->err == WEH_E_IMODEL_NOT_FOUND && !writer->ipc.is_rpc) {
        /* Frontends know it by this member, and by nothing else. */
        weh_sink_key(sink, "message");
        weh_sink_text(sink, info->help);
        weh_sink_key(sink, "isIModelNotFoundResponse");
        weh_sink_bool(sink, true);
    } else if (diag->err == WEH_E_METHOD_NOT_FOUND && number == 0) {
        write_message(sink, diag);
    } else {
        write_known_error(writer, diag, number, activity_id);
    }
    weh_sink_map_end(sink);
    end_response(writer);
}

void weh_ipc_error_about(struct weh_writer *writer, const struct weh_edit_subject *subject)
{
    writer->ipc.subject = subject;
}

void weh_ipc_push_begin(struct weh_writer *writer, const char *family, struct weh_str key,
                        const char *method, bool is_old)
{
    struct weh_sink *sink = writer->sink;
    struct weh_buf name;

    weh_buf_init(&name, 0);
    weh_buf_printf(&name, is_old ? "itwin.%s:" : "itwin.itwinjs-core/%s/", family);
    weh_buf_append(&name, key.ptr, key.len);
    writer->ipc.is_packed = writer->codec == WEH_CODEC_MSGPACK;
    if (writer->ipc.is_packed) {
        weh_call_begin(writer, NULL, WEH_STR("ipc.push"));
        weh_sink_map_begin(sink, 2);
        weh_sink_key(sink, "channel");
    } else {
        begin(writer, TYPE_PUSH);
    }
    weh_sink_str(sink, (struct weh_str){ (const char *)name.data, name.len });
    weh_sink_key(sink, writer->ipc.is_packed ? "args" : "data");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    if (method != NULL) {
        weh_sink_text(sink, method);
    }
    if (name.err != WEH_OK && writer->buf->err == WEH_OK) {
        writer->buf->err = name.err;
    }
    weh_buf_fini(&name);
}

void weh_ipc_push_end(struct weh_writer *writer)
{
    weh_sink_array_end(writer->sink);
    weh_sink_map_end(writer->sink);
    if (writer->ipc.is_packed) {
        weh_call_end(writer);
    } else {
        wrap(writer);
    }
}
