import type { ConsulBinary } from './consul-binary.ts';

export interface ConsulPorts {
  readonly http: number;
  readonly server: number;
  readonly serfLan: number;
  /** -1: closed. */
  readonly serfWan: number;
  /** -1: closed. */
  readonly dns: number;
}

export interface ConsulConfigOptions {
  /** Merged over what stands here, key by key at the top level, `ports` apart. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Where the agent keeps its state; undefined for a development agent, which keeps it in memory. */
  readonly dataDir: string | undefined;
}

/** The agent's configuration file: one server on loopback, and nothing open that was not asked for. */
export function consulConfig(
  binary: ConsulBinary,
  ports: ConsulPorts,
  options: ConsulConfigOptions,
): Record<string, unknown> {
  return {
    node_name: 'node-1',
    bind_addr: '127.0.0.1',
    client_addr: '127.0.0.1',
    log_level: 'info',
    disable_update_check: true,
    performance: { raft_multiplier: 1 },
    ...(options.dataDir === undefined
      ? {}
      : { server: true, bootstrap_expect: 1, data_dir: options.dataDir }),
    ...options.extra,
    ports: {
      http: ports.http,
      server: ports.server,
      serf_lan: ports.serfLan,
      serf_wan: ports.serfWan,
      dns: ports.dns,
      https: -1,
      grpc: -1,
      ...(isAtLeast(binary.version, 1, 14) ? { grpc_tls: -1 } : {}),
    },
  };
}

/** An older Consul refuses configuration keys that a newer one needs. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
