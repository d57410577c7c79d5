// Everything that a drawing of the page is made of.

import type { Term } from './glossary.ts';
import type { OperatorCall, Target } from './operator.ts';
import type { Route } from './route.ts';
import type { SeriesStore } from './series.ts';
import type {
  Configuration,
  Overview,
  RequestSamples,
  ServiceHistory,
  ServiceView,
  TimelineEntry,
} from './wire.ts';

/** What is known of the service whose page is open. */
export interface OpenService {
  readonly name: string;
  readonly view: ServiceView | undefined;
  readonly history: ServiceHistory | undefined;
  readonly requests: RequestSamples | undefined;
  readonly timeline: readonly TimelineEntry[];
  /** Why there is nothing to show. */
  readonly refusal: string | undefined;
}

export interface Model {
  readonly route: Route;
  readonly overview: Overview | undefined;
  /** Of all services, newest first. */
  readonly timeline: readonly TimelineEntry[];
  readonly service: OpenService | undefined;
  /** Of the page of the configuration, while it is open. */
  readonly configuration: Configuration | undefined;
  readonly series: SeriesStore;
  /** Since when nothing was heard; undefined while the page is live. */
  readonly silentForMs: number | undefined;
  /** What the table is narrowed down to. */
  readonly filter: string;
  /** Whether long tables are drawn whole. */
  readonly showsAll: boolean;
  /** The kind that "What happened" is narrowed down to. */
  readonly timelineKind: TimelineEntry['kind'] | undefined;
  /** The word whose definition was asked for. */
  readonly term: Term | undefined;
  /** What an operator is about to act on. */
  readonly target: Target | undefined;
  /** Why the last call of an operator came to nothing. */
  readonly operatorError: string | undefined;
  readonly actions: Actions;
}

/** What the page can be asked to do. */
export interface Actions {
  filter(text: string): void;
  showAll(): void;
  showKind(kind: TimelineEntry['kind'] | undefined): void;
  help(): void;
  /** Shows what a word means. */
  define(term: Term): void;
  /** Asks what to do. */
  operate(target: Target): void;
  submitOperation(call: Omit<OperatorCall, 'service' | 'target'>): void;
  closeDialogs(): void;
  stopOperating(): void;
}
