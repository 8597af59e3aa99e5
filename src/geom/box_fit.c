/* src/geom/box_fit.c - interpolation curves: the cubic spline through their points.
 *
 * Twice continuously differentiable, in Hermite form: unknown are the derivatives at the points, a
 * tridiagonal system (cyclic when closed). Conditions at the ends and parameters are those of the native
 * library: Bessel, natural, or a given tangent; by chord length, uniform for closed curves unless told.
 * The knots that come with a curve play no part.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/compiler.h"

#include "box_priv.h"

#define FIT_SAME_POINT 1.0e-5
#define FIT_NO_TANGENT 1.0e-14

struct fit {
    struct weh_xyz *p; /* points */
    struct weh_xyz *m; /* derivatives at them */
    double *t;         /* parameters */
    double *a, *b, *c; /* rows of the system: below, on, above the diagonal */
    struct weh_xyz *u; /* for the cyclic system */
    uint32_t n;
    bool closed;
};

static weh_err fit_alloc(struct fit *fit, uint32_t n, struct weh_diag *diag)
{
    fit->p = weh_malloc(((size_t)n + 1) * sizeof(*fit->p));
    fit->m = weh_malloc(((size_t)n + 1) * sizeof(*fit->m));
    fit->u = weh_calloc((size_t)n + 1, sizeof(*fit->u));
    fit->t = weh_malloc(((size_t)n + 1) * 4 * sizeof(*fit->t));
    if (fit->p == NULL || fit->m == NULL || fit->u == NULL || fit->t == NULL) {
        return weh_fail_nomem(diag);
    }
    fit->a = fit->t + n + 1;
    fit->b = fit->a + n + 1;
    fit->c = fit->b + n + 1;
    return WEH_OK;
}

static void fit_free(struct fit *fit)
{
    weh_free(fit->p);
    weh_free(fit->m);
    weh_free(fit->u);
    weh_free(fit->t);
}

static double distance(struct weh_xyz a, struct weh_xyz b)
{
    return box_length(box_sub(a, b));
}

/* Take the points that differ from the one before, and settle whether the curve is closed. */
static weh_err take_points(struct fit *fit, const struct weh_interpolation *curve,
                           struct weh_diag *diag)
{
    const struct weh_points *points = &curve->fit_points;
    double gap;

    fit->n = 1;
    fit->p[0] = points->items[0];
    for (uint32_t i = 1; i < points->n; i++) {
        if (distance(fit->p[fit->n - 1], points->items[i]) >= FIT_SAME_POINT) {
            fit->p[fit->n++] = points->items[i];
        }
    }
    fit->closed = curve->closed;
    gap = distance(fit->p[0], fit->p[fit->n - 1]);
    if (fit->n == 3 && gap <= FIT_SAME_POINT) {
        fit->n--;
        gap = distance(fit->p[0], fit->p[1]);
    }
    if (fit->n <= 2) {
        /* Also when a coordinate is no number, and the gap therefore none. */
        if (!(gap > FIT_SAME_POINT)) {
            return weh_fail(diag, WEH_E_BAD_ARGS, "an interpolation curve through one point");
        }
        fit->closed = false;
    }
    if (fit->closed && gap > FIT_SAME_POINT) {
        fit->p[fit->n++] = fit->p[0];
    }
    if (fit->closed && fit->n == 4) {
        fit->closed = false;
    }
    return WEH_OK;
}

static void set_parameters(struct fit *fit, bool by_chord)
{
    double last;

    fit->t[0] = 0.0;
    for (uint32_t i = 1; i < fit->n; i++) {
        fit->t[i] = fit->t[i - 1] + (by_chord ? distance(fit->p[i], fit->p[i - 1]) : 1.0);
    }
    last = fit->t[fit->n - 1];
    for (uint32_t i = 0; i < fit->n; i++) {
        fit->t[i] /= last;
    }
}

/* The slope from point @i to the next. */
static struct weh_xyz slope(const struct fit *fit, uint32_t i)
{
    return box_scale(box_sub(fit->p[i + 1], fit->p[i]), 1.0 / (fit->t[i + 1] - fit->t[i]));
}

/* Derivative at an end of the parabola through the three points there. */
static struct weh_xyz bessel(const struct fit *fit, bool at_end)
{
    uint32_t i = at_end ? fit->n - 3 : 0;
    double h0, h1;
    struct weh_xyz s0, s1, bend;

