import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';

function checkOf(text: string, name = 'a') {
  return parseConfig({ file: 'a.yaml', text }, {}).services.get(name)?.policy.healthCheck;
}

test('is off unless it is set, and false switches off what defaults set', () => {
  assert.equal(checkOf('services: { a: {} }'), undefined);
  assert.equal(
    checkOf('{ defaults: { healthCheck: { http: {} } }, services: { a: { healthCheck: false } } }'),
    undefined,
  );
});

test('has defaults for all but its kind, which may be written with nothing after it', () => {
  assert.deepEqual(checkOf('services: { a: { healthCheck: { http: } } }'), {
    http: { path: '/' },
    interval: 10_000,
    timeout: 2_000,
    healthyThreshold: 2,
    unhealthyThreshold: 3,
  });
});

test('a service that names one kind does not inherit another, but all else', () => {
  const defaults = 'defaults: { healthCheck: { http: { path: /health }, interval: 5s } }';
  const check = checkOf(`{ ${defaults}, services: { a: { healthCheck: { grpc: {} } } } }`);
  assert.deepEqual([check?.http, check?.grpc, check?.interval], [undefined, { service: '' }, 5_000]);
  const same = checkOf(`{ ${defaults}, services: { a: { healthCheck: { timeout: 1s } } } }`);
  assert.deepEqual([same?.http?.path, same?.timeout], ['/health', 1_000]);
});

test('wants one kind, a path, and with protocol: tcp a connection alone', () => {
  for (const [written, message] of [
    ['healthCheck: {}', /expected (only )?one of http, grpc and tcp/],
    ['healthCheck: { http: {}, tcp: {} }', /expected (only )?one of http, grpc and tcp/],
    ['healthCheck: { http: { path: health } }', /expected a path that begins with \//],
    ['protocol: tcp, listen: 127.0.0.1:5432, healthCheck: { http: {} }', /no effect with protocol: tcp/],
  ] as const) {
    assert.throws(() => checkOf(`services: { a: { ${written} } }`), message, written);
  }
});
