/* tests/unit/bis/test_mutated.c - ten thousand props objects, each valid but for one thing.
 *
 * Every element and model of a genuine iModel, as the official backend tells it, is inserted and
 * updated with something in it replaced, left out, added or moved: wrong types, ids of others, long
 * texts, deep values. Each either works and is undone, or is refused by a typed error that names the
 * member, and then every row of the file is as it was. Seeded: WEH_MUTATED_SEED and WEH_MUTATED_COUNT
 * choose other runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/aspect.h"
#include "weh/code_spec.h"
#include "weh/relationship.h"

#include "bis_fixture.h"
#include "data_file.h"
#include "mutator.h"

#define LINES_MAX     512
#define COUNT_DEFAULT 10000
#define SHOWN_MAX     20

/* What a line of a dump is about. */
enum kind {
    KIND_ELEMENT,
    KIND_MODEL,
    KIND_ASPECT,
    KIND_RELATIONSHIP,
    KIND_CODE_SPEC,
    KIND_COUNT
};

static const char *const dump_names[KIND_COUNT] = { "elements", "models", "aspects",
                                                    "relationships", "codespecs" };

struct lines {
    struct weh_str lines[LINES_MAX];
    uint32_t n;
    char *dump;
};

struct run {
    struct fixture *f;
    struct mutator mutator;
    struct lines lines[KIND_COUNT];
    uint64_t digest; /* of the rows that edits may touch */
    uint32_t n_accepted;
    uint32_t n_refused[WEH_E_COUNT];
    const char *what; /* the mutation, for messages */
    uint32_t number;  /* of it */
    uint32_t n_failed;
};

/* ---- the file ---- */

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t mix_row(uint64_t hash, sqlite3_stmt *stmt)
{
    for (int i = 0; i < sqlite3_column_count(stmt); i++) {
        int type = sqlite3_column_type(stmt, i);
        int64_t integer = sqlite3_column_int64(stmt, i);
        double real = sqlite3_column_double(stmt, i);

        hash = mix(hash, &type, sizeof(type));
        if (type == SQLITE_INTEGER) {
            hash = mix(hash, &integer, sizeof(integer));
        } else if (type == SQLITE_FLOAT) {
            hash = mix(hash, &real, sizeof(real));
        } else if (type != SQLITE_NULL) {
            const void *bytes = sqlite3_column_blob(stmt, i);

            hash = mix(hash, bytes, (size_t)sqlite3_column_bytes(stmt, i));
        }
    }
    return hash;
}

/* All rows of all tables whose name is like @pattern. */
static uint64_t file_digest(struct run *run, const char *pattern)
{
    sqlite3 *db = weh_briefcase_db(run->f->briefcase);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    sqlite3_stmt *tables = NULL;

    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM sqlite_master WHERE type='table' AND"
                                        " name GLOB ? ORDER BY 1",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(tables, 1, pattern, -1, SQLITE_STATIC), SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", sqlite3_column_text(tables, 0));
        sqlite3_stmt *rows = NULL;

        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            hash = mix_row(hash, rows);
        }
        assert_int_equal(sqlite3_finalize(rows), SQLITE_OK);
        sqlite3_free(sql);
    }
    assert_int_equal(sqlite3_finalize(tables), SQLITE_OK);
    return hash;
}

/* ---- one edit ---- */

static weh_err insert_element(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;

    return weh_element_insert(f->bis, props, &id, &f->diag);
}

static weh_err update_element(struct fixture *f, const struct weh_value *props)
{
    return weh_element_update(f->bis, props, &f->diag);
}

static weh_err insert_model(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;

    return weh_model_insert(f->bis, props, &id, &f->diag);
}

static weh_err update_model(struct fixture *f, const struct weh_value *props)
{
    return weh_model_update(f->bis, props, &f->diag);
}

/* Deletes take the id alone; one that is none never gets so far. */
static weh_err read_id(struct fixture *f, const struct weh_value *props, weh_id *out)
{
    const struct weh_value *id = weh_value_get(props, "id");

    if (weh_value_is_null(id) || id->type != WEH_VALUE_STRING ||
        !weh_id_parse(weh_value_str(id), out)) {
        return weh_fail_where(&f->diag, WEH_E_BAD_ARGS, "id", "id must be an id");
    }
    return WEH_OK;
}

static weh_err delete_element(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;
    weh_err err = read_id(f, props, &id);

    return err == WEH_OK ? weh_element_delete(f->bis, &id, 1, &f->diag) : err;
}

