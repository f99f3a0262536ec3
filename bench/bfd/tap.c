// Prints every BFD control packet of one hop on an interface, dated by the kernel, one line each:
// nanoseconds of CLOCK_MONOTONIC, `in` or `out`, state, diagnostic.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

static long long nanoseconds(struct timespec time) {
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return nanoseconds(time);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
  struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  here.sll_ifindex = if_nametoindex(arguments[1]);
  int on = 1;
  if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0) {
    perror("tap");
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  for (;;) {
    unsigned char packet[256], control[128];
    struct sockaddr_ll from;
    struct iovec part = {packet, sizeof packet};
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part,
                             .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(fd, &message, 0);
    // IPv4 without options, UDP, port 3784, and the 24 octets of a packet without authentication.
    if (length < 52 || packet[0] != 0x45 || packet[9] != 17) continue;
    if (packet[22] != 3784 >> 8 || packet[23] != (3784 & 255)) continue;
    struct timespec stamp = {0};
    for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each))
      if (each->cmsg_type == SO_TIMESTAMPNS) memcpy(&stamp, CMSG_DATA(each), sizeof stamp);
    long long age = now(CLOCK_REALTIME) - nanoseconds(stamp);
    printf("%lld %s %d %d\n", now(CLOCK_MONOTONIC) - age,
           from.sll_pkttype == PACKET_OUTGOING ? "out" : "in", packet[29] >> 6, packet[28] & 31);
  }
}
