// The least that the demo needs of an ambassador, asking Consul anew for every call: it shows that the demo's
// own parts work, and that its story notices an ambassador that fails.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RunningAmbassador } from '../../src/demo/demo.ts';

interface Instance {
  readonly id: string;
  readonly port: number;
  readonly status: string;
}

/** @param tries how many instances a call is tried on; with 1 it hears of a death by nothing but a call that failed */
export async function startStandInAmbassador(
  consulAddress: string,
  tries: number,
): Promise<RunningAmbassador> {
  let turn = 0;
  let hasFailed = false;
  const isHealthy = ({ status }: Instance): boolean => status === 'passing' || (tries === 1 && !hasFailed);
  const answer = async (url: URL): Promise<{ status: number; body: string }> => {
    const [, first = '', ...rest] = url.pathname.split('/');
    if (first === 'api') {
      const endpoints = (await instancesOf(consulAddress, rest[1] ?? '')).map((instance) => ({
        port: instance.port,
        state: isHealthy(instance) ? 'healthy' : 'unhealthy',
      }));
      return { status: 200, body: JSON.stringify({ table: { version: 1 }, endpoints }) };
    }
    const usable = (await instancesOf(consulAddress, first)).filter(isHealthy);
    turn++;
    // It translates nothing: which instance would respond is all that is asked.
    if (first === 'ledger') {
      return { status: 200, body: JSON.stringify({ instance: usable[turn % usable.length]?.id }) };
    }
    for (let attempt = 0; attempt < tries; attempt++) {
      const port = usable[(turn + attempt) % usable.length]?.port;
      const response = await fetch(`http://127.0.0.1:${port}/${rest.join('/')}`).catch(() => undefined);
      if (response !== undefined) return { status: response.status, body: await response.text() };
    }
    hasFailed = true;
    return { status: 503, body: 'no instance answered' };
  };

  const server = createServer((request, response) => {
    void answer(new URL(request.url ?? '/', 'http://stand-in')).then(
      ({ status, body }) => response.writeHead(status).end(body),
      () => response.destroy(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    adminUrl: url,
    adminToken: 'none',
    configFile: 'none',
    command: (call) => `ambassador ${call}`,
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function instancesOf(consulAddress: string, service: string): Promise<readonly Instance[]> {
  const response = await fetch(`${consulAddress}/v1/health/service/${service}`);
  const entries: { Service: { ID: string; Port: number }; Checks: { CheckID: string; Status: string }[] }[] =
    JSON.parse(await response.text());
  return entries.map(({ Service, Checks }) => ({
    id: Service.ID,
    port: Service.Port,
    status: Checks.find(({ CheckID }) => CheckID.startsWith('service:'))?.Status ?? 'critical',
  }));
}
