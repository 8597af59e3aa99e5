/* src/wire/writer.c - replies, errors, notifications and requests around the values of a sink.
 *
 * The shapes are those of JSON-RPC 2.0 and MessagePack-RPC; which one is the writer's codec. Those of IPC are
 * in ipc_write.c.
 */
#include "wire_priv.h"

void weh_writer_init(struct weh_writer *writer, enum weh_codec codec, struct weh_buf *buf)
{
    writer->codec = codec;
    writer->buf = buf;
    /* The levels are set when they are entered. */
    writer->msgpack.depth = 0;
    writer->msgpack.sink.ops = &weh_mp_sink_ops;
    weh_json_writer_init(&writer->json, buf);
    writer->json.binary = codec == WEH_CODEC_IPC ? weh_ipc_put_binary : NULL;
    writer->ipc.channel = (struct weh_str){ "", 0 };
    writer->ipc.is_rpc = false;
    writer->ipc.is_packed = false;
    writer->ipc.subject = NULL;
    weh_buf_init(&writer->ipc.parts, buf->limit_bytes);
    weh_buf_init(&writer->ipc.lengths, buf->limit_bytes);
    writer->sink = codec == WEH_CODEC_MSGPACK ? &writer->msgpack.sink : &writer->json.sink;
}

void weh_writer_fini(struct weh_writer *writer)
{
    weh_buf_fini(&writer->ipc.parts);
    weh_buf_fini(&writer->ipc.lengths);
}

/* What is answered came from a stock frontend. */
static bool is_ipc(const struct weh_writer *writer)
{
    return writer->codec == WEH_CODEC_IPC || writer->ipc.is_packed;
}

static void write_id(struct weh_sink *sink, const struct weh_value *id)
{
    if (id == NULL) {
        weh_sink_null(sink);
    } else {
        weh_sink_value(sink, id);
    }
}

/* The members that all JSON messages begin with. */
static void begin_json(struct weh_sink *sink)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "jsonrpc");
    weh_sink_text(sink, "2.0");
}

void weh_reply_begin(struct weh_writer *writer, const struct weh_value *id)
{
    struct weh_sink *sink = writer->sink;

    if (is_ipc(writer)) {
        weh_ipc_reply_begin(writer, id);
        return;
    }
    if (writer->codec == WEH_CODEC_MSGPACK) {
        weh_sink_array_begin(sink, 4);
        weh_sink_int(sink, 1);
        write_id(sink, id);
        weh_sink_null(sink);
        return;
    }
    begin_json(sink);
    weh_sink_key(sink, "id");
    write_id(sink, id);
    weh_sink_key(sink, "result");
}

static void end_message(struct weh_writer *writer)
{
    if (writer->codec == WEH_CODEC_MSGPACK) {
        weh_sink_array_end(writer->sink);
    } else {
        weh_sink_map_end(writer->sink);
    }
}

void weh_reply_end(struct weh_writer *writer)
{
    if (is_ipc(writer)) {
        weh_ipc_reply_end(writer);
    } else {
        end_message(writer);
    }
}

static void write_error_data(struct weh_sink *sink, const struct weh_err_info *info,
                             const struct weh_diag *diag, const char *activity_id)
{
    const bool has_activity = activity_id != NULL && activity_id[0] != '\0';
    int32_t itwin = diag->itwin != 0 ? diag->itwin : info->itwin;

    weh_sink_map_begin(sink, 1U + (itwin != 0 ? 1U : 0U) + (diag->where[0] != '\0' ? 1U : 0U) +
                                 (diag->op != 0 ? 1U : 0U) + (diag->retry_s != 0 ? 1U : 0U) +
                                 (has_activity ? 1U : 0U));
    weh_sink_key(sink, "name");
    weh_sink_text(sink, info->name);
    if (itwin != 0) {
        weh_sink_key(sink, "iTwin");
        weh_sink_int(sink, itwin);
    }
    if (diag->where[0] != '\0') {
        weh_sink_key(sink, "where");
        weh_sink_text(sink, diag->where);
    }
    if (diag->op != 0) {
        weh_sink_key(sink, "op");
        weh_sink_int(sink, (int64_t)diag->op - 1);
    }
    if (diag->retry_s != 0) {
        weh_sink_key(sink, "retryAfter");
        weh_sink_int(sink, diag->retry_s);
    }
    if (has_activity) {
        weh_sink_key(sink, "activityId");
        weh_sink_text(sink, activity_id);
    }
    weh_sink_map_end(sink);
}

static void write_error(struct weh_sink *sink, const struct weh_diag *diag, const char *activity_id)
{
    const struct weh_err_info *info = weh_err_info(diag->err);

    weh_sink_map_begin(sink, 3);
    weh_sink_key(sink, "code");
    weh_sink_int(sink, info->code);
    weh_sink_key(sink, "message");
    weh_sink_text(sink, diag->text[0] != '\0' ? diag->text : info->help);
    weh_sink_key(sink, "data");
    write_error_data(sink, info, diag, activity_id);
    weh_sink_map_end(sink);
}

void weh_error_write(struct weh_writer *writer, const struct weh_value *id,
                     const struct weh_diag *diag, const char *activity_id)
{
    struct weh_sink *sink = writer->sink;

    if (is_ipc(writer)) {
        weh_ipc_error_write(writer, id, diag, activity_id);
        return;
    }
    if (writer->codec == WEH_CODEC_MSGPACK) {
        weh_sink_array_begin(sink, 4);
        weh_sink_int(sink, 1);
        write_id(sink, id);
        write_error(sink, diag, activity_id);
        weh_sink_null(sink);
        weh_sink_array_end(sink);
        return;
    }
    begin_json(sink);
    weh_sink_key(sink, "id");
    write_id(sink, id);
    weh_sink_key(sink, "error");
    write_error(sink, diag, activity_id);
    weh_sink_map_end(sink);
}

void weh_call_begin(struct weh_writer *writer, const struct weh_value *id, struct weh_str method)
{
    struct weh_sink *sink = writer->sink;

    if (writer->codec == WEH_CODEC_MSGPACK) {
        weh_sink_array_begin(sink, id != NULL ? 4 : 3);
        weh_sink_int(sink, id != NULL ? 0 : 2);
        if (id != NULL) {
            weh_sink_value(sink, id);
        }
        weh_sink_str(sink, method);
        return;
    }
    begin_json(sink);
    if (id != NULL) {
        weh_sink_key(sink, "id");
        weh_sink_value(sink, id);
    }
    weh_sink_key(sink, "method");
    weh_sink_str(sink, method);
    weh_sink_key(sink, "params");
}

void weh_call_end(struct weh_writer *writer)
{
    end_message(writer);
}
