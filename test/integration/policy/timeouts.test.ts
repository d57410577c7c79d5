// What time limits cut and what they leave alone. The first two are those of cockatiel's traps that need a wire; the
// others are in test/unit/resilience/cockatiel-traps.test.ts.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { loadBalancerOptions } from '../../../src/balancer/options.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, startUpstream } from '../../support/upstreams.ts';

test('an answer that has begun in time streams on for as long as it takes', async (t) => {
  const open: ServerResponse[] = [];
  const upstream = await startUpstream(t, (_request, response) => {
    response.write('begun');
    open.push(response);
  });
  const silent = await startTcpUpstream(t, () => {});
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port], fraud: [silent.port] },
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, request: 150, perTry: 100 } }),
  });
  const response = await fetch(`${proxy.url}/payments`);
  // A call that began later and has run into the same limits shows that they are over.
  assert.equal((await fetch(`${proxy.url}/fraud`)).status, 504);
  open[0]?.end(' and ended');
  assert.equal(await response.text(), 'begun and ended');
});

test('a caller that leaves is not reported as a time-out', async (t) => {
  const silent = await startTcpUpstream(t, () => {});
  const proxy = await startProxy(t, { services: { payments: [silent.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => assert.equal(silent.sockets.length, 1));
  client.socket.destroy();
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'client_gone');
  assert.deepEqual(
    facts?.attempts.map(({ failure }) => failure),
    ['client_gone'],
  );
  assert.deepEqual(proxy.transitions, []);
});

test('without perTry a silent endpoint leaves the others their share of the time', async (t) => {
  const silent = await startTcpUpstream(t, () => {});
  const sound = await startUpstream(t, (_request, response) => response.end('sound'));
  const proxy = await startProxy(t, {
    services: { payments: [silent.port, sound.port] },
    policy: (policy) => ({
      ...policy,
      timeout: { ...policy.timeout, request: 600 },
      loadBalancer: loadBalancerOptions.parse({ policy: 'roundRobin' }),
    }),
  });
  const answers = [await fetch(`${proxy.url}/payments`), await fetch(`${proxy.url}/payments`)];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  const tried = (await proxy.untilFinished(2)).map(({ attempts }) => attempts.map(({ failure }) => failure));
  assert.ok(
    tried.some((failures) => failures[0] === 'upstream_timeout'),
    JSON.stringify(tried),
  );
});

for (const [what, ports, init] of [
  ['the only endpoint', 1, {}],
  ['a request that must not be repeated', 2, { method: 'POST', body: 'x' }],
] as const) {
  test(`without perTry ${what} has all of the time`, async (t) => {
    const slow = await startUpstream(t, (_request, response) => {
      setTimeout(() => response.end('slow'), 400);
    });
    const twin = await startUpstream(t, (_request, response) => {
      setTimeout(() => response.end('slow'), 400);
    });
    const proxy = await startProxy(t, {
      services: { payments: [slow.port, twin.port].slice(0, ports) },
      policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, request: 700 } }),
    });
    const response = await fetch(`${proxy.url}/payments`, init);
    assert.equal(await response.text(), 'slow');
    assert.equal(slow.seen.length + twin.seen.length, 1);
  });
}
