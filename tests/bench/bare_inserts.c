/* tests/bench/bare_inserts.c - the least that inserting elements costs: what weh bench compares with.
 *
 * Inserts physical objects with a box each into an iModel by plain SQLite: the same rows as the server
 * writes, prepared statements, the triggers and their functions, the session extension, saved
 * transactions. No checks, no catalogue, no messages: class and columns are those of the iModels that
 * ship with BisCore 1.0. Prints {elements, wallMs, cpuMs}, a transaction, from BEGIN to the end of COMMIT,
 * and with --saves also {undo: {wallMs, cpuMs}, redo: ..} for as many transactions, by the session
 * extension's apply. It uses none of the project's libraries, is not part of the server, and no example
 * for one: it checks nothing that it reads and ends at the first error.
 *
 * usage: bare_inserts FILE MODEL CATEGORY N [--no-geometry] [--saves R]
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
    int64_t next_id;
    int64_t txn_id; /* of the first transaction */
    int n;
    int n_saves;
    int geometry;
    sqlite3_stmt *element;
    sqlite3_stmt *graphics;
    sqlite3_stmt *touch;
    sqlite3_stmt *clear;
    sqlite3_stmt *add_txn;
    sqlite3_stmt *sequence;
    sqlite3_stmt *read_txn;
    sqlite3_stmt *mark_txn;
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
    (void)sqlite3_bind_int64(stmt, 1, work->next_id);
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

    (void)sqlite3_bind_int64(stmt, 1, work->next_id);
    (void)sqlite3_bind_int64(stmt, 2, work->class_id);
    (void)sqlite3_bind_int64(stmt, 3, work->category);
    for (int k = 0; k < 12; k++) {
        (void)sqlite3_bind_double(stmt, 4 + k, numbers[k]);
    }
    if (work->geometry) {
        (void)sqlite3_bind_blob(stmt, 16, stream, (int)make_box(size, stream), SQLITE_TRANSIENT);
    }
}

static void prepare_all(struct work *work)
{
    work->element =
        prepare(work->db, "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,"
                          "UserLabel,FederationGuid) VALUES(?,?,?,1,1,?,?)");
    work->graphics = prepare(
        work->db,
        "INSERT INTO bis_GeometricElement3d(ElementId,ECClassId,CategoryId,InSpatialIndex,"
        "Origin_X,Origin_Y,Origin_Z,Yaw,Pitch,Roll,BBoxLow_X,BBoxLow_Y,BBoxLow_Z,BBoxHigh_X,"
        "BBoxHigh_Y,BBoxHigh_Z,GeometryStream) VALUES(?,?,?,1,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    work->touch =
        prepare(work->db, "UPDATE bis_Model SET LastMod=julianday('now'),ps1=randomblob(16)"
                          " WHERE Id=?");
    work->clear = prepare(work->db, "DELETE FROM dgn_Txns WHERE Deleted=1");
    work->add_txn = prepare(work->db, "INSERT INTO dgn_Txns(Id,Deleted,Grouped,Operation,"
                                      "IsSchemaChange,Change) VALUES(?,0,0,'bare',0,?)");
    work->sequence = prepare(
        work->db, "INSERT OR REPLACE INTO be_Local(Name,Val) VALUES('bis_elementidsequence',?)");
    work->read_txn = prepare(work->db, "SELECT Change FROM dgn_Txns WHERE Id=?");
    work->mark_txn = prepare(work->db, "UPDATE dgn_Txns SET Deleted=? WHERE Id=?");
    work->txn_id = number(work->db, "SELECT ((coalesce(max(Id),0)>>32)+1)<<32 FROM dgn_Txns");
}

static void finalize_all(const struct work *work)
{
    sqlite3_stmt *const all[] = { work->element, work->graphics, work->touch,    work->clear,
                                  work->add_txn, work->sequence, work->read_txn, work->mark_txn };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        (void)sqlite3_finalize(all[i]);
    }
}

static void insert_all(struct work *work)
{
    for (int i = 0; i < work->n; i++) {
        bind_element(work->element, work, i);
        step(work->db, work->element);
        bind_geometry(work->graphics, work, i);
        step(work->db, work->graphics);
        work->next_id++;
    }
}

/* The rows that a save writes besides: the model's, the transaction's, the id sequence's. */
static void save(const struct work *work, sqlite3_session *session, int i)
{
    void *changes = NULL;
    uint8_t *bytes;
    uint8_t *packed;
    int n = 0;

    (void)sqlite3session_indirect(session, 1);
    (void)sqlite3_bind_int64(work->touch, 1, work->model);
    step(work->db, work->touch);
    (void)sqlite3session_indirect(session, 0);
    step(work->db, work->clear);
    check(work->db, sqlite3session_changeset(session, &n, &changes), "changeset");
    bytes = malloc((size_t)n + 8);
    packed = malloc(snappy_max_compressed_length((size_t)n + 8) + (size_t)n / 512 + CHUNK_BYTES);
    if (bytes == NULL || packed == NULL) {
        fail();
    }
    memcpy(bytes, (const uint32_t[]){ 0x600, (uint32_t)n }, 8);
    memcpy(bytes + 8, changes, (size_t)n);
    (void)sqlite3_bind_int64(work->add_txn, 1, work->txn_id + i);
    (void)sqlite3_bind_blob(work->add_txn, 2, packed, (int)pack(bytes, (size_t)n + 8, packed),
                            SQLITE_STATIC);
    step(work->db, work->add_txn);
    (void)sqlite3_bind_int64(work->sequence, 1, work->next_id - 1);
    step(work->db, work->sequence);
    free(bytes);
    free(packed);
    sqlite3_free(changes);
    run(work->db, "COMMIT");
}

