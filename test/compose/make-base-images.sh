#!/usr/bin/env bash
# Makes the base images that docker-compose.yml and deploy/Dockerfile name, for a machine that can pull none:
# node:26-bookworm-slim from Debian's packages and this project's own Node, hashicorp/consul:1.20 from the
# Consul that the demo uses. They stand in for the official images on this machine only: never push them.
#
# Needs root, a running engine, debootstrap, npm, and `npm ci` done in this folder before.
# An image that is already there is left alone; `--force` makes both again.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly NODE_IMAGE=node:26-bookworm-slim
readonly CONSUL_IMAGE=hashicorp/consul:1.20
readonly NODE=node_modules/node/bin/node

force=no
[ "${1:-}" = --force ] && force=yes

is_missing() {
  [ "$force" = yes ] || ! docker image inspect "$1" >/dev/null 2>&1
}

require() {
  command -v "$1" >/dev/null || { echo "make-base-images: $1 is needed${2:+ ($2)}" >&2; exit 1; }
}

make_debian() {
  [ -d "$work/rootfs" ] && return
  echo "make-base-images: Debian bookworm, the minimal system" >&2
  require debootstrap 'apt-get install debootstrap'
  # libatomic1 and libstdc++6 are what Node's program links to.
  debootstrap --variant=minbase --include=libatomic1,libstdc++6,ca-certificates bookworm "$work/rootfs" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 5 "$work/debootstrap.log" >&2; exit 1; }
  rm -rf "$work/rootfs"/var/cache/apt/* "$work/rootfs"/var/lib/apt/lists/* "$work/rootfs"/usr/share/{doc,man,locale}/*
  # Behind a proxy that opens TLS, only this machine's own list of authorities lets npm reach its registry.
  cp /etc/ssl/certs/ca-certificates.crt "$work/rootfs/etc/ssl/certs/ca-certificates.crt"
}

make_node_image() {
  make_debian
  echo "make-base-images: $NODE_IMAGE" >&2
  require npm
  [ -x "$NODE" ] || { echo "make-base-images: $NODE is missing, run npm ci first" >&2; exit 1; }
  local context=$work/node
  mkdir -p "$context"
  tar -C "$work/rootfs" -cf "$context/rootfs.tar" .
  cp "$NODE" "$context/node"
  cp -RL "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" "$context/npm"
  cat >"$context/docker-entrypoint.sh" <<'ENTRYPOINT'
#!/bin/sh
set -e
# As the official image does: what is no command is given to node.
if [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ] || { [ -f "${1}" ] && ! [ -x "${1}" ]; }; then
  set -- node "$@"
fi
exec "$@"
ENTRYPOINT
  chmod 755 "$context/docker-entrypoint.sh"
  cat >"$context/Dockerfile" <<'DOCKERFILE'
FROM scratch
ADD rootfs.tar /
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY docker-entrypoint.sh node /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && node --version && npm --version
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
DOCKERFILE
  docker build --quiet --tag "$NODE_IMAGE" "$context"
}

make_consul_image() {
  make_debian
  echo "make-base-images: $CONSUL_IMAGE" >&2
  local context=$work/consul consul
  mkdir -p "$context"
  consul=$("$NODE" --input-type=module -e '
    const { findConsul } = await import(`${process.cwd()}/src/demo/consul-binary.ts`);
    console.log((await findConsul({ log: (line) => console.error(line) })).path);')
  tar -C "$work/rootfs" -cf "$context/rootfs.tar" .
  cp -L "$consul" "$context/consul"
  cat >"$context/docker-entrypoint.sh" <<'ENTRYPOINT'
#!/bin/sh
set -e
# As the official image does: `agent …` gets the folders, and another of Consul's commands gets the program.
if [ "$1" = agent ]; then
  shift
  set -- consul agent -data-dir=/consul/data -config-dir=/consul/config "$@"
elif [ "${1#-}" != "$1" ] || consul --help "$1" 2>&1 | grep -q "consul $1"; then
  set -- consul "$@"
fi
if [ "$1" = consul ] && [ "$(id -u)" = 0 ]; then
  exec setpriv --reuid consul --regid consul --clear-groups "$@"
fi
exec "$@"
ENTRYPOINT
  chmod 755 "$context/docker-entrypoint.sh" "$context/consul"
  cat >"$context/Dockerfile" <<'DOCKERFILE'
FROM scratch
ADD rootfs.tar /
RUN groupadd --gid 1000 consul && useradd --uid 100 --gid consul --no-create-home consul \
 && mkdir -p /consul/data /consul/config && chown -R consul:consul /consul
COPY consul /bin/consul
COPY docker-entrypoint.sh /usr/local/bin/
EXPOSE 8300 8301 8301/udp 8302 8302/udp 8500 8600 8600/udp
VOLUME /consul/data
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["agent", "-dev", "-client", "0.0.0.0"]
DOCKERFILE
  docker build --quiet --tag "$CONSUL_IMAGE" "$context"
}

require docker
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if is_missing "$NODE_IMAGE"; then make_node_image; fi
if is_missing "$CONSUL_IMAGE"; then make_consul_image; fi
