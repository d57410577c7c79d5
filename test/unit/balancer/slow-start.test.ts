import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { slowStartRamp } from '../../../src/balancer/slow-start.ts';

const LINEAR = { window: 10_000, aggression: 1, minimumWeightPercent: 10 };

describe('slow start', () => {
  it('rises in a line with an aggression of 1', () => {
    assert.equal(slowStartRamp(2_500, LINEAR), 0.25);
    assert.equal(slowStartRamp(5_000, LINEAR), 0.5);
  });

  it('rises faster at first with more aggression', () => {
    assert.equal(slowStartRamp(2_500, { ...LINEAR, aggression: 2 }), 0.5);
  });

  it('begins at the minimum', () => {
    assert.equal(slowStartRamp(0, { ...LINEAR, window: 60_000 }), 0.1);
    assert.equal(slowStartRamp(0, { ...LINEAR, window: 60_000, minimumWeightPercent: 30 }), 0.3);
  });

  it('counts an age below one second as one second', () => {
    assert.equal(slowStartRamp(0, { ...LINEAR, window: 4_000 }), 0.25);
  });

  it('is over after the window, and at once without one', () => {
    assert.equal(slowStartRamp(10_000, LINEAR), 1);
    assert.equal(slowStartRamp(0, { ...LINEAR, window: 0 }), 1);
  });

  it('lies between the minimum and 1 and never falls', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.record({
          window: fc.integer({ min: 0, max: 60_000 }),
          aggression: fc.double({ min: 0.01, max: 100, noNaN: true }),
          minimumWeightPercent: fc.integer({ min: 1, max: 100 }),
        }),
        (age, more, options) => {
          const early = slowStartRamp(age, options);
          const late = slowStartRamp(age + more, options);
          assert.ok(early >= options.minimumWeightPercent / 100 && early <= late && late <= 1);
        },
      ),
    );
  });
});
