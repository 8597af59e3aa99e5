/* tests/oracle/oracle_kinds.c - see oracle_kinds.h. */
#include "oracle_kinds.h"

#include "weh/aspect.h"
#include "weh/code_spec.h"
#include "weh/ec_describe.h"
#include "weh/file_prop.h"
#include "weh/model.h"
#include "weh/relationship.h"

/* The member @key of @line, an id. */
static weh_err read_id(const struct weh_value *line, const char *key, weh_id *out,
                       struct weh_diag *diag)
{
    const struct weh_value *id = weh_value_get(line, key);

    if (id == NULL || id->type != WEH_VALUE_STRING || !weh_id_parse(weh_value_str(id), out)) {
        return weh_fail_where(diag, WEH_E_PARSE, key, "a line of the dump has no id");
    }
    return WEH_OK;
}

static weh_err tell_element(struct oracle_file *file, const struct weh_value *line,
                            struct weh_sink *sink, struct weh_diag *diag)
{
    struct weh_element_key key = { .want_geometry = true };
    weh_err err = read_id(line, "id", &key.id, diag);

    return err == WEH_OK ? weh_element_get_props(file->bis, &key, sink, diag) : err;
}

static weh_err tell_model(struct oracle_file *file, const struct weh_value *line,
                          struct weh_sink *sink, struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err = read_id(line, "id", &id, diag);

    return err == WEH_OK ? weh_model_get_props(file->bis, id, sink, diag) : err;
}

/* Dumps tell the aspects by owner, in the order of getAspects: the next one of the owner's list. */
static weh_err tell_aspect(struct oracle_file *file, const struct weh_value *line,
                           struct weh_sink *sink, struct weh_diag *diag)
{
    const struct weh_str all = { NULL, 0 };
    struct oracle_list *list = &file->aspects;
    weh_id owner = 0;
    weh_err err = read_id(weh_value_get(line, "element"), "id", &owner, diag);

    if (err == WEH_OK && owner != list->owner) {
        weh_arena_reset(&list->arena);
        weh_value_sink_init(&list->sink, &list->arena);
        list->n_told = 0;
        err = weh_aspects_get_props(file->bis, owner, all, &list->sink.sink, diag);
        if (err == WEH_OK) {
            err = weh_value_sink_take(&list->sink, &list->value, diag);
        }
        list->owner = err == WEH_OK ? owner : 0;
    }
    if (err == WEH_OK && list->n_told >= list->value.n) {
        err = weh_fail(diag, WEH_E_NOT_FOUND, "the element has no further aspect");
    }
    if (err == WEH_OK) {
        weh_sink_value(sink, &list->value.as.items[list->n_told++]);
    }
    return err;
}

static weh_err tell_code_spec(struct oracle_file *file, const struct weh_value *line,
                              struct weh_sink *sink, struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err = read_id(line, "id", &id, diag);

    return err == WEH_OK ? weh_code_spec_get_by_id(file->bis, id, sink, diag) : err;
}

static weh_err tell_relationship(struct oracle_file *file, const struct weh_value *line,
                                 struct weh_sink *sink, struct weh_diag *diag)
{
    const struct weh_value *name = weh_value_get(line, "classFullName");
    struct weh_relationship_key key = { .id = 0 };
    weh_err err = read_id(line, "id", &key.id, diag);

    if (err == WEH_OK && (name == NULL || name->type != WEH_VALUE_STRING)) {
        err = weh_fail(diag, WEH_E_PARSE, "a line of the dump has no class");
    }
    if (err == WEH_OK) {
        key.class_name = weh_value_str(name);
        err = weh_relationship_get_props(file->bis, &key, sink, diag);
    }
    return err;
}

/* The keys in the order of our list, so that a dump without one of them differs. */
static weh_err next_file_prop(struct oracle_file *file, const struct weh_value **out,
                              struct weh_diag *diag)
{
    struct oracle_list *list = &file->file_props;
    weh_err err = WEH_OK;

