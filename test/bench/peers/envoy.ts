import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foundProgram } from './found-program.ts';
import type { Peer } from './peer.ts';
import { SERVICE } from './peer.ts';

const FILTERS = 'type.googleapis.com/envoy.extensions.filters';

export const envoy: Peer = {
  name: 'Envoy',
  note: 'LEAST_REQUEST, consecutive_5xx 5, --concurrency 1',
  find() {
    const path = process.env['ENVOY_BIN'];
    if (path === undefined) return { missing: 'ENVOY_BIN names none' };
    return foundProgram('envoy', path, '--version');
  },
  prepare({ port, endpoints, folder }) {
    const file = join(folder, 'envoy.json');
    const route = {
      match: { prefix: `/${SERVICE}/` },
      route: { cluster: SERVICE, prefix_rewrite: '/' },
    };
    const connectionManager = {
      '@type': `${FILTERS}.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'in',
      route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
      http_filters: [
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': `${FILTERS}.http.router.v3.Router` },
        },
      ],
    };
    const filter = { name: 'envoy.filters.network.http_connection_manager', typed_config: connectionManager };
    const cluster = {
      name: SERVICE,
      type: 'STATIC',
      connect_timeout: '1s',
      lb_policy: 'LEAST_REQUEST',
      outlier_detection: { consecutive_5xx: 5 },
      load_assignment: {
        cluster_name: SERVICE,
        endpoints: [{ lb_endpoints: endpoints.map((at) => ({ endpoint: { address: addressOf(at) } })) }],
      },
    };
    const listener = { name: 'in', address: addressOf(port), filter_chains: [{ filters: [filter] }] };
    writeFileSync(file, JSON.stringify({ static_resources: { listeners: [listener], clusters: [cluster] } }));
    return {
      program: process.env['ENVOY_BIN'] ?? 'envoy',
      args: ['-c', file, '--concurrency', '1', '--log-level', 'error', '--use-dynamic-base-id'],
    };
  },
};

function addressOf(port: number): unknown {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
