/* src/session/method.c - the method table: find a row, check arguments by it. */
#include "weh/method.h"

#include <stdio.h>
#include <string.h>

static int compare_name(struct weh_str name, const char *text)
{
    size_t len = strlen(text);
    int order = memcmp(name.ptr, text, name.len < len ? name.len : len);

    if (order != 0 || name.len == len) {
        return order;
    }
    return name.len < len ? -1 : 1;
}

/* Does @text begin with @scope and a dot? 0, or how @scope with its dot is to it. */
static int compare_scope(struct weh_str scope, const char *text)
{
    size_t len = strnlen(text, scope.len + 1);
    int order = memcmp(scope.ptr, text, len < scope.len ? len : scope.len);

    if (order != 0) {
        return order;
    }
    return len > scope.len ? (int)'.' - (int)(unsigned char)text[scope.len] : 1;
}

const struct weh_method *weh_method_find(const struct weh_method *methods, size_t n,
                                         struct weh_str scope, struct weh_str name)
{
    size_t low = 0;
    size_t high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = scope.len == 0 ? 0 : compare_scope(scope, methods[middle].name);

        if (order == 0) {
            order = compare_name(name, methods[middle].name + (scope.len == 0 ? 0 : scope.len + 1));
        }

        if (order == 0) {
            return &methods[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const char *weh_arg_type_name(enum weh_arg_type type)
{
    static const char *const names[] = {
        [WEH_ARG_ANY] = "any",
        [WEH_ARG_BOOL] = "boolean",
        [WEH_ARG_INT] = "integer",
        [WEH_ARG_STRING] = "string",
        [WEH_ARG_CHOICE] = "choice",
        [WEH_ARG_ID] = "id",
        [WEH_ARG_IDS] = "ids",
        [WEH_ARG_GUID] = "guid",
        [WEH_ARG_OBJECT] = "object",
        [WEH_ARG_ARRAY] = "array",
        [WEH_ARG_REQUEST_ID] = "request id",
        [WEH_ARG_KEY] = "string",
    };

    return names[type];
}

static weh_err wrong_type(const struct weh_arg_spec *spec, const struct weh_value *value,
                          const char *wanted, struct weh_diag *diag)
{
    weh_err err = weh_fail_where(diag, WEH_E_BAD_ARGS, spec->name, "%s must be %s, not %s",
                                 spec->name, wanted, weh_value_type_name(value));

    if (diag != NULL) {
        diag->itwin_error = WEH_ITWIN_TYPE_ERROR;
    }
    return err;
}

static weh_err decode_int(const struct weh_arg_spec *spec, const struct weh_value *value,
                          struct weh_arg *out, struct weh_diag *diag)
{
    if (!weh_value_to_int64(value, &out->as.integer)) {
        return value->type == WEH_VALUE_REAL || value->type == WEH_VALUE_UINT
                   ? weh_fail_where(diag, WEH_E_BAD_ARGS, spec->name,
                                    "%s must be a whole number of 64 bits", spec->name)
                   : wrong_type(spec, value, "a whole number", diag);
    }
    if (out->as.integer < spec->min || out->as.integer > spec->max) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, spec->name, "%s must be from %lld to %lld",
                              spec->name, (long long)spec->min, (long long)spec->max);
    }
    return WEH_OK;
}

static weh_err decode_string(const struct weh_arg_spec *spec, const struct weh_value *value,
                             struct weh_arg *out, struct weh_diag *diag)
{
    if (value->type != WEH_VALUE_STRING) {
        return wrong_type(spec, value, "a string", diag);
    }
    if (value->n < spec->min || value->n > spec->max) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, spec->name,
                              "%s must be %lld to %lld bytes long, not %u", spec->name,
                              (long long)spec->min, (long long)spec->max, value->n);
    }
    out->as.string = weh_value_str(value);
    return WEH_OK;
}

static weh_err decode_choice(const struct weh_arg_spec *spec, const struct weh_value *value,
                             struct weh_arg *out, struct weh_diag *diag)
{
    struct weh_str rest = weh_str_from(spec->choices);

    if (value->type != WEH_VALUE_STRING) {
        return wrong_type(spec, value, "a string", diag);
    }
    while (rest.len > 0) {
        struct weh_str word;

        rest = weh_str_split(rest, '|', &word);
        if (weh_str_eq(word, weh_value_str(value))) {
            out->as.string = word;
            return WEH_OK;
        }
    }
    return weh_fail_where(diag, WEH_E_BAD_ARGS, spec->name, "%s must be one of %s", spec->name,
                          spec->choices);
}

static weh_err decode_id(const struct weh_arg_spec *spec, const struct weh_value *value,
                         weh_id *out, struct weh_diag *diag)
{
    if (value->type != WEH_VALUE_STRING || !weh_id_parse(weh_value_str(value), out)) {
        return wrong_type(spec, value, "an id such as \"0x1f\"", diag);
    }
    return WEH_OK;
}

static weh_err decode_ids(const struct weh_arg_spec *spec, const struct weh_value *value,
                          struct weh_arena *arena, struct weh_arg *out, struct weh_diag *diag)
{
    weh_id *ids;

