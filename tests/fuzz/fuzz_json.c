/* tests/fuzz/fuzz_json.c - fuzz target: any bytes as one JSON value. */
#include "fuzz.h"
#include "wire_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wire_check_message(WEH_CODEC_JSON, (struct weh_str){ (const char *)data, size });
    return 0;
}
