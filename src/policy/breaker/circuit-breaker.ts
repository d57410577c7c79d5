// The circuit of one service: closed, open, half-open or isolated. It judges and never waits; time is given to it.

import type { CircuitCause, CircuitState, CircuitTransition } from '../../core/circuit-transition.ts';
import { counted, timeInWords } from '../../core/in-words.ts';
import type { CallOutcome } from '../call-outcome.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';
import { ClosedCircuit } from './closed-circuit.ts';
import type { OpenTime } from './cockatiel-breaker.ts';
import { firstOpenTime } from './cockatiel-breaker.ts';
import type { AttemptOutcome } from './endpoint-evidence.ts';
import { HalfOpenCircuit } from './half-open-circuit.ts';

interface OpenCircuit {
  readonly state: 'open';
  readonly until: number;
  readonly openTime: OpenTime;
  /** The usable endpoints when it opened, all of them failing. */
  readonly failing: Set<string>;
}

interface IsolatedCircuit {
  readonly state: 'isolated';
  /** What the operator gave as the reason; undefined for none. */
  readonly why: string | undefined;
}

/** The state and what belongs to it. A new one is made at each transition: it is the generation of a call. */
type Phase = ClosedCircuit | OpenCircuit | HalfOpenCircuit | IsolatedCircuit;

/** A call may go. Its outcome counts only in the phase in which it began. */
export interface Permit {
  readonly admitted: true;
  readonly phase: ClosedCircuit | HalfOpenCircuit;
}

export type CircuitRefusal =
  | {
      readonly admitted: false;
      readonly state: 'open' | 'half_open';
      /** Milliseconds until calls are tried again. */
      readonly retryAfterMs: number;
    }
  | {
      readonly admitted: false;
      /** An operator refuses, which holds in a dry run too. */
      readonly state: 'isolated';
      /** What the operator gave as the reason; undefined for none. */
      readonly why: string | undefined;
    };

/** The circuit as it stands, for people. */
export interface CircuitView {
  readonly state: CircuitState;
  readonly since: number;
  /** Milliseconds until calls are tried again; undefined unless open. */
  readonly opensForMs: number | undefined;
  /** Within the window while closed, of probes while half-open. */
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

export interface CircuitBreakerDependencies {
  /** The ids of the endpoints to which requests may go now. */
  readonly usable: () => readonly string[];
  readonly onTransition: (transition: CircuitTransition) => void;
}

/** How long the callers refused beside a probe are asked to wait: its outcome may come at any time. */
const BESIDE_PROBE_MS = 1_000;

export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #dependencies: CircuitBreakerDependencies;
  #phase: Phase;
  #since: number;

