import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { editDistanceWithin, nearest } from '../../../src/core/nearest.ts';

describe('the nearest name', () => {
  it('is the one with the fewest slips', () => {
    assert.equal(nearest('timout', ['timeout', 'retry']), 'timeout');
    assert.equal(
      nearest('maxEjectionTimeJiter', ['maxEjectionTime', 'maxEjectionTimeJitter']),
      'maxEjectionTimeJitter',
    );
  });

  it('takes other spellings for the same word', () => {
    assert.equal(nearest('outlier-detection', ['outlierDetection']), 'outlierDetection');
    assert.equal(nearest('PER_TRY', ['perTry']), 'perTry');
  });

  it('is none when the words have little in common', () => {
    assert.equal(nearest('tls', ['listen', 'retry', 'timeout']), undefined);
    assert.equal(nearest('x'.repeat(65), ['x'.repeat(65)]), undefined);
  });

  it('is no name without a letter, and none of which nothing was written', () => {
    for (const known of ['.', '..', '', ' ', '-', '_-_', '/']) {
      for (const written of ['', '.', 'a', '-', 'ab', '?'])
        assert.equal(nearest(written, [known]), undefined);
    }
    assert.equal(nearest('a', ['b']), undefined);
    assert.equal(nearest('A', ['a']), 'a');
    assert.equal(nearest('bd', ['db']), 'db');
  });
});

describe('the edit distance', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

  it('counts slips of four kinds', () => {
    const pairs: [string, string, number][] = [
      ['abc', 'abc', 0],
      ['abc', 'abcd', 1],
      ['abc', 'ac', 1],
      ['abc', 'axc', 1],
      ['abc', 'acb', 1],
      ['', 'abc', 3],
      ['kitten', 'sitting', 3],
    ];
    for (const [a, b, distance] of pairs) assert.equal(editDistanceWithin(a, b, 8), distance, `${a} ${b}`);
  });

  it('is the same in both directions and 0 only for equals', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        assert.equal(editDistanceWithin(a, b, 8), editDistanceWithin(b, a, 8));
        assert.equal(editDistanceWithin(a, b, 8) === 0, a === b);
      }),
    );
  });

  it('is the same within any limit, and none beyond', () => {
    fc.assert(
      fc.property(word, word, fc.nat(8), (a, b, limit) => {
        const whole = editDistanceWithin(a, b, 16) as number;
        assert.equal(editDistanceWithin(a, b, limit), whole <= limit ? whole : undefined);
      }),
      { numRuns: 2_000 },
    );
  });
});
