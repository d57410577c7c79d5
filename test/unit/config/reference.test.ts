import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { JsonSchema } from '../../../src/config/json-schema.ts';
import { alternatives, configJsonSchema } from '../../../src/config/json-schema.ts';
import { configReference } from '../../../src/config/reference.ts';

/** Every key of the schema with its schema, maps in lists included. */
function* keysOf(schema: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  for (const form of alternatives(schema)) {
    for (const [key, child] of Object.entries(form.properties ?? {})) {
      yield [`${path}.${key}`, child];
      yield* keysOf(child, `${path}.${key}`);
    }
    if (form.items !== undefined) yield* keysOf(form.items, `${path}[]`);
    if (typeof form.additionalProperties === 'object') yield* keysOf(form.additionalProperties, `${path}.*`);
  }
}

describe('docs/configuration.md', () => {
  it('is what the schema says', async () => {
    const written = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
    assert.ok(
      written === configReference(),
      'docs/configuration.md is not what the schema says: run `npm run docs` and commit it',
    );
  });

  it('has a row for every key that is no map of its own', () => {
    const reference = configReference();
    for (const [path, schema] of keysOf(configJsonSchema(), '')) {
      const key = path.slice(path.lastIndexOf('.') + 1);
      const isMap = alternatives(schema).some(({ type }) => type === 'object');
      assert.ok(reference.includes(isMap ? key : `| \`${key}\` | `), path);
    }
  });

  it('has whole tables', () => {
    const rows = configReference()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    for (const row of rows) assert.match(row, /^\|(?:[^|\\]|\\.)+\|(?:[^|\\]|\\.)+\|/);
    assert.ok(rows.length > 80);
  });
});

describe('the JSON Schema', () => {
  const schema = configJsonSchema();

  it('is of draft 2020-12 and has a title', () => {
    assert.match(JSON.stringify(schema), /"\$schema":"https:\/\/json-schema\.org\/draft\/2020-12\/schema"/);
    assert.equal(schema.title, 'consul-ambassador configuration');
  });

  it('describes every key', () => {
    for (const [path, child] of keysOf(schema, ''))
      assert.ok(child.description, `${path} has no description`);
  });

  it('asks for nothing that has a default, and takes text where the program reads numbers', () => {
    assert.equal(schema.required, undefined);
    const request = schema.properties?.['defaults']?.properties?.['timeout']?.properties?.['request'];
    assert.deepEqual([request?.type, request?.default, request?.title], ['string', '15s', 'duration']);
  });

  it('knows no other keys than its own', () => {
    assert.equal(schema.additionalProperties, false);
  });

  it('marks the secrets', () => {
    const secrets = [...keysOf(schema, '')].flatMap(([path, { writeOnly }]) =>
      writeOnly === true ? [path] : [],
    );
    assert.deepEqual(secrets, ['.consul.token', '.admin.token']);
  });
});
