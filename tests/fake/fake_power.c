/* tests/fake/fake_power.c - see fake_power.h. */
#include "fake_power.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/compiler.h"

#include "fake_disk_priv.h"

#define MAX_NODES 400
#define SECTOR    512

struct names {
    size_t n;
    struct {
        char text[FAKE_NAME_SIZE];
        unsigned node;
    } items[MAX_NAMES];
};

struct fake_power {
    const struct fake_log *log;
    size_t at;
    struct disk_bytes safe[MAX_NODES]; /* what each file held at its last sync */
    struct names names;                /* as of the folder's last sync */
    size_t *pending;                   /* entries that no sync has followed, in order */
    size_t n_pending;
};

/* What happens to the pending entries of one file, or of the folder. */
enum fate {
    FATE_LOST,
    FATE_KEPT,
    FATE_PREFIX,
    FATE_SOME,
    N_FATES
};

struct lottery {
    uint64_t random;
    enum fate fates[MAX_NODES + 1]; /* the last: the folder's */
    bool over[MAX_NODES + 1];       /* the prefix has ended */
};

static uint32_t draw(struct lottery *lottery, uint32_t n)
{
    lottery->random ^= lottery->random << 13;
    lottery->random ^= lottery->random >> 7;
    lottery->random ^= lottery->random << 17;
    return (uint32_t)((lottery->random >> 11) % n);
}

/* ---- names ---- */

static size_t find(const struct names *names, const char *text)
{
    size_t i = 0;

    while (i < names->n && strcmp(names->items[i].text, text) != 0) {
        i++;
    }
    return i;
}

static void set_name(struct names *names, const char *text, unsigned node)
{
    size_t i = find(names, text);

    if (i == names->n) {
        disk_must(names->n < MAX_NAMES);
        (void)snprintf(names->items[i].text, FAKE_NAME_SIZE, "%s", text);
        names->n++;
    }
    names->items[i].node = node;
}

/* False when there is none. */
static bool drop_name(struct names *names, const char *text)
{
    size_t i = find(names, text);

    if (i == names->n) {
        return false;
    }
    names->items[i] = names->items[--names->n];
    return true;
}

/* One that was lost takes along what was built on it. */
static void apply_name(struct names *names, const struct log_entry *entry)
{
    switch (entry->event) {
    case DISK_CREATED:
        set_name(names, entry->name, entry->node);
        break;
    case DISK_UNLINKED:
        (void)drop_name(names, entry->name);
        break;
    case DISK_RENAMED:
        if (drop_name(names, entry->name)) {
            set_name(names, entry->to, entry->node);
        }
        break;
    case DISK_LINKED:
        if (find(names, entry->name) < names->n) {
            set_name(names, entry->to, entry->node);
        }
        break;
    case DISK_WROTE:
    case DISK_TRUNCATED:
    case DISK_SYNCED:
    case DISK_SYNCED_FOLDER:
        break;
    }
}

static bool is_of_folder(const struct log_entry *entry)
{
    return entry->event != DISK_WROTE && entry->event != DISK_TRUNCATED;
}

/* ---- bytes ---- */

static void apply_bytes(struct disk_bytes *bytes, const struct log_entry *entry)
{
    if (entry->event == DISK_WROTE) {
        bytes_write(bytes, entry->at, entry->bytes, entry->n);
    } else {
        bytes_resize(bytes, entry->at);
    }
}

static void apply_garbage(struct disk_bytes *bytes, size_t at, size_t n, struct lottery *lottery)
{
    uint8_t garbage[SECTOR];

    for (size_t i = 0; i < n; i++) {
        garbage[i] = (uint8_t)draw(lottery, 256);
    }
    bytes_write(bytes, at, garbage, n);
}

/* Each sector of the write for itself: there, not there, or neither. */
static void apply_torn(struct disk_bytes *bytes, const struct log_entry *entry,
                       struct lottery *lottery)
{
    size_t done = 0;

    while (done < entry->n) {
        size_t at = entry->at + done;
        size_t n = SECTOR - at % SECTOR;
        uint32_t fate = draw(lottery, 5);

        n = n < entry->n - done ? n : entry->n - done;
        if (fate < 2) {
            bytes_write(bytes, at, entry->bytes + done, n);
        } else if (fate == 4) {
            apply_garbage(bytes, at, n, lottery);
        }
        done += n;
    }
}

/* ---- a cut ---- */

static void draw_fates(struct lottery *lottery, unsigned way, size_t at)
{
    lottery->random =
        (uint64_t)way * 0x9e3779b97f4a7c15U ^ ((uint64_t)at + 1) * 0xd1342543de82ef95U;
    for (int i = 0; i < 8; i++) {
        (void)draw(lottery, 2);
    }
    for (size_t i = 0; i <= MAX_NODES; i++) {
        lottery->over[i] = false;
        lottery->fates[i] = way == FAKE_POWER_LOSES_ALL   ? FATE_LOST
                            : way == FAKE_POWER_KEEPS_ALL ? FATE_KEPT
                                                          : (enum fate)draw(lottery, N_FATES);
    }
}

