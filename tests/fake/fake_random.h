/* tests/fake/fake_random.h - random bytes that are the same each time (the linker's --wrap=getrandom).
 */
#ifndef WEH_FAKE_RANDOM_H
#define WEH_FAKE_RANDOM_H

/** Begin anew: the bytes that follow are those that followed the last reset with @seed. */
void fake_random_reset(unsigned seed);

#endif
