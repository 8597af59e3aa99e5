/* src/ec/build_leaf.c - from ec_PropertyMap to the leaves and tables of each class.
 *
 * A property map row says that one access string ("MainTag.Dim.Width", "Origin.X", "Parent.Id") of
 * one class lives in one column. Each access string is resolved once, against the declared property
 * at its root; each class then collects and orders its own.
 */
#include <stdlib.h>
#include <string.h>

#include "ec_priv.h"

#define MAX_CLASS_TABLES 64u

enum system_leaf {
    SYSTEM_NONE,
    SYSTEM_ID,
    SYSTEM_SOURCE,
    SYSTEM_TARGET,
    SYSTEM_OTHER
};

/* One ec_PropertyPath, resolved. */
struct path {
    uint32_t own;                        /* root property */
    enum system_leaf system;             /* NONE for properties of classes */
    const struct weh_ec_property *value; /* member of a struct; NULL: the root property itself */
    struct weh_str access;
    struct weh_str member;
    struct weh_str part;
};

/* One row of the class in hand, no system leaf. */
struct row {
    uint16_t position; /* of the property in the class */
    const struct path *path;
    const struct ec_column *column;
};

struct leaf_build {
    struct ec_build *build;
    struct path *paths;
    struct row *rows;          /* room for the class with the most */
    struct weh_ec_leaf *block; /* as many */
    size_t n_rows;
    struct ec_runs runs;
    uint32_t *order; /* map rows by class: those of class c are order[begin[c] .. begin[c + 1]] */
    uint32_t *begin;
    /* Along names: the property of the class in hand. */
    uint32_t *in_class; /* class index plus 1 */
    uint16_t *position;
    const uint32_t *own;           /* along the properties of the class in hand: as declared */
    struct weh_ec_property *draft; /* of the class in hand */
    const struct weh_ec_table *tables[MAX_CLASS_TABLES];
    size_t n_tables;
};

/* The part names of a value that has several columns; none for one of a single column. */
static const struct weh_str *parts_of(const struct weh_ec_property *value, size_t *n)
{
    static const struct weh_str point[] = { { "X", 1 }, { "Y", 1 }, { "Z", 1 } };
    static const struct weh_str navigation[] = { { "Id", 2 }, { "RelECClassId", 12 } };

    if (value->kind == WEH_EC_NAVIGATION) {
        *n = 2;
        return navigation;
    }
    *n = 0;
    if (value->kind == WEH_EC_PRIMITIVE && value->primitive == WEH_EC_POINT2D) {
        *n = 2;
    } else if (value->kind == WEH_EC_PRIMITIVE && value->primitive == WEH_EC_POINT3D) {
        *n = 3;
    }
    return point;
}

static const struct weh_ec_property *member_find(const struct weh_ec_class *ec_class,
                                                 struct weh_str name)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        if (weh_str_eq_nocase(ec_class->properties[i].name, name)) {
            return &ec_class->properties[i];
        }
    }
    return NULL;
}

/* Follow @path->access from its root property; false when it leads nowhere. */
static bool path_resolve(const struct ec_build *build, struct path *path)
{
    const struct weh_ec_property *value = &build->own[path->own];
    struct weh_str segment;
    struct weh_str rest = weh_str_split(path->access, '.', &segment);
    const struct weh_str *parts;
    size_t n_parts;

    if (!weh_str_eq_nocase(segment, value->name)) {
        return false;
    }
    path->member = rest;
    while (value->kind == WEH_EC_STRUCT_VALUE) {
        rest = weh_str_split(rest, '.', &segment);
        value = member_find(value->struct_class, segment);
        if (value == NULL) {
            return false;
        }
        path->value = value;
    }
    parts = parts_of(value, &n_parts);
    for (size_t i = 0; i < n_parts; i++) {
        if (weh_str_eq_nocase(rest, parts[i])) {
            path->part = parts[i];
            return true;
        }
    }
    return n_parts == 0 && rest.len == 0;
}

static enum system_leaf system_leaf(const struct ec_build *build, const struct path *path)
{
    const struct weh_ec_class *ec_class = &build->classes[build->own_class[path->own]];

