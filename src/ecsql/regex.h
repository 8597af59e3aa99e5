/* src/ecsql/regex.h - regular expressions of RE2, the library that the official backend has too.
 *
 * Its time is linear in the text, whatever the pattern: no pattern can stop the server.
 */
#ifndef ECSQL_REGEX_H
#define ECSQL_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ecsql_regex;

/** A compiled pattern. NULL: @error (of @size bytes) tells why, or is empty without memory. */
struct ecsql_regex *ecsql_regex_create(const char *pattern, size_t n, char *error, size_t size);
void ecsql_regex_destroy(void *regex);
/** Steps that a match against a text of one byte may cost. */
size_t ecsql_regex_cost(const struct ecsql_regex *regex);
/** Is there a match anywhere in @text? 1, 0; -1 without memory. */
int ecsql_regex_match(const struct ecsql_regex *regex, const char *text, size_t n);
/** A text of the library's, for free(). */
struct ecsql_regex_text {
    char *ptr;
    size_t n; /* before: how long it may be */
};

#define ECSQL_REGEX_TOO_LONG (-2)

/** @rewrite with "\0" ... "\9" replaced by what the first match in @text has. 1: *@out is it; 0: no match, or no
 * such group; -1: no memory; ECSQL_REGEX_TOO_LONG. */
int ecsql_regex_extract(const struct ecsql_regex *regex, const char *text, size_t n,
                        const char *rewrite, struct ecsql_regex_text *out);

#ifdef __cplusplus
}
#endif

#endif
