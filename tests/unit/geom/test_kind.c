/* tests/unit/geom/test_kind.c - what entries draw, and which streams a filter takes.
 *
 * That the answers are those of the official backend for every kind of geometry, tests/interop shows.
 */
#include <string.h>

#include "weh/geom_filter.h"

#include "fake_alloc.h"
#include "geom_blobs.h"
#include "geom_fixture.h"
#include "kind_priv.h"

#define NONE    WEH_GEOM_KIND_NONE
#define CURVE   WEH_GEOM_KIND_CURVE
#define SURFACE WEH_GEOM_KIND_SURFACE
#define SOLID   WEH_GEOM_KIND_SOLID

/* A stream as it is stored, made of JSON. */
struct stream {
    struct weh_arena arena;
    struct weh_buf packed;
    struct weh_buf body;
};

static void stream_open(struct stream *stream, const char *json)
{
    struct weh_geom geom;
    struct weh_diag diag = { 0 };

    weh_arena_init(&stream->arena, 0);
    weh_buf_init(&stream->packed, 0);
    weh_buf_init(&stream->body, 0);
    assert_int_equal(
        weh_geom_json_read(geom_parse(json, &stream->arena), &stream->arena, &geom, &diag), WEH_OK);
    assert_int_equal(weh_geom_encode(&geom, &stream->packed, &diag), WEH_OK);
    assert_int_equal(weh_geom_unpack(stream->packed.data, stream->packed.len, &stream->body, &diag),
                     WEH_OK);
}

static void stream_close(struct stream *stream)
{
    weh_buf_fini(&stream->packed);
    weh_buf_fini(&stream->body);
    weh_arena_fini(&stream->arena);
}

/* The last entry of the stream. */
static struct weh_geom_stored last_entry(const struct stream *stream)
{
    struct weh_geom_walk walk = weh_geom_walk_of(&stream->body);
    struct weh_geom_stored stored = { 0 };

    while (weh_geom_walk_next(&walk, &stored)) {
    }
    return stored;
}

#define CUBE_POINTS         "'point':[[0,0,0],[1,0,0],[0,1,0],[1,1,0],[0,0,1],[1,0,1],[0,1,1],[1,1,1]]"
#define FIVE_SIDES          "5,6,8,7,0,1,2,6,5,0,3,7,8,4,0,1,5,7,3,0,2,4,8,6,0"
#define SQUARE              "{'loop':[{'lineString':[[1,0,0],[3,0,0],[3,2,0],[1,2,0],[1,0,0]]}]}"
#define LINE                "{'lineSegment':[[0,0,0],[1,2,3]]}"
#define BOX                 "{'box':{'origin':[0,0,0],'baseX':1,'baseY':2,'topOrigin':[0,0,3],'capped':true}}"
#define MESH(more, indexes) "[{'indexedMesh':{" CUBE_POINTS more ",'pointIndex':[" indexes "]}}]"
#define TORUS(major, minor, sweep, capped)                                         \
    "[{'torusPipe':{'center':[0,0,0],'majorRadius':" major ",'minorRadius':" minor \
    ",'xyVectors':[[1,0,0],[0,1,0]],'sweepAngle':" sweep ",'capped':" capped "}}]"

