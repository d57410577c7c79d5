// The outlier detector of one service: takes outcomes, marks endpoints, tells of every change. It owns no timer;
// its caller calls `sweep` at each interval and asks `tryAdmitProbe` before each pick.

import type { Outcome } from '../core/outcome.ts';
import type { Random } from '../core/random.ts';
import type { Sliced } from '../core/slices.ts';
import { sliceCounter } from '../core/slices.ts';
import type { Detection, EjectionReason, EjectionShare, Transition } from '../endpoint/ejection.ts';
import type { RuledDetection } from './detection.ts';
import { ejectionCap } from './ejection-cap.ts';
import { ejectionTimeMs, nextBackoff } from './ejection-time.ts';
import type { OutlierHost, Probe } from './host.ts';
import { detectOverInterval } from './interval-rules.ts';
import { countOutcome, detectNow, isFailure } from './live-rules.ts';
import type { OutlierDetectionOptions } from './options.ts';

export interface OutlierDetectorSetup {
  readonly options: OutlierDetectionOptions;
  readonly random: Random;
  /** Called after the change it tells of, within the call that caused it. */
  readonly onTransition: (transition: Transition) => void;
}

/** When thousands were ejected at once, their trials begin so many at a time: each is told of. */
const TRIALS_AT_ONCE = 20;

export class OutlierDetector {
  /** Whether others can take all of its requests: then every endpoint may be out at once. */
  hasSubstitute: () => boolean = () => false;
  #options: OutlierDetectionOptions;
  readonly #random: Random;
  readonly #onTransition: (transition: Transition) => void;
  readonly #hosts = new Set<OutlierHost>();
  /** Before this time no endpoint wants a probe; Infinity while none is ejected. */
  #probeWantedAt = Number.POSITIVE_INFINITY;

  constructor(setup: OutlierDetectorSetup) {
    this.#options = setup.options;
    this.#random = setup.random;
    this.#onTransition = setup.onTransition;
  }

  /** Judges by other rules from now on. What is counted, and who is out, stays. */
  reconfigure(options: OutlierDetectionOptions): void {
    this.#options = options;
  }

  /** Takes an endpoint in, with the state it has; its counters start anew. */
  add(host: OutlierHost): void {
    host.clearCounters();
    this.#hosts.add(host);
    this.#reckonProbe(host);
  }

  /** Forgets an endpoint. Outcomes that still arrive for it change nothing. */
  remove(host: OutlierHost): void {
    this.#hosts.delete(host);
    // Thousands that are out may leave at once: what is wanted is reckoned with the next request that asks.
  }

