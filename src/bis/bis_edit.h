/* src/bis/bis_edit.h - one insert or update on its way, and the files that it passes through; not for
 * other folders.
 *
 * The way: members.c sorts what was given, rules.c checks it, binders.c turns it into column values,
 * write.c runs the statements.
 */
#ifndef BIS_EDIT_H
#define BIS_EDIT_H

#include "bis_priv.h"

/** What geometry an edit brings; see geometry.c. */
struct bis_geometry {
    bool is_given;
    bool sets_stream; /* the column is written: from weh_bis.geometry, or NULL */
    bool has_stream;
    bool has_box; /* the placement is written, else it becomes NULL */
    bool has_stored_box;
    weh_id category;                  /* of the element, as it will be */
    struct weh_placement3d placement; /* in 2d: x and y, the angle as the first */
};

/** One insert or update on its way. */
struct bis_edit {
    struct weh_bis *bis;
    struct bis_plan *plan;
    const struct weh_value *props;
    bool is_insert;
    bool is_model;       /* the edit is the first member of a struct model_edit */
    bool is_plain;       /* an insert without a savepoint: it takes back its rows when it fails */
    bool is_default_sub; /* the sub-category that comes with a category */
    bool is_link;        /* a row of a link table, between source and target */
    bool is_instance; /* an insert whose id, taken when all is bound, is of the instance sequence */
    bool replaces;    /* an update of the whole: what the props do not name becomes NULL */
    weh_id id;
    weh_id source;
    weh_id target;
    weh_id model;
    uint64_t model_traits;
    bool in_spatial_index;
    bool
        reindexes; /* an update that puts the element into the spatial index: its trigger must run */
    weh_id parent; /* 0: none */
    weh_id parent_rel;
    weh_id code_spec;
    weh_id code_scope;
    struct weh_str code_value; /* trimmed */
    weh_id category;
    struct bis_geometry geometry;
    const struct weh_value **plain; /* for each property: its value when set generically */
    uint8_t *touched;               /* for each property: 1 when the edit writes it */
    const int *params;              /* for each leaf */
    sqlite3_stmt *stmts[BIS_MAX_TABLES];
};

/* ---- props.c: arguments and bound values ---- */
/** Read an id string; WEH_E_BAD_ARGS naming @where. Absent or null: 0. */
weh_err bis_id_read(const struct weh_value *value, const char *where, weh_id *out,
                    struct weh_diag *diag);
/** Read an id string or {id, relClassName}; the class id of an unknown or absent name is 0. */
weh_err bis_related_read(const struct weh_bis *bis, const struct weh_value *value,
                         const char *where, weh_id *id, weh_id *rel, struct weh_diag *diag);
/** The class that the props name, NULL when there is none or it is unknown. */
const struct weh_ec_class *bis_class_find(const struct weh_bis *bis, const struct weh_value *props);
/** Say another iTwin.js number than the one of @err, which is returned. */
weh_err bis_fail_number(weh_err err, int32_t itwin, struct weh_diag *diag);
weh_err bis_class_read(const struct weh_bis *bis, const struct weh_value *props, enum bis_base base,
                       const struct weh_ec_class **out, struct weh_diag *diag);
/** JSON text of @value, as it is stored, in the arena. */
weh_err bis_json_text(struct weh_bis *bis, const struct weh_value *value, struct weh_str *out,
                      struct weh_diag *diag);
/* Bind one leaf of a slot; nothing happens when the edit does not write it. */
weh_err bis_put_int(struct bis_edit *edit, enum bis_slot slot, const char *member, int64_t value,
                    struct weh_diag *diag);
weh_err bis_put_real(struct bis_edit *edit, enum bis_slot slot, const char *member, double value,
                     struct weh_diag *diag);
/** Text lives until the statement has run; an empty one is stored as NULL when @null_if_empty. */
weh_err bis_put_text(struct bis_edit *edit, enum bis_slot slot, struct weh_str value,
                     bool null_if_empty, struct weh_diag *diag);
weh_err bis_put_blob(struct bis_edit *edit, enum bis_slot slot, const void *bytes, size_t n,
                     struct weh_diag *diag);
/** Id and relationship class of a navigation slot; 0 is NULL. */
weh_err bis_put_nav(struct bis_edit *edit, enum bis_slot slot, weh_id id, weh_id rel,
                    struct weh_diag *diag);
weh_err bis_put_point(struct bis_edit *edit, enum bis_slot slot, unsigned n, const double *point,
                      struct weh_diag *diag);

