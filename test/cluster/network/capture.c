/* Prints every frame that an interface hears, one line each, in hexadecimal: capture INTERFACE */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  unsigned char frame[2048];
  if (argc != 2 || (link.sll_ifindex = (int)if_nametoindex(argv[1])) == 0) {
    fprintf(stderr, "usage: capture INTERFACE\n");
    return 2;
  }
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  if (fd < 0 || bind(fd, (struct sockaddr *)&link, sizeof link) < 0) {
    perror("capture");
    return 1;
  }
  puts("listening");
  fflush(stdout);
  for (;;) {
    struct sockaddr_ll from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(fd, frame, sizeof frame, 0, (struct sockaddr *)&from, &size);
    if (length < 0) {
      perror("capture");
      return 1;
    }
    if (from.sll_pkttype == PACKET_OUTGOING) continue;
    for (ssize_t i = 0; i < length; i++) printf("%02x", frame[i]);
    putchar('\n');
    fflush(stdout);
  }
}
