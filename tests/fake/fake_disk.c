/* tests/fake/fake_disk.c - the disk itself: files, names, images, failures, the log (fake_disk.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

#include "weh/compiler.h"

#include "fake_disk_priv.h"

#define N_OPS 9

struct disk_name {
    char text[FAKE_NAME_SIZE];
    struct disk_node *node; /* NULL: free */
};

struct fake_image {
    size_t n;
    char names[MAX_NAMES][FAKE_NAME_SIZE];
    struct disk_bytes files[MAX_NAMES];
};

static struct {
    struct disk_name names[MAX_NAMES];
    struct fake_log *log;
    unsigned next_number;
    uint64_t next_inode;
    unsigned counts[N_OPS];
    unsigned fail_ops;
    unsigned fail_left; /* calls until the failure; 0: never */
    int fail_rc;
    bool fail_lasting;
    bool failed;
    bool paused;
} disk;

/* ---- bytes ---- */

static void *must_have(void *memory)
{
    weh_assert(memory != NULL);
    return memory;
}

static void reserve(struct disk_bytes *bytes, size_t n)
{
    size_t capacity = bytes->capacity == 0 ? 4096 : bytes->capacity;

    while (capacity < n) {
        capacity *= 2;
    }
    if (capacity > bytes->capacity) {
        bytes->data = must_have(realloc(bytes->data, capacity));
        bytes->capacity = capacity;
    }
}

void bytes_resize(struct disk_bytes *bytes, size_t n)
{
    if (n > bytes->n) {
        reserve(bytes, n);
        memset(bytes->data + bytes->n, 0, n - bytes->n);
    }
    bytes->n = n;
}

void bytes_write(struct disk_bytes *bytes, size_t at, const void *from, size_t n)
{
    if (n == 0) {
        return;
    }
    if (at + n > bytes->n) {
        bytes_resize(bytes, at + n);
    }
    memcpy(bytes->data + at, from, n);
}

void bytes_copy(struct disk_bytes *to, const struct disk_bytes *from)
{
    to->n = 0;
    bytes_write(to, 0, from->data, from->n);
}

void bytes_fini(struct disk_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct disk_bytes){ 0 };
}

/* ---- failures ---- */

int disk_enter(enum fake_disk_op op)
{
    if (disk.paused) {
        return SQLITE_OK;
    }
    for (unsigned i = 0; i < N_OPS; i++) {
        disk.counts[i] += ((unsigned)op >> i) & 1U;
    }
    if ((disk.fail_ops & (unsigned)op) == 0 || disk.fail_left == 0) {
        return SQLITE_OK;
    }
    if (disk.fail_left > 1) {
        disk.fail_left--;
        return SQLITE_OK;
    }
    if (!disk.fail_lasting) {
        disk.fail_left = 0;
    }
    disk.failed = true;
    return disk.fail_rc;
}

void fake_disk_fail_at(unsigned ops, unsigned nth, int rc, bool lasting)
{
    fake_disk_reset();
    disk.fail_ops = ops;
    disk.fail_left = nth;
    disk.fail_rc = rc;
    disk.fail_lasting = lasting;
    disk.failed = false;
}

void fake_disk_reset(void)
{
    memset(disk.counts, 0, sizeof(disk.counts));
    disk.fail_left = 0;
}

void fake_disk_pause(bool paused)
{
    disk.paused = paused;
}

unsigned fake_disk_count(unsigned ops)
{
    unsigned n = 0;

    for (unsigned i = 0; i < N_OPS; i++) {
        n += ((ops >> i) & 1U) != 0 ? disk.counts[i] : 0;
    }
    return n;
}

bool fake_disk_has_failed(void)
{
    return disk.failed;
}

/* ---- the log ---- */

static struct log_entry *note(enum disk_event event, unsigned node)
{
    static struct log_entry nobody;
    struct fake_log *log = disk.log;
    struct log_entry *entry = &nobody;

    if (log != NULL) {
        if (log->n == log->capacity) {
            log->capacity = log->capacity == 0 ? 256 : log->capacity * 2;
            log->entries = must_have(realloc(log->entries, log->capacity * sizeof(*log->entries)));
        }
        entry = &log->entries[log->n++];
    }
    *entry = (struct log_entry){ .event = event, .node = node };
    return entry;
}

static void name_copy(char to[FAKE_NAME_SIZE], const char *from)
{
    int n = snprintf(to, FAKE_NAME_SIZE, "%s", from);

    weh_assert(n >= 0 && n < FAKE_NAME_SIZE);
}

