/* src/session/queue.h - the two queues of a session: jobs in, frames out. */
#ifndef WEH_SESSION_QUEUE_H
#define WEH_SESSION_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/channel.h"
#include "weh/codec.h"
#include "weh/method.h"

/** One message that waits for a worker. */
struct job {
    struct job *next;
    uint8_t *bytes; /* owned; the envelope looks into them */
    size_t len;
    struct weh_envelope envelope;
    const struct weh_method *method;
    uint64_t generation;             /* of the session's connections: that of its client */
    uint64_t number;                 /* of the client's messages; 0: the server's own order */
    struct weh_edit_subject subject; /* of its error */
    bool cancelled;
};

/** Messages that wait, first in first out. Guarded by the session's lock. */
struct mailbox {
    struct job *head;
    struct job *tail;
    size_t n;
    size_t bytes;
    /* The running request looks at them without the lock. */
    atomic_size_t n_all;
    atomic_size_t n_edits; /* of the open briefcase */
};

void job_destroy(struct job *job);
void mailbox_push(struct mailbox *mailbox, struct job *job);
struct job *mailbox_pop(struct mailbox *mailbox);
/** Take out the one behind @before (NULL: the first), which is there. */
struct job *mailbox_take(struct mailbox *mailbox, struct job *before);

/** Frames that wait for the socket. Guarded by the session's lock. */
struct outbox {
    struct weh_frame *head;
    struct weh_frame *tail;
    size_t bytes; /* queued, and taken by the channel but not yet sent */
};

void outbox_push(struct outbox *outbox, struct weh_frame *frame);
struct weh_frame *outbox_pop(struct outbox *outbox);
/** Drop all frames of @outbox. */
void outbox_clear(struct outbox *outbox);
void outbox_push_front(struct outbox *outbox, struct weh_frame *frame);

#endif
