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

#include <lzma.h>

#include "bis_fixture.h"

#define DUMP_MAX_BYTES (16u << 20)
#define LINES_MAX      512
#define COUNT_DEFAULT  10000
#define LONG_TEXT      70000
#define HUGE_TEXT      (1u << 20)
#define SHOWN_MAX      20
#define DEPTH          26

struct line {
    struct weh_str text;
    bool is_model;
};

struct run {
    struct fixture *f;
    struct line lines[LINES_MAX];
    uint32_t n_lines;
    char *dumps[2];
    char *long_text;
    uint64_t random; /* state of the generator */
    uint64_t digest; /* of the rows that edits may touch */
    uint32_t n_accepted;
    uint32_t n_refused[WEH_E_COUNT];
    const char *what; /* the mutation, for messages */
    uint32_t number;  /* of it */
    uint32_t n_failed;
};

/* ---- random things ---- */

static uint64_t next_random(struct run *run)
{
    run->random ^= run->random << 13;
    run->random ^= run->random >> 7;
    run->random ^= run->random << 17;
    return run->random;
}

static uint32_t below(struct run *run, uint32_t n)
{
    return (uint32_t)((next_random(run) >> 11) % n);
}

static struct weh_value text_value(const char *text)
{
    struct weh_value value = { .type = WEH_VALUE_STRING, .n = (uint32_t)strlen(text) };

    value.as.string = text;
    return value;
}

static struct weh_value int_value(int64_t integer)
{
    struct weh_value value = { .type = WEH_VALUE_INT };

    value.as.integer = integer;
    return value;
}

static struct weh_value real_value(double real)
{
    struct weh_value value = { .type = WEH_VALUE_REAL };

    value.as.real = real;
    return value;
}

static void *take(struct run *run, size_t n, size_t size)
{
    void *memory = weh_arena_array(&run->f->arena, n, size);

    assert_non_null(memory);
    return memory;
}

static struct weh_value in_array(struct run *run, struct weh_value inner, uint32_t n)
{
    struct weh_value *items = take(run, n + 1u, sizeof(*items));
    struct weh_value value = { .type = WEH_VALUE_ARRAY, .n = n };

    for (uint32_t k = 0; k < n; k++) {
        items[k] = inner;
    }
    value.as.items = items;
    return value;
}

static struct weh_value in_map(struct run *run, struct weh_value inner)
{
    struct weh_member *member = take(run, 1, sizeof(*member));
    struct weh_value value = { .type = WEH_VALUE_MAP, .n = 1 };

    *member = (struct weh_member){ WEH_STR("x"), inner };
    value.as.members = member;
    return value;
}

/* Two of these inside each other, in a member, are what decoders let pass (64). */
static struct weh_value deep_value(struct run *run, bool maps)
{
    struct weh_value value = text_value("deep");

    for (uint32_t i = 0; i < DEPTH; i++) {
        value = maps ? in_map(run, value) : in_array(run, value, 1);
    }
    return value;
}

static struct weh_value odd_text(struct run *run)
{
    static const char *const texts[] = {
        "",
        " ",
        "NaN",
        "Infinity",
        "1e999",
        "null",
        "true",
        "0",
        "-1",
        "2.5",
        "1e5",
        "x",
        "0x",
        "0xzz",
        "{}",
        "[]",
        "{\"a\":",
        "encoding=base64;",
        "encoding=base64;AQID",
        "encoding=base64;A",
        "encoding=base64;!!!!",
        "2024-02-30T25:00:00Z",
        "2024-01-01",
        "99999-01-01",
        "12:61",
        "00000000-0000-0000-0000-000000000000",
        "f0000000-0000-4000-8000-000000000001",
        "{f0000000-0000-4000-8000-000000000001}",
        "BisCore:Element",
        "BisCore:Subject",
        "bis.physicalelement",
        "Generic:PhysicalObject",
        "BisCore:ElementOwnsChildElements",
        "BisCore:SubjectOwnsSubjects",
        "No:Such",
        "BisCore:",
        ":Element",
        "WebEditTest:INicknamed",
        "WebEditTest:Dimension",
        "WebEditTest:WidgetNote",
        "BisCore:CodeSpec",
        "BisCore:PhysicalModel",
        "BisCore:ElementRefersToElements",
        "bis:Subject",
        "bis:NullCodeSpec",
        "\xc3\x9c\xf0\x9f\x98\x80",
        "a\tb\nc\x01",
        "'; --",
        "%s%n",
        "\xef\xbb\xbf",
        "\xc2\xa0",
    };
    struct weh_value value = text_value(texts[below(run, WEH_ARRAY_LEN(texts))]);
    uint32_t roll = below(run, 40);

