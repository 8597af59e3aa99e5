/* include/weh/changes.h - what transactions have changed: lists for events, and a reader.
 *
 * Both come from the SQLite changesets of transactions. The list (weh_change_list) has the elements
 * and models of one transaction, as iTwin.js' TxnManager events tell them. The reader
 * (weh_change_reader) tells every changed EC instance of saved transactions with its values.
 */
#ifndef WEH_CHANGES_H
#define WEH_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/id.h"
#include "weh/sink.h"
#include "weh/str.h"

struct weh_ec_class;
struct weh_txn_stack;

enum weh_change_op {
    WEH_CHANGE_INSERTED,
    WEH_CHANGE_UPDATED,
    WEH_CHANGE_DELETED
};

struct weh_entity_change {
    weh_id id;
    weh_id class_id;
    weh_id model_id; /* of an element: its model */
    enum weh_change_op op;
    bool geometry; /* of an element: it was inserted or deleted with geometry, moved or reshaped */
};

/** One model whose elements changed. */
struct weh_model_change {
    weh_id id;
    bool geometry; /* an element of it was inserted, deleted, moved or reshaped */
};

/** One model whose geometry GUID changed. */
struct weh_guid_change {
    weh_id id;
    struct weh_guid guid; /* as it is now; nil: none */
};

struct weh_spill;

struct weh_change_list {
    struct weh_entity_change *elements; /* sorted by id; NULL: many, see weh_change_list_read */
    size_t n_elements;
    const struct weh_spill *more; /* where they are then */
    uint64_t more_at;
    struct weh_entity_change *models; /* rows of bis_Model inserted or deleted; sorted by id */
    size_t n_models;
    struct weh_model_change *touched; /* models of changed elements; sorted by id */
    size_t n_touched;
    struct weh_guid_change *guids; /* of models that were there before; sorted by id */
    size_t n_guids;
};

/** Copy @n elements of @list from number @at on, which must be there. WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_change_list_read(const struct weh_change_list *list, size_t at, size_t n,
                                            struct weh_entity_change *out, struct weh_diag *diag);

/* ---- the reader: saved transactions as changed instances, one after the other ----
 *
 * Several transactions are told as one: inserted and then updated is inserted, inserted and deleted
 * is nothing, updated and deleted is deleted, deleted and inserted is updated (or, when the class
 * became another, both); what has its old value again is no change. Rows of all tables of an
 * instance are put together. Memory is bounded whatever the transactions' size: see
 * ARCHITECTURE.md.
 */

struct weh_change_reader;

struct weh_change_options {
    struct weh_txn_id from; /* the first and last transaction; 0: the first, the last there is */
    struct weh_txn_id to;
    uint64_t temporary_bytes; /* of temporary files; 0: no limit */
    /** May be NULL. Called often while the transactions are read, with bytes of what is stored;
     * what it answers ends the reading unless WEH_OK. */
    weh_err (*progress)(void *ctx, uint64_t done, uint64_t total, struct weh_diag *diag);
    void *ctx;
};

struct weh_instance_change {
    enum weh_change_op op;
    bool indirect;                       /* in all its rows */
    struct weh_txn_id txn_id;            /* 0: more than one transaction */
    const struct weh_ec_class *ec_class; /* NULL: a file property (be_Prop), which is no instance */
    weh_id id;
    /* of a file property; borrowed until the next call */
    struct weh_str prop_namespace;
    struct weh_str prop_name;
    int64_t prop_id;
    int64_t prop_sub_id;
};

/**
 * Read the transactions of @options, which are saved in the file of @stack.
 *
 * Reversed transactions are left out, unless from or to is one of them: then they count like the
 * others of the range, as what they did when they were saved.
 *
 * @stack  kept: must outlive the reader. What is saved, undone and redone meanwhile is not told.
 * @out    owned by the caller.
 *
 * WEH_E_NOT_FOUND (where is "from" or "to"), WEH_E_BAD_ARGS (from behind to), WEH_E_CORRUPT and
 * WEH_E_UNSUPPORTED (what is stored cannot be read), WEH_E_LIMIT (temporary_bytes), WEH_E_DISK_FULL
 * and WEH_E_IO (of temporary files), WEH_E_TOO_LARGE, WEH_E_NOMEM, what progress answers, and those
 * of weh_db_fail. The file is not touched.
 */
WEH_MUST_CHECK weh_err weh_change_reader_open(struct weh_txn_stack *stack,
                                              const struct weh_change_options *options,
                                              struct weh_change_reader **out,
                                              struct weh_diag *diag);
void weh_change_reader_close(struct weh_change_reader *reader);

/** Another progress function and its context; NULL: none. */
void weh_change_reader_set_progress(struct weh_change_reader *reader,
                                    weh_err (*progress)(void *ctx, uint64_t done, uint64_t total,
                                                        struct weh_diag *diag),
                                    void *ctx);

/** A number that tells which transactions are read: equal as long as they are the same. */
uint64_t weh_change_reader_stamp(const struct weh_change_reader *reader);

/** *@same true when a reader opened now would tell the same; WEH_E_NOT_FOUND when from or to is
 * gone, those of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_change_reader_check(struct weh_change_reader *reader, bool *same,
                                               struct weh_diag *diag);

/** Give back memory until the next call. */
void weh_change_reader_rest(struct weh_change_reader *reader);

/**
 * The next change: by table of the instance's root, then by id; file properties last. *@more false
 * at the end. The order depends on nothing but the transactions.
 *
 * The class is what a row of the change says, else what the file says now, else another transaction
 * or an unsaved deletion; else it is the root class of the table. Errors as
 * weh_change_reader_open.
 */
WEH_MUST_CHECK weh_err weh_change_reader_next(struct weh_change_reader *reader,
                                              struct weh_instance_change *out, bool *more,
                                              struct weh_diag *diag);

/**
 * Write the map {NAME: {old?, new?}} of the change just read.
 *
 * NAME is the EC name of a property, the values are as weh_ec_value_write writes them; a null is
 * absent. An update has only what changed, of points and navigation values only the parts that
 * changed. A link has SourceECInstanceId and TargetECInstanceId; a file property has StrData.
 *
 * WEH_E_CORRUPT (a value cannot be of its property), WEH_E_NOMEM. On failure the sink is left
 * inside a value.
 */
WEH_MUST_CHECK weh_err weh_change_reader_write(struct weh_change_reader *reader,
                                               struct weh_sink *sink, struct weh_diag *diag);

/** Bytes of the rows of the change just read. */
size_t weh_change_reader_row_bytes(const struct weh_change_reader *reader);

#endif
