// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what users write.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { STARTER_CONFIG } from '../../../src/config/starter.ts';
import type { Config, ServiceConfig } from '../../../src/config/types.ts';

function parse(text: string, environment: Record<string, string> = {}): Config {
  return parseConfig({ file: 'a.yaml', text }, environment);
}

function service(config: Config, name: string): ServiceConfig {
  const found = config.services.get(name);
  assert.ok(found !== undefined, `no service ${name}`);
  return found;
}

describe('a configuration without a file', () => {
  const config = parseConfig(undefined, {});

  it('listens on loopback, IPv4 and IPv6', () => {
    assert.deepEqual(config.listen, [
      { kind: 'tcp', host: '127.0.0.1', port: 15_000 },
      { kind: 'tcp', host: '::1', port: 15_000 },
    ]);
    assert.deepEqual(config.admin.listen, { kind: 'tcp', host: '127.0.0.1', port: 15_001 });
  });

  it('finds every service of the local agent on demand', () => {
    assert.equal(config.consul.address, 'http://127.0.0.1:8500');
    assert.equal(config.discovery.services, 'onDemand');
    assert.equal(config.services.size, 0);
  });

  it('has a whole policy', () => {
    assert.deepEqual(config.defaultPolicy.timeout, {
      request: 15_000,
      connect: 1_000,
      idle: 60_000,
      idleStream: 3_600_000,
    });
    assert.deepEqual(config.defaultPolicy.retry, {
      attempts: 2,
      on: new Set(['connectFailure', 'reset', 'gatewayError', 'rateLimited', 'timeout']),
      statuses: new Set(),
      headers: [],
      grpc: new Set(),
      backoff: { baseMs: 25, maxMs: 250 },
      budget: { ratio: 0.2, minPerSecond: 10 },
      replayBuffer: 65_536,
    });
    assert.deepEqual(config.defaultPolicy.connections, { maxPerEndpoint: 100, keepAlive: 4_000 });
    assert.equal(config.defaultPolicy.loadBalancer.policy, 'peakEwma');
    assert.equal(config.defaultPolicy.outlierDetection.baseEjectionTime, 5_000);
  });

  it('has bounds and a way to stop', () => {
    assert.deepEqual(config.limits, {
      requestHeaders: 65_536,
      responseHeaders: 65_536,
      storedResponses: 67_108_864,
      replayBuffers: 33_554_432,
    });
    assert.deepEqual(config.drain, { timeout: 10_000 });
    assert.deepEqual(config.accessLog, { enabled: true, slowThreshold: 1_000 });
    assert.equal(config.logLevel, 'info');
  });

  it('is what every empty file gives', () => {
    for (const text of [
      '',
      '\uFEFF',
      '\n\n',
      '# nothing\n',
      '---\n',
      '{}',
      'null',
      'defaults:\nservices:\n',
    ]) {
      assert.deepEqual(parse(text), config, JSON.stringify(text));
    }
  });
});

describe('forms of a file', () => {
  it('are YAML and JSON alike', () => {
    const yaml = parse('listen: 127.0.0.1:1\nservices:\n  a:\n    retry: { attempts: 1 }\n');
    const json = parse(
      '{\n\t"listen": "127.0.0.1:1",\n\t"services": { "a": { "retry": { "attempts": 1 } } }\n}',
    );
    const { origins: _, ...said } = json;
    const { origins: __, ...meant } = yaml;
    assert.deepEqual(said, meant);
  });

  it('may carry a byte order mark, CRLF and the address of a schema', () => {
    const config = parse('\uFEFF$schema: https://example.com/s.json\r\nlogLevel: warn\r\n');
    assert.equal(config.logLevel, 'warn');
  });

  it('may use anchors and aliases', () => {
    const config = parse('services:\n  a: &a { retry: { attempts: 5 } }\n  b: *a\n');
    assert.equal(service(config, 'b').policy.retry.attempts, 5);
  });

  it('may leave maps empty', () => {
    const config = parse('admin:\nservices:\n  payments:\n    retry:\n');
    assert.deepEqual(service(config, 'payments').policy, config.defaultPolicy);
  });
});

describe('addresses', () => {
  it('are one or several, of any kind', () => {
    const config = parse(
      'listen: ["[::]:0", "localhost:1", "unix:/run/a.sock"]\nservices: { a: { listen: 127.0.0.1:2 } }',
    );
    assert.deepEqual(config.listen, [
      { kind: 'tcp', host: '::', port: 0 },
      { kind: 'tcp', host: 'localhost', port: 1 },
      { kind: 'unix', path: '/run/a.sock' },
    ]);
    assert.deepEqual(service(config, 'a').listen, [{ kind: 'tcp', host: '127.0.0.1', port: 2 }]);
  });

  it('may share port 0, which is another each time', () => {
    const config = parse('listen: [127.0.0.1:0, 127.0.0.1:0]\nadmin: { listen: 127.0.0.1:0 }');
    assert.equal(config.listen.length, 2);
  });

  it('may share a port on different hosts', () => {
    assert.equal(parse('listen: [127.0.0.1:80, 127.0.0.2:80, "[::1]:80"]').listen.length, 3);
  });
});

