// A request whose connection has switched protocols. A tunnel may stand for days, and thousands of them: all that is held
// of the request meanwhile is what its report says.

import type { Duplex } from 'node:stream';
import { timeInWords } from '../core/in-words.ts';
import { REASONS } from '../core/reasons.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import type { WireProgress } from '../http/progress.ts';
import type { CallEnd } from '../policy/call-end.ts';
import type { Service } from '../service/service.ts';
import type { ForwarderDependencies } from './dependencies.ts';
import { endingAs } from './ending.ts';
import { Tunnel } from './tunnel.ts';

export interface UpgradedRequestParts {
  /** As far as they are known. */
  readonly facts: RequestFacts;
  readonly call: CallEnd | undefined;
  readonly service: Service;
  readonly tunnels: Set<Tunnel>;
  readonly dependencies: Pick<ForwarderDependencies, 'clock' | 'lifecycle' | 'observer'>;
  readonly done: () => void;
}

/** The two sides of what was switched. */
export interface Sides {
  readonly client: Duplex;
  readonly endpoint: Duplex;
  /** Of the connections below the two. */
  readonly progress: readonly WireProgress[];
}

export class UpgradedRequest {
  readonly #parts: UpgradedRequestParts;

  constructor(parts: UpgradedRequestParts) {
    this.#parts = parts;
  }

  /**
   * Joins the two sides until both are closed.
   * @param idleMs how long nothing may move, in milliseconds; 0 for ever
   */
  join({ client, endpoint, progress }: Sides, isWebSocket: boolean, idleMs: number): void {
    const { tunnels, dependencies } = this.#parts;
    const tunnel = new Tunnel(client, endpoint, {
      clock: dependencies.clock,
      idleMs,
      connections: progress,
      isWebSocket,
      onClosed: (idle) => {
        tunnels.delete(tunnel);
        this.#finish(idle ? `nothing moved for ${timeInWords(idleMs)} (timeout.idleStream)` : undefined);
      },
    });
    tunnels.add(tunnel);
  }

  /** @param stalled that it was ended because nothing moved */
  #finish(stalled: string | undefined): void {
    const { facts, call, service, done, dependencies } = this.#parts;
    const { clock, lifecycle, observer } = dependencies;
    call?.finish();
    service.active--;
    const reasonSoFar = stalled === undefined ? undefined : 'idle_timeout';
    const { reason, detail } = endingAs({ reason: reasonSoFar, detail: stalled }, lifecycle.cutting);
    const flags = reason === undefined ? facts.flags : [REASONS[reason].flag, ...facts.flags];
    observer.requestFinished({ ...facts, reason, detail, flags, durationMs: clock.now() - facts.startedAt });
    done();
  }
}
