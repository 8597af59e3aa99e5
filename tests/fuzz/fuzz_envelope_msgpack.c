/* tests/fuzz/fuzz_envelope_msgpack.c - fuzz target: any bytes as a request in MessagePack. */
#include "fuzz.h"
#include "wire_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wire_check_envelope(WEH_CODEC_MSGPACK, (struct weh_str){ (const char *)data, size });
    return 0;
}
