// connect-es in Node.js, over each protocol that it speaks, to a gRPC server by @grpc/grpc-js.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Transport } from '@connectrpc/connect';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { eventually } from '../../../support/eventually.ts';
import { all, each, ledgerClient, seconds } from '../../../support/ledger-client.ts';
import { suiteScope } from '../../../support/suite-scope.ts';
import type { LedgerProcess } from '../../../support/translated-ledger-process.ts';
import { startLedgerProcess } from '../../../support/translated-ledger-process.ts';

interface Protocol {
  readonly name: string;
  readonly transport: (baseUrl: string) => Transport;
  /** Whether requests of a stream come one by one. */
  readonly streamsRequests: boolean;
}

const PROTOCOLS: readonly Protocol[] = [
  {
    name: 'Connect over HTTP/1.1',
    transport: (baseUrl) => createConnectTransport({ baseUrl, httpVersion: '1.1' }),
    streamsRequests: false,
  },
  {
    name: 'Connect over HTTP/2',
    transport: (baseUrl) => createConnectTransport({ baseUrl, httpVersion: '2' }),
    streamsRequests: true,
  },
  {
    name: 'gRPC-Web over HTTP/1.1',
    transport: (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }),
    streamsRequests: false,
  },
  {
    name: 'gRPC-Web over HTTP/2',
    transport: (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: '2' }),
    streamsRequests: false,
  },
  {
    name: 'gRPC',
    transport: (baseUrl) => createGrpcTransport({ baseUrl }),
    streamsRequests: true,
  },
];

async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => assert.fail('the call succeeded'),
    (error: unknown) => ConnectError.from(error),
  );
}

const scope = suiteScope();

/** For the tests that leave it as it is. */
let shared: LedgerProcess;

before(async () => {
  shared = await startLedgerProcess(scope);
});

for (const { name, transport, streamsRequests } of PROTOCOLS) {
  describe(`connect-es over ${name}`, () => {
    it('calls methods of every kind', async () => {
      const { url, endpoints } = shared;
      const ledger = ledgerClient(transport(url));
      const headers = { 'x-mine': 'one' };
      const account = await ledger.getAccount({ name: 'accounts/alice' }, { headers });
      assert.equal(account.holder, 'Alice');
      assert.equal(account.balanceCents, 125_000n);
      assert.deepEqual(endpoints[0]?.metadata()?.get('x-mine'), ['one']);
      const entries = await all(ledger.listEntries({ account: 'accounts/bob', count: 100 }));
      assert.equal(entries.length, 100);
      const summary = await ledger.importEntries(
        each(
          { account: 'accounts/bob', kind: 1, amountCents: 900n },
          { account: 'accounts/alice', kind: 2, amountCents: 200n },
        ),
      );
      assert.deepEqual([summary.entries, summary.totalCents], [2, 700n]);
      if (!streamsRequests) return;
      const watched = await all(
        ledger.watchAccounts(each({ name: 'accounts/bob' }, { name: 'accounts/alice' })),
      );
      assert.deepEqual(
        watched.map(({ holder }) => holder),
        ['Bob', 'Alice'],
      );
    });

    it('gets errors with their details', async () => {
      const { url } = shared;
      const ledger = ledgerClient(transport(url));
      const failed = await failureOf(ledger.getAccount({ name: 'accounts/carol' }));
      assert.equal(failed.code, Code.NotFound);
      assert.equal(failed.rawMessage, 'There is no account accounts/carol.');
      const [detail] = failed.details;
      assert.equal(detail !== undefined && 'type' in detail && detail.type, 'google.rpc.ResourceInfo');
      const none = await failureOf(all(ledger.listEntries({ account: 'accounts/carol' })));
      assert.equal(none.code, Code.NotFound);
    });

    it('ends calls at their deadline and when it gives up', async () => {
      const { url, endpoints } = shared;
      const ledger = ledgerClient(transport(url));
      const cancelled = endpoints[0]?.cancelled() ?? 0;
      const late = await failureOf(
        ledger.getAccount({ name: 'accounts/bob', delay: seconds(9) }, { timeoutMs: 200 }),
      );
      assert.equal(late.code, Code.DeadlineExceeded);
      await eventually(() => assert.equal(endpoints[0]?.cancelled(), cancelled + 1));
      const controller = new AbortController();
      const signal = { signal: controller.signal };
      const entries = ledger.listEntries({ account: 'accounts/bob', count: 100, pause: seconds(9) }, signal);
      const given = await failureOf(
        (async () => {
          for await (const _ of entries) controller.abort();
        })(),
      );
      assert.equal(given.code, Code.Canceled);
      await eventually(() => assert.equal(endpoints[0]?.cancelled(), cancelled + 2));
    });

    it('hears of an endpoint that is killed in between', async (t) => {
      const { url, endpoints } = await startLedgerProcess(t);
      const ledger = ledgerClient(transport(url));
      let received = 0;
      const entries = ledger.listEntries({ account: 'accounts/bob', count: 100, pause: seconds(9) });
      const failed = await failureOf(
        (async () => {
          for await (const _ of entries) {
            received++;
            for (const endpoint of endpoints) endpoint.kill();
          }
        })(),
      );
      assert.equal(received, 1);
      assert.equal(failed.code, Code.Unavailable);
    });

    it('calls another endpoint where one is gone', async (t) => {
      const { url, endpoints } = await startLedgerProcess(t, { instances: 2 });
      const ledger = ledgerClient(transport(url));
      // Once it has responded, the description is not being asked for any more.
      await ledger.getAccount({ name: 'accounts/alice' });
      endpoints[0]?.kill();
      for (let call = 0; call < 10; call++) {
        assert.equal((await ledger.getAccount({ name: 'accounts/alice' })).instance, 'ledger-2');
      }
    });
  });
}

describe('connect-es that compresses what it sends', () => {
  it('calls methods over each of its protocols', async () => {
    const { url } = shared;
    const options = {
      baseUrl: url,
      httpVersion: '2',
      sendCompression: compressionGzip,
      compressMinBytes: 0,
    } as const;
    for (const transport of [
      createConnectTransport({ ...options, useHttpGet: true }),
      createConnectTransport({ ...options, useBinaryFormat: false }),
      createGrpcWebTransport(options),
    ]) {
      const ledger = ledgerClient(transport);
      assert.equal((await ledger.getAccount({ name: 'accounts/alice' })).holder, 'Alice');
      const entries = each({ account: 'accounts/bob', kind: 1, amountCents: 900n });
      assert.equal((await ledger.importEntries(entries)).totalCents, 900n);
    }
  });
});
