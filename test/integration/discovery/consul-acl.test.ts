import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent, tokenWith } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { consulParts, watchService } from '../../support/watched-source.ts';

const BAD_TOKEN = '00000000-0000-4000-8000-00000000bad0';

const DISCOVERY_RULES = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }';

/** A token that may do what the documentation asks for, and no more. */
async function tokenForDiscovery(agent: ConsulAgent): Promise<string> {
  return (await tokenWith(agent, DISCOVERY_RULES)).secret;
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

  it('tells hidden instances from none, whether Consul says that it hides them or not', async (t) => {
    const agent = await startConsulAgent(t, { acl: true });
    await agent.register({ name: 'web', id: 'a', port: 1 });
    const { sink } = watchService(t, consulParts(t, agent.address));
    await eventually(() => assert.equal(sink.lastFailure, 'acl_filtered'));
    assert.deepEqual(sink.tables, []);
  });

  it('keeps the table when the next token in the file lacks node:read, is deleted, or is one that Consul does not know', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'consul-acl-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'token');
    const agent = await startConsulAgent(t, { acl: true });
    await agent.register({ name: 'web', id: 'a', port: 1 });
    const good = await tokenWith(agent, DISCOVERY_RULES);
    writeFileSync(path, good.secret);
    const clock = new FakeClock();
    const { sink } = watchService(t, consulParts(t, agent.address, { clock, token: { kind: 'file', path } }));
    await eventually(() => assert.deepEqual(sink.ids, ['a']));
    let changes = 0;
    // The question that waits is still the old token's.
    const change = () => agent.register({ name: 'web', id: 'a', port: 1, tags: [`${++changes}`] });
    const after = async (probe: () => void) => {
      await eventually(async () => {
        await change();
        await clock.advanceAsync(15_000);
        probe();
      });
    };

    writeFileSync(path, (await tokenWith(agent, 'service_prefix "" { policy = "read" }')).secret);
    await after(() => assert.equal(sink.lastFailure, 'acl_filtered'));
    assert.match(sink.failures.at(-1)?.detail ?? '', /node:read/);
    assert.deepEqual(sink.ids, ['a']);

    writeFileSync(path, good.secret);
    await after(() => assert.deepEqual(sink.table[0]?.tags, [`${changes}`]));
    await agent.request('DELETE', `/v1/acl/token/${good.accessor}`);
    await after(() => assert.equal(sink.lastFailure, 'permission_denied'));
    assert.match(sink.failures.at(-1)?.detail ?? '', /ACL not found.*has expired or was deleted/);
    assert.deepEqual(sink.ids, ['a']);

    writeFileSync(path, (await tokenWith(agent, DISCOVERY_RULES)).secret);
    await after(() => assert.deepEqual(sink.table[0]?.tags, [`${changes}`]));
  });
});
