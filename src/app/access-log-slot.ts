// Where the access log has its place among the observers: another may take it while requests are under way.

import type { ConnectionFacts } from '../core/connection-facts.ts';
import type { Observer } from '../core/events.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import type { AccessLogParts } from './access-log-setup.ts';

export class AccessLogSlot implements Observer {
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

  requestFinished(facts: RequestFacts): void {
    this.#log?.log.requestFinished(facts);
  }

  connectionFinished(facts: ConnectionFacts): void {
    this.#log?.log.connectionFinished(facts);
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
