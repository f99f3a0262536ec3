#!/usr/bin/env bash
# Assembles the root file systems of the images: OUT/controller, OUT/speaker and OUT/migrate, each with Node, the
# shared libraries it needs, one program and the licenses of all that, and nothing else. The Dockerfile copies from
# what this makes. Prints the three folders; sizes go to standard error.
#
#   images/assemble.sh OUT
#
# ARCH               amd64 or arm64; this machine's otherwise. Libraries of another architecture come from apt.
# IMAGE_NODE         a Node binary of that architecture in place of the one that images/node.lock names
# PROGRAMS           folder with the bundles; dist otherwise, which npm run build makes
# METAL_LB_CACHE     where downloads are kept
# SOURCE_DATE_EPOCH  time of every file, in seconds; 0 otherwise, so that the same input gives the same trees
set -euo pipefail
umask 022

[ $# -eq 1 ] || { printf 'usage: images/assemble.sh OUT\n' >&2; exit 2; }
out=$(realpath -m "$1")
programs=$(realpath "${PROGRAMS:-$(dirname "$0")/../dist}")
cd "$(dirname "$0")/.."

machine=$(uname -m | sed 's/^x86_64$/amd64/; s/^aarch64$/arm64/')
arch=${ARCH:-$machine}
cache=${METAL_LB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/metal-lb}
app=/opt/metal-lb

say() { printf '%s\n' "$*" >&2; }
fail() { say "images/assemble.sh: $*"; exit 1; }

case $arch in
  amd64) cpu=x64 triplet=x86_64-linux-gnu ;;
  arm64) cpu=arm64 triplet=aarch64-linux-gnu ;;
  *) fail "no images for $arch" ;;
esac
command -v readelf >/dev/null || fail 'readelf is not installed: apt-get install binutils'
[ -f "$programs/speaker.js" ] || fail "$programs has no programs: npm run build makes them"

mkdir -p "$out" "$cache"
work=$(mktemp -d "$out/.assembling.XXXXXX")
trap 'rm -rf "$work"' EXIT
exec 9>"$cache/images.lock"
flock 9

# Unpacks a package of the npm registry into a folder, once, after its digest was found to be the expected one.
fetch() {
  local name=$1 version=$2 integrity=$3 folder=$4 archive digest
  [ ! -d "$folder" ] || return 0
  say "fetching $name $version"
  archive=$work/$(cd "$work" && npm pack --silent --ignore-scripts "$name@$version") || fail "$name $version cannot be fetched"
  digest=sha512-$(node -p 'require("node:crypto").createHash("sha512").update(require("node:fs").readFileSync(process.argv[1])).digest("base64")' "$archive")
  [ "$digest" = "$integrity" ] || fail "$name $version is not what it was: $digest"
  mkdir "$work/unpacked"
  tar --extract --gzip --file "$archive" --directory "$work/unpacked" --strip-components 1 --no-same-owner
  mkdir -p "$(dirname "$folder")"
  mv "$work/unpacked" "$folder"
  rm "$archive"
}

# Where the Node of images/node.lock is, with its license.
node_package() {
  local name version integrity
  read -r _ name version integrity < <(grep "^$arch " images/node.lock)
  fetch "$name" "$version" "$integrity" "$cache/node-$version/$name"
  printf '%s\n' "$cache/node-$version/$name"
}

# Where koffi's native part for the architecture is: installed with the others, or fetched as the lock file says.
koffi_package() {
  local name=@koromix/koffi-linux-$cpu version integrity
  if [ -d "node_modules/$name" ]; then realpath "node_modules/$name"; return; fi
  read -r version integrity < <(node -p "const { version, integrity } = require('./package-lock.json').packages['node_modules/$name']; version + ' ' + integrity")
  fetch "$name" "$version" "$integrity" "$cache/koffi-$version/linux-$cpu"
  printf '%s\n' "$cache/koffi-$version/linux-$cpu"
}

# The tree in which libraries are looked up: this machine's, or one unpacked from the distribution's packages for
# the other architecture, fetched with a private apt state so that nothing on the machine changes.
library_tree() {
  if [ "$arch" = "$machine" ]; then printf '/\n'; return; fi
  local release tree apt=$work/apt
  release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-$ID}")
  tree=$cache/libraries-$release-$arch
  if [ ! -d "$tree" ]; then
    say "fetching the libraries of $arch"
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/tree"
    cp /dev/null "$apt/status"
    local options=(-qq -o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o APT::Sandbox::User=root
      -o "Dir::State=$apt" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt")
    apt-get "${options[@]}" update >&2
    apt-get "${options[@]}" install --download-only --yes --no-install-recommends libstdc++6 libatomic1 >&2
    find "$apt/archives" -name '*.deb' -exec dpkg-deb --extract {} "$apt/tree" \;
    mv "$apt/tree" "$tree"
  fi
  printf '%s\n' "$tree"
}

