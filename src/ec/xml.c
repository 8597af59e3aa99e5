/* src/ec/xml.c - see xml.h. A scan with an explicit stack of open elements. */
#include "xml.h"

#include <stdint.h>

#include "ec_priv.h"

struct reader {
    const char *at;
    const char *end;
    struct weh_arena *arena;
    struct ec_xml_node *open[EC_XML_MAX_DEPTH];
    struct ec_xml_node *last[EC_XML_MAX_DEPTH]; /* newest child of each */
    struct ec_xml_node *root;
    uint32_t depth; /* open elements */
    uint32_t n_nodes;
    bool no_memory;
};

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':' || (unsigned char)c >= 0x80;
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && ec_is_space(*reader->at)) {
        reader->at++;
    }
}

static bool take(struct reader *reader, const char *text)
{
    size_t n = strlen(text);

    if ((size_t)(reader->end - reader->at) < n || memcmp(reader->at, text, n) != 0) {
        return false;
    }
    reader->at += n;
    return true;
}

/* Step behind the next @text; *@before is what stood in front of it. */
static bool take_until(struct reader *reader, const char *text, struct weh_str *before)
{
    const char *found = memmem(reader->at, (size_t)(reader->end - reader->at), text, strlen(text));

    if (found == NULL) {
        return false;
    }
    *before = (struct weh_str){ reader->at, (size_t)(found - reader->at) };
    reader->at = found + strlen(text);
    return true;
}

static bool take_name(struct reader *reader, struct weh_str *name)
{
    name->ptr = reader->at;
    while (reader->at < reader->end && is_name_byte(*reader->at)) {
        reader->at++;
    }
    name->len = (size_t)(reader->at - name->ptr);
    return name->len != 0 && name->len <= EC_MAX_NAME;
}

/* Attributes say nothing here (xmlns names the version of the schema); they are only stepped over. */
static bool skip_attributes(struct reader *reader)
{
    struct weh_str name;
    struct weh_str value;

    for (;;) {
        const char *before = reader->at;
        const char *quote;

        skip_space(reader);
        if (reader->at == reader->end || *reader->at == '>' || *reader->at == '/') {
            return true;
        }
        if (reader->at == before || !take_name(reader, &name)) {
            return false;
        }
        skip_space(reader);
        if (!take(reader, "=")) {
            return false;
        }
        skip_space(reader);
        quote = take(reader, "\"") ? "\"" : (take(reader, "'") ? "'" : NULL);
        if (quote == NULL || !take_until(reader, quote, &value)) {
            return false;
        }
    }
}

static bool element_begin(struct reader *reader, struct weh_str name)
{
    struct ec_xml_node *node;

    if (reader->depth == EC_XML_MAX_DEPTH || reader->n_nodes == EC_XML_MAX_NODES ||
        (reader->depth == 0 && reader->root != NULL)) {
        return false;
    }
    node = weh_arena_alloc(reader->arena, sizeof(*node));
    if (node == NULL) {
        reader->no_memory = true;
        return false;
    }
    node->name = name;
    reader->n_nodes++;
    if (reader->depth == 0) {
        reader->root = node;
    } else if (reader->last[reader->depth - 1] == NULL) {
        reader->open[reader->depth - 1]->first = node;
    } else {
        reader->last[reader->depth - 1]->next = node;
    }
    if (reader->depth > 0) {
        reader->last[reader->depth - 1] = node;
    }
    reader->open[reader->depth] = node;
    reader->last[reader->depth] = NULL;
    reader->depth++;
    return true;
}

static bool is_blank(struct weh_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!ec_is_space(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* The character that "#10" or "#xA" stands for; 0: none. */
static uint32_t number_character(struct weh_str digits)
{
    uint32_t base = 10;
    uint32_t value = 0;
    size_t at = 1;

    if (digits.len > 2 && (digits.ptr[1] == 'x' || digits.ptr[1] == 'X')) {
        base = 16;
        at = 2;
    }
    if (at == digits.len || digits.len > 10) {
        return 0;
    }
    for (; at < digits.len; at++) {
        char c = digits.ptr[at];
        uint32_t digit = base;

        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = (uint32_t)(c - 'a') + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = (uint32_t)(c - 'A') + 10;
        }
        if (digit >= base || value > 0x10ffff) {
            return 0;
        }
        value = value * base + digit;
    }
    return value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff) ? 0 : value;
}

