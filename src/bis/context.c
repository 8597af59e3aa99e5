/* src/bis/context.c - the context of one open briefcase: classes by name, fixed statements, links.
 *
 * No rules here. What is looked up once is looked up here; what is remembered from the rows of the
 * file is in lookup.c.
 */
#include <stdlib.h>
#include <string.h>

#include "bis_priv.h"

static const char *const base_names[BASE_COUNT] = {
#define X(symbol, name) name,
#include "bases.def"
#undef X
};

static const char *const link_classes[LINK_COUNT] = {
    [LINK_REFERS] = "BisCore:ElementRefersToElements",
    [LINK_DRIVES] = "BisCore:ElementDrivesElement",
    [LINK_SELECTOR_CATEGORIES] = "BisCore:CategorySelectorRefersToCategories",
    [LINK_SELECTOR_MODELS] = "BisCore:ModelSelectorRefersToModels",
};

uint64_t bis_traits(const struct weh_bis *bis, const struct weh_ec_class *ec_class)
{
    uint64_t traits = 0;

    for (unsigned i = 0; i < BASE_COUNT; i++) {
        if (bis->bases[i] != 0 && weh_ec_class_is(ec_class, bis->bases[i])) {
            traits |= UINT64_C(1) << i;
        }
    }
    return traits;
}

/* A piece of a fixed statement: plain text, or a name that comes from the catalogue. */
struct sql_piece {
    const char *text; /* NULL: a name */
    const struct bis_plan *plan;
    enum bis_slot slot; /* SLOT_NONE: the table; else the column */
    const char *member; /* of the slot; "@id" with SLOT_NONE: the id column */
};

static weh_err build_sql(struct weh_bis *bis, enum bis_sql which, const struct sql_piece *pieces,
                         size_t n, struct weh_diag *diag)
{
    struct weh_buf *buf = &bis->scratch;

    weh_buf_clear(buf);
    for (size_t i = 0; i < n; i++) {
        const struct sql_piece *piece = &pieces[i];
        const struct weh_ec_table *table;
        struct weh_str name;

        if (piece->text != NULL) {
            weh_buf_append(buf, piece->text, strlen(piece->text));
            continue;
        }
        table = piece->plan->ec_class->tables[0];
        if (piece->slot != SLOT_NONE) {
            name = bis_slot_column(piece->plan, piece->slot, piece->member);
        } else {
            name = piece->member == NULL ? table->name : table->id_column;
        }
        if (name.len == 0) {
            return weh_fail(diag, WEH_E_CORRUPT, "a column of BisCore is not mapped");
        }
        bis_sql_name(buf, name);
    }
    return bis_sql_take(buf, &bis->sql[which], diag);
}

#define TEXT(string)     \
    {                    \
        .text = (string) \
    }
#define TABLE(of)                       \
    {                                   \
        .plan = (of), .slot = SLOT_NONE \
    }
#define ID(of)                                           \
    {                                                    \
        .plan = (of), .slot = SLOT_NONE, .member = "@id" \
    }
#define COLUMN(of, which, leaf)                         \
    {                                                   \
        .plan = (of), .slot = (which), .member = (leaf) \
    }
#define BUILD(which, ...)                                            \
    build_sql(bis, which, (const struct sql_piece[]){ __VA_ARGS__ }, \
              sizeof((const struct sql_piece[]){ __VA_ARGS__ }) / sizeof(struct sql_piece), diag)

static weh_err build_element_sql(struct weh_bis *bis, const struct bis_plan *e,
                                 struct weh_diag *diag)
{
    weh_err err = BUILD(SQL_ELEMENT_HEAD, TEXT("SELECT ECClassId,"), COLUMN(e, SLOT_MODEL, "Id"),
                        TEXT(","), COLUMN(e, SLOT_PARENT, "Id"), TEXT(" FROM "), TABLE(e),
                        TEXT(" WHERE "), ID(e), TEXT("=?"));

    if (err == WEH_OK) {
        err = BUILD(SQL_ELEMENT_BY_GUID, TEXT("SELECT "), ID(e), TEXT(" FROM "), TABLE(e),
                    TEXT(" WHERE "), COLUMN(e, SLOT_FEDERATION_GUID, ""), TEXT("=?"));
    }
    if (err == WEH_OK) {
        err = BUILD(SQL_ELEMENT_BY_CODE, TEXT("SELECT "), ID(e), TEXT(" FROM "), TABLE(e),
                    TEXT(" WHERE "), COLUMN(e, SLOT_CODE_SPEC, "Id"), TEXT("=? AND "),
                    COLUMN(e, SLOT_CODE_SCOPE, "Id"), TEXT("=? AND "),
                    COLUMN(e, SLOT_CODE_VALUE, ""), TEXT("=?"));
    }
    if (err == WEH_OK) {
        err = BUILD(SQL_CHILDREN, TEXT("SELECT "), ID(e), TEXT(" FROM "), TABLE(e), TEXT(" WHERE "),
                    COLUMN(e, SLOT_PARENT, "Id"), TEXT("=?"));
    }
    if (err == WEH_OK) {
        err = BUILD(SQL_ELEMENT_DELETE, TEXT("DELETE FROM "), TABLE(e), TEXT(" WHERE "), ID(e),
                    TEXT("=?"));
    }
    if (err == WEH_OK) {
        err = BUILD(SQL_ELEMENT_TOUCH, TEXT("UPDATE "), TABLE(e), TEXT(" SET "),
                    COLUMN(e, SLOT_LAST_MOD, ""), TEXT("=julianday('now') WHERE "), ID(e),
                    TEXT("=?"));
    }
    return err;
}

