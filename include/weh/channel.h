/* include/weh/channel.h - what a session needs of its connection, and how sessions end.
 *
 * The network implements it for sockets, tests implement it in memory (tests/fake/fake_channel.c).
 */
#ifndef WEH_CHANNEL_H
#define WEH_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weh_close_reason {
#define X(name, code, is_error, text) WEH_CLOSE_##name,
#include "weh/close_reasons.def"
#undef X
    WEH_CLOSE_COUNT
};

struct weh_close_info {
    const char *name; /* "SLOW_READER" */
    const char *text;
    uint16_t code; /* of the close frame; 1006 is never sent */
    bool is_error;
};

/** The row of @reason. Static. */
const struct weh_close_info *weh_close_info(enum weh_close_reason reason);

/** Bytes in front of a frame's payload that the transport may overwrite (LWS_PRE). */
#define WEH_FRAME_HEADROOM 16

/** One message on its way out. */
struct weh_frame {
    struct weh_frame *next;
    uint8_t *memory; /* WEH_FRAME_HEADROOM bytes, then the payload */
    size_t len;      /* of the payload */
    uint64_t seq;    /* which message of the session it is, from 1; 0: it does not count */
    bool is_text;
    /* So many of the last bytes of the payload go as binary frames of their own, right behind the
     * first: their lengths stand behind the payload (weh/ipc.h). */
    uint32_t n_parts;
};

static inline uint8_t *weh_frame_payload(struct weh_frame *frame)
{
    return frame->memory + WEH_FRAME_HEADROOM;
}

/** Free @frame (NULL is fine). */
void weh_frame_destroy(struct weh_frame *frame);

struct weh_channel;
struct weh_session;

struct weh_channel_ops {
    /** The session has frames, or wants to end. Any thread, never blocks; calls may coalesce. The
     * channel answers in its own thread with weh_session_next_frame and weh_session_wants_close. */
    void (*wake)(struct weh_channel *channel);
    /** From now on the channel is @session's, which was resumed on it, and no more that of the session
     * it was made with. Service thread, inside of weh_session_receive. */
    void (*attached)(struct weh_channel *channel, struct weh_session *session);
    /** The session goes on with another channel: give back what is not wholly sent
     * (weh_session_give_back), forget the session, close with @reason. Service thread. */
    void (*detached)(struct weh_channel *channel, enum weh_close_reason reason);
};

/** Embedded in the connection object. */
struct weh_channel {
    const struct weh_channel_ops *ops;
};

#endif
