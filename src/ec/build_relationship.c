/* src/ec/build_relationship.c - the downward side of classes: subclasses, what relationships join, and
 * how classes are mapped. */
#include "ec_priv.h"

#define MAX_CONSTRAINT_CLASSES 4000000u /* of all ends together */

/* ec_Class.RelationshipStrengthDirection */
#define DIRECTION_BACKWARD 2

/* Two ends of each relationship class, whether the file says anything of them or not. */
static weh_err relationships_place(struct ec_build *build)
{
    size_t n = build->catalog->n_classes;
    struct weh_ec_relationship *relationships;
    size_t n_relationships = 0;

    for (size_t i = 0; i < n; i++) {
        n_relationships += build->classes[i].type == WEH_EC_RELATIONSHIP;
    }
    relationships =
        weh_arena_array(&build->catalog->arena, n_relationships, sizeof(*relationships));
    build->relationships =
        weh_arena_array(&build->scratch, n, sizeof(struct weh_ec_relationship *));
    if (relationships == NULL || build->relationships == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        const int64_t *row = ec_row(build->snapshot, EC_ROWS_CLASS, i);

        if (build->classes[i].type != WEH_EC_RELATIONSHIP) {
            continue;
        }
        if (row[CLASS_STRENGTH] < WEH_EC_REFERENCING || row[CLASS_STRENGTH] > WEH_EC_EMBEDDING) {
            return ec_corrupt(build->diag, "the strength of a relationship");
        }
        relationships->strength = (enum weh_ec_strength)row[CLASS_STRENGTH];
        relationships->forward = row[CLASS_DIRECTION] != DIRECTION_BACKWARD;
        build->relationships[i] = relationships;
        build->classes[i].relationship = relationships++;
    }
    return WEH_OK;
}

static weh_err constraint_fill(struct ec_build *build, const int64_t *row,
                               struct weh_ec_constraint **out)
{
    struct weh_ec_constraint *constraint;
    uint32_t index = 0;

    if (!ec_find(build->snapshot, EC_ROWS_CLASS, row[CONSTRAINT_CLASS], &index) ||
        build->relationships[index] == NULL || (row[CONSTRAINT_END] & ~1) != 0) {
        return ec_corrupt(build->diag, "a constraint of no relationship");
    }
    constraint = &build->relationships[index]->ends[row[CONSTRAINT_END]];
    if (constraint->upper != 0) {
        return ec_corrupt(build->diag, "an end of a relationship stands twice");
    }
    if (row[CONSTRAINT_LOWER] < 0 || row[CONSTRAINT_LOWER] > INT32_MAX ||
        row[CONSTRAINT_UPPER] < 0 || row[CONSTRAINT_UPPER] > INT32_MAX) {
        return ec_corrupt(build->diag, "a multiplicity");
    }
    constraint->lower = (uint32_t)row[CONSTRAINT_LOWER];
    constraint->upper =
        row[CONSTRAINT_UPPER] == 0 ? WEH_EC_UNBOUNDED : (uint32_t)row[CONSTRAINT_UPPER];
    constraint->polymorphic = row[CONSTRAINT_POLYMORPHIC] != 0;
    if (row[CONSTRAINT_ABSTRACT] != 0) {
        if (!ec_find(build->snapshot, EC_ROWS_CLASS, row[CONSTRAINT_ABSTRACT], &index)) {
            return ec_corrupt(build->diag, "an abstract constraint is missing");
        }
        constraint->abstract_class = &build->classes[index];
    }
    *out = constraint;
    return WEH_OK;
}

/* Hand the classes out to the ends: a counting sort, which keeps the order of the rows. */
static weh_err constraint_classes_place(struct ec_build *build,
                                        struct weh_ec_constraint *const *constraints)
{
    const struct ec_snapshot *snapshot = build->snapshot;
    size_t n = snapshot->rows[EC_ROWS_CONSTRAINT_CLASS].n_rows;
    size_t n_constraints = snapshot->rows[EC_ROWS_CONSTRAINT].n_rows;
    const struct weh_ec_class **block =
        weh_arena_array(&build->catalog->arena, n, sizeof(const struct weh_ec_class *));
    uint32_t *begin = weh_arena_array(&build->scratch, n_constraints + 1, sizeof(uint32_t));
    uint32_t constraint = 0;
    uint32_t class_index = 0;

