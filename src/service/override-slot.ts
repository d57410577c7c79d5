// The override of one service, from the command that begins it to its end. There is one at most.

import type { ScheduledTask } from '../core/clock.ts';
import type { Operator } from '../core/config-events.ts';
import type { OverrideEnd } from '../core/override-facts.ts';
import type { Transport } from '../http/attempt.ts';
import type { Fields } from '../http/message.ts';
import type { OverrideParts, OverrideTerms } from './override.ts';
import { Override } from './override.ts';
import type { ServicePolicy } from './service-policy.ts';

export interface OverrideSlotParts extends Omit<OverrideParts, 'policy' | 'transport'> {
  /** As the service has it now. */
  readonly policy: () => ServicePolicy;
  /** How endpoints that are not registered are connected to, as the configuration in force says. */
  readonly transport: () => Transport;
}

const NOBODY: Operator = { who: null, why: null };

export class OverrideSlot {
  readonly #parts: OverrideSlotParts;
  #current: Override | undefined;
  #end: ScheduledTask | undefined;

  constructor(parts: OverrideSlotParts) {
    this.#parts = parts;
  }

  get current(): Override | undefined {
    return this.#current;
  }

  /** The override that a request takes. @param fields undefined for a connection of which nothing is read */
  for(fields: Fields | undefined): Override | undefined {
    return this.#current?.isFor(fields) === true ? this.#current : undefined;
  }

  /** Counts from the next request on; what is under way finishes where it is. */
  begin(terms: OverrideTerms): Override {
    const { clock, observer, service, policy, transport } = this.#parts;
    this.end('replaced');
    const override = new Override(terms, { ...this.#parts, policy: policy(), transport: transport() });
    this.#current = override;
    const { forMs } = terms;
    if (forMs !== undefined) this.#end = clock.schedule(forMs, () => this.end('time'));
    observer.overrideChanged(service, { kind: 'began', override: override.facts });
    return override;
  }

  /** Nothing without one. */
  end(cause: OverrideEnd, by: Operator = NOBODY): void {
    const ended = this.#current;
    if (ended === undefined) return;
    this.#end?.cancel();
    this.#end = undefined;
    this.#current = undefined;
    ended.retire();
    const { observer, service } = this.#parts;
    observer.overrideChanged(service, { kind: 'ended', override: ended.facts, cause, by });
  }

  /** Brings it in line with the service and the configuration in force. */
  tune(): void {
    this.#current?.reconfigure(this.#parts.policy(), this.#parts.transport());
  }
}
