// The connections of each protocol that is spoken with endpoints of HTTP. What few services need is loaded with the
// first endpoint that needs it.

import { messageOf } from '../core/errors.ts';
import type { EndpointConnections } from '../http/attempt.ts';
import type { Http1ConnectionsParts } from '../http/http1/http1-connections.ts';
import { Http1Connections } from '../http/http1/http1-connections.ts';
import { LateConnections } from '../http/late-connections.ts';
import type { TransportOptions } from '../http/transport-options.ts';
import type { SpokenProtocol } from './spoken-protocol.ts';

export interface ConnectionsParts extends Http1ConnectionsParts {
  readonly options: TransportOptions;
}

type Connect = (parts: ConnectionsParts) => EndpointConnections;

export const HTTP_PROTOCOLS: Readonly<Record<SpokenProtocol, Connect>> = {
  'http/1.1': (parts) => new Http1Connections(parts),
  h2: loaded(async () => {
    const { Http2Connections } = await import('../http/http2/client-connections.ts');
    return (parts) => new Http2Connections(parts);
  }),
  negotiated: loaded(async () => {
    const [{ Http2Connections }, { NegotiatedConnections }] = await Promise.all([
      import('../http/http2/client-connections.ts'),
      import('../http/negotiated-connections.ts'),
    ]);
    return (parts) =>
      new NegotiatedConnections(parts, (version, dialer) =>
        version === 'h2'
          ? new Http2Connections({ ...parts, dialer })
          : new Http1Connections({ ...parts, dialer }),
      );
  }),
};

/** Connections of a kind whose module is loaded with the first of them. */
function loaded(load: () => Promise<Connect>): Connect {
  let connect: Connect | undefined;
  return (parts) => {
    if (connect !== undefined) return connect(parts);
    const late = new LateConnections();
    load().then(
      (ready) => {
        connect = ready;
        late.arrived(ready(parts));
      },
      (error: unknown) => {
        parts.fault(error);
        late.failed({ reason: 'connect_failure', neverSent: true, detail: messageOf(error) });
      },
    );
    return late;
  };
}
