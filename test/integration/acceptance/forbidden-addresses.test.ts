// Endpoints at addresses where no service should be: our own ports, and link-local ones.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { configFile, spawnAmbassador, startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream } from '../../support/upstreams.ts';

test('an endpoint at our own port or at a link-local address is not called, and everything says why', async (t) => {
  const consul = await startConsulAgent(t);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  const ports = {
    traffic: Number(new URL(ambassador.url).port),
    admin: Number(new URL(ambassador.adminUrl).port),
  };
  await consul.register({ name: 'loop', id: 'loop-1', port: ports.traffic });
  await consul
    .register({ name: 'console', id: 'console-1', address: '0.0.0.0', port: ports.admin })
    .catch(() =>
      // Later versions refuse the unspecified address themselves.
      consul.register({ name: 'console', id: 'console-1', port: ports.admin }),
    );
  await consul.register({ name: 'metadata', id: 'metadata-1', address: '169.254.169.254', port: 80 });
  await consul.register({ name: 'hidden', id: 'hidden-1', address: '2852039166', port: 80 });

  const detailOf = (name: string) =>
    eventually(async () => {
      const response = await fetch(`${ambassador.url}/${name}/`);
      assert.equal(response.status, 503, name);
      assert.equal(response.headers.get('x-ambassador-error'), 'no_healthy_endpoint');
      return String(((await response.json()) as { detail: unknown }).detail);
    });
  assert.equal(
    await detailOf('loop'),
    `loop has 1 endpoint: 1 not to be called (loop-1 is registered at 127.0.0.1:${ports.traffic}, a port of this ambassador itself, and nothing is called there; to call it all the same, configure discovery.allowAddresses: ["127.0.0.1"]).`,
  );
  assert.match(await detailOf('console'), /a port of this ambassador itself/);
  assert.match(
    await detailOf('metadata'),
    /169\.254\.169\.254:80, a link-local address, .*allowAddresses: \["169\.254\.169\.254"\]/,
  );
  assert.match(
    await detailOf('hidden'),
    /2852039166:80, a link-local address, .*allowAddresses: \["169\.254\.169\.254"\]/,
  );
  await ambassador.logged(/^An instance of metadata cannot be called: metadata-1 is registered at 169/);
  const { endpoints } = (await ambassador.admin('/api/services/metadata')) as {
    endpoints: readonly { state: string; usable: boolean; reason: string }[];
  };
  assert.deepEqual([endpoints[0]?.state, endpoints[0]?.usable], ['forbidden_address', false]);
  assert.match(
    endpoints[0]?.reason ?? '',
    /^It is registered at 169\.254\.169\.254:80, a link-local address/,
  );
});

test('what a name leads to counts when it is called', async (t) => {
  const consul = await startConsulAgent(t);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  // A name that every machine has, and that nobody can judge by its text.
  await consul.register({
    name: 'loop',
    id: 'loop-1',
    address: 'localhost',
    port: Number(new URL(ambassador.url).port),
  });
  await eventually(async () => {
    const response = await fetch(`${ambassador.url}/loop/`);
    assert.equal(response.headers.get('x-ambassador-error'), 'connect_failure');
    assert.match(
      await response.text(),
      /localhost leads to [^,]+, a port of this ambassador itself; to call it/,
    );
  });
  // A tunnel of bytes asks as a request does.
  const tunnel = new RawClient(t, Number(new URL(ambassador.url).port));
  tunnel.send('CONNECT loop.service.consul:443 HTTP/1.1\r\nHost: loop\r\n\r\n');
  await tunnel.until(/^HTTP\/1\.1 200 /);
  tunnel.send('\x16\x03\x01');
  await tunnel.untilClosed();
  const line = await eventually(() => {
    const found = ambassador.log.find(({ protocol }) => protocol === 'tcp');
    if (found === undefined) throw new Error('no line in the access log yet');
    return found;
  });
  assert.match(String(line['detail']), /localhost leads to [^,]+, a port of this ambassador itself/);
});

test('allowAddresses lets an endpoint at our own address be called, and taking it back ends that', async (t) => {
  const consul = await startConsulAgent(t);
  const upstream = await startUpstream(t, (_, response) => response.end('hello'));
  const config = (allowAddresses: readonly string[]) => ({
    consul: { address: consul.address },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    services: { payments: { listen: '127.0.0.1:0' } },
    discovery: { allowAddresses },
  });
  const file = configFile(config(['127.0.0.0/8']));
  const ambassador = spawnAmbassador(t, ['run', '-c', file]);
  await ambassador.logged(/^listening on .* for payments$/);
  await ambassador.untilReady();
  await consul.register({ name: 'payments', id: 'payments-1', port: upstream.port });
  await eventually(async () => assert.equal((await fetch(`${ambassador.url}/payments/`)).status, 200));
  const own = Number(
    ambassador.log
      .find(({ service }) => service === 'payments')
      ?.['address']?.toString()
      .split(':')[1],
  );
  // Through its own port it comes back to itself, which ends it as a loop, and shows that it was called.
  await consul.register({ name: 'relayed', id: 'relayed-1', port: own });
  await eventually(async () => {
    const response = await fetch(`${ambassador.url}/relayed/`);
    assert.equal(response.headers.get('x-ambassador-error'), null);
    assert.equal(response.status, 508);
  });
  writeFileSync(file, JSON.stringify(config([])));
  ambassador.signal('SIGHUP');
  await eventually(async () => {
    const response = await fetch(`${ambassador.url}/relayed/`);
    assert.equal(response.headers.get('x-ambassador-error'), 'no_healthy_endpoint');
  });
  assert.equal((await fetch(`${ambassador.url}/payments/`)).status, 200);
});
