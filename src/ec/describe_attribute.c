/* src/ec/describe_attribute.c - custom attributes: from the XML in the file to data, typed by their classes.
 *
 * What is not set is left out; what the class does not know too, as the native library does. A number or
 * point that does not read as one is given as the text it is. An instance that is no XML at all is marked
 * unreadable instead of failing the whole class.
 */
#include <stdio.h>

#include "weh/alloc.h"
#include "weh/json.h"

#include "describe_priv.h"
#include "ec_priv.h"
#include "value_priv.h"
#include "xml.h"

/* A class of attributes has a handful; more would make hostile files expensive. */
#define MAX_ATTRIBUTE_PROPERTIES 512

/* Structs, each of them maybe in an array, and the attribute itself. */
#define MAX_FRAMES (2 * (WEH_EC_MAX_STRUCT_DEPTH + 2))

/* A struct or an array being written. */
struct frame {
    const struct weh_ec_class *ec_class; /* of the struct, or of the items of a struct array */
    const struct ec_xml_node *node;      /* a struct: the element of the struct itself */
    const struct ec_xml_node *item;      /* an array: the next item */
    uint16_t next;                       /* a struct: the next property */
    struct weh_str last;                 /* a struct in the order of names: the one before */
    bool is_array;
};

struct writer {
    struct ec_describe *describe;
    struct frame frames[MAX_FRAMES];
    unsigned depth;
    const struct weh_ec_class
        *named;      /* className of the whole, behind its values; NULL: not told */
    bool by_name;    /* properties in the order of their names, not as the class has them */
    uint32_t n_left; /* names that may still be compared for that; 0: it is too much */
};

/* A millisecond: whoever asks for such text cannot be interrupted meanwhile. */
#define MAX_NAMES_COMPARED (1u << 16)

static const struct ec_xml_node *child_find(const struct ec_xml_node *node, struct weh_str name)
{
    const struct ec_xml_node *child = node->first;

    while (child != NULL && !weh_str_eq_nocase(child->name, name)) {
        child = child->next;
    }
    return child;
}

/* A JSON number, or false. */
static bool number_read(struct ec_describe *describe, struct weh_str text, struct weh_value *out)
{
    static const struct weh_json_limits limits = { 1, 1 };

    return text.len <= 32 &&
           weh_json_parse(text, &limits, &describe->scratch, out, NULL) == WEH_OK &&
           (out->type == WEH_VALUE_INT || out->type == WEH_VALUE_UINT ||
            out->type == WEH_VALUE_REAL);
}

/* "1,2.5,3" */
static bool point_write(struct ec_describe *describe, struct weh_str text, size_t n)
{
    static const char *const keys[] = { "x", "y", "z" };
    struct weh_value parts[3];
    struct weh_str part;
    size_t n_parts = 0;

    for (; n_parts < n && text.len != 0; n_parts++) {
        text = weh_str_split(text, ',', &part);
        if (!number_read(describe, part, &parts[n_parts])) {
            return false;
        }
    }
    if (n_parts != n || text.len != 0) {
        return false;
    }
    weh_sink_map_begin(describe->sink, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        weh_sink_key(describe->sink, keys[i]);
        weh_sink_value(describe->sink, &parts[i]);
    }
    weh_sink_map_end(describe->sink);
    return true;
}

static bool binary_write(struct ec_describe *describe, struct weh_str text)
{
    uint8_t *bytes = weh_arena_alloc(&describe->scratch, text.len + 3);
    size_t n = 0;

    if (bytes == NULL || !ec_base64_decode(text, bytes, &n)) {
        return false;
    }
    weh_sink_binary(describe->sink, bytes, n);
    return true;
}

static void boolean_write(struct ec_describe *describe, struct weh_str text)
{
    weh_sink_bool(describe->sink,
                  weh_str_eq_nocase(text, WEH_STR("true")) || weh_str_eq_text(text, "1"));
}

static void primitive_write(struct ec_describe *describe, enum weh_ec_primitive type,
                            struct weh_str text)
{
    struct weh_value number;
    bool done = false;

    switch (type) {
    case WEH_EC_BOOLEAN:
        boolean_write(describe, text);
        done = true;
        break;
    case WEH_EC_INT:
    case WEH_EC_LONG:
    case WEH_EC_DOUBLE:
        done = number_read(describe, text, &number);
        if (done) {
            weh_sink_value(describe->sink, &number);
        }
        break;
    case WEH_EC_POINT2D:
        done = point_write(describe, text, 2);
        break;
    case WEH_EC_POINT3D:
        done = point_write(describe, text, 3);
        break;
    case WEH_EC_BINARY:
        done = binary_write(describe, text);
        break;
    case WEH_EC_NONE:
    case WEH_EC_DATETIME:
    case WEH_EC_STRING:
    case WEH_EC_GEOMETRY:
    default:
        break;
    }
    if (!done) {
        weh_sink_str(describe->sink, text);
    }
}

