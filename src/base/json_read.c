/* src/base/json_read.c - JSON text into values: jansson behind the scan of json_scan.c.
 *
 * jansson takes memory for each value, and its allocator is one for the whole process: a program may
 * call weh_json_own_memory at its start, and then trees stand in an arena of the parsing thread and are
 * given back as a whole. Otherwise they come from malloc. The scan bounds how much it is, and it is all
 * given back before weh_json_parse returns.
 *
 * jansson refuses integers beyond int64_t. When the scan has seen a long one, jansson reads all
 * integers as doubles and the exact ones are taken from the text again, in step with the tree
 * (jansson keeps the order of members).
 */
#include <setjmp.h>
#include <stdio.h>

#include <jansson.h>

#include "weh/json.h"

/* Where we are in a container that is being converted. */
struct frame {
    json_t *container;
    void *iter;                 /* of an object */
    uint32_t next;              /* index into items or members */
    struct weh_value *items;    /* of an array */
    struct weh_member *members; /* of an object */
};

struct reader {
    struct weh_arena *arena;
    struct weh_diag *diag;
    bool from_text; /* numbers are read from the text again */
    struct weh_str text;
    size_t at; /* behind the last number that was read from the text */
    uint32_t depth;
    struct frame frames[WEH_JSON_MAX_DEPTH];
};

static weh_err no_room(const struct weh_arena *arena, size_t size, struct weh_diag *diag)
{
    /* The arena's own limit is the peer's fault, the heap's is not. Rounding costs up to 16. */
    if (arena->limit_bytes != 0 && size + 16 > arena->limit_bytes - arena->used_bytes) {
        return weh_fail(diag, WEH_E_LIMIT, "the values need too much memory");
    }
    return weh_fail_nomem(diag);
}

static weh_err copy_text(struct reader *reader, const char *text, size_t len, const char **out)
{
    *out = weh_arena_strdup(reader->arena, (struct weh_str){ text, len });
    return *out == NULL ? no_room(reader->arena, len, reader->diag) : WEH_OK;
}

/* Behind the string that begins at @at. */
static size_t skip_string(struct weh_str text, size_t at)
{
    at++;
    while (at < text.len && text.ptr[at] != '"') {
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    return at + 1;
}

static bool is_in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* The next number in the text: its bytes, which the scan has found well-formed. */
static struct weh_str next_number(struct reader *reader)
{
    struct weh_str text = reader->text;
    size_t at = reader->at;
    size_t start;

    while (at < text.len && text.ptr[at] != '-' && (text.ptr[at] < '0' || text.ptr[at] > '9')) {
        at = text.ptr[at] == '"' ? skip_string(text, at) : at + 1;
    }
    weh_assert(at < text.len);
    start = at;
    while (at < text.len && is_in_number(text.ptr[at])) {
        at++;
    }
    reader->at = at;
    return (struct weh_str){ text.ptr + start, at - start };
}

bool weh_json_read_integer(struct weh_str digits, struct weh_value *out)
{
    bool negative = digits.ptr[0] == '-';
    uint64_t value = 0;

    for (size_t i = negative ? 1 : 0; i < digits.len; i++) {
        char c = digits.ptr[i];

        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value)) {
            return false;
        }
    }
    if (negative && value > (uint64_t)INT64_MAX + 1) {
        return false;
    }
    if (!negative && value > INT64_MAX) {
        *out = (struct weh_value){ .type = WEH_VALUE_UINT, .as.uinteger = value };
        return true;
    }
    *out = (struct weh_value){ .type = WEH_VALUE_INT };
    out->as.integer = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static void convert_number(struct reader *reader, json_t *from, struct weh_value *out)
{
    if (reader->from_text && weh_json_read_integer(next_number(reader), out)) {
        return;
    }
    if (json_is_integer(from)) {
        *out = (struct weh_value){ .type = WEH_VALUE_INT, .as.integer = json_integer_value(from) };
    } else {
        *out = (struct weh_value){ .type = WEH_VALUE_REAL, .as.real = json_real_value(from) };
    }
}

