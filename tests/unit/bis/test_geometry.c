/* tests/unit/bis/test_geometry.c - geometry of elements and parts: given in each form, stored, read.
 *
 * That the stored bytes and boxes are the official backend's, tests/interop shows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/briefcase_txn.h"
#include "weh/geom.h"
#include "weh/pack.h"

#include "bis_fixture.h"

#define PHYS                                                               \
    "{'classFullName':'Generic:PhysicalObject','model':'0x35','category':" \
    "'0x16','code':{'spec':'0x1','scope':'0x1','value':''},"
#define FLAT                                                                \
    "{'classFullName':'BisCore:DrawingGraphic','model':'0x1a1','category':" \
    "'0x26','code':{'spec':'0x1','scope':'0x1','value':''},"
#define PART                                                                       \
    "{'classFullName':'BisCore:GeometryPart','model':'0x14','code':{'spec':'0x1'," \
    "'scope':'0x1','value':''},"
#define BOX  "{'box':{'origin':[0,0,0],'baseX':1,'baseY':2,'topOrigin':[0,0,3],'capped':true}}"
#define LINE "{'lineString':[[0,0,0],[1,2,3]]}"
#define PLACEMENT \
    "'placement':{'origin':[1,2,3],'angles':{'yaw':90},'bbox':{'low':[0,0,0],'high':[9,9,9]}}"

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    fixture_open(f, "small.bim", false);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;

    fixture_check_file(f);
    fixture_close(f);
    free(f);
    return 0;
}

/* ---- entries as text ---- */

static void base64(const uint8_t *bytes, size_t n, struct weh_buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < n; i += 3) {
        unsigned left = n - i < 3 ? (unsigned)(n - i) : 3;
        uint32_t bits = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                        (left > 2 ? bytes[i + 2] : 0);

        for (unsigned k = 0; k < 4; k++) {
            weh_buf_byte(out, k <= left ? (uint8_t)digits[bits >> (18 - 6 * k) & 63] : '=');
        }
    }
}

static void add_entry(struct weh_buf *text, const struct weh_geom_entry *entry)
{
    struct weh_buf payload;

    weh_buf_init(&payload, 0);
    assert_int_equal(weh_geom_entry_encode(entry, &payload, NULL), WEH_OK);
    weh_buf_printf(text, "%s{'opcode':%u,'data':'encoding=base64;", text->len > 0 ? "," : "",
                   entry->opcode);
    base64(payload.data, payload.len, text);
    weh_buf_printf(text, "'}");
    weh_buf_fini(&payload);
}

/* The entries as members of an entryArray; the text belongs to the caller. */
static char *entries_text(const struct weh_geom_entry *entries, size_t n)
{
    struct weh_buf text;
    size_t len;

    weh_buf_init(&text, 0);
    for (size_t i = 0; i < n; i++) {
        add_entry(&text, &entries[i]);
    }
    weh_buf_byte(&text, 0);
    return (char *)weh_buf_take(&text, &len);
}

static const struct weh_xyz corners[] = { { 0, 0, 0 }, { 1, 0, 0 }, { 1, 2, 0 } };

static struct weh_shape line_shape = { .kind = WEH_SHAPE_LINE_STRING, .as.points = { corners, 3 } };
static struct weh_shape loop_shape = { .kind = WEH_SHAPE_CURVE_VECTOR,
                                       .n_children = 1,
                                       .children = &line_shape,
                                       .as.boundary = WEH_BOUNDARY_OUTER };

/* ---- reading the stored ---- */

static void load(struct fixture *f, weh_id id, struct weh_arena *arena, struct weh_geom *out)
{
    const char *sql = "SELECT GeometryStream FROM bis_GeometricElement3d WHERE ElementId=?1";
    sqlite3_stmt *stmt = NULL;
    bool row = false;

    ASSERT_OK(weh_stmt_acquire(f->briefcase, sql, &stmt, &f->diag));
    assert_int_equal(sqlite3_bind_int64(stmt, 1, (int64_t)id), SQLITE_OK);
    ASSERT_OK(weh_stmt_step(f->briefcase, stmt, &row, &f->diag));
    assert_true(row);
    ASSERT_OK(weh_geom_decode(sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0),
                              arena, out, &f->diag));
    weh_stmt_release(f->briefcase, stmt);
}

