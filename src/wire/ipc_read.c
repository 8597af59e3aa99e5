/* src/wire/ipc_read.c - the outside of an IPC message: its block, the pair, the message object.
 *
 * All is looked at with the scan of weh/json.h before it is believed. The inner text is unescaped onto
 * itself: it can only become shorter.
 */
#include <string.h>

#include "weh/ipc.h"

#include "wire_priv.h"

#define PREFIX          "itwin."
#define CORE_PREFIX     "itwinjs-core/"
#define RPC_CHANNEL     "rpc-over-ipc"
#define RPC_CHANNEL_4_0 "RPC"
#define RPC_METHOD      "request"

/* U+FFFD, the replacement character. */
#define REPLACEMENT 0xfffd

/* Section 3.4 of what a stock frontend sends: any interface name goes with this version. */
#define CONTROL_VERSION "CONTROL"
#define DESCRIBE        "describeEndpoints"

enum {
    TYPE_SEND = 0,
    TYPE_INVOKE = 2
};

enum member {
    MEMBER_TYPE,
    MEMBER_CHANNEL,
    MEMBER_METHOD,
    MEMBER_DATA,
    MEMBER_REQUEST,
    MEMBER_SEQUENCE,
    MEMBER_COUNT
};

static const char *const names[MEMBER_COUNT] = { "type", "channel", "method",
                                                 "data", "request", "sequence" };

const char *const weh_ipc_rpc_names[RPC_MEMBER_COUNT] = { "definition", "operation", "parameters",
                                                          "context" };
const char *const weh_ipc_definition_names[DEFINITION_MEMBER_COUNT] = { "interfaceName",
                                                                        "interfaceVersion" };

static const char *const context_names[] = { "id" };

static weh_err invalid(struct weh_diag *diag, const char *text)
{
    return weh_fail(diag, WEH_E_INVALID_REQUEST, "%s", text);
}

/* ---- the block ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct weh_str trim_end(struct weh_str text)
{
    while (text.len > 0 && is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

bool weh_ipc_count_parts(struct weh_str text, uint32_t *out)
{
    uint32_t scale = 1;
    uint32_t n = 0;
    size_t end;

    text = trim_end(text);
    if (text.len == 0 || text.ptr[text.len - 1] != ']') {
        return false;
    }
    text.len--;
    text = trim_end(text);
    end = text.len;
    while (text.len > 0 && text.ptr[text.len - 1] >= '0' && text.ptr[text.len - 1] <= '9') {
        text.len--;
        /* Of more digits the number is too large, whatever they are: JSON has no leading zeros. */
        if (end - text.len > sizeof("4096") - 1) {
            return false;
        }
        n += scale * (uint32_t)(text.ptr[text.len] - '0');
        scale *= 10;
    }
    if (text.len == end || n > WEH_IPC_MAX_PARTS) {
        return false;
    }
    text = trim_end(text);
    *out = n;
    return text.len > 0 && text.ptr[text.len - 1] == ',';
}

uint32_t weh_ipc_part_length(const struct weh_ipc_parts *parts, uint32_t i)
{
    uint32_t length;

    weh_assert(i < parts->n);
    memcpy(&length, parts->lengths + (size_t)i * sizeof(length), sizeof(length));
    return length;
}

bool weh_ipc_split(struct weh_str block, struct weh_str *text, struct weh_ipc_parts *parts)
{
    uint32_t n;
    size_t left = block.len;

    if (left < sizeof(n)) {
        return false;
    }
    left -= sizeof(n);
    memcpy(&n, block.ptr + left, sizeof(n));
    if (n > left / sizeof(uint32_t)) {
        return false;
    }
    left -= (size_t)n * sizeof(uint32_t);
    *parts = (struct weh_ipc_parts){ .lengths = (const uint8_t *)block.ptr + left, .n = n };
    for (uint32_t i = 0; i < n; i++) {
        uint32_t length = weh_ipc_part_length(parts, i);

        if (length > left) {
            return false;
        }
        left -= length;
    }
    parts->bytes = (const uint8_t *)block.ptr + left;
    *text = (struct weh_str){ block.ptr, left };
    return true;
}

/* ---- the pair ---- */

static uint32_t hex4(const uint8_t *digits)
{
    uint32_t value = 0;

    for (size_t i = 0; i < 4; i++) {
        uint8_t c = digits[i];

        value = value * 16 + (c <= '9' ? c - (uint32_t)'0' : (c | 0x20U) - (uint32_t)'a' + 10);
    }
    return value;
}

