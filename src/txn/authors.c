/* src/txn/authors.c - who saved: looked up when transactions are listed, written with the first save of a session.
 *
 * An entry counts while dgn_Txns has its transaction with its time. Then all transactions of that number are of one
 * session of ours: whoever opens the file after it gets a higher number, as long as that row is there.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"

#include "authors_priv.h"
#include "rows_priv.h"

#define SESSION_SHIFT 32 /* what stands above it in an id is the number of the session */

void weh_txn_set_author(struct weh_txn_stack *stack, const struct weh_txn_author *author)
{
    weh_assert(stack != NULL && author != NULL);
    stack->authors.author = *author;
}

void authors_fini(struct txn_authors *authors)
{
    weh_free(authors->path);
    authors->path = NULL;
}

void txn_cut_name(const char *user, char out[WEH_TXN_AUTHOR_MAX + 1])
{
    struct weh_str name = { user, strlen(user) };

    name.len = name.len < WEH_TXN_AUTHOR_MAX ? name.len : WEH_TXN_AUTHOR_MAX;
    while (name.len > 0 && !weh_str_is_utf8(name)) {
        name.len--;
    }
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
}

static void tell_failure(struct txn_authors *authors, const struct weh_diag *failure)
{
    if (!authors->has_failed && authors->author.failed != NULL) {
        authors->author.failed(authors->author.ctx, failure);
    }
    authors->has_failed = true;
}

static struct authors_head head_of(const struct weh_txn_stack *stack)
{
    return (struct authors_head){ .imodel = *weh_briefcase_imodel_guid(stack->briefcase),
                                  .briefcase_id = weh_briefcase_id(stack->briefcase) };
}

/* ---- reading ---- */

static weh_err drop_unfit(struct weh_txn_stack *stack, struct author_list *list,
                          struct weh_diag *diag)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        const struct author_entry *entry = &list->entries[i];
        uint64_t time = 0;
        bool found = false;
        weh_err err = rows_time(stack, entry->first, &time, &found, diag);

        if (err != WEH_OK) {
            return err;
        }
        if (found && time == entry->time) {
            list->entries[n++] = *entry;
        }
    }
    list->n = n;
    return WEH_OK;
}

/* Those that fit. CORRUPT when there is something else, or what authors_read and rows_time answer. */
static weh_err load(struct weh_txn_stack *stack, struct author_list *out, struct weh_diag *diag)
{
    const struct authors_head head = head_of(stack);
    weh_err err = stack_path_beside(stack, AUTHORS_SUFFIX, &stack->authors.path, diag);

    *out = (struct author_list){ NULL, 0 };
    if (err == WEH_OK) {
        err = authors_read(stack->authors.path, &head, out, diag);
    }
    if (err == WEH_OK) {
        err = drop_unfit(stack, out, diag);
    }
    if (err != WEH_OK) {
        author_list_fini(out);
    }
    return err;
}

/* Names are not worth a save; but what SQLite has rolled back cannot go on. */
static weh_err forgive(struct weh_txn_stack *stack, weh_err err, const struct weh_diag *failure,
                       struct weh_diag *diag)
{
    if (err == WEH_OK) {
        return WEH_OK;
    }
    if (weh_briefcase_lost_transaction(stack->briefcase)) {
        if (diag != NULL) {
            *diag = *failure;
        }
        return err;
    }
    tell_failure(&stack->authors, failure);
    return WEH_OK;
}

weh_err authors_load(struct weh_txn_stack *stack, struct author_list *out, struct weh_diag *diag)
{
    struct weh_diag failure = { .err = WEH_OK };
    weh_err err = load(stack, out, &failure);

    return forgive(stack, err, &failure, diag);
}

struct weh_str authors_find(const struct author_list *list, uint64_t txn_id)
{
    for (size_t i = list->n; i > 0; i--) {
        const struct author_entry *entry = &list->entries[i - 1];

        if (entry->first >> SESSION_SHIFT == txn_id >> SESSION_SHIFT && entry->first <= txn_id) {
            return weh_str_from(entry->user);
        }
    }
    return WEH_STR("");
}

/* ---- writing ---- */

/* False when the entry's transaction is there: one that was undone to its first is going to have another first. */
static bool is_due(const struct weh_txn_stack *stack)
{
    const struct txn_authors *authors = &stack->authors;
    const bool is_named =
        authors->written >= stack->session_first && authors->written < stack->current;

    return authors->author.user != NULL && authors->author.user[0] != '\0' && !is_named;
}

weh_err authors_before_save(struct weh_txn_stack *stack, bool *due, struct author_list *list,
                            struct weh_diag *diag)
{
    struct weh_diag failure = { .err = WEH_OK };
    weh_err err;

    *due = is_due(stack);
    if (!*due) {
        return WEH_OK;
    }
    /* An entry whose commit failed is for no transaction, also when this one's cannot be written. */
    stack->authors.written = 0;
    /* Now: the save deletes what is reversed, and may come to nothing. */
    err = load(stack, list, &failure);
    /* What is no file of users is replaced by one; one that cannot be read now may be read later. */
    *due = err == WEH_OK || err == WEH_E_CORRUPT;
    return forgive(stack, err, &failure, diag);
}

/* The oldest make room. */
static weh_err add(struct author_list *list, const struct author_entry *entry,
                   struct weh_diag *diag)
{
    const size_t n_kept = list->n < AUTHORS_MAX ? list->n : AUTHORS_MAX - 1;
    struct author_entry *entries = weh_malloc((n_kept + 1) * sizeof(*entries));

    if (entries == NULL) {
        return weh_fail_nomem(diag);
    }
    if (n_kept > 0) {
        memcpy(entries, list->entries + (list->n - n_kept), n_kept * sizeof(*entries));
    }
    entries[n_kept] = *entry;
    author_list_fini(list);
    *list = (struct author_list){ entries, n_kept + 1 };
    return WEH_OK;
}

weh_err authors_write_saver(struct weh_txn_stack *stack, struct author_list *list,
                            struct weh_diag *diag)
{
    struct txn_authors *authors = &stack->authors;
    const struct authors_head head = head_of(stack);
    struct author_entry entry = { .first = stack->current };
    struct weh_diag failure = { .err = WEH_OK };
    bool found = false;
    weh_err err = rows_time(stack, entry.first, &entry.time, &found, &failure);

    txn_cut_name(authors->author.user, entry.user);
    if (err == WEH_OK && (!found || entry.user[0] == '\0')) {
        return WEH_OK;
    }
    if (err == WEH_OK) {
        err = add(list, &entry, &failure);
    }
    if (err == WEH_OK) {
        err = authors_write(authors->path, &head, list, &failure);
    }
    if (err == WEH_OK) {
        authors->written = entry.first;
        authors->has_failed = false;
    }
    return forgive(stack, err, &failure, diag);
}
