/* tests/crash/scenarios.h - what is done while storage, memory or power fail. */
#ifndef CRASH_SCENARIOS_H
#define CRASH_SCENARIOS_H

#include "world.h"

#define MAX_STEPS 6

/** One piece of work: from one saved state to another, by itself. */
struct step {
    const char *name;
    weh_err (*run)(struct world *world);
    bool restarts; /* cuts off the history: that stays when the file did not take it */
    bool fresh;    /* when it fails the session is not as it was before (open operations) */
};

struct scenario {
    const char *name;
    const char *file; /* of tests/data; NULL: there is none yet */
    enum weh_durability durability;
    uint32_t cache_kb;
    int checkpoint_pages;
    bool killed;   /* what is there was left by a session that was killed */
    bool journals; /* it has a recovery journal */
    bool costly;   /* takes so long that failures are only sampled */
    weh_err (*prepare)(struct world *world);
    struct step steps[MAX_STEPS];
};

extern const struct scenario scenarios[];
extern const size_t n_scenarios;

#endif
