import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ruledFields,
  ruledRequest,
  withPrefixReplaced,
} from '../../../../src/policy/rewriting/request-rules.ts';

const NAME = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,8}$/);
const VALUE = fc.stringMatching(/^[!-~]{0,10}$/);
const FIELDS = fc.array(fc.tuple(NAME, VALUE), { maxLength: 8 }).map((pairs) => pairs.flat());

function valuesOf(fields: readonly string[], name: string): (string | undefined)[] {
  return fields.flatMap((field, i) =>
    i % 2 === 0 && field.toLowerCase() === name.toLowerCase() ? [fields[i + 1]] : [],
  );
}

test('what is dropped is gone, what is appended is there, and the rest keeps its order', () => {
  fc.assert(
    fc.property(FIELDS, fc.array(NAME, { maxLength: 4 }), FIELDS, (fields, names, appended) => {
      const dropped = new Set(names.map((name) => name.toLowerCase()));
      const ruled = ruledFields(fields, { dropped, appended });
      const kept = ruled.slice(0, ruled.length - appended.length);
      assert.deepEqual(ruled.slice(kept.length), appended);
      const expected = fields.filter((_, i) => !dropped.has((fields[i - (i % 2)] ?? '').toLowerCase()));
      assert.deepEqual(kept, expected);
    }),
  );
});

test('a prefix is replaced in whole segments, and what follows stays byte for byte', () => {
  const replaced = (path: string, prefix: string, replacement = '') =>
    withPrefixReplaced(path, { prefix, replacement });
  for (const [path, prefix, replacement, expected] of [
    ['/v1/charge?a=%2F', '/v1', '', '/charge?a=%2F'],
    ['/v1', '/v1', '', '/'],
    ['/v1?a=1', '/v1', '', '/?a=1'],
    ['/v1/', '/v1', '', '/'],
    ['/v1//x', '/v1', '', '//x'],
    ['/v1/x', '/v1', '/internal', '/internal/x'],
    ['/x', '', '/internal', '/internal/x'],
    ['/', '', '/internal', '/internal/'],
    ['/v10/x', '/v1', '', undefined],
    ['/V1/x', '/v1', '', undefined],
    ['*', '', '/internal', undefined],
  ] as const) {
    assert.equal(replaced(path, prefix, replacement), expected, `${path} ${prefix}`);
  }
});

test('a prefix that was taken off and put back gives the same path', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9%._-]{1,8}$/);
  const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
  const query = fc.constantFrom('', '?', '?a=/b#', '?%2f');
  fc.assert(
    fc.property(segment, path, query, (first, rest, asked) => {
      const prefix = `/${first}`;
      const whole = `${prefix}${rest}${asked}`;
      const sent = withPrefixReplaced(whole, { prefix, replacement: '' });
      assert.equal(sent, `${rest}${asked}`);
      assert.equal(withPrefixReplaced(sent ?? '', { prefix: '', replacement: prefix }), whole);
    }),
  );
});

test('without rules there is nothing to change, and what is taken off the path is sent to the endpoint', () => {
  const request = { path: '/v1/x', headers: ['Accept', '*/*', 'x-forwarded-prefix', '/payments'] };
  assert.equal(ruledRequest(request, {}), undefined);
  assert.equal(ruledRequest(request, { headers: {}, rewrite: {} }), undefined);
  const stripped = ruledRequest(request, { rewrite: { path: { prefix: '/v1', replacement: '' } } });
  assert.equal(stripped?.path, '/x');
  assert.deepEqual(valuesOf(stripped?.headers ?? [], 'x-forwarded-prefix'), ['/payments/v1']);
  const replaced = ruledRequest(request, { rewrite: { path: { prefix: '/v1', replacement: '/v2' } } });
  assert.equal(replaced?.path, '/v2/x');
  assert.deepEqual(valuesOf(replaced?.headers ?? [], 'x-forwarded-prefix'), ['/payments']);
  const other = ruledRequest(request, { rewrite: { path: { prefix: '/v3', replacement: '' } } });
  assert.deepEqual(other, request);
});