/* clang-format off */
static const struct {
    const char *json; /* with ' for " */
    enum weh_geom_kind kind;
} cases[] = {
    { "[" LINE "]",                                                  CURVE },
    { "[{'lineString':[[0,0,0],[1,0,0],[1,1,0]]}]",                  CURVE },
    { "[{'pointString':[[0,0,0],[1,0,0]]}]",                         CURVE },
    { "[{'path':[" LINE "]}]",                                       CURVE },
    { "[{'bagOfCurves':[" LINE "]}]",                                CURVE },
    { "[" SQUARE "]",                                                SURFACE },
    { "[{'parityRegion':[" SQUARE "]}]",                             SURFACE },
    { "[{'unionRegion':[" SQUARE "]}]",                              SURFACE },
    { "[" BOX "]",                                                   SOLID },
    { "[{'box':{'origin':[0,0,0],'baseX':1,'baseY':2,'topOrigin':[0,0,3]}}]",       SURFACE },
    { "[{'sphere':{'center':[0,0,0],'radius':1}}]",                  SOLID },
    { "[{'sphere':{'center':[0,0,0],'radius':1,'latitudeStartEnd':[0,90]}}]",       SURFACE },
    { "[{'sphere':{'center':[0,0,0],'radius':1,'latitudeStartEnd':[0,90],'capped':true}}]", SOLID },
    { TORUS("3", "1", "360", "false"),                               SOLID },
    { TORUS("3", "1", "-360", "false"),                              SOLID },
    { TORUS("3", "1", "90", "false"),                                SURFACE },
    { TORUS("3", "1", "90", "true"),                                 SOLID },
    { TORUS("1", "3", "90", "true"),                                 NONE },
    { TORUS("1", "0", "90", "true"),                                 NONE },
    { "[{'linearSweep':{'contour':" SQUARE ",'vector':[0,0,1],'capped':true}}]",    SOLID },
    { "[{'linearSweep':{'contour':" SQUARE ",'vector':[0,0,1]}}]",   SURFACE },
    { "[{'linearSweep':{'contour':{'path':[" LINE "]},'vector':[0,0,1],'capped':true}}]", SURFACE },
    { "[{'linearSweep':{'contour':{'path':[{'lineSegment':[[1,1,1],[1,1,1]]}]},'vector':[0,0,1],'capped':true}}]", NONE },
    { "[{'rotationalSweep':{'contour':{'path':[" LINE "]},'axis':[0,1,0],'center':[0,0,0],'sweepAngle':360}}]", SOLID },
    { "[{'rotationalSweep':{'contour':{'path':[" LINE "]},'axis':[0,1,0],'center':[0,0,0],'sweepAngle':90}}]", SURFACE },
    { "[{'ruledSweep':{'contour':[{'path':[" LINE "]},{'path':[{'lineSegment':[[0,0,9],[1,2,9]]}]}]}}]", SURFACE },
    { "[{'ruledSweep':{'contour':[" SQUARE ",{'path':[{'lineSegment':[[0,0,9],[1,2,9]]}]}," SQUARE "]}}]", SOLID },
    { MESH("", "1,3,4,2,0," FIVE_SIDES),                             SOLID },
    { MESH("", FIVE_SIDES),                                          SURFACE },
    { MESH("", "1,2,4,3,0," FIVE_SIDES),                             SURFACE }, /* one is turned */
    { MESH("", "1,3,4,2,0,1,3,4,2,0," FIVE_SIDES),                   SURFACE }, /* one is there twice */
    { MESH("", "1,1,3,4,2,0," FIVE_SIDES),                           SOLID },   /* an edge without length */
    { MESH("", "1,3,4,2,0," "5,6,8,7,0,1,2,6,5,0,3,7,8,4,0,1,5,7,3,0,2,4,8,6"), SOLID }, /* no last 0 */
    { MESH("", "-1,3,-4,2,0," FIVE_SIDES),                           SOLID },   /* hidden edges */
    { MESH(",'expectedClosure':1", "1,3,4,2,0," FIVE_SIDES),         SURFACE },
    { MESH(",'expectedClosure':2", FIVE_SIDES),                      SOLID },
    { "[{'geomPart':{'part':'0x28'}}]",                              NONE },
    { "[{'appearance':{'color':255}}]",                              NONE },
};
/* clang-format on */

static char *with_quotes(const char *text)
{
    static char out[2048];
    size_t n = strlen(text);

    assert_true(n < sizeof(out));
    for (size_t i = 0; i <= n; i++) {
        out[i] = text[i] == '\'' ? '"' : text[i];
    }
    return out;
}

static void test_kind_of_each_entry_is_what_it_draws(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        enum weh_geom_kind kind = NONE;
        struct weh_geom_stored stored;
        struct stream stream;
        bool is_curve = false;

        stream_open(&stream, with_quotes(cases[i].json));
        stored = last_entry(&stream);
        assert_int_equal(weh_geom_kind_of(&stored, &stream.arena, &kind, NULL), WEH_OK);
        if (kind != cases[i].kind) {
            fail_msg("%s is of kind %d", cases[i].json, (int)kind);
        }
        assert_int_equal(weh_geom_is_curve(&stored, &stream.arena, &is_curve, NULL), WEH_OK);
        assert_int_equal(is_curve, kind == CURVE);
        stream_close(&stream);
    }
}

static enum weh_geom_kind mesh_kind(const struct weh_mesh *mesh)
{
    enum weh_geom_kind kind = NONE;
    struct weh_arena arena;

    weh_arena_init(&arena, 0);
    assert_int_equal(kind_of_mesh(mesh, &arena, &kind, NULL), WEH_OK);
    weh_arena_fini(&arena);
    return kind;
}

