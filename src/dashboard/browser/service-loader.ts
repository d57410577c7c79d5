// Keeps what the page of one service shows up to date, a question at a time.

import { ApiError, fetchHistory, fetchRequests, fetchService, fetchTimeline } from './api.ts';
import type { OpenService } from './model.ts';

/** The past and the samples move slower than the endpoints. */
const SLOW_EVERY = 5;

const TIMELINE_LIMIT = 60;

export class ServiceLoader {
  #open: OpenService | undefined;
  #turn = 0;
  #isBusy = false;
  readonly #onLoaded: () => void;

  constructor(onLoaded: () => void) {
    this.#onLoaded = onLoaded;
  }

  get service(): OpenService | undefined {
    return this.#open;
  }

  /** @param name undefined when no service's page is open */
  show(name: string | undefined): void {
    if (this.#open?.name === name) return;
    this.#turn = 0;
    this.#open =
      name === undefined
        ? undefined
        : {
            name,
            view: undefined,
            history: undefined,
            requests: undefined,
            timeline: [],
            refusal: undefined,
          };
    this.refresh();
  }

  /** Asks again, unless the last question is still under way. */
  refresh(): void {
    const service = this.#open;
    if (service === undefined || (this.#isBusy && this.#turn > 0)) return;
    this.#isBusy = true;
    const slow = this.#turn++ % SLOW_EVERY === 0;
    void this.#load(service.name, slow).finally(() => {
      this.#isBusy = false;
    });
  }

  /** Asks for everything, since something was changed. */
  reload(): void {
    this.#turn = 0;
    this.refresh();
  }

  async #load(name: string, slow: boolean): Promise<void> {
    try {
      const view = await fetchService(name);
      this.#update(name, { view, refusal: undefined });
      if (!slow) return;
      const [history, requests, timeline] = await Promise.all([
        fetchHistory(name),
        fetchRequests(name),
        fetchTimeline(TIMELINE_LIMIT, name),
      ]);
      this.#update(name, { history, requests, timeline: timeline.toReversed() });
    } catch (error) {
      // Of a connection that is lost the header tells.
      if (error instanceof ApiError) this.#update(name, { refusal: error.message });
    }
  }

  #update(name: string, news: Partial<OpenService>): void {
    if (this.#open?.name !== name) return;
    this.#open = { ...this.#open, ...news };
    this.#onLoaded();
  }
}
