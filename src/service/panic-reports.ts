// Reports when requests begin to go to ejected or critical endpoints, and when they no longer do. An upstream that has
// no others reports nothing itself: where a later tier serves, it gets no requests.

import type { CompleteObserver } from '../core/events.ts';
import type { Panic } from '../endpoint/panic.ts';
import { worstPanic } from '../endpoint/panic.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ServicePart } from './service-parts.ts';

export class PanicReports {
  readonly #observer: Pick<CompleteObserver, 'panicChanged'>;
  /** As reported, of those that are in panic. */
  readonly #reported = new Map<Upstream, Panic>();

  constructor(observer: Pick<CompleteObserver, 'panicChanged'>) {
    this.#observer = observer;
  }

  /** @param parts of the service as they are now */
  update(parts: readonly ServicePart[]): void {
    const now = new Map(parts.map(({ upstream, panics }) => [upstream, worstPanic(panics)]));
    for (const upstream of this.#reported.keys()) if (!now.has(upstream)) now.set(upstream, 'none');
    for (const [upstream, panic] of now) {
      if (panic === (this.#reported.get(upstream) ?? 'none')) continue;
      if (panic === 'none') this.#reported.delete(upstream);
      else this.#reported.set(upstream, panic);
      this.#observer.panicChanged(upstream.name, panic);
    }
  }
}
