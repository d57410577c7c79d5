import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsulAgent } from '../support/consul-agent.ts';
import { startConsulAgent } from '../support/consul-agent.ts';
import { eventually } from '../support/eventually.ts';

async function statusesOf(agent: ConsulAgent, service: string): Promise<string> {
  return JSON.stringify(await agent.request('GET', `/v1/health/checks/${service}`));
}

test('an agent shows what is registered, its check and its maintenance', async (t) => {
  const agent = await startConsulAgent(t);
  await agent.register({ name: 'payments', id: 'payments-1', port: 9001 });
  await agent.setCheck('payments-1', 'critical', 'out of money');
  await eventually(async () => assert.match(await statusesOf(agent, 'payments'), /critical.*out of money/));
  await agent.setMaintenance('payments-1', true);
  await eventually(async () => assert.match(await statusesOf(agent, 'payments'), /_service_maintenance/));
  await agent.deregister('payments-1');
  await eventually(async () => assert.equal(await statusesOf(agent, 'payments'), '[]'));
});

test('an agent that keeps its data finds it after a crash, on the same address', async (t) => {
  const agent = await startConsulAgent(t, { keepsData: true });
  const { address } = agent;
  await agent.register({ name: 'payments', port: 9001 });
  await agent.kill();
  await assert.rejects(agent.request('GET', '/v1/status/leader'));
  await agent.restart({ keepData: true });
  assert.equal(agent.address, address);
  // It answers before it has read all of its data.
  await eventually(async () => {
    assert.match(JSON.stringify(await agent.request('GET', '/v1/catalog/services')), /payments/);
  });
});

test('an agent restarted without its data is empty', async (t) => {
  const agent = await startConsulAgent(t);
  await agent.register({ name: 'payments', port: 9001 });
  await agent.restart({ keepData: false });
  assert.doesNotMatch(JSON.stringify(await agent.request('GET', '/v1/catalog/services')), /payments/);
});

test('a suspended agent answers nothing until it is resumed', async (t) => {
  const agent = await startConsulAgent(t);
  agent.pause();
  const answer = agent.request('GET', '/v1/status/leader');
  const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 200, 'nothing'))]);
  assert.equal(first, 'nothing');
  agent.resume();
  assert.match(String(await answer), /127\.0\.0\.1/);
});

test('an agent with ACLs refuses requests without a token', async (t) => {
  const agent = await startConsulAgent(t, { acl: true });
  await agent.register({ name: 'payments', port: 9001 });
  const anonymous = await fetch(`${agent.address}/v1/agent/service/deregister/payments`, { method: 'PUT' });
  assert.equal(anonymous.status, 403);
});
