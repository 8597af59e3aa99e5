/* tests/unit/ec/test_describe_oracle.c - descriptions against what the official backend says of the
 * same files: class metadata (NAME.classes) and whole schemas as EC 3.2 JSON (small.schemas). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/json.h"

#include "describe_fixture.h"

static const struct weh_json_limits limits = { 64, 1000000 };

/* The members that the class metadata of core-backend 5.1.9 has, of classes and of properties. If we
 * have one, the dump has it, and the other way round. */
static const char *const class_members[] = { "classId",         "ecclass",      "description",
                                             "modifier",        "displayLabel", "baseClasses",
                                             "customAttributes" };
static const char *const property_members[] = {
    "primitiveType", "structName",   "extendedType",      "description",
    "displayLabel",  "minimumValue", "maximumValue",      "minimumLength",
    "maximumLength", "readOnly",     "direction",         "isCustomHandled",
    "minOccurs",     "maxOccurs",    "relationshipClass", "customAttributes",
};

/* The dump cannot hold arrays of custom attributes: those of values are left out (but make an empty
 * object), those of structs are an object with an empty one inside. We have the arrays. */
static void assert_attribute_properties(const char *where, const struct weh_value *dump,
                                        const struct weh_value *ours)
{
    for (uint32_t i = 0; dump != NULL && i < dump->n; i++) {
        const struct weh_member *member = &dump->as.members[i];
        const struct weh_value *mine = NULL;
        char key[64];

        (void)snprintf(key, sizeof(key), "%.*s", WEH_STR_ARGS(member->key));
        mine = value_at(ours, key);
        if (mine != NULL && mine->type == WEH_VALUE_ARRAY && member->value.type == WEH_VALUE_MAP &&
            member->value.n == 1) {
            continue;
        }
        if (mine == NULL || !values_match(&member->value, mine, false)) {
            fail_values(where, &member->value, ours);
        }
    }
    for (uint32_t i = 0; ours != NULL && i < ours->n; i++) {
        char key[64];

        (void)snprintf(key, sizeof(key), "%.*s", WEH_STR_ARGS(ours->as.members[i].key));
        if (ours->as.members[i].value.type != WEH_VALUE_ARRAY && value_at(dump, key) == NULL) {
            fail_values(where, dump, ours);
        }
    }
}

static void assert_attributes(const char *where, const struct weh_value *dump,
                              const struct weh_value *ours)
{
    if (dump->n != ours->n) {
        fail_values(where, dump, ours);
    }
    for (uint32_t i = 0; i < dump->n; i++) {
        const struct weh_value *a = &dump->as.items[i];
        const struct weh_value *b = &ours->as.items[i];

        if (!values_match(weh_value_get(a, "ecclass"), weh_value_get(b, "ecclass"), false) ||
            weh_value_get(b, "unreadable") != NULL) {
            fail_values(where, a, b);
        }
        assert_attribute_properties(where, weh_value_get(a, "properties"),
                                    weh_value_get(b, "properties"));
    }
}

