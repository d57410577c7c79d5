// What Go's regexp says of each of these was asked of Go itself.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { linearRegex } from '../../../src/chain/linear-regex.ts';
import { RegexFault } from '../../../src/chain/re2.ts';

const MATCHES: readonly (readonly [source: string, text: string, matches: boolean])[] = [
  ['/(?:a|b)+', '/abab', true],
  ['/a', '/ab', false],
  ['(?i)/ADMIN/.*', '/admin/x', true],
  ['(?i)/[a-c]\\x44', '/Bd', true],
  ['/(?i:a)b', '/Ab', true],
  ['/(?i:a)b', '/AB', false],
  ['/(?i)a(?-i)b|c', '/AB', false],
  ['(?i)a|b', 'B', true],
  ['(?ims)a.b$', 'A-B', true],
  ['(?U)a+?', 'aaa', true],
  ['/a/(?P<id>[0-9]+)\\z', '/a/12', true],
  ['\\A/(?<id>x)', '/x', true],
  ['[[:alpha:]_]+', 'ab_C', true],
  ['[[:^digit:]]', '7', false],
  ['[]a]+', ']a', true],
  ['[^]a]', ']', false],
  ['[a\\-z]', 'm', false],
  ['[a-]', '-', true],
  ['[[a]+', '[a', true],
  ['\\Qa.b\\E+', 'a.bbb', true],
  ['\\Qa.b\\E', 'axb', false],
  ['\\Q(', '(', true],
  ['[0-9a-f]{32}', '0123456789abcdef0123456789abcdef', true],
  ['[0-9a-f]{32}', '0123456789abcdef', false],
  ['a{2,}b{0,2}', 'aaab', true],
  ['a{2,}', 'a', false],
  ['(?:ab){1,20}', 'abab', true],
  ['a{0}b', 'b', true],
  ['a{b}', 'a{b}', true],
  ['a{,2}', 'a{,2}', true],
  ['\\s', '\u00a0', false],
  ['\\s', '\u000b', false],
  ['[\\s]', ' ', true],
  ['\\S', '\u00a0', true],
  ['[\\W]', '-', true],
  ['\\x{2d}\\055\\t', '--\t', true],
  ['a||b', '', true],
  ['()', '', true],
  ['^*a$', 'a', true],
  ['a\\b-', 'a-', true],
  ['/\\d{1,3}', '/1234', false],
  ['a.b', 'a\rb', true],
  ['\\/\\_\\ ', '/_ ', true],
];

const REFUSED: readonly (readonly [source: string, why: RegExp])[] = [
  ['(a)\\1', /it has \\1, which cannot be matched here/],
  ['\\pL', /it has \\p/],
  ['\\u0041', /it has \\u/],
  ['\\Z', /it has \\Z/],
  ['a\\', /it has \\,/],
  ['(?=a)', /a group of a kind that RE2 has not/],
  ['(?<!a)b', /a group of a kind/],
  ['(?x)a', /a group of a kind/],
  ['a(', /opens a group that it does not close/],
  ['a)', /closes a group that it did not open/],
  ['[a', /opens a class of characters that it does not close/],
  ['[', /opens a class/],
  ['[z-a]', /a range of characters that ends before it begins/],
  ['[[:no:]]', /has \[:no:\], which is no class/],
  ['*a', /repeats nothing/],
  ['{2}', /repeats nothing/],
  ['a**', /repeats a repetition/],
  ['a{2}{3}', /repeats a repetition/],
  ['a{3,2}', /repeats \{3,2\} times, which RE2 does not/],
  ['a{1001}', /repeats \{1001\} times/],
  ['(?:[0-9]{100}){100}', /its counts make it longer than 2048 characters/],
];

describe('a regular expression of RE2', () => {
  for (const [source, text, matches] of MATCHES) {
    it(`${source} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
      assert.equal(linearRegex(source).test(text), matches);
    });
  }

  for (const [source, why] of REFUSED) {
    it(`${source} is refused with the reason`, () => {
      assert.throws(
        () => linearRegex(source),
        (error) => error instanceof RegexFault && why.test(error.message),
      );
    });
  }

  it('is compared whatever the case where that is asked for', () => {
    assert.ok(linearRegex('/Admin', true).test('/aDMIN'));
    assert.ok(!linearRegex('/(?-i:A)dmin', true).test('/admin'));
  });

  it('is matched in linear time', () => {
    assert.equal(linearRegex('(a+)+').test(`${'a'.repeat(5_000)}b`), false);
  });
});
