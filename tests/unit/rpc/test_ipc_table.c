/* tests/unit/rpc/test_ipc_table.c - the table of stock frontends, and which interface versions fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rpc_priv.h"

static void test_ipc_table_is_sorted_and_found_by_scope_and_name(void **state)
{
    size_t n;
    const struct weh_method *methods = weh_rpc_ipc_methods(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct weh_str scope;
        struct weh_str name = weh_str_split(weh_str_from(methods[i].name), '.', &scope);
        size_t n_args = 0;

        print_message("%s\n", methods[i].name);
        assert_true(i == 0 || strcmp(methods[i - 1].name, methods[i].name) < 0);
        /* One dot: no other pair of scope and name is the same text. */
        assert_true(scope.len > 0 && name.len > 0 && memchr(name.ptr, '.', name.len) == NULL);
        assert_ptr_equal(weh_method_find(methods, n, scope, name), &methods[i]);
        assert_null(weh_method_find(methods, n, scope, WEH_STR("")));
        assert_null(weh_method_find(methods, n, scope, WEH_STR("constructor")));
        assert_null(weh_method_find(methods, n, (struct weh_str){ scope.ptr, scope.len - 1 },
                                    (struct weh_str){ methods[i].name + scope.len, name.len + 1 }));
        assert_true(methods[i].help[0] != '\0');
        while (methods[i].args[n_args].name != NULL) {
            assert_true(methods[i].args[n_args].help[0] != '\0');
            n_args++;
        }
        assert_true(n_args <= WEH_MAX_ARGS);
    }
}

static void test_ipc_interface_versions_fit_as_the_frontend_has_it(void **state)
{
    static const struct {
        const char *ours;
        const char *theirs;
        bool fit;
    } rows[] = {
        { "3.8.0", "3.8.0", true },
        { "3.8.0", "3.7.0", true },
        { "3.8.0", "3.7.99", true },
        { "3.8.0", "3.8.5", true },
        { "3.8.0", "3.9.0", false },
        { "3.8.0", "2.8.0", false },
        { "3.8.0", "4.0.0", false },
        { "3.8.0", "99.0.0", false },
        { "0.7.0", "0.7.0", true },
        { "0.7.0", "0.7.1", false },
        { "0.7.2", "0.7.1", true },
        { "0.7.0", "0.6.0", false },
        { "3.8.0", "3.8.0-dev.1", false },
        { "3.8.0", "", false },
        { "3.8.0", "3.8", false },
        { "3.8.0", "3.8.0.0", false },
        { "3.8.0", "3..0", false },
        { "3.8.0", "x", false },
        { "3.8.0", "3.99999999999.0", false },
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        print_message("%s %s\n", rows[i].ours, rows[i].theirs);
        assert_int_equal(rpc_versions_fit(weh_str_from(rows[i].ours), weh_str_from(rows[i].theirs)),
                         rows[i].fit);
    }
}

static void test_ipc_version_is_checked_for_operations_of_an_interface_only(void **state)
{
    const struct weh_method operation = { .name = "IModelReadRpcInterface.queryRows" };
    const struct weh_method other = { .name = "IModelReadRpcInterfaceX.queryRows" };
    struct weh_diag diag;

    (void)state;
    assert_int_equal(rpc_check_version(&operation, WEH_STR("3.7.0"), &diag), WEH_OK);
    assert_int_equal(rpc_check_version(&other, WEH_STR("99.0.0"), &diag), WEH_OK);
    assert_int_equal(rpc_check_version(&operation, WEH_STR("99.0.0"), &diag), WEH_E_UNSUPPORTED);
    assert_int_equal(diag.itwin, 135168);
    assert_non_null(strstr(diag.text, "3.8.0"));
    assert_non_null(strstr(diag.text, "99.0.0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipc_table_is_sorted_and_found_by_scope_and_name),
        cmocka_unit_test(test_ipc_interface_versions_fit_as_the_frontend_has_it),
        cmocka_unit_test(test_ipc_version_is_checked_for_operations_of_an_interface_only),
    };

    return cmocka_run_group_tests_name("ipc table", tests, NULL, NULL);
}
