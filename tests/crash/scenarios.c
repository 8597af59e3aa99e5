/* tests/crash/scenarios.c - see scenarios.h.
 *
 * Everything that writes a file, each kind at least once. What is added to the product and writes
 * gets a row here. Ids are those that the file's sequences give: everything is done again and again
 * from the same beginning.
 */
#include "scenarios.h"

#include <stdio.h>
#include <string.h>

#include "weh/aspect.h"
#include "weh/code_spec.h"
#include "weh/imodel.h"
#include "weh/model.h"
#include "weh/relationship.h"
#include "weh/txn_savepoint.h"

#include "journal_steps.h"
#include "try.h"

#define N_MANY 400 /* subjects of the big save: more than its page cache holds */

/* The next ids of tests/data. */
#define NEXT_IN_SMALL "0x1ba"

/* A call that is not an edit of an element: what was unsaved before stays when it fails. */
static weh_err other_edit(struct world *w, weh_err err)
{
    w->is_unsaved = w->is_unsaved || err != WEH_OK;
    weh_arena_reset(&w->arena);
    return err;
}

/* ---- sessions ---- */

static weh_err reopen(struct world *w)
{
    world_close(w);
    return world_open(w);
}

static weh_err settle_and_reopen(struct world *w)
{
    world_settle_and_close(w);
    return world_open(w);
}

static weh_err do_open(struct world *w)
{
    return world_open(w);
}

static weh_err save_nothing(struct world *w)
{
    return world_save(w, "nothing");
}

/* ---- small edits ---- */

static weh_err save_subject(struct world *w)
{
    TRY(world_subject(w, NULL, "first"));
    TRY(world_subject(w, NULL, "second"));
    return world_save(w, "subjects");
}

static weh_err save_update(struct world *w)
{
    TRY(world_update(w, "{'id':'0x1','userLabel':'changed','jsonProperties':{'a':[1,2]}}"));
    return world_save(w, "");
}

static weh_err save_property(struct world *w)
{
    TRY(world_property(w, "p", "one value"));
    return world_save(w, "property");
}

static weh_err save_other_property(struct world *w)
{
    TRY(world_property(w, "p", "another value"));
    TRY(world_property(w, "q", "one more"));
    return world_save(w, "properties");
}

static weh_err drop_property(struct world *w)
{
    TRY(world_property(w, "p", NULL));
    return world_save(w, "no property");
}

static weh_err three_saves(struct world *w)
{
    TRY(save_subject(w));
    TRY(save_update(w));
    return save_property(w);
}

/* ---- history ---- */

static weh_err undo_one(struct world *w)
{
    return world_undo(w, 1);
}

static weh_err undo_all(struct world *w)
{
    return world_undo(w, 100);
}

static weh_err redo(struct world *w)
{
    return world_redo(w);
}

static weh_err three_saves_undone(struct world *w)
{
    TRY(three_saves(w));
    TRY(undo_one(w));
    return world_undo(w, 2);
}

static weh_err grouped_saves(struct world *w)
{
    uint32_t depth = 0;

    TRY(weh_txn_begin_operation(w->stack, WEH_STR("group"), &depth, &w->diag));
    TRY(save_property(w));
    TRY(weh_txn_begin_operation(w->stack, WEH_STR(""), &depth, &w->diag));
    TRY(save_update(w));
    TRY(weh_txn_end_operation(w->stack, &depth, &w->diag));
    return weh_txn_end_operation(w->stack, &depth, &w->diag);
}

static weh_err history_of_groups(struct world *w)
{
    TRY(save_subject(w));
    TRY(grouped_saves(w));
    return drop_property(w);
}

static weh_err history_of_groups_undone(struct world *w)
{
    TRY(history_of_groups(w));
    TRY(undo_one(w));
    return undo_one(w);
}

static void take_second(void *ctx, const struct weh_txn_info *info)
{
    struct weh_txn_id *ids = ctx;

    ids[0] = ids[1];
    ids[1] = info->id;
}

