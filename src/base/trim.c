/* src/base/trim.c - freed memory back to the system. Not beside malloc: tests replace that file. */
#include <malloc.h>

#include "weh/alloc.h"

void weh_alloc_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
