/* src/txn/change_sort.c - brings the changed rows of one element together, whatever their number.
 *
 * Rows are sorted in memory; when they are too many, in pieces, which go into a temporary file and are
 * merged. What the rows mean is not known here.
 */
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"

#include "change_list_priv.h"
#include "txn_priv.h"

#define MAX_RAW  32768 /* in memory, and of one piece */
#define RUN_ROWS 64    /* of a piece that are in memory while pieces are merged */

struct change_run {
    uint64_t at; /* of the rows that are not in memory, in the file */
    uint64_t left;
    size_t n; /* in rows */
    size_t next;
    struct change_raw *rows; /* RUN_ROWS */
};

static size_t max_raw(const struct change_sorter *sorter)
{
    return sorter->max_raw == 0 ? MAX_RAW : sorter->max_raw;
}

void change_sorter_clear(struct change_sorter *sorter)
{
    for (size_t i = 0; i < sorter->n_runs; i++) {
        weh_free(sorter->runs[i].rows);
    }
    weh_free((void *)sorter->heap);
    sorter->heap = NULL;
    sorter->n_heap = 0;
    sorter->n_runs = 0;
    sorter->n_raw = 0;
    sorter->at = 0;
    weh_spill_clear(&sorter->file);
}

void change_sorter_fini(struct change_sorter *sorter)
{
    change_sorter_clear(sorter);
    weh_spill_fini(&sorter->file);
    weh_free(sorter->raw);
    weh_free(sorter->runs);
    sorter->raw = NULL;
    sorter->runs = NULL;
    sorter->capacity = 0;
    sorter->runs_capacity = 0;
}

/* The element's own row first among those of one element. */
static int compare_raw(const void *a, const void *b)
{
    const struct change_raw *x = a;
    const struct change_raw *y = b;

    if (x->id != y->id) {
        return x->id < y->id ? -1 : 1;
    }
    return (int)y->of_element - (int)x->of_element;
}

static void sort_memory(struct change_sorter *sorter)
{
    if (sorter->n_raw > 1) {
        qsort(sorter->raw, sorter->n_raw, sizeof(*sorter->raw), compare_raw);
    }
}

/* What is in memory becomes a piece of the file. */
static weh_err put_run(struct change_sorter *sorter, struct weh_diag *diag)
{
    void *runs = sorter->runs;
    weh_err err =
        change_reserve(&runs, sorter->n_runs, &sorter->runs_capacity, sizeof(*sorter->runs), diag);

    sorter->runs = runs;
    if (err != WEH_OK) {
        return err;
    }
    sort_memory(sorter);
    sorter->runs[sorter->n_runs++] =
        (struct change_run){ .at = weh_spill_len(&sorter->file), .left = sorter->n_raw };
    err = weh_spill_append(&sorter->file, sorter->raw, sorter->n_raw * sizeof(*sorter->raw), diag);
    sorter->n_raw = 0;
    return err;
}

weh_err change_sorter_add(struct change_sorter *sorter, const struct change_raw *raw,
                          struct weh_diag *diag)
{
    void *items = sorter->raw;
    weh_err err = WEH_OK;

    if (sorter->n_raw == max_raw(sorter)) {
        err = put_run(sorter, diag);
    }
    if (err == WEH_OK) {
        err = change_reserve(&items, sorter->n_raw, &sorter->capacity, sizeof(*sorter->raw), diag);
        sorter->raw = items;
    }
    if (err == WEH_OK) {
        sorter->raw[sorter->n_raw++] = *raw;
    }
    return err;
}

/* ---- merging ---- */

/* *@more false: the piece is used up. */
static weh_err fill(struct change_sorter *sorter, struct change_run *run, bool *more,
                    struct weh_diag *diag)
{
    weh_err err;

    *more = true;
    if (run->next < run->n) {
        return WEH_OK;
    }
    run->n = run->left < RUN_ROWS ? (size_t)run->left : RUN_ROWS;
    run->next = 0;
    *more = run->n > 0;
    err = weh_spill_read(&sorter->file, run->at, run->rows, run->n * sizeof(*run->rows), diag);
    run->at += run->n * sizeof(*run->rows);
    run->left -= run->n;
    return err;
}

