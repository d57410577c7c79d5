// One attempt's place at an endpoint: counted among its requests, and perhaps the probe that decides whether an ejected
// endpoint comes back. It is given back exactly once, with what the attempt said of the endpoint.

import type { Clock } from '../core/clock.ts';
import type { Outcome } from '../core/outcome.ts';
import { NEUTRAL_OUTCOME, responseOutcome, SOUND_CONNECTION } from '../core/outcome.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { EndpointConnections, ResponseHead } from '../http/attempt.ts';
import type { Probe } from '../outlier/host.ts';
import type { OutlierDetector } from '../outlier/outlier-detector.ts';
import { retryAfterMs } from '../policy/retry/retry-after.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

export interface LeaseTerms {
  readonly upstream: UpstreamEndpoint;
  /** What was set aside so that there was an endpoint to pick. */
  readonly panic: Panic;
  /** Set when this attempt decides whether an ejected endpoint comes back. */
  readonly probe: Probe | undefined;
}

export interface LeaseDependencies {
  readonly clock: Clock;
  readonly detector: OutlierDetector;
}

export class Lease implements Disposable {
  readonly upstream: UpstreamEndpoint;
  readonly panic: Panic;
  /** Which of the tiers of its destination it is in; 0 for the first, and where there are none. */
  tier = 0;
  readonly #probe: Probe | undefined;
  readonly #dependencies: LeaseDependencies;
  #status: number | undefined;
  #ended = false;

  constructor({ upstream, panic, probe }: LeaseTerms, dependencies: LeaseDependencies) {
    this.upstream = upstream;
    this.panic = panic;
    this.#probe = probe;
    this.#dependencies = dependencies;
    upstream.inFlight++;
    upstream.latency.sent(dependencies.clock.now());
  }

  /** Where the attempt goes. */
  get connections(): EndpointConnections {
    return this.upstream.connections;
  }

  /**
   * The head of a response came. What it says that is bad counts at once, and what is good when the response is whole; a
   * probe cannot wait for the end of a stream that may have none.
   * @param latencyMs since the request left: the time for a connection is not the endpoint's
   * @param status by which the endpoint is judged
   * @param told the status as people call it
   */
  responded(
    head: ResponseHead,
    latencyMs: number,
    status: number = head.status,
    told: string = String(status),
  ): void {
    const { clock, detector } = this.#dependencies;
    const now = clock.now();
    this.#status = status;
    const refused = isRefusal(status);
    const mayAsk = status === 429 || status === 503;
    if (!refused) this.upstream.responded(latencyMs, now);
    else {
      this.upstream.failed(now, mayAsk ? retryAfterMs(head.fields, clock.wallTime()) : undefined);
      this.upstream.outcomes.refused(told, now);
    }
    if (this.#probe !== undefined) detector.finishProbe(this.#probe, responseOutcome(status), now);
    else if (refused) detector.record(this.upstream.outlier, responseOutcome(status), now);
  }

  /**
   * A connection that is no request proved sound. Counts at once, since it may last for days.
   * @param connectMs how long connecting took
   */
  connected(connectMs: number): void {
    const { clock, detector } = this.#dependencies;
    const now = clock.now();
    this.upstream.responded(connectMs, now);
    this.upstream.outcomes.succeeded();
    if (this.#probe !== undefined) detector.finishProbe(this.#probe, SOUND_CONNECTION, now);
    else detector.record(this.upstream.outlier, SOUND_CONNECTION, now);
  }

  /**
   * Gives the place back; again, nothing.
   * @param failure what its failure says of the endpoint; undefined when the attempt was whole
   * @param detail the failure for people; of a response, the status as they call it
   */
  ended(failure: Outcome | undefined, detail?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const { clock, detector } = this.#dependencies;
    const { upstream } = this;
    const now = clock.now();
    upstream.inFlight--;
    if (failure !== undefined && failure.kind !== 'neutral') upstream.failed(now);
    if (failure?.kind === 'local') {
      const kind = failure.failure;
      upstream.outcomes.failed(kind, detail ?? kind.replaceAll('_', ' '), now);
    } else if (failure?.kind === 'response') {
      upstream.outcomes.refused(detail ?? String(failure.status), now);
    } else if (failure === undefined && this.#status !== undefined && !isRefusal(this.#status)) {
      upstream.outcomes.succeeded();
    }
    if (this.#probe !== undefined) {
      detector.finishProbe(this.#probe, failure ?? NEUTRAL_OUTCOME, now);
    } else if (failure !== undefined) {
      detector.record(upstream.outlier, failure, now);
    } else if (this.#status !== undefined && !isRefusal(this.#status)) {
      detector.record(upstream.outlier, responseOutcome(this.#status), now);
    }
  }

  /** Ends what nothing is known of. */
  [Symbol.dispose](): void {
    this.ended(NEUTRAL_OUTCOME);
  }
}

function isRefusal(status: number): boolean {
  return status >= 500 || status === 429;
}
