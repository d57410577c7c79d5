// Clients of the Connect protocol by @connectrpc/connect, and a gRPC service.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DescService } from '@bufbuild/protobuf';
import type { Client, Interceptor } from '@connectrpc/connect';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { eventually } from '../../support/eventually.ts';
import { LEDGER_LIMIT, ledgerDescription, startTranslatedLedger } from '../../support/translated-ledger.ts';

const { registry } = ledgerDescription();

function ledgerService(): DescService {
  const service = registry.getService('ledger.v1.Ledger');
  assert.ok(service);
  return service;
}

interface TransportChoice {
  readonly httpVersion: '1.1' | '2';
  readonly useBinaryFormat: boolean;
  readonly useHttpGet?: boolean;
  readonly interceptors?: Interceptor[];
}

/** What is known of the methods at run time only. */
type LedgerClient = Client<DescService>;
type Fields = Record<string, unknown>;

function clientOf(baseUrl: string, choice: TransportChoice): LedgerClient {
  return createClient(ledgerService(), createConnectTransport({ baseUrl, ...choice }));
}

function unary(client: LedgerClient, method: string) {
  const call = client[method] as unknown as (request: Fields, options?: object) => Promise<Fields>;
  return call;
}

function streaming(client: LedgerClient, method: string) {
  return client[method] as unknown as (request: unknown, options?: object) => AsyncIterable<Fields>;
}

async function* from(messages: readonly Fields[]): AsyncIterable<Fields> {
  yield* messages;
}

const CHOICES: readonly TransportChoice[] = [
  { httpVersion: '1.1', useBinaryFormat: false },
  { httpVersion: '1.1', useBinaryFormat: true },
  { httpVersion: '2', useBinaryFormat: false },
  { httpVersion: '2', useBinaryFormat: true },
];

for (const choice of CHOICES) {
  const codec = choice.useBinaryFormat ? 'protobuf' : 'JSON';
  describe(`Connect over HTTP/${choice.httpVersion} with ${codec}`, () => {
    it('calls a method, with metadata in both directions', async (t) => {
      const { url } = await startTranslatedLedger(t);
      let type: string | null = null;
      const client = clientOf(url, choice);
      const account = await unary(client, 'getAccount')(
        { name: 'accounts/alice' },
        {
          headers: { 'x-team': 'shop' },
          onHeader: (headers: Headers) => (type = headers.get('content-type')),
        },
      );
      assert.equal(account['holder'], 'Alice');
      assert.equal(account['balanceCents'], 125_000n);
      assert.equal(type, choice.useBinaryFormat ? 'application/proto' : 'application/json');
    });

    it('reports failures with code, message and details', async (t) => {
      const { url, proxy } = await startTranslatedLedger(t);
      const failure = unary(clientOf(url, choice), 'getAccount')({ name: 'accounts/carol' });
      await assert.rejects(failure, (error) => {
        assert.ok(error instanceof ConnectError);
        assert.equal(error.code, Code.NotFound);
        assert.equal(error.rawMessage, 'There is no account accounts/carol.');
        const info = registry.getMessage('google.rpc.ResourceInfo');
        assert.ok(info);
        const [detail] = error.findDetails(info);
        assert.equal((detail as unknown as Fields | undefined)?.['resourceName'], 'accounts/carol');
        return true;
      });
      const [facts] = await proxy.untilFinished(1);
      assert.equal(facts?.status, 404);
      assert.equal(facts?.grpcStatus, 5);
    });

    it('carries streams of the endpoint, and what ends them', async (t) => {
      const { url } = await startTranslatedLedger(t);
      const client = clientOf(url, choice);
      const ids: unknown[] = [];
      for await (const entry of streaming(client, 'listEntries')({ account: 'accounts/bob', count: 3 })) {
        ids.push(entry['id']);
      }
      assert.deepEqual(
        ids,
        [1, 2, 3].map((n) => `accounts/bob/entries/${n}`),
      );
      await assert.rejects(
        async () => {
          for await (const _ of streaming(client, 'listEntries')({ account: 'accounts/carol' }));
        },
        (error) =>
          error instanceof ConnectError && error.code === Code.NotFound && error.details.length === 1,
      );
    });

    it('carries streams of the client', async (t) => {
      const { url } = await startTranslatedLedger(t);
      const call = clientOf(url, choice)['importEntries'] as unknown as (
        requests: AsyncIterable<Fields>,
      ) => Promise<Fields>;
      const sent = Array.from({ length: 50 }, () => ({
        account: 'accounts/alice',
        kind: 1,
        amountCents: 2n,
      }));
      const summary = await call(from(sent));
      assert.equal(summary['entries'], 50);
      assert.equal(summary['totalCents'], 100n);
    });

    it('keeps deadlines, and refuses in the protocol of the client', async (t) => {
      const { url, proxy } = await startTranslatedLedger(t);
      const client = clientOf(url, choice);
      const slow = unary(client, 'getAccount')(
        { name: 'accounts/alice', delay: { seconds: 9n } },
        { timeoutMs: 300 },
      );
      await assert.rejects(
        slow,
        (error) => error instanceof ConnectError && error.code === Code.DeadlineExceeded,
      );
      const large = unary(
        client,
        'createEntry',
      )({
        account: 'accounts/bob',
        entry: { memo: 'x'.repeat(LEDGER_LIMIT) },
      });
      await assert.rejects(
        large,
        (error) => error instanceof ConnectError && error.code === Code.ResourceExhausted,
      );
      await proxy.untilFinished(2);
    });
  });
}

