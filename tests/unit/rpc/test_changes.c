/* tests/unit/rpc/test_changes.c - changes.summary: shapes, pages, cursors and refusals. The values
 * are compared with the official backend's in tests/unit/txn/test_change_reader.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc_fixture.h"

#define MAX_KEYS 2000

/* The changes of some pages, as "CLASS ID OP". */
struct seen {
    char keys[MAX_KEYS][96];
    size_t n;
    unsigned n_pages;
    char cursor[64]; /* of the last page; "" when it was the last of all */
};

static void open_imodel(struct client *client, const char *name, const char *mode)
{
    char params[96];

    (void)snprintf(params, sizeof(params), "{\"imodel\":\"%s\",\"mode\":\"%s\"}", name, mode);
    (void)call(client, "briefcase.open", params);
}

static void copy_text(const struct weh_value *map, const char *key, char *out, size_t size)
{
    const struct weh_value *value = weh_value_get(map, key);
    struct weh_str text = value == NULL ? WEH_STR("") : weh_value_str(value);

    (void)snprintf(out, size, "%.*s", WEH_STR_ARGS(text));
}

static size_t add_page(struct seen *seen, const struct weh_value *reply)
{
    const struct weh_value *changes = weh_value_get(reply, "changes");
    bool done = false;

    assert_non_null(changes);
    assert_int_equal(changes->type, WEH_VALUE_ARRAY);
    for (uint32_t i = 0; i < changes->n; i++) {
        char name[48];
        char id[24];
        char op[12];

        assert_true(seen->n < MAX_KEYS);
        copy_text(&changes->as.items[i], "classFullName", name, sizeof(name));
        copy_text(&changes->as.items[i], "id", id, sizeof(id));
        copy_text(&changes->as.items[i], "op", op, sizeof(op));
        (void)snprintf(seen->keys[seen->n++], sizeof(seen->keys[0]), "%s %s %s", name, id, op);
    }
    assert_true(weh_value_to_bool(weh_value_get(reply, "done"), &done));
    assert_true(done == (weh_value_get(reply, "cursor") == NULL));
    copy_text(reply, "cursor", seen->cursor, sizeof(seen->cursor));
    seen->n_pages++;
    return changes->n;
}

/* Pages of @limit until the end, or @n_pages. */
static void read_pages(struct client *client, int limit, unsigned n_pages, struct seen *seen)
{
    do {
        char params[128];

        (void)snprintf(params, sizeof(params), "{\"limit\":%d%s%s%s}", limit,
                       seen->cursor[0] == '\0' ? "" : ",\"cursor\":\"", seen->cursor,
                       seen->cursor[0] == '\0' ? "" : "\"");
        assert_true(add_page(seen, call(client, "changes.summary", params)) <= (size_t)limit);
    } while (seen->cursor[0] != '\0' && --n_pages > 0);
}

static void assert_same(const struct seen *a, const struct seen *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_string_equal(a->keys[i], b->keys[i]);
    }
}

#define SUBJECT(label)                                                                \
    "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":"   \
    "{\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"0x1\"," \
    "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"},\"userLabel\":\"" label "\"}}"

static void save(struct fixture *f)
{
    (void)call(&f->a, "txns.saveChanges", "{}");
}

static void insert_and_save(struct fixture *f, const char *subject)
{
    (void)call(&f->a, "elements.insertElement", subject);
    save(f);
}

static const struct weh_value *change_of(const struct weh_value *reply, const char *id)
{
    const struct weh_value *changes = weh_value_get(reply, "changes");

    for (uint32_t i = 0; i < changes->n; i++) {
        char found[24];

        copy_text(&changes->as.items[i], "id", found, sizeof(found));
        if (strcmp(found, id) == 0) {
            return &changes->as.items[i];
        }
    }
    return NULL;
}

/* ---- tests ---- */

static void test_change_has_all_members(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *change;
    const struct weh_value *properties;

    open_imodel(&f->a, "empty", "readwrite");
    insert_and_save(f, SUBJECT("one"));
    change = change_of(call(&f->a, "changes.summary", "{}"), "0x11");
    assert_non_null(change);
    assert_text(change, "classFullName", "BisCore:Subject");
    assert_text(change, "op", "Inserted");
    assert_bool(change, "indirect", false);
    assert_text(change, "txnId", "0x100000000");
    properties = weh_value_get(change, "properties");
    assert_text(weh_value_get(properties, "UserLabel"), "new", "one");
    assert_text(weh_value_get(weh_value_get(properties, "Parent"), "new"), "relClassName",
                "BisCore.SubjectOwnsSubjects");
    change = change_of(call(&f->a, "changes.summary", "{\"wantProperties\":false}"), "0x11");
    assert_non_null(change);
    assert_int_equal(change->n, 5);
    /* The model's time of change is a consequence. */
    change = change_of(call(&f->a, "changes.summary", "{}"), "0x1");
    assert_text(change, "classFullName", "BisCore:RepositoryModel");
    assert_text(change, "op", "Updated");
    assert_bool(change, "indirect", true);
}