static weh_err convert_string(struct reader *reader, json_t *from, struct weh_value *out)
{
    size_t len = json_string_length(from);

    *out = (struct weh_value){ .type = WEH_VALUE_STRING, .n = (uint32_t)len };
    return copy_text(reader, json_string_value(from), len, &out->as.string);
}

/* Make room for the members or items of @from and remember to fill them. */
static weh_err open_container(struct reader *reader, json_t *from, struct weh_value *out)
{
    bool map = json_is_object(from);
    size_t n = map ? json_object_size(from) : json_array_size(from);
    size_t size = map ? sizeof(struct weh_member) : sizeof(struct weh_value);
    struct frame *frame;
    void *room;

    *out = (struct weh_value){ .type = map ? WEH_VALUE_MAP : WEH_VALUE_ARRAY, .n = (uint32_t)n };
    if (n == 0) {
        return WEH_OK;
    }
    room = weh_arena_array(reader->arena, n, size);
    if (room == NULL) {
        return no_room(reader->arena, n * size, reader->diag);
    }
    weh_assert(reader->depth < WEH_JSON_MAX_DEPTH);
    frame = &reader->frames[reader->depth++];
    *frame = (struct frame){ .container = from };
    if (map) {
        out->as.members = frame->members = room;
        frame->iter = json_object_iter(from);
    } else {
        out->as.items = frame->items = room;
    }
    return WEH_OK;
}

static weh_err convert_one(struct reader *reader, json_t *from, struct weh_value *out)
{
    switch (json_typeof(from)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return open_container(reader, from, out);
    case JSON_STRING:
        return convert_string(reader, from, out);
    case JSON_INTEGER:
    case JSON_REAL:
        convert_number(reader, from, out);
        return WEH_OK;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = (struct weh_value){ .type = WEH_VALUE_BOOL, .as.boolean = json_is_true(from) };
        return WEH_OK;
    case JSON_NULL:
        break;
    }
    *out = (struct weh_value){ .type = WEH_VALUE_NULL };
    return WEH_OK;
}

/* Convert the next member or item of the innermost container, or leave it when there is none. */
static weh_err convert_next(struct reader *reader)
{
    struct frame *frame = &reader->frames[reader->depth - 1];
    uint32_t i = frame->next++;
    struct weh_member *member;
    json_t *from;
    weh_err err;

    if (frame->items != NULL) {
        if (i == json_array_size(frame->container)) {
            reader->depth--;
            return WEH_OK;
        }
        return convert_one(reader, json_array_get(frame->container, i), &frame->items[i]);
    }
    if (frame->iter == NULL) {
        reader->depth--;
        return WEH_OK;
    }
    member = &frame->members[i];
    member->key.len = json_object_iter_key_len(frame->iter);
    err = copy_text(reader, json_object_iter_key(frame->iter), member->key.len, &member->key.ptr);
    from = json_object_iter_value(frame->iter);
    frame->iter = json_object_iter_next(frame->container, frame->iter);
    return err == WEH_OK ? convert_one(reader, from, &member->value) : err;
}

/* jansson's own texts quote the input; these do not. */
static weh_err load_failed(const json_error_t *error, struct weh_diag *diag)
{
    char where[64];
    const char *text = "not valid JSON";

    switch ((int)json_error_code(error)) {
    case json_error_out_of_memory:
        return weh_fail_nomem(diag);
    case json_error_duplicate_key:
        text = "duplicate key";
        break;
    case json_error_null_byte_in_key:
        text = "NUL in a key";
        break;
    case json_error_numeric_overflow:
        text = "number out of range";
        break;
    default:
        break;
    }
    (void)snprintf(where, sizeof(where), "line %d column %d", error->line, error->column);
    return weh_fail_where(diag, WEH_E_PARSE, where, "%s", text);
}

