// Instances that are registered so that nothing can be called: Consul says it definitely, and so does the ambassador.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAmbassador, startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream } from '../../support/upstreams.ts';

async function problemOf(response: Response): Promise<{ readonly reason: string; readonly detail: string }> {
  return (await response.json()) as { reason: string; detail: string };
}

/** What Consul 1.8 takes for an address, and what should stand there. */
const WRONG = [
  [
    'url',
    'http://10.0.0.7',
    'with Address "http://10.0.0.7", which is neither an IP address nor a host name: register "10.0.0.7"',
  ],
  [
    'port',
    '10.0.0.7:8080',
    'with Address "10.0.0.7:8080", which is neither an IP address nor a host name: register "10.0.0.7" and the port 8080',
  ],
  [
    'path',
    'web.internal/base',
    'with Address "web.internal/base", which is neither an IP address nor a host name: register "web.internal"',
  ],
  [
    'blank',
    'web.internal ',
    'with Address "web.internal ", which is neither an IP address nor a host name: register "web.internal"',
  ],
] as const;

test('a service whose every instance is registered unusably is refused at once, with what to write instead', async (t) => {
  const consul = await startConsulAgent(t);
  const upstream = await startUpstream(t, (_, response) => response.end('hello'));
  await consul.register({ name: 'payments', id: 'payments-1', port: upstream.port });
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  const call = () => fetch(`${ambassador.url}/payments/`);
  assert.equal((await call()).status, 200);

  // Registered anew with an address that is none: the table of before is over, although no row of the new one is of use.
  for (const [id, address, text] of WRONG) {
    await consul.register({ name: 'payments', id: 'payments-1', address, port: 9 });
    const detail = await eventually(async () => {
      const response = await call();
      const problem = await problemOf(response);
      assert.equal(response.status, 503, id);
      assert.equal(problem.reason, 'no_healthy_endpoint');
      assert.ok(problem.detail.includes(JSON.stringify(address)), problem.detail);
      return problem.detail;
    });
    assert.equal(
      detail,
      `payments has 1 endpoint: 1 not to be called as registered (payments-1 is registered ${text}).`,
    );
    await ambassador.logged(
      new RegExp(
        `^An instance of payments cannot be called: payments-1 is registered with Address ${JSON.stringify(address).replaceAll(/[/.]/g, '\\$&')}`,
      ),
    );
  }

  await consul.register({ name: 'payments', id: 'payments-1', port: 0 });
  await eventually(async () => {
    const { detail } = await problemOf(await call());
    assert.equal(
      detail,
      'payments has 1 endpoint: 1 without a port (payments-1 is registered without a port: register the one that it listens on).',
    );
  });

  const { endpoints, endpointCounts } = (await ambassador.admin('/api/services/payments')) as {
    endpoints: readonly { state: string; usable: boolean; reason: string }[];
    endpointCounts: Record<string, number>;
  };
  assert.deepEqual([endpoints.length, endpoints[0]?.state, endpoints[0]?.usable], [1, 'no_port', false]);
  assert.equal(endpointCounts['no_port'], 1);

  // A good row beside a bad one counts.
  const [, address, text] = WRONG[0];
  await consul.register({ name: 'payments', id: 'payments-1', address, port: 9 });
  await consul.register({ name: 'payments', id: 'payments-2', port: upstream.port });
  await eventually(async () => assert.equal((await call()).status, 200));
  for (let i = 0; i < 20; i++) assert.equal((await call()).status, 200);
  const { stdout } = await runAmbassador('endpoints', 'payments', '--admin', ambassador.adminUrl);
  const row = stdout.split('\n').find((line) => line.includes('payments-1')) ?? '';
  assert.ok(row.includes('bad_address') && row.includes(`It is registered ${text}.`), row);
});

test('a service that is wrong from its first call on is refused without waiting for discovery', async (t) => {
  const consul = await startConsulAgent(t);
  await consul.register({ name: 'payments', id: 'payments-1', address: 'http://h', port: 9 });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    // Longer than the test may take.
    config: { discovery: { firstAnswerTimeout: '10m' }, defaults: { timeout: { request: '10m' } } },
  });
  await ambassador.untilReady();
  const response = await fetch(`${ambassador.url}/payments/`);
  assert.equal(response.status, 503);
  assert.match(
    (await problemOf(response)).detail,
    /payments-1 is registered with Address "http:\/\/h".*register "h"/,
  );
});
