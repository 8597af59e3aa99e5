/* tools/weh/bench.h - the measures of weh bench, one function each.
 */
#ifndef WEH_BENCH_H
#define WEH_BENCH_H

#include "weh/client.h"

#include "bench_stats.h"
#include "daemon.h"
#include "rpc_client.h"

/* name in the result, divisor of microseconds */
#define WEH_BENCH_SERIES_LIST(X)                  \
    X(WRITE_FDATASYNC, "writeFdatasync", 1.0)     \
    X(ECHO, "echo", 1.0)                          \
    X(PING_MSGPACK, "pingMsgpack", 1.0)           \
    X(PING_JSON, "pingJson", 1.0)                 \
    X(INSERT_SAVE, "insertSave", 1.0)             \
    X(UNDO, "undo", 1.0)                          \
    X(BATCH_MS, "batch2000Ms", 1000.0)            \
    X(SUBJECTS_MS, "batch2000SubjectsMs", 1000.0) \
    X(OPEN_MS, "openMs", 1000.0)                  \
    X(READY_MS, "startToReadyMs", 1000.0)

enum weh_bench_id {
#define X(id, name, divisor) WEH_BENCH_##id,
    WEH_BENCH_SERIES_LIST(X)
#undef X
    WEH_BENCH_COUNT
};

/** What the elements of a run belong to, made once by weh_bench_prepare. */
struct weh_bench_places {
    char model[24];
    char category[24];
};

struct weh_bench {
    struct weh_rpc_options connection;
    const char *imodel;   /* as the server knows it */
    const char *data_dir; /* NULL when the server is somebody else's */
    const char *daemon_path;
    struct weh_rpc_client *edit;  /* has the iModel open */
    struct weh_rpc_client *other; /* the other encoding, no iModel */
    struct weh_client *echo;      /* NULL: not measured */
    struct weh_bench_places places;
    struct weh_bench_series series[WEH_BENCH_COUNT];
    struct {
        bool measured;
        uint32_t n_sessions;
        double open_kb; /* a session: opened and one element read */
        double used_kb; /* and one element inserted and saved */
    } memory;
};

/** Send @method with empty params; an error reply is a failure. */
WEH_MUST_CHECK weh_err weh_bench_simple(struct weh_rpc_client *client, const char *method,
                                        struct weh_rpc_message *out, struct weh_diag *diag);

/** Open @imodel for writing in the session of @client. */
WEH_MUST_CHECK weh_err weh_bench_open(struct weh_rpc_client *client, const char *imodel,
                                      struct weh_diag *diag);

/** Make a model and a category to insert into, and save them. */
WEH_MUST_CHECK weh_err weh_bench_prepare(struct weh_rpc_client *client,
                                         struct weh_bench_places *out, struct weh_diag *diag);

/** Write the props of one physical object, with the geometry of a box or a bare placement. */
void weh_bench_put_physical(struct weh_sink *sink, const struct weh_bench_places *places,
                            uint32_t number, bool geometry);

/** Begin an insert of one physical object without geometry; weh_rpc_client_send sends it. */
void weh_bench_begin_insert(struct weh_rpc_client *client, const struct weh_bench_places *places,
                            uint32_t number);

/** Insert @n physical objects by edit.batch, numbered from 0. */
WEH_MUST_CHECK weh_err weh_bench_insert_batches(struct weh_bench *bench, uint32_t n, bool geometry,
                                                struct weh_diag *diag);

/** Processor time of all threads of the server so far. */
WEH_MUST_CHECK weh_err weh_bench_server_cpu_ms(const struct weh_daemon *daemon, double *out,
                                               struct weh_diag *diag);
/** Run @argv to its end; @out: what it printed, at most @size - 1 bytes. */
WEH_MUST_CHECK weh_err weh_bench_run_program(char *const *argv, char *out, size_t size,
                                             struct weh_diag *diag);

/** One round of everything that needs no further process. */
WEH_MUST_CHECK weh_err weh_bench_round(struct weh_bench *bench, struct weh_diag *diag);

/** Start and stop a server on a folder of its own, once. */
WEH_MUST_CHECK weh_err weh_bench_ready(struct weh_bench *bench, struct weh_diag *diag);

/** What weh_bench_inserts and weh_bench_saves need besides the session of @bench. */
struct weh_bench_inserts {
    const char *bare_path;           /* the program to compare with */
    const struct weh_daemon *daemon; /* whose time is taken */
    uint32_t n_elements;             /* of weh_bench_inserts */
    uint32_t n_saved;                /* elements a transaction, of weh_bench_saves */
    uint32_t n_rounds;
    bool geometry;
};

/**
 * Insert elements in one transaction by single requests, by edit.batch and by the bare program, each
 * into a copy of the open iModel, and read them again; write the measures as one map.
 */
WEH_MUST_CHECK weh_err weh_bench_inserts(struct weh_bench *bench,
                                         const struct weh_bench_inserts *options,
                                         struct weh_sink *sink, struct weh_diag *diag);

/**
 * Save transactions of one element and of n_saved, undo and redo them, by the server and by the bare
 * program, each in a copy of the open iModel; write the measures as one map.
 */
WEH_MUST_CHECK weh_err weh_bench_saves(struct weh_bench *bench,
                                       const struct weh_bench_inserts *options,
                                       struct weh_sink *sink, struct weh_diag *diag);

struct weh_bench_idle {
    struct weh_rpc_options connection; /* url and token do not count */
    const char *daemon_path;
    const char *dir;    /* for the data folders */
    const char *imodel; /* the file that is checked out */
    uint32_t n_sessions;
    uint32_t n_copies; /* of them have a checked-out copy open */
};

/** Many sessions at rest, in servers of their own: memory and waking, written as one map. */
WEH_MUST_CHECK weh_err weh_bench_idle(const struct weh_bench_idle *options, struct weh_sink *sink,
                                      struct weh_diag *diag);

/** Resident memory of @pid in KiB. WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_bench_resident_kb(pid_t pid, double *resident, struct weh_diag *diag);

/** Open @n sessions on copies of @file and see how the memory of @daemon grows. */
WEH_MUST_CHECK weh_err weh_bench_memory(struct weh_bench *bench, const struct weh_daemon *daemon,
                                        const char *file, uint32_t n, struct weh_diag *diag);

#endif
