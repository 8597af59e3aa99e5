/* include/weh/compiler.h - compiler attributes and the project's assert.
 *
 * weh_assert states what our own code guarantees. It is compiled into every build and ends the
 * process; nothing that a peer, a file or a configuration sends may ever reach a false one.
 */
#ifndef WEH_COMPILER_H
#define WEH_COMPILER_H

#define WEH_MUST_CHECK                     __attribute__((warn_unused_result))
#define WEH_PRINTF(at, first)              __attribute__((format(printf, at, first)))
#define WEH_NORETURN                       __attribute__((noreturn))
#define WEH_STATIC_ASSERT(condition, text) _Static_assert(condition, text)

#define WEH_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/** The object of @type whose member @member is at @pointer. */
#define WEH_CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define weh_assert(condition)                                  \
    do {                                                       \
        if (__builtin_expect(!(condition), 0)) {               \
            weh_assert_failed(#condition, __FILE__, __LINE__); \
        }                                                      \
    } while (0)

/** Write the failed @condition to standard error and abort. */
WEH_NORETURN void weh_assert_failed(const char *condition, const char *file, int line);

#endif
