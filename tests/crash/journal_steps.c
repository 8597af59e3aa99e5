/* tests/crash/journal_steps.c - see journal_steps.h. */
#include "journal_steps.h"

#include <stdio.h>
#include <string.h>

#include "try.h"

#define N_MANY 400 /* subjects: more than the page cache of their scenario holds */

/* Dropped with what is unsaved, as by a kill, and opened anew. */
static weh_err leave(struct world *w)
{
    world_close(w);
    return world_open(w);
}

/* @code: a new one each time. */
static weh_err edit_and_journal(struct world *w, const char *code)
{
    TRY(world_subject(w, NULL, code));
    TRY(world_journal(w));
    TRY(world_update(w, "{'id':'0x1','userLabel':'unsaved','jsonProperties':{'a':[1,2]}}"));
    TRY(world_property(w, "j", code));
    return world_journal(w);
}

weh_err saved_and_journaled(struct world *w)
{
    TRY(world_subject(w, NULL, "saved"));
    TRY(world_save(w, "subject"));
    return edit_and_journal(w, "unsaved");
}

/* ---- left ---- */

weh_err leave_journal(struct world *w)
{
    TRY(edit_and_journal(w, "left"));
    return leave(w);
}

weh_err leave_journal_of_geometry(struct world *w)
{
    TRY(world_insert(
        w, NULL,
        "{'classFullName':'Generic:PhysicalObject','model':'0x35','category':'0x16','code':{'spec':"
        "'0x1','scope':'0x1','value':''},'placement':{'origin':[1,2,3],'angles':{'yaw':30}},"
        "'geom':[{'lineString':[[0,0,0],[1,0,0],[1,1,0]]}]}"));
    TRY(world_update(w, "{'id':'0x8a','placement':{'origin':[100,200,300],'angles':{}}}"));
    TRY(world_journal(w));
    TRY(world_delete(w, 0x8a));
    TRY(world_journal(w));
    return leave(w);
}

static weh_err insert_many(struct world *w)
{
    char code[400];
    weh_err err = WEH_OK;

    for (int i = 0; i < N_MANY && err == WEH_OK; i++) {
        int n = snprintf(code, sizeof(code), "many %d ", i);

        memset(code + n, 'x', 300);
        code[n + 300] = '\0';
        err = world_subject(w, NULL, code);
    }
    return err;
}

weh_err leave_journal_of_many(struct world *w)
{
    TRY(insert_many(w));
    TRY(world_journal(w));
    return leave(w);
}

weh_err leave_journal_of_restart(struct world *w)
{
    weh_err err;

    TRY(world_property(w, "r", "before the restart"));
    err = weh_txn_restart(w->stack, &w->diag);
    w->is_unsaved = w->is_unsaved || err != WEH_OK;
    TRY(err);
    TRY(world_journal(w));
    return leave(w);
}

weh_err leave_journal_of_nothing(struct world *w)
{
    TRY(world_property(w, "n", "for a moment"));
    TRY(world_journal(w));
    TRY(world_property(w, "n", NULL));
    TRY(world_journal(w));
    return leave(w);
}

/* ---- decided ---- */

weh_err restore_and_save(struct world *w)
{
    TRY(world_restore(w));
    return world_save(w, "restored");
}

weh_err restore_and_abandon(struct world *w)
{
    TRY(world_restore(w));
    return world_abandon(w);
}

weh_err restore_and_leave(struct world *w)
{
    TRY(world_restore(w));
    TRY(leave(w));
    TRY(world_restore(w));
    TRY(world_property(w, "k", "more"));
    TRY(world_journal(w));
    return leave(w);
}

/* ---- without a kill in between ---- */

/* Each save makes its journal worthless, and there is the next one. */
weh_err journal_and_save(struct world *w)
{
    TRY(edit_and_journal(w, "journaled and saved"));
    TRY(world_save(w, "with a journal"));
    TRY(world_property(w, "j", "saved"));
    TRY(world_journal(w));
    return world_save(w, "with another");
}

weh_err journal_and_undo(struct world *w)
{
    weh_err err;

    TRY(world_property(w, "j", "unsaved again"));
    TRY(world_journal(w));
    err = world_undo(w, 1);
    /* It may fail before it drops them. */
    w->is_unsaved = err != WEH_OK;
    return err;
}

weh_err journal_and_abandon(struct world *w)
{
    TRY(edit_and_journal(w, "journaled and abandoned"));
    TRY(world_abandon(w));
    TRY(world_property(w, "l", "unsaved"));
    TRY(world_journal(w));
    return world_abandon(w);
}
