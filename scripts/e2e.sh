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

if [ $# -gt 0 ]; then
  start chosen "$@"
  tail --follow --pid="${runs[chosen]}" --lines=+1 --quiet "$scratch/chosen.log"
else
  # Most of the time the tests wait: for probes, for time-outs, for ten minutes of churn. So groups run side by side.
  # Those of timing follow each other, since their bounds are of milliseconds and seconds.
  walks=(test/e2e/docs test/e2e/walkthroughs test/e2e/manifests)
  timing=(test/e2e/robustness/limits test/e2e/failover test/e2e/gossip test/gossip)
  resources=(test/e2e/resources test/e2e/webhook test/e2e/migrate)
  say 'four groups side by side, about twenty minutes; each is printed when it has ended'
  start walks "${walks[@]}"
  start timing "${timing[@]}"
  start resources "${resources[@]}"
  others=()
  for taken in "${walks[@]}" "${timing[@]}" "${resources[@]}"; do others+=(--exclude "$taken*" --exclude "$taken/**"); done
  start rest "${others[@]}"
fi

# show GROUP: what was asked for by name has been followed while it ran.
show() {
  [ "$1" = chosen ] || { printf '\n== %s\n' "$1"; cat "$scratch/$1.log"; }
}

status=0
failed=()
for name in "${!runs[@]}"; do
  ended=0
  wait "${runs[$name]}" || ended=$?
  unset "runs[$name]"
  if [ "$ended" -eq 0 ]; then show "$name"; else failed+=("$name") status=$ended; fi
done
# What failed comes last: of a long log, people are shown the end.
for name in "${failed[@]}"; do show "$name"; done
for name in "${failed[@]}"; do
  say "failed in $name:"
  grep -a -A 12 ' FAIL ' "$scratch/$name.log" | cut -c 1-300 | head -n 80 >&2 || true
done
exit "$status"
