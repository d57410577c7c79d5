// The ambassador with its default policies, its metrics and its default access log: once with the endpoints in its
// configuration, so that following Consul does not count, and once with a real Consul.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startConsulAgent } from '../../support/consul-agent.ts';
import type { Command } from '../pinning.ts';
import type { Job, Peer } from './peer.ts';
import { SERVICE } from './peer.ts';

const version = (): { version: string } => ({ version: 'this tree' });

export const ambassador: Peer = {
  name: 'ambassador',
  note: 'default policies, metrics, default access log; endpoints in the configuration',
  find: version,
  prepare: (job) => withFixedEndpoints(job, {}, {}),
};

export const ambassadorWithLines: Peer = {
  name: 'ambassador+lines',
  note: 'the same, a line of the access log for every request',
  find: version,
  prepare: (job) => withFixedEndpoints(job, { accessLog: { sample: 1 } }, {}),
};

export const ambassadorWith50Services: Peer = {
  name: 'ambassador+50',
  note: 'the same with 50 services, for its memory at rest',
  find: version,
  prepare(job) {
    const discover = { endpoints: job.endpoints.map((port) => `127.0.0.1:${port}`) };
    const others = Array.from({ length: 49 }, (_, i) => [`service-${i}`, { discover }] as const);
    return withFixedEndpoints(
      job,
      { services: { [SERVICE]: { discover }, ...Object.fromEntries(others) } },
      {},
    );
  },
};

export const ambassadorWithConsul: Peer = {
  name: 'ambassador+consul',
  note: 'the same, endpoints from a real Consul',
  find: version,
  async prepare(job) {
    const consul = await startConsulAgent(job);
    for (const [i, port] of job.endpoints.entries()) {
      await consul.register({ name: SERVICE, id: `${SERVICE}-${i}`, port });
    }
    return commandOf(job, { consul: { address: consul.address } });
  },
};

/**
 * The ambassador with the endpoints in its configuration.
 * @param top beside what every ambassador here has, at the top level
 * @param service beside the endpoints
 */
export function withFixedEndpoints(job: Job, top: object, service: object): Command {
  const discover = { endpoints: job.endpoints.map((port) => `127.0.0.1:${port}`) };
  return commandOf(job, {
    discovery: { services: 'declared' },
    services: { [SERVICE]: { discover, ...service } },
    ...top,
  });
}

function commandOf({ port, spare, folder, ambassadorMain }: Job, config: object): Command {
  const file = join(folder, 'ambassador.json');
  writeFileSync(
    file,
    JSON.stringify({
      listen: `127.0.0.1:${port}`,
      admin: { listen: `127.0.0.1:${spare}` },
      ...config,
    }),
  );
  return { program: process.execPath, args: [ambassadorMain, 'run', '-c', file] };
}