struct fake_log *fake_log_begin(void)
{
    struct fake_log *log = must_have(calloc(1, sizeof(*log)));

    /* The names in their order, as fake_disk_image takes them. */
    disk.next_number = 0;
    for (size_t i = 0; i < MAX_NAMES; i++) {
        if (disk.names[i].node != NULL) {
            disk.names[i].node->number = disk.next_number++;
        }
    }
    log->base = fake_disk_image();
    disk.log = log;
    return log;
}

size_t fake_log_length(const struct fake_log *log)
{
    return log->n;
}

void fake_log_end(struct fake_log *log)
{
    if (disk.log == log) {
        disk.log = NULL;
    }
}

void fake_log_destroy(struct fake_log *log)
{
    if (log == NULL) {
        return;
    }
    fake_log_end(log);
    for (size_t i = 0; i < log->n; i++) {
        free(log->entries[i].bytes);
    }
    free(log->entries);
    fake_image_destroy(log->base);
    free(log);
}

/* ---- files and names ---- */

bool disk_owns(const char *path)
{
    return strncmp(path, FAKE_DISK_FOLDER, sizeof(FAKE_DISK_FOLDER) - 1) == 0;
}

static const char *bare(const char *name)
{
    return disk_owns(name) ? name + sizeof(FAKE_DISK_FOLDER) - 1 : name;
}

static struct disk_name *find_name(const char *name)
{
    for (size_t i = 0; i < MAX_NAMES; i++) {
        if (disk.names[i].node != NULL && strcmp(disk.names[i].text, bare(name)) == 0) {
            return &disk.names[i];
        }
    }
    return NULL;
}

struct disk_node *disk_find(const char *name)
{
    struct disk_name *found = find_name(name);

    return found == NULL ? NULL : found->node;
}

bool fake_disk_has(const char *name)
{
    return disk_find(name) != NULL;
}

static void touch(struct disk_node *node)
{
    (void)clock_gettime(CLOCK_REALTIME, &node->changed);
}

static struct disk_node *new_node(void)
{
    struct disk_node *node = must_have(calloc(1, sizeof(*node)));

    node->number = disk.next_number++;
    node->inode = ++disk.next_inode;
    touch(node);
    return node;
}

static void drop_unused(struct disk_node *node)
{
    if (node->n_names == 0 && node->n_handles == 0) {
        disk_must(node->shm.n_users == 0 && node->n_locked == 0);
        bytes_fini(&node->bytes);
        free(node);
    }
}

static void add_name(const char *name, struct disk_node *node)
{
    size_t i = 0;

    while (i < MAX_NAMES && disk.names[i].node != NULL) {
        i++;
    }
    weh_assert(i < MAX_NAMES && node != NULL);
    name_copy(disk.names[i].text, bare(name));
    disk.names[i].node = node;
    node->n_names++;
}

static void drop_name(struct disk_name *name)
{
    struct disk_node *node = name->node;

    weh_assert(node != NULL);
    name->node = NULL;
    node->n_names--;
    drop_unused(node);
}

struct disk_node *disk_create(const char *name)
{
    struct disk_node *node = new_node();
    struct log_entry *entry;

    weh_assert(find_name(name) == NULL);
    add_name(name, node);
    entry = note(DISK_CREATED, node->number);
    name_copy(entry->name, bare(name));
    return node;
}

struct disk_node *disk_create_temporary(void)
{
    struct disk_node *node = new_node();

    disk_open(node);
    return node;
}

void disk_open(struct disk_node *node)
{
    node->n_handles++;
}

void disk_close(struct disk_node *node)
{
    node->n_handles--;
    drop_unused(node);
}

void disk_write(struct disk_node *node, size_t at, const void *from, size_t n)
{
    bytes_write(&node->bytes, at, from, n);
    touch(node);
    /* What has no name cannot come back. */
    if (disk.log != NULL && node->n_names > 0 && n > 0) {
        struct log_entry *entry = note(DISK_WROTE, node->number);

        entry->at = at;
        entry->n = n;
        entry->bytes = must_have(malloc(n));
        memcpy(entry->bytes, from, n);
    }
}

void disk_truncate(struct disk_node *node, size_t n)
{
    bytes_resize(&node->bytes, n);
    touch(node);
    if (node->n_names > 0) {
        note(DISK_TRUNCATED, node->number)->at = n;
    }
}