    if (!weh_str_eq_nocase(ec_class->schema->name, WEH_STR("ECDbSystem"))) {
        return SYSTEM_NONE;
    }
    if (weh_str_eq_nocase(path->access, WEH_STR("ECInstanceId"))) {
        return SYSTEM_ID;
    }
    if (weh_str_eq_nocase(path->access, WEH_STR("SourceECInstanceId"))) {
        return SYSTEM_SOURCE;
    }
    if (weh_str_eq_nocase(path->access, WEH_STR("TargetECInstanceId"))) {
        return SYSTEM_TARGET;
    }
    return SYSTEM_OTHER;
}

static weh_err paths_resolve(struct leaf_build *leaves)
{
    struct ec_build *build = leaves->build;
    size_t n = build->snapshot->rows[EC_ROWS_PATH].n_rows;

    leaves->paths = weh_arena_array(&build->scratch, n, sizeof(*leaves->paths));
    if (leaves->paths == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        const int64_t *row = ec_row(build->snapshot, EC_ROWS_PATH, i);
        struct path *path = &leaves->paths[i];

        path->access = ec_text(build->snapshot, row[PATH_ACCESS]);
        if (!ec_find(build->snapshot, EC_ROWS_PROPERTY, row[PATH_PROPERTY], &path->own)) {
            return ec_corrupt(build->diag, "a property path without a property");
        }
        path->system = system_leaf(build, path);
        if (path->system == SYSTEM_NONE && !path_resolve(build, path)) {
            return ec_corrupt(build->diag, "a property path");
        }
    }
    return WEH_OK;
}

static weh_err table_add(struct leaf_build *leaves, const struct weh_ec_table *table)
{
    for (size_t i = 0; i < leaves->n_tables; i++) {
        if (leaves->tables[i] == table) {
            return WEH_OK;
        }
    }
    if (leaves->n_tables == MAX_CLASS_TABLES) {
        return ec_corrupt(leaves->build->diag, "a class in too many tables");
    }
    leaves->tables[leaves->n_tables++] = table;
    return WEH_OK;
}

/* Take in one property map row of @ec_class. */
static weh_err row_take(struct leaf_build *leaves, struct weh_ec_class *ec_class,
                        uint32_t class_index, const int64_t *cells)
{
    struct ec_build *build = leaves->build;
    const struct ec_column *column;
    const struct path *path;
    uint32_t index = 0;

    if (!ec_find(build->snapshot, EC_ROWS_PATH, cells[MAP_PATH], &index)) {
        return ec_corrupt(build->diag, "a property map without a path");
    }
    path = &leaves->paths[index];
    if (!ec_find(build->snapshot, EC_ROWS_COLUMN, cells[MAP_COLUMN], &index)) {
        return ec_corrupt(build->diag, "a property map without a column");
    }
    column = &build->columns[index];

    if (path->system != SYSTEM_NONE) {
        if (column->is_virtual) {
            return WEH_OK;
        }
        if (path->system == SYSTEM_SOURCE) {
            ec_class->source_id_column = column->name;
        } else if (path->system == SYSTEM_TARGET) {
            ec_class->target_id_column = column->name;
        }
        return path->system == SYSTEM_ID ? table_add(leaves, column->table) : WEH_OK;
    }

    index = build->own_name[path->own];
    if (leaves->in_class[index] != class_index + 1) {
        return ec_corrupt(build->diag, "a property map of a foreign property");
    }
    leaves->rows[leaves->n_rows++] = (struct row){ leaves->position[index], path, column };
    return WEH_OK;
}

static int compare_tables(const void *left, const void *right)
{
    static const uint8_t rank[] = { [WEH_EC_TABLE_PRIMARY] = 0,
                                    [WEH_EC_TABLE_EXISTING] = 0,
                                    [WEH_EC_TABLE_JOINED] = 1,
                                    [WEH_EC_TABLE_OVERFLOW] = 2,
                                    [WEH_EC_TABLE_VIRTUAL] = 3 };
    const struct weh_ec_table *a = *(const struct weh_ec_table *const *)left;
    const struct weh_ec_table *b = *(const struct weh_ec_table *const *)right;

    if (rank[a->type] != rank[b->type]) {
        return rank[a->type] < rank[b->type] ? -1 : 1;
    }
    return a->id < b->id ? -1 : (a->id > b->id ? 1 : 0);
}

