/* src/ec/build_class.c - schemas and classes, their bases, ancestors and names.
 *
 * Ids that lead nowhere, a base twice and bases in a circle are refused; the order of work is
 * iterative (Kahn), so that a deep hierarchy costs no stack.
 */
#include <stdlib.h>
#include <string.h>

#include "ec_priv.h"

/* Ancestor lists of all classes together; a genuine file of 15,000 classes has about 60,000. */
#define MAX_ANCESTORS 8000000u

/* Direct ones; genuine classes have a handful. */
#define MAX_BASES 255

struct base_link {
    uint32_t class_index;
    uint32_t base_index;
    int64_t ordinal;
};

int ec_compare_nocase(struct weh_str a, struct weh_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < n; i++) {
        unsigned char x = (unsigned char)a.ptr[i];
        unsigned char y = (unsigned char)b.ptr[i];

        x = (unsigned char)(x >= 'A' && x <= 'Z' ? x + ('a' - 'A') : x);
        y = (unsigned char)(y >= 'A' && y <= 'Z' ? y + ('a' - 'A') : y);
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return a.len == b.len ? 0 : (a.len < b.len ? -1 : 1);
}

bool ec_is_identifier(struct weh_str text)
{
    if (text.len == 0 || text.len > EC_MAX_NAME) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

        if (!letter && (i == 0 || c < '0' || c > '9')) {
            return false;
        }
    }
    return true;
}

static bool fits_version(int64_t version)
{
    return version >= 0 && version <= UINT32_MAX;
}

static weh_err schema_fill(struct ec_build *build, const int64_t *row, struct weh_ec_schema *schema)
{
    schema->id = (weh_id)row[SCHEMA_ID];
    schema->name = ec_text(build->snapshot, row[SCHEMA_NAME]);
    schema->alias = ec_text(build->snapshot, row[SCHEMA_ALIAS]);
    for (int v = 0; v < 3; v++) {
        if (!fits_version(row[SCHEMA_V1 + v])) {
            return ec_corrupt(build->diag, "a schema version");
        }
        schema->version[v] = (uint32_t)row[SCHEMA_V1 + v];
    }
    if (!ec_is_identifier(schema->name) || schema->alias.len > EC_MAX_NAME) {
        return ec_corrupt(build->diag, "a schema name");
    }
    return WEH_OK;
}

static weh_err build_schemas(struct ec_build *build)
{
    const struct ec_snapshot *snapshot = build->snapshot;
    size_t n = snapshot->rows[EC_ROWS_SCHEMA].n_rows;

    build->schemas = weh_arena_array(&build->catalog->arena, n, sizeof(*build->schemas));
    if (build->schemas == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        weh_err err = schema_fill(build, ec_row(snapshot, EC_ROWS_SCHEMA, i), &build->schemas[i]);

        if (err != WEH_OK) {
            return err;
        }
    }
    build->catalog->schemas = build->schemas;
    build->catalog->n_schemas = n;
    return WEH_OK;
}

/* @schema, @separator and @name in one text. */
static bool name_join(struct weh_arena *arena, const struct weh_ec_class *ec_class, char separator,
                      struct weh_str *out)
{
    size_t n_schema = ec_class->schema->name.len;
    char *text = weh_arena_alloc(arena, n_schema + ec_class->name.len + 2);

    if (text == NULL) {
        return false;
    }
    memcpy(text, ec_class->schema->name.ptr, n_schema);
    text[n_schema] = separator;
    memcpy(text + n_schema + 1, ec_class->name.ptr, ec_class->name.len);
    *out = (struct weh_str){ text, n_schema + 1 + ec_class->name.len };
    return true;
}

static weh_err class_fill(struct ec_build *build, const int64_t *row, struct weh_ec_class *ec_class)
{
    struct weh_arena *arena = &build->catalog->arena;
    uint32_t schema = 0;

    ec_class->id = (weh_id)row[CLASS_ID];
    ec_class->name = ec_text(build->snapshot, row[CLASS_NAME]);
    if (!ec_find(build->snapshot, EC_ROWS_SCHEMA, row[CLASS_SCHEMA], &schema)) {
        return ec_corrupt(build->diag, "a class without a schema");
    }
    if (!ec_is_identifier(ec_class->name)) {
        return ec_corrupt(build->diag, "a class name");
    }
    if (row[CLASS_TYPE] < WEH_EC_ENTITY || row[CLASS_TYPE] > WEH_EC_CUSTOM_ATTRIBUTE ||
        row[CLASS_MODIFIER] < WEH_EC_CONCRETE || row[CLASS_MODIFIER] > WEH_EC_SEALED) {
        return ec_corrupt(build->diag, "the kind of a class");
    }
    ec_class->schema = &build->schemas[schema];
    ec_class->type = (enum weh_ec_class_type)row[CLASS_TYPE];
    ec_class->modifier = (enum weh_ec_modifier)row[CLASS_MODIFIER];
    if (!name_join(arena, ec_class, ':', &ec_class->full_name) ||
        !name_join(arena, ec_class, '.', &ec_class->full_name_dot)) {
        return ec_build_no_memory(build);
    }
    return WEH_OK;
}

