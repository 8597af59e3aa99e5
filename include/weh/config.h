/* include/weh/config.h - the settings of the daemon.
 *
 * One table (config_keys.def) serves the file, the environment, --set, --print-config and the
 * documentation. Precedence: --set, environment (listen.port is WEH_LISTEN_PORT), file, default.
 */
#ifndef WEH_CONFIG_H
#define WEH_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "weh/buf.h"
#include "weh/err.h"
#include "weh/str.h"

struct weh_config_retired;

typedef _Atomic(char *) weh_config_text;
typedef _Atomic(int64_t) weh_config_number;
typedef _Atomic(bool) weh_config_bool;

/** Atomic, since a reload on one thread changes what others read: each member by itself is always whole.
 * Texts that were replaced stay readable until the end. */
struct weh_config {
#define TEXT(key, member, def, reloadable, secret, help)           weh_config_text member;
#define NUMBER(key, member, def, min, max, unit, reloadable, help) weh_config_number member;
#define BOOL(key, member, def, reloadable, help)                   weh_config_bool member;
#define CHOICE(key, member, def, choices, reloadable, help)        weh_config_text member;
#include "weh/config_keys.def"
#undef TEXT
#undef NUMBER
#undef BOOL
#undef CHOICE
    struct weh_config_retired *retired; /* texts that a reload replaced */
};

/** Every key at its default. */
WEH_MUST_CHECK weh_err weh_config_init(struct weh_config *config, struct weh_diag *diag);

/** Free the texts. Zeroed memory is fine. */
void weh_config_fini(struct weh_config *config);

/**
 * Set @key to @text, checked against its row.
 *
 * @source  "FILE:LINE", "environment" or "--set": stands in the message. WEH_E_BAD_ARGS (where is
 * the key; the text says what is allowed), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_config_set(struct weh_config *config, const char *key, const char *text,
                                      const char *source, struct weh_diag *diag);

/** Read an INI file ([listen] port = 8423). WEH_E_FILE_NOT_FOUND, WEH_E_BAD_ARGS naming file, line
 * and key, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_config_read_file(struct weh_config *config, const char *path,
                                            struct weh_diag *diag);

/** Take WEH_<SECTION>_<NAME> variables from @environment (NULL-terminated, as environ). Unknown WEH_
 * variables are left alone (WEH_URL and WEH_TOKEN are the client's). WEH_E_BAD_ARGS. */
WEH_MUST_CHECK weh_err weh_config_read_environment(struct weh_config *config,
                                                   char *const *environment, struct weh_diag *diag);

/**
 * Take the reloadable keys that differ over from @from, whose texts may be exchanged. One thread at a time, beside any number of
 * readers.
 *
 * @ignored  gets the keys that differ but need a restart, separated by ", ".
 *
 * WEH_E_NOMEM: some keys are as they were.
 */
WEH_MUST_CHECK weh_err weh_config_reload(struct weh_config *config, struct weh_config *from,
                                         struct weh_buf *ignored, struct weh_diag *diag);

/** The path of the admin socket into @out, "" when there is none. WEH_E_BAD_ARGS (where: admin.socket)
 * when it does not fit. */
WEH_MUST_CHECK weh_err weh_config_admin_path(const struct weh_config *config, char *out,
                                             size_t size, struct weh_diag *diag);

/** The commented example with every key at its default: conf/webedithost.conf. */
void weh_config_print_example(struct weh_buf *out);

/** Every key with its value now, one KEY=VALUE a line, secrets as "(secret)". */
void weh_config_print_values(struct weh_config *config, struct weh_buf *out);

#endif
