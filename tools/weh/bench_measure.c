/* tools/weh/bench_measure.c - what is timed, and how often a round.
 *
 * Each time is that of the whole round trip as a client sees it, over loopback, one request at a
 * time unless it says otherwise.
 */
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "weh/alloc.h"

#include "bench.h"

#define N_PINGS   2000
#define N_SAVES   200
#define N_OPENS   20
#define BATCH_OPS 2000 /* operations in a message */
#define N_BATCH   2000
#define N_WRITES  200
#define PAGE_SIZE 4096

weh_err weh_bench_simple(struct weh_rpc_client *client, const char *method,
                         struct weh_rpc_message *out, struct weh_diag *diag)
{
    struct weh_sink *sink = weh_rpc_client_begin(client, method);

    weh_sink_map_begin(sink, 0);
    weh_sink_map_end(sink);
    return weh_rpc_client_demand(client, out, diag);
}

weh_err weh_bench_open(struct weh_rpc_client *client, const char *imodel, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    struct weh_sink *sink = weh_rpc_client_begin(client, "briefcase.open");

    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "imodel");
    weh_sink_text(sink, imodel);
    weh_sink_map_end(sink);
    return weh_rpc_client_demand(client, &message, diag);
}

static void put_text(struct weh_sink *sink, const char *key, const char *text)
{
    weh_sink_key(sink, key);
    weh_sink_text(sink, text);
}

static void put_code(struct weh_sink *sink, const char *spec, const char *scope, const char *value)
{
    weh_sink_key(sink, "code");
    weh_sink_map_begin(sink, 3);
    put_text(sink, "spec", spec);
    put_text(sink, "scope", scope);
    put_text(sink, "value", value);
    weh_sink_map_end(sink);
}

/* Wait for the reply to what was begun and keep its id. */
static weh_err demand_id(struct weh_rpc_client *client, char out[24], struct weh_diag *diag)
{
    struct weh_rpc_message message;
    const struct weh_value *id;
    weh_err err = weh_rpc_client_demand(client, &message, diag);

    if (err != WEH_OK) {
        return err;
    }
    id = weh_value_get(&message.incoming.value, "id");
    if (id == NULL || id->type != WEH_VALUE_STRING || id->n >= 24) {
        return weh_fail(diag, WEH_E_PARSE, "an insert answered without an id");
    }
    (void)snprintf(out, 24, "%.*s", WEH_STR_ARGS(weh_value_str(id)));
    return WEH_OK;
}

weh_err weh_bench_prepare(struct weh_rpc_client *client, struct weh_bench_places *out,
                          struct weh_diag *diag)
{
    struct weh_rpc_message message;
    char name[40];
    struct weh_sink *sink;
    weh_err err;

    (void)snprintf(name, sizeof(name), "bench %llx", (unsigned long long)weh_bench_now_ns());
    sink = weh_rpc_client_begin(client, "elements.insertElement");
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "props");
    weh_sink_map_begin(sink, 4);
    put_text(sink, "classFullName", "BisCore:PhysicalPartition");
    put_text(sink, "model", "0x1");
    put_code(sink, "bis:InformationPartitionElement", "0x1", name);
    weh_sink_key(sink, "parent");
    weh_sink_map_begin(sink, 2);
    put_text(sink, "id", "0x1");
    put_text(sink, "relClassName", "BisCore:SubjectOwnsPartitionElements");
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    err = demand_id(client, out->model, diag);
    if (err != WEH_OK) {
        return err;
    }
    sink = weh_rpc_client_begin(client, "models.insertModel");
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "props");
    weh_sink_map_begin(sink, 2);
    put_text(sink, "classFullName", "BisCore:PhysicalModel");
    weh_sink_key(sink, "modeledElement");
    weh_sink_map_begin(sink, 2);
    put_text(sink, "id", out->model);
    put_text(sink, "relClassName", "BisCore:ModelModelsElement");
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    err = demand_id(client, out->model, diag);
    if (err != WEH_OK) {
        return err;
    }
    sink = weh_rpc_client_begin(client, "elements.insertElement");
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "props");
    weh_sink_map_begin(sink, 3);
    put_text(sink, "classFullName", "BisCore:SpatialCategory");
    put_text(sink, "model", "0x10");
    put_code(sink, "bis:SpatialCategory", "0x10", name);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    err = demand_id(client, out->category, diag);
    return err == WEH_OK ? weh_bench_simple(client, "txns.saveChanges", &message, diag) : err;
}