static weh_err delete_tree(struct fixture *f, const struct weh_value *props)
{
    size_t n = 0;
    weh_id id = 0;
    weh_err err = read_id(f, props, &id);

    return err == WEH_OK ? weh_element_delete_tree(f->bis, id, &n, &f->diag) : err;
}

static weh_err delete_model(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;
    weh_err err = read_id(f, props, &id);

    return err == WEH_OK ? weh_model_delete(f->bis, id, &f->diag) : err;
}

static weh_err insert_aspect(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;

    return weh_aspect_insert(f->bis, props, &id, &f->diag);
}

static weh_err update_aspect(struct fixture *f, const struct weh_value *props)
{
    return weh_aspect_update(f->bis, props, &f->diag);
}

static weh_err insert_relationship(struct fixture *f, const struct weh_value *props)
{
    weh_id id = 0;

    return weh_relationship_insert(f->bis, props, false, &id, &f->diag);
}

static weh_err update_relationship(struct fixture *f, const struct weh_value *props)
{
    return weh_relationship_update(f->bis, props, &f->diag);
}

static weh_err delete_relationship(struct fixture *f, const struct weh_value *props)
{
    return weh_relationship_delete(f->bis, props, &f->diag);
}

static weh_err insert_code_spec(struct fixture *f, const struct weh_value *props)
{
    const struct weh_value *name = weh_value_get(props, "name");
    weh_id id = 0;

    /* What the table of methods sees to. */
    if (weh_value_is_null(name) || name->type != WEH_VALUE_STRING) {
        return weh_fail_where(&f->diag, WEH_E_BAD_ARGS, "name", "name must be a string");
    }
    return weh_code_spec_insert(f->bis, weh_value_str(name), weh_value_get(props, "properties"),
                                &id, &f->diag);
}

struct call {
    const char *name;
    enum kind kind;
    bool is_insert;
    /** How many lines of the dump it may refuse as they are: a root subject; models, whose elements
     * have one; relationships between the same ends. */
    uint32_t n_refused_max;
    weh_err (*run)(struct fixture *f, const struct weh_value *props);
};

static const struct call calls[] = {
    { "insert element", KIND_ELEMENT, true, 1, insert_element },
    { "update element", KIND_ELEMENT, false, 0, update_element },
    { "insert model", KIND_MODEL, true, UINT32_MAX, insert_model },
    { "update model", KIND_MODEL, false, 0, update_model },
    { "delete element", KIND_ELEMENT, false, UINT32_MAX, delete_element },
    { "delete tree", KIND_MODEL, false, UINT32_MAX, delete_tree },
    { "delete model", KIND_MODEL, false, UINT32_MAX, delete_model },
    { "insert aspect", KIND_ASPECT, true, 0, insert_aspect },
    { "update aspect", KIND_ASPECT, false, 0, update_aspect },
    { "insert relationship", KIND_RELATIONSHIP, true, 13, insert_relationship },
    { "update relationship", KIND_RELATIONSHIP, false, 0, update_relationship },
    { "delete relationship", KIND_RELATIONSHIP, false, 0, delete_relationship },
    { "insert code spec", KIND_CODE_SPEC, true, 0, insert_code_spec },
};

/* Count a failure, and print the first ones. */
static void fail_edit(struct run *run, const struct call *which, const struct weh_value *props,
                      const char *why, weh_err err)
{
    struct weh_json_writer writer;
    int len;

    run->n_failed++;
    if (run->n_failed > SHOWN_MAX) {
        return;
    }
    weh_buf_clear(&run->f->text);
    weh_json_writer_init(&writer, &run->f->text);
    weh_sink_value(&writer.sink, props);
    len = run->f->text.len > 2000 ? 2000 : (int)run->f->text.len;
    print_error("mutation %u, %s (%s): %s: %s at '%s': %s\n%.*s\n", run->number, which->name,
                run->what, why, weh_err_info(err)->name, run->f->diag.where, run->f->diag.text, len,
                (const char *)run->f->text.data);
}

static void check_refusal(struct run *run, const struct call *which, const struct weh_value *props,
                          weh_err err, int changes_before)
{
    const struct weh_diag *diag = &run->f->diag;
    sqlite3 *db = weh_briefcase_db(run->f->briefcase);

    run->n_refused[err]++;
    if (weh_err_info(err)->scope != WEH_SCOPE_REQUEST) {
        fail_edit(run, which, props, "ends the session", err);
    }
    if (diag->text[0] == '\0' || diag->where[0] == '\0') {
        fail_edit(run, which, props, "does not say where", err);
    }
    if (strstr(diag->text, "/tmp/") != NULL || strstr(diag->text, "INSERT") != NULL ||
        strstr(diag->text, "UPDATE") != NULL) {
        fail_edit(run, which, props, "tells too much", err);
    }
    if (sqlite3_total_changes(db) != changes_before && file_digest(run, "bis_*") != run->digest) {
        fail_edit(run, which, props, "left something behind", err);
    }
}