static void assert_members(const char *where, const char *const *names, size_t n,
                           const struct weh_value *dump, const struct weh_value *ours)
{
    for (uint32_t i = 0; i < dump->n; i++) {
        size_t known = 0;

        while (known < n && !weh_str_eq_text(dump->as.members[i].key, names[known])) {
            known++;
        }
        if (known == n && !weh_str_eq_text(dump->as.members[i].key, "properties")) {
            fail_values(where, dump, ours);
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct weh_value *a = weh_value_get(dump, names[i]);
        const struct weh_value *b = weh_value_get(ours, names[i]);

        if (a == NULL && b == NULL) {
            continue;
        }
        if (a == NULL || b == NULL) {
            fail_values(where, dump, ours);
        }
        if (strcmp(names[i], "customAttributes") == 0) {
            assert_attributes(where, a, b);
        } else if (!values_match(a, b, false)) {
            fail_values(where, a, b);
        }
    }
}

static void assert_metadata(const struct weh_value *dump, const struct weh_value *ours)
{
    const struct weh_value *theirs = weh_value_get(dump, "properties");
    const struct weh_value *mine = weh_value_get(ours, "properties");

    assert_members("the class", class_members, WEH_ARRAY_LEN(class_members), dump, ours);
    if (theirs->n != mine->n) {
        fail_values("properties", theirs, mine);
    }
    for (uint32_t i = 0; i < theirs->n; i++) {
        const struct weh_member *a = &theirs->as.members[i];
        const struct weh_member *b = &mine->as.members[i];

        if (!weh_str_eq(a->key, b->key)) {
            fail_values("order of properties", theirs, mine);
        }
        assert_members("a property", property_members, WEH_ARRAY_LEN(property_members), &a->value,
                       &b->value);
    }
}

/* All lines of @dump against the classes of @imodel; the number of lines. */
static size_t compare_classes(const char *imodel, const char *dump)
{
    struct describe_fixture f;
    struct weh_arena arena;
    struct weh_buf lines;
    struct weh_str rest;
    size_t n = 0;

    describe_open(&f, imodel, NULL);
    weh_arena_init(&arena, 0);
    weh_buf_init(&lines, 0);
    ec_fixture_read(dump, &lines);
    rest = (struct weh_str){ (const char *)lines.data, lines.len };
    while (rest.len != 0) {
        struct weh_value line;
        struct weh_str text;
        char name[200];

        rest = weh_str_split(rest, '\n', &text);
        assert_int_equal(weh_json_parse(text, &limits, &arena, &line, NULL), WEH_OK);
        (void)snprintf(name, sizeof(name), "%.*s",
                       WEH_STR_ARGS(weh_value_str(weh_value_get(&line, "ecclass"))));
        assert_metadata(&line, describe_class(&f, name));
        n++;
    }
    weh_buf_fini(&lines);
    weh_arena_fini(&arena);
    describe_close(&f);
    return n;
}

static void test_description_of_classes_has_every_fact_of_the_metadata(void **state)
{
    (void)state;
    assert_int_equal(compare_classes("empty.bim", "oracle/empty.classes.jsonl.xz"), 21);
    assert_int_equal(compare_classes("undone.bim", "oracle/undone.classes.jsonl.xz"), 21);
    assert_int_equal(compare_classes("small.bim", "oracle/small.classes.jsonl.xz"), 32);
    assert_int_equal(compare_classes("medium.bim.xz", "oracle/medium.classes.jsonl.xz"), 32);
    assert_true(compare_classes("final.bim.xz", "oracle/final.classes.jsonl.xz") > 30);
}

/* ---- EC 3.2 JSON ---- */

/* Member @theirs of EC JSON is member @mine of ours; both or neither. */
struct pair {
    const char *theirs;
    const char *mine;
};

static void assert_pairs(const char *where, const struct pair *pairs, size_t n,
                         const struct weh_value *theirs, const struct weh_value *mine)
{
    for (size_t i = 0; i < n; i++) {
        const struct weh_value *a = weh_value_get(theirs, pairs[i].theirs);
        const struct weh_value *b = weh_value_get(mine, pairs[i].mine);

        if ((a == NULL) != (b == NULL) || (a != NULL && !values_match(a, b, true))) {
            print_error("%s, %s\n", where, pairs[i].theirs);
            fail_values(where, theirs, mine);
        }
    }
}

static void assert_no_more(const char *where, const struct pair *pairs, size_t n,
                           const char *const *others, const struct weh_value *theirs)
{
    for (uint32_t i = 0; i < theirs->n; i++) {
        bool known = false;

        for (size_t p = 0; p < n; p++) {
            known = known || weh_str_eq_text(theirs->as.members[i].key, pairs[p].theirs);
        }
        for (size_t o = 0; others[o] != NULL; o++) {
            known = known || weh_str_eq_text(theirs->as.members[i].key, others[o]);
        }
        if (!known) {
            fail_values(where, theirs, NULL);
        }
    }
}

/* EC JSON writes the class and the values of an attribute side by side. */
static void assert_json_attributes(const char *where, const struct weh_value *theirs,
                                   const struct weh_value *mine)
{
    if ((theirs == NULL) != (mine == NULL) || (theirs != NULL && theirs->n != mine->n)) {
        fail_values(where, theirs, mine);
    }
    for (uint32_t i = 0; theirs != NULL && i < theirs->n; i++) {
        const struct weh_value *a = &theirs->as.items[i];
        const struct weh_value *b = weh_value_get(&mine->as.items[i], "properties");

        if (!values_match(weh_value_get(a, "className"),
                          weh_value_get(&mine->as.items[i], "ecclass"), true) ||
            a->n - 1 != (b == NULL ? 0 : b->n)) {
            fail_values(where, a, &mine->as.items[i]);
        }
        for (uint32_t m = 0; m < a->n; m++) {
            char key[64];

            (void)snprintf(key, sizeof(key), "%.*s", WEH_STR_ARGS(a->as.members[m].key));
            if (strcmp(key, "className") != 0 &&
                (value_at(b, key) == NULL ||
                 !values_match(&a->as.members[m].value, value_at(b, key), false))) {
                fail_values(where, a, b);
            }
        }
    }
}

static void assert_json_property(struct weh_str name, const struct weh_value *theirs,
                                 const struct weh_value *ours)
{
    static const struct pair pairs[] = {
        { "name", "name" },
        { "type", "type" },
        { "label", "label" },
        { "description", "description" },
        { "isReadOnly", "readOnly" },
        { "priority", "priority" },
        { "category", "category" },
        { "kindOfQuantity", "kindOfQuantity" },
        { "typeName", "typeName" },
        { "extendedTypeName", "extendedType" },
        { "minOccurs", "minOccurs" },
        { "maxOccurs", "maxOccurs" },
        { "minLength", "minimumLength" },
        { "maxLength", "maximumLength" },
        { "minValue", "minimumValue" },
        { "maxValue", "maximumValue" },
        { "relationshipName", "relationshipClass" },
        { "direction", "direction" },
    };
    static const char *const others[] = { "customAttributes", NULL };
    char where[128];

    (void)snprintf(where, sizeof(where), "property %.*s", WEH_STR_ARGS(name));
    assert_pairs(where, pairs, WEH_ARRAY_LEN(pairs), theirs, ours);
    assert_no_more(where, pairs, WEH_ARRAY_LEN(pairs), others, theirs);
    assert_json_attributes(where, weh_value_get(theirs, "customAttributes"),
                           weh_value_get(ours, "customAttributes"));
}

static void assert_json_class(struct weh_str name, const struct weh_value *theirs,
                              const struct weh_value *ours)
{
    static const struct pair pairs[] = {
        { "schemaItemType", "schemaItemType" },
        { "label", "label" },
        { "description", "description" },
        { "baseClass", "baseClass" },
        { "mixins", "mixins" },
        { "appliesTo", "appliesTo" },
        { "strength", "strength" },
        { "strengthDirection", "strengthDirection" },
        { "source", "source" },
        { "target", "target" },
    };
    static const char *const others[] = { "customAttributes", "properties", "modifier", NULL };
    const struct weh_value *list = weh_value_get(theirs, "properties");
    const struct weh_value *mine = weh_value_get(ours, "properties");
    const struct weh_value *modifier = weh_value_get(theirs, "modifier");
    char where[128];

    (void)snprintf(where, sizeof(where), "class %.*s", WEH_STR_ARGS(name));
    assert_pairs(where, pairs, WEH_ARRAY_LEN(pairs), theirs, ours);
    assert_no_more(where, pairs, WEH_ARRAY_LEN(pairs), others, theirs);
    /* Only relationships say "None". A mixin is abstract by its kind. */
    if (modifier != NULL && !weh_str_eq_text(weh_value_str(modifier), "None")) {
        assert_true(values_match(modifier, weh_value_get(ours, "modifier"), false));
    } else if (!weh_str_eq_text(weh_value_str(weh_value_get(ours, "schemaItemType")), "Mixin")) {
        assert_null(weh_value_get(ours, "modifier"));
    }
    /* EC JSON of a mixin has no IsMixin, for that is its kind. */
    if (!weh_str_eq_text(weh_value_str(weh_value_get(ours, "schemaItemType")), "Mixin")) {
        assert_json_attributes(where, weh_value_get(theirs, "customAttributes"),
                               weh_value_get(ours, "customAttributes"));
    }
    if ((list == NULL ? 0 : list->n) != mine->n) {
        fail_values(where, list, mine);
    }
    for (uint32_t i = 0; i < mine->n; i++) {
        assert_json_property(mine->as.members[i].key, &list->as.items[i],
                             &mine->as.members[i].value);
    }
}

static void assert_json_enumeration(struct describe_fixture *f, const char *name,
                                    const struct weh_value *theirs)
{
    static const struct pair pairs[] = { { "label", "label" },
                                         { "description", "description" },
                                         { "type", "type" },
                                         { "isStrict", "isStrict" },
                                         { "enumerators", "enumerators" } };
    static const char *const others[] = { "schemaItemType", NULL };
    struct weh_ec_describer describer = describe_begin(f);

    assert_int_equal(weh_ec_describe_enumeration(&describer, weh_str_from(name), NULL), WEH_OK);
    assert_pairs(name, pairs, WEH_ARRAY_LEN(pairs), theirs, describe_take(f));
    assert_no_more(name, pairs, WEH_ARRAY_LEN(pairs), others, theirs);
}

/* Kinds of quantity and categories stand in the descriptions of classes that use them. */
static void assert_json_used(struct describe_fixture *f, const char *name, const char *member,
                             const struct weh_value *theirs)
{
    const struct weh_value *mine = weh_value_get(describe_class(f, "WebEditTest:Widget"), member);

    mine = weh_value_get(mine, name);
    if (mine == NULL || mine->n != theirs->n - 1) {
        fail_values(name, theirs, mine);
    }
    for (uint32_t i = 0; i < mine->n; i++) {
        char key[64];

        (void)snprintf(key, sizeof(key), "%.*s", WEH_STR_ARGS(mine->as.members[i].key));
        if (value_at(theirs, key) == NULL ||
            !values_match(value_at(theirs, key), &mine->as.members[i].value, false)) {
            fail_values(name, theirs, mine);
        }
    }
}

static void assert_json_item(struct describe_fixture *f, struct weh_str schema,
                             const struct weh_member *item)
{
    struct weh_str type = weh_value_str(weh_value_get(&item->value, "schemaItemType"));
    char name[200];

    (void)snprintf(name, sizeof(name), "%.*s:%.*s", WEH_STR_ARGS(schema), WEH_STR_ARGS(item->key));
    if (weh_str_eq_text(type, "Enumeration")) {
        assert_json_enumeration(f, name, &item->value);
    } else if (weh_str_eq_text(type, "KindOfQuantity")) {
        assert_json_used(f, name, "kindsOfQuantity", &item->value);
    } else if (weh_str_eq_text(type, "PropertyCategory")) {
        assert_json_used(f, name, "categories", &item->value);
    } else {
        assert_json_class(item->key, &item->value, describe_class(f, name));
    }
}

static void assert_json_schema(struct describe_fixture *f, const struct weh_value *theirs)
{
    static const struct pair pairs[] = { { "name", "name" },
                                         { "alias", "alias" },
                                         { "label", "label" },
                                         { "description", "description" },
                                         { "version", "version" } };
    static const char *const others[] = { "$schema", "references", "customAttributes", "items",
                                          NULL };
    struct weh_str name = weh_value_str(weh_value_get(theirs, "name"));
    const struct weh_value *references = weh_value_get(theirs, "references");
    const struct weh_value *items = weh_value_get(theirs, "items");
    struct weh_ec_describer describer = describe_begin(f);
    const struct weh_value *ours;

    assert_int_equal(weh_ec_describe_schemas(&describer, name, true, NULL), WEH_OK);
    ours = describe_take(f);
    assert_int_equal(ours->n, 1);
    ours = &ours->as.items[0];
    assert_pairs("schema", pairs, WEH_ARRAY_LEN(pairs), theirs, ours);
    assert_no_more("schema", pairs, WEH_ARRAY_LEN(pairs), others, theirs);
    assert_json_attributes("schema", weh_value_get(theirs, "customAttributes"),
                           weh_value_get(ours, "customAttributes"));
    if (references == NULL) {
        assert_int_equal(weh_value_get(ours, "references")->n, 0);
    } else if (!values_match(references, weh_value_get(ours, "references"), false)) {
        fail_values("references", references, weh_value_get(ours, "references"));
    }
    for (uint32_t i = 0; i < items->n; i++) {
        assert_json_item(f, name, &items->as.members[i]);
    }
}

/* @check of each schema that the official backend wrote. */
static void check_schemas(void (*check)(struct describe_fixture *f, const struct weh_value *theirs))
{
    struct describe_fixture f;
    struct weh_arena arena;
    struct weh_buf lines;
    struct weh_str rest;
    size_t n = 0;

    describe_open(&f, "small.bim", NULL);
    weh_arena_init(&arena, 0);
    weh_buf_init(&lines, 0);
    ec_fixture_read("oracle/small.schemas.jsonl.xz", &lines);
    rest = (struct weh_str){ (const char *)lines.data, lines.len };
    for (; rest.len != 0; n++) {
        struct weh_value schema;
        struct weh_str text;

        rest = weh_str_split(rest, '\n', &text);
        assert_int_equal(weh_json_parse(text, &limits, &arena, &schema, NULL), WEH_OK);
        check(&f, &schema);
    }
    assert_int_equal(n, 3);
    weh_buf_fini(&lines);
    weh_arena_fini(&arena);
    describe_close(&f);
}

static void test_description_of_schemas_has_every_fact_of_their_json(void **state)
{
    (void)state;
    check_schemas(assert_json_schema);
}

static void assert_same_json(struct describe_fixture *f, const struct weh_value *theirs)
{
    const struct weh_ec_describer describer = describe_begin(f);
    const struct weh_str name = weh_value_str(weh_value_get(theirs, "name"));
    const struct weh_value *ours;

    assert_int_equal(weh_ec_schema_json(&describer, name, NULL), WEH_OK);
    ours = describe_take(f);
    if (!values_match(theirs, ours, false)) {
        fail_values("schema", theirs, ours);
    }
}

static void test_schemas_as_json_are_what_the_official_backend_writes(void **state)
{
    (void)state;
    check_schemas(assert_same_json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_description_of_classes_has_every_fact_of_the_metadata),
        cmocka_unit_test(test_description_of_schemas_has_every_fact_of_their_json),
        cmocka_unit_test(test_schemas_as_json_are_what_the_official_backend_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
