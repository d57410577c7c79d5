// The connections of each protocol that is spoken with endpoints of HTTP. What few services need is loaded with the
// first endpoint that needs it.

import { loadModule } from '../core/load-module.ts';
import type { EndpointConnections } from '../http/attempt.ts';
import type { Http1ConnectionsParts } from '../http/http1/http1-connections.ts';
import { Http1Connections } from '../http/http1/http1-connections.ts';
import type { TransportOptions } from '../http/transport-options.ts';
import type { SpokenProtocol } from './spoken-protocol.ts';

export interface ConnectionsParts extends Http1ConnectionsParts {
  readonly options: TransportOptions;
}

type Connect = (parts: ConnectionsParts) => EndpointConnections;

export const HTTP_PROTOCOLS: Readonly<Record<SpokenProtocol, Connect>> = {
  'http/1.1': (parts) => new Http1Connections(parts),
  h2: (parts) => http2Connections(parts),
  negotiated: (parts) => {
    const { NegotiatedConnections } = loadModule<typeof import('../http/negotiated-connections.ts')>(
      '../http/negotiated-connections.ts',
      import.meta.url,
    );
    return new NegotiatedConnections(parts, (version, dialer) =>
      version === 'h2' ? http2Connections({ ...parts, dialer }) : new Http1Connections({ ...parts, dialer }),
    );
  },
};

function http2Connections(parts: ConnectionsParts): EndpointConnections {
  const { Http2Connections } = loadModule<typeof import('../http/http2/client-connections.ts')>(
    '../http/http2/client-connections.ts',
    import.meta.url,
  );
  return new Http2Connections(parts);
}
