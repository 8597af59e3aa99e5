/* src/wire/duplicate.c - a key that stands twice in a map.
 *
 * Sorting and not hashing: a peer can choose keys that collide, but none that sort slowly.
 */
#include <string.h>

#include "wire_priv.h"

/* Below this many members each is compared with each. */
#define FEW 12

/* An order of keys: any will do. */
static int compare(const struct weh_member *a, const struct weh_member *b)
{
    if (a->key.len != b->key.len) {
        return a->key.len < b->key.len ? -1 : 1;
    }
    return a->key.len == 0 ? 0 : memcmp(a->key.ptr, b->key.ptr, a->key.len);
}

static bool stands_before(const struct weh_member *members, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (weh_str_eq(members[i].key, members[n].key)) {
            return true;
        }
    }
    return false;
}

static const struct weh_member *find_among_few(const struct weh_member *members, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        if (stands_before(members, i)) {
            return &members[i];
        }
    }
    return NULL;
}

/* Merge the sorted runs [@left, @middle) and [@middle, @right) of @from into @to. */
static void merge(const struct weh_member **from, const struct weh_member **to, size_t left,
                  size_t middle, size_t right)
{
    size_t a = left;
    size_t b = middle;

    for (size_t i = left; i < right; i++) {
        bool first = b == right || (a < middle && compare(from[a], from[b]) <= 0);

        to[i] = first ? from[a++] : from[b++];
    }
}

/* Merge sort from the bottom up; returns the half of @both that holds the result. */
static const struct weh_member **sort(const struct weh_member **both, size_t n)
{
    const struct weh_member **from = both;
    const struct weh_member **to = both + n;

    for (size_t run = 1; run < n; run *= 2) {
        const struct weh_member **swap = from;

        for (size_t left = 0; left < n; left += 2 * run) {
            size_t middle = left + run < n ? left + run : n;
            size_t right = left + 2 * run < n ? left + 2 * run : n;

            merge(from, to, left, middle, right);
        }
        from = to;
        to = swap;
    }
    return from;
}

weh_err weh_wire_find_duplicate(const struct weh_member *members, uint32_t n,
                                struct weh_arena *arena, const struct weh_member **duplicate,
                                struct weh_diag *diag)
{
    const struct weh_member **both;
    const struct weh_member **sorted;

    *duplicate = NULL;
    if (n <= FEW) {
        *duplicate = find_among_few(members, n);
        return WEH_OK;
    }
    both = weh_arena_array(arena, (size_t)n * 2, sizeof(const struct weh_member *));
    if (both == NULL) {
        return weh_wire_no_room(arena, (size_t)n * 2 * sizeof(const struct weh_member *), diag);
    }
    for (uint32_t i = 0; i < n; i++) {
        both[i] = &members[i];
    }
    sorted = sort(both, n);
    for (uint32_t i = 1; i < n && *duplicate == NULL; i++) {
        if (compare(sorted[i - 1], sorted[i]) == 0) {
            *duplicate = sorted[i];
        }
    }
    return WEH_OK;
}