/* @code as UTF-8: at most four bytes, no more than its escapes had. */
static size_t put_utf8(uint32_t code, uint8_t *out)
{
    static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80U | (code & 0x3fU));
        code >>= 6;
    }
    out[0] = (uint8_t)(leads[n] | code);
    return n;
}

/* The character of the escape "\\u" at @from, which a scan has let pass; @n_read bytes of it. Strings of JavaScript may
 * hold half of a surrogate pair, which UTF-8 cannot: the stock backend stores U+FFFD for it. */
static uint32_t escaped_code(const uint8_t *from, size_t *n_read)
{
    const uint32_t code = hex4(from + 2);
    uint32_t low = 0;

    *n_read = 6;
    if (code < 0xd800 || code > 0xdfff) {
        return code;
    }
    if (code < 0xdc00 && from[6] == '\\' && from[7] == 'u') {
        low = hex4(from + 8);
    }
    if (low < 0xdc00 || low > 0xdfff) {
        return REPLACEMENT;
    }
    *n_read = 12;
    return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

/* The escape at @from (its backslash), which the scan has let pass; @n_read bytes of it. */
static size_t unescape_one(const uint8_t *from, uint8_t *out, size_t *n_read)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const char *letter = memchr(letters, from[1], sizeof(letters) - 1);

    *n_read = 2;
    if (from[1] != 'u') {
        *out = letter == NULL ? from[1] : (uint8_t)meanings[letter - letters];
        return 1;
    }
    return put_utf8(escaped_code(from, n_read), out);
}

/* Unescape the string of @n bytes at @bytes onto itself; its new length. */
static size_t unescape(uint8_t *bytes, size_t n)
{
    const uint8_t *from = bytes;
    const uint8_t *end = bytes + n;
    uint8_t *to = bytes;

    while (from < end) {
        const uint8_t *escape = memchr(from, '\\', (size_t)(end - from));
        size_t plain = (size_t)((escape == NULL ? end : escape) - from);
        size_t n_read = 0;

        memmove(to, from, plain);
        to += plain;
        from += plain;
        if (escape != NULL) {
            to += unescape_one(from, to, &n_read);
            from += n_read;
        }
    }
    return (size_t)(to - bytes);
}

/* Write "\\ufffd" over each lone surrogate in the JSON text of @n bytes at @text, which a scan has let pass. */
static void mend_surrogates(uint8_t *text, size_t n)
{
    static const uint8_t digits[] = { 'f', 'f', 'f', 'd' };
    const uint8_t *end = text + n;
    uint8_t *at = memchr(text, '\\', n);

    while (at != NULL) {
        size_t n_read = 2;

        if (at[1] == 'u' && escaped_code(at, &n_read) == REPLACEMENT) {
            memcpy(at + 2, digits, sizeof(digits));
        }
        at += n_read;
        at = memchr(at, '\\', (size_t)(end - at));
    }
}

/* The pair @text: its string, raw. */
static weh_err scan_pair(struct weh_str text, const struct weh_codec_limits *limits,
                         struct weh_str *out, struct weh_diag *diag)
{
    const struct weh_json_limits json_limits = { limits->max_depth, limits->max_values };
    struct weh_json_scan scan;
    struct weh_str number;
    weh_err err;

    weh_json_scan_init(&scan, text, &json_limits);
    scan.takes_lone_surrogates = true; /* unescape() has something for them */
    err = weh_json_scan_expect(&scan, '[', diag);
    if (err == WEH_OK) {
        err = weh_json_scan_string(&scan, out, diag);
    }
    if (err == WEH_OK) {
        err = weh_json_scan_expect(&scan, ',', diag);
    }
    if (err == WEH_OK) {
        err = weh_json_scan_value(&scan, 0, &number, diag);
    }
    if (err == WEH_OK) {
        err = weh_json_scan_expect(&scan, ']', diag);
    }
    if (err == WEH_OK && weh_json_scan_peek(&scan) != -1) {
        err = weh_json_scan_fail(&scan, diag, "text behind the message");
    }
    return err;
}

/* ---- objects ---- */

/* Which members are wanted of an object, and what they are; ptr NULL: not there. */
struct wanted {
    const char *const *names;
    struct weh_str *values;
    size_t n;
};

static void sort_in(const struct wanted *wanted, struct weh_str key, struct weh_str value)
{
    for (size_t i = 0; i < wanted->n; i++) {
        if (weh_str_eq_text(key, wanted->names[i])) {
            wanted->values[i] = value; /* the last counts, as in JSON.parse */
            return;
        }
    }
}

