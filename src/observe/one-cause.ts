// One cause, one report, for listeners that write for people: services that fail only because Consul as a whole does are
// left to what is said of Consul, of services whose endpoints Consul lost at once the first one stands for all, a circuit
// that opens again and again is one report with a count, what an operator does is left to what is said of the operator,
// and the trial of an endpoint to what came of it.

import type { CircuitTransition } from '../core/circuit-transition.ts';
import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { CompleteObserver, Observer } from '../core/events.ts';
import { timesInWords } from '../core/in-words.ts';
import type { Transition } from '../endpoint/ejection.ts';

/** A circuit that opens again within this time is the same trouble, which is reported this often, in milliseconds. */
const EPISODE_MS = 60_000;

/** @param registryFailure what keeps the registry as a whole from answering; undefined while nothing does */
export function oneCauseOneReport(
  observer: CompleteObserver,
  clock: Clock,
  registryFailure: () => string | undefined,
): Observer {
  /** Services whose failure was left out, and so must be their recovery. */
  const unreported = new Set<string>();
  /** What was last said of a table that is not trusted, and when. */
  let distrust = { detail: '', at: Number.NEGATIVE_INFINITY };
  /** Of open services; undefined where no circuit has changed yet. */
  const circuits = new Map<string, CircuitEpisode | undefined>();
  return {
    ...observer,
    outlierTransition: (service, authority, transition) => {
      if (!isToldElsewhere(transition)) observer.outlierTransition(service, authority, transition);
    },
    serviceOpened: (service) => {
      if (!circuits.has(service)) circuits.set(service, undefined);
      observer.serviceOpened(service);
    },
    serviceClosed: (service) => {
      unreported.delete(service);
      circuits.get(service)?.end();
      circuits.delete(service);
      observer.serviceClosed(service);
    },
    discoveryFailed: (service, failure) => {
      if (failure.detail === registryFailure()) {
        unreported.add(service);
        return;
      }
      if (failure.kind === 'suspicious_shrink') {
        const isSame = failure.detail === distrust.detail && clock.now() - distrust.at < EPISODE_MS;
        if (isSame) {
          unreported.add(service);
          return;
        }
        distrust = { detail: failure.detail, at: clock.now() };
      }
      unreported.delete(service);
      observer.discoveryFailed(service, failure);
    },
    discoveryRecovered: (service) => {
      if (!unreported.delete(service)) observer.discoveryRecovered(service);
    },
    circuitChanged: (service, transition) => {
      // A call may end after its service was closed: nothing would remove what is kept of it then.
      if (!circuits.has(service)) return;
      let episode = circuits.get(service);
      if (episode === undefined) {
        episode = new CircuitEpisode(clock, (next) => observer.circuitChanged(service, next));
        circuits.set(service, episode);
      }
      episode.changed(transition);
    },
  };
}

/** Whether an operator's call or the transition that follows says the same. */
function isToldElsewhere(transition: Transition): boolean {
  const { type } = transition;
  if (type === 'probing' || type === 'unejected_by_operator') return true;
  return type === 'ejected' && transition.reason === 'operator';
}

class CircuitEpisode {
  readonly #clock: Clock;
  readonly #report: (transition: CircuitTransition) => void;
  #openings = 0;
  #sinceWall = 0;
  #openedAt = Number.NEGATIVE_INFINITY;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #pending: ScheduledTask | undefined;

  constructor(clock: Clock, report: (transition: CircuitTransition) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  changed(transition: CircuitTransition): void {
    this.end();
    const now = this.#clock.now();
    if (transition.cause === 'operator') {
      this.#openings = 0;
      return;
    }
    if (transition.to === 'open') {
      if (now - Math.max(this.#openedAt, this.#reportedAt) >= EPISODE_MS && transition.from === 'closed') {
        this.#openings = 0;
      }
      if (this.#openings === 0) this.#sinceWall = this.#clock.wallTime();
      this.#openings++;
      this.#openedAt = now;
    }
    if (this.#openings <= 1) {
      this.#say(transition);
      return;
    }
    // What follows within the minute replaces it.
    const wait = Math.max(0, this.#reportedAt + EPISODE_MS - now);
    if (wait === 0) this.#say(this.#counted(transition));
    else this.#pending = this.#clock.schedule(wait, () => this.#say(this.#counted(transition)));
  }

  /** What waits to be reported is not. */
  end(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
  }

  #counted(transition: CircuitTransition): CircuitTransition {
    const since = new Date(this.#sinceWall).toISOString().slice(11, 19);
    const detail = `It opened ${timesInWords(this.#openings)} since ${since} UTC. ${transition.detail}`;
    return { ...transition, detail };
  }

  #say(transition: CircuitTransition): void {
    this.#reportedAt = this.#clock.now();
    this.#report(transition);
  }
}
