// What an entry service-defaults says of calls to its service. Source: Consul docs, "Service defaults configuration entry
// reference"; hashicorp/consul, agent/structs/config_entry.go.

import type { JsonFields } from '../../core/json-reading.ts';
import { record, text, unknownKeys } from '../../core/json-reading.ts';

export interface ServiceDefaults {
  /** Undefined where none is said. */
  readonly protocol: string | undefined;
  /** The keys that ask for something which is not done. */
  readonly notDone: readonly string[];
}

export const NO_DEFAULTS: ServiceDefaults = { protocol: undefined, notDone: [] };

const KNOWN = new Set([
  'Protocol',
  // What the entry is, and not what it asks for.
  'Kind',
  'Name',
  'Namespace',
  'Partition',
  'Meta',
  'CreateIndex',
  'ModifyIndex',
  'Hash',
  'Status',
  // The other side's: what the proxy in front of the service does with requests that arrive.
  'Expose',
  'MaxInboundConnections',
  'LocalConnectTimeoutMs',
  'LocalRequestTimeoutMs',
  'BalanceInboundConnections',
  'RateLimits',
  'MutualTLSMode',
]);

/** Modes that ask for what is done anyway: endpoints are called at their own addresses. */
const PLAIN_MODES: Readonly<Record<string, readonly string[]>> = {
  MeshGateway: ['none', 'default'],
  Mode: ['direct', 'default'],
};

export function readServiceDefaults(fields: JsonFields): ServiceDefaults {
  return {
    protocol: text(fields['Protocol']),
    notDone: unknownKeys(fields, KNOWN).filter((key) => !isPlain(key, fields[key])),
  };
}

function isPlain(key: string, value: unknown): boolean {
  const mode = text(value) ?? text(record(value)['Mode']);
  return mode !== undefined && PLAIN_MODES[key]?.includes(mode) === true;
}
