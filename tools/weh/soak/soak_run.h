/* tools/weh/soak/soak_run.h - the whole run: its phases, and what is printed of it. */
#ifndef SOAK_RUN_H
#define SOAK_RUN_H

#include "soak.h"

/** How the server did at three times. */
struct soak_usages {
    struct soak_usage start;
    struct soak_usage warm;
    struct soak_usage end;
};

struct soak_result {
    struct soak_usages usages;
    double seconds;      /* of work, warming up included */
    uint64_t n_requests; /* meanwhile */
    bool is_complete;    /* not interrupted */
};

/** Make the sessions of @soak, whose options, address and tokens are there. WEH_E_NOMEM, WEH_E_IO. */
WEH_MUST_CHECK weh_err soak_create(const struct soak_options *options, struct soak **out,
                                   struct weh_diag *diag);
void soak_destroy(struct soak *soak);

/** Open, warm up, work, check, leave. @pid  of the server, 0 when it is not known. */
void soak_run(struct soak *soak, pid_t pid, struct soak_result *out);

/** One JSON object. */
void soak_print(const struct soak *soak, const struct soak_result *result, bool is_right);
/** How much more memory the server has at the end than when warm, in percent. */
double soak_drift(const struct soak_result *result);

#endif
