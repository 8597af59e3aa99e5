/* tests/crash/offer.c - the recovery journal of a world: written, restored, dropped, and what of it
 * must be offered to whoever comes afterwards (world.h). */
#include "weh/briefcase_txn.h"
#include "weh/journal.h"

#include "world.h"

void offer_clear(struct offer *offer)
{
    *offer = (struct offer){ 0 };
}

bool offer_is_there(const struct offer *offer)
{
    return offer->content.n != 0 && !offer->is_past;
}

bool offer_may_be_missing(const struct offer *offer)
{
    return !offer_is_there(offer) || offer->may_be_gone;
}

static bool is_same(const struct content *a, const struct content *b)
{
    return content_compare(a, b, false) < 0;
}

bool offer_fits(const struct offer *offer, const struct content *restored)
{
    return offer_is_there(offer) && is_same(&offer->content, restored);
}

/* Answered with an error: what was unsaved stays, unless SQLite has rolled back by itself. */
static weh_err not_written(struct world *world, weh_err err)
{
    struct content now;

    world->is_unsaved = true;
    if (!weh_briefcase_lost_transaction(world->briefcase)) {
        world_content(world, &now);
        if (!is_same(&now, &world->tried)) {
            crash_fail("a journal that was not written has changed %s",
                       content_table(world, content_compare(&now, &world->tried, false)));
        }
    }
    return err;
}

weh_err world_journal(struct world *world)
{
    bool written = false;
    weh_err err;

    world_content(world, &world->tried);
    err = weh_journal_write(world->stack, "crash", &written, &world->diag);
    if (err != WEH_OK) {
        return not_written(world, err);
    }
    if (written) {
        world->offer = (struct offer){ .content = world->tried, .basis = world->saved };
    } else {
        world->offer.may_be_gone = true;
    }
    world->tried.n = 0;
    world_acknowledge(world);
    return WEH_OK;
}

weh_err world_restore(struct world *world)
{
    struct content now;
    weh_err err = weh_journal_restore(world->stack, &world->diag);

    if (err != WEH_OK) {
        return err;
    }
    world_content(world, &now);
    if (!offer_fits(&world->offer, &now)) {
        crash_fail("restored, but %s is not as it was unsaved",
                   content_table(world, content_compare(&now, &world->offer.content, false)));
    }
    return WEH_OK;
}

weh_err world_drop(struct world *world)
{
    weh_err err;

    world->offer.may_be_gone = true;
    err = weh_journal_drop(world->stack, &world->diag);
    if (err == WEH_OK) {
        offer_clear(&world->offer);
        world_acknowledge(world);
    }
    return err;
}

void world_offer_settled(struct world *world)
{
    /* It goes with the edits, but it would fit again where the file is as it was, after an abandon or
     * after undo and redo. */
    world->offer.may_be_gone = true;
    world->offer.is_past = !is_same(&world->offer.basis, &world->saved);
    world->tried.n = 0;
}

/* Saved and undone: as before. */
static void save_and_undo(struct world *world, const struct content *saved)
{
    struct content now;
    int table;

    if (world_save(world, "restored") != WEH_OK || world_undo(world, 1) != WEH_OK) {
        crash_fail("what was restored cannot be saved and undone: %s", world->diag.text);
    }
    world_content(world, &now);
    table = content_compare(&now, saved, true);
    if (table >= 0) {
        crash_fail("undo of what was restored does not bring back %s", content_table(world, table));
    }
}

bool world_take_offer(struct world *world, bool save, struct content *restored)
{
    struct content saved;
    struct content now;

    if (world->found == WEH_JOURNAL_DAMAGED || world->found == WEH_JOURNAL_FOREIGN) {
        crash_fail("the recovery journal is %s",
                   world->found == WEH_JOURNAL_DAMAGED ? "damaged" : "foreign");
    }
    if (!weh_journal_is_pending(world->stack)) {
        return false;
    }
    world_content(world, &saved);
    if (weh_journal_restore(world->stack, &world->diag) != WEH_OK) {
        crash_fail("offered, but not restored: %s: %s", weh_err_info(world->diag.err)->name,
                   world->diag.text);
    }
    world_content(world, restored);
    if (save) {
        save_and_undo(world, &saved);
        return true;
    }
    if (world_abandon(world) != WEH_OK) {
        crash_fail("what was restored cannot be abandoned: %s", world->diag.text);
    }
    world_content(world, &now);
    /* A restart of the session outlives an abandon, in be_Local. */
    if (content_compare(&now, &saved, true) >= 0) {
        crash_fail("abandoned, but %s differs",
                   content_table(world, content_compare(&now, &saved, true)));
    }
    return true;
}

void world_check_offer(struct world *world)
{
    const struct offer tried = { .content = world->tried };
    struct offer offer = world->offer;
    struct content restored;

    if (!world_take_offer(world, true, &restored)) {
        if (!offer_may_be_missing(&offer)) {
            crash_fail("the recovery journal is not offered");
        }
    } else if (!offer_fits(&offer, &restored) && !offer_fits(&tried, &restored)) {
        crash_fail("offered what %s", offer_is_there(&offer) || offer_is_there(&tried)
                                          ? "was not in the journal"
                                          : "was saved or given up");
    }
}

void world_refuse_offer(struct world *world)
{
    if (weh_journal_is_pending(world->stack) &&
        weh_journal_drop(world->stack, &world->diag) != WEH_OK) {
        crash_fail("the recovery journal cannot be dropped: %s", world->diag.text);
    }
}
