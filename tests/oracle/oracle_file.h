/* tests/oracle/oracle_file.h - a copy of an iModel in a temporary folder, open for reading. */
#ifndef ORACLE_FILE_H
#define ORACLE_FILE_H

#include "weh/bis.h"
#include "weh/briefcase.h"
#include "weh/buf.h"
#include "weh/ec.h"
#include "weh/value_sink.h"

#include "data_file.h"

/* A list that is told item by item: the aspects of the element that was asked for last, ... */
struct oracle_list {
    weh_id owner; /* 0: none */
    struct weh_arena arena;
    struct weh_value_sink sink;
    struct weh_value value;
    uint32_t n_told;
};

struct oracle_file {
    char folder[64];
    char path[96];
    struct weh_file_registry *registry;
    struct weh_ec_cache *cache;
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_bis *bis;
    struct oracle_list aspects;
    struct oracle_list file_props; /* owner 1 once it is there */
};

/** Copy @data_dir/@name.bim, or unpack @name.bim.xz, and open the copy. @file zeroed before. Whether
 * it works or not, oracle_file_close removes what was made. */
WEH_MUST_CHECK weh_err oracle_file_open(const char *data_dir, const char *name,
                                        struct oracle_file *file, struct weh_diag *diag);
void oracle_file_close(struct oracle_file *file);

/** Rows that @sql counts. */
WEH_MUST_CHECK weh_err oracle_count(struct oracle_file *file, const char *sql, uint64_t *out,
                                    struct weh_diag *diag);

#endif
