import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type {
  ConsulAnswer,
  ConsulClient,
  ConsulQuery,
} from '../../../../src/discovery/consul/consul-client.ts';
import { eventually } from '../../../support/eventually.ts';
import { settle } from '../../../support/fake-clock.ts';
import { startScriptedConsul } from '../../../support/scripted-consul.ts';
import { consulParts } from '../../../support/watched-source.ts';

function get(client: ConsulClient, query: Partial<ConsulQuery> = {}): Promise<ConsulAnswer> {
  return client.get({
    kind: 'health',
    path: '/health/service/web',
    parameters: {},
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    ...query,
  });
}

function failureOf(answer: ConsulAnswer): string {
  return answer.ok ? 'none' : `${answer.failure.kind}: ${answer.failure.detail}`;
}

/** A server of one answer; where it listens is up to the test. */
async function serverOf(
  t: TestContext,
  where: { port: number; host: string } | { path: string },
): Promise<Server> {
  const server = createServer((_, response) => response.end('["yes"]'));
  server.listen(where);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

describe('ConsulClient', () => {
  it('gives up an answer that does not come in time, and its connection', async (t) => {
    const consul = await startScriptedConsul(t);
    consul.always('health', 'hang');
    const { client } = consulParts(t, consul.address);
    assert.equal(
      failureOf(await get(client, { timeoutMs: 50 })),
      'unreachable: Consul: no answer within 50 ms',
    );
    await eventually(() => assert.equal(consul.connections, 0));
  });

  it('says so when nobody listens', async (t) => {
    const { client } = consulParts(t, 'http://127.0.0.1:1');
    assert.match(failureOf(await get(client)), /^unreachable: .*ECONNREFUSED/);
  });

  it('refuses an answer that would fill the memory', async (t) => {
    const consul = await startScriptedConsul(t);
    consul.always('health', { body: 'x'.repeat(64 * 1024 * 1024 + 1) });
    const { client } = consulParts(t, consul.address);
    assert.equal(failureOf(await get(client)), 'malformed: Consul: the answer is longer than 64 MiB');
    await eventually(() => assert.equal(consul.connections, 0));
  });

  it('takes the 500 for a filter that cannot be followed for a refusal of that question alone', async (t) => {
    const consul = await startScriptedConsul(t);
    const body = 'Failed to create boolean expression evaluator: Selector "Service.Bogus" is not valid';
    consul.always('health', { status: 500, body });
    const { client } = consulParts(t, consul.address);
    assert.match(failureOf(await get(client)), /^rejected: Consul answered 500: .*Service\.Bogus/);
  });

  it('follows no redirect, and says where it leads and what to configure', async (t) => {
    const consul = await startScriptedConsul(t);
    const { client } = consulParts(t, consul.address);
    for (const [location, place] of [
      ['https://consul.example/v1/health', 'https://consul.example'],
      ['/ui', 'another path of its own'],
    ] as const) {
      consul.always('health', { status: 301, headers: { location }, body: '' });
      const failure = failureOf(await get(client));
      assert.equal(
        failure,
        `rejected: Consul answered 301 (a redirect to ${place}, which is not followed: consul.address is to be where Consul itself answers)`,
      );
    }
  });

  it('finds Consul at an IPv6 address', async (t) => {
    const server = await serverOf(t, { port: 0, host: '::1' });
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const { client } = consulParts(t, `http://[::1]:${address.port}`);
    assert.equal(failureOf(await get(client)), 'none');
  });

  it('finds Consul at a unix socket', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'consul-client-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'consul.sock');
    await serverOf(t, { path });
    const { client } = consulParts(t, `unix://${path}`);
    assert.equal(failureOf(await get(client)), 'none');
  });

  it('sends the token as a header and never in the address', async (t) => {
    const consul = await startScriptedConsul(t);
    const { client } = consulParts(t, consul.address, { token: { kind: 'value', token: 's3cret' } });
    await get(client);
    assert.equal(consul.queries[0]?.token, 's3cret');
    assert.doesNotMatch(String(consul.queries[0]?.parameters), /s3cret/);
  });

  it('answers with a failure that does not show it when the token cannot be a header', async (t) => {
    const consul = await startScriptedConsul(t);
    const { client } = consulParts(t, consul.address, { token: { kind: 'value', token: 'two\nlines' } });
    const failure = failureOf(await get(client));
    assert.match(failure, /^unreachable: /);
    assert.doesNotMatch(failure, /lines/);
  });

  it('takes a query back when its signal aborts, leaves no listener, and reports nothing', async (t) => {
    const consul = await startScriptedConsul(t);
    consul.always('health', 'hang');
    const { client, reports } = consulParts(t, consul.address);
    const stop = new AbortController();
    const answer = get(client, { signal: stop.signal });
    await eventually(() => assert.equal(consul.blocked, 1));
    stop.abort();
    assert.equal((await answer).ok, false);
    await eventually(() => assert.equal(consul.connections, 0));
    assert.deepEqual(reports.queries, []);
  });

  it('sends nothing when its signal has aborted before', async (t) => {
    const consul = await startScriptedConsul(t);
    const { client } = consulParts(t, consul.address);
    assert.equal((await get(client, { signal: AbortSignal.abort() })).ok, false);
    assert.equal(consul.queries.length, 0);
  });

  it('outlives connections that die after they answered, were cut, or were given up', async (t) => {
    const consul = await startScriptedConsul(t);
    const { client } = consulParts(t, consul.address);
    const ends = [{ body: [] }, 'cut', 'reset', 'hang', { status: 500, body: 'x' }, { body: '{' }] as const;
    consul.script('health', ...ends);
    for (const end of ends) await get(client, end === 'hang' ? { timeoutMs: 100 } : {});
    consul.dropConnections();
    await eventually(() => assert.equal(consul.connections, 0));
    await settle();
    assert.equal((await get(client)).ok, true);
  });

  it('reports each query with what it asked for and how it ended', async (t) => {
    const consul = await startScriptedConsul(t);
    consul.script('health', { body: [] }, { status: 429 }, 'hang');
    const { client, reports } = consulParts(t, consul.address);
    await get(client);
    await get(client, { parameters: { dc: 'dc2' } });
    await get(client, { timeoutMs: 20 });
    assert.deepEqual(
      reports.queries.map(({ kind, datacenter, outcome, timedOut }) => [kind, datacenter, outcome, timedOut]),
      [
        ['health', undefined, 'answered', false],
        ['health', 'dc2', 'rate_limited', false],
        ['health', undefined, 'unreachable', true],
      ],
    );
  });
});
