// Clients of gRPC by @grpc/grpc-js, and a service of JSON on node:http.

import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { JsonValue } from '@bufbuild/protobuf';
import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { googleTypes, statusSchema } from '../../../src/translate/google-api.ts';
import { reverseDialect } from '../../../src/translate/reverse/reverse-dialect.ts';
import { DescribedRoutes } from '../../../src/translate/routed-description.ts';
import { ServiceTranslator } from '../../../src/translate/service-translator.ts';
import { eventually } from '../../support/eventually.ts';
import { descriptionOf, registryOf } from '../../support/protos.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const MAX_MESSAGE = 4_096;
const registry = registryOf('messaging');
const description = descriptionOf(registry, 'messaging.v1.Mailbox');

interface Called {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Ended {
  readonly code: number;
  readonly details: string;
  readonly messages: readonly JsonValue[];
  readonly initial: grpc.Metadata;
  readonly trailers: grpc.Metadata;
}

type Call = (
  method: string,
  message: JsonValue,
  options?: {
    readonly metadata?: Readonly<Record<string, string>>;
    readonly deadlineMs?: number;
    readonly begun?: (call: grpc.ClientReadableStream<Buffer>) => void;
  },
) => Promise<Ended>;

interface World {
  readonly called: Called[];
  readonly call: Call;
}

function startCalls(t: TestContext, target: string, compression = grpc.compressionAlgorithms.identity): Call {
  const client = new grpc.Client(target, grpc.credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.default_compression_algorithm': compression,
  });
  t.after(() => client.close());
  return (name, json, { metadata = {}, deadlineMs = 20_000, begun } = {}) => {
    const method = description.methods.find((each) => each.name === name);
    const sent = new grpc.Metadata();
    for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
    // On the wire, a unary call is one whose response has one message.
    const call = client.makeServerStreamRequest(
      `/mail/messaging.v1.Mailbox/${name}`,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      method === undefined
        ? Buffer.alloc(0)
        : Buffer.from(toBinary(method.input, fromJson(method.input, json))),
      sent,
      { deadline: Date.now() + deadlineMs },
    );
    begun?.(call);
    const messages: JsonValue[] = [];
    let initial = new grpc.Metadata();
    return new Promise((resolve) => {
      call.on('metadata', (each: grpc.Metadata) => {
        initial = each;
      });
      call.on('data', (bytes: Buffer) => {
        assert.ok(method !== undefined);
        messages.push(toJson(method.output, fromBinary(method.output, bytes)));
      });
      // The status says it.
      call.on('error', () => {});
      call.on('status', ({ code, details, metadata: trailers }) => {
        resolve({ code, details, messages, initial, trailers });
      });
    });
  };
}

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

async function startWorld(t: TestContext, respond: Respond): Promise<World> {
  const called: Called[] = [];
  const { port } = await startUpstream(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      called.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      respond(request, response);
    });
  });
  return { called, call: await startTranslated(t, port) };
}

async function startTranslated(
  t: TestContext,
  port: number,
  compression?: grpc.compressionAlgorithms,
): Promise<Call> {
  const source = { current: description, fault: undefined, ready: async () => description, close: () => {} };
  const proxy = await startProxy(t, {
    services: { mail: [port] },
    policy: (policy) => ({ ...policy, retry: { ...policy.retry, attempts: 0 } }),
    translator: new ServiceTranslator([reverseDialect(MAX_MESSAGE, new DescribedRoutes(source))], () => {}),
  });
  return startCalls(t, `127.0.0.1:${proxy.port}`, compression);
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-region': 'north', 'grpc-status': '7' });
  response.end(JSON.stringify(body));
}

