import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstLine } from '../../../src/app/first-line.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const lineOf = (config: object): string =>
  firstLine(parseConfig({ file: 'test', text: JSON.stringify(config) }, {}), '1.2.3');

test('the first line names version, addresses, Consul and dashboard', () => {
  const services = { payments: { listen: '127.0.0.1:9191' } };
  assert.equal(
    lineOf({ consul: { address: 'http://consul:8500' }, services }),
    'consul-ambassador 1.2.3: calls on 127.0.0.1:15000, [::1]:15000, 127.0.0.1:9191 (payments); Consul at http://consul:8500; dashboard at http://127.0.0.1:15001/',
  );
});

test('an address of every interface is opened as localhost, and one that is not known yet is named as such', () => {
  assert.match(lineOf({ admin: { listen: '0.0.0.0:15001' } }), /dashboard at http:\/\/localhost:15001\/$/);
  assert.match(
    lineOf({ listen: '127.0.0.1:0', admin: { listen: 'unix:/run/a.sock' } }),
    /calls on a free port of 127\.0\.0\.1; .*dashboard at unix:\/run\/a\.sock$/,
  );
});