/* The opcodes of the stored stream: "1 4 5". Static. */
static const char *opcodes(struct fixture *f, weh_id id)
{
    static char text[200];
    struct weh_arena arena;
    struct weh_geom geom;

    text[0] = '\0';
    weh_arena_init(&arena, 0);
    load(f, id, &arena, &geom);
    for (uint32_t i = 0; i < geom.n; i++) {
        size_t len = strlen(text);

        (void)snprintf(text + len, sizeof(text) - len, "%s%u", i == 0 ? "" : " ",
                       geom.entries[i].opcode);
    }
    weh_arena_fini(&arena);
    return text;
}

static const char *get_with_geometry(struct fixture *f, weh_id id)
{
    struct weh_element_key key = { .id = id, .want_geometry = true };
    struct weh_json_writer writer;
    weh_err err;

    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    err = weh_element_get_props(f->bis, &key, &writer.sink, &f->diag);
    weh_buf_byte(&f->text, 0);
    return err == WEH_OK ? (const char *)f->text.data : NULL;
}

static const char *placement(struct fixture *f, weh_id id)
{
    return fixture_rows(f,
                        "SELECT Origin_X,Yaw,BBoxLow_X,BBoxHigh_X,BBoxHigh_Y,BBoxHigh_Z FROM"
                        " bis_GeometricElement3d WHERE ElementId=%llu",
                        (unsigned long long)id);
}

static weh_id insert(struct fixture *f, const char *text)
{
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id, "%s", text));
    return id;
}

/* ---- JSON ---- */

static void test_geometry_json_is_stored_with_its_box_and_read_back(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert(f, PHYS "'geom':[" BOX "]}");

    assert_string_equal(opcodes(f, id), "1 11");
    assert_string_equal(placement(f, id), "r0|r0|r0|r1|r2|r3|;");
    assert_non_null(strstr(get_with_geometry(f, id),
                           "\"bbox\":{\"low\":[0,0,0],\"high\":[1,2,3]}},\"geom\":[{\"header\":{"
                           "\"flags\":0}},{\"box\":{"));
    assert_null(strstr(fixture_get(f, id), "geom"));
}

static void test_geometry_json_takes_only_origin_and_angles_of_the_placement(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert(f, PHYS PLACEMENT ",'geom':[" BOX "]}");

    assert_string_equal(placement(f, id), "r1|r90|r0|r1|r2|r3|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','geom':[" LINE "]}", (unsigned long long)id));
    assert_string_equal(opcodes(f, id), "1 5");
    assert_string_equal(placement(f, id), "r1|r90|r0|r1|r2|r3|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','geom':[]}", (unsigned long long)id));
    assert_string_equal(opcodes(f, id), "1 5");
}

static void test_geometry_what_was_read_can_be_given_back(void **state)
{
    struct fixture *f = *state;
    static const weh_id ids[] = { 0x8a, 0x92, 0x9a, 0x9b, 0xa8 };

    for (size_t i = 0; i < WEH_ARRAY_LEN(ids); i++) {
        const struct weh_value *props;
        char *before = strdup(get_with_geometry(f, ids[i]));

        assert_non_null(before);
        props = fixture_value(f, "%s", before);
        ASSERT_OK(weh_element_update(f->bis, props, &f->diag));
        assert_string_equal(get_with_geometry(f, ids[i]), before);
        free(before);
    }
}

static void test_geometry_of_a_drawing_is_flat(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert(f, FLAT "'geom':[" LINE "],'placement':{'origin':[5,6],'angle':90}}");

    assert_string_equal(fixture_rows(f,
                                     "SELECT Origin_X,Rotation,BBoxLow_X,BBoxHigh_X,BBoxHigh_Y FROM"
                                     " bis_GeometricElement2d WHERE ElementId=%llu",
                                     (unsigned long long)id),
                        "r5|r90|r0|r1|r2|;");
    assert_non_null(strstr(get_with_geometry(f, id), "\"lineString\":[[0,0,0],[1,2,0]]"));
    ASSERT_FAILS(fixture_insert(f, NULL, FLAT "'geom':[" BOX "]}"), WEH_E_BAD_ARGS, "geom[0]");
}

/* ---- entries ---- */

