// What requests come to, by service and in all, for people who look: rates, history and samples.

import type { Clock } from '../core/clock.ts';
import type { RequestFacts, RequestObserver } from '../core/observer.ts';
import { hasFailed } from '../core/request-outcome.ts';
import type { History } from './request-history.ts';
import { RequestHistory } from './request-history.ts';
import type { RequestSamples } from './request-samples.ts';
import { SampledRequests } from './request-samples.ts';
import type { Rates } from './rolling-rates.ts';
import { RollingRates } from './rolling-rates.ts';

interface ServiceStats {
  readonly rates: RollingRates;
  readonly history: RequestHistory;
  readonly samples: SampledRequests;
}

const NO_RATES: Rates = { perSecond: 0, errorRatio: 0, p50Ms: null, p90Ms: null, p99Ms: null };
const NO_SAMPLES: RequestSamples = { slowest: [], failed: [], recent: [] };

export class RequestStats implements RequestObserver {
  readonly #clock: Clock;
  readonly #total: RollingRates;
  /** Of services that were called. */
  readonly #services = new Map<string, ServiceStats>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#total = new RollingRates(clock.now());
  }

  requestStarted(): void {}

  requestFinished(facts: RequestFacts): void {
    const now = this.#clock.now();
    const failed = hasFailed(facts);
    // How long an upgraded connection stood says nothing of a latency.
    const latencyMs = facts.upgraded ? undefined : facts.durationMs;
    this.#total.record(failed, latencyMs, now);
    if (facts.service === '') return;
    const { rates, history, samples } = this.#statsOf(facts.service, now);
    rates.record(failed, latencyMs, now);
    history.record(failed, latencyMs, now);
    samples.record(facts, failed, now);
  }

  /** Forgets a service that is closed. */
  forget(service: string): void {
    this.#services.delete(service);
  }

  /** Of all requests together, those that named no service among them. */
  total(): Rates {
    return this.#total.rates(this.#clock.now());
  }

  rates(service: string): Rates {
    return this.#services.get(service)?.rates.rates(this.#clock.now()) ?? NO_RATES;
  }

  history(service: string): History {
    const now = this.#clock.now();
    return (this.#services.get(service)?.history ?? new RequestHistory(now)).history(now);
  }

  samples(service: string): RequestSamples {
    return this.#services.get(service)?.samples.samples(this.#clock.now()) ?? NO_SAMPLES;
  }

  #statsOf(service: string, now: number): ServiceStats {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const stats = {
      rates: new RollingRates(now),
      history: new RequestHistory(now),
      samples: new SampledRequests(),
    };
    this.#services.set(service, stats);
    return stats;
  }
}