static void test_transactions_are_told_as_one(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *change;

    open_imodel(&f->a, "empty", "readwrite");
    insert_and_save(f, SUBJECT("one"));
    (void)call(&f->a, "elements.updateElement",
               "{\"props\":{\"id\":\"0x11\",\"userLabel\":\"two\"}}");
    save(f);
    change = change_of(call(&f->a, "changes.summary", "{}"), "0x11");
    assert_text(change, "op", "Inserted");
    assert_null(weh_value_get(change, "txnId"));
    assert_text(weh_value_get(weh_value_get(change, "properties"), "UserLabel"), "new", "two");
    change = change_of(call(&f->a, "changes.summary", "{\"from\":\"0x100000001\"}"), "0x11");
    assert_text(change, "op", "Updated");
    assert_text(weh_value_get(weh_value_get(change, "properties"), "UserLabel"), "old", "one");
    change = change_of(call(&f->a, "changes.summary", "{\"to\":\"0x100000000\"}"), "0x11");
    assert_text(weh_value_get(weh_value_get(change, "properties"), "UserLabel"), "new", "one");
    (void)call(&f->a, "elements.deleteElement", "{\"id\":\"0x11\"}");
    save(f);
    assert_null(change_of(call(&f->a, "changes.summary", "{}"), "0x11"));
    (void)call(&f->a, "txns.reverseTxns", "{\"count\":3}");
    assert_int_equal(weh_value_get(call(&f->a, "changes.summary", "{}"), "changes")->n, 0);
    change = change_of(call(&f->a, "changes.summary", "{\"from\":\"0x100000002\"}"), "0x11");
    assert_text(change, "op", "Deleted");
}

static void test_file_property_is_told_by_its_key(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *changes;
    const struct weh_value *key;

    open_imodel(&f->a, "empty", "readwrite");
    (void)call(&f->a, "briefcase.saveFileProperty",
               "{\"namespace\":\"n\",\"name\":\"p\",\"id\":5,\"string\":\"text\"}");
    save(f);
    changes = weh_value_get(call(&f->a, "changes.summary", "{}"), "changes");
    assert_int_equal(changes->n, 1);
    key = weh_value_get(&changes->as.items[0], "fileProperty");
    assert_text(key, "namespace", "n");
    assert_text(key, "name", "p");
    assert_null(weh_value_get(&changes->as.items[0], "classFullName"));
    assert_text(weh_value_get(weh_value_get(&changes->as.items[0], "properties"), "StrData"), "new",
                "text");
}

static void test_pages_together_are_the_whole(void **state)
{
    static struct seen whole;
    static struct seen pages;
    static const int limits[] = { 1000, 371, 7 };
    struct fixture *f = *state;

    copy_imodel(f, "small.bim", "small");
    open_imodel(&f->a, "small", "readwrite");
    memset(&whole, 0, sizeof(whole));
    /* Without the transactions of the schema, which are thousands of rows. */
    add_page(&whole, call(&f->a, "changes.summary", "{\"from\":\"0x200000000\",\"limit\":10000}"));
    assert_true(whole.n > 500);
    for (size_t i = 0; i < WEH_ARRAY_LEN(limits); i++) {
        memset(&pages, 0, sizeof(pages));
        do {
            char params[128];

            (void)snprintf(params, sizeof(params), "{\"from\":\"0x200000000\",\"limit\":%d%s%s%s}",
                           limits[i], pages.cursor[0] == '\0' ? "" : ",\"cursor\":\"", pages.cursor,
                           pages.cursor[0] == '\0' ? "" : "\"");
            (void)add_page(&pages, call(&f->a, "changes.summary", params));
            /* Others in between make no difference. */
            if (pages.n_pages == 1) {
                (void)call(&f->a, "changes.summary", "{\"to\":\"0x200000000\",\"limit\":2}");
            }
        } while (pages.cursor[0] != '\0');
        assert_same(&whole, &pages);
        assert_true(pages.n_pages >= whole.n / (size_t)limits[i]);
    }
}

static void test_cursor_works_in_another_session(void **state)
{
    static struct seen ours;
    static struct seen theirs;
    struct fixture *f = *state;

    memset(&ours, 0, sizeof(ours));
    copy_imodel(f, "undone.bim", "undone");
    open_imodel(&f->a, "undone", "readwrite");
    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    open_imodel(&f->b, "undone", "readonly");
    read_pages(&f->a, 1, 1, &ours);
    assert_string_not_equal(ours.cursor, "");
    theirs = ours;
    read_pages(&f->a, 1, 100, &ours);
    read_pages(&f->b, 1, 100, &theirs);
    assert_int_equal(ours.n, 3); /* two subjects and the model; two more are reversed */
    assert_same(&ours, &theirs);
    disconnect_client(&f->b);
}

