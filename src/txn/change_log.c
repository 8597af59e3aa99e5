/* src/txn/change_log.c - change lists of transactions one after the other, until they are told. */
#include "weh/alloc.h"

#include "change_list_priv.h"
#include "txn_priv.h"

struct entry {
    uint64_t n_elements;
    uint64_t n_models;
    uint64_t n_touched;
    uint64_t n_guids;
};

static weh_err add_elements(struct weh_spill *log, const struct weh_change_list *list,
                            struct weh_diag *diag)
{
    struct weh_entity_change some[256];
    weh_err err = WEH_OK;

    for (size_t at = 0; at < list->n_elements && err == WEH_OK; at += WEH_ARRAY_LEN(some)) {
        size_t left = list->n_elements - at;
        size_t n = left < WEH_ARRAY_LEN(some) ? left : WEH_ARRAY_LEN(some);

        err = weh_change_list_read(list, at, n, some, diag);
        if (err == WEH_OK) {
            err = weh_spill_append(log, some, n * sizeof(some[0]), diag);
        }
    }
    return err;
}

static weh_err add(struct weh_spill *log, const void *items, size_t n, size_t size,
                   struct weh_diag *diag)
{
    return n == 0 ? WEH_OK : weh_spill_append(log, items, n * size, diag);
}

weh_err change_log_add(struct weh_spill *log, const struct weh_change_list *list,
                       struct weh_diag *diag)
{
    const struct entry entry = { list->n_elements, list->n_models, list->n_touched, list->n_guids };
    weh_err err = weh_spill_append(log, &entry, sizeof(entry), diag);

    if (err == WEH_OK) {
        err = add_elements(log, list, diag);
    }
    if (err == WEH_OK) {
        err = add(log, list->models, list->n_models, sizeof(*list->models), diag);
    }
    if (err == WEH_OK) {
        err = add(log, list->touched, list->n_touched, sizeof(*list->touched), diag);
    }
    return err == WEH_OK ? add(log, list->guids, list->n_guids, sizeof(*list->guids), diag) : err;
}

struct log_reader {
    const struct weh_spill *log;
    uint64_t at;
    struct weh_diag *diag;
    weh_err err;
};

/* The next @n items of @size bytes into @items, which has room for *@capacity and may move. */
static void *get(struct log_reader *reader, void *items, size_t *capacity, size_t n, size_t size)
{
    while (reader->err == WEH_OK && *capacity < n) {
        reader->err = change_reserve(&items, *capacity, capacity, size, reader->diag);
    }
    if (reader->err == WEH_OK && n > 0) {
        reader->err = weh_spill_read(reader->log, reader->at, items, n * size, reader->diag);
    }
    reader->at += (uint64_t)n * size;
    return items;
}

static void get_elements(struct log_reader *reader, struct change_builder *builder, size_t n)
{
    struct weh_change_list *list = &builder->list;

    list->n_elements = n;
    if (n > change_builder_max(builder)) {
        weh_free(list->elements);
        list->elements = NULL;
        builder->n_elements_max = 0;
        list->more = reader->log;
        list->more_at = reader->at;
        reader->at += (uint64_t)n * sizeof(*list->elements);
        return;
    }
    list->elements =
        get(reader, list->elements, &builder->n_elements_max, n, sizeof(*list->elements));
}

weh_err change_log_next(const struct weh_spill *log, uint64_t *at, struct change_builder *builder,
                        struct weh_diag *diag)
{
    struct log_reader reader = { .log = log, .at = *at + sizeof(struct entry), .diag = diag };
    struct weh_change_list *list = &builder->list;
    struct entry entry;

    change_builder_clear(builder);
    reader.err = weh_spill_read(log, *at, &entry, sizeof(entry), diag);
    if (reader.err != WEH_OK) {
        return reader.err;
    }
    get_elements(&reader, builder, entry.n_elements);
    list->models =
        get(&reader, list->models, &builder->n_models_max, entry.n_models, sizeof(*list->models));
    list->touched = get(&reader, list->touched, &builder->n_touched_max, entry.n_touched,
                        sizeof(*list->touched));
    list->guids =
        get(&reader, list->guids, &builder->n_guids_max, entry.n_guids, sizeof(*list->guids));
    list->n_models = entry.n_models;
    list->n_touched = entry.n_touched;
    list->n_guids = entry.n_guids;
    *at = reader.at;
    return reader.err;
}
