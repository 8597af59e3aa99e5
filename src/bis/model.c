/* src/bis/model.c - models: insert and read.
 *
 * A model has the id of the element that it models and stands in that element's model. What is
 * written was measured with the native library 5.1.72. Updating and deleting are not here yet.
 */
#include <string.h>

#include "bis_edit.h"

/* Display format that the native library gives every geometric model. */
#define FORMATTER                                                                              \
    "{\"fmtFlags\":{\"linMode\":1,\"linPrec\":108,\"angMode\":1,\"angPrec\":8,\"dirMode\":1}," \
    "\"mastUnit\":{\"label\":\"m\"},\"subUnit\":{\"label\":\"mm\",\"num\":1000.0}}"

#define MODELED_BY "BisCore:ModelModelsElement"

/* Which model class an element class can have; by name, since a file may lack some. An element that
 * is none of these may have any model when it is an ISubModeledElement. */
static const struct {
    const char *element;
    const char *model;
} pairs[] = {
    { "BisCore:DefinitionPartition", "BisCore:DefinitionModel" },
    { "BisCore:DefinitionContainer", "BisCore:DefinitionModel" },
    { "BisCore:DocumentPartition", "BisCore:DocumentListModel" },
    { "BisCore:GraphicalPartition3d", "BisCore:GraphicalModel3d" },
    { "BisCore:GroupInformationPartition", "BisCore:GroupInformationModel" },
    { "BisCore:InformationRecordPartition", "BisCore:InformationRecordModel" },
    { "BisCore:LinkPartition", "BisCore:LinkModel" },
    { "BisCore:PhysicalPartition", "BisCore:PhysicalModel" },
    { "BisCore:PhysicalSystemPartition", "BisCore:PhysicalSystemModel" },
    { "BisCore:SheetIndexPartition", "BisCore:SheetIndexModel" },
    { "BisCore:SpatialLocationPartition", "BisCore:SpatialLocationModel" },
    { "BisCore:Drawing", "BisCore:DrawingModel" },
    { "BisCore:Sheet", "BisCore:SheetModel" },
    { "BisCore:TemplateRecipe2d", "BisCore:DrawingModel" },
    { "BisCore:TemplateRecipe3d", "BisCore:PhysicalModel" },
};

struct model_edit {
    struct bis_edit base;
    weh_id rel;
    bool is_private;
    bool is_template;
    bool unlocated;
    bool plan_projection;
};

static bool class_is_named(const struct weh_bis *bis, const struct weh_ec_class *ec_class,
                           const char *name)
{
    const struct weh_ec_class *base = weh_ec_class_by_name(bis->catalog, weh_str_from(name));

    return base != NULL && weh_ec_class_is(ec_class, base->id);
}

static weh_err check_pair(const struct weh_bis *bis, const struct weh_ec_class *element,
                          const struct weh_ec_class *model, struct weh_diag *diag)
{
    if ((bis_traits(bis, element) & TRAIT(SUB_MODELED)) == 0) {
        return weh_fail_where(diag, WEH_E_BLOCKED, "modeledElement",
                              "an element of class %.*s cannot have a model",
                              WEH_STR_ARGS(element->full_name));
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(pairs); i++) {
        if (class_is_named(bis, element, pairs[i].element) &&
            !class_is_named(bis, model, pairs[i].model)) {
            return weh_fail_where(diag, WEH_E_BLOCKED, "modeledElement",
                                  "an element of class %.*s cannot have a model of that class",
                                  WEH_STR_ARGS(element->full_name));
        }
    }
    return WEH_OK;
}

