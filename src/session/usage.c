/* src/session/usage.c - who uses how much of the processors, and who has to stand back.
 *
 * A session one of whose requests has taken long goes to the long lane, and comes back after some short ones in
 * a row. In each lane those come first that have used least: what a session uses is added up and fades away
 * within seconds.
 */
#include "weh/clock.h"

#include "session_priv.h"

/* Ten times what an edit or a save takes. */
#define LONG_NS       UINT64_C(5000000)
#define FORGIVE_AFTER 4

#define FADE_US     UINT64_C(2000000)
#define LIGHTEST_NS UINT64_C(1000000) /* band 0 ends here */

static void fade(struct usage *usage)
{
    const uint64_t now_us = weh_clock_mono_us();
    const uint64_t away_us = now_us - usage->at_us;

    usage->ns = away_us < FADE_US ? usage->ns - usage->ns / FADE_US * away_us : 0;
    usage->at_us = now_us;
}

void usage_rank(struct usage *usage)
{
    uint64_t end_ns = LIGHTEST_NS;

    fade(usage);
    usage->band = 0;
    while (usage->band < N_BANDS - 1 && usage->ns >= end_ns) {
        usage->band++;
        end_ns *= 2;
    }
}

void usage_add(struct usage *usage, uint64_t cpu_ns)
{
    fade(usage);
    usage->ns += cpu_ns;
    if (cpu_ns >= LONG_NS) {
        usage->lane = LANE_LONG;
        usage->n_short = 0;
    } else if (usage->lane == LANE_LONG && ++usage->n_short >= FORGIVE_AFTER) {
        usage->lane = LANE_SHORT;
    }
}