describe('the policy of a service', () => {
  const text = `
defaults:
  timeout: { request: 3s, idle: 9s }
  retry: { on: [reset, 5xx], budget: { ratio: 0.5 } }
services:
  a:
    timeout: { request: 1s }
    retry: { on: [reset] }
  b:
`;

  it('keeps of the defaults what it does not name, key by key', () => {
    assert.deepEqual(service(parse(text), 'a').policy.timeout, {
      request: 1_000,
      connect: 1_000,
      idle: 9_000,
      idleStream: 3_600_000,
    });
  });

  it('replaces lists', () => {
    const { retry } = service(parse(text), 'a').policy;
    assert.deepEqual(retry.on, new Set(['reset']));
    assert.equal(retry.budget.ratio, 0.5);
  });

  it('is the default policy when it names nothing', () => {
    const config = parse(text);
    assert.deepEqual(service(config, 'b').policy, config.defaultPolicy);
  });

  it('leaves the other services alone', () => {
    const config = parse(text);
    assert.equal(config.defaultPolicy.timeout.request, 3_000);
    assert.deepEqual(config.defaultPolicy.retry.on, new Set(['reset', '5xx']));
  });

  it('may go by a hash that the defaults choose', () => {
    const hashing = parse(
      'defaults: { loadBalancer: { hashOn: [{ header: x-user }] } }\nservices: { a: { loadBalancer: { policy: maglev } } }',
    );
    assert.deepEqual(service(hashing, 'a').policy.loadBalancer.hashOn, [{ header: 'x-user' }]);
  });

  it('is without what it says false to, and its routes are too unless they say otherwise', () => {
    const defaults = `
defaults:
  hedging: {}
  fallback: { stale: {}, static: { status: 204 } }
  coalescing: {}
  faults: [{ abort: 503 }]
  adaptiveConcurrency: {}
  rateLimit: { service: { requests: 1 }, caller: { header: x-user, requests: 1 } }
  circuitBreaker: { slowCalls: { slowerThan: 1s }, openFor: 3s }
  retry: { attempts: 5 }
`;
    const off = (key: string) => `    ${key}: false\n`;
    const keys = ['hedging', 'fallback', 'coalescing', 'faults', 'adaptiveConcurrency', 'rateLimit'];
    const { policy, routes } = service(
      parse(
        `${defaults}services:\n  a:\n${keys.map(off).join('')}    routes:\n      - match: { methods: [GET] }\n        fallback: { static: {} }\n`,
      ),
      'a',
    );
    assert.deepEqual(
      [policy.hedging, policy.fallback, policy.coalescing, policy.adaptiveConcurrency, policy.rateLimit],
      [undefined, undefined, undefined, undefined, undefined],
    );
    assert.deepEqual(policy.faults, []);
    assert.equal(routes[0]?.fallback?.static?.status, 200);
    assert.equal(routes[0]?.fallback?.stale, undefined);
    assert.equal(routes[0]?.hedging, undefined);
    const parts = service(
      parse(
        `${defaults}services:\n  a: { fallback: { stale: false }, rateLimit: { caller: false }, circuitBreaker: { slowCalls: false }, retry: false }\n`,
      ),
      'a',
    ).policy;
    assert.equal(parts.fallback?.stale, undefined);
    assert.equal(parts.fallback?.static?.status, 204);
    assert.equal(parts.rateLimit?.caller, undefined);
    assert.equal(parts.rateLimit?.service?.requests, 1);
    assert.deepEqual([parts.circuitBreaker.slowCalls, parts.circuitBreaker.openFor], [undefined, 3_000]);
    assert.deepEqual([parts.retry.attempts, parts.retry.on.size], [0, 0]);
  });

  it('may be without what judges and limits calls in any case', () => {
    const { policy } = service(
      parse('services: { a: { circuitBreaker: false, outlierDetection: false, bulkhead: false } }'),
      'a',
    );
    assert.equal(policy.circuitBreaker.enabled, false);
    assert.equal(policy.outlierDetection.enabled, false);
    assert.equal(policy.bulkhead.maxRequests, 1_000_000);
  });

  it('is kept for names that objects have by themselves', () => {
    const config = parse('services: { constructor: { retry: { attempts: 7 } }, toString: {} }');
    assert.equal(service(config, 'constructor').policy.retry.attempts, 7);
    assert.deepEqual(service(config, 'toString').policy, config.defaultPolicy);
  });
});

