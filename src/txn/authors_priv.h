/* src/txn/authors_priv.h - the users of saved transactions; what they are for stands in weh/txn_author.h.
 *
 * The file, little-endian: magic, u32 version, u32 number of entries, 16 bytes of the iModel's GUID, u32 briefcase id, u32 0;
 * for each entry u64 id and u64 time (the bits of the double) of its first transaction, the name and zeros; SHA-256 of
 * everything before.
 */
#ifndef WEH_AUTHORS_PRIV_H
#define WEH_AUTHORS_PRIV_H

#include "weh/id.h"

#include "stack_priv.h"

#define AUTHORS_MAX    1000 /* entries; the oldest go first */
#define AUTHORS_SUFFIX ".weh-authors"

struct author_entry {
    uint64_t first; /* transaction of the session */
    uint64_t time;  /* its Time, as the bits of a double */
    char user[WEH_TXN_AUTHOR_MAX + 1];
};

/** Oldest first. Zeroed memory is an empty one. */
struct author_list {
    struct author_entry *entries;
    size_t n;
};

void author_list_fini(struct author_list *list);

/** Whose the file is. */
struct authors_head {
    struct weh_guid imodel;
    uint32_t briefcase_id;
};

/* ---- authors_file.c ---- */

/**
 * Read and check the file at @path; one that is not there has no entries.
 *
 * WEH_E_CORRUPT (it is none, is damaged or another iModel's), WEH_E_NOMEM, and what weh_file_fail makes of a file that
 * cannot be read; then @out is empty.
 */
WEH_MUST_CHECK weh_err authors_read(const char *path, const struct authors_head *head,
                                    struct author_list *out, struct weh_diag *diag);
/** Put a file with @list at @path: that one or the one from before, whole, after a power cut too. It is on stable storage
 * when this returns. WEH_E_NOMEM, and those of weh_file_fail: the one from before is still there, or already the new one. */
WEH_MUST_CHECK weh_err authors_write(const char *path, const struct authors_head *head,
                                     const struct author_list *list, struct weh_diag *diag);

/* ---- authors.c ---- */

/** All entries that fit the file as it is now; none when they cannot be read, which is told. Fails only when SQLite has rolled
 * back. */
WEH_MUST_CHECK weh_err authors_load(struct weh_txn_stack *stack, struct author_list *out,
                                    struct weh_diag *diag);
/** The user who saved @txn_id, or "". Borrowed from @list. */
struct weh_str authors_find(const struct author_list *list, uint64_t txn_id);

/** Before a save: *@due when its user must be written, with what is known in @list. Fails only when SQLite has rolled back. */
WEH_MUST_CHECK weh_err authors_before_save(struct weh_txn_stack *stack, bool *due,
                                           struct author_list *list, struct weh_diag *diag);
/** Between the insert of its row and the commit: write who saved it. As authors_before_save. */
WEH_MUST_CHECK weh_err authors_write_saver(struct weh_txn_stack *stack, struct author_list *list,
                                           struct weh_diag *diag);
void authors_fini(struct txn_authors *authors);

#endif
