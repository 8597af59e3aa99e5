/* src/ec/suggest.c - what a class name that does not exist may have meant. For error texts only. */
#include "weh/ec_suggest.h"

#include "ec_priv.h"

/* Longer names are not compared. */
#define MAX_NAME     64
#define MAX_DISTANCE WEH_EC_NEAR

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

unsigned weh_ec_name_distance(struct weh_str a, struct weh_str b)
{
    unsigned row[MAX_NAME + 1];

    if (a.len > MAX_NAME || b.len > MAX_NAME || a.len > b.len + MAX_DISTANCE ||
        b.len > a.len + MAX_DISTANCE) {
        return MAX_DISTANCE + 1;
    }
    for (unsigned j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        unsigned least = i;

        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned changed = diagonal + (lower(a.ptr[i - 1]) != lower(b.ptr[j - 1]));

            diagonal = row[j];
            row[j] = smallest(row[j] + 1, row[j - 1] + 1, changed);
            least = row[j] < least ? row[j] : least;
        }
        if (least > MAX_DISTANCE) {
            return MAX_DISTANCE + 1;
        }
    }
    return row[b.len];
}

const struct weh_ec_class *weh_ec_suggest_class(const struct weh_ec_catalog *catalog,
                                                struct weh_str full_name)
{
    const struct weh_ec_class *nearest = NULL;
    const struct weh_ec_schema *schema = NULL;
    struct weh_str head = { NULL, 0 };
    struct weh_str name = full_name;
    /* A class of another schema must fit better than one of the schema that was named. */
    unsigned best = 2 * MAX_DISTANCE + 2;

    if (ec_name_split(full_name, &head, &name)) {
        schema = weh_ec_schema_by_name(catalog, head);
    } else {
        name = full_name;
    }
    for (size_t i = 0; i < catalog->n_classes; i++) {
        unsigned far = 2 * weh_ec_name_distance(catalog->classes[i].name, name) +
                       (catalog->classes[i].schema == schema ? 0 : 1);

        /* In a short name every letter counts. */
        if (far < best && far <= 2 * MAX_DISTANCE && far / 2 < (name.len + 1) / 2) {
            best = far;
            nearest = &catalog->classes[i];
        }
    }
    return nearest;
}
