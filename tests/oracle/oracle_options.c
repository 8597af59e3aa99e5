/* tests/oracle/oracle_options.c - see the header. */
#include "oracle_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <getopt.h>

#include "weh/buf.h"
#include "weh/compiler.h"
#include "weh/json.h"

#include "data_file.h"

#define DUMP_MAX   (256u << 20)
#define VALUES_MAX 10000000

static void print_usage(const char *program, const struct oracle_options *options)
{
    (void)fprintf(stderr,
                  "usage: %s [--data DIR] [--known FILE] [--show N]%s%s [NAME...]\n"
                  "  NAME   of an iModel in DIR (all by default)\n"
                  "  --show how many differences are told, 20 by default\n",
                  program, options->has_json ? " [--json]" : "",
                  options->has_id ? " [--id ID]" : "");
}

static bool read_letters(struct oracle_options *out, int argc, char **argv)
{
    static const struct option options[] = {
        { "json", no_argument, NULL, 'j' },        { "data", required_argument, NULL, 'd' },
        { "known", required_argument, NULL, 'k' }, { "show", required_argument, NULL, 's' },
        { "id", required_argument, NULL, 'i' },    { NULL, 0, NULL, 0 },
    };
    int letter;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (letter) {
        case 'j':
            out->json = true;
            break;
        case 'd':
            out->data_dir = optarg;
            break;
        case 'k':
            out->known = optarg;
            break;
        case 's':
            out->n_shown_max = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'i':
            out->id = optarg;
            break;
        default:
            return false;
        }
    }
    return (out->has_json || !out->json) && (out->has_id || out->id == NULL);
}

bool oracle_options_read(struct oracle_options *out, const char *const *all, size_t n_all, int argc,
                         char **argv)
{
    bool is_right = read_letters(out, argc, argv);

    for (; is_right && optind < argc && out->n_names < ORACLE_NAMES_MAX; optind++) {
        out->names[out->n_names++] = argv[optind];
    }
    if (!is_right || optind != argc) {
        print_usage(argv[0], out);
        return false;
    }
    out->whole = out->n_names == 0 && out->id == NULL;
    if (out->n_names == 0) {
        memcpy(out->names, all, n_all * sizeof(*all));
        out->n_names = n_all;
    }
    return true;
}

weh_err oracle_lines_read(const char *path, const struct oracle_lines *lines, struct weh_diag *diag)
{
    struct weh_buf dump;
    struct weh_str rest;
    weh_err err;

    weh_buf_init(&dump, DUMP_MAX);
    err = data_file_read(path, &dump, diag);
    rest = (struct weh_str){ (const char *)dump.data, err == WEH_OK ? dump.len : 0 };
    while (rest.len > 0) {
        struct weh_str line;

        rest = weh_str_split(rest, '\n', &line);
        lines->line(lines->ctx, line);
    }
    weh_buf_fini(&dump);
    return err;
}

weh_err oracle_parse(struct weh_str text, struct weh_arena *arena, struct weh_value *out,
                     struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, VALUES_MAX };

    return weh_json_parse(text, &limits, arena, out, diag);
}
