/* src/ecsql/columns.c - the metadata of a query's columns, as the native library 5.1.72 tells it. */
#include <stdio.h>
#include <string.h>

#include "parse.h"
#include "statement.h"

static weh_err copy(struct ecsql_context *context, const char *text, size_t len,
                    struct weh_str *out)
{
    out->ptr = weh_arena_strdup(context->arena, (struct weh_str){ text, len });
    out->len = len;
    return out->ptr == NULL ? weh_fail_nomem(context->diag) : WEH_OK;
}

/* @text with its first letter in lower case. */
static weh_err lower_first(struct ecsql_context *context, struct weh_str text, struct weh_str *out)
{
    char *letters = weh_arena_strdup(context->arena, text);

    if (letters == NULL) {
        return weh_fail_nomem(context->diag);
    }
    if (text.len > 0 && letters[0] >= 'A' && letters[0] <= 'Z') {
        letters[0] = (char)(letters[0] + ('a' - 'A'));
    }
    *out = (struct weh_str){ letters, text.len };
    return WEH_OK;
}

/* Ids have names of their own in JavaScript. */
static const char *js_id_name(struct weh_str name)
{
    static const char *const names[][2] = {
        { "ECInstanceId", "id" },
        { "ECClassId", "className" },
        { "SourceECInstanceId", "sourceId" },
        { "SourceECClassId", "sourceClassName" },
        { "TargetECInstanceId", "targetId" },
        { "TargetECClassId", "targetClassName" },
        { "Id", "id" },
        { "RelECClassId", "relClassName" },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        if (weh_str_eq_text(name, names[i][0])) {
            return names[i][1];
        }
    }
    return NULL;
}

static weh_err json_name(struct ecsql_context *context, const struct ecsql_ref *ref,
                         struct weh_str *out)
{
    const char *id_name = ref->is_system ? js_id_name(ref->name) : NULL;
    struct weh_str path = ref->path;
    struct weh_buf buf;
    weh_err err;

    if (id_name == NULL) {
        return lower_first(context, path, out);
    }
    weh_buf_init(&buf, 0);
    weh_buf_append(&buf, path.ptr, path.len - ref->name.len);
    weh_buf_append(&buf, id_name, strlen(id_name));
    err = buf.err == WEH_OK
              ? lower_first(context, (struct weh_str){ (char *)buf.data, buf.len }, out)
              : weh_fail_nomem(context->diag);
    weh_buf_fini(&buf);
    return err;
}

static weh_err type_name(struct ecsql_context *context, const struct ecsql_type *type,
                         struct weh_str *out)
{
    switch (type->kind) {
    case ECSQL_TYPE_NULL:
        *out = WEH_STR("int");
        return WEH_OK;
    case ECSQL_TYPE_NAVIGATION:
        *out = WEH_STR("navigation");
        return WEH_OK;
    case ECSQL_TYPE_STRUCT:
    case ECSQL_TYPE_STRUCT_ARRAY:
        *out = type->struct_class == NULL ? WEH_STR("") : type->struct_class->full_name_dot;
        return WEH_OK;
    case ECSQL_TYPE_PRIMITIVE:
    case ECSQL_TYPE_ARRAY:
    case ECSQL_TYPE_UNSET:
    default:
        break;
    }
    if (type->enumeration_id != 0) {
        return ecsql_enumeration_name(context, type->enumeration_id, out);
    }
    *out = weh_str_from(weh_ec_primitive_name(type->primitive));
    return WEH_OK;
}

/* @name with "_1", "_2" ... until no column before number @at has it in its member at @offset. */
static weh_err make_unique(struct ecsql_context *context, const struct ecsql_result_column *columns,
                           uint16_t at, size_t offset, struct weh_str *name)
{
    /* Generated names differ by more than case. */
    bool nocase = columns[at].generated && offset == offsetof(struct ecsql_result_column, name);
    struct weh_str base = *name;
    char *text;

    for (unsigned suffix = 1;; suffix++) {
        bool taken = false;

        for (uint16_t i = 0; i < at && !taken; i++) {
            const void *member = (const char *)&columns[i] + offset;

            taken = nocase ? weh_str_eq_nocase(*(const struct weh_str *)member, *name)
                           : weh_str_eq(*(const struct weh_str *)member, *name);
        }
        if (!taken) {
            return WEH_OK;
        }
        text = weh_arena_alloc(context->arena, base.len + 16);
        if (text == NULL) {
            return weh_fail_nomem(context->diag);
        }
        name->len = (size_t)snprintf(text, base.len + 16, "%.*s_%u", WEH_STR_ARGS(base), suffix);
        name->ptr = text;
    }
}