  /**
   * Takes the outcome of a request that was not a probe. A success never ejects. Outcomes of an endpoint that is
   * out are left aside: they are those of requests that began before, or that were sent in a panic.
   *
   * @param now monotonic milliseconds
   */
  record(host: OutlierHost, outcome: Outcome, now: number): void {
    if (outcome.kind === 'neutral' || host.state.kind !== 'available' || !this.#options.enabled) return;
    if (!countOutcome(host, outcome, now, this.#options)) return;
    for (const detected of detectNow(host, this.#options)) this.#rule(host, detected, now);
  }

  /** The work of one interval: trials that are due, the comparison of rates, and forgiveness. */
  *sweep(now: number): Sliced<void> {
    const isFull = sliceCounter();
    while (this.#beginTrials(now)) yield;
    for (const host of this.#hosts) {
      host.rates.external.rotate();
      host.rates.local.rotate();
      if (isFull()) yield;
    }
    if (this.#options.enabled) {
      for (const detected of detectOverInterval(this.#hosts, this.#options)) {
        this.#rule(detected.host, detected, now);
        if (isFull()) yield;
      }
    }
    for (const host of this.#hosts) {
      this.#forgive(host, now);
      if (isFull()) yield;
    }
    // Discovery may have put an endpoint in service that awaits its probe.
    this.#reckonProbes();
  }

  /**
   * Lets endpoints whose ejection is over await their probes, a few of them at once.
   * @returns whether there are more
   */
  #beginTrials(now: number): boolean {
    let begun = 0;
    for (const host of this.#hosts) {
      if (host.state.kind !== 'ejected' || host.state.until > now) continue;
      if (begun++ === TRIALS_AT_ONCE) return true;
      this.#beginTrial(host, now);
    }
    return false;
  }

  #beginTrial(host: OutlierHost, now: number): void {
    if (host.failedCheck !== undefined && this.#mayBeOut(host)) {
      const durationMs = Number.POSITIVE_INFINITY;
      this.#putOut(host, { now, durationMs, reason: 'health_check', detection: undefined });
      return;
    }
    host.state = { kind: 'probing', since: now, probe: undefined };
    this.#reckonProbes();
    this.#onTransition({ type: 'probing', endpointId: host.id, at: now, share: this.share() });
  }

  /**
   * The probe that the next request is to be, one at a time for each endpoint; undefined when none is wanted.
   * The caller ends it with `finishProbe` or `releaseProbe`.
   * @param suits whether the request may be the probe of this endpoint, which has awaited one since then (monotonic
   *   milliseconds): one that it does not suit stands in no other's way
   */
  tryAdmitProbe(
    now: number,
    suits: (host: OutlierHost, since: number) => boolean = () => true,
  ): Probe | undefined {
    if (now < this.#probeWantedAt) return undefined;
    this.#beginTrials(now);
    for (const host of this.#hosts) {
      if (!host.inService || host.state.kind !== 'probing' || host.state.probe !== undefined) continue;
      if (!suits(host, host.state.since)) continue;
      const probe: Probe = { host };
      host.state = { ...host.state, probe };
      this.#reckonProbes();
      return probe;
    }
    this.#reckonProbes();
    return undefined;
  }

  /** Takes the outcome of a probe: a status below 500 other than 429 lets the endpoint return. */
  finishProbe(probe: Probe, outcome: Outcome, now: number): void {
    if (outcome.kind === 'neutral') {
      this.releaseProbe(probe);
      return;
    }
    const { host } = probe;
    if (!this.#isUnderWay(probe)) return;
    const failed = outcome.kind === 'local' || isFailure(outcome.status);
    if (failed && this.#options.enabled) this.#ejectAgain(host, now);
    else this.#return(host, now);
  }

  /** Gives a probe back without an outcome: the next request may be the probe. */
  releaseProbe(probe: Probe): void {
    const { host } = probe;
    if (host.state.kind !== 'probing' || !this.#isUnderWay(probe)) return;
    host.state = { ...host.state, probe: undefined };
    this.#reckonProbes();
  }

  /**
   * Ejects an endpoint for an operator, beyond the percentage if need be, but never the last available one.
   *
   * @param durationMs until `uneject` when not given
   * @returns whether it is ejected now
   */
  eject(host: OutlierHost, now: number, durationMs = Number.POSITIVE_INFINITY): boolean {
    if (!this.#hosts.has(host)) return false;
    if (host.inService && this.#ejectedWith(host) >= this.share().total) {
      this.#report('ejection_refused_by_cap', host, now, { reason: 'operator', detection: undefined });
      return false;
    }
    this.#putOut(host, { now, durationMs, reason: 'operator', detection: undefined });
    return true;
  }

  /**
   * Lets an endpoint return for an operator, with no probe.
   *
   * @returns whether it was out
   */
  uneject(host: OutlierHost, now: number): boolean {
    if (!this.#hosts.has(host) || host.state.kind === 'available') return false;
    host.failedCheck = undefined;
    this.#makeAvailable(host, now);
    this.#onTransition({ type: 'unejected_by_operator', endpointId: host.id, at: now, share: this.share() });
    return true;
  }

  /**
   * Its health checks failed: it is left alone until they pass, as far as the cap allows. One that is out for another
   * reason does not come back before.
   *
   * @param detail the last failure, for people
   */
  checksFailed(host: OutlierHost, detail: string, now: number): void {
    if (!this.#hosts.has(host)) return;
    host.failedCheck = detail;
    const { state } = host;
    const verdict: Verdict = { reason: 'health_check', detection: undefined };
    if (this.#mayBeOut(host)) {
      if (state.kind !== 'ejected')
        this.#putOut(host, { now, durationMs: Number.POSITIVE_INFINITY, ...verdict });
      return;
    }
    // So many others have left the service that the cap no longer lets this one stay out.
    if (state.kind === 'ejected' && state.reason === 'health_check') this.#return(host, now);
    if (host.state.kind === 'available') this.#report('ejection_refused_by_cap', host, now, verdict);
  }

  /** Its health checks pass: if they had put it out, it returns, with no probe. */
  checksPassed(host: OutlierHost, now: number): void {
    host.failedCheck = undefined;
    const { state } = host;
    if (!this.#hosts.has(host) || state.kind !== 'ejected' || state.reason !== 'health_check') return;
    this.#return(host, now);
  }

  /** There are no health checks any more: what they put out returns. */
  checksEnded(now: number): void {
    for (const host of this.#hosts) if (host.failedCheck !== undefined) this.checksPassed(host, now);
  }

  /** How many endpoints in service are out, of how many, and how many may be. */
  share(): EjectionShare {
    let ejected = 0;
    let total = 0;
    for (const host of this.#hosts) {
      if (!host.inService) continue;
      total++;
      if (host.state.kind !== 'available') ejected++;
    }
    return { ejected, total, cap: this.hasSubstitute() ? total : ejectionCap(total, this.#options) };
  }

  #rule(host: OutlierHost, { detection, enforcing }: RuledDetection, now: number): void {
    if (!this.#hosts.has(host) || !host.inService || host.state.kind !== 'available') return;
    const verdict = { reason: detection.reason, detection };
    const isEnforced = this.#isEnforced(this.#options.enforce) && this.#isEnforced(enforcing);
    if (!isEnforced) this.#report('would_eject', host, now, verdict);
    else if (this.#ejectedWith(host) > this.share().cap) {
      this.#report('ejection_refused_by_cap', host, now, verdict);
    } else this.#putOutForLonger(host, now, verdict);
  }

  #isEnforced(percent: number): boolean {
    if (percent >= 100) return true;
    return percent > 0 && this.#random() * 100 < percent;
  }

  #ejectAgain(host: OutlierHost, now: number): void {
    const verdict: Verdict = { reason: 'probe_failure', detection: undefined };
    if (this.#mayBeOut(host)) {
      this.#putOutForLonger(host, now, verdict);
      return;
    }
    // So many others have left the service that the cap no longer lets this one stay out.
    this.#return(host, now);
    this.#report('ejection_refused_by_cap', host, now, verdict);
  }

  #putOutForLonger(host: OutlierHost, now: number, verdict: Verdict): void {
    host.backoff = nextBackoff(host.backoff, this.#options);
    const durationMs = ejectionTimeMs(host.backoff, this.#options, this.#random);
    this.#putOut(host, { now, durationMs, ...verdict });
  }

  #putOut(host: OutlierHost, { now, durationMs, reason, detection }: Ejection): void {
    host.ejections++;
    host.state = { kind: 'ejected', reason, since: now, until: now + durationMs, count: host.ejections };
    this.#reckonProbes();
    const share = this.share();
    this.#onTransition({
      type: 'ejected',
      endpointId: host.id,
      at: now,
      share,
      reason,
      detection,
      durationMs,
    });
  }

  #report(
    type: 'would_eject' | 'ejection_refused_by_cap',
    host: OutlierHost,
    now: number,
    verdict: Verdict,
  ): void {
    this.#onTransition({ type, endpointId: host.id, at: now, share: this.share(), ...verdict });
  }

  #return(host: OutlierHost, now: number): void {
    this.#makeAvailable(host, now);
    this.#onTransition({ type: 'returned', endpointId: host.id, at: now, share: this.share() });
  }

  #makeAvailable(host: OutlierHost, now: number): void {
    // What it did before its ejection must not eject it again after the first new failure.
    host.clearCounters();
    host.state = { kind: 'available', returnedAt: now };
    this.#reckonProbes();
  }

  #forgive(host: OutlierHost, now: number): void {
    if (host.backoff === 0 || host.state.kind !== 'available') return;
    const { returnedAt } = host.state;
    if (returnedAt !== undefined && now - returnedAt >= this.#options.interval) host.backoff--;
  }

  #isUnderWay(probe: Probe): boolean {
    const { host } = probe;
    return this.#hosts.has(host) && host.state.kind === 'probing' && host.state.probe === probe;
  }

  #mayBeOut(host: OutlierHost): boolean {
    return !host.inService || this.#ejectedWith(host) <= this.share().cap;
  }

  /** How many endpoints in service are out once `host`, which is in service, is. */
  #ejectedWith(host: OutlierHost): number {
    return this.share().ejected + (host.state.kind === 'available' ? 1 : 0);
  }

  #reckonProbes(): void {
    this.#probeWantedAt = Number.POSITIVE_INFINITY;
    for (const host of this.#hosts) this.#reckonProbe(host);
  }

  #reckonProbe({ inService, state }: OutlierHost): void {
    if (!inService) return;
    if (state.kind === 'ejected') this.#probeWantedAt = Math.min(this.#probeWantedAt, state.until);
    else if (state.kind === 'probing' && state.probe === undefined) {
      this.#probeWantedAt = Math.min(this.#probeWantedAt, state.since);
    }
  }
}

interface Verdict {
  readonly reason: EjectionReason;
  readonly detection: Detection | undefined;
}

interface Ejection extends Verdict {
  readonly now: number;
  readonly durationMs: number;
}