    if (roll < 3) {
        value.as.string = run->long_text;
        value.n = roll == 0 ? LONG_TEXT : 300 + below(run, 200);
    } else if (roll == 3 && below(run, 8) == 0) {
        value.as.string = run->long_text;
        value.n = HUGE_TEXT;
    } else if (roll == 4) {
        value.as.string = "nul\0inside";
        value.n = 10;
    }
    return value;
}

static struct weh_value odd_id(struct run *run)
{
    static const char *const ids[] = {
        "0",
        "0x0",
        "0x1",
        "0xe",
        "0x10",
        "0x11",
        "0x14",
        "0x17",
        "0x18",
        "0x1c",
        "0x35",
        "0x36",
        "0x8a",
        "0x14a",
        "0x1b2",
        "0x1b8",
        "0x999999",
        "0x20000000001",
        "0xfffffe0000000001",
        "0xffffffffffffffff",
        "0x10000000000000000",
        "0X1D",
        "0x01",
        "-0x1",
        "27",
    };

    return text_value(ids[below(run, WEH_ARRAY_LEN(ids))]);
}

static struct weh_value odd_number(struct run *run)
{
    static const double reals[] = { 0.5,   -0.0,        2.5,    1e9,
                                    1e10,  -1e300,      5e-324, 1.7976931348623157e308,
                                    360.0, 4294967296.0 };
    static const int64_t integers[] = { 0,
                                        1,
                                        -1,
                                        2,
                                        255,
                                        65536,
                                        INT32_MAX,
                                        INT64_C(1) << 31,
                                        INT64_C(1) << 40,
                                        INT64_C(1) << 53,
                                        INT64_MAX,
                                        INT64_MIN };
    struct weh_value large = { .type = WEH_VALUE_UINT };

    large.as.uinteger = UINT64_MAX;
    switch (below(run, 8)) {
    case 0:
        return large;
    case 1:
    case 2:
        return real_value(reals[below(run, WEH_ARRAY_LEN(reals))]);
    default:
        return int_value(integers[below(run, WEH_ARRAY_LEN(integers))]);
    }
}

static struct weh_value odd_container(struct run *run)
{
    struct weh_value binary = { .type = WEH_VALUE_BINARY, .n = 5 };

    binary.as.binary = (const uint8_t *)"\x00\x01\xff\xfe";
    switch (below(run, 8)) {
    case 0:
        return in_array(run, int_value(1), 0);
    case 1:
        return deep_value(run, false);
    case 2:
        return deep_value(run, true);
    case 3:
        return in_array(run, (struct weh_value){ .type = WEH_VALUE_NULL }, 3000);
    case 4:
        return in_array(run, real_value(1.5), 1 + below(run, 5));
    case 5:
        return in_map(run, odd_id(run));
    case 6:
        return (struct weh_value){ .type = WEH_VALUE_MAP };
    default:
        return binary;
    }
}

static struct weh_value odd_value(struct run *run)
{
    struct weh_value boolean = { .type = WEH_VALUE_BOOL };

    boolean.as.boolean = below(run, 2) == 0;
    switch (below(run, 10)) {
    case 0:
        return (struct weh_value){ .type = WEH_VALUE_NULL };
    case 1:
        return boolean;
    case 2:
    case 3:
        return odd_number(run);
    case 4:
    case 5:
        return odd_container(run);
    case 6:
    case 7:
        return odd_id(run);
    default:
        return odd_text(run);
    }
}

/* ---- mutation: a copy of a tree that differs in one place ---- */

enum change {
    NOTHING,
    REPLACE,
    REMOVE,
    ADD,
    TWICE,
    RENAME,
    CHANGE_COUNT
};

static const char *const change_names[] = {
    "nothing", "replace", "remove", "add", "twice", "rename"
};

struct mutation {
    struct run *run;
    enum change change;
    uint32_t at; /* number of the member or item, in order of the text */
    uint32_t n;  /* seen so far */
};

static uint32_t count_nodes(const struct weh_value *value)
{
    uint32_t n = 0;

    for (uint32_t i = 0; value->type == WEH_VALUE_MAP && i < value->n; i++) {
        n += 1 + count_nodes(&value->as.members[i].value);
    }
    for (uint32_t i = 0; value->type == WEH_VALUE_ARRAY && i < value->n; i++) {
        n += 1 + count_nodes(&value->as.items[i]);
    }
    return n;
}

