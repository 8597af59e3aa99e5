/* tests/fuzz/wire_check.h - what must hold for any bytes that the wire is given. */
#ifndef WEH_WIRE_CHECK_H
#define WEH_WIRE_CHECK_H

#include "weh/codec.h"

/** Decode @bytes; what decodes must encode and decode to the same, in bounded memory. */
void wire_check_message(enum weh_codec codec, struct weh_str bytes);

/** Read the envelope of @bytes and its params; what passes must pass the decoder too, with the same
 * id and method, and its error reply must be a message that decodes. */
void wire_check_envelope(enum weh_codec codec, struct weh_str bytes);

#endif
