// Three servers of one datacenter and the agent of a machine of its own, as Consul is run where it matters.

import type { TestContext } from 'node:test';
import type { ConsulAgent } from './consul-agent.ts';
import { startConsulAgent } from './consul-agent.ts';
import { eventually } from './eventually.ts';

export interface ConsulCluster {
  readonly servers: readonly ConsulAgent[];
  /** The one that is asked and registers, and holds nothing itself. */
  readonly client: ConsulAgent;
  /**
   * The server that leads.
   * @throws while there is none
   */
  leader(): Promise<ConsulAgent>;
}

export async function startConsulCluster(t: Pick<TestContext, 'after'>): Promise<ConsulCluster> {
  // Newcomers would wait for ten seconds before they may vote.
  const first = await startConsulAgent(t, {
    keepsData: true,
    config: { node_name: 'server-1', autopilot: { server_stabilization_time: '100ms' } },
  });
  const join = { retry_join: [`127.0.0.1:${first.lanPort}`], retry_interval: '1s' };
  const start = (node_name: string, role: object) =>
    startConsulAgent(t, { keepsData: true, config: { node_name, ...join, ...role } });
  // Only one may begin a cluster of its own.
  const others = await Promise.all(
    ['server-2', 'server-3'].map((name) => start(name, { bootstrap_expect: 0 })),
  );
  const client = await start('machine', { server: false, bootstrap_expect: 0 });
  const servers = [first, ...others];
  await eventually(async () => {
    const { Servers: known } = (await client.request('GET', '/v1/operator/raft/configuration')) as {
      readonly Servers: readonly { readonly Voter: boolean }[];
    };
    if (known.filter(({ Voter: votes }) => votes).length < servers.length)
      throw new Error('not all vote yet');
  }, 40_000);
  return {
    servers,
    client,
    leader: async () => {
      const address = await client.request('GET', '/v1/status/leader');
      const leader = servers.find(
        ({ pid, serverPort }) => pid !== undefined && address === `127.0.0.1:${serverPort}`,
      );
      if (leader === undefined) throw new Error(`no server that runs leads: ${address}`);
      return leader;
    },
  };
}
