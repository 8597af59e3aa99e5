/* src/session/close_reason.c - the table of ends. */
#include "weh/channel.h"
#include "weh/compiler.h"

static const struct weh_close_info infos[] = {
#define X(name, code, is_error, text) { #name, text, code, is_error },
#include "weh/close_reasons.def"
#undef X
};

const struct weh_close_info *weh_close_info(enum weh_close_reason reason)
{
    weh_assert((unsigned)reason < WEH_CLOSE_COUNT);
    return &infos[reason];
}
