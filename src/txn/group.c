/* src/txn/group.c - multi-transaction operations: transactions that are undone and redone as one.
 *
 * As the native library 5.1.72: the column Grouped is 1 when the outermost open operation began
 * before the transaction; begin and end themselves write nothing, and open operations do not
 * outlive the session.
 */
#include "weh/alloc.h"

#include "stack_priv.h"

weh_err weh_txn_begin_operation(struct weh_txn_stack *stack, struct weh_str description,
                                uint32_t *depth, struct weh_diag *diag)
{
    struct txn_group *group;
    weh_err err = stack_enter(stack, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (description.len > TXN_DESCRIPTION_MAX) {
        return weh_fail_where(diag, WEH_E_TOO_LARGE, "description", "at most %d bytes",
                              TXN_DESCRIPTION_MAX);
    }
    if (stack->n_groups == TXN_GROUPS_MAX) {
        return weh_fail(diag, WEH_E_LIMIT, "at most %d operations inside each other",
                        TXN_GROUPS_MAX);
    }
    if (stack->groups == NULL) {
        stack->groups = weh_calloc(TXN_GROUPS_MAX, sizeof(*stack->groups));
    }
    if (stack->groups == NULL) {
        return weh_fail_nomem(diag);
    }
    group = &stack->groups[stack->n_groups];
    weh_buf_clear(&group->description);
    weh_buf_append(&group->description, description.ptr, description.len);
    if (group->description.err != WEH_OK) {
        weh_buf_fini(&group->description);
        return weh_fail_nomem(diag);
    }
    group->start = stack->current;
    *depth = ++stack->n_groups;
    return WEH_OK;
}

static void close_innermost(struct weh_txn_stack *stack)
{
    weh_buf_fini(&stack->groups[--stack->n_groups].description);
}

weh_err weh_txn_end_operation(struct weh_txn_stack *stack, uint32_t *depth, struct weh_diag *diag)
{
    weh_err err = stack_enter(stack, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (stack->n_groups == 0) {
        return weh_fail(diag, WEH_E_NO_OPERATION, "no multi-transaction operation is open");
    }
    close_innermost(stack);
    *depth = stack->n_groups;
    return WEH_OK;
}

void groups_follow(struct weh_txn_stack *stack)
{
    while (stack->n_groups > 0 &&
           stack_position(stack) < stack->groups[stack->n_groups - 1].start) {
        close_innermost(stack);
    }
}

void groups_close(struct weh_txn_stack *stack)
{
    while (stack->n_groups > 0) {
        close_innermost(stack);
    }
}

bool groups_continue(const struct weh_txn_stack *stack)
{
    return stack->n_groups > 0 && stack->current > stack->groups[0].start;
}

struct weh_str groups_description(const struct weh_txn_stack *stack, struct weh_str description)
{
    for (uint32_t i = stack->n_groups; i > 0 && description.len == 0; i--) {
        const struct weh_buf *text = &stack->groups[i - 1].description;

        description = (struct weh_str){ (const char *)text->data, text->len };
    }
    return description;
}