/* Edges are put together by what the mesh says of them, if it says it right. */
static void test_kind_of_a_mesh_goes_by_its_edge_mates(void **state)
{
    static const int32_t mated[] = { 3, 5, 4, -1, 0, 2, 1, -1 };
    static const int32_t open[] = { 3, 5, -2, -1, 0, 2, 1, -1 };
    static const int32_t wrong[] = { 3, 5, 99, -1, 0, 2, 1, -1 };
    static const int32_t indexes[] = { 1, 2, 3, 0, 1, 2, 3, 0 };
    static const struct weh_xyz points[] = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 } };
    struct weh_mesh mesh = { .point = { points, 3 },
                             .point_index = { indexes, 8 },
                             .mesh_style = 1 };
    const struct {
        const int32_t *mates;
        enum weh_geom_kind kind;
    } tries[] = { { mated, SOLID }, { open, SURFACE }, { wrong, SURFACE } };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(tries); i++) {
        mesh.edge_mate_index = (struct weh_ints){ tries[i].mates, 8 };
        assert_int_equal(mesh_kind(&mesh), tries[i].kind);
    }
}

/* Indexes that do not belong together: nobody knows what such a mesh draws. */
static void test_kind_of_a_mesh_with_wrong_indexes_is_none(void **state)
{
    static const int32_t beyond[] = { 1, 2, 4 };
    static const int32_t good[] = { 1, 2, 3 };
    static const int32_t zeros[] = { 0, 0 };
    static const struct weh_xyz points[] = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 } };
    const struct weh_mesh meshes[] = {
        { .point = { points, 3 }, .point_index = { beyond, 3 }, .mesh_style = 1 },
        { .point = { points, 3 }, .point_index = { zeros, 2 }, .mesh_style = 1 },
        { .point = { points, 3 }, .point_index = { good, 3 }, .mesh_style = 2 },
        { .point = { points, 3 },
          .point_index = { good, 3 },
          .mesh_style = 1,
          .expected_closure = 7 },
        { .point = { points, 3 },
          .point_index = { good, 3 },
          .normal = { points, 3 },
          .normal_index = { good, 2 },
          .mesh_style = 1 },
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(meshes); i++) {
        assert_int_equal(mesh_kind(&meshes[i]), NONE);
    }
}

/* A mesh of more edges than there is room for. */
static void test_kind_of_a_mesh_beyond_the_arena_is_too_large(void **state)
{
    static const struct weh_xyz points[] = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 } };
    static const int32_t indexes[] = { 1, 2, 3, 0, 3, 2, 1 };
    const struct weh_mesh mesh = { .point = { points, 3 },
                                   .point_index = { indexes, 7 },
                                   .mesh_style = 1 };
    enum weh_geom_kind kind;
    struct weh_arena arena;

    (void)state;
    weh_arena_init(&arena, 16);
    assert_int_equal(kind_of_mesh(&mesh, &arena, &kind, NULL), WEH_E_TOO_LARGE);
    weh_arena_fini(&arena);
}

/* A line as @itwin/core-geometry writes it: its coordinates stand behind the table that they belong to. */
static void test_kind_of_what_core_geometry_wrote_is_read(void **state)
{
    static const uint8_t line[] = {
        0x62, 0x67, 0x30, 0x30, 0x30, 0x31, 0x66, 0x62, 0x0c, 0, 0, 0, 0x08, 0, 0x0a, 0, 0x09, 0,
        0x04, 0,    0x08, 0,    0,    0,    0x0c, 0,    0,    0, 0, 1, 0x06, 0, 0x04, 0, 0x04, 0,
        0x06, 0,    0,    0,    0,    0,    0,    0,    0,    0, 0, 0, 0,    0, 0,    0, 0,    0,
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0, 0, 0, 0,    0, 0,    0, 0xf0, 0x3f,
        0,    0,    0,    0,    0,    0,    0xf0, 0x3f, 0,    0, 0, 0, 0,    0, 0,    0
    };
    struct weh_geom_entry entry;
    struct weh_arena arena;

    (void)state;
    weh_arena_init(&arena, 0);
    assert_int_equal(
        weh_geom_entry_decode(WEH_GEOM_CURVE, line, sizeof(line), &arena, &entry, NULL), WEH_OK);
    assert_int_equal(entry.as.shape->kind, WEH_SHAPE_LINE_SEGMENT);
    assert_true(entry.as.shape->as.segment[1].x == 1.0 && entry.as.shape->as.segment[1].y == 1.0);
    /* Not beyond the end. */
    assert_int_equal(
        weh_geom_entry_decode(WEH_GEOM_CURVE, line, sizeof(line) - 1, &arena, &entry, NULL),
        WEH_E_CORRUPT);
    weh_arena_fini(&arena);
}