static weh_err build_model_sql(struct weh_bis *bis, const struct bis_plan *m,
                               const struct bis_plan *e, struct weh_diag *diag)
{
    weh_err err = BUILD(SQL_MODEL_ELEMENT, TEXT("SELECT "), ID(e), TEXT(" FROM "), TABLE(e),
                        TEXT(" WHERE "), COLUMN(e, SLOT_MODEL, "Id"), TEXT("=? LIMIT 1"));

    if (err == WEH_OK) {
        err = BUILD(SQL_MODEL_TOPS, TEXT("SELECT "), ID(e), TEXT(" FROM "), TABLE(e),
                    TEXT(" WHERE "), COLUMN(e, SLOT_MODEL, "Id"), TEXT("=? AND "),
                    COLUMN(e, SLOT_PARENT, "Id"), TEXT(" IS NULL"));
    }
    if (err == WEH_OK) {
        err = BUILD(SQL_MODEL_DELETE, TEXT("DELETE FROM "), TABLE(m), TEXT(" WHERE "), ID(m),
                    TEXT("=?"));
    }
    return err;
}

static weh_err build_other_sql(struct weh_bis *bis, const struct bis_plan *m,
                               const struct bis_plan *s, struct weh_diag *diag)
{
    weh_err err =
        BUILD(SQL_MODEL_HEAD, TEXT("SELECT ECClassId,"), COLUMN(m, SLOT_MODEL_TEMPLATE, ""),
              TEXT(" FROM "), TABLE(m), TEXT(" WHERE "), ID(m), TEXT("=?"));

    if (err == WEH_OK) {
        err = BUILD(SQL_SPEC_BY_ID, TEXT("SELECT "), ID(s), TEXT(" FROM "), TABLE(s),
                    TEXT(" WHERE "), ID(s), TEXT("=?"));
    }
    if (err == WEH_OK) {
        err = BUILD(SQL_SPEC_BY_NAME, TEXT("SELECT "), ID(s), TEXT(" FROM "), TABLE(s),
                    TEXT(" WHERE "), COLUMN(s, SLOT_CODE_SPEC_NAME, ""), TEXT("=?"));
    }
    return err;
}

static weh_err base_plan(struct weh_bis *bis, enum bis_base base, struct bis_plan **out,
                         struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_id(bis->catalog, bis->bases[base]);

    if (ec_class == NULL || ec_class->n_tables == 0) {
        return weh_fail(diag, WEH_E_CORRUPT, "the file has no %s", base_names[base]);
    }
    return bis_plan_get(bis, ec_class, out, diag);
}

weh_err weh_bis_create(struct weh_briefcase *briefcase, const struct weh_ec_catalog *catalog,
                       struct weh_bis **out, struct weh_diag *diag)
{
    struct bis_plan *element = NULL;
    struct bis_plan *model = NULL;
    struct bis_plan *spec = NULL;
    struct weh_bis *bis = weh_calloc(1, sizeof(*bis));
    weh_err err;

    if (bis == NULL) {
        return weh_fail_nomem(diag);
    }
    bis->briefcase = briefcase;
    bis->catalog = catalog;
    weh_arena_init(&bis->arena, 0);
    weh_buf_init(&bis->scratch, 0);
    weh_buf_init(&bis->json, 0);
    weh_buf_init(&bis->geometry, 0);
    for (unsigned i = 0; i < BASE_COUNT; i++) {
        const struct weh_ec_class *ec_class =
            weh_ec_class_by_name(catalog, weh_str_from(base_names[i]));

        bis->bases[i] = ec_class == NULL ? 0 : ec_class->id;
    }
    err = base_plan(bis, BASE_ELEMENT, &element, diag);
    if (err == WEH_OK) {
        err = base_plan(bis, BASE_MODEL, &model, diag);
    }
    if (err == WEH_OK) {
        err = base_plan(bis, BASE_CODE_SPEC, &spec, diag);
    }
    if (err == WEH_OK) {
        err = build_element_sql(bis, element, diag);
    }
    if (err == WEH_OK) {
        err = build_model_sql(bis, model, element, diag);
    }
    if (err == WEH_OK) {
        err = build_other_sql(bis, model, spec, diag);
    }
    if (err != WEH_OK) {
        weh_bis_destroy(bis);
        return err;
    }
    *out = bis;
    return WEH_OK;
}

