/* tests/unit/hub/test_hub.c - the table of briefcases: ids, owners, limits, and what a start tidies up. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/briefcase.h"
#include "weh/hub.h"

#include "fake_alloc.h"
#include "fake_vfs.h"

struct fixture {
    char dir[64];
    struct weh_hub *hub;
    struct weh_diag diag;
    unsigned n_listed;
    char listed[8][WEH_BRIEFCASE_NAME_SIZE];
};

static const struct weh_guid guid_a = { { 0xa } };
static const struct weh_guid guid_b = { { 0xb } };

static void open_hub(struct fixture *f)
{
    assert_int_equal(weh_hub_create(f->dir, NULL, &f->hub, &f->diag), WEH_OK);
}

static void close_hub(struct fixture *f)
{
    weh_hub_destroy(f->hub);
    f->hub = NULL;
}

static int group_setup(void **state)
{
    (void)state;
    return (int)weh_briefcase_global_init(NULL);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/weh-hub-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    open_hub(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];

    close_hub(f);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static weh_err begin(struct fixture *f, const char *user, const struct weh_guid *imodel_id,
                     struct weh_hub_briefcase *out)
{
    struct weh_hub_wish wish = { .user = user,
                                 .imodel = WEH_STR("plant"),
                                 .imodel_id = *imodel_id,
                                 .bytes = 1000,
                                 .max_briefcases = 3,
                                 .max_bytes = 5000 };

    return weh_hub_begin(f->hub, &wish, out, &f->diag);
}

/* Write @n bytes into the file of @briefcase, with @suffix behind its name. */
static void write_file(struct fixture *f, const struct weh_hub_briefcase *briefcase,
                       const char *suffix, size_t n)
{
    char path[PATH_MAX];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/briefcases/%s.bim%s", f->dir, briefcase->name, suffix);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), (off_t)n), 0);
    assert_int_equal(fclose(file), 0);
}

static bool has_file(struct fixture *f, const struct weh_hub_briefcase *briefcase)
{
    char *path = weh_hub_path(f->hub, briefcase->name);
    bool has;

    assert_non_null(path);
    has = access(path, F_OK) == 0;
    weh_free(path);
    return has;
}

static void make(struct fixture *f, const char *user, struct weh_hub_briefcase *out)
{
    assert_int_equal(begin(f, user, &guid_a, out), WEH_OK);
    write_file(f, out, "", 100);
    assert_int_equal(weh_hub_finish(f->hub, out->name, &f->diag), WEH_OK);
}

static void count_listed(void *ctx, const struct weh_hub_briefcase *briefcase)
{
    struct fixture *f = ctx;

    assert_true(f->n_listed < 8);
    memcpy(f->listed[f->n_listed++], briefcase->name, sizeof(briefcase->name));
}

static unsigned count_of(struct fixture *f, const char *user)
{
    f->n_listed = 0;
    assert_int_equal(weh_hub_list(f->hub, user, count_listed, f, &f->diag), WEH_OK);
    return f->n_listed;
}

static weh_err find(struct fixture *f, const char *user, const char *name)
{
    struct weh_hub_briefcase found;
    weh_err err = weh_hub_find(f->hub, user, weh_str_from(name), &found, &f->diag);

    if (err == WEH_OK) {
        assert_string_equal(found.name, name);
        assert_string_equal(found.imodel, "plant");
    }
    return err;
}

