/* tools/weh/soak/soak_kinds.h - the kinds of requests: what each asks, and what must come back.
 *
 * The functions of a kind are in soak_kinds.c (those that read), soak_edits.c, soak_txns.c and
 * soak_life.c. How windows are made of them says soak.h.
 */
#ifndef SOAK_KINDS_H
#define SOAK_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/sink.h"

#include "soak_model.h"

#define SOAK_WINDOW 8

struct soak_session;
struct soak_message;

/* kind, method, weight, flags */
#define SOAK_KIND_LIST(X)                                               \
    X(PING, ping, "session.ping", 6, 0)                                 \
    X(GET, get, "elements.getElementProps", 14, 0)                      \
    X(GET_GHOST, get_ghost, "elements.getElementProps", 4, 0)           \
    X(GET_MANY, get_many, "elements.getMany", 8, 0)                     \
    X(CHILDREN, children, "elements.queryChildren", 6, 0)               \
    X(STATE, state, "txns.state", 6, 0)                                 \
    X(LIST, list, "txns.list", 3, 0)                                    \
    X(SUMMARY, summary, "changes.summary", 3, 0)                        \
    X(UPDATE, update, "elements.updateElement", 14, 0)                  \
    X(DELETE, delete, "elements.deleteElement", 4, 0)                   \
    X(SAVEPOINT, savepoint, "txns.savepoint", 3, 0)                     \
    X(ROLLBACK, rollback, "txns.rollbackTo", 2, 0)                      \
    X(RELEASE, release, "txns.release", 1, 0)                           \
    X(ABANDON, abandon, "txns.abandonChanges", 1, 0)                    \
    X(BAD_BATCH, bad_batch, "edit.batch", 2, 0)                         \
    X(INSERT, insert, "elements.insertElement", 14, SOAK_LAST)          \
    X(BATCH, batch, "edit.batch", 4, SOAK_LAST | SOAK_TELLS)            \
    X(SAVE, save, "txns.saveChanges", 10, SOAK_LAST | SOAK_TELLS)       \
    X(UNDO, undo, "txns.reverseTxns", 4, SOAK_LAST | SOAK_TELLS)        \
    X(UNDO_TO, undo_to, "txns.reverseTo", 1, SOAK_LAST | SOAK_TELLS)    \
    X(CANCEL_TO, cancel_to, "txns.cancelTo", 1, SOAK_LAST | SOAK_TELLS) \
    X(REDO, redo, "txns.reinstateTxn", 4, SOAK_LAST | SOAK_TELLS)       \
    X(CLOSE, close, "briefcase.close", 1, SOAK_LAST | SOAK_TELLS)       \
    X(CHECKOUT, checkout, "briefcase.checkout", 0, SOAK_LAST)           \
    X(OPEN, open, "briefcase.open", 0, SOAK_LAST)                       \
    X(GET_ALL, get_all, "elements.getMany", 0, 0)                       \
    X(DROP, drop, "briefcase.delete", 0, SOAK_LAST)                     \
    X(GOODBYE, goodbye, "session.close", 0, SOAK_LAST)

#define SOAK_LAST  1U /* ends the window */
#define SOAK_TELLS 2U /* may be preceded by notifications */

enum soak_kind {
#define X(id, name, method, weight, flags) SOAK_##id,
    SOAK_KIND_LIST(X)
#undef X
    SOAK_KINDS
};

/** A request on its way, and what must come back. What is used depends on the kind. */
struct soak_pending {
    enum soak_kind kind;
    bool flag;
    uint64_t id; /* of the request */
    uint64_t sent_ns;
    uint64_t number;
    struct soak_element element;
    struct soak_set set;
    uint32_t n;
    uint64_t ids[SOAK_WINDOW];
};

struct soak_kind_info {
    const char *name;
    const char *method;
    uint32_t weight;
    uint32_t flags;
    /** Is it possible now? Then say what must come back, and change the model. NULL: always. */
    bool (*plan)(struct soak_session *session, struct soak_pending *pending);
    /** The params, one map. */
    void (*write)(const struct soak_session *session, const struct soak_pending *pending,
                  struct weh_sink *sink);
    /** Is @message right? Changes the model. */
    bool (*check)(struct soak_session *session, const struct soak_pending *pending,
                  const struct soak_message *message);
};

const struct soak_kind_info *soak_kind_info(enum soak_kind kind);
/** A kind by its weight. */
enum soak_kind soak_kind_draw(uint64_t *random);

#define X(id, name, method, weight, flags)                                                         \
    bool soak_plan_##name(struct soak_session *session, struct soak_pending *pending);             \
    void soak_write_##name(const struct soak_session *session, const struct soak_pending *pending, \
                           struct weh_sink *sink);                                                 \
    bool soak_check_##name(struct soak_session *session, const struct soak_pending *pending,       \
                           const struct soak_message *message);
SOAK_KIND_LIST(X)
#undef X

#endif
