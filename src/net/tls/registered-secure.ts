// Which endpoints say in the registry that they speak TLS, as the frameworks that register them write it: pure.
// Source: Spring Cloud Consul docs, "Registering with Consul" (metadata and tag `secure`); Traefik docs, "Consul Catalog"
// (`traefik.http.services.NAME.loadbalancer.server.scheme`).

import type { DialTarget } from '../dial.ts';

const TAGS: readonly RegExp[] = [
  /^secure=true$/i,
  /^traefik\.(?:http|tcp)\.services\.[^.=]+\.loadbalancer\.server\.(?:scheme=https|tls=true)$/i,
];

export function isRegisteredSecure({ tags, meta }: Pick<DialTarget, 'tags' | 'meta'>): boolean {
  return meta['secure']?.toLowerCase() === 'true' || tags.some((tag) => TAGS.some((form) => form.test(tag)));
}