/* Half of the time a member at the top, where the rules are. */
static uint32_t choose_node(struct run *run, const struct weh_value *props)
{
    uint32_t at = 0;
    uint32_t n;

    if (props->n == 0 || below(run, 2) == 0) {
        return below(run, count_nodes(props) + 1);
    }
    n = below(run, props->n);
    for (uint32_t i = 0; i < n; i++) {
        at += 1 + count_nodes(&props->as.members[i].value);
    }
    return at;
}

static struct weh_value mutate(struct mutation *m, const struct weh_value *value);

static struct weh_value mutate_array(struct mutation *m, const struct weh_value *value)
{
    struct weh_value *items = take(m->run, value->n + 1u, sizeof(*items));
    struct weh_value copy = { .type = WEH_VALUE_ARRAY };

    copy.as.items = items;
    for (uint32_t i = 0; i < value->n; i++) {
        bool here = m->n++ == m->at;

        if (!here || m->change == TWICE) {
            items[copy.n++] = mutate(m, &value->as.items[i]);
        }
        if (here && m->change != REMOVE) {
            items[copy.n++] = m->change == TWICE ? value->as.items[i] : odd_value(m->run);
        }
    }
    return copy;
}

/* The key with its first letter in the other case. */
static struct weh_str other_case(struct run *run, struct weh_str key)
{
    char *copy = weh_arena_strdup(&run->f->arena, key);

    assert_non_null(copy);
    copy[0] = (char)(copy[0] ^ 0x20);
    return (struct weh_str){ copy, key.len == 0 ? 1 : key.len };
}

/* Another name, which the map may not have yet. */
static struct weh_str odd_key(struct run *run, struct weh_str key, const struct weh_value *map)
{
    static const char *const names[] = { "noSuchMember", "id",   "ECInstanceId", "lastMod", "x", "",
                                         "ID",           "geom", "__proto__",    "parent" };
    const char *name = names[below(run, WEH_ARRAY_LEN(names))];

    return below(run, 3) == 0 || weh_value_get(map, name) != NULL ? other_case(run, key)
                                                                  : weh_str_from(name);
}

static void change_member(struct mutation *m, const struct weh_value *map,
                          const struct weh_member *member, struct weh_member *out, uint32_t *n)
{
    switch (m->change) {
    case REPLACE:
        out[(*n)++] = (struct weh_member){ member->key, odd_value(m->run) };
        break;
    case ADD:
        out[(*n)++] = *member;
        out[(*n)++] = (struct weh_member){ odd_key(m->run, member->key, map), odd_value(m->run) };
        break;
    case TWICE: /* the decoders refuse a key twice, but a property can be said in two spellings */
        out[(*n)++] = *member;
        out[(*n)++] = (struct weh_member){ other_case(m->run, member->key), odd_value(m->run) };
        break;
    case RENAME:
        out[(*n)++] = (struct weh_member){ odd_key(m->run, member->key, map), member->value };
        break;
    case NOTHING:
    case REMOVE:
    case CHANGE_COUNT:
    default:
        break;
    }
}

static struct weh_value mutate_map(struct mutation *m, const struct weh_value *value)
{
    struct weh_member *members = take(m->run, value->n + 1u, sizeof(*members));
    struct weh_value copy = { .type = WEH_VALUE_MAP };

    copy.as.members = members;
    for (uint32_t i = 0; i < value->n; i++) {
        const struct weh_member *member = &value->as.members[i];

        if (m->n++ == m->at) {
            change_member(m, value, member, members, &copy.n);
        } else {
            members[copy.n].key = member->key;
            members[copy.n++].value = mutate(m, &member->value);
        }
    }
    return copy;
}

/* {"$base64": "..."}, as dumps have it, in the form that edits take. */
static struct weh_value binary_text(struct run *run, const struct weh_value *value)
{
    struct weh_str base64 = weh_value_str(&value->as.members[0].value);
    char *text = take(run, base64.len + 32, 1);

    (void)snprintf(text, base64.len + 32, "encoding=base64;%.*s", WEH_STR_ARGS(base64));
    return text_value(text);
}

