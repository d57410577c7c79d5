#!/usr/bin/env bash
# make-tarball.sh [FOLDER]: the ambassador for a machine that has no Node.js: one archive with a Node.js inside, for the
# system and processor that this runs on. Writes FOLDER/consul-ambassador-VERSION-SYSTEM-CPU.tar.gz (default: dist-tarball)
# and its SHA-256. Needs npm, and `npm ci` done in this folder before: the Node.js inside is the one it installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-dist-tarball}
readonly NODE=node_modules/node/bin/node
[ -x "$NODE" ] || { echo "make-tarball: $NODE is missing, run npm ci first" >&2; exit 1; }

name=$("$NODE" -p '`consul-ambassador-${require("./package.json").version}-${process.platform}-${process.arch}`')
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/$name
mkdir -p "$root/bin" "$root/lib"

npm pack --silent --pack-destination "$work" >/dev/null
tar -xzf "$work"/consul-ambassador-*.tgz -C "$root/lib" --strip-components=1
cp package-lock.json "$root/lib/"
(cd "$root/lib" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --silent)
rm "$root/lib/package-lock.json"
deploy/packaging/prune-modules.sh "$root/lib"

install -m 755 "$NODE" "$root/lib/node"
cp node_modules/node/LICENSE "$root/lib/LICENSE.node" 2>/dev/null || true
# Node.js needs libatomic, which small systems lack.
libatomic=$({ ldd "$NODE" 2>/dev/null || true; } | awk '$1 == "libatomic.so.1" { print $3 }')
if [ -n "$libatomic" ]; then
  install -D -m 644 "$libatomic" "$root/lib/libatomic/libatomic.so.1"
  cp /usr/share/doc/libatomic1/copyright "$root/lib/LICENSE.libatomic" 2>/dev/null || true
fi
mv "$root"/lib/*.md "$root/lib/LICENSE" "$root/lib/docs" "$root/lib/deploy" "$root/"
cat >"$root/bin/ambassador" <<'PROGRAM'
#!/bin/sh
# By its real place, so that a link on the PATH will do.
here=$(dirname "$(readlink -f "$0")")
# Where the system has no libatomic, the packed one.
set_library_path() {
  for file in /lib*/libatomic.so.1 /usr/lib*/libatomic.so.1 /lib/*/libatomic.so.1 /usr/lib/*/libatomic.so.1; do
    [ ! -e "$file" ] || return 0
  done
  export LD_LIBRARY_PATH="$here/../lib/libatomic${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}
set_library_path
exec "$here/../lib/node" "$here/../lib/dist/main.js" "$@"
PROGRAM
chmod 755 "$root/bin/ambassador"

tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -czf "$out/$name.tar.gz" "$name"
(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
printf '%s: %s bytes, unpacked %s\n' "$out/$name.tar.gz" "$(stat -c %s "$out/$name.tar.gz")" "$(du -sh "$root" | cut -f1)"