/* Down to the last but one. */
static weh_err cancel(struct world *w)
{
    struct weh_txn_id ids[2] = { { 0 } };
    struct weh_txn_visitor visitor = { ids, take_second };

    TRY(weh_txn_list(w->stack, 2, &visitor, &w->diag));
    return world_cancel_to(w, ids[0]);
}

static weh_err restart(struct world *w)
{
    return world_restart(w);
}

/* What is unsaved keeps the restart from the file until the save. */
static weh_err edit_restart_save(struct world *w)
{
    weh_err err;

    TRY(world_property(w, "r", "before the restart"));
    err = weh_txn_restart(w->stack, &w->diag);
    w->is_unsaved = w->is_unsaved || err != WEH_OK;
    TRY(err);
    return world_save(w, "restarted");
}

static weh_err edit_and_abandon(struct world *w)
{
    TRY(world_subject(w, NULL, "abandoned"));
    TRY(world_property(w, "a", "abandoned"));
    return world_abandon(w);
}

static weh_err use_savepoints(struct world *w)
{
    size_t mark = 0;

    TRY(world_subject(w, NULL, "kept"));
    TRY(other_edit(w, weh_txn_savepoint(w->stack, WEH_STR("a"), weh_bis_mark(w->bis), &w->diag)));
    TRY(world_subject(w, NULL, "dropped"));
    TRY(other_edit(w, weh_txn_savepoint(w->stack, WEH_STR("b"), weh_bis_mark(w->bis), &w->diag)));
    TRY(world_property(w, "s", "dropped"));
    TRY(other_edit(w, weh_txn_rollback_to(w->stack, WEH_STR("a"), &mark, &w->diag)));
    weh_bis_forget_since(w->bis, mark);
    TRY(world_property(w, "t", "kept"));
    TRY(other_edit(w, weh_txn_release(w->stack, WEH_STR("a"), &w->diag)));
    return world_save(w, "with savepoints");
}

/* ---- many rows: the page cache runs over into the log before the save ---- */

static weh_err insert_long(struct world *w, int i)
{
    char code[600];
    int n = snprintf(code, sizeof(code), "many %d ", i);

    memset(code + n, 'x', 300);
    code[n + 300] = '\0';
    return world_subject(w, NULL, code);
}

static weh_err save_many(struct world *w)
{
    weh_err err = WEH_OK;

    for (int i = 0; err == WEH_OK && i < N_MANY; i++) {
        err = insert_long(w, i);
    }
    return err == WEH_OK ? world_save(w, "many") : err;
}

/* ---- the rest of BIS ---- */

static weh_err save_model(struct world *w)
{
    weh_id id = 0;

    TRY(world_insert(w, NULL,
                     "{'classFullName':'BisCore:PhysicalPartition','model':'0x1','parent':{'id':"
                     "'0x1','relClassName':'BisCore:SubjectOwnsPartitionElements'},'code':{'spec':"
                     "'0x1','scope':'0x1','value':''}}"));
    TRY(other_edit(w,
                   weh_model_insert(w->bis,
                                    world_value(w, "{'classFullName':'BisCore:PhysicalModel',"
                                                   "'modeledElement':{'id':'" NEXT_IN_SMALL "'}}"),
                                    &id, &w->diag)));
    return world_save(w, "model");
}

static weh_err fill_and_update_model(struct world *w)
{
    TRY(world_insert(w, NULL,
                     "{'classFullName':'Generic:PhysicalObject','model':'" NEXT_IN_SMALL
                     "','category':'0x16','code':{'spec':'0x1','scope':'0x1','value':''}}"));
    TRY(other_edit(w, weh_model_update(w->bis,
                                       world_value(w, "{'id':'" NEXT_IN_SMALL
                                                      "','isPrivate':true,'jsonProperties':"
                                                      "{'a':1}}"),
                                       &w->diag)));
    return world_save(w, "in the model");
}

