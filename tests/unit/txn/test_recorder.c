/* tests/unit/txn/test_recorder.c - the recorder against SQLite's session extension: the same random
 * edits on two copies of a file must give the same changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/briefcase_txn.h"

#include "stack_priv.h"
#include "txn_fixture.h"

#define N_ROUNDS 60U
#define N_EDITS  40

struct change_text {
    const char *table;
    const uint8_t *at;
    size_t len;
};

static int filter(void *ctx, const char *table)
{
    static const char *const untracked[] = { "be_Local", "dgn_Txns", "dgn_SpatialIndex",
                                             "dgn_Rebase", "dgn_fts_idx" };

    (void)ctx;
    for (size_t i = 0; i < WEH_ARRAY_LEN(untracked); i++) {
        if (strncmp(table, untracked[i], strlen(untracked[i])) == 0) {
            return 0;
        }
    }
    return 1;
}

static uint32_t random_below(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % n;
}

/* One edit; refusals by a constraint are part of the game, equal on both files. */
static void edit(struct fixture *f, uint32_t *seed)
{
    static const char *const forms[] = {
        "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,CodeValue,LastMod) "
        "SELECT 9000+%u,ECClassId,1,CodeSpecId,1,'c%u',2460000.0+%u FROM bis_Element WHERE Id=1",
        "INSERT INTO bis_InformationReferenceElement(ElementId,ECClassId,js1) SELECT "
        "Id,ECClassId,'d%u' FROM bis_Element WHERE Id=9000+%u+%u*0",
        "DELETE FROM bis_Element WHERE Id=9000+%u+(%u+%u)*0",
        "UPDATE bis_Element SET UserLabel='l%u',LastMod=2460000.5+%u WHERE Id=9000+%u",
        "UPDATE bis_Element SET CodeValue=NULL,JsonProperties='{}',LastMod=LastMod+1+%u WHERE "
        "Id>9000+%u+%u*0",
        "INSERT INTO be_Prop VALUES('t','n%u',%u,%u,0,'text',NULL,x'00ff')",
        "INSERT OR REPLACE INTO be_Prop VALUES('t','n%u',%u,%u,0,NULL,7,NULL)",
        "UPDATE be_Prop SET StrData='v%u' WHERE Namespace='t' AND Id=%u+%u*0",
        "UPDATE OR IGNORE be_Prop SET Name='n%u',SubId=SubId+%u WHERE Namespace='t' AND Id=%u",
        "DELETE FROM be_Prop WHERE Namespace='t' AND Id>%u+(%u+%u)*0",
        "UPDATE bis_GeometricElement3d SET Origin_X=%u.5,js1=x'',GeometryStream=zeroblob(%u+%u) "
        "WHERE ElementId IN (SELECT ElementId FROM bis_GeometricElement3d LIMIT 3)",
        "UPDATE bis_ElementMultiAspect SET js1=js1||'%u' WHERE Id%%7=%u%%7+%u*0",
        "DELETE FROM bis_ElementMultiAspect WHERE Id%%11=%u%%11+(%u+%u)*0",
        "DELETE FROM bis_Element WHERE Id IN (SELECT ElementId FROM bis_GeometricElement3d WHERE "
        "ElementId%%40=%u+(%u+%u)*0)",
        "SAVEPOINT s; UPDATE bis_Element SET UserLabel='gone%u',LastMod=1+%u WHERE Id=9000+%u; "
        "INSERT OR IGNORE INTO be_Prop VALUES('t','gone',0,0,0,'x',1,NULL); ROLLBACK TO s; "
        "RELEASE s",
        "UPDATE bis_Element SET Id=Id+10+(%u+%u)*0 WHERE Id=9000+%u AND Id NOT IN (SELECT "
        "ElementId FROM bis_InformationReferenceElement)",
    };
    char sql[512];
    uint32_t a = random_below(seed, 8);
    uint32_t b = random_below(seed, 8);
    uint32_t c = random_below(seed, 8);

    /* The formats are those above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(sql, sizeof(sql), forms[random_below(seed, WEH_ARRAY_LEN(forms))], a, b, c);
#pragma GCC diagnostic pop
    (void)sqlite3_exec(weh_briefcase_db(f->briefcase), sql, NULL, NULL, NULL);
}

static int compare(const void *a, const void *b)
{
    const struct change_text *x = a;
    const struct change_text *y = b;
    int order = strcmp(x->table, y->table);

    if (order == 0) {
        order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);
    }
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static size_t split(const uint8_t *bytes, size_t len, struct change_text **out)
{
    struct change_text *texts = calloc(8192, sizeof(*texts));
    struct cs_reader reader;
    struct cs_change change;
    bool more = true;
    size_t n = 0;

    cs_reader_init(&reader, bytes, len);
    for (;;) {
        assert_int_equal(cs_reader_next(&reader, &change, &more, NULL), WEH_OK);
        if (!more) {
            break;
        }
        assert_true(n < 8192);
        texts[n++] =
            (struct change_text){ reader.group.table, change.at, (size_t)(reader.at - change.at) };
    }
    cs_reader_fini(&reader);
    qsort(texts, n, sizeof(*texts), compare);
    *out = texts;
    return n;
}

static void must_be_same(const struct change_text *a, const struct change_text *b)
{
    if (compare(a, b) != 0) {
        fail_msg("%s %d, %s %d", a->table, a->at[0], b->table, b->at[0]);
    }
}

static void compare_changesets(const struct weh_buf *ours, const uint8_t *theirs, size_t their_len,
                               size_t *total)
{
    struct change_text *a = NULL;
    struct change_text *b = NULL;
    size_t n = split(ours->data, ours->len, &a);
    size_t m = split(theirs, their_len, &b);

    for (size_t i = 0; i < n && i < m; i++) {
        must_be_same(&a[i], &b[i]);
    }
    assert_int_equal(n, m);
    *total += n;
    free(a);
    free(b);
}

static void our_changeset(struct fixture *f, struct weh_buf *out)
{
    uint64_t n_bytes = 0;

    weh_buf_init(out, 0);
    assert_int_equal(recorder_write(&f->stack->recorder, &n_bytes, NULL), WEH_OK);
    for (size_t i = 0; i < f->stack->tables.n; i++) {
        const struct weh_spill *group = &f->stack->tables.items[i]->group;
        size_t len = (size_t)weh_spill_len(group);
        uint8_t *to = weh_buf_reserve(out, len);

        assert_non_null(to);
        assert_int_equal(weh_spill_read(group, 0, to, len, NULL), WEH_OK);
        out->len += len;
    }
    assert_int_equal(out->len, n_bytes);
}

static void run_round(struct fixture *ours, struct fixture *theirs, uint32_t seed, size_t *total)
{
    sqlite3 *db = weh_briefcase_db(theirs->briefcase);
    sqlite3_session *session = NULL;
    struct weh_buf bytes;
    void *their_bytes = NULL;
    uint32_t their_seed = seed;
    int their_len = 0;

    assert_int_equal(sqlite3session_create(db, "main", &session), SQLITE_OK);
    sqlite3session_table_filter(session, filter, NULL);
    assert_int_equal(sqlite3session_attach(session, NULL), SQLITE_OK);
    for (unsigned i = 0; i < N_EDITS; i++) {
        ours->stack->recorder.indirect = i % 5 == 4;
        sqlite3session_indirect(session, i % 5 == 4);
        edit(ours, &seed);
        edit(theirs, &their_seed);
    }
    ours->stack->recorder.indirect = false;
    assert_int_equal(sqlite3session_changeset(session, &their_len, &their_bytes), SQLITE_OK);
    our_changeset(ours, &bytes);
    compare_changesets(&bytes, their_bytes, (size_t)their_len, total);
    weh_buf_fini(&bytes);
    sqlite3_free(their_bytes);
    sqlite3session_delete(session);
    assert_int_equal(weh_txn_abandon(ours->stack, &ours->diag), WEH_OK);
    assert_int_equal(weh_briefcase_rollback(theirs->briefcase, &theirs->diag), WEH_OK);
}

static void test_recorder_gives_what_the_session_extension_gives(void **state)
{
    struct fixture ours;
    struct fixture theirs;
    size_t total = 0;

    (void)state;
    fixture_open(&ours, "small.bim");
    fixture_open(&theirs, "small.bim");
    /* What it writes is the time, which the two files do not share. */
    fixture_sql(&ours, "DROP TRIGGER bis_Element_CurrentTimeStamp");
    assert_int_equal(weh_briefcase_commit(ours.briefcase, &ours.diag), WEH_OK);
    fixture_sql(&theirs, "DROP TRIGGER bis_Element_CurrentTimeStamp");
    assert_int_equal(weh_briefcase_commit(theirs.briefcase, &theirs.diag), WEH_OK);
    /* One hook a connection: theirs is the session's. */
    weh_txn_stack_destroy(theirs.stack);
    theirs.stack = NULL;
    for (uint32_t round = 0; round < N_ROUNDS; round++) {
        run_round(&ours, &theirs, round * 7919 + 1, &total);
    }
    assert_true(total > N_ROUNDS * (size_t)20);
    fixture_close(&ours);
    fixture_close(&theirs);
}

