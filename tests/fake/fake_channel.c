/* tests/fake/fake_channel.c - a connection in memory. */
#include "fake_channel.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/compiler.h"
#include "weh/host.h"

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

static void attached(struct weh_channel *channel, struct weh_session *session)
{
    of(channel)->session = session;
}

static void detached(struct weh_channel *channel, enum weh_close_reason reason)
{
    struct fake_channel *fake = of(channel);

    fake_channel_give_back(fake);
    fake->session = NULL;
    fake->detached_for = reason;
}

static const struct weh_channel_ops ops = { wake, attached, detached };

void fake_channel_give_back(struct fake_channel *fake)
{
    if (fake->half != NULL) {
        weh_session_give_back(fake->session, fake->half, fake->half->len / 2);
        fake->half = NULL;
    }
}

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
        free(fake->frames[i]);
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
void fake_channel_drain(struct fake_channel *fake)
{
    struct weh_frame *frame;

    while (fake->reads && (frame = weh_session_next_frame(fake->session)) != NULL) {
        weh_assert(fake->n_frames < FAKE_CHANNEL_MAX_FRAMES);
        if (fake->n_frames == fake->half_at && fake->half_at != 0) {
            fake->half = frame;
            weh_session_sent(fake->session, frame->len / 2);
            fake->reads = false;
            break;
        }
        /* Not what a test lets fail. */
        fake->frames[fake->n_frames] = strndup((const char *)weh_frame_payload(frame), frame->len);
        fake->n_frames++;
        weh_session_sent(fake->session, frame->len);
        weh_session_frame_done(fake->session, frame);
    }
}

void fake_channel_wait_wake(struct fake_channel *fake, unsigned seen)
{
    (void)pthread_mutex_lock(&fake->lock);
    while (fake->n_wakes == seen) {
        (void)pthread_cond_wait(&fake->changed, &fake->lock);
    }
    (void)pthread_mutex_unlock(&fake->lock);
}

unsigned fake_channel_wakes(struct fake_channel *fake)
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
        unsigned seen = fake_channel_wakes(fake);
        enum weh_close_reason reason;

        fake_channel_drain(fake);
        if (fake->n_frames >= n) {
            return fake->frames[n - 1];
        }
        if (weh_session_wants_close(fake->session, &reason)) {
            return NULL;
        }
        fake_channel_wait_wake(fake, seen);
    }
}

enum weh_close_reason fake_channel_wait_close(struct fake_channel *fake)
{
    for (;;) {
        unsigned seen = fake_channel_wakes(fake);
        enum weh_close_reason reason;

        fake_channel_drain(fake);
        if (weh_session_wants_close(fake->session, &reason)) {
            return reason;
        }
        fake_channel_wait_wake(fake, seen);
    }
}

/* The host wants its service: the test's thread is in fake_channel_wait_ended. */
static void wake_host(void *ctx)
{
    struct fake_channel *fake = ctx;

    wake(&fake->channel);
}

void fake_channel_serve(struct fake_channel *fake, struct weh_host *host)
{
    weh_host_attach(host, wake_host, fake);
}

void fake_channel_wait_ended(struct fake_channel *fake, struct weh_host *host, const char *name)
{
    fake_channel_serve(fake, host);
    for (;;) {
        unsigned seen = fake_channel_wakes(fake);

        (void)weh_host_service(host);
        if (weh_host_find(host, weh_str_from(name)) == NULL) {
            break;
        }
        fake_channel_wait_wake(fake, seen);
    }
    weh_host_attach(host, NULL, NULL);
}

void fake_channel_cut(struct fake_channel *fake, enum weh_close_reason reason)
{
    fake_channel_give_back(fake);
    weh_session_channel_gone(fake->session, reason);
    fake->session = NULL;
}

void fake_channel_lose(struct fake_channel *fake, enum weh_close_reason reason)
{
    struct weh_host *host = weh_session_host(fake->session);
    char name[32];

    (void)snprintf(name, sizeof(name), "%s", weh_session_name(fake->session));
    fake_channel_cut(fake, reason);
    fake_channel_wait_ended(fake, host, name);
}
