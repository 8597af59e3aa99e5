/* tests/unit/session/session_fixture.h - a host with methods made for testing, and a session on it. */
#ifndef SESSION_FIXTURE_H
#define SESSION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"
#include "weh/call.h"
#include "weh/host.h"

#include "fake_alloc.h"
#include "fake_channel.h"

/* What the methods of these tests share. */
struct fixture {
    struct weh_config config;
    struct weh_host *host;
    struct fake_channel *fake;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool gate_open;     /* test.wait returns */
    unsigned n_waiting; /* calls that stand at the gate */
    unsigned n_calls;   /* of test.count */
    unsigned n_closed;  /* workspaces */
    enum weh_close_reason closed_for;
    bool saw_cancel;
    weh_err after_err;
    atomic_uint_fast64_t tick_after_ms; /* what the application asks for */
    unsigned n_asked;                   /* for a tick; guarded by the lock, with the two below */
    unsigned n_ticks;
    uint64_t ticked_idle_ms;
};

int session_setup(void **state);
/** The same with another setting of workers.most. */
int session_setup_most(void **state, int64_t most);
int session_teardown(void **state);

/** A session of the user ada, rights to view, on @fake, which is made anew. */
weh_err connect_session(struct fixture *f, struct fake_channel *fake);

/** The same as another user, or in another encoding. */
weh_err connect_as(struct fixture *f, struct fake_channel *fake, const char *user,
                   enum weh_codec codec);

/** Wait until @n calls in all have come to stand in test.wait. */
void wait_until_waiting(struct fixture *f, unsigned n);
/** Let test.wait return, now and later. */
void open_gate(struct fixture *f);

/** Deliver a request to the first session. */
void request(struct fixture *f, int request_id, const char *method, const char *params);

/** A session that speaks IPC, whose page has @label (NULL: none). */
weh_err connect_ipc(struct fixture *f, struct fake_channel *fake, const char *user,
                    const char *label);

/** Deliver the message object @inner (without the sequence) as an IPC message, with the @n bytes of @part
 * behind it unless that is NULL. */
void deliver_ipc(struct fake_channel *fake, int sequence, const char *inner, const void *part,
                 uint32_t n);

#endif
