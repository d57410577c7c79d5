import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { envoy as plainEnvoy } from '../../peers/envoy.ts';
import { SERVICE } from '../../peers/peer.ts';
import { SERVER_NAME } from '../endpoints.ts';
import type { Row } from '../row.ts';
import type { RowPeer } from './row-peer.ts';

const EXTENSIONS = 'type.googleapis.com/envoy.extensions';

export const envoy: RowPeer = {
  name: 'Envoy',
  find: plainEnvoy.find,
  prepare({ row, port, endpoints, caFile, folder }) {
    const file = join(folder, 'envoy.json');
    const cluster = {
      name: SERVICE,
      type: 'STATIC',
      connect_timeout: '1s',
      lb_policy: 'LEAST_REQUEST',
      load_assignment: {
        cluster_name: SERVICE,
        endpoints: [{ lb_endpoints: endpoints.map((at) => ({ endpoint: { address: addressOf(at) } })) }],
      },
      ...connectionsOf(row, caFile),
    };
    const filters = [row.client === 'TCP' ? TCP_PROXY : CONNECTION_MANAGER];
    const listener = { name: 'in', address: addressOf(port), filter_chains: [{ filters }] };
    writeFileSync(file, JSON.stringify({ static_resources: { listeners: [listener], clusters: [cluster] } }));
    return {
      program: process.env['ENVOY_BIN'] ?? 'envoy',
      args: ['-c', file, '--concurrency', '1', '--log-level', 'error', '--use-dynamic-base-id'],
    };
  },
};

const TCP_PROXY = {
  name: 'envoy.filters.network.tcp_proxy',
  typed_config: {
    '@type': `${EXTENSIONS}.filters.network.tcp_proxy.v3.TcpProxy`,
    stat_prefix: 'in',
    cluster: SERVICE,
  },
};

const CONNECTION_MANAGER = {
  name: 'envoy.filters.network.http_connection_manager',
  typed_config: {
    '@type': `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'in',
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [{ match: { prefix: `/${SERVICE}/` }, route: { cluster: SERVICE, prefix_rewrite: '/' } }],
        },
      ],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': `${EXTENSIONS}.filters.http.router.v3.Router` },
      },
    ],
  },
};

function connectionsOf({ endpoint }: Row, caFile: string): object {
  if (endpoint === 'h2c') {
    return {
      typed_extension_protocol_options: {
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
          '@type': `${EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions`,
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
    };
  }
  if (endpoint !== 'HTTP/1.1 over TLS') return {};
  return {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': `${EXTENSIONS}.transport_sockets.tls.v3.UpstreamTlsContext`,
        sni: SERVER_NAME,
        common_tls_context: {
          validation_context: {
            trusted_ca: { filename: caFile },
            match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: SERVER_NAME } }],
          },
        },
      },
    },
  };
}

function addressOf(port: number): unknown {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
