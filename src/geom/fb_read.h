/* src/geom/fb_read.h - read a FlatBuffer that nobody vouches for.
 *
 * Every offset is checked before it is followed. A fault is remembered (fb.bad) and reads as absent, so a
 * caller may read a whole table and look once. What is read is charged against the buffer's size: native
 * buffers share nothing but vtables, so what comes out more than once is an attack or damage.
 *
 * Source: the FlatBuffers binary format, little endian. Alignment is not required.
 */
#ifndef WEH_FB_READ_H
#define WEH_FB_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb {
    const uint8_t *data;
    uint32_t len;
    uint32_t budget; /* bytes that may still be read as tables and vectors */
    bool bad;
};

struct fb_table {
    struct fb *fb; /* NULL: absent; every field reads as its default */
    uint32_t at;   /* of the table */
    uint32_t vtable;
    uint16_t n_slots; /* bytes of the vtable */
};

struct fb_vector {
    const uint8_t *items; /* NULL: absent */
    uint32_t at;          /* of items in the buffer */
    uint32_t n;
};

/* The native limit is 2 GiB; WEH_GEOM_MAX_BYTES is below that. */
void fb_init(struct fb *fb, const uint8_t *data, uint32_t len);

/* The root table. */
struct fb_table fb_root(struct fb *fb);

/* The table that the offset at position @at refers to. */
struct fb_table fb_table_at(struct fb *fb, uint32_t at);

/* Fields by number (in schema order; a union takes two). @otherwise when absent. */
bool fb_has(const struct fb_table *table, unsigned field);
uint8_t fb_u8(const struct fb_table *table, unsigned field, uint8_t otherwise);
uint16_t fb_u16(const struct fb_table *table, unsigned field);
uint32_t fb_u32(const struct fb_table *table, unsigned field);
int32_t fb_i32(const struct fb_table *table, unsigned field);
uint64_t fb_u64(const struct fb_table *table, unsigned field);
double fb_double(const struct fb_table *table, unsigned field, double otherwise);

/* Copy a struct of @n doubles (more bytes may follow in it); false and zeros when absent. */
bool fb_doubles(const struct fb_table *table, unsigned field, unsigned n, double *out);

/* A struct of @size bytes, NULL when absent. */
const uint8_t *fb_struct(const struct fb_table *table, unsigned field, unsigned size);

/* A table; .fb is NULL when absent. */
struct fb_table fb_child(const struct fb_table *table, unsigned field);

/* Where the offset in @field is, for fb_table_at; 0 when absent. */
uint32_t fb_offset_at(const struct fb_table *table, unsigned field);

/* A vector of elements of @size bytes (a string has bytes); charged. */
struct fb_vector fb_vector(const struct fb_table *table, unsigned field, unsigned size);

/* Little-endian numbers at @bytes. */
uint32_t fb_get_u32(const uint8_t *bytes);
uint64_t fb_get_u64(const uint8_t *bytes);
double fb_get_double(const uint8_t *bytes);

#endif
