/* tests/crash/crash.h - the three proofs and what they share.
 *
 * power: everything that a power cut can leave of a scenario, at every write and sync. io: every call to
 * storage failing. memory: every allocation failing, ours and SQLite's.
 */
#ifndef CRASH_CRASH_H
#define CRASH_CRASH_H

#include "scenarios.h"

struct options {
    const char *scenario;  /* only this one; NULL: all */
    unsigned ways;         /* of each power cut; at least 2 */
    unsigned max_points;   /* power cuts looked at in one scenario */
    unsigned max_failures; /* of one kind tried in one step */
    unsigned one_in;       /* of all kinds in all steps */
    bool all;              /* every file that is left is looked at in every way */
    unsigned seed;
    bool verbose;
};

/** What was done. */
struct tally {
    unsigned long points;    /* power: writes, syncs ... of the scenarios, each a moment of a cut */
    unsigned long cuts;      /* points by ways */
    unsigned long distinct;  /* of them, files that were not looked at already */
    unsigned long again;     /* power cuts while the file was opened after a power cut */
    unsigned long in_flight; /* the request that was not answered yet was kept */
    unsigned long behind;    /* durability normal: acknowledged requests missing */
    unsigned long offered;   /* a recovery journal brought back what was unsaved */
    unsigned long failures;  /* io, memory: injected */
    unsigned long reported;  /* of them, the request said so */
    unsigned long absorbed;  /* of them, the request was done nevertheless */
    unsigned long dropped;   /* sessions that had to be opened anew */
};

void crash_power(const struct scenario *scenario, const struct options *options,
                 struct tally *tally);
void crash_io(const struct scenario *scenario, const struct options *options, struct tally *tally);
void crash_memory(const struct scenario *scenario, const struct options *options,
                  struct tally *tally);

/* ---- run.c ---- */

/** A world for @scenario, closed, and the disk as its steps find it. */
void run_prepare(const struct scenario *scenario, struct world *world);
size_t run_count_steps(const struct scenario *scenario);
/** Steps begin with an open session, but where there is none to begin with. */
bool run_starts_closed(const struct scenario *scenario);
/** world_open, which must work. */
void run_must_open(struct world *world);
/** A transaction can be saved and taken back. */
void run_probe(struct world *world);

/** Undo everything step by step, then redo everything: a number for all states on the way. */
uint64_t run_walk(struct world *world);

#endif
