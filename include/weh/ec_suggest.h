/* include/weh/ec_suggest.h - what a name that does not exist may have meant. For error texts only. */
#ifndef WEH_EC_SUGGEST_H
#define WEH_EC_SUGGEST_H

#include "weh/ec.h"
#include "weh/str.h"

/** Names further apart have nothing to do with each other. */
#define WEH_EC_NEAR 3

/** Letters to change, add or leave out (Levenshtein), the case not counting; more than WEH_EC_NEAR is
 * WEH_EC_NEAR + 1. */
unsigned weh_ec_name_distance(struct weh_str a, struct weh_str b);

/** The class whose name is nearest to @full_name, or NULL. Borrowed from @catalog. */
const struct weh_ec_class *weh_ec_suggest_class(const struct weh_ec_catalog *catalog,
                                                struct weh_str full_name);

#endif
