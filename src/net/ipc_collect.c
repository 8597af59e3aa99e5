/* src/net/ipc_collect.c - a message of a stock iTwin.js frontend: a text frame that says how many binary
 * ones follow, and those.
 *
 * They are put together in conn->rx as the block that weh/ipc.h describes. Memory grows with what has
 * arrived, but for the lengths of the frames, whose number is bounded.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/ipc.h"

#include "net_priv.h"

bool weh_ipc_expects(const struct weh_conn *conn, bool is_text)
{
    return is_text == (conn->ipc.n_due == 0);
}

static weh_err text_done(struct weh_conn *conn)
{
    const struct weh_str text = { (const char *)conn->rx, conn->rx_len };

    if (!weh_ipc_count_parts(text, &conn->ipc.n_due)) {
        return WEH_E_PARSE;
    }
    if (conn->ipc.n_due > 0) {
        conn->ipc.lengths = weh_calloc(conn->ipc.n_due, sizeof(*conn->ipc.lengths));
    }
    return conn->ipc.n_due > 0 && conn->ipc.lengths == NULL ? WEH_E_NOMEM : WEH_OK;
}

static weh_err add_trailer(struct weh_conn *conn)
{
    const uint32_t n = conn->ipc.n_due;
    const size_t extra = WEH_IPC_TRAILER_BYTES(n);

    if (!weh_rx_reserve(conn, extra, conn->rx_len + extra)) {
        return WEH_E_NOMEM;
    }
    if (n > 0) {
        memcpy(conn->rx + conn->rx_len, conn->ipc.lengths, n * sizeof(uint32_t));
    }
    memcpy(conn->rx + conn->rx_len + n * sizeof(uint32_t), &n, sizeof(n));
    conn->rx_len += extra;
    return WEH_OK;
}

weh_err weh_ipc_frame_done(struct weh_conn *conn, bool *is_whole)
{
    weh_err err = WEH_OK;

    *is_whole = false;
    if (conn->ipc.n_due == 0) {
        err = text_done(conn);
    } else {
        conn->ipc.lengths[conn->ipc.n_done] = (uint32_t)(conn->rx_len - conn->ipc.frame_at);
        conn->ipc.n_done++;
    }
    conn->ipc.frame_at = conn->rx_len;
    if (err == WEH_OK && conn->ipc.n_done == conn->ipc.n_due) {
        *is_whole = true;
        err = add_trailer(conn);
    }
    return err;
}
