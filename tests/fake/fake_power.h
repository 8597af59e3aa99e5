/* tests/fake/fake_power.h - what a power cut leaves of what a log of the fake disk says was done.
 *
 * Promised: what a file held at its last sync, and the names at the folder's last sync. Of everything
 * since, any part may have got through, in any order: whole writes, some of their sectors (the others
 * as before, or garbage), truncations, names made, moved and removed. What lies beside a write is not
 * harmed (SQLite's "powersafe overwrite").
 *
 *     power = fake_power_create(log);
 *     do {
 *         for (unsigned way = 0; way < n; way++) {
 *             image = fake_power_cut(power, way);
 *         }
 *     } while (fake_power_advance(power));
 */
#ifndef WEH_FAKE_POWER_H
#define WEH_FAKE_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake_disk.h"

struct fake_power;

/** Stands before the first entry of @log, which must outlive it. */
struct fake_power *fake_power_create(const struct fake_log *log);
void fake_power_destroy(struct fake_power *power);

/** Entries that have been done or begun. */
size_t fake_power_position(const struct fake_power *power);
/** One entry further; false at the end. */
bool fake_power_advance(struct fake_power *power);

/** Ways in which all of what is not promised is lost, or gets through. */
#define FAKE_POWER_LOSES_ALL 0
#define FAKE_POWER_KEEPS_ALL 1

/**
 * What is left when the power goes now. @way: 0 only what is promised; 1 everything (as a kill leaves it);
 * 2 what was done up to some moment, the last write torn; from 3 on every file and the folder have
 * their own fate, of which the number is the seed.
 */
struct fake_image *fake_power_cut(const struct fake_power *power, unsigned way);

#endif
