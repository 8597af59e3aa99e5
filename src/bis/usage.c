/* src/bis/usage.c - deleting definition elements that nothing uses.
 *
 * Most uses are in no foreign key: in geometry streams, in views, in the JSON of display styles. What
 * counts as a use was taken from the native library's queryDefinitionElementUsage (5.1.72), and
 * measured; the order of deleting is that of iTwin.js' deleteDefinitionElements (core-backend 5.1.9).
 * Not looked into: the components of line styles.
 */
#include <stdlib.h>
#include <string.h>

#include "weh/briefcase_txn.h"
#include "weh/geom.h"

#include "remove_priv.h"

#define STYLE_JSON_VALUES 1000000u

#define DEFINITION_VIEW_PARTS \
    (TRAIT(DISPLAY_STYLE) | TRAIT(CATEGORY_SELECTOR) | TRAIT(MODEL_SELECTOR))

/* Kinds that only a look into every geometry stream can tell to be unused. */
#define IN_ANY_STREAM \
    (TRAIT(GEOMETRY_PART) | TRAIT(LINE_STYLE) | TRAIT(RENDER_MATERIAL) | TRAIT(TEXTURE))

/* Who may refer to a definition by a property, and how the definition's kind is called. */
static const struct {
    uint8_t base;
    const char *class_name;
    const char *property;
} references[] = {
    { BASE_SPATIAL_CATEGORY, "BisCore:GeometricElement3d", "Category" },
    { BASE_DRAWING_CATEGORY, "BisCore:GeometricElement2d", "Category" },
    { BASE_DISPLAY_STYLE, "BisCore:ViewDefinition", "DisplayStyle" },
    { BASE_CATEGORY_SELECTOR, "BisCore:ViewDefinition", "CategorySelector" },
    { BASE_MODEL_SELECTOR, "BisCore:SpatialViewDefinition", "ModelSelector" },
    { BASE_VIEW, "BisCore:SectionDrawing", "SpatialView" },
    { BASE_VIEW, "BisCore:ViewAttachment", "View" },
    { BASE_VIEW, "BisCore:SectionDrawingLocation", "SectionView" },
};

