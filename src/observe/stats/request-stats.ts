// What requests come to, by service and in all, for people who look: rates, history and samples.

import type { Clock } from '../../core/clock.ts';
import type { ConnectionFacts } from '../../core/connection-facts.ts';
import { asRequestFacts } from '../../core/connection-facts.ts';
import type { Observer } from '../../core/events.ts';
import type { RequestFacts } from '../../core/request-facts.ts';
import { hasFailed } from '../../core/request-outcome.ts';
import { latencyBucket } from './latency-buckets.ts';
import type { History } from './request-history.ts';
import { RequestHistory } from './request-history.ts';
import type { RequestSamples } from './request-samples.ts';
import { NO_SAMPLES, SampledRequests } from './request-samples.ts';
import type { Rates } from './rolling-rates.ts';
import { NO_RATES, RollingRates } from './rolling-rates.ts';

interface ServiceStats {
  readonly rates: RollingRates;
  readonly history: RequestHistory;
  readonly samples: SampledRequests;
}

export class RequestStats implements Observer {
  readonly #clock: Clock;
  readonly #total: RollingRates;
  /** Of open services; undefined for those that were not called. */
  readonly #services = new Map<string, ServiceStats | undefined>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#total = new RollingRates(clock.now());
  }

  requestFinished(facts: RequestFacts): void {
    const now = this.#clock.now();
    const failed = hasFailed(facts);
    // How long an upgraded connection stood says nothing of a latency.
    const bucket = facts.upgraded ? undefined : latencyBucket(facts.durationMs);
    this.#total.record(failed, bucket, now);
    // A request may end after its service was closed: nothing would remove what is kept of it then.
    if (!this.#services.has(facts.service)) return;
    const { rates, history, samples } = this.#statsOf(facts.service, now);
    rates.record(failed, bucket, now);
    history.record(failed, bucket, now);
    samples.record(facts, failed, now);
  }

  connectionFinished(facts: ConnectionFacts): void {
    this.requestFinished(asRequestFacts(facts));
  }

  serviceOpened(service: string): void {
    if (!this.#services.has(service)) this.#services.set(service, undefined);
  }

  serviceClosed(service: string): void {
    this.#services.delete(service);
  }

  /** Of all requests together, those that named no known service among them. */
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