static void struct_push(struct writer *writer, const struct weh_ec_class *ec_class,
                        const struct ec_xml_node *node)
{
    /* The catalogue bounds how deep structs go, this counts on it. */
    weh_assert(writer->depth < MAX_FRAMES);
    weh_sink_map_begin(writer->describe->sink, WEH_SINK_UNKNOWN);
    writer->frames[writer->depth++] = (struct frame){ .ec_class = ec_class, .node = node };
}

static void array_push(struct writer *writer, const struct weh_ec_class *ec_class,
                       const struct ec_xml_node *node)
{
    weh_assert(writer->depth < MAX_FRAMES);
    weh_sink_array_begin(writer->describe->sink, WEH_SINK_UNKNOWN);
    writer->frames[writer->depth++] =
        (struct frame){ .ec_class = ec_class, .item = node->first, .is_array = true };
}

static void primitive_array_write(struct ec_describe *describe, enum weh_ec_primitive type,
                                  const struct ec_xml_node *node)
{
    weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    for (const struct ec_xml_node *item = node->first; item != NULL; item = item->next) {
        primitive_write(describe, type, item->text);
    }
    weh_sink_array_end(describe->sink);
}

/* A struct of nothing but empty structs. */
static bool is_hollow(const struct weh_ec_class *ec_class, const struct ec_xml_node *node)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        const struct weh_ec_property *property = &ec_class->properties[i];
        const struct ec_xml_node *child = child_find(node, property->name);

        if (child != NULL && (property->kind != WEH_EC_STRUCT_VALUE || child->first != NULL)) {
            return false;
        }
    }
    return true;
}

/* Begin or write whole the value of @property, which stands in @node. */
static void property_write(struct writer *writer, const struct weh_ec_property *property,
                           const struct ec_xml_node *node)
{
    struct weh_sink *sink = writer->describe->sink;

    /* Text of nothing is a value of strings alone; an empty struct says nothing. */
    if (node->first == NULL &&
        (property->kind == WEH_EC_STRUCT_VALUE || property->kind == WEH_EC_NAVIGATION ||
         (property->kind == WEH_EC_PRIMITIVE && node->text.len == 0 &&
          property->primitive != WEH_EC_STRING))) {
        return;
    }
    if (writer->describe->is_ec_json && property->kind == WEH_EC_STRUCT_VALUE &&
        is_hollow(property->struct_class, node)) {
        return;
    }
    sink->ops->key(sink, property->name);
    switch (property->kind) {
    case WEH_EC_STRUCT_VALUE:
        struct_push(writer, property->struct_class, node);
        break;
    case WEH_EC_STRUCT_ARRAY:
        array_push(writer, property->struct_class, node);
        break;
    case WEH_EC_PRIMITIVE_ARRAY:
        primitive_array_write(writer->describe, property->primitive, node);
        break;
    case WEH_EC_PRIMITIVE:
    case WEH_EC_NAVIGATION:
    default:
        primitive_write(writer->describe, property->primitive, node->text);
        break;
    }
}

/* As memcmp of whole names. */
static int name_compare(struct weh_str a, struct weh_str b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* The next property of the struct @frame; NULL: there is none left. */
static const struct weh_ec_property *property_next(struct writer *writer, struct frame *frame)
{
    const struct weh_ec_class *ec_class = frame->ec_class;
    const struct weh_ec_property *least = NULL;

    if (!writer->by_name) {
        return frame->next == ec_class->n_properties ? NULL : &ec_class->properties[frame->next++];
    }
    if (ec_class->n_properties >= writer->n_left) {
        writer->n_left = 0;
        return NULL;
    }
    writer->n_left -= ec_class->n_properties;
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        const struct weh_ec_property *property = &ec_class->properties[i];

        if ((frame->last.len == 0 || name_compare(property->name, frame->last) > 0) &&
            (least == NULL || name_compare(property->name, least->name) < 0)) {
            least = property;
        }
    }
    frame->last = least == NULL ? frame->last : least->name;
    return least;
}

