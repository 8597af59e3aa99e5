/* src/session/call_priv.h - running one request and sending what comes of it, for this folder. */
#ifndef WEH_CALL_PRIV_H
#define WEH_CALL_PRIV_H

#include "session_priv.h"

/** Check and run one request, and queue its reply. Worker; service thread for out-of-band ones. */
void session_run_job(struct weh_session *session, struct job *job);

/** Who sends: the channel's thread, which is woken at once, or the worker, which wakes it when there
 * is nothing more to do for now (a wake costs as much as a small request). */
enum sender {
    SENDER_CHANNEL,
    SENDER_HELLO, /* the channel's thread; does not count, and comes before what is sent again */
    SENDER_WORKER
};

/** Queue a reply or notification that was encoded into @buf behind WEH_FRAME_HEADROOM bytes; takes
 * the bytes. A failed or too large encoding ends the session. */
void session_send(struct weh_session *session, enum sender sender, struct weh_buf *buf);

/** The same with @frame, which is taken. @session's lock is held. */
void session_push_locked(struct weh_session *session, enum sender sender, struct weh_frame *frame);

/** Answer the request of @envelope (its id unknown: nobody in particular) with the error in @diag. @subject: what it is
 * about (NULL: nothing is known); of /ipc. */
void session_send_error(struct weh_session *session, enum sender sender,
                        const struct weh_envelope *envelope, const struct weh_edit_subject *subject,
                        const struct weh_diag *diag, const char *activity_id);

/** What the @number-th message belongs to unless its params say: an RPC call's own name (of IPC), else what the
 * handshake said, else itself. */
void session_default_activity(const struct weh_session *session,
                              const struct weh_envelope *envelope, uint64_t number,
                              struct activity *out);

/** Tell the channel of what the worker has sent. @session's lock is held. */
void session_wake_if_due(struct weh_session *session);

/** A request begins. Worker. */
void session_progress_reset(struct weh_session *session, uint64_t started_us);

/** Prepare @buf for an encoding: headroom, limit. */
void session_buf_begin(const struct weh_session *session, struct weh_buf *buf);

/** Prepare @writer for an encoding of @session's own notifications. IPC knows none: they are written as
 * JSON, and session_send_own drops them. */
void session_own_begin(const struct weh_session *session, struct weh_writer *writer,
                       struct weh_buf *buf);
void session_send_own(struct weh_session *session, enum sender sender, struct weh_buf *buf);

struct weh_codec_limits session_codec_limits(const struct weh_session *session);

/** Remember how this client spells channels, if @envelope tells. */
void session_ipc_look_at_spelling(struct weh_session *session, const struct weh_envelope *envelope);

/** Decode the params of @envelope, in whatever encoding. As weh_params_decode. */
WEH_MUST_CHECK weh_err session_decode_params(const struct weh_session *session,
                                             const struct weh_envelope *envelope,
                                             struct weh_arena *arena, struct weh_value *out,
                                             struct weh_diag *diag);

/** May @method be called now? Worker. */
WEH_MUST_CHECK weh_err session_check_token(const struct weh_session *session,
                                           const struct weh_method *method, struct weh_diag *diag);

/** Does @method stand in the audit log? */
bool session_is_audited(const struct weh_method *method);

/** What is written of a request there. */
struct audit_entry {
    const char *user;
    const char *peer;
    const char *session; /* "": none */
    const struct activity *activity;
    const struct weh_method *method;
    const struct weh_value *params;
    const struct weh_app_facts *facts;
};
/** Write the line of a request, which came to @err, if there is an audit log. */
void session_audit(const struct weh_host *host, const struct audit_entry *entry, weh_err err);

/** The activity of a request as @params tell it, else @out stays. WEH_E_BAD_ARGS. */
WEH_MUST_CHECK weh_err session_read_activity(const struct weh_value *params, struct activity *out,
                                             struct weh_diag *diag);

/** A request past the mailbox, whose handler looks after others than its own session: check the rights
 * of @session, which may be with a worker. Service thread. */
WEH_MUST_CHECK weh_err session_check_operator(struct weh_session *session,
                                              const struct weh_method *method,
                                              struct weh_diag *diag);

/** Decode the arguments of @job and call its handler, with no gate before it but the audit log's. */
WEH_MUST_CHECK weh_err session_run_at_once(struct weh_call *call, const struct job *job,
                                           const struct weh_value *params,
                                           struct weh_writer *writer, struct weh_diag *diag);

/* admin_call.c; service thread. */

/** An operator's request has come to @err: tell it in the log, and in the audit log if it changes
 * something. */
void session_operator_did(const struct weh_host *host, const struct audit_entry *entry, weh_err err,
                          const struct weh_diag *diag);

/* notifications and orders */

/** Send the notification @name {@key: time}. Service thread. */
void session_tell_time(struct weh_session *session, const char *name, const char *key,
                       int64_t wall_ms);

/** Have the request in @buf (taken) run before what the client sends from now on. It does not count, and
 * has no id. Service thread. WEH_E_NOMEM, WEH_E_STATE. */
WEH_MUST_CHECK weh_err session_order(struct weh_session *session, struct weh_buf *buf,
                                     struct weh_diag *diag);

#endif