static weh_err check_modeled(struct model_edit *edit, struct weh_diag *diag)
{
    struct bis_edit *base = &edit->base;
    const struct weh_value *value = weh_value_get(base->props, "modeledElement");
    struct bis_head head = { 0 };
    bool found = false;
    weh_err err = bis_related_read(base->bis, value, "modeledElement", &base->id, &edit->rel, diag);

    if (err == WEH_OK && base->id != 0) {
        err = bis_element_head(base->bis, base->id, &head, &found, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (head.ec_class == NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ELEMENT, "modeledElement",
                              "the modelled element does not exist");
    }
    base->model = head.model;
    err = check_pair(base->bis, head.ec_class, base->plan->ec_class, diag);
    if (err == WEH_OK && edit->rel == 0) {
        const struct weh_ec_class *rel =
            weh_ec_class_by_name(base->bis->catalog, weh_str_from(MODELED_BY));

        edit->rel = rel == NULL ? 0 : rel->id;
    }
    return err;
}

/* What getModelProps returns and an insert decides itself, or takes where it needs it. */
static bool is_known(struct weh_str key)
{
    static const char *const names[] = { "classFullName",  "id",
                                         "modeledElement", "parentModel",
                                         "name",           "jsonProperties",
                                         "geometryGuid",   "isInstanceOfEntity" };
    size_t k = 0;

    while (k < WEH_ARRAY_LEN(names) && !weh_str_eq_text(key, names[k])) {
        k++;
    }
    return k < WEH_ARRAY_LEN(names);
}

static bool *find_flag(struct model_edit *edit, struct weh_str key)
{
    struct {
        const char *name;
        bool *flag;
    } flags[] = { { "isPrivate", &edit->is_private },
                  { "isTemplate", &edit->is_template },
                  { "isNotSpatiallyLocated", &edit->unlocated },
                  { "isPlanProjection", &edit->plan_projection } };

    for (size_t k = 0; k < WEH_ARRAY_LEN(flags); k++) {
        if (weh_str_eq_text(key, flags[k].name)) {
            return flags[k].flag;
        }
    }
    return NULL;
}

static weh_err route_plain(struct bis_edit *base, const struct weh_member *member,
                           struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = base->plan->ec_class;
    const struct weh_ec_property *property = weh_ec_property_by_js_name(ec_class, member->key);

    if (property == NULL ||
        (base->plan->roles[property - ec_class->properties] & SLOT_WRITE) != 0) {
        return bis_fail_unknown(base, member->key, diag);
    }
    base->plain[property - ec_class->properties] = &member->value;
    return WEH_OK;
}

static weh_err fail_flag(struct weh_str key, struct weh_diag *diag)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "%.*s", WEH_STR_ARGS(key));
    return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be true or false", where);
}

static weh_err route(struct model_edit *edit, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (uint32_t i = 0; err == WEH_OK && i < edit->base.props->n; i++) {
        const struct weh_member *member = &edit->base.props->as.members[i];
        bool *flag = find_flag(edit, member->key);

        if (flag == NULL && !is_known(member->key)) {
            err = route_plain(&edit->base, member, diag);
        } else if (flag != NULL && !weh_value_is_null(&member->value) &&
                   !weh_value_to_bool(&member->value, flag)) {
            err = fail_flag(member->key, diag);
        }
    }
    return err;
}

/* Members of a formatter that was given but not whole are as the native library completes them. */
static void write_formatter(const struct weh_value *given, struct weh_sink *sink)
{
    static const struct {
        const char *name;
        const char *label; /* NULL: an empty object */
    } needed[] = { { "fmtFlags", NULL }, { "mastUnit", "m" }, { "subUnit", "m" } };

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < WEH_ARRAY_LEN(needed); i++) {
        const struct weh_value *value = weh_value_get(given, needed[i].name);

        weh_sink_key(sink, needed[i].name);
        if (value != NULL) {
            weh_sink_value(sink, value);
            continue;
        }
        weh_sink_map_begin(sink, needed[i].label == NULL ? 0 : 1);
        if (needed[i].label != NULL) {
            weh_sink_key(sink, "label");
            weh_sink_text(sink, needed[i].label);
        }
        weh_sink_map_end(sink);
    }
    for (uint32_t i = 0; i < given->n; i++) {
        const struct weh_member *member = &given->as.members[i];

        if (!weh_str_eq_text(member->key, "fmtFlags") &&
            !weh_str_eq_text(member->key, "mastUnit") && !weh_str_eq_text(member->key, "subUnit")) {
            sink->ops->key(sink, member->key);
            weh_sink_value(sink, &member->value);
        }
    }
    weh_sink_map_end(sink);
}

/* The text of JsonProperties of a geometric model: what was given, and a formatter at the end. */
static weh_err geometric_json(struct weh_bis *bis, const struct weh_value *json,
                              struct weh_str *out, struct weh_diag *diag)
{
    const struct weh_value *formatter = weh_value_get(json, "formatter");
    struct weh_buf *buf = &bis->json;
    char *copy = NULL;
    uint32_t n = 0;