static weh_err make_column(struct ecsql_context *context, const struct ecsql_column *column,
                           struct ecsql_result_column *columns, uint16_t at)
{
    struct ecsql_result_column *out = &columns[at];
    const struct ecsql_ref *ref = column->ref;
    weh_err err;

    if (column->type.kind == ECSQL_TYPE_UNSET) {
        return ecsql_fail(context->text, column->node->at, context->diag,
                          "a parameter cannot be a column of its own");
    }
    out->type = column->type;
    out->first_cell = column->first_cell;
    out->generated = column->generated;
    out->is_stored = !column->generated && ref->source->kind == ECSQL_SOURCE_CLASS &&
                     context->tree->query->selects->next == NULL;
    out->extended = column->type.kind == ECSQL_TYPE_NULL ? WEH_STR("NULL") : column->type.extended;
    err = type_name(context, &column->type, &out->type_name);
    if (err == WEH_OK && column->generated) {
        out->class_name = WEH_STR("");
        out->extended = column->is_part ? WEH_STR("Id") : out->extended;
        out->name =
            column->node != NULL && column->node->text.len == 0 && ref != NULL && ref->shown.len > 0
                ? ref->shown
                : column->name;
        err = make_unique(context, columns, at, offsetof(struct ecsql_result_column, name),
                          &out->name);
        out->access = out->name;
        if (err == WEH_OK) {
            err = lower_first(context, out->name, &out->json_name);
        }
    } else if (err == WEH_OK) {
        out->class_name = ref->is_system ? WEH_STR("") : ref->declared_in;
        out->access = ref->path;
        out->name = ref->name;
        err = json_name(context, ref, &out->json_name);
        if (err == WEH_OK) {
            err = make_unique(context, columns, at, offsetof(struct ecsql_result_column, name),
                              &out->name);
        }
    }
    return err == WEH_OK
               ? make_unique(context, columns, at, offsetof(struct ecsql_result_column, json_name),
                             &out->json_name)
               : err;
}

weh_err ecsql_columns_make(struct ecsql_context *context, struct ecsql_statement *out)
{
    const struct ecsql_query *query = context->tree->query;
    weh_err err = WEH_OK;

    out->columns =
        weh_arena_array(context->arena, (size_t)query->n_columns + 1, sizeof(*out->columns));
    if (out->columns == NULL) {
        return weh_fail_nomem(context->diag);
    }
    out->n_columns = query->n_columns;
    for (uint16_t i = 0; i < query->n_columns && err == WEH_OK; i++) {
        err = make_column(context, &query->columns[i], out->columns, i);
        if (err == WEH_OK) {
            err = copy(context, out->columns[i].name.ptr, out->columns[i].name.len,
                       &out->columns[i].name);
        }
    }
    return err;
}

static void put(struct weh_sink *sink, const char *key, struct weh_str text)
{
    weh_sink_key(sink, key);
    weh_sink_str(sink, text);
}

void ecsql_columns_write(const struct ecsql_statement *statement, bool abbreviate_blobs,
                         struct weh_sink *sink)
{
    weh_sink_array_begin(sink, statement->n_columns);
    for (uint16_t i = 0; i < statement->n_columns; i++) {
        const struct ecsql_result_column *column = &statement->columns[i];
        bool shown_as_text = abbreviate_blobs && weh_str_eq_text(column->type_name, "binary");

        weh_sink_map_begin(sink, 8);
        put(sink, "className", column->class_name);
        put(sink, "accessString", column->access);
        weh_sink_key(sink, "generated");
        weh_sink_bool(sink, column->generated);
        weh_sink_key(sink, "index");
        weh_sink_int(sink, i);
        put(sink, "jsonName", column->json_name);
        put(sink, "name", column->name);
        put(sink, "extendedType", shown_as_text ? WEH_STR("Json") : column->extended);
        put(sink, "typeName", shown_as_text ? WEH_STR("string") : column->type_name);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
}