static uint32_t entity_character(struct weh_str name)
{
    static const struct {
        const char *name;
        char character;
    } entities[] = {
        { "lt", '<' }, { "gt", '>' }, { "amp", '&' }, { "quot", '"' }, { "apos", '\'' }
    };

    if (name.len > 1 && name.ptr[0] == '#') {
        return number_character(name);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(entities); i++) {
        if (weh_str_eq_text(name, entities[i].name)) {
            return (uint32_t)entities[i].character;
        }
    }
    return 0;
}

static size_t utf8_print(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* @raw with its entities resolved. No entity is shorter than the bytes it stands for. */
static bool text_resolve(struct reader *reader, struct weh_str raw, struct weh_str *out)
{
    struct reader part = { .at = raw.ptr, .end = raw.ptr + raw.len };
    struct weh_str piece;
    char *text;
    size_t n = 0;

    if (raw.len == 0 || memchr(raw.ptr, '&', raw.len) == NULL) {
        *out = raw;
        return true;
    }
    text = weh_arena_alloc(reader->arena, raw.len);
    if (text == NULL) {
        reader->no_memory = true;
        return false;
    }
    while (take_until(&part, "&", &piece)) {
        uint32_t character;

        memcpy(text + n, piece.ptr, piece.len);
        n += piece.len;
        character = take_until(&part, ";", &piece) ? entity_character(piece) : 0;
        if (character == 0) {
            return false;
        }
        n += utf8_print(character, text + n);
    }
    memcpy(text + n, part.at, (size_t)(part.end - part.at));
    n += (size_t)(part.end - part.at);
    *out = (struct weh_str){ text, n };
    return true;
}

/* Text inside the innermost element: blank between children, else the only one. */
static bool text_take(struct reader *reader, struct weh_str raw, bool resolve)
{
    struct ec_xml_node *node = reader->depth == 0 ? NULL : reader->open[reader->depth - 1];

    if (node == NULL) {
        return is_blank(raw);
    }
    if (is_blank(raw)) {
        if (node->text.len == 0) {
            node->text = raw;
        }
        return true;
    }
    if (!is_blank(node->text) || node->first != NULL) {
        return false;
    }
    if (!resolve) {
        node->text = raw;
        return true;
    }
    return text_resolve(reader, raw, &node->text);
}

static bool element_end(struct reader *reader, const struct weh_str *name)
{
    struct ec_xml_node *node;

    if (reader->depth == 0) {
        return false;
    }
    node = reader->open[--reader->depth];
    if (node->first != NULL) {
        if (!is_blank(node->text)) {
            return false;
        }
        node->text = (struct weh_str){ NULL, 0 };
    }
    return name == NULL || weh_str_eq(node->name, *name);
}

/* What begins with '<', which has been taken. */
static bool markup_take(struct reader *reader)
{
    struct weh_str name;

    if (take(reader, "!--")) {
        return take_until(reader, "-->", &name);
    }
    if (take(reader, "![CDATA[")) {
        return take_until(reader, "]]>", &name) && text_take(reader, name, false);
    }
    if (take(reader, "?")) {
        return reader->root == NULL && take_until(reader, "?>", &name);
    }
    if (take(reader, "/")) {
        if (!take_name(reader, &name)) {
            return false;
        }
        skip_space(reader);
        return take(reader, ">") && element_end(reader, &name);
    }
    if (!take_name(reader, &name) || !skip_attributes(reader) || !element_begin(reader, name)) {
        return false;
    }
    if (take(reader, "/>")) {
        return element_end(reader, NULL);
    }
    return take(reader, ">");
}

weh_err ec_xml_read(struct weh_str xml, struct weh_arena *arena, const struct ec_xml_node **out,
                    struct weh_diag *diag)
{
    struct reader reader = { .at = xml.ptr, .end = xml.ptr + xml.len, .arena = arena };
    struct weh_str text;
    bool ok = xml.len != 0 && xml.len <= EC_XML_MAX_BYTES && weh_str_is_utf8(xml);

    *out = NULL;
    while (ok && take_until(&reader, "<", &text)) {
        ok = text_take(&reader, text, true) && markup_take(&reader);
    }
    if (reader.no_memory) {
        return weh_fail_nomem(diag);
    }
    text = (struct weh_str){ reader.at, (size_t)(reader.end - reader.at) };
    if (ok && reader.depth == 0 && is_blank(text)) {
        *out = reader.root;
    }
    return WEH_OK;
}
