/* src/bis/model_json.c - JsonProperties of geometric models, which always hold a "formatter".
 *
 * The native library reads the display format out of the JSON that it is given and writes it back in
 * its own words: defaults left out, flags cut to their bits, what it does not know dropped. Measured
 * with 5.1.72.
 */
#include <math.h>
#include <string.h>

#include "model_priv.h"

#define JSON_VALUES 4000000u

#define UNIT_METER    1u
#define SYSTEM_METRIC 2u

struct unit {
    uint32_t base;
    uint32_t system;
    double numerator;
    double denominator;
    struct weh_str label;
};

static const struct {
    const char *name;
    uint32_t mask;
    uint32_t standard; /* of models that say nothing */
} flag_rows[] = { { "linMode", 0x3, 1 },  { "linType", 0xf, 0 },  { "linPrec", 0xff, 108 },
                  { "angMode", 0x7, 1 },  { "angPrec", 0xff, 8 }, { "dirMode", 0x3, 1 },
                  { "clockwise", 0x1, 0 } };

#define N_FLAGS   WEH_ARRAY_LEN(flag_rows)
#define CLOCKWISE (N_FLAGS - 1)

static const char *const double_names[] = { "rndUnit", "rndRatio", "fmtDir" };

#define N_DOUBLES WEH_ARRAY_LEN(double_names)

struct formatter {
    uint32_t flags[N_FLAGS];
    struct unit master;
    struct unit sub;
    double doubles[N_DOUBLES];
};

static double read_double(const struct weh_value *map, const char *key, double absent)
{
    const struct weh_value *value = weh_value_get(map, key);
    double number;

    return value != NULL && weh_value_to_double(value, &number) ? number : absent;
}

/* As C converts: a fraction is cut off, a negative number counts from the other end. */
static uint32_t read_uint(const struct weh_value *map, const char *key, uint32_t absent)
{
    double number = trunc(read_double(map, key, absent));

    return fabs(number) < 9.0e15 ? (uint32_t)(uint64_t)(int64_t)number : absent;
}

static void read_unit(const struct weh_value *map, struct unit *out)
{
    const struct weh_value *label = weh_value_get(map, "label");

    out->base = read_uint(map, "base", UNIT_METER);
    out->system = read_uint(map, "sys", SYSTEM_METRIC);
    out->numerator = read_double(map, "num", 1.0);
    out->denominator = read_double(map, "den", 1.0);
    out->label =
        label != NULL && label->type == WEH_VALUE_STRING ? weh_value_str(label) : WEH_STR("m");
}

static void read_formatter(const struct weh_value *given, struct formatter *out)
{
    const struct weh_value *flags = weh_value_get(given, "fmtFlags");
    const struct weh_value *clockwise = weh_value_get(flags, "clockwise");
    bool is_clockwise = false;

    for (size_t i = 0; i < CLOCKWISE; i++) {
        out->flags[i] = read_uint(flags, flag_rows[i].name, 0) & flag_rows[i].mask;
    }
    if (clockwise == NULL || !weh_value_to_bool(clockwise, &is_clockwise)) {
        is_clockwise = read_double(flags, "clockwise", 0) != 0;
    }
    out->flags[CLOCKWISE] = is_clockwise;
    read_unit(weh_value_get(given, "mastUnit"), &out->master);
    read_unit(weh_value_get(given, "subUnit"), &out->sub);
    for (size_t i = 0; i < N_DOUBLES; i++) {
        out->doubles[i] = read_double(given, double_names[i], 0.0);
    }
}

static void set_standard(struct formatter *out)
{
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < N_FLAGS; i++) {
        out->flags[i] = flag_rows[i].standard;
    }
    out->master = (struct unit){ UNIT_METER, SYSTEM_METRIC, 1.0, 1.0, WEH_STR("m") };
    out->sub = (struct unit){ UNIT_METER, SYSTEM_METRIC, 1000.0, 1.0, WEH_STR("mm") };
}

/* The format that the model has in the file. */
static weh_err read_before(struct weh_bis *bis, struct weh_str before, struct formatter *out,
                           struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, JSON_VALUES };
    const struct weh_value *formatter;
    struct weh_value json;
    weh_err err;

    set_standard(out);
    if (before.len == 0) {
        return WEH_OK;
    }
    err = weh_json_parse(before, &limits, &bis->arena, &json, NULL);
    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    formatter = err == WEH_OK ? weh_value_get(&json, "formatter") : NULL;
    if (!weh_value_is_null(formatter)) {
        read_formatter(formatter, out);
    }
    return WEH_OK;
}

