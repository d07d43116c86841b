/* count_malloc.so, for LD_PRELOAD on Linux: counts what a process allocates.
 *
 *   cc -O2 -shared -fPIC -o count_malloc.so count_malloc.c
 *   LD_PRELOAD=./count_malloc.so mainstay bench budget
 *
 * Each call that returns new or moved memory is one; a free is none. The program finds `mainstay_allocation_count` by its name
 * and reads it before and after what it measures; without this library it does not find it and reports nothing.
 *
 * glibc's own entry points are called directly: looking them up by dlsym allocates, and would call us before we can answer. */
#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

/* Threads count into slots of their own, or they would take the cache line from each other all the time. Which slot is
 * chosen by the stack's address, which no two threads share; a collision costs time and no count. */
#define SLOTS 64
static struct { unsigned long count; char apart[56]; } slots[SLOTS] __attribute__((aligned(64)));

static inline void count_one(void) {
  unsigned long here = (unsigned long)__builtin_frame_address(0) >> 16;
  __atomic_fetch_add(&slots[(here ^ here >> 6) % SLOTS].count, 1, __ATOMIC_RELAXED);
}

unsigned long mainstay_allocation_count(void) {
  unsigned long sum = 0;
  for (int i = 0; i < SLOTS; i++) sum += __atomic_load_n(&slots[i].count, __ATOMIC_RELAXED);
  return sum;
}

void *malloc(size_t size) { count_one(); return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { count_one(); return __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { count_one(); return __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { count_one(); return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { count_one(); return __libc_memalign(alignment, size); }

int posix_memalign(void **place, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  count_one();
  void *found = __libc_memalign(alignment, size);
  if (!found) return ENOMEM;
  *place = found;
  return 0;
}
