/* tests/unit/site/test_site.c - which files a page has, and which body a request gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/site.h"

#include "fake_alloc.h"

#define SPARSE_BYTES ((off_t)WEH_SITE_BYTES_MOST - 100)

static char folder[64];

static void put(const char *name, const char *text)
{
    char path[256];
    FILE *file = NULL;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/weh-site-XXXXXX");
    assert_non_null(mkdtemp(folder));
    make_folder("assets");
    put("index.html", "<!doctype html>");
    put("index.html.br", "brotli");
    put("index.html.gz", "gzip");
    put("assets/a-1.js", "let a;");
    put("assets/lonely.gz", "no file beside it");
    put(".hidden", "secret");
    fake_alloc_reset();
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(fake_alloc_live(), 0);
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct weh_site *open_site(void)
{
    struct weh_site *site = NULL;

    assert_int_equal(weh_site_open(folder, &site, NULL), WEH_OK);
    return site;
}

static void test_files_are_found_by_their_exact_path(void **state)
{
    struct weh_site *site = open_site();
    static const char *const absent[] = {
        "",
        "index.html",
        "/index.htm",
        "/INDEX.HTML",
        "/../etc/passwd",
        "/assets",
        "/assets/",
        "/.hidden",
        "/index.html.br",
        "/index.html.gz",
        "//",
        "/./index.html",
        "/assets/../index.html",
        "/index.html/",
    };

    (void)state;
    assert_non_null(weh_site_find(site, WEH_STR("/index.html")));
    assert_ptr_equal(weh_site_find(site, WEH_STR("/")),
                     weh_site_find(site, WEH_STR("/index.html")));
    assert_non_null(weh_site_find(site, WEH_STR("/assets/a-1.js")));
    for (size_t i = 0; i < WEH_ARRAY_LEN(absent); i++) {
        assert_null(weh_site_find(site, weh_str_from(absent[i])));
    }
    assert_null(weh_site_find(site, WEH_STR("/index.html\0x")));
    weh_site_close(site);
}

static void test_a_path_of_any_length_is_looked_up(void **state)
{
    struct weh_site *site = open_site();
    char *path = calloc(1, 100000);

    (void)state;
    assert_non_null(path);
    memset(path, '/', 99999);
    for (size_t n = 500; n < 520; n++) {
        assert_null(weh_site_find(site, (struct weh_str){ path, n }));
    }
    assert_null(weh_site_find(site, (struct weh_str){ path, 99999 }));
    free(path);
    weh_site_close(site);
}

static void test_types_and_lasting_names(void **state)
{
    struct weh_site *site = open_site();
    const struct weh_site_file *index = weh_site_find(site, WEH_STR("/"));
    const struct weh_site_file *script = weh_site_find(site, WEH_STR("/assets/a-1.js"));
    const struct weh_site_file *lonely = weh_site_find(site, WEH_STR("/assets/lonely.gz"));

    (void)state;
    assert_string_equal(index->type, "text/html; charset=utf-8");
    assert_string_equal(script->type, "text/javascript; charset=utf-8");
    assert_string_equal(lonely->type, "application/octet-stream");
    assert_false(index->is_lasting);
    assert_true(script->is_lasting);
    weh_site_close(site);
}

static void test_tags_are_those_of_the_bytes(void **state)
{
    /* sha256sum of "<!doctype html>", the first half. */
    static const char doctype[] = "\"fe26c59e91ac8de694b2531dc3bdc1b7\"";
    struct weh_site *site = open_site();
    const struct weh_site_file *index = weh_site_find(site, WEH_STR("/"));

    (void)state;
    assert_string_equal(index->bodies[WEH_SITE_PLAIN].etag, doctype);
    assert_string_not_equal(index->bodies[WEH_SITE_GZIP].etag, doctype);
    assert_string_not_equal(index->bodies[WEH_SITE_GZIP].etag, index->bodies[WEH_SITE_BROTLI].etag);
    weh_site_close(site);
}

static void test_the_best_coding_that_is_taken_is_chosen(void **state)
{
    static const struct {
        const char *accept;
        enum weh_site_coding coding;
    } cases[] = {
        { "", WEH_SITE_PLAIN },
        { "gzip", WEH_SITE_GZIP },
        { "gzip, deflate, br", WEH_SITE_BROTLI },
        { "BR", WEH_SITE_BROTLI },
        { "br;q=0, gzip", WEH_SITE_GZIP },
        { "br ; q=0.000 ,gzip;q=0.001", WEH_SITE_GZIP },
        { "br;q=0,gzip;q=0", WEH_SITE_PLAIN },
        { "*", WEH_SITE_BROTLI },
        { "br;q=0, *", WEH_SITE_GZIP },
        { "*;q=0", WEH_SITE_PLAIN },
        { "identity", WEH_SITE_PLAIN },
        { "brotli, gzipped", WEH_SITE_PLAIN },
        { ",,;;,=", WEH_SITE_PLAIN },
        { "br;q=1.0;x=0", WEH_SITE_BROTLI },
    };
    struct weh_site *site = open_site();
    const struct weh_site_file *index = weh_site_find(site, WEH_STR("/"));

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        enum weh_site_coding coding;
        const struct weh_site_body *body =
            weh_site_choose(index, weh_str_from(cases[i].accept), &coding);

        assert_int_equal(coding, cases[i].coding);
        assert_ptr_equal(body, &index->bodies[coding]);
    }
    weh_site_close(site);
}