/* As deep as the dump's JSON is. */
static struct weh_value mutate(struct mutation *m, const struct weh_value *value)
{
    if (value->type == WEH_VALUE_MAP && value->n == 1 &&
        weh_str_eq_text(value->as.members[0].key, "$base64")) {
        return binary_text(m->run, value);
    }
    if (value->type == WEH_VALUE_MAP) {
        return mutate_map(m, value);
    }
    return value->type == WEH_VALUE_ARRAY ? mutate_array(m, value) : *value;
}

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

enum call {
    CALL_INSERT,
    CALL_UPDATE,
    CALL_INSERT_MODEL,
    CALL_COUNT
};

static const char *const call_names[] = { "insert", "update", "insertModel" };

static weh_err call(struct run *run, enum call which, const struct weh_value *props)
{
    struct fixture *f = run->f;
    weh_id id = 0;

    switch (which) {
    case CALL_INSERT:
        return weh_element_insert(f->bis, props, &id, &f->diag);
    case CALL_UPDATE:
        return weh_element_update(f->bis, props, &f->diag);
    case CALL_INSERT_MODEL:
        return weh_model_insert(f->bis, props, &id, &f->diag);
    case CALL_COUNT:
    default:
        return WEH_E_INTERNAL;
    }
}

/* Refusals that no single member of the props is at fault for. */
static bool may_lack_where(weh_err err)
{
    return err == WEH_E_FOREIGN_KEY;
}

/* Count a failure, and print the first ones. */
static void fail_edit(struct run *run, enum call which, const struct weh_value *props,
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
    print_error("mutation %u, %s (%s): %s: %s at '%s': %s\n%.*s\n", run->number, call_names[which],
                run->what, why, weh_err_info(err)->name, run->f->diag.where, run->f->diag.text, len,
                (const char *)run->f->text.data);
}

