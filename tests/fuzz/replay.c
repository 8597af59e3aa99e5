/* tests/fuzz/replay.c - run a fuzz target over the files of a directory, without libFuzzer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

/* Inputs are small: what is longer was not made by the fuzzer. */
#define MAX_INPUT_BYTES (1 << 20)

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    uint8_t *exact = NULL;
    size_t n;
    int failed = 1;

    if (file == NULL) {
        goto out;
    }
    bytes = malloc(MAX_INPUT_BYTES);
    if (bytes == NULL) {
        goto out;
    }
    n = fread(bytes, 1, MAX_INPUT_BYTES, file);
    if (ferror(file) || !feof(file)) {
        goto out;
    }
    /* A block of just that size, so that a sanitizer sees a read behind its end. */
    exact = malloc(n == 0 ? 1 : n);
    if (exact == NULL) {
        goto out;
    }
    memcpy(exact, bytes, n);
    (void)LLVMFuzzerTestOneInput(exact, n);
    failed = 0;
out:
    free(exact);
    free(bytes);
    if (file != NULL) {
        (void)fclose(file);
    }
    return failed;
}

/* Sorted, so that a failure is at the same place each time. */
static int replay_directory(const char *directory)
{
    struct dirent **entries = NULL;
    int n = scandir(directory, &entries, NULL, alphasort);
    int n_run = 0;
    int failed = n < 0;

    for (int i = 0; i < n; i++) {
        char path[4096];
        struct stat info;

        (void)snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        free(entries[i]);
        if (failed || stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
            continue;
        }
        failed = replay_file(path);
        n_run++;
    }
    free(entries);
    (void)printf("%s: %d inputs\n", directory, n_run);
    return failed || n_run == 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
        return 2;
    }
    return replay_directory(argv[1]);
}
