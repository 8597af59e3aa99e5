/* tests/crash/faults.c - each step of a scenario with the 1st, 2nd, 3rd ... call to storage, or
 * allocation, failing.
 *
 * A step that says it failed has changed nothing: what was saved before is there, in the session and in
 * the file, and work goes on. A step that succeeds nevertheless has done all of its work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "weh/briefcase_txn.h"
#include "weh/buf.h"
#include "weh/json.h"

#include "crash.h"
#include "fake_alloc.h"
#include "fake_random.h"
#include "fake_sqlite_memory.h"

enum source {
    STORAGE,
    OUR_MEMORY,
    SQLITE_MEMORY
};

struct kind {
    const char *name;
    enum source source;
    unsigned ops; /* of storage */
    int rc;
    bool lasting;
};

#define CHANGES \
    (FAKE_DISK_WRITE | FAKE_DISK_SYNC | FAKE_DISK_TRUNCATE | FAKE_DISK_DELETE | FAKE_DISK_RENAME)

static const struct kind storage_kinds[] = {
    { "read", STORAGE, FAKE_DISK_READ, SQLITE_IOERR_READ, false },
    { "read-lasting", STORAGE, FAKE_DISK_READ, SQLITE_IOERR_READ, true },
    { "write", STORAGE, FAKE_DISK_WRITE, SQLITE_IOERR_WRITE, false },
    { "full", STORAGE, FAKE_DISK_WRITE, SQLITE_FULL, false },
    { "full-lasting", STORAGE, FAKE_DISK_WRITE | FAKE_DISK_TRUNCATE, SQLITE_FULL, true },
    { "sync", STORAGE, FAKE_DISK_SYNC, SQLITE_IOERR_FSYNC, false },
    { "sync-lasting", STORAGE, FAKE_DISK_SYNC, SQLITE_IOERR_FSYNC, true },
    { "truncate", STORAGE, FAKE_DISK_TRUNCATE, SQLITE_IOERR_TRUNCATE, false },
    { "open", STORAGE, FAKE_DISK_OPEN, SQLITE_CANTOPEN, false },
    { "delete", STORAGE, FAKE_DISK_DELETE, SQLITE_IOERR_DELETE, false },
    { "rename", STORAGE, FAKE_DISK_RENAME, SQLITE_IOERR, false },
    { "rename-full", STORAGE, FAKE_DISK_RENAME, SQLITE_FULL, false },
    { "index", STORAGE, FAKE_DISK_SHM, SQLITE_IOERR_SHMMAP, false },
    { "lock", STORAGE, FAKE_DISK_LOCK, SQLITE_IOERR_LOCK, false },
    { "lock-busy", STORAGE, FAKE_DISK_LOCK, SQLITE_BUSY, false },
    { "gone", STORAGE, CHANGES, SQLITE_IOERR_WRITE, true },
    { "gone-altogether", STORAGE, FAKE_DISK_ALL, SQLITE_IOERR, true },
};

static const struct kind memory_kinds[] = {
    { "ours", OUR_MEMORY, 0, 0, false },
    { "ours-lasting", OUR_MEMORY, 0, 0, true },
    { "sqlite", SQLITE_MEMORY, 0, 0, false },
    { "sqlite-lasting", SQLITE_MEMORY, 0, 0, true },
};

struct run {
    const struct scenario *scenario;
    const struct options *options;
    struct tally *tally;
    struct world world;
    const struct step *step;
    size_t number;             /* of the step */
    struct fake_image *before; /* what the step finds */
    struct offer offer_before;
    struct content after; /* what it leaves */
    struct offer offer_after;
    bool ready; /* the world is as before the step */
    unsigned long n_checked;
    unsigned n_combinations; /* of steps and kinds */
};

static void arm(const struct kind *kind, unsigned nth)
{
    if (kind->source == STORAGE) {
        fake_disk_fail_at(kind->ops, nth, kind->rc, kind->lasting);
    } else if (kind->source == SQLITE_MEMORY) {
        fake_sqlite_memory_fail_at(nth, kind->lasting);
    } else if (kind->lasting) {
        fake_alloc_fail_at(nth);
    } else {
        fake_alloc_fail_once(nth);
    }
}

