import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Outcome } from '../../../src/core/outcome.ts';
import { localOutcome, responseOutcome } from '../../../src/core/outcome.ts';
import { atOnce } from '../../../src/core/slices.ts';
import type { Probe } from '../../../src/outlier/host.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import type { OutlierSettings } from './outlier-fixture.ts';
import { OutlierFixture } from './outlier-fixture.ts';

interface Step {
  readonly gap: number;
  readonly host: number;
  readonly action: 'respond' | 'fail' | 'sweep' | 'probe' | 'finish' | 'release' | 'uneject';
  readonly status: number;
  readonly times: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30_000 })),
  host: fc.nat(),
  action: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('respond', 'fail') },
    { weight: 4, arbitrary: fc.constantFrom('sweep', 'probe', 'finish', 'release', 'uneject') },
  ),
  status: fc.constantFrom(200, 404, 429, 500, 502, 503, 504),
  times: fc.integer({ min: 1, max: 12 }),
});

const scenario = {
  hosts: fc.integer({ min: 1, max: 12 }),
  maxEjectionPercent: fc.integer({ min: 0, max: 100 }),
  alwaysEjectOneHost: fc.boolean(),
  splitExternalLocalOriginErrors: fc.boolean(),
  consecutive5xx: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  seed: fc.integer(),
  steps: fc.array(step, { maxLength: 150 }),
};

/** Drives a detector through the steps, as requests, timers and an operator would, and looks after each. */
function drive(
  {
    hosts,
    seed,
    steps,
    ...settings
  }: { hosts: number; seed: number; steps: readonly Step[] } & OutlierSettings,
  look: (fixture: OutlierFixture, step: Step, now: number) => void,
): void {
  const { consecutive5xx, ...others } = settings;
  const fixture = new OutlierFixture({
    hosts,
    random: seededRandom(seed),
    settings: {
      ...others,
      ...(consecutive5xx === undefined ? {} : { consecutive5xx }),
      successRateRequestVolume: 5,
      failurePercentageRequestVolume: 5,
      enforcingFailurePercentage: 100,
    },
  });
  const probes: Probe[] = [];
  let now = 0;
  for (const current of steps) {
    now += current.gap;
    act(fixture, current, probes, now);
    look(fixture, current, now);
  }
}

function act(fixture: OutlierFixture, current: Step, probes: Probe[], now: number): void {
  const { detector } = fixture;
  const index = current.host % fixture.hosts.length;
  const actions: Record<Step['action'], () => void> = {
    respond: () => fixture.respond(index, current.status, current.times, now),
    fail: () => fixture.failToConnect(index, current.times, now),
    sweep: () => atOnce(detector.sweep(now)),
    probe: () => {
      const probe = detector.tryAdmitProbe(now);
      if (probe !== undefined) probes.push(probe);
    },
    finish: () => {
      const probe = probes[current.host % Math.max(1, probes.length)];
      const outcome: Outcome = current.times > 6 ? localOutcome('timeout') : responseOutcome(current.status);
      if (probe !== undefined) detector.finishProbe(probe, outcome, now);
    },
    release: () => {
      const probe = probes.shift();
      if (probe !== undefined) detector.releaseProbe(probe);
    },
    uneject: () => detector.uneject(fixture.host(index), now),
  };
  actions[current.action]();
}

test('Outcomes never put more endpoints out than the cap, and never the last available one', () => {
  fc.assert(
    fc.property(fc.record(scenario), (drawn) => {
      drive(drawn, ({ detector, hosts }) => {
        const { ejected, total, cap } = detector.share();
        assert.equal(total, hosts.length);
        assert.ok(ejected <= cap, `${ejected} of ${total} are out, ${cap} may be`);
        assert.ok(ejected < total);
      });
    }),
    { numRuns: 300 },
  );
});

test('The transitions told of each endpoint are the way its state went', () => {
  fc.assert(
    fc.property(fc.record(scenario), (drawn) => {
      const reached = new Map<string, string>();
      let told = 0;
      drive(drawn, ({ hosts, transitions }) => {
        for (const { type, endpointId } of transitions.slice(told)) {
          const before = reached.get(endpointId) ?? 'available';
          if (type === 'ejected') reached.set(endpointId, 'ejected');
          if (type === 'probing') reached.set(endpointId, 'probing');
          if (type === 'returned' || type === 'unejected_by_operator') reached.set(endpointId, 'available');
          if (type === 'ejected') assert.notEqual(before, 'ejected');
          if (type === 'probing') assert.equal(before, 'ejected');
          if (type === 'returned') assert.equal(before, 'probing');
          if (type === 'unejected_by_operator') assert.notEqual(before, 'available');
        }
        told = transitions.length;
        for (const { id, state } of hosts) assert.equal(state.kind, reached.get(id) ?? 'available');
      });
    }),
    { numRuns: 200 },
  );
});

test('A success never ejects', () => {
  fc.assert(
    fc.property(fc.record(scenario), (drawn) => {
      let told = 0;
      drive(drawn, ({ transitions }, { action, status }) => {
        if (action === 'respond' && status < 429) assert.equal(transitions.length, told);
        told = transitions.length;
      });
    }),
    { numRuns: 100 },
  );
});

test('Every ejection ends: once all is well, a probe for each endpoint brings all of them back', () => {
  fc.assert(
    fc.property(fc.record(scenario), (drawn) => {
      let last: { fixture: OutlierFixture; now: number } | undefined;
      drive(drawn, (fixture, _, now) => {
        last = { fixture, now };
      });
      if (last === undefined) return;
      const { detector, hosts } = last.fixture;
      for (const { state } of hosts) {
        if (state.kind === 'probing' && state.probe !== undefined) detector.releaseProbe(state.probe);
      }
      const later = last.now + 72_000;
      for (const _ of hosts) {
        const probe = detector.tryAdmitProbe(later);
        if (probe !== undefined) detector.finishProbe(probe, responseOutcome(200), later);
      }
      assert.ok(hosts.every(({ state }) => state.kind === 'available'));
    }),
    { numRuns: 100 },
  );
});

test('No more than one probe is under way for an endpoint', () => {
  fc.assert(
    fc.property(fc.record(scenario), (drawn) => {
      drive(drawn, ({ hosts, detector }, _, now) => {
        const admitted = new Set(
          hosts.filter(({ state }) => state.kind === 'probing' && state.probe !== undefined),
        );
        const probe = detector.tryAdmitProbe(now);
        if (probe === undefined) return;
        assert.ok(!admitted.has(probe.host));
        detector.releaseProbe(probe);
      });
    }),
    { numRuns: 100 },
  );
});