/* ---- members.c: which member of the props sets what ---- */
/** Sort the members of the props: what each sets, or WEH_E_BAD_ARGS naming an unknown one. */
weh_err bis_members_route(struct bis_edit *edit, struct weh_diag *diag);
/** The edit sets @member's property as its EC type says. WEH_E_BAD_ARGS naming an unknown member. */
weh_err bis_member_plain(struct bis_edit *edit, const struct weh_member *member,
                         struct weh_diag *diag);
/** Every property that members set becomes NULL unless the props name it. */
void bis_members_replace(struct bis_edit *edit);
/** WEH_E_BAD_ARGS naming the member @key. */
weh_err bis_fail_unknown(const struct bis_edit *edit, struct weh_str key, struct weh_diag *diag);
/** Bind everything that the edit writes. */
weh_err bis_members_bind(struct bis_edit *edit, struct weh_diag *diag);
/** Rows beside the entity's own: selectors, the default sub-category. */
weh_err bis_members_finish(struct bis_edit *edit, struct weh_diag *diag);

/* ---- binders.c ---- */
typedef weh_err (*bis_binder)(struct bis_edit *edit, const struct weh_value *value,
                              struct weh_diag *diag);
#define X(name)                                                                   \
    weh_err bis_bind_##name(struct bis_edit *edit, const struct weh_value *value, \
                            struct weh_diag *diag);
#include "binders.def"
#undef X

/* ---- rules.c ---- */
weh_err bis_check_insert(struct bis_edit *edit, struct weh_diag *diag);
weh_err bis_check_update(struct bis_edit *edit, const struct bis_head *head, struct weh_diag *diag);

/* ---- geometry.c ---- */
/** Make the columns of the geometry that the props bring, if any, and touch them. */
weh_err bis_geometry_prepare(struct bis_edit *edit, struct weh_diag *diag);
weh_err bis_geometry_bind(struct bis_edit *edit, struct weh_diag *diag);

/* ---- model.c ---- */
weh_err bis_model_bind(struct bis_edit *base, struct weh_diag *diag);

/* ---- write.c ---- */
weh_err bis_edit_begin(struct bis_edit *edit, struct weh_bis *bis, struct bis_plan *plan,
                       const struct weh_value *props, struct weh_diag *diag);
/** Bind and run the inserts of @edit (whose id is set), or its updates. */
weh_err bis_insert_rows(struct bis_edit *edit, struct weh_diag *diag);
weh_err bis_update_rows(struct bis_edit *edit, struct weh_diag *diag);
/** Insert without a savepoint of its own: checks, id, rows, what belongs to it. */
weh_err bis_insert_checked(struct bis_edit *edit, struct weh_diag *diag);
weh_err bis_begin(struct weh_bis *bis, struct weh_diag *diag);
/** The same without a savepoint, for an insert of nothing but the entity's own rows. */
weh_err bis_begin_plain(struct weh_bis *bis, struct weh_diag *diag);
/** Delete the row @id of @table; joined and overflow rows go with it by the file's cascades. */
weh_err bis_row_delete(struct weh_bis *bis, const struct weh_ec_table *table, weh_id id,
                       struct weh_diag *diag);
/** End the edit: keeps when @err is WEH_OK. Returns @err, or why it could not end. */
weh_err bis_end(struct weh_bis *bis, weh_err err, struct weh_diag *diag);

/* ---- selector.c ---- */
weh_err bis_selector_replace(struct weh_bis *bis, enum bis_link_name name, weh_id id,
                             const struct weh_value *value, struct weh_diag *diag);

/* ---- relationship_drive.c ---- */
/** The driving relationship @edge to @target was edited: the next save evaluates it. */
weh_err bis_drive_add(struct weh_bis *bis, weh_id edge, weh_id target, struct weh_diag *diag);
/** Evaluate what has changed: no relationship that is reached stays marked as failed. */
weh_err bis_drives_settle(struct weh_bis *bis, const struct weh_change_list *changes,
                          struct weh_diag *diag);

/* ---- propagate.c ---- */
/** LastMod of model @id, and its geometry GUID when it has one and @guid is not NULL. */
weh_err bis_model_touch(struct weh_bis *bis, weh_id id, const struct weh_guid *guid,
                        struct weh_diag *diag);
weh_err bis_restyled_add(struct weh_bis *bis, weh_id category, struct weh_diag *diag);

#endif
