import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ShrinkEvidence, ShrinkVerdict } from '../../../../src/discovery/consul/shrink-guard.ts';
import { HOLD_EMPTY_MS, judgeShrink } from '../../../../src/discovery/consul/shrink-guard.ts';

function judge(evidence: Partial<ShrinkEvidence>): ShrinkVerdict {
  return judgeShrink({
    before: 0,
    kept: 0,
    after: 0,
    confirmed: false,
    amnesia: false,
    inDoubt: false,
    lostData: false,
    heldForMs: 0,
    ...evidence,
  });
}

describe('judgeShrink', () => {
  const cases: readonly (readonly [string, Partial<ShrinkEvidence>, ShrinkVerdict])[] = [
    ['the first answer', { before: 0, after: 5 }, 'believe'],
    ['a first answer that is empty', {}, 'believe'],
    ['growth', { before: 3, kept: 3, after: 9 }, 'believe'],
    ['the loss of one of two', { before: 2, kept: 1, after: 1 }, 'believe'],
    ['the loss of one of three', { before: 3, kept: 2, after: 2 }, 'believe'],
    ['the loss of two of three', { before: 3, kept: 1, after: 1 }, 'confirm'],
    ['the loss of exactly 60 %', { before: 5, kept: 2, after: 2 }, 'believe'],
    ['the loss of more than 60 %', { before: 10, kept: 3, after: 3 }, 'confirm'],
    ['all replaced by as many others', { before: 3, kept: 0, after: 3 }, 'confirm'],
    ['one replaced by another', { before: 1, kept: 0, after: 1 }, 'believe'],
    ['the loss of the only one', { before: 1 }, 'confirm'],
    ['the loss of all, confirmed', { before: 3, confirmed: true }, 'believe'],
    [
      'the loss of all, confirmed by a registry that forgot',
      { before: 3, confirmed: true, amnesia: true },
      'hold',
    ],
    ['a registry that forgot, unconfirmed', { before: 3, amnesia: true }, 'confirm'],
    [
      'one left in a registry that forgot',
      { before: 3, kept: 1, after: 1, confirmed: true, amnesia: true },
      'believe',
    ],
    [
      'the loss of one of two by a registry in doubt',
      { before: 2, kept: 1, after: 1, inDoubt: true },
      'confirm',
    ],
    [
      'the loss of one of two, confirmed by one that is the same',
      { before: 2, kept: 1, after: 1, inDoubt: true, confirmed: true },
      'believe',
    ],
    [
      'one of ten in a registry that lost its data',
      { before: 10, kept: 1, after: 1, confirmed: true, amnesia: true, lostData: true },
      'restore',
    ],
    [
      'nobody lost by a registry that lost its data',
      { before: 2, kept: 2, after: 2, inDoubt: true, amnesia: true, lostData: true },
      'believe',
    ],
    [
      'a registry that forgot, just before the limit',
      { before: 3, confirmed: true, amnesia: true, heldForMs: HOLD_EMPTY_MS - 1 },
      'hold',
    ],
    [
      'a registry that forgot, at the limit',
      { before: 3, confirmed: true, amnesia: true, heldForMs: HOLD_EMPTY_MS },
      'believe',
    ],
  ];
  for (const [what, evidence, verdict] of cases) {
    it(`says ${verdict} of ${what}`, () => {
      assert.equal(judge(evidence), verdict);
    });
  }

  const evidence: fc.Arbitrary<ShrinkEvidence> = fc
    .record({
      before: fc.nat(50),
      keptShare: fc.double({ min: 0, max: 1, noNaN: true }),
      added: fc.nat(50),
      confirmed: fc.boolean(),
      amnesia: fc.boolean(),
      inDoubt: fc.boolean(),
      lostData: fc.boolean(),
      heldForMs: fc.nat(2 * HOLD_EMPTY_MS),
    })
    .map(({ keptShare, added, ...rest }) => {
      const kept = Math.floor(rest.before * keptShare);
      return { ...rest, amnesia: rest.amnesia || rest.lostData, kept, after: kept + added };
    });

  it('believes nothing that leaves no endpoint before it is confirmed, and asks only once', () => {
    fc.assert(
      fc.property(evidence, (given) => {
        const verdict = judgeShrink(given);
        if (given.confirmed) assert.notEqual(verdict, 'confirm');
        else assert.ok(verdict === 'believe' || verdict === 'confirm');
        if (given.before > 0 && given.after === 0 && !given.confirmed) assert.equal(verdict, 'confirm');
      }),
    );
  });

  it('never holds back an answer with endpoints, nor anything for ever', () => {
    fc.assert(
      fc.property(evidence, (given) => {
        if (judgeShrink(given) !== 'hold') return;
        assert.equal(given.after, 0);
        assert.ok(given.amnesia && given.heldForMs < HOLD_EMPTY_MS);
      }),
    );
  });

  it('doubts no less when fewer are kept', () => {
    fc.assert(
      fc.property(evidence, (given) => {
        // Of an empty list there is nothing to use, and it is held only for a time.
        if (given.kept === 0 || given.after === 1 || judgeShrink(given) === 'believe') return;
        assert.notEqual(judgeShrink({ ...given, kept: given.kept - 1, after: given.after - 1 }), 'believe');
      }),
    );
  });
});
