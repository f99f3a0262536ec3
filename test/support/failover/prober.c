/*
 * Asks by ARP who has each address, every so many milliseconds, the questions about different addresses spread evenly,
 * and prints what changes, so that whoever reads need not look at every frame:
 *
 *   prober INTERFACE MILLISECONDS < ADDRESSES
 *
 *   begin ADDRESS MAC TIME                a machine answers that did not answer before
 *   end ADDRESS MAC TIME                  it answers no more; the time of its last answer
 *   silence ADDRESS TIME TIME             nobody answered for 60 ms, or three questions: last answer and next, or the end
 *   double ADDRESS TIME TIME COUNT        so many questions in a row were answered by two machines
 *   gratuitous ADDRESS MAC TIME           a machine told everyone
 *   stood TIME TIME                       this program itself stood still, from and to
 *
 * Addresses are read from standard input, one a line. Times are microseconds since 1970; those of frames are the
 * kernel's. A question carries its number in its sender's address, 198.18.0.0/15 (RFC 2544), which an answer repeats.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, STATIONS = 16, NUMBERS = 1 << 17, SILENCE = 60000, TEXT = INET_ADDRSTRLEN };
#define SENDERS 0xc6120000u

struct frame {
  struct ether_header link;
  struct ether_arp arp;
} __attribute__((packed));

struct station {
  unsigned char mac[ETH_ALEN];
  long long last; /* 0: it does not answer */
};

struct subject {
  char text[TEXT];
  struct in_addr address;
  struct station stations[STATIONS];
  long long heard, asked_since; /* last answer; first question after it */
  long long double_from, double_to;
  unsigned doubles;
};

/* A question: whom it was about, and who answered first. */
struct question {
  unsigned short subject;
  unsigned char answered, doubled, mac[ETH_ALEN];
};

static struct subject subjects[MOST];
static struct question questions[NUMBERS];
static unsigned count;
/* After so many microseconds without an answer a machine has stopped answering, and an address is silent. */
static long long patience;
static volatile sig_atomic_t stopping;

static void stop(int signal) { stopping = signal; }

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static long long microseconds(struct timespec time) { return time.tv_sec * 1000000ll + time.tv_nsec / 1000; }

static long long now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return microseconds(time);
}

static void say(const char *what, const struct subject *about, const unsigned char *mac, long long time) {
  printf("%s %s %02x:%02x:%02x:%02x:%02x:%02x %lld\n", what, about->text, mac[0], mac[1], mac[2], mac[3], mac[4],
         mac[5], time);
}

static int open_link(const char *name, unsigned char *mac) {
  struct ifreq request = {0};
  struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP)};
  int on = 1, room = 1 << 23, fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) fail("socket");
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  if (ioctl(fd, SIOCGIFHWADDR, &request)) fail(name);
  memcpy(mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
  link.sll_ifindex = (int)if_nametoindex(name);
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on)) fail("timestamps");
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room)) fail("buffer");
  if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on)) fail("own frames");
  if (bind(fd, (struct sockaddr *)&link, sizeof link)) fail("bind");
  return fd;
}

static int by_address(const void *a, const void *b) {
  in_addr_t x = ((const struct subject *)a)->address.s_addr, y = ((const struct subject *)b)->address.s_addr;
  return (x > y) - (x < y);
}

static struct subject *find(const unsigned char address[4]) {
  struct subject wanted;
  memcpy(&wanted.address, address, 4);
  return bsearch(&wanted, subjects, count, sizeof *subjects, by_address);
}

/* Closes what has ended by `time`, which is now, or the end of everything. */
static void settle(struct subject *about, long long time, int all) {
  for (int i = 0; i < STATIONS; i++) {
    struct station *station = &about->stations[i];
    if (!station->last || (!all && time - station->last <= patience)) continue;
    say("end", about, station->mac, station->last);
    station->last = 0;
  }
  if (about->doubles && (all || time - about->double_to > patience)) {
    printf("double %s %lld %lld %u\n", about->text, about->double_from, about->double_to, about->doubles);
    about->doubles = 0;
  }
}

/* Where the silence that goes on began: not while nobody asked. */
static long long silent_since(const struct subject *about, long long interval) {
  long long earliest = about->asked_since - interval;
  return about->heard > earliest ? about->heard : earliest;
}

static void ask(int fd, const unsigned char *mac, unsigned subject, unsigned number) {
  struct frame frame = {.link.ether_type = htons(ETHERTYPE_ARP)};
  struct subject *about = &subjects[subject];
  long long time = now(CLOCK_REALTIME);
  in_addr_t sender = htonl(SENDERS | number);
  memset(frame.link.ether_dhost, 0xff, ETH_ALEN);
  memcpy(frame.link.ether_shost, mac, ETH_ALEN);
  frame.arp.ea_hdr = (struct arphdr){htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), ETH_ALEN, 4, htons(ARPOP_REQUEST)};
  memcpy(frame.arp.arp_sha, mac, ETH_ALEN);
  memcpy(frame.arp.arp_spa, &sender, 4);
  memcpy(frame.arp.arp_tpa, &about->address, 4);
  settle(about, time, 0);
  if (!about->asked_since) about->asked_since = time;
  questions[number] = (struct question){.subject = (unsigned short)subject};
  if (send(fd, &frame, sizeof frame, 0) < 0 && errno != ENOBUFS && errno != ENETDOWN) fail("send");
}