static void put_point(struct weh_sink *sink, const char *key, double x, double y, double z)
{
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, 3);
    weh_sink_real(sink, x);
    weh_sink_real(sink, y);
    weh_sink_real(sink, z);
    weh_sink_array_end(sink);
}

/* A box as an entry of elementGeometryBuilderParams: the flatbuffer of @itwin/core-geometry. */
static void put_box(struct weh_sink *sink, const double size[3])
{
    static const uint8_t table[48] = {
        'b',  'g', '0',  '0', '0', '1', 'f', 'b', 0x10, 0, 0, 0, 0, 0, 0, 0,
        8,    0,   0x0e, 0,   7,   0,   8,   0,   8,    0, 0, 0, 0, 0, 0, 9,
        0x0c, 0,   0,    0,   0,   0,   6,   0,   0x8c, 0, 4, 0, 6, 0, 0, 0,
    };
    const double detail[16] = { 0, 0, 0, 0, 0,       size[2], 1,       0,
                                0, 0, 1, 0, size[0], size[1], size[0], size[1] };
    uint8_t bytes[sizeof(table) + sizeof(detail) + 8] = { 0 };

    memcpy(bytes, table, sizeof(table));
    memcpy(bytes + sizeof(table), detail, sizeof(detail));
    bytes[sizeof(table) + sizeof(detail)] = 1; /* capped */
    weh_sink_key(sink, "elementGeometryBuilderParams");
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "entryArray");
    weh_sink_array_begin(sink, 1);
    weh_sink_map_begin(sink, 2);
    weh_sink_key(sink, "opcode");
    weh_sink_int(sink, 11);
    weh_sink_key(sink, "data");
    weh_sink_binary(sink, bytes, sizeof(bytes));
    weh_sink_map_end(sink);
    weh_sink_array_end(sink);
    weh_sink_map_end(sink);
}

static void put_placement(struct weh_sink *sink, uint32_t number, const double *size)
{
    weh_sink_key(sink, "placement");
    weh_sink_map_begin(sink, size == NULL ? 3 : 2);
    put_point(sink, "origin", number % 100, number / 100 % 100, 0.0);
    weh_sink_key(sink, "angles");
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "yaw");
    weh_sink_real(sink, number % 360);
    weh_sink_map_end(sink);
    if (size == NULL) {
        weh_sink_key(sink, "bbox");
        weh_sink_map_begin(sink, 2);
        put_point(sink, "low", 0.0, 0.0, 0.0);
        put_point(sink, "high", 1.0, 1.0, 3.0);
        weh_sink_map_end(sink);
    }
    weh_sink_map_end(sink);
}

void weh_bench_put_physical(struct weh_sink *sink, const struct weh_bench_places *places,
                            uint32_t number, bool geometry)
{
    const double size[3] = { 1.0 + number % 7, 1.0 + number % 5, 3.0 };
    char label[32];

    (void)snprintf(label, sizeof(label), "bench-%u", number);
    weh_sink_map_begin(sink, geometry ? 7 : 6);
    put_text(sink, "classFullName", "Generic:PhysicalObject");
    put_text(sink, "model", places->model);
    put_text(sink, "category", places->category);
    put_code(sink, "0x1", "0x1", "");
    put_text(sink, "userLabel", label);
    put_placement(sink, number, geometry ? size : NULL);
    if (geometry) {
        put_box(sink, size);
    }
    weh_sink_map_end(sink);
}

void weh_bench_begin_insert(struct weh_rpc_client *client, const struct weh_bench_places *places,
                            uint32_t number)
{
    struct weh_sink *sink = weh_rpc_client_begin(client, "elements.insertElement");

    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "props");
    weh_bench_put_physical(sink, places, number, false);
    weh_sink_map_end(sink);
}

/* One element of a class without placement: no spatial index, fewer indexes. */
static void begin_subject(struct weh_rpc_client *client, uint32_t number)
{
    struct weh_sink *sink = weh_rpc_client_begin(client, "elements.insertElement");
    char name[32];

    (void)snprintf(name, sizeof(name), "bench-%u", number);
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "props");
    weh_sink_map_begin(sink, 4);
    put_text(sink, "classFullName", "BisCore:Subject");
    put_text(sink, "model", "0x1");
    put_code(sink, "bis:Subject", "0x1", name);
    weh_sink_key(sink, "parent");
    weh_sink_map_begin(sink, 2);
    put_text(sink, "id", "0x1");
    put_text(sink, "relClassName", "BisCore:SubjectOwnsSubjects");
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
}

