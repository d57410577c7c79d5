import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { HedgingOptions } from '../../../src/policy/hedging/hedging-options.ts';
import { hedgingOptions } from '../../../src/policy/hedging/hedging-options.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startUpstream } from '../../support/upstreams.ts';

const WARM_UP = 5;

/** Endpoint a is always picked first and, once warm, does not answer; b does at once. */
async function twoEndpoints(t: TestContext, hedging: HedgingOptions | undefined) {
  let stalls = false;
  const stalled = new Set<object>();
  const a = await startUpstream(t, (request, response) => {
    if (!stalls) {
      response.end('a');
      return;
    }
    stalled.add(response);
    request.socket.on('close', () => stalled.delete(response));
  });
  const b = await startUpstream(t, (_request, response) => response.end('b'));
  const proxy = await startProxy(t, {
    services: {
      payments: [
        { id: 'a', port: a.port },
        { id: 'b', port: b.port },
      ],
    },
    random: () => 0,
    policy: (policy) => ({
      ...policy,
      hedging,
      loadBalancer: { ...policy.loadBalancer, policy: 'random' },
      outlierDetection: { ...policy.outlierDetection, consecutiveLocalOriginFailure: 1 },
      // Without a share of it for retries: they would go to b as well.
      timeout: { ...policy.timeout, request: 600, perTry: 0 },
    }),
  });
  for (let i = 0; i < WARM_UP; i++) await (await fetch(`${proxy.url}/payments`)).text();
  stalls = true;
  // On a busy machine the warm-up may have been hedged.
  const seenBefore = { a: a.seen.length, b: b.seen.length };
  return {
    proxy,
    stalled,
    seen: () => ({ a: a.seen.length - seenBefore.a, b: b.seen.length - seenBefore.b }),
  };
}

const EAGER = hedgingOptions.parse({ maxExtraPercent: 100 });

test('a slow endpoint is not waited for: another answers, and the slow attempt ends and counts nowhere', async (t) => {
  const { proxy, stalled } = await twoEndpoints(t, EAGER);
  const response = await fetch(`${proxy.url}/payments`);
  assert.equal(await response.text(), 'b');
  const facts = (await proxy.untilFinished(WARM_UP + 1)).at(-1);
  assert.deepEqual(
    facts?.attempts.map(({ endpointId }) => endpointId),
    ['a', 'b'],
  );
  assert.ok(facts?.flags.includes('HG'));
  await eventually(() => assert.equal(stalled.size, 0));
  assert.deepEqual(proxy.transitions, []);
  for (const { inFlight } of proxy.directory.services.get('payments')?.endpoints.members ?? []) {
    assert.equal(inFlight, 0);
  }
});

test('however often an endpoint loses, nothing is held against it', async (t) => {
  const { proxy, seen } = await twoEndpoints(t, EAGER);
  for (let i = 1; i <= WARM_UP; i++) {
    assert.equal(await (await fetch(`${proxy.url}/payments`)).text(), 'b');
    const facts = (await proxy.untilFinished(WARM_UP + i)).at(-1);
    assert.equal(facts?.attempts[0]?.failure, 'client_gone');
  }
  assert.deepEqual(seen(), { a: WARM_UP, b: WARM_UP });
  assert.deepEqual(proxy.transitions, []);
});

test('without hedging the slow endpoint is waited for', async (t) => {
  const { proxy } = await twoEndpoints(t, undefined);
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 504);
  assert.equal((await proxy.untilFinished(WARM_UP + 1)).at(-1)?.attempts.length, 1);
});

test('a method that is not safe is never hedged', async (t) => {
  const { proxy, seen } = await twoEndpoints(t, EAGER);
  assert.equal((await fetch(`${proxy.url}/payments`, { method: 'PUT' })).status, 504);
  assert.equal(seen().b, 0);
});

test('hedges stay within their share of the calls', async (t) => {
  const { proxy, seen } = await twoEndpoints(t, hedgingOptions.parse({ maxExtraPercent: 1 }));
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 504);
  assert.equal(seen().b, 0, 'six calls do not pay for one');
});
