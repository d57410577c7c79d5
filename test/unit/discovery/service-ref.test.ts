import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isServiceName,
  refOfLabel,
  serviceKey,
  serviceLabel,
  serviceNamed,
} from '../../../src/discovery/service-ref.ts';

const name = fc.string({
  unit: fc.constantFrom('a', 'B', '.', '@', '%', '4', '0', '2', '5', 'é'),
  minLength: 1,
});
const datacenter = fc.option(fc.stringMatching(/^[a-z0-9_-]{1,4}$/), { nil: undefined });

test('no two services share a label, and a label says which service it is', () => {
  fc.assert(
    fc.property(name, datacenter, (service, dc) => {
      const { name: read, datacenter: readDatacenter } = refOfLabel(
        serviceLabel({ name: service, datacenter: dc }),
      );
      assert.deepEqual([read, readDatacenter], [service, dc]);
    }),
    { numRuns: 2_000 },
  );
});

test('spellings share a key, and a tag is no part of it', () => {
  assert.equal(serviceKey(serviceNamed('OrderService')), serviceKey(serviceNamed('orderservice')));
  assert.equal(
    serviceKey({ name: 'web', datacenter: undefined }),
    serviceKey({ ...serviceNamed('web'), tag: 'v1' } as never),
  );
  assert.notEqual(serviceKey(serviceNamed('v1.web')), serviceKey(serviceNamed('web')));
  assert.notEqual(serviceKey(serviceNamed('web@dc2')), serviceKey({ name: 'web', datacenter: 'dc2' }));
});

test('any text is a name, but no control characters, dot segments, or more than 255 characters', () => {
  for (const text of ['payments', '_x', 'a b', 'a/b', 'é', '日本', 'x-', 'x'.repeat(255)]) {
    assert.ok(isServiceName(text), text);
  }
  for (const text of ['', '.', '..', 'a\nb', 'a\u0000', '\ud800', 'x'.repeat(256)]) {
    assert.ok(!isServiceName(text), JSON.stringify(text));
  }
});
