// How long it takes to be registered again; against a real agent: test/integration/acceptance/registration.test.ts.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { ConsulAnswer } from '../../../src/discovery/consul/consul-client.ts';
import type { DiscoveryFailure } from '../../../src/endpoint/discovery-state.ts';
import { LocalRegistration } from '../../../src/registration/local-registration.ts';
import { registerOptions } from '../../../src/registration/registration-options.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

const UNREACHABLE = failed(undefined, { kind: 'unreachable', detail: 'connect ECONNREFUSED' });

const LOST = failed(404, { kind: 'rejected', detail: 'unknown service ID' });

const DONE: ConsulAnswer = { ok: true, body: {}, header: () => undefined };

test('an agent that is back after a long while, without its data, has the application within seconds', async (t) => {
  const agent = { looks: UNREACHABLE, registered: 0 };
  const { clock, registration } = await start(t, {
    get: async () => agent.looks,
    put: async () => {
      agent.registered++;
      return DONE;
    },
  });
  await eventually(() => assert.equal(agent.registered, 1));
  for (let second = 0; second < 60; second++) await clock.advanceAsync(1_000);
  assert.equal(registration.state.phase, 'registering');
  agent.looks = LOST;
  for (let step = 0; step < 23 && agent.registered < 2; step++) await clock.advanceAsync(100);
  assert.equal(agent.registered, 2);
  // An agent that says so again and again is asked ever more seldom.
  for (let second = 0; second < 60; second++) await clock.advanceAsync(1_000);
  assert.ok(agent.registered < 20, `${agent.registered}`);
});

async function start(t: TestContext, client: ConstructorParameters<typeof LocalRegistration>[0]['client']) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const clock = new FakeClock();
  const registration = new LocalRegistration({
    options: registerOptions.parse({ name: 'orders', port: address.port, checks: [{ tcp: true }] }),
    client,
    scope: {},
    hostname: 'host',
    clock,
    random: () => 0.999,
    logger: new RecordingLogger(),
    lastRequestAt: () => 0,
  });
  registration.start();
  t.after(() => registration.close(0));
  return { clock, registration };
}

function failed(status: number | undefined, failure: DiscoveryFailure): ConsulAnswer {
  return { ok: false, status, failure, timedOut: false, retryAfterMs: undefined };
}