struct tree_memory {
    struct weh_arena arena;
    jmp_buf exhausted;
};

/* Where the thread's tree stands while it is read; used only after weh_json_own_memory. */
static _Thread_local struct tree_memory *tree_memory;

static void *tree_alloc(size_t size)
{
    void *memory;

    weh_assert(tree_memory != NULL);
    memory = weh_arena_alloc(&tree_memory->arena, size);
    if (memory == NULL) {
        /* jansson 2.14 does not live through every allocation that fails. All that it has is in
         * the arena, so that nothing is lost by leaving it. */
        longjmp(tree_memory->exhausted, 1);
    }
    return memory;
}

/* With the whole tree. */
static void tree_free(void *memory)
{
    (void)memory;
}

void weh_json_own_memory(void)
{
    json_set_alloc_funcs(tree_alloc, tree_free);
}

static bool owns_memory(void)
{
    json_malloc_t alloc;
    json_free_t release;

    json_get_alloc_funcs(&alloc, &release);
    return alloc == tree_alloc;
}

/* The scanned @text as a tree, which stands in @memory unless that is NULL. */
static weh_err load_tree(struct weh_str text, bool long_integer, struct tree_memory *memory,
                         json_t **tree, struct weh_diag *diag)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL |
                         (long_integer ? JSON_DECODE_INT_AS_REAL : 0);
    json_error_t error;

    if (memory != NULL && setjmp(memory->exhausted) != 0) {
        tree_memory = NULL;
        return weh_fail_nomem(diag);
    }
    tree_memory = memory;
    *tree = json_loadb(text.ptr, text.len, flags, &error);
    tree_memory = NULL;
    return *tree == NULL ? load_failed(&error, diag) : WEH_OK;
}

static weh_err convert_tree(json_t *tree, struct weh_str text, bool long_integer,
                            struct weh_arena *arena, struct weh_value *out, struct weh_diag *diag)
{
    struct reader reader;
    weh_err err;

    weh_assert(tree != NULL);
    /* The frames are set when they are entered. */
    reader.arena = arena;
    reader.diag = diag;
    reader.from_text = long_integer;
    reader.text = text;
    reader.at = 0;
    reader.depth = 0;
    err = convert_one(&reader, tree, out);
    while (err == WEH_OK && reader.depth > 0) {
        err = convert_next(&reader);
    }
    return err;
}

/* The whole text, and nothing behind it. */
static weh_err scan_text(struct weh_json_scan *scan, struct weh_diag *diag)
{
    struct weh_str span;
    weh_err err;

    /* Lengths in a value have 32 bits. */
    if (scan->text.len > UINT32_MAX) {
        return weh_fail(diag, WEH_E_LIMIT, "more than 4 GiB of JSON");
    }
    err = weh_json_scan_value(scan, 0, &span, diag);
    if (err == WEH_OK && weh_json_scan_peek(scan) != -1) {
        err = weh_json_scan_fail(scan, diag, "text behind the value");
    }
    return err;
}

weh_err weh_json_parse(struct weh_str text, const struct weh_json_limits *limits,
                       struct weh_arena *arena, struct weh_value *out, struct weh_diag *diag)
{
    const bool own = owns_memory();
    struct weh_json_scan scan;
    struct tree_memory memory;
    json_t *tree = NULL;
    weh_err err;

    weh_json_scan_init(&scan, text, limits);
    err = scan_text(&scan, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_arena_init(&memory.arena, 0);
    err = load_tree(text, scan.long_integer, own ? &memory : NULL, &tree, diag);
    if (err == WEH_OK) {
        err = convert_tree(tree, text, scan.long_integer, arena, out, diag);
    }
    if (!own) {
        json_decref(tree);
    }
    weh_arena_fini(&memory.arena);
    return err;
}
