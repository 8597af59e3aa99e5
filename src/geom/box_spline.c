/* src/geom/box_spline.c - B-spline curves by their Bezier spans: points, and extremes span by span.
 *
 * Knows nothing of shapes. The extremes are exact up to rounding: roots of the derivative, found by halving
 * where the control polygon changes its sign.
 */
#include <string.h>

#include "weh/compiler.h"

#include "box_priv.h"

/* Halvings of [0, 1] on the way to a root. Where the derivative is 0 the curve is flat: 1e-9 beside it is
 * the same number. */
#define MAX_DEPTH   30
#define MAX_WORK    3.0e8 /* spans times order^4; beyond this the poles' box has to do */
#define MAX_TANGENT (2 * BOX_MAX_ORDER)

weh_err box_spline_check(const struct box_spline *spline, struct weh_diag *diag)
{
    uint64_t wanted = (uint64_t)spline->n_poles + spline->order;

    if (spline->order > BOX_MAX_ORDER) {
        return weh_fail(diag, WEH_E_UNSUPPORTED, "a spline of order %u: at most %u", spline->order,
                        (unsigned)BOX_MAX_ORDER);
    }
    if (spline->order < 2 || spline->n_poles < spline->order) {
        return weh_fail(diag, WEH_E_BAD_ARGS, "a spline of order %u with %u poles", spline->order,
                        spline->n_poles);
    }
    if (spline->closed) {
        wanted += spline->order - 1;
    }
    if (spline->n_knots != wanted) {
        return weh_fail(diag, WEH_E_BAD_ARGS, "a spline with %u knots, not %llu", spline->n_knots,
                        (unsigned long long)wanted);
    }
    return WEH_OK;
}

uint32_t box_spline_n_spans(const struct box_spline *spline)
{
    return spline->n_knots - 2 * spline->order + 1;
}

static void load_pole(const struct box_spline *spline, uint32_t i, double out[4])
{
    uint32_t at = i % spline->n_poles * spline->stride;

    out[0] = spline->poles[at].x;
    out[1] = spline->poles[at].y;
    out[2] = spline->poles[at].z;
    out[3] = spline->weights != NULL ? spline->weights[at] : 1.0;
}

/* @a moved towards @b by the fraction @f. */
static void mix(double a[4], const double b[4], double f)
{
    for (unsigned k = 0; k < 4; k++) {
        a[k] += f * (b[k] - a[k]);
    }
}

/* The blossom of span @span at @u, degree values. */
static void blossom(const struct box_spline *spline, uint32_t span, const double *u, double out[4])
{
    unsigned degree = spline->order - 1;
    const double *knots = spline->knots + span; /* knots[degree] starts the span */
    double work[BOX_MAX_ORDER][4];

    for (unsigned i = 0; i <= degree; i++) {
        load_pole(spline, span + i, work[i]);
    }
    for (unsigned level = 0; level < degree; level++) {
        for (unsigned i = 0; i < degree - level; i++) {
            double low = knots[i + level + 1];
            double width = knots[degree + 1 + i] - low;

            mix(work[i], work[i + 1], width > 0.0 ? (u[level] - low) / width : 0.0);
        }
    }
    memcpy(out, work[0], sizeof(work[0]));
}

bool box_spline_span(const struct box_spline *spline, uint32_t i, struct box_bezier *out)
{
    unsigned degree = spline->order - 1;
    double low = spline->knots[i + degree];
    double high = spline->knots[i + degree + 1];
    double u[BOX_MAX_ORDER];

    if (!(high > low)) {
        return false;
    }
    out->order = spline->order;
    out->rational = spline->weights != NULL;
    for (unsigned k = 0; k < degree; k++) {
        u[k] = low;
    }
    blossom(spline, i, u, out->pole[0]);
    for (unsigned k = 1; k < spline->order; k++) {
        u[k - 1] = high;
        blossom(spline, i, u, out->pole[k]);
    }
    return true;
}

