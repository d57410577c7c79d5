// What the token may do, asked for as Consul's own user interface does. Source: Consul, agent/acl_endpoint.go, ACLAuthorize.

import { list, record } from '../core/json-reading.ts';
import type { DoctorContext } from './context.ts';

export interface Right {
  readonly resource: 'service' | 'key';
  readonly access: 'read' | 'write';
  readonly segment: string;
}

const TIMEOUT_MS = 5_000;

/** Undefined where Consul does not say: it is not among the documented calls. */
export async function hasRight(
  { consul: { client }, config, signal }: DoctorContext,
  { resource, access, segment }: Right,
): Promise<boolean | undefined> {
  const { datacenter } = config.consul;
  const answer = await client.ask({
    kind: 'agent',
    path: '/internal/acl/authorize',
    parameters: datacenter === undefined ? {} : { dc: datacenter },
    body: [{ Resource: resource, Access: access, Segment: segment }],
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  if (!answer.ok) return answer.failure.detail.includes('ACL support disabled') ? true : undefined;
  const allowed = record(list(answer.body)[0])['Allow'];
  return typeof allowed === 'boolean' ? allowed : undefined;
}
