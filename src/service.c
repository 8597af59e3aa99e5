/* src/service.c - see service.h. */
#include "service.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "weh/clock.h"
#include "weh/compiler.h"
#include "weh/rpc.h"

/* Listener, loop, logs, and what libraries open. */
#define SPARE_DESCRIPTORS 256

void service_forbid_core_dumps(const struct weh_log *log)
{
    /* core(5): 0 keeps files from being written, yet a pipe in core_pattern gets all the same; the
     * kernel takes a limit of 1 for "no pipe either", and no file is that short. */
    const struct rlimit none = { 1, 1 };

    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        weh_log(log, WEH_LOG_WARN, NULL, "service.core_dumps",
                WEH_F_TEXT("error", strerrordesc_np(errno)));
    }
}

void service_raise_descriptors(const struct weh_config *config, const struct weh_log *log)
{
    const uint64_t n_sessions = (uint64_t)config->limits_sessions;
    const uint64_t n_files =
        config->limits_open_files != 0 ? (uint64_t)config->limits_open_files : n_sessions;
    /* No more than can be of use: libwebsockets' tables grow with the limit. */
    const uint64_t wanted = SPARE_DESCRIPTORS + (uint64_t)config->limits_handshakes + n_sessions +
                            n_files * WEH_DESCRIPTORS_PER_FILE;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : (rlim_t)wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        weh_log(log, WEH_LOG_WARN, NULL, "service.descriptors",
                WEH_F_TEXT("error", strerrordesc_np(errno)));
    } else {
        weh_log(log, WEH_LOG_INFO, NULL, "service.descriptors", WEH_F_INT("limit", limit.rlim_cur),
                WEH_F_INT("wanted", wanted));
    }
}

static bool send_to(const char *name, const char *message)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t len = strlen(name);
    ssize_t sent = -1;
    int fd;

    if (len >= sizeof(address.sun_path) || (name[0] != '/' && name[0] != '@')) {
        errno = EINVAL;
        return false;
    }
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') {
        address.sun_path[0] = '\0'; /* a name without a file */
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        sent = sendto(fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT,
                      (const struct sockaddr *)&address,
                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
        (void)close(fd);
    }
    return sent >= 0;
}

static void tell(const struct weh_log *log, const char *message)
{
    const char *name = secure_getenv("NOTIFY_SOCKET");

    if (name != NULL && name[0] != '\0' && !send_to(name, message)) {
        weh_log(log, WEH_LOG_WARN, NULL, "service.notify",
                WEH_F_TEXT("error", strerrordesc_np(errno)));
    }
}

void service_tell_ready(const struct weh_log *log)
{
    char message[64];

    (void)snprintf(message, sizeof(message), "READY=1\nMAINPID=%ld\n", (long)getpid());
    tell(log, message);
}

void service_tell_reloading(const struct weh_log *log)
{
    char message[80];

    (void)snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%llu\n",
                   (unsigned long long)weh_clock_mono_us());
    tell(log, message);
}

void service_tell_stopping(const struct weh_log *log)
{
    tell(log, "STOPPING=1\n");
}
