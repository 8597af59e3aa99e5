/* tests/unit/ec/test_xml.c - the reader of custom attribute instances: what it reads and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/buf.h"

#include "xml.h"

static struct weh_arena arena;

static const struct ec_xml_node *read_xml(struct weh_str xml)
{
    const struct ec_xml_node *root = NULL;

    weh_arena_fini(&arena);
    weh_arena_init(&arena, 0);
    assert_int_equal(ec_xml_read(xml, &arena, &root, NULL), WEH_OK);
    return root;
}

static void assert_text(const struct ec_xml_node *node, const char *name, const char *text)
{
    assert_non_null(node);
    if (!weh_str_eq_text(node->name, name) || !weh_str_eq_text(node->text, text)) {
        fail_msg("%.*s=\"%.*s\"", WEH_STR_ARGS(node->name), WEH_STR_ARGS(node->text));
    }
}

static void test_xml_of_the_native_library_becomes_a_tree(void **state)
{
    const struct ec_xml_node *root = read_xml(
        WEH_STR("<?xml version=\"1.0\"?>\n<!-- c --><Ca xmlns=\"Rich.01.03\" a = 'b>c' >\n"
                "    <I>7</I>\n    <S> a &lt;b&gt; &amp; &quot;c&quot; &#x20AC;&#233;&apos; </S>\n"
                "    <E/><B></B><W>  </W>\n    <O>\n        <In><A>1</A></In>\n    </O>\n"
                "    <C><![CDATA[<&>]]></C><!-- <x> --></Ca>\n"));
    const struct ec_xml_node *node;

    (void)state;
    assert_text(root, "Ca", "");
    node = root->first;
    assert_text(node, "I", "7");
    node = node->next;
    assert_text(node, "S", " a <b> & \"c\" \xe2\x82\xac\xc3\xa9' ");
    node = node->next;
    assert_text(node, "E", "");
    node = node->next;
    assert_text(node, "B", "");
    node = node->next;
    assert_text(node, "W", "  ");
    node = node->next;
    assert_text(node, "O", "");
    assert_text(node->first, "In", "");
    assert_text(node->first->first, "A", "1");
    node = node->next;
    assert_text(node, "C", "<&>");
    assert_null(node->next);
}

static void test_xml_that_is_not_well_formed_is_not_read(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "x",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a b></a>",
        "<a b=c></a>",
        "<a b='c></a>",
        "<a b='c'd='e'/>",
        "<a/ >",
        "<a>&nbsp;</a>",
        "<a>&amp</a>",
        "<a>&;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#x110000;</a>",
        "<a>&#99999999999999999999;</a>",
        "<a>&#12a;</a>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<!ELEMENT a>",
        "<a><?pi?></a>",
        "<a>x<b/></a>",
        "<a><b/>x</a>",
        "<a>x<!-- -->y</a>",
        "<a><!-- </a>",
        "<a><![CDATA[</a>",
        "<a",
        "<",
        "<>",
        "<a><",
        "<a>\xff</a>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (read_xml(weh_str_from(texts[i])) != NULL) {
            fail_msg("%s", texts[i]);
        }
    }
}

/* @n times @open, then @n times @close, inside one element. */
static const struct ec_xml_node *read_repeated(const char *open, const char *close, size_t n)
{
    const struct ec_xml_node *root;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_buf_append(&buf, "<r>", 3);
    for (size_t i = 0; i < n; i++) {
        weh_buf_append(&buf, open, strlen(open));
    }
    for (size_t i = 0; i < n; i++) {
        weh_buf_append(&buf, close, strlen(close));
    }
    weh_buf_append(&buf, "</r>", 4);
    assert_int_equal(buf.err, WEH_OK);
    root = read_xml((struct weh_str){ (const char *)buf.data, buf.len });
    weh_buf_fini(&buf);
    return root;
}

static void test_xml_beyond_its_bounds_is_not_read(void **state)
{
    (void)state;
    assert_non_null(read_repeated("<a>", "</a>", EC_XML_MAX_DEPTH - 1));
    assert_null(read_repeated("<a>", "</a>", EC_XML_MAX_DEPTH));
    assert_null(read_repeated("<a>", "</a>", 50000));
    assert_non_null(read_repeated("<a/>", "", EC_XML_MAX_NODES - 1));
    assert_null(read_repeated("<a/>", "", EC_XML_MAX_NODES));
    assert_non_null(read_repeated("<!-- 10 byte -->", "", 10000));
    assert_null(read_repeated("<!-- 10 byte -->", "", EC_XML_MAX_BYTES / 16));
}

static void test_xml_cut_anywhere_is_not_read(void **state)
{
    static const char whole[] = "<A x=\"y\"><B>&lt;&#10;</B><!-- c --><C><![CDATA[d]]></C><D/></A>";

    (void)state;
    assert_non_null(read_xml(weh_str_from(whole)));
    for (size_t n = 0; n < sizeof(whole) - 1; n++) {
        assert_null(read_xml((struct weh_str){ whole, n }));
    }
}

static int teardown(void **state)
{
    (void)state;
    weh_arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xml_of_the_native_library_becomes_a_tree),
        cmocka_unit_test(test_xml_that_is_not_well_formed_is_not_read),
        cmocka_unit_test(test_xml_beyond_its_bounds_is_not_read),
        cmocka_unit_test(test_xml_cut_anywhere_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
