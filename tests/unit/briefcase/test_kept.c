/* tests/unit/briefcase/test_kept.c - a file that is closed for a while, and stays whose it was. */
#include <stdio.h>
#include <stdlib.h>

#include "weh/file_state.h"

#include "../../fake/fake_alloc.h"
#include "fixture.h"

static weh_err open_kept(struct fixture *f, struct weh_file_entry *kept, struct weh_briefcase **out)
{
    struct weh_briefcase_options options = { .user = "ada", .registry = f->registry, .kept = kept };

    return weh_briefcase_open(&options, out, &f->diag);
}

static void test_kept_file_has_its_writer_and_other_readers(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *reader = NULL;
    struct weh_briefcase *other = NULL;
    struct weh_briefcase *again = NULL;
    struct weh_file_entry *kept;
    char user[64];

    use_copy(f, "empty.bim");
    kept = weh_briefcase_close_kept(open_write(f));
    assert_non_null(kept);
    assert_int_equal(open_as(f, false, "bob", &other), WEH_E_BUSY);
    assert_true(weh_file_registry_writer(f->registry, f->path, user, sizeof(user)));
    assert_int_equal(open_as(f, true, "bob", &reader), WEH_OK);
    assert_int_equal(open_kept(f, kept, &again), WEH_OK);
    assert_int_equal(open_as(f, false, "bob", &other), WEH_E_BUSY);
    weh_briefcase_close(reader);
    weh_briefcase_close(again);
    assert_false(weh_file_registry_writer(f->registry, f->path, user, sizeof(user)));
    weh_briefcase_close(open_write(f));
}

static void test_kept_file_is_free_when_it_is_forgotten(void **state)
{
    struct fixture *f = *state;

    use_copy(f, "empty.bim");
    weh_briefcase_forget_kept(f->registry, weh_briefcase_close_kept(open_write(f)), true);
    weh_briefcase_close(open_write(f));
}

static void test_kept_file_that_was_replaced_is_busy_and_stays_kept(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *again = NULL;
    struct weh_file_entry *kept;
    size_t n;
    uint8_t *bytes;

    use_copy(f, "empty.bim");
    kept = weh_briefcase_close_kept(open_write(f));
    bytes = read_file(f->path, &n);
    write_file(in_folder(f, "other.bim"), bytes, n);
    free(bytes);
    assert_int_equal(rename(in_folder(f, "other.bim"), f->path), 0);
    assert_int_equal(open_kept(f, kept, &again), WEH_E_BUSY);
    assert_null(again);
    weh_briefcase_forget_kept(f->registry, kept, true);
    weh_briefcase_close(open_write(f));
}

static void test_kept_file_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *again = NULL;
    struct weh_briefcase *other = NULL;
    struct weh_file_entry *kept;
    weh_err err = WEH_E_NOMEM;
    unsigned n_failed = 0;

    use_copy(f, "small.bim");
    kept = weh_briefcase_close_kept(open_write(f));
    for (unsigned nth = 1; err != WEH_OK; nth++) {
        size_t before = fake_alloc_live();

        fake_alloc_fail_at(nth);
        err = open_kept(f, kept, &again);
        fake_alloc_reset();
        if (err != WEH_OK) {
            assert_int_equal(err, WEH_E_NOMEM);
            assert_int_equal(fake_alloc_live(), before);
            assert_int_equal(open_as(f, false, "bob", &other), WEH_E_BUSY);
            n_failed++;
        }
    }
    assert_true(n_failed > 1);
    weh_briefcase_close(again);
}

static void test_file_state_is_the_same_until_somebody_writes(void **state)
{
    struct fixture *f = *state;
    struct weh_file_state before;
    struct weh_file_state after;
    struct weh_briefcase *briefcase;
    struct weh_file_entry *kept;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_true(weh_briefcase_settle(briefcase, &before));
    kept = weh_briefcase_close_kept(briefcase);
    assert_int_equal(open_kept(f, kept, &briefcase), WEH_OK);
    assert_true(weh_briefcase_file_state(briefcase, &after));
    assert_int_equal(after.mtime_ns, before.mtime_ns);
    assert_int_equal(after.ctime_ns, before.ctime_ns);
    assert_int_equal(after.size, before.size);
    kept = weh_briefcase_close_kept(briefcase);
    (void)raw_query(f->path, "UPDATE bis_Element SET UserLabel='x' WHERE Id=1 RETURNING 1");
    assert_int_equal(open_kept(f, kept, &briefcase), WEH_OK);
    if (weh_briefcase_file_state(briefcase, &after)) {
        assert_true(after.mtime_ns != before.mtime_ns);
    }
    weh_briefcase_close(briefcase);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_kept_file_has_its_writer_and_other_readers),
        T(test_kept_file_is_free_when_it_is_forgotten),
        T(test_kept_file_that_was_replaced_is_busy_and_stays_kept),
        T(test_kept_file_survives_any_failed_allocation),
        T(test_file_state_is_the_same_until_somebody_writes),
#undef T
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
