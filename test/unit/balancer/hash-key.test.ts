import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HashableRequest } from '../../../src/balancer/hash-key.ts';
import { requestHash } from '../../../src/balancer/hash-key.ts';
import { xxHash32 } from '../../../src/balancer/xxhash32.ts';

function request(
  headers: Readonly<Record<string, string>> = {},
  rest: { path?: string; sourceAddress?: string } = {},
): HashableRequest {
  return {
    header: (name) => headers[name],
    path: rest.path ?? '/',
    sourceAddress: rest.sourceAddress,
  };
}

describe('the hash of a request', () => {
  it('is that of a header, whatever the case of its name', () => {
    const hash = requestHash([{ header: 'X-User-Id' }], request({ 'x-user-id': 'ann' }));
    assert.equal(hash, xxHash32('ann'));
  });

  it('is that of a cookie among others', () => {
    const cookie = 'theme=dark; xsid=no; sid=abc=1; sid=second';
    assert.equal(requestHash([{ cookie: 'sid' }], request({ cookie })), xxHash32('abc=1'));
  });

  it('is that of the path without its query', () => {
    const hash = requestHash([{ path: true }], request({}, { path: '/items/7?page=2' }));
    assert.equal(hash, xxHash32('/items/7'));
  });

  it("is that of the caller's address", () => {
    const hash = requestHash([{ sourceAddress: true }], request({}, { sourceAddress: '127.0.0.1' }));
    assert.equal(hash, xxHash32('127.0.0.1'));
  });

  it('goes by the first source that has a value', () => {
    const sources = [{ header: 'x-user-id' }, { cookie: 'sid' }, { path: true as const }];
    assert.equal(requestHash(sources, request({ cookie: 'sid=abc' })), xxHash32('abc'));
  });

  it('is undefined without a source, a value, or with an empty one', () => {
    assert.equal(requestHash([], request()), undefined);
    assert.equal(requestHash([{ header: 'x-user-id' }, { cookie: 'sid' }], request()), undefined);
    assert.equal(requestHash([{ header: 'x-user-id' }], request({ 'x-user-id': '' })), undefined);
    assert.equal(requestHash([{ sourceAddress: true }], request()), undefined);
  });
});
