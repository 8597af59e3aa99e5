/* tools/weh/print.c - values and messages as JSON on a stream, for people and for scripts.
 */
#include "weh/buf.h"
#include "weh/json.h"

#include "cli.h"

void weh_cli_print_message(const struct weh_rpc_message *message)
{
    const struct weh_incoming *in = &message->incoming;
    struct weh_json_writer json;
    struct weh_sink *sink = &json.sink;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    weh_sink_map_begin(sink, 2);
    if (in->kind == WEH_INCOMING_NOTIFICATION) {
        weh_sink_key(sink, "method");
        weh_sink_str(sink, in->method);
    } else {
        weh_sink_key(sink, "id");
        weh_sink_value(sink, &in->id);
    }
    if (in->kind == WEH_INCOMING_NOTIFICATION) {
        weh_sink_key(sink, "params");
    } else {
        weh_sink_key(sink, in->kind == WEH_INCOMING_ERROR ? "error" : "result");
    }
    weh_sink_value(sink, &in->value);
    weh_sink_map_end(sink);
    weh_buf_byte(&buf, '\n');
    if (buf.err == WEH_OK) {
        fwrite(buf.data, 1, buf.len, stdout);
        fflush(stdout); /* who reads a pipe wants to see it now */
    }
    weh_buf_fini(&buf);
}

static void new_line(FILE *file, uint32_t depth)
{
    fputc('\n', file);
    for (uint32_t i = 0; i < depth; i++) {
        fputs("  ", file);
    }
}

/* Where a pretty printer stands in JSON text. */
struct pretty {
    uint32_t depth;
    bool in_string;
    bool escaped;
};

static void pretty_string_byte(struct pretty *state, char byte)
{
    if (state->escaped) {
        state->escaped = false;
    } else if (byte == '\\') {
        state->escaped = true;
    } else if (byte == '"') {
        state->in_string = false;
    }
}

/* Print text[i] with the white space that belongs around it. Returns how many bytes it stood for. */
static size_t pretty_structure(struct pretty *state, struct weh_str text, size_t i, FILE *file)
{
    char byte = text.ptr[i];

    if (byte == '{' || byte == '[') {
        fputc(byte, file);
        if (i + 1 < text.len && (text.ptr[i + 1] == '}' || text.ptr[i + 1] == ']')) {
            fputc(text.ptr[i + 1], file);
            return 2;
        }
        new_line(file, ++state->depth);
        return 1;
    }
    if (byte == '}' || byte == ']') {
        new_line(file, --state->depth);
    }
    fputc(byte, file);
    if (byte == ',') {
        new_line(file, state->depth);
    } else if (byte == ':') {
        fputc(' ', file);
    } else if (byte == '"') {
        state->in_string = true;
    }
    return 1;
}

void weh_cli_print_pretty(const struct weh_value *value, FILE *file)
{
    struct pretty state = { 0 };
    struct weh_json_writer json;
    struct weh_str text;
    struct weh_buf buf;
    size_t i = 0;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    weh_sink_value(&json.sink, value);
    text = (struct weh_str){ (const char *)buf.data, buf.err == WEH_OK ? buf.len : 0 };
    while (i < text.len) {
        if (state.in_string) {
            pretty_string_byte(&state, text.ptr[i]);
            fputc(text.ptr[i++], file);
        } else {
            i += pretty_structure(&state, text, i, file);
        }
    }
    fputc('\n', file);
    weh_buf_fini(&buf);
}