# Puts every library that an ELF file needs, and its loader, where the loader looks for them.
add_libraries() {
  local root=$1 file=$2 name found
  name=$(readelf --wide --program-headers "$file" | sed -n 's/.*program interpreter: \(.*\)\]$/\1/p')
  [ -z "$name" ] || install -D -m 755 "$tree/${name#/}" "$root$name"
  for name in $(readelf --wide --dynamic "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p'); do
    case $name in ld-linux-*) continue ;; esac
    [ ! -e "$root/lib/$triplet/$name" ] || continue
    found=$(find "$tree/lib/$triplet" "$tree/usr/lib/$triplet" -maxdepth 1 -name "$name" 2>/dev/null | head -n 1)
    [ -n "$found" ] || fail "$name, which $file needs, is not installed for $arch"
    install -D -m 644 "$found" "$root/lib/$triplet/$name"
    add_libraries "$root" "$found"
  done
}

# What the three have in common.
lay_ground() {
  local root=$1 package
  install -D -m 755 "$node" "$root/bin/node"
  add_libraries "$root" "$node"
  mkdir -p "$root"/{dev,proc,run,sys,tmp,etc,licenses,var/run/secrets/kubernetes.io/serviceaccount}
  printf 'root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
  # Names of /etc/hosts, where the kubelet writes a pod's hostAliases, come before those of DNS.
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
  cp LICENSE "$root/licenses/metal-lb"
  [ ! -f "$node_license" ] || cp "$node_license" "$root/licenses/node"
  for package in libc6 libgcc-s1; do
    cp -L "$tree/usr/share/doc/$package/copyright" "$root/licenses/$package"
  done
}

# Writes the flags of a first line to where Node reads them. The kernel passes one argument to an interpreter and
# there is no env here to split it, so they come from a file as NODE_OPTIONS; flags of its engine that Node does not
# take from there are set by a script that it loads before the program.
write_flags() {
  local folder=$1 flag options=()
  shift
  for flag in "$@"; do
    if node -e 'process.exit(process.allowedNodeEnvironmentFlags.has(process.argv[1]) ? 0 : 1)' -- "$flag"; then
      options+=("$flag")
    else
      printf "require('node:v8').setFlagsFromString('%s');\n" "$flag" >>"$folder/engine.cjs"
    fi
  done
  [ ! -f "$folder/engine.cjs" ] || options+=("--require=$app/engine.cjs")
  printf 'NODE_OPTIONS="%s"\n' "${options[*]}" >"$folder/node.env"
}

# Adds a program: its bundle, its license list, and the path by which it is started.
add_program() {
  local name=$1 entry=/$2 line flags first='#!/bin/node' root=$work/roots/$1 source=$programs/$1.js
  shift 2
  cp -al "$work/ground" "$root"
  mkdir -p "$root$app/chunks"
  read -r line <"$source"
  case $line in
    '#!/usr/bin/env node') flags= ;;
    '#!/usr/bin/env -S node --'*) flags=--${line#*--} ;;
    *) fail "$source does not say how it is started" ;;
  esac
  if [ -n "$flags" ]; then
    # shellcheck disable=SC2086 # one word for each flag
    write_flags "$root$app" $flags
    first="$first --env-file=$app/node.env"
  fi
  { printf '%s\n' "$first" && sed 1d "$source"; } >"$root$app/$name.js"
  chmod 755 "$root$app/$name.js"
  ln -s "${app#/}/$name.js" "$root$entry"
  install -m 644 "$programs/chunks/$name"-*.js "$root$app/chunks"
  node -p "const { name, version, license } = require('./package.json'); JSON.stringify({ name, version, license, type: 'module' })" >"$root$app/package.json"
  node scripts/licenses.js "$root/licenses/npm" "$@"
}

add_threads() {
  local root=$work/roots/speaker native
  local modules=$root$app/node_modules file
  native=$(koffi_package)
  for file in link-worker bfd-worker; do
    install -D -m 644 "$programs/$file.js" "$root$app/$file.js"
  done
  for file in package.json index.js src/koffi/index.js src/koffi/src/static.js; do
    install -D -m 644 "node_modules/koffi/$file" "$modules/koffi/$file"
  done
  for file in package.json index.js "linux_$cpu/koffi.node"; do
    install -D -m 644 "$native/$file" "$modules/@koromix/koffi-linux-$cpu/$file"
  done
  add_libraries "$root" "$native/linux_$cpu/koffi.node"
  cp node_modules/koffi/LICENSE.txt "$root/licenses/npm/koffi"
}

if [ -n "${IMAGE_NODE:-}" ]; then
  node=$(realpath "$IMAGE_NODE")
  node_license=$(dirname "$node")/../LICENSE
else
  node=$(node_package)/bin/node
  node_license=${node%/bin/node}/LICENSE
fi
tree=$(library_tree)

lay_ground "$work/ground"
mkdir "$work/roots"
add_program controller controller src/runtime/bin/{controller,certificate-worker}.ts
install -D -m 644 "$programs/certificate-worker.js" "$work/roots/controller$app/certificate-worker.js"
add_program speaker speaker src/runtime/bin/{speaker,link-worker,bfd-worker}.ts
add_program migrate metal-migrate src/migrate/cli.ts
add_threads

[ "$(id -u)" -ne 0 ] || chown -hR 0:0 "$work/roots"
chmod -R a=rX,u+w "$work/roots"
find "$work/roots" -exec touch --no-dereference --date "@${SOURCE_DATE_EPOCH:-0}" {} +

for name in controller speaker migrate; do
  rm -rf "${out:?}/$name"
  mv "$work/roots/$name" "$out/$name"
  say "$name: $(du -sm --apparent-size "$out/$name" | cut -f1) MB"
  printf '%s\n' "$out/$name"
done