static void put_key(struct weh_buf *buf, bool *any, const char *key)
{
    weh_buf_printf(buf, "%s\"%s\":", *any ? "," : "", key);
    *any = true;
}

static void put_double(struct weh_buf *buf, bool *any, const char *key, double value)
{
    char text[WEH_JSON_NUMBER_SIZE];

    put_key(buf, any, key);
    weh_buf_append(buf, text, weh_json_print_stored(value, text));
}

static void put_unit(struct weh_buf *buf, const char *key, const struct unit *unit)
{
    struct weh_json_writer writer;
    bool any = false;

    weh_buf_printf(buf, ",\"%s\":{", key);
    if (unit->base != UNIT_METER) {
        put_key(buf, &any, "base");
        weh_buf_printf(buf, "%u", unit->base);
    }
    if (unit->system != SYSTEM_METRIC) {
        put_key(buf, &any, "sys");
        weh_buf_printf(buf, "%u", unit->system);
    }
    put_key(buf, &any, "label");
    weh_json_writer_init_stored(&writer, buf);
    weh_sink_str(&writer.sink, unit->label);
    if (unit->numerator != 1.0) {
        put_double(buf, &any, "num", unit->numerator);
    }
    if (unit->denominator != 1.0) {
        put_double(buf, &any, "den", unit->denominator);
    }
    weh_buf_byte(buf, '}');
}

static void put_formatter(struct weh_buf *buf, const struct formatter *formatter)
{
    bool any = false;

    weh_buf_printf(buf, "{\"fmtFlags\":{");
    for (size_t i = 0; i < CLOCKWISE; i++) {
        if (formatter->flags[i] != 0) {
            put_key(buf, &any, flag_rows[i].name);
            weh_buf_printf(buf, "%u", formatter->flags[i]);
        }
    }
    if (formatter->flags[CLOCKWISE] != 0) {
        put_key(buf, &any, "clockwise");
        weh_buf_printf(buf, "true");
    }
    weh_buf_byte(buf, '}');
    put_unit(buf, "mastUnit", &formatter->master);
    put_unit(buf, "subUnit", &formatter->sub);
    any = true;
    for (size_t i = 0; i < N_DOUBLES; i++) {
        if (formatter->doubles[i] != 0.0) {
            put_double(buf, &any, double_names[i], formatter->doubles[i]);
        }
    }
    weh_buf_byte(buf, '}');
}

static void put_all(struct weh_buf *buf, const struct weh_value *given,
                    const struct formatter *formatter)
{
    bool done = false;
    bool any = false;

    weh_buf_byte(buf, '{');
    for (uint32_t i = 0; given != NULL && i < given->n; i++) {
        const struct weh_member *member = &given->as.members[i];
        struct weh_json_writer writer;

        if (weh_str_eq_text(member->key, "formatter")) {
            put_key(buf, &any, "formatter");
            put_formatter(buf, formatter);
            done = true;
            continue;
        }
        if (any) {
            weh_buf_byte(buf, ',');
        }
        any = true;
        weh_json_writer_init_stored(&writer, buf);
        weh_sink_str(&writer.sink, member->key);
        weh_buf_byte(buf, ':');
        weh_json_writer_init_stored(&writer, buf);
        weh_sink_value(&writer.sink, &member->value);
    }
    if (!done) {
        put_key(buf, &any, "formatter");
        put_formatter(buf, formatter);
    }
    weh_buf_byte(buf, '}');
}

weh_err bis_model_json(struct weh_bis *bis, const struct weh_value *given,
                       const struct weh_str *before, struct weh_str *out, struct weh_diag *diag)
{
    const struct weh_value *named = weh_value_get(given, "formatter");
    struct weh_buf *buf = &bis->json;
    struct formatter formatter;
    char *copy = NULL;
    weh_err err = WEH_OK;

    if (weh_value_is_null(named)) {
        err = read_before(bis, *before, &formatter, diag);
    } else {
        read_formatter(named, &formatter);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_buf_clear(buf);
    put_all(buf, given, &formatter);
    if (buf->err == WEH_OK) {
        copy = weh_arena_strdup(&bis->arena, (struct weh_str){ (const char *)buf->data, buf->len });
    }
    if (copy == NULL) {
        return weh_fail_nomem(diag);
    }
    *out = (struct weh_str){ copy, buf->len };
    return WEH_OK;
}