static void test_geometry_entries_are_stored_in_their_simplest_form(void **state)
{
    struct fixture *f = *state;
    const struct weh_geom_entry entries[] = {
        { .opcode = WEH_GEOM_HEADER, .as.header = { 1, 1 } },
        { .opcode = WEH_GEOM_CURVE, .as.shape = &line_shape },
        { .opcode = WEH_GEOM_SYMBOLOGY, .as.symbology = { .use_weight = true, .weight = 3 } },
        { .opcode = WEH_GEOM_CURVES, .as.shape = &loop_shape },
        { .opcode = WEH_GEOM_SYMBOLOGY, .as.symbology = { .use_weight = true, .weight = 3 } },
        { .opcode = WEH_GEOM_CURVES, .as.shape = &loop_shape },
    };
    struct weh_arena arena;
    struct weh_geom geom;
    char *text = entries_text(entries, WEH_ARRAY_LEN(entries));
    weh_id id = 0;

    ASSERT_OK(
        fixture_insert(f, &id, PHYS "'elementGeometryBuilderParams':{'entryArray':[%s]}}", text));
    weh_arena_init(&arena, 0);
    load(f, id, &arena, &geom);
    assert_string_equal(opcodes(f, id), "1 5 4 5 5");
    assert_int_equal(geom.entries[0].as.header.flags, 0);
    assert_int_equal(geom.entries[1].as.points.boundary, 1);
    assert_int_equal(geom.entries[3].as.points.boundary, 2);
    weh_arena_fini(&arena);
    ASSERT_OK(fixture_update(f,
                             "{'id':'0x%llx','elementGeometryBuilderParams':{'entryArray':[%s],"
                             "'viewIndependent':true}}",
                             (unsigned long long)id, text));
    assert_non_null(strstr(get_with_geometry(f, id), "{\"header\":{\"flags\":1}}"));
    free(text);
}

static void test_geometry_no_entries_clear_stream_and_placement(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert(f, PHYS PLACEMENT ",'geom':[" BOX "]}");

    ASSERT_OK(fixture_update(
        f, "{'id':'0x%llx'," PLACEMENT ",'elementGeometryBuilderParams':{'entryArray':[]}}",
        (unsigned long long)id));
    assert_string_equal(placement(f, id), "null|null|null|null|null|null|;");
    assert_string_equal(fixture_rows(f,
                                     "SELECT GeometryStream FROM bis_GeometricElement3d WHERE"
                                     " ElementId=%llu",
                                     (unsigned long long)id),
                        "null|;");
    assert_null(strstr(get_with_geometry(f, id), "\"geom\""));
}

static void test_geometry_ranges_are_computed_for_what_follows(void **state)
{
    struct fixture *f = *state;
    const struct weh_geom_entry entries[] = {
        { .opcode = WEH_GEOM_CURVE, .as.shape = &line_shape },
        { .opcode = WEH_GEOM_SUB_RANGE, .as.range = { { 7, 7, 7 }, { 8, 8, 8 } } },
        { .opcode = WEH_GEOM_CURVE, .as.shape = &line_shape },
        { .opcode = WEH_GEOM_CURVES, .as.shape = &loop_shape },
    };
    struct weh_arena arena;
    struct weh_geom geom;
    char *text = entries_text(entries, 4);
    weh_id id = 0;

    ASSERT_OK(
        fixture_insert(f, &id, PHYS "'elementGeometryBuilderParams':{'entryArray':[%s]}}", text));
    assert_string_equal(opcodes(f, id), "1 5 2 5 2 5");
    weh_arena_init(&arena, 0);
    load(f, id, &arena, &geom);
    assert_true(geom.entries[2].as.range.high.y == 2.0);
    weh_arena_fini(&arena);
    free(text);
    /* One geometry behind it is not enough. */
    text = entries_text(entries, 3);
    ASSERT_OK(
        fixture_insert(f, &id, PHYS "'elementGeometryBuilderParams':{'entryArray':[%s]}}", text));
    assert_string_equal(opcodes(f, id), "1 5 5");
    free(text);
}

