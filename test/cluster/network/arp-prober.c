/*
 * Asks by ARP who has the addresses, over and over, and prints every question and every answer:
 *
 *   arp-prober INTERFACE MILLISECONDS ADDRESS...
 *
 *   ask NUMBER ADDRESS NANOSECONDS
 *   answer NUMBER ADDRESS NANOSECONDS MAC
 *
 * A question carries its number in its sender's address, 198.18.0.0/15 (RFC 2544), which an answer repeats; nobody
 * has such an address, so nobody remembers it. Times are the kernel's: of the call that sends, and of reception.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SENDERS 0xc6120000u
#define NUMBERS 0x1ffffu
#define SECOND 1000000000ll
#define MOST 256

struct frame {
  struct ether_header link;
  struct ether_arp arp;
} __attribute__((packed));

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static long long nanoseconds(struct timespec time) { return time.tv_sec * SECOND + time.tv_nsec; }

static long long now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return nanoseconds(time);
}

static int open_link(const char *name, unsigned char *mac) {
  struct ifreq request = {0};
  struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP)};
  int on = 1, room = 1 << 22, fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ARP));
  if (fd < 0) fail("socket");
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  if (ioctl(fd, SIOCGIFHWADDR, &request)) fail(name);
  memcpy(mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
  link.sll_ifindex = (int)if_nametoindex(name);
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on)) fail("timestamps");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room)) fail("buffer");
  if (bind(fd, (struct sockaddr *)&link, sizeof link)) fail("bind");
  return fd;
}

static void ask(int fd, const unsigned char *mac, const char *address, unsigned number) {
  struct frame frame = {.link.ether_type = htons(ETHERTYPE_ARP)};
  in_addr_t sender = htonl(SENDERS | number);
  memset(frame.link.ether_dhost, 0xff, ETH_ALEN);
  memcpy(frame.link.ether_shost, mac, ETH_ALEN);
  frame.arp.ea_hdr = (struct arphdr){htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), ETH_ALEN, 4, htons(ARPOP_REQUEST)};
  memcpy(frame.arp.arp_sha, mac, ETH_ALEN);
  memcpy(frame.arp.arp_spa, &sender, 4);
  if (inet_pton(AF_INET, address, frame.arp.arp_tpa) != 1) fail(address);
  printf("ask %u %s %lld\n", number, address, now(CLOCK_REALTIME));
  if (send(fd, &frame, sizeof frame, 0) < 0 && errno != ENOBUFS) fail("send");
}

static void hear(int fd) {
  struct frame frame;
  char control[256], address[INET_ADDRSTRLEN];
  struct iovec part = {&frame, sizeof frame};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
  if (length < 0 && errno != EAGAIN && errno != EINTR) fail("receive");
  if (length < (ssize_t)sizeof frame || frame.arp.ea_hdr.ar_op != htons(ARPOP_REPLY)) return;
  in_addr_t sender;
  memcpy(&sender, frame.arp.arp_tpa, 4);
  if ((ntohl(sender) & ~NUMBERS) != SENDERS) return;
  struct timespec time = {0};
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part))
    if (part->cmsg_type == SCM_TIMESTAMPNS) memcpy(&time, CMSG_DATA(part), sizeof time);
  const unsigned char *mac = frame.arp.arp_sha;
  inet_ntop(AF_INET, frame.arp.arp_spa, address, sizeof address);
  printf("answer %u %s %lld %02x:%02x:%02x:%02x:%02x:%02x\n", ntohl(sender) & NUMBERS, address, nanoseconds(time),
         mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

int main(int argc, char **argv) {
  unsigned char mac[ETH_ALEN];
  long long interval = argc < 4 ? 0 : atoll(argv[2]) * 1000000;
  if (interval <= 0 || argc - 3 > MOST) {
    fprintf(stderr, "usage: arp-prober INTERFACE MILLISECONDS ADDRESS... (at most %d)\n", MOST);
    return 2;
  }
  int fd = open_link(argv[1], mac);
  long long next = now(CLOCK_MONOTONIC);
  for (unsigned number = 0;;) {
    long long left = next - now(CLOCK_MONOTONIC);
    if (left <= 0) {
      for (int i = 3; i < argc; i++) ask(fd, mac, argv[i], number++ & NUMBERS);
      fflush(stdout);
      /* What was missed is not made up for: a burst would measure something else. */
      next = left < -interval ? now(CLOCK_MONOTONIC) + interval : next + interval;
      continue;
    }
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    struct timespec patience = {left / SECOND, left % SECOND};
    if (ppoll(&ready, 1, &patience, NULL) > 0) hear(fd);
  }
}