bool box_spline_is_clamped(const struct box_spline *spline)
{
    unsigned degree = spline->order - 1;
    double low = spline->knots[degree];
    double high = spline->knots[spline->n_knots - spline->order];

    for (unsigned i = 0; i < degree; i++) {
        if (fabs(spline->knots[i] - low) > 1.0e-14 ||
            fabs(spline->knots[spline->n_knots - 1 - i] - high) > 1.0e-14) {
            return false;
        }
    }
    return true;
}

bool box_spline_clamp(const struct box_spline *spline, double *knots, struct weh_xyz *poles,
                      double *weights)
{
    unsigned degree = spline->order - 1;
    double low = spline->knots[degree];
    double high = spline->knots[spline->n_knots - spline->order];
    double pole[4];

    if (!(high > low)) {
        return false;
    }
    for (uint32_t i = 0; i < spline->n_knots; i++) {
        knots[i] = fmin(fmax(spline->knots[i], low), high);
    }
    for (uint32_t i = 0; i < spline->n_poles; i++) {
        uint32_t span = i > degree ? i : degree;

        /* A pole is its blossom at the knots it spans, in any span that it acts on. */
        while (span < i + degree && !(knots[span + 1] > knots[span])) {
            span++;
        }
        if (!(knots[span + 1] > knots[span])) {
            return false;
        }
        blossom(spline, span - degree, knots + i + 1, pole);
        poles[i] = (struct weh_xyz){ pole[0], pole[1], pole[2] };
        if (weights != NULL) {
            weights[i] = pole[3];
        }
    }
    for (uint32_t i = 0; i < spline->n_knots; i++) {
        knots[i] = (knots[i] - low) / (high - low);
    }
    return true;
}

struct weh_xyz box_bezier_at(const struct box_bezier *bezier, double t)
{
    double work[BOX_MAX_ORDER][4];

    memcpy(work, bezier->pole, bezier->order * sizeof(work[0]));
    for (unsigned n = bezier->order - 1; n > 0; n--) {
        for (unsigned i = 0; i < n; i++) {
            mix(work[i], work[i + 1], t);
        }
    }
    if (!bezier->rational) {
        return (struct weh_xyz){ work[0][0], work[0][1], work[0][2] };
    }
    return (struct weh_xyz){ work[0][0] / work[0][3], work[0][1] / work[0][3],
                             work[0][2] / work[0][3] };
}

/* A polynomial over [low, low + width] by its Bernstein coefficients. */
struct piece {
    double low, width;
    unsigned depth;
    double c[MAX_TANGENT];
};

struct roots {
    const struct box_bezier *bezier;
    struct weh_geom_range *range;
    unsigned order;
};

static unsigned sign_changes(const double *c, unsigned n)
{
    unsigned changes = 0;
    double last = 0.0;

    for (unsigned i = 0; i < n; i++) {
        if (c[i] == 0.0) {
            continue;
        }
        changes += last != 0.0 && (c[i] > 0.0) != (last > 0.0);
        last = c[i];
    }
    return changes;
}

static void halve(const struct piece *from, unsigned n, struct piece *left, struct piece *right)
{
    double work[MAX_TANGENT];

    memcpy(work, from->c, n * sizeof(*work));
    for (unsigned level = 0; level < n; level++) {
        left->c[level] = work[0];
        right->c[n - 1 - level] = work[n - 1 - level];
        for (unsigned i = 0; i + 1 < n - level; i++) {
            work[i] = 0.5 * (work[i] + work[i + 1]);
        }
    }
    left->low = from->low;
    left->width = right->width = from->width * 0.5;
    right->low = from->low + left->width;
    left->depth = right->depth = from->depth + 1;
}

