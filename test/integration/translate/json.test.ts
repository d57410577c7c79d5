// Clients of JSON and a gRPC service, over real sockets.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { eventually } from '../../support/eventually.ts';
import { LEDGER_LIMIT, startTranslatedLedger } from '../../support/translated-ledger.ts';

const JSON_CONTENT = { 'content-type': 'application/json' };

function post(body: string, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', headers: { ...JSON_CONTENT, ...headers }, body };
}

function entries(count: number): string {
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({ account: 'accounts/alice', kind: 'CREDIT', amountCents: i + 1 }),
  ).join('\n');
}

describe('JSON to gRPC', () => {
  it('calls a method by its annotated path, with the query for the rest', async (t) => {
    const { url, proxy } = await startTranslatedLedger(t);
    const response = await fetch(`${url}/v1/accounts/alice?delay=0.001s`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.deepEqual(await response.json(), {
      name: 'accounts/alice',
      holder: 'Alice',
      balanceCents: '125000',
      opened: '2026-01-01T00:00:00Z',
      instance: 'ledger-1',
    });
    const [facts] = await proxy.untilFinished(1);
    assert.equal(facts?.target, '/ledger/v1/accounts/alice?delay=0.001s');
    assert.equal(facts?.method, 'GET');
    assert.equal(facts?.status, 200);
    assert.equal(facts?.grpcStatus, 0);
  });

  it('takes the field that the rule names from the content, and the whole message without a rule', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const created = await fetch(`${url}/v1/accounts/bob/entries`, {
      method: 'POST',
      headers: JSON_CONTENT,
      body: JSON.stringify({ kind: 'CREDIT', amountCents: '9007199254740993', memo: 'Grüße' }),
    });
    assert.equal(created.status, 200);
    const entry = (await created.json()) as Record<string, unknown>;
    assert.equal(entry['account'], 'accounts/bob');
    assert.equal(entry['amountCents'], '9007199254740993');
    assert.equal(entry['memo'], 'Grüße');
    const plain = await fetch(`${url}/ledger.v1.Ledger/GetAccount`, {
      method: 'POST',
      headers: JSON_CONTENT,
      body: '{"name":"accounts/bob"}',
    });
    assert.equal(((await plain.json()) as Record<string, unknown>)['holder'], 'Bob');
  });

  it('keeps every digit of integers that a number of JavaScript does not hold', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const long = '9007199254740993';
    const amount = `"amountCents":${long}`;
    const answers = [
      await fetch(`${url}/v1/accounts/bob/entries`, post(`{${amount}}`)),
      await fetch(`${url}/v1/entries:import`, post(`{"account":"accounts/bob",${amount},"kind":"CREDIT"}`)),
      await fetch(
        `${url}/ledger.v1.Ledger/CreateEntry`,
        post(`{"account":"accounts/bob","entry":{${amount}}}`, { 'connect-protocol-version': '1' }),
      ),
    ];
    for (const response of answers) assert.match(await response.text(), new RegExp(`"${long}"`));
  });

  it('makes a problem document of a failure, with its details', async (t) => {
    const { url, proxy } = await startTranslatedLedger(t);
    const missing = await fetch(`${url}/v1/accounts/carol`);
    assert.equal(missing.status, 404);
    assert.equal(missing.headers.get('content-type'), 'application/problem+json');
    assert.deepEqual(await missing.json(), {
      title: 'Not Found',
      status: 404,
      detail: 'There is no account accounts/carol.',
      grpcStatus: 'NOT_FOUND',
      code: 5,
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
          resourceType: 'ledger.v1.Account',
          resourceName: 'accounts/carol',
          description: 'There are accounts/alice and accounts/bob.',
        },
      ],
    });
    const [facts] = await proxy.untilFinished(1);
    assert.equal(facts?.status, 404);
    assert.equal(facts?.grpcStatus, 5);
  });

  it('refuses what is no message of the method, before anything goes to an endpoint', async (t) => {
    const { url, proxy } = await startTranslatedLedger(t);
    const refused = async (path: string, init: RequestInit, status: number, expected: RegExp) => {
      const response = await fetch(`${url}${path}`, init);
      const problem = (await response.json()) as Record<string, unknown>;
      assert.equal(response.status, status, JSON.stringify(problem));
      assert.match(String(problem['detail']), expected);
      return response;
    };
    const entriesOf = '/v1/accounts/bob/entries';
    await refused(entriesOf, post('{"kind":'), 400, /expected JSON: /);
    await refused(entriesOf, post('{"memo":"a","memo":"b"}'), 400, /memo: expected once/);
    await refused(entriesOf, post('{"kinds":"CREDIT"}'), 400, /kinds/);
    await refused(entriesOf, post('{"amountCents":"much"}'), 400, /amount_?[cC]ents/);
    await refused(entriesOf, post('a=1', { 'content-type': 'text/csv' }), 400, /text\/csv/);
    await refused(entriesOf, post('{}', { 'content-encoding': 'gzip' }), 400, /not gzip/);
    await refused(entriesOf, post('{}', { 'content-encoding': 'br' }), 400, /encoded with br/);
    await refused(`${entriesOf}?count=few`, {}, 400, /count: expected an integer/);
    await refused(`${entriesOf}?colour=red`, {}, 400, /colour/);
    await refused('/v1/nowhere', {}, 404, /no method of the service|No method of the service/i);
    const wrong = await refused('/v1/accounts/bob', { method: 'DELETE' }, 405, /GET/);
    assert.equal(wrong.headers.get('allow'), 'GET');
    await refused(entriesOf, post(`{"memo":"${'x'.repeat(LEDGER_LIMIT)}"}`), 413, /maxMessage/);
    const facts = await proxy.untilFinished(12);
    assert.deepEqual(
      facts.flatMap(({ attempts }) => attempts),
      [],
    );
  });

  it('takes content that is compressed by gzip, within the bound, and of Connect too', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const call = (path: string, content: string, headers: Record<string, string> = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { ...JSON_CONTENT, 'content-encoding': 'gzip', ...headers },
        body: gzipSync(content),
      });
    const created = await call('/v1/accounts/bob/entries', '{"amountCents":1,"memo":"small"}');
    assert.match(await created.text(), /"memo":"small"/);
    const connected = await call('/ledger.v1.Ledger/GetAccount', '{"name":"accounts/bob"}', {
      'connect-protocol-version': '1',
    });
    assert.match(await connected.text(), /"holder":"Bob"/);
    const large = await call('/v1/accounts/bob/entries', `{"memo":"${'x'.repeat(LEDGER_LIMIT)}"}`);
    assert.equal(large.status, 413);
  });

  it('passes unknown fields over where that is configured', async (t) => {
    const { url } = await startTranslatedLedger(t, { ignoreUnknownFields: true });
    const response = await fetch(`${url}/v1/accounts/bob/entries?colour=red`, {
      method: 'POST',
      headers: JSON_CONTENT,
      body: '{"amountCents":1,"colour":"red"}',
    });
    assert.equal(response.status, 200);
  });

  it('writes a stream as lines, and as events for who accepts those', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const lines = await fetch(`${url}/v1/accounts/alice/entries?count=3`);
    assert.equal(lines.headers.get('content-type'), 'application/x-ndjson');
    const ids = (await lines.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    assert.deepEqual(
      ids,
      [1, 2, 3].map((n) => `accounts/alice/entries/${n}`),
    );
    const events = await fetch(`${url}/v1/accounts/alice/entries?count=2`, {
      headers: { accept: 'text/event-stream' },
    });
    assert.equal(events.headers.get('content-type'), 'text/event-stream');
    const data = (await events.text()).split('\n\n').filter((event) => event !== '');
    assert.deepEqual(
      data.map((event) => JSON.parse(event.replace(/^data: /, '')).amountCents),
      ['100', '200'],
    );
  });

  it('answers a stream that fails before its first message with the status of the failure', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const response = await fetch(`${url}/v1/accounts/carol/entries`);
    assert.equal(response.status, 404);
    assert.equal(((await response.json()) as Record<string, unknown>)['grpcStatus'], 'NOT_FOUND');
  });

  it('ends a stream whose endpoint is killed with a line that says so', async (t) => {
    const { url, kill, proxy } = await startTranslatedLedger(t);
    const response = await fetch(`${url}/v1/accounts/alice/entries?count=1000&pause=0.05s`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let received = (await reader?.read())?.value ?? '';
    await kill('ledger-1');
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
      received += part.value;
    const last = JSON.parse(received.trimEnd().split('\n').at(-1) ?? '');
    assert.equal(last['@error'].reason, 'upstream_reset');
    const [facts] = await proxy.untilFinished(1);
    assert.equal(facts?.reason, 'upstream_reset');
  });

  it('ends a stream whose endpoint falls silent with a line that says so', async (t) => {
    const { url, proxy } = await startTranslatedLedger(t, {
      policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, idleStream: 200 } }),
    });
    const response = await fetch(`${url}/v1/accounts/alice/entries?count=2&pause=9s`);
    const [first = '', last = ''] = (await response.text()).trimEnd().split('\n');
    assert.equal(JSON.parse(first).amountCents, '100');
    assert.equal(JSON.parse(last)['@error'].reason, 'upstream_timeout');
    const [facts] = await proxy.untilFinished(1);
    assert.equal(facts?.reason, 'upstream_timeout');
    assert.equal(proxy.forwarder.active, 0);
  });

  it('reads a stream from lines, at hand or as they come', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const whole = await fetch(`${url}/v1/entries:import`, {
      method: 'POST',
      headers: JSON_CONTENT,
      body: entries(4),
    });
    assert.deepEqual(await whole.json(), { entries: 4, totalCents: '10', instance: 'ledger-1' });
    const upload = request(`${url}/v1/entries:import`, { method: 'POST', headers: JSON_CONTENT });
    for (const part of entries(100).match(/.{1,700}/gs) ?? []) {
      await new Promise((resolve) => upload.write(part, resolve));
    }
    upload.end();
    const [response] = await once(upload, 'response');
    assert.deepEqual(JSON.parse(await text(response)), {
      entries: 100,
      totalCents: '5050',
      instance: 'ledger-1',
    });
  });

  it('says which message of a stream is none, and leaves nothing under way', async (t) => {
    const { url, proxy } = await startTranslatedLedger(t);
    const upload = request(`${url}/v1/entries:import`, { method: 'POST', headers: JSON_CONTENT });
    upload.write(`${entries(2)}\n`);
    await eventually(() => assert.equal(proxy.forwarder.active, 1));
    upload.end('{"amountCents":"much"}\n');
    const [response] = await once(upload, 'response');
    assert.equal(response.statusCode, 400);
    assert.match(JSON.parse(await text(response)).detail, /[Mm]essage 3/);
    await eventually(() => assert.equal(proxy.forwarder.active, 0));
  });

  it('carries both streams at once', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const call = request(`${url}/ledger.v1.Ledger/WatchAccounts`, { method: 'POST', headers: JSON_CONTENT });
    call.write('{"name":"accounts/alice"}\n');
    const [response] = await once(call, 'response');
    const holders: string[] = [];
    for await (const line of response.setEncoding('utf8')) {
      holders.push(JSON.parse(line).holder);
      if (holders.length === 1) call.write('{"name":"accounts/bob"}\n');
      else call.end();
    }
    assert.deepEqual(holders, ['Alice', 'Bob']);
  });

  it('gives the deadline of the client to the endpoint, and responds 504 when it is over', async (t) => {
    const { url, proxy } = await startTranslatedLedger(t);
    const response = await fetch(`${url}/v1/accounts/alice?delay=5s`, {
      headers: { 'x-request-timeout-ms': '300' },
    });
    assert.equal(response.status, 504);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    await proxy.untilFinished(1);
  });

  it('ends a stream at the deadline of its client, which the endpoint keeps', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const response = await fetch(`${url}/v1/accounts/alice/entries?count=2&pause=9s`, {
      headers: { 'x-request-timeout-ms': '2000' },
    });
    const [first = '', last = ''] = (await response.text()).trimEnd().split('\n');
    assert.equal(JSON.parse(first).amountCents, '100');
    assert.equal(JSON.parse(last)['@error'].grpcStatus, 'DEADLINE_EXCEEDED');
  });

  it('cancels the call when the client leaves', async (t) => {
    const { url, proxy } = await startTranslatedLedger(t);
    const leaving = new AbortController();
    const response = fetch(`${url}/v1/accounts/alice?delay=9s`, { signal: leaving.signal });
    await eventually(() => assert.equal(proxy.forwarder.active, 1));
    leaving.abort();
    await assert.rejects(response);
    const [facts] = await proxy.untilFinished(1);
    assert.equal(facts?.reason, 'client_gone');
    assert.equal(proxy.forwarder.active, 0);
  });

  it('sends a call with no side effects to another instance when one is killed', async (t) => {
    const { url, kill } = await startTranslatedLedger(t, { instances: 2 });
    const pending = Array.from({ length: 20 }, () => fetch(`${url}/v1/accounts/alice?delay=0.5s`));
    await kill('ledger-1');
    for (const response of await Promise.all(pending)) assert.equal(response.status, 200);
  });

  it('responds to HEAD as to GET, without the content', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const response = await fetch(`${url}/v1/accounts/alice`, { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.equal(await response.text(), '');
  });

  it('asks a client for its content that waits to be asked', async (t) => {
    const { proxy } = await startTranslatedLedger(t);
    const socket = connect(proxy.port, '127.0.0.1');
    const content = '{"name":"accounts/bob"}';
    socket.write(
      `POST /ledger/ledger.v1.Ledger/GetAccount HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${content.length}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`,
    );
    const [interim] = await once(socket, 'data');
    assert.match(String(interim), /^HTTP\/1\.1 100 /);
    socket.write(content);
    assert.match(await text(socket), /^HTTP\/1\.1 200 .*"holder":"Bob"/s);
  });

  it('leaves clients of gRPC alone', async (t) => {
    const { url } = await startTranslatedLedger(t);
    const response = await fetch(`${url}/ledger.v1.Ledger/Nothing`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc', te: 'trailers' },
      body: Buffer.alloc(5),
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type')?.startsWith('application/grpc'), true);
  });
});
