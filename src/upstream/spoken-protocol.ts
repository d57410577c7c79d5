// What is spoken with an endpoint, by the configuration of its service and by what is registered of it: pure.
// Source: Traefik docs, "Consul Catalog" (`traefik.http.services.NAME.loadbalancer.server.scheme`).

import type { DialTarget } from '../net/dial.ts';

/** `negotiated`: what the endpoint chooses by ALPN. */
export type SpokenProtocol = 'http/1.1' | 'h2' | 'negotiated';

export interface ProtocolChoice {
  /** As configured for the service; `h2c` and `grpc` say HTTP/2. */
  readonly protocol: 'http' | 'h2c' | 'grpc';
  /** Words by which an endpoint is registered as one of HTTP/2. */
  readonly registered: readonly string[];
}

const TRAEFIK_SCHEME = /^traefik\.http\.services\.[^.=]+\.loadbalancer\.server\.scheme=(.+)$/i;

/** @param negotiates whether the endpoint says by ALPN what is spoken with it */
export function spokenWith(
  target: Pick<DialTarget, 'tags' | 'meta'>,
  { protocol, registered }: ProtocolChoice,
  negotiates: boolean,
): SpokenProtocol {
  if (protocol !== 'http' || isRegistered(target, registered)) return 'h2';
  return negotiates ? 'negotiated' : 'http/1.1';
}

function isRegistered({ tags, meta }: Pick<DialTarget, 'tags' | 'meta'>, words: readonly string[]): boolean {
  if (words.length === 0) return false;
  const said = new Set(tags.map((tag) => (TRAEFIK_SCHEME.exec(tag)?.[1] ?? tag).toLowerCase()));
  for (const [name, value] of Object.entries(meta)) {
    if (name.toLowerCase() === 'protocol') said.add(value.toLowerCase());
    else if (value.toLowerCase() === 'true') said.add(name.toLowerCase());
  }
  return words.some((word) => said.has(word.toLowerCase()));
}
