/* tests/fuzz/fuzz_msgpack.c - fuzz target: any bytes as one MessagePack value. */
#include "fuzz.h"
#include "wire_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wire_check_message(WEH_CODEC_MSGPACK, (struct weh_str){ (const char *)data, size });
    return 0;
}
