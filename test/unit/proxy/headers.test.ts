import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldValue } from '../../../src/http/fields.ts';
import {
  connectionOptions,
  downstreamResponseHeaders,
  requestIdOf,
  upstreamRequestHeaders,
  wentThrough,
} from '../../../src/proxy/headers.ts';

const FIELDS = {
  remoteAddress: '127.0.0.1',
  httpVersion: '1.1',
  scheme: 'http' as const,
  requestId: 'r1',
  authority: undefined,
  forwardsLeft: undefined,
  instanceId: 'i1',
  via: true,
  prefix: undefined,
  traced: false,
};

function sent(...headers: string[]): string[] {
  return upstreamRequestHeaders(headers, FIELDS);
}

test('fields of one connection end here', () => {
  const headers = sent(
    'Connection',
    'keep-alive, X-Private',
    'Keep-Alive',
    'timeout=5',
    'X-Private',
    '1',
    'Proxy-Connection',
    'x',
    'Proxy-Authorization',
    'secret',
    'Transfer-Encoding',
    'chunked',
    'Upgrade',
    'h2c',
    'TE',
    'gzip',
    'Expect',
    '100-continue',
    'X-Kept',
    '1',
  );
  assert.deepEqual(headers.slice(0, 2), ['X-Kept', '1']);
  assert.deepEqual(
    headers.filter((_, i) => i % 2 === 0),
    ['X-Kept', 'via', 'x-forwarded-for', 'x-forwarded-proto', 'x-request-id'],
  );
});

test('what a request says of its trailers goes on with them', () => {
  assert.equal(fieldValue(sent('Trailer', 'x'), 'trailer'), 'x');
});

test('TE: trailers goes on, and nothing else of TE', () => {
  assert.equal(fieldValue(sent('TE', 'gzip, trailers'), 'te'), 'trailers');
  assert.equal(fieldValue(sent('TE', 'trailers', 'Connection', 'TE'), 'te'), 'trailers');
});

test('Connection cannot take away what gives a message its meaning', () => {
  const headers = sent(
    'Connection',
    'Content-Length, Content-Type, Host',
    'Content-Length',
    '3',
    'Content-Type',
    'a/b',
  );
  assert.equal(fieldValue(headers, 'content-length'), '3');
  assert.equal(fieldValue(headers, 'content-type'), 'a/b');
});

test('the caller is added to those before it', () => {
  const headers = sent(
    'X-Forwarded-For',
    '10.0.0.1',
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Host',
    'shop',
    'Host',
    'localhost',
    'Via',
    '2 edge',
  );
  assert.equal(fieldValue(headers, 'x-forwarded-for'), '10.0.0.1, 127.0.0.1');
  assert.equal(fieldValue(headers, 'x-forwarded-proto'), 'https');
  assert.equal(fieldValue(headers, 'x-forwarded-host'), 'shop');
  assert.equal(fieldValue(headers, 'via'), '2 edge, 1.1 ambassador-i1');
});

test('a request id is kept when there is one, and made when there is none', () => {
  assert.equal(fieldValue(sent('X-Request-Id', 'mine'), 'x-request-id'), 'mine');
  assert.equal(fieldValue(sent(), 'x-request-id'), 'r1');
});

test('a message that went through this process is recognised by its Via', () => {
  assert.equal(wentThrough(sent(), 'i1'), true);
  assert.equal(wentThrough(sent(), 'i2'), false);
  assert.equal(wentThrough([], 'i1'), false);
});

test('end-to-end fields pass with name, value, order and repetitions, both ways', () => {
  const name = fc
    .stringMatching(/^X-[A-Za-z0-9-]{1,12}$/)
    .filter((text) => !/^x-(forwarded|request|ambassador)/i.test(text));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string()), { maxLength: 20 }), (fields) => {
      const flat = fields.flat();
      assert.deepEqual(sent(...flat).slice(0, flat.length), flat);
      assert.deepEqual(downstreamResponseHeaders(flat), flat);
    }),
  );
});

test('the usual Connection fields name no options', () => {
  assert.equal(connectionOptions('keep-alive'), undefined);
  assert.equal(connectionOptions('Close'), undefined);
  assert.deepEqual(connectionOptions(' a ,B,'), new Set(['a', 'b', '']));
});

test('what a caller says of a trace passes through unless each attempt says it anew', () => {
  const headers = ['Traceparent', '00-a-b-01', 'tracestate', 'x=1', 'B3', '0', 'X-B3-ParentSpanId', 'c'];
  assert.deepEqual(upstreamRequestHeaders(headers, FIELDS).slice(0, headers.length), headers);
  const anew = upstreamRequestHeaders(headers, { ...FIELDS, traced: true });
  assert.deepEqual(
    anew.filter((text) => /trace|b3/i.test(text)),
    [],
  );
});

test('several Cookie lines become one, in their order', () => {
  const cookies = upstreamRequestHeaders(
    ['Cookie', 'a=1', 'X', 'y', 'cookie', 'b=2; c=3', 'COOKIE', 'd=4'],
    FIELDS,
  );
  assert.deepEqual(cookies.slice(0, 4), ['Cookie', 'a=1; b=2; c=3; d=4', 'X', 'y']);
  assert.equal(fieldValue(['Cookie', 'a=1', 'cookie', 'b=2'], 'cookie'), 'a=1; b=2');
});

test('what was taken off the path stands behind what others took off before', () => {
  const prefixOf = (headers: string[], prefix: string | undefined) =>
    fieldValue(upstreamRequestHeaders(headers, { ...FIELDS, prefix }), 'x-forwarded-prefix');
  assert.equal(prefixOf([], undefined), undefined);
  assert.equal(prefixOf([], '/payments'), '/payments');
  assert.equal(prefixOf(['X-Forwarded-Prefix', '/api'], '/payments'), '/api/payments');
  assert.equal(prefixOf(['X-Forwarded-Prefix', '/api'], undefined), '/api');
});

test('without a Via of its own it is still noticed when a request comes round', () => {
  const left = upstreamRequestHeaders(['Via', '1.1 gateway'], { ...FIELDS, via: false });
  assert.equal(fieldValue(left, 'via'), '1.1 gateway');
  assert.equal(wentThrough(left, 'i1'), true);
  assert.equal(wentThrough(left, 'i2'), false);
  assert.equal(wentThrough(upstreamRequestHeaders(left, { ...FIELDS, instanceId: 'i2' }), 'i1'), true);
});

test('an empty request id is none', () => {
  assert.equal(requestIdOf(['X-Request-Id', '']), undefined);
  assert.equal(requestIdOf(['X-Request-Id', 'a']), 'a');
  assert.deepEqual(
    sent('X-Request-Id', '').filter((_, at, all) => all[at - (at % 2)]?.toLowerCase() === 'x-request-id'),
    ['x-request-id', 'r1'],
  );
});
