/* src/rpc/ipc_read_query.c - IModelReadRpcInterface: entities by a query.
 *
 * EntityQueryParams are put together as the stock backend does; what they are made of is text of a client,
 * which the query engine reads as it reads any query: nothing but ECSQL that reads is understood.
 */
#include "ipc_read.h"

/* As IModelDb.maxLimit of the stock backend. */
#define MAX_ENTITIES 10000

/* IModelStatus.BadRequest; DbResult.BE_SQLITE_ERROR */
#define ITWIN_BAD_REQUEST  65542
#define ITWIN_SQLITE_ERROR 1

/* What we ask ourselves may have more: categories, models of a whole iModel. */
#define MAX_OWN_ROWS 1000000

static weh_err ask_ids(struct weh_call *call, const struct weh_ecsql_ask *ask,
                       struct weh_id_list *out, struct weh_diag *diag)
{
    struct weh_ecsql *engine = NULL;
    weh_err err = workspace_queries(call_workspace(call), &engine, diag);

    return err == WEH_OK ? weh_ecsql_ask_ids(engine, ask, call->arena, out, diag) : err;
}

weh_err read_query_ids(struct weh_call *call, const char *ecsql, const struct weh_value *args,
                       struct weh_id_list *out, struct weh_diag *diag)
{
    const struct weh_ecsql_ask ask = { weh_str_from(ecsql), args, MAX_OWN_ROWS };

    return ask_ids(call, &ask, out, diag);
}

/* ---- EntityQueryParams ---- */

/* A text of @params behind @before; nothing when it is absent or empty. */
static weh_err add_text(struct weh_buf *buf, const struct weh_value *params, const char *name,
                        const char *before, struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(params, name);
    struct weh_str text;

    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, name, "%s must be a string", name);
    }
    text = weh_value_str(value);
    if (text.len > 0) {
        weh_buf_printf(buf, "%s", before);
        weh_buf_append(buf, text.ptr, text.len);
    }
    return WEH_OK;
}

/* A number of @params behind @before; nothing when it is none above 0. */
static void add_number(struct weh_buf *buf, const struct weh_value *params, const char *name,
                       const char *before)
{
    const struct weh_value *value = weh_value_get(params, name);
    int64_t number = 0;

    if (value != NULL && weh_value_to_int64(value, &number) && number > 0) {
        weh_buf_printf(buf, "%s%lld", before, (long long)number);
    }
}

static weh_err build(struct weh_buf *buf, const struct weh_value *params, struct weh_diag *diag)
{
    const struct weh_value *from = weh_value_get(params, "from");
    bool only = false;
    weh_err err;

    if (from == NULL || from->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "from", "from must be the name of a class");
    }
    (void)(weh_value_get(params, "only") != NULL &&
           weh_value_to_bool(weh_value_get(params, "only"), &only));
    err = add_text(buf, params, "from",
                   only ? "SELECT ECInstanceId FROM ONLY " : "SELECT ECInstanceId FROM ", diag);
    if (err == WEH_OK) {
        err = add_text(buf, params, "where", " WHERE ", diag);
    }
    if (err == WEH_OK) {
        err = add_text(buf, params, "orderBy", " ORDER BY ", diag);
    }
    add_number(buf, params, "limit", " LIMIT ");
    add_number(buf, params, "offset", " OFFSET ");
    if (err == WEH_OK && buf->err != WEH_OK) {
        err = weh_fail_nomem(diag);
    }
    return err;
}

static weh_err bindings_of(const struct weh_value *params, const struct weh_value **out,
                           struct weh_diag *diag)
{
    const struct weh_value *bindings = weh_value_get(params, "bindings");

    *out = weh_value_is_null(bindings) ? NULL : bindings;
    return *out == NULL || bindings->type == WEH_VALUE_ARRAY || bindings->type == WEH_VALUE_MAP
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "bindings",
                                "bindings must be an array or an object");
}

/* The numbers that the stock backend tells. */
static weh_err as_itwin(weh_err err, struct weh_diag *diag)
{
    if (diag != NULL && err == WEH_E_LIMIT) {
        diag->itwin = ITWIN_BAD_REQUEST;
    } else if (diag != NULL && err == WEH_E_QUERY) {
        diag->itwin = ITWIN_SQLITE_ERROR;
    }
    return err;
}

