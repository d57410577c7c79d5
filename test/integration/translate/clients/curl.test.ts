// curl, with JSON, to a gRPC server by @grpc/grpc-js.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runCurl } from '../../../support/curl.ts';
import { eventually } from '../../../support/eventually.ts';
import { startLedgerProcess } from '../../../support/translated-ledger-process.ts';

const TOO_SLOW = 28;

/** What curl wrote, with the status of HTTP on a line of its own behind it. */
async function curl(...args: readonly string[]): Promise<{ readonly status: string; readonly text: string }> {
  const { stdout } = await runCurl(['-sS', '-w', '\n%{http_code}', ...args]);
  const end = stdout.lastIndexOf('\n');
  return { status: stdout.slice(end + 1), text: stdout.slice(0, end) };
}

describe('curl with JSON', () => {
  it('calls a unary method, by GET and by POST', async (t) => {
    const { url } = await startLedgerProcess(t);
    const account = await curl(`${url}/v1/accounts/alice`);
    assert.equal(account.status, '200');
    assert.deepEqual(JSON.parse(account.text), {
      name: 'accounts/alice',
      holder: 'Alice',
      balanceCents: '125000',
      opened: '2026-01-01T00:00:00Z',
      instance: 'ledger-1',
    });
    const entry = await curl(`${url}/v1/accounts/bob/entries`, '-d', '{"kind":"DEBIT","amountCents":700}');
    assert.equal(entry.status, '200');
    assert.equal(JSON.parse(entry.text).amountCents, '700');
    const named = await curl(
      `${url}/ledger.v1.Ledger/GetAccount`,
      '-H',
      'content-type: application/json',
      '-d',
      '{"name":"accounts/bob"}',
    );
    assert.equal(JSON.parse(named.text).holder, 'Bob');
  });

  it('gets errors as problem documents with details', async (t) => {
    const { url } = await startLedgerProcess(t);
    const missing = await curl(`${url}/v1/accounts/carol`);
    assert.equal(missing.status, '404');
    const { grpcStatus, detail, details } = JSON.parse(missing.text);
    assert.deepEqual([grpcStatus, detail], ['NOT_FOUND', 'There is no account accounts/carol.']);
    assert.equal(details[0]['@type'], 'type.googleapis.com/google.rpc.ResourceInfo');
    assert.equal(details[0].resourceName, 'accounts/carol');
    const tooMuch = await curl(`${url}/v1/accounts/bob/entries`, '-d', '{"kind":"DEBIT","amountCents":5000}');
    assert.equal(tooMuch.status, '400');
    assert.equal(JSON.parse(tooMuch.text).details[0].violations[0].type, 'BALANCE');
  });

  it('reads a stream as lines and as events, and sends one as lines', async (t) => {
    const { url } = await startLedgerProcess(t);
    const entries = `${url}/v1/accounts/alice/entries?count=3`;
    const lines = (await curl('-N', entries)).text.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).amountCents),
      ['100', '200', '300'],
    );
    const events = (await curl('-N', '-H', 'accept: text/event-stream', entries)).text.trimEnd();
    assert.deepEqual(
      events.split('\n\n').map((event) => JSON.parse(event.replace('data: ', '')).id),
      ['1', '2', '3'].map((number) => `accounts/alice/entries/${number}`),
    );
    const sent =
      '{"account":"accounts/alice","kind":"CREDIT","amountCents":500}\n' +
      '{"account":"accounts/bob","kind":"DEBIT","amountCents":"200"}\n';
    const imported = await curl(
      `${url}/v1/entries:import`,
      '-H',
      'content-type: application/x-ndjson',
      '--data-binary',
      sent,
    );
    assert.deepEqual(JSON.parse(imported.text), { entries: 2, totalCents: '300', instance: 'ledger-1' });
  });

  it('gets 504 at its deadline, and leaves nothing under way when it gives up', async (t) => {
    const { url, endpoints } = await startLedgerProcess(t);
    const slow = `${url}/v1/accounts/bob?delay=9s`;
    const late = await curl('-H', 'x-request-timeout-ms: 200', slow);
    assert.equal(late.status, '504');
    await eventually(() => assert.equal(endpoints[0]?.cancelled(), 1));
    const { code } = await runCurl(['-sS', '--max-time', '1', slow]);
    assert.equal(code, TOO_SLOW);
    await eventually(() => assert.equal(endpoints[0]?.cancelled(), 2));
  });

  it('reads of a killed endpoint at the end of the stream, and is served by another then', async (t) => {
    const { url, endpoints } = await startLedgerProcess(t, { instances: 2 });
    const stream = curl('-N', `${url}/v1/accounts/alice/entries?count=100&pause=9s`);
    const killed = await eventually(() => {
      const serving = endpoints.find(({ calls }) => calls.length > 0);
      if (serving === undefined) throw new Error('no endpoint was called yet');
      return serving;
    });
    await killed.untilWritten();
    killed.kill();
    const lines = (await stream).text.trimEnd().split('\n');
    assert.equal(lines.length, 2);
    const { '@error': failure } = JSON.parse(lines[1] ?? '');
    assert.equal(failure.status, 502);
    const other = endpoints.find((endpoint) => endpoint !== killed);
    for (let call = 0; call < 5; call++) {
      assert.equal((await curl(`${url}/v1/accounts/alice`)).status, '200');
    }
    assert.equal(other?.calls.length, 5);
  });
});
