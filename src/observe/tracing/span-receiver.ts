// Where finished spans go, as the exporter sees it.

import type { Span } from './span.ts';

/** What became of a batch. */
export type Delivery =
  /** Taken, but for so many spans that the receiver did not want. */
  | { readonly kind: 'taken'; readonly rejected: number }
  /** Not taken, and never will be. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Not taken now. */
  | {
      readonly kind: 'failed';
      readonly detail: string;
      /** How long the receiver asks to be left alone, in milliseconds. */
      readonly retryAfterMs: number | undefined;
    };

export interface SpanReceiver {
  /** For people: where it is. */
  readonly name: string;
  /** Never rejects, and ends soon once `signal` aborts. */
  deliver(spans: readonly Span[], signal: AbortSignal): Promise<Delivery>;
  close(): void;
}
