// Where the access log has its place among the observers: another may take it while requests are under way.

import type { RequestFacts, RequestObserver } from '../core/observer.ts';
import type { AccessLogParts } from './access-log-setup.ts';

export class AccessLogSlot implements RequestObserver {
  #log: AccessLogParts | undefined;
  #droppedBefore = 0;

  /** @param log undefined when requests are not logged */
  constructor(log: AccessLogParts | undefined) {
    this.#log = log;
  }

  /** Lines given up so far. */
  get dropped(): number {
    return this.#droppedBefore + (this.#log?.dropped() ?? 0);
  }

  requestStarted(service: string): void {
    this.#log?.observer.requestStarted(service);
  }

  requestFinished(facts: RequestFacts): void {
    this.#log?.observer.requestFinished(facts);
  }

  /** Puts another in place, and closes the one there was. */
  async exchange(log: AccessLogParts | undefined): Promise<void> {
    const replaced = this.#log;
    this.#log = log;
    await replaced?.close();
    this.#droppedBefore += replaced?.dropped() ?? 0;
  }

  async close(): Promise<void> {
    await this.#log?.close();
  }
}
