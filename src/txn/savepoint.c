/* src/txn/savepoint.c - the names of savepoints in what is unsaved. */
#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/txn_savepoint.h"

#include "stack_priv.h"

void savepoints_follow(struct weh_txn_stack *stack)
{
    uint32_t n = weh_briefcase_savepoint_count(stack->briefcase);

    while (stack->n_savepoints > n) {
        weh_buf_fini(&stack->savepoints[--stack->n_savepoints].name);
    }
}

void savepoints_fini(struct weh_txn_stack *stack)
{
    while (stack->n_savepoints > 0) {
        weh_buf_fini(&stack->savepoints[--stack->n_savepoints].name);
    }
    weh_free(stack->savepoints);
    stack->savepoints = NULL;
}

weh_err weh_txn_savepoint(struct weh_txn_stack *stack, struct weh_str name, size_t mark,
                          struct weh_diag *diag)
{
    struct weh_buf copy;
    weh_err err = stack_enter(stack, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (stack->n_savepoints == TXN_SAVEPOINTS_MAX) {
        return weh_fail(diag, WEH_E_LIMIT, "at most %d savepoints inside each other",
                        TXN_SAVEPOINTS_MAX);
    }
    if (stack->savepoints == NULL) {
        stack->savepoints = weh_calloc(TXN_SAVEPOINTS_MAX, sizeof(*stack->savepoints));
    }
    weh_buf_init(&copy, 0);
    weh_buf_append(&copy, name.ptr, name.len);
    if (stack->savepoints == NULL || copy.err != WEH_OK) {
        weh_buf_fini(&copy);
        return weh_fail_nomem(diag);
    }
    err = weh_briefcase_savepoint(stack->briefcase, diag);
    if (err != WEH_OK) {
        weh_buf_fini(&copy);
        return err;
    }
    stack->savepoints[stack->n_savepoints++] = (struct txn_savepoint){ copy, mark };
    return WEH_OK;
}

/* The innermost of that name. */
static weh_err find(struct weh_txn_stack *stack, struct weh_str name, uint32_t *out,
                    struct weh_diag *diag)
{
    weh_err err = stack_enter(stack, diag);

    if (err != WEH_OK) {
        return err;
    }
    for (uint32_t i = stack->n_savepoints; i > 0; i--) {
        const struct weh_buf *known = &stack->savepoints[i - 1].name;

        if (weh_str_eq(name, (struct weh_str){ (const char *)known->data, known->len })) {
            *out = i - 1;
            return WEH_OK;
        }
    }
    return weh_fail_where(diag, WEH_E_NOT_FOUND, "name", "no savepoint of that name");
}

weh_err weh_txn_rollback_to(struct weh_txn_stack *stack, struct weh_str name, size_t *mark,
                            struct weh_diag *diag)
{
    uint32_t number = 0;
    weh_err err = find(stack, name, &number, diag);

    if (err != WEH_OK) {
        return err;
    }
    *mark = stack->savepoints[number].mark;
    err = weh_briefcase_savepoint_rollback(stack->briefcase, number, diag);
    savepoints_follow(stack);
    /* Rows that were rolled back are not touched, yet not what they were. */
    stack->recorder.n_touches++;
    return err;
}

weh_err weh_txn_release(struct weh_txn_stack *stack, struct weh_str name, struct weh_diag *diag)
{
    uint32_t number = 0;
    weh_err err = find(stack, name, &number, diag);

    if (err == WEH_OK) {
        err = weh_briefcase_savepoint_release(stack->briefcase, number, diag);
        savepoints_follow(stack);
    }
    return err;
}
