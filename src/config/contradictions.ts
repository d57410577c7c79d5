// What cannot be true at once, though each setting by itself could be.

import type { ListenAddress } from '../net/listen-address.ts';
import { formatListenAddress } from '../net/listen-address.ts';
import { chainMistakes } from './chain-mistakes.ts';
import { connectMistakes } from './connect-mistakes.ts';
import type { Complaint } from './explain.ts';
import type { Path } from './raw.ts';
import { formatPath } from './raw.ts';
import { tcpMistakes } from './tcp-services.ts';
import { translationMistakes } from './translated-services.ts';
import type { Config, PolicyConfig } from './types.ts';

/** The parts that are sound by themselves; what is missing is not judged. */
export type SoundParts = {
  readonly [K in 'consul' | 'listen' | 'admin' | 'discovery' | 'defaultPolicy' | 'services' | 'register']:
    | Config[K]
    | undefined;
};

/** @param isWritten whether a setting stands in the file: a default is not to blame for what was written */
export function contradictions(parts: SoundParts, isWritten: (path: Path) => boolean): Complaint[] {
  return [
    ...addressConflicts(parts, isWritten),
    ...twoTokens(parts),
    ...halfCertificates(parts, isWritten),
    ...twoSpellings(parts),
    ...fallbacks(parts, isWritten),
    ...fallbackRings(parts, isWritten),
    ...tooLongTries(parts, isWritten),
    ...tcpServices(parts, isWritten),
    ...translations(parts),
    ...chains(parts),
    ...connect(parts, isWritten),
    ...(parts.discovery?.services === 'declared' && parts.services?.size === 0
      ? [complain(['discovery', 'services'], 'declared, but there is nothing under services')]
      : []),
  ];
}

function complain(path: Path, message: string): Complaint {
  return { path, aboutKey: false, aboutFit: true, message };
}

function translations({ services }: SoundParts): Complaint[] {
  return [...(services?.values() ?? [])].flatMap((service) =>
    translationMistakes(service).map(({ path, message }) =>
      complain(['services', service.name, ...path], message),
    ),
  );
}

function twoTokens({ consul, admin }: SoundParts): Complaint[] {
  return [
    ...(consul?.token !== undefined && consul.tokenFile !== undefined
      ? [complain(['consul', 'tokenFile'], BOTH)]
      : []),
    ...(admin?.token !== undefined && admin.tokenFile !== undefined
      ? [complain(['admin', 'tokenFile'], BOTH)]
      : []),
  ];
}

function connect(
  { defaultPolicy, services, register }: SoundParts,
  isWritten: (path: Path) => boolean,
): Complaint[] {
  const places = [
    ...(defaultPolicy === undefined ? [] : [{ at: ['defaults'], policy: defaultPolicy, service: undefined }]),
    ...[...(services?.values() ?? [])].map((service) => ({
      at: ['services', service.name],
      policy: service.policy,
      service,
    })),
  ];
  return places.flatMap(({ at, policy, service }) =>
    connectMistakes(policy, service, register, (path) => isWritten([...at, ...path])).map(
      ({ path, message }) => complain([...at, ...path], message),
    ),
  );
}

function twoSpellings({ services }: SoundParts): Complaint[] {
  const spellings = new Map<string, string>();
  return [...(services?.keys() ?? [])].flatMap((name) => {
    const other = spellings.get(name.toLowerCase());
    spellings.set(name.toLowerCase(), name);
    const message = `expected names that differ in more than their case: Consul takes it for ${other}`;
    return other === undefined ? [] : [{ ...complain(['services', name], message), aboutKey: true }];
  });
}

/** A certificate is shown with its key or not at all. */
function halfCertificates(
  { consul, defaultPolicy, services }: SoundParts,
  isWritten: (path: Path) => boolean,
): Complaint[] {
  const places: readonly (readonly [Path, Certificate | undefined])[] = [
    [['consul', 'tls'], consul?.tls],
    [['defaults', 'tls'], defaultPolicy?.tls],
    ...[...(services?.values() ?? [])].map(
      ({ name, policy }) => [['services', name, 'tls'], policy.tls] as const,
    ),
  ];
  return places.flatMap(([path, { certFile, keyFile } = {}]) => {
    if ((certFile === undefined) === (keyFile === undefined)) return [];
    const [given, missing] = certFile === undefined ? ['keyFile', 'certFile'] : ['certFile', 'keyFile'];
    const at = [...path, given];
    return path[0] === 'consul' || isWritten(at) ? [complain(at, `expected ${missing} beside it`)] : [];
  });
}

