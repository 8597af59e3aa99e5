/* src/briefcase/imodel_inspect.c - what is in an iModel file, as one map.
 *
 * Lists are queries whose columns become members: a table says which. Nothing is interpreted beyond
 * that; the file is read through a short look and not entered in the registry.
 */
#include <string.h>

#include <sys/stat.h>

#include "weh/imodel.h"

#include "briefcase_priv.h"
#include "content_priv.h"
#include "location.h"

/* How a column becomes a member. */
enum column_kind {
    COLUMN_VALUE,
    COLUMN_ID,
    COLUMN_BOOL
};

#define MAX_COLUMNS 8

struct listing {
    const char *key;
    const char *sql;
    enum column_kind kinds[MAX_COLUMNS];
};

/* clang-format off */
static const struct listing listings[] = {
    { "schemas",
      "SELECT Name name, Alias alias, printf('%02d.%02d.%02d',VersionDigit1,VersionDigit2,VersionDigit3) "
      "version FROM ec_Schema ORDER BY Name",
      { COLUMN_VALUE, COLUMN_VALUE, COLUMN_VALUE } },
    { "elements",
      "SELECT coalesce(s.Name||':'||c.Name,'class '||e.ECClassId) class, count(*) count "
      "FROM bis_Element e LEFT JOIN ec_Class c ON c.Id=e.ECClassId "
      "LEFT JOIN ec_Schema s ON s.Id=c.SchemaId GROUP BY e.ECClassId ORDER BY 2 DESC, 1",
      { COLUMN_VALUE, COLUMN_VALUE } },
    { "txns",
      "SELECT Id id, Operation description, strftime('%Y-%m-%dT%H:%M:%fZ',Time) time, "
      "Grouped grouped, Deleted reversed, length(Change) bytes FROM dgn_Txns ORDER BY Id",
      { COLUMN_ID, COLUMN_VALUE, COLUMN_VALUE, COLUMN_BOOL, COLUMN_BOOL, COLUMN_VALUE } },
};
/* clang-format on */

static void write_column(struct weh_sink *sink, sqlite3_stmt *stmt, int column,
                         enum column_kind kind)
{
    if (kind == COLUMN_ID) {
        weh_sink_id(sink, (uint64_t)sqlite3_column_int64(stmt, column));
        return;
    }
    if (kind == COLUMN_BOOL) {
        weh_sink_bool(sink, sqlite3_column_int64(stmt, column) != 0);
        return;
    }
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        weh_sink_int(sink, sqlite3_column_int64(stmt, column));
        break;
    case SQLITE_FLOAT:
        weh_sink_real(sink, sqlite3_column_double(stmt, column));
        break;
    case SQLITE_TEXT:
        weh_sink_str(sink, weh_stmt_text(stmt, column));
        break;
    default:
        weh_sink_null(sink);
        break;
    }
}

