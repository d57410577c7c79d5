// `ambassador explain` as its user runs it, against a real Consul with endpoints that are in and out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation } from '../../../src/admin/explain-view.ts';
import { runAmbassador, startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

test('a request is explained before it is sent, and with --send after it', async (t) => {
  const consul = await startConsulAgent(t);
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  await consul.register({ name: 'payments', id: 'payments-1', port: upstream.port });
  await consul.register({ name: 'payments', id: 'payments-2', port: await unusedPort() });
  await consul.register({ name: 'payments', id: 'payments-3', port: upstream.port, status: 'critical' });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: {
      services: {
        payments: {
          retry: { attempts: 1 },
          shadow: { to: 'audit', share: 0.05 },
          routes: [
            { match: { methods: ['POST'], pathPrefix: '/charge' }, retry: { attempts: 0 }, hedging: {} },
          ],
        },
      },
    },
  });
  const admin = ['--admin', ambassador.adminUrl];
  const explained = async (...args: string[]): Promise<Explanation> => {
    const { code, stdout, stderr } = await runAmbassador('explain', ...args, ...admin, '--json');
    const explanation: Explanation = JSON.parse(stdout);
    assert.equal(code, explanation.refusal === null ? 0 : 1, stderr);
    return explanation;
  };
  await eventually(async () =>
    assert.equal((await explained('/payments/charge?card=1')).endpoints.length, 3),
  );

  const get = await explained('/payments/charge?card=1');
  assert.deepEqual(
    [get.service, get.addressing, get.path, get.route, get.refusal],
    ['payments', 'path', '/charge?card=1', null, null],
  );
  assert.deepEqual(
    get.endpoints.map(({ id, state, usable }) => [id.split('/').at(-1), state, usable]),
    [
      ['payments-1', 'available', true],
      ['payments-2', 'available', true],
      ['payments-3', 'critical', false],
    ],
  );
  assert.match(get.endpoints[2]?.reason ?? '', /critical/);
  assert.equal(get.endpoints[2]?.load, null);
  assert.equal(typeof get.endpoints[0]?.load, 'number');
  assert.match(get.chain.find(({ stage }) => stage === 'retry')?.text ?? '', /At most once/);
  assert.equal(
    get.chain.find(({ stage }) => stage === 'shadow')?.text,
    '5 % of requests is copied to audit, whose responses are dropped.',
  );
  assert.equal(upstream.seen.length, 0, 'nothing was sent');

  const post = await explained('POST', '/payments/charge');
  assert.equal(post.route?.number, 1);
  assert.equal(post.chain.find(({ stage }) => stage === 'retry')?.on, false);
  assert.equal(post.chain.find(({ stage }) => stage === 'hedging')?.on, true);

  const unknown = await explained('/paymnets');
  assert.equal(unknown.refusal?.reason, 'unknown_service');
  assert.match(unknown.refusal?.detail ?? '', /Did you mean payments\?/);

  const { stdout } = await runAmbassador('explain', 'GET', '/payments/charge', '--send', ...admin);
  assert.match(stdout, /goes to payments \(named by the path\), which gets \/charge/);
  assert.match(stdout, /with Host the endpoint's own address, X-Forwarded-Prefix \/payments\n/);
  assert.match(stdout, /redirects and cookies lead back through the ambassador/);
  assert.match(stdout, /It was answered 200 after [12] attempts?/);
  assert.match(stdout, /payments-1 .* 200 +answered/);
  assert.deepEqual(upstream.seen, ['GET /charge']);
});

test('what cannot be asked is bad usage or a clear refusal', async (t) => {
  const consul = await startConsulAgent(t);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  assert.equal((await runAmbassador('explain')).code, 64);
  for (const query of [
    '',
    '?target=',
    '?target=/a&method=G%20T',
    '?target=/a&header=nocolon',
    '?target=/a&x=1',
  ]) {
    const response = await fetch(`${ambassador.adminUrl}/api/explain${query}`);
    assert.equal(response.status, 400, query);
    assert.match(await response.text(), /expected|not known/);
  }
});
