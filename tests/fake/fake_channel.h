/* tests/fake/fake_channel.h - a connection in memory: keeps what the session sends, and lets the test
 * wait for it. */
#ifndef WEH_FAKE_CHANNEL_H
#define WEH_FAKE_CHANNEL_H

#include <stdbool.h>

#include <pthread.h>

#include "weh/channel.h"
#include "weh/session.h"

#define FAKE_CHANNEL_MAX_FRAMES 65536

struct fake_channel {
    struct weh_channel channel; /* give this to the session */
    struct weh_session *session;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned n_wakes;
    bool reads;             /* false: a client that does not read */
    size_t half_at;         /* the frame after so many is sent by half only; 0: none */
    struct weh_frame *half; /* it */
    enum weh_close_reason detached_for;
    char *frames[FAKE_CHANNEL_MAX_FRAMES];
    size_t n_frames;
};

void fake_channel_init(struct fake_channel *fake);
void fake_channel_fini(struct fake_channel *fake);

/** Deliver @text as a message. */
void fake_channel_deliver(struct fake_channel *fake, const char *text);

/** Wait until @n frames have come in all (text, NUL-terminated); the last of them. NULL when the
 * session wants to close before that. */
const char *fake_channel_wait(struct fake_channel *fake, size_t n);

/** Wait until the session wants to close; its reason. */
enum weh_close_reason fake_channel_wait_close(struct fake_channel *fake);

/** Take what there is to send, without waiting. */
void fake_channel_drain(struct fake_channel *fake);

/** Give back what was sent by half. */
void fake_channel_give_back(struct fake_channel *fake);

/** The socket is gone: tell the session, which may wait to be resumed. */
void fake_channel_cut(struct fake_channel *fake, enum weh_close_reason reason);

/** The socket is gone for good: tell the session, play the service thread until it has ended. */
void fake_channel_lose(struct fake_channel *fake, enum weh_close_reason reason);

/** @host's wakes count as wakes of @fake from now on. */
void fake_channel_serve(struct fake_channel *fake, struct weh_host *host);

/** How often the session or the host has woken; wait for more than that. */
unsigned fake_channel_wakes(struct fake_channel *fake);
void fake_channel_wait_wake(struct fake_channel *fake, unsigned seen);

/** Play the service thread of @host until the session with the id @name has ended. */
void fake_channel_wait_ended(struct fake_channel *fake, struct weh_host *host, const char *name);

#endif
