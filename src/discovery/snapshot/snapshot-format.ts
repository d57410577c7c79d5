// What a snapshot file holds: the endpoints of every service and when the registry last confirmed them. Pure; what
// cannot be read is left out, so that no file can keep the process from starting.

import type { AddressFault } from '../../endpoint/address-fault.ts';
import type { Endpoint, HealthStatus } from '../../endpoint/endpoint.ts';
import { isHostAddress, isSocketPath } from '../../net/address.ts';

/** The endpoints of one service as they were saved. */
export interface SavedEndpoints {
  readonly endpoints: readonly Endpoint[];
  /** Milliseconds since the registry confirmed them. */
  readonly ageMs: number;
  /** The service's chain; undefined where its requests go to its own endpoints alone. */
  readonly chain?: SavedChain | undefined;
  /** What the service's defaults in Consul say; undefined where they say nothing. */
  readonly defaults?: SavedDefaults | undefined;
  /** Of the API of a service that is translated; undefined without. */
  readonly description?: SavedDescription | undefined;
}

export interface SavedDefaults {
  /** As Consul knows it. */
  readonly service: string;
  readonly protocol: string;
}

/** The API of a service as its endpoints described it. */
export interface SavedDescription {
  /** Milliseconds since the Unix epoch. */
  readonly confirmedAt: number;
  /** The full names of the services of gRPC that are served. */
  readonly services: readonly string[];
  /** A google.protobuf.FileDescriptorSet, in base64. */
  readonly files: string;
}

export interface SavedChain {
  /** As Consul compiled it; undefined without entries. */
  readonly compiled: unknown;
  /** The endpoints of its targets beside the service's own, by the target's label. */
  readonly targets: Readonly<Record<string, readonly Endpoint[]>>;
  /** What our own node said of itself. Default: that made no difference. */
  readonly ownNode?: Readonly<Record<string, string>> | undefined;
}

/** Older entries are of no use: instances have moved since. Milliseconds. */
export const SNAPSHOT_TTL_MS = 24 * 3_600_000;

/** Version 1 had keys that two services could share. */
const FORMAT_VERSION = 2;

/** So many endpoints are in one piece, about a millisecond's worth. */
const PIECE_ENDPOINTS = 250;

/**
 * The text in pieces, none of which takes long to make.
 * @param wallTime milliseconds since the Unix epoch
 */
export function* snapshotPieces(
  services: Iterable<readonly [string, SavedEndpoints]>,
  wallTime: number,
): Iterable<string> {
  yield `{"version":${FORMAT_VERSION},"savedAt":${wallTime},"services":{`;
  let separator = '';
  for (const [key, { endpoints, ageMs, chain, defaults, description }] of services) {
    yield `${separator}${JSON.stringify(key)}:{"confirmedAt":${Math.round(wallTime - ageMs)},"endpoints":[`;
    for (let from = 0; from < endpoints.length; from += PIECE_ENDPOINTS) {
      const piece = JSON.stringify(endpoints.slice(from, from + PIECE_ENDPOINTS));
      yield `${from === 0 ? '' : ','}${piece.slice(1, -1)}`;
    }
    yield ']';
    if (chain !== undefined) yield `,"chain":${JSON.stringify(chain)}`;
    if (defaults !== undefined) yield `,"defaults":${JSON.stringify(defaults)}`;
    if (description !== undefined) yield `,"description":${JSON.stringify(description)}`;
    yield '}';
    separator = ',';
  }
  yield '}}';
}

/** Why a text is no snapshot that can be read, in words that go behind "the snapshot file". */
export function whyUnreadable(text: string): string {
  const file = parseJson(text);
  if (file === undefined) return 'is damaged: it is not whole JSON';
  const { version, services } = isRecord(file) ? file : {};
  if (typeof version !== 'number' || !isRecord(services)) return 'is not one of ours';
  return version > FORMAT_VERSION
    ? `has version ${version}, of a later release; this one reads ${FORMAT_VERSION}`
    : `has version ${version}, of an earlier release; this one reads ${FORMAT_VERSION}`;
}

/**
 * @returns the entries that can be used, and how many cannot; undefined when it is no snapshot at all
 */
export function readSnapshot(
  text: string,
  wallTime: number,
): { readonly services: Map<string, SavedEndpoints>; readonly leftOut: number } | undefined {
  const file = parseJson(text);
  if (!isRecord(file) || file['version'] !== FORMAT_VERSION || !isRecord(file['services'])) return undefined;
  const services = new Map<string, SavedEndpoints>();
  let leftOut = 0;
  for (const [key, value] of Object.entries(file['services'])) {
    const saved = readService(value, wallTime);
    if (saved === undefined) leftOut++;
    else services.set(key, saved);
  }
  return { services, leftOut };
}