/* Extend by the points where the polynomial @first, a component of the derivative, is 0. */
static void add_roots(const struct roots *roots, struct piece *first)
{
    struct piece stack[MAX_DEPTH + 2]; /* at most one piece of each depth, and its other half */
    unsigned n = 0;

    stack[n++] = *first;
    while (n > 0) {
        struct piece top = stack[--n];
        bool crosses = sign_changes(top.c, roots->order) > 0;

        if (top.c[0] == 0.0) {
            box_add(roots->range, box_bezier_at(roots->bezier, top.low));
        }
        if (crosses && top.depth == MAX_DEPTH) {
            box_add(roots->range, box_bezier_at(roots->bezier, top.low + 0.5 * top.width));
        } else if (crosses) {
            halve(&top, roots->order, &stack[n], &stack[n + 1]);
            n += 2;
        }
    }
}

/* Coefficients of the derivative's component @k; for a rational curve its numerator x' w - x w'. */
static unsigned tangent(const struct box_bezier *bezier, unsigned k, double *out)
{
    unsigned degree = bezier->order - 1;
    double up = 1.0;

    if (!bezier->rational) {
        for (unsigned i = 0; i < degree; i++) {
            out[i] = bezier->pole[i + 1][k] - bezier->pole[i][k];
        }
        return degree;
    }
    memset(out, 0, (size_t)(2 * degree) * sizeof(*out));
    for (unsigned i = 0; i < degree; i++) {
        double choose_i = up;
        double choose_j = 1.0;

        for (unsigned j = 0; j <= degree; j++) {
            double dx = bezier->pole[i + 1][k] - bezier->pole[i][k];
            double dw = bezier->pole[i + 1][3] - bezier->pole[i][3];

            out[i + j] += choose_i * choose_j * (dx * bezier->pole[j][3] - bezier->pole[j][k] * dw);
            choose_j = choose_j * (degree - j) / (j + 1);
        }
        up = up * (degree - 1 - i) / (i + 1);
    }
    up = 1.0;
    for (unsigned i = 0; i < 2 * degree; i++) {
        out[i] /= up;
        up = up * (2 * degree - 1 - i) / (i + 1);
    }
    return 2 * degree;
}

void box_add_bezier(struct weh_geom_range *range, const struct box_bezier *bezier)
{
    struct roots roots = { bezier, range, 0 };
    struct piece piece;

    box_add(range, box_bezier_at(bezier, 0.0));
    box_add(range, box_bezier_at(bezier, 1.0));
    for (unsigned k = 0; bezier->order > 2 && k < 3; k++) {
        memset(&piece, 0, sizeof(piece));
        piece.width = 1.0;
        roots.order = tangent(bezier, k, piece.c);
        if (sign_changes(piece.c, roots.order) > 0) {
            add_roots(&roots, &piece);
        }
    }
}

struct box_spline box_spline_of(const struct weh_bcurve *curve)
{
    return (struct box_spline){
        .poles = curve->poles.items,
        .weights = curve->weights.n > 0 && curve->weights.n == curve->poles.n ? curve->weights.items
                                                                              : NULL,
        .n_poles = curve->poles.n,
        .stride = 1,
        .knots = curve->knots.items,
        .n_knots = curve->knots.n,
        .order = curve->order > 0 ? (unsigned)curve->order : 0,
        .closed = curve->closed,
    };
}

weh_err box_add_bcurve(struct weh_geom_range *range, const struct weh_bcurve *curve,
                       struct weh_diag *diag)
{
    struct box_spline spline = box_spline_of(curve);
    struct box_bezier bezier;
    weh_err err = box_spline_check(&spline, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (box_spline_n_spans(&spline) * pow(spline.order, 4.0) > MAX_WORK) {
        box_add_poles(range, &curve->poles, spline.weights);
        return WEH_OK;
    }
    for (uint32_t i = 0; i < box_spline_n_spans(&spline); i++) {
        if (box_spline_span(&spline, i, &bezier)) {
            box_add_bezier(range, &bezier);
        }
    }
    return WEH_OK;
}

void box_add_poles(struct weh_geom_range *range, const struct weh_points *poles,
                   const double *weights)
{
    for (uint32_t i = 0; i < poles->n; i++) {
        double w = weights != NULL ? weights[i] : 1.0;

        box_add(range, (struct weh_xyz){ poles->items[i].x / w, poles->items[i].y / w,
                                         poles->items[i].z / w });
    }
}
