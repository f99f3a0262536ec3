#!/usr/bin/env bash
# Installs the routers of the BGP tests from the distribution, where they are missing, without starting their services.
# Needs root for that only.
set -euo pipefail

packages=(frr bird2 gobgpd)
services=(frr bird gobgpd)
policy=/usr/sbin/policy-rc.d

say() { printf '%s\n' "$*" >&2; }

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

# What a package may start is asked of this program, if there is one; 101 is no. Ours stands only during installation.
forbids() {
  local answer=0
  "$policy" frr start >/dev/null 2>&1 || answer=$?
  [ "$answer" -eq 101 ]
}
aside=
restore() {
  [ -n "$aside" ] || return 0
  rm -f "$policy"
  if [ -e "$aside/policy" ]; then mv "$aside/policy" "$policy"; fi
  rmdir "$aside"
}
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if ! forbids; then
  aside=$(mktemp -d)
  if [ -e "$policy" ]; then mv "$policy" "$aside/policy"; fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

say "installing ${missing[*]}"
apt-get update -qq >&2
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
# Neither are they to start when the machine does.
if [ -d /run/systemd/system ]; then
  systemctl disable --quiet "${services[@]}" >&2 || say "the services ${services[*]} could not be disabled"
fi