static void drop_plan_statements(struct weh_bis *bis, struct bis_plan *plan)
{
    weh_stmt_release(bis->briefcase, plan->select);
    plan->select = NULL;
    for (unsigned t = 0; t < BIS_MAX_TABLES; t++) {
        weh_stmt_release(bis->briefcase, plan->insert[t]);
        plan->insert[t] = NULL;
    }
}

static void drop_statements(struct weh_bis *bis)
{
    for (unsigned i = 0; i < BIS_PLAN_BUCKETS; i++) {
        for (struct bis_plan *plan = bis->plans[i]; plan != NULL; plan = plan->next) {
            drop_plan_statements(bis, plan);
        }
    }
    bis->n_held = 0;
}

void bis_call_begin(struct weh_bis *bis)
{
    /* Only here: within a call somebody may be reading a row of one of them. */
    if (bis->n_held > BIS_MAX_HELD) {
        drop_statements(bis);
    }
    weh_arena_reset(&bis->arena);
}

void weh_bis_forget(struct weh_bis *bis)
{
    bis_forget_ids(bis);
    memset(bis->only_template, 0, sizeof(bis->only_template));
    bis->n_restyled = 0;
    bis->n_drives = 0;
}

size_t weh_bis_mark(const struct weh_bis *bis)
{
    return bis->n_restyled;
}

void weh_bis_forget_since(struct weh_bis *bis, size_t mark)
{
    bis_forget_ids(bis);
    /* Categories restyled before are still to be told by the save. */
    bis->n_restyled = mark < bis->n_restyled ? mark : bis->n_restyled;
}

void weh_bis_trim(struct weh_bis *bis)
{
    drop_statements(bis);
    for (unsigned i = 0; i < SQL_COUNT; i++) {
        weh_stmt_release(bis->briefcase, bis->held[i]);
        bis->held[i] = NULL;
    }
    weh_arena_fini(&bis->arena);
    weh_arena_init(&bis->arena, 0);
    weh_buf_fini(&bis->scratch);
    weh_buf_fini(&bis->json);
    weh_buf_fini(&bis->geometry);
}

void weh_bis_destroy(struct weh_bis *bis)
{
    if (bis == NULL) {
        return;
    }
    weh_bis_trim(bis);
    for (unsigned i = 0; i < BIS_PLAN_BUCKETS; i++) {
        while (bis->plans[i] != NULL) {
            struct bis_plan *plan = bis->plans[i];

            bis->plans[i] = plan->next;
            bis_plan_free(plan);
        }
    }
    for (unsigned i = 0; i < SQL_COUNT; i++) {
        weh_free(bis->sql[i]);
    }
    for (unsigned i = 0; i < LINK_COUNT; i++) {
        weh_free(bis->links[i].name);
        weh_free(bis->links[i].source);
        weh_free(bis->links[i].target);
    }
    weh_arena_fini(&bis->arena);
    weh_free(bis->restyled);
    weh_free(bis->drives);
    weh_free(bis);
}

weh_err bis_fixed(struct weh_bis *bis, enum bis_sql which, sqlite3_stmt **out,
                  struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    weh_assert(bis->sql[which] != NULL);
    if (bis->held[which] == NULL) {
        err = weh_stmt_acquire(bis->briefcase, bis->sql[which], &bis->held[which], diag);
    }
    *out = bis->held[which];
    return err;
}

void bis_reset(sqlite3_stmt *stmt)
{
    if (stmt != NULL) {
        /* The result repeats what the last step said already. */
        (void)sqlite3_reset(stmt);
        (void)sqlite3_clear_bindings(stmt);
    }
}

static weh_err link_name(struct weh_bis *bis, struct weh_str column, char **out,
                         struct weh_diag *diag)
{
    weh_free(*out);
    *out = NULL;
    weh_buf_clear(&bis->scratch);
    bis_sql_name(&bis->scratch, column);
    return bis_sql_take(&bis->scratch, out, diag);
}

weh_err bis_link(struct weh_bis *bis, enum bis_link_name name, const struct bis_link **out,
                 struct weh_diag *diag)
{
    struct bis_link *link = &bis->links[name];
    weh_err err = WEH_OK;

    *out = link;
    if (link->looked_up) {
        return WEH_OK;
    }
    link->ec_class = weh_ec_class_by_name(bis->catalog, weh_str_from(link_classes[name]));
    if (link->ec_class == NULL || link->ec_class->n_tables == 0) {
        return weh_fail(diag, WEH_E_CORRUPT, "the file has no %s", link_classes[name]);
    }
    if (link->ec_class->source_id_column.len == 0 || link->ec_class->target_id_column.len == 0) {
        return weh_fail(diag, WEH_E_CORRUPT, "%s is not mapped", link_classes[name]);
    }
    err = link_name(bis, link->ec_class->tables[0]->name, &link->name, diag);
    if (err == WEH_OK) {
        err = link_name(bis, link->ec_class->source_id_column, &link->source, diag);
    }
    if (err == WEH_OK) {
        err = link_name(bis, link->ec_class->target_id_column, &link->target, diag);
    }
    link->looked_up = err == WEH_OK;
    return err;
}
