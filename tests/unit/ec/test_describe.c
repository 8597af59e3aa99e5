/* tests/unit/ec/test_describe.c - what descriptions add to the metadata of the official backend, what is
 * refused, and that damaged details or missing memory harm nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/json.h"

#include "describe_fixture.h"
#include "fake_alloc.h"

/* An attribute class of our own made of Widget: it has a property of each type. */
#define WIDGET_AS_ATTRIBUTE(xml)                                                           \
    "UPDATE ec_CustomAttribute SET ClassId=(SELECT Id FROM ec_Class WHERE Name='Widget')," \
    "Instance='" xml "' WHERE ContainerType=30 AND ContainerId=(SELECT Id FROM ec_Class "  \
    "WHERE Name='INicknamed')"

static int setup(void **state)
{
    struct describe_fixture *f = malloc(sizeof(*f));

    assert_non_null(f);
    describe_open(f, "small.bim", NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    describe_close(*state);
    free(*state);
    return 0;
}

static void assert_json(const struct weh_value *value, const char *json)
{
    static const struct weh_json_limits limits = { 64, 100000 };
    struct weh_value expected;
    struct weh_arena arena;

    weh_arena_init(&arena, 0);
    assert_int_equal(weh_json_parse(weh_str_from(json), &limits, &arena, &expected, NULL), WEH_OK);
    if (value == NULL || !values_match(&expected, value, false)) {
        fail_values("not as expected", &expected, value);
    }
    weh_arena_fini(&arena);
}

static void test_description_of_a_class_tells_inherited_properties_in_their_order(void **state)
{
    struct describe_fixture *f = *state;
    const struct weh_value *value = describe_class(f, "WebEditTest:SpecialRecord");
    const struct weh_ec_class *ec_class = ec_fixture_class(&f->file, "WebEditTest:SpecialRecord");
    const struct weh_value *inherited = value_at(value, "inheritedProperties");
    const struct weh_value *own = value_at(value, "properties");

    assert_int_equal(inherited->n + own->n, ec_class->n_properties);
    assert_int_equal(own->n, 2);
    for (uint32_t i = 0; i < inherited->n; i++) {
        assert_true(weh_str_eq(inherited->as.members[i].key, ec_class->properties[i].js_name));
    }
    assert_text_at(inherited, "codeValue/declaredIn", "BisCore:Element");
    assert_text_at(inherited, "nickname/declaredIn", "WebEditTest:INicknamed");
    assert_text_at(inherited, "name/declaredIn", "WebEditTest:Record");
    assert_null(value_at(own, "extra/declaredIn"));
    assert_json(value_at(value, "baseClasses"), "[\"WebEditTest:Record\"]");
    assert_json(value_at(value, "derivedClasses"), "[]");
    assert_json(value_at(describe_class(f, "wet.RECORD"), "derivedClasses"),
                "[\"WebEditTest:SpecialRecord\"]");
}

static void test_description_without_inherited_properties_has_the_own_ones_only(void **state)
{
    struct describe_fixture *f = *state;
    struct weh_ec_describer describer = describe_begin(f);
    const struct weh_value *value;

    assert_int_equal(
        weh_ec_describe_class(&describer, WEH_STR("WebEditTest:SpecialRecord"), false, NULL),
        WEH_OK);
    value = describe_take(f);
    assert_null(value_at(value, "inheritedProperties"));
    assert_int_equal(value_at(value, "properties")->n, 2);
}

static void test_description_explains_what_properties_refer_to(void **state)
{
    const struct weh_value *value = describe_class(*state, "WebEditTest:Widget");

    assert_text_at(value, "properties/d/kindOfQuantity", "WebEditTest:LENGTH");
    assert_json(value_at(value, "kindsOfQuantity"),
                "{\"WebEditTest:LENGTH\":{\"label\":\"Length\",\"persistenceUnit\":\"Units.M\","
                "\"relativeError\":0.0001,\"presentationUnits\":[\"Formats.DefaultRealU(4)"
                "[Units.M]\",\"Formats.DefaultRealU(2)[Units.FT]\"]}}");
    assert_json(value_at(value, "units"),
                "{\"Units.M\":{\"label\":\"m\",\"definition\":\"M\","
                "\"phenomenon\":\"Units.LENGTH\",\"unitSystem\":\"Units.SI\"},"
                "\"Units.FT\":{\"label\":\"ft\",\"description\":\"Exact, "
                "http://www.nist.gov/pml/wmd/pubs/upload/hb44-15-web-final.pdf, Appendix C. "
                "Section 2, Page C-4\",\"definition\":\"IN\",\"numerator\":12.0,"
                "\"phenomenon\":\"Units.LENGTH\",\"unitSystem\":\"Units.USCUSTOM\"}}");
    assert_json(value_at(value, "formats"),
                "{\"Formats.DefaultRealU\":{\"label\":\"realu\",\"formatTraits\":"
                "[\"keepSingleZero\",\"keepDecimalPoint\",\"showUnitLabel\"],\"precision\":6,"
                "\"type\":\"Decimal\"}}");
    assert_json(value_at(value, "categories"),
                "{\"WebEditTest:Basics\":{\"label\":\"Basics\",\"priority\":10}}");
    assert_text_at(value, "properties/i/category", "WebEditTest:Basics");
    assert_text_at(value, "properties/level/enumeration", "WebEditTest:Grade");
    assert_json(value_at(value, "enumerations/WebEditTest:Status"),
                "{\"type\":\"int\",\"isStrict\":true,\"enumerators\":[{\"name\":\"Draft\","
                "\"label\":\"Draft\",\"value\":0},{\"name\":\"Issued\",\"label\":\"Issued\","
                "\"value\":1},{\"name\":\"Void\",\"label\":\"Void\",\"value\":2}]}");
    assert_json(value_at(value, "properties/controller/targetConstraint"),
                "{\"constraintClasses\":[\"WebEditTest:Record\"],\"multiplicity\":\"(0..1)\","
                "\"polymorphic\":true,\"roleLabel\":\"controls\"}");
}

static void test_description_of_a_composite_format_names_its_units(void **state)
{
    struct describe_fixture f;

    (void)state;
    describe_open(&f, "small.bim",
                  "UPDATE ec_KindOfQuantity SET PresentationUnits='[\"f:AmerFI\","
                  "\"f:AmerI(4)[u:FT|foot]\",7,\"\",\"x:Y\"]'");
    assert_json(
        value_at(describe_class(&f, "WebEditTest:Dimension"), "formats/Formats.AmerFI/composite"),
        "{\"includeZero\":true,\"spacer\":\"\",\"units\":[{\"label\":\"'\",\"name\":"
        "\"Units.FT\"},{\"label\":\"\\\"\",\"name\":\"Units.IN\"}]}");
    assert_json(value_at(describe_class(&f, "WebEditTest:Dimension"),
                         "kindsOfQuantity/WebEditTest:LENGTH/presentationUnits"),
                "[\"Formats.AmerFI\",\"Formats.AmerI(4)[Units.FT|foot]\",\"x:Y\"]");
    describe_close(&f);
}

/* So are names stored that the schema of the kind of quantity declares itself. */
static void test_description_of_a_quantity_completes_names_without_a_schema(void **state)
{
    struct describe_fixture f;

    (void)state;
    describe_open(&f, "small.bim",
                  "UPDATE ec_KindOfQuantity SET PersistenceUnit='MINE',"
                  "PresentationUnits='[\"Own\",\"Own(2)[MINE|m][u:FT]\",\"a:b:c\"]'");
    assert_json(value_at(describe_class(&f, "WebEditTest:Dimension"),
                         "kindsOfQuantity/WebEditTest:LENGTH/persistenceUnit"),
                "\"WebEditTest.MINE\"");
    assert_json(value_at(describe_class(&f, "WebEditTest:Dimension"),
                         "kindsOfQuantity/WebEditTest:LENGTH/presentationUnits"),
                "[\"WebEditTest.Own\",\"WebEditTest.Own(2)[WebEditTest.MINE|m][Units.FT]\","
                "\"a:b:c\"]");
    describe_close(&f);
}

static void test_description_says_what_is_hidden(void **state)
{
    struct describe_fixture *f = *state;
    const struct weh_value *value = describe_class(f, "BisCore:Element");

    assert_json(value_at(value, "hidden"), "false");
    assert_json(value_at(value, "properties/parent/hidden"), "true");
    assert_json(value_at(value, "properties/userLabel/hidden"), "false");
    assert_json(value_at(describe_class(f, "BisCore:ExternalSourceAspect"), "hidden"), "true");
}

static void test_description_of_what_is_hidden_follows_overrides_and_bases(void **state)
{
    struct describe_fixture f;

    (void)state;
    /* Record.Amount becomes Extra again: SpecialRecord declares it anew. */
    describe_open(
        &f, "small.bim",
        "UPDATE ec_CustomAttribute SET ContainerId=(SELECT Id FROM ec_Property WHERE "
        "Name='Name' AND ClassId=(SELECT Id FROM ec_Class WHERE Name='EmbeddedFileInfo')),"
        "Ordinal=50 WHERE ContainerType=992 AND ClassId=(SELECT Id FROM ec_Class WHERE "
        "Name='HiddenProperty') AND ContainerId=(SELECT Id FROM ec_Property WHERE "
        "Name='Parent' AND ClassId=(SELECT Id FROM ec_Class WHERE Name='Element'));"
        "UPDATE ec_CustomAttribute SET Instance='<HiddenProperty><Show>True</Show>"
        "</HiddenProperty>' WHERE Ordinal=50;"
        "UPDATE ec_CustomAttribute SET ContainerId=(SELECT Id FROM ec_Property WHERE "
        "Name='Description' AND ClassId=(SELECT Id FROM ec_Class WHERE Name='FileInfo')),"
        "Ordinal=51 WHERE ContainerType=992 AND ClassId=(SELECT Id FROM ec_Class WHERE "
        "Name='HiddenProperty') AND ContainerId=(SELECT Id FROM ec_Property WHERE "
        "Name='JsonProperties' AND ClassId=(SELECT Id FROM ec_Class WHERE Name='Element'));"
        "UPDATE ec_CustomAttribute SET ContainerId=(SELECT Id FROM ec_Class WHERE "
        "Name='Record'),Ordinal=52 WHERE ClassId=(SELECT Id FROM ec_Class WHERE "
        "Name='HiddenClass') AND ContainerId=(SELECT Id FROM ec_Class WHERE "
        "Name='ExternalSourceAspect')");
    const struct weh_value *value = describe_class(&f, "ECDbFileInfo:EmbeddedFileInfo");

    assert_text_at(value, "properties/name/overrides", "ECDbFileInfo:FileInfo");
    assert_json(value_at(value, "properties/name/hidden"), "false");
    assert_json(value_at(value, "properties/description/hidden"), "true");
    assert_null(value_at(value, "properties/lastModified/overrides"));
    assert_json(value_at(describe_class(&f, "WebEditTest:SpecialRecord"), "hidden"), "true");
    assert_json(value_at(describe_class(&f, "BisCore:ExternalSourceAspect"), "hidden"), "false");
    describe_close(&f);
}

static void test_description_of_attributes_has_arrays_of_structs(void **state)
{
    assert_json(value_at(describe_class(*state, "BisCore:UrlLink"), "customAttributes/1"),
                "{\"ecclass\":\"ECDbMap:DbIndexList\",\"properties\":{\"Indexes\":[{\"Name\":"
                "\"ix_bis_UrlLink_Url\",\"IsUnique\":false,\"Properties\":[\"Url\"]}]}}");
}

static void test_description_of_an_attribute_is_typed_by_its_class(void **state)
{
    const struct weh_value *value;
    struct describe_fixture f;

    (void)state;
    describe_open(
        &f, "small.bim",
        WIDGET_AS_ATTRIBUTE(
            "<Widget><I>7</I><L>9007199254740993</L><D>1.5</D><B>True</B><S> a &lt;b&gt; </S>"
            "<Bin>QUJD</Bin><Utc>2020-01-02T03:04:05Z</Utc><P2>1,2</P2><P3>1,2.5,-3e2</P3>"
            "<State>2</State><Dim><Width>1</Width><Unit></Unit></Dim><MainTag><Name>n</Name><Dim/>"
            "</MainTag><Ints><int>1</int><int>x</int></Ints><Tags><Tag><Name>t</Name><Dim><Width>2"
            "</Width></Dim></Tag><Tag/></Tags><P2s><p>1,2</p><p>1</p><p>1,2,3</p></P2s><Strs/>"
            "<Unknown>1</Unknown><I>8</I><AnyDt/><G>?</G></Widget>"));
    value = value_at(describe_class(&f, "WebEditTest:INicknamed"), "customAttributes/0");
    assert_text_at(value, "ecclass", "WebEditTest:Widget");
    value = value_at(value, "properties");
    assert_int_equal(value_at(value, "L")->as.integer, 9007199254740993);
    assert_int_equal(value_at(value, "Bin")->type, WEH_VALUE_BINARY);
    assert_memory_equal(value_at(value, "Bin")->as.binary, "ABC", 3);
    assert_json(value_at(value, "I"), "7");
    assert_json(value_at(value, "D"), "1.5");
    assert_json(value_at(value, "B"), "true");
    assert_json(value_at(value, "S"), "\" a <b> \"");
    assert_json(value_at(value, "Utc"), "\"2020-01-02T03:04:05Z\"");
    assert_json(value_at(value, "P2"), "{\"x\":1,\"y\":2}");
    assert_json(value_at(value, "P3"), "{\"x\":1,\"y\":2.5,\"z\":-300}");
    assert_json(value_at(value, "State"), "2");
    assert_json(value_at(value, "Dim"), "{\"Width\":1,\"Unit\":\"\"}");
    assert_json(value_at(value, "MainTag"), "{\"Name\":\"n\"}");
    assert_json(value_at(value, "Ints"), "[1,\"x\"]");
    assert_json(value_at(value, "Tags"), "[{\"Name\":\"t\",\"Dim\":{\"Width\":2}},{}]");
    assert_json(value_at(value, "P2s"), "[{\"x\":1,\"y\":2},\"1\",\"1,2,3\"]");
    assert_json(value_at(value, "Strs"), "[]");
    assert_json(value_at(value, "G"), "\"?\"");
    assert_null(value_at(value, "AnyDt"));
    assert_null(value_at(value, "Unknown"));
    describe_close(&f);
}

static void test_description_of_unknown_names_is_refused_with_the_nearest_one(void **state)
{
    struct describe_fixture *f = *state;
    static const struct {
        const char *name;
        const char *nearest; /* NULL: none */
    } cases[] = {
        { "WebEditTest:Wigdet", "WebEditTest:Widget" },
        { "wet.recrod", "WebEditTest:Record" },
        { "Subject", "BisCore:Subject" },
        { "Generic:Subject", "BisCore:Subject" },
        { "BisCore:PhysicalElemnt", "BisCore:PhysicalElement" },
        { "BisCore:Xyzzy", NULL },
        { "", NULL },
        { ":", NULL },
        { "BisCore:Subject:x", NULL },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        struct weh_ec_describer describer = describe_begin(f);
        struct weh_diag diag = { .err = WEH_OK };
        char text[128] = "no such class";

        if (cases[i].nearest != NULL) {
            (void)snprintf(text, sizeof(text), "no such class; did you mean %s?", cases[i].nearest);
        }
        assert_int_equal(
            weh_ec_describe_class(&describer, weh_str_from(cases[i].name), true, &diag),
            WEH_E_NOT_FOUND);
        assert_string_equal(diag.where, "classFullName");
        assert_string_equal(diag.text, text);
    }
}

static void test_description_of_an_enumeration_takes_any_spelling(void **state)
{
    struct describe_fixture *f = *state;
    static const char *const names[] = { "WebEditTest:Grade", "wet.GRADE", "webedittest:grade" };
    static const char *const none[] = { "WebEditTest:Widget", "Grade", "x:Grade", "" };

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        struct weh_ec_describer describer = describe_begin(f);

        assert_int_equal(weh_ec_describe_enumeration(&describer, weh_str_from(names[i]), NULL),
                         WEH_OK);
        assert_text_at(describe_take(f), "fullName", "WebEditTest:Grade");
        assert_text_at(&f->value, "type", "string");
        assert_text_at(&f->value, "enumerators/2/value", "C");
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(none); i++) {
        struct weh_ec_describer describer = describe_begin(f);
        struct weh_diag diag = { .err = WEH_OK };

        assert_int_equal(weh_ec_describe_enumeration(&describer, weh_str_from(none[i]), &diag),
                         WEH_E_NOT_FOUND);
        assert_string_equal(diag.where, "enumeration");
    }
}

