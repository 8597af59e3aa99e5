/* src/geom/fb_write.c - FlatBuffers written back to front. */
#include "fb_write.h"

#include <string.h>

#include "weh/alloc.h"

WEH_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they are");

#define VTABLE_HEAD 4

void fbw_init(struct fbw *fbw)
{
    /* Not the whole struct: the room in it is large and written before it is read. */
    fbw->data = fbw->small;
    fbw->capacity = sizeof(fbw->small);
    fbw->used = 0;
    fbw->min_align = 1;
    fbw->table_start = 0;
    fbw->last_slot = 0;
    fbw->force_defaults = false;
    fbw->n_fields = 0;
    fbw->n_vtables = 0;
    fbw->err = WEH_OK;
}

void fbw_fini(struct fbw *fbw)
{
    if (fbw->data != fbw->small) {
        weh_free(fbw->data);
    }
    fbw->data = fbw->small;
}

static void grow(struct fbw *fbw, uint32_t n)
{
    uint64_t capacity = (uint64_t)fbw->capacity * 2;
    uint8_t *data;

    while (capacity < (uint64_t)fbw->used + n) {
        capacity *= 2;
    }
    data = weh_malloc((size_t)capacity);
    if (data == NULL) {
        fbw->err = WEH_E_NOMEM;
        return;
    }
    memcpy(data + capacity - fbw->used, fbw->data + fbw->capacity - fbw->used, fbw->used);
    fbw_fini(fbw);
    fbw->data = data;
    fbw->capacity = (uint32_t)capacity;
}

/* @n bytes in front of what is there, NULL after a failure. */
static uint8_t *push(struct fbw *fbw, uint32_t n)
{
    if (fbw->err == WEH_OK && n > FBW_LIMIT_BYTES - fbw->used) {
        fbw->err = WEH_E_TOO_LARGE;
    }
    if (fbw->err == WEH_OK && n > fbw->capacity - fbw->used) {
        grow(fbw, n);
    }
    if (fbw->err != WEH_OK) {
        return NULL;
    }
    fbw->used += n;
    return fbw->data + fbw->capacity - fbw->used;
}

static void push_bytes(struct fbw *fbw, const void *bytes, uint32_t n)
{
    uint8_t *to = push(fbw, n);

    if (to != NULL && n > 0) {
        memcpy(to, bytes, n);
    }
}

/* Zeros, so that what follows after @n more bytes is aligned. */
static void align_before(struct fbw *fbw, uint32_t n, uint32_t align)
{
    uint32_t pad = -(fbw->used + n) & (align - 1);
    uint8_t *to = pad > 0 ? push(fbw, pad) : NULL;

    if (align > fbw->min_align) {
        fbw->min_align = align;
    }
    if (to != NULL) {
        memset(to, 0, pad);
    }
}

static void push_aligned(struct fbw *fbw, const void *bytes, uint32_t n)
{
    align_before(fbw, 0, n);
    push_bytes(fbw, bytes, n);
}

/* The offset to @ref as it stands at the next aligned place. */
static void push_ref(struct fbw *fbw, fbw_ref ref)
{
    uint32_t offset;

    align_before(fbw, 0, sizeof(offset));
    offset = fbw->used - ref + (uint32_t)sizeof(offset);
    push_bytes(fbw, &offset, sizeof(offset));
}

static uint8_t *at_ref(const struct fbw *fbw, fbw_ref ref)
{
    return fbw->data + fbw->capacity - ref;
}

fbw_ref fbw_vector(struct fbw *fbw, const void *items, uint32_t n, uint32_t size, uint32_t align)
{
    if (size != 0 && n > FBW_LIMIT_BYTES / size && fbw->err == WEH_OK) {
        fbw->err = WEH_E_TOO_LARGE;
    }
    if (fbw->err != WEH_OK) {
        return 0;
    }
    align_before(fbw, n * size, sizeof(uint32_t));
    align_before(fbw, n * size, align);
    push_bytes(fbw, items, n * size);
    push_aligned(fbw, &n, sizeof(n));
    return fbw->used;
}

fbw_ref fbw_refs(struct fbw *fbw, const fbw_ref *refs, uint32_t n)
{
    if (n > FBW_LIMIT_BYTES / sizeof(*refs) && fbw->err == WEH_OK) {
        fbw->err = WEH_E_TOO_LARGE;
    }
    if (fbw->err != WEH_OK) {
        return 0;
    }
    align_before(fbw, n * (uint32_t)sizeof(*refs), sizeof(*refs));
    for (uint32_t i = n; i > 0; i--) {
        push_ref(fbw, refs[i - 1]);
    }
    push_aligned(fbw, &n, sizeof(n));
    return fbw->used;
}