/* The object under @scan, whose members stand inside @depth containers. */
static weh_err scan_object(struct weh_json_scan *scan, uint32_t depth, const struct wanted *wanted,
                           struct weh_diag *diag)
{
    weh_err err = weh_json_scan_expect(scan, '{', diag);

    if (err == WEH_OK && weh_json_scan_peek(scan) == '}') {
        scan->at++;
        return WEH_OK;
    }
    while (err == WEH_OK) {
        struct weh_str key;
        struct weh_str value;

        err = weh_json_scan_string(scan, &key, diag);
        if (err == WEH_OK) {
            err = weh_json_scan_expect(scan, ':', diag);
        }
        if (err == WEH_OK) {
            err = weh_json_scan_value(scan, depth, &value, diag);
        }
        if (err != WEH_OK) {
            break;
        }
        sort_in(wanted, key, value);
        if (weh_json_scan_peek(scan) != ',') {
            err = weh_json_scan_expect(scan, '}', diag);
            break;
        }
        scan->at++;
    }
    return err;
}

/* What stands between the quotes of @text, escapes as they are; empty when it is no string. */
static struct weh_str raw_string(struct weh_str text)
{
    if (text.len < 2 || text.ptr[0] != '"') {
        return (struct weh_str){ "", 0 };
    }
    return (struct weh_str){ text.ptr + 1, text.len - 2 };
}

/* The same of a string that has no escapes; empty when it has some. */
static struct weh_str plain_string(struct weh_str text)
{
    const struct weh_str string = raw_string(text);

    return string.len > 0 && memchr(string.ptr, '\\', string.len) != NULL
               ? (struct weh_str){ "", 0 }
               : string;
}

/* The integer @text from 0 up; -1 when it is none. */
static int64_t read_count(struct weh_str text)
{
    struct weh_value value;

    return text.len > 0 && weh_json_read_integer(text, &value) && value.type == WEH_VALUE_INT
               ? value.as.integer
               : -1;
}

static bool skip_prefix(struct weh_str *text, const char *prefix)
{
    size_t n = strlen(prefix);

    if (text->len < n || memcmp(text->ptr, prefix, n) != 0) {
        return false;
    }
    *text = (struct weh_str){ text->ptr + n, text->len - n };
    return true;
}

void weh_ipc_sort_channel(struct weh_envelope *out)
{
    out->is_ipc = true;
    out->scope = out->channel;
    if (skip_prefix(&out->scope, PREFIX)) {
        out->is_old = !skip_prefix(&out->scope, CORE_PREFIX);
    } else {
        out->scope = (struct weh_str){ "", 0 }; /* a channel of nobody's */
    }
}

bool weh_ipc_is_rpc_request(const struct weh_envelope *envelope)
{
    return (weh_str_eq_text(envelope->scope, RPC_CHANNEL) ||
            (envelope->is_old && weh_str_eq_text(envelope->scope, RPC_CHANNEL_4_0))) &&
           weh_str_eq_text(envelope->method, RPC_METHOD);
}

void weh_ipc_sort_control(struct weh_envelope *out)
{
    out->is_rpc = true;
    if (weh_str_eq_text(out->version, CONTROL_VERSION) && weh_str_eq_text(out->method, DESCRIBE)) {
        out->scope = WEH_STR("rpc");
        out->version = (struct weh_str){ "", 0 };
    }
}

/* ---- RPC ---- */

/* The text of the first item of the array @data, which has passed a scan already; empty when it has
 * none. */
static struct weh_str first_item(struct weh_str data)
{
    static const struct weh_json_limits roomy = { WEH_JSON_MAX_DEPTH, UINT32_MAX };
    struct weh_json_scan scan;
    struct weh_str item = { "", 0 };

    weh_json_scan_init(&scan, data, &roomy);
    if (weh_json_scan_expect(&scan, '[', NULL) != WEH_OK || weh_json_scan_peek(&scan) == ']' ||
        weh_json_scan_value(&scan, 0, &item, NULL) != WEH_OK) {
        return (struct weh_str){ "", 0 };
    }
    return item;
}

/* The members of the object @text, which has passed a scan already; none when it is no object. */
static void look_into(struct weh_str text, const struct wanted *wanted)
{
    static const struct weh_json_limits roomy = { WEH_JSON_MAX_DEPTH, UINT32_MAX };
    struct weh_json_scan scan;

    weh_json_scan_init(&scan, text, &roomy);
    if (text.len > 0) {
        /* Of what is no object nothing is found, and what is missing is no method of ours. */
        (void)!scan_object(&scan, 0, wanted, NULL);
    }
}