function readService(value: unknown, wallTime: number): SavedEndpoints | undefined {
  if (!isRecord(value) || typeof value['confirmedAt'] !== 'number' || !Array.isArray(value['endpoints'])) {
    return undefined;
  }
  const endpoints = value['endpoints'].map(readEndpoint);
  const whole = endpoints.filter((endpoint) => endpoint !== undefined);
  const ids = new Set(whole.map(({ id }) => id));
  const ageMs = wallTime - value['confirmedAt'];
  // Confirmed that far in the future: one of the two clocks was wrong by more than an entry lives.
  if (ids.size !== endpoints.length || !(Math.abs(ageMs) <= SNAPSHOT_TTL_MS)) return undefined;
  // A clock that went back must not make an entry younger than new.
  return {
    endpoints: whole,
    ageMs: Math.max(0, ageMs),
    ...readChain(value['chain']),
    ...readDefaults(value['defaults']),
    ...readDescription(value['description']),
  };
}

function readDefaults(value: unknown): { readonly defaults?: SavedDefaults } {
  if (!isRecord(value)) return {};
  const { service, protocol } = value;
  return typeof service === 'string' && typeof protocol === 'string'
    ? { defaults: { service, protocol } }
    : {};
}

/** What is no compiled chain is found out where that is read. */
function readChain(value: unknown): { readonly chain?: SavedChain } {
  if (!isRecord(value)) return {};
  const targets = isRecord(value['targets']) ? Object.entries(value['targets']) : [];
  const { ownNode } = value;
  return {
    chain: {
      compiled: value['compiled'],
      targets: Object.fromEntries(
        targets.map(([label, endpoints]) => [
          label,
          Array.isArray(endpoints) ? endpoints.flatMap((endpoint) => readEndpoint(endpoint) ?? []) : [],
        ]),
      ),
      ...(isRecord(ownNode) && hasTextValues(ownNode) ? { ownNode } : {}),
    },
  };
}

/** Whether it describes anything is found out where it is used. */
function readDescription(value: unknown): { readonly description?: SavedDescription } {
  if (!isRecord(value)) return {};
  const { confirmedAt, services, files } = value;
  if (typeof confirmedAt !== 'number' || typeof files !== 'string') return {};
  if (!Array.isArray(services) || !services.every((service) => typeof service === 'string')) return {};
  return { description: { confirmedAt, services, files } };
}

function readEndpoint(value: unknown): Endpoint | undefined {
  if (!isRecord(value)) return undefined;
  const { id, address, port, socketPath, health, healthDetail, weight, tags, meta, node, datacenter } = value;
  if (typeof id !== 'string' || id === '' || typeof address !== 'string') return undefined;
  const addressFault = readFault(value['addressFault']);
  const isPlace = socketPath === undefined ? isHostAddress(address) : isSocketPath(socketPath);
  if (addressFault === undefined && !isPlace) return undefined;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  if (typeof weight !== 'number' || !(weight >= 0 && Number.isFinite(weight))) return undefined;
  if (!isHealthStatus(health) || typeof node !== 'string') return undefined;
  if (!isTextOrNothing(healthDetail) || !isTextOrNothing(datacenter)) return undefined;
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) return undefined;
  if (!isRecord(meta) || !hasTextValues(meta)) return undefined;
  const { spiffePath, nodeMeta } = value;
  if (!isTextOrNothing(spiffePath)) return undefined;
  const inMesh = spiffePath === undefined ? {} : { spiffePath };
  const ofNode = isRecord(nodeMeta) && hasTextValues(nodeMeta) ? { nodeMeta } : {};
  const described = { health, healthDetail, weight, tags, meta, node, datacenter, ...ofNode, ...inMesh };
  const endpoint = { id, address, port, ...(isSocketPath(socketPath) ? { socketPath } : {}), ...described };
  return addressFault === undefined ? endpoint : { ...endpoint, addressFault };
}

/** What is forbidden is decided anew. */
function readFault(value: unknown): AddressFault | undefined {
  if (!isRecord(value) || value['reason'] !== 'bad_address' || typeof value['text'] !== 'string')
    return undefined;
  return { reason: 'bad_address', text: value['text'] };
}

const HEALTH_STATUSES: readonly unknown[] = [
  'passing',
  'warning',
  'critical',
  'maintenance',
] satisfies HealthStatus[];

function isHealthStatus(value: unknown): value is HealthStatus {
  return HEALTH_STATUSES.includes(value);
}

function isTextOrNothing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasTextValues(record: Record<string, unknown>): record is Record<string, string> {
  return Object.values(record).every((value) => typeof value === 'string');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