describe('gRPC to JSON', () => {
  it('takes calls that are compressed', async (t) => {
    const { port } = await startUpstream(t, (request, response) => {
      json(response, { name: request.url, sizeBytes: '0' });
    });
    const call = await startTranslated(t, port, grpc.compressionAlgorithms.gzip);
    const { code, messages } = await call('GetLetter', { name: 'mailboxes/mine/letters/7' });
    assert.deepEqual([code, messages], [0, [{ name: '/v1/mailboxes/mine/letters/7' }]]);
  });

  it('makes a call the request of its rule, and the response its message, with metadata in both directions', async (t) => {
    const { called, call } = await startWorld(t, (_, response) =>
      json(response, { name: 'a', sizeBytes: '5' }),
    );
    const ended = await call(
      'GetLetter',
      { name: 'mailboxes/a b/letters/7' },
      { metadata: { 'x-tenant': 'blue' }, deadlineMs: 15_000 },
    );
    assert.deepEqual([ended.code, ended.messages], [0, [{ name: 'a', sizeBytes: '5' }]]);
    assert.deepEqual(ended.initial.get('x-region'), ['north']);
    const [request] = called;
    assert.ok(request !== undefined);
    assert.equal(`${request.method} ${request.url}`, 'GET /v1/mailboxes/a%20b/letters/7');
    assert.equal(request.headers['x-tenant'], 'blue');
    assert.equal(request.headers.accept, 'application/json');
    const timeout = Number(request.headers['x-request-timeout-ms']);
    assert.ok(timeout > 0 && timeout <= 15_000, `${timeout}`);
    for (const name of ['te', 'grpc-timeout', 'content-type', 'grpc-accept-encoding']) {
      assert.equal(request.headers[name], undefined, name);
    }
  });

  it('sends the field that is the content, and reads the field that is the response', async (t) => {
    const { called, call } = await startWorld(t, ({ method }, response) =>
      json(response, method === 'PUT' ? { b: 'c' } : [{ name: 'a' }]),
    );
    const labelled = await call('SetLabels', { letter: 7, labels: { a: 'ä' } });
    assert.deepEqual(labelled.messages, [{ labels: { b: 'c' } }]);
    const listed = await call('ListLetters', {
      mailbox: 'mailboxes/mine',
      pageSize: 2,
      urgencies: ['LOW', 'HIGH'],
    });
    assert.deepEqual(listed.messages, [{ letters: [{ name: 'a' }] }]);
    assert.deepEqual(
      called.map(({ method, url, body }) => `${method} ${url} ${body}`),
      [
        'PUT /v1/labels/7 {"a":"ä"}',
        'GET /v1/mailboxes/mine/letters?pageSize=2&urgencies=LOW&urgencies=HIGH ',
      ],
    );
    assert.equal(called[0]?.headers['content-type'], 'application/json');
    assert.equal(called[0]?.headers['content-length'], '10');
  });

  it('reads no content as a message without fields', async (t) => {
    const { call } = await startWorld(t, (_, response) => response.writeHead(204).end());
    const ended = await call('GetLetter', { name: 'mailboxes/a/letters/7' });
    assert.deepEqual([ended.code, ended.messages], [0, [{}]]);
  });

  it('streams a message a line', async (t) => {
    let goOn = (): void => {};
    const { called, call } = await startWorld(t, (_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('{"name":"a"}\n{"na');
      goOn = () => response.end('me":"b"}\n\n{"name":"c"}');
    });
    const ended = await call(
      'WatchLetters',
      { mailbox: 'mailboxes/mine' },
      { begun: (stream) => stream.once('data', () => goOn()) },
    );
    assert.deepEqual([ended.code, ended.messages], [0, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]]);
    assert.equal(called[0]?.headers.accept, 'application/x-ndjson');
  });

  it('ends a stream with a line that is no message by its status', async (t) => {
    const { call } = await startWorld(t, (_, response) => response.end('{"name":"a"}\n{"name":5}\n'));
    const ended = await call('WatchLetters', { mailbox: 'mailboxes/mine' });
    assert.deepEqual(ended.messages, [{ name: 'a' }]);
    assert.equal(ended.code, grpc.status.INTERNAL);
    assert.match(ended.details, /is not a valid messaging\.v1\.Letter: name: expected a string/);
  });

  it('makes errors of the service the status of the call, with message and details', async (t) => {
    const detail = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.500s' };
    const { call } = await startWorld(t, ({ url }, response) => {
      if (url?.endsWith('/1')) json(response, { title: 'Not Found', detail: 'no letter 1' }, 404);
      else if (url?.endsWith('/2'))
        json(response, { error: { code: 429, message: 'slowly', details: [detail] } }, 429);
      else response.writeHead(503).end('busy');
    });
    const letter = (id: number) => call('GetLetter', { name: `mailboxes/a/letters/${id}` });
    const [missing, limited, busy] = [await letter(1), await letter(2), await letter(3)];
    assert.deepEqual([missing.code, missing.details], [grpc.status.NOT_FOUND, 'no letter 1']);
    assert.deepEqual([limited.code, limited.details], [grpc.status.RESOURCE_EXHAUSTED, 'slowly']);
    assert.deepEqual([busy.code, busy.details], [grpc.status.UNAVAILABLE, 'busy']);
    const [bytes] = limited.trailers.get('grpc-status-details-bin');
    assert.ok(Buffer.isBuffer(bytes));
    const status = toJson(statusSchema, fromBinary(statusSchema, bytes), { registry: googleTypes });
    assert.deepEqual(status, { code: 8, message: 'slowly', details: [detail] });
  });

  it('refuses what is no request, no message or too large, and says why', async (t) => {
    const { called, call } = await startWorld(t, ({ url }, response) => {
      if (url?.endsWith('/1')) json(response, { name: 5 });
      else if (url?.endsWith('/2')) response.end('<html>');
      else json(response, { name: 'a'.repeat(MAX_MESSAGE) });
    });
    const noName = await call('GetLetter', {});
    assert.equal(noName.code, grpc.status.INVALID_ARGUMENT);
    assert.match(noName.details, /^The message makes no valid HTTP request: name: expected a value/);
    const noMethod = await call('NoSuchMethod', {});
    assert.equal(noMethod.code, grpc.status.UNIMPLEMENTED);
    const large = await call('Unannotated', { name: 'a'.repeat(MAX_MESSAGE) });
    assert.equal(large.code, grpc.status.RESOURCE_EXHAUSTED);
    assert.equal(called.length, 0);
    const letter = (id: number) => call('GetLetter', { name: `mailboxes/a/letters/${id}` });
    for (const [id, details] of [
      /name: expected a string/,
      /expected JSON/,
      /larger than 4096 bytes/,
    ].entries()) {
      const ended = await letter(id + 1);
      assert.equal(ended.code, grpc.status.INTERNAL, String(details));
      assert.match(ended.details, details);
      assert.deepEqual(ended.messages, []);
    }
  });

  it('says that an endpoint cannot be reached', async (t) => {
    const call = await startTranslated(t, await unusedPort());
    const ended = await call('GetLetter', { name: 'mailboxes/a/letters/7' });
    assert.equal(ended.code, grpc.status.UNAVAILABLE);
    assert.match(ended.details, /ECONNREFUSED/);
  });

  it('says that a response broke off', async (t) => {
    const { call } = await startWorld(t, (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"name":', () => request.socket.destroy());
    });
    const ended = await call('GetLetter', { name: 'mailboxes/a/letters/7' });
    assert.equal(ended.code, grpc.status.UNAVAILABLE);
    assert.deepEqual(ended.messages, []);
  });

  it('gives up the request when the client cancels or its deadline passes', async (t) => {
    let left = 0;
    const { called, call } = await startWorld(t, (_, response) => {
      response.on('close', () => left++);
    });
    const name = 'mailboxes/a/letters/7';
    const late = await call('GetLetter', { name }, { deadlineMs: 400 });
    assert.equal(late.code, grpc.status.DEADLINE_EXCEEDED);
    await eventually(() => assert.equal(left, 1));
    let cancel = (): void => {};
    const cancelled = call('GetLetter', { name }, { begun: (stream) => (cancel = () => stream.cancel()) });
    await eventually(() => assert.equal(called.length, 2));
    cancel();
    assert.equal((await cancelled).code, grpc.status.CANCELLED);
    await eventually(() => assert.equal(left, 2));
  });
});