/* One more property or item of the innermost frame; at its end the frame goes. */
static void frame_step(struct writer *writer)
{
    struct frame *frame = &writer->frames[writer->depth - 1];
    const struct weh_ec_property *property;
    const struct ec_xml_node *child;

    if (frame->is_array) {
        const struct ec_xml_node *item = frame->item;

        if (item == NULL) {
            weh_sink_array_end(writer->describe->sink);
            writer->depth--;
            return;
        }
        frame->item = item->next;
        struct_push(writer, frame->ec_class, item);
        return;
    }
    property = property_next(writer, frame);
    if (property == NULL) {
        if (writer->depth == 1 && writer->named != NULL) {
            ec_put_str(writer->describe, "className", writer->named->full_name_dot);
        }
        weh_sink_map_end(writer->describe->sink);
        writer->depth--;
        return;
    }
    child = child_find(frame->node, property->name);
    if (child != NULL) {
        property_write(writer, property, child);
    }
}

/* False when not all of it was written: putting it in order would have taken too long. */
static bool instance_write(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                           const struct ec_xml_node *node, bool by_name)
{
    struct writer writer = { .describe = describe,
                             .by_name = by_name,
                             .n_left = MAX_NAMES_COMPARED };

    struct_push(&writer, ec_class, node);
    while (writer.depth != 0) {
        frame_step(&writer);
    }
    return writer.n_left > 0;
}

/* As EC 3.2 JSON: the values and className in one object. What cannot be read has no values. */
static void attribute_write_json(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                                 const struct ec_xml_node *node)
{
    static const struct ec_xml_node nothing = { .first = NULL };
    struct writer writer = { .describe = describe,
                             .named = ec_class,
                             .n_left = MAX_NAMES_COMPARED };

    struct_push(&writer, ec_class,
                node == NULL || ec_class->n_properties > MAX_ATTRIBUTE_PROPERTIES ? &nothing
                                                                                  : node);
    while (writer.depth != 0) {
        frame_step(&writer);
    }
}

static void attribute_write(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                            const struct ec_xml_node *node)
{
    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    if (node == NULL || ec_class->n_properties > MAX_ATTRIBUTE_PROPERTIES) {
        ec_put_bool(describe, "unreadable", true);
    } else {
        /* Also of one without values, as the official class metadata has it. */
        weh_sink_key(describe->sink, "properties");
        (void)instance_write(describe, ec_class, node, false);
    }
    ec_put_str(describe, "ecclass", ec_class->full_name);
    weh_sink_map_end(describe->sink);
}

static bool is_mixin_mark(const struct weh_ec_class *ec_class)
{
    return weh_str_eq_nocase(ec_class->schema->name, WEH_STR("CoreCustomAttributes")) &&
           weh_str_eq_nocase(ec_class->name, WEH_STR("IsMixin"));
}

/* "bis:Element", or a class of the mixin's own schema. */
static const struct weh_ec_class *applies_to(struct ec_describe *describe,
                                             const struct ec_xml_node *node, weh_id container)
{
    const struct weh_ec_class *mixin = weh_ec_class_by_id(describe->catalog, container);
    struct weh_str name = node->text;

    if (mixin != NULL && name.len != 0 && memchr(name.ptr, ':', name.len) == NULL &&
        memchr(name.ptr, '.', name.len) == NULL) {
        name = ec_name_make(&describe->scratch, mixin->schema->name, ':', name);
    }
    return weh_ec_class_by_name(describe->catalog, name);
}

static void facts_take(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                       const struct ec_xml_node *node, weh_id container,
                       struct ec_attribute_facts *facts)
{
    const struct ec_xml_node *child;

    if (!weh_str_eq_nocase(ec_class->schema->name, WEH_STR("CoreCustomAttributes")) ||
        node == NULL) {
        return;
    }
    if (is_mixin_mark(ec_class)) {
        facts->is_mixin = true;
        child = child_find(node, WEH_STR("AppliesToEntityClass"));
        if (child != NULL) {
            facts->applies_to = applies_to(describe, child, container);
        }
    } else if (weh_str_eq_nocase(ec_class->name, WEH_STR("HiddenClass")) ||
               weh_str_eq_nocase(ec_class->name, WEH_STR("HiddenProperty"))) {
        child = child_find(node, WEH_STR("Show"));
        facts->has_hidden = true;
        facts->hidden = child == NULL || !weh_str_eq_nocase(child->text, WEH_STR("true"));
    } else if (weh_str_eq_nocase(ec_class->name, WEH_STR("HiddenSchema"))) {
        child = child_find(node, WEH_STR("ShowClasses"));
        facts->has_hidden = true;
        facts->hidden = child == NULL || !weh_str_eq_nocase(child->text, WEH_STR("true"));
    }
}

