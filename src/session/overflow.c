/* src/session/overflow.c - what a worker sends while the outbox has no room: in a temporary file, until
 * the client has read what is before it.
 *
 * One request can tell more than memory is given for (the undo of a large transaction), and the worker
 * can neither wait for the client nor forget the rest. Whatever it sends goes behind what is here
 * already, so the order stays. Requests wait meanwhile (paused): each begins with an empty file.
 */
#include "overflow.h"

#include <string.h>

#include "weh/alloc.h"

#include "call_priv.h"

void session_overflow_drop(struct weh_session *session)
{
    weh_spill_fini(&session->overflow);
    session->overflow_at = 0;
}

bool session_overflows_locked(const struct weh_session *session)
{
    return weh_spill_len(&session->overflow) > 0 ||
           (session->ending == ENDING_NOT && session->outbox.bytes > session_outbox_high(session));
}

/* With the lengths of its parts. */
static size_t stored_length(const struct weh_frame *frame)
{
    return frame->len + frame->n_parts * sizeof(uint32_t);
}

static weh_err add(struct weh_session *session, const struct weh_frame *frame,
                   struct weh_diag *diag)
{
    struct weh_spill *spill = &session->overflow;

    spill->limit_bytes = (uint64_t)session->host->options.config->limits_temporary_bytes;
    weh_buf_append(&spill->tail, &frame->len, sizeof(frame->len));
    weh_buf_append(&spill->tail, &frame->n_parts, sizeof(frame->n_parts));
    return weh_spill_append(spill, frame->memory + WEH_FRAME_HEADROOM, stored_length(frame), diag);
}

weh_err session_overflow_add(struct weh_session *session, const struct weh_frame *frame,
                             struct weh_diag *diag)
{
    weh_err err;

    if (session->overflow_generation != session->run_generation) {
        session_overflow_drop(session);
        session->overflow_generation = session->run_generation;
    }
    err = add(session, frame, diag);
    if (err != WEH_OK) {
        session_overflow_drop(session); /* the last frame may be there by half */
    }
    return err;
}

static weh_err read_frame(struct weh_session *session, struct weh_frame *frame,
                          struct weh_diag *diag)
{
    const struct weh_spill *spill = &session->overflow;
    uint64_t at = session->overflow_at;
    weh_err err = weh_spill_read(spill, at, &frame->len, sizeof(frame->len), diag);

    if (err != WEH_OK) {
        return err;
    }
    at += sizeof(frame->len);
    err = weh_spill_read(spill, at, &frame->n_parts, sizeof(frame->n_parts), diag);
    if (err != WEH_OK) {
        return err;
    }
    at += sizeof(frame->n_parts);
    frame->memory = weh_malloc(WEH_FRAME_HEADROOM + stored_length(frame));
    if (frame->memory == NULL) {
        return weh_fail_nomem(diag);
    }
    frame->is_text = weh_codec_is_text(session->codec);
    session->overflow_at = at + stored_length(frame);
    return weh_spill_read(spill, at, frame->memory + WEH_FRAME_HEADROOM, stored_length(frame),
                          diag);
}

/* The next frame, out of the file; NULL: that failed. */
static struct weh_frame *take_frame(struct weh_session *session)
{
    struct weh_frame *frame = weh_calloc(1, sizeof(*frame));

    if (frame != NULL && read_frame(session, frame, NULL) != WEH_OK) {
        weh_frame_destroy(frame);
        frame = NULL;
    }
    if (session->overflow_at == weh_spill_len(&session->overflow)) {
        session_overflow_drop(session);
    }
    return frame;
}

void session_refill_locked(struct weh_session *session)
{
    const bool is_needed = weh_spill_len(&session->overflow) > 0;

    if (session->overflow_generation != session->generation) {
        session_overflow_drop(session); /* its client has gone */
    }
    while (session->ending == ENDING_NOT && weh_spill_len(&session->overflow) > 0 &&
           session->outbox.bytes <= session_outbox_high(session)) {
        struct weh_frame *frame;

        /* Only this worker touches the file, and nobody else sends in its place. */
        (void)pthread_mutex_unlock(&session->lock);
        frame = take_frame(session);
        (void)pthread_mutex_lock(&session->lock);
        if (frame == NULL) {
            session_end_locked(session, WEH_CLOSE_FAULT);
        } else {
            session_push_locked(session, SENDER_WORKER, frame);
        }
    }
    if (is_needed) {
        session_wake_if_due(session);
    }
}