    weh_buf_clear(buf);
    weh_buf_byte(buf, '{');
    for (uint32_t i = 0; json != NULL && i < json->n; i++) {
        const struct weh_member *member = &json->as.members[i];
        struct weh_json_writer writer;

        if (weh_str_eq_text(member->key, "formatter")) {
            continue;
        }
        if (n++ > 0) {
            weh_buf_byte(buf, ',');
        }
        weh_json_writer_init(&writer, buf);
        weh_sink_str(&writer.sink, member->key);
        weh_buf_byte(buf, ':');
        weh_json_writer_init(&writer, buf);
        weh_sink_value(&writer.sink, &member->value);
    }
    weh_buf_printf(buf, "%s\"formatter\":", n > 0 ? "," : "");
    if (formatter != NULL && formatter->type == WEH_VALUE_MAP) {
        struct weh_json_writer writer;

        weh_json_writer_init(&writer, buf);
        write_formatter(formatter, &writer.sink);
    } else {
        weh_buf_append(buf, FORMATTER, sizeof(FORMATTER) - 1);
    }
    weh_buf_byte(buf, '}');
    if (buf->err == WEH_OK) {
        copy = weh_arena_strdup(&bis->arena, (struct weh_str){ (const char *)buf->data, buf->len });
    }
    if (copy == NULL) {
        return weh_fail_nomem(diag);
    }
    *out = (struct weh_str){ copy, buf->len };
    return WEH_OK;
}

static weh_err bind_json(struct model_edit *edit, struct weh_diag *diag)
{
    const uint64_t geometric = TRAIT(GEOMETRIC_MODEL_3D) | TRAIT(GEOMETRIC_MODEL_2D);
    const struct weh_value *json = weh_value_get(edit->base.props, "jsonProperties");
    struct weh_str text = { NULL, 0 };
    weh_err err = WEH_OK;

    if (weh_value_is_null(json)) {
        json = NULL;
    }
    if (json != NULL && json->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "jsonProperties",
                              "jsonProperties must be an object");
    }
    if ((edit->base.plan->traits & geometric) != 0) {
        err = geometric_json(edit->base.bis, json, &text, diag);
    } else if (json != NULL) {
        err = bis_json_text(edit->base.bis, json, &text, diag);
    }
    return err == WEH_OK ? bis_put_text(&edit->base, SLOT_JSON, text, true, diag) : err;
}

static weh_err bind_flags(struct model_edit *edit, struct weh_diag *diag)
{
    struct bis_edit *base = &edit->base;
    weh_err err = bis_put_int(base, SLOT_MODEL_PRIVATE, "", edit->is_private, diag);

    if (err == WEH_OK) {
        err = bis_put_int(base, SLOT_MODEL_TEMPLATE, "", edit->is_template, diag);
    }
    if (err == WEH_OK) {
        /* Nothing of a template stands anywhere in space. */
        err =
            bis_put_int(base, SLOT_MODEL_UNLOCATED, "", edit->unlocated || edit->is_template, diag);
    }
    return err == WEH_OK ? bis_put_int(base, SLOT_MODEL_PLAN, "", edit->plan_projection, diag)
                         : err;
}

weh_err bis_model_bind(struct bis_edit *base, struct weh_diag *diag)
{
    struct model_edit *edit = WEH_CONTAINER_OF(base, struct model_edit, base);
    weh_err err = bis_put_nav(base, SLOT_MODEL_PARENT, base->model, 0, diag);

    if (err == WEH_OK) {
        err = bis_put_nav(base, SLOT_MODEL_ELEMENT, base->id, edit->rel, diag);
    }
    if (err == WEH_OK) {
        err = bind_flags(edit, diag);
    }
    return err == WEH_OK ? bind_json(edit, diag) : err;
}

static weh_err insert(struct model_edit *edit, struct weh_diag *diag)
{
    weh_err err = check_modeled(edit, diag);

    if (err == WEH_OK) {
        err = route(edit, diag);
    }
    if (err == WEH_OK && edit->base.plan->ec_class->modifier == WEH_EC_ABSTRACT) {
        err = weh_fail_where(diag, WEH_E_BLOCKED, "classFullName", "%.*s is abstract",
                             WEH_STR_ARGS(edit->base.plan->ec_class->full_name));
    }
    if (err == WEH_OK) {
        err = bis_insert_rows(&edit->base, diag);
    }
    return err;
}