describe('variables', () => {
  it('stand for numbers, truth values, durations and parts of text', () => {
    const config = parse(
      'accessLog: { enabled: "${ON}", sample: "${SHARE}" }\ndefaults:\n  retry:\n    attempts: ${N}\n' +
        'drain:\n  timeout: ${N}s\nlisten: ${HOST}:${PORT}\n',
      { ON: 'false', SHARE: '0.5', N: '3', HOST: '[::1]', PORT: '80' },
    );
    assert.equal(config.accessLog.enabled, false);
    assert.equal(config.accessLog.sample, 0.5);
    assert.equal(config.defaultPolicy.retry.attempts, 3);
    assert.equal(config.drain.timeout, 3_000);
    assert.deepEqual(config.listen, [{ kind: 'tcp', host: '::1', port: 80 }]);
  });

  it('stay text where text belongs, even when they look like numbers', () => {
    const { token } = parse('admin:\n  token: ${TOKEN}', { TOKEN: '00123e5' }).admin;
    assert.equal(token, '00123e5');
  });

  it('have defaults for when they are unset or empty', () => {
    const text = 'logLevel: ${LEVEL:-warn}';
    assert.equal(parse(text).logLevel, 'warn');
    assert.equal(parse(text, { LEVEL: '' }).logLevel, 'warn');
    assert.equal(parse(text, { LEVEL: 'error' }).logLevel, 'error');
  });

  it('are not looked for in what they stand for, nor in keys', () => {
    const { token } = parse('admin: { token: "${A}" }', { A: '${B}', B: 'b' }).admin;
    assert.equal(token, '${B}');
    assert.throws(() => parse('"${A}": 1', { A: 'drain' }), /unknown key/);
  });

  it('are written with two dollar signs to be none', () => {
    assert.equal(parse('admin: { token: "$${A} $5 $$" }').admin.token, '${A} $5 $');
  });

  it('name nothing that objects have by themselves', () => {
    assert.throws(() => parse('admin:\n  token: ${constructor}'), /constructor is not set/);
  });
});

describe('keys that begin with x-', () => {
  it("are the user's own, and not shown as settings", () => {
    const config = parse(
      'x-slow: &slow { request: 60s }\ndefaults: { x-why: [1], timeout: *slow }\nservices: { a: { x-owner: me } }',
    );
    assert.equal(config.defaultPolicy.timeout.request, 60_000);
    assert.doesNotMatch(JSON.stringify(config.shown), /x-/);
  });

  it('are names where names are free', () => {
    assert.ok(parse('services: { x-ray: {} }').services.has('x-ray'));
  });
});

describe("Consul's address without a scheme", () => {
  it('is taken as Consul takes it', () => {
    for (const address of ['consul:8500', '127.0.0.1:8500', '"[::1]:8500"']) {
      const { consul } = parse(`consul: { address: ${address} }`);
      assert.equal(consul.address, `http://${address.replaceAll('"', '')}`);
    }
  });

  it('is asked over TLS when the environment says so', () => {
    const { consul } = parse('consul: { address: "consul:8501" }', { CONSUL_HTTP_SSL: 'true' });
    assert.equal(consul.address, 'https://consul:8501');
  });
});

describe('a file with comments as in JavaScript', () => {
  it('is refused for each of them, and for what else is wrong', () => {
    const text = '{\n  // one\n  "consul": { "address": "http://a:1" }, /* two\n */ "logLevel": "loud"\n}';
    assert.throws(() => parseConfig({ file: 'a.json', text }, {}), {
      message: [
        'a.json:2:3: JSON has no comments: remove it, or name the file .yaml, where a comment begins with #',
        'a.json:3:42: JSON has no comments: remove it, or name the file .yaml, where a comment begins with #',
        'a.json:4:17 logLevel: expected one of debug, info, warn, error, found "loud"',
      ].join('\n'),
    });
  });
});

describe('what init writes', () => {
  it('is valid as it is, and with every setting that is commented out', () => {
    parse(STARTER_CONFIG);
    const uncommented = STARTER_CONFIG.replaceAll(/^#(?! )/gm, '')
      .replaceAll(/^#(?= {2})/gm, '')
      .replace('services: {}', 'services:');
    const config = parse(uncommented);
    assert.deepEqual([...config.services.keys()], ['payments', 'legacy']);
    assert.equal(config.accessLog.sample, 0.1);
  });
});