/* One primary table with an id column; all others hang on it. */
static weh_err tables_place(struct leaf_build *leaves, struct weh_ec_class *ec_class)
{
    struct ec_build *build = leaves->build;
    const struct weh_ec_table **tables;

    if (leaves->n_tables == 0) {
        return WEH_OK;
    }
    qsort(leaves->tables, leaves->n_tables, sizeof(const struct weh_ec_table *), compare_tables);
    for (size_t i = 0; i < leaves->n_tables; i++) {
        const struct weh_ec_table *root = leaves->tables[i];

        while (root->parent != NULL) {
            root = root->parent;
        }
        if (root != leaves->tables[0] || leaves->tables[i]->id_column.len == 0) {
            return ec_corrupt(build->diag, "the tables of a class");
        }
    }
    tables = weh_arena_array(&build->catalog->arena, leaves->n_tables,
                             sizeof(const struct weh_ec_table *));
    if (tables == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < leaves->n_tables; i++) {
        tables[i] = leaves->tables[i];
    }
    ec_class->tables = tables;
    ec_class->n_tables = (uint16_t)leaves->n_tables;
    return WEH_OK;
}

/* Access strings as the JavaScript names sort: the first letter of each segment lower-cased. '.'
 * sorts below all that an identifier is made of. */
static int compare_access(struct weh_str a, struct weh_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || a.ptr[i - 1] == '.';
        char x = a.ptr[i];
        char y = b.ptr[i];

        if (first && x >= 'A' && x <= 'Z') {
            x = (char)(x + ('a' - 'A'));
        }
        if (first && y >= 'A' && y <= 'Z') {
            y = (char)(y + ('a' - 'A'));
        }
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return a.len == b.len ? 0 : (a.len < b.len ? -1 : 1);
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left;
    const struct row *b = right;

    if (a->position != b->position) {
        return a->position < b->position ? -1 : 1;
    }
    return compare_access(a->path->access, b->path->access);
}

static weh_err leaf_fill(struct leaf_build *leaves, const struct weh_ec_class *ec_class,
                         const struct row *row, struct weh_ec_leaf *leaf)
{
    const struct weh_ec_property *root = &leaves->build->own[row->path->own];
    const struct weh_ec_property *mine = &leaves->draft[row->position];
    uint16_t table = 0;

    /* A redeclared property may be mapped through the path of the first one. */
    if (root->kind != mine->kind || root->primitive != mine->primitive ||
        root->struct_class != mine->struct_class) {
        return ec_corrupt(leaves->build->diag, "a redeclared property");
    }
    while (table < ec_class->n_tables && ec_class->tables[table] != row->column->table) {
        table++;
    }
    if (table == ec_class->n_tables) {
        if (!row->column->is_virtual) {
            return ec_corrupt(leaves->build->diag, "a column in a foreign table");
        }
        table = 0;
    }
    *leaf = (struct weh_ec_leaf){
        .access = row->path->access,
        .member = row->path->member,
        .column = row->column->name,
        .value = row->path->value != NULL ? row->path->value
                                          : &leaves->build->own[leaves->own[row->position]],
        .part = row->path->part,
        .table = table,
        .column_type = row->column->type,
        .is_virtual = row->column->is_virtual,
    };
    return WEH_OK;
}

/* The value that begins with leaf @i has all its parts, in their order. *@n is their number. */
static bool value_is_whole(const struct weh_ec_property *property, uint16_t i, uint16_t *n)
{
    const struct weh_ec_leaf *first = &property->leaves[i];
    size_t n_prefix = first->member.len - first->part.len;
    size_t n_parts;
    const struct weh_str *parts = parts_of(first->value, &n_parts);

    *n = (uint16_t)(n_parts == 0 ? 1 : n_parts);
    if (n_parts > (size_t)(property->n_leaves - i)) {
        return false;
    }
    for (size_t p = 0; p < n_parts; p++) {
        const struct weh_ec_leaf *leaf = &first[p];

        if (leaf->value != first->value || leaf->part.ptr != parts[p].ptr ||
            leaf->member.len - leaf->part.len != n_prefix ||
            memcmp(leaf->member.ptr, first->member.ptr, n_prefix) != 0) {
            return false;
        }
    }
    return true;
}