    if (value->type != WEH_VALUE_ARRAY) {
        return wrong_type(spec, value, "an array of ids", diag);
    }
    if (value->n < spec->min || value->n > spec->max) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, spec->name, "%s must have %lld to %lld ids",
                              spec->name, (long long)spec->min, (long long)spec->max);
    }
    ids = weh_arena_array(arena, value->n, sizeof(*ids));
    if (ids == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < value->n; i++) {
        weh_err err = decode_id(spec, &value->as.items[i], &ids[i], diag);

        if (err != WEH_OK) {
            return err;
        }
    }
    out->as.list.ids = ids;
    out->as.list.n = value->n;
    return WEH_OK;
}

static weh_err decode_array(const struct weh_arg_spec *spec, const struct weh_value *value,
                            struct weh_arg *out, struct weh_diag *diag)
{
    if (value->type != WEH_VALUE_ARRAY) {
        return wrong_type(spec, value, "an array", diag);
    }
    if (value->n < spec->min || value->n > spec->max) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, spec->name, "%s must have %lld to %lld items",
                              spec->name, (long long)spec->min, (long long)spec->max);
    }
    out->as.value = value;
    return WEH_OK;
}

static weh_err decode_one(const struct weh_arg_spec *spec, const struct weh_value *value,
                          struct weh_arena *arena, struct weh_arg *out, struct weh_diag *diag)
{
    switch (spec->type) {
    case WEH_ARG_BOOL:
        return weh_value_to_bool(value, &out->as.boolean)
                   ? WEH_OK
                   : wrong_type(spec, value, "true or false", diag);
    case WEH_ARG_INT:
        return decode_int(spec, value, out, diag);
    case WEH_ARG_STRING:
        return decode_string(spec, value, out, diag);
    case WEH_ARG_CHOICE:
        return decode_choice(spec, value, out, diag);
    case WEH_ARG_ID:
        return decode_id(spec, value, &out->as.id, diag);
    case WEH_ARG_IDS:
        return decode_ids(spec, value, arena, out, diag);
    case WEH_ARG_GUID:
        if (value->type != WEH_VALUE_STRING ||
            !weh_guid_parse(weh_value_str(value), &out->as.guid)) {
            return wrong_type(spec, value, "a GUID", diag);
        }
        return WEH_OK;
    case WEH_ARG_OBJECT:
        out->as.value = value;
        return value->type == WEH_VALUE_MAP ? WEH_OK : wrong_type(spec, value, "an object", diag);
    case WEH_ARG_ARRAY:
        return decode_array(spec, value, out, diag);
    case WEH_ARG_REQUEST_ID:
        out->as.value = value;
        return value->type == WEH_VALUE_INT || value->type == WEH_VALUE_UINT ||
                       value->type == WEH_VALUE_STRING
                   ? WEH_OK
                   : wrong_type(spec, value, "a number or a string", diag);
    case WEH_ARG_KEY:
        out->as.string = value->type == WEH_VALUE_STRING ? weh_value_str(value) : WEH_STR("");
        return WEH_OK;
    case WEH_ARG_ANY:
        out->as.value = value;
        return WEH_OK;
    }
    return WEH_OK;
}

static weh_err check_meta(const struct weh_value *meta, struct weh_diag *diag)
{
    return weh_value_is_null(meta) || meta->type == WEH_VALUE_MAP
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "_meta", "_meta must be an object, not %s",
                                weh_value_type_name(meta));
}

static weh_err decode_items(const struct weh_arg_spec *specs, const struct weh_value *params,
                            struct weh_arena *arena, struct weh_arg *out, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (size_t k = 0; k < params->n && specs[k].name != NULL && err == WEH_OK; k++) {
        if (weh_value_is_null(&params->as.items[k])) {
            out[k].as.value = &params->as.items[k];
        } else {
            err = decode_one(&specs[k], &params->as.items[k], arena, &out[k], diag);
            out[k].given = true;
        }
    }
    return err;
}

static weh_err decode_members(const struct weh_arg_spec *specs, const struct weh_value *params,
                              struct weh_arena *arena, struct weh_arg *out, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < params->n && err == WEH_OK; i++) {
        const struct weh_member *member = &params->as.members[i];
        size_t k = 0;

        if (weh_str_eq_text(member->key, "_meta")) {
            err = check_meta(&member->value, diag);
            continue;
        }
        while (specs[k].name != NULL && !weh_str_eq_text(member->key, specs[k].name)) {
            k++;
        }
        if (specs[k].name == NULL) {
            char name[64];

            (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(member->key));
            return weh_fail_where(diag, WEH_E_BAD_ARGS, name, "there is no argument %s", name);
        }
        if (!weh_value_is_null(&member->value)) {
            err = decode_one(&specs[k], &member->value, arena, &out[k], diag);
            out[k].given = true;
        }
    }
    return err;
}

weh_err weh_args_decode(const struct weh_arg_spec *specs, const struct weh_value *params,
                        struct weh_arena *arena, struct weh_arg *out, struct weh_diag *diag)
{
    weh_err err;

    memset(out, 0, WEH_MAX_ARGS * sizeof(*out));
    err = params->type == WEH_VALUE_ARRAY ? decode_items(specs, params, arena, out, diag)
                                          : decode_members(specs, params, arena, out, diag);
    for (size_t k = 0; specs[k].name != NULL && err == WEH_OK; k++) {
        if (specs[k].required && !out[k].given && specs[k].type != WEH_ARG_KEY) {
            err =
                weh_fail_where(diag, WEH_E_BAD_ARGS, specs[k].name, "%s is missing", specs[k].name);
        }
    }
    return err;
}
