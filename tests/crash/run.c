/* tests/crash/run.c - what the three proofs share (crash.h). */
#include <stdio.h>
#include <string.h>

#include "weh/db.h"

#include "crash.h"
#include "data_file.h"
#include "fake_random.h"

#define MAX_WALK 100

static struct fake_image *read_data(const char *name)
{
    struct fake_image *image = fake_image_create();
    char path[512];
    struct weh_buf bytes;

    if (name == NULL) {
        return image;
    }
    weh_buf_init(&bytes, 0);
    (void)snprintf(path, sizeof(path), "%s/%s", WEH_TEST_DATA, name);
    if (data_file_read(path, &bytes, NULL) != WEH_OK) {
        crash_fail("cannot read %s", path);
    }
    fake_image_put(image, WORLD_NAME, bytes.data, bytes.len);
    weh_buf_fini(&bytes);
    return image;
}

size_t run_count_steps(const struct scenario *scenario)
{
    size_t n = 0;

    while (n < MAX_STEPS && scenario->steps[n].run != NULL) {
        n++;
    }
    return n;
}

bool run_starts_closed(const struct scenario *scenario)
{
    return scenario->killed || scenario->file == NULL;
}

void run_must_open(struct world *world)
{
    weh_err err = world_open(world);

    if (err != WEH_OK) {
        crash_fail("cannot be opened: %s: %s (%s)", weh_err_info(err)->name, world->diag.text,
                   world->diag.detail);
    }
}

/* The R*Tree as our functions compute it: what undo computes is compared with it. */
static void settle_index(struct world *world)
{
    if (weh_db_exec(world->briefcase, "UPDATE bis_GeometricElement3d SET Origin_X=Origin_X",
                    &world->diag) != WEH_OK ||
        world_save(world, "") != WEH_OK) {
        crash_fail("the spatial index: %s", world->diag.text);
    }
}

void run_prepare(const struct scenario *scenario, struct world *world)
{
    struct fake_image *image = read_data(scenario->file);

    /* No step has this one: GUIDs would be given twice. */
    fake_random_reset(1000);
    world_init(world);
    world->durability = scenario->durability;
    world->cache_kb = scenario->cache_kb;
    world->checkpoint_pages = scenario->checkpoint_pages;
    fake_disk_load(image);
    if (scenario->file != NULL) {
        run_must_open(world);
        settle_index(world);
        if (scenario->prepare != NULL && scenario->prepare(world) != WEH_OK) {
            crash_fail("preparing: %s", world->diag.text);
        }
        fake_image_destroy(image);
        image = fake_disk_image();
        world_close(world);
        if (scenario->killed) {
            fake_disk_load(image);
        }
    }
    fake_image_destroy(image);
    world->n_marks = 0;
}

void run_probe(struct world *world)
{
    struct content before;
    struct content after;
    int table;

    world_content(world, &before);
    if (world_property(world, "probe", "a value") != WEH_OK || world_save(world, "") != WEH_OK ||
        world_undo(world, 1) != WEH_OK) {
        crash_fail("it cannot be worked with afterwards: %s", world->diag.text);
    }
    world_content(world, &after);
    table = content_compare(&before, &after, true);
    if (table >= 0) {
        crash_fail("undo of a later save does not bring back %s", content_table(world, table));
    }
}

static uint64_t add_content(uint64_t hash, const struct content *content)
{
    for (size_t i = 0; i < content->n; i++) {
        if (content->tracked[i]) {
            hash = (hash ^ content->sums[i]) * 1099511628211U;
        }
    }
    return hash;
}

/* The states of one direction, to its end. */
static uint64_t walk(struct world *world, bool undo, uint64_t hash)
{
    weh_err err = WEH_OK;

    for (unsigned i = 0; i < MAX_WALK && err == WEH_OK; i++) {
        err = undo ? world_undo(world, 1) : world_redo(world);
        if (err == WEH_OK) {
            hash = add_content(hash, &world->saved);
        }
    }
    /* Undo ends before a schema change, too. */
    if (err != (undo ? WEH_E_NOTHING_TO_UNDO : WEH_E_NOTHING_TO_REDO) &&
        (err != WEH_E_CANNOT_UNDO || !undo)) {
        crash_fail("%s of everything: %s", undo ? "undo" : "redo", world->diag.text);
    }
    return (hash ^ undo) * 1099511628211U;
}

uint64_t run_walk(struct world *world)
{
    return walk(world, false, walk(world, true, 14695981039346656037U));
}
