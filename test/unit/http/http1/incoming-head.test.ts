import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import { readHead, startOfHead, unreadableRequest } from '../../../../src/http/http1/incoming-head.ts';

const MAX_BYTES = 1_024;

function read(text: string) {
  const bytes = Buffer.from(text, 'latin1');
  return readHead(bytes, startOfHead(bytes), MAX_BYTES, 'http');
}

function refusedFor(reason: string) {
  return (error: unknown) => error instanceof AmbassadorError && error.reason === reason;
}

test('a head is read with where it ends, behind empty lines', () => {
  const head = read('\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\nrest');
  assert.equal(head?.request.target, '/a');
  assert.equal(head.end, 4 + 17 + 9 + 2);
});

test('what may still become a head is waited for, a byte at a time', () => {
  const whole = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
  for (let end = 1; end < whole.length; end++) assert.equal(read(whole.slice(0, end)), undefined);
});

test('what can not is refused before it is whole', () => {
  assert.throws(() => read('GET /a HTTP/1.1\nHost'), refusedFor('bad_request'));
  assert.throws(() => read('\x16\x03\x01'), refusedFor('bad_request'));
  assert.throws(() => read(`GET /${'a'.repeat(MAX_BYTES)}`), refusedFor('headers_too_large'));
});

test('a fault in a whole head is refused with its cause', () => {
  assert.throws(() => read('GET /a HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n'), refusedFor('bad_request'));
});

test('the refusal of a HEAD is known for one, whatever else is wrong with it', () => {
  const head = Buffer.from('\r\nHEAD /a\r\n\r\n');
  assert.equal(unreadableRequest(head, startOfHead(head)).method, 'HEAD');
  assert.equal(unreadableRequest(Buffer.from('HEADER'), 0).method, '');
  assert.equal(unreadableRequest(undefined, 0).persistent, false);
});
