/* tests/unit/ecsql/test_hostile.c - statements that want to write, to read what is none of theirs, or to take the server's time.
 *
 * Each row of hostile.def is a statement, or a template that is filled in. Whatever it is, the engine answers, in time; then
 * the session goes on, with what it had not saved; and the file is as it was, byte by byte.
 *
 * "In time" is the processor time of this thread: a query has TIME_MS on the clock, and may go on for LATE_MS of work behind that.
 * On a busy machine the clock runs on while the work does not, so that bound is never missed for want of a processor.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/resource.h>

#include "weh/briefcase_txn.h"
#include "weh/clock.h"
#include "weh/ecsql.h"

#include "fixture.h"

#define TIME_MS 40
/* Sanitizers make the same work take many times as long: the bound proper is that of other builds. */
#if defined(__has_feature)
    #if __has_feature(thread_sanitizer)
        #define LATE_MS (50 * 80)
    #elif __has_feature(address_sanitizer)
        #define LATE_MS (50 * 20)
    #endif
#elif defined(__SANITIZE_THREAD__)
    #define LATE_MS (50 * 80)
#elif defined(__SANITIZE_ADDRESS__)
    #define LATE_MS (50 * 20)
#endif
#ifndef LATE_MS
    #define LATE_MS 50
#endif
#define REPLY_BYTES (32u << 20)
#define UNSAVED     "not saved yet"

/* As the server has them (config_keys.def), but for the time. */
static const struct weh_ecsql_limits limits = { TIME_MS, 100000, 8u << 20, 16u << 20,
                                                100000,  8,      1u << 30, 0 };

enum outcome {
    REFUSED,  /* by the compiler or the authorizer: nothing was run */
    FAILS,    /* refused, or it fails while it runs */
    STOPPED,  /* it would run for ever: partial, or it fails */
    ANSWERED, /* harmless, whatever it looks like */
    ANY
};

struct hostile {
    const char *text;
    const char *filler; /* for each %s of text; NULL: none */
    enum outcome outcome;
    uint32_t times; /* the filler is repeated */
};

/* clang-format off */
static const struct hostile statements[] = {
#define H(outcome, text) { text, NULL, outcome, 0 },
#define R(outcome, text, filler, times) { text, filler, outcome, times },
#include "hostile.def"
#undef H
#undef R
};
/* clang-format on */

struct world {
    struct fixture *f;
    struct weh_briefcase *briefcase;
    struct weh_ec_cache *cache;
    const struct weh_ec_catalog *catalog;
    struct weh_ecsql *engine;
    struct weh_arena arena;
    struct weh_buf reply;
    uint8_t *before;
    size_t n_before;
};

