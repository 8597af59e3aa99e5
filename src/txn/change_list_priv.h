/* src/txn/change_list_priv.h - how the list of what a transaction has changed is made, and kept until it is
 * told. What the lists say is in weh/changes.h.
 */
#ifndef WEH_CHANGE_LIST_PRIV_H
#define WEH_CHANGE_LIST_PRIV_H

#include "weh/changes.h"
#include "weh/spill.h"

#include "change_stream.h"

struct tables;

struct change_raw {
    weh_id id;
    weh_id class_id; /* 0: not in the record */
    weh_id model_id;
    enum weh_change_op op;
    bool of_element; /* from the element's own row */
    bool geometry;
};

/** Sorts rows by element. Those beyond a bound go into a temporary file, sorted piece by piece. */
struct change_sorter {
    struct change_raw *raw;
    size_t n_raw;
    size_t capacity;
    size_t max_raw; /* in memory; 0: 32768 */
    struct weh_spill file;
    struct change_run *runs; /* pieces of the file */
    size_t n_runs;
    size_t runs_capacity;
    struct change_run **heap; /* those that are not used up, the first row's first */
    size_t n_heap;
    size_t at; /* in raw, when there are no runs */
};

void change_sorter_fini(struct change_sorter *sorter);
void change_sorter_clear(struct change_sorter *sorter);
WEH_MUST_CHECK weh_err change_sorter_add(struct change_sorter *sorter, const struct change_raw *raw,
                                         struct weh_diag *diag);
/** All rows are in. */
WEH_MUST_CHECK weh_err change_sorter_sort(struct change_sorter *sorter, struct weh_diag *diag);
/** The next element's rows put together; *@more false at the end. */
WEH_MUST_CHECK weh_err change_sorter_next(struct change_sorter *sorter, struct change_raw *out,
                                          bool *more, struct weh_diag *diag);

/** Gathers rows of changesets, then makes the list. The list's memory is the builder's. */
struct change_builder {
    struct tables *tables;
    struct change_sorter sorter;
    struct change_stream stream;
    struct weh_change_list list;
    struct weh_spill elements; /* of the list, when they are many */
    size_t max_elements;       /* in memory; 0: 16384 */
    size_t n_elements_max;
    size_t n_models_max;
    size_t n_touched_max;
    size_t n_guids_max;
    size_t merge_touched_at;
};

void change_builder_init(struct change_builder *builder, struct tables *tables);
void change_builder_fini(struct change_builder *builder);
void change_builder_clear(struct change_builder *builder);
/** How many elements of a list may be in memory. */
size_t change_builder_max(const struct change_builder *builder);
WEH_MUST_CHECK weh_err change_builder_scan(struct change_builder *builder,
                                           const struct change_source *source, bool invert,
                                           struct weh_diag *diag);
/** Once more the rows of models, when a save has set their geometry GUIDs. */
WEH_MUST_CHECK weh_err change_builder_scan_guids(struct change_builder *builder,
                                                 struct weh_diag *diag);
/** Make builder->list; classes and models that the rows do not say come from the file as it is. */
WEH_MUST_CHECK weh_err change_builder_finish(struct change_builder *builder, struct weh_diag *diag);
/** Room for one more item of @size bytes in *@items. */
WEH_MUST_CHECK weh_err change_reserve(void **items, size_t n, size_t *capacity, size_t size,
                                      struct weh_diag *diag);

/** Lists one after the other, in memory or, when they are large, in a file. */
WEH_MUST_CHECK weh_err change_log_add(struct weh_spill *log, const struct weh_change_list *list,
                                      struct weh_diag *diag);
/** The list at *@at, which is moved behind it, into builder->list. */
WEH_MUST_CHECK weh_err change_log_next(const struct weh_spill *log, uint64_t *at,
                                       struct change_builder *builder, struct weh_diag *diag);

#endif
