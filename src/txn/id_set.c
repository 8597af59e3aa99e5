/* src/txn/id_set.c - the compressed text form of a set of ids, both ways. */
#include "weh/id_set.h"

#include <inttypes.h>
#include <stdlib.h>

static void write_run(struct weh_buf *out, uint64_t increment, uint64_t length)
{
    if (length == 1) {
        weh_buf_printf(out, "+%" PRIX64, increment);
    } else if (length > 1) {
        weh_buf_printf(out, "+%" PRIX64 "*%" PRIX64, increment, length);
    }
}

void weh_id_set_write(const weh_id *ids, size_t n, struct weh_buf *out)
{
    weh_id previous = 0;
    uint64_t increment = 0;
    uint64_t length = 0;

    for (size_t i = 0; i < n; i++) {
        if (ids[i] <= previous) {
            continue;
        }
        uint64_t step = ids[i] - previous;

        previous = ids[i];
        if (length > 0 && step == increment) {
            length++;
            continue;
        }
        write_run(out, increment, length);
        increment = step;
        length = 1;
    }
    write_run(out, increment, length);
}

/* Upper-case hexadecimal of 1 to 16 digits, not zero; *@at moves behind it. */
static bool read_number(struct weh_str text, size_t *at, uint64_t *out)
{
    const size_t begin = *at;

    *out = 0;
    while (*at < text.len && *at - begin < 16) {
        char c = text.ptr[*at];
        unsigned digit;

        if (c >= '0' && c <= '9') {
            digit = (unsigned)(c - '0');
        } else if (c >= 'A' && c <= 'F') {
            digit = (unsigned)(c - 'A') + 10;
        } else {
            break;
        }
        *out = *out << 4 | digit;
        ++*at;
    }
    return *out != 0;
}

/* The next run, "+INC[*LEN]". */
static bool read_run(struct weh_str text, size_t *at, uint64_t *increment, uint64_t *length)
{
    *length = 1;
    if (text.ptr[*at] != '+') {
        return false;
    }
    ++*at;
    if (!read_number(text, at, increment)) {
        return false;
    }
    if (*at < text.len && text.ptr[*at] == '*') {
        ++*at;
        return read_number(text, at, length);
    }
    return true;
}

/* How many ids @text stands for. The last one is checked to fit into 64 bits. */
static weh_err count_ids(struct weh_str text, const char *where, size_t max, size_t *out,
                         struct weh_diag *diag)
{
    uint64_t last = 0;
    size_t at = 0;

    *out = 0;
    while (at < text.len) {
        uint64_t increment;
        uint64_t length;

        if (!read_run(text, &at, &increment, &length) || length > (UINT64_MAX - last) / increment) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s is no compressed set of ids",
                                  where);
        }
        if (length > max - *out) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must have at most %zu ids",
                                  where, max);
        }
        last += increment * length;
        *out += (size_t)length;
    }
    return WEH_OK;
}

weh_err weh_id_set_read(struct weh_str text, const char *where, size_t max, struct weh_arena *arena,
                        struct weh_id_list *out, struct weh_diag *diag)
{
    weh_id previous = 0;
    weh_id *ids = NULL;
    size_t n_all = 0;
    size_t n = 0;
    size_t at = 0;
    weh_err err = count_ids(text, where, max, &n_all, diag);

    if (err != WEH_OK) {
        return err;
    }
    ids = weh_arena_array(arena, n_all + 1, sizeof(*ids));
    if (ids == NULL) {
        return weh_fail_nomem(diag);
    }
    while (at < text.len) {
        uint64_t increment;
        uint64_t length;

        if (!read_run(text, &at, &increment, &length)) {
            break; /* counted above, so this cannot be */
        }
        while (length-- > 0) {
            previous += increment;
            ids[n++] = previous;
        }
    }
    out->ids = ids;
    out->n = n;
    return WEH_OK;
}

/* ---- each once ---- */

struct placed_id {
    weh_id id;
    size_t at;
};

static int compare_placed(const void *left, const void *right)
{
    const struct placed_id *a = left;
    const struct placed_id *b = right;

    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    return a->at < b->at ? -1 : a->at > b->at;
}

static int compare_places(const void *left, const void *right)
{
    const struct placed_id *a = left;
    const struct placed_id *b = right;

    return a->at < b->at ? -1 : a->at > b->at;
}

weh_err weh_id_list_unique(weh_id *ids, size_t n, struct weh_arena *arena, struct weh_id_list *out,
                           struct weh_diag *diag)
{
    struct placed_id *placed = weh_arena_array(arena, n == 0 ? 1 : n, sizeof(*placed));
    size_t n_kept = 0;

    if (placed == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < n; i++) {
        placed[i] = (struct placed_id){ ids[i], i };
    }
    qsort(placed, n, sizeof(*placed), compare_placed);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || placed[i].id != placed[i - 1].id) {
            placed[n_kept++] = placed[i];
        }
    }
    qsort(placed, n_kept, sizeof(*placed), compare_places);
    for (size_t i = 0; i < n_kept; i++) {
        ids[i] = placed[i].id;
    }
    *out = (struct weh_id_list){ ids, n_kept };
    return WEH_OK;
}
