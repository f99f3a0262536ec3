/* poll-loop LINK IP
 *
 * Answers ARP requests for IP with nothing but poll, recv and send: the floor for any responder outside the kernel. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  unsigned char mac[6], ip[4], frame[2048], reply[42];
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ARP));
  struct ifreq request = {0};
  strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
  if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0) {
    perror(argv[1]);
    return 1;
  }
  memcpy(mac, request.ifr_hwaddr.sa_data, 6);
  inet_pton(AF_INET, argv[2], ip);
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_ARP),
                                .sll_ifindex = (int)if_nametoindex(argv[1])};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("bind");
    return 1;
  }
  printf("ready\n");
  fflush(stdout);
  for (struct pollfd wait = {fd, POLLIN, 0};;) {
    poll(&wait, 1, -1);
    ssize_t length = recv(fd, frame, sizeof frame, MSG_DONTWAIT);
    if (length < 42 || frame[21] != 1 || memcmp(frame + 38, ip, 4) != 0) continue;
    memcpy(reply, frame + 22, 6);
    memcpy(reply + 6, mac, 6);
    memcpy(reply + 12, frame + 12, 8);
    reply[20] = 0;
    reply[21] = 2;
    memcpy(reply + 22, mac, 6);
    memcpy(reply + 28, ip, 4);
    memcpy(reply + 32, frame + 22, 10);
    send(fd, reply, sizeof reply, 0);
  }
}
