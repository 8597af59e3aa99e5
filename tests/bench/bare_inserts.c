/* tests/bench/bare_inserts.c - the least that inserting elements costs: what weh bench compares with.
 *
 * Inserts physical objects with a box each into an iModel by plain SQLite: the same rows as the server
 * writes, prepared statements, the triggers and their functions, the session extension, one saved
 * transaction. No checks, no catalogue, no messages: class and columns are those of the iModels that
 * ship with BisCore 1.0. Prints {elements, wallMs, cpuMs} from BEGIN to the end of COMMIT. It uses none
 * of the project's libraries, is not part of the server, and no example for one: it checks nothing
 * that it reads and ends at the first error.
 *
 * usage: bare_inserts FILE MODEL CATEGORY N [--no-geometry]
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <snappy-c.h>
#include <sqlite3.h>
#include <sys/resource.h>

#define CHUNK_BYTES 32768
#define BOX_BYTES   224 /* of a geometry stream with a header and a box, before it is packed */
#define PI          3.14159265358979323846

static void fail(void)
{
    _Exit(1); /* one thread, nothing to tidy */
}

static void check(sqlite3 *db, int rc, const char *what)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) {
        (void)fprintf(stderr, "bare_inserts: %s: %s\n", what, sqlite3_errmsg(db));
        fail();
    }
}

static void run(sqlite3 *db, const char *sql)
{
    check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    check(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL), sql);
    return stmt;
}

static void step(sqlite3 *db, sqlite3_stmt *stmt)
{
    check(db, sqlite3_step(stmt), "step");
    (void)sqlite3_reset(stmt);
}

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = prepare(db, sql);
    int64_t value;

    check(db, sqlite3_step(stmt), sql);
    value = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return value;
}

/* ---- the functions of the triggers ---- */

static void concat(sqlite3_context *context, int n, sqlite3_value **args)
{
    double out[6];

    for (int i = 0; i < n; i++) {
        out[i] = sqlite3_value_double(args[i]);
    }
    sqlite3_result_blob(context, out, n * 8, SQLITE_TRANSIENT);
}

static void placement(sqlite3_context *context, int n, sqlite3_value **args)
{
    uint8_t out[96];
    size_t at = 0;

    for (int i = 0; i < n; i++) {
        size_t len = (size_t)sqlite3_value_bytes(args[i]);

        memcpy(out + at, sqlite3_value_blob(args[i]), len);
        at += len;
    }
    sqlite3_result_blob(context, out, sizeof(out), SQLITE_TRANSIENT);
}

static void aabb(sqlite3_context *context, int n, sqlite3_value **args)
{
    double p[12], out[6], c[3], s[3];

    (void)n;
    memcpy(p, sqlite3_value_blob(args[0]), sizeof(p));
    for (int i = 0; i < 3; i++) {
        c[i] = cos(p[3 + i] * PI / 180.0);
        s[i] = sin(p[3 + i] * PI / 180.0);
    }
    const double m[9] = {
        c[0] * c[1],
        -(s[0] * c[2] + c[0] * s[1] * s[2]),
        s[0] * s[2] - c[0] * s[1] * c[2],
        s[0] * c[1],
        c[0] * c[2] - s[0] * s[1] * s[2],
        -(c[0] * s[2] + s[0] * s[1] * c[2]),
        s[1],
        c[1] * s[2],
        c[1] * c[2],
    };
    for (int corner = 0; corner < 8; corner++) {
        double x = p[(corner & 1) != 0 ? 9 : 6];
        double y = p[(corner & 2) != 0 ? 10 : 7];
        double z = p[(corner & 4) != 0 ? 11 : 8];

        for (size_t i = 0; i < 3; i++) {
            double at = m[3 * i] * x + m[3 * i + 1] * y + m[3 * i + 2] * z + p[i];

            out[i] = corner == 0 || at < out[i] ? at : out[i];
            out[3 + i] = corner == 0 || at > out[3 + i] ? at : out[3 + i];
        }
    }
    sqlite3_result_blob(context, out, sizeof(out), SQLITE_TRANSIENT);
}

static void box_value(sqlite3_context *context, int n, sqlite3_value **args)
{
    double box[6];

    (void)n;
    memcpy(box, sqlite3_value_blob(args[0]), sizeof(box));
    sqlite3_result_double(context, box[sqlite3_value_int(args[1])]);
}

static void register_functions(sqlite3 *db)
{
    static const struct {
        const char *name;
        int n;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } rows[] = {
        { "DGN_point", 3, concat },        { "DGN_angles", 3, concat },
        { "DGN_bbox", 6, concat },         { "DGN_placement", 3, placement },
        { "DGN_placement_aabb", 1, aabb }, { "DGN_bbox_value", 2, box_value },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(db,
              sqlite3_create_function_v2(db, rows[i].name, rows[i].n,
                                         SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
                                         NULL, rows[i].call, NULL, NULL, NULL),
              "function");
    }
}