static void test_ids_count_from_2_for_each_imodel_and_come_never_twice(void **state)
{
    struct fixture *f = *state;
    struct weh_hub_briefcase one;
    struct weh_hub_briefcase two;

    assert_int_equal(begin(f, "ada", &guid_a, &one), WEH_OK);
    assert_int_equal(one.id, 2);
    assert_int_equal(begin(f, "bob", &guid_a, &two), WEH_OK);
    assert_int_equal(two.id, 3);
    assert_string_not_equal(one.name, two.name);
    assert_int_equal(begin(f, "bob", &guid_b, &two), WEH_OK);
    assert_int_equal(two.id, 2);
    /* Neither what came to nothing, nor what was deleted, nor a restart gives one back. */
    weh_hub_cancel(f->hub, one.name);
    assert_int_equal(begin(f, "ada", &guid_a, &one), WEH_OK);
    assert_int_equal(one.id, 4);
    weh_hub_cancel(f->hub, one.name);
    close_hub(f);
    open_hub(f);
    assert_int_equal(begin(f, "ada", &guid_a, &one), WEH_OK);
    assert_int_equal(one.id, 5);
}

static void test_briefcase_is_seen_by_its_owner_when_it_is_complete(void **state)
{
    struct fixture *f = *state;
    struct weh_hub_briefcase one;

    assert_int_equal(begin(f, "ada", &guid_a, &one), WEH_OK);
    assert_int_equal(find(f, "ada", one.name), WEH_E_FILE_NOT_FOUND);
    assert_int_equal(count_of(f, "ada"), 0);
    write_file(f, &one, "", 10);
    assert_int_equal(weh_hub_finish(f->hub, one.name, &f->diag), WEH_OK);
    assert_int_equal(find(f, "ada", one.name), WEH_OK);
    assert_int_equal(count_of(f, "ada"), 1);
    assert_string_equal(f->listed[0], one.name);
    assert_int_equal(find(f, "bob", one.name), WEH_E_FILE_NOT_FOUND);
    assert_int_equal(find(f, "ada", "b0000000000000000"), WEH_E_FILE_NOT_FOUND);
    assert_int_equal(find(f, "", one.name), WEH_E_FILE_NOT_FOUND);
    assert_int_equal(count_of(f, "bob"), 0);
    close_hub(f);
    open_hub(f);
    assert_int_equal(find(f, "ada", one.name), WEH_OK);
    assert_int_equal(weh_hub_begin_removal(f->hub, "bob", weh_str_from(one.name), &f->diag),
                     WEH_E_FILE_NOT_FOUND);
    assert_int_equal(weh_hub_begin_removal(f->hub, "ada", weh_str_from(one.name), &f->diag),
                     WEH_OK);
    assert_int_equal(find(f, "ada", one.name), WEH_E_FILE_NOT_FOUND);
}

static void test_start_removes_what_was_being_made_or_removed(void **state)
{
    struct fixture *f = *state;
    struct weh_hub_briefcase made;
    struct weh_hub_briefcase half;
    struct weh_hub_briefcase going;

    make(f, "ada", &made);
    make(f, "ada", &going);
    assert_int_equal(begin(f, "ada", &guid_a, &half), WEH_OK);
    write_file(f, &half, ".new-0123", 10);
    write_file(f, &half, "", 10);
    write_file(f, &going, "-wal", 10);
    assert_int_equal(weh_hub_begin_removal(f->hub, "ada", weh_str_from(going.name), &f->diag),
                     WEH_OK);
    close_hub(f);
    open_hub(f);
    assert_int_equal(count_of(f, "ada"), 1);
    assert_int_equal(find(f, "ada", made.name), WEH_OK);
    assert_true(has_file(f, &made));
    assert_false(has_file(f, &half));
    assert_false(has_file(f, &going));
    /* And they do not count any more. */
    assert_int_equal(begin(f, "ada", &guid_a, &half), WEH_OK);
    assert_int_equal(begin(f, "ada", &guid_a, &going), WEH_OK);
}

