import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRegisteredSecure } from '../../../../src/net/tls/registered-secure.ts';

const registered = (tags: readonly string[], meta: Readonly<Record<string, string>> = {}) =>
  isRegisteredSecure({ tags, meta });

test('an endpoint says that it speaks TLS as Spring and Traefik register it', () => {
  assert.ok(registered([], { secure: 'true' }));
  assert.ok(registered(['v2', 'secure=true']));
  assert.ok(registered(['traefik.http.services.payments.loadbalancer.server.scheme=https']));
});

test('nothing else means TLS', () => {
  assert.ok(!registered([]));
  assert.ok(!registered(['secure=false', 'insecure=true', 'secure'], { secure: 'false' }));
  assert.ok(!registered(['traefik.http.services.payments.loadbalancer.server.scheme=http']));
});
