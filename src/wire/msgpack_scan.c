/* src/wire/msgpack_scan.c - the bounded scan in front of msgpack-c.
 *
 * msgpack-c reserves memory for as many values as a container's head announces, 8 GB for five bytes;
 * so every length is held against the bytes that are left before anything else looks at it. The
 * format is the MessagePack specification (github.com/msgpack/msgpack, spec.md).
 */
#include <stdio.h>

#include <msgpack.h>

#include "wire_priv.h"

#if MSGPACK_VERSION_MAJOR < 4
    #error "written for msgpack-c 4 and up"
#endif

/* msgpack-c nests 32 containers and reports more as out of memory (MSGPACK_EMBED_STACK_SIZE). */
#define MAX_DEPTH WEH_MSGPACK_MAX_DEPTH

/* The types from 0xc0 to 0xdf. */
struct format {
    uint8_t kind;   /* enum weh_mp_kind */
    uint8_t n_len;  /* bytes of the length behind the first byte */
    uint8_t n_more; /* bytes that follow in any case: the value, or the type of an ext */
};

/* clang-format off */
static const struct format formats[32] = {
    /* c0 nil, never, false, true   */ { WEH_MP_OTHER, 0, 0 }, { WEH_MP_NEVER, 0, 0 }, { WEH_MP_OTHER, 0, 0 }, { WEH_MP_OTHER, 0, 0 },
    /* c4 bin 8, 16, 32; ext 8      */ { WEH_MP_OTHER, 1, 0 }, { WEH_MP_OTHER, 2, 0 }, { WEH_MP_OTHER, 4, 0 }, { WEH_MP_OTHER, 1, 1 },
    /* c8 ext 16, 32; float 32, 64  */ { WEH_MP_OTHER, 2, 1 }, { WEH_MP_OTHER, 4, 1 }, { WEH_MP_OTHER, 0, 4 }, { WEH_MP_OTHER, 0, 8 },
    /* cc uint 8, 16, 32, 64        */ { WEH_MP_OTHER, 0, 1 }, { WEH_MP_OTHER, 0, 2 }, { WEH_MP_OTHER, 0, 4 }, { WEH_MP_OTHER, 0, 8 },
    /* d0 int 8, 16, 32, 64         */ { WEH_MP_OTHER, 0, 1 }, { WEH_MP_OTHER, 0, 2 }, { WEH_MP_OTHER, 0, 4 }, { WEH_MP_OTHER, 0, 8 },
    /* d4 fixext 1, 2, 4, 8         */ { WEH_MP_OTHER, 0, 2 }, { WEH_MP_OTHER, 0, 3 }, { WEH_MP_OTHER, 0, 5 }, { WEH_MP_OTHER, 0, 9 },
    /* d8 fixext 16; str 8, 16, 32  */ { WEH_MP_OTHER, 0, 17 }, { WEH_MP_STRING, 1, 0 }, { WEH_MP_STRING, 2, 0 }, { WEH_MP_STRING, 4, 0 },
    /* dc array 16, 32; map 16, 32  */ { WEH_MP_ARRAY, 2, 0 }, { WEH_MP_ARRAY, 4, 0 }, { WEH_MP_MAP, 2, 0 }, { WEH_MP_MAP, 4, 0 },
};
/* clang-format on */

void weh_mp_scan_init(struct weh_mp_scan *scan, struct weh_str bytes,
                      const struct weh_codec_limits *limits)
{
    *scan = (struct weh_mp_scan){
        .start = (const uint8_t *)bytes.ptr,
        .at = (const uint8_t *)bytes.ptr,
        .max_depth = limits->max_depth < MAX_DEPTH ? limits->max_depth : MAX_DEPTH,
        .max_values = limits->max_values,
    };
    scan->end = bytes.len == 0 ? scan->start : scan->start + bytes.len;
}

static weh_err malformed(const struct weh_mp_scan *scan, struct weh_diag *diag, const char *text)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "byte %td", scan->at - scan->start);
    return weh_fail_where(diag, WEH_E_PARSE, where, "%s", text);
}