/* Every value of @property is whole, and stands once; then value code need not look. */
static bool parts_are_whole(const struct weh_ec_property *property)
{
    uint16_t n;

    for (uint16_t i = 0; i < property->n_leaves; i = (uint16_t)(i + n)) {
        if (!value_is_whole(property, i, &n)) {
            return false;
        }
    }
    return property->n_leaves <= 1 || property->kind == WEH_EC_STRUCT_VALUE ||
           property->leaves[0].part.len != 0;
}

/* The rows of one property, @n from number @begin on, become its leaves. */
static weh_err run_place(struct leaf_build *leaves, size_t begin, size_t n,
                         struct weh_ec_property *property)
{
    struct ec_build *build = leaves->build;
    bool is_new = false;

    if (n > UINT16_MAX) {
        return ec_corrupt(build->diag, "a property in too many columns");
    }
    property->n_leaves = (uint16_t)n;
    property->leaves =
        ec_runs_share(&leaves->runs, build, &leaves->block[begin], property->n_leaves, &is_new);
    if (property->leaves == NULL) {
        return ec_build_no_memory(build);
    }
    /* What is shared was looked at when it was new; its values are the same. */
    return !is_new || parts_are_whole(property)
               ? WEH_OK
               : ec_corrupt(build->diag, "a property with columns missing");
}

static bool rows_are_sorted(const struct leaf_build *leaves)
{
    for (size_t i = 1; i < leaves->n_rows; i++) {
        if (compare_rows(&leaves->rows[i - 1], &leaves->rows[i]) > 0) {
            return false;
        }
    }
    return true;
}

/* The rows of the class in hand, sorted, become the leaves of its properties. */
static weh_err leaves_place(struct leaf_build *leaves, const struct weh_ec_class *ec_class)
{
    struct ec_build *build = leaves->build;
    size_t begin = 0;
    weh_err err = WEH_OK;

    if (!rows_are_sorted(leaves)) {
        qsort(leaves->rows, leaves->n_rows, sizeof(*leaves->rows), compare_rows);
    }
    for (size_t i = 0; i < leaves->n_rows && err == WEH_OK; i++) {
        const struct row *row = &leaves->rows[i];

        if (i != 0 && row->position == row[-1].position &&
            weh_str_eq_nocase(row->path->access, row[-1].path->access)) {
            return ec_corrupt(build->diag, "a property in two columns");
        }
        err = leaf_fill(leaves, ec_class, row, &leaves->block[i]);
    }
    for (size_t i = 1; i <= leaves->n_rows && err == WEH_OK; i++) {
        if (i == leaves->n_rows || leaves->rows[i].position != leaves->rows[begin].position) {
            err = run_place(leaves, begin, i - begin, &leaves->draft[leaves->rows[begin].position]);
            begin = i;
        }
    }
    return err;
}

static bool is_same_property(const struct weh_ec_property *a, const struct weh_ec_property *b)
{
    /* Leaves are shared when they are equal. */
    return a->id == b->id && a->leaves == b->leaves;
}

/* Those of its base, if the class has the same ones in the same places; else a copy of the draft. */
static weh_err properties_place(struct leaf_build *leaves, struct weh_ec_class *ec_class)
{
    struct ec_build *build = leaves->build;
    const struct weh_ec_class *base = ec_class->n_bases == 0 ? NULL : ec_class->bases[0];
    struct weh_ec_property *properties;
    uint16_t n = 0;

    if (base != NULL && base->n_properties == ec_class->n_properties) {
        while (n < base->n_properties &&
               is_same_property(&base->properties[n], &leaves->draft[n])) {
            n++;
        }
        if (n == base->n_properties) {
            ec_class->properties = base->properties;
            return WEH_OK;
        }
    }
    properties =
        weh_arena_array(&build->catalog->arena, ec_class->n_properties, sizeof(*properties));
    if (properties == NULL) {
        return ec_build_no_memory(build);
    }
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        properties[i] = leaves->draft[i];
    }
    ec_class->properties = properties;
    return WEH_OK;
}