static weh_err delete_model(struct world *w)
{
    TRY(other_edit(w, weh_model_delete(w->bis, 0x1ba, &w->diag)));
    TRY(world_delete(w, 0x1ba));
    return world_save(w, "no model");
}

#define NOTE "WebEditTest:WidgetNote"
#define INFO "WebEditTest:WidgetInfo"

static weh_err save_aspects(struct world *w)
{
    weh_id id = 0;

    TRY(other_edit(w, weh_aspect_insert(w->bis,
                                        world_value(w, "{'classFullName':'" NOTE "','element':{"
                                                       "'id':'0x130'},'text':'a','rating':3}"),
                                        &id, &w->diag)));
    TRY(other_edit(w, weh_aspect_update(w->bis,
                                        world_value(w, "{'classFullName':'" INFO "','element':{"
                                                       "'id':'0x130'},'info':'changed'}"),
                                        &w->diag)));
    return world_save(w, "aspects");
}

static weh_err delete_aspects(struct world *w)
{
    static const weh_id ids[] = { 0x5b, 0x5c };

    TRY(other_edit(w, weh_aspect_delete(w->bis, ids, WEH_ARRAY_LEN(ids), &w->diag)));
    return world_save(w, "no aspects");
}

#define REFERS "WebEditTest:WidgetRefersToRecord"
#define DRIVES "BisCore:ElementDrivesElement"

static weh_err save_relationships(struct world *w)
{
    weh_id id = 0;

    TRY(other_edit(w, weh_relationship_insert(w->bis,
                                              world_value(w, "{'classFullName':'" REFERS
                                                             "','sourceId':'0x130',"
                                                             "'targetId':'0x3b','role':'r'}"),
                                              false, &id, &w->diag)));
    TRY(other_edit(w, weh_relationship_insert(w->bis,
                                              world_value(w, "{'classFullName':'" DRIVES
                                                             "','sourceId':'0x130',"
                                                             "'targetId':'0x131'}"),
                                              false, &id, &w->diag)));
    TRY(other_edit(w, weh_relationship_update(
                          w->bis,
                          world_value(w, "{'classFullName':'" REFERS "','id':'0x2a','role':'r'}"),
                          &w->diag)));
    return world_save(w, "relationships");
}

static weh_err delete_relationship(struct world *w)
{
    TRY(other_edit(
        w, weh_relationship_delete(
               w->bis, world_value(w, "{'classFullName':'" DRIVES "','id':'0x51'}"), &w->diag)));
    return world_save(w, "no relationship");
}

static weh_err save_geometry(struct world *w)
{
    TRY(world_insert(
        w, NULL,
        "{'classFullName':'Generic:PhysicalObject','model':'0x35','category':'0x16','code':{'spec':"
        "'0x1','scope':'0x1','value':''},'placement':{'origin':[1,2,3],'angles':{'yaw':30}},"
        "'geom':[{'loop':[{'lineString':[[0,0,0],[1,0,0],[1,1,0],[0,0,0]]}]}]}"));
    TRY(world_update(w, "{'id':'0x8a','placement':{'origin':[100,200,300],'angles':{}}}"));
    return world_save(w, "geometry");
}

static weh_err delete_geometry(struct world *w)
{
    TRY(world_delete(w, 0x1ba));
    TRY(world_delete(w, 0x8a));
    return world_save(w, "no geometry");
}

static weh_err save_wide_element(struct world *w)
{
    TRY(world_insert(w, NULL,
                     "{'classFullName':'WebEditTest:WideWidget','model':'0x35','category':'0x16',"
                     "'code':{'spec':'bis:Subject','scope':'0x1','value':'v'},'s':'t','ints':[1],"
                     "'jsonProperties':{'a':[1,2]},'tags':[{'name':'n'}]}"));
    TRY(world_update(w, "{'id':'0x18a','userLabel':'x','s':'t','w47':null}"));
    return world_save(w, "wide");
}

static weh_err delete_tree(struct world *w)
{
    size_t n = 0;

    TRY(other_edit(w, weh_element_delete_tree(w->bis, 0x11, &n, &w->diag)));
    return world_save(w, "no tree");
}