static void test_geometry_body_needs_a_given_box_and_is_passed_through(void **state)
{
    struct fixture *f = *state;
    struct weh_geom_brep brep = { 0 };
    struct weh_geom_entry entry = { .opcode = WEH_GEOM_BREP, .as.brep = &brep };
    /* A table of type 1 with data "body", padded as in a stream. */
    static const uint8_t bytes[] = { 16, 0, 0,  0, 0,   0,   10,  0,   12, 0, 0, 0, 11, 0,
                                     4,  0, 10, 0, 0,   0,   8,   0,   0,  0, 0, 0, 0,  1,
                                     4,  0, 0,  0, 'b', 'o', 'd', 'y', 0,  0, 0, 0 };
    struct weh_arena arena;
    struct weh_geom geom;
    char *text;
    weh_id id = 0;

    brep.bytes = bytes;
    brep.n_bytes = sizeof(bytes);
    text = entries_text(&entry, 1);
    ASSERT_FAILS(
        fixture_insert(f, NULL, PHYS "'elementGeometryBuilderParams':{'entryArray':[%s]}}", text),
        WEH_E_UNSUPPORTED, "");
    ASSERT_OK(fixture_insert(
        f, &id, PHYS PLACEMENT ",'elementGeometryBuilderParams':{'entryArray':[%s]}}", text));
    assert_string_equal(placement(f, id), "r1|r90|r0|r9|r9|r9|;");
    weh_arena_init(&arena, 0);
    load(f, id, &arena, &geom);
    assert_int_equal(geom.entries[1].as.brep->n_bytes, sizeof(bytes));
    assert_memory_equal(geom.entries[1].as.brep->bytes, bytes, sizeof(bytes));
    weh_arena_fini(&arena);
    assert_non_null(strstr(get_with_geometry(f, id), "\"brep\":{"));
    free(text);
}

/* ---- the uncompressed stream ---- */

static char *binary_text(const struct weh_geom *geom)
{
    static const struct weh_pack_kind kind = { .name = "test", .limit_bytes = 1u << 20 };
    struct weh_buf packed;
    struct weh_buf body;
    struct weh_buf text;
    size_t len;

    weh_buf_init(&packed, 0);
    weh_buf_init(&body, 0);
    weh_buf_init(&text, 0);
    assert_int_equal(weh_geom_encode(geom, &packed, NULL), WEH_OK);
    assert_int_equal(weh_unpack(&kind, packed.data, packed.len, &body, NULL), WEH_OK);
    weh_buf_printf(&text, "'encoding=base64;");
    base64(body.data, body.len, &text);
    weh_buf_printf(&text, "'");
    weh_buf_byte(&text, 0);
    weh_buf_fini(&packed);
    weh_buf_fini(&body);
    return (char *)weh_buf_take(&text, &len);
}

static void test_geometry_binary_is_stored_as_it_is_and_keeps_the_given_box(void **state)
{
    struct fixture *f = *state;
    struct weh_geom_entry entries[] = {
        { .opcode = WEH_GEOM_HEADER, .as.header = { 1, 0 } },
        { .opcode = WEH_GEOM_CURVE, .as.shape = &line_shape },
    };
    const struct weh_geom geom = { entries, 2 };
    char *text = binary_text(&geom);
    weh_id id = 0;

    ASSERT_OK(fixture_insert(f, &id, PHYS PLACEMENT ",'geomBinary':%s}", text));
    assert_string_equal(opcodes(f, id), "1 10");
    assert_string_equal(placement(f, id), "r1|r90|r0|r9|r9|r9|;");
    ASSERT_FAILS(fixture_insert(f, NULL, PHYS "'geomBinary':%s}", text), WEH_E_BAD_ELEMENT,
                 "placement");
    ASSERT_FAILS(
        fixture_insert(f, NULL, PHYS PLACEMENT ",'geomBinary':'encoding=base64;AQIDBAUGBwg='}"),
        WEH_E_BAD_ARGS, "geomBinary");
    free(text);
}

/* ---- parts ---- */

static void test_geometry_part_has_the_box_of_its_geometry(void **state)
{
    struct fixture *f = *state;
    weh_id id = insert(f, PART "'geom':[" BOX "]}");
    weh_id instance = 0;

    assert_non_null(
        strstr(get_with_geometry(f, id), "\"bbox\":{\"low\":[0,0,0],\"high\":[1,2,3]},\"geom\":["));
    ASSERT_OK(fixture_insert(f, &instance,
                             PHYS "'geom':[{'geomPart':{'part':'0x%llx','origin':[5,0,0],"
                                  "'scale':2}}]}",
                             (unsigned long long)id));
    assert_string_equal(opcodes(f, instance), "1 3");
    assert_string_equal(placement(f, instance), "r0|r0|r5|r7|r4|r6|;");
    ASSERT_OK(fixture_update(f, "{'id':'0x%llx','geom':[" LINE "]}", (unsigned long long)id));
    assert_non_null(strstr(get_with_geometry(f, id), "\"lineString\""));
    ASSERT_FAILS(fixture_insert(f, NULL, PART "'userLabel':'x'}"), WEH_E_BAD_ELEMENT, "geom");
    ASSERT_FAILS(fixture_insert(f, NULL, PART "'geom':[]}"), WEH_E_BAD_ARGS, "geom");
    assert_int_equal(f->diag.itwin, 65570);
    ASSERT_FAILS(fixture_insert(f, NULL, PART "'geom':[{'geomPart':{'part':'0x28'}}]}"),
                 WEH_E_BAD_ARGS, "geom[0]");
}