static void test_list_of_schemas_is_by_name_and_may_be_narrowed(void **state)
{
    struct describe_fixture *f = *state;
    struct weh_ec_describer describer = describe_begin(f);
    struct weh_diag diag = { .err = WEH_OK };
    const struct weh_value *list;

    assert_int_equal(weh_ec_describe_schemas(&describer, WEH_STR(""), false, NULL), WEH_OK);
    list = describe_take(f);
    assert_int_equal(list->n, 12);
    assert_text_at(list, "0/name", "BisCore");
    assert_text_at(list, "0/version", "01.00.22");
    assert_null(value_at(list, "0/classes"));

    describer = describe_begin(f);
    assert_int_equal(weh_ec_describe_schemas(&describer, WEH_STR("WET"), true, NULL), WEH_OK);
    list = describe_take(f);
    assert_int_equal(list->n, 1);
    assert_int_equal(value_at(list, "0/classes")->n, 11);
    assert_json(value_at(list, "0/classes/1"),
                "{\"name\":\"INicknamed\",\"schemaItemType\":\"Mixin\",\"modifier\":\"Abstract\"}");
    assert_json(value_at(list, "0/enumerations"), "[\"Grade\",\"Status\"]");
    assert_json(value_at(list, "0/kindsOfQuantity"), "[\"LENGTH\"]");
    assert_json(value_at(list, "0/categories"), "[\"Basics\"]");

    describer = describe_begin(f);
    assert_int_equal(weh_ec_describe_schemas(&describer, WEH_STR("Nothing"), true, &diag),
                     WEH_E_NOT_FOUND);
    assert_string_equal(diag.where, "schema");
}