static void test_start_beside_another_process_leaves_its_work_alone(void **state)
{
    struct fixture *f = *state;
    struct weh_hub_briefcase half;
    struct weh_hub *second = NULL;

    assert_int_equal(begin(f, "ada", &guid_a, &half), WEH_OK);
    write_file(f, &half, "", 10);
    /* The lock is the open file's: a second one in this process is as good as another process. */
    assert_int_equal(weh_hub_create(f->dir, NULL, &second, &f->diag), WEH_OK);
    weh_hub_destroy(second);
    assert_true(has_file(f, &half));
    assert_int_equal(weh_hub_finish(f->hub, half.name, &f->diag), WEH_OK);
    assert_int_equal(find(f, "ada", half.name), WEH_OK);
}

static void test_limits_are_those_of_one_user(void **state)
{
    struct fixture *f = *state;
    struct weh_hub_briefcase one;
    uint64_t bytes = 0;

    make(f, "ada", &one);
    make(f, "ada", &one);
    assert_int_equal(weh_hub_user_bytes(f->hub, "ada", &bytes, &f->diag), WEH_OK);
    assert_int_equal(bytes, 200);
    /* One that is being made counts as what it is going to be. */
    assert_int_equal(begin(f, "ada", &guid_a, &one), WEH_OK);
    assert_int_equal(weh_hub_user_bytes(f->hub, "ada", &bytes, &f->diag), WEH_OK);
    assert_int_equal(bytes, 1200);
    assert_int_equal(begin(f, "ada", &guid_a, &one), WEH_E_LIMIT);
    assert_string_equal(f->diag.where, "limits.user_briefcases");
    make(f, "bob", &one);
    write_file(f, &one, "", 4000);
    assert_int_equal(begin(f, "bob", &guid_a, &one), WEH_OK);
    assert_int_equal(begin(f, "bob", &guid_a, &one), WEH_E_LIMIT);
    assert_string_equal(f->diag.where, "limits.user_disk_bytes");
    assert_int_equal(count_of(f, "bob"), 1);
}

static weh_err give_77(void *ctx, const struct weh_guid *imodel_id, const char *user, uint32_t *out,
                       struct weh_diag *diag)
{
    unsigned *n_released = ctx;

    assert_int_equal(imodel_id->bytes[0], 0xa);
    assert_string_equal(user, "ada");
    *out = 77;
    return *n_released == 0 ? WEH_OK : weh_fail(diag, WEH_E_IO, "the hub is away");
}

static void take_77(void *ctx, const struct weh_guid *imodel_id, uint32_t id)
{
    unsigned *n_released = ctx;

    assert_int_equal(imodel_id->bytes[0], 0xa);
    assert_int_equal(id, 77);
    (*n_released)++;
}

static void test_ids_may_come_from_elsewhere(void **state)
{
    struct fixture *f = *state;
    unsigned n_released = 0;
    const struct weh_hub_ids ids = { &n_released, give_77, take_77 };
    struct weh_hub_briefcase one;

    close_hub(f);
    assert_int_equal(weh_hub_create(f->dir, &ids, &f->hub, &f->diag), WEH_OK);
    make(f, "ada", &one);
    assert_int_equal(one.id, 77);
    assert_int_equal(weh_hub_begin_removal(f->hub, "ada", weh_str_from(one.name), &f->diag),
                     WEH_OK);
    weh_hub_cancel(f->hub, one.name);
    assert_int_equal(n_released, 1);
    assert_int_equal(begin(f, "ada", &guid_a, &one), WEH_E_IO);
    assert_int_equal(count_of(f, "ada"), 0);
}

