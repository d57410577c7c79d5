// The name of endpoints over TLS, where a service says what they are called over HTTP and nothing else.

import { isIP } from 'node:net';
import type { PolicyConfig } from './types.ts';

/** What stands for no name in `host`. */
const NO_NAMES: ReadonlySet<string> = new Set(['keep', 'endpoint']);

/**
 * Makes the name that is sent as Host the server's name, unless `tls.serverName` says another: virtual servers go by both.
 * In Consul's service mesh endpoints are known by their SPIFFE ids.
 */
export function withServerName(policy: PolicyConfig): PolicyConfig {
  const { tls, host } = policy;
  if (tls === undefined || tls.mode === 'connect' || tls.serverName !== undefined) return policy;
  if (host === undefined || NO_NAMES.has(host)) return policy;
  const name = host.replace(/:\d*$/, '');
  // An address is no server name (RFC 6066 §3).
  if (isIP(name) !== 0 || name.startsWith('[')) return policy;
  return { ...policy, tls: { ...tls, serverName: name } };
}
