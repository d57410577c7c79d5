import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Waiter } from '../../../../src/http/http1/waiting-line.ts';
import { WaitingLine } from '../../../../src/http/http1/waiting-line.ts';

class Person implements Waiter<Person> {
  ahead: Person | undefined;
  behind: Person | undefined;
}

test('a line is first come, first served, whichever call leaves it from within', () => {
  const steps = fc.array(
    fc.oneof(
      fc.constant('join' as const),
      fc.constant('next' as const),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (taken) => {
      const line = new WaitingLine<Person>();
      const model: Person[] = [];
      for (const step of taken) {
        if (step === 'join') {
          const person = new Person();
          line.join(person);
          model.push(person);
        } else if (step === 'next') {
          const first = line.next();
          assert.equal(first, model.shift());
          assertFree(first);
        } else {
          const [left] = model.splice(Math.floor(step * model.length), 1);
          if (left === undefined) continue;
          line.leave(left);
          assertFree(left);
        }
        assert.equal(line.size, model.length);
      }
    }),
  );
});

/** Links of one who has left would keep those behind it in memory. */
function assertFree(person: Person | undefined): void {
  assert.equal(person?.ahead, undefined);
  assert.equal(person?.behind, undefined);
}
