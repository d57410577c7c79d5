// How callers reach a service, tried with curl.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { startSampleProcess } from '../../../src/demo/sample-process.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { runCurl } from '../../support/curl.ts';

/** A Consul with one instance of payments, tagged v2. */
async function startPayments(t: TestContext): Promise<ConsulAgent> {
  const [consul, sample] = await Promise.all([
    startConsulAgent(t),
    startSampleProcess('payments', 'payments-1'),
  ]);
  t.after(() => sample.kill());
  await consul.register({ name: 'payments', port: sample.port, tags: ['v2'] });
  return consul;
}

/** Which service answered, and which path it saw. */
async function curl(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCurl(['-sS', '--fail-with-body', ...args]);
  assert.equal(code, 0, `curl ${args.join(' ')}: ${stdout}${stderr}`);
  const { service, path } = JSON.parse(stdout);
  return `${service} ${path}`;
}

test('a caller names the service by path, header, name of localhost, Consul name, or as its proxy', async (t) => {
  const consul = await startPayments(t);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  const { url } = ambassador;
  const port = new URL(url).port;
  const forms: readonly (readonly string[])[] = [
    [`${url}/payments/charge?a=%2F`],
    [`${url}/charge?a=%2F`, '--header', 'x-ambassador-service: payments'],
    [`http://payments.localhost:${port}/charge?a=%2F`],
    [`${url}/charge?a=%2F`, '--header', 'Host: payments.service.consul'],
    [`${url}/charge?a=%2F`, '--header', 'Host: v2.payments.service.consul'],
    [`${url}/charge?a=%2F`, '--header', 'Host: payments.service.dc1.consul'],
    ['http://payments.service.consul/charge?a=%2F', '--proxy', url],
    ['http://payments/charge?a=%2F', '--proxy', url],
  ];
  for (const form of forms) assert.equal(await curl(...form), 'payments /charge?a=%2F', form.join(' '));
});

test('it listens on the loopback of IPv4 and of IPv6', async (t) => {
  const consul = await startPayments(t);
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { listen: ['127.0.0.1:0', '[::1]:0'] },
  });
  await ambassador.untilReady();
  const [first = '', second] = ambassador.addresses;
  assert.equal(await curl(`http://${first}/payments/charge`), 'payments /charge');
  // A machine without IPv6 is served all the same.
  if (second === undefined) await ambassador.logged(/no IPv6 loopback/);
  else assert.equal(await curl('--globoff', `http://${second}/payments/charge`), 'payments /charge');
});

test('it serves on a unix socket, again after a crash, and removes it when it stops', async (t) => {
  const consul = await startPayments(t);
  const path = join(temporaryFolder(), 'ambassador.sock');
  const options = { consul: consul.address, config: { listen: `unix:${path}` } };
  const call = () => curl('--unix-socket', path, 'http://localhost/payments/charge');
  const crashed = await startAmbassador(t, options);
  assert.equal(await call(), 'payments /charge');
  crashed.signal('SIGKILL');
  await crashed.ended;
  assert.ok(existsSync(path), 'the crash left the socket');

  const ambassador = await startAmbassador(t, options);
  assert.equal(await call(), 'payments /charge');
  await ambassador.stop();
  assert.ok(!existsSync(path));
});

test('an unknown tag or datacenter is distinguished from an unknown service', async (t) => {
  const consul = await startPayments(t);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  const refusal = async (host: string): Promise<string> => {
    const { stdout } = await runCurl(['-s', '-H', `Host: ${host}`, `${ambassador.url}/charge`]);
    const { reason, detail } = JSON.parse(stdout);
    assert.equal(reason, 'unknown_service', stdout);
    return detail;
  };
  assert.match(
    await refusal('v9.payments.service.consul'),
    /Consul has payments, and no instance of it with that tag/,
  );
  assert.match(await refusal('payments.service.dc9.consul'), /Consul knows no datacenter of that name/);
  assert.match(await refusal('stranger.service.consul'), /Consul has no service of that name/);
});
