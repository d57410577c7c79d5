import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isAtLeast } from '../../../src/demo/consul-config.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { consulParts, watchService } from '../../support/watched-source.ts';

const BAD_TOKEN = '00000000-0000-4000-8000-00000000bad0';

/** A token that may do what the documentation asks for, and no more. */
async function tokenForDiscovery(agent: ConsulAgent): Promise<string> {
  const rules = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }';
  await agent.request('PUT', '/v1/acl/policy', { Name: 'discovery', Rules: rules });
  return secretOf(await agent.request('PUT', '/v1/acl/token', { Policies: [{ Name: 'discovery' }] }));
}

function secretOf(token: unknown): string {
  assert.ok(typeof token === 'object' && token !== null && 'SecretID' in token);
  assert.ok(typeof token.SecretID === 'string');
  return token.SecretID;
}

describe('ConsulSource, with ACLs', () => {
  it('works with a token that may read services and nodes, and nothing else', async (t) => {
    const agent = await startConsulAgent(t, { acl: true });
    await agent.register({ name: 'web', id: 'a', port: 1 });
    const token = await tokenForDiscovery(agent);
    const { sink } = watchService(t, consulParts(t, agent.address, { token: { kind: 'value', token } }));
    await eventually(() => assert.deepEqual(sink.ids, ['a']));
    await agent.deregister('a');
    await eventually(() => assert.deepEqual(sink.ids, []));
    assert.deepEqual(sink.failures, []);
  });

  it('says that permission is denied with a token that nobody knows', async (t) => {
    const agent = await startConsulAgent(t, { acl: true });
    await agent.register({ name: 'web', id: 'a', port: 1 });
    const parts = consulParts(t, agent.address, { token: { kind: 'value', token: BAD_TOKEN } });
    const { sink } = watchService(t, parts);
    await eventually(() => assert.equal(sink.lastFailure, 'permission_denied'));
    assert.equal(sink.tables.length, 0);
    assert.doesNotMatch(sink.failures[0]?.detail ?? '', new RegExp(BAD_TOKEN));
  });

  it('goes on with the new token once its file has it', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'consul-acl-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'token');
    writeFileSync(path, BAD_TOKEN);
    const agent = await startConsulAgent(t, { acl: true });
    await agent.register({ name: 'web', id: 'a', port: 1 });
    const clock = new FakeClock();
    const { sink } = watchService(t, consulParts(t, agent.address, { clock, token: { kind: 'file', path } }));
    await eventually(() => assert.equal(sink.lastFailure, 'permission_denied'));
    writeFileSync(path, `${await tokenForDiscovery(agent)}\n`);
    await eventually(async () => {
      await clock.advanceAsync(5_000);
      assert.deepEqual(sink.ids, ['a']);
    });
  });

  it('tells hidden instances from none, where Consul says that it hides them', async (t) => {
    const agent = await startConsulAgent(t, { acl: true });
    await agent.register({ name: 'web', id: 'a', port: 1 });
    const { sink } = watchService(t, consulParts(t, agent.address));
    const tells = isAtLeast(await versionOf(agent), 1, 11);
    if (tells) await eventually(() => assert.equal(sink.lastFailure, 'acl_filtered'));
    else await eventually(() => assert.deepEqual(sink.ids, []));
  });
});

async function versionOf(agent: ConsulAgent): Promise<string> {
  return (
    /"Version": ?"([\d.]+)/.exec(JSON.stringify(await agent.request('GET', '/v1/agent/self')))?.[1] ?? ''
  );
}