static void test_cursor_of_other_transactions_is_refused(void **state)
{
    static struct seen seen;
    struct fixture *f = *state;
    char params[128];

    memset(&seen, 0, sizeof(seen));
    open_imodel(&f->a, "empty", "readwrite");
    insert_and_save(f, SUBJECT("one"));
    read_pages(&f->a, 1, 1, &seen);
    (void)snprintf(params, sizeof(params), "{\"cursor\":\"%s\"}", seen.cursor);
    insert_and_save(f, SUBJECT("two"));
    call_fails(&f->a, "changes.summary", params, "InvalidParams", "cursor");
    /* Where the last transaction is named, another one makes no difference. */
    (void)snprintf(params, sizeof(params), "{\"to\":\"0x100000000\",\"cursor\":\"%s\"}",
                   seen.cursor);
    assert_int_equal(weh_value_get(call(&f->a, "changes.summary", params), "changes")->n, 1);
    seen.cursor[0] = '9';
    (void)snprintf(params, sizeof(params), "{\"to\":\"0x100000000\",\"cursor\":\"%s\"}",
                   seen.cursor);
    call_fails(&f->a, "changes.summary", params, "InvalidParams", "cursor");
}

static void test_wrong_arguments_are_refused_by_name(void **state)
{
    static const char *const cursors[] = { "{\"cursor\":\"x\"}",
                                           "{\"cursor\":\"1\"}",
                                           "{\"cursor\":\"1-\"}",
                                           "{\"cursor\":\"-1\"}",
                                           "{\"cursor\":\"1-11111111111111111\"}",
                                           "{\"cursor\":\"\"}",
                                           "{\"cursor\":7}" };
    struct fixture *f = *state;

    call_fails(&f->a, "changes.summary", "{}", "WrongState", NULL);
    open_imodel(&f->a, "empty", "readwrite");
    assert_int_equal(weh_value_get(call(&f->a, "changes.summary", "{}"), "changes")->n, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cursors); i++) {
        call_fails(&f->a, "changes.summary", cursors[i], "InvalidParams", "cursor");
    }
    insert_and_save(f, SUBJECT("one"));
    call_fails(&f->a, "changes.summary", "{\"limit\":0}", "InvalidParams", "limit");
    call_fails(&f->a, "changes.summary", "{\"limit\":10001}", "InvalidParams", "limit");
    call_fails(&f->a, "changes.summary", "{\"from\":\"x\"}", "InvalidParams", "from");
    call_fails(&f->a, "changes.summary", "{\"from\":\"0x5\"}", "NotFound", "from");
    call_fails(&f->a, "changes.summary", "{\"to\":\"0x900000005\"}", "NotFound", "to");
    call_fails(&f->a, "changes.summary", "{\"from\":\"0x100000000\",\"to\":\"0x5\"}",
               "InvalidParams", "to");
    call_fails(&f->a, "changes.summary", "{\"wantProperties\":1}", "InvalidParams",
               "wantProperties");
    call_fails(&f->a, "changes.summary", "{\"txn\":1}", "InvalidParams", "txn");
}

static void test_large_values_make_small_pages(void **state)
{
    static struct seen seen;
    static char props[700000];
    static const char head[] =
        "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":"
        "{\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"0x1\","
        "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"},\"userLabel\":\"";
    struct fixture *f = *state;

    memset(&seen, 0, sizeof(seen));
    memset(props, 'x', sizeof(props));
    memcpy(props, head, sizeof(head) - 1);
    memcpy(props + sizeof(props) - 4, "\"}}", 4);
    open_imodel(&f->a, "empty", "readwrite");
    for (unsigned i = 0; i < 4; i++) {
        (void)call(&f->a, "elements.insertElement", props);
    }
    save(f);
    read_pages(&f->a, 1000, 100, &seen);
    assert_int_equal(seen.n, 5);
    assert_int_equal(seen.n_pages, 2); /* the model and two, then two */
    f->config.limits_temporary_bytes = 1 << 20;
    call_fails(&f->a, "changes.summary", "{}", "LimitExceeded", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rpc_setup, rpc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_change_has_all_members),
        TEST(test_transactions_are_told_as_one),
        TEST(test_file_property_is_told_by_its_key),
        TEST(test_pages_together_are_the_whole),
        TEST(test_cursor_works_in_another_session),
        TEST(test_cursor_of_other_transactions_is_refused),
        TEST(test_wrong_arguments_are_refused_by_name),
        TEST(test_large_values_make_small_pages),
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