    if (fit->n == 2) {
        return slope(fit, 0);
    }
    h0 = fit->t[i + 1] - fit->t[i];
    h1 = fit->t[i + 2] - fit->t[i + 1];
    s0 = slope(fit, i);
    s1 = slope(fit, i + 1);
    bend = box_scale(box_sub(s1, s0), 1.0 / (h0 + h1));
    return at_end ? box_plus(s1, bend, h1) : box_plus(s0, bend, -h0);
}

static bool has_tangent(bool given, struct weh_xyz v)
{
    return given &&
           (fabs(v.x) > FIT_NO_TANGENT || fabs(v.y) > FIT_NO_TANGENT || fabs(v.z) > FIT_NO_TANGENT);
}

/* One end of an open curve: row 0 or n - 1 of the system. A tangent points into the curve at both. */
static void set_end(struct fit *fit, const struct weh_interpolation *curve, bool at_end)
{
    uint32_t row = at_end ? fit->n - 1 : 0;
    uint32_t span = at_end ? fit->n - 2 : 0;
    struct weh_xyz given = at_end ? curve->end_tangent : curve->start_tangent;
    double length;

    fit->a[row] = fit->c[row] = 0.0;
    fit->b[row] = 1.0;
    if (has_tangent(at_end ? curve->has_end_tangent : curve->has_start_tangent, given)) {
        length = curve->is_chord_len_tangents != 0 ? box_length(slope(fit, span))
                                                   : box_length(bessel(fit, at_end));
        box_normalize(&given);
        fit->m[row] = box_scale(given, at_end ? -length : length);
    } else if (curve->is_natural_tangents != 0 && fit->n > 2) {
        fit->b[row] = 2.0;
        if (at_end) {
            fit->a[row] = 1.0;
        } else {
            fit->c[row] = 1.0;
        }
        fit->m[row] = box_scale(slope(fit, span), 3.0);
    } else {
        fit->m[row] = bessel(fit, at_end);
    }
}

/* Turn @v to @direction, keeping its length. */
static struct weh_xyz turned(struct weh_xyz v, struct weh_xyz direction)
{
    double length = box_length(v);

    box_normalize(&direction);
    return box_scale(direction, length);
}

/* In a closed figure drawn as an open curve the ends that were not given are made to agree. */
static void join_ends(struct fit *fit, const struct weh_interpolation *curve)
{
    bool start = has_tangent(curve->has_start_tangent, curve->start_tangent);
    bool end = has_tangent(curve->has_end_tangent, curve->end_tangent);
    struct weh_xyz *first = &fit->m[0];
    struct weh_xyz *last = &fit->m[fit->n - 1];
    double h0 = fit->t[1] - fit->t[0];
    double h1 = fit->t[fit->n - 1] - fit->t[fit->n - 2];
    struct weh_xyz both;

    if (curve->is_colinear_tangents == 0 || curve->is_natural_tangents != 0 || fit->n <= 3 ||
        (start && end) || distance(fit->p[0], fit->p[fit->n - 1]) >= FIT_SAME_POINT) {
        return;
    }
    if (start) {
        *last = turned(*last, *first);
    } else if (end) {
        *first = turned(*first, *last);
    } else {
        both = box_plus(box_scale(*first, h0), *last, h1);
        *first = turned(*first, both);
        *last = turned(*last, both);
    }
}

/* The second derivative is continuous at point @i between spans of @h0 before and @h1 behind it. */
static void set_row(struct fit *fit, uint32_t i, const double h[2], const struct weh_xyz s[2])
{
    weh_assert(fit->a != NULL && fit->b != NULL && fit->c != NULL && fit->m != NULL);
    fit->a[i] = h[1];
    fit->b[i] = 2.0 * (h[0] + h[1]);
    fit->c[i] = h[0];
    fit->m[i] = box_plus(box_scale(s[0], 3.0 * h[1]), s[1], 3.0 * h[0]);
}

static void set_rows(struct fit *fit)
{
    for (uint32_t i = 1; i + 1 < fit->n; i++) {
        double h[2] = { fit->t[i] - fit->t[i - 1], fit->t[i + 1] - fit->t[i] };
        struct weh_xyz s[2] = { slope(fit, i - 1), slope(fit, i) };

        set_row(fit, i, h, s);
    }
}

