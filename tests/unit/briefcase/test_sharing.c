/* tests/unit/briefcase/test_sharing.c - opening beside others: one writer a file, any number of readers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weh/briefcase_txn.h"

#include "fixture.h"

static void test_open_for_writing_holds_the_lock_until_it_closes(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    sqlite3 *other = NULL;

    use_copy(f, "empty.bim");
    briefcase = open_write(f);
    assert_false(weh_briefcase_is_readonly(briefcase));
    assert_true(weh_briefcase_records_txns(briefcase));
    assert_int_equal(weh_briefcase_id(briefcase), 0);
    assert_int_equal(weh_briefcase_imodel_guid(briefcase)->bytes[0], 0xe0);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
    weh_briefcase_close(briefcase);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    /* Neither log nor index is left. */
    assert_int_equal(count_files(f), 1);
    assert_file_is_sound(f->path);
}

static void test_open_second_writer_is_busy_and_told_since_when_and_by_whom(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *first = NULL;
    struct weh_briefcase *second = NULL;

    use_copy(f, "empty.bim");
    assert_int_equal(open_as(f, false, "alice", &first), WEH_OK);
    assert_int_equal(open_as(f, false, "bob", &second), WEH_E_BUSY);
    assert_null(second);
    assert_non_null(strstr(f->diag.text, "by alice"));
    assert_non_null(strstr(f->diag.text, "since 20"));
    assert_null(strstr(f->diag.text, f->folder));
    weh_briefcase_close(first);
    assert_int_equal(open_as(f, false, "bob", &second), WEH_OK);
    weh_briefcase_close(second);
}

static void test_open_second_writer_through_a_symbolic_link_is_busy(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *first = NULL;
    struct weh_briefcase *second = NULL;
    char name[256];

    use_copy(f, "empty.bim");
    (void)snprintf(name, sizeof(name), "%s/other.bim", f->folder);
    assert_int_equal(symlink(f->path, name), 0);
    assert_int_equal(open_as(f, false, "alice", &first), WEH_OK);
    memcpy(f->path, name, sizeof(name));
    assert_int_equal(open_as(f, false, "bob", &second), WEH_E_BUSY);
    assert_non_null(strstr(f->diag.text, "by alice"));
    /* The same log for both: readers may come by that name. */
    assert_int_equal(open_as(f, true, "carol", &second), WEH_OK);
    weh_briefcase_close(second);
    weh_briefcase_close(first);
}

static void test_open_through_a_hard_link_is_refused_while_the_file_is_open(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *first = NULL;
    struct weh_briefcase *second = NULL;
    char name[256];

    use_copy(f, "empty.bim");
    (void)snprintf(name, sizeof(name), "%s/other.bim", f->folder);
    assert_int_equal(link(f->path, name), 0);
    assert_int_equal(open_as(f, false, "alice", &first), WEH_OK);
    memcpy(f->path, name, sizeof(name));
    assert_int_equal(open_as(f, false, "bob", &second), WEH_E_BUSY);
    assert_int_equal(open_as(f, true, "bob", &second), WEH_E_BUSY);
    assert_null(second);
    weh_briefcase_close(first);
    assert_int_equal(open_as(f, true, "bob", &second), WEH_OK);
    weh_briefcase_close(second);
}

static void test_open_readers_beside_a_writer_see_what_is_committed(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *writer = NULL;
    struct weh_briefcase *reader = NULL;
    struct weh_briefcase *early = NULL;
    static const char count[] = "SELECT count(*) FROM be_Local WHERE Name='x'";

    use_copy(f, "empty.bim");
    assert_int_equal(open_as(f, true, "early", &early), WEH_OK);
    writer = open_write(f);
    assert_int_equal(open_as(f, true, "reader", &reader), WEH_OK);
    assert_true(weh_briefcase_is_readonly(reader));
    assert_false(weh_briefcase_records_txns(reader));
    assert_int_equal(weh_db_exec(writer, "INSERT INTO be_Local VALUES('x',1)", NULL), WEH_OK);
    assert_int_equal(query_int(writer, count), 1);
    assert_int_equal(query_int(reader, count), 0);
    /* One state for a request, however long it takes. */
    assert_int_equal(weh_briefcase_read_begin(reader, NULL), WEH_OK);
    assert_int_equal(query_int(reader, count), 0);
    assert_int_equal(weh_briefcase_commit(writer, NULL), WEH_OK);
    assert_int_equal(query_int(reader, count), 0);
    assert_int_equal(query_int(early, count), 1);
    weh_briefcase_read_end(reader);
    assert_int_equal(query_int(reader, count), 1);
    weh_briefcase_close(writer);
    assert_int_equal(query_int(reader, count), 1);
    weh_briefcase_close(reader);
    weh_briefcase_close(early);
    assert_int_equal(count_files(f), 1);
}

