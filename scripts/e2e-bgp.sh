#!/usr/bin/env bash
# Runs the tests of BGP and BFD against FRR, BIRD and GoBGP of the distribution, in network namespaces. Needs root; installs
# what it needs on Debian, and leaves nothing running.
# Arguments go to vitest, in place of the usual tests: scripts/e2e-bgp.sh test/e2e/bgp/sessions
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(iproute2 util-linux procps iptables)

say() { printf '%s\n' "$*" >&2; }

if [ "$(id -u)" -ne 0 ]; then
  say 'npm run e2e:bgp needs root: it makes network namespaces and installs distribution packages.'
  exit 2
fi
if ! command -v apt-get >/dev/null; then
  say "npm run e2e:bgp installs Debian packages and finds no apt-get. It needs: ${packages[*]}, and those of test/support/bgp-peers/install.sh."
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
test/support/bgp-peers/install.sh
[ -d node_modules ] || npm ci
npm run --silent build

scratch=$(mktemp -d "${TMPDIR:-/tmp}/metal-lb-e2e-bgp.XXXXXX")
# The daemons of FRR run as a user of their own.
chmod 711 "$scratch"
running=
# Killing the first process of the private network ends everything in it.
finish() {
  if [ -n "$running" ]; then kill -KILL "$running" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tests=("$@")
if [ ${#tests[@]} -eq 0 ]; then tests=(test/e2e/bgp test/bgp test/bfd test/platform/tcp); fi
TMPDIR=$scratch REAL_NETWORK=1 test/cluster/private-network.sh \
  npx vitest run --config vitest.e2e.config.ts "${tests[@]}" </dev/null &
running=$!
status=0
wait "$running" || status=$?
running=
exit "$status"