    if (list->owner == 0) {
        weh_value_sink_init(&list->sink, &list->arena);
        err = weh_file_prop_list(file->briefcase, NULL, &list->sink.sink, diag);
        if (err == WEH_OK) {
            err = weh_value_sink_take(&list->sink, &list->value, diag);
        }
        list->owner = 1;
    }
    if (err == WEH_OK && list->n_told >= list->value.n) {
        err = weh_fail(diag, WEH_E_NOT_FOUND, "there is no further file property");
    }
    if (err == WEH_OK) {
        *out = &list->value.as.items[list->n_told++];
    }
    return err;
}

static void tell_members(struct weh_sink *sink, const struct weh_value *map)
{
    for (uint32_t i = 0; i < map->n; i++) {
        sink->ops->key(sink, map->as.members[i].key);
        weh_sink_value(sink, &map->as.members[i].value);
    }
}

static weh_err tell_file_prop(struct oracle_file *file, const struct weh_value *line,
                              struct weh_sink *sink, struct weh_diag *diag)
{
    struct weh_value_sink *values = &file->file_props.sink;
    struct weh_file_prop_key key = { .id = 0 };
    const struct weh_value *named = NULL;
    struct weh_value value;
    weh_err err = next_file_prop(file, &named, diag);

    (void)line;
    if (err != WEH_OK) {
        return err;
    }
    key.space = weh_value_str(weh_value_get(named, "namespace"));
    key.name = weh_value_str(weh_value_get(named, "name"));
    if (!weh_value_to_int64(weh_value_get(named, "id"), &key.id) ||
        !weh_value_to_int64(weh_value_get(named, "subId"), &key.sub_id)) {
        return weh_fail(diag, WEH_E_PARSE, "our list of file properties has no ids");
    }
    weh_value_sink_init(values, &file->file_props.arena);
    err = weh_file_prop_query(file->briefcase, &key, &values->sink, diag);
    if (err == WEH_OK) {
        err = weh_value_sink_take(values, &value, diag);
    }
    if (err == WEH_OK) {
        weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
        tell_members(sink, named);
        tell_members(sink, &value);
        weh_sink_map_end(sink);
    }
    return err;
}

static weh_err tell_class(struct oracle_file *file, const struct weh_value *line,
                          struct weh_sink *sink, struct weh_diag *diag)
{
    const struct weh_value *name = weh_value_get(line, "ecclass");
    struct weh_arena arena;
    struct weh_ec_describer describer = { file->briefcase, file->catalog, &arena, sink };
    weh_err err;

    if (name == NULL || name->type != WEH_VALUE_STRING) {
        return weh_fail(diag, WEH_E_PARSE, "a line of the dump has no class");
    }
    weh_arena_init(&arena, 0);
    err = weh_ec_describe_class(&describer, weh_value_str(name), false, diag);
    weh_arena_fini(&arena);
    return err;
}

/* clang-format off */
static const struct oracle_kind kinds[] = {
    { "elements", "SELECT count(*) FROM bis_Element", tell_element, false },
    { "models",   "SELECT count(*) FROM bis_Model",   tell_model, false },
    { "aspects",  "SELECT (SELECT count(*) FROM bis_ElementMultiAspect) + (SELECT count(*) FROM bis_ElementUniqueAspect)", tell_aspect, false },
    { "relationships", "SELECT (SELECT count(*) FROM bis_ElementRefersToElements) + (SELECT count(*) FROM bis_ElementDrivesElement)", tell_relationship, false },
    { "codespecs", "SELECT count(*) FROM bis_CodeSpec", tell_code_spec, false },
    { "fileprops", "SELECT count(*) FROM be_Prop", tell_file_prop, false },
    { "classes", NULL, tell_class, true },
};
/* clang-format on */

const struct oracle_kind *oracle_kinds(size_t *n)
{
    *n = WEH_ARRAY_LEN(kinds);
    return kinds;
}
