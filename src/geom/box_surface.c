/* src/geom/box_surface.c - the box of a B-spline surface, the way the native library estimates it.
 *
 * Each Bezier patch is evaluated on a grid; the box of all these points is made a tenth larger on either
 * side and cut off at the box of the poles. Trim curves are not looked at.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/compiler.h"
#include "weh/geom_box.h"

#include "box_priv.h"

#define MAX_GRID (2 * BOX_MAX_ORDER)
#define MAX_WORK 2.0e8 /* operations; beyond this the poles' box has to do */

/* One direction: Bernstein weights of the poles of one span at each grid line. */
struct lines {
    unsigned n;
    double weight[MAX_GRID][BOX_MAX_ORDER];
};

static unsigned grid_lines(unsigned order)
{
    return order == 2 ? 2 : 2 * order;
}

/* The basis functions of span @span of @knots at @u: @order values. */
static void basis(const double *knots, uint32_t span, unsigned order, double u, double *out)
{
    unsigned degree = order - 1;
    const double *k = knots + span + degree; /* k[0] <= u <= k[1] */

    memset(out, 0, order * sizeof(*out));
    out[0] = 1.0;
    for (unsigned d = 1; d <= degree; d++) {
        double saved = 0.0;

        for (unsigned i = 0; i < d; i++) {
            double high = k[i + 1];
            double low = k[(int)i + 1 - (int)d];
            double share = out[i] / (high - low);

            out[i] = saved + (high - u) * share;
            saved = (u - low) * share;
        }
        out[d] = saved;
    }
}

static bool set_lines(const struct box_spline *spline, uint32_t span, struct lines *lines)
{
    const double *knots = spline->knots + span + spline->order - 1;

    if (!(knots[1] > knots[0])) {
        return false;
    }
    lines->n = grid_lines(spline->order);
    for (unsigned i = 0; i < lines->n; i++) {
        double f = (double)i / (lines->n - 1);

        basis(spline->knots, span, spline->order, knots[0] + f * (knots[1] - knots[0]),
              lines->weight[i]);
    }
    return true;
}

/* What both directions share while patches are visited. */
struct grid {
    const struct weh_surface *surface;
    const double *weights; /* NULL: not rational */
    struct box_spline u, v;
    struct lines lines_u, lines_v;
    struct weh_geom_range *range;
};

static void add_point(const struct grid *grid, uint32_t span_u, uint32_t span_v,
                      const double *weight_u, const double *weight_v)
{
    double sum[4] = { 0 };

    for (unsigned j = 0; j < grid->v.order; j++) {
        uint32_t row = (span_v + j) % grid->v.n_poles * grid->u.n_poles;

        for (unsigned i = 0; i < grid->u.order; i++) {
            uint32_t at = row + (span_u + i) % grid->u.n_poles;
            const struct weh_xyz *pole = &grid->surface->poles.items[at];
            double f = weight_u[i] * weight_v[j];

            sum[0] += f * pole->x;
            sum[1] += f * pole->y;
            sum[2] += f * pole->z;
            sum[3] += grid->weights != NULL ? f * grid->weights[at] : 0.0;
        }
    }
    if (grid->weights == NULL) {
        sum[3] = 1.0;
    }
    box_add(grid->range, (struct weh_xyz){ sum[0] / sum[3], sum[1] / sum[3], sum[2] / sum[3] });
}

static void add_patch(struct grid *grid, uint32_t span_u, uint32_t span_v)
{
    for (unsigned j = 0; j < grid->lines_v.n; j++) {
        for (unsigned i = 0; i < grid->lines_u.n; i++) {
            add_point(grid, span_u, span_v, grid->lines_u.weight[i], grid->lines_v.weight[j]);
        }
    }
}

static void add_column(struct grid *grid, uint32_t span_u)
{
    for (uint32_t j = 0; j < box_spline_n_spans(&grid->v); j++) {
        if (set_lines(&grid->v, j, &grid->lines_v)) {
            add_patch(grid, span_u, j);
        }
    }
}

