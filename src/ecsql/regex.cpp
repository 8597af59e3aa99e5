/* src/ecsql/regex.cpp - RE2 for C. In C++ because RE2 has no other interface, and another library would
 * refuse and match other patterns than the official backend.
 *
 * No exception leaves this file.
 */
#include "regex.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <re2/re2.h>
#include <string>

namespace
{

/* Of one pattern and of its automaton. */
constexpr int64_t max_bytes = 4 << 20;

re2::StringPiece piece(const char *text, size_t n)
{
    return re2::StringPiece(text, n);
}

/* A rewrite names the match and nine groups. */
constexpr int max_parts = 10;

/* Is what Rewrite() would make of @rewrite at most @most bytes? */
bool fits(re2::StringPiece rewrite, const re2::StringPiece *parts, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < rewrite.size() && n <= most; i++) {
        if (rewrite[i] == '\\' && i + 1 < rewrite.size()) {
            i++;
            n += rewrite[i] >= '0' && rewrite[i] <= '9' ? parts[rewrite[i] - '0'].size() : 1;
        } else {
            n++;
        }
    }
    return n <= most;
}

} // namespace

struct ecsql_regex {
    RE2 re2;

    ecsql_regex(re2::StringPiece pattern, const RE2::Options &options) : re2(pattern, options)
    {
    }
};

extern "C" struct ecsql_regex *ecsql_regex_create(const char *pattern, size_t n, char *error,
                                                  size_t size)
{
    error[0] = '\0';
    try {
        RE2::Options options;

        options.set_max_mem(max_bytes);
        options.set_log_errors(false);
        ecsql_regex *regex = new (std::nothrow) ecsql_regex(piece(pattern, n), options);

        if (regex != nullptr && !regex->re2.ok()) {
            std::snprintf(error, size, "%s", regex->re2.error().c_str());
            delete regex;
            regex = nullptr;
        }
        return regex;
    } catch (...) {
        return nullptr;
    }
}

extern "C" void ecsql_regex_destroy(void *regex)
{
    delete static_cast<ecsql_regex *>(regex);
}

extern "C" size_t ecsql_regex_cost(const struct ecsql_regex *regex)
{
    int size = regex->re2.ProgramSize();

    return size < 1 ? 1 : static_cast<size_t>(size);
}

extern "C" int ecsql_regex_match(const struct ecsql_regex *regex, const char *text, size_t n)
{
    try {
        return RE2::PartialMatch(piece(text, n), regex->re2) ? 1 : 0;
    } catch (...) {
        return -1;
    }
}

extern "C" int ecsql_regex_extract(const struct ecsql_regex *regex, const char *text, size_t n,
                                   const char *rewrite, struct ecsql_regex_text *out)
{
    try {
        const re2::StringPiece pattern(rewrite);
        const int n_parts = 1 + RE2::MaxSubmatch(pattern);
        re2::StringPiece parts[max_parts];
        std::string found;

        if (n_parts > max_parts || n_parts > 1 + regex->re2.NumberOfCapturingGroups() ||
            !regex->re2.Match(piece(text, n), 0, n, RE2::UNANCHORED, parts, n_parts)) {
            return 0;
        }
        if (!fits(pattern, parts, out->n)) {
            return ECSQL_REGEX_TOO_LONG;
        }
        if (!regex->re2.Rewrite(&found, pattern, parts, n_parts)) {
            return 0;
        }
        out->ptr = static_cast<char *>(std::malloc(found.size() + 1));
        if (out->ptr == nullptr) {
            return -1;
        }
        out->n = found.size();
        std::memcpy(out->ptr, found.c_str(), found.size() + 1);
        return 1;
    } catch (...) {
        return -1;
    }
}