/* One walk through the attributes of a container. */
struct walk {
    weh_id container;
    bool write;
    bool any; /* the member is open */
    struct ec_attribute_facts *facts;
};

/* The attribute that @stmt stands on. */
static weh_err attribute_take(struct ec_describe *describe, struct walk *walk, sqlite3_stmt *stmt)
{
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_id(describe->catalog, (weh_id)sqlite3_column_int64(stmt, 0));
    const struct ec_xml_node *node = NULL;
    weh_err err;

    weh_arena_reset(&describe->scratch);
    err = ec_xml_read(weh_stmt_text(stmt, 1), &describe->scratch, &node, describe->diag);
    if (err != WEH_OK || ec_class == NULL) {
        return err;
    }
    facts_take(describe, ec_class, node, walk->container, walk->facts);
    /* In EC JSON a mixin is an item of its own kind. */
    if (!walk->write || (describe->is_ec_json && is_mixin_mark(ec_class))) {
        return WEH_OK;
    }
    if (!walk->any) {
        weh_sink_key(describe->sink, "customAttributes");
        weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
        walk->any = true;
    }
    if (describe->is_ec_json) {
        attribute_write_json(describe, ec_class, node);
    } else {
        attribute_write(describe, ec_class, node);
    }
    return WEH_OK;
}

static weh_err attributes_walk(struct ec_describe *describe, int type, struct walk *walk)
{
    static const char sql[] = "SELECT ClassId,Instance FROM main.ec_CustomAttribute "
                              "WHERE ContainerId=?1 AND (ContainerType&?2)<>0 ORDER BY Ordinal";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, walk->container, (weh_id)type, &cursor);

    while (err == WEH_OK && cursor.row) {
        err = attribute_take(describe, walk, cursor.stmt);
        if (err == WEH_OK) {
            err = ec_rows_next(describe, &cursor);
        }
    }
    if (walk->any) {
        weh_sink_array_end(describe->sink);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

weh_err ec_describe_attributes(struct ec_describe *describe, weh_id container, int type,
                               struct ec_attribute_facts *facts)
{
    struct walk walk = { .container = container, .write = true, .facts = facts };

    return attributes_walk(describe, type, &walk);
}

weh_err ec_attribute_facts_read(struct ec_describe *describe, weh_id container, int type,
                                struct ec_attribute_facts *facts)
{
    struct walk walk = { .container = container, .facts = facts };

    return attributes_walk(describe, type, &walk);
}

/* {"Class":{...},"ecClass":"Class","ecSchema":"Schema.01.00"}, members in the order of their names. False as
 * instance_write. */
static bool json_write(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                       const struct ec_xml_node *node)
{
    const struct weh_ec_schema *schema = ec_class->schema;
    bool before = name_compare(ec_class->name, WEH_STR("ecClass")) < 0;
    bool is_whole = true;
    char version[32];

    (void)snprintf(version, sizeof(version), ".%02u.%02u", schema->version[0], schema->version[2]);
    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    for (int pass = 0; pass < 2; pass++) {
        if (before == (pass == 0)) {
            describe->sink->ops->key(describe->sink, ec_class->name);
            is_whole = instance_write(describe, ec_class, node, true);
        } else {
            ec_put_str(describe, "ecClass", ec_class->name);
            ec_put_str(
                describe, "ecSchema",
                ec_name_make(&describe->scratch, schema->name, '.', weh_str_from(version + 1)));
        }
    }
    weh_sink_map_end(describe->sink);
    return is_whole;
}

weh_err weh_ec_attribute_json(const struct weh_ec_catalog *catalog, weh_id class_id,
                              struct weh_str xml, struct weh_buf *out)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_id(catalog, class_id);
    struct ec_describe *describe = weh_calloc(1, sizeof(*describe));
    const struct ec_xml_node *node = NULL;
    struct weh_json_writer json;
    weh_err err;

    if (describe == NULL) {
        return WEH_E_NOMEM;
    }
    describe->catalog = catalog;
    weh_arena_init(&describe->scratch, 0);
    weh_json_writer_init_stored(&json, out);
    describe->sink = &json.sink;
    err = ec_xml_read(xml, &describe->scratch, &node, NULL);
    if (err == WEH_OK && node != NULL && ec_class != NULL &&
        ec_class->n_properties <= MAX_ATTRIBUTE_PROPERTIES) {
        if (!json_write(describe, ec_class, node)) {
            out->len = 0;
        }
        err = out->err;
    }
    weh_arena_fini(&describe->scratch);
    weh_free(describe);
    return err;
}
