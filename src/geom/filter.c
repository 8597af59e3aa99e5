/* src/geom/filter.c - which geometry streams an edit tool wants.
 *
 * What stands in a filter is read as JavaScript reads it: a member that counts as false is none, and one of a wrong
 * kind is a fault only when an entry is held against it.
 */
#include "weh/geom_filter.h"
#include "weh/geom_kind.h"

#define ARENA_BYTES ((size_t)512 << 20)

/* FlatBufferGeometryFilter of @itwin/editor-common. */
struct filter {
    bool is_null; /* null was given, not nothing */
    const struct weh_value *max_displayable;
    const struct weh_value *accept;
    const struct weh_value *reject;
    const struct weh_value *geometry; /* NULL: absent */
    bool wants_curves;
    bool wants_surfaces;
    bool wants_solids;
    uint32_t n_displayable; /* seen so far */
    struct weh_arena arena; /* for one entry */
};

static weh_err bad_member(const char *name, const char *kind, struct weh_diag *diag)
{
    return weh_fail_where(diag, WEH_E_BAD_ARGS, name, "filter.%s must be %s", name, kind);
}

/* What JavaScript takes for true. */
static bool is_true(const struct weh_value *value)
{
    double number;

    if (weh_value_is_null(value)) {
        return false;
    }
    if (value->type == WEH_VALUE_STRING) {
        return value->n > 0;
    }
    if (value->type == WEH_VALUE_BOOL) {
        return value->as.boolean;
    }
    return !weh_value_to_double(value, &number) || number != 0.0;
}

static void filter_init(struct filter *filter, const struct weh_value *given)
{
    const struct weh_value *geometry = weh_value_get(given, "geometry");

    *filter = (struct filter){ .is_null = given != NULL && given->type == WEH_VALUE_NULL,
                               .max_displayable = weh_value_get(given, "maxDisplayable"),
                               .accept = weh_value_get(given, "accept"),
                               .reject = weh_value_get(given, "reject"),
                               .geometry = geometry,
                               .wants_curves = is_true(weh_value_get(geometry, "curves")),
                               .wants_surfaces = is_true(weh_value_get(geometry, "surfaces")),
                               .wants_solids = is_true(weh_value_get(geometry, "solids")) };
    weh_arena_init(&filter->arena, ARENA_BYTES);
}

/* A limit that is no number is one that nothing is above. */
static bool is_above(uint32_t n, const struct weh_value *limit)
{
    double most = 1.0; /* true */

    return is_true(limit) && (limit->type == WEH_VALUE_BOOL || weh_value_to_double(limit, &most)) &&
           n > most;
}

static bool lists(const struct weh_value *opcodes, uint32_t opcode)
{
    double number;

    for (uint32_t i = 0; i < opcodes->n; i++) {
        if (weh_value_to_double(&opcodes->as.items[i], &number) && number == opcode) {
            return true;
        }
    }
    return false;
}

/* An opcode that is among @opcodes is accepted (@wanted) or not. */
static weh_err check_opcode(const struct weh_value *opcodes, const char *name, uint32_t opcode,
                            bool wanted, bool *accepted, struct weh_diag *diag)
{
    if (!*accepted || !is_true(opcodes)) {
        return WEH_OK;
    }
    if (opcodes->type != WEH_VALUE_ARRAY) {
        return bad_member(name, "an array", diag);
    }
    *accepted = lists(opcodes, opcode) == wanted;
    return WEH_OK;
}

/* Who wants nothing but curves gets no bodies, even if they are wires. */
static weh_err find_kind(struct filter *filter, const struct weh_geom_stored *stored,
                         enum weh_geom_kind *out, struct weh_diag *diag)
{
    bool is_curve = false;
    weh_err err;

    weh_arena_reset(&filter->arena);
    if (!filter->wants_curves || filter->wants_surfaces || filter->wants_solids) {
        return weh_geom_kind_of(stored, &filter->arena, out, diag);
    }
    err = weh_geom_is_curve(stored, &filter->arena, &is_curve, diag);
    *out = is_curve ? WEH_GEOM_KIND_CURVE : WEH_GEOM_KIND_NONE;
    return err;
}

static weh_err check_kind(struct filter *filter, const struct weh_geom_stored *stored,
                          bool *accepted, struct weh_diag *diag)
{
    enum weh_geom_kind kind = WEH_GEOM_KIND_NONE;
    weh_err err;

    if (!*accepted || filter->geometry == NULL) {
        return WEH_OK;
    }
    if (filter->geometry->type == WEH_VALUE_NULL) {
        return bad_member("geometry", "an object", diag);
    }
    err = find_kind(filter, stored, &kind, diag);
    *accepted = (kind == WEH_GEOM_KIND_CURVE && filter->wants_curves) ||
                (kind == WEH_GEOM_KIND_SURFACE && filter->wants_surfaces) ||
                (kind == WEH_GEOM_KIND_SOLID && filter->wants_solids);
    return err;
}

static weh_err check_entry(struct filter *filter, const struct weh_geom_stored *stored,
                           bool *accepted, struct weh_diag *diag)
{
    weh_err err;

    if (!weh_geom_op_is_displayable(stored->opcode)) {
        return WEH_OK;
    }
    if (filter->is_null) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "filter", "filter must be an object");
    }
    filter->n_displayable++;
    *accepted = !is_above(filter->n_displayable, filter->max_displayable);
    err = check_opcode(filter->reject, "reject", stored->opcode, false, accepted, diag);
    if (err == WEH_OK) {
        err = check_opcode(filter->accept, "accept", stored->opcode, true, accepted, diag);
    }
    return err == WEH_OK ? check_kind(filter, stored, accepted, diag) : err;
}

weh_err weh_geom_filter_accepts(const struct weh_value *filter, const struct weh_buf *stream,
                                bool *accepted, struct weh_diag *diag)
{
    struct weh_geom_walk walk = weh_geom_walk_of(stream);
    struct weh_geom_stored stored;
    struct filter state;
    weh_err err = WEH_OK;

    *accepted = true;
    filter_init(&state, filter);
    while (err == WEH_OK && *accepted && weh_geom_walk_next(&walk, &stored)) {
        err = check_entry(&state, &stored, accepted, diag);
    }
    weh_arena_fini(&state.arena);
    return err;
}
