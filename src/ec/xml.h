/* src/ec/xml.h - custom attribute instances as trees. Only for src/ec.
 *
 * A reader of our own: the native library writes plain elements, texts and a namespace attribute, and what
 * comes from a file must be bounded before anything is allocated. No DTD, no entities but the five
 * and numbers, no mixed content.
 */
#ifndef WEH_EC_XML_H
#define WEH_EC_XML_H

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/str.h"

#define EC_XML_MAX_BYTES ((size_t)256 << 10)
#define EC_XML_MAX_NODES 8192u
#define EC_XML_MAX_DEPTH 32u

struct ec_xml_node {
    struct weh_str name;
    struct weh_str text;             /* entities resolved; of an element without children */
    const struct ec_xml_node *first; /* child */
    const struct ec_xml_node *next;  /* sibling */
};

/**
 * Read @xml, one element with what stands in it.
 *
 * @out  in @arena, its texts partly views into @xml; NULL when @xml is not well-formed, too long, too
 *       deep or of a kind that is not read.
 *
 * WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err ec_xml_read(struct weh_str xml, struct weh_arena *arena,
                                   const struct ec_xml_node **out, struct weh_diag *diag);

#endif