/* ---- packing ---- */

static size_t pack(const uint8_t *bytes, size_t n, uint8_t *out)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i += CHUNK_BYTES) {
        size_t part = n - i < CHUNK_BYTES ? n - i : CHUNK_BYTES;
        size_t len = snappy_max_compressed_length(part);

        if (snappy_compress((const char *)bytes + i, part, (char *)out + at + 2, &len) !=
            SNAPPY_OK) {
            fail();
        }
        out[at] = (uint8_t)((len + 2) & 0xff);
        out[at + 1] = (uint8_t)((len + 2) >> 8);
        at += len + 2;
    }
    return at;
}

/* The geometry stream of a box of @size, packed; @out has 512 bytes. */
static size_t make_box(const double size[3], uint8_t *out)
{
    static const uint32_t head[] = { 0x600, BOX_BYTES - 8, 1, 8, 1, 0, 11, BOX_BYTES - 32 };
    static const uint8_t table[] = {
        'b',  'g', '0',  '0', '0', '1', 'f', 'b', 0x10, 0, 0, 0, 0, 0, 0, 0,
        8,    0,   0x0e, 0,   7,   0,   8,   0,   8,    0, 0, 0, 0, 0, 0, 9,
        0x0c, 0,   0,    0,   0,   0,   6,   0,   0x8c, 0, 4, 0, 6, 0, 0, 0,
    };
    const double detail[16] = { 0, 0, 0, 0, 0,       size[2], 1,       0,
                                0, 0, 1, 0, size[0], size[1], size[0], size[1] };
    uint8_t stream[BOX_BYTES] = { 0 };

    memcpy(stream, head, sizeof(head));
    memcpy(stream + sizeof(head), table, sizeof(table));
    memcpy(stream + sizeof(head) + sizeof(table), detail, sizeof(detail));
    stream[sizeof(head) + sizeof(table) + sizeof(detail)] = 1; /* capped */
    return pack(stream, sizeof(stream), out);
}

/* ---- the transaction ---- */

struct work {
    sqlite3 *db;
    int64_t model;
    int64_t category;
    int64_t class_id;
    int64_t first_id;
    int n;
    int geometry;
};

static int is_tracked(void *ctx, const char *table)
{
    static const char *const others[] = { "be_Local", "dgn_Txns", "dgn_SpatialIndex", "dgn_Rebase",
                                          "dgn_fts_idx" };

    (void)ctx;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strncmp(table, others[i], strlen(others[i])) == 0) {
            return 0;
        }
    }
    return 1;
}

static void bind_element(sqlite3_stmt *stmt, const struct work *work, int i)
{
    uint8_t guid[16];
    char label[32];

    sqlite3_randomness(sizeof(guid), guid);
    guid[6] = (uint8_t)((guid[6] & 0x0f) | 0x40);
    guid[8] = (uint8_t)((guid[8] & 0x3f) | 0x80);
    (void)snprintf(label, sizeof(label), "bench-%d", i);
    (void)sqlite3_bind_int64(stmt, 1, work->first_id + i);
    (void)sqlite3_bind_int64(stmt, 2, work->class_id);
    (void)sqlite3_bind_int64(stmt, 3, work->model);
    (void)sqlite3_bind_text(stmt, 4, label, -1, SQLITE_TRANSIENT);
    (void)sqlite3_bind_blob(stmt, 5, guid, sizeof(guid), SQLITE_TRANSIENT);
}

static void bind_geometry(sqlite3_stmt *stmt, const struct work *work, int i)
{
    const double size[3] = { 1.0 + i % 7, 1.0 + i % 5, 3.0 };
    const double numbers[12] = { i % 100, i / 100 % 100, 0.0, i % 360, 0.0,     0.0,
                                 0.0,     0.0,           0.0, size[0], size[1], size[2] };
    uint8_t stream[512];

    (void)sqlite3_bind_int64(stmt, 1, work->first_id + i);
    (void)sqlite3_bind_int64(stmt, 2, work->class_id);
    (void)sqlite3_bind_int64(stmt, 3, work->category);
    for (int k = 0; k < 12; k++) {
        (void)sqlite3_bind_double(stmt, 4 + k, numbers[k]);
    }
    if (work->geometry) {
        (void)sqlite3_bind_blob(stmt, 16, stream, (int)make_box(size, stream), SQLITE_TRANSIENT);
    }
}

static void insert_all(const struct work *work)
{
    sqlite3_stmt *element =
        prepare(work->db, "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,"
                          "UserLabel,FederationGuid) VALUES(?,?,?,1,1,?,?)");
    sqlite3_stmt *geometry = prepare(
        work->db,
        "INSERT INTO bis_GeometricElement3d(ElementId,ECClassId,CategoryId,InSpatialIndex,"
        "Origin_X,Origin_Y,Origin_Z,Yaw,Pitch,Roll,BBoxLow_X,BBoxLow_Y,BBoxLow_Z,BBoxHigh_X,"
        "BBoxHigh_Y,BBoxHigh_Z,GeometryStream) VALUES(?,?,?,1,?,?,?,?,?,?,?,?,?,?,?,?,?)");

    for (int i = 0; i < work->n; i++) {
        bind_element(element, work, i);
        step(work->db, element);
        bind_geometry(geometry, work, i);
        step(work->db, geometry);
    }
    (void)sqlite3_finalize(element);
    (void)sqlite3_finalize(geometry);
}

