// The rows of /v1/health/service/:name as endpoints. They are fetched without `passing`, so that it can be told why
// an instance is out. Source: Consul docs, "Health HTTP API: List service instances".

import { secrets } from '../../core/secrets.ts';
import type { RegisteredAddress } from '../../endpoint/address-fault.ts';
import { badAddress } from '../../endpoint/address-fault.ts';
import type { Endpoint, HealthStatus } from '../../endpoint/endpoint.ts';
import { isSocketPath } from '../../net/address.ts';

/** Which of an instance's addresses is used: its own, or one of its tagged ones such as `lan` or `wan`. */
export interface HealthReading {
  readonly taggedAddress: string | undefined;
  /** Whether rows are of Consul's service mesh: proxies, and services that take such connections themselves. */
  readonly connect?: boolean | undefined;
}

export interface HealthRows {
  readonly endpoints: Endpoint[];
  /** How many rows were left out, which are not what Consul documents. */
  readonly malformed: number;
}

const NODE_MAINTENANCE = '_node_maintenance';
const SERVICE_MAINTENANCE = '_service_maintenance';

/** Longer outputs of checks are of no use in one line. */
const MAX_DETAIL = 200;

/** Reads an answer; undefined when it is not a list at all. Rows that cannot be read are left out and counted. */
export function readHealthRows(body: unknown, reading: HealthReading): HealthRows | undefined {
  if (!Array.isArray(body)) return undefined;
  const endpoints = new Map<string, Endpoint>();
  let malformed = 0;
  for (const row of body) {
    const endpoint = readHealthRow(row, reading);
    if (endpoint === undefined) malformed++;
    else endpoints.set(endpoint.id, endpoint);
  }
  return { endpoints: [...endpoints.values()], malformed };
}

/** Undefined when it is not what Consul documents. */
export function readHealthRow(row: unknown, reading: HealthReading): Endpoint | undefined {
  const { Node: node, Service: service, Checks: checks } = record(row);
  const { ID: serviceId, Port: servicePort, Weights: weights, Tags: tags, Meta: meta } = record(service);
  const nodeName = text(record(node)['Node']);
  const id = text(serviceId);
  if (nodeName === '' || id === '') return undefined;
  const socketPath = text(record(service)['SocketPath']);
  const { field, address, port } = addressOf(record(node), record(service), servicePort, reading);
  if (socketPath === '' ? address === '' : !isSocketPath(socketPath)) return undefined;
  const addressFault = socketPath === '' ? badAddress({ field, address, port }) : undefined;
  const health = worstCheck(checks, id);
  return {
    id: `${nodeName}/${id}`,
    address,
    port,
    ...(socketPath === '' ? {} : { socketPath }),
    health: health.status,
    healthDetail: health.detail,
    weight: weightOf(record(weights), health.status),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
    meta: textValues(record(meta)),
    node: nodeName,
    datacenter: text(record(node)['Datacenter']) || undefined,
    ...nodeMetaOf(record(node), record(service)),
    ...(reading.connect === true
      ? { spiffePath: spiffePath(record(service), text(record(node)['Datacenter'])) }
      : {}),
    ...(addressFault === undefined ? {} : { addressFault }),
  };
}

/**
 * What the operator of a node wrote of it, but for what Consul writes there itself, with its locality as `region` and
 * `zone`. Nothing where there is nothing. Source: Consul docs, "Route traffic to local upstreams".
 */
export function nodeMetaOf(node: Fields, service: Fields = {}): Pick<Endpoint, 'nodeMeta'> {
  const locality = { ...record(node['Locality']), ...record(service['Locality']) };
  const nodeMeta = Object.fromEntries([
    ...Object.entries(textValues(record(node['Meta']))).filter(([key]) => !key.startsWith('consul-')),
    ...Object.entries(textValues({ region: locality['Region'], zone: locality['Zone'] })),
  ]);
  return Object.values(nodeMeta).some((value) => value !== '') ? { nodeMeta } : {};
}