static const struct change_raw *head(const struct change_run *run)
{
    return &run->rows[run->next];
}

/* Which of the run at @i and its two children comes first. */
static size_t first_of(const struct change_sorter *sorter, size_t i)
{
    size_t first = i;

    weh_assert(sorter->heap != NULL);
    for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < sorter->n_heap; child++) {
        if (compare_raw(head(sorter->heap[child]), head(sorter->heap[first])) < 0) {
            first = child;
        }
    }
    return first;
}

/* Let the run at @i sink to its place. */
static void sink(struct change_sorter *sorter, size_t i)
{
    for (size_t first = first_of(sorter, i); first != i; first = first_of(sorter, i)) {
        struct change_run *run = sorter->heap[i];

        sorter->heap[i] = sorter->heap[first];
        sorter->heap[first] = run;
        i = first;
    }
}

static weh_err open_run(struct change_sorter *sorter, struct change_run *run, struct weh_diag *diag)
{
    bool more = false;
    weh_err err;

    run->rows = weh_malloc(RUN_ROWS * sizeof(*run->rows));
    if (run->rows == NULL) {
        return weh_fail_nomem(diag);
    }
    err = fill(sorter, run, &more, diag);
    if (err != WEH_OK || !more) {
        return err;
    }
    weh_assert(sorter->heap != NULL);
    sorter->heap[sorter->n_heap++] = run;
    return WEH_OK;
}

weh_err change_sorter_sort(struct change_sorter *sorter, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    sorter->at = 0;
    if (sorter->n_runs == 0) {
        sort_memory(sorter);
        return WEH_OK;
    }
    err = put_run(sorter, diag);
    /* Not needed any more, but for the next transaction. */
    weh_free(sorter->raw);
    sorter->raw = NULL;
    sorter->capacity = 0;
    if (err == WEH_OK) {
        sorter->heap = weh_calloc(sorter->n_runs, sizeof(struct change_run *));
        err = sorter->heap == NULL ? weh_fail_nomem(diag) : WEH_OK;
    }
    for (size_t i = 0; i < sorter->n_runs && err == WEH_OK; i++) {
        err = open_run(sorter, &sorter->runs[i], diag);
    }
    for (size_t i = sorter->n_heap; i > 0 && err == WEH_OK; i--) {
        sink(sorter, i - 1);
    }
    return err;
}

/* The row that comes next, NULL at the end. */
static const struct change_raw *peek(const struct change_sorter *sorter)
{
    if (sorter->n_runs > 0) {
        return sorter->n_heap > 0 ? head(sorter->heap[0]) : NULL;
    }
    return sorter->at < sorter->n_raw ? &sorter->raw[sorter->at] : NULL;
}

static weh_err advance(struct change_sorter *sorter, struct weh_diag *diag)
{
    bool more = true;
    weh_err err;

    if (sorter->n_runs == 0) {
        sorter->at++;
        return WEH_OK;
    }
    sorter->heap[0]->next++;
    err = fill(sorter, sorter->heap[0], &more, diag);
    if (err == WEH_OK && !more) {
        sorter->heap[0] = sorter->heap[--sorter->n_heap];
    }
    if (err == WEH_OK && sorter->n_heap > 0) {
        sink(sorter, 0);
    }
    return err;
}

weh_err change_sorter_next(struct change_sorter *sorter, struct change_raw *out, bool *more,
                           struct weh_diag *diag)
{
    const struct change_raw *raw = peek(sorter);
    weh_err err = WEH_OK;

    *more = raw != NULL;
    if (raw == NULL) {
        return WEH_OK;
    }
    *out = *raw;
    do {
        err = advance(sorter, diag);
        raw = err == WEH_OK ? peek(sorter) : NULL;
        if (raw != NULL && raw->id == out->id) {
            out->geometry |= raw->geometry;
        }
    } while (raw != NULL && raw->id == out->id);
    return err;
}
