/* tests/crash/power.c - a scenario is done once and its log kept; then for every moment of the log, what a
 * power cut there may have left is opened and looked at.
 *
 * Everything acknowledged before the cut must be there (durability normal: everything up to some
 * acknowledged request); the request in flight is there whole or not at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "fake_alloc.h"
#include "fake_power.h"
#include "fake_sqlite_memory.h"

#define MAX_MARKS 32
#define SEEN_SIZE 65536 /* a power of two */
/* Of so many cuts one is cut again while it is opened. */
#define AGAIN_EVERY 23
#define AGAIN_WAYS  2

struct mark {
    size_t at; /* length of the log when it was acknowledged */
    struct content content;
    struct offer offer;
    struct fake_image *image; /* as a kill leaves it */
    bool has_walk;
    uint64_t walk;
};

/** The marks that a cut may leave. */
struct window {
    unsigned lowest;
    unsigned acknowledged;
    unsigned highest;
};

struct run {
    const struct scenario *scenario;
    const struct options *options;
    struct tally *tally;
    struct world world;
    struct fake_log *log;
    struct mark marks[MAX_MARKS];
    unsigned n_marks;
    uint64_t seen[SEEN_SIZE];
    size_t n_seen;
    unsigned long n_checked;
};

static void take_mark(void *ctx, struct world *world)
{
    struct run *run = ctx;
    struct mark *mark = &run->marks[run->n_marks++];

    weh_assert(run->n_marks <= MAX_MARKS);
    mark->at = fake_log_length(run->log);
    mark->content = world->saved;
    mark->offer = world->offer;
    mark->image = fake_disk_image();
}

/* ---- doing it once ---- */

static void record(struct run *run)
{
    struct world *world = &run->world;
    size_t n_steps = run_count_steps(run->scenario);

    crash_trying("%s: doing it", run->scenario->name);
    run_prepare(run->scenario, world);
    run->log = fake_log_begin();
    if (run->scenario->file == NULL) {
        run->n_marks = 1;
        run->marks[0].image = fake_disk_image();
    } else {
        /* What was there before is acknowledged from the beginning. */
        run_must_open(world);
        world->on_mark = take_mark;
        world->ctx = run;
        world_mark(world);
        run->marks[0].at = 0;
        if (run->scenario->killed) {
            /* The first step opens it. */
            fake_log_destroy(run->log);
            world_close(world);
            fake_disk_load(run->marks[0].image);
            run->log = fake_log_begin();
        }
    }
    world->on_mark = take_mark;
    world->ctx = run;
    for (size_t i = 0; i < n_steps; i++) {
        weh_err err = run->scenario->steps[i].run(world);

        if (err != WEH_OK) {
            crash_fail("step %s: %s: %s (%s)", run->scenario->steps[i].name,
                       weh_err_info(err)->name, world->diag.text, world->diag.detail);
        }
    }
    world_close(world);
    fake_log_end(run->log);
    world->on_mark = NULL;
    offer_clear(&world->offer);
}

/* ---- looking at what is left ---- */

static bool seen_before(struct run *run, uint64_t key)
{
    size_t i = key & (SEEN_SIZE - 1);

    while (run->seen[i] != 0 && run->seen[i] != key) {
        i = (i + 1) & (SEEN_SIZE - 1);
    }
    if (run->seen[i] == key) {
        return true;
    }
    if (run->n_seen < SEEN_SIZE / 2) {
        run->seen[i] = key;
        run->n_seen++;
    }
    return false;
}

/* What is offered, @restored or NULL, is what a cut may leave of the journal of mark @number. */
static bool may_offer(const struct run *run, unsigned number, unsigned acknowledged,
                      const struct content *restored)
{
    const struct mark *mark = &run->marks[number];

    if (restored != NULL) {
        return offer_fits(&mark->offer, restored);
    }
    /* A journal of a saved state that is missing (durability normal) does not fit. */
    return offer_may_be_missing(&mark->offer) ||
           (number < acknowledged &&
            content_compare(&mark->content, &run->marks[acknowledged].content, false) >= 0);
}

/* The newest allowed mark that is what the open file and its journal hold. */
static unsigned find_mark(struct run *run, const struct window *window, bool thorough)
{
    struct content now;
    struct content restored;
    bool is_offered;
    int table = -1;

    world_content(&run->world, &now);
    is_offered = world_take_offer(&run->world, thorough, &restored);
    run->tally->offered += is_offered;
    for (unsigned i = window->highest + 1; i > window->lowest; i--) {
        int differs = content_compare(&now, &run->marks[i - 1].content, false);

        if (differs < 0 &&
            may_offer(run, i - 1, window->acknowledged, is_offered ? &restored : NULL)) {
            return i - 1;
        }
        table = i - 1 == window->highest ? differs : table;
    }
    crash_fail("none of the states %u to %u: %s differs from the last; its journal is %s",
               window->lowest, window->highest, content_table(&run->world, table),
               is_offered ? "offered" : "missing");
}