/* Each text of the details damaged in its own way; the catalogue does not read them. */
static void test_description_of_damaged_details_harms_nobody(void **state)
{
    static const char *const damages[] = {
        "UPDATE ec_CustomAttribute SET Instance='<'",
        "UPDATE ec_CustomAttribute SET Instance=x'00ff' WHERE ContainerType=30",
        "UPDATE ec_CustomAttribute SET Instance=7 WHERE ContainerType=30",
        "UPDATE ec_CustomAttribute SET Instance=replace(Instance,'>','')",
        "UPDATE ec_CustomAttribute SET Instance=replace(Instance,'string','')",
        "UPDATE ec_CustomAttribute SET Instance='<a>'||replace(hex(zeroblob(20000)),'00','<b/>')"
        "||'</a>' WHERE Id%20=0",
        "UPDATE ec_Enumeration SET EnumValues='[1,null,{\"IntValue\":[[{}]]}'",
        "UPDATE ec_Enumeration SET EnumValues='[1,null,{\"IntValue\":[[{}]]},[]]'",
        "UPDATE ec_Enumeration SET EnumValues='{\"a\":1}'",
        "UPDATE ec_Enumeration SET EnumValues=x'ff'",
        "UPDATE ec_KindOfQuantity SET PresentationUnits='[\"[[[[[[[[[[[[[[[[[[[[[[[[[\",\"]\",\"\"]'",
        "UPDATE ec_KindOfQuantity SET PresentationUnits='{}',PersistenceUnit=x'80',RelativeError='x'",
        "UPDATE ec_KindOfQuantity SET PersistenceUnit=hex(zeroblob(100000))",
        "UPDATE ec_KindOfQuantity SET SchemaId=999,Name=''",
        "UPDATE ec_Format SET NumericSpec='[]',CompositeSpec='{\"units\":1,\"label\":2}'",
        "UPDATE ec_FormatCompositeUnit SET UnitId=99999",
        "UPDATE ec_Unit SET PhenomenonId=99999,UnitSystemId=-1,Definition=x'ff',Numerator='x'",
        "UPDATE ec_Property SET PrimitiveTypeMinValue='x',PrimitiveTypeMaxValue=x'00',"
        "KindOfQuantityId=999,CategoryId=999,ArrayMinOccurs='x',Priority=x'01',DisplayLabel=x'ff',"
        "Description=7",
        "UPDATE ec_Class SET DisplayLabel=x'ff00',Description=7.5,CustomAttributeContainerType=-1",
        "UPDATE ec_RelationshipConstraint SET RoleLabel=x'ff'",
        "DELETE FROM ec_PropertyCategory",
        "DELETE FROM ec_Enumeration WHERE 0",
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(damages); i++) {
        struct describe_fixture f;

        describe_open(&f, "small.bim", damages[i]);
        for (size_t c = i % 3; c < weh_ec_class_count(f.file.catalog); c += 3) {
            struct weh_ec_describer describer = describe_begin(&f);

            assert_int_equal(weh_ec_describe_class(&describer,
                                                   weh_ec_class_at(f.file.catalog, c)->full_name,
                                                   c % 2 == 0, NULL),
                             WEH_OK);
            (void)describe_take(&f);
        }
        describe_close(&f);
    }
}

