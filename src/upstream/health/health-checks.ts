// Checks the endpoints of one upstream, each at its own pace, and gives what follows to outlier detection.

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { unusableReason } from '../../endpoint/endpoint.ts';
import type { Transport } from '../../http/attempt.ts';
import type { OutlierDetector } from '../../outlier/outlier-detector.ts';
import type { UpstreamEndpoint } from '../upstream-endpoint.ts';
import type { BeginCheck } from './check.ts';
import { checkOf } from './check-of.ts';
import type { CheckResult } from './check-result.ts';
import { CheckRun } from './check-run.ts';
import type { HealthCheckOptions } from './health-options.ts';

export interface HealthChecksParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly detector: OutlierDetector;
}

/** The first check of an endpoint begins within this time, in milliseconds, or within the interval if that is shorter. */
const FIRST_WITHIN_MS = 1_000;

/** How far an interval may be off, as a share of it. */
const JITTER = 0.1;

export class HealthChecks {
  readonly #options: HealthCheckOptions;
  readonly #parts: HealthChecksParts;
  readonly #begin: BeginCheck;
  readonly #checked = new Map<UpstreamEndpoint, EndpointChecks>();

  constructor(options: HealthCheckOptions, transport: Transport, parts: HealthChecksParts) {
    this.#options = options;
    this.#parts = parts;
    this.#begin = checkOf(options, transport, parts.clock);
  }

  /** Checks these from now on, and no others. */
  follow(members: Iterable<UpstreamEndpoint>): void {
    const present = new Set(members);
    for (const [upstream, checks] of this.#checked) {
      if (present.has(upstream)) continue;
      checks.stop();
      this.#checked.delete(upstream);
    }
    for (const upstream of present) {
      if (this.#checked.has(upstream)) continue;
      this.#checked.set(upstream, new EndpointChecks(upstream, this.#begin, this.#options, this.#parts));
    }
  }

  stop(): void {
    this.follow([]);
  }
}

class EndpointChecks {
  readonly #upstream: UpstreamEndpoint;
  readonly #begin: BeginCheck;
  readonly #options: HealthCheckOptions;
  readonly #parts: HealthChecksParts;
  readonly #run = new CheckRun();
  #next: ScheduledTask | undefined;
  #giveUp: (() => void) | undefined;
  #stopped = false;

  constructor(
    upstream: UpstreamEndpoint,
    begin: BeginCheck,
    options: HealthCheckOptions,
    parts: HealthChecksParts,
  ) {
    this.#upstream = upstream;
    this.#begin = begin;
    this.#options = options;
    this.#parts = parts;
    this.#schedule(parts.random() * Math.min(FIRST_WITHIN_MS, options.interval));
  }

  stop(): void {
    this.#stopped = true;
    this.#upstream.lastCheck = undefined;
    this.#next?.cancel();
    this.#giveUp?.();
  }

  #schedule(delayMs: number): void {
    this.#next = this.#parts.clock.schedule(delayMs, () => this.#check());
  }

  #check(): void {
    // One that discovery rules out, or that must not be called, gets no checks either.
    if (unusableReason(this.#upstream.endpoint) !== undefined) this.#wait();
    else this.#giveUp = this.#begin(this.#upstream, (result) => this.#ended(result));
  }

  #ended(result: CheckResult): void {
    if (this.#stopped) return;
    const { clock, detector } = this.#parts;
    const { outlier } = this.#upstream;
    if (result.kind !== 'none') this.#upstream.lastCheck = result;
    const verdict = this.#run.record(result, this.#options);
    if (verdict === 'return') detector.checksPassed(outlier, clock.now());
    else if (verdict === 'eject' && result.kind === 'failed') {
      detector.checksFailed(outlier, result.detail, clock.now());
    }
    this.#wait();
  }

  #wait(): void {
    const { random } = this.#parts;
    this.#schedule(this.#options.interval * (1 - JITTER + 2 * JITTER * random()));
  }
}