static uint64_t walk_of(struct run *run, unsigned number)
{
    struct mark *mark = &run->marks[number];

    if (!mark->has_walk) {
        struct world world;

        world_init(&world);
        fake_disk_load(mark->image);
        run_must_open(&world);
        world_refuse_offer(&world);
        mark->walk = run_walk(&world);
        mark->has_walk = true;
        world_fini(&world);
    }
    return mark->walk;
}

/* Which mark the power cut left. */
static unsigned look(struct run *run, const struct fake_image *image, const struct window *window)
{
    struct world *world = &run->world;
    unsigned found;
    bool thorough = run->n_checked++ % 4 == 0;
    bool integrity = thorough || run->options->all;
    uint64_t expected;

    fake_disk_load(image);
    if (!fake_disk_has(WORLD_NAME)) {
        if (run->marks[window->lowest].content.n != 0) {
            crash_fail("the file is gone");
        }
        return window->lowest;
    }
    run_must_open(world);
    found = find_mark(run, window, thorough);
    if (thorough) {
        world_close(world);
        expected = walk_of(run, found);
        fake_disk_load(image);
        run_must_open(world);
        world_refuse_offer(world);
        if (run_walk(world) != expected) {
            crash_fail("undo and redo go through other states than they should");
        }
    }
    if (integrity) {
        world_check_integrity(world);
    }
    run_probe(world);
    world_close(world);
    return found;
}

static void check(struct run *run, const struct fake_image *image, const struct window *window)
{
    uint64_t key = fake_image_hash(image) * 31 + window->lowest * UINT64_C(64) + window->highest;
    unsigned found;

    run->tally->cuts++;
    if (!seen_before(run, key == 0 ? 1 : key)) {
        run->tally->distinct++;
        found = look(run, image, window);
        run->tally->in_flight += found > window->acknowledged;
        run->tally->behind += found < window->acknowledged;
    }
}

/* The power goes again while the file is opened and closed. */
static void check_again(struct run *run, const struct fake_image *image,
                        const struct window *window)
{
    struct fake_log *log;
    struct fake_power *power;
    struct world world;
    size_t step;

    fake_disk_load(image);
    if (!fake_disk_has(WORLD_NAME)) {
        return;
    }
    world_init(&world);
    log = fake_log_begin();
    run_must_open(&world);
    world_fini(&world);
    fake_log_end(log);
    power = fake_power_create(log);
    step = 1 + fake_log_length(log) / run->options->max_points;
    while (fake_power_advance(power)) {
        for (unsigned way = 0; way < AGAIN_WAYS && fake_power_position(power) % step == 0; way++) {
            struct fake_image *left = fake_power_cut(power, way == 0 ? 2 : 3 + run->options->seed);

            run->tally->again++;
            check(run, left, window);
            fake_image_destroy(left);
        }
    }
    fake_power_destroy(power);
    fake_log_destroy(log);
}

static void cut_here(struct run *run, const struct fake_power *power, unsigned acknowledged)
{
    struct window window = { acknowledged, acknowledged, acknowledged };

    if (acknowledged + 1 < run->n_marks) {
        window.highest++;
    }
    if (run->scenario->durability == WEH_DURABILITY_NORMAL) {
        window.lowest = 0;
    }

    run->tally->points++;
    for (unsigned way = 0; way < run->options->ways; way++) {
        unsigned number = way < 3 ? way : way + run->options->seed * 1000;
        struct fake_image *image = fake_power_cut(power, number);

        crash_trying("%s: power cut after %zu, way %u (seed %u)", run->scenario->name,
                     fake_power_position(power), way, run->options->seed);
        check(run, image, &window);
        if (run->tally->cuts % AGAIN_EVERY == 0) {
            check_again(run, image, &window);
        }
        fake_image_destroy(image);
    }
}

static void cut_everywhere(struct run *run)
{
    struct fake_power *power = fake_power_create(run->log);
    size_t length = fake_log_length(run->log);
    size_t step = (length + run->options->max_points - 1) / run->options->max_points;
    unsigned acknowledged = 0;
    size_t at = 0;

    do {
        at = fake_power_position(power);
        while (acknowledged + 1 < run->n_marks && run->marks[acknowledged + 1].at <= at) {
            acknowledged++;
        }
        if (step < 2 || (at + run->options->seed) % step == 0) {
            cut_here(run, power, acknowledged);
        }
    } while (fake_power_advance(power));
    fake_power_destroy(power);
}

void crash_power(const struct scenario *scenario, const struct options *options,
                 struct tally *tally)
{
    struct run *run = calloc(1, sizeof(*run));
    size_t live = fake_alloc_live();
    size_t sqlite_live = fake_sqlite_memory_live();

    weh_assert(run != NULL);
    run->scenario = scenario;
    run->options = options;
    run->tally = tally;
    record(run);
    cut_everywhere(run);
    world_fini(&run->world);
    for (unsigned i = 0; i < run->n_marks; i++) {
        fake_image_destroy(run->marks[i].image);
    }
    fake_log_destroy(run->log);
    if (fake_alloc_live() != live || fake_sqlite_memory_live() != sqlite_live) {
        crash_fail("%zu and %zu blocks of memory are left", fake_alloc_live() - live,
                   fake_sqlite_memory_live() - sqlite_live);
    }
    free(run);
}
