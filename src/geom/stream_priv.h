/* src/geom/stream_priv.h - the frame of a geometry stream, as reader and writer know it. */
#ifndef WEH_GEOM_STREAM_PRIV_H
#define WEH_GEOM_STREAM_PRIV_H

#include "weh/pack.h"

#define GEOM_PREFIX      "bg0001fb" /* before the FlatBuffer of opcodes 8 to 12 */
#define GEOM_PREFIX_SIZE 8
#define GEOM_OP_HEAD     8 /* u32 opcode, u32 size */

extern const struct weh_pack_kind geom_pack_kind;

#endif