  /** @param now monotonic milliseconds, here and everywhere */
  constructor(options: CircuitBreakerOptions, dependencies: CircuitBreakerDependencies, now: number) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#phase = new ClosedCircuit(options, now);
    this.#since = now;
  }

  get state(): CircuitState {
    return this.#phase.state;
  }

  /** Whether a call may go now. A permit must be settled once. */
  admit(now: number): Permit | CircuitRefusal {
    if (this.#phase.state === 'open') this.#leaveOpen(this.#phase, now);
    const phase = this.#phase;
    switch (phase.state) {
      case 'closed':
        return { admitted: true, phase };
      case 'isolated':
        return { admitted: false, state: 'isolated', why: phase.why };
      case 'open':
        return { admitted: false, state: 'open', retryAfterMs: phase.until - now };
      case 'half_open':
        return this.#admitProbe(phase, now);
    }
  }

  /** What a call would be refused with now, as far as it is certain; nothing is admitted and nothing moves. */
  certainRefusal(now: number): CircuitRefusal | undefined {
    const phase = this.#phase;
    if (phase.state === 'isolated') return { admitted: false, state: 'isolated', why: phase.why };
    if (phase.state !== 'open' || now >= phase.until || this.#returned(phase) !== undefined) return undefined;
    return { admitted: false, state: 'open', retryAfterMs: phase.until - now };
  }

  settle({ phase }: Permit, outcome: CallOutcome, attempts: readonly AttemptOutcome[], now: number): void {
    if (phase !== this.#phase) return;
    if (phase.state === 'closed') this.#settleCall(phase, outcome, attempts, now);
    else this.#settleProbe(phase, outcome, attempts, now);
  }

  /** An operator holds the circuit open until `close`. @param why for people */
  isolate(now: number, why?: string): void {
    if (this.#phase.state === 'isolated') return;
    this.#enter({ state: 'isolated', why }, 'operator', 'An operator isolated the service.', now);
  }

  /** An operator closes the circuit, whatever it was, and what it knew is forgotten. */
  close(now: number): void {
    this.#enter(new ClosedCircuit(this.#options, now), 'operator', 'An operator closed the circuit.', now);
  }

  view(now: number): CircuitView {
    const phase = this.#phase;
    const counts = phase.state === 'closed' || phase.state === 'half_open' ? phase.counts(now) : NO_COUNTS;
    return {
      state: phase.state,
      since: this.#since,
      opensForMs: phase.state === 'open' ? Math.max(0, phase.until - now) : undefined,
      ...counts,
    };
  }

  #admitProbe(phase: HalfOpenCircuit, now: number): Permit | CircuitRefusal {
    if (phase.tryAdmit(now)) return { admitted: true, phase };
    const retryAfterMs = Math.min(BESIDE_PROBE_MS, phase.patienceEnds - now);
    return { admitted: false, state: 'half_open', retryAfterMs };
  }

  #leaveOpen(phase: OpenCircuit, now: number): void {
    const half = (): HalfOpenCircuit => new HalfOpenCircuit(this.#options, phase.openTime, now);
    if (now >= phase.until) {
      const detail = `It was open for ${timeInWords(phase.openTime.duration)}; the next ${counted(this.#options.probes, 'call')} will show.`;
      this.#enter(half(), 'open_time_over', detail, now);
      return;
    }
    const usable = this.#dependencies.usable();
    const returned = this.#returned(phase);
    if (returned !== undefined) {
      this.#enter(half(), 'endpoint_returned', `${returned} is usable and was not failing before.`, now);
    } else if (usable.length < phase.failing.size) {
      // An endpoint that leaves and comes back no longer counts as the failing one.
      phase.failing.clear();
      for (const id of usable) phase.failing.add(id);
    }
  }

  /** A usable endpoint that was not among the failing ones when it opened. */
  #returned({ failing }: OpenCircuit): string | undefined {
    return this.#dependencies.usable().find((id) => !failing.has(id));
  }

  #settleCall(
    phase: ClosedCircuit,
    outcome: CallOutcome,
    attempts: readonly AttemptOutcome[],
    now: number,
  ): void {
    const verdict = phase.record(outcome, attempts, this.#dependencies.usable, now);
    if (verdict === undefined) return;
    const { openFor, maxOpenFor } = this.#options;
    this.#open(firstOpenTime(openFor, maxOpenFor), verdict.cause, verdict.detail, now);
  }

  #settleProbe(
    phase: HalfOpenCircuit,
    outcome: CallOutcome,
    attempts: readonly AttemptOutcome[],
    now: number,
  ): void {
    const verdict = phase.record(outcome, attempts, this.#dependencies.usable, now);
    if (verdict === undefined) return;
    const { calls, failures, slow } = phase.counts(now);
    const bad = [
      ...(failures > 0 ? [`${failures} failed`] : []),
      ...(slow > 0 ? [`${slow} took too long`] : []),
    ];
    const detail = `Of ${counted(calls, 'probe')} ${bad.length === 0 ? 'none failed' : bad.join(' and ')}.`;
    if (verdict === 'passed') {
      this.#enter(new ClosedCircuit(this.#options, now), 'probes_passed', detail, now);
    } else {
      this.#open(phase.openTime.next(undefined), 'probes_failed', detail, now);
    }
  }

  #open(openTime: OpenTime, cause: CircuitCause, detail: string, now: number): void {
    const failing = new Set(this.#dependencies.usable());
    this.#enter({ state: 'open', until: now + openTime.duration, openTime, failing }, cause, detail, now);
  }

  #enter(phase: Phase, cause: CircuitCause, detail: string, now: number): void {
    const from = this.#phase.state;
    this.#phase = phase;
    this.#since = now;
    this.#dependencies.onTransition({
      from,
      to: phase.state,
      cause,
      detail,
      at: now,
      openForMs: phase.state === 'open' ? phase.openTime.duration : undefined,
    });
  }
}

const NO_COUNTS = { calls: 0, failures: 0, slow: 0 };