static void test_a_file_that_is_not_compressed_goes_as_it_is(void **state)
{
    struct weh_site *site = open_site();
    const struct weh_site_file *script = weh_site_find(site, WEH_STR("/assets/a-1.js"));
    enum weh_site_coding coding;
    const struct weh_site_body *body = weh_site_choose(script, WEH_STR("br, gzip"), &coding);

    (void)state;
    assert_int_equal(coding, WEH_SITE_PLAIN);
    assert_int_equal(body->len, 6);
    assert_memory_equal(body->data, "let a;", 6);
    weh_site_close(site);
}

static void test_tags_are_compared_weakly(void **state)
{
    (void)state;
    assert_true(weh_site_is_named(WEH_STR("\"a\""), "\"a\""));
    assert_true(weh_site_is_named(WEH_STR("\"x\", W/\"a\" "), "\"a\""));
    assert_true(weh_site_is_named(WEH_STR("*"), "\"a\""));
    assert_false(weh_site_is_named(WEH_STR(""), "\"a\""));
    assert_false(weh_site_is_named(WEH_STR("a"), "\"a\""));
    assert_false(weh_site_is_named(WEH_STR("\"aa\", W/"), "\"a\""));
}

static void test_links_are_not_followed(void **state)
{
    struct weh_site *site = NULL;
    char path[256];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/link.txt", folder);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    (void)snprintf(path, sizeof(path), "%s/there", folder);
    assert_int_equal(symlink("/etc", path), 0);
    site = open_site();
    assert_null(weh_site_find(site, WEH_STR("/link.txt")));
    assert_null(weh_site_find(site, WEH_STR("/there/passwd")));
    weh_site_close(site);
}

static void test_what_is_no_folder_is_refused(void **state)
{
    struct weh_site *site = NULL;
    char path[256];

    (void)state;
    assert_int_equal(weh_site_open("/nowhere/at/all", &site, NULL), WEH_E_FILE_NOT_FOUND);
    assert_int_equal(weh_site_open("", &site, NULL), WEH_E_FILE_NOT_FOUND);
    (void)snprintf(path, sizeof(path), "%s/index.html", folder);
    assert_int_equal(weh_site_open(path, &site, NULL), WEH_E_FILE_NOT_FOUND);
    (void)snprintf(path, sizeof(path), "%s///", folder);
    assert_int_equal(weh_site_open(path, &site, NULL), WEH_OK);
    assert_non_null(weh_site_find(site, WEH_STR("/index.html")));
    weh_site_close(site);
}

static void test_too_much_is_refused(void **state)
{
    struct weh_site *site = NULL;
    char path[256];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/large", folder);
    put("large", "");
    assert_int_equal(truncate(path, SPARSE_BYTES), 0);
    weh_site_close(open_site());
    assert_int_equal(truncate(path, SPARSE_BYTES + 200), 0);
    assert_int_equal(weh_site_open(folder, &site, NULL), WEH_E_LIMIT);
    assert_int_equal(unlink(path), 0);
    for (unsigned i = 0; i < WEH_SITE_FILES_MOST; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "f%u", i);
        put(name, "x");
    }
    assert_int_equal(weh_site_open(folder, &site, NULL), WEH_E_LIMIT);
}

static void test_every_failing_allocation_is_an_error(void **state)
{
    struct weh_site *site = NULL;
    unsigned n = 1;

    (void)state;
    for (;; n++) {
        weh_err err;

        fake_alloc_fail_at(n);
        err = weh_site_open(folder, &site, NULL);
        if (!fake_alloc_has_failed()) {
            assert_int_equal(err, WEH_OK);
            break;
        }
        assert_int_equal(err, WEH_E_NOMEM);
        assert_int_equal(fake_alloc_live(), 0);
    }
    assert_true(n > 10);
    fake_alloc_fail_at(0);
    weh_site_close(site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files_are_found_by_their_exact_path, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_path_of_any_length_is_looked_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_types_and_lasting_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tags_are_those_of_the_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_best_coding_that_is_taken_is_chosen, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_that_is_not_compressed_goes_as_it_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_tags_are_compared_weakly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links_are_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_folder_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_much_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_failing_allocation_is_an_error, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
