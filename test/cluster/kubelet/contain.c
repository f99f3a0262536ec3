/*
 * Starts a process as a container runtime would: a root file system of its own made of an image and a layer to write
 * to, mounts, user, capabilities, limits. The caller has chosen the network. Becomes the process: its pid stays. $HOSTNAME names it.
 *
 *   contain --image DIR --scratch DIR [--read-only] [--mount SOURCE:TARGET]... [--user N] [--group N]
 *           [--capability N]... [--no-new-privileges] [--cgroup DIR]... -- PROGRAM [ARGUMENT]...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX 64
#define LAST_CAPABILITY 63

static void fail(const char *what) {
  fprintf(stderr, "contain: %s: %s\n", what, strerror(errno));
  exit(125);
}

static void join(char *path, size_t size, const char *a, const char *b) {
  if ((size_t)snprintf(path, size, "%s%s", a, b) >= size) {
    errno = ENAMETOOLONG;
    fail(b);
  }
}

static void make_folders(char *path) {
  for (char *slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
    *slash = 0;
    if (mkdir(path, 0755) && errno != EEXIST) fail(path);
  }
}

static void make_target(char *target, int folder) {
  make_folders(target);
  if (folder) {
    if (mkdir(target, 0755) && errno != EEXIST) fail(target);
    return;
  }
  int file = open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  if (file >= 0) close(file);
}

struct volume {
  int source, keep;
  char *target;
};

/* Opened before the root changes, since it is a path of the machine, and among the mounts that are ours. */
static struct volume open_volume(char *pair) {
  char *colon = strchr(pair, ':');
  if (!colon) {
    errno = EINVAL;
    fail(pair);
  }
  *colon = 0;
  struct volume volume = {open(pair, O_PATH | O_CLOEXEC), !strcmp(pair, "/dev"), colon + 1};
  if (volume.source < 0) fail(pair);
  return volume;
}

/* Read-only, but for the kernel's devices. Links in the target lead where the container would follow them. */
static void mount_volume(struct volume volume) {
  char source[64];
  struct stat kind;
  if (fstat(volume.source, &kind)) fail(volume.target);
  snprintf(source, sizeof source, "/proc/self/fd/%d", volume.source);
  make_target(volume.target, S_ISDIR(kind.st_mode));
  if (mount(source, volume.target, NULL, MS_BIND | MS_REC, NULL)) fail(volume.target);
  if (!volume.keep && mount(NULL, volume.target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)) fail(volume.target);
}

/* /sys as seen from the network namespace that the caller chose. */
static void mount_kernel(const char *type, char *target, unsigned long flags) {
  make_target(target, 1);
  if (mount(type, target, type, flags | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) fail(target);
}

static void lay(const char *image, const char *scratch, char *root, size_t size) {
  char upper[4096], work[4096], options[12400];
  if (mount("tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=0755")) fail(scratch);
  join(upper, sizeof upper, scratch, "/upper");
  join(work, sizeof work, scratch, "/work");
  join(root, size, scratch, "/root");
  if (mkdir(upper, 0755) || mkdir(work, 0755) || mkdir(root, 0755)) fail(scratch);
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", image, upper, work);
  if (mount("overlay", root, "overlay", 0, options)) fail("overlay");
}

static void enter_cgroup(const char *folder) {
  char file[4096];
  join(file, sizeof file, folder, "/cgroup.procs");
  FILE *procs = fopen(file, "w");
  if (!procs || fprintf(procs, "%d", getpid()) < 0 || fclose(procs)) fail(file);
}

static void bound_capabilities(unsigned long long kept) {
  for (int capability = 0; capability <= LAST_CAPABILITY; capability++)
    if (!(kept >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) && errno != EINVAL)
      fail("bounding set");
}

int main(int argc, char **argv) {
  const char *image = NULL, *scratch = NULL;
  char *cgroups[MAX], *pairs[MAX], root[4096], proc[] = "/proc", sys[] = "/sys";
  struct volume volumes[MAX];
  int mounted = 0, grouped = 0, read_only = 0, no_new_privileges = 0, user = 0, group = 0, option;
  unsigned long long capabilities = 0;
  static const struct option options[] = {{"image", 1, 0, 'i'},      {"scratch", 1, 0, 's'},
                                          {"read-only", 0, 0, 'r'},  {"mount", 1, 0, 'm'},
                                          {"user", 1, 0, 'u'},       {"group", 1, 0, 'g'},
                                          {"capability", 1, 0, 'c'}, {"no-new-privileges", 0, 0, 'n'},
                                          {"cgroup", 1, 0, 'G'},     {0, 0, 0, 0}};
  while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
    if (option == 'i') image = optarg;
    else if (option == 's') scratch = optarg;
    else if (option == 'r') read_only = 1;
    else if (option == 'm' && mounted < MAX) pairs[mounted++] = optarg;
    else if (option == 'G' && grouped < MAX) cgroups[grouped++] = optarg;
    else if (option == 'u') user = atoi(optarg);
    else if (option == 'g') group = atoi(optarg);
    else if (option == 'c') capabilities |= 1ULL << atoi(optarg);
    else if (option == 'n') no_new_privileges = 1;
    else exit(125);
  }
  if (!image || !scratch || optind >= argc) {
    fprintf(stderr, "contain: --image, --scratch and a program are needed\n");
    return 125;
  }
  for (int i = 0; i < grouped; i++) enter_cgroup(cgroups[i]);
  const char *name = getenv("HOSTNAME");
  if (unshare(CLONE_NEWUTS) || (name && sethostname(name, strlen(name)))) fail("host name");
  if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL)) fail("private mounts");
  for (int i = 0; i < mounted; i++) volumes[i] = open_volume(pairs[i]);
  lay(image, scratch, root, sizeof root);
  if (chroot(root) || chdir("/")) fail("chroot");
  mount_kernel("proc", proc, 0);
  mount_kernel("sysfs", sys, MS_RDONLY);
  for (int i = 0; i < mounted; i++) mount_volume(volumes[i]);
  if (read_only && mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)) fail("read-only root");
  bound_capabilities(capabilities);
  if (setgroups(0, NULL) || setresgid(group, group, group) || setresuid(user, user, user)) fail("user");
  if (no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("no new privileges");
  execvp(argv[optind], argv + optind);
  fail(argv[optind]);
}
