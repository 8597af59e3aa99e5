/* src/rpc/ipc_app.c - what a stock frontend asks its server about itself: channel ipc-app. */
#include <stdio.h>

#include <unistd.h>

#include "weh/log.h"

#include "rpc_priv.h"

/* What the stock backend says of its pool of threads for input and output. */
#define IO_CONCURRENCY 10

#define LOG_TEXT_SIZE 1024

enum log_level {
    LOG_TRACE,
    LOG_INFO,
    LOG_WARNING,
    LOG_ERROR,
    LOG_NONE
};

/* The string @arg, cut to @size - 1 bytes; "" when it is none. */
static void cut_text(const struct weh_arg *arg, char *out, size_t size)
{
    out[0] = '\0';
    if (arg->given && arg->as.value->type == WEH_VALUE_STRING) {
        (void)snprintf(out, size, "%.*s", WEH_STR_ARGS(weh_value_str(arg->as.value)));
    }
}

weh_err ipc_app_log(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_log_who who = { weh_session_name(call->session), call->activity_id };
    int64_t level = LOG_NONE;
    char category[64];
    char message[LOG_TEXT_SIZE];

    (void)diag;
    if (!call->args[1].given || !weh_value_to_int64(call->args[1].as.value, &level) ||
        level < LOG_TRACE || level >= LOG_NONE) {
        return WEH_OK;
    }
    cut_text(&call->args[2], category, sizeof(category));
    cut_text(&call->args[3], message, sizeof(message));
    /* A page must not be able to fill a log that is kept for what matters. */
    weh_log(weh_host_log(call->host), level >= LOG_WARNING ? WEH_LOG_INFO : WEH_LOG_DEBUG, &who,
            "frontend.log", WEH_F_INT("level", level), WEH_F_TEXT("category", category),
            WEH_F_TEXT("message", message));
    return WEH_OK;
}

weh_err ipc_app_query_concurrency(struct weh_call *call, struct weh_diag *diag)
{
    char pool[8];
    int64_t n = 0;

    (void)diag;
    cut_text(&call->args[0], pool, sizeof(pool));
    if (strcmp(pool, "cpu") == 0) {
        n = sysconf(_SC_NPROCESSORS_ONLN);
    } else if (strcmp(pool, "io") == 0) {
        n = IO_CONCURRENCY;
    }
    weh_sink_int(call->result, n);
    return WEH_OK;
}