static int compare_links(const void *left, const void *right)
{
    const struct base_link *a = left;
    const struct base_link *b = right;

    if (a->class_index != b->class_index) {
        return a->class_index < b->class_index ? -1 : 1;
    }
    if (a->ordinal != b->ordinal) {
        return a->ordinal < b->ordinal ? -1 : 1;
    }
    return a->base_index < b->base_index ? -1 : (a->base_index > b->base_index ? 1 : 0);
}

static bool has_base(const struct weh_ec_class *ec_class, const struct weh_ec_class *base)
{
    for (uint16_t b = 0; b < ec_class->n_bases; b++) {
        if (ec_class->bases[b] == base) {
            return true;
        }
    }
    return false;
}

/* Give every class its direct bases, in the order of the sorted @links. */
static weh_err bases_place(struct ec_build *build, const struct base_link *links, size_t n_links)
{
    const struct weh_ec_class **bases =
        weh_arena_array(&build->catalog->arena, n_links, sizeof(const struct weh_ec_class *));

    if (bases == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n_links; i++) {
        struct weh_ec_class *ec_class = &build->classes[links[i].class_index];
        const struct weh_ec_class *base = &build->classes[links[i].base_index];

        if (ec_class->n_bases == 0) {
            ec_class->bases = &bases[i];
        }
        if (has_base(ec_class, base)) {
            return ec_corrupt(build->diag, "a base class stands twice");
        }
        if (ec_class->n_bases == MAX_BASES) {
            return ec_corrupt(build->diag, "a class has too many bases");
        }
        bases[i] = base;
        ec_class->n_bases++;
    }
    return WEH_OK;
}

/* The classes that wait for no other base than this one may come. Returns the new @n_done. */
static size_t release_derived(uint32_t *topological, size_t n_done, uint32_t *waiting,
                              const uint32_t *derived, size_t n_derived)
{
    for (size_t d = 0; d < n_derived; d++) {
        if (--waiting[derived[d]] == 0) {
            topological[n_done++] = derived[d];
        }
    }
    return n_done;
}

/* Bases before what derives from them; WEH_E_CORRUPT when that is impossible. */
static weh_err order_classes(struct ec_build *build, const struct base_link *links, size_t n_links)
{
    size_t n = build->catalog->n_classes;
    uint32_t *waiting = weh_arena_array(&build->scratch, n, sizeof(uint32_t));
    uint32_t *begin = weh_arena_array(&build->scratch, n + 1, sizeof(uint32_t));
    uint32_t *derived = weh_arena_array(&build->scratch, n_links, sizeof(uint32_t));
    size_t n_done = 0;

    build->topological = weh_arena_array(&build->scratch, n, sizeof(uint32_t));
    if (waiting == NULL || begin == NULL || derived == NULL || build->topological == NULL) {
        return ec_build_no_memory(build);
    }
    /* derived[begin[b] .. begin[b + 1]] are the classes with base b. */
    for (size_t i = 0; i < n_links; i++) {
        begin[links[i].base_index]++;
        waiting[links[i].class_index]++;
    }
    for (size_t i = 1; i <= n; i++) {
        begin[i] += begin[i - 1];
    }
    for (size_t i = n_links; i-- > 0;) {
        derived[--begin[links[i].base_index]] = links[i].class_index;
    }

    for (size_t i = 0; i < n; i++) {
        if (waiting[i] == 0) {
            build->topological[n_done++] = (uint32_t)i;
        }
    }
    for (size_t i = 0; i < n_done; i++) {
        uint32_t base = build->topological[i];

        n_done = release_derived(build->topological, n_done, waiting, &derived[begin[base]],
                                 begin[base + 1] - begin[base]);
    }
    return n_done == n ? WEH_OK : ec_corrupt(build->diag, "base classes in a circle");
}

