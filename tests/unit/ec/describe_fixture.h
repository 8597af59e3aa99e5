/* tests/unit/ec/describe_fixture.h - descriptions as values, and comparing them with what others say.
 *
 * A comparison fails the test itself, naming the place.
 */
#ifndef DESCRIBE_FIXTURE_H
#define DESCRIBE_FIXTURE_H

#include "weh/ec_describe.h"
#include "weh/value.h"
#include "weh/value_sink.h"

#include "ec_fixture.h"

struct describe_fixture {
    struct ec_fixture file;
    struct weh_arena arena; /* of the last description */
    struct weh_value_sink sink;
    struct weh_value value;
};

/** Open @name of tests/data after @sql (may be NULL) and acquire its catalogue. */
void describe_open(struct describe_fixture *f, const char *name, const char *sql);
void describe_close(struct describe_fixture *f);

/** What there is to describe from; what was described before is gone. */
struct weh_ec_describer describe_begin(struct describe_fixture *f);
/** The value that was described. */
const struct weh_value *describe_take(struct describe_fixture *f);
/** The class @name, which must exist, with inherited properties. */
const struct weh_value *describe_class(struct describe_fixture *f, const char *name);

/** The member at @path ("properties/dim/typeName"), or NULL. */
const struct weh_value *value_at(const struct weh_value *value, const char *path);
/** The text at @path, which must be one. */
void assert_text_at(const struct weh_value *value, const char *path, const char *text);

/** Deep equality but for the order of members; "Schema.Name" equals "Schema:Name" when @dots. */
bool values_match(const struct weh_value *a, const struct weh_value *b, bool dots);
/** Print both and fail. */
void fail_values(const char *where, const struct weh_value *expected,
                 const struct weh_value *actual);

#endif
