/* include/weh/site.h - the files of the editor page, in memory.
 *
 * They are read once, at the start, and never change: so no request can name a path of the file system, and what
 * is sent needs no copy. Made by one thread, then read by any.
 */
#ifndef WEH_SITE_H
#define WEH_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/str.h"

#define WEH_SITE_FILES_MOST 1024
#define WEH_SITE_BYTES_MOST (64u << 20)

struct weh_site;

/** In which a file is there, best first. */
enum weh_site_coding {
    WEH_SITE_BROTLI,
    WEH_SITE_GZIP,
    WEH_SITE_PLAIN,
    WEH_SITE_N_CODINGS
};

struct weh_site_body {
    const uint8_t *data; /* NULL: not there in this coding */
    size_t len;
    char etag[48]; /* with its quotes (RFC 9110, 8.8.3); another one for each coding */
};

struct weh_site_file {
    const char *path; /* "/index.html" */
    const char *type; /* Content-Type */
    bool is_lasting;  /* below /assets/: the name has a hash of what is in it */
    struct weh_site_body bodies[WEH_SITE_N_CODINGS];
};

/**
 * Read all files below @folder; FILE.br and FILE.gz beside FILE are FILE compressed. What begins with a dot and
 * what is no regular file is left out, symbolic links as well.
 *
 * WEH_E_FILE_NOT_FOUND (there is no folder), WEH_E_LIMIT (more than is allowed above), WEH_E_IO, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_site_open(const char *folder, struct weh_site **out,
                                     struct weh_diag *diag);

/** NULL is fine. */
void weh_site_close(struct weh_site *site);

/** The file for the path of a request, borrowed; NULL: none. "/" is /index.html. */
const struct weh_site_file *weh_site_find(const struct weh_site *site, struct weh_str path);

/** The best body of @file that @accept, the value of Accept-Encoding, takes (RFC 9110, 12.5.3); plain when it takes
 * none. */
const struct weh_site_body *weh_site_choose(const struct weh_site_file *file, struct weh_str accept,
                                            enum weh_site_coding *coding);

/** Does @list, the value of If-None-Match, name @etag? Weakly compared (RFC 9110, 13.1.2). */
bool weh_site_is_named(struct weh_str list, const char *etag);

#endif