weh_err weh_model_insert(struct weh_bis *bis, const struct weh_value *props, weh_id *out,
                         struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct bis_plan *plan = NULL;
    struct model_edit edit = { 0 };
    weh_err err;

    if (props == NULL || props->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "props", "props must be an object");
    }
    err = bis_class_read(bis, props, BASE_MODEL, &ec_class, diag);
    if (err == WEH_OK) {
        err = bis_plan_get(bis, ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_begin(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = bis_edit_begin(&edit.base, bis, plan, props, diag);
    if (err == WEH_OK) {
        edit.base.is_insert = true;
        edit.base.is_model = true;
        err = insert(&edit, diag);
    }
    err = bis_end(bis, err, diag);
    if (err == WEH_OK) {
        *out = edit.base.id;
    }
    return err;
}

/* The code value of the modelled element is the model's name. */
static weh_err write_name(struct weh_bis *bis, weh_id element, struct weh_sink *sink,
                          struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_id(bis->catalog, bis->bases[BASE_ELEMENT]);
    struct bis_plan *plan = NULL;
    sqlite3_stmt *row = NULL;
    bool found = false;
    int column;
    weh_err err = bis_plan_get(bis, ec_class, &plan, diag);

    if (err == WEH_OK) {
        err = bis_read_row(bis, plan, element, &row, &found, diag);
    }
    if (err == WEH_OK && found) {
        column = bis_read_column(plan, SLOT_CODE_VALUE, "");
        weh_sink_key(sink, "name");
        weh_sink_str(sink, column < 0 ? WEH_STR("") : weh_stmt_text(row, column));
    }
    bis_reset(row);
    return err;
}

static void write_flags(const struct bis_plan *plan, struct weh_sink *sink)
{
    static const struct {
        enum bis_slot slot;
        const char *name;
    } flags[] = { { SLOT_MODEL_PRIVATE, "isPrivate" },
                  { SLOT_MODEL_TEMPLATE, "isTemplate" },
                  { SLOT_MODEL_UNLOCATED, "isNotSpatiallyLocated" },
                  { SLOT_MODEL_PLAN, "isPlanProjection" } };

    for (size_t i = 0; i < WEH_ARRAY_LEN(flags); i++) {
        int column = bis_read_column(plan, flags[i].slot, "");

        if (column >= 0 && sqlite3_column_int(plan->select, column) != 0) {
            weh_sink_key(sink, flags[i].name);
            weh_sink_bool(sink, true);
        }
    }
}

static void write_geometry_guid(const struct bis_plan *plan, struct weh_sink *sink)
{
    int column = bis_read_column(plan, SLOT_MODEL_GUID, "");
    char text[WEH_GUID_TEXT_SIZE];
    struct weh_guid guid;

    if (column >= 0 && sqlite3_column_bytes(plan->select, column) == (int)sizeof(guid.bytes)) {
        memcpy(guid.bytes, sqlite3_column_blob(plan->select, column), sizeof(guid.bytes));
        weh_guid_print(&guid, text);
        weh_sink_key(sink, "geometryGuid");
        weh_sink_text(sink, text);
    }
}

static weh_err write_model(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                           struct weh_sink *sink, struct weh_diag *diag)
{
    int json = bis_read_column(plan, SLOT_JSON, "");
    weh_id parent = bis_read_id(plan, SLOT_MODEL_PARENT, "Id");
    weh_id element = bis_read_id(plan, SLOT_MODEL_ELEMENT, "Id");
    weh_err err = WEH_OK;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "classFullName");
    weh_sink_str(sink, plan->ec_class->full_name);
    weh_sink_key(sink, "id");
    weh_sink_id(sink, id);
    if (json >= 0) {
        err = bis_write_json(bis, weh_stmt_text(plan->select, json), "jsonProperties", sink, diag);
    }
    if (parent != 0) {
        weh_sink_key(sink, "parentModel");
        weh_sink_id(sink, parent);
    }
    bis_write_related(bis, "modeledElement", element,
                      bis_read_id(plan, SLOT_MODEL_ELEMENT, "RelECClassId"), sink);
    write_geometry_guid(plan, sink);
    if (err == WEH_OK) {
        err = bis_write_plain(bis, plan, sink, diag);
    }
    if (err == WEH_OK) {
        err = write_name(bis, element, sink, diag);
    }
    write_flags(plan, sink);
    if (parent == 0) {
        /* The repository model: said to be its own parent, and behind everything else. */
        weh_sink_key(sink, "parentModel");
        weh_sink_id(sink, id);
    }
    weh_sink_map_end(sink);
    return err;
}

weh_err weh_model_get_props(struct weh_bis *bis, weh_id id, struct weh_sink *sink,
                            struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct bis_plan *plan = NULL;
    sqlite3_stmt *row = NULL;
    bool found = false;
    weh_err err;

    bis_call_begin(bis);
    err = bis_model_class(bis, id, &ec_class, diag);
    if (err == WEH_OK && ec_class == NULL) {
        err = weh_fail_where(diag, WEH_E_NOT_FOUND, "id", "the model does not exist");
    }
    if (err == WEH_OK) {
        err = bis_plan_get(bis, ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_read_row(bis, plan, id, &row, &found, diag);
    }
    if (err == WEH_OK) {
        err = write_model(bis, plan, id, sink, diag);
    }
    bis_reset(row);
    return err;
}