static void test_walk_tells_what_decoding_tells(void **state)
{
    struct geom_blobs blobs;
    struct geom_blob blob;
    unsigned n = 0;

    (void)state;
    geom_blobs_open(&blobs, "small.bim");
    while (geom_blobs_next(&blobs, &blob)) {
        struct weh_geom_stored stored;
        struct weh_geom_walk walk;
        struct weh_arena arena;
        struct weh_geom geom;
        struct weh_buf body;

        weh_arena_init(&arena, 0);
        weh_buf_init(&body, 0);
        assert_int_equal(weh_geom_decode(blob.bytes, blob.len, &arena, &geom, NULL), WEH_OK);
        assert_int_equal(weh_geom_unpack(blob.bytes, blob.len, &body, NULL), WEH_OK);
        walk = weh_geom_walk_of(&body);
        for (uint32_t i = 0; i < geom.n; i++) {
            assert_true(weh_geom_walk_next(&walk, &stored));
            assert_int_equal(stored.opcode, geom.entries[i].opcode);
        }
        assert_false(weh_geom_walk_next(&walk, &stored));
        n += geom.n;
        weh_buf_fini(&body);
        weh_arena_fini(&arena);
    }
    geom_blobs_close(&blobs);
    assert_true(n > 200);
}

/* ---- filters ---- */

#define CURVES_ONLY   "{'geometry':{'curves':true}}"
#define SURFACES_ONLY "{'geometry':{'surfaces':true}}"
#define SOLIDS_ONLY   "{'geometry':{'solids':true}}"

/* clang-format off */
static const struct {
    const char *json;
    const char *filter;
    bool accepted;
} filters[] = {
    { "[" LINE "]",         "{}",                                    true },
    { "[" LINE "," LINE "]", "{'maxDisplayable':2}",                 true },
    { "[" LINE "," LINE "]", "{'maxDisplayable':1}",                 false },
    { "[" LINE "," LINE "]", "{'maxDisplayable':0}",                 true },
    { "[" LINE "," LINE "]", "{'maxDisplayable':true}",              false },
    { "[" LINE "," LINE "]", "{'maxDisplayable':'many'}",            true },
    { "[" LINE "]",         "{'maxDisplayable':-1}",                 false },
    { "[{'appearance':{'color':1}}," LINE "]", "{'maxDisplayable':1}", true },
    { "[{'geomPart':{'part':'0x28'}}," LINE "]", "{'maxDisplayable':1}", false },
    { "[" LINE "]",         "{'accept':[10]}",                       true },
    { "[" LINE "]",         "{'accept':[5,7]}",                      false },
    { "[" LINE "]",         "{'accept':[]}",                         false },
    { "[" LINE "]",         "{'accept':null,'reject':0}",            true },
    { "[" LINE "]",         "{'accept':['10']}",                     false },
    { "[" LINE "]",         "{'reject':[10]}",                       false },
    { "[" LINE "]",         "{'reject':[10.5]}",                     true },
    { "[" LINE "," BOX "]", "{'reject':[11]}",                       false },
    { "[" LINE "]",         CURVES_ONLY,                             true },
    { "[" LINE "]",         SURFACES_ONLY,                           false },
    { "[" LINE "]",         SOLIDS_ONLY,                             false },
    { "[" SQUARE "]",       CURVES_ONLY,                             false },
    { "[" SQUARE "]",       SURFACES_ONLY,                           true },
    { "[" BOX "]",          SOLIDS_ONLY,                             true },
    { "[" LINE "," BOX "]", SOLIDS_ONLY,                             false },
    { "[" LINE "," BOX "]", "{'geometry':{'solids':1,'curves':'yes'}}", true },
    { "[" LINE "]",         "{'geometry':{}}",                       false },
    { "[" LINE "]",         "{'geometry':5}",                        false },
    { "[{'geomPart':{'part':'0x28'}}]", "{'geometry':{'curves':true,'surfaces':true,'solids':true}}", false },
    { "[" LINE "]",         "[1,2]",                                 true },
    { "[" LINE "]",         "'text'",                                true },
    { "[{'appearance':{'color':1}}]", "{'accept':5,'geometry':null}", true }, /* nothing is held against it */
    { "[{'appearance':{'color':1}}]", "null",                        true },
};
/* clang-format on */

