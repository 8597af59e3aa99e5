/* src/geom/fb_read.c - tables, vtables and vectors of a FlatBuffer, each offset checked. */
#include "fb_read.h"

#include <string.h>

#include "weh/compiler.h"

WEH_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they are");

#define OFFSET_SIZE 4
#define VTABLE_HEAD 4

static const struct fb_table absent = { 0 };

uint32_t fb_get_u32(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

uint64_t fb_get_u64(const uint8_t *bytes)
{
    uint64_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

double fb_get_double(const uint8_t *bytes)
{
    double value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

static uint16_t get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

void fb_init(struct fb *fb, const uint8_t *data, uint32_t len)
{
    *fb = (struct fb){ .data = data, .len = len, .budget = len };
}

static bool inside(const struct fb *fb, uint32_t at, uint32_t size)
{
    return at <= fb->len && size <= fb->len - at;
}

static bool charge(struct fb *fb, uint32_t bytes)
{
    if (bytes > fb->budget) {
        fb->bad = true;
        return false;
    }
    fb->budget -= bytes;
    return true;
}

static struct fb_table broken(struct fb *fb)
{
    fb->bad = true;
    return absent;
}

static struct fb_table open_table(struct fb *fb, uint32_t at)
{
    struct fb_table table = { .fb = fb, .at = at };
    int64_t vtable;
    uint16_t size;

    if (!inside(fb, at, OFFSET_SIZE) || !charge(fb, OFFSET_SIZE)) {
        return broken(fb);
    }
    vtable = (int64_t)at - (int32_t)fb_get_u32(fb->data + at);
    if (vtable < 0 || vtable > fb->len || !inside(fb, (uint32_t)vtable, VTABLE_HEAD)) {
        return broken(fb);
    }
    table.vtable = (uint32_t)vtable;
    table.n_slots = get_u16(fb->data + table.vtable);
    size = get_u16(fb->data + table.vtable + 2);
    if (table.n_slots < VTABLE_HEAD || table.n_slots % 2 != 0 ||
        !inside(fb, table.vtable, table.n_slots) || size < OFFSET_SIZE || !inside(fb, at, size)) {
        return broken(fb);
    }
    return table;
}

struct fb_table fb_table_at(struct fb *fb, uint32_t at)
{
    uint32_t offset;

    if (!inside(fb, at, OFFSET_SIZE)) {
        return broken(fb);
    }
    offset = fb_get_u32(fb->data + at);
    return offset != 0 && offset <= fb->len - at ? open_table(fb, at + offset) : broken(fb);
}

struct fb_table fb_root(struct fb *fb)
{
    return fb_table_at(fb, 0);
}

/* The bytes of a field, NULL when it is absent. It may stand behind the table that it belongs to: @itwin/core-geometry
 * (BGFBWriter) writes the structs of lines, arcs and solids before it begins the table, whose size leaves them out. */
static const uint8_t *field_bytes(const struct fb_table *table, unsigned field, unsigned size)
{
    unsigned slot = VTABLE_HEAD + 2 * field;
    uint16_t at;

    if (table->fb == NULL || slot + 2 > table->n_slots) {
        return NULL;
    }
    at = get_u16(table->fb->data + table->vtable + slot);
    if (at == 0) {
        return NULL;
    }
    if (!inside(table->fb, table->at + at, size)) {
        table->fb->bad = true;
        return NULL;
    }
    return table->fb->data + table->at + at;
}

bool fb_has(const struct fb_table *table, unsigned field)
{
    return field_bytes(table, field, 1) != NULL;
}

uint8_t fb_u8(const struct fb_table *table, unsigned field, uint8_t otherwise)
{
    const uint8_t *bytes = field_bytes(table, field, 1);

    return bytes == NULL ? otherwise : bytes[0];
}

uint16_t fb_u16(const struct fb_table *table, unsigned field)
{
    const uint8_t *bytes = field_bytes(table, field, 2);

    return bytes == NULL ? 0 : get_u16(bytes);
}

uint32_t fb_u32(const struct fb_table *table, unsigned field)
{
    const uint8_t *bytes = field_bytes(table, field, 4);

    return bytes == NULL ? 0 : fb_get_u32(bytes);
}

int32_t fb_i32(const struct fb_table *table, unsigned field)
{
    return (int32_t)fb_u32(table, field);
}

uint64_t fb_u64(const struct fb_table *table, unsigned field)
{
    const uint8_t *bytes = field_bytes(table, field, 8);

    return bytes == NULL ? 0 : fb_get_u64(bytes);
}

double fb_double(const struct fb_table *table, unsigned field, double otherwise)
{
    const uint8_t *bytes = field_bytes(table, field, 8);

    return bytes == NULL ? otherwise : fb_get_double(bytes);
}

const uint8_t *fb_struct(const struct fb_table *table, unsigned field, unsigned size)
{
    return field_bytes(table, field, size);
}

bool fb_doubles(const struct fb_table *table, unsigned field, unsigned n, double *out)
{
    const uint8_t *bytes = field_bytes(table, field, n * (unsigned)sizeof(*out));

    if (bytes == NULL) {
        memset(out, 0, n * sizeof(*out));
        return false;
    }
    memcpy(out, bytes, n * sizeof(*out));
    return true;
}

uint32_t fb_offset_at(const struct fb_table *table, unsigned field)
{
    const uint8_t *bytes = field_bytes(table, field, OFFSET_SIZE);

    return bytes == NULL ? 0 : (uint32_t)(bytes - table->fb->data);
}

struct fb_table fb_child(const struct fb_table *table, unsigned field)
{
    uint32_t at = fb_offset_at(table, field);

    return at == 0 ? absent : fb_table_at(table->fb, at);
}

struct fb_vector fb_vector(const struct fb_table *table, unsigned field, unsigned size)
{
    struct fb_vector out = { 0 };
    uint32_t at = fb_offset_at(table, field);
    struct fb *fb = table->fb;
    uint32_t offset;
    uint32_t n;

    if (at == 0) {
        return out;
    }
    offset = fb_get_u32(fb->data + at);
    if (offset == 0 || offset > fb->len - at || !inside(fb, at + offset, OFFSET_SIZE)) {
        fb->bad = true;
        return out;
    }
    at += offset;
    n = fb_get_u32(fb->data + at);
    at += OFFSET_SIZE;
    if (n > (fb->len - at) / size || !charge(fb, OFFSET_SIZE) || !charge(fb, n * size)) {
        fb->bad = true;
        return out;
    }
    return (struct fb_vector){ .items = fb->data + at, .at = at, .n = n };
}
