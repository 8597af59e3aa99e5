/* src/geom/kind_mesh.c - whether an indexed mesh is closed.
 *
 * It is when each edge has two facets, one on either side; an edge between a point and itself does not
 * count (PolyfaceQuery.isPolyfaceClosedByEdgePairing of @itwin/core-geometry 5.1).
 */
#include <stdlib.h>

#include "kind_priv.h"

#define INDEXED_FACE_LOOPS 1 /* weh_mesh.mesh_style */

enum {
    CLOSURE_UNKNOWN = 0,
    CLOSURE_SHEET = 1,
    CLOSURE_SOLID = 2
};

/* weh_mesh.edge_mate_index of an edge without a second facet. */
#define NO_MATE (-2)

struct edge {
    uint32_t low, high;
    bool up; /* from low to high */
};

struct edges {
    struct edge *items;
    size_t n;
};

static uint32_t index_of(int32_t stored)
{
    return (uint32_t)(stored < 0 ? -(int64_t)stored : stored);
}

/* Facets in blocks: what does not fill the last one does not count. */
static uint32_t used_of(const struct weh_mesh *mesh, const struct weh_ints *ints)
{
    return mesh->num_per_face > 1 ? ints->n - ints->n % (uint32_t)mesh->num_per_face : ints->n;
}

/* How many of @ints are indexes, *@n; false when one is of nothing. */
static bool count_indexes(const struct weh_mesh *mesh, const struct weh_ints *ints,
                          uint32_t n_items, uint32_t *n)
{
    const uint32_t used = used_of(mesh, ints);

    *n = 0;
    for (uint32_t i = 0; i < used; i++) {
        if (index_of(ints->items[i]) > n_items) {
            return false;
        }
        *n += ints->items[i] != 0 ? 1U : 0U;
    }
    return true;
}

/* Indexes into data that is there are as many as those of the points, or none. */
static bool is_parallel(const struct weh_mesh *mesh, const struct weh_ints *ints, bool has_data,
                        uint32_t n_items, uint32_t n_points)
{
    uint32_t n;

    return ints->items == NULL || !has_data ||
           (count_indexes(mesh, ints, n_items, &n) && (n == 0 || n == n_points));
}

static bool is_whole(const struct weh_mesh *mesh)
{
    uint32_t n = 0;

    return mesh->mesh_style == INDEXED_FACE_LOOPS && mesh->point.items != NULL &&
           count_indexes(mesh, &mesh->point_index, mesh->point.n, &n) && n > 0 &&
           is_parallel(mesh, &mesh->normal_index, mesh->normal.items != NULL, mesh->normal.n, n) &&
           is_parallel(mesh, &mesh->param_index, mesh->param.items != NULL, mesh->param.n / 2, n) &&
           is_parallel(mesh, &mesh->color_index, mesh->int_color.items != NULL, mesh->int_color.n,
                       n);
}

static void add_edge(struct edges *edges, uint32_t from, uint32_t to)
{
    const bool up = from < to;

    if (from != to) {
        edges->items[edges->n++] =
            (struct edge){ .low = up ? from : to, .high = up ? to : from, .up = up };
    }
}

/* One edge an index: to the next one of the facet, from the last one to the first. */
static void collect_edges(const struct weh_mesh *mesh, struct edges *edges)
{
    const uint32_t used = used_of(mesh, &mesh->point_index);
    const bool in_blocks = mesh->num_per_face > 1;
    uint32_t first = 0;
    uint32_t last = 0;

    for (uint32_t i = 0; i < used; i++) {
        const uint32_t index = index_of(mesh->point_index.items[i]);
        const bool ends =
            in_blocks ? (i + 1) % (uint32_t)mesh->num_per_face == 0 : index == 0 || i + 1 == used;

        if (index != 0 && last != 0) {
            add_edge(edges, last, index);
        }
        first = first == 0 ? index : first;
        last = index != 0 ? index : last;
        if (ends && last != 0) {
            add_edge(edges, last, first);
        }
        if (ends) {
            first = last = 0;
        }
    }
}

static int compare_edges(const void *left, const void *right)
{
    const struct edge *a = left;
    const struct edge *b = right;

    if (a->low != b->low) {
        return a->low < b->low ? -1 : 1;
    }
    return a->high == b->high ? 0 : a->high < b->high ? -1 : 1;
}

static bool are_paired(struct edges *edges)
{
    if (edges->n % 2 != 0) {
        return false;
    }
    if (edges->n > 0) {
        qsort(edges->items, edges->n, sizeof(*edges->items), compare_edges);
    }
    for (size_t i = 0; i < edges->n; i += 2) {
        const struct edge *edge = &edges->items[i];

        if (compare_edges(edge, edge + 1) != 0 || edge->up == edge[1].up ||
            (i + 2 < edges->n && compare_edges(edge, edge + 2) == 0)) {
            return false;
        }
    }
    return true;
}

/* False when the mesh does not say which edges belong together. */
static bool knows_mates(const struct weh_mesh *mesh, bool *closed)
{
    const struct weh_ints *mates = &mesh->edge_mate_index;

    *closed = true;
    for (uint32_t i = 0; i < mates->n; i++) {
        if (mates->items[i] >= 0 && (uint32_t)mates->items[i] >= mates->n) {
            return false;
        }
        *closed = *closed && mates->items[i] != NO_MATE;
    }
    return mates->n > 0;
}

static weh_err find_closed(const struct weh_mesh *mesh, struct weh_arena *arena, bool *closed,
                           struct weh_diag *diag)
{
    const size_t bytes = mesh->point_index.n * sizeof(struct edge);
    struct edges edges = { NULL, 0 };

    if (knows_mates(mesh, closed)) {
        return WEH_OK;
    }
    if (arena->limit_bytes != 0 && bytes > arena->limit_bytes - arena->used_bytes) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "the mesh is too large");
    }
    edges.items = weh_arena_alloc(arena, bytes);
    if (edges.items == NULL) {
        return weh_fail_nomem(diag);
    }
    collect_edges(mesh, &edges);
    *closed = are_paired(&edges);
    return WEH_OK;
}

weh_err kind_of_mesh(const struct weh_mesh *mesh, struct weh_arena *arena, enum weh_geom_kind *out,
                     struct weh_diag *diag)
{
    bool closed = false;
    weh_err err;

    *out = WEH_GEOM_KIND_NONE;
    if (!is_whole(mesh)) {
        return WEH_OK;
    }
    switch (mesh->expected_closure) {
    case CLOSURE_UNKNOWN:
        err = find_closed(mesh, arena, &closed, diag);
        *out = closed ? WEH_GEOM_KIND_SOLID : WEH_GEOM_KIND_SURFACE;
        return err;
    case CLOSURE_SHEET:
        *out = WEH_GEOM_KIND_SURFACE;
        return WEH_OK;
    case CLOSURE_SOLID:
        *out = WEH_GEOM_KIND_SOLID;
        return WEH_OK;
    default:
        return WEH_OK;
    }
}
