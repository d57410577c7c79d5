// What an editor makes of the schema, held with a validator that is not ours.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what users write.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { editorSchema } from '../../../src/config/editor-schema.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { MISTAKES } from './mistakes.ts';

const validate = new Ajv2020({ strict: false, allErrors: true }).compile(editorSchema());

function isValid(text: string): boolean {
  return validate(parse(text, { uniqueKeys: false, logLevel: 'silent' }));
}

const documents = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** The blocks of YAML in a page that are whole configurations. */
function examplesIn(page: string): string[] {
  const known = Object.keys(Object(editorSchema()['properties']));
  return [...documents(page).matchAll(/^```ya?ml\n(.*?)^```$/gms)]
    .map(([, text = '']) => text)
    .filter((text) => Object.keys(Object(parse(text))).every((key) => known.includes(key)));
}

describe('the JSON Schema, as editors are given it', () => {
  it('takes every example of the documentation, and so does the program', () => {
    const examples = ['README.md', 'docs/resilience.md', 'docs/observability.md', 'docs/timeouts.md'].flatMap(
      examplesIn,
    );
    assert.ok(examples.length >= 3, `only ${examples.length} examples`);
    for (const text of [...examples, documents('deploy/compose/ambassador.yaml')]) {
      assert.ok(isValid(text), `${text}\n${JSON.stringify(validate.errors)}`);
      parseConfig({ file: 'example', text }, { OTLP_KEY: 'key' });
    }
  });

  it('takes variables in the place of any value, and keys with nothing after them', () => {
    for (const text of [
      'defaults: { retry: { attempts: "${ATTEMPTS:-2}" }, timeout: { request: "${TIMEOUT:-1s}" } }',
      'accessLog: { enabled: "${LOG:-true}" }\nlogLevel: ${LEVEL:-info}',
      'services:\n  payments:\n  fraud:\n    timeout:\n',
      '$schema: ./ambassador.schema.json',
      'x-slow: &slow { request: 60s }\ndefaults: { x-note: why, timeout: *slow }\nservices: { x-ray: {} }',
    ]) {
      assert.ok(isValid(text), `${text}\n${JSON.stringify(validate.errors)}`);
      parseConfig({ file: 'example', text }, {});
    }
  });

  it('takes what is shown of a configuration', () => {
    const text =
      'services: { a: { hedging: {}, faults: [{ abort: 503 }], routes: [{ match: { methods: [GET] } }] } }';
    const { shown } = parseConfig({ file: 'example', text }, {});
    assert.ok(validate(shown), JSON.stringify(validate.errors));
  });

  it('refuses every mistake of the corpus that is one of keys, types and choices', () => {
    const passed = MISTAKES.filter(([, text, ...told]) => {
      const isSyntax = told.some((line) =>
        /^\d+:\d+: (?:not valid YAML|expected one document|expected a plain|expected a comment)|an alias/.test(
          line,
        ),
      );
      return !isSyntax && isValid(text);
    }).map(([what]) => what);
    assert.deepEqual(new Set(passed), new Set(BEYOND_A_SCHEMA));
  });
});

/** How values fit together, what is within a text, and variables: only the program can tell. */
const BEYOND_A_SCHEMA: readonly string[] = [
  "Consul's host alone",
  'a server name with a port',
  'a server name as people write it',
  'a subjectAltName as openssl writes it',
  'a subjectAltName with a wildcard',
  'a header that is set twice',
  'a host with a port that there is not',
  'a URL for an endpoint',
  'a URL to listen on',
  'user and password in the address of Consul',
  'the path of the API in the address of Consul',
  'a certificate without its key',
  'a split to a subset that is none',
  'a shadow of itself',
  'subsets of fixed endpoints',
  'a failover to nowhere',
  'a failover to itself',
  'a failover to two places at once',
  'a failover to a peer of what is not in Consul',
  'the nearest of endpoints without nodes',
  'Host among header fields',
  'a header field beside the rules',
  'a health check over HTTP of a service of TCP',
  'two kinds of health check',
  'a service of TCP on the port of all',
  'a unix socket at a relative path',
  'a unix socket without what says so',
  'a unix socket to listen on without what says so',
  'a client certificate without its key',
  'a default as in a shell',
  'a fallback to a service that is not declared',
  'a fallback to nothing',
  'the only fallback switched off',
  'two names that are one to Consul',
  'a fault that does nothing',
  'a hash of nothing',
  'a hash of requests where there are none',
  'a header that has a key of its own',
  'a header that says where a message ends',
  'a longest ejection shorter than the first',
  'a longest wait shorter than the first',
  'a policy switched on by nothing',
  'a port above the last',
  'a rate limit without limits',
  'a receiver of traces without a scheme',
  'a ring of services that stand in',
  'a route that matches nothing in particular',
  'a service of TCP without an address of its own',
  'a service that stands in for itself',
  'a stand-in that does not speak HTTP',
  'policies of requests where there are none',
  'a token and the file of one',
  'a variable that is not set',
  'adaptive minimum above maximum',
  'admin on the main address',
  'an address twice',
  'an attempt that may take longer than its request',
  'an endpoint on port 0',
  'an endpoint without a port',
  'declared services with none declared',
  'ipv6 without brackets',
  'key twice',
  'per-try limit in a route',
  'relative socket',
  'service on the main address',
  'service twice',
  'word where a number belongs, out of a variable',
];