static void run_sql(struct fixture *f, const char *sql)
{
    char path[PATH_MAX];
    sqlite3 *db = NULL;

    (void)snprintf(path, sizeof(path), "%s/hub/briefcases.db", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_table_that_others_have_written_is_not_followed_out_of_the_folder(void **state)
{
    struct fixture *f = *state;

    run_sql(f, "INSERT INTO briefcase VALUES('../imodels/x','ada','plant',x'',2,0,0,2)");
    close_hub(f);
    assert_int_equal(weh_hub_create(f->dir, NULL, &f->hub, &f->diag), WEH_E_IO);
    assert_string_equal(f->diag.where, "data.dir");
    run_sql(f, "UPDATE briefcase SET state=1");
    open_hub(f);
    assert_int_equal(find(f, "ada", "../imodels/x"), WEH_E_IO);
    close_hub(f);
    run_sql(f, "DELETE FROM briefcase;PRAGMA user_version=2");
    assert_int_equal(weh_hub_create(f->dir, NULL, &f->hub, &f->diag), WEH_E_IO);
    run_sql(f, "PRAGMA user_version=1");
    open_hub(f);
}

/* A life: begun, finished, found, removed. The first thing that fails ends it. */
static weh_err live(struct fixture *f)
{
    struct weh_hub_briefcase one;
    struct weh_hub_briefcase found;
    weh_err err = weh_hub_create(f->dir, NULL, &f->hub, &f->diag);

    if (err == WEH_OK) {
        err = begin(f, "ada", &guid_a, &one);
    }
    if (err == WEH_OK) {
        err = weh_hub_finish(f->hub, one.name, &f->diag);
    }
    if (err == WEH_OK) {
        err = weh_hub_find(f->hub, "ada", weh_str_from(one.name), &found, &f->diag);
    }
    if (err == WEH_OK) {
        err = weh_hub_begin_removal(f->hub, "ada", weh_str_from(one.name), &f->diag);
    }
    if (err == WEH_OK) {
        weh_hub_cancel(f->hub, one.name);
    }
    close_hub(f);
    return err;
}

/* Whatever has failed, the next start finds a table that works, and nothing that is half. */
static void assert_table_works(struct fixture *f)
{
    open_hub(f);
    while (count_of(f, "ada") > 0) {
        assert_int_equal(weh_hub_begin_removal(f->hub, "ada", weh_str_from(f->listed[0]), NULL),
                         WEH_OK);
        weh_hub_cancel(f->hub, f->listed[0]);
    }
    close_hub(f);
    assert_int_equal(live(f), WEH_OK);
}

static void test_hub_survives_any_failure_of_storage(void **state)
{
    struct fixture *f = *state;
    unsigned n_failures = 0;
    bool failed = true;

    close_hub(f);
    fake_vfs_install();
    for (unsigned nth = 1; failed && nth < 1000; nth++) {
        weh_err err;

        fake_vfs_fail_at(FAKE_VFS_CHANGES | FAKE_VFS_OPEN | FAKE_VFS_READ, nth,
                         nth % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR, false);
        err = live(f);
        failed = fake_vfs_has_failed();
        fake_vfs_reset();
        n_failures += err != WEH_OK;
        assert_table_works(f);
    }
    fake_vfs_uninstall();
    assert_false(failed);
    assert_true(n_failures > 5);
    open_hub(f);
}

static void test_hub_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    size_t live_blocks;
    weh_err err = WEH_E_NOMEM;
    unsigned n_failures = 0;

    close_hub(f);
    live_blocks = fake_alloc_live();
    for (unsigned nth = 1; err != WEH_OK; nth++) {
        fake_alloc_fail_at(nth);
        err = live(f);
        fake_alloc_reset();
        n_failures += err != WEH_OK;
        assert_int_equal(fake_alloc_live(), live_blocks);
        assert_table_works(f);
    }
    assert_true(n_failures > 1);
    open_hub(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_ids_count_from_2_for_each_imodel_and_come_never_twice),
        T(test_briefcase_is_seen_by_its_owner_when_it_is_complete),
        T(test_start_removes_what_was_being_made_or_removed),
        T(test_start_beside_another_process_leaves_its_work_alone),
        T(test_limits_are_those_of_one_user),
        T(test_ids_may_come_from_elsewhere),
        T(test_table_that_others_have_written_is_not_followed_out_of_the_folder),
        T(test_hub_survives_any_failure_of_storage),
        T(test_hub_survives_any_failed_allocation),
#undef T
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
