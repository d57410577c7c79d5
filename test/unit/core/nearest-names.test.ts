import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchNearest } from '../../../src/core/nearest.ts';
import { NearestNames } from '../../../src/core/nearest-names.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const MANY = Array.from({ length: 5_000 }, (_, i) => `service-${i.toString(36)}-${i % 7}-api`);

function searcher() {
  let turns = 0;
  const clock = new FakeClock();
  const names = new NearestNames(clock, () => {
    turns++;
    return Promise.resolve();
  });
  return { names, clock, turns: () => turns };
}

test('a search looks at 200 names in a turn of the event loop', async () => {
  const { names, turns } = searcher();
  assert.equal(await names.find('paymets', [[...MANY, 'payments']]), 'payments');
  assert.equal(turns(), 25);
  let taken = 0;
  const counted = function* () {
    for (const name of MANY) {
      taken++;
      yield name;
    }
  };
  const search = searchNearest('paymets', counted(), 200);
  search.next();
  assert.ok(taken <= 201, `${taken} in one piece`);
});

test('a guess is kept until the names change', async () => {
  const { names, turns } = searcher();
  const known = [...MANY, 'payments'];
  await names.find('paymets', [known]);
  const once = turns();
  assert.equal(await names.find('paymets', [known]), 'payments');
  assert.equal(turns(), once);
  assert.equal(await names.find('paymets', [MANY]), undefined);
  assert.equal(turns(), 2 * once - 1);
});

test('at most twenty are looked for at once, and twenty in a second', async () => {
  const { names, clock } = searcher();
  const known = ['payments'];
  const ask = async (from: number, count: number) => {
    const guesses = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        names.find(`payments${'abcdefghijklmnopqrstuvwxyz'[from + i]}`, [known]),
      ),
    );
    return guesses.filter((guess) => guess !== undefined).length;
  };
  assert.equal(await ask(0, 22), 0 + 20);
  clock.advance(100);
  assert.equal(await ask(22, 4), 2);
});

test('of many searches at once one goes on in each turn of the event loop', async () => {
  let pieces = 0;
  let most = 0;
  const names = new NearestNames(new FakeClock(), () => {
    most = Math.max(most, ++pieces);
    return new Promise((resolve) =>
      setImmediate(() => {
        pieces = 0;
        resolve();
      }),
    );
  });
  const known = [...MANY.slice(0, 999), 'payments'];
  const guesses = await Promise.all(
    Array.from('abcdefghij', (letter) => names.find(`payments${letter}`, [known])),
  );
  assert.deepEqual(new Set(guesses), new Set(['payments']));
  assert.equal(most, 1);
});

test('among thousands of names fewer are looked for', async () => {
  const { names, clock } = searcher();
  const known = [...MANY.slice(0, 4_999), 'payments'];
  const guessed = async (letters: string) => {
    const guesses = await Promise.all(
      Array.from(letters, (letter) => names.find(`payments${letter}`, [known])),
    );
    return guesses.filter((guess) => guess !== undefined).length;
  };
  assert.equal(await guessed('abcdefg'), 4);
  clock.advance(500);
  assert.equal(await guessed('hijk'), 2);
});

test('names of any length and number of those asked for leave no more than 256 guesses', async () => {
  const { names, clock } = searcher();
  const known = ['payments'];
  await names.find('payment0', [known]);
  for (let i = 1; i <= 256; i++) {
    clock.advance(100);
    await names.find(`stranger-${i}`, [known]);
  }
  assert.equal(names.kept, 256);
  assert.equal(await names.find('x'.repeat(65), [known]), undefined);
  assert.equal(names.kept, 256);
});
