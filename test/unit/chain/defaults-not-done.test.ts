import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namingDefaults } from '../../../src/chain/defaults-not-done.ts';
import { chainToItself } from '../../../src/chain/own-chain.ts';

test('what defaults ask for and is not done is named in the chain, or in one that leads to the service itself', () => {
  const sentence = 'service-defaults: ExternalSNI has no effect here';
  const own = { ...chainToItself('payments'), notDone: ['another thing'] };
  const both = namingDefaults(own, 'payments', ['ExternalSNI']);
  assert.deepEqual([both?.from, both?.notDone], ['configuration', ['another thing', sentence]]);

  const alone = namingDefaults(undefined, 'payments', ['ExternalSNI']);
  assert.deepEqual([alone?.from, alone?.notDone], ['consul', [sentence]]);
  assert.deepEqual(alone?.routes, chainToItself('payments').routes);
});

test('what the compiled chain names as well is named once', () => {
  const gateway = 'MeshGateway has no effect here: endpoints are called at their own addresses';
  const own = { ...chainToItself('payments'), notDone: [gateway] };
  assert.equal(namingDefaults(own, 'payments', ['MeshGateway']), own);
  assert.deepEqual(namingDefaults(own, 'payments', ['MeshGateway', 'Mode'])?.notDone, [
    gateway,
    'service-defaults: Mode has no effect here',
  ]);
});

test('defaults that ask for nothing beyond leave a chain as it is, and none where there is none', () => {
  const own = chainToItself('payments');
  assert.equal(namingDefaults(own, 'payments', []), own);
  assert.equal(namingDefaults(undefined, 'payments', []), undefined);
});
