/* tests/unit/session/test_claims.c - what sessions had open, over the end of a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/claim.h"

#include "fake_alloc.h"
#include "fake_clock.h"

#define GOOD_MS 30000

struct fixture {
    char folder[64];
    char path[96]; /* of the claims, inside */
    struct weh_claims *claims;
};

static const struct weh_claim claim = {
    .session_id = "s0123456789abcdef",
    .user = "ada \"the first\" \xc3\xa9",
    .token = "0123456789abcdef0123456789abcdef0123456789abcdef",
    .previous = "",
    .name = "house",
    .is_checkout = true,
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/weh-claims-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof(f->path), "%s/sessions", f->folder);
    fake_clock_set_ms(1000000);
    assert_int_equal(weh_claims_open(f->path, GOOD_MS, &f->claims, NULL), WEH_OK);
    *state = f;
    return 0;
}

/* Calls @visit for each file; how many there are. */
static unsigned each_file(const struct fixture *f, void (*visit)(const char *path))
{
    DIR *folder = opendir(f->path);
    const struct dirent *entry;
    unsigned n = 0;

    assert_non_null(folder);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has this stream */
    while ((entry = readdir(folder)) != NULL) {
        char path[400];

        if (entry->d_name[0] == '.') {
            continue;
        }
        n++;
        (void)snprintf(path, sizeof(path), "%s/%s", f->path, entry->d_name);
        visit(path);
    }
    closedir(folder);
    return n;
}

static void leave_path(const char *path)
{
    (void)path;
}

static unsigned count_files(const struct fixture *f)
{
    return each_file(f, leave_path);
}