/* ---- errors ---- */

static void test_geometry_that_is_refused_names_the_entry(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        weh_err err;
        const char *where;
    } cases[] = {
        { PHYS "'geom':[" LINE ",{'junk':1}]}", WEH_E_BAD_ARGS, "geom[1]" },
        { PHYS "'geom':5}", WEH_E_BAD_ARGS, "geom" },
        { PHYS "'geom':[{'geomPart':{'part':'0xfffff'}}]}", WEH_E_BAD_ARGS, "geomPart" },
        { PHYS "'geom':[{'appearance':{'subCategory':'0x19'}}," LINE "]}", WEH_E_BAD_ARGS,
          "subCategory" },
        { PHYS "'geom':[{'textString':{'text':'x','font':1,'height':1}}]}", WEH_E_UNSUPPORTED, "" },
        { PHYS "'elementGeometryBuilderParams':{'entryArray':[{'opcode':99,'data':"
               "'encoding=base64;AAAA'}]}}",
          WEH_E_BAD_ARGS, "entryArray[0]" },
        { PHYS "'elementGeometryBuilderParams':{'entryArray':[{'opcode':11,'data':"
               "'encoding=base64;AAAA'}]}}",
          WEH_E_BAD_ARGS, "elementGeometryBuilderParams.entryArray[0]" },
        { PHYS "'elementGeometryBuilderParams':{'entryArray':[5]}}", WEH_E_BAD_ARGS,
          "elementGeometryBuilderParams.entryArray[0]" },
        { PHYS "'elementGeometryBuilderParams':{'entryArray':[],'is2dPart':true}}", WEH_E_BAD_ARGS,
          "elementGeometryBuilderParams" },
        { PHYS "'elementGeometryBuilderParams':{'entryArray':[],'viewIndependent':1}}",
          WEH_E_BAD_ARGS, "viewIndependent" },
        { "{'classFullName':'Generic:PhysicalObject','model':'0x35','elementGeometryBuilderParams':"
          "{'entryArray':[]}}",
          WEH_E_BAD_ELEMENT, "category" },
        { "{'classFullName':'BisCore:Subject','model':'0x1','parent':{'id':'0x1','relClassName':"
          "'BisCore:SubjectOwnsSubjects'},'geom':[]}",
          WEH_E_BAD_ARGS, "geom" },
    };
    int64_t before = fixture_int(f, "SELECT count(*) FROM bis_Element");

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        weh_err err = fixture_insert(f, NULL, "%s", cases[i].text);

        fixture_expect_case(f, err, cases[i].err, cases[i].where, cases[i].text);
    }
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_Element"), before);
}

static void test_geometry_that_is_damaged_fails_its_element_alone(void **state)
{
    struct fixture *f = *state;

    ASSERT_OK(weh_briefcase_edit_begin(f->briefcase, &f->diag));
    fixture_sql(f, "UPDATE bis_GeometricElement3d SET GeometryStream=x'0102030405060708' WHERE"
                   " ElementId=0x8a");
    ASSERT_OK(weh_briefcase_edit_end(f->briefcase, true, &f->diag));
    assert_null(get_with_geometry(f, 0x8a));
    assert_int_equal(f->diag.err, WEH_E_UNSUPPORTED);
    assert_string_equal(f->diag.where, "0x8a");
    assert_non_null(fixture_get(f, 0x8a));
    assert_non_null(get_with_geometry(f, 0x8c));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(test_geometry_json_is_stored_with_its_box_and_read_back),
        TEST(test_geometry_json_takes_only_origin_and_angles_of_the_placement),
        TEST(test_geometry_what_was_read_can_be_given_back),
        TEST(test_geometry_of_a_drawing_is_flat),
        TEST(test_geometry_entries_are_stored_in_their_simplest_form),
        TEST(test_geometry_no_entries_clear_stream_and_placement),
        TEST(test_geometry_ranges_are_computed_for_what_follows),
        TEST(test_geometry_body_needs_a_given_box_and_is_passed_through),
        TEST(test_geometry_binary_is_stored_as_it_is_and_keeps_the_given_box),
        TEST(test_geometry_part_has_the_box_of_its_geometry),
        TEST(test_geometry_that_is_refused_names_the_entry),
        TEST(test_geometry_that_is_damaged_fails_its_element_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
