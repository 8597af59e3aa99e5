/* tests/unit/txn/txn_fixture.h - a copy of a genuine iModel in a temporary folder, and its stack. */
#ifndef WEH_TXN_FIXTURE_H
#define WEH_TXN_FIXTURE_H

#include "weh/briefcase.h"
#include "weh/db.h"
#include "weh/ec.h"
#include "weh/txn.h"

#define MAX_EVENTS  64
#define MAX_DIGESTS 128

struct fixture {
    char folder[64];
    char path[96];
    struct weh_file_registry *registry;
    struct weh_ec_cache *cache;
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_txn_stack *stack;
    struct weh_diag diag;
    /* what the observer was told: one character an event */
    char events[MAX_EVENTS];
    size_t n_events;
    /* the last lists, as text: "+1c elements +ids | ..." */
    char lists[4096];
    weh_id propagate_model; /* not 0: the propagator updates this model */
    weh_err propagate_error;
    unsigned n_touched_geometry;
    enum weh_durability durability; /* of the next fixture_load */
};

/** One digest a tracked table (and the spatial index). */
struct digests {
    char names[MAX_DIGESTS][64];
    uint64_t values[MAX_DIGESTS];
    size_t n;
};

/** Once a process; fixture_open does it as well. */
void fixture_global_init(void);

/** Copy tests/data/@name and open it with observer and propagator. */
void fixture_open(struct fixture *f, const char *name);
/** For cmocka: small.bim as *@state. */
int fixture_set_up(void **state);
int fixture_tear_down(void **state);
void fixture_clear_events(struct fixture *f);
struct weh_txn_state fixture_state(struct fixture *f);
/** Close everything but keep the file, then open it again. */
void fixture_reopen(struct fixture *f);
void fixture_close(struct fixture *f);
/** Close the briefcase only. */
void fixture_shut(struct fixture *f);
void fixture_load(struct fixture *f);

/** Run @sql; must work. */
void fixture_sql(struct fixture *f, const char *sql);
/** The first column of the first row of @sql as an integer. */
int64_t fixture_int(struct fixture *f, const char *sql);

/** Insert the Subject @id (a local number) with code value @code, below the root. */
void fixture_insert_subject(struct fixture *f, unsigned id, const char *code);
/** Insert a physical object with a placement, as the first one in the file. */
void fixture_insert_object(struct fixture *f, unsigned id);

/** Compute the spatial index anew: its floats may differ from the native library's in the last
 * bit, and tests compare what undo computes with what was there. Changes no tracked row. */
void fixture_settle_index(struct fixture *f);

/** Save; must succeed and have had changes. */
struct weh_txn_id fixture_save(struct fixture *f, const char *description);
/** Reverse @count operations: the number of transactions. */
size_t fixture_reverse(struct fixture *f, uint32_t count);
size_t fixture_reinstate(struct fixture *f);

/** @quick leaves out the ec_ tables, which no test here changes. */
void fixture_digest(struct fixture *f, bool quick, struct digests *out);
void assert_digests_equal(const struct digests *a, const struct digests *b);
void assert_digests_differ(const struct digests *a, const struct digests *b);
/** PRAGMA integrity_check and foreign_key_check. */
void fixture_check_file(struct fixture *f);

#endif
