// Everything that a drawing of the page is made of.

import type { Route } from './route.ts';
import type { SeriesStore } from './series.ts';
import type { Overview, RequestSamples, ServiceHistory, ServiceView, TimelineEntry } from './wire.ts';

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
  readonly series: SeriesStore;
  /** Since when nothing was heard; undefined while the page is live. */
  readonly silentForMs: number | undefined;
  /** What the table is narrowed down to. */
  readonly filter: string;
  /** Whether long tables are drawn whole. */
  readonly showsAll: boolean;
  readonly actions: Actions;
}

/** What the page can be asked to do. */
export interface Actions {
  filter(text: string): void;
  showAll(): void;
  help(): void;
  /** Asks what to do to an endpoint of the open service. @param id the endpoint's */
  operate(id: string): void;
}
