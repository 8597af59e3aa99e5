/* src/base/shortest.cpp - std::to_chars for C. */
#include "shortest.h"

#include <charconv>

namespace
{

/* "1.2345678901234567e-308" */
constexpr int text_size = SHORTEST_MAX_DIGITS + 8;

} // namespace

extern "C" void shortest_print(double value, struct shortest *out)
{
    char text[text_size];
    const char *end =
        std::to_chars(text, text + text_size, value, std::chars_format::scientific).ptr;
    const char *at = text;
    int sign = 1;

    out->n = 0;
    for (; *at != 'e'; at++) {
        if (*at != '.') {
            out->digits[out->n++] = *at;
        }
    }
    sign = at[1] == '-' ? -1 : 1;
    out->exponent = 0;
    for (at += 2; at < end; at++) {
        out->exponent = out->exponent * 10 + (*at - '0');
    }
    out->exponent *= sign;
}
