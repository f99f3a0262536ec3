#!/usr/bin/env bash
# Builds kube-apiserver, kube-controller-manager, kube-proxy and kubectl from the distribution's source
# package into a cache outside the repository, once per version. Prints the folder with the programs.
#
# METAL_LB_CACHE overrides the cache folder. Needs root for apt only when a package is missing.
set -euo pipefail

cache=${METAL_LB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/metal-lb}
programs=(kube-apiserver kube-controller-manager kube-proxy kubectl)
to_run=(etcd-server iproute2 openssl)
to_build=(golang-go golang-github-modern-go-reflect2-dev dpkg-dev rsync jq make)

say() { printf '%s\n' "$*" >&2; }

complete() {
  for program in "${programs[@]}"; do [ -x "$1/$program" ] || return 1; done
}

install_packages() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing ${missing[*]}"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
  case " ${missing[*]} " in *' etcd-server '*) stop_etcd_service ;; esac
}

# Where an init runs, the package starts a service that nobody here asked for.
stop_etcd_service() {
  [ -d /run/systemd/system ] || return 0
  systemctl disable --quiet --now etcd >&2 || say 'the service etcd could not be stopped'
}

# The source package comes from the archives this machine already trusts, read with a private apt state
# so that nothing on the machine changes.
fetch_source() {
  local apt=$1/apt
  mkdir -p "$apt/parts" "$apt/lists/partial"
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian*; do
    [ -s "$file" ] || continue
    sed -E 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' "$file" >"$apt/parts/$(basename "$file" | sed 's/^sources.list$/main.list/')"
  done
  (
    cd "$1"
    local options=(-o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$apt/parts" -o "Dir::State::lists=$apt/lists" -o "APT::Sandbox::User=root")
    apt-get -qq "${options[@]}" update >&2
    apt-get -qq "${options[@]}" source --download-only kubernetes >&2
  )
}

# reflect2 as vendored reads a map layout that Go 1.18 changed: the server would die on the first custom resource.
build() {
  local work=$1 tree=$1/gopath/src/k8s.io/kubernetes
  mkdir -p "$work/gopath/src/k8s.io" "$work/home"
  dpkg-source --no-check -x "$work"/kubernetes_*.dsc "$tree" >&2
  rm -rf "$tree/vendor/github.com/modern-go/reflect2"
  cp -aL /usr/share/gocode/src/github.com/modern-go/reflect2 "$tree/vendor/github.com/modern-go/reflect2"
  say "building ${programs[*]} (about five minutes on two cores)"
  (
    cd "$tree"
    export GOPATH=$work/gopath GO111MODULE=off HOME=$work/home
    nice make WHAT="$(printf 'cmd/%s ' "${programs[@]}")" >"$work/make.log" 2>&1 || { tail -n 40 "$work/make.log" >&2; exit 1; }
  )
  local out
  out=$(dirname "$(find "$tree/_output/local/bin" -name kube-apiserver -type f | head -n 1)")
  for program in "${programs[@]}"; do cp "$out/$program" "$2/"; done
}

install_packages "${to_run[@]}"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
for bin in "$cache"/kubernetes-*/bin; do
  if complete "$bin"; then printf '%s\n' "$bin"; exit 0; fi
done

install_packages "${to_build[@]}"
work=$(mktemp -d "${TMPDIR:-/tmp}/metal-lb-kubernetes.XXXXXX")
stage=$cache/staging
trap 'rm -rf "$work" "$stage"' EXIT
fetch_source "$work"
version=$(sed -n 's/^Version: *//p' "$work"/kubernetes_*.dsc | head -n 1 | tr -c 'A-Za-z0-9.\n' '-')
mkdir -p "$stage/bin"
build "$work" "$stage/bin"
rm -rf "$cache/kubernetes-$version"
mv "$stage" "$cache/kubernetes-$version"
printf '%s\n' "$cache/kubernetes-$version/bin"
