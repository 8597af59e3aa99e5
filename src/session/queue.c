/* src/session/queue.c - the two queues of a session: jobs in, frames out. Neither locks: both are
 * guarded by the session's lock. */
#include "weh/alloc.h"

#include "session_priv.h"

void job_destroy(struct job *job)
{
    if (job != NULL) {
        weh_free(job->bytes);
        weh_free(job);
    }
}

static bool is_edit(const struct job *job)
{
    return job->method->access >= WEH_ACCESS_EDIT && job->method->states == WEH_IN(READY);
}

void mailbox_push(struct mailbox *mailbox, struct job *job)
{
    job->next = NULL;
    if (mailbox->tail == NULL) {
        mailbox->head = job;
    } else {
        mailbox->tail->next = job;
    }
    mailbox->tail = job;
    mailbox->n++;
    mailbox->bytes += job->len;
    atomic_fetch_add_explicit(&mailbox->n_all, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&mailbox->n_edits, is_edit(job), memory_order_relaxed);
}

struct job *mailbox_take(struct mailbox *mailbox, struct job *before)
{
    struct job **link = before == NULL ? &mailbox->head : &before->next;
    struct job *job = *link;

    *link = job->next;
    if (mailbox->tail == job) {
        mailbox->tail = before;
    }
    mailbox->n--;
    mailbox->bytes -= job->len;
    job->next = NULL;
    atomic_fetch_sub_explicit(&mailbox->n_all, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&mailbox->n_edits, is_edit(job), memory_order_relaxed);
    return job;
}

struct job *mailbox_pop(struct mailbox *mailbox)
{
    return mailbox->head == NULL ? NULL : mailbox_take(mailbox, NULL);
}

void weh_frame_destroy(struct weh_frame *frame)
{
    if (frame != NULL) {
        weh_free(frame->memory);
        weh_free(frame);
    }
}

void outbox_push(struct outbox *outbox, struct weh_frame *frame)
{
    frame->next = NULL;
    if (outbox->tail == NULL) {
        outbox->head = frame;
    } else {
        outbox->tail->next = frame;
    }
    outbox->tail = frame;
    outbox->bytes += frame->len;
}

void outbox_push_front(struct outbox *outbox, struct weh_frame *frame)
{
    frame->next = outbox->head;
    outbox->head = frame;
    if (outbox->tail == NULL) {
        outbox->tail = frame;
    }
    outbox->bytes += frame->len;
}

void outbox_clear(struct outbox *outbox)
{
    struct weh_frame *frame;

    while ((frame = outbox_pop(outbox)) != NULL) {
        outbox->bytes -= frame->len;
        weh_frame_destroy(frame);
    }
}

struct weh_frame *outbox_pop(struct outbox *outbox)
{
    struct weh_frame *frame = outbox->head;

    if (frame != NULL) {
        outbox->head = frame->next;
        if (outbox->head == NULL) {
            outbox->tail = NULL;
        }
        frame->next = NULL;
    }
    return frame;
}
