import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  readSnapshot,
  snapshotPieces,
  whyUnreadable,
} from '../../../../src/discovery/snapshot/snapshot-format.ts';
import type { Endpoint } from '../../../../src/endpoint/endpoint.ts';
import { testEndpoint } from '../../../support/proxy-under-test.ts';

function formatSnapshot(...parts: Parameters<typeof snapshotPieces>): string {
  return [...snapshotPieces(...parts)].join('');
}

const NOW = Date.UTC(2026, 10, 23);
const HOUR_MS = 3_600_000;

test('what is saved is read back, with its age', () => {
  const endpoints = [
    testEndpoint({ id: 'n/a', port: 80, tags: ['v2'], meta: { a: 'b' }, healthDetail: 'x' }),
    testEndpoint({ id: 'n/b', address: '', socketPath: '/run/b.sock' }),
  ];
  const text = formatSnapshot([['payments', { endpoints, ageMs: 5_000 }]], NOW);
  const read = readSnapshot(text, NOW + HOUR_MS);
  assert.deepEqual(read?.services.get('payments'), { endpoints, ageMs: HOUR_MS + 5_000 });
  assert.equal(read?.leftOut, 0);
});

test('what endpoints said of their API is read back, and what is no such thing is left out', () => {
  const description = { confirmedAt: NOW - 5_000, services: ['shop.v1.Shop'], files: 'CgR0ZXN0' };
  const text = formatSnapshot([['shop', { endpoints: [], ageMs: 0, description }]], NOW);
  assert.deepEqual(readSnapshot(text, NOW)?.services.get('shop')?.description, description);
  for (const spoilt of [1, { ...description, files: 1 }, { ...description, services: [1] }]) {
    const other = JSON.parse(text);
    other.services.shop.description = spoilt;
    const read = readSnapshot(JSON.stringify(other), NOW)?.services.get('shop');
    assert.deepEqual(read, { endpoints: [], ageMs: 0 });
  }
});

test('an entry counts for 24 hours', () => {
  const text = formatSnapshot([['payments', { endpoints: [], ageMs: 0 }]], NOW);
  assert.equal(readSnapshot(text, NOW + 24 * HOUR_MS)?.services.size, 1);
  assert.deepEqual(readSnapshot(text, NOW + 24 * HOUR_MS + 1), { services: new Map(), leftOut: 1 });
});

test('an entry from a little in the future is new, and from more than its life ahead it is left out', () => {
  const text = formatSnapshot([['payments', { endpoints: [], ageMs: 0 }]], NOW);
  assert.equal(readSnapshot(text, NOW - HOUR_MS)?.services.get('payments')?.ageMs, 0);
  assert.equal(readSnapshot(text, NOW - 25 * HOUR_MS)?.leftOut, 1);
});

test('a damaged entry is left out, and the others are used', () => {
  const text = JSON.stringify({
    version: 2,
    savedAt: NOW,
    services: {
      good: { confirmedAt: NOW, endpoints: [] },
      untyped: { confirmedAt: NOW, endpoints: [{ id: 1 }] },
      undated: { endpoints: [] },
      elsewhere: {
        confirmedAt: NOW,
        endpoints: [testEndpoint({ id: 'a', address: '', socketPath: 'b.sock' })],
      },
      nowhere: { confirmedAt: NOW, endpoints: [testEndpoint({ id: 'a', address: 'http://web' })] },
      twice: { confirmedAt: NOW, endpoints: [testEndpoint({ id: 'a' }), testEndpoint({ id: 'a' })] },
      nothing: null,
    },
  });
  const read = readSnapshot(text, NOW);
  assert.deepEqual([...(read?.services.keys() ?? [])], ['good']);
  assert.equal(read?.leftOut, 6);
});

test('a file that is no snapshot of this version is none', () => {
  const others = ['', '{', 'null', '[]', '{"version":1,"savedAt":1,"services":{}}', '{"version":2}'];
  for (const text of others) assert.equal(readSnapshot(text, NOW), undefined, text);
});

const endpoint: fc.Arbitrary<Endpoint> = fc.record(
  {
    id: fc.string({ minLength: 1 }),
    address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()),
    port: fc.integer({ min: 0, max: 65_535 }),
    health: fc.constantFrom('passing', 'warning', 'critical', 'maintenance'),
    healthDetail: fc.option(fc.string(), { nil: undefined }),
    weight: fc.double({ min: 0, max: 1_000, noNaN: true }).map((weight) => weight + 0),
    tags: fc.array(fc.string()),
    meta: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string(), { noNullPrototype: true }),
    node: fc.string(),
    datacenter: fc.option(fc.string(), { nil: undefined }),
  },
  { noNullPrototype: true },
);

const services = fc.dictionary(
  fc.stringMatching(/^[a-z0-9.-]{1,20}$/),
  fc.record(
    {
      endpoints: fc.uniqueArray(endpoint, { selector: ({ id }) => id }),
      ageMs: fc.integer({ min: 0, max: 24 * HOUR_MS }),
    },
    { noNullPrototype: true },
  ),
);

test('whatever is saved is read back as it was', () => {
  fc.assert(
    fc.property(services, (saved) => {
      const entries = Object.entries(saved);
      const read = readSnapshot(formatSnapshot(entries, NOW), NOW);
      assert.deepEqual(read, { services: new Map(entries), leftOut: 0 });
    }),
  );
});

test('whatever a file holds, reading it does not throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (services) => {
      readSnapshot(JSON.stringify({ version: 2, savedAt: NOW, services }), NOW);
    }),
  );
});

test('a file that was cut, or has a byte that is wrong, does not throw either', () => {
  fc.assert(
    fc.property(services, fc.nat(), fc.nat(), fc.string({ maxLength: 1 }), (saved, from, cut, other) => {
      const text = formatSnapshot(Object.entries(saved), NOW);
      const at = from % text.length;
      readSnapshot(text.slice(0, at), NOW);
      readSnapshot(text.slice(0, at) + other + text.slice(at + (cut % 5)), NOW);
    }),
  );
});

test('what the defaults of a service say is read back, and what cannot be read is left out of its entry', () => {
  const saved = { endpoints: [], ageMs: 0, defaults: { service: 'ledger', protocol: 'grpc' } };
  const text = formatSnapshot([['books', saved]], NOW);
  assert.deepEqual(readSnapshot(text, NOW)?.services.get('books'), saved);
  const odd = readSnapshot(text.replace('"grpc"', '7'), NOW)?.services.get('books');
  assert.deepEqual(odd, { endpoints: [], ageMs: 0 });
});

test('why a file is refused is said', () => {
  assert.match(whyUnreadable('{"version":2,'), /damaged/);
  assert.match(whyUnreadable('[]'), /not one of ours/);
  assert.match(whyUnreadable('{"version":3,"services":{}}'), /version 3, of a later release/);
  assert.match(whyUnreadable('{"version":1,"services":{}}'), /version 1, of an earlier release/);
});
