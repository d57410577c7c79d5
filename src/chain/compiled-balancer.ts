// What a service-resolver says of load balancing (Consul 1.9). Source: Consul docs, "Service resolver configuration
// entry", LoadBalancer.

import type { HashSource, PolicyName } from '../balancer/options.ts';
import type { JsonFields } from '../core/json-reading.ts';
import { finite, list, record, text, unknownKeys } from '../core/json-reading.ts';
import type { Balancing } from './chain-model.ts';
import type { NotDone } from './not-done.ts';

const KIND = 'service-resolver';

const POLICIES: Readonly<Record<string, PolicyName>> = {
  random: 'random',
  round_robin: 'roundRobin',
  least_request: 'leastRequest',
  ring_hash: 'ringHash',
  maglev: 'maglev',
};

const KEYS = new Set(['Policy', 'RingHashConfig', 'LeastRequestConfig', 'HashPolicies']);
const LARGEST_RING = 131_072;

/** @returns undefined where it says nothing that differs */
export function readBalancing(value: unknown, notDone: NotDone): Balancing | undefined {
  const fields = record(value);
  notDone.keys(
    KIND,
    unknownKeys(fields, KEYS).map((key) => `LoadBalancer.${key}`),
  );
  const name = text(fields['Policy']);
  if (name === undefined) return undefined;
  const policy = POLICIES[name];
  if (policy === undefined) {
    notDone.add(`${KIND}: LoadBalancer.Policy has no ${name} here`);
    return undefined;
  }
  const choices = finite(record(fields['LeastRequestConfig'])['ChoiceCount']);
  if (policy === 'leastRequest' && choices !== undefined && choices !== 0 && choices !== 2) {
    notDone.add(`${KIND}: LeastRequestConfig.ChoiceCount is always 2 here`);
  }
  if (policy !== 'ringHash' && policy !== 'maglev') return { policy };
  const hashOn = list(fields['HashPolicies']).flatMap((entry) => readHashSource(record(entry), notDone));
  if (hashOn.length === 0) {
    notDone.add(`${KIND}: LoadBalancer.Policy ${name} needs HashPolicies that can be followed here`);
    return undefined;
  }
  return { policy, hashOn, ...(policy === 'ringHash' ? readRing(fields['RingHashConfig'], notDone) : {}) };
}

function readRing(value: unknown, notDone: NotDone): Pick<Balancing, 'ringHash'> {
  const fields = record(value);
  const minimum = finite(fields['MinimumRingSize']) ?? 0;
  const maximum = finite(fields['MaximumRingSize']) ?? 0;
  if (minimum <= 0 && maximum <= 0) return {};
  if (Math.max(minimum, maximum) > LARGEST_RING) {
    notDone.add(`${KIND}: RingHashConfig may ask for ${LARGEST_RING} points at most`);
  }
  const minimumRingSize = Math.min(Math.max(1, Math.round(minimum) || 1024), LARGEST_RING);
  const wanted = Math.min(Math.round(maximum) || LARGEST_RING, LARGEST_RING);
  return { ringHash: { minimumRingSize: Math.min(minimumRingSize, wanted), maximumRingSize: wanted } };
}

function readHashSource(fields: JsonFields, notDone: NotDone): HashSource[] {
  if (fields['SourceIP'] === true) return [{ sourceAddress: true }];
  const name = text(fields['FieldValue']);
  const field = text(fields['Field']);
  if (field === 'header' && name !== undefined) return [{ header: name }];
  if (field === 'cookie' && name !== undefined) {
    const { Session: session, TTL: ttl } = record(fields['CookieConfig']);
    if (session === true || (ttl !== undefined && ttl !== '0s' && ttl !== '')) {
      notDone.add(
        `${KIND}: HashPolicies never set the cookie ${name} here: only one that the client sends counts`,
      );
    }
    return [{ cookie: name }];
  }
  notDone.add(`${KIND}: HashPolicies go by header, cookie and SourceIP here, not by ${field ?? 'nothing'}`);
  return [];
}
