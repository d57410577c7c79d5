// The registration of the application as the agent takes it. Pure. Source: Consul docs, agent HTTP API, "Register service".

import { isIP } from 'node:net';
import type { RegisterOptions } from './registration-options.ts';

export interface RegistrationBody {
  readonly ID: string;
  readonly Name: string;
  readonly [key: string]: unknown;
}

export interface TtlCheck {
  readonly id: string;
  /** Milliseconds. */
  readonly ttl: number;
}

export interface Registration {
  readonly body: RegistrationBody;
  /** Those that this process reports to. */
  readonly ttlChecks: readonly TtlCheck[];
}

/**
 * The same for a process that is started again, so that none stays behind, and another for each application on a machine
 * or behind an agent that several containers share.
 */
export function instanceId({ name, address, port }: RegisterOptions, hostname: string): string {
  return [name, hostname, ...(address === undefined ? [] : [address]), port].join('-');
}

/** Where the application is connected to from here. */
export function applicationHost({ address }: RegisterOptions): string {
  return address ?? '127.0.0.1';
}

/** @param portFault why the port does not answer; undefined: it does, and checks that ask for no more begin as passing */
export function registrationOf(
  options: RegisterOptions,
  id: string,
  portFault: string | undefined,
): Registration {
  const { name, port, address, tags, meta, weights, checks } = options;
  const { taggedAddresses, connect, deregisterCriticalServiceAfter: after } = options;
  const host = applicationHost(options);
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const ttlChecks: TtlCheck[] = [];
  const described = checks.map((check, index) => {
    const checkId = `${id}:${index + 1}`;
    if ('ttl' in check) ttlChecks.push({ id: checkId, ttl: check.ttl });
    return {
      CheckID: checkId,
      ...kindOf(check, authority, portFault === undefined ? 'passing' : 'critical'),
      ...(after === undefined ? {} : { DeregisterCriticalServiceAfter: goDuration(after) }),
    };
  });
  return {
    body: {
      ID: id,
      Name: name,
      Port: port,
      ...(address === undefined ? {} : { Address: address }),
      TaggedAddresses: Object.fromEntries(
        Object.entries(taggedAddresses).map(([label, at]) => [
          label,
          { Address: at.address, Port: at.port ?? port },
        ]),
      ),
      ...(connect.native ? { Connect: { Native: true } } : {}),
      Tags: tags,
      Meta: meta,
      Weights: { Passing: weights.passing, Warning: weights.warning },
      Checks: described,
    },
    ttlChecks,
  };
}

function kindOf(
  check: RegisterOptions['checks'][number],
  authority: string,
  status: 'passing' | 'critical',
): Record<string, unknown> {
  if ('ttl' in check) {
    return { Name: `connects to ${authority}`, TTL: goDuration(check.ttl), Status: status };
  }
  const pace = { Interval: goDuration(check.interval), Timeout: goDuration(check.timeout) };
  if ('http' in check) {
    const url = check.http.startsWith('/') ? `http://${authority}${check.http}` : check.http;
    return { Name: `HTTP ${check.http}`, HTTP: url, ...pace };
  }
  if ('grpc' in check) {
    const service = check.grpc === '' ? '' : `/${check.grpc}`;
    return { Name: `gRPC health${service}`, GRPC: `${authority}${service}`, ...pace };
  }
  return { Name: `TCP ${authority}`, TCP: authority, Status: status, ...pace };
}

function goDuration(ms: number): string {
  return `${ms}ms`;
}