static int compare_definitions(const void *a, const void *b)
{
    const struct bis_definition *x = a;
    const struct bis_definition *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

/* The definition @id among those asked for, or NULL. */
static struct bis_definition *find_definition(const struct bis_definitions *definitions, weh_id id,
                                              uint64_t kind)
{
    const struct bis_definition key = { .id = id };
    struct bis_definition *found =
        definitions->n == 0 || id == 0
            ? NULL
            : bsearch(&key, definitions->items, definitions->n, sizeof(key), compare_definitions);

    return found != NULL && (found->traits & kind) != 0 ? found : NULL;
}

static void mark_used(const struct bis_definitions *definitions, weh_id id, uint64_t kind)
{
    struct bis_definition *found = find_definition(definitions, id, kind);

    if (found != NULL) {
        found->used = true;
    }
}

/* The real leaf that holds the id of the navigation property @name; NULL when there is none. */
static const struct weh_ec_leaf *find_reference(const struct weh_ec_class *ec_class,
                                                const char *name)
{
    const struct weh_ec_property *property = NULL;

    for (unsigned p = 0; property == NULL && p < ec_class->n_properties; p++) {
        if (weh_str_eq_text(ec_class->properties[p].name, name)) {
            property = &ec_class->properties[p];
        }
    }
    for (unsigned i = 0; property != NULL && i < property->n_leaves; i++) {
        if (weh_str_eq_text(property->leaves[i].member, "Id") && !property->leaves[i].is_virtual) {
            return &property->leaves[i];
        }
    }
    return NULL;
}

/* Whether an instance of @class_name refers to @id by @property; false too when the file has no such
 * class or property. */
static weh_err is_referred(struct weh_bis *bis, const char *class_name, const char *property,
                           weh_id id, bool *out, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_name(bis->catalog, weh_str_from(class_name));
    const struct weh_ec_leaf *leaf = ec_class == NULL ? NULL : find_reference(ec_class, property);
    struct weh_buf *buf = &bis->scratch;
    sqlite3_stmt *stmt = NULL;
    weh_err err;

    *out = false;
    if (leaf == NULL || leaf->table >= ec_class->n_tables) {
        return WEH_OK;
    }
    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT 1 FROM ");
    bis_sql_name(buf, ec_class->tables[leaf->table]->name);
    weh_buf_printf(buf, " WHERE ");
    bis_sql_name(buf, leaf->column);
    weh_buf_printf(buf, "=?1 AND ECClassId IN (SELECT ClassId FROM ec_cache_ClassHierarchy"
                        " WHERE BaseClassId=?2) LIMIT 1");
    weh_buf_byte(buf, 0);
    if (buf->err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    err = weh_stmt_acquire(bis->briefcase, (const char *)buf->data, &stmt, diag);
    if (err == WEH_OK && (sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK ||
                          sqlite3_bind_int64(stmt, 2, (int64_t)ec_class->id) != SQLITE_OK)) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, out, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

static weh_err find_references(struct weh_bis *bis, struct bis_definition *definition,
                               struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (size_t i = 0; err == WEH_OK && !definition->used && i < WEH_ARRAY_LEN(references); i++) {
        if ((definition->traits >> references[i].base & 1) != 0) {
            err = is_referred(bis, references[i].class_name, references[i].property, definition->id,
                              &definition->used, diag);
        }
    }
    return err;
}

static void mark_faces(const struct bis_definitions *definitions, const struct weh_geom_brep *brep)
{
    for (uint32_t i = 0; i < brep->n_faces; i++) {
        if (brep->faces[i].use_material) {
            mark_used(definitions, brep->faces[i].material_id, TRAIT(RENDER_MATERIAL));
        }
    }
}

static void mark_entry(const struct bis_definitions *definitions,
                       const struct weh_geom_entry *entry)
{
    switch (entry->opcode) {
    case WEH_GEOM_SYMBOLOGY:
        mark_used(definitions, entry->as.symbology.sub_category_id, TRAIT(SUB_CATEGORY));
        mark_used(definitions, entry->as.symbology.line_style_id, TRAIT(LINE_STYLE));
        break;
    case WEH_GEOM_PART:
        mark_used(definitions, entry->as.part.part_id, TRAIT(GEOMETRY_PART));
        break;
    case WEH_GEOM_PATTERN:
        mark_used(definitions, entry->as.pattern->symbol_id, TRAIT(GEOMETRY_PART));
        break;
    case WEH_GEOM_MATERIAL:
        mark_used(definitions, entry->as.material->material_id, TRAIT(RENDER_MATERIAL));
        break;
    case WEH_GEOM_IMAGE:
        mark_used(definitions, entry->as.image->texture_id, TRAIT(TEXTURE));
        break;
    case WEH_GEOM_BREP:
        mark_faces(definitions, entry->as.brep);
        break;
    default:
        break;
    }
}

static weh_err scan_stream(const struct bis_definitions *definitions, sqlite3_stmt *stmt,
                           struct weh_arena *arena, struct weh_diag *diag)
{
    const uint8_t *blob = sqlite3_column_blob(stmt, 1);
    int n = sqlite3_column_bytes(stmt, 1);
    struct weh_geom geom = { .n = 0 };
    char where[WEH_ID_TEXT_SIZE];
    weh_err err;

    if (blob == NULL || n <= 0) {
        return WEH_OK;
    }
    weh_arena_reset(arena);
    err = weh_geom_decode(blob, (size_t)n, arena, &geom, NULL);
    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    if (err != WEH_OK) {
        (void)weh_id_print((weh_id)sqlite3_column_int64(stmt, 0), where);
        return weh_fail_where(diag, WEH_E_BAD_ELEMENT, where,
                              "what the geometry of %s uses cannot be told", where);
    }
    for (size_t i = 0; i < geom.n; i++) {
        mark_entry(definitions, &geom.entries[i]);
    }
    return WEH_OK;
}

/* All streams of the elements of base class @base; of one @category when it is not 0. */
static weh_err build_streams(struct weh_bis *bis, enum bis_base base, weh_id category, bool *any,
                             struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_id(bis->catalog, bis->bases[base]);
    struct weh_buf *buf = &bis->scratch;
    struct bis_plan *plan = NULL;
    const struct weh_ec_property *stream;
    const struct weh_ec_table *table;
    weh_err err;

    *any = false;
    if (ec_class == NULL || ec_class->n_tables == 0) {
        return WEH_OK;
    }
    err = bis_plan_get(bis, ec_class, &plan, diag);
    if (err != WEH_OK) {
        return err;
    }
    stream = bis_slot_property(plan, SLOT_STREAM);
    if (stream == NULL || stream->n_leaves == 0) {
        return WEH_OK;
    }
    table = ec_class->tables[stream->leaves[0].table];
    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT ");
    bis_sql_name(buf, table->id_column);
    weh_buf_byte(buf, ',');
    bis_sql_name(buf, stream->leaves[0].column);
    weh_buf_printf(buf, " FROM ");
    bis_sql_name(buf, table->name);
    weh_buf_printf(buf, " WHERE ");
    bis_sql_name(buf, stream->leaves[0].column);
    weh_buf_printf(buf, " IS NOT NULL AND ECClassId IN (SELECT ClassId FROM"
                        " ec_cache_ClassHierarchy WHERE BaseClassId=?1)");
    if (category != 0) {
        weh_buf_printf(buf, " AND ");
        bis_sql_name(buf, bis_slot_column(plan, SLOT_CATEGORY, "Id"));
        weh_buf_printf(buf, "=?2");
    }
    weh_buf_byte(buf, 0);
    *any = buf->err == WEH_OK;
    return buf->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

static weh_err scan_streams(struct weh_bis *bis, enum bis_base base, weh_id category,
                            const struct bis_definitions *definitions, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    struct weh_arena arena;
    bool row = false;
    weh_err err = build_streams(bis, base, category, &row, diag);

    if (err != WEH_OK || !row) {
        return err;
    }
    weh_arena_init(&arena, 0);
    err = weh_stmt_acquire(bis->briefcase, (const char *)bis->scratch.data, &stmt, diag);
    if (err == WEH_OK &&
        (sqlite3_bind_int64(stmt, 1, (int64_t)bis->bases[base]) != SQLITE_OK ||
         (category != 0 && sqlite3_bind_int64(stmt, 2, (int64_t)category) != SQLITE_OK))) {
        err = weh_fail_nomem(diag);
    }
    while (err == WEH_OK && row) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            err = scan_stream(definitions, stmt, &arena, diag);
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    weh_arena_fini(&arena);
    return err;
}

/* The streams of everything, or of one category's elements and all parts. */
static weh_err scan_geometry(struct weh_bis *bis, weh_id category,
                             const struct bis_definitions *definitions, struct weh_diag *diag)
{
    weh_err err = scan_streams(bis, BASE_GEOMETRIC_3D, category, definitions, diag);

    if (err == WEH_OK) {
        err = scan_streams(bis, BASE_GEOMETRIC_2D, category, definitions, diag);
    }
    return err == WEH_OK ? scan_streams(bis, BASE_GEOMETRY_PART, 0, definitions, diag) : err;
}

static void mark_texture(const struct bis_definitions *definitions, const struct weh_value *value)
{
    weh_id id = 0;

    if (value != NULL && value->type == WEH_VALUE_STRING &&
        weh_id_parse(weh_value_str(value), &id)) {
        mark_used(definitions, id, TRAIT(TEXTURE));
    }
}

/* The images of the sky that a display style shows. */
static void mark_sky(const struct bis_definitions *definitions, const struct weh_value *style)
{
    const struct weh_value *image = weh_value_get(
        weh_value_get(weh_value_get(weh_value_get(style, "styles"), "environment"), "sky"),
        "image");
    const struct weh_value *textures = weh_value_get(image, "textures");

    mark_texture(definitions, weh_value_get(image, "texture"));
    for (uint32_t i = 0; textures != NULL && textures->type == WEH_VALUE_MAP && i < textures->n;
         i++) {
        mark_texture(definitions, &textures->as.members[i].value);
    }
}

/* Text that is no JSON shows nothing. */
static weh_err scan_style(const struct bis_definitions *definitions, struct weh_str text,
                          struct weh_arena *arena, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, STYLE_JSON_VALUES };
    struct weh_value style;
    weh_err err;

    weh_arena_reset(arena);
    err = weh_json_parse(text, &limits, arena, &style, NULL);
    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        mark_sky(definitions, &style);
    }
    return WEH_OK;
}

static weh_err scan_styles(struct weh_bis *bis, const struct bis_definitions *definitions,
                           struct weh_diag *diag)
{
    static const char sql[] =
        "SELECT JsonProperties FROM bis_Element WHERE JsonProperties IS NOT NULL AND ECClassId IN "
        "(SELECT ClassId FROM ec_cache_ClassHierarchy WHERE BaseClassId=?)";
    sqlite3_stmt *stmt = NULL;
    struct weh_arena arena;
    bool row = true;
    weh_err err = weh_stmt_acquire(bis->briefcase, sql, &stmt, diag);

    weh_arena_init(&arena, 0);
    if (err == WEH_OK &&
        sqlite3_bind_int64(stmt, 1, (int64_t)bis->bases[BASE_DISPLAY_STYLE]) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    while (err == WEH_OK && row) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            err = scan_style(definitions, weh_stmt_text(stmt, 0), &arena, diag);
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    weh_arena_fini(&arena);
    return err;
}

/* The elements of @ids that are definitions, sorted, each once. */
static weh_err collect(struct weh_bis *bis, const weh_id *ids, size_t n,
                       struct bis_definitions *out, struct weh_diag *diag)
{
    size_t n_different = 0;
    weh_err err = WEH_OK;

    out->n = 0;
    out->items = weh_arena_array(&bis->arena, n + 1, sizeof(*out->items));
    if (out->items == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; err == WEH_OK && i < n; i++) {
        struct bis_definition *item = &out->items[out->n];
        struct bis_head head = { 0 };
        bool found = false;

        err = bis_element_head(bis, ids[i], &head, &found, diag);
        if (err == WEH_OK && found) {
            *item = (struct bis_definition){ ids[i], bis_traits(bis, head.ec_class), 0, false };
            item->category = (item->traits & TRAIT(SUB_CATEGORY)) != 0 ? head.parent : 0;
            out->n += (item->traits & TRAIT(DEFINITION)) != 0;
        }
    }
    qsort(out->items, out->n, sizeof(*out->items), compare_definitions);
    for (size_t i = 0; i < out->n; i++) {
        if (n_different == 0 || out->items[n_different - 1].id != out->items[i].id) {
            out->items[n_different++] = out->items[i];
        }
    }
    out->n = n_different;
    return err;
}

/* The streams that can tell whether definitions of @kinds are used. */
static weh_err scan_for(struct weh_bis *bis, uint64_t kinds,
                        const struct bis_definitions *definitions, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if ((kinds & IN_ANY_STREAM) != 0) {
        return scan_geometry(bis, 0, definitions, diag);
    }
    for (size_t i = 0; err == WEH_OK && i < definitions->n; i++) {
        const struct bis_definition *item = &definitions->items[i];

        if (item->category != 0 && !item->used) {
            err = scan_geometry(bis, item->category, definitions, diag);
        }
    }
    return err;
}

weh_err bis_definitions_find(struct weh_bis *bis, const weh_id *ids, size_t n,
                             struct bis_definitions *out, struct weh_diag *diag)
{
    uint64_t kinds = 0;
    weh_err err = collect(bis, ids, n, out, diag);

    for (size_t i = 0; err == WEH_OK && i < out->n; i++) {
        struct bis_definition *item = &out->items[i];

        kinds |= item->traits;
        /* The default sub-category has the id after its category's, and goes with that. */
        item->used = item->category != 0 && item->id == item->category + 1;
        err = find_references(bis, item, diag);
    }
    if (err == WEH_OK) {
        err = scan_for(bis, kinds, out, diag);
    }
    return err == WEH_OK && (kinds & TRAIT(TEXTURE)) != 0 ? scan_styles(bis, out, diag) : err;
}

static weh_err remove_kind(struct bis_remover *remover, const struct bis_definitions *definitions,
                           uint64_t kind, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (size_t i = 0; err == WEH_OK && i < definitions->n; i++) {
        const struct bis_definition *item = &definitions->items[i];

        if ((item->traits & kind) != 0 && !item->used) {
            err = bis_remove_element(remover, item->id, diag);
        }
    }
    return err;
}

static weh_err remove_in_order(struct bis_remover *remover,
                               const struct bis_definitions *definitions, struct weh_diag *diag)
{
    static const uint64_t order[] = {
        TRAIT(SPATIAL_CATEGORY),  TRAIT(DRAWING_CATEGORY), TRAIT(VIEW),
        TRAIT(GEOMETRY_PART),     TRAIT(LINE_STYLE),       TRAIT(RENDER_MATERIAL),
        TRAIT(SUB_CATEGORY),      TRAIT(TEXTURE),          TRAIT(DISPLAY_STYLE),
        TRAIT(CATEGORY_SELECTOR), TRAIT(MODEL_SELECTOR),   TRAIT(DEFINITION),
    };
    weh_err err = WEH_OK;

    remover->purges = true;
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(order); i++) {
        err = remove_kind(remover, definitions, order[i], diag);
    }
    remover->purges = false;
    return err;
}

weh_err bis_definitions_remove(struct bis_remover *remover, struct bis_definitions *definitions,
                               struct weh_diag *diag)
{
    bool any_view = false;
    weh_err err = remove_in_order(remover, definitions, diag);

    for (size_t i = 0; i < definitions->n; i++) {
        any_view = any_view || (definitions->items[i].traits & TRAIT(VIEW)) != 0;
    }
    if (err != WEH_OK || !any_view) {
        return err;
    }
    /* A view that is gone may have been all that used them. */
    for (size_t i = 0; err == WEH_OK && i < definitions->n; i++) {
        struct bis_definition *item = &definitions->items[i];

        if ((item->traits & DEFINITION_VIEW_PARTS) != 0 && item->used) {
            item->used = false;
            err = find_references(remover->bis, item, diag);
        }
    }
    return err == WEH_OK ? remove_in_order(remover, definitions, diag) : err;
}

weh_err weh_element_delete_definitions(struct weh_bis *bis, const weh_id *ids, size_t n,
                                       weh_id *used, size_t *n_used, struct weh_diag *diag)
{
    struct bis_definitions definitions = { NULL, 0 };
    struct bis_remover remover;
    weh_err err;

    *n_used = 0;
    /* Looking is before the edit, where it can be cancelled. */
    bis_call_begin(bis);
    err = weh_briefcase_is_readonly(bis->briefcase)
              ? weh_fail(diag, WEH_E_READ_ONLY, "the briefcase is open for reading only")
              : bis_definitions_find(bis, ids, n, &definitions, diag);
    if (err == WEH_OK) {
        err = weh_briefcase_edit_begin(bis->briefcase, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    bis_remover_init(&remover, bis);
    err = bis_definitions_remove(&remover, &definitions, diag);
    for (size_t i = 0; i < definitions.n; i++) {
        if (definitions.items[i].used) {
            used[(*n_used)++] = definitions.items[i].id;
        }
    }
    bis_remover_fini(&remover);
    return bis_end(bis, err, diag);
}