/* Does the entry get through? *@torn: in parts. */
static bool survives(struct lottery *lottery, const struct log_entry *entry, bool *torn)
{
    size_t i = is_of_folder(entry) ? MAX_NODES : entry->node;
    bool writes = entry->event == DISK_WROTE;

    *torn = false;
    switch (lottery->fates[i]) {
    case FATE_LOST:
        return false;
    case FATE_KEPT:
        return true;
    case FATE_PREFIX:
        if (lottery->over[i]) {
            return false;
        }
        lottery->over[i] = draw(lottery, 6) == 0;
        *torn = lottery->over[i] && writes;
        return !lottery->over[i] || writes;
    case FATE_SOME:
        *torn = writes && draw(lottery, 4) == 0;
        return draw(lottery, 2) == 0;
    case N_FATES:
        break;
    }
    return false;
}

/* What an ordered disk leaves: all before one moment, and of the write at that moment a part. */
static void cut_in_order(const struct fake_power *power, struct lottery *lottery,
                         struct disk_bytes *bytes, struct names *names)
{
    size_t n = draw(lottery, (uint32_t)power->n_pending + 1);

    for (size_t i = 0; i < power->n_pending && i <= n; i++) {
        const struct log_entry *entry = &power->log->entries[power->pending[i]];

        if (i == n && entry->event == DISK_WROTE) {
            apply_torn(&bytes[entry->node], entry, lottery);
        } else if (i < n && is_of_folder(entry)) {
            apply_name(names, entry);
        } else if (i < n) {
            apply_bytes(&bytes[entry->node], entry);
        }
    }
}

static void cut_at_random(const struct fake_power *power, struct lottery *lottery,
                          struct disk_bytes *bytes, struct names *names)
{
    for (size_t i = 0; i < power->n_pending; i++) {
        const struct log_entry *entry = &power->log->entries[power->pending[i]];
        bool torn = false;

        if (!survives(lottery, entry, &torn)) {
            continue;
        }
        if (is_of_folder(entry)) {
            apply_name(names, entry);
        } else if (torn) {
            apply_torn(&bytes[entry->node], entry, lottery);
        } else {
            apply_bytes(&bytes[entry->node], entry);
        }
    }
}

struct fake_image *fake_power_cut(const struct fake_power *power, unsigned way)
{
    struct fake_image *image = fake_image_create();
    struct disk_bytes *bytes = calloc(MAX_NODES, sizeof(*bytes));
    struct lottery *lottery = malloc(sizeof(*lottery));
    struct names names = power->names;

    weh_assert(bytes != NULL && lottery != NULL);
    draw_fates(lottery, way, power->at);
    for (size_t i = 0; i < MAX_NODES; i++) {
        bytes_copy(&bytes[i], &power->safe[i]);
    }
    if (way == 2) {
        cut_in_order(power, lottery, bytes, &names);
    } else {
        cut_at_random(power, lottery, bytes, &names);
    }
    for (size_t i = 0; i < names.n; i++) {
        const struct disk_bytes *file = &bytes[names.items[i].node];

        fake_image_put(image, names.items[i].text, file->data, file->n);
    }
    for (size_t i = 0; i < MAX_NODES; i++) {
        bytes_fini(&bytes[i]);
    }
    free(bytes);
    free(lottery);
    return image;
}

/* ---- going along the log ---- */

struct fake_power *fake_power_create(const struct fake_log *log)
{
    struct fake_power *power = calloc(1, sizeof(*power));

    weh_assert(power != NULL);
    power->log = log;
    power->pending = calloc(log->n + 1, sizeof(*power->pending));
    weh_assert(power->pending != NULL);
    for (size_t i = 0; i < fake_image_count(log->base); i++) {
        const char *name = fake_image_name(log->base, i);
        size_t n = 0;
        const uint8_t *bytes = fake_image_get(log->base, name, &n);

        bytes_write(&power->safe[i], 0, bytes, n);
        set_name(&power->names, name, (unsigned)i);
    }
    return power;
}

void fake_power_destroy(struct fake_power *power)
{
    if (power == NULL) {
        return;
    }
    for (size_t i = 0; i < MAX_NODES; i++) {
        bytes_fini(&power->safe[i]);
    }
    free(power->pending);
    free(power);
}

size_t fake_power_position(const struct fake_power *power)
{
    return power->at;
}

/* A sync makes safe what waits for it and leaves the rest. */
static void settle(struct fake_power *power, const struct log_entry *sync)
{
    bool folder = sync->event == DISK_SYNCED_FOLDER;
    size_t n = 0;

    for (size_t i = 0; i < power->n_pending; i++) {
        const struct log_entry *entry = &power->log->entries[power->pending[i]];

        if (is_of_folder(entry) ? !folder : folder || entry->node != sync->node) {
            power->pending[n++] = power->pending[i];
        } else if (folder) {
            apply_name(&power->names, entry);
        } else {
            apply_bytes(&power->safe[entry->node], entry);
        }
    }
    power->n_pending = n;
}

bool fake_power_advance(struct fake_power *power)
{
    const struct log_entry *entry = &power->log->entries[power->at];

    if (power->at == power->log->n) {
        return false;
    }
    weh_assert(entry->node < MAX_NODES);
    if (entry->event == DISK_SYNCED || entry->event == DISK_SYNCED_FOLDER) {
        settle(power, entry);
    } else {
        power->pending[power->n_pending++] = power->at;
    }
    power->at++;
    return true;
}
