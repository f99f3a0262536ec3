#!/usr/bin/env bash
# Builds the program of test/gossip/peers/peer, members of a gossip ring as hashicorp/memberlist makes them, from the
# Go libraries of the distribution, into a cache outside the repository. Prints the folder with the program. Installs
# Alertmanager too, the other real peer of the tests.
#
# METAL_LB_CACHE overrides the cache folder. Needs root for apt only when a package is missing.
set -euo pipefail

cache=${METAL_LB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/metal-lb}
source=$(cd "$(dirname "$0")/peer" && pwd)
packages=(golang-go golang-github-hashicorp-memberlist-dev prometheus-alertmanager)

say() { printf '%s\n' "$*" >&2; }

install_packages() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing ${missing[*]}"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
  case " ${missing[*]} " in *' prometheus-alertmanager '*) stop_alertmanager_service ;; esac
}

# Where an init runs, the package starts a service that nobody here asked for.
stop_alertmanager_service() {
  [ -d /run/systemd/system ] || return 0
  systemctl disable --quiet --now prometheus-alertmanager >&2 || say 'the service prometheus-alertmanager could not be stopped'
}

install_packages "${packages[@]}"
hash=$({ dpkg-query -W "${packages[@]}"; cat "$source"/*.go; } | sha256sum | cut -c1-16)
folder=$cache/gossip-peer-$hash
if [ -x "$folder/peer" ]; then
  printf '%s\n' "$folder"
  exit 0
fi

mkdir -p "$cache"
work=$(mktemp -d "$cache/gossip-peer.XXXXXX")
trap 'rm -rf "$work"' EXIT
(
  cd "$source"
  GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE=$work/go CGO_ENABLED=0 nice go build -o "$work/peer" . >&2
)
rm -rf "$work/go"
# Another run may have been faster; what it made is the same.
mkdir "$folder" 2>/dev/null || true
mv -f "$work/peer" "$folder/peer"
printf '%s\n' "$folder"