/* A number of @n_len bytes, most significant first. */
static uint64_t big_endian(const uint8_t *bytes, size_t n_len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < n_len; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* What the first byte alone tells. False when more bytes are needed. */
static bool short_head(uint8_t byte, struct weh_mp_head *out)
{
    if (byte < 0x80 || byte >= 0xe0) {
        *out = (struct weh_mp_head){ WEH_MP_OTHER, 1, 0 };
    } else if (byte < 0x90) {
        *out = (struct weh_mp_head){ WEH_MP_MAP, 1, byte & 0x0f };
    } else if (byte < 0xa0) {
        *out = (struct weh_mp_head){ WEH_MP_ARRAY, 1, byte & 0x0f };
    } else if (byte < 0xc0) {
        *out = (struct weh_mp_head){ WEH_MP_STRING, 1, byte & 0x1f };
    } else {
        return false;
    }
    return true;
}

weh_err weh_mp_scan_head(const struct weh_mp_scan *scan, struct weh_mp_head *out,
                         struct weh_diag *diag)
{
    size_t left = (size_t)(scan->end - scan->at);

    if (left == 0) {
        return malformed(scan, diag, "message is cut off");
    }
    if (!short_head(*scan->at, out)) {
        const struct format *format = &formats[*scan->at - 0xc0];

        if (format->kind == WEH_MP_NEVER) {
            return malformed(scan, diag, "byte that is no type");
        }
        if (left - 1 < format->n_len) {
            return malformed(scan, diag, "message is cut off");
        }
        out->kind = (enum weh_mp_kind)format->kind;
        out->head_size = 1U + format->n_len;
        out->n = big_endian(scan->at + 1, format->n_len) + format->n_more;
    }
    /* Lengths have at most 32 bits here, so that doubling a map's cannot overflow; each value inside
     * a container takes at least one byte. */
    if ((out->kind == WEH_MP_MAP ? out->n * 2 : out->n) > left - out->head_size) {
        return malformed(scan, diag, "message is cut off");
    }
    return WEH_OK;
}

/* Step over the head and, unless it is a container, the payload. */
static weh_err step(struct weh_mp_scan *scan, struct weh_mp_head *head, struct weh_diag *diag)
{
    weh_err err = weh_mp_scan_head(scan, head, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (scan->n_values >= scan->max_values) {
        return weh_fail(diag, WEH_E_LIMIT, "more than %u values", scan->max_values);
    }
    scan->n_values++;
    scan->at += head->head_size;
    if (head->kind == WEH_MP_MAP) {
        scan->zone_bytes += (size_t)head->n * sizeof(msgpack_object_kv);
    } else if (head->kind == WEH_MP_ARRAY) {
        scan->zone_bytes += (size_t)head->n * sizeof(msgpack_object);
    } else {
        scan->at += head->n;
    }
    return WEH_OK;
}

weh_err weh_mp_scan_value(struct weh_mp_scan *scan, uint32_t depth, struct weh_diag *diag)
{
    uint64_t left[MAX_DEPTH + 1]; /* values still to come in each open container */
    uint32_t open = 0;

    left[0] = 1;
    for (;;) {
        struct weh_mp_head head = { 0 };
        weh_err err;

        while (left[open] == 0 && open > 0) {
            open--;
        }
        if (left[open] == 0) {
            return WEH_OK;
        }
        left[open]--;
        err = step(scan, &head, diag);
        if (err != WEH_OK) {
            return err;
        }
        if (head.kind != WEH_MP_MAP && head.kind != WEH_MP_ARRAY) {
            continue;
        }
        if (open + depth >= scan->max_depth) {
            return weh_fail(diag, WEH_E_LIMIT, "more than %u levels", scan->max_depth);
        }
        left[++open] = head.kind == WEH_MP_MAP ? head.n * 2 : head.n;
    }
}