/* Undo brings back whatever random edits did, by either way of applying. */
static void test_recorder_changes_reverse_and_come_back(void **state)
{
    struct fixture f;
    static struct digests before;
    static struct digests after;
    static struct digests now;
    unsigned n_saved = 0;

    (void)state;
    fixture_open(&f, "small.bim");
    fixture_settle_index(&f);
    for (uint32_t round = 0; round < 25; round++) {
        uint32_t seed = round * 104729 + 5;
        struct weh_txn_id id;
        bool saved = false;

        f.n_events = 0;
        fixture_digest(&f, true, &before);
        for (unsigned i = 0; i < 15; i++) {
            edit(&f, &seed);
        }
        assert_int_equal(weh_txn_save(f.stack, WEH_STR("r"), &saved, &id, &f.diag), WEH_OK);
        if (!saved) {
            continue;
        }
        n_saved++;
        fixture_digest(&f, true, &after);
        assert_int_equal(fixture_reverse(&f, 1), 1);
        fixture_digest(&f, true, &now);
        assert_digests_equal(&now, &before);
        assert_int_equal(fixture_reinstate(&f), 1);
        fixture_digest(&f, true, &now);
        assert_digests_equal(&now, &after);
    }
    assert_true(n_saved > 15);
    f.n_events = 0;
    assert_int_equal(fixture_reverse(&f, 10), 10);
    f.n_events = 0;
    assert_int_equal(fixture_reinstate(&f), 10);
    fixture_digest(&f, true, &now);
    assert_digests_equal(&now, &after);
    fixture_check_file(&f);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorder_gives_what_the_session_extension_gives),
        cmocka_unit_test(test_recorder_changes_reverse_and_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
