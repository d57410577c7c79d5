// A service in simulated time: real endpoint state and a real picker, with endpoints that answer as a test says.

import type { LoadBalancingPolicy, Picker } from '../../src/balancer/policy.ts';
import type { Random } from '../../src/core/random.ts';
import { TcpDialer } from '../../src/net/dial.ts';
import { UpstreamEndpoint } from '../../src/upstream/upstream-endpoint.ts';
import { FakeClock } from './fake-clock.ts';
import { testEndpoint } from './proxy-under-test.ts';

/** What comes of one request. */
export interface Reply {
  readonly afterMs: number;
  /** Default: a sound response. */
  readonly failed?: boolean;
  readonly retryAfterMs?: number;
}

/** @param endpoint its index */
export type Behaviour = (endpoint: number, now: number, random: Random) => Reply;

/** Any time from 2 to 20 ms. */
const ordinary: Behaviour = (_endpoint, _now, random) => ({ afterMs: 2 + 18 * random() });

export class SimulatedBalancing {
  readonly clock = new FakeClock();
  readonly endpoints: readonly UpstreamEndpoint[];
  /** What the next requests to an endpoint come to, before `behaviour` holds again. */
  readonly script: Reply[][];
  readonly sent: number[];
  behaviour: Behaviour = ordinary;
  readonly #picker: Picker<UpstreamEndpoint>;
  readonly #random: Random;

  constructor(count: number, policy: LoadBalancingPolicy, random: Random) {
    this.endpoints = Array.from({ length: count }, (_, index) => {
      return new UpstreamEndpoint(testEndpoint(8_000 + index), {
        unreached: () => {},
        transport: {
          dialer: new TcpDialer(),
          connect: () => ({
            send: () => ({ cancel: () => {}, progress: undefined }),
            close: () => {},
            open: 0,
          }),
        },
        slowStart: { window: 0, aggression: 1, minimumWeightPercent: 10 },
        latencyDecayMs: 5_000,
        seenAt: 0,
        joinedAt: undefined,
      });
    });
    this.script = this.endpoints.map(() => []);
    this.sent = this.endpoints.map(() => 0);
    this.#random = random;
    const [first, ...rest] = this.endpoints;
    if (first === undefined) throw new Error('expected at least one endpoint');
    this.#picker = policy.createPicker([first, ...rest], { random });
  }

  /** Requests that come independently of each other, so many in a second on average. */
  run(ms: number, perSecond: number): void {
    const end = this.clock.now() + ms;
    for (;;) {
      const gap = (-Math.log(1 - this.#random()) * 1_000) / perSecond;
      if (this.clock.now() + gap >= end) break;
      this.clock.advance(gap);
      this.#send();
    }
    this.clock.advance(Math.max(0, end - this.clock.now()));
  }

  /** The share of the requests of the next `ms` that go to the first endpoint. */
  shareOfFirst(ms: number, perSecond: number): { readonly first: number; readonly all: number } {
    this.sent.fill(0);
    this.run(ms, perSecond);
    return { first: this.sent[0] ?? 0, all: this.sent.reduce((sum, count) => sum + count, 0) };
  }

  #send(): void {
    const now = this.clock.now();
    const endpoint = this.#picker.pick({ now, hash: undefined });
    const index = this.endpoints.indexOf(endpoint);
    this.sent[index] = (this.sent[index] ?? 0) + 1;
    endpoint.inFlight++;
    endpoint.latency.sent(now);
    const reply = this.script[index]?.shift() ?? this.behaviour(index, now, this.#random);
    this.clock.schedule(reply.afterMs, () => {
      endpoint.inFlight--;
      if (reply.failed === true) endpoint.failed(this.clock.now(), reply.retryAfterMs);
      else endpoint.responded(reply.afterMs, this.clock.now());
    });
  }
}