static weh_err save_code_spec(struct world *w)
{
    weh_id id = 0;

    TRY(other_edit(w, weh_code_spec_insert(w->bis, WEH_STR("crash:spec"),
                                           world_value(w, "{'scopeSpec':{'type':1}}"), &id,
                                           &w->diag)));
    return world_save(w, "code spec");
}

static weh_err save_batch(struct world *w)
{
    weh_err err;

    TRY(other_edit(w, weh_bis_batch_begin(w->bis, &w->diag)));
    err = world_subject(w, NULL, "one of two");
    if (err == WEH_OK) {
        err = world_update(w, "{'id':'0x1','userLabel':'two of two'}");
    }
    TRY(other_edit(w, weh_bis_batch_end(w->bis, err, &w->diag)));
    return world_save(w, "batch");
}

/* ---- a new file ---- */

static weh_err create(struct world *w)
{
    struct weh_imodel_create_props props = { .root_subject_name = WEH_STR("created") };

    TRY(weh_imodel_create(WORLD_PATH, &props, &w->diag));
    /* Told to the client before it is opened. */
    if (!fake_disk_has(WORLD_NAME)) {
        crash_fail("the new iModel is not there");
    }
    TRY(world_open(w));
    world_mark(w);
    return WEH_OK;
}

/* clang-format off */
const struct scenario scenarios[] = {
    { .name = "save", .file = "empty.bim", .steps = {
        { .name = "subjects", .run = save_subject }, { .name = "update", .run = save_update }, { .name = "property", .run = save_property },
        { .name = "nothing", .run = save_nothing } } },
    { .name = "undo", .file = "empty.bim", .prepare = three_saves, .steps = {
        { .name = "reopen", .run = reopen }, { .name = "one", .run = undo_one }, { .name = "all", .run = undo_all } } },
    { .name = "redo", .file = "empty.bim", .prepare = three_saves_undone, .steps = {
        { .name = "reopen", .run = reopen }, { .name = "first", .run = redo }, { .name = "second", .run = redo } } },
    { .name = "undo-in-session", .file = "empty.bim", .steps = {
        { .name = "save", .run = save_subject }, { .name = "more", .run = save_update }, { .name = "undo", .run = undo_one },
        { .name = "redo", .run = redo }, { .name = "undo all", .run = undo_all }, { .name = "save anew", .run = save_property } } },
    { .name = "many", .file = "empty.bim", .cache_kb = 64, .costly = true, .steps = {
        { .name = "save", .run = save_many }, { .name = "undo", .run = undo_one }, { .name = "redo", .run = redo } } },
    { .name = "groups", .file = "empty.bim", .steps = {
        { .name = "save", .run = grouped_saves, .fresh = true }, { .name = "undo", .run = undo_one }, { .name = "redo", .run = redo },
        { .name = "reopen", .run = reopen }, { .name = "undo later", .run = undo_one } } },
    { .name = "savepoints", .file = "empty.bim", .steps = {
        { .name = "use", .run = use_savepoints }, { .name = "undo", .run = undo_one } } },
    { .name = "file-properties", .file = "empty.bim", .steps = {
        { .name = "insert", .run = save_property }, { .name = "update", .run = save_other_property },
        { .name = "delete", .run = drop_property }, { .name = "undo", .run = undo_all } } },
    { .name = "recovery", .file = "empty.bim", .killed = true, .prepare = three_saves, .steps = {
        { .name = "open", .run = do_open }, { .name = "save", .run = save_other_property }, { .name = "undo", .run = undo_one } } },
    { .name = "recovery-undone", .file = "empty.bim", .killed = true,
      .prepare = history_of_groups_undone, .steps = {
        { .name = "open", .run = do_open }, { .name = "redo", .run = redo }, { .name = "undo", .run = undo_all } } },
    { .name = "close", .file = "empty.bim", .steps = {
        { .name = "save", .run = save_subject }, { .name = "close", .run = reopen }, { .name = "more", .run = save_update },
        { .name = "close again", .run = reopen } } },
    { .name = "checkpoint", .file = "empty.bim", .checkpoint_pages = 8, .steps = {
        { .name = "save", .run = save_subject }, { .name = "more", .run = save_update }, { .name = "property", .run = save_property },
        { .name = "undo", .run = undo_one }, { .name = "redo", .run = redo } } },
    { .name = "settle", .file = "empty.bim", .steps = {
        { .name = "save", .run = save_subject }, { .name = "settle", .run = settle_and_reopen }, { .name = "more", .run = save_property },
        { .name = "settle again", .run = settle_and_reopen } } },
    { .name = "restart", .file = "empty.bim", .prepare = three_saves_undone, .steps = {
        { .name = "reopen", .run = reopen }, { .name = "redo", .run = redo }, { .name = "restart", .run = restart, .restarts = true, .fresh = true },
        { .name = "save", .run = save_other_property }, { .name = "save and restart", .run = edit_restart_save, .restarts = true,
          .fresh = true },
        { .name = "more", .run = save_update } } },
    { .name = "earlier-session", .file = "empty.bim", .prepare = history_of_groups, .steps = {
        { .name = "reopen", .run = reopen }, { .name = "undo all", .run = undo_all }, { .name = "reopen undone", .run = reopen },
        { .name = "redo", .run = redo }, { .name = "reopen redone", .run = reopen }, { .name = "undo", .run = undo_one } } },
    { .name = "cancel", .file = "empty.bim", .prepare = history_of_groups, .steps = {
        { .name = "reopen", .run = reopen }, { .name = "undo", .run = undo_one }, { .name = "cancel", .run = cancel },
        { .name = "save", .run = save_property } } },
    { .name = "abandon", .file = "empty.bim", .steps = {
        { .name = "save", .run = save_property }, { .name = "abandon", .run = edit_and_abandon }, { .name = "more", .run = save_update } } },
    { .name = "journal", .file = "empty.bim", .journals = true, .prepare = three_saves, .steps = {
        { .name = "leave", .run = leave_journal, .fresh = true }, { .name = "again", .run = restore_and_leave, .fresh = true },
        { .name = "save", .run = restore_and_save, .fresh = true }, { .name = "undo", .run = undo_one },
        { .name = "redo", .run = redo }, { .name = "more", .run = save_other_property } } },
    { .name = "journal-decided", .file = "empty.bim", .journals = true, .steps = {
        { .name = "leave", .run = leave_journal, .fresh = true }, { .name = "drop", .run = world_drop, .fresh = true },
        { .name = "of nothing", .run = leave_journal_of_nothing, .fresh = true }, { .name = "leave again", .run = leave_journal, .fresh = true },
        { .name = "abandon", .run = restore_and_abandon, .fresh = true }, { .name = "save", .run = save_other_property } } },
    { .name = "journal-saved", .file = "empty.bim", .journals = true, .steps = {
        { .name = "save", .run = journal_and_save, .fresh = true }, { .name = "undo", .run = journal_and_undo, .fresh = true },
        { .name = "redo", .run = redo }, { .name = "abandon", .run = journal_and_abandon, .fresh = true },
        { .name = "last", .run = save_other_property } } },
    { .name = "journal-killed", .file = "empty.bim", .journals = true, .killed = true, .prepare = saved_and_journaled, .steps = {
        { .name = "open", .run = do_open }, { .name = "save", .run = restore_and_save, .fresh = true },
        { .name = "undo all", .run = undo_all }, { .name = "redo", .run = redo } } },
    { .name = "journal-restart", .file = "empty.bim", .journals = true, .prepare = three_saves, .steps = {
        { .name = "leave", .run = leave_journal_of_restart, .restarts = true, .fresh = true }, { .name = "save", .run = restore_and_save, .restarts = true, .fresh = true },
        { .name = "undo", .run = undo_one } } },
    { .name = "journal-geometry", .file = "small.bim", .journals = true, .steps = {
        { .name = "leave", .run = leave_journal_of_geometry, .fresh = true }, { .name = "save", .run = restore_and_save, .fresh = true },
        { .name = "undo", .run = undo_one } } },
    { .name = "journal-many", .file = "empty.bim", .journals = true, .cache_kb = 64, .costly = true, .steps = {
        { .name = "leave", .run = leave_journal_of_many, .fresh = true }, { .name = "save", .run = restore_and_save, .fresh = true },
        { .name = "undo", .run = undo_one } } },
    { .name = "journal-normal", .file = "empty.bim", .journals = true, .durability = WEH_DURABILITY_NORMAL,
      .prepare = three_saves, .steps = {
        { .name = "leave", .run = leave_journal, .fresh = true }, { .name = "save", .run = restore_and_save, .fresh = true },
        { .name = "more", .run = journal_and_save, .fresh = true }, { .name = "leave again", .run = leave_journal_of_restart, .restarts = true, .fresh = true },
        { .name = "close", .run = reopen } } },
    { .name = "create", .steps = {
        { .name = "create", .run = create, .fresh = true }, { .name = "save", .run = save_subject }, { .name = "reopen", .run = reopen } } },
    { .name = "models", .file = "small.bim", .steps = {
        { .name = "insert", .run = save_model }, { .name = "fill", .run = fill_and_update_model }, { .name = "delete", .run = delete_model },
        { .name = "undo", .run = undo_one } } },
    { .name = "aspects", .file = "small.bim", .steps = {
        { .name = "insert", .run = save_aspects }, { .name = "delete", .run = delete_aspects }, { .name = "undo", .run = undo_all } } },
    { .name = "relationships", .file = "small.bim", .steps = {
        { .name = "insert", .run = save_relationships }, { .name = "delete", .run = delete_relationship },
        { .name = "undo", .run = undo_all } } },
    { .name = "geometry", .file = "small.bim", .steps = {
        { .name = "insert", .run = save_geometry }, { .name = "delete", .run = delete_geometry }, { .name = "undo", .run = undo_one },
        { .name = "redo", .run = redo } } },
    { .name = "wide-elements", .file = "small.bim", .steps = {
        { .name = "save", .run = save_wide_element }, { .name = "undo", .run = undo_one } } },
    { .name = "tree", .file = "small.bim", .checkpoint_pages = 30, .costly = true, .steps = {
        { .name = "delete", .run = delete_tree }, { .name = "undo", .run = undo_one }, { .name = "redo", .run = redo } } },
    { .name = "batch", .file = "empty.bim", .steps = {
        { .name = "batch", .run = save_batch }, { .name = "code spec", .run = save_code_spec }, { .name = "undo", .run = undo_one } } },
    { .name = "normal", .file = "empty.bim", .durability = WEH_DURABILITY_NORMAL, .steps = {
        { .name = "save", .run = save_subject }, { .name = "more", .run = save_update }, { .name = "undo", .run = undo_one },
        { .name = "redo", .run = redo }, { .name = "close", .run = reopen }, { .name = "last", .run = save_property } } },
    { .name = "normal-checkpoint", .file = "empty.bim", .durability = WEH_DURABILITY_NORMAL,
      .checkpoint_pages = 8, .steps = {
        { .name = "save", .run = save_subject }, { .name = "more", .run = save_update }, { .name = "undo", .run = undo_one },
        { .name = "save again", .run = save_property }, { .name = "last", .run = save_other_property } } },
    { .name = "normal-many", .file = "empty.bim", .durability = WEH_DURABILITY_NORMAL,
      .cache_kb = 64, .costly = true, .steps = {
        { .name = "save", .run = save_many }, { .name = "undo", .run = undo_one }, { .name = "settle", .run = settle_and_reopen } } },
};
/* clang-format on */
const size_t n_scenarios = WEH_ARRAY_LEN(scenarios);
