/* include/weh/ec_checksum.h - one number for all that a file says of its schemas.
 *
 * The numbers are those of the native library's PRAGMA checksum: SHA3-256 over the queries' texts and what
 * they answer, in the form of SQLite's sha3_query().
 */
#ifndef WEH_EC_CHECKSUM_H
#define WEH_EC_CHECKSUM_H

#include "weh/compiler.h"
#include "weh/err.h"

struct weh_briefcase;

enum weh_ec_checksum {
    WEH_EC_CHECKSUM_SCHEMAS, /* classes, properties, units ... */
    WEH_EC_CHECKSUM_MAP,     /* where they are stored */
    WEH_EC_CHECKSUM_TABLES   /* SQLite's own schema */
};

#define WEH_EC_CHECKSUM_LEN 64

/**
 * The checksum of @what in the open file, unsaved changes included.
 *
 * @out  lower-case hexadecimal and a NUL.
 *
 * WEH_E_NOMEM, WEH_E_INTERNAL without SHA3-256, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_ec_checksum(struct weh_briefcase *briefcase, enum weh_ec_checksum what,
                                       char out[WEH_EC_CHECKSUM_LEN + 1], struct weh_diag *diag);

#endif
