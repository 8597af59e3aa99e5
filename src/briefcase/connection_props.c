/* src/briefcase/connection_props.c - what a client is told about the iModel it has opened.
 *
 * Shape: IModelConnectionProps of @itwin/core-common 5.1. geographicCoordinateSystem is left out:
 * it is stored in a binary form of its own.
 */
#include "weh/json.h"

#include "briefcase_priv.h"
#include "content_priv.h"
#include "location.h"

/** The parent changeset: its index is only known when the JSON beside it speaks of the same one. */
static weh_err write_changeset(struct weh_briefcase *briefcase, struct weh_arena *arena,
                               struct weh_sink *sink, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 4, .max_values = 20 };
    const struct weh_value *json_id = NULL;
    struct weh_value json = { .type = WEH_VALUE_NULL };
    struct weh_str id = { NULL, 0 };
    struct weh_str text = { NULL, 0 };
    int64_t index = 0;
    bool has_index;
    weh_err err = weh_local_read(briefcase, "ParentChangeSetId", arena, &id, diag);

    if (err == WEH_OK) {
        err = weh_local_read(briefcase, "parentChangeset", arena, &text, diag);
    }
    if (err == WEH_OK && text.ptr != NULL &&
        weh_json_parse(text, &limits, arena, &json, NULL) == WEH_E_NOMEM) {
        err = weh_fail_nomem(diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    json_id = weh_value_get(&json, "id");
    has_index = json_id != NULL && json_id->type == WEH_VALUE_STRING &&
                weh_str_eq(weh_value_str(json_id), id) && weh_value_get(&json, "index") != NULL &&
                weh_value_to_int64(weh_value_get(&json, "index"), &index);
    has_index = has_index || id.len == 0;
    weh_sink_key(sink, "changeset");
    weh_sink_map_begin(sink, has_index ? 2 : 1);
    weh_sink_key(sink, "id");
    weh_sink_str(sink, id);
    if (has_index) {
        weh_sink_key(sink, "index");
        weh_sink_int(sink, index);
    }
    weh_sink_map_end(sink);
    return WEH_OK;
}

static void write_guid(struct weh_sink *sink, const char *key, const struct weh_guid *guid)
{
    char text[WEH_GUID_TEXT_SIZE];

    weh_guid_print(guid, text);
    weh_sink_key(sink, key);
    weh_sink_text(sink, text);
}

static weh_err write_root_subject(struct weh_briefcase *briefcase, struct weh_arena *arena,
                                  struct weh_sink *sink, struct weh_diag *diag)
{
    struct weh_str name = { NULL, 0 };
    struct weh_str description = { NULL, 0 };
    weh_err err = weh_root_subject_read(briefcase, arena, &name, &description, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_sink_key(sink, "name");
    weh_sink_str(sink, name);
    weh_sink_key(sink, "rootSubject");
    /* An empty description is left out as well (core-backend 5.1.9). */
    weh_sink_map_begin(sink, description.len == 0 ? 1 : 2);
    weh_sink_key(sink, "name");
    weh_sink_str(sink, name);
    if (description.len > 0) {
        weh_sink_key(sink, "description");
        weh_sink_str(sink, description);
    }
    weh_sink_map_end(sink);
    return WEH_OK;
}

weh_err weh_briefcase_write_connection_props(struct weh_briefcase *briefcase, struct weh_sink *sink,
                                             struct weh_diag *diag)
{
    struct weh_arena arena;
    weh_err err;

    weh_assert(briefcase != NULL && sink != NULL);
    weh_arena_init(&arena, 0);
    err = write_root_subject(briefcase, &arena, sink, diag);
    if (err == WEH_OK) {
        err = weh_location_write(briefcase, &arena, sink, diag);
    }
    if (err == WEH_OK) {
        write_guid(sink, "iTwinId", &briefcase->itwin_guid);
        write_guid(sink, "iModelId", &briefcase->imodel_guid);
        err = write_changeset(briefcase, &arena, sink, diag);
    }
    if (err == WEH_OK) {
        weh_sink_key(sink, "briefcaseId");
        weh_sink_int(sink, briefcase->id);
    }
    weh_arena_fini(&arena);
    return err;
}
