/* tests/unit/bis/test_code_spec.c - code specs: names, ids, texts. */
#include <string.h>

#include "weh/briefcase_txn.h"
#include "weh/code_spec.h"

#include "bis_fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;

    fixture_open(&fixture, "small.bim", false);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_check_file(*state);
    fixture_close(*state);
    return 0;
}

static weh_err insert(struct fixture *f, const char *name, const char *properties, weh_id *out)
{
    return weh_code_spec_insert(f->bis, weh_str_from(name), fixture_value(f, "%s", properties), out,
                                &f->diag);
}

static const char *by_id(struct fixture *f, weh_id id)
{
    struct weh_json_writer writer;

    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    ASSERT_OK(weh_code_spec_get_by_id(f->bis, id, &writer.sink, &f->diag));
    weh_buf_byte(&f->text, 0);
    return (const char *)f->text.data;
}

static const char *by_name(struct fixture *f, const char *name)
{
    struct weh_json_writer writer;

    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    ASSERT_OK(weh_code_spec_get_by_name(f->bis, weh_str_from(name), &writer.sink, &f->diag));
    weh_buf_byte(&f->text, 0);
    return (const char *)f->text.data;
}

static void test_insert_takes_the_next_id_of_the_table_and_the_text_of_the_properties(void **state)
{
    struct fixture *f = *state;
    weh_id id = 0;

    ASSERT_OK(insert(f, " \tlt:one\xe3\x80\x80",
                     "{'scopeSpec':{'type':2},'n':null,'big':1e21,"
                     "'f':0.10}",
                     &id));
    assert_int_equal(id, 0x27);
    assert_string_equal(fixture_rows(f, "SELECT * FROM bis_CodeSpec WHERE Id=0x27"),
                        "39|'lt:one'|'{\"scopeSpec\":{\"type\":2},\"n\":null,\"big\":1e+21,"
                        "\"f\":0.1}'|;");
    ASSERT_OK(insert(f, "lt:two", "3", &id));
    assert_int_equal(id, 0x28);
    assert_string_equal(by_id(f, id), "{\"id\":\"0x28\",\"name\":\"lt:two\",\"properties\":"
                                      "{\"scopeSpec\":{\"type\":3}}}");
    /* JavaScript does not take U+0085 for white space. */
    ASSERT_OK(insert(f, "\xc2\x85x", "{}", &id));
    assert_int_equal(fixture_int(f, "SELECT length(Name) FROM bis_CodeSpec WHERE Id=0x29"), 2);
    /* Another briefcase's id may be the highest. */
    fixture_sql(f, "UPDATE bis_CodeSpec SET Id=0x20000000001 WHERE Id=0x29");
    ASSERT_OK(insert(f, "lt:far", "{}", &id));
    assert_int_equal(id, 0x20000000002);
}

static void test_insert_of_a_name_that_is_taken_is_refused(void **state)
{
    static const char *const names[] = { "bis:Subject", "BIS:SUBJECT", "  bis:subject\n" };
    struct fixture *f = *state;
    weh_id id = 0;

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        ASSERT_FAILS(insert(f, names[i], "{}", &id), WEH_E_DUPLICATE_NAME, "name");
    }
    assert_int_equal(id, 0);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_CodeSpec"), 38);
}

static void test_insert_of_odd_arguments_is_refused(void **state)
{
    static const char *const texts[] = { "[1]", "null", "true", "'x'", "1.5" };
    struct fixture *f = *state;
    weh_id id = 0;

    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        ASSERT_FAILS(insert(f, "lt:x", texts[i], &id), WEH_E_BAD_ARGS, "properties");
    }
    ASSERT_FAILS(weh_code_spec_insert(f->bis, WEH_STR("lt:x"), NULL, &id, &f->diag), WEH_E_BAD_ARGS,
                 "properties");
    ASSERT_FAILS(weh_code_spec_insert(f->bis, (struct weh_str){ "a\0b", 3 }, fixture_value(f, "{}"),
                                      &id, &f->diag),
                 WEH_E_BAD_ARGS, "name");
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_CodeSpec"), 38);
    fixture_sql(f, "INSERT INTO bis_CodeSpec(Id,Name) VALUES(0x7fffffffffffffff,'last')");
    ASSERT_FAILS(insert(f, "lt:x", "{}", &id), WEH_E_LIMIT, NULL);
    assert_int_equal(fixture_int(f, "SELECT count(*) FROM bis_CodeSpec"), 39);
}