static void check_refusal(struct run *run, enum call which, const struct weh_value *props,
                          weh_err err, int changes_before)
{
    const struct weh_diag *diag = &run->f->diag;
    sqlite3 *db = weh_briefcase_db(run->f->briefcase);

    run->n_refused[err]++;
    if (weh_err_info(err)->scope != WEH_SCOPE_REQUEST) {
        fail_edit(run, which, props, "ends the session", err);
    }
    if (diag->text[0] == '\0' || (diag->where[0] == '\0' && !may_lack_where(err))) {
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

static void edit(struct run *run, enum call which, const struct weh_value *props)
{
    struct fixture *f = run->f;
    int changes = sqlite3_total_changes(weh_briefcase_db(f->briefcase));
    weh_err err;

    memset(&f->diag, 0, sizeof(f->diag));
    fixture_sql(f, "SAVEPOINT mutated");
    err = call(run, which, props);
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
static bool is_left_out(const struct weh_member *member, enum call which)
{
    return weh_str_eq_text(member->key, "geom") ||
           (which != CALL_UPDATE &&
            (weh_str_eq_text(member->key, "id") || weh_str_eq_text(member->key, "federationGuid")));
}

/* A code like that of @code that nobody has. */
static struct weh_value fresh_code(struct run *run, const struct weh_value *code)
{
    struct weh_member *members = take(run, code->n, sizeof(*members));
    struct weh_value copy = *code;

    memcpy(members, code->as.members, code->n * sizeof(*members));
    for (uint32_t i = 0; i < code->n; i++) {
        if (weh_str_eq_text(members[i].key, "value") && members[i].value.n > 0) {
            members[i].value = text_value("a code that nobody has");
        }
    }
    copy.as.members = members;
    return copy;
}

/* Props that would work, or nearly: what the dump says of an entity, in the form that edits take. */
static struct weh_value prepare(struct run *run, const struct weh_value *line, enum call which)
{
    struct weh_member *members = take(run, line->n, sizeof(*members));
    struct weh_value copy = { .type = WEH_VALUE_MAP };

    for (uint32_t i = 0; i < line->n; i++) {
        struct weh_member member = line->as.members[i];

        if (is_left_out(&member, which)) {
            continue;
        }
        if (which == CALL_INSERT && weh_str_eq_text(member.key, "code")) {
            member.value = fresh_code(run, &member.value);
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
    edit(run, CALL_UPDATE, fixture_value(run->f, "%s", cases[below(run, WEH_ARRAY_LEN(cases))]));
}

/* Edit with what @line says and @n mutations. */
static void edit_line(struct run *run, const struct line *line, enum call which, uint32_t n)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 1000000 };
    struct mutation mutation = { .run = run, .at = UINT32_MAX };
    struct weh_value props;
    struct weh_value parsed;

    weh_arena_reset(&run->f->arena);
    assert_int_equal(weh_json_parse(line->text, &limits, &run->f->arena, &parsed, NULL), WEH_OK);
    props = prepare(run, &parsed, which);
    props = mutate(&mutation, &props);
    for (uint32_t i = 0; i < n; i++) {
        mutation.change =
            below(run, 2) == 0 ? REPLACE : (enum change)(1 + below(run, CHANGE_COUNT - 1));
        mutation.n = 0;
        mutation.at = choose_node(run, &props);
        props = mutate(&mutation, &props);
    }
    run->what = change_names[mutation.change];
    edit(run, which, &props);
}

static void edit_mutated(struct run *run)
{
    const struct line *line = &run->lines[below(run, run->n_lines)];
    enum call which = below(run, 3) == 0 ? CALL_UPDATE : CALL_INSERT;

    edit_line(run, line, line->is_model ? CALL_INSERT_MODEL : which, 1 + below(run, 4) / 3);
}

/* What is mutated is valid to begin with: every update, and every insert but that of a root subject,
 * and of geometry parts without their geometry. */
static void edit_unmutated(struct run *run)
{
    uint32_t n_edits = 0;

    for (uint32_t i = 0; i < run->n_lines; i++) {
        run->number = i;
        if (!run->lines[i].is_model) {
            edit_line(run, &run->lines[i], CALL_UPDATE, 0);
            edit_line(run, &run->lines[i], CALL_INSERT, 0);
            n_edits += 2;
        }
    }
    assert_true(n_edits > 800 && n_edits - run->n_accepted <= 4);
    run->n_accepted = 0;
    memset(run->n_refused, 0, sizeof(run->n_refused));
}

/* ---- the run ---- */

static char *read_xz(const char *path, size_t *len)
{
    uint64_t memory_limit = UINT64_MAX;
    FILE *file = fopen(path, "rb");
    uint8_t *packed = malloc(DUMP_MAX_BYTES);
    char *text = malloc(DUMP_MAX_BYTES);
    size_t in = 0;
    size_t n;

    assert_non_null(file);
    assert_non_null(packed);
    assert_non_null(text);
    n = fread(packed, 1, DUMP_MAX_BYTES, file);
    (void)fclose(file);
    *len = 0;
    assert_int_equal(lzma_stream_buffer_decode(&memory_limit, 0, NULL, packed, &in, n,
                                               (uint8_t *)text, len, DUMP_MAX_BYTES),
                     LZMA_OK);
    free(packed);
    return text;
}

static char *read_lines(struct run *run, const char *name, bool is_model)
{
    struct weh_str rest = { NULL, 0 };
    char path[512];
    char *text;

    (void)snprintf(path, sizeof(path), "%s/oracle/%s", WEH_TEST_DATA, name);
    text = read_xz(path, &rest.len);
    rest.ptr = text;
    while (rest.len > 0) {
        assert_true(run->n_lines < LINES_MAX);
        rest = weh_str_split(rest, '\n', &run->lines[run->n_lines].text);
        run->lines[run->n_lines++].is_model = is_model;
    }
    return text;
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
    struct fixture fixture;
    struct run run = { .f = &fixture, .random = number_from("WEH_MUTATED_SEED", 1) * 2654435761u };
    uint64_t whole;
    int64_t unsaved;
    unsigned n_kinds;

    (void)state;
    fixture_open(run.f, "small.bim", false);
    run.long_text = malloc(HUGE_TEXT);
    assert_non_null(run.long_text);
    memset(run.long_text, 'w', HUGE_TEXT);
    run.dumps[0] = read_lines(&run, "small.elements.jsonl.xz", false);
    run.dumps[1] = read_lines(&run, "small.models.jsonl.xz", true);
    /* Unsaved work that no refusal may take along. */
    fixture_sql(run.f, "UPDATE bis_Element SET UserLabel='unsaved' WHERE Id=0x12");
    unsaved = fixture_int(run.f, "SELECT LastMod*1e6 FROM bis_Element WHERE Id=0x12");
    run.digest = file_digest(&run, "bis_*");
    whole = file_digest(&run, "[!s]*");
    edit_unmutated(&run);
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
    free(run.long_text);
    free(run.dumps[0]);
    free(run.dumps[1]);
    fixture_close(run.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutated_props_work_or_are_refused_and_leave_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