/* Solve rows 0 to @n - 1 for @m and for @u. Rows are dominant: no pivots. */
static void solve(struct fit *fit, uint32_t n)
{
    struct weh_xyz *m = fit->m;
    struct weh_xyz *u = fit->u;

    for (uint32_t i = 1; i < n; i++) {
        double f = fit->a[i] / fit->b[i - 1];

        fit->b[i] -= f * fit->c[i - 1];
        m[i] = box_plus(m[i], m[i - 1], -f);
        u[i] = box_plus(u[i], u[i - 1], -f);
    }
    m[n - 1] = box_scale(m[n - 1], 1.0 / fit->b[n - 1]);
    u[n - 1] = box_scale(u[n - 1], 1.0 / fit->b[n - 1]);
    for (uint32_t i = n - 1; i-- > 0;) {
        m[i] = box_scale(box_plus(m[i], m[i + 1], -fit->c[i]), 1.0 / fit->b[i]);
        u[i] = box_scale(box_plus(u[i], u[i + 1], -fit->c[i]), 1.0 / fit->b[i]);
    }
}

/* @m less @share times @u, which has equal components. */
static void take_away(struct fit *fit, uint32_t n, struct weh_xyz share)
{
    for (uint32_t i = 0; i < n; i++) {
        fit->m[i] = box_plus(fit->m[i], share, -fit->u[i].x);
    }
}

/* A closed curve: n - 1 unknowns, the corners of the matrix by the formula of Sherman and Morrison. */
static void solve_closed(struct fit *fit)
{
    uint32_t n = fit->n - 1;
    double h[2] = { fit->t[n] - fit->t[n - 1], fit->t[1] - fit->t[0] };
    struct weh_xyz s[2] = { slope(fit, n - 1), slope(fit, 0) };
    double top, bottom, gamma, share;

    set_row(fit, 0, h, s);
    top = fit->a[0];
    bottom = fit->c[n - 1];
    gamma = -fit->b[0];
    fit->b[0] -= gamma;
    fit->b[n - 1] -= top * bottom / gamma;
    fit->u[0] = (struct weh_xyz){ gamma, gamma, gamma };
    fit->u[n - 1] = (struct weh_xyz){ bottom, bottom, bottom };
    solve(fit, n);
    share = top / gamma;
    take_away(fit, n,
              box_scale(box_plus(fit->m[0], fit->m[n - 1], share),
                        1.0 / (1.0 + fit->u[0].x + share * fit->u[n - 1].x)));
    fit->m[n] = fit->m[0];
}

static void set_pole(double pole[4], struct weh_xyz p)
{
    pole[0] = p.x;
    pole[1] = p.y;
    pole[2] = p.z;
    pole[3] = 1.0;
}

static void send_spans(const struct fit *fit, const struct box_fit_sink *sink)
{
    struct box_bezier bezier = { .order = 4 };

    for (uint32_t i = 0; i + 1 < fit->n; i++) {
        double third = (fit->t[i + 1] - fit->t[i]) / 3.0;

        set_pole(bezier.pole[0], fit->p[i]);
        set_pole(bezier.pole[1], box_plus(fit->p[i], fit->m[i], third));
        set_pole(bezier.pole[2], box_plus(fit->p[i + 1], fit->m[i + 1], -third));
        set_pole(bezier.pole[3], fit->p[i + 1]);
        sink->span(sink->context, &bezier);
    }
}

weh_err box_fit_spans(const struct weh_interpolation *curve, const struct box_fit_sink *sink,
                      struct weh_diag *diag)
{
    struct fit fit = { 0 };
    weh_err err;

    if (curve->fit_points.n < 2) {
        return weh_fail(diag, WEH_E_BAD_ARGS, "an interpolation curve needs two points");
    }
    err = fit_alloc(&fit, curve->fit_points.n, diag);
    if (err == WEH_OK) {
        err = take_points(&fit, curve, diag);
    }
    if (err != WEH_OK) {
        goto out;
    }
    set_parameters(&fit, !fit.closed || curve->is_chord_len_knots != 0);
    set_rows(&fit);
    if (fit.closed) {
        solve_closed(&fit);
    } else {
        set_end(&fit, curve, false);
        set_end(&fit, curve, true);
        join_ends(&fit, curve);
        solve(&fit, fit.n);
    }
    send_spans(&fit, sink);
out:
    fit_free(&fit);
    return err;
}

static void add_span(void *context, const struct box_bezier *bezier)
{
    box_add_bezier(context, bezier);
}

weh_err box_add_interpolation(struct weh_geom_range *range, const struct weh_interpolation *curve,
                              struct weh_diag *diag)
{
    struct box_fit_sink sink = { add_span, range };

    return box_fit_spans(curve, &sink, diag);
}