static uint64_t work_ms(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* @h's text with its filler, in memory of its own: nothing stands behind its end. */
static char *text_of(const struct hostile *h, size_t *out_len)
{
    size_t filler = h->filler == NULL ? 0 : strlen(h->filler);
    size_t len = strlen(h->text) + filler * h->times * 2 + 1;
    char *out = malloc(len);
    size_t n = 0;

    assert_non_null(out);
    for (const char *at = h->text; *at != '\0'; at++) {
        if (h->filler == NULL || at[0] != '%' || at[1] != 's') {
            out[n++] = *at;
            continue;
        }
        at++;
        for (uint32_t i = 0; i < h->times; i++) {
            memcpy(out + n, h->filler, filler);
            n += filler;
        }
    }
    *out_len = n;
    return out;
}

static weh_err ask(struct world *w, struct weh_str text, bool *partial, struct weh_diag *diag)
{
    static const struct weh_value args = { .type = WEH_VALUE_ARRAY };
    const struct weh_ecsql_request request = {
        .text = text, .args = &args, .count = UINT64_MAX, .rows = WEH_ECSQL_ARRAYS
    };
    struct weh_json_writer writer;
    weh_err err;

    weh_arena_reset(&w->arena);
    weh_buf_clear(&w->reply);
    weh_json_writer_init(&writer, &w->reply);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    err = weh_ecsql_query(w->engine, &request, &w->arena, &writer.sink, diag);
    if (err == WEH_OK) {
        weh_sink_map_end(&writer.sink);
    }
    *partial = err == WEH_OK && w->reply.data != NULL &&
               memmem(w->reply.data, w->reply.len, "\"partial\":\"", 11) != NULL;
    weh_ecsql_close_all(w->engine);
    return err;
}

static bool is_expected(enum outcome outcome, weh_err err, bool partial)
{
    switch (outcome) {
    case REFUSED:
        return err == WEH_E_QUERY || err == WEH_E_TOO_LARGE;
    case FAILS:
        return err == WEH_E_QUERY || err == WEH_E_TOO_LARGE || err == WEH_E_BAD_ARGS;
    case STOPPED:
        return partial || err == WEH_E_QUERY || err == WEH_E_TOO_LARGE;
    case ANSWERED:
        return err == WEH_OK;
    case ANY:
        return err == WEH_OK || err == WEH_E_QUERY || err == WEH_E_TOO_LARGE;
    }
    return false;
}

/* Nothing of ours may be told: no SQL, no table, no path. What the statement itself says may be repeated. */
static bool tells_nothing(const struct world *w, const struct hostile *h,
                          const struct weh_diag *diag)
{
    const char *const secrets[] = { "bis_", "ec_cache", "weh_instance", "/tmp",
                                    "/dev", ".c:",      "[K",           w->f->folder };

    for (size_t i = 0; i < WEH_ARRAY_LEN(secrets); i++) {
        if (strstr(diag->text, secrets[i]) != NULL && strstr(h->text, secrets[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool play_once(struct world *w, const struct hostile *h, bool *late)
{
    size_t len = 0;
    char *text = text_of(h, &len);
    struct weh_diag diag = { 0 };
    uint64_t began = work_ms();
    uint64_t began_us = weh_clock_mono_us();
    uint64_t took;
    bool partial = false;
    weh_err err = ask(w, (struct weh_str){ text, len }, &partial, &diag);
    bool good;

    took = work_ms() - began;
    *late = took > TIME_MS + LATE_MS;
    /* Where others have the processor, the time may be over for any of them. */
    good = is_expected(h->outcome, err, partial) ||
           (partial && weh_clock_mono_us() - began_us >= (uint64_t)TIME_MS * 1000);
    good = good && (err == WEH_OK || tells_nothing(w, h, &diag));
    if (!good || *late) {
        print_error("%.150s (%s x %u): %s%s, %llu ms: %s [%s]\n", h->text,
                    h->filler == NULL ? "" : h->filler, h->times,
                    err == WEH_OK ? "answered" : weh_err_info(err)->name, partial ? " partial" : "",
                    (unsigned long long)took, diag.text, diag.detail);
    }
    free(text);
    return good;
}

/* One that is late may have been held up by what the kernel did for others: it has two more tries. */
static bool play(struct world *w, const struct hostile *h)
{
    bool late = true;
    bool good = true;

    for (int i = 0; i < 3 && good && late; i++) {
        good = play_once(w, h, &late);
    }
    return good && !late;
}

/* The session works as if nothing had been. */
static bool goes_on(struct world *w)
{
    struct weh_diag diag = { 0 };
    bool partial = false;

    return ask(w, WEH_STR("SELECT UserLabel FROM bis.Element WHERE ECInstanceId=1"), &partial,
               &diag) == WEH_OK &&
           memmem(w->reply.data, w->reply.len, UNSAVED, strlen(UNSAVED)) != NULL;
}

static void test_hostile_statements_are_answered_in_time_and_change_nothing(void **state)
{
    struct world *w = *state;
    uint32_t n_bad = 0;
    uint8_t *after;
    size_t n_after = 0;

    assert_int_equal(weh_db_exec(w->briefcase,
                                 "UPDATE bis_Element SET UserLabel='" UNSAVED "' WHERE Id=1",
                                 &w->f->diag),
                     WEH_OK);
    for (size_t i = 0; i < WEH_ARRAY_LEN(statements); i++) {
        n_bad += !play(w, &statements[i]);
        if (!goes_on(w)) {
            print_error("the session does not go on after: %s\n", statements[i].text);
            n_bad++;
        }
    }
    print_message("%zu statements\n", WEH_ARRAY_LEN(statements));
    assert_int_equal(n_bad, 0);
    assert_int_equal(weh_briefcase_rollback(w->briefcase, &w->f->diag), WEH_OK);
    after = read_file(w->f->path, &n_after);
    assert_int_equal(n_after, w->n_before);
    assert_memory_equal(after, w->before, n_after);
    free(after);
}

/* Something unsaved, and all the time in the world. */
static void begin_patiently(struct world *w)
{
    struct weh_ecsql_limits patient = limits;

    patient.time_ms = 600000;
    patient.value_bytes = 1 << 20;
    weh_ecsql_destroy(w->engine);
    assert_int_equal(
        weh_ecsql_create(w->briefcase, w->catalog, &patient, NULL, &w->engine, &w->f->diag),
        WEH_OK);
    assert_int_equal(weh_db_exec(w->briefcase,
                                 "UPDATE bis_Element SET UserLabel='" UNSAVED "' WHERE Id=1",
                                 &w->f->diag),
                     WEH_OK);
}

/* An aggregate of JSON looks at no limit of SQLite's. */
static void test_query_that_takes_too_much_memory_loses_nothing_unsaved(void **state)
{
    struct world *w = *state;
    struct weh_diag diag = { 0 };
    bool partial = false;

    begin_patiently(w);
    assert_int_equal(
        ask(w,
            WEH_STR("SELECT json_group_array(printf('%4000s','x')) FROM bis.Element a, "
                    "bis.Element b, bis.Element c"),
            &partial, &diag),
        WEH_E_TOO_LARGE);
    assert_true(goes_on(w));
    assert_int_equal(weh_briefcase_rollback(w->briefcase, &w->f->diag), WEH_OK);
}

/* SQLite would roll everything back when a write fails. */
static void test_query_whose_temporary_file_fails_loses_nothing_unsaved(void **state)
{
    struct world *w = *state;
    struct weh_diag diag = { 0 };
    struct rlimit old;
    bool partial = false;
    weh_err err;

    begin_patiently(w);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    assert_ptr_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 65536, old.rlim_max }), 0);
    err = ask(w,
              WEH_STR("SELECT a.ECInstanceId,printf('%200s',a.CodeValue) FROM bis.Element a,"
                      "bis.Element b ORDER BY 2 DESC,b.ECInstanceId"),
              &partial, &diag);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(err, WEH_E_IO);
    assert_true(goes_on(w));
    assert_int_equal(weh_briefcase_rollback(w->briefcase, &w->f->diag), WEH_OK);
}

static bool is_same(const struct hostile *a, const struct hostile *b)
{
    return strcmp(a->text, b->text) == 0 && a->times == b->times &&
           (a->filler == NULL || strcmp(a->filler, b->filler) == 0);
}

static void test_there_are_three_hundred_different_hostile_statements(void **state)
{
    (void)state;
    assert_true(WEH_ARRAY_LEN(statements) >= 300);
    for (size_t i = 0; i < WEH_ARRAY_LEN(statements); i++) {
        for (size_t k = 0; k < i; k++) {
            assert_false(is_same(&statements[i], &statements[k]));
        }
    }
}

/* Every text that a statement can be cut to, and every one with a byte of all kinds in the middle. */
static void test_truncated_and_garbled_statements_are_refused_or_answered(void **state)
{
    static const char whole[] =
        "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM t WHERE i<3) SELECT e.[Model].Id x, "
        "COUNT(*) FILTER (WHERE i>1) OVER (PARTITION BY i ORDER BY i), $->UserLabel FROM ONLY "
        "bis.Subject e, t WHERE e.CodeValue LIKE 'a''b%' ESCAPE '\\' AND ECClassId IS (ONLY "
        "bis.Subject) ORDER BY 1 NULLS LAST LIMIT 3 OFFSET 1";
    struct world *w = *state;
    char text[sizeof(whole)];

    for (size_t len = 0; len < sizeof(whole); len++) {
        const struct hostile h = { text, NULL, ANY, 0 };

        memcpy(text, whole, sizeof(whole));
        text[len] = '\0';
        assert_true(play(w, &h));
    }
    for (unsigned c = 0; c < 256; c++) {
        struct weh_diag diag = { 0 };
        bool partial = false;
        weh_err err;

        memcpy(text, whole, sizeof(whole));
        text[c % (sizeof(whole) - 1)] = (char)c;
        err = ask(w, (struct weh_str){ text, sizeof(whole) - 1 }, &partial, &diag);
        assert_true(is_expected(ANY, err, partial));
    }
}

static void test_a_nul_in_a_statement_is_refused(void **state)
{
    static const char *const texts[] = { "SELECT 1\0 FROM bis.Subject", "SELECT 'a\0b'",
                                         "\0SELECT 1", "SELECT [a\0b] FROM bis.Subject" };
    static const size_t lengths[] = { 26, 12, 9, 30 };
    struct world *w = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        struct weh_diag diag = { 0 };
        bool partial = false;
        weh_err err = ask(w, (struct weh_str){ texts[i], lengths[i] }, &partial, &diag);

        assert_true(is_expected(ANY, err, partial));
    }
}

static int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    void *fixture = NULL;

    assert_non_null(w);
    assert_int_equal(setup(&fixture), 0);
    w->f = fixture;
    use_copy(w->f, "small.bim");
    w->briefcase = open_write(w->f);
    assert_int_equal(weh_ec_cache_create(&w->cache, &w->f->diag), WEH_OK);
    assert_int_equal(weh_ec_catalog_acquire(w->cache, w->briefcase, &w->catalog, &w->f->diag),
                     WEH_OK);
    assert_int_equal(
        weh_ecsql_create(w->briefcase, w->catalog, &limits, NULL, &w->engine, &w->f->diag), WEH_OK);
    weh_arena_init(&w->arena, 0);
    weh_buf_init(&w->reply, REPLY_BYTES);
    w->before = read_file(w->f->path, &w->n_before);
    *state = w;
    return 0;
}

static int world_teardown(void **state)
{
    struct world *w = *state;
    void *fixture = w->f;

    weh_ecsql_destroy(w->engine);
    weh_ec_catalog_release(w->catalog);
    weh_briefcase_close(w->briefcase);
    weh_ec_cache_destroy(w->cache);
    weh_arena_fini(&w->arena);
    weh_buf_fini(&w->reply);
    free(w->before);
    free(w);
    return teardown(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_statements_are_answered_in_time_and_change_nothing),
        cmocka_unit_test(test_there_are_three_hundred_different_hostile_statements),
        cmocka_unit_test(test_truncated_and_garbled_statements_are_refused_or_answered),
        cmocka_unit_test(test_a_nul_in_a_statement_is_refused),
        cmocka_unit_test(test_query_that_takes_too_much_memory_loses_nothing_unsaved),
        cmocka_unit_test(test_query_whose_temporary_file_fails_loses_nothing_unsaved),
    };

    return group_setup(NULL) != 0 || cmocka_run_group_tests(tests, world_setup, world_teardown);
}
