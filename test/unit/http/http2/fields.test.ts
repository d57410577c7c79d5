import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addFields } from '../../../../src/http/http2/client-fields.ts';
import { receivedFields } from '../../../../src/http/http2/field-lines.ts';
import { http2Fields, MalformedRequest, requestHeadOf } from '../../../../src/http/http2/fields.ts';
import { emptyFields } from '../../../../src/http/http2/sent-fields.ts';

const GET = [
  ':method',
  'GET',
  ':scheme',
  'http',
  ':path',
  '/charge?a=%2F',
  ':authority',
  'payments.localhost',
];

describe('the head of a request in HTTP/2', () => {
  it('is that of the message layer, with its authority as Host', () => {
    assert.deepEqual(requestHeadOf([...GET, 'accept', '*/*']), {
      method: 'GET',
      scheme: 'http',
      authority: 'payments.localhost',
      target: '/charge?a=%2F',
      version: '2',
      upgrade: undefined,
      expectation: undefined,
      fields: ['host', 'payments.localhost', 'accept', '*/*'],
    });
  });

  it('may name its host in Host alone, and in both places the same', () => {
    const withoutAuthority = GET.slice(0, 6);
    assert.equal(requestHeadOf([...withoutAuthority, 'host', 'a']).authority, 'a');
    assert.deepEqual(requestHeadOf([...GET, 'host', 'Payments.localhost']).fields, [
      'host',
      'payments.localhost',
    ]);
    assert.deepEqual(requestHeadOf(withoutAuthority).fields, []);
  });

  for (const [what, raw] of [
    ['a Host that is not its authority', [...GET, 'host', 'other']],
    ['two Host fields', [...GET.slice(0, 6), 'host', 'a', 'host', 'b']],
    ['a fragment', [':method', 'GET', ':scheme', 'http', ':path', '/a#b']],
  ] as const) {
    it(`is malformed with ${what}`, () => {
      assert.throws(() => requestHeadOf(raw), MalformedRequest);
    });
  }

  it('has one cookie string, whatever it was split into (RFC 9113 §8.2.3)', () => {
    const { fields } = requestHeadOf([...GET, 'cookie', 'a=1', 'accept', '*/*', 'cookie', 'b=2']);
    assert.deepEqual(fields.slice(2), ['cookie', 'a=1; b=2', 'accept', '*/*']);
  });

  it('is an upgrade where it is a CONNECT with a protocol (RFC 8441 §5)', () => {
    const head = requestHeadOf([
      ':method',
      'CONNECT',
      ':protocol',
      'websocket',
      ':path',
      '/feed',
      ':authority',
      'a',
    ]);
    assert.deepEqual([head.method, head.upgrade, head.target], ['GET', 'websocket', '/feed']);
    const plain = requestHeadOf([':method', 'CONNECT', ':authority', 'a:80']);
    assert.deepEqual([plain.method, plain.upgrade, plain.target], ['CONNECT', undefined, 'a:80']);
  });
});

describe('fields on their way into HTTP/2', () => {
  it('have names in lower case, and none that speaks of a connection', () => {
    const fields = [
      'X-A',
      '1',
      'Connection',
      'x',
      'Keep-Alive',
      '1',
      'Transfer-Encoding',
      'chunked',
      'Upgrade',
      'y',
    ];
    assert.deepEqual({ ...http2Fields(fields) }, { 'x-a': '1' });
    assert.deepEqual({ ...http2Fields(['TE', 'trailers']) }, { te: 'trailers' });
    assert.deepEqual({ ...http2Fields(['TE', 'gzip']) }, {});
  });

  it('stay the lines that they were, but for cookies, and for lists of which node:http2 sends one', () => {
    const fields = ['Set-Cookie', 'a', 'Vary', 'x', 'set-cookie', 'b', 'vary', 'y', 'set-cookie', 'c'];
    assert.deepEqual({ ...http2Fields(fields) }, { 'set-cookie': ['a', 'b', 'c'], vary: ['x', 'y'] });
    assert.deepEqual({ ...http2Fields(['Cookie', 'a=1', 'cookie', 'b=2']) }, { cookie: 'a=1; b=2' });
    assert.deepEqual({ ...http2Fields(['If-Match', '"1"', 'if-match', '"2"']) }, { 'if-match': '"1", "2"' });
  });

  it('are the same in a request to an endpoint, where the authority says the host', () => {
    const fields = [
      'Host',
      'a',
      'Vary',
      'x',
      'vary',
      'y',
      'Content-Type',
      'a',
      'content-type',
      'b',
      'TE',
      'trailers',
    ];
    const { host, ...expected } = http2Fields(fields);
    const sent = emptyFields();
    addFields(sent, fields);
    assert.equal(host, 'a');
    assert.deepEqual({ ...sent }, expected);
  });

  it('have one value where two would contradict each other', () => {
    assert.deepEqual({ ...http2Fields(['content-type', 'a', 'content-type', 'b']) }, { 'content-type': 'a' });
  });
});

describe('trailers', () => {
  it('have no pseudo-header fields', () => {
    assert.deepEqual(receivedFields([':status', '200', 'grpc-status', '0']), ['grpc-status', '0']);
  });

  it('have no whitespace at the ends of their values, but for the message of a gRPC status, which keeps it', () => {
    const raw = ['x-a', ' \t1 2\t ', 'x-b', '  ', 'grpc-message', ' not found: ', 'x-c', '3'];
    assert.deepEqual(receivedFields(raw), [
      ...['x-a', '1 2', 'x-b', ''],
      ...['grpc-message', '%20not found:%20', 'x-c', '3'],
    ]);
  });
});
