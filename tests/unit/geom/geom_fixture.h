/* tests/unit/geom/geom_fixture.h - files of geometry in JSON, one case a line, and comparing values.
 *
 * geom.oracle.jsonl.xz: the distinct geometries of golden iModels with the box of their placement.
 * geom.native.jsonl.xz: geometry given to the official backend (in), what it tells afterwards (geom) and the
 * box it stored; geom and box are absent where it dropped the geometry without a word.
 */
#ifndef GEOM_FIXTURE_H
#define GEOM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/arena.h"
#include "weh/geom_box.h"
#include "weh/geom_json.h"
#include "weh/json.h"

struct geom_case {
    const struct weh_value *in, *geom, *box, *part; /* NULL when absent */
    const char *from;
    bool is_2d, is_part;
};

struct geom_cases {
    struct weh_arena arena;
    struct geom_case *items;
    unsigned n;
};

/** Read tests/data/@name; ends the test when it cannot. */
void geom_cases_open(struct geom_cases *cases, const char *name);
void geom_cases_close(struct geom_cases *cases);

/** Equal: members in the same order, numbers to 1e-12 of the larger one. */
bool geom_value_eq(const struct weh_value *a, const struct weh_value *b);

/** Write @geom and parse what came out, into @arena. */
const struct weh_value *geom_written(const struct weh_geom *geom, uint64_t sub_category,
                                     struct weh_arena *arena);

/** @text parsed into @arena. */
const struct weh_value *geom_parse(const char *text, struct weh_arena *arena);

/** @value as text, in @arena. */
const char *geom_text(const struct weh_value *value, struct weh_arena *arena);

/** The largest relative difference between @box and {low, high} of @expected; 0 when bit for bit. */
double geom_box_distance(const struct weh_geom_range *box, const struct weh_value *expected);

#endif