static void add_patches(struct grid *grid)
{
    for (uint32_t i = 0; i < box_spline_n_spans(&grid->u); i++) {
        if (set_lines(&grid->u, i, &grid->lines_u)) {
            add_column(grid, i);
        }
    }
}

static weh_err check(const struct grid *grid, struct weh_diag *diag)
{
    const struct weh_surface *surface = grid->surface;
    weh_err err;

    if (surface->n_poles_u < 2 || surface->n_poles_v < 2 ||
        (uint64_t)surface->n_poles_u * (uint64_t)surface->n_poles_v != surface->poles.n) {
        return weh_fail(diag, WEH_E_BAD_ARGS, "a surface of %d x %d poles has %u",
                        surface->n_poles_u, surface->n_poles_v, surface->poles.n);
    }
    err = box_spline_check(&grid->u, diag);
    return err != WEH_OK ? err : box_spline_check(&grid->v, diag);
}

static double work_of(const struct box_spline *spline)
{
    return (double)box_spline_n_spans(spline) * grid_lines(spline->order) * spline->order;
}

/* A tenth of its size more on either side. */
static void widen(double *low, double *high)
{
    double size = *high - *low;
    double l = *low;

    *low = *high - 1.1 * size;
    *high = l + 1.1 * size;
}

static void cut(struct weh_geom_range *range, const struct weh_geom_range *limit)
{
    range->low.x = fmax(range->low.x, limit->low.x);
    range->low.y = fmax(range->low.y, limit->low.y);
    range->low.z = fmax(range->low.z, limit->low.z);
    range->high.x = fmin(range->high.x, limit->high.x);
    range->high.y = fmin(range->high.y, limit->high.y);
    range->high.z = fmin(range->high.z, limit->high.z);
}

static void set_grid(struct grid *grid, const struct weh_surface *surface,
                     struct weh_geom_range *points)
{
    bool rational = surface->weights.n == surface->poles.n && surface->weights.n > 0;

    grid->surface = surface;
    grid->weights = rational ? surface->weights.items : NULL;
    grid->u = (struct box_spline){ .n_poles = (uint32_t)surface->n_poles_u,
                                   .knots = surface->knots_u.items,
                                   .n_knots = surface->knots_u.n,
                                   .order = surface->order_u > 0 ? (unsigned)surface->order_u : 0,
                                   .closed = surface->closed_u };
    grid->v = (struct box_spline){ .n_poles = (uint32_t)surface->n_poles_v,
                                   .knots = surface->knots_v.items,
                                   .n_knots = surface->knots_v.n,
                                   .order = surface->order_v > 0 ? (unsigned)surface->order_v : 0,
                                   .closed = surface->closed_v };
    grid->range = points;
}

static void add_grid(struct weh_geom_range *range, struct grid *grid)
{
    struct weh_geom_range *points = grid->range;
    struct weh_geom_range poles;

    box_init(&poles);
    box_add_poles(&poles, &grid->surface->poles, grid->weights);
    box_init(points);
    if (work_of(&grid->u) * work_of(&grid->v) <= MAX_WORK) {
        add_patches(grid);
    }
    if (!weh_geom_range_is_null(points)) {
        widen(&points->low.x, &points->high.x);
        widen(&points->low.y, &points->high.y);
        widen(&points->low.z, &points->high.z);
        cut(&poles, points);
    }
    box_add_range(range, &poles);
}

weh_err box_add_surface(struct weh_geom_range *range, const struct weh_surface *surface,
                        struct weh_diag *diag)
{
    struct weh_geom_range points;
    struct grid *grid = weh_calloc(1, sizeof(*grid));
    weh_err err;

    if (grid == NULL) {
        return weh_fail_nomem(diag);
    }
    set_grid(grid, surface, &points);
    err = check(grid, diag);
    if (err == WEH_OK) {
        add_grid(range, grid);
    }
    weh_free(grid);
    return err;
}
