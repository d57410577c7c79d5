import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { isPassing, keepRegistered } from '../../src/demo/keep-registered.ts';
import { startSampleService } from '../../src/demo/sample-service.ts';
import type { ConsulAgent } from '../support/consul-agent.ts';
import { startConsulAgent } from '../support/consul-agent.ts';
import { eventually } from '../support/eventually.ts';

const ID = 'payments-here-1';

async function startSample(t: TestContext): Promise<number> {
  const options = { service: 'payments', instance: ID, host: '127.0.0.1', port: 0 };
  const sample = await startSampleService(options);
  t.after(() => sample.close());
  return sample.port;
}

async function keepSample(t: TestContext, agent: ConsulAgent, log?: (line: string) => void) {
  const sample = { service: 'payments', id: ID, address: '127.0.0.1', port: await startSample(t) };
  const registration = keepRegistered(agent.address, sample, log);
  t.after(() => registration.end());
  return registration;
}

async function untilPassing(agent: ConsulAgent): Promise<void> {
  await eventually(async () => assert.equal(await isPassing(agent.address, ID), true));
}

test('a kept registration turns passing by its HTTP check', async (t) => {
  const agent = await startConsulAgent(t);
  assert.equal(await isPassing(agent.address, ID), false);
  await keepSample(t, agent);
  await untilPassing(agent);
});

test('a kept registration comes back when it was taken out of Consul', async (t) => {
  const agent = await startConsulAgent(t);
  await keepSample(t, agent);
  await untilPassing(agent);
  await agent.deregister(ID);
  await untilPassing(agent);
});

test('a kept registration outlives Consul being away and coming back empty', async (t) => {
  const agent = await startConsulAgent(t);
  const lines: string[] = [];
  await keepSample(t, agent, (line) => lines.push(line));
  await untilPassing(agent);
  await agent.kill();
  await eventually(() => assert.match(lines.join('\n'), /did not answer/));
  await agent.restart({ keepData: false });
  await untilPassing(agent);
});

test('the end of a kept registration takes the service out of Consul', async (t) => {
  const agent = await startConsulAgent(t);
  const registration = await keepSample(t, agent);
  await untilPassing(agent);
  await registration.end();
  assert.doesNotMatch(JSON.stringify(await agent.request('GET', '/v1/agent/services')), /payments/);
});
