import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { MISTAKES } from './mistakes.ts';

function told(text: string): readonly string[] {
  try {
    parseConfig({ file: 'file', text }, { COUNT: '3', WORD: 'many' });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n').map((line) => line.replace(/^file:/, ''));
  }
  return [];
}

for (const [what, text, ...expected] of MISTAKES) {
  test(`${what} is reported with its place and what was expected`, () => {
    assert.deepEqual(told(text), expected);
  });
}

test('each mistake is another one, and each is reported with line and column', () => {
  assert.ok(MISTAKES.length >= 60);
  assert.equal(new Set(MISTAKES.map(([what]) => what)).size, MISTAKES.length);
  for (const [what, , ...lines] of MISTAKES) {
    assert.ok(lines.length > 0, what);
    for (const line of lines) assert.match(line, /^\d+:\d+(?: .+)?: ./, what);
  }
});
