/* tests/unit/txn/journal_tools.c - see journal_tools.h. */
#include "journal_tools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

void assert_fixture_ok(const struct fixture *f, weh_err err)
{
    if (err != WEH_OK) {
        fail_msg("%s: %s (%s) %s:%d", weh_err_info(err)->name, f->diag.text, f->diag.detail,
                 f->diag.file, f->diag.line);
    }
}

void journal_path(const struct fixture *f, const char *ending, char out[128])
{
    (void)snprintf(out, 128, "%s.weh-journal%s", f->path, ending);
}

bool journal_is_there(const struct fixture *f, const char *ending)
{
    char path[128];

    journal_path(f, ending, path);
    return access(path, F_OK) == 0;
}

bool journal_write(struct fixture *f)
{
    bool written = false;

    assert_fixture_ok(f, weh_journal_write(f->stack, "Zo\xc3\xab", &written, &f->diag));
    return written;
}

enum weh_journal_state journal_look(struct fixture *f)
{
    struct weh_journal_info info;
    enum weh_journal_state state = WEH_JOURNAL_NONE;

    assert_fixture_ok(f, weh_journal_look(f->stack, &state, &info, &f->diag));
    assert_int_equal(weh_journal_is_pending(f->stack), state == WEH_JOURNAL_PENDING);
    return state;
}

void copy_bytes(const char *from, const char *to)
{
    static char bytes[65536];
    FILE *in = fopen(from, "rb");
    FILE *out;
    size_t n;

    if (in == NULL) {
        return;
    }
    out = fopen(to, "wb");
    while (out != NULL && (n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        (void)fwrite(bytes, 1, n, out);
    }
    if (out != NULL) {
        (void)fclose(out);
    }
    (void)fclose(in);
}

/* What a crash of @f would leave, opened as @out. */
void fixture_crash(const struct fixture *f, struct fixture *out)
{
    static const char *const endings[] = { "", "-wal", ".weh-journal" };
    int status = -1;
    pid_t child;

    fixture_open(out, "empty.bim");
    fixture_shut(out);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (size_t i = 0; i < WEH_ARRAY_LEN(endings); i++) {
            char from[128];
            char to[128];

            (void)snprintf(from, sizeof(from), "%s%s", f->path, endings[i]);
            (void)snprintf(to, sizeof(to), "%s%s", out->path, endings[i]);
            copy_bytes(from, to);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    fixture_load(out);
}

void journal_restore_pending(struct fixture *f)
{
    assert_int_equal(journal_look(f), WEH_JOURNAL_PENDING);
    assert_fixture_ok(f, weh_journal_restore(f->stack, &f->diag));
    assert_false(weh_journal_is_pending(f->stack));
}

/* A row of be_Prop is neither timed nor followed by the propagator. */
void fixture_set_prop(struct fixture *f, unsigned id, const char *text)
{
    char sql[160];

    (void)snprintf(sql, sizeof(sql),
                   "INSERT OR REPLACE INTO be_Prop VALUES('t','p',%u,0,0,'%s',NULL,NULL)", id,
                   text);
    fixture_sql(f, sql);
}

void fixture_open_saved(struct fixture *f)
{
    fixture_open(f, "small.bim");
    fixture_insert_subject(f, 9101, "one");
    fixture_insert_subject(f, 9102, "two");
    (void)fixture_save(f, "before");
}