/* What the storage can do: append a page and make it durable. */
static weh_err measure_writes(struct weh_bench *bench, struct weh_diag *diag)
{
    uint8_t page[PAGE_SIZE] = { 0x42 };
    weh_err err = WEH_OK;
    char path[300];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/probe", bench->data_dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return weh_fail(diag, WEH_E_IO, "%s cannot be made", path);
    }
    for (uint32_t i = 0; i < N_WRITES && err == WEH_OK; i++) {
        uint64_t start_ns = weh_bench_now_ns();

        if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page) || fdatasync(fd) != 0) {
            err = weh_fail(diag, WEH_E_IO, "%s cannot be written", path);
            break;
        }
        err = weh_bench_add(&bench->series[WEH_BENCH_WRITE_FDATASYNC],
                            weh_bench_now_ns() - start_ns, diag);
    }
    close(fd);
    (void)unlink(path);
    return err;
}

static weh_err measure_echo(struct weh_bench *bench, struct weh_diag *diag)
{
    /* As long as a ping's request in MessagePack. */
    static const uint8_t bytes[20] = { 0x94 };
    struct weh_client_message message;
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < N_PINGS && err == WEH_OK; i++) {
        uint64_t start_ns = weh_bench_now_ns();

        err = weh_client_send(bench->echo, bytes, sizeof(bytes), false, diag);
        if (err == WEH_OK) {
            err = weh_client_receive(bench->echo, bench->connection.timeout_ms, &message, diag);
        }
        if (err == WEH_OK && message.len != sizeof(bytes)) {
            err = weh_fail(diag, WEH_E_PARSE, "the echo is not what was sent");
        }
        if (err == WEH_OK) {
            err =
                weh_bench_add(&bench->series[WEH_BENCH_ECHO], weh_bench_now_ns() - start_ns, diag);
        }
    }
    return err;
}

static weh_err measure_pings(struct weh_rpc_client *client, struct weh_bench_series *series,
                             struct weh_diag *diag)
{
    struct weh_rpc_message message;
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < N_PINGS && err == WEH_OK; i++) {
        uint64_t start_ns = weh_bench_now_ns();

        err = weh_bench_simple(client, "session.ping", &message, diag);
        if (err == WEH_OK) {
            err = weh_bench_add(series, weh_bench_now_ns() - start_ns, diag);
        }
    }
    return err;
}

/* Insert and save one element at a time, then undo as many transactions: the file ends as it was. */
static weh_err measure_saves(struct weh_bench *bench, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < N_SAVES && err == WEH_OK; i++) {
        uint64_t start_ns = weh_bench_now_ns();

        weh_bench_begin_insert(bench->edit, &bench->places, i);
        err = weh_rpc_client_demand(bench->edit, &message, diag);
        if (err == WEH_OK) {
            err = weh_bench_simple(bench->edit, "txns.saveChanges", &message, diag);
        }
        if (err == WEH_OK) {
            err = weh_bench_add(&bench->series[WEH_BENCH_INSERT_SAVE],
                                weh_bench_now_ns() - start_ns, diag);
        }
    }
    for (uint32_t i = 0; i < N_SAVES && err == WEH_OK; i++) {
        uint64_t start_ns = weh_bench_now_ns();

        err = weh_bench_simple(bench->edit, "txns.reverseTxns", &message, diag);
        if (err == WEH_OK) {
            err =
                weh_bench_add(&bench->series[WEH_BENCH_UNDO], weh_bench_now_ns() - start_ns, diag);
        }
    }
    return err;
}

weh_err weh_bench_insert_batches(struct weh_bench *bench, uint32_t n, bool geometry,
                                 struct weh_diag *diag)
{
    struct weh_rpc_client *client = bench->edit;
    struct weh_rpc_message message;
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < n && err == WEH_OK; i += BATCH_OPS) {
        uint32_t end = n - i < BATCH_OPS ? n : i + BATCH_OPS;
        struct weh_sink *sink = weh_rpc_client_begin(client, "edit.batch");

        weh_sink_map_begin(sink, 1);
        weh_sink_key(sink, "ops");
        weh_sink_array_begin(sink, end - i);
        for (uint32_t k = i; k < end; k++) {
            weh_sink_map_begin(sink, 2);
            weh_sink_key(sink, "method");
            weh_sink_text(sink, "elements.insertElement");
            weh_sink_key(sink, "params");
            weh_sink_map_begin(sink, 1);
            weh_sink_key(sink, "props");
            weh_bench_put_physical(sink, &bench->places, k, geometry);
            weh_sink_map_end(sink);
            weh_sink_map_end(sink);
        }
        weh_sink_array_end(sink);
        weh_sink_map_end(sink);
        err = weh_rpc_client_demand(client, &message, diag);
    }
    return err;
}

