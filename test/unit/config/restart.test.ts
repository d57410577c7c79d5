import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { keysWaitingForRestart } from '../../../src/config/restart.ts';

const keys = (started: string, next: string) =>
  keysWaitingForRestart(
    parseConfig({ file: 'a', text: started }, {}),
    parseConfig({ file: 'b', text: next }, {}),
  );

test('what a running process cannot take is named by its key', () => {
  assert.deepEqual(
    keys(
      '{}',
      `consul: { address: http://other:8500, token: secret }
admin: { listen: 127.0.0.1:1 }
discovery: { snapshotFile: /snapshot }
limits: { requestHeaders: 1MiB }
tracing: { sample: 0.5 }`,
    ),
    [
      'consul.address',
      'consul.token',
      'admin.listen',
      'discovery.snapshotFile',
      'limits.requestHeaders',
      'tracing.sample',
    ],
  );
});

test('what it can take is not', () => {
  assert.deepEqual(
    keys(
      '{}',
      `listen: 127.0.0.1:1
admin: { token: secret, allowedHosts: [ambassador] }
discovery: { services: declared, idleTimeout: 1m, firstAnswerTimeout: 1s }
defaults: { retry: { attempts: 1 }, timeout: { connect: 2s } }
services: { payments: { listen: 127.0.0.1:2 } }
accessLog: { sample: 0.1 }
drain: { timeout: 1s }
limits: { responseHeaders: 1MiB, replayBuffers: 1MiB, storedResponses: 1MiB }
logLevel: debug`,
    ),
    [],
  );
});

test('a key that is back to what the process was started with does not wait', () => {
  const text = 'consul: { address: http://agent:8500 }';
  assert.deepEqual(keys(text, text), []);
});
