#!/usr/bin/env bash
# Runs the tests that need root: raw sockets, network namespaces, a real kube-apiserver. Installs what they need on
# Debian, builds the Kubernetes programs once (about five minutes) and the bundles, and leaves nothing running.
# Arguments go to vitest: scripts/e2e.sh test/e2e/wire
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(iproute2 util-linux procps openssl gcc libc6-dev binutils iptables conntrack)
packages+=(curl iputils-ping iputils-arping nginx-light chromium)

say() { printf '%s\n' "$*" >&2; }

if [ "$(id -u)" -ne 0 ]; then
  say 'npm run e2e needs root: it makes network namespaces and installs distribution packages.'
  exit 2
fi
if ! command -v apt-get >/dev/null; then
  say "npm run e2e installs Debian packages and finds no apt-get. It needs: ${packages[*]}, and those of test/cluster/build-kubernetes.sh."
  exit 2
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

test/cluster/build-kubernetes.sh >/dev/null
test/charts/build-renderer.sh >/dev/null
test/gossip/peers/build.sh >/dev/null
test/support/bgp-peers/install.sh
[ -d node_modules ] || npm ci
npm run --silent build

scratch=$(mktemp -d "${TMPDIR:-/tmp}/metal-lb-e2e.XXXXXX")
# Some tests run as somebody else, who must find what is theirs inside.
chmod 711 "$scratch"
images/assemble.sh "$scratch/images" >/dev/null
# Fetched now, since the tests that look at the other architecture's images have no network.
case $(uname -m) in aarch64) other=amd64 ;; *) other=arm64 ;; esac
ARCH=$other images/assemble.sh "$scratch/images-$other" >/dev/null

# One private network each; killing its first process ends everything in it.
declare -A runs=()
finish() {
  local run
  for run in "${runs[@]}"; do kill -KILL "$run" 2>/dev/null || true; done
  rm -rf "$scratch"
  # Control groups bear the scratch folder's name, and outlive the processes that they held.
  find /sys/fs/cgroup -depth -type d -name "metal-lb-test-$(basename "$scratch")-*" -exec rmdir {} + 2>/dev/null || true
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# start NAME VITEST-ARGUMENT...
start() {
  local name=$1 folder
  shift
  folder=$scratch/$(basename "$scratch")-$name
  mkdir "$folder"
  TMPDIR=$folder IMAGES=$scratch/images REAL_NETWORK=1 test/cluster/private-network.sh \
    npx vitest run --config vitest.e2e.config.ts "$@" </dev/null >"$scratch/$name.log" 2>&1 &
  runs[$name]=$!
}

# show GROUP: what was asked for by name has been followed while it ran.
show() {
  [ "$1" = chosen ] || { printf '\n== %s\n' "$1"; cat "$scratch/$1.log"; }
}

status=0
failed=()
# Waits for one of those that run; prints it unless it failed.
settle() {
  local ended=0 name pid
  wait -n -p pid "${runs[@]}" || ended=$?
  for name in "${!runs[@]}"; do
    [ "${runs[$name]}" = "$pid" ] || continue
    unset "runs[$name]"
    if [ "$ended" -eq 0 ]; then show "$name"; else failed+=("$name") status=$ended; fi
  done
}

if [ $# -gt 0 ]; then
  start chosen "$@"
  tail --follow --pid="${runs[chosen]}" --lines=+1 --quiet "$scratch/chosen.log"
else
  # Most of the time the tests wait: for probes, for time-outs, for ten minutes of churn. So groups run side by side,
  # the longest first; more than three at a time would disturb those whose bounds are of milliseconds.
  at_once=3
  declare -A groups=(
    [limits]='test/e2e/robustness/limits'
    [docs]='test/e2e/docs'
    [resources]='test/e2e/resources test/e2e/webhook'
    [bgp]='test/e2e/bgp test/bgp test/bfd test/platform/tcp'
    [membership]='test/e2e/failover test/e2e/gossip test/gossip test/layer2'
    [robustness]='test/e2e/robustness/beginning test/e2e/robustness/control-plane test/e2e/robustness/killing test/e2e/walkthroughs'
    [migrate]='test/e2e/migrate'
    [manifests]='test/e2e/manifests'
  )
  others=()
  for taken in ${groups[*]}; do others+=(--exclude "$taken*" --exclude "$taken/**"); done
  say 'nine groups, three at a time, about half an hour; each is printed when it has ended'
  for name in limits docs rest resources bgp membership robustness migrate manifests; do
    [ ${#runs[@]} -lt "$at_once" ] || settle
    if [ "$name" = rest ]; then start rest "${others[@]}"; else start "$name" ${groups[$name]}; fi
  done
fi
while [ ${#runs[@]} -gt 0 ]; do settle; done
# What failed comes last: of a long log, people are shown the end.
for name in "${failed[@]}"; do show "$name"; done
for name in "${failed[@]}"; do
  say "failed in $name:"
  grep -a -A 12 ' FAIL ' "$scratch/$name.log" | cut -c 1-300 | head -n 80 >&2 || true
done
exit "$status"