/** A child that holds the write lock of @path until its end of the pipe is closed. */
static pid_t start_other_process(const char *path, int *hold)
{
    int ready[2];
    int held[2];
    pid_t child;
    char byte = 0;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(held), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        sqlite3 *db = NULL;

        close(held[1]);
        if (sqlite3_open(path, &db) != SQLITE_OK ||
            sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
            write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        _exit(read(held[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(held[0]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *hold = held[1];
    return child;
}

static void test_open_file_held_by_another_process_is_busy(void **state)
{
    struct fixture *f = *state;
    struct weh_briefcase *briefcase = NULL;
    int hold = -1;
    int status = 0;
    pid_t child;

    use_copy(f, "empty.bim");
    child = start_other_process(f->path, &hold);
    assert_int_equal(open_as(f, false, "bob", &briefcase), WEH_E_BUSY);
    assert_non_null(strstr(f->diag.text, "another process"));
    assert_int_equal(open_as(f, true, "bob", &briefcase), WEH_OK);
    weh_briefcase_close(briefcase);
    close(hold);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    /* The lock and the place in the registry are free again. */
    weh_briefcase_close(open_write(f));
}

/** What the threads of the next test share. */
struct crowd {
    struct fixture *f;
    atomic_int n_writers;
    atomic_uint n_wrong;
    atomic_uint n_done;
};

#define N_CROWD  4
#define N_WRITES 10

static weh_err write_as_one_of(struct crowd *crowd, const struct weh_briefcase_options *options)
{
    struct weh_briefcase *briefcase = NULL;
    weh_err err = weh_briefcase_open(options, &briefcase, NULL);

    if (err != WEH_OK) {
        return err;
    }
    atomic_fetch_add(&crowd->n_wrong, atomic_fetch_add(&crowd->n_writers, 1) != 0);
    err = weh_db_exec(briefcase, "INSERT INTO be_Local VALUES(random(),1)", NULL);
    if (err == WEH_OK) {
        err = weh_briefcase_commit(briefcase, NULL);
    }
    atomic_fetch_sub(&crowd->n_writers, 1);
    weh_briefcase_close(briefcase);
    return err;
}

/** Reads, and tries to write, until it has written N_WRITES times. */
static void *open_and_close(void *arg)
{
    struct crowd *crowd = arg;
    struct weh_briefcase_options options = { .path = crowd->f->path,
                                             .user = "crowd",
                                             .registry = crowd->f->registry };

    for (unsigned n_written = 0; n_written < N_WRITES && crowd->n_wrong == 0;) {
        struct weh_briefcase *reader = NULL;
        weh_err err = WEH_OK;

        /* Readers are never in the way, nor is anybody in theirs. */
        options.readonly = true;
        atomic_fetch_add(&crowd->n_wrong, weh_briefcase_open(&options, &reader, NULL) != WEH_OK);
        options.readonly = false;
        err = write_as_one_of(crowd, &options);
        n_written += err == WEH_OK;
        atomic_fetch_add(&crowd->n_wrong, err != WEH_OK && err != WEH_E_BUSY);
        weh_briefcase_close(reader);
        sched_yield();
    }
    return NULL;
}

static void test_open_by_many_threads_has_one_writer_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = { .f = f };
    pthread_t threads[N_CROWD];

    use_copy(f, "empty.bim");
    for (size_t i = 0; i < WEH_ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, &crowd), 0);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(crowd.n_wrong, 0);
    assert_int_equal(raw_query(f->path, "SELECT count(*) FROM be_Local"), 4 + N_CROWD * N_WRITES);
    assert_int_equal(count_files(f), 1);
    assert_file_is_sound(f->path);
}

static void *open_and_close_and_tell(void *arg)
{
    struct crowd *crowd = arg;

    (void)open_and_close(crowd);
    atomic_fetch_add(&crowd->n_done, 1);
    return NULL;
}

/* The last to close holds the file alone while its log goes. */
static void test_peek_beside_many_who_open_and_close_is_never_told_that_it_is_busy(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = { .f = f };
    struct weh_imodel_summary summary;
    pthread_t threads[2];

    use_copy(f, "empty.bim");
    for (size_t i = 0; i < WEH_ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close_and_tell, &crowd), 0);
    }
    while (atomic_load(&crowd.n_done) < WEH_ARRAY_LEN(threads)) {
        assert_int_equal(weh_imodel_peek(f->path, NULL, f->registry, &summary, &f->diag), WEH_OK);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(crowd.n_wrong, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_open_for_writing_holds_the_lock_until_it_closes),
        T(test_open_second_writer_is_busy_and_told_since_when_and_by_whom),
        T(test_open_second_writer_through_a_symbolic_link_is_busy),
        T(test_open_through_a_hard_link_is_refused_while_the_file_is_open),
        T(test_open_readers_beside_a_writer_see_what_is_committed),
        T(test_open_file_held_by_another_process_is_busy),
        T(test_open_by_many_threads_has_one_writer_at_a_time),
        T(test_peek_beside_many_who_open_and_close_is_never_told_that_it_is_busy),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