static weh_err write_listing(struct weh_briefcase *briefcase, const struct listing *listing,
                             struct weh_sink *sink, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int n = 0;
    weh_err err = weh_stmt_acquire(briefcase, listing->sql, &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    n = sqlite3_column_count(stmt);
    weh_assert(n <= MAX_COLUMNS);
    weh_sink_key(sink, listing->key);
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    while (err == WEH_OK && row) {
        weh_sink_map_begin(sink, (uint32_t)n);
        for (int i = 0; i < n; i++) {
            weh_sink_key(sink, sqlite3_column_name(stmt, i));
            write_column(sink, stmt, i, listing->kinds[i]);
        }
        weh_sink_map_end(sink);
        err = weh_stmt_step(briefcase, stmt, &row, diag);
    }
    weh_sink_array_end(sink);
    weh_stmt_release(briefcase, stmt);
    return err;
}

/** The single value of @sql as member @key; left out when there is no row. */
static weh_err write_value(struct weh_briefcase *briefcase, const char *key, const char *sql,
                           struct weh_sink *sink, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(briefcase, sql, &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK && row) {
        weh_sink_key(sink, key);
        write_column(sink, stmt, 0, COLUMN_VALUE);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

struct member {
    const char *key;
    const char *sql;
};

static weh_err write_values(struct weh_briefcase *briefcase, const struct member *members, size_t n,
                            struct weh_sink *sink, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (size_t i = 0; err == WEH_OK && i < n; i++) {
        err = write_value(briefcase, members[i].key, members[i].sql, sink, diag);
    }
    return err;
}

static void write_size(struct weh_sink *sink, const char *key, const char *path, const char *suffix)
{
    char name[4096];
    struct stat status;

    sqlite3_snprintf(sizeof(name), name, "%s%s", path, suffix);
    weh_sink_key(sink, key);
    weh_sink_int(sink, stat(name, &status) == 0 ? (int64_t)status.st_size : 0);
}

static weh_err write_file(struct weh_briefcase *briefcase, const char *path, struct weh_sink *sink,
                          struct weh_diag *diag)
{
    static const struct member members[] = {
        { "pageSize", "PRAGMA page_size" },
        { "pages", "PRAGMA page_count" },
        { "freePages", "PRAGMA freelist_count" },
        { "encoding", "PRAGMA encoding" },
        { "applicationId", "SELECT printf('0x%08x',application_id) FROM pragma_application_id" },
        { "userVersion", "PRAGMA user_version" },
    };
    weh_err err;

    weh_sink_key(sink, "file");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    write_size(sink, "bytes", path, "");
    write_size(sink, "walBytes", path, "-wal");
    err = write_values(briefcase, members, WEH_ARRAY_LEN(members), sink, diag);
    weh_sink_map_end(sink);
    return err;
}

static weh_err write_profiles(struct weh_briefcase *briefcase, struct weh_sink *sink,
                              struct weh_diag *diag)
{
    static const char *const spaces[] = { "be_Db", "ec_Db", "dgn_Db" };
    struct weh_profile_version version;
    char text[64];
    bool found = false;
    weh_err err = WEH_OK;

    weh_sink_key(sink, "profiles");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(spaces); i++) {
        err = weh_profile_read(briefcase, spaces[i], &version, &found, diag);
        if (err == WEH_OK && found) {
            sqlite3_snprintf(sizeof(text), text, "%u.%u.%u.%u", version.major, version.minor,
                             version.sub1, version.sub2);
            weh_sink_key(sink, spaces[i]);
            weh_sink_text(sink, text);
        }
    }
    weh_sink_map_end(sink);
    return err;
}

static weh_err write_imodel(struct weh_briefcase *briefcase, struct weh_sink *sink,
                            struct weh_diag *diag)
{
    static const struct member members[] = {
        { "created",
          "SELECT StrData FROM be_Prop WHERE Namespace='be_Db' AND Name='CreationDate'" },
        { "elementIdSequence", "SELECT Val FROM be_Local WHERE Name='bis_elementidsequence'" },
        { "instanceIdSequence", "SELECT Val FROM be_Local WHERE Name='ec_instanceidsequence'" },
        { "standaloneEdit", "SELECT Val FROM be_Local WHERE Name='StandaloneEdit'" },
        { "elements", "SELECT count(*) FROM bis_Element" },
        { "models", "SELECT count(*) FROM bis_Model" },
    };
    weh_err err;

    weh_sink_key(sink, "iModel");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    err = weh_briefcase_write_connection_props(briefcase, sink, diag);
    if (err == WEH_OK) {
        err = write_values(briefcase, members, WEH_ARRAY_LEN(members), sink, diag);
    }
    weh_sink_map_end(sink);
    return err;
}

weh_err weh_imodel_inspect(const char *path, struct weh_sink *sink, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = NULL;
    weh_err err;

    weh_assert(path != NULL && sink != NULL);
    err = weh_glance_open(path, NULL, &briefcase, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_local_values_load(briefcase, diag);
    if (err != WEH_OK) {
        goto out;
    }
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    err = write_file(briefcase, path, sink, diag);
    if (err == WEH_OK) {
        err = write_profiles(briefcase, sink, diag);
    }
    if (err == WEH_OK) {
        err = write_imodel(briefcase, sink, diag);
    }
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(listings); i++) {
        err = write_listing(briefcase, &listings[i], sink, diag);
    }
    weh_sink_map_end(sink);
out:
    weh_glance_close(briefcase);
    return err;
}
