// The sample service that speaks gRPC, as a client that is not of this project sees it.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Transport } from '@connectrpc/connect';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { ledgerRegistry, startLedgerService } from '../../src/demo/ledger/ledger-service.ts';
import { all, each, ledgerClient, seconds } from '../support/ledger-client.ts';

async function start(t: TestContext): Promise<Transport> {
  const service = await startLedgerService({ instance: 'ledger-1', host: '127.0.0.1', port: 0 });
  t.after(() => service.close());
  return createGrpcTransport({ baseUrl: `http://127.0.0.1:${service.port}` });
}

/** Of google.rpc, as JSON. */
function detailsOf(error: unknown): unknown {
  if (!(error instanceof ConnectError)) throw error;
  const registry = ledgerRegistry();
  return error.details.map((detail) => {
    if ('desc' in detail) throw new Error('an incoming detail has no descriptor of its own');
    const found = registry.getMessage(detail.type);
    if (found === undefined) throw new Error(`${detail.type} is not described`);
    return { ...fromBinary(found, detail.value) };
  });
}

test('methods of every kind respond', async (t) => {
  const ledger = ledgerClient(await start(t));
  const account = await ledger.getAccount({ name: 'accounts/alice' });
  assert.equal(account.holder, 'Alice');
  assert.equal(account.balanceCents, 125_000n);
  assert.equal(account.instance, 'ledger-1');
  const entry = await ledger.createEntry({
    account: 'accounts/bob',
    entry: { kind: 2, amountCents: 700n },
  });
  assert.equal(entry.id, 'accounts/bob/entries/1');
  assert.equal(entry.amountCents, 700n);
  const entries = await all(ledger.listEntries({ account: 'accounts/bob', count: 7 }));
  assert.deepEqual(
    entries.map(({ amountCents }) => Number(amountCents)),
    [100, 200, 300, 400, 500, 600, 700],
  );
  const summary = await ledger.importEntries(
    each(
      { account: 'accounts/bob', kind: 1, amountCents: 900n },
      { account: 'accounts/alice', kind: 2, amountCents: 200n },
    ),
  );
  assert.deepEqual([summary.entries, summary.totalCents], [2, 700n]);
  const watched = await all(ledger.watchAccounts(each({ name: 'accounts/bob' }, { name: 'accounts/alice' })));
  assert.deepEqual(
    watched.map(({ holder }) => holder),
    ['Bob', 'Alice'],
  );
});

test('errors have details', async (t) => {
  const ledger = ledgerClient(await start(t));
  const failure = async (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => assert.fail('it succeeded'),
      (error: unknown) => error,
    );
  const missing = await failure(ledger.getAccount({ name: 'accounts/carol' }));
  assert.equal(ConnectError.from(missing).code, Code.NotFound);
  assert.match(JSON.stringify(detailsOf(missing)), /"resourceName":"accounts\/carol"/);
  const nothing = await failure(ledger.createEntry({ account: 'accounts/bob', entry: {} }));
  assert.equal(ConnectError.from(nothing).code, Code.InvalidArgument);
  assert.match(JSON.stringify(detailsOf(nothing)), /entry\.amount_cents/);
  const tooMuch = await failure(
    ledger.createEntry({ account: 'accounts/bob', entry: { kind: 2, amountCents: 5_000n } }),
  );
  assert.equal(ConnectError.from(tooMuch).code, Code.FailedPrecondition);
  assert.match(JSON.stringify(detailsOf(tooMuch)), /4200 cents are left/);
  const inBetween = await failure(
    all(ledger.watchAccounts(each({ name: 'accounts/bob' }, { name: 'accounts/nobody' }))),
  );
  assert.equal(ConnectError.from(inBetween).code, Code.NotFound);
});

test('a slow method ends with its client', async (t) => {
  const ledger = ledgerClient(await start(t));
  const slow = ledger.getAccount({ name: 'accounts/bob', delay: seconds(9) }, { timeoutMs: 50 });
  await assert.rejects(slow, (error) => ConnectError.from(error).code === Code.DeadlineExceeded);
});

test('it is healthy, and it describes itself', async (t) => {
  const transport = await start(t);
  const registry = ledgerRegistry();
  const serviceOf = (name: string) => {
    const service = registry.getService(name);
    if (service === undefined) throw new Error(`no ${name}`);
    return createClient(service, transport) as unknown as {
      check(request: object): Promise<{ readonly status: number }>;
      serverReflectionInfo(requests: AsyncIterable<object>): AsyncIterable<{
        readonly messageResponse: { readonly case: string; readonly value: Record<string, unknown> };
      }>;
    };
  };
  assert.equal((await serviceOf('grpc.health.v1.Health').check({})).status, 1);
  const asked = ['listServices', 'fileContainingSymbol', 'fileByFilename', 'fileContainingSymbol'];
  const values = ['', 'ledger.v1.Ledger.GetAccount', 'google/api/http.proto', 'ledger.v1.Nothing'];
  const responses = await all(
    serviceOf('grpc.reflection.v1.ServerReflection').serverReflectionInfo(
      each(...asked.map((which, at) => ({ messageRequest: { case: which, value: values[at] } }))),
    ),
  );
  const [services, symbol, file, nothing] = responses.map(({ messageResponse }) => messageResponse);
  const named = services?.value['service'] as { readonly name: string }[] | undefined;
  assert.deepEqual(
    new Set(named?.map(({ name }) => name)),
    new Set(['grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection', 'ledger.v1.Ledger']),
  );
  const filesOf = (response: typeof symbol): Set<string> => {
    const files = response?.value['fileDescriptorProto'] as Uint8Array[] | undefined;
    return new Set(files?.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name));
  };
  assert.deepEqual(
    filesOf(symbol),
    new Set([
      'google/api/annotations.proto',
      'google/api/http.proto',
      'google/protobuf/descriptor.proto',
      'google/protobuf/duration.proto',
      'google/protobuf/timestamp.proto',
      'ledger/v1/ledger.proto',
    ]),
  );
  assert.deepEqual(filesOf(file), new Set(['google/api/http.proto']));
  assert.equal(nothing?.case, 'errorResponse');
});
