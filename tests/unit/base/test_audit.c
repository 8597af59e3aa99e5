/* tests/unit/base/test_audit.c - the audit log's file: what is in it, what is kept of it, and what
 * happens when it cannot be written. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/audit.h"

struct fixture {
    char folder[64];
    char path[96];
    struct weh_audit_options options;
};

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/weh-audit-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof(f->path), "%s/log", f->folder);
    f->options = (struct weh_audit_options){ .path = f->path, .limit_bytes = 4096, .n_files = 3 };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[128];

    (void)unlink(f->path);
    for (int i = 1; i < 6; i++) {
        (void)snprintf(path, sizeof(path), "%s.%d", f->path, i);
        (void)unlink(path);
    }
    (void)rmdir(f->folder);
    test_free(f);
    return 0;
}

static struct weh_audit *open_log(struct fixture *f)
{
    struct weh_audit *audit = NULL;

    assert_int_equal(weh_audit_open(&f->options, &audit, NULL), WEH_OK);
    return audit;
}

static void add(struct weh_audit *audit, const char *text)
{
    weh_audit_add(audit, weh_str_from(text));
}

/* What is in the file PATH@suffix. */
static const char *content(const struct fixture *f, const char *suffix)
{
    static char text[16384];
    char path[128];
    FILE *file;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s%s", f->path, suffix);
    file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    (void)fclose(file);
    return text;
}

/* -1: there is no such file. */
static int first_byte(const struct fixture *f, const char *suffix)
{
    const char *text = content(f, suffix);

    return text == NULL ? -1 : text[0];
}

/* No file may grow beyond @bytes from here on: writes fail as on a full disk. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_audit_adds_lines_to_what_is_there(void **state)
{
    struct fixture *f = *state;
    struct weh_audit *audit = open_log(f);
    struct stat info;

    add(audit, "{\"n\":1}");
    weh_audit_close(audit);
    audit = open_log(f);
    add(audit, "{\"n\":2}");
    weh_audit_close(audit);
    assert_string_equal(content(f, ""), "{\"n\":1}\n{\"n\":2}\n");
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_audit_begins_a_new_file_and_keeps_so_many(void **state)
{
    struct fixture *f = *state;
    struct weh_audit *audit;
    char line[1024];

    memset(line, 'x', sizeof(line));
    line[1023] = '\0'; /* four lines fill a file */
    audit = open_log(f);
    for (int i = 0; i < 14; i++) {
        line[0] = (char)('a' + i);
        add(audit, line);
    }
    weh_audit_close(audit);
    assert_int_equal(first_byte(f, ""), 'm');
    assert_int_equal(strlen(content(f, "")), 2048);
    assert_int_equal(first_byte(f, ".1"), 'i');
    assert_int_equal(first_byte(f, ".2"), 'e');
    assert_int_equal(strlen(content(f, ".2")), 4096);
    assert_null(content(f, ".3"));
}

static void test_audit_of_one_file_begins_it_anew(void **state)
{
    struct fixture *f = *state;
    struct weh_audit *audit;
    char line[3000];

    f->options.n_files = 1;
    memset(line, 'x', sizeof(line));
    line[2999] = '\0';
    audit = open_log(f);
    add(audit, line);
    line[0] = 'y';
    add(audit, line);
    weh_audit_close(audit);
    assert_int_equal(first_byte(f, ""), 'y');
    assert_int_equal(strlen(content(f, "")), 3000);
    assert_null(content(f, ".1"));
}

static void test_audit_without_room_loses_lines_and_counts_them(void **state)
{
    struct fixture *f = *state;
    struct weh_audit *audit = open_log(f);

    add(audit, "first");
    limit_files(8);
    add(audit, "does not fit");
    assert_int_equal(weh_audit_check(audit, NULL), WEH_OK);
    limit_files(RLIM_INFINITY);
    add(audit, "last");
    assert_int_equal(weh_audit_lost(audit), 1);
    weh_audit_close(audit);
    assert_string_equal(content(f, ""), "first\nlast\n");
}

static void test_audit_that_is_required_refuses_until_all_is_written(void **state)
{
    struct fixture *f = *state;
    struct weh_audit *audit;

    f->options.is_required = true;
    audit = open_log(f);
    assert_int_equal(weh_audit_check(audit, NULL), WEH_OK);
    limit_files(3);
    add(audit, "one that was done already");
    assert_int_equal(weh_audit_check(audit, NULL), WEH_E_AUDIT);
    add(audit, "another");
    assert_int_equal(weh_audit_check(audit, NULL), WEH_E_AUDIT);
    assert_string_equal(content(f, ""), "");
    limit_files(RLIM_INFINITY);
    assert_int_equal(weh_audit_check(audit, NULL), WEH_OK);
    assert_int_equal(weh_audit_lost(audit), 0);
    weh_audit_close(audit);
    assert_string_equal(content(f, ""), "one that was done already\nanother\n");
}

static void test_audit_is_not_written_into_what_is_no_file(void **state)
{
    struct fixture *f = *state;
    struct weh_audit *audit = NULL;
    struct weh_diag diag;

    f->options.path = f->folder;
    assert_int_equal(weh_audit_open(&f->options, &audit, &diag), WEH_E_IO);
    assert_string_equal(diag.where, "audit.file");
    f->options.path = f->path;
    assert_int_equal(mkfifo(f->path, 0600), 0);
    assert_int_equal(weh_audit_open(&f->options, &audit, &diag), WEH_E_IO);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(symlink("/dev/null", f->path), 0);
    assert_int_equal(weh_audit_open(&f->options, &audit, &diag), WEH_E_IO);
    assert_null(audit);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_audit_adds_lines_to_what_is_there),
        TEST(test_audit_begins_a_new_file_and_keeps_so_many),
        TEST(test_audit_of_one_file_begins_it_anew),
        TEST(test_audit_without_room_loses_lines_and_counts_them),
        TEST(test_audit_that_is_required_refuses_until_all_is_written),
        TEST(test_audit_is_not_written_into_what_is_no_file),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
