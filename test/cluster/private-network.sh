#!/usr/bin/env bash
# Runs a command with a network, a process table and a /run of its own. When the command ends, however it
# ends or its caller dies, every process it started is gone, and so is every namespace, bridge and cable. Needs root.
set -euo pipefail
exec setpriv --pdeathsig KILL -- unshare --net --mount --pid --fork --kill-child --mount-proc -- bash -c '
  set -e
  mount -t tmpfs tmpfs /run
  mkdir -p /run/netns /run/lock /run/secrets/kubernetes.io/serviceaccount
  ip link set lo up
  export PRIVATE_NETWORK=1
  "$@"
  # Not the last command, so that this shell stays, and buries whatever loses its parent.
  exit' private-network "$@"