static void test_get_finds_by_id_and_by_name_in_any_case(void **state)
{
    struct fixture *f = *state;
    struct weh_json_writer writer;

    assert_string_equal(by_name(f, "BIS:subject"),
                        "{\"id\":\"0x1f\",\"name\":\"bis:Subject\",\"properties\":{\"version\":"
                        "\"1.0\",\"scopeSpec\":{\"type\":3}}}");
    assert_non_null(strstr(by_id(f, 1), "bis:NullCodeSpec"));
    weh_json_writer_init(&writer, &f->text);
    ASSERT_FAILS(weh_code_spec_get_by_id(f->bis, 0x99, &writer.sink, &f->diag), WEH_E_INVALID_ID,
                 "id");
    ASSERT_FAILS(weh_code_spec_get_by_id(f->bis, 0, &writer.sink, &f->diag), WEH_E_INVALID_ID,
                 "id");
    ASSERT_FAILS(weh_code_spec_get_by_name(f->bis, WEH_STR(" bis:Subject"), &writer.sink, &f->diag),
                 WEH_E_NOT_FOUND, "name");
    ASSERT_FAILS(weh_code_spec_get_by_name(f->bis, WEH_STR(""), &writer.sink, &f->diag),
                 WEH_E_NOT_FOUND, "name");
}

static void test_list_tells_all_by_id(void **state)
{
    struct fixture *f = *state;
    struct weh_json_writer writer;
    const char *text;

    weh_buf_clear(&f->text);
    weh_json_writer_init(&writer, &f->text);
    ASSERT_OK(weh_code_spec_list(f->bis, &writer.sink, &f->diag));
    weh_buf_byte(&f->text, 0);
    text = (const char *)f->text.data;
    assert_int_equal(strncmp(text, "[{\"id\":\"0x1\",", 13), 0);
    assert_true(strstr(text, "\"0x21\"") < strstr(text, "\"0x26\""));
    assert_string_equal(text + strlen(text) - 2, "}]");
}

static void test_spec_without_properties_is_empty_and_a_broken_one_is_told(void **state)
{
    struct fixture *f = *state;
    struct weh_json_writer writer;

    fixture_sql(f, "UPDATE bis_CodeSpec SET JsonProperties=NULL WHERE Id=0x21;"
                   "UPDATE bis_CodeSpec SET JsonProperties='{' WHERE Id=0x22");
    assert_non_null(strstr(by_id(f, 0x21), "\"properties\":{}"));
    weh_json_writer_init(&writer, &f->text);
    ASSERT_FAILS(weh_code_spec_get_by_id(f->bis, 0x22, &writer.sink, &f->diag), WEH_E_CORRUPT,
                 NULL);
}

static void test_new_spec_is_known_to_codes_and_forgotten_when_it_is_taken_back(void **state)
{
    static const char element[] =
        "{'classFullName':'BisCore:Subject','model':'0x1','parent':{'id':'0x1','relClassName':"
        "'BisCore:SubjectOwnsSubjects'},'code':{'spec':'%s','scope':'0x1','value':'%s'}}";
    struct fixture *f = *state;
    weh_id spec = 0;
    weh_id id = 0;

    ASSERT_OK(insert(f, "lt:one", "{}", &spec));
    ASSERT_OK(fixture_insert(f, &id, element, "LT:ONE", "a"));
    assert_int_equal(fixture_int(f, "SELECT CodeSpecId FROM bis_Element WHERE Id=%d", (int)id),
                     (int)spec);
    ASSERT_OK(fixture_insert(f, &id, element, "0x27", "b"));
    ASSERT_OK(weh_briefcase_rollback(f->briefcase, &f->diag));
    weh_bis_forget(f->bis);
    ASSERT_FAILS(fixture_insert(f, &id, element, "0x27", "b"), WEH_E_FOREIGN_KEY, "code.spec");
    ASSERT_OK(insert(f, "lt:other", "{}", &id));
    assert_int_equal(id, spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_insert_takes_the_next_id_of_the_table_and_the_text_of_the_properties),
        TEST(test_insert_of_a_name_that_is_taken_is_refused),
        TEST(test_insert_of_odd_arguments_is_refused),
        TEST(test_get_finds_by_id_and_by_name_in_any_case),
        TEST(test_list_tells_all_by_id),
        TEST(test_spec_without_properties_is_empty_and_a_broken_one_is_told),
        TEST(test_new_spec_is_known_to_codes_and_forgotten_when_it_is_taken_back),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
