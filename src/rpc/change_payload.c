/* src/rpc/change_payload.c - changed elements and models as iTwin.js tells them.
 *
 * The payload is NotifyEntitiesChangedArgs of @itwin/core-common: compressed id sets, and for each id the index
 * of its class in `meta`, which lists the classes of the event and all their base classes once.
 */
#include "change_payload.h"

#include "weh/alloc.h"
#include "weh/buf.h"
#include "weh/id_set.h"

#define META_CLASSES 4096

/* The classes of one event, in the order of `meta`, and what the walk over their bases needs. */
struct meta {
    const struct weh_ec_class *classes[META_CLASSES];
    uint16_t bases_seen[META_CLASSES];
    uint32_t path[META_CLASSES];
    uint32_t n;
};

static uint32_t meta_index(struct meta *meta, const struct weh_ec_class *ec_class)
{
    uint32_t i = 0;

    while (i < meta->n && meta->classes[i] != ec_class) {
        i++;
    }
    if (i == meta->n && meta->n < WEH_ARRAY_LEN(meta->classes)) {
        meta->classes[meta->n++] = ec_class;
    }
    return i;
}

/* Bases that are not there yet, each with its own bases before the next: the order in which the official backend has them. */
static void add_bases(struct meta *meta, uint32_t entity_class)
{
    uint32_t depth = 1;

    meta->path[0] = entity_class;
    while (depth > 0) {
        const uint32_t at = meta->path[depth - 1];
        const uint32_t n_known = meta->n;

        if (meta->bases_seen[at] == meta->classes[at]->n_bases) {
            depth--;
            continue;
        }
        (void)meta_index(meta, meta->classes[at]->bases[meta->bases_seen[at]++]);
        if (meta->n > n_known) {
            meta->path[depth++] = n_known;
        }
    }
}

/* First the classes of the entities, then their bases. */
static void collect_meta(const struct weh_ec_catalog *catalog,
                         const struct weh_entity_change *changes, size_t n, struct meta *meta)
{
    uint32_t n_entity_classes = 0;

    for (size_t i = 0; i < n; i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_by_id(catalog, changes[i].class_id);

        if (ec_class != NULL) {
            (void)meta_index(meta, ec_class);
        }
    }
    n_entity_classes = meta->n;
    for (uint32_t i = 0; i < n_entity_classes; i++) {
        add_bases(meta, i);
    }
}

static void put_meta(struct weh_sink *sink, struct meta *meta)
{
    weh_sink_key(sink, "meta");
    weh_sink_array_begin(sink, meta->n);
    for (uint32_t i = 0; i < meta->n; i++) {
        const struct weh_ec_class *ec_class = meta->classes[i];

        weh_sink_map_begin(sink, 2);
        weh_sink_key(sink, "name");
        weh_sink_str(sink, ec_class->full_name);
        weh_sink_key(sink, "bases");
        weh_sink_array_begin(sink, ec_class->n_bases);
        for (uint16_t k = 0; k < ec_class->n_bases; k++) {
            weh_sink_int(sink, meta_index(meta, ec_class->bases[k]));
        }
        weh_sink_array_end(sink);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
}

/* The ids of one operation and their classes' indices. */
static void put_entities(struct weh_sink *sink, const struct weh_ec_catalog *catalog,
                         const struct weh_entity_change *changes, size_t n, enum weh_change_op op,
                         struct meta *meta)
{
    static const char *const names[] = { "inserted", "updated", "deleted" };
    static const char *const meta_names[] = { "insertedMeta", "updatedMeta", "deletedMeta" };
    weh_id ids[CHANGE_MAX_ENTITIES];
    struct weh_buf text;
    size_t n_ids = 0;

    weh_sink_key(sink, meta_names[op]);
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < n; i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_by_id(catalog, changes[i].class_id);

        if (changes[i].op == op && ec_class != NULL) {
            ids[n_ids++] = changes[i].id;
            weh_sink_int(sink, meta_index(meta, ec_class));
        }
    }
    weh_sink_array_end(sink);
    if (n_ids > 0) {
        weh_buf_init(&text, 0);
        weh_id_set_write(ids, n_ids, &text);
        weh_sink_key(sink, names[op]);
        weh_sink_str(sink, (struct weh_str){ (const char *)text.data, text.len });
        weh_buf_fini(&text);
    }
}

weh_err change_payload_put(struct weh_sink *sink, const struct weh_ec_catalog *catalog,
                           const struct weh_entity_change *changes, size_t n, struct weh_diag *diag)
{
    struct meta *meta = weh_calloc(1, sizeof(*meta));

    if (meta == NULL) {
        return weh_fail_nomem(diag);
    }
    collect_meta(catalog, changes, n, meta);
    for (unsigned op = WEH_CHANGE_INSERTED; op <= WEH_CHANGE_DELETED; op++) {
        put_entities(sink, catalog, changes, n, (enum weh_change_op)op, meta);
    }
    put_meta(sink, meta);
    weh_free(meta);
    return WEH_OK;
}

static size_t at_most(size_t n)
{
    return n < CHANGE_MAX_ENTITIES ? n : CHANGE_MAX_ENTITIES;
}

static weh_err events_of(const struct weh_entity_change *changes, size_t n, change_event tell,
                         void *ctx)
{
    weh_err err = WEH_OK;

    for (size_t at = 0; at < n && err == WEH_OK; at += CHANGE_MAX_ENTITIES) {
        err = tell(ctx, changes + at, at_most(n - at));
    }
    return err;
}

/* Elements that are too many to be in memory together. */
static weh_err events_of_many(const struct weh_change_list *list, change_event tell, void *ctx)
{
    struct weh_entity_change *some = weh_malloc(CHANGE_MAX_ENTITIES * sizeof(*some));
    weh_err err = some == NULL ? WEH_E_NOMEM : WEH_OK;

    for (size_t at = 0; at < list->n_elements && err == WEH_OK; at += CHANGE_MAX_ENTITIES) {
        const size_t n = at_most(list->n_elements - at);

        err = weh_change_list_read(list, at, n, some, NULL);
        if (err == WEH_OK) {
            err = tell(ctx, some, n);
        }
    }
    weh_free(some);
    return err;
}

weh_err change_events_of_elements(const struct weh_change_list *list, change_event tell, void *ctx)
{
    return list->more != NULL ? events_of_many(list, tell, ctx)
                              : events_of(list->elements, list->n_elements, tell, ctx);
}

weh_err change_events_of_models(const struct weh_change_list *list, change_event tell, void *ctx)
{
    return events_of(list->models, list->n_models, tell, ctx);
}
