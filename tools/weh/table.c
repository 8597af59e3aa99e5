/* tools/weh/table.c - values as tables for people: see table.h. */
#include "table.h"

#include <stdio.h>

#include "weh/json.h"

#define COLUMNS_MAX 16

struct column {
    struct weh_str name;
    int width;
    bool right; /* numbers stand at the right */
};

/* @value as text that fits a cell, strings without quotes, control characters as '?'. */
static struct weh_str cell_text(const struct weh_value *value, struct weh_buf *buf)
{
    struct weh_json_writer json;

    weh_buf_clear(buf);
    if (value == NULL || value->type == WEH_VALUE_NULL) {
        weh_buf_byte(buf, '-');
    } else if (value->type == WEH_VALUE_STRING) {
        for (uint32_t i = 0; i < value->n; i++) {
            uint8_t byte = (uint8_t)value->as.string[i];

            weh_buf_byte(buf, byte < 0x20 || byte == 0x7f ? '?' : byte);
        }
    } else {
        weh_json_writer_init(&json, buf);
        weh_sink_value(&json.sink, value);
    }
    return buf->err == WEH_OK && buf->data != NULL
               ? (struct weh_str){ (const char *)buf->data, buf->len }
               : WEH_STR("");
}

/* Characters, not bytes: what does not begin one is not counted. */
static int display_width(struct weh_str text)
{
    int n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += ((uint8_t)text.ptr[i] & 0xc0) != 0x80;
    }
    return n;
}

static void print_cell(struct weh_str text, int width, bool right)
{
    int pad = width - display_width(text);

    if (right) {
        printf("  %*s%.*s", pad > 0 ? pad : 0, "", WEH_STR_ARGS(text));
    } else {
        printf("  %.*s%*s", WEH_STR_ARGS(text), pad > 0 ? pad : 0, "");
    }
}

static bool is_number(const struct weh_value *value)
{
    return value->type == WEH_VALUE_INT || value->type == WEH_VALUE_UINT ||
           value->type == WEH_VALUE_REAL;
}

static uint32_t find_columns(const struct weh_value *rows, struct column *columns,
                             struct weh_buf *buf)
{
    uint32_t n = rows->as.items[0].n < COLUMNS_MAX ? rows->as.items[0].n : COLUMNS_MAX;

    for (uint32_t i = 0; i < n; i++) {
        const struct weh_member *first = &rows->as.items[0].as.members[i];

        columns[i] =
            (struct column){ first->key, display_width(first->key), is_number(&first->value) };
    }
    for (uint32_t row = 0; row < rows->n; row++) {
        const struct weh_value *map = &rows->as.items[row];

        for (uint32_t i = 0; i < n && i < map->n; i++) {
            int width = display_width(cell_text(&map->as.members[i].value, buf));

            columns[i].width = width > columns[i].width ? width : columns[i].width;
        }
    }
    return n;
}

void weh_table_print(const struct weh_value *rows, struct weh_buf *buf)
{
    struct column columns[COLUMNS_MAX];
    uint32_t n = find_columns(rows, columns, buf);

    for (uint32_t i = 0; i < n; i++) {
        print_cell(columns[i].name, columns[i].width, columns[i].right);
    }
    putchar('\n');
    for (uint32_t row = 0; row < rows->n; row++) {
        const struct weh_value *map = &rows->as.items[row];

        for (uint32_t i = 0; i < n && i < map->n; i++) {
            print_cell(cell_text(&map->as.members[i].value, buf), columns[i].width,
                       columns[i].right);
        }
        putchar('\n');
    }
}

void weh_table_print_lines(const struct weh_value *map, struct weh_buf *buf)
{
    int width = 0;

    for (uint32_t i = 0; i < map->n; i++) {
        int own = display_width(map->as.members[i].key);

        width = own > width ? own : width;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        print_cell(map->as.members[i].key, width, false);
        print_cell(cell_text(&map->as.members[i].value, buf), 0, false);
        putchar('\n');
    }
}

void weh_table_print_cell(const struct weh_value *value, struct weh_buf *buf)
{
    print_cell(cell_text(value, buf), 0, false);
}
