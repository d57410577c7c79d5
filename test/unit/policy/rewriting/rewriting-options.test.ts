import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  headersOptions,
  hostOption,
  rewriteOptions,
} from '../../../../src/policy/rewriting/rewriting-options.ts';

test('fields that say where a message ends, or are the ambassador’s own, are refused, whatever is done to them', () => {
  for (const name of [
    ...[
      'Content-Length',
      'transfer-encoding',
      'Trailer',
      'expect',
      'Connection',
      'keep-alive',
      'TE',
      'upgrade',
    ],
    ...['http2-settings', 'proxy-connection', 'x-ambassador-error', 'Host', 'Via', 'a b', '', 'x:y', ':path'],
  ]) {
    for (const rules of [{ set: { [name]: 'x' } }, { add: { [name]: 'x' } }, { remove: [name] }]) {
      assert.equal(headersOptions.safeParse({ request: rules }).success, false, name);
      assert.equal(headersOptions.safeParse({ response: rules }).success, false, name);
    }
  }
  for (const value of ['a\r\nb', 'a\0', ' a', 'a ', '\n']) {
    assert.equal(headersOptions.safeParse({ request: { set: { 'x-a': value } } }).success, false, value);
  }
});

test('what is set replaces, what is added stands beside, what is removed goes', () => {
  const { request } = headersOptions.parse({
    request: { set: { 'X-A': '1' }, add: { 'x-b': 'y' }, remove: ['X-C'] },
  });
  assert.deepEqual(request, { dropped: new Set(['x-c', 'x-a']), appended: ['X-A', '1', 'x-b', 'y'] });
});

test('a Host is keep, endpoint or a host, and a prefix is a path', () => {
  for (const host of ['keep', 'endpoint', 'shop.example.com', 'shop:8080', '[::1]:80']) {
    assert.equal(hostOption.parse(host), host);
  }
  for (const host of ['', 'http://shop', 'a b', 'shop/', 'a:b', 'user@shop']) {
    assert.equal(hostOption.safeParse(host).success, false, host);
  }
  assert.deepEqual(rewriteOptions.parse({ path: { prefix: '/v1/' } }).path, {
    prefix: '/v1',
    replacement: '',
  });
  for (const prefix of ['v1', '', '/a b', '/a?b', '/a#b']) {
    assert.equal(rewriteOptions.safeParse({ path: { prefix } }).success, false, prefix);
  }
});
