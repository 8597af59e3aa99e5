/* tests/fake/fake_channel.c - a connection in memory. */
#include "fake_channel.h"

#include <stddef.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/compiler.h"

static struct fake_channel *of(struct weh_channel *channel)
{
    return WEH_CONTAINER_OF(channel, struct fake_channel, channel);
}

static void wake(struct weh_channel *channel)
{
    struct fake_channel *fake = of(channel);

    (void)pthread_mutex_lock(&fake->lock);
    fake->n_wakes++;
    (void)pthread_cond_broadcast(&fake->changed);
    (void)pthread_mutex_unlock(&fake->lock);
}

static void released(struct weh_channel *channel)
{
    struct fake_channel *fake = of(channel);

    (void)pthread_mutex_lock(&fake->lock);
    fake->released = true;
    (void)pthread_cond_broadcast(&fake->changed);
    (void)pthread_mutex_unlock(&fake->lock);
}

static const struct weh_channel_ops ops = { wake, released };

void fake_channel_init(struct fake_channel *fake)
{
    memset(fake, 0, sizeof(*fake));
    fake->channel.ops = &ops;
    fake->reads = true;
    (void)pthread_mutex_init(&fake->lock, NULL);
    (void)pthread_cond_init(&fake->changed, NULL);
}

void fake_channel_fini(struct fake_channel *fake)
{
    for (size_t i = 0; i < fake->n_frames; i++) {
        weh_free(fake->frames[i]);
    }
    (void)pthread_cond_destroy(&fake->changed);
    (void)pthread_mutex_destroy(&fake->lock);
}

void fake_channel_deliver(struct fake_channel *fake, const char *text)
{
    size_t len = strlen(text);
    uint8_t *bytes = weh_malloc(len);

    weh_assert(bytes != NULL);
    memcpy(bytes, text, len);
    weh_session_receive(fake->session, bytes, len);
}

/* Take what the session has to send, in the test's thread: it plays the service thread. */
static void drain(struct fake_channel *fake)
{
    struct weh_frame *frame;

    while (fake->reads && (frame = weh_session_next_frame(fake->session)) != NULL) {
        weh_assert(fake->n_frames < FAKE_CHANNEL_MAX_FRAMES);
        fake->frames[fake->n_frames] =
            weh_strndup((const char *)weh_frame_payload(frame), frame->len);
        fake->n_frames++;
        weh_session_sent(fake->session, frame->len);
        weh_frame_destroy(frame);
    }
}

static void wait_for_wake(struct fake_channel *fake, unsigned seen)
{
    (void)pthread_mutex_lock(&fake->lock);
    while (fake->n_wakes == seen) {
        (void)pthread_cond_wait(&fake->changed, &fake->lock);
    }
    (void)pthread_mutex_unlock(&fake->lock);
}

static unsigned wakes(struct fake_channel *fake)
{
    unsigned n;

    (void)pthread_mutex_lock(&fake->lock);
    n = fake->n_wakes;
    (void)pthread_mutex_unlock(&fake->lock);
    return n;
}

const char *fake_channel_wait(struct fake_channel *fake, size_t n)
{
    for (;;) {
        unsigned seen = wakes(fake);
        enum weh_close_reason reason;

        drain(fake);
        if (fake->n_frames >= n) {
            return fake->frames[n - 1];
        }
        if (weh_session_wants_close(fake->session, &reason)) {
            return NULL;
        }
        wait_for_wake(fake, seen);
    }
}

enum weh_close_reason fake_channel_wait_close(struct fake_channel *fake)
{
    for (;;) {
        unsigned seen = wakes(fake);
        enum weh_close_reason reason;

        drain(fake);
        if (weh_session_wants_close(fake->session, &reason)) {
            return reason;
        }
        wait_for_wake(fake, seen);
    }
}

void fake_channel_lose(struct fake_channel *fake, enum weh_close_reason reason)
{
    weh_session_channel_gone(fake->session, reason);
    fake_channel_wait_released(fake);
}

void fake_channel_wait_released(struct fake_channel *fake)
{
    (void)pthread_mutex_lock(&fake->lock);
    while (!fake->released) {
        (void)pthread_cond_wait(&fake->changed, &fake->lock);
    }
    (void)pthread_mutex_unlock(&fake->lock);
    fake->session = NULL;
}