/* The rows that a save writes besides: the model's, the transaction's, the id sequence's. */
static void save(const struct work *work, sqlite3_session *session)
{
    static const char txn_sql[] =
        "INSERT INTO dgn_Txns(Id,Deleted,Grouped,Operation,IsSchemaChange,Change) VALUES("
        "(SELECT ((coalesce(max(Id),0)>>32)+1)<<32 FROM dgn_Txns),0,0,'bare',0,?)";
    sqlite3_stmt *stmt;
    void *changes = NULL;
    uint8_t *bytes;
    uint8_t *packed;
    int n = 0;

    (void)sqlite3session_indirect(session, 1);
    stmt = prepare(work->db, "UPDATE bis_Model SET LastMod=julianday('now'),ps1=randomblob(16)"
                             " WHERE Id=?");
    (void)sqlite3_bind_int64(stmt, 1, work->model);
    step(work->db, stmt);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3session_indirect(session, 0);
    run(work->db, "DELETE FROM dgn_Txns WHERE Deleted=1");
    check(work->db, sqlite3session_changeset(session, &n, &changes), "changeset");
    bytes = malloc((size_t)n + 8);
    packed = malloc(snappy_max_compressed_length((size_t)n + 8) + (size_t)n / 512 + CHUNK_BYTES);
    if (bytes == NULL || packed == NULL) {
        fail();
    }
    memcpy(bytes, (const uint32_t[]){ 0x600, (uint32_t)n }, 8);
    memcpy(bytes + 8, changes, (size_t)n);
    stmt = prepare(work->db, txn_sql);
    (void)sqlite3_bind_blob(stmt, 1, packed, (int)pack(bytes, (size_t)n + 8, packed),
                            SQLITE_STATIC);
    step(work->db, stmt);
    (void)sqlite3_finalize(stmt);
    stmt = prepare(work->db,
                   "INSERT OR REPLACE INTO be_Local(Name,Val) VALUES('bis_elementidsequence',?)");
    (void)sqlite3_bind_int64(stmt, 1, work->first_id + work->n - 1);
    step(work->db, stmt);
    (void)sqlite3_finalize(stmt);
    free(bytes);
    free(packed);
    sqlite3_free(changes);
    run(work->db, "COMMIT");
}

static double cpu_ms(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double wall_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void open_file(const char *path, struct work *work)
{
    check(NULL, sqlite3_config(SQLITE_CONFIG_MULTITHREAD), "config");
    check(NULL, sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0), "config");
    check(work->db,
          sqlite3_open_v2(path, &work->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL),
          "open");
    register_functions(work->db);
    run(work->db,
        "PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192; PRAGMA journal_mode=WAL");
    work->class_id = number(work->db, "SELECT c.Id FROM ec_Class c JOIN ec_Schema s ON"
                                      " s.Id=c.SchemaId WHERE s.Name='Generic' AND"
                                      " c.Name='PhysicalObject'");
    work->first_id =
        number(work->db, "SELECT Val FROM be_Local WHERE Name='bis_elementidsequence'") + 1;
}

int main(int argc, char **argv)
{
    struct work work = { .geometry = argc < 6 };
    sqlite3_session *session = NULL;
    double wall;
    double cpu;

    if (argc < 5 || (argc == 6 && strcmp(argv[5], "--no-geometry") != 0)) {
        (void)fprintf(stderr, "usage: bare_inserts FILE MODEL CATEGORY N [--no-geometry]\n");
        return 2;
    }
    work.model = strtoll(argv[2], NULL, 0);
    work.category = strtoll(argv[3], NULL, 0);
    work.n = (int)strtol(argv[4], NULL, 10);
    open_file(argv[1], &work);

    wall = wall_ms();
    cpu = cpu_ms();
    run(work.db, "BEGIN IMMEDIATE");
    check(work.db, sqlite3session_create(work.db, "main", &session), "session");
    sqlite3session_table_filter(session, is_tracked, NULL);
    check(work.db, sqlite3session_attach(session, NULL), "session");
    insert_all(&work);
    save(&work, session);
    wall = wall_ms() - wall;
    cpu = cpu_ms() - cpu;
    (void)printf("{\"elements\":%d,\"wallMs\":%.3f,\"cpuMs\":%.3f}\n", work.n, wall, cpu);
    sqlite3session_delete(session);
    return sqlite3_close(work.db) == SQLITE_OK ? 0 : 1;
}
