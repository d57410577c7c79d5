import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePathTemplate, TemplateFault } from '../../../../src/translate/http-rule/path-template.ts';

/** Segments as one text, variables with the segments that they span. */
function summary(text: string): string {
  const { segments, variables, verb } = parsePathTemplate(text);
  const marks = { one: '*', rest: '**' };
  const path = segments.map((each) => (each.kind === 'literal' ? each.text : marks[each.kind])).join(' ');
  const spans = variables.map(
    ({ fieldPath, start, end, multiple }) => `${fieldPath.join('.')}=${start}..${end}${multiple ? '+' : ''}`,
  );
  return [path, ...spans, ...(verb === undefined ? [] : [`:${verb}`])].join(' | ');
}

const TEMPLATES: Readonly<Record<string, string>> = {
  '/': '',
  '/v1/messages': 'v1 messages',
  '/v1/{name=messages/*}': 'v1 messages * | name=1..3+',
  '/v1/messages/{message_id}': 'v1 messages * | message_id=2..3',
  '/v1/{a=*}/{b.c_d=x}': 'v1 * x | a=1..2 | b.c_d=2..3',
  '/v1/**': 'v1 **',
  '/v1/{path=**}:cancel': 'v1 ** | path=1..2+ | :cancel',
  '/v1/{name=shelves/*/books/**}': 'v1 shelves * books ** | name=1..5+',
  '/v1/*:cancel': 'v1 * | :cancel',
  '/v1/messages:batchGet': 'v1 messages | :batchGet',
  '/a:b/c:d:e': 'a:b c:d | :e',
  '/{name=a:b/*}': 'a:b * | name=0..2+',
  '/a%20b/%C3%A4': 'a b ä',
};

test('templates are read as the grammar has them', () => {
  for (const [text, expected] of Object.entries(TEMPLATES)) assert.equal(summary(text), expected, text);
});

/** With the column of the fault. */
const FAULTS: Readonly<Record<string, number>> = {
  '': 1,
  'v1/messages': 1,
  '/v1//messages': 5,
  '/v1/': 5,
  '/v1/{name': 10,
  '/v1/{}': 6,
  '/v1/{1st}': 6,
  '/v1/{a.}': 8,
  '/v1/{name=}': 11,
  '/v1/{name={id}}': 11,
  '/v1/{name}s': 11,
  '/v1/{name=*:cancel}': 12,
  '/v1/{a}/{a}': 9,
  '/v1/**/messages': 7,
  '/v1/{name=**}/messages': 14,
  '/v1/{name=**/messages}': 13,
  '/v1/a*': 6,
  '/v1/***': 7,
  '/v1/a}': 6,
  '/v1/messages:': 14,
  '/v1/{name}:': 12,
  '/v1/{name}:a:b': 13,
  '/v1/{name}:a/b': 13,
  '/v1/%zz': 5,
  '/v1/%ff': 5,
};

test('what the grammar does not have is refused with its column', () => {
  for (const [text, column] of Object.entries(FAULTS)) {
    assert.throws(
      () => parsePathTemplate(text),
      (fault) => fault instanceof TemplateFault && fault.column === column,
      text,
    );
  }
});

test('a fault says what was expected, and where', () => {
  assert.throws(() => parsePathTemplate('/v1/{name'), {
    message: '"/v1/{name", column 10: expected }',
  });
});