describe('Connect', () => {
  it('carries both streams at once over HTTP/2', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const client = clientOf(url, { httpVersion: '2', useBinaryFormat: true });
    const holders: unknown[] = [];
    const names = [{ name: 'accounts/alice' }, { name: 'accounts/bob' }];
    for await (const account of streaming(client, 'watchAccounts')(from(names)))
      holders.push(account['holder']);
    assert.deepEqual(holders, ['Alice', 'Bob']);
  });

  it('calls methods without side effects by GET, and no others', async (t) => {
    const { url, proxy } = await startTranslatedLedger(t);
    for (const useBinaryFormat of [false, true]) {
      const client = clientOf(url, { httpVersion: '1.1', useBinaryFormat, useHttpGet: true });
      assert.equal((await unary(client, 'getAccount')({ name: 'accounts/bob' }))['holder'], 'Bob');
    }
    const finished = await proxy.untilFinished(2);
    assert.deepEqual(
      finished.map(({ method }) => method),
      ['GET', 'GET'],
    );
    const message = encodeURIComponent('{"account":"accounts/bob"}');
    const refused = await fetch(
      `${url}/ledger.v1.Ledger/CreateEntry?connect=v1&encoding=json&message=${message}`,
    );
    assert.equal(refused.status, 405);
    assert.equal(refused.headers.get('allow'), 'POST');
  });

  it('reports a killed endpoint as unavailable, in a stream that has begun too', async (t) => {
    const { url, kill } = await startTranslatedLedger(t);
    const client = clientOf(url, { httpVersion: '1.1', useBinaryFormat: true });
    const stream = streaming(
      client,
      'listEntries',
    )({
      account: 'accounts/bob',
      count: 1_000,
      pause: { nanos: 50_000_000 },
    });
    await assert.rejects(
      async () => {
        let seen = 0;
        for await (const _ of stream) if (++seen === 2) await kill('ledger-1');
      },
      (error) => error instanceof ConnectError && error.code === Code.Unavailable,
    );
    const refused = unary(client, 'getAccount')({ name: 'accounts/bob' });
    await assert.rejects(
      refused,
      (error) => error instanceof ConnectError && error.code === Code.Unavailable,
    );
  });

  it('says of a method that there is not that it is not implemented', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const response = await fetch(`${url}/ledger.v1.Ledger/Nothing`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'connect-protocol-version': '1' },
      body: '{}',
    });
    assert.equal(((await response.json()) as Fields)['code'], 'unimplemented');
  });

  it('refuses another version of the protocol', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const response = await fetch(`${url}/ledger.v1.Ledger/GetAccount`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'connect-protocol-version': '2' },
      body: '{"name":"accounts/bob"}',
    });
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as Fields)['code'], 'invalid_argument');
  });

  it('cancels the call when the client leaves', async (t) => {
    const { url, proxy } = await startTranslatedLedger(t);
    const leaving = new AbortController();
    const client = clientOf(url, { httpVersion: '2', useBinaryFormat: true });
    const call = unary(client, 'getAccount')(
      { name: 'accounts/alice', delay: { seconds: 9n } },
      { signal: leaving.signal },
    );
    await eventually(() => assert.equal(proxy.forwarder.active, 1));
    leaving.abort();
    await assert.rejects(call);
    const [facts] = await proxy.untilFinished(1);
    assert.equal(facts?.reason, 'client_gone');
  });
});
