// The transport of HTTP to the endpoints of a service, as its policy says.

import type { PolicyConfig, ServiceConfig } from '../config/types.ts';
import type { HttpTransportParts } from '../upstream/http-transport.ts';
import { HttpTransport } from '../upstream/http-transport.ts';

export interface HttpTransportTerms {
  readonly policy: Pick<PolicyConfig, 'timeout' | 'connections' | 'http2'>;
  readonly protocol: Exclude<ServiceConfig['protocol'], 'tcp'>;
  /** Bytes of the head of a response. */
  readonly maxHeaderBytes: number;
}

export function httpTransport(
  { policy: { timeout, connections, http2 }, protocol, maxHeaderBytes }: HttpTransportTerms,
  parts: HttpTransportParts,
): HttpTransport {
  return new HttpTransport(
    {
      connectTimeoutMs: timeout.connect,
      maxConnections: connections.maxPerEndpoint,
      keepAliveMs: connections.keepAlive,
      maxHeaderBytes,
      pings: { intervalMs: http2.ping.interval, timeoutMs: http2.ping.timeout },
      protocol,
      registered: http2.registered,
    },
    parts,
  );
}