static void test_filter_takes_a_stream_as_a_whole_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(filters); i++) {
        struct stream stream;
        bool accepted = !filters[i].accepted;

        stream_open(&stream, with_quotes(filters[i].json));
        assert_int_equal(
            weh_geom_filter_accepts(geom_parse(with_quotes(filters[i].filter), &stream.arena),
                                    &stream.body, &accepted, NULL),
            WEH_OK);
        if (accepted != filters[i].accepted) {
            fail_msg("%s of %s", filters[i].filter, filters[i].json);
        }
        stream_close(&stream);
    }
}

static void test_filter_with_members_of_a_wrong_kind_is_refused(void **state)
{
    static const struct {
        const char *filter;
        const char *where;
    } wrong[] = {
        { "{'accept':5}", "accept" },        { "{'accept':{}}", "accept" },
        { "{'reject':'5'}", "reject" },      { "{'reject':true}", "reject" },
        { "{'geometry':null}", "geometry" }, { "null", "filter" },
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(wrong); i++) {
        struct weh_diag diag = { 0 };
        struct stream stream;
        bool accepted;

        stream_open(&stream, with_quotes("[" LINE "]"));
        assert_int_equal(
            weh_geom_filter_accepts(geom_parse(with_quotes(wrong[i].filter), &stream.arena),
                                    &stream.body, &accepted, &diag),
            WEH_E_BAD_ARGS);
        assert_string_equal(diag.where, wrong[i].where);
        stream_close(&stream);
    }
}

static void test_filter_by_kind_of_a_damaged_entry_fails(void **state)
{
    uint8_t bytes[] = { 11, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4 };
    const struct weh_buf body = { .data = bytes, .len = sizeof(bytes) };
    struct weh_arena arena;
    bool accepted;

    (void)state;
    weh_arena_init(&arena, 0);
    assert_int_equal(weh_geom_filter_accepts(geom_parse(with_quotes(SOLIDS_ONLY), &arena), &body,
                                             &accepted, NULL),
                     WEH_E_CORRUPT);
    assert_int_equal(
        weh_geom_filter_accepts(geom_parse("{\"accept\":[11]}", &arena), &body, &accepted, NULL),
        WEH_OK);
    assert_true(accepted);
    weh_arena_fini(&arena);
}

static void test_filter_survives_any_failed_allocation(void **state)
{
    unsigned n_failed = 0;

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        const struct weh_value *filter;
        struct stream stream;
        weh_err err = WEH_E_NOMEM;
        size_t live;
        bool accepted;

        stream_open(&stream, with_quotes(cases[i].json));
        filter = geom_parse(with_quotes(SOLIDS_ONLY), &stream.arena);
        live = fake_alloc_live();
        for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
            fake_alloc_fail_at(nth);
            err = weh_geom_filter_accepts(filter, &stream.body, &accepted, NULL);
            assert_true(err == WEH_E_NOMEM || !fake_alloc_has_failed());
            n_failed += err == WEH_E_NOMEM;
            fake_alloc_reset();
            assert_int_equal(fake_alloc_live(), live);
        }
        assert_int_equal(err, WEH_OK);
        assert_int_equal(accepted, cases[i].kind == SOLID ||
                                       last_entry(&stream).opcode == WEH_GEOM_SYMBOLOGY);
        stream_close(&stream);
    }
    assert_true(n_failed > WEH_ARRAY_LEN(cases) / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kind_of_each_entry_is_what_it_draws),
        cmocka_unit_test(test_kind_of_a_mesh_goes_by_its_edge_mates),
        cmocka_unit_test(test_kind_of_a_mesh_with_wrong_indexes_is_none),
        cmocka_unit_test(test_kind_of_a_mesh_beyond_the_arena_is_too_large),
        cmocka_unit_test(test_kind_of_what_core_geometry_wrote_is_read),
        cmocka_unit_test(test_walk_tells_what_decoding_tells),
        cmocka_unit_test(test_filter_takes_a_stream_as_a_whole_or_not),
        cmocka_unit_test(test_filter_with_members_of_a_wrong_kind_is_refused),
        cmocka_unit_test(test_filter_by_kind_of_a_damaged_entry_fails),
        cmocka_unit_test(test_filter_survives_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
