// Everything that the ambassador says of itself: one interface for what reports and for what listens. Metrics, logs,
// traces, the timeline and the statistics are listeners, and no part that reports knows of them.

import type { DiscoveryFailure, Provenance } from '../endpoint/discovery-state.ts';
import type { Transition } from '../endpoint/ejection.ts';
import type { EndpointTable, EndpointTableDiff } from '../endpoint/endpoint-table.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { ChainFacts } from './chain-facts.ts';
import type { CircuitTransition } from './circuit-transition.ts';
import type { ConfigRefused, ConfigReloaded, ReloadAdvice } from './config-events.ts';
import type { ConnectionFacts } from './connection-facts.ts';
import type { DescriptionFacts, DescriptionFailure } from './description-facts.ts';
import type { DiscoveryQueryFacts } from './discovery-query.ts';
import type { Failover } from './failover-facts.ts';
import type { OverrideChange } from './override-facts.ts';
import type { RequestFacts } from './request-facts.ts';

/** The protection at whose limit a call arrived. */
export type SheddingPolicy = 'bulkhead' | 'adaptive';

/** Calls are synchronous, and must not wait. Facts are shared by all listeners: read them, keep them, never write. */
export interface Observer {
  /** A request for a known service began. */
  requestStarted?(service: string): void;
  /** It ended, however; also for requests that never named a known service. */
  requestFinished?(facts: RequestFacts): void;
  /** A client's connection to a service that is called over TCP has ended, or did not come about. */
  connectionFinished?(facts: ConnectionFacts): void;

  serviceOpened?(service: string): void;
  /** Its watch has ended; whatever was kept about it may go. */
  serviceClosed?(service: string): void;
  tablePublished?(
    service: string,
    table: EndpointTable,
    diff: EndpointTableDiff,
    provenance: Provenance,
  ): void;
  /** The table stays as it is. */
  discoveryFailed?(service: string, failure: DiscoveryFailure): void;
  discoveryRecovered?(service: string): void;
  /** @param authority the endpoint's `host:port` */
  outlierTransition?(service: string, authority: string, transition: Transition): void;
  panicChanged?(service: string, panic: Panic): void;
  /** Requests go by another chain from the next one on, or by none. */
  chainChanged?(service: string, chain: ChainFacts | undefined): void;
  /** Requests go to another tier than their first, or all to their first again: then there are none. */
  failoverChanged?(service: string, failovers: readonly Failover[]): void;
  /** Copies of its requests reach nobody, since there is no such service; told once in a while. */
  copiesLost?(service: string, to: string, detail: string): void;
  /** From the next request on they go to an endpoint that an operator named, or no longer. */
  overrideChanged?(service: string, change: OverrideChange): void;

  /** Requests are translated by another description from the next one on, or by one again after failures. */
  descriptionChanged?(service: string, facts: DescriptionFacts): void;
  /** A newer description cannot be had, the first time after there was one. */
  descriptionFailed?(service: string, failure: DescriptionFailure): void;

  circuitChanged?(service: string, transition: CircuitTransition): void;
  /** The circuit was open, and the call went through since `enforce` is below 100. */
  wouldBreak?(service: string): void;
  /** The same for a call beyond the limit of calls under way. */
  wouldShed?(service: string, policy: SheddingPolicy): void;
  /** The same for a call beyond the rate limit. */
  wouldLimit?(service: string): void;

  discoveryQueried?(facts: DiscoveryQueryFacts): void;
  /** A sudden loss of endpoints was not believed; `held` endpoints stay in force. */
  shrinkHeld?(service: string, held: number): void;
  /** A sudden loss of endpoints was confirmed by a second read. */
  shrinkBelieved?(service: string, lost: number): void;

  configReloaded?(event: ConfigReloaded): void;
  /** The old one stays in force. */
  configRefused?(event: ConfigRefused): void;
  errorsJumped?(advice: ReloadAdvice): void;
}

export type EventName = keyof Observer;

/** What the parts of the ambassador report to. Its functions need no `this`, and never throw. */
export type CompleteObserver = Required<Observer>;

/** Called with what a listener threw. */
export type ListenerFault = (event: EventName, thrown: unknown) => void;

/** How many arguments each event has. */
const ARGUMENTS: { readonly [E in EventName]: Parameters<CompleteObserver[E]>['length'] } = {
  requestStarted: 1,
  requestFinished: 1,
  connectionFinished: 1,
  serviceOpened: 1,
  serviceClosed: 1,
  tablePublished: 4,
  discoveryFailed: 2,
  discoveryRecovered: 1,
  outlierTransition: 3,
  panicChanged: 2,
  chainChanged: 2,
  failoverChanged: 2,
  copiesLost: 3,
  overrideChanged: 2,
  descriptionChanged: 2,
  descriptionFailed: 2,
  circuitChanged: 2,
  wouldBreak: 1,
  wouldShed: 2,
  wouldLimit: 1,
  discoveryQueried: 1,
  shrinkHeld: 2,
  shrinkBelieved: 2,
  configReloaded: 1,
  configRefused: 1,
  errorsJumped: 1,
};

/** A method of an observer, whichever it is. */
type Listen = (...args: never[]) => void;

/** Passes arguments on one by one: an array of them would be made anew for each event. */
type PassOn = (listen: Listen, first: never, second: never, third: never, fourth: never) => void;

const PASS_ON: Readonly<Record<1 | 2 | 3 | 4, PassOn>> = {
  1: (listen, first) => listen(first),
  2: (listen, first, second) => listen(first, second),
  3: (listen, first, second, third) => listen(first, second, third),
  4: (listen, first, second, third, fourth) => listen(first, second, third, fourth),
};

/** Stands for an event that has no listener. */
const ignored: Listen = () => {};

/**
 * Reports each event to those of the listeners that implement it, in order. A listener that throws stops neither the
 * others nor the caller.
 */
export function combineObservers(listeners: readonly Observer[], onFault: ListenerFault): CompleteObserver {
  const combined: Partial<Record<EventName, Listen>> = {};
  for (const event of Object.keys(ARGUMENTS) as EventName[]) {
    const methods = listeners.flatMap((listener) => listenOf(listener, event));
    combined[event] = methods.length === 0 ? ignored : fanOut(event, methods, onFault);
  }
  return combined as CompleteObserver;
}

/** Has no listeners. */
export const silentObserver: CompleteObserver = combineObservers([], () => {});

function listenOf(listener: Observer, event: EventName): Listen[] {
  const method: Listen | undefined = listener[event];
  // Observers can be combined again: an event without a listener stays one.
  return method === undefined || method === ignored ? [] : [method.bind(listener)];
}

function fanOut(event: EventName, methods: readonly Listen[], onFault: ListenerFault): Listen {
  const passOn = PASS_ON[ARGUMENTS[event]];
  return (first: never, second: never, third: never, fourth: never) => {
    for (const listen of methods) {
      try {
        passOn(listen, first, second, third, fourth);
      } catch (thrown) {
        report(onFault, event, thrown);
      }
    }
  };
}

function report(onFault: ListenerFault, event: EventName, thrown: unknown): void {
  try {
    onFault(event, thrown);
  } catch {
    // The report is made by a logger: there is nowhere else to turn.
  }
}
