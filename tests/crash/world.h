/* tests/crash/world.h - one session's iModel on the fake disk, and what it holds.
 *
 * The data side as a session of the server composes it. A failed call leaves its reason in diag.
 */
#ifndef CRASH_WORLD_H
#define CRASH_WORLD_H

#include "weh/arena.h"
#include "weh/bis.h"
#include "weh/briefcase.h"
#include "weh/ec.h"
#include "weh/journal.h"
#include "weh/txn.h"

#include "fake_disk.h"

#define WORLD_NAME "it.bim"
#define WORLD_PATH FAKE_DISK_FOLDER WORLD_NAME

#define MAX_TABLES 128

/** What a file holds, by table: a sum over the rows each. Nothing at all: there is no file. */
struct content {
    size_t n;
    uint64_t sums[MAX_TABLES];
    bool tracked[MAX_TABLES]; /* undone and redone; else what only grows */
};

/** What the recovery journal on the disk must bring back. */
struct offer {
    struct content content; /* of the file with the unsaved edits; nothing at all: there is none */
    struct content basis;   /* the saved state that it fits */
    bool may_be_gone;       /* removed, but the disk may have it still when the power goes */
    bool is_past;           /* the file is in another state */
};

struct world {
    struct weh_file_registry *registry;
    struct weh_ec_cache *cache;
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_bis *bis;
    struct weh_txn_stack *stack;
    struct weh_arena arena; /* of arguments */
    struct weh_diag diag;
    enum weh_durability durability;
    uint32_t cache_kb;
    int64_t data_version;
    int checkpoint_pages; /* the log is moved into the file when it has so many; 0: SQLite's default */
    struct content saved; /* as of the last call that was answered with a success */
    unsigned n_marks;     /* how many of them there were */
    struct offer offer;   /* as of the last call that was answered with a success */
    struct content tried; /* with the edits of a journal whose writing failed; else nothing */
    enum weh_journal_state found; /* when it was opened */
    bool is_unsaved;              /* a call failed that leaves unsaved changes as they are */
    void (*on_mark)(void *ctx, struct world *world);
    void *ctx;
};

/** What is unrecoverable for a test: print and end the process with 1. */
WEH_NORETURN void crash_fail(const char *format, ...) WEH_PRINTF(1, 2);
/** What is being tried, for crash_fail. */
void crash_trying(const char *format, ...) WEH_PRINTF(1, 2);

/** @world is overwritten. */
void world_init(struct world *world);
/** Must be closed. */
void world_fini(struct world *world);

weh_err world_open(struct world *world);
/** Closed already is fine. */
void world_close(struct world *world);
/** As the server does: what is in the log goes into the file first. */
void world_settle_and_close(struct world *world);
bool world_is_open(const struct world *world);

/** The call that ended here is acknowledged: the file holds what it holds now, and must go on to. No
 * failure happens meanwhile. */
void world_mark(struct world *world);
/** The same where the saved state is as it was. */
void world_acknowledge(struct world *world);

/** What is in the file, unsaved changes included; without failures. */
void world_content(struct world *world, struct content *out);
/** The first table that differs, or -1. @tracked_only: but be_Local and dgn_Txns. */
int content_compare(const struct content *a, const struct content *b, bool tracked_only);
const char *content_table(struct world *world, int table);

/** PRAGMA integrity_check and foreign_key_check must find nothing. */
void world_check_integrity(struct world *world);

/* ---- edits; @json has ' for " ---- */

weh_err world_insert(struct world *world, weh_id *id, const char *json);
weh_err world_update(struct world *world, const char *json);
weh_err world_delete(struct world *world, weh_id id);
/** A Subject with this code value. */
weh_err world_subject(struct world *world, weh_id *id, const char *code);
const struct weh_value *world_value(struct world *world, const char *json);
/** The file property crash/@name: @text, or none when it is NULL. */
weh_err world_property(struct world *world, const char *name, const char *text);

/* ---- what commits: each marks when it succeeds ---- */

weh_err world_save(struct world *world, const char *description);
weh_err world_abandon(struct world *world);
weh_err world_undo(struct world *world, uint32_t count);
weh_err world_redo(struct world *world);
weh_err world_cancel_to(struct world *world, struct weh_txn_id id);
weh_err world_restart(struct world *world);

/* ---- offer.c ---- */

void offer_clear(struct offer *offer);
bool offer_is_there(const struct offer *offer);
/** It is fine when nothing is offered. */
bool offer_may_be_missing(const struct offer *offer);
/** @restored is what it must bring back. */
bool offer_fits(const struct offer *offer, const struct content *restored);

/** Write the recovery journal of what is unsaved; marks. */
weh_err world_journal(struct world *world);
/** What was found must be what world->offer says. */
weh_err world_restore(struct world *world);
weh_err world_drop(struct world *world);

/** A commit was acknowledged. */
void world_offer_settled(struct world *world);

/** Restore what is offered, if anything; then save and undo it, or abandon it. False: nothing is. */
bool world_take_offer(struct world *world, bool save, struct content *restored);
/** The same, and it must be what world->offer and world->tried say. */
void world_check_offer(struct world *world);
/** Drop what is offered, if anything. */
void world_refuse_offer(struct world *world);

#endif
