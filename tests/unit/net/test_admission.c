/* tests/unit/net/test_admission.c - counting connections by address, and the order of handshakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admission.h"

#define N 300

static struct weh_address parse(const char *text)
{
    return weh_address_parse(text, strlen(text));
}

static void test_address_of_ipv4_is_the_same_however_it_is_written(void **state)
{
    struct weh_address a = parse("192.0.2.7");
    struct weh_address b = parse("::ffff:192.0.2.7");

    (void)state;
    assert_true(a.is_known && b.is_known);
    assert_memory_equal(&a.in6, &b.in6, sizeof(a.in6));
}

static void test_address_of_ipv6_is_that_of_its_network(void **state)
{
    struct weh_address a = parse("2001:db8:1:2:3:4:5:6");
    struct weh_address b = parse("2001:db8:1:2::9");
    struct weh_address c = parse("2001:db8:1:3::9");

    (void)state;
    assert_memory_equal(&a.in6, &b.in6, sizeof(a.in6));
    assert_memory_not_equal(&a.in6, &c.in6, sizeof(a.in6));
}

static void test_address_that_is_none_is_not_known(void **state)
{
    static const char *const texts[] = { "",
                                         "unknown",
                                         "192.0.2",
                                         "192.0.2.7:80",
                                         "[::1]",
                                         "::1%lo",
                                         "1.2.3.4.5",
                                         "2001:db8::1::2",
                                         "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0001" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(parse(texts[i]).is_known);
    }
    assert_false(weh_address_parse("1.2.3.4\0", 8).is_known);
    assert_false(weh_address_of(&(struct sockaddr){ .sa_family = AF_UNIX }).is_known);
}

static void test_address_of_this_machine_is_told_from_others(void **state)
{
    struct weh_address here4 = parse("127.0.0.1"), here6 = parse("::1"), other = parse("127.0.0.2");
    struct weh_address none = parse("");

    (void)state;
    assert_true(weh_address_is_here(&here4));
    assert_true(weh_address_is_here(&here6));
    assert_false(weh_address_is_here(&other));
    assert_false(weh_address_is_here(&none));
}

static struct weh_address numbered(unsigned number)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = 10U | number << 8 };

    return weh_address_of((const struct sockaddr *)(const void *)&in);
}

static void test_connections_are_counted_by_address_and_nothing_is_left(void **state)
{
    static struct weh_admission admission;
    static struct weh_admitted admitted[N];

    (void)state;
    assert_int_equal(weh_admission_init(&admission, NULL), WEH_OK);
    for (unsigned i = 0; i < N; i++) {
        struct weh_address address = numbered(i % 100);

        weh_admission_enter(&admission, &admitted[i], i);
        assert_int_equal(weh_admission_count_beside(&admitted[i]), 0);
        assert_int_equal(weh_admission_place(&admission, &admitted[i], &address), WEH_OK);
        assert_int_equal(weh_admission_count_beside(&admitted[i]), i / 100 + 1);
        assert_int_equal(weh_admission_count(&admission, &address), i / 100 + 1);
    }
    /* To another address: what a proxy says comes later than the connection. */
    assert_int_equal(weh_admission_place(&admission, &admitted[0], &(struct weh_address){ 0 }),
                     WEH_OK);
    assert_int_equal(weh_admission_count_beside(&admitted[0]), 0);
    assert_int_equal(weh_admission_count_beside(&admitted[100]), 2);
    for (unsigned i = 0; i < N; i++) {
        weh_admission_leave(&admission, &admitted[i]);
    }
    assert_int_equal(admission.n_handshakes, 0);
    for (size_t i = 0; i < WEH_ADMISSION_BUCKETS; i++) {
        assert_null(admission.buckets[i]);
    }
}

static void test_oldest_handshake_is_the_one_that_began_first(void **state)
{
    static struct weh_admission admission;
    struct weh_admitted a, b, c;

    (void)state;
    assert_int_equal(weh_admission_init(&admission, NULL), WEH_OK);
    weh_admission_enter(&admission, &a, 1);
    weh_admission_enter(&admission, &b, 2);
    weh_admission_enter(&admission, &c, 3);
    assert_int_equal(admission.n_handshakes, 3);
    weh_admission_opened(&admission, &b);
    weh_admission_opened(&admission, &b);
    assert_ptr_equal(admission.oldest, &a);
    assert_int_equal(admission.n_handshakes, 2);
    weh_admission_opened(&admission, &a);
    assert_ptr_equal(admission.oldest, &c);
    weh_admission_leave(&admission, &c);
    weh_admission_leave(&admission, &a);
    assert_null(admission.oldest);
    assert_null(admission.newest);
    assert_int_equal(admission.n_handshakes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_of_ipv4_is_the_same_however_it_is_written),
        cmocka_unit_test(test_address_of_ipv6_is_that_of_its_network),
        cmocka_unit_test(test_address_that_is_none_is_not_known),
        cmocka_unit_test(test_address_of_this_machine_is_told_from_others),
        cmocka_unit_test(test_connections_are_counted_by_address_and_nothing_is_left),
        cmocka_unit_test(test_oldest_handshake_is_the_one_that_began_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