    if (block == NULL || begin == NULL) {
        return ec_build_no_memory(build);
    }
    if (n > MAX_CONSTRAINT_CLASSES) {
        return ec_corrupt(build->diag, "too many constraint classes");
    }
    for (size_t i = 0; i < n; i++) {
        const int64_t *row = ec_row(snapshot, EC_ROWS_CONSTRAINT_CLASS, i);

        if (!ec_find(snapshot, EC_ROWS_CONSTRAINT, row[CONSTRAINT_CLASS_CONSTRAINT], &constraint) ||
            !ec_find(snapshot, EC_ROWS_CLASS, row[CONSTRAINT_CLASS_CLASS], &class_index)) {
            return ec_corrupt(build->diag, "a constraint class is missing");
        }
        begin[constraint]++;
    }
    for (size_t i = 1; i <= n_constraints; i++) {
        begin[i] += begin[i - 1];
    }
    for (size_t i = n; i-- > 0;) {
        const int64_t *row = ec_row(snapshot, EC_ROWS_CONSTRAINT_CLASS, i);

        (void)ec_find(snapshot, EC_ROWS_CONSTRAINT, row[CONSTRAINT_CLASS_CONSTRAINT], &constraint);
        (void)ec_find(snapshot, EC_ROWS_CLASS, row[CONSTRAINT_CLASS_CLASS], &class_index);
        block[--begin[constraint]] = &build->classes[class_index];
    }
    for (size_t i = 0; i < n_constraints; i++) {
        constraints[i]->classes = &block[begin[i]];
        constraints[i]->n_classes = begin[i + 1] - begin[i];
    }
    return WEH_OK;
}

static weh_err constraints_place(struct ec_build *build)
{
    size_t n = build->snapshot->rows[EC_ROWS_CONSTRAINT].n_rows;
    struct weh_ec_constraint **constraints =
        weh_arena_array(&build->scratch, n, sizeof(struct weh_ec_constraint *));
    weh_err err = WEH_OK;

    if (constraints == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n && err == WEH_OK; i++) {
        err =
            constraint_fill(build, ec_row(build->snapshot, EC_ROWS_CONSTRAINT, i), &constraints[i]);
    }
    return err == WEH_OK ? constraint_classes_place(build, constraints) : err;
}

/* The bases, read the other way round. */
static weh_err derived_place(struct ec_build *build)
{
    size_t n = build->catalog->n_classes;
    size_t n_links = build->snapshot->rows[EC_ROWS_BASE].n_rows;
    const struct weh_ec_class **block =
        weh_arena_array(&build->catalog->arena, n_links, sizeof(const struct weh_ec_class *));
    const struct weh_ec_class ***ends =
        weh_arena_array(&build->scratch, n, sizeof(const struct weh_ec_class **));

    if (block == NULL || ends == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        for (uint16_t b = 0; b < build->classes[i].n_bases; b++) {
            build->classes[build->classes[i].bases[b] - build->classes].n_derived++;
        }
    }
    for (size_t i = 0; i < n; i++) {
        build->classes[i].derived = block;
        ends[i] = block;
        block += build->classes[i].n_derived;
    }
    for (size_t i = 0; i < n; i++) {
        for (uint16_t b = 0; b < build->classes[i].n_bases; b++) {
            *ends[build->classes[i].bases[b] - build->classes]++ = &build->classes[i];
        }
    }
    return WEH_OK;
}

static weh_err strategies_place(struct ec_build *build)
{
    const struct ec_snapshot *snapshot = build->snapshot;

    for (size_t i = 0; i < snapshot->rows[EC_ROWS_CLASS_MAP].n_rows; i++) {
        const int64_t *row = ec_row(snapshot, EC_ROWS_CLASS_MAP, i);
        int64_t strategy = row[CLASS_MAP_STRATEGY];
        uint32_t index = 0;

        if (!ec_find(snapshot, EC_ROWS_CLASS, row[CLASS_MAP_CLASS], &index)) {
            return ec_corrupt(build->diag, "a mapping of no class");
        }
        if (!((strategy >= WEH_EC_NOT_MAPPED && strategy <= WEH_EC_EXISTING_TABLE) ||
              strategy == WEH_EC_FOREIGN_KEY_IN_TARGET ||
              strategy == WEH_EC_FOREIGN_KEY_IN_SOURCE)) {
            return ec_corrupt(build->diag, "how a class is mapped");
        }
        build->classes[index].map_strategy = (enum weh_ec_map_strategy)strategy;
    }
    return WEH_OK;
}

weh_err ec_build_relationships(struct ec_build *build)
{
    weh_err err = derived_place(build);

    if (err == WEH_OK) {
        err = strategies_place(build);
    }
    if (err == WEH_OK) {
        err = relationships_place(build);
    }
    return err == WEH_OK ? constraints_place(build) : err;
}