static void edit(struct run *run, const struct call *which, const struct weh_value *props)
{
    struct fixture *f = run->f;
    int changes = sqlite3_total_changes(weh_briefcase_db(f->briefcase));
    weh_err err;

    memset(&f->diag, 0, sizeof(f->diag));
    fixture_sql(f, "SAVEPOINT mutated");
    err = which->run(f, props);
    if (err == WEH_OK) {
        run->n_accepted++;
        fixture_sql(f, "ROLLBACK TO mutated; RELEASE mutated");
        weh_bis_forget(f->bis);
    } else {
        fixture_sql(f, "RELEASE mutated");
        check_refusal(run, which, props, err, changes);
    }
}

/* ---- what is mutated ---- */

/* A member that must not stand there twice in one file, or that an insert does without. */
static bool is_left_out(const struct weh_member *member, const struct call *which)
{
    return which->is_insert &&
           (weh_str_eq_text(member->key, "id") || weh_str_eq_text(member->key, "federationGuid"));
}

/* A code like that of @code that nobody has. */
static struct weh_value fresh_code(struct run *run, const struct weh_value *code)
{
    struct weh_member *members = mutator_take(&run->mutator, code->n, sizeof(*members));
    struct weh_value copy = *code;

    memcpy(members, code->as.members, code->n * sizeof(*members));
    for (uint32_t i = 0; i < code->n; i++) {
        if (weh_str_eq_text(members[i].key, "value") && members[i].value.n > 0) {
            members[i].value = mutator_text("a code that nobody has");
        }
    }
    copy.as.members = members;
    return copy;
}

/* Props that would work, or nearly: what the dump says of an entity, in the form that edits take. */
static struct weh_value prepare(struct run *run, const struct weh_value *line,
                                const struct call *which)
{
    struct weh_member *members = mutator_take(&run->mutator, line->n, sizeof(*members));
    struct weh_value copy = { .type = WEH_VALUE_MAP };

    for (uint32_t i = 0; i < line->n; i++) {
        struct weh_member member = line->as.members[i];

        if (is_left_out(&member, which)) {
            continue;
        }
        if (which->is_insert && weh_str_eq_text(member.key, "code")) {
            member.value = fresh_code(run, &member.value);
        }
        if (which->kind == KIND_CODE_SPEC && weh_str_eq_text(member.key, "name")) {
            member.value = mutator_text("a name that nobody has");
        }
        members[copy.n++] = member;
    }
    copy.as.members = members;
    return copy;
}

/* An update that gives an element itself, or its child, as parent. */
static void edit_cyclic_parent(struct run *run)
{
    static const char *const cases[] = {
        "{'id':'0x11','parent':{'id':'0x11','relClassName':'BisCore:SubjectOwnsSubjects'}}",
        "{'id':'0x11','parent':{'id':'0x12','relClassName':'BisCore:SubjectOwnsSubjects'}}",
        "{'id':'0x1','parent':{'id':'0x12','relClassName':'BisCore:SubjectOwnsSubjects'}}",
        "{'id':'0x8a','parent':{'id':'0x8a','relClassName':'BisCore:ElementOwnsChildElements'}}",
    };

    run->what = "cyclic parent";
    edit(run, &calls[1],
         fixture_value(run->f, "%s", cases[mutator_below(&run->mutator, WEH_ARRAY_LEN(cases))]));
}

/* Edit with what @line says and @n mutations. */
static void edit_line(struct run *run, struct weh_str line, const struct call *which, uint32_t n)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 1000000 };
    struct weh_value props;

    weh_arena_reset(&run->f->arena);
    assert_int_equal(weh_json_parse(line, &limits, &run->f->arena, &props, NULL), WEH_OK);
    props = prepare(run, &props, which);
    props = mutator_mutate(&run->mutator, &props, n, &run->what);
    edit(run, which, &props);
}

