/* tests/crash/try.h - a step of a scenario ends with the first call that fails. */
#ifndef CRASH_TRY_H
#define CRASH_TRY_H

#define TRY(call)             \
    do {                      \
        weh_err err_ = call;  \
        if (err_ != WEH_OK) { \
            return err_;      \
        }                     \
    } while (0)

#endif
