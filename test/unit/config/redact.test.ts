// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what users write.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { configJsonSchema } from '../../../src/config/json-schema.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';

const SECRET = 's3cr3t-b7f1';

/** Everything that is shown of a configuration, or said against it. */
function everythingSaid(text: string, environment: Record<string, string> = {}): string {
  try {
    return JSON.stringify(parseConfig({ file: 'a.yaml', text }, environment).shown);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return JSON.stringify([error.message, error.stack, error.problems]);
  }
}

describe('a configuration that is shown', () => {
  it('is in the form of the file, with defaults and the environment', () => {
    const { shown } = parseConfig(
      {
        file: 'a.yaml',
        text: 'services: { a: { timeout: { request: 1s } } }\ndefaults: { timeout: { idle: 9s } }',
      },
      { CONSUL_HTTP_ADDR: 'agent:8500' },
    );
    const reread = parseConfig({ file: 'shown', text: JSON.stringify(shown) }, {});
    assert.equal(reread.consul.address, 'http://agent:8500');
    assert.deepEqual(reread.shown, shown);
    assert.match(
      JSON.stringify(shown),
      /"a":\{.*"timeout":\{"request":"1s","connect":"1s","idle":"9s","idleStream":"1h"\}/,
    );
  });

  it('names its keys in the order of the reference', () => {
    const { shown } = parseConfig({ file: 'a.yaml', text: 'logLevel: warn\nlisten: 127.0.0.1:1' }, {});
    const order = Object.keys(configJsonSchema().properties ?? {}).filter(
      // None of them is there unless it is set.
      (key) => !['$schema', 'listenTls', 'register'].includes(key),
    );
    assert.deepEqual(Object.keys(Object(shown)), order);
  });

  it('has every secret redacted, wherever it came from', () => {
    const sources: [string, Record<string, string>][] = [
      [`consul: { token: ${SECRET} }`, {}],
      [`admin: { token: ${SECRET} }`, {}],
      ['admin:\n  token: ${TOKEN}', { TOKEN: SECRET }],
      ['admin:\n  token: a${TOKEN}b', { TOKEN: SECRET }],
      [`admin:\n  token: \${TOKEN:-${SECRET}}`, {}],
      ['', { CONSUL_HTTP_TOKEN: SECRET }],
    ];
    for (const [text, environment] of sources) {
      const said = everythingSaid(text, environment);
      assert.ok(!said.includes(SECRET), text);
      assert.ok(said.includes('[redacted]'), text);
    }
  });
});

describe('a complaint', () => {
  it('holds no secret that is of a wrong kind, or in a wrong place', () => {
    const texts = [
      `consul: { token: [${SECRET}] }`,
      `consul: { token: { ${'a'}: ${SECRET} } }`,
      `consul: ${SECRET}`,
      `consul: { tokn: ${SECRET} }`,
      `token: ${SECRET}`,
      `consul: { address: "ftp://user:${SECRET}@host" }`,
      `consul: { address: "http://user:${SECRET}@host" }`,
      `consul: { token: ${SECRET}, tokenFile: a }`,
      `consul: { token: "${SECRET} }`,
      `consul: { token: "\\q${SECRET}" }`,
      `consul: { token: !${SECRET} a }`,
      `consul: { token: a } ${SECRET}`,
      `consul: { token: *${SECRET}`,
      `%${SECRET}\n---\nconsul: {}`,
      `consul:\n  token: |${SECRET}\n    a`,
      `logLevel: loud\nadmin: { token: ${SECRET} }`,
    ];
    for (const text of texts) assert.ok(!everythingSaid(text).includes(SECRET), text);
  });

  it('holds nothing that came out of a variable', () => {
    for (const text of [
      'logLevel: ${TOKEN}',
      'listen: a${TOKEN}',
      'drain: ${TOKEN}',
      'defaults: { retry: { attempts: "${TOKEN}" } }\nservices: { a: {} }',
    ]) {
      const said = everythingSaid(text, { TOKEN: SECRET });
      assert.ok(!said.includes(SECRET), said);
    }
    assert.ok(!everythingSaid('', { CONSUL_HTTP_ADDR: `ftp://${SECRET}` }).includes(SECRET));
  });

  it('holds no secret, whatever stands in its place or around it', () => {
    const around = fc.constantFrom('consul', 'admin');
    const wrong = fc.oneof(
      fc.constant(SECRET),
      fc.constant([SECRET]),
      fc.constant({ token: SECRET }),
      fc.constant([{ tokenFile: [SECRET] }]),
    );
    fc.assert(
      fc.property(around, wrong, fc.json({ maxDepth: 2 }), (section, secret, other) => {
        const text = `{ "${section}": { "token": ${JSON.stringify(secret)} }, "logLevel": ${other} }`;
        assert.ok(!everythingSaid(text).includes(SECRET));
      }),
      { numRuns: 200 },
    );
  });
});