static void disarm(void)
{
    fake_disk_reset();
    fake_sqlite_memory_reset();
    fake_alloc_reset();
}

static bool has_failed(const struct kind *kind)
{
    return kind->source == STORAGE         ? fake_disk_has_failed()
           : kind->source == SQLITE_MEMORY ? fake_sqlite_memory_has_failed()
                                           : fake_alloc_has_failed() != 0;
}

static unsigned count(const struct kind *kind)
{
    return kind->source == STORAGE         ? fake_disk_count(kind->ops)
           : kind->source == SQLITE_MEMORY ? fake_sqlite_memory_count()
                                           : fake_alloc_count();
}

static bool begins_closed(const struct run *run)
{
    return run->number == 0 && run_starts_closed(run->scenario);
}

/* Whatever is open or half done: as before the step. */
static void get_ready(struct run *run)
{
    struct world *world = &run->world;

    if (run->ready) {
        return;
    }
    world_close(world);
    fake_disk_load(run->before);
    world->saved = (struct content){ 0 };
    world->offer = run->offer_before;
    world->tried.n = 0;
    if (run->scenario->file != NULL || run->number > 0) {
        run_must_open(world);
        world_mark(world);
    }
    if (begins_closed(run)) {
        world_close(world);
        fake_disk_load(run->before);
    }
    run->ready = true;
}

/* ---- what a failure has left ---- */

static void must_hold(struct run *run, const struct content *expected, bool tracked_only,
                      const char *when)
{
    struct content now;
    int table;

    world_content(&run->world, &now);
    table = content_compare(&now, expected, tracked_only);
    if (table >= 0) {
        crash_fail("%s table %s differs", when, content_table(&run->world, table));
    }
}

/* Nothing but a shortage of what was taken away: no other kind of error. */
static void must_be_typed(const struct run *run, const struct kind *kind, weh_err err)
{
    bool fine;

    if (kind->source == STORAGE) {
        fine = err == WEH_E_IO || err == WEH_E_DISK_FULL ||
               (err == WEH_E_BUSY && (kind->ops & FAKE_DISK_LOCK) != 0);
    } else {
        /* SQLite 3.40 takes some allocations that fail for damage. There is none: what is in the file is
         * looked at below. */
        fine = err == WEH_E_NOMEM || err == WEH_E_IO ||
               (err == WEH_E_CORRUPT && kind->source == SQLITE_MEMORY) ||
               /* Undo could not drop what was unsaved: the session ends. */
               (err == WEH_E_DB && kind->lasting && run->scenario->journals);
    }
    if (!fine) {
        crash_fail("answers %s: %s (%s)", weh_err_info(err)->name, run->world.diag.text,
                   run->world.diag.detail);
    }
}

/* The disk still refuses; what is saved can be read. */
static void must_be_readable(struct run *run)
{
    struct weh_element_key key = { .id = 1 };
    struct weh_json_writer writer;
    struct weh_buf text;

    weh_buf_init(&text, 0);
    weh_json_writer_init(&writer, &text);
    if (weh_element_get_props(run->world.bis, &key, &writer.sink, &run->world.diag) != WEH_OK) {
        crash_fail("cannot be read while the disk refuses writes: %s", run->world.diag.text);
    }
    weh_buf_fini(&text);
}

/* A new file that was not made has left nothing. */
static bool is_without_file(struct run *run, const struct kind *kind)
{
    struct fake_image *image;

    if (fake_disk_has(WORLD_NAME)) {
        return false;
    }
    if (run->world.saved.n != 0) {
        crash_fail("the file is gone");
    }
    image = fake_disk_image();
    if (fake_image_count(image) != 0 && (kind->ops & FAKE_DISK_DELETE) == 0) {
        crash_fail("%s is left", fake_image_name(image, 0));
    }
    fake_image_destroy(image);
    return true;
}

static void abandon(struct run *run)
{
    struct world *world = &run->world;

    if (weh_txn_abandon(world->stack, &world->diag) != WEH_OK) {
        crash_fail("cannot be abandoned: %s", world->diag.text);
    }
    weh_bis_forget(world->bis);
    world->is_unsaved = false;
}

