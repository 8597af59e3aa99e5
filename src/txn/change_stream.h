/* src/txn/change_stream.h - the changes of one transaction, one after the other, whatever its size.
 *
 * Which transactions are read, and what their rows mean, is not known here.
 */
#ifndef WEH_CHANGE_STREAM_H
#define WEH_CHANGE_STREAM_H

#include "weh/db.h"
#include "weh/spill.h"
#include "weh/str.h"

#include "changeset_priv.h"

/** Where the changeset is; one of them. */
struct change_source {
    bool is_stored; /* packed in dgn_Txns, as the row txn_id */
    uint64_t txn_id;
    const struct weh_spill *spill; /* as it is */
    const uint8_t *bytes;          /* as it is: len of them */
    size_t len;
};

struct change_stream {
    struct weh_briefcase *briefcase;
    struct change_source source;
    uint64_t taken; /* bytes out of a source that is not packed */
    sqlite3_blob *blob;
    struct weh_unpacker unpacker;
    struct weh_buf window; /* content that is not used up */
    size_t at;             /* in it */
    struct weh_buf head;   /* of the group that the changes belong to */
    struct cs_group group; /* views into head */
    bool has_group;
    bool new_group; /* the change just read is the first of its group */
    struct cs_reader parser;
};

/** Begin with @source, which must stay as it is; the stream may have been used before. Zeroed memory
 * is fine. */
WEH_MUST_CHECK weh_err change_stream_open(struct change_stream *stream,
                                          struct weh_briefcase *briefcase,
                                          const struct change_source *source,
                                          struct weh_diag *diag);
/** Let go of the file; the stream may be opened again. */
void change_stream_end(struct change_stream *stream);
void change_stream_fini(struct change_stream *stream);
/** The next change, good until the next call, and its bytes; *@more false at the end. */
WEH_MUST_CHECK weh_err change_stream_next(struct change_stream *stream, struct cs_change *out,
                                          struct weh_str *bytes, bool *more, struct weh_diag *diag);
/** How much of the source is used up, in thousandths. */
uint64_t change_stream_permille(const struct change_stream *stream);

#endif
