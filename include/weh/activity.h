/* include/weh/activity.h - the names by which what belongs together is found in logs.
 *
 * An activity id is chosen by the client: 1 to 63 visible ASCII characters. A trace id comes out of a
 * W3C traceparent. Both are hostile until checked here: they are written into logs.
 */
#ifndef WEH_ACTIVITY_H
#define WEH_ACTIVITY_H

#include <stdbool.h>

#include "weh/str.h"

#define WEH_ACTIVITY_SIZE 64 /* with NUL */
#define WEH_TRACE_SIZE    33 /* 32 hexadecimal digits, NUL */

/** May @text be an activity id? */
bool weh_activity_is_valid(struct weh_str text);

/** The trace id of the traceparent @text (W3C Trace Context, 3.2) into @out; false, and "", when it is
 * not valid. Of versions after 00 what 00 has is read, as the recommendation says. */
bool weh_traceparent_read(struct weh_str text, char out[WEH_TRACE_SIZE]);

#endif