static void insert_and_save(struct work *work, int i)
{
    sqlite3_session *session = NULL;

    run(work->db, "BEGIN IMMEDIATE");
    check(work->db, sqlite3session_create(work->db, "main", &session), "session");
    sqlite3session_table_filter(session, is_tracked, NULL);
    check(work->db, sqlite3session_attach(session, NULL), "session");
    insert_all(work);
    save(work, session, i);
    sqlite3session_delete(session);
}

/* ---- undo and redo ---- */

static size_t part_at(const uint8_t *packed)
{
    return (size_t)packed[0] | (size_t)packed[1] << 8;
}

/* The changeset in @packed; *@n its length. */
static uint8_t *unpack(const uint8_t *packed, size_t len, size_t *n)
{
    size_t n_parts = 0;
    uint8_t *out;

    for (size_t at = 0; at < len; at += part_at(packed + at)) {
        n_parts++;
    }
    out = malloc((n_parts + 1) * CHUNK_BYTES);
    *n = 0;
    for (size_t at = 0; at < len && out != NULL; at += part_at(packed + at)) {
        size_t plain = CHUNK_BYTES;

        if (snappy_uncompress((const char *)packed + at + 2, part_at(packed + at) - 2,
                              (char *)out + *n, &plain) != SNAPPY_OK) {
            fail();
        }
        *n += plain;
    }
    if (out == NULL) {
        fail();
    }
    return out;
}

/* A row that has gone with its owner is as it shall be. */
static int resolve(void *ctx, int conflict, sqlite3_changeset_iter *iter)
{
    (void)ctx;
    (void)iter;
    return conflict == SQLITE_CHANGESET_NOTFOUND ? SQLITE_CHANGESET_OMIT : SQLITE_CHANGESET_ABORT;
}

static void apply(const struct work *work, int i, int reversed)
{
    uint8_t *bytes;
    void *changes;
    size_t len = 0;
    int n;

    run(work->db, "BEGIN IMMEDIATE");
    (void)sqlite3_bind_int64(work->read_txn, 1, work->txn_id + i);
    check(work->db, sqlite3_step(work->read_txn), "transaction");
    bytes = unpack(sqlite3_column_blob(work->read_txn, 0),
                   (size_t)sqlite3_column_bytes(work->read_txn, 0), &len);
    (void)sqlite3_reset(work->read_txn);
    changes = bytes + 8;
    n = (int)len - 8;
    if (reversed) {
        check(work->db, sqlite3changeset_invert((int)len - 8, bytes + 8, &n, &changes), "invert");
    }
    check(work->db, sqlite3changeset_apply(work->db, n, changes, NULL, resolve, NULL), "apply");
    if (reversed) {
        sqlite3_free(changes);
    }
    free(bytes);
    (void)sqlite3_bind_int(work->mark_txn, 1, reversed);
    (void)sqlite3_bind_int64(work->mark_txn, 2, work->txn_id + i);
    step(work->db, work->mark_txn);
    run(work->db, "COMMIT");
}

/* ---- times ---- */

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
    work->next_id =
        number(work->db, "SELECT Val FROM be_Local WHERE Name='bis_elementidsequence'") + 1;
}

struct times {
    double wall;
    double cpu;
};

static void begin(struct times *times)
{
    times->wall = wall_ms();
    times->cpu = cpu_ms();
}

/* Print what one of the transactions took since begin. */
static void end(const struct work *work, const struct times *times)
{
    (void)printf("\"wallMs\":%.4f,\"cpuMs\":%.4f", (wall_ms() - times->wall) / work->n_saves,
                 (cpu_ms() - times->cpu) / work->n_saves);
}

static void undo_and_redo(const struct work *work)
{
    struct times times;

    begin(&times);
    for (int i = work->n_saves - 1; i >= 0; i--) {
        apply(work, i, 1);
    }
    (void)printf(",\"undo\":{");
    end(work, &times);
    begin(&times);
    for (int i = 0; i < work->n_saves; i++) {
        apply(work, i, 0);
    }
    (void)printf("},\"redo\":{");
    end(work, &times);
    (void)printf("}");
}

static int read_arguments(int argc, char **argv, struct work *work)
{
    work->geometry = 1;
    work->n_saves = 0;
    for (int i = 5; i < argc; i++) {
        if (strcmp(argv[i], "--no-geometry") == 0) {
            work->geometry = 0;
        } else if (strcmp(argv[i], "--saves") == 0 && i + 1 < argc) {
            work->n_saves = (int)strtol(argv[++i], NULL, 10);
        } else {
            return 0;
        }
    }
    if (argc < 5) {
        return 0;
    }
    work->model = strtoll(argv[2], NULL, 0);
    work->category = strtoll(argv[3], NULL, 0);
    work->n = (int)strtol(argv[4], NULL, 10);
    return 1;
}

int main(int argc, char **argv)
{
    struct work work = { .db = NULL };
    struct times times;
    int more;

    if (!read_arguments(argc, argv, &work)) {
        (void)fprintf(stderr,
                      "usage: bare_inserts FILE MODEL CATEGORY N [--no-geometry] [--saves R]\n");
        return 2;
    }
    more = work.n_saves > 0;
    work.n_saves = more ? work.n_saves : 1;
    open_file(argv[1], &work);
    prepare_all(&work);
    if (more) { /* the first of a connection reads the schema and the pages */
        insert_and_save(&work, 0);
        work.txn_id++;
    }
    begin(&times);
    for (int i = 0; i < work.n_saves; i++) {
        insert_and_save(&work, i);
    }
    (void)printf("{\"elements\":%d,", work.n);
    end(&work, &times);
    if (more) {
        undo_and_redo(&work);
    }
    (void)printf("}\n");
    finalize_all(&work);
    return sqlite3_close(work.db) == SQLITE_OK ? 0 : 1;
}
