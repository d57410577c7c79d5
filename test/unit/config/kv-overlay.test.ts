import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { settingsOf } from '../../../src/config/settings.ts';
import type { Config } from '../../../src/config/types.ts';

const KV = 'Consul KV ambassador/config';

function parsed(file: string, kv: string): Config {
  return parseConfig({ file: 'a.yaml', text: file, under: { file: KV, text: kv } }, { SECRET: 'hidden' });
}

function problems(file: string, kv: string): string[] {
  try {
    parsed(file, kv);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split('\n');
  }
}

test('what the file says goes before, key by key, and each value knows where it comes from', () => {
  const config = parsed(
    'services:\n  a: { timeout: { request: 1s }, retry: { on: [timeout] } }\n',
    'services:\n  a: { timeout: { request: 9s, connect: 2s }, retry: { on: [5xx, reset], attempts: 4 } }\n  b: {}\nlogLevel: warn\n',
  );
  const { timeout, retry } = config.services.get('a')?.policy ?? {};
  assert.deepEqual([timeout?.request, timeout?.connect], [1_000, 2_000]);
  assert.deepEqual([[...(retry?.on ?? [])], retry?.attempts], [['timeout'], 4]);
  assert.ok(config.services.has('b'));
  assert.equal(config.logLevel, 'warn');
  const origin = (key: string) =>
    settingsOf(config.shown, config.origins).find((setting) => setting.key === key)?.origin;
  assert.deepEqual(origin('services.a.timeout.request'), { from: 'file', line: 2, variables: [] });
  assert.deepEqual(origin('services.a.timeout.connect'), { from: 'kv', line: 2 });
  assert.deepEqual(origin('services.a.retry.on[0]'), { from: 'file', line: 2, variables: [] });
  assert.deepEqual(origin('logLevel'), { from: 'kv', line: 4 });
});

test('mistakes are named where they stand', () => {
  assert.deepEqual(problems('logLevel: info', 'services:\n  a: { timeout: { request: soon } }'), [
    `${KV}:2:28 services.a.timeout.request: expected a duration with its unit, such as 250ms, 5s or 1m, found "soon"`,
  ]);
  assert.match(
    problems('logLevel: info', 'services: [')[0] ?? '',
    new RegExp(`^${KV}:1:\\d+: not valid YAML`),
  );
  assert.match(problems('logLevel: infos', 'drain: { timeout: 1s }')[0] ?? '', /^a\.yaml:1:11 logLevel/);
  assert.match(problems('logLevel: info', '')[0] ?? '', /^Consul KV \S+:1:1: expected a map/);
});

test('what counts before Consul is asked cannot stand there, and variables of this process are not put in', () => {
  const refused = problems(
    'logLevel: info',
    'consul: { token: x }\nadmin: {}\nconfiguration: {}\ndiscovery: { snapshotFile: /tmp/x }\n',
  );
  assert.deepEqual(
    refused.map((line) => line.replace(`${KV}:`, '').replace(/: can only .*/, '')),
    ['1:1 consul', '2:1 admin', '3:1 configuration', '4:14 discovery.snapshotFile'],
  );
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what users write
  const [unset] = problems(
    'logLevel: info',
    'defaults: { headers: { request: { set: { x-a: "${SECRET}" } } } }',
  );
  assert.match(unset ?? '', /SECRET is not set/);
});