static void edit_mutated(struct run *run)
{
    /* Most of them elements, which have the most rules. */
    uint32_t n = mutator_below(&run->mutator, 3) == 0 ? (uint32_t)WEH_ARRAY_LEN(calls) : 2;
    const struct call *which = &calls[mutator_below(&run->mutator, n)];
    const struct lines *lines = &run->lines[which->kind];

    edit_line(run, lines->lines[mutator_below(&run->mutator, lines->n)], which,
              1 + mutator_below(&run->mutator, 4) / 3);
}

/* What is mutated is valid to begin with. */
static void edit_unmutated(struct run *run, const struct call *which)
{
    const struct lines *lines = &run->lines[which->kind];

    run->n_accepted = 0;
    for (run->number = 0; run->number < lines->n; run->number++) {
        edit_line(run, lines->lines[run->number], which, 0);
    }
    if (lines->n - run->n_accepted > which->n_refused_max) {
        fail_msg("%s: only %u of %u are valid", which->name, run->n_accepted, lines->n);
    }
}

/* ---- the run ---- */

static void read_lines(struct lines *out, const char *name)
{
    struct weh_str rest = { NULL, 0 };
    char path[64];

    (void)snprintf(path, sizeof(path), "oracle/small.%s.jsonl.xz", name);
    out->dump = data_file_text(path, &rest.len);
    assert_non_null(out->dump);
    rest.ptr = out->dump;
    while (rest.len > 0) {
        assert_true(out->n < LINES_MAX);
        rest = weh_str_split(rest, '\n', &out->lines[out->n++]);
    }
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name); // NOLINT(concurrency-mt-unsafe)

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static unsigned print_refusals(const struct run *run)
{
    unsigned n_kinds = 0;

    print_message("accepted %u\n", run->n_accepted);
    for (unsigned i = 1; i < WEH_E_COUNT; i++) {
        if (run->n_refused[i] > 0) {
            n_kinds++;
            print_message("%-24s %u\n", weh_err_info((weh_err)i)->name, run->n_refused[i]);
        }
    }
    return n_kinds;
}

static void test_mutated_props_work_or_are_refused_and_leave_nothing_behind(void **state)
{
    uint32_t count = (uint32_t)number_from("WEH_MUTATED_COUNT", COUNT_DEFAULT);
    static struct run run; /* large */
    struct fixture fixture;
    uint64_t whole;
    int64_t unsaved;
    unsigned n_kinds;

    (void)state;
    run.f = &fixture;
    fixture_open(run.f, "small.bim", false);
    mutator_init(&run.mutator, &run.f->arena, number_from("WEH_MUTATED_SEED", 1));
    for (size_t i = 0; i < KIND_COUNT; i++) {
        read_lines(&run.lines[i], dump_names[i]);
    }
    /* Unsaved work that no refusal may take along. */
    fixture_sql(run.f, "UPDATE bis_Element SET UserLabel='unsaved' WHERE Id=0x12");
    unsaved = fixture_int(run.f, "SELECT LastMod*1e6 FROM bis_Element WHERE Id=0x12");
    run.digest = file_digest(&run, "bis_*");
    whole = file_digest(&run, "[!s]*");
    for (size_t i = 0; i < WEH_ARRAY_LEN(calls); i++) {
        edit_unmutated(&run, &calls[i]);
    }
    run.n_accepted = 0;
    memset(run.n_refused, 0, sizeof(run.n_refused));
    for (uint32_t i = 0; i < count; i++) {
        run.number = i;
        if (i % 100 == 0) {
            edit_cyclic_parent(&run);
        } else {
            edit_mutated(&run);
        }
    }
    n_kinds = print_refusals(&run);
    assert_int_equal(run.n_failed, 0);
    assert_true(file_digest(&run, "[!s]*") == whole);
    assert_int_equal(fixture_int(run.f, "SELECT LastMod*1e6 FROM bis_Element WHERE Id=0x12"),
                     unsaved);
    fixture_check_file(run.f);
    /* Both ends are there, or this would test nothing. */
    assert_true(n_kinds >= (count < COUNT_DEFAULT ? 1 : 12));
    assert_true(run.n_accepted > count / 10);
    /* The session goes on. */
    assert_int_equal(
        fixture_insert(run.f, NULL,
                       "{'classFullName':'BisCore:Subject','model':'0x1',"
                       "'code':{'spec':'bis:Subject','scope':'0x1','value':'end'},"
                       "'parent':{'id':'0x1','relClassName':'BisCore:SubjectOwnsSubjects'}}"),
        WEH_OK);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        weh_free(run.lines[i].dump);
    }
    mutator_fini(&run.mutator);
    fixture_close(run.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutated_props_work_or_are_refused_and_leave_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