/* The replies to @n requests whose ids follow @first. */
static weh_err await_all(struct weh_rpc_client *client, uint64_t first, uint32_t n,
                         struct weh_diag *diag)
{
    struct weh_rpc_message message;
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < n && err == WEH_OK; i++) {
        err = weh_rpc_client_await(client, first + i, &message, diag);
        if (err == WEH_OK && message.incoming.kind == WEH_INCOMING_ERROR) {
            err = weh_fail(diag, WEH_E_STATE, "request %u of a batch failed: %.*s", i,
                           WEH_STR_ARGS(weh_rpc_error_name(&message)));
        }
    }
    return err;
}

/* Single requests, all sent before the first reply is read. */
static weh_err measure_batch(struct weh_bench *bench, enum weh_bench_id what, struct weh_diag *diag)
{
    uint64_t start_ns = weh_bench_now_ns();
    struct weh_rpc_message message;
    struct weh_sink *sink;
    uint64_t first = 0;
    uint64_t id = 0;
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < N_BATCH && err == WEH_OK; i++) {
        if (what == WEH_BENCH_SUBJECTS_MS) {
            begin_subject(bench->edit, i);
        } else {
            weh_bench_begin_insert(bench->edit, &bench->places, i);
        }
        err = weh_rpc_client_send(bench->edit, &id, diag);
        first = i == 0 ? id : first;
    }
    if (err == WEH_OK) {
        sink = weh_rpc_client_begin(bench->edit, "txns.saveChanges");
        weh_sink_map_begin(sink, 0);
        weh_sink_map_end(sink);
        err = weh_rpc_client_send(bench->edit, &id, diag);
    }
    if (err == WEH_OK) {
        err = await_all(bench->edit, first, N_BATCH + 1, diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_add(&bench->series[what], weh_bench_now_ns() - start_ns, diag);
    }
    return err == WEH_OK ? weh_bench_simple(bench->edit, "txns.reverseTxns", &message, diag) : err;
}

/* Opening again what was closed; ends open, as it began. */
static weh_err measure_opens(struct weh_bench *bench, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < N_OPENS && err == WEH_OK; i++) {
        uint64_t start_ns;

        err = weh_bench_simple(bench->edit, "briefcase.close", &message, diag);
        start_ns = weh_bench_now_ns();
        if (err == WEH_OK) {
            err = weh_bench_open(bench->edit, bench->imodel, diag);
        }
        if (err == WEH_OK) {
            err = weh_bench_add(&bench->series[WEH_BENCH_OPEN_MS], weh_bench_now_ns() - start_ns,
                                diag);
        }
    }
    return err;
}

weh_err weh_bench_round(struct weh_bench *bench, struct weh_diag *diag)
{
    struct weh_bench_series *series = bench->series;
    bool edit_is_json = bench->connection.codec == WEH_CODEC_JSON;
    weh_err err = bench->data_dir == NULL ? WEH_OK : measure_writes(bench, diag);

    if (err == WEH_OK && bench->echo != NULL) {
        err = measure_echo(bench, diag);
    }
    if (err == WEH_OK) {
        err = measure_pings(bench->edit,
                            &series[edit_is_json ? WEH_BENCH_PING_JSON : WEH_BENCH_PING_MSGPACK],
                            diag);
    }
    if (err == WEH_OK) {
        err = measure_pings(bench->other,
                            &series[edit_is_json ? WEH_BENCH_PING_MSGPACK : WEH_BENCH_PING_JSON],
                            diag);
    }
    if (err == WEH_OK) {
        err = measure_saves(bench, diag);
    }
    if (err == WEH_OK) {
        err = measure_batch(bench, WEH_BENCH_BATCH_MS, diag);
    }
    if (err == WEH_OK) {
        err = measure_batch(bench, WEH_BENCH_SUBJECTS_MS, diag);
    }
    if (err == WEH_OK) {
        err = measure_opens(bench, diag);
    }
    return err;
}
