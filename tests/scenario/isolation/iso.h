/* tests/scenario/isolation/iso.h - many sessions on as many files, each checked against a model.
 *
 * A session knows what it sent and therefore every byte that may come back. Its texts begin with
 * "iso-NNNN-", its element ids lie in a range of its own, so that anything of another session shows.
 */
#ifndef ISO_H
#define ISO_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"

#include "rpc_client.h"

#define ISO_WINDOW        32
#define ISO_TEXT_MAX      16384
#define ISO_SESSIONS_MAX  1000
#define ISO_FIRST_ID(n)   (((uint64_t)(n) + 1) << 24)
#define ISO_MARKER        "iso-"
#define ISO_MARKER_FORMAT "iso-%04u-"

enum iso_kind {
    ISO_PING,
    ISO_GET,
    ISO_INSERT,
    ISO_SAVE,
    ISO_UNDO,
    ISO_KINDS
};

struct iso_element {
    uint64_t seed; /* of its label */
    bool live;
};

/** Elements [first, end) were inserted in one transaction. */
struct iso_txn {
    uint32_t first;
    uint32_t end;
};

/** A request on its way, and what must come back. */
struct iso_pending {
    enum iso_kind kind;
    uint64_t id;
    uint64_t seed;       /* of a ping's payload */
    uint32_t element;    /* got or inserted */
    bool expect_live;    /* of the element got */
    struct iso_txn txn;  /* saved or undone; empty: nothing to save */
    uint32_t n_notified; /* notifications so far */
    char txn_id[24];     /* as the notifications said */
};

struct iso_session {
    uint32_t number;
    uint32_t n_left; /* messages to send */
    uint64_t random;
    struct weh_rpc_client *rpc;
    struct iso_element *elements;
    uint32_t n_elements;
    uint32_t n_known;   /* elements whose insert is answered */
    uint32_t n_settled; /* elements in saved transactions, or undone */
    struct iso_txn *txns;
    uint32_t n_txns;
    bool undo_next;
    struct iso_pending window[ISO_WINDOW];
    uint32_t n_window;
    uint32_t n_answered;
    uint32_t counts[ISO_KINDS];
    bool failed;
    struct weh_diag diag; /* why */
    char text[ISO_TEXT_MAX + 64];
};

/** Connect, open the iModel of session @number. On failure session->diag says why. */
bool iso_session_open(struct iso_session *session, const struct weh_rpc_options *options,
                      uint32_t n_messages);

/** Send the next requests, without reading. False when there was nothing left or it failed. */
bool iso_session_send(struct iso_session *session);

/** Read and check all replies to what was sent. */
bool iso_session_receive(struct iso_session *session);

/** Save or (odd numbers) drop what is unsaved, close. */
bool iso_session_end(struct iso_session *session);

void iso_session_fini(struct iso_session *session);

/** The label of the element with @seed. */
void iso_label(uint32_t session, uint64_t seed, char out[48]);

/** The iModel's name of session @number. */
void iso_name(uint32_t number, char out[24]);

/** Let the element ids of the file @path begin behind ISO_FIRST_ID(@number). */
WEH_MUST_CHECK weh_err iso_file_prepare(const char *path, uint32_t number, struct weh_diag *diag);

/** How many elements the file @path has that no session made. */
WEH_MUST_CHECK weh_err iso_file_count_others(const char *path, uint64_t *out,
                                             struct weh_diag *diag);

/** Check that the file @path is sound and holds exactly the live elements of @session beside
 * @n_others others. WEH_E_STATE when not. */
WEH_MUST_CHECK weh_err iso_file_check(const char *path, const struct iso_session *session,
                                      uint64_t n_others, struct weh_diag *diag);

#endif
