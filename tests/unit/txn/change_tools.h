/* tests/unit/txn/change_tools.h - saved transactions read as JSON, for the tests of the change reader. */
#ifndef WEH_CHANGE_TOOLS_H
#define WEH_CHANGE_TOOLS_H

#include <jansson.h>

#include "weh/changes.h"

#include "txn_fixture.h"

/** The properties of the change at hand; *@out NULL on failure. */
weh_err properties_of(struct weh_change_reader *reader, json_t **out, struct weh_diag *diag);

/** "CLASS ID" of an instance, "NAMESPACE NAME ID SUBID" of a file property. */
void key_of(const struct weh_instance_change *change, char *out, size_t size);

/** All changes of a range: {KEY: {op, indirect, txnId, properties}}; NULL with *@err. */
json_t *read_range(struct fixture *f, uint64_t from, uint64_t to, weh_err *err);
/** The same where nothing may fail. */
json_t *must_read(struct fixture *f, uint64_t from, uint64_t to);

/** Numbers by value, dates to the millisecond that the backend cuts and we round. */
bool same_value(json_t *a, json_t *b);
/** Fail: property @name of @key. NULL: none. */
void differ(const char *key, const char *name, json_t *ours, json_t *theirs);

#endif