interface Certificate {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** A service that stands in must be another one, and one that can be called. What `defaults` says to all may not fit one. */
function fallbacks({ discovery, services }: SoundParts, isWritten: (path: Path) => boolean): Complaint[] {
  const complaints: Complaint[] = [];
  for (const { name, policy, routes } of services?.values() ?? []) {
    for (const [at, { fallback }] of [
      [[], policy] as const,
      ...routes.map((route, index) => [['routes', index], route] as const),
    ]) {
      const other = fallback?.service;
      const path = ['services', name, ...at, 'fallback', 'service'];
      if (other === undefined || !isWritten(path)) continue;
      if (other === name)
        complaints.push(complain(path, 'expected another service: this one cannot stand in for itself'));
      else if (discovery?.services === 'declared' && services?.has(other) === false) {
        complaints.push(complain(path, `${other} is not under services, and discovery.services is declared`));
      }
    }
  }
  return complaints;
}

/** Services that stand in for each other in a ring: when all of them fail, none is left to stand in. Each ring is named once. */
function fallbackRings({ services }: SoundParts, isWritten: (path: Path) => boolean): Complaint[] {
  const complaints: Complaint[] = [];
  const named = new Set<string>();
  for (const name of services?.keys() ?? []) {
    const way = [name];
    for (let next = standIn(services, name); next !== undefined; next = standIn(services, next)) {
      const start = way.indexOf(next);
      way.push(next);
      if (start === -1) continue;
      const path = ['services', name, 'fallback', 'service'];
      const isNew = start === 0 && way.length > 2 && !way.some((member) => named.has(member));
      if (isNew && isWritten(path)) {
        complaints.push(
          complain(path, `expected a service that does not stand in for itself: ${way.join(' → ')}`),
        );
        for (const member of way) named.add(member);
      }
      break;
    }
  }
  return complaints;
}

function standIn(services: SoundParts['services'], name: string): string | undefined {
  return services?.get(name)?.policy.fallback?.service;
}

/**
 * An attempt never gets longer than its request. What is inherited, or was filled in, is not held against a shorter
 * request.
 */
function tooLongTries(
  { defaultPolicy, services }: SoundParts,
  isWritten: (path: Path) => boolean,
): Complaint[] {
  const complaints: Complaint[] = [];
  const judge = (path: Path, { request, perTry }: Timeout, inherited: number | undefined) => {
    const at = [...path, 'timeout', 'perTry'];
    if (perTry === undefined || perTry === inherited || request === 0 || perTry <= request || !isWritten(at))
      return;
    complaints.push(complain(at, 'expected at most timeout.request, which ends the request before'));
  };
  if (defaultPolicy !== undefined) judge(['defaults'], defaultPolicy.timeout, undefined);
  for (const { name, policy, routes } of services?.values() ?? []) {
    judge(['services', name], policy.timeout, defaultPolicy?.timeout.perTry);
    for (const [index, { timeout }] of routes.entries()) {
      judge(['services', name, 'routes', index], timeout, policy.timeout.perTry);
    }
  }
  return complaints;
}

function tcpServices({ services }: SoundParts, isWritten: (path: Path) => boolean): Complaint[] {
  return [...(services?.values() ?? [])].flatMap((service) =>
    tcpMistakes(service, services ?? new Map(), (path) => isWritten(['services', service.name, ...path])).map(
      ({ path, message }) => complain(['services', service.name, ...path], message),
    ),
  );
}

function chains({ discovery, services }: SoundParts): Complaint[] {
  return [...(services?.values() ?? [])].flatMap((service) =>
    chainMistakes(service, services ?? new Map(), discovery?.services === 'declared').map(
      ({ path, message }) => complain(['services', service.name, ...path], message),
    ),
  );
}

type Timeout = PolicyConfig['timeout'];

const BOTH = 'expected either token or tokenFile, found both';

interface BoundAddress {
  readonly path: Path;
  readonly address: ListenAddress;
}

function addressConflicts(parts: SoundParts, isWritten: (path: Path) => boolean): Complaint[] {
  const taken: BoundAddress[] = [];
  const complaints: Complaint[] = [];
  const isDefault = ({ path }: BoundAddress) => !isWritten(path.slice(0, path[0] === 'listen' ? 1 : 2));
  for (const bound of listenersOf(parts)) {
    const other = taken.find((earlier) => collide(earlier.address, bound.address));
    if (other === undefined) taken.push(bound);
    else {
      const [blamed, first] = isDefault(bound) ? [other, bound] : [bound, other];
      const holder = `${formatPath(first.path)} (${formatListenAddress(first.address)})`;
      complaints.push(complain(blamed.path, `${formatListenAddress(blamed.address)} is taken by ${holder}`));
    }
  }
  return complaints;
}

function* listenersOf({ listen = [], admin, services }: SoundParts): Generator<BoundAddress> {
  for (const [index, address] of listen.entries()) yield { path: ['listen', index], address };
  if (admin !== undefined) yield { path: ['admin', 'listen'], address: admin.listen };
  for (const service of services?.values() ?? []) {
    for (const [index, address] of service.listen.entries()) {
      yield { path: ['services', service.name, 'listen', index], address };
    }
  }
}

/** Whether the system would refuse to bind the second after the first. */
function collide(a: ListenAddress, b: ListenAddress): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') {
    return a.kind === 'unix' && b.kind === 'unix' && a.path === b.path;
  }
  if (a.port === 0 || a.port !== b.port) return false;
  const [hostA, hostB] = [a.host.toLowerCase(), b.host.toLowerCase()];
  if (hostA === hostB) return true;
  return covers(hostA, hostB) || covers(hostB, hostA);
}

/** Whether a wildcard takes the port of the other host too; `::` takes it for IPv4 as well. */
function covers(wildcard: string, host: string): boolean {
  if (wildcard === '::') return true;
  return wildcard === '0.0.0.0' ? !host.includes(':') : wildcard === 'localhost' && isLoopback(host);
}

function isLoopback(host: string): boolean {
  return host === '127.0.0.1' || host === '::1';
}