fbw_ref fbw_string(struct fbw *fbw, const char *text, size_t len)
{
    uint32_t n = (uint32_t)len;

    if (len >= FBW_LIMIT_BYTES && fbw->err == WEH_OK) {
        fbw->err = WEH_E_TOO_LARGE;
    }
    if (fbw->err != WEH_OK) {
        return 0;
    }
    align_before(fbw, n + 1, sizeof(uint32_t));
    push_bytes(fbw, "", 1);
    push_bytes(fbw, text, n);
    push_aligned(fbw, &n, sizeof(n));
    return fbw->used;
}

void fbw_begin(struct fbw *fbw)
{
    fbw->table_start = fbw->used;
    fbw->n_fields = 0;
    fbw->last_slot = 0;
}

/* The field that was pushed last. */
static void track(struct fbw *fbw, unsigned field)
{
    uint16_t slot = (uint16_t)(VTABLE_HEAD + 2 * field);

    if (fbw->err != WEH_OK) {
        return;
    }
    weh_assert(fbw->n_fields < FBW_MAX_FIELDS);
    fbw->fields[fbw->n_fields++] = (struct fbw_field){ .slot = slot, .at = fbw->used };
    if (slot > fbw->last_slot) {
        fbw->last_slot = slot;
    }
}

static void add_scalar(struct fbw *fbw, unsigned field, const void *value, uint32_t size)
{
    push_aligned(fbw, value, size);
    track(fbw, field);
}

void fbw_u8(struct fbw *fbw, unsigned field, uint8_t value)
{
    if (value != 0 || fbw->force_defaults) {
        add_scalar(fbw, field, &value, sizeof(value));
    }
}

void fbw_u16(struct fbw *fbw, unsigned field, uint16_t value)
{
    if (value != 0 || fbw->force_defaults) {
        add_scalar(fbw, field, &value, sizeof(value));
    }
}

void fbw_u32(struct fbw *fbw, unsigned field, uint32_t value)
{
    if (value != 0 || fbw->force_defaults) {
        add_scalar(fbw, field, &value, sizeof(value));
    }
}

void fbw_i32(struct fbw *fbw, unsigned field, int32_t value)
{
    fbw_u32(fbw, field, (uint32_t)value);
}

void fbw_u64(struct fbw *fbw, unsigned field, uint64_t value)
{
    if (value != 0 || fbw->force_defaults) {
        add_scalar(fbw, field, &value, sizeof(value));
    }
}

void fbw_double(struct fbw *fbw, unsigned field, double value, double otherwise)
{
    if (value != otherwise || fbw->force_defaults) {
        add_scalar(fbw, field, &value, sizeof(value));
    }
}

void fbw_ref_field(struct fbw *fbw, unsigned field, fbw_ref ref)
{
    if (ref != 0) {
        push_ref(fbw, ref);
        track(fbw, field);
    }
}

void fbw_struct(struct fbw *fbw, unsigned field, const void *bytes, uint32_t size)
{
    align_before(fbw, 0, sizeof(double));
    push_bytes(fbw, bytes, size);
    track(fbw, field);
}

static void put_u16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value & 0xff);
    to[1] = (uint8_t)(value >> 8);
}

/* The vtable at the front of the buffer, or an earlier equal one; then the new one is dropped. */
static fbw_ref share_vtable(struct fbw *fbw, fbw_ref table, uint32_t size)
{
    const uint8_t *vtable = at_ref(fbw, fbw->used);

    for (unsigned i = 0; i < fbw->n_vtables; i++) {
        const uint8_t *other = at_ref(fbw, fbw->vtables[i]);

        if (memcmp(other, vtable, 2) == 0 && memcmp(other, vtable, size) == 0) {
            fbw->used = table;
            return fbw->vtables[i];
        }
    }
    if (fbw->n_vtables < FBW_MAX_VTABLES) {
        fbw->vtables[fbw->n_vtables++] = fbw->used;
    }
    return fbw->used;
}

fbw_ref fbw_end(struct fbw *fbw)
{
    int32_t to_vtable = 0;
    uint32_t size = fbw->last_slot == 0 ? VTABLE_HEAD : fbw->last_slot + 2U;
    uint8_t *vtable;
    fbw_ref table;

    push_aligned(fbw, &to_vtable, sizeof(to_vtable));
    table = fbw->used;
    vtable = push(fbw, size);
    if (vtable == NULL) {
        return 0;
    }
    memset(vtable, 0, size);
    put_u16(vtable, size);
    put_u16(vtable + 2, table - fbw->table_start);
    for (unsigned i = 0; i < fbw->n_fields; i++) {
        put_u16(vtable + fbw->fields[i].slot, table - fbw->fields[i].at);
    }
    to_vtable = (int32_t)(share_vtable(fbw, table, size) - table);
    memcpy(at_ref(fbw, table), &to_vtable, sizeof(to_vtable));
    return table;
}

weh_err fbw_finish(struct fbw *fbw, fbw_ref root, struct weh_buf *out)
{
    align_before(fbw, sizeof(uint32_t), fbw->min_align);
    push_ref(fbw, root);
    if (fbw->err == WEH_OK) {
        weh_buf_append(out, at_ref(fbw, fbw->used), fbw->used);
        return out->err;
    }
    return fbw->err;
}