static void remove_path(const char *path)
{
    (void)remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    weh_claims_close(f->claims);
    (void)each_file(f, remove_path);
    assert_int_equal(rmdir(f->path), 0);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static void put(struct fixture *f)
{
    assert_int_equal(weh_claims_put(f->claims, &claim, NULL), WEH_OK);
}

static void restart(struct fixture *f, uint64_t good_ms)
{
    weh_claims_close(f->claims);
    f->claims = NULL;
    assert_int_equal(weh_claims_open(f->path, good_ms, &f->claims, NULL), WEH_OK);
}

static bool take(struct fixture *f, const char *session_id, const char *token, const char *user)
{
    struct weh_claim got;
    bool taken =
        weh_claims_take(f->claims, weh_str_from(session_id), weh_str_from(token), user, &got);

    if (taken) {
        assert_string_equal(got.session_id, claim.session_id);
        assert_string_equal(got.user, claim.user);
        assert_string_equal(got.name, claim.name);
        assert_true(got.is_checkout);
        assert_false(got.readonly);
    }
    return taken;
}

static void test_claim_of_this_process_cannot_be_taken(void **state)
{
    struct fixture *f = *state;

    put(f);
    assert_false(take(f, claim.session_id, claim.token, claim.user));
}

static void test_claim_of_an_earlier_process_is_taken_once(void **state)
{
    struct fixture *f = *state;

    put(f);
    restart(f, GOOD_MS);
    assert_true(take(f, claim.session_id, claim.token, claim.user));
    assert_false(take(f, claim.session_id, claim.token, claim.user));
    assert_int_equal(count_files(f), 0);
    restart(f, GOOD_MS);
    assert_false(take(f, claim.session_id, claim.token, claim.user));
}

static void test_claim_wrong_in_anything_is_not_taken(void **state)
{
    struct fixture *f = *state;
    char token[WEH_RESUME_TOKEN_SIZE];

    put(f);
    restart(f, GOOD_MS);
    assert_false(take(f, "s0123456789abcdee", claim.token, claim.user));
    assert_false(take(f, "", claim.token, claim.user));
    assert_false(take(f, claim.session_id, claim.token, "ada"));
    assert_false(take(f, claim.session_id, "", claim.user)); /* previous is "" */
    for (size_t i = 0; i < sizeof(token) - 1; i++) {
        memcpy(token, claim.token, sizeof(token));
        token[i] ^= 1;
        assert_false(take(f, claim.session_id, token, claim.user));
        token[i] = '\0';
        assert_false(take(f, claim.session_id, token, claim.user));
    }
    assert_true(take(f, claim.session_id, claim.token, claim.user));
}

static void test_claim_is_good_for_the_previous_token_too(void **state)
{
    struct fixture *f = *state;
    struct weh_claim other = claim;

    (void)snprintf(other.previous, sizeof(other.previous), "%s",
                   "fedcba9876543210fedcba9876543210fedcba9876543210");
    assert_int_equal(weh_claims_put(f->claims, &other, NULL), WEH_OK);
    restart(f, GOOD_MS);
    assert_true(take(f, claim.session_id, other.previous, claim.user));
    assert_false(take(f, claim.session_id, claim.token, claim.user));
}

static void test_claim_that_was_dropped_or_replaced_is_gone(void **state)
{
    struct fixture *f = *state;
    struct weh_claim other = claim;

    put(f);
    other.token[0] = 'f';
    assert_int_equal(weh_claims_put(f->claims, &other, NULL), WEH_OK);
    assert_int_equal(count_files(f), 1);
    restart(f, GOOD_MS);
    assert_false(take(f, claim.session_id, claim.token, claim.user));
    assert_true(take(f, claim.session_id, other.token, claim.user));
    put(f);
    weh_claims_drop(f->claims, claim.session_id);
    weh_claims_drop(f->claims, claim.session_id); /* nothing there is fine */
    assert_int_equal(count_files(f), 0);
}

static void test_claims_are_over_in_time_and_swept_away(void **state)
{
    struct fixture *f = *state;
    struct weh_claim other = claim;

    put(f);
    restart(f, GOOD_MS);
    fake_clock_advance_ms(GOOD_MS);
    assert_false(take(f, claim.session_id, claim.token, claim.user));
    assert_int_equal(count_files(f), 1);
    other.session_id[1] = 'f';
    assert_int_equal(weh_claims_put(f->claims, &other, NULL), WEH_OK);
    assert_int_equal(count_files(f), 1); /* its own */
    restart(f, 0);
    assert_int_equal(count_files(f), 0);
}

static void make_unwritable(struct fixture *f)
{
    /* The name of the new file is taken by a folder: not even root writes there. */
    char path[160];

    (void)snprintf(path, sizeof(path), "%s/%s.new", f->path, claim.session_id);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void test_claim_that_cannot_be_written_leaves_the_one_before(void **state)
{
    struct fixture *f = *state;
    struct weh_claim other = claim;
    struct weh_diag diag = { .err = WEH_OK };

    put(f);
    make_unwritable(f);
    other.token[0] = 'f';
    assert_int_not_equal(weh_claims_put(f->claims, &other, &diag), WEH_OK);
    assert_null(strstr(diag.text, f->folder)); /* no paths */
    assert_int_equal(count_files(f), 2);
    (void)each_file(f, remove_path);
    put(f);
    restart(f, GOOD_MS);
    assert_true(take(f, claim.session_id, claim.token, claim.user));
}

/* A claim is written or not, read or left where it is. */
static void test_claims_survive_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    struct weh_claims *claims = NULL;
    weh_err err = WEH_E_NOMEM;

    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        fake_alloc_fail_at(nth);
        err = weh_claims_put(f->claims, &claim, NULL);
        fake_alloc_reset();
        assert_int_equal(count_files(f), err == WEH_OK ? 1 : 0);
    }
    assert_int_equal(err, WEH_OK);
    weh_claims_close(f->claims);
    f->claims = NULL;
    err = WEH_E_NOMEM;
    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        const size_t live = fake_alloc_live();

        fake_alloc_fail_at(nth);
        err = weh_claims_open(f->path, GOOD_MS, &claims, NULL);
        fake_alloc_reset();
        assert_int_equal(fake_alloc_live() == live, err != WEH_OK);
        assert_int_equal(count_files(f), 1);
    }
    assert_int_equal(err, WEH_OK);
    f->claims = claims;
    assert_true(take(f, claim.session_id, claim.token, claim.user));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_claim_of_this_process_cannot_be_taken),
        T(test_claim_of_an_earlier_process_is_taken_once),
        T(test_claim_wrong_in_anything_is_not_taken),
        T(test_claim_is_good_for_the_previous_token_too),
        T(test_claim_that_was_dropped_or_replaced_is_gone),
        T(test_claims_are_over_in_time_and_swept_away),
        T(test_claim_that_cannot_be_written_leaves_the_one_before),
        T(test_claims_survive_any_failed_allocation),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
