// Sleeps for a millisecond at a time until its input ends, and prints by how many microseconds the machine let it oversleep: the
// number of sleeps, the middle, the hundredth worst of each hundred, the worst.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int ascending(const void *a, const void *b) {
  int left = *(const int *)a, right = *(const int *)b;
  return (left > right) - (left < right);
}

int main(void) {
  static int late[4000000];
  int count = 0;
  struct pollfd input = {.fd = 0, .events = POLLIN};
  while (count < (int)(sizeof late / sizeof *late) && poll(&input, 1, 0) == 0) {
    struct timespec before, after, pause = {.tv_nsec = 1000000};
    clock_gettime(CLOCK_MONOTONIC, &before);
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    late[count++] = (int)((after.tv_sec - before.tv_sec) * 1000000L +
                          (after.tv_nsec - before.tv_nsec) / 1000 - 1000);
  }
  if (count == 0) return 1;
  qsort(late, count, sizeof *late, ascending);
  printf("%d %d %d %d\n", count, late[count / 2], late[count - 1 - count / 100], late[count - 1]);
}