/* The session goes on from the last saved state, as the server lets it; where the file is not in a known
 * state any more it must end. */
static void go_on(struct run *run)
{
    struct world *world = &run->world;
    struct weh_txn_state state;
    weh_err err;

    if (!world_is_open(world)) {
        run_must_open(world);
        return;
    }
    if (weh_briefcase_lost_transaction(world->briefcase)) {
        abandon(run);
        return;
    }
    err = weh_txn_get_state(world->stack, &state, &world->diag);
    if (err == WEH_E_DB) {
        run->tally->dropped++;
        world_close(world);
        run_must_open(world);
        return;
    }
    if (err != WEH_OK) {
        crash_fail("does not tell its state: %s: %s", weh_err_info(err)->name, world->diag.text);
    }
    if (!world->is_unsaved && (state.has_unsaved_changes || weh_txn_has_unsaved(world->stack))) {
        crash_fail("unsaved changes are left after what should have taken them back");
    }
    if (!world->is_unsaved && run->scenario->journals) {
        must_hold(run, &world->saved, run->step->restarts, "before it is abandoned");
    }
    abandon(run);
}

/* Somebody else comes, or the session goes on: what the journal has is offered. */
static void look_for_offer(struct run *run)
{
    struct world *world = &run->world;
    struct content saved = world->saved;

    if (run->n_checked % 2 == 0) {
        world_close(world);
        run_must_open(world);
    } else {
        go_on(run);
        /* Given up just now, unless it was lost before. */
        world->offer.may_be_gone =
            world->offer.may_be_gone || !weh_journal_is_pending(world->stack);
    }
    must_hold(run, &saved, run->step->restarts, "after the failure");
    run->tally->offered += weh_journal_is_pending(world->stack);
    world_check_offer(world);
}

static void after_failure(struct run *run, const struct kind *kind, unsigned n_marks)
{
    struct world *world = &run->world;
    bool was_open = world_is_open(world);

    if (is_without_file(run, kind)) {
        return;
    }
    if (run->scenario->journals) {
        look_for_offer(run);
        run->n_checked++;
        return;
    }
    go_on(run);
    if (world->saved.n != 0) {
        must_hold(run, &world->saved, run->step->restarts, "after the failure");
    } else {
        /* Made, but then not opened. */
        must_hold(run, &run->after, true, "the new file");
    }
    run->ready = was_open && !run->step->fresh && world->n_marks == n_marks && !begins_closed(run);
    if (run->n_checked++ % 5 == 0) {
        if (run->step->fresh) {
            world_close(world);
            run_must_open(world);
        }
        world_check_integrity(world);
        run_probe(world);
        run->ready = false;
    }
}

/* The same in the file as in the session. */
static void reopen_and_compare(struct run *run)
{
    struct world *world = &run->world;
    struct content expected = world->saved;

    world_close(world);
    run_must_open(world);
    if (expected.n != 0) {
        must_hold(run, &expected, run->step->restarts, "when it is opened again");
    }
    world_check_integrity(world);
    run->tally->offered += weh_journal_is_pending(world->stack);
    world_check_offer(world);
}

/* True when the failure has happened. */
static bool attempt(struct run *run, const struct kind *kind, unsigned nth)
{
    struct world *world = &run->world;
    unsigned n_marks;
    bool failed;
    weh_err err;

    get_ready(run);
    n_marks = world->n_marks;
    run->ready = false;
    fake_random_reset(1 + (unsigned)run->number);
    arm(kind, nth);
    err = run->step->run(world);
    failed = has_failed(kind);
    if (err != WEH_OK && kind->lasting && (kind->ops & FAKE_DISK_READ) == 0 &&
        kind->source == STORAGE && world_is_open(world)) {
        must_be_readable(run);
    }
    disarm();
    run->tally->failures += failed;
    run->tally->reported += err != WEH_OK;
    run->tally->absorbed += failed && err == WEH_OK;
    if (err == WEH_OK) {
        must_hold(run, &run->after, true, "after a success");
    } else if (!failed) {
        crash_fail("fails of itself: %s: %s (%s)", weh_err_info(err)->name, world->diag.text,
                   world->diag.detail);
    } else {
        must_be_typed(run, kind, err);
        after_failure(run, kind, n_marks);
    }
    if (!run->ready && world_is_open(world) && run->n_checked % 3 == 0) {
        reopen_and_compare(run);
    }
    return failed;
}

