/* src/base/shortest.h - the fewest decimal digits of a double, from the C++ library.
 *
 * C has no function for them: printf has to be asked for more and more digits until they read back.
 */
#ifndef BASE_SHORTEST_H
#define BASE_SHORTEST_H

#define SHORTEST_MAX_DIGITS 17

#ifdef __cplusplus
extern "C" {
#endif

/** digits[0].digits[1..] times 10 to the power of exponent; no zeros at the end. */
struct shortest {
    char digits[SHORTEST_MAX_DIGITS];
    int n;
    int exponent;
};

/** Of the decimals that read back as @value (finite, above zero) those with the fewest digits, and of
 * these the nearest to it. */
void shortest_print(double value, struct shortest *out);

#ifdef __cplusplus
}
#endif

#endif