void disk_sync(struct disk_node *node)
{
    if (node->n_names > 0) {
        (void)note(DISK_SYNCED, node->number);
    }
}

void disk_sync_folder(void)
{
    (void)note(DISK_SYNCED_FOLDER, 0);
}

bool disk_unlink(const char *name)
{
    struct disk_name *found = find_name(name);
    struct log_entry *entry;

    if (found == NULL) {
        return false;
    }
    entry = note(DISK_UNLINKED, found->node->number);
    name_copy(entry->name, bare(name));
    drop_name(found);
    return true;
}

void disk_rename(const char *from, const char *to, bool keep)
{
    struct disk_name *source = find_name(from);
    struct disk_name *target = find_name(to);
    struct log_entry *entry;

    weh_assert(source != NULL && source != target);
    if (target != NULL) {
        drop_name(target);
    }
    add_name(to, source->node);
    entry = note(keep ? DISK_LINKED : DISK_RENAMED, source->node->number);
    name_copy(entry->name, bare(from));
    name_copy(entry->to, bare(to));
    if (!keep) {
        drop_name(source);
    }
}

void disk_stat(const struct disk_node *node, struct stat *out)
{
    *out = (struct stat){ 0 };
    out->st_dev = 4242;
    out->st_ino = node->inode;
    out->st_mode = S_IFREG | 0644;
    out->st_nlink = node->n_names;
    out->st_size = (off_t)node->bytes.n;
    out->st_mtim = node->changed;
    out->st_ctim = node->changed;
}

/* ---- images ---- */

struct fake_image *fake_image_create(void)
{
    return must_have(calloc(1, sizeof(struct fake_image)));
}

void fake_image_destroy(struct fake_image *image)
{
    if (image == NULL) {
        return;
    }
    for (size_t i = 0; i < image->n; i++) {
        bytes_fini(&image->files[i]);
    }
    free(image);
}

void fake_image_put(struct fake_image *image, const char *name, const void *bytes, size_t n)
{
    weh_assert(image->n < MAX_NAMES);
    name_copy(image->names[image->n], name);
    bytes_write(&image->files[image->n], 0, bytes, n);
    image->n++;
}

const uint8_t *fake_image_get(const struct fake_image *image, const char *name, size_t *n)
{
    for (size_t i = 0; i < image->n; i++) {
        if (strcmp(image->names[i], name) == 0) {
            *n = image->files[i].n;
            return image->files[i].data;
        }
    }
    return NULL;
}

size_t fake_image_count(const struct fake_image *image)
{
    return image->n;
}

const char *fake_image_name(const struct fake_image *image, size_t i)
{
    return image->names[i];
}

/* FNV by eight bytes at once. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    uint64_t word = 0;

    for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        hash = (hash ^ word) * 1099511628211U;
        hash ^= hash >> 29;
    }
    for (; n > 0; n--, at++) {
        hash = (hash ^ *at) * 1099511628211U;
    }
    return hash;
}

uint64_t fake_image_hash(const struct fake_image *image)
{
    uint64_t sum = image->n;

    for (size_t i = 0; i < image->n; i++) {
        uint64_t hash = hash_bytes(14695981039346656037U + image->files[i].n, image->names[i],
                                   strlen(image->names[i]));

        sum += hash_bytes(hash, image->files[i].data, image->files[i].n);
    }
    return sum;
}

struct fake_image *fake_disk_image(void)
{
    struct fake_image *image = fake_image_create();

    for (size_t i = 0; i < MAX_NAMES; i++) {
        const struct disk_name *name = &disk.names[i];

        if (name->node != NULL) {
            fake_image_put(image, name->text, name->node->bytes.data, name->node->bytes.n);
        }
    }
    return image;
}

void fake_disk_load(const struct fake_image *image)
{
    weh_assert(disk.log == NULL);
    for (size_t i = 0; i < MAX_NAMES; i++) {
        if (disk.names[i].node != NULL) {
            disk_must(disk.names[i].node->n_handles == 0);
            drop_name(&disk.names[i]);
        }
    }
    for (size_t i = 0; i < image->n; i++) {
        struct disk_node *node = disk_create(image->names[i]);

        bytes_copy(&node->bytes, &image->files[i]);
    }
}

void fake_disk_install(void)
{
    fake_disk_reset();
    disk_vfs_install();
}

void fake_disk_uninstall(void)
{
    static const struct fake_image empty;

    fake_disk_load(&empty);
    disk_vfs_uninstall();
}
