import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { settingsOf } from '../../../src/config/settings.ts';

const TEXT = `consul:
  datacenter: \${DC}
listen: 127.0.0.1:15000
defaults:
  timeout: { request: 3s }
services:
  payments:
    retry: { attempts: 1 }
`;

function originOf(key: string) {
  const environment = { DC: 'dc7', CONSUL_HTTP_ADDR: '10.0.0.1:8500' };
  const { shown, origins } = parseConfig({ file: 'ambassador.yaml', text: TEXT }, environment);
  const found = settingsOf(shown, origins).find((setting) => setting.key === key);
  assert.ok(found !== undefined, key);
  return found.origin;
}

test('a value comes from a line of the file, with the variables put in there', () => {
  assert.deepEqual(originOf('consul.datacenter'), { from: 'file', line: 2, variables: ['DC'] });
  assert.deepEqual(originOf('services.payments.retry.attempts'), { from: 'file', line: 8, variables: [] });
});

test('what is written without a list is shown without one', () => {
  assert.deepEqual(originOf('listen'), { from: 'file', line: 3, variables: [] });
});

test('what a service does not say itself comes from the line in defaults', () => {
  assert.deepEqual(originOf('services.payments.timeout.request'), { from: 'file', line: 5, variables: [] });
});

test('a value comes from a variable of Consul’s own', () => {
  assert.deepEqual(originOf('consul.address'), { from: 'environment', variable: 'CONSUL_HTTP_ADDR' });
});

test('what nobody set is a default', () => {
  assert.equal(originOf('services.payments.timeout.connect'), null);
});