/* ---- all of them ---- */

/* Once without failures: what it leaves, and how many calls there are. */
static void learn(struct run *run, const struct kind *kinds, size_t n, unsigned *n_calls)
{
    weh_err err;

    run->ready = false;
    get_ready(run);
    disarm();
    fake_random_reset(1 + (unsigned)run->number);
    err = run->step->run(&run->world);
    for (size_t i = 0; i < n; i++) {
        n_calls[i] = count(&kinds[i]);
    }
    if (err != WEH_OK) {
        crash_fail("fails without failures: %s: %s", weh_err_info(err)->name, run->world.diag.text);
    }
    run->after = run->world.saved;
    run->offer_after = run->world.offer;
    run->ready = false;
}

static void fail_each(struct run *run, const struct kind *kind, unsigned n_calls)
{
    unsigned n = run->options->max_failures;
    unsigned step = n_calls <= n ? 1 : (n_calls + n - 1) / n;
    unsigned nth = step == 1 ? 1 : 1 + run->options->seed % step;

    for (; nth <= n_calls; nth += step) {
        crash_trying("%s/%s: %s %u of %u", run->scenario->name, run->step->name, kind->name, nth,
                     n_calls);
        (void)attempt(run, kind, nth);
    }
}

static void run_step(struct run *run, const struct kind *kinds, size_t n)
{
    unsigned n_calls[32] = { 0 };
    struct fake_image *after;

    weh_assert(n <= WEH_ARRAY_LEN(n_calls));
    crash_trying("%s/%s: without failures", run->scenario->name, run->step->name);
    learn(run, kinds, n, n_calls);
    after = fake_disk_image();
    for (size_t i = 0; i < n; i++) {
        if (run->n_combinations++ % run->options->one_in == 0) {
            fail_each(run, &kinds[i], n_calls[i]);
        }
    }
    world_close(&run->world);
    fake_image_destroy(run->before);
    run->before = after;
    run->offer_before = run->offer_after;
}

static void run_kinds(const struct scenario *scenario, const struct options *options,
                      const struct kind *kinds, size_t n, struct tally *tally)
{
    struct options sampled = *options;
    struct run *run = calloc(1, sizeof(*run));
    size_t live = fake_alloc_live();
    size_t sqlite_live = fake_sqlite_memory_live();

    weh_assert(run != NULL);
    run->scenario = scenario;
    run->options = &sampled;
    run->tally = tally;
    run->n_combinations = options->seed;
    if (scenario->costly && sampled.max_failures > 100) {
        sampled.max_failures = 100;
    }
    crash_trying("%s: preparing", scenario->name);
    run_prepare(scenario, &run->world);
    run->before = fake_disk_image();
    run->offer_before = run->world.offer;
    for (run->number = 0; run->number < run_count_steps(scenario); run->number++) {
        run->step = &scenario->steps[run->number];
        run_step(run, kinds, n);
    }
    fake_image_destroy(run->before);
    world_fini(&run->world);
    if (fake_alloc_live() != live || fake_sqlite_memory_live() != sqlite_live) {
        crash_fail("%zu and %zu blocks of memory are left", fake_alloc_live() - live,
                   fake_sqlite_memory_live() - sqlite_live);
    }
    free(run);
}

void crash_io(const struct scenario *scenario, const struct options *options, struct tally *tally)
{
    run_kinds(scenario, options, storage_kinds, WEH_ARRAY_LEN(storage_kinds), tally);
}

void crash_memory(const struct scenario *scenario, const struct options *options,
                  struct tally *tally)
{
    run_kinds(scenario, options, memory_kinds, WEH_ARRAY_LEN(memory_kinds), tally);
}
