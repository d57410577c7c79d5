// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what users write.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonSchema } from '../../../src/config/json-schema.ts';
import { alternatives, configJsonSchema } from '../../../src/config/json-schema.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';

/** Either a configuration or a ConfigError whose problems stand in the text. */
function parsesOrComplains(text: string): void {
  const lines = text.split('\n').length;
  try {
    parseConfig({ file: 'a.yaml', text }, { A: '1', B: 'x' });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error instanceof Error ? error.stack : error));
    assert.ok(error.problems.length > 0);
    for (const { line, column, message } of error.problems) {
      assert.ok(line !== undefined && line >= 1 && line <= lines, `${line} of ${lines}: ${message}`);
      assert.ok(column !== undefined && column >= 1, message);
      assert.ok(!message.includes('\n'), message);
    }
  }
}

const scalar = fc.oneof(
  fc.constantFrom(
    '5s',
    '64KiB',
    '127.0.0.1:80',
    'unix:/a',
    'http',
    '${A}',
    '${B:-}',
    '${',
    '$$',
    '1',
    'ringHash',
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.string(),
);

/** Values that follow the schema's maps closely enough to reach every corner of it, and then go wrong. */
function nearly(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const forms = alternatives(schema).map((form): fc.Arbitrary<unknown> => {
    if (form.properties !== undefined) {
      const fields = Object.entries(form.properties).map(([key, child]) => [key, nearly(child, depth + 1)]);
      return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
    }
    if (typeof form.additionalProperties === 'object') {
      const name = fc.constantFrom('payments', 'a b', 'constructor', '__proto__', '');
      return fc.dictionary(name, nearly(form.additionalProperties, depth + 1), { maxKeys: 2 });
    }
    if (form.items !== undefined) return fc.array(nearly(form.items, depth + 1), { maxLength: 2 });
    const known = [form.default, ...(form.enum ?? []), form.const].filter((value) => value !== undefined);
    return known.length === 0 ? scalar : fc.oneof(fc.constantFrom(...known), scalar);
  });
  return fc.oneof(
    { arbitrary: fc.oneof(...forms), weight: 15 },
    { arbitrary: fc.oneof(scalar, fc.constantFrom([], {}, [[]], { a: 1 })), weight: 1 },
  );
}

describe('whatever is in the file', () => {
  it('text of any kind is read or complained of', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), parsesOrComplains), {
      numRuns: 500,
    });
  });

  it('text of the letters of YAML is read or complained of', () => {
    const letters = fc.constantFrom(
      ...[
        'a',
        ': ',
        ':',
        '- ',
        '\n',
        '  ',
        '\t',
        '{',
        '}',
        '[',
        ']',
        ', ',
        '&a ',
        '*a',
        '!t ',
        '"',
        "'",
        '|',
      ],
      ...[
        '>',
        '#',
        '%',
        '? ',
        '---\n',
        '...\n',
        '${A}',
        '$',
        '\\',
        '\r\n',
        '<<: ',
        'listen: ',
        'services: ',
        '1',
      ],
    );
    const text = fc.array(letters, { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(fc.property(text, parsesOrComplains), { numRuns: 2_000 });
  });

  it('JSON of any kind is read or complained of', () => {
    fc.assert(fc.property(fc.json(), parsesOrComplains), { numRuns: 500 });
  });

  it('what nearly follows the schema is read or complained of', () => {
    const value = nearly(configJsonSchema(), 0).map((written) => JSON.stringify(written));
    fc.assert(fc.property(value, parsesOrComplains), { numRuns: 500 });
  });
});
