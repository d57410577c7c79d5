import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastEnvironment } from '../../../src/cli/leave.ts';

test('the program that only ends is loaded as this one was, and runs no code of others', () => {
  const env = { LD_LIBRARY_PATH: '/opt/lib', NODE_OPTIONS: '--import ./once.js', PATH: '/bin' };
  assert.deepEqual(lastEnvironment(env), { LD_LIBRARY_PATH: '/opt/lib' });
  assert.deepEqual(lastEnvironment({ PATH: '/bin' }), {});
});