static weh_err query_ids(struct weh_call *call, struct weh_id_list *out, struct weh_diag *diag)
{
    const struct weh_value *params = call->args[1].as.value;
    struct weh_ecsql_ask ask = { .max_rows = MAX_ENTITIES };
    struct weh_buf buf;
    weh_err err;

    weh_buf_init(&buf, 0);
    err = build(&buf, params, diag);
    if (err == WEH_OK) {
        err = bindings_of(params, &ask.args, diag);
    }
    if (err == WEH_OK) {
        ask.text = (struct weh_str){ (const char *)buf.data, buf.len };
        err = as_itwin(ask_ids(call, &ask, out, diag), diag);
    }
    weh_buf_fini(&buf);
    return err;
}

weh_err ipc_read_query_entity_ids(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list ids = { NULL, 0 };
    weh_err err = query_ids(call, &ids, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_begin(call->result, (uint32_t)ids.n);
    for (size_t i = 0; i < ids.n; i++) {
        weh_sink_id(call->result, ids.ids[i]);
    }
    weh_sink_array_end(call->result);
    return WEH_OK;
}

weh_err ipc_read_query_element_props(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list ids = { NULL, 0 };
    weh_err err = query_ids(call, &ids, diag);

    return err == WEH_OK ? read_elements(call, ids, call->result, diag) : err;
}

weh_err ipc_read_query_model_props(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list ids = { NULL, 0 };
    weh_err err = query_ids(call, &ids, diag);

    return err == WEH_OK ? read_models(call, ids, true, call->result, diag) : err;
}

/* ---- sub-categories ---- */

/* Properties is text, as the stock backend sends it. */
static void put_sub_category(struct weh_sink *sink, const struct weh_value *row)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "id");
    weh_sink_value(sink, &row->as.items[0]);
    if (row->n > 1) {
        weh_sink_key(sink, "parentId");
        weh_sink_value(sink, &row->as.items[1]);
    }
    if (row->n > 2) {
        weh_sink_key(sink, "appearance");
        weh_sink_value(sink, &row->as.items[2]);
    }
    weh_sink_map_end(sink);
}

static weh_err put_sub_categories(struct weh_call *call, struct weh_id_list categories,
                                  struct weh_diag *diag)
{
    struct weh_value *items = weh_arena_array(call->arena, categories.n + 1, sizeof(*items));
    const struct weh_value set = { .type = WEH_VALUE_ARRAY, .n = 1, .as.items = items };
    const struct weh_ecsql_ask ask = {
        WEH_STR("SELECT ECInstanceId,Parent.Id,Properties FROM BisCore.SubCategory "
                "WHERE InVirtualSet(?,Parent.Id)"),
        &set, MAX_OWN_ROWS
    };
    struct weh_value rows = { .type = WEH_VALUE_NULL };
    struct weh_ecsql *engine = NULL;
    weh_err err = workspace_queries(call_workspace(call), &engine, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (items == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < categories.n; i++) {
        char *text = weh_arena_alloc(call->arena, WEH_ID_TEXT_SIZE);

        if (text == NULL) {
            return weh_fail_nomem(diag);
        }
        items[i + 1] = (struct weh_value){ .type = WEH_VALUE_STRING,
                                           .n = (uint32_t)weh_id_print(categories.ids[i], text),
                                           .as.string = text };
    }
    items[0] = (struct weh_value){ .type = WEH_VALUE_ARRAY,
                                   .n = (uint32_t)categories.n,
                                   .as.items = items + 1 };
    err = weh_ecsql_ask_rows(engine, &ask, call->arena, &rows, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_begin(call->result, rows.n);
    for (uint32_t i = 0; i < rows.n; i++) {
        put_sub_category(call->result, &rows.as.items[i]);
    }
    weh_sink_array_end(call->result);
    return WEH_OK;
}

weh_err ipc_read_query_sub_categories(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list ids = { NULL, 0 };
    weh_err err = weh_id_set_read(call->args[1].as.string, "categoryIds", READ_MAX_IDS, call->arena,
                                  &ids, diag);

    return err == WEH_OK ? put_sub_categories(call, ids, diag) : err;
}

weh_err ipc_read_query_all_sub_categories(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list ids = { NULL, 0 };
    weh_err err = read_query_ids(call, USED_CATEGORIES, NULL, &ids, diag);

    return err == WEH_OK ? put_sub_categories(call, ids, diag) : err;
}
