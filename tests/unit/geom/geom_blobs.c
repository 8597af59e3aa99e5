/* tests/unit/geom/geom_blobs.c - see geom_blobs.h. */
#include "geom_blobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "oracle_file.h"

/* Elements in 3d and 2d, and the parts (js1 of BisCore:GeometryPart). */
static const char sql[] =
    "SELECT ElementId, GeometryStream FROM bis_GeometricElement3d WHERE GeometryStream NOT NULL "
    "UNION ALL SELECT ElementId, GeometryStream FROM bis_GeometricElement2d "
    "WHERE GeometryStream NOT NULL "
    "UNION ALL SELECT d.ElementId, d.js1 FROM bis_DefinitionElement d "
    "JOIN ec_Class c ON c.Id = d.ECClassId WHERE c.Name = 'GeometryPart' AND d.js1 NOT NULL";

void geom_blobs_open(struct geom_blobs *blobs, const char *name)
{
    char path[600];

    weh_buf_init(&blobs->file, 0);
    (void)snprintf(path, sizeof(path), "%s/%s", WEH_TEST_DATA, name);
    assert_int_equal(data_file_read(path, &blobs->file, NULL), WEH_OK);
    /* An image in memory has no WAL: say so in its header. */
    blobs->file.data[18] = 1;
    blobs->file.data[19] = 1;
    assert_int_equal(sqlite3_open(":memory:", &blobs->db), SQLITE_OK);
    assert_int_equal(
        sqlite3_deserialize(blobs->db, "main", blobs->file.data, (sqlite3_int64)blobs->file.len,
                            (sqlite3_int64)blobs->file.len, SQLITE_DESERIALIZE_READONLY),
        SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(blobs->db, sql, -1, &blobs->stmt, NULL), SQLITE_OK);
}

int geom_blobs_next(struct geom_blobs *blobs, struct geom_blob *out)
{
    if (sqlite3_step(blobs->stmt) != SQLITE_ROW) {
        return 0;
    }
    out->element_id = (uint64_t)sqlite3_column_int64(blobs->stmt, 0);
    out->bytes = sqlite3_column_blob(blobs->stmt, 1);
    out->len = (size_t)sqlite3_column_bytes(blobs->stmt, 1);
    return 1;
}

void geom_blobs_close(struct geom_blobs *blobs)
{
    (void)sqlite3_finalize(blobs->stmt);
    (void)sqlite3_close(blobs->db);
    weh_buf_fini(&blobs->file);
}