static void test_description_of_an_unreadable_attribute_is_marked(void **state)
{
    struct describe_fixture f;

    (void)state;
    describe_open(&f, "small.bim",
                  "UPDATE ec_CustomAttribute SET Instance='<' WHERE ContainerType=30");
    assert_json(value_at(describe_class(&f, "BisCore:Subject"), "customAttributes"),
                "[{\"unreadable\":true,\"ecclass\":\"BisCore:ClassHasHandler\"}]");
    describe_close(&f);
}

static weh_err describe_widget(const struct weh_ec_describer *describer)
{
    return weh_ec_describe_class(describer, WEH_STR("WebEditTest:Widget"), true, NULL);
}

static weh_err write_schema(const struct weh_ec_describer *describer)
{
    return weh_ec_schema_json(describer, WEH_STR("WebEditTest"), NULL);
}

static weh_err write_keys(const struct weh_ec_describer *describer)
{
    return weh_ec_schema_keys(describer, NULL);
}

static void assert_fails_without_memory(struct describe_fixture *f,
                                        weh_err (*describe)(const struct weh_ec_describer *))
{
    struct weh_ec_describer first = describe_begin(f);
    weh_err err = WEH_E_NOMEM;
    unsigned nth = 1;

    /* Prepared statements stay in the cache. */
    assert_int_equal(describe(&first), WEH_OK);
    for (; err == WEH_E_NOMEM; nth++) {
        struct weh_ec_describer describer = describe_begin(f);
        size_t before = fake_alloc_live();
        struct weh_value value;

        fake_alloc_fail_at(nth);
        err = describe(&describer);
        if (err == WEH_OK) {
            err = weh_value_sink_take(&f->sink, &value, NULL);
        }
        fake_alloc_reset();
        weh_arena_fini(&f->arena);
        weh_arena_init(&f->arena, 0);
        assert_int_equal(fake_alloc_live(), before);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(nth > 2);
}

static void test_description_without_memory_fails_and_leaves_nothing(void **state)
{
    assert_fails_without_memory(*state, describe_widget);
    assert_fails_without_memory(*state, write_schema);
    assert_fails_without_memory(*state, write_keys);
}

static void test_schema_as_json_is_found_by_its_name_in_any_case(void **state)
{
    struct describe_fixture *f = *state;
    struct weh_ec_describer describer = describe_begin(f);

    assert_int_equal(weh_ec_schema_json(&describer, WEH_STR("GENERIC"), NULL), WEH_OK);
    assert_text_at(describe_take(f), "name", "Generic");
    describer = describe_begin(f);
    assert_int_equal(weh_ec_schema_json(&describer, WEH_STR("bis"), NULL), WEH_E_NOT_FOUND);
    assert_int_equal(weh_ec_schema_json(&describer, WEH_STR(""), NULL), WEH_E_NOT_FOUND);
}

static void test_schema_as_json_has_no_more_than_there_is(void **state)
{
    struct describe_fixture f;
    struct weh_ec_describer describer;

    (void)state;
    describe_open(&f, "small.bim",
                  "INSERT INTO ec_Schema(Name,Alias,VersionDigit1,VersionDigit2,VersionDigit3) "
                  "VALUES('Nothing','no',1,2,3)");
    describer = describe_begin(&f);
    assert_int_equal(weh_ec_schema_json(&describer, WEH_STR("Nothing"), NULL), WEH_OK);
    assert_json(describe_take(&f),
                "{\"$schema\":\"https://dev.bentley.com/json_schemas/ec/32/ecschema\","
                "\"name\":\"Nothing\",\"version\":\"01.02.03\",\"alias\":\"no\"}");
    describe_close(&f);
}

static void test_schema_as_json_leaves_out_structs_of_nothing(void **state)
{
    struct describe_fixture f;
    struct weh_ec_describer describer;

    (void)state;
    describe_open(&f, "small.bim",
                  "UPDATE ec_CustomAttribute SET Instance='<ShareColumns><A/></ShareColumns>' "
                  "WHERE ContainerType=30; "
                  "UPDATE ec_CustomAttribute SET Instance='<' WHERE ContainerType=1");
    describer = describe_begin(&f);
    assert_int_equal(weh_ec_schema_json(&describer, WEH_STR("WebEditTest"), NULL), WEH_OK);
    assert_json(value_at(describe_take(&f), "customAttributes"),
                "[{\"className\":\"CoreCustomAttributes.DynamicSchema\"}]");
    describe_close(&f);
}

/* An attribute of the class Widget with @n tags, as JSON. */
static void tags_as_json(const struct describe_fixture *f, size_t n, struct weh_buf *out)
{
    struct weh_buf xml;

    weh_buf_init(&xml, 0);
    weh_buf_init(out, 0);
    weh_buf_printf(&xml, "<Widget><S>s</S><I>7</I><Tags>");
    for (size_t i = 0; i < n; i++) {
        weh_buf_printf(&xml, "<Tag/>");
    }
    weh_buf_printf(&xml, "</Tags></Widget>");
    assert_int_equal(
        weh_ec_attribute_json(f->file.catalog, ec_fixture_class(&f->file, "WebEditTest:Widget")->id,
                              (struct weh_str){ (const char *)xml.data, xml.len }, out),
        WEH_OK);
    weh_buf_fini(&xml);
}

static void test_attribute_as_json_has_its_members_by_name_and_is_bounded(void **state)
{
    struct describe_fixture *f = *state;
    struct weh_buf json;

    tags_as_json(f, 2, &json);
    weh_buf_byte(&json, 0);
    assert_string_equal((const char *)json.data,
                        "{\"Widget\":{\"I\":7,\"S\":\"s\",\"Tags\":[{},{}]},\"ecClass\":\"Widget\","
                        "\"ecSchema\":\"WebEditTest.01.00\"}");
    weh_buf_fini(&json);
    tags_as_json(f, 100, &json);
    assert_true(json.len > 300);
    weh_buf_fini(&json);
    /* What would keep a query from looking at the clock. */
    tags_as_json(f, 8000, &json);
    assert_int_equal(json.len, 0);
    weh_buf_fini(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_description_of_a_class_tells_inherited_properties_in_their_order),
        cmocka_unit_test(test_description_without_inherited_properties_has_the_own_ones_only),
        cmocka_unit_test(test_description_explains_what_properties_refer_to),
        cmocka_unit_test(test_description_of_a_composite_format_names_its_units),
        cmocka_unit_test(test_description_of_a_quantity_completes_names_without_a_schema),
        cmocka_unit_test(test_description_says_what_is_hidden),
        cmocka_unit_test(test_description_of_what_is_hidden_follows_overrides_and_bases),
        cmocka_unit_test(test_description_of_attributes_has_arrays_of_structs),
        cmocka_unit_test(test_description_of_an_attribute_is_typed_by_its_class),
        cmocka_unit_test(test_attribute_as_json_has_its_members_by_name_and_is_bounded),
        cmocka_unit_test(test_description_of_unknown_names_is_refused_with_the_nearest_one),
        cmocka_unit_test(test_description_of_an_enumeration_takes_any_spelling),
        cmocka_unit_test(test_list_of_schemas_is_by_name_and_may_be_narrowed),
        cmocka_unit_test(test_description_of_damaged_details_harms_nobody),
        cmocka_unit_test(test_description_of_an_unreadable_attribute_is_marked),
        cmocka_unit_test(test_description_without_memory_fails_and_leaves_nothing),
        cmocka_unit_test(test_schema_as_json_is_found_by_its_name_in_any_case),
        cmocka_unit_test(test_schema_as_json_has_no_more_than_there_is),
        cmocka_unit_test(test_schema_as_json_leaves_out_structs_of_nothing),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
