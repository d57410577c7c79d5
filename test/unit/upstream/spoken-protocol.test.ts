import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProtocolChoice } from '../../../src/upstream/spoken-protocol.ts';
import { spokenWith } from '../../../src/upstream/spoken-protocol.ts';

const NOTHING = { tags: [], meta: {} };
const HTTP: ProtocolChoice = { protocol: 'http', registered: ['h2c', 'grpc'] };

test('HTTP/1.1 in the clear, what the endpoint chooses over TLS, HTTP/2 where the service says so', () => {
  assert.equal(spokenWith(NOTHING, HTTP, false), 'http/1.1');
  assert.equal(spokenWith(NOTHING, HTTP, true), 'negotiated');
  for (const protocol of ['h2c', 'grpc'] as const) {
    assert.equal(spokenWith(NOTHING, { ...HTTP, protocol }, false), 'h2');
    assert.equal(spokenWith(NOTHING, { ...HTTP, protocol }, true), 'h2');
  }
});

for (const [name, registered] of [
  ['a tag', { tags: ['v2', 'gRPC'], meta: {} }],
  ['the meta protocol', { tags: [], meta: { protocol: 'H2C' } }],
  ['a meta of that name', { tags: [], meta: { grpc: 'true' } }],
  ["Traefik's tag", { tags: ['traefik.http.services.payments.loadbalancer.server.scheme=h2c'], meta: {} }],
] as const) {
  test(`an endpoint is registered for HTTP/2 by ${name}`, () => {
    assert.equal(spokenWith(registered, HTTP, false), 'h2');
    assert.equal(spokenWith(registered, { ...HTTP, registered: [] }, false), 'http/1.1');
  });
}

test('other tags and metas say nothing', () => {
  const meta = { h2c: 'false', protocol: 'http', scheme: 'grpc' };
  assert.equal(spokenWith({ tags: ['h2c-canary', 'http'], meta }, HTTP, false), 'http/1.1');
});
