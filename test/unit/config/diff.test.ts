import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatChange } from '../../../src/config/change.ts';
import { diffConfigs } from '../../../src/config/diff.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { REDACTED } from '../../../src/core/secrets.ts';

const config = (text: string) => parseConfig({ file: 'a.yaml', text }, {});
const lines = (before: string, after: string) =>
  diffConfigs(config(before), config(after)).map((change) => formatChange(change));

describe('the difference between two configurations', () => {
  it('is reported by path, with defaults filled in', () => {
    assert.deepEqual(lines('drain: {}', 'drain: { timeout: 3s }'), ['drain.timeout: 10s → 3s']);
  });

  it('reaches every service that a default reaches', () => {
    assert.deepEqual(
      lines(
        'services: { a: {}, b: { retry: { attempts: 1 } } }',
        'defaults: { retry: { attempts: 5 } }\nservices: { a: {}, b: { retry: { attempts: 1 } } }',
      ),
      ['defaults.retry.attempts: 2 → 5', 'services.a.retry.attempts: 2 → 5'],
    );
  });

  it('has a service that comes or goes as one change', () => {
    assert.deepEqual(lines('services: { a: {} }', 'services: { b: {} }'), [
      'services.a: {…} → (none)',
      'services.b: (none) → {…}',
    ]);
  });

  it('tells how a service that comes or goes is treated otherwise than one that is not named', () => {
    const named = 'services: { a: { timeout: { request: 20ms }, listen: 127.0.0.1:9191 } }';
    assert.deepEqual(lines('defaults: { timeout: { request: 7s } }', named), [
      'defaults.timeout.request: 7s → 15s',
      'services.a: (none) → {…}',
      'services.a.listen: (none) → 127.0.0.1:9191',
      'services.a.timeout.request: 7s → 20ms',
    ]);
    assert.deepEqual(lines(named, 'defaults: { timeout: { request: 20ms } }'), [
      'defaults.timeout.request: 15s → 20ms',
      'services.a: {…} → (none)',
      'services.a.listen: 127.0.0.1:9191 → (none)',
    ]);
  });

  it('has a policy that is switched on with its defaults', () => {
    const [change] = diffConfigs(config('defaults: {}'), config('defaults: { hedging: {} }'));
    assert.equal(change?.path, 'defaults.hedging');
    assert.equal(Object.hasOwn(change ?? {}, 'before'), false);
    assert.equal(Object(change?.after).percentile, 95);
  });

  it('has a list as one change', () => {
    assert.deepEqual(lines('listen: [127.0.0.1:1]', 'listen: [127.0.0.1:1, 127.0.0.1:2]'), [
      'listen: ["127.0.0.1:1"] → ["127.0.0.1:1","127.0.0.1:2"]',
    ]);
  });

  it('passes over a change of notation', () => {
    assert.deepEqual(
      lines(
        'listen: 127.0.0.1:1\ndrain: { timeout: 60s }\nlimits: { requestHeaders: 1024B }\n$schema: a',
        '$schema: b\nlimits: { requestHeaders: 1KiB }\ndrain: { timeout: 1m }\nlisten: [127.0.0.1:1]',
      ),
      [],
    );
  });

  it('tells that a secret changed, and not what it is', () => {
    assert.deepEqual(diffConfigs(config('admin: { token: a }'), config('admin: { token: b }')), [
      { path: 'admin.token', before: REDACTED, after: REDACTED },
    ]);
    assert.deepEqual(lines('admin: { token: a }', 'admin: { token: a }'), []);
  });

  it('takes secrets for the same where one is not known', () => {
    const { shown } = config('admin: { token: a }');
    assert.deepEqual(diffConfigs({ shown }, config('admin: { token: b }')), []);
  });

  it('cuts what is too long for a line', () => {
    const [line = ''] = lines('logLevel: info', `admin: { tokenFile: /${'x'.repeat(500)} }`);
    assert.ok(line.length < 160, line);
  });

  it('is empty for a configuration and itself, and the other way round for the other way', () => {
    const setting = fc.record(
      {
        drain: fc.record({ timeout: fc.constantFrom('1s', '1000ms', '2s') }),
        logLevel: fc.constantFrom('info', 'warn'),
        listen: fc.constantFrom<unknown>('127.0.0.1:1', ['127.0.0.1:1'], ['127.0.0.1:1', '127.0.0.1:2']),
        services: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom({}, { hedging: {} })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(setting, setting, (a, b) => {
        const [before, after] = [config(JSON.stringify(a)), config(JSON.stringify(b))];
        assert.deepEqual(diffConfigs(before, before), []);
        const forth = diffConfigs(before, after).map(({ path }) => path);
        assert.deepEqual(new Set(diffConfigs(after, before).map(({ path }) => path)), new Set(forth));
      }),
      { numRuns: 40 },
    );
  });
});