/** Source: Consul docs, "Connect: certificate authority, SPIFFE id" (`/ns/NAMESPACE/dc/DATACENTER/svc/SERVICE`). */
function spiffePath(service: Fields, datacenter: string): string {
  const isProxy = text(service['Kind']) === 'connect-proxy';
  const name = text(isProxy ? record(service['Proxy'])['DestinationServiceName'] : service['Service']);
  const partition = text(service['Partition']) || 'default';
  const parts = ['ns', text(service['Namespace']) || 'default', 'dc', datacenter, 'svc', name];
  return ['', ...(partition === 'default' ? [] : ['ap', partition]), ...parts].join('/');
}

/** The service's address, or its node's when it has none of its own. */
function addressOf(
  node: Fields,
  service: Fields,
  servicePort: unknown,
  reading: HealthReading,
): RegisteredAddress {
  if (reading.taggedAddress !== undefined) {
    const tagged = record(record(service['TaggedAddresses'])[reading.taggedAddress]);
    const address = text(tagged['Address']);
    if (address !== '') {
      return {
        field: `the tagged address ${reading.taggedAddress}`,
        address: unbracketed(address),
        port: portNumber(tagged['Port']) || portNumber(servicePort),
      };
    }
    const nodeTagged = text(record(node['TaggedAddresses'])[reading.taggedAddress]);
    if (text(service['Address']) === '' && nodeTagged !== '') {
      const field = `the tagged address ${reading.taggedAddress} of its node`;
      return { field, address: unbracketed(nodeTagged), port: portNumber(servicePort) };
    }
  }
  const own = text(service['Address']);
  const address = own || text(node['Address']);
  return {
    field: own === '' ? 'the Address of its node' : 'Address',
    address: unbracketed(address),
    port: portNumber(servicePort),
  };
}

interface CheckSummary {
  readonly status: HealthStatus;
  readonly detail: string | undefined;
}

const SEVERITY: Readonly<Record<HealthStatus, number>> = {
  passing: 0,
  warning: 1,
  critical: 2,
  maintenance: 3,
};

/** The worst of its checks decides; an operator's maintenance goes before what checks find. */
function worstCheck(checks: unknown, serviceId: string): CheckSummary {
  let worst: CheckSummary = { status: 'passing', detail: undefined };
  for (const check of Array.isArray(checks) ? checks : []) {
    const fields = record(check);
    const status = checkStatus(text(fields['CheckID']), text(fields['Status']), serviceId);
    if (SEVERITY[status] <= SEVERITY[worst.status]) continue;
    worst = { status, detail: describeCheck(fields) };
  }
  return worst;
}

function checkStatus(checkId: string, status: string, serviceId: string): HealthStatus {
  const inMaintenance = checkId === NODE_MAINTENANCE || checkId === `${SERVICE_MAINTENANCE}:${serviceId}`;
  if (inMaintenance) return 'maintenance';
  if (status === 'passing' || status === 'warning') return status;
  if (status === 'maintenance') return status;
  // A word that this version of ours does not know is no reason to send requests there.
  return 'critical';
}

function describeCheck(fields: Fields): string {
  const name = text(fields['Name']) || text(fields['CheckID']);
  const output = (text(fields['Output']) || text(fields['Notes'])).trim().split('\n', 1)[0] ?? '';
  // Before it is cut: a part of a secret is one too.
  const detail = secrets.redact(output === '' ? name : `${name}: ${output}`);
  return detail.length > MAX_DETAIL ? `${detail.slice(0, MAX_DETAIL - 1)}…` : detail;
}

/** Consul's default weights are 1 and 1. A critical instance keeps its passing weight, for when all are critical. */
function weightOf(weights: Fields, status: HealthStatus): number {
  const weight = weights[status === 'warning' ? 'Warning' : 'Passing'];
  return typeof weight === 'number' && Number.isFinite(weight) && weight >= 0 ? weight : 1;
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textValues(fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}

function portNumber(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535 ? value : 0;
}

function unbracketed(address: string): string {
  return address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
}
