/* requester LINK OWN-IP TARGET-IP COUNT GAP-MICROSECONDS
 *
 * Asks for TARGET-IP by broadcast ARP request, one at a time, and prints how long each answer took:
 * one line "lost N", then the round-trip times in nanoseconds, ascending, one a line. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 60, SECOND = 1000000000 };

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (long long)time.tv_sec * SECOND + time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  long long x = *(const long long *)a, y = *(const long long *)b;
  return (x > y) - (x < y);
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_link(const char *name, unsigned char mac[6]) {
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ARP));
  if (fd < 0) fail("socket");
  struct ifreq request = {0};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd, SIOCGIFHWADDR, &request) < 0) fail(name);
  memcpy(mac, request.ifr_hwaddr.sa_data, 6);
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_ARP),
                                .sll_ifindex = (int)if_nametoindex(name)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
  return fd;
}

/* Nanoseconds until a reply that speaks for `target`, or -1 after a second. */
static long long ask(int fd, const unsigned char request[FRAME], const unsigned char target[4]) {
  unsigned char frame[2048];
  while (recv(fd, frame, sizeof frame, MSG_DONTWAIT) > 0) continue;
  long long start = now();
  if (send(fd, request, FRAME, 0) < 0) fail("send");
  for (;;) {
    long long left = start + SECOND - now();
    struct pollfd wait = {fd, POLLIN, 0};
    if (left <= 0 || poll(&wait, 1, (int)(left / 1000000) + 1) <= 0) return -1;
    ssize_t length = recv(fd, frame, sizeof frame, MSG_DONTWAIT);
    if (length >= 42 && frame[21] == 2 && memcmp(frame + 28, target, 4) == 0) return now() - start;
  }
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  unsigned char request[FRAME] = {0}, mac[6], target[4];
  int fd = open_link(argv[1], mac), count = atoi(argv[4]), gap = atoi(argv[5]);
  static const unsigned char start_of_request[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
  memset(request, 0xff, 6);
  memcpy(request + 6, mac, 6);
  memcpy(request + 12, start_of_request, sizeof start_of_request);
  memcpy(request + 22, mac, 6);
  inet_pton(AF_INET, argv[2], request + 28);
  inet_pton(AF_INET, argv[3], target);
  memcpy(request + 38, target, 4);
  long long *times = calloc((size_t)count, sizeof *times);
  int answered = 0;
  for (int i = 0; i < count; i++) {
    long long time = ask(fd, request, target);
    if (time >= 0) times[answered++] = time;
    usleep((useconds_t)gap);
  }
  qsort(times, (size_t)answered, sizeof *times, ascending);
  printf("lost %d\n", count - answered);
  for (int i = 0; i < answered; i++) printf("%lld\n", times[i]);
  return 0;
}
