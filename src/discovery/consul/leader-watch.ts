// Whether Consul's servers have a leader, looked at every few seconds for all watches of a datacenter together: a question
// that waits for a change would not say so before its wait is over, nor that another datacenter is cut off.

import type { Clock } from '../../core/clock.ts';
import { sleep } from '../../core/sleep.ts';
import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';
import type { ConsulNodes, LeaderState } from './consul-node.ts';

const LOOK_EVERY_MS = 10_000;

/** An election takes a few seconds: without a leader it is looked again before that is believed, and until there is one. */
const LOOK_AGAIN_MS = 3_000;

/** What is said of the endpoints there meanwhile. @param datacenter undefined for the agent's own */
export function leaderLost(datacenter: string | undefined): DiscoveryFailure {
  const detail =
    datacenter === undefined
      ? "Consul's servers have no leader, so that nothing changes there"
      : `the datacenter ${datacenter} does not answer, or its servers have no leader`;
  return { kind: 'server_error', detail };
}

/** @param isLost whether there is none now */
export type LeaderListener = (isLost: boolean) => void;

interface Followed {
  readonly listeners: Set<LeaderListener>;
  readonly stopped: AbortController;
}

export class LeaderWatch {
  readonly #nodes: Pick<ConsulNodes, 'leader'>;
  readonly #clock: Clock;
  /** By datacenter. */
  readonly #followed = new Map<string | undefined, Followed>();

  constructor(nodes: Pick<ConsulNodes, 'leader'>, clock: Clock) {
    this.#nodes = nodes;
    this.#clock = clock;
  }

  /**
   * @param datacenter undefined for the agent's own
   * @param listener called when the leader is lost, and when there is one again
   * @returns ends it
   */
  follow(datacenter: string | undefined, listener: LeaderListener): () => void {
    const followed = this.#followed.get(datacenter) ?? this.#begin(datacenter);
    followed.listeners.add(listener);
    return () => {
      followed.listeners.delete(listener);
      if (followed.listeners.size > 0) return;
      followed.stopped.abort();
      if (this.#followed.get(datacenter) === followed) this.#followed.delete(datacenter);
    };
  }

  #begin(datacenter: string | undefined): Followed {
    const followed = { listeners: new Set<LeaderListener>(), stopped: new AbortController() };
    this.#followed.set(datacenter, followed);
    void this.#look(datacenter, followed);
    return followed;
  }

  async #look(datacenter: string | undefined, { listeners, stopped }: Followed): Promise<void> {
    const { signal } = stopped;
    let isLost = false;
    let missed = 0;
    for (;;) {
      await sleep(this.#clock, missed > 0 ? LOOK_AGAIN_MS : LOOK_EVERY_MS, signal);
      if (signal.aborted) return;
      missed = isMissed(await this.#nodes.leader(this.#clock.now(), datacenter), datacenter) ? missed + 1 : 0;
      if (signal.aborted) return;
      const wasLost: boolean = isLost;
      isLost = missed > (wasLost ? 0 : 1);
      if (isLost !== wasLost) for (const listener of [...listeners]) listener(isLost);
    }
  }
}

/** An agent that does not answer at all is noticed by everyone who asks it; one that answers may not reach another datacenter. */
function isMissed(state: LeaderState, datacenter: string | undefined): boolean {
  return state === 'none' || (state === 'unknown' && datacenter !== undefined);
}
