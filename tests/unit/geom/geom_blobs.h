/* tests/unit/geom/geom_blobs.h - every geometry stream of a golden iModel. */
#ifndef GEOM_BLOBS_H
#define GEOM_BLOBS_H

#include <stdint.h>

#include <sqlite3.h>

#include "weh/buf.h"

struct geom_blobs {
    struct weh_buf file;
    sqlite3 *db;
    sqlite3_stmt *stmt;
};

/* One stream; borrowed until the next. */
struct geom_blob {
    uint64_t element_id;
    const uint8_t *bytes;
    size_t len;
};

/* Open tests/data/@name (packed when it ends in .xz) in memory; asserts that it works. */
void geom_blobs_open(struct geom_blobs *blobs, const char *name);
int geom_blobs_next(struct geom_blobs *blobs, struct geom_blob *out); /* 0 at the end */
void geom_blobs_close(struct geom_blobs *blobs);

#endif