static void read_rpc(struct weh_envelope *out)
{
    struct weh_str members[RPC_MEMBER_COUNT] = { { NULL, 0 } };
    struct weh_str definition[DEFINITION_MEMBER_COUNT] = { { NULL, 0 } };
    struct weh_str activity = { NULL, 0 };
    const struct wanted wanted = { weh_ipc_rpc_names, members, RPC_MEMBER_COUNT };
    const struct wanted wanted_of_it = { weh_ipc_definition_names, definition,
                                         DEFINITION_MEMBER_COUNT };
    const struct wanted wanted_of_context = { context_names, &activity, 1 };

    look_into(first_item(out->params), &wanted);
    look_into(members[RPC_DEFINITION], &wanted_of_it);
    look_into(members[RPC_CONTEXT], &wanted_of_context);
    out->activity = plain_string(activity);
    out->scope = raw_string(definition[DEFINITION_NAME]);
    out->version = raw_string(definition[DEFINITION_VERSION]);
    out->method = raw_string(members[RPC_OPERATION]);
    out->params =
        members[RPC_PARAMETERS].ptr == NULL ? (struct weh_str){ "", 0 } : members[RPC_PARAMETERS];
    weh_ipc_sort_control(out);
}

/* ---- the message ---- */

static weh_err read_members(const struct weh_str *members, struct weh_envelope *out,
                            struct weh_diag *diag)
{
    const int64_t type = read_count(members[MEMBER_TYPE]);
    const int64_t request = read_count(members[MEMBER_REQUEST]);

    if (type != TYPE_SEND && type != TYPE_INVOKE) {
        return invalid(diag, "type must be 0 (Send) or 2 (Invoke)");
    }
    out->channel = raw_string(members[MEMBER_CHANNEL]);
    if (out->channel.len == 0) {
        return invalid(diag, "channel must be a string");
    }
    out->sequence = read_count(members[MEMBER_SEQUENCE]);
    out->method = (struct weh_str){ "", 0 };
    out->params =
        members[MEMBER_DATA].ptr == NULL ? (struct weh_str){ "", 0 } : members[MEMBER_DATA];
    weh_ipc_sort_channel(out);
    if (type == TYPE_SEND) {
        return WEH_OK;
    }
    out->has_id = request > 0;
    out->id = (struct weh_value){ .type = WEH_VALUE_INT, .as.integer = request };
    out->method = raw_string(members[MEMBER_METHOD]);
    if (weh_ipc_is_rpc_request(out)) {
        read_rpc(out);
    }
    return WEH_OK;
}

weh_err weh_ipc_read(uint8_t *block, size_t len, const struct weh_codec_limits *limits,
                     struct weh_envelope *out, struct weh_diag *diag)
{
    const struct weh_json_limits json_limits = { limits->max_depth, limits->max_values };
    struct weh_str members[MEMBER_COUNT] = { { NULL, 0 } };
    const struct wanted wanted = { names, members, MEMBER_COUNT };
    struct weh_str empty = { "", 0 };
    struct weh_json_scan scan;
    struct weh_str text;
    struct weh_str inner;
    weh_err err;

    *out = (struct weh_envelope){
        .scope = empty, .channel = empty, .version = empty, .activity = empty
    };
    if (len > UINT32_MAX) {
        return weh_fail(diag, WEH_E_LIMIT, "the message is too long");
    }
    if (!weh_ipc_split((struct weh_str){ (const char *)block, len }, &text, &out->parts)) {
        return weh_fail(diag, WEH_E_PARSE, "not a block of text and parts");
    }
    err = scan_pair(text, limits, &inner, diag);
    if (err != WEH_OK) {
        return err;
    }
    inner.len = unescape(block + (inner.ptr - text.ptr), inner.len);
    weh_json_scan_init(&scan, inner, &json_limits);
    scan.takes_lone_surrogates = true;
    err = scan_object(&scan, 0, &wanted, diag);
    if (err == WEH_OK && weh_json_scan_peek(&scan) != -1) {
        err = weh_json_scan_fail(&scan, diag, "text behind the message object");
    }
    if (err == WEH_OK && scan.has_lone_surrogate) {
        mend_surrogates(block + (inner.ptr - text.ptr), inner.len);
    }
    return err == WEH_OK ? read_members(members, out, diag) : err;
}
