/* tests/fuzz/fuzz.h - what a fuzz target is.
 *
 * A target is one file with LLVMFuzzerTestOneInput. libFuzzer drives it (build option fuzz, clang);
 * in every other build replay.c runs it over its corpus, so that the suite keeps what was found.
 */
#ifndef WEH_FUZZ_H
#define WEH_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** One input. Always 0; a finding is a crash. The name is libFuzzer's. */
/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