static void answers(struct subject *about, const unsigned char *mac, long long time, long long interval) {
  struct station *vacant = NULL, *station = NULL;
  for (int i = 0; i < STATIONS && !station; i++) {
    struct station *other = &about->stations[i];
    if (!other->last) vacant = vacant ? vacant : other;
    else if (!memcmp(other->mac, mac, ETH_ALEN)) station = other;
  }
  if (!station && vacant) {
    station = vacant;
    memcpy(station->mac, mac, ETH_ALEN);
    say("begin", about, mac, time);
  }
  if (station) station->last = time;
  if (about->asked_since) {
    long long since = silent_since(about, interval);
    if (time - since > patience) printf("silence %s %lld %lld\n", about->text, since, time);
  }
  about->heard = time;
  about->asked_since = 0;
}

static void weigh(struct question *question, const unsigned char *mac, long long time) {
  struct subject *about = &subjects[question->subject];
  if (!question->answered) {
    question->answered = 1;
    memcpy(question->mac, mac, ETH_ALEN);
  } else if (!question->doubled && memcmp(question->mac, mac, ETH_ALEN)) {
    question->doubled = 1;
    if (!about->doubles++) about->double_from = time;
    about->double_to = time;
  }
}

/* Reads one frame; whether there was one. */
static int hear(int fd, long long interval) {
  struct frame frame;
  char control[256];
  struct iovec part = {&frame, sizeof frame};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
  if (length < 0 && errno != EAGAIN && errno != EINTR && errno != ENETDOWN) fail("receive");
  if (length < 0) return 0;
  struct subject *about = length < (ssize_t)sizeof frame ? NULL : find(frame.arp.arp_spa);
  if (!about) return 1;
  struct timespec time = {0};
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part))
    if (part->cmsg_type == SCM_TIMESTAMPNS) memcpy(&time, CMSG_DATA(part), sizeof time);
  in_addr_t to;
  memcpy(&to, frame.arp.arp_tpa, 4);
  if (to == about->address.s_addr) {
    say("gratuitous", about, frame.arp.arp_sha, microseconds(time));
  } else if (frame.arp.ea_hdr.ar_op == htons(ARPOP_REPLY) && (ntohl(to) & ~(NUMBERS - 1u)) == SENDERS) {
    struct question *question = &questions[ntohl(to) & (NUMBERS - 1u)];
    if (&subjects[question->subject] != about) return 1;
    weigh(question, frame.arp.arp_sha, microseconds(time));
    answers(about, frame.arp.arp_sha, microseconds(time), interval);
  }
  return 1;
}

static void read_subjects(void) {
  char line[TEXT + 2];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (count == MOST || inet_pton(AF_INET, line, &subjects[count].address) != 1) {
      fprintf(stderr, "%s: not an address, or one too many\n", line);
      exit(2);
    }
    memcpy(subjects[count++].text, line, TEXT);
  }
  qsort(subjects, count, sizeof *subjects, by_address);
}

int main(int argc, char **argv) {
  unsigned char mac[ETH_ALEN];
  long long interval = argc == 3 ? atoll(argv[2]) * 1000 : 0;
  if (interval > 0) read_subjects();
  if (count == 0) {
    fprintf(stderr, "usage: prober INTERFACE MILLISECONDS < ADDRESSES (at most %d)\n", MOST);
    return 2;
  }
  signal(SIGTERM, stop);
  patience = 3 * interval > SILENCE ? 3 * interval : SILENCE;
  int fd = open_link(argv[1], mac);
  /* Where many addresses share the interval, several are asked about at each turn: a turn is a millisecond or more. */
  unsigned number = 0, subject = 0, turns = count < interval / 1000 ? count : (unsigned)(interval / 1000);
  long long pause = interval / turns, next = now(CLOCK_MONOTONIC);
  for (unsigned turn = 0; !stopping;) {
    long long left = next - now(CLOCK_MONOTONIC);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    struct timespec wait = {left / 1000000, left % 1000000 * 1000};
    if (left > 0) {
      fflush(stdout);
      if (ppoll(&ready, 1, &wait, NULL) > 0) while (hear(fd, interval)) continue;
      continue;
    }
    while (hear(fd, interval)) continue;
    if (left < -interval) {
      /* What was missed is not made up for: a burst would measure something else. */
      long long time = now(CLOCK_REALTIME);
      printf("stood %lld %lld\n", time + left, time);
      next = now(CLOCK_MONOTONIC);
    }
    unsigned until = count * ++turn / turns;
    for (; subject < until; subject++, number = (number + 1) % NUMBERS) ask(fd, mac, subject, number);
    if (turn == turns) turn = subject = 0;
    next += pause;
  }
  long long end = now(CLOCK_REALTIME);
  for (unsigned i = 0; i < count; i++) {
    struct subject *about = &subjects[i];
    if (about->asked_since && end - silent_since(about, interval) > patience)
      printf("silence %s %lld %lld\n", about->text, silent_since(about, interval), end);
    settle(about, end, 1);
  }
  return 0;
}
