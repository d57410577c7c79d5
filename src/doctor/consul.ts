// The Consul agent: whether it answers, who leads, whose clock it has, and what the token may read.

import type { ConsulAnswer } from '../discovery/consul/consul-client.ts';
import { isUnknownToken } from '../discovery/consul/missing-rule.ts';
import type { DoctorContext, Examination } from './context.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';
import { tokenRemedy, VALID_TOKEN } from './token-remedy.ts';

const TIMEOUT_MS = 5_000;

/** Clocks further apart make leases, certificates and logs hard to follow, in milliseconds. */
const MOST_CLOCK_DIFFERENCE_MS = 5_000;

const SUBJECT = 'consul';

export const consul: Examination = async (context) => {
  const { leader, config } = context;
  const { address } = config.consul;
  if (leader === undefined) return [];
  if (!leader.ok) {
    const detail = `${address}: ${leader.failure.detail}; nothing that it knows is looked at`;
    return [failure(SUBJECT, detail, remedyFor(leader))];
  }
  const [self, catalog, nodes] = await Promise.all([
    ask(context, '/agent/self'),
    ask(context, '/catalog/services'),
    ask(context, '/catalog/nodes'),
  ]);
  return [
    agentFinding(address, self),
    leader.body === '' || leader.body === undefined
      ? failure(
          SUBJECT,
          'its servers have no leader',
          'look at `consul operator raft list-peers` and the logs of its servers',
        )
      : ok(SUBJECT, `${String(leader.body)} leads`),
    ...clockFinding(self, context.clock.wallTime()),
    serviceFinding(catalog),
    nodeFinding(nodes),
  ];
};

type Asking = Pick<DoctorContext, 'config' | 'services' | 'consul' | 'signal'>;

/**
 * Who leads, or why nothing else is answered either: the leader is told to everybody, and all else to no token that Consul
 * does not know. Undefined where nothing of the configuration, and none of the services to look at, is in Consul.
 */
export async function askForLeader(asking: Asking): Promise<ConsulAnswer | undefined> {
  if (!asksConsul(asking)) return undefined;
  const leader = await ask(asking, '/status/leader');
  const { token, tokenFile } = asking.config.consul;
  if (!leader.ok || (token === undefined && tokenFile === undefined)) return leader;
  const self = await ask(asking, '/acl/token/self');
  return !self.ok && isUnknownToken(self.failure) ? self : leader;
}

function asksConsul({ config, services }: Asking): boolean {
  const { discovery, register, configuration } = config;
  if (discovery.services !== 'declared' || register !== undefined || configuration.kv !== undefined)
    return true;
  return [...config.services.keys(), ...services].some((name) => {
    const discover = config.services.get(name)?.discover;
    return discover === undefined || 'consul' in discover;
  });
}

function ask({ consul: { client }, config, signal }: Asking, path: string): Promise<ConsulAnswer> {
  const { datacenter } = config.consul;
  const parameters = datacenter === undefined || path === '/agent/self' ? {} : { dc: datacenter };
  return client.get({ kind: 'agent', path, parameters, timeoutMs: TIMEOUT_MS, signal });
}

function remedyFor(answer: ConsulAnswer & { ok: false }): string | undefined {
  if (answer.failure.saysRemedy) return undefined;
  switch (answer.failure.kind) {
    case 'permission_denied':
      return VALID_TOKEN;
    case 'unreachable':
      return 'start the agent, or say where it is: consul.address, or CONSUL_HTTP_ADDR';
    default:
      return 'look at the log of the agent';
  }
}

function agentFinding(address: string, self: ConsulAnswer): Finding {
  if (!self.ok) {
    return warning(
      SUBJECT,
      `${address} answers, and does not say its version: ${self.failure.detail}`,
      tokenRemedy(self.failure, 'agent_prefix "" { policy = "read" }'),
    );
  }
  const { Version, Datacenter, NodeName } = textsIn(self.body, 'Config');
  return ok(SUBJECT, `${address} is Consul ${Version ?? '?'}, ${NodeName ?? '?'} in ${Datacenter ?? '?'}`);
}

function clockFinding(self: ConsulAnswer, now: number): readonly Finding[] {
  const date = self.ok ? self.header('date') : undefined;
  if (date === undefined) return [];
  const difference = Date.parse(date) - now;
  if (Number.isNaN(difference)) return [];
  const seconds = (difference / 1000).toFixed(0);
  if (Math.abs(difference) <= MOST_CLOCK_DIFFERENCE_MS) return [ok('clock', "agrees with the agent's")];
  return [warning('clock', `the agent's clock is ${seconds} s from this machine's`, 'let both follow NTP')];
}

/** Every datacenter has the service `consul`: who does not see it does not see all services. */
function serviceFinding(catalog: ConsulAnswer): Finding {
  const rule = 'service_prefix "" { policy = "read" }';
  if (!catalog.ok)
    return failure(
      'consul ACL',
      `services cannot be listed: ${catalog.failure.detail}`,
      tokenRemedy(catalog.failure, rule),
    );
  const names = Object.keys(Object(catalog.body));
  if (names.includes('consul')) return ok('consul ACL', `${names.length} services can be read`);
  return warning(
    'consul ACL',
    `the token sees ${names.length === 0 ? 'no service' : `${names.length} services, and not all`}`,
    `unless that is meant, give it the rule ${rule}`,
  );
}

/** There is always a node: a list without one has been filtered. Health comes without the nodes' part then, or not at all. */
function nodeFinding(nodes: ConsulAnswer): Finding {
  const rule = 'node_prefix "" { policy = "read" }';
  if (!nodes.ok)
    return failure(
      'consul ACL',
      `nodes cannot be listed: ${nodes.failure.detail}`,
      tokenRemedy(nodes.failure, rule),
    );
  const count = Array.isArray(nodes.body) ? nodes.body.length : 0;
  if (count > 0) return ok('consul ACL', `${count} ${count === 1 ? 'node' : 'nodes'} can be read`);
  return failure(
    'consul ACL',
    'the token may read no node, so that services seem to have no instances',
    `give the token the rule ${rule}`,
  );
}

function textsIn(body: unknown, key: string): Readonly<Record<string, string | undefined>> {
  const found: unknown = Object(body)[key];
  return Object(found);
}
