/* src/site/negotiate.c - what a request's headers say about the body that it wants. */
#include "weh/site.h"

static struct weh_str trim(struct weh_str str)
{
    while (str.len != 0 && (str.ptr[0] == ' ' || str.ptr[0] == '\t')) {
        str.ptr++;
        str.len--;
    }
    while (str.len != 0 && (str.ptr[str.len - 1] == ' ' || str.ptr[str.len - 1] == '\t')) {
        str.len--;
    }
    return str;
}

/* "q=0", "q=0.0", "q=0.000". */
static bool is_zero_weight(struct weh_str parameter)
{
    if (parameter.len < 3 || (parameter.ptr[0] != 'q' && parameter.ptr[0] != 'Q') ||
        parameter.ptr[1] != '=') {
        return false;
    }
    for (size_t i = 2; i < parameter.len; i++) {
        if (parameter.ptr[i] != '0' && parameter.ptr[i] != '.') {
            return false;
        }
    }
    return true;
}

/* Do the parameters of a coding say that it is not wanted? */
static bool is_refusing(struct weh_str parameters)
{
    while (parameters.len != 0) {
        struct weh_str one;

        parameters = weh_str_split(parameters, ';', &one);
        if (is_zero_weight(trim(one))) {
            return true;
        }
    }
    return false;
}

static bool is_taken(struct weh_str accept, const char *coding)
{
    bool is_any_taken = false;

    while (accept.len != 0) {
        struct weh_str item;
        struct weh_str name;
        struct weh_str parameters;

        accept = weh_str_split(accept, ',', &item);
        parameters = weh_str_split(item, ';', &name);
        name = trim(name);
        if (weh_str_eq_nocase(name, weh_str_from(coding))) {
            return !is_refusing(parameters);
        }
        if (weh_str_eq_text(name, "*")) {
            is_any_taken = !is_refusing(parameters);
        }
    }
    return is_any_taken;
}

const struct weh_site_body *weh_site_choose(const struct weh_site_file *file, struct weh_str accept,
                                            enum weh_site_coding *coding)
{
    static const char *const names[] = { [WEH_SITE_BROTLI] = "br", [WEH_SITE_GZIP] = "gzip" };

    for (unsigned i = 0; i < WEH_ARRAY_LEN(names); i++) {
        if (file->bodies[i].data != NULL && is_taken(accept, names[i])) {
            *coding = (enum weh_site_coding)i;
            return &file->bodies[i];
        }
    }
    *coding = WEH_SITE_PLAIN;
    return &file->bodies[WEH_SITE_PLAIN];
}

bool weh_site_is_named(struct weh_str list, const char *etag)
{
    while (list.len != 0) {
        struct weh_str one;

        list = weh_str_split(list, ',', &one);
        one = trim(one);
        if (one.len > 2 && one.ptr[0] == 'W' && one.ptr[1] == '/') {
            one.ptr += 2;
            one.len -= 2;
        }
        if (weh_str_eq_text(one, "*") || weh_str_eq_text(one, etag)) {
            return true;
        }
    }
    return false;
}