/* The map rows of one class: numbers @begin to @end of leaves->order. */
static weh_err class_map(struct leaf_build *leaves, uint32_t class_index, size_t begin, size_t end)
{
    struct ec_build *build = leaves->build;
    struct weh_ec_class *ec_class = &build->classes[class_index];
    weh_err err = WEH_OK;

    leaves->n_rows = 0;
    leaves->n_tables = 0;
    leaves->own = build->lists[class_index];
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        uint32_t name = build->own_name[leaves->own[i]];

        leaves->draft[i] = build->own[leaves->own[i]];
        leaves->in_class[name] = class_index + 1;
        leaves->position[name] = i;
    }
    for (size_t i = begin; i < end && err == WEH_OK; i++) {
        err = row_take(leaves, ec_class, class_index,
                       ec_row(build->snapshot, EC_ROWS_MAP, leaves->order[i]));
    }
    if (err == WEH_OK) {
        err = tables_place(leaves, ec_class);
    }
    if (err == WEH_OK) {
        err = leaves_place(leaves, ec_class);
    }
    return err == WEH_OK ? properties_place(leaves, ec_class) : err;
}

/* Put the map rows in the order of their classes: a counting sort, which keeps theirs. */
static weh_err rows_order(struct leaf_build *leaves)
{
    struct ec_build *build = leaves->build;
    size_t n_classes = build->catalog->n_classes;
    size_t n = build->snapshot->rows[EC_ROWS_MAP].n_rows;
    uint32_t *of_row = weh_arena_array(&build->scratch, n, sizeof(uint32_t));
    uint32_t *begin = weh_arena_array(&build->scratch, n_classes + 1, sizeof(uint32_t));

    leaves->order = weh_arena_array(&build->scratch, n, sizeof(uint32_t));
    if (of_row == NULL || begin == NULL || leaves->order == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        int64_t id = ec_row(build->snapshot, EC_ROWS_MAP, i)[MAP_CLASS];

        if (!ec_find(build->snapshot, EC_ROWS_CLASS, id, &of_row[i])) {
            return ec_corrupt(build->diag, "a property map without a class");
        }
        begin[of_row[i]]++;
    }
    for (size_t i = 1; i <= n_classes; i++) {
        begin[i] += begin[i - 1];
    }
    for (size_t i = n; i-- > 0;) {
        leaves->order[--begin[of_row[i]]] = (uint32_t)i;
    }
    leaves->begin = begin;
    return WEH_OK;
}

weh_err ec_build_leaves(struct ec_build *build)
{
    struct leaf_build leaves = { .build = build };
    size_t n_classes = build->catalog->n_classes;
    size_t n_most = 0;
    uint16_t n_properties = 0;
    weh_err err = paths_resolve(&leaves);

    if (err == WEH_OK) {
        err = rows_order(&leaves);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_assert(leaves.begin != NULL);
    for (size_t i = 0; i < n_classes; i++) {
        size_t n = leaves.begin[i + 1] - leaves.begin[i];

        n_most = n > n_most ? n : n_most;
    }
    for (size_t i = 0; i < n_classes; i++) {
        n_properties = build->classes[i].n_properties > n_properties
                           ? build->classes[i].n_properties
                           : n_properties;
    }
    leaves.rows = weh_arena_array(&build->scratch, n_most, sizeof(*leaves.rows));
    leaves.block = weh_arena_array(&build->scratch, n_most, sizeof(*leaves.block));
    leaves.in_class = weh_arena_array(&build->scratch, build->n_own, sizeof(uint32_t));
    leaves.position = weh_arena_array(&build->scratch, build->n_own, sizeof(uint16_t));
    leaves.draft = weh_arena_array(&build->scratch, n_properties, sizeof(*leaves.draft));
    if (leaves.rows == NULL || leaves.block == NULL || leaves.in_class == NULL ||
        leaves.position == NULL || leaves.draft == NULL) {
        return ec_build_no_memory(build);
    }
    /* Bases first: they may lend their properties. */
    for (size_t i = 0; i < n_classes && err == WEH_OK; i++) {
        uint32_t at = build->topological[i];

        if (leaves.begin[at] != leaves.begin[at + 1] || build->classes[at].properties == NULL) {
            err = class_map(&leaves, at, leaves.begin[at], leaves.begin[at + 1]);
        }
    }
    return err;
}
