/* include/weh/id.h - 64-bit ids, GUIDs and random bytes.
 *
 * The text forms are those of @itwin/core-bentley: Id64String ("0x" and lower-case hexadecimal
 * without leading zeros) and GuidString (lower case with hyphens). A GUID's 16 bytes stand in the
 * order of its text.
 */
#ifndef WEH_ID_H
#define WEH_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/str.h"

/** An element, model, aspect, class or code spec id; 0 is none. */
typedef uint64_t weh_id;

/** The id of one saved transaction: session number << 32 | index in the session. */
struct weh_txn_id {
    uint64_t value;
};

struct weh_guid {
    uint8_t bytes[16];
};

#define WEH_ID_TEXT_SIZE   19 /* "0x", 16 digits, NUL */
#define WEH_GUID_TEXT_SIZE 37 /* 36 characters, NUL */

/** Parse "0x1f" (any case; no leading zeros needed); false when @text is no id or is 0. */
bool weh_id_parse(struct weh_str text, weh_id *out);

/** Write the text form of @id, "0" for 0, with a NUL. Returns the number of characters. */
size_t weh_id_print(weh_id id, char out[WEH_ID_TEXT_SIZE]);

/** Parse the 36 character form in any case; false when it is none. */
bool weh_guid_parse(struct weh_str text, struct weh_guid *out);

/** Write the 36 characters of @guid and a NUL. */
void weh_guid_print(const struct weh_guid *guid, char out[WEH_GUID_TEXT_SIZE]);

bool weh_guid_is_nil(const struct weh_guid *guid);

/** A random GUID, version 4. */
WEH_MUST_CHECK weh_err weh_guid_create(struct weh_guid *out, struct weh_diag *diag);

/** Fill @out with @n random bytes from the kernel. */
WEH_MUST_CHECK weh_err weh_random(void *out, size_t n, struct weh_diag *diag);

/** Lower-case hexadecimal digits of @n bytes and a NUL into @out (2 * n + 1 bytes). */
void weh_hex_print(const uint8_t *bytes, size_t n, char *out);

#endif
