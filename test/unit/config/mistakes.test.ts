// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what users write.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import type { ConfigProblem } from '../../../src/core/config-events.ts';

/** Expected: `LINE:COLUMN path` and a part of the message, for each problem in order. */
type Mistake = readonly [what: string, text: string, ...expected: readonly (readonly [string, string])[]];

const ENVIRONMENT = { COUNT: '3', WORD: 'many', EMPTY: '', SPACED: ' 3 ' };

function problemsOf(text: string): readonly ConfigProblem[] {
  try {
    parseConfig({ file: 'a.yaml', text }, ENVIRONMENT);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return [];
}

function check(mistakes: readonly Mistake[]): void {
  for (const [what, text, ...expected] of mistakes) {
    it(what, () => {
      const found = problemsOf(text);
      const places = found.map(({ line, column, path }) => `${line}:${column} ${path}`);
      assert.deepEqual(
        places,
        expected.map(([place]) => place),
        found.map(({ message }) => message).join('\n'),
      );
      for (const [index, [, message]] of expected.entries()) {
        const told = found[index]?.message ?? '';
        assert.ok(told.includes(message), `${told}\ndoes not say\n${message}`);
      }
    });
  }
}

const ADDRESS = 'expected an address such as 127.0.0.1:15000, [::1]:15000 or unix:/run/ambassador.sock';

describe('mistakes in keys', () => {
  check([
    ['a slip at the top', 'lisen: 127.0.0.1:1', ['1:1 lisen', 'unknown key; did you mean "listen"?']],
    [
      'a slip in a section',
      'consul:\n  adress: http://x:1',
      ['2:3 consul.adress', 'did you mean "address"?'],
    ],
    [
      'a slip deep in a service',
      'services:\n  payments:\n    retry:\n      backoff: { bsae: 1s }',
      ['4:18 services.payments.retry.backoff.bsae', 'did you mean "base"?'],
    ],
    [
      'another spelling of a key',
      'defaults:\n  load_balancer: {}',
      ['2:3 defaults.load_balancer', 'did you mean "loadBalancer"?'],
    ],
    ['neighbours exchanged', 'drian: {}', ['1:1 drian', 'did you mean "drain"?']],
    [
      'a key like no other, with the keys that there are',
      'drain: { whatsoever: 1 }',
      ['1:10 drain.whatsoever', 'unknown key; known are timeout'],
    ],
    [
      'an unknown key in one of several forms',
      'services: { a: { discover: { consul: { servce: x } } } }',
      ['1:40 services.a.discover.consul.servce', 'did you mean "service"?'],
    ],
    ['a policy key at the top', 'retry: {}', ['1:1 retry', 'unknown key']],
    [
      'a key that is not there yet',
      'services: { a: { mirror: {} } }',
      ['1:18 services.a.mirror', 'unknown key'],
    ],
    ['__proto__', '__proto__: { a: 1 }', ['1:1 ', 'unknown key "__proto__"']],
    ['a key of many letters', `${'a'.repeat(300)}: 1`, [`1:1 ${'a'.repeat(300)}`, 'unknown key']],
    ['a key with a line break', '"a\\nb": 1', ['1:1 ["a\\nb"]', 'unknown key']],
    ['a merge key', 'a: &a {}\ndrain:\n  <<: *a', ['1:1 a', 'unknown'], ['3:3 drain["<<"]', 'unknown key']],
    [
      'the same key twice',
      'drain: { timeout: 1s }\nlogLevel: info\ndrain: { timeout: 2s }',
      ['3:1 drain', 'given twice: it stands on line 1 already'],
    ],
    [
      'the same key twice in JSON',
      '{\n  "drain": {},\n  "drain": {}\n}',
      ['3:3 drain', 'given twice: it stands on line 2'],
    ],
    ['a service twice', 'services:\n  a: {}\n  a: {}', ['3:3 services.a', 'given twice']],
    [
      'a service name that no request can name',
      'services:\n  "a\\nb": {}',
      ['2:3 services["a\\nb"]', 'expected a name of at most 255'],
    ],
    ['an empty service name', 'services:\n  "": {}', ['2:3 services[""]', 'expected a name']],
  ]);
});

describe('mistakes in kinds of values', () => {
  check([
    [
      'a list for the file',
      '- a\n- b',
      ['1:1 ', 'such as consul, listen, admin, discovery, defaults, services, found a list'],
    ],
    ['text for the file', 'hello', ['1:1 ', 'expected a map with keys such as consul']],
    [
      'text for a section',
      'drain: soon',
      ['1:8 drain', 'expected a map with keys such as timeout, found text'],
    ],
    [
      'a list for a section',
      'admin: []',
      ['1:8 admin', 'listen, token, tokenFile, allowedHosts, found an empty list'],
    ],
    [
      'a list of services',
      'services: [a]',
      ['1:11 services', 'expected a map: each service is a key, such as payments: {}, found a list'],
    ],
    [
      'a number for a service',
      'services: { a: 1 }',
      ['1:16 services.a', 'expected a map with keys such as discover, listen'],
    ],
    ['text for defaults', 'defaults: x\nservices: { a: {} }', ['1:11 defaults', 'expected a map']],
    [
      'text for a truth value',
      'accessLog: { enabled: yes }',
      ['1:23 accessLog.enabled', 'expected true or false, found "yes"'],
    ],
    [
      'text for a number',
      'defaults: { retry: { attempts: two } }',
      ['1:32 defaults.retry.attempts', 'expected a whole number from 0 to 10, found "two"'],
    ],
    [
      'a quoted number',
      'defaults: { retry: { attempts: "2" } }',
      ['1:32 defaults.retry.attempts', 'found "2"'],
    ],
    ['a fraction', 'defaults: { retry: { attempts: 1.5 } }', ['1:32 defaults.retry.attempts', 'found 1.5']],
    [
      'a number out of range',
      'defaults: { retry: { attempts: 99 } }',
      ['1:32 defaults.retry.attempts', '99'],
    ],
    [
      'a ratio above 1',
      'accessLog: { sample: 2 }',
      ['1:22 accessLog.sample', 'expected a number from 0 to 1'],
    ],
    [
      'a percentage above 100',
      'defaults: { outlierDetection: { maxEjectionPercent: 101 } }',
      ['1:53 defaults.outlierDetection.maxEjectionPercent', 'from 0 to 100, found 101'],
    ],
    [
      'a truth value of a module that has no words for it',
      'defaults: { outlierDetection: { enabled: 1 } }',
      ['1:42 defaults.outlierDetection.enabled', 'expected true or false, found 1'],
    ],
    [
      'a map for text',
      'consul: { tokenFile: { a: 1 } }',
      ['1:22 consul.tokenFile', 'expected the path of a file, found a map'],
    ],
    ['nothing for text', 'admin:\n  tokenFile:', ['2:13 admin.tokenFile', 'found nothing']],
    ['empty text', 'admin: { tokenFile: "" }', ['1:21 admin.tokenFile', 'not an empty one']],
    [
      'a word that is not among the choices',
      'logLevel: loud',
      ['1:11 logLevel', 'expected one of debug, info, warn, error, found "loud"'],
    ],
    ['a choice in capitals', 'logLevel: WARN', ['1:11 logLevel', 'did you mean warn?']],
    [
      'a slip in a choice',
      'defaults: { loadBalancer: { policy: leastRequests } }',
      ['1:37 defaults.loadBalancer.policy', 'found "leastRequests"; did you mean leastRequest?'],
    ],
    [
      'text for a list of conditions',
      'defaults: { retry: { on: reset } }',
      ['1:26 defaults.retry.on', 'expected a list of connectFailure'],
    ],
    [
      'an unknown condition in a list',
      'defaults:\n  retry:\n    on:\n      - reset\n      - restart',
      ['5:9 defaults.retry.on[1]', 'found "restart"'],
    ],
    [
      'a condition twice',
      'defaults: { retry: { on: [reset, reset] } }',
      ['1:26 defaults.retry.on', 'expected each condition once'],
    ],
    [
      'a protocol that there is not',
      'services: { a: { protocol: amqp } }',
      ['1:28 services.a.protocol', 'expected http, h2c, grpc or tcp'],
    ],
    ['a long value, cut', `logLevel: ${'x'.repeat(99)}`, ['1:11 logLevel', `"${'x'.repeat(40)}…"`]],
    [
      'a choice of maps with none chosen',
      'services: { a: { discover: {} } }',
      ['1:28 services.a.discover', 'expected one of consul, endpoints'],
    ],
    [
      'an address in the place of a map',
      'consul: localhost:8500',
      ['1:9 consul', 'found text; write consul: { address: localhost:8500 }'],
    ],
    [
      'a number in the place of a map with a duration',
      'defaults: { timeout: 3 }',
      ['1:22 defaults.timeout', 'found a number; write timeout: { request: 3s }'],
    ],
    [
      "another tool's choice in the place of a map",
      'defaults: { loadBalancer: round_robin }',
      ['1:27 defaults.loadBalancer', 'found text; write loadBalancer: { policy: roundRobin }'],
    ],
    [
      'off in the place of a map',
      'defaults: { circuitBreaker: off }',
      ['1:29 defaults.circuitBreaker', 'found text; write circuitBreaker: false'],
    ],
    [
      'true in the place of a map of which every key has a default',
      'services: { a: { translate: { grpcJson: true } } }',
      ['1:41 services.a.translate.grpcJson', 'found true; write grpcJson: {}'],
    ],
    [
      'nothing in the place of text',
      'consul: { token: }',
      ['1:18 consul.token', 'found nothing; give it a value, or leave it out'],
    ],
    [
      'a choice of maps by another name',
      'services: { a: { discover: { static: ["h:1"] } } }',
      ['1:30 services.a.discover.static', 'unknown key; did you mean endpoints: [HOST:PORT]?'],
    ],
    [
      'a choice of maps, misspelt',
      'services: { a: { discover: { conusl: {} } } }',
      ['1:30 services.a.discover.conusl', 'did you mean "consul"?'],
    ],
    [
      'a choice of maps, and a key of what stands in one of them',
      'services: { a: { discover: { endpoints: ["h:1"], tags: [v2] } } }',
      ['1:50 services.a.discover.tags', 'unknown key; did you mean consul: { … }?'],
    ],
    [
      'two of a choice of maps, one of them not sound',
      'services: { a: { discover: { consul: {}, dns: {} } } }',
      ['1:28 services.a.discover', 'expected only one of consul, endpoints, dns, found consul and dns'],
    ],
  ]);
});

describe('mistakes in durations and sizes', () => {
  check([
    [
      'a duration without a unit',
      'drain: { timeout: 10 }',
      ['1:19 drain.timeout', 'such as 250ms, 5s or 1m, found 10'],
    ],
    ['a duration in an unknown unit', 'drain: { timeout: 1d }', ['1:19 drain.timeout', 'found "1d"']],
    ['a negative duration', 'drain: { timeout: -1s }', ['1:19 drain.timeout', 'expected a duration']],
    ['a duration with a space', 'drain: { timeout: 1 s }', ['1:19 drain.timeout', 'found "1 s"']],
    ['a duration beyond any timer', 'drain: { timeout: 600h }', ['1:19 drain.timeout', 'at most 24 days']],
    [
      'no time at all to connect',
      'defaults: { timeout: { connect: 0s } }',
      ['1:33 defaults.timeout.connect', 'above zero, found "0s"'],
    ],
    [
      'a size without a unit',
      'limits: { replayBuffers: 32 }',
      ['1:26 limits.replayBuffers', 'such as 64KiB'],
    ],
    ['a size in thousands', 'limits: { replayBuffers: 32MB }', ['1:26 limits.replayBuffers', 'found "32MB"']],
    [
      'no room for header fields',
      'limits: { requestHeaders: 0B }',
      ['1:27 limits.requestHeaders', 'above zero'],
    ],
  ]);
});

describe('mistakes in addresses', () => {
  check([
    ['a port alone', 'listen: 15000', ['1:9 listen', `${ADDRESS}, or a list of them, found 15000`]],
    ['a port with nothing before', 'listen: ":15000"', ['1:9 listen', '0.0.0.0 for every interface']],
    ['a star for every interface', 'listen: "*:15000"', ['1:9 listen', '0.0.0.0 for every interface']],
    ['a host alone', 'listen: localhost', ['1:9 listen', `${ADDRESS}, found "localhost"`]],
    ['IPv6 without brackets', 'listen: "::1:15000"', ['1:9 listen', 'in brackets']],
    ['IPv4 in brackets', 'listen: "[127.0.0.1]:80"', ['1:9 listen', ADDRESS]],
    ['an IPv4 address that is none', 'listen: 127.0.0.256:80', ['1:9 listen', ADDRESS]],
    ['a port above the last', 'listen: 127.0.0.1:70000', ['1:9 listen', 'expected a port from 0 to 65535']],
    ['a URL', 'listen: http://127.0.0.1:15000', ['1:9 listen', 'expected host:port alone']],
    ['a relative unix path', 'listen: "unix:run/a.sock"', ['1:9 listen', 'expected an absolute path']],
    ['a unix path too long', `listen: unix:/${'a'.repeat(110)}`, ['1:9 listen', 'at most 103 bytes']],
    ['no address in a list', 'listen: []', ['1:9 listen', 'expected at least one address']],
    ['a wrong address in a list', 'listen: [127.0.0.1:80, nowhere]', ['1:24 listen[1]', 'found "nowhere"']],
    ['several admin addresses', 'admin: { listen: [a, b] }', ['1:18 admin.listen', 'found a list']],
  ]);
});

describe("mistakes in Consul's address", () => {
  const expected = ['1:20 consul.address', 'expected an address such as http://127.0.0.1:8500'] as const;
  check([
    ['a host alone', 'consul: { address: consul }', expected],
    ['another scheme', 'consul: { address: "ftp://127.0.0.1:8500" }', expected],
    [
      'a name and a password',
      'consul: { address: "http://user:password@host:8500" }',
      ['1:20 consul.address', 'without user and password'],
    ],
    ['a space', 'consul: { address: "http://a b:8500" }', expected],
  ]);
});

describe('settings that contradict each other', () => {
  check([
    [
      'the same address twice in a list',
      'listen:\n  - 127.0.0.1:80\n  - 127.0.0.1:80',
      ['3:5 listen[1]', '127.0.0.1:80 is taken by listen[0] (127.0.0.1:80)'],
    ],
    [
      'a service on the main address',
      'services: { a: { listen: 127.0.0.1:15000 } }',
      ['1:26 services.a.listen', 'is taken by listen[0]'],
    ],
    [
      'a service on the admin address',
      'services: { a: { listen: 127.0.0.1:15001 } }',
      ['1:26 services.a.listen', 'is taken by admin.listen'],
    ],
    [
      'the main address on the default of the admin API',
      'listen: 127.0.0.1:15001',
      ['1:9 listen', 'is taken by admin.listen (127.0.0.1:15001)'],
    ],
    [
      'the admin API on the default of the main address',
      'admin: { listen: 127.0.0.1:15000 }',
      ['1:18 admin.listen', 'is taken by listen[0]'],
    ],
    [
      'two services on one address',
      'services:\n  a: { listen: "[::1]:80" }\n  b: { listen: "[::1]:80" }',
      ['3:16 services.b.listen', '[::1]:80 is taken by services.a.listen'],
    ],
    [
      'an address within a wildcard',
      'listen: 0.0.0.0:80\nservices: { a: { listen: 127.0.0.1:80 } }',
      ['2:26 services.a.listen', 'is taken by listen[0] (0.0.0.0:80)'],
    ],
    ['one unix socket twice', 'listen: [unix:/a, unix:/a]', ['1:19 listen[1]', 'unix:/a is taken by']],
    [
      'token and tokenFile',
      'admin:\n  token: a\n  tokenFile: b',
      ['3:14 admin.tokenFile', 'expected either token or tokenFile, found both'],
    ],
    [
      'a certificate without its key',
      'consul: { tls: { certFile: /c } }',
      ['1:28 consul.tls.certFile', 'expected keyFile beside it'],
    ],
    [
      'a key without its certificate',
      'consul: { tls: { keyFile: /k } }',
      ['1:27 consul.tls.keyFile', 'expected certFile beside it'],
    ],
    [
      'declared services with none declared',
      'discovery: { services: declared }',
      ['1:24 discovery.services', 'there is nothing under services'],
    ],
    [
      'a longest wait shorter than the first',
      'defaults: { retry: { backoff: { base: 2s, max: 1s } } }',
      ['1:48 defaults.retry.backoff.max', 'expected at least base, found "1s"'],
    ],
    [
      'a hash policy of a service with nothing to hash',
      'services:\n  a:\n    loadBalancer: { policy: maglev }',
      ['3:5 services.a.loadBalancer.hashOn', 'expected at least one entry'],
    ],
    [
      'a service at odds with the defaults',
      'defaults: { retry: { backoff: { max: 1s } } }\nservices: { a: { retry: { backoff: { base: 2s } } } }',
      ['1:38 defaults.retry.backoff.max', 'expected at least base'],
    ],
    [
      'contradictions beside an unrelated mistake',
      'logLevel: loud\nadmin: { token: a, tokenFile: b }',
      ['1:11 logLevel', 'expected one of'],
      ['2:31 admin.tokenFile', 'found both'],
    ],
  ]);
});

describe('mistakes in YAML', () => {
  check([
    ['a tab as indent', 'drain:\n\ttimeout: 1s', ['2:1 ', 'indent with spaces, not with tabs']],
    ['a bracket left open', 'listen: [a, b', ['1:14 ', 'not valid YAML']],
    ['a quote left open', 'logLevel: "info', ['1:11 ', 'this quote is never closed']],
    ['a map within a line', 'drain: timeout: 1s', ['1:8 ', 'not valid YAML']],
    ['uneven indents', 'drain:\n   timeout: 1s\n  other: 1', ['3:1 ', 'not valid YAML']],
    ['a second document', 'drain: {}\n---\ndrain: {}', ['2:1 ', 'one document']],
    ['an unknown tag', 'logLevel: !env LEVEL', ['1:11 ', 'a YAML tag that has no meaning here']],
    ['an unknown anchor', 'drain: *nothing', ['1:8 drain', 'to an anchor (&name) that there is not']],
    [
      'an alias to what is around it',
      'drain: &a\n  timeout: *a',
      ['2:12 drain.timeout', 'an alias to what it stands in'],
    ],
    ['a key that is a list', '? [a]\n: 1', ['1:3 ', 'expected a plain key']],
    ['an escape that there is not', 'logLevel: "\\q"', ['1:12 ', 'an escape sequence']],
    [
      'nesting beyond sense',
      `drain: ${'['.repeat(50)}${']'.repeat(50)}`,
      [`1:40 drain${'[0]'.repeat(32)}`, 'nested too deeply'],
    ],
    [
      'an alias bomb',
      `${['a: &a [x]', ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${`*${'abcdefg'[i]}, `.repeat(9)}]`)].join('\n')}`,
      ['3:40 e[0][0][8]', 'more than 1000 aliases'],
    ],
  ]);
});

describe('mistakes with variables', () => {
  check([
    [
      'one that is not set, at its place',
      'consul:\n  address: http://${HOST}:${PORT}',
      ['2:19 consul.address', 'HOST is not set; ${HOST:-default}'],
      ['2:27 consul.address', 'PORT is not set'],
    ],
    ['one without a name', 'logLevel: "a${}"', ['1:13 logLevel', 'expected ${NAME} or ${NAME:-default}']],
    ['one that is not closed', 'logLevel: "${COUNT"', ['1:12 logLevel', 'expected ${NAME}']],
    ['an odd name', 'logLevel: ${A-B}', ['1:11 logLevel', 'a dollar sign of its own is written $$']],
    [
      'a word where a number belongs, not repeated',
      'defaults: { retry: { attempts: "${WORD}" } }',
      ['1:32 defaults.retry.attempts', 'from 0 to 10, found the value of ${WORD}'],
    ],
    [
      'spaces around a number',
      'defaults:\n  retry: { attempts: "${SPACED}" }',
      ['2:22 defaults.retry.attempts', 'found the value of ${SPACED}'],
    ],
    [
      'a number out of range in defaults, told once',
      'defaults:\n  retry:\n    attempts: 1${COUNT}\nservices: { a: {}, b: {} }',
      ['3:15 defaults.retry.attempts', 'found the value of ${COUNT}'],
    ],
    ['an empty one', 'admin:\n  tokenFile: ${EMPTY}', ['2:14 admin.tokenFile', 'not an empty one']],
    ['one without quotes in a flow map', 'admin: { token: ${WORD} }', ['1:18 ', 'put quotes around ${NAME}']],
  ]);
});

describe('several mistakes', () => {
  it('are reported all at once, in the order of the file', () => {
    const text =
      'lisen: a\nlogLevel: loud\nservices:\n  a: { listen: 1 }\n  b: { retry: { attempts: -1 } }\n';
    assert.deepEqual(
      problemsOf(text).map(({ line, path }) => [line, path]),
      [
        [1, 'lisen'],
        [2, 'logLevel'],
        [4, 'services.a.listen'],
        [5, 'services.b.retry.attempts'],
      ],
    );
  });

  it('are printed one a line with file, line, column and key', () => {
    assert.throws(() => parseConfig({ file: 'conf/a.yaml', text: 'lisen: a\nlogLevel: loud' }, {}), {
      name: 'ConfigError',
      message: [
        'conf/a.yaml:1:1 lisen: unknown key; did you mean "listen"?',
        'conf/a.yaml:2:11 logLevel: expected one of debug, info, warn, error, found "loud"',
      ].join('\n'),
    });
  });

  it('keep their lines with CRLF', () => {
    assert.deepEqual(
      problemsOf('drain:\r\n  timeout: 1s\r\nlogLevel: loud\r\n').map(({ line, column }) => [line, column]),
      [[3, 11]],
    );
  });

  it('keep their columns after a byte order mark', () => {
    assert.deepEqual(
      problemsOf('\uFEFFlogLevel: loud').map(({ line, column }) => [line, column]),
      [[1, 11]],
    );
  });

  it('speak of JSON where JSON was written', () => {
    const parse = (file: string) => () =>
      parseConfig({ file, text: '{ "logLevel": "info" "listen": 1 }' }, {});
    assert.throws(
      parse('a.json'),
      /^ConfigError: a\.json:1:\d+: not valid JSON: .* perhaps a comma is missing/,
    );
    assert.throws(parse('a.yaml'), /^ConfigError: a\.yaml:1:\d+: not valid YAML/);
  });
});
