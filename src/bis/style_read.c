/* src/bis/style_read.c - how the JSON properties of display styles are shown.
 *
 * The elements that a style hides are stored as a compressed set of ids and shown as a list, unless the set is
 * asked for; of a schedule script the ids can be left out (ElementLoadProps.displayStyle; 5.1.72, measured).
 */
#include <string.h>

#include "weh/id_set.h"

#include "bis_priv.h"

#define MAX_EXCLUDED 1000000

/* Put @value in the place of the member @name of @map, which has it. */
static weh_err replace(struct weh_bis *bis, struct weh_value *map, const char *name,
                       struct weh_value value, struct weh_diag *diag)
{
    struct weh_member *members = weh_arena_array(&bis->arena, map->n, sizeof(*members));

    if (members == NULL) {
        return weh_fail_nomem(diag);
    }
    memcpy(members, map->as.members, map->n * sizeof(*members));
    for (uint32_t i = 0; i < map->n; i++) {
        if (weh_str_eq_text(members[i].key, name)) {
            members[i].value = value;
        }
    }
    map->as.members = members;
    return WEH_OK;
}

static weh_err list_ids(struct weh_bis *bis, struct weh_id_list ids, struct weh_value *out,
                        struct weh_diag *diag)
{
    struct weh_value *items = weh_arena_array(&bis->arena, ids.n, sizeof(*items));
    char *text = weh_arena_array(&bis->arena, ids.n, WEH_ID_TEXT_SIZE);

    if (items == NULL || text == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < ids.n; i++) {
        char *at = text + i * WEH_ID_TEXT_SIZE;

        items[i] = (struct weh_value){ .type = WEH_VALUE_STRING,
                                       .n = (uint32_t)weh_id_print(ids.ids[i], at),
                                       .as.string = at };
    }
    *out = (struct weh_value){ .type = WEH_VALUE_ARRAY, .n = (uint32_t)ids.n, .as.items = items };
    return WEH_OK;
}

/* What is no set, or one of too many, is shown as it is. */
static weh_err show_excluded(struct weh_bis *bis, struct weh_value *styles, struct weh_diag *diag)
{
    const struct weh_value *set = weh_value_get(styles, "excludedElements");
    struct weh_id_list ids = { NULL, 0 };
    struct weh_value list;
    weh_err err;

    if (set == NULL || set->type != WEH_VALUE_STRING || set->n == 0) {
        return WEH_OK;
    }
    err = weh_id_set_read(weh_value_str(set), "", MAX_EXCLUDED, &bis->arena, &ids, NULL);
    if (err != WEH_OK) {
        return err == WEH_E_NOMEM ? weh_fail_nomem(diag) : WEH_OK;
    }
    err = list_ids(bis, ids, &list, diag);
    return err == WEH_OK ? replace(bis, styles, "excludedElements", list, diag) : err;
}

/* NULL without memory. */
static struct weh_value *copy_items(struct weh_bis *bis, const struct weh_value *array)
{
    struct weh_value *items = weh_arena_array(&bis->arena, array->n + 1U, sizeof(*items));

    if (items != NULL && array->n > 0) {
        memcpy(items, array->as.items, array->n * sizeof(*items));
    }
    return items;
}

static weh_err omit_ids_of_model(struct weh_bis *bis, struct weh_value *model,
                                 struct weh_diag *diag)
{
    static const struct weh_value nothing = { .type = WEH_VALUE_STRING, .as.string = "" };
    const struct weh_value *timelines = weh_value_get(model, "elementTimelines");
    struct weh_value shown;
    struct weh_value *items;
    weh_err err = WEH_OK;

    if (timelines == NULL || timelines->type != WEH_VALUE_ARRAY) {
        return WEH_OK;
    }
    items = copy_items(bis, timelines);
    if (items == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < timelines->n && err == WEH_OK; i++) {
        if (weh_value_get(&items[i], "elementIds") != NULL) {
            err = replace(bis, &items[i], "elementIds", nothing, diag);
        }
    }
    shown = (struct weh_value){ .type = WEH_VALUE_ARRAY, .n = timelines->n, .as.items = items };
    return err == WEH_OK ? replace(bis, model, "elementTimelines", shown, diag) : err;
}

static weh_err omit_script_ids(struct weh_bis *bis, struct weh_value *styles, struct weh_diag *diag)
{
    const struct weh_value *script = weh_value_get(styles, "scheduleScript");
    struct weh_value shown;
    struct weh_value *models;
    weh_err err = WEH_OK;

    if (script == NULL || script->type != WEH_VALUE_ARRAY) {
        return WEH_OK;
    }
    models = copy_items(bis, script);
    if (models == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < script->n && err == WEH_OK; i++) {
        err = omit_ids_of_model(bis, &models[i], diag);
    }
    shown = (struct weh_value){ .type = WEH_VALUE_ARRAY, .n = script->n, .as.items = models };
    return err == WEH_OK ? replace(bis, styles, "scheduleScript", shown, diag) : err;
}

weh_err bis_style_show(struct weh_bis *bis, struct weh_value *json, struct weh_diag *diag)
{
    const struct weh_value *given = weh_value_get(json, "styles");
    struct weh_value styles;
    weh_err err = WEH_OK;

    if (given == NULL || given->type != WEH_VALUE_MAP) {
        return WEH_OK;
    }
    styles = *given;
    if (!bis->want_excluded_set) {
        err = show_excluded(bis, &styles, diag);
    }
    if (err == WEH_OK && bis->omit_script_ids) {
        err = omit_script_ids(bis, &styles, diag);
    }
    return err == WEH_OK ? replace(bis, json, "styles", styles, diag) : err;
}
