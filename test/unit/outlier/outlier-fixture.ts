// A detector with endpoints that tests drive by hand.

import type { z } from 'zod';
import type { Outcome } from '../../../src/core/outcome.ts';
import { localOutcome, responseOutcome } from '../../../src/core/outcome.ts';
import type { Random } from '../../../src/core/random.ts';
import { atOnce } from '../../../src/core/slices.ts';
import type { Transition } from '../../../src/endpoint/ejection.ts';
import type { Probe } from '../../../src/outlier/host.ts';
import { OutlierHost } from '../../../src/outlier/host.ts';
import { outlierDetectionOptions } from '../../../src/outlier/options.ts';
import { OutlierDetector } from '../../../src/outlier/outlier-detector.ts';

export type OutlierSettings = z.input<typeof outlierDetectionOptions>;

/** The middle of every range: no jitter. */
export const middle: Random = () => 0.5;

export interface FixtureSetup {
  readonly hosts: number;
  readonly settings?: OutlierSettings;
  readonly random?: Random;
}

export class OutlierFixture {
  readonly hosts: readonly OutlierHost[];
  readonly detector: OutlierDetector;
  readonly transitions: Transition[] = [];

  constructor({ hosts, settings = {}, random = middle }: FixtureSetup) {
    this.detector = new OutlierDetector({
      options: outlierDetectionOptions.parse(settings),
      random,
      onTransition: (transition) => this.transitions.push(transition),
    });
    this.hosts = Array.from({ length: hosts }, (_, index) => new OutlierHost(`endpoint-${index}`));
    for (const host of this.hosts) this.detector.add(host);
  }

  host(index: number): OutlierHost {
    const host = this.hosts[index];
    if (host === undefined) throw new Error(`there is no host ${index}`);
    return host;
  }

  respond(index: number, status: number, times = 1, now = 0): void {
    this.#record(index, responseOutcome(status), times, now);
  }

  failToConnect(index: number, times = 1, now = 0): void {
    this.#record(index, localOutcome('connect_failure'), times, now);
  }

  /** Answers the probe that the detector admits at `now`. */
  probe(status: number, now: number): void {
    this.detector.finishProbe(this.admitProbe(now), responseOutcome(status), now);
  }

  admitProbe(now: number): Probe {
    const probe = this.detector.tryAdmitProbe(now);
    if (probe === undefined) throw new Error(`no probe was admitted at ${now}`);
    return probe;
  }

  sweep(now: number): void {
    atOnce(this.detector.sweep(now));
  }

  states(): string[] {
    return this.hosts.map(({ state }) => state.kind);
  }

  /** The types of all transitions so far. */
  types(): string[] {
    return this.transitions.map(({ type }) => type);
  }

  isOut(index: number): boolean {
    return this.host(index).state.kind !== 'available';
  }

  /** How long the last ejection lasts, in milliseconds. */
  lastDuration(): number | undefined {
    return this.transitions.findLast((transition) => transition.type === 'ejected')?.durationMs;
  }

  #record(index: number, outcome: Outcome, times: number, now: number): void {
    for (let i = 0; i < times; i++) this.detector.record(this.host(index), outcome, now);
  }
}