static weh_err build_bases(struct ec_build *build)
{
    const struct ec_snapshot *snapshot = build->snapshot;
    size_t n = snapshot->rows[EC_ROWS_BASE].n_rows;
    struct base_link *links = weh_arena_array(&build->scratch, n, sizeof(*links));
    weh_err err;

    if (links == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        const int64_t *row = ec_row(snapshot, EC_ROWS_BASE, i);

        if (!ec_find(snapshot, EC_ROWS_CLASS, row[BASE_CLASS], &links[i].class_index) ||
            !ec_find(snapshot, EC_ROWS_CLASS, row[BASE_BASE], &links[i].base_index)) {
            return ec_corrupt(build->diag, "a base class is missing");
        }
        links[i].ordinal = row[BASE_ORDINAL];
    }
    if (n != 0) {
        qsort(links, n, sizeof(*links), compare_links);
    }
    err = bases_place(build, links, n);
    return err == WEH_OK ? order_classes(build, links, n) : err;
}

static int compare_ids(const void *left, const void *right)
{
    weh_id a = *(const weh_id *)left;
    weh_id b = *(const weh_id *)right;

    return a < b ? -1 : (a > b ? 1 : 0);
}

/* The ancestors of one class, whose bases have theirs: their union, and itself. */
static weh_err ancestors_fill(struct ec_build *build, struct weh_ec_class *ec_class, size_t *total)
{
    size_t n = 1;
    size_t n_unique = 0;
    weh_id *ids;

    for (uint16_t b = 0; b < ec_class->n_bases; b++) {
        n += ec_class->bases[b]->n_ancestors;
    }
    *total += n;
    if (n > UINT16_MAX || *total > MAX_ANCESTORS) {
        return ec_corrupt(build->diag, "too many base classes");
    }
    ids = weh_arena_array(&build->catalog->arena, n, sizeof(weh_id));
    if (ids == NULL) {
        return ec_build_no_memory(build);
    }

    ids[0] = ec_class->id;
    n = 1;
    for (uint16_t b = 0; b < ec_class->n_bases; b++) {
        const struct weh_ec_class *base = ec_class->bases[b];

        memcpy(&ids[n], base->ancestors, base->n_ancestors * sizeof(weh_id));
        n += base->n_ancestors;
    }
    qsort(ids, n, sizeof(weh_id), compare_ids);
    for (size_t i = 0; i < n; i++) {
        if (n_unique == 0 || ids[n_unique - 1] != ids[i]) {
            ids[n_unique++] = ids[i];
        }
    }
    ec_class->ancestors = ids;
    ec_class->n_ancestors = (uint16_t)n_unique;
    return WEH_OK;
}

static int compare_class_names(const void *left, const void *right)
{
    const struct weh_ec_class *a = *(const struct weh_ec_class *const *)left;
    const struct weh_ec_class *b = *(const struct weh_ec_class *const *)right;

    if (a->schema != b->schema) {
        return a->schema->id < b->schema->id ? -1 : 1;
    }
    return ec_compare_nocase(a->name, b->name);
}

static weh_err index_names(struct ec_build *build)
{
    size_t n = build->catalog->n_classes;
    const struct weh_ec_class **index =
        weh_arena_array(&build->catalog->arena, n, sizeof(const struct weh_ec_class *));

    if (index == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        index[i] = &build->classes[i];
    }
    if (n != 0) {
        qsort(index, n, sizeof(const struct weh_ec_class *), compare_class_names);
    }
    for (size_t i = 1; i < n; i++) {
        if (compare_class_names(&index[i - 1], &index[i]) == 0) {
            return ec_corrupt(build->diag, "a class name stands twice");
        }
    }
    build->catalog->classes_by_name = index;
    return WEH_OK;
}

weh_err ec_build_classes(struct ec_build *build)
{
    size_t n = build->snapshot->rows[EC_ROWS_CLASS].n_rows;
    size_t total = 0;
    weh_err err = build_schemas(build);

    if (err != WEH_OK) {
        return err;
    }
    build->classes = weh_arena_array(&build->catalog->arena, n, sizeof(*build->classes));
    if (build->classes == NULL) {
        return ec_build_no_memory(build);
    }
    build->catalog->classes = build->classes;
    build->catalog->n_classes = n;
    for (size_t i = 0; i < n; i++) {
        err = class_fill(build, ec_row(build->snapshot, EC_ROWS_CLASS, i), &build->classes[i]);
        if (err != WEH_OK) {
            return err;
        }
    }
    err = build_bases(build);
    for (size_t i = 0; i < n && err == WEH_OK; i++) {
        err = ancestors_fill(build, &build->classes[build->topological[i]], &total);
    }
    return err == WEH_OK ? index_names(build) : err;
}
