#!/usr/bin/env bash
# Builds the program that renders a chart as Helm would, from test/charts/render and the Go libraries of the
# distribution, into a cache outside the repository. Prints the path of the program.
#
# METAL_LB_CACHE overrides the cache folder. Needs root for apt only when a package is missing.
set -euo pipefail

cache=${METAL_LB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/metal-lb}
source=$(cd "$(dirname "$0")/render" && pwd)
packages=(
  golang-go
  golang-github-masterminds-sprig-dev
  golang-github-ghodss-yaml-dev
  golang-github-xeipuuv-gojsonschema-dev
)

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
}

install_packages "${packages[@]}"
hash=$({ dpkg-query -W "${packages[@]}"; cat "$source"/*.go; } | sha256sum | cut -c1-16)
folder=$cache/renderer-$hash
if [ -x "$folder/render" ]; then
  printf '%s\n' "$folder/render"
  exit 0
fi

mkdir -p "$cache"
work=$(mktemp -d "$cache/renderer.XXXXXX")
trap 'rm -rf "$work"' EXIT
(
  cd "$source"
  GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE=$work/go CGO_ENABLED=0 nice go build -o "$work/render" . >&2
)
rm -rf "$work/go"
# Another run may have been faster; what it made is the same.
mkdir "$folder" 2>/dev/null || true
mv -f "$work/render" "$folder/render"
printf '%s\n' "$folder/render"
