// Whether the registry is still the one it was. A server whose data was wiped answers truthfully of a world that
// forgot what still runs; its node id is new, or its index has gone back.

import type { Clock } from '../core/clock.ts';
import type { ConsulClient } from './consul-client.ts';

/** Enough for an answer from memory. */
const TIMEOUT_MS = 5_000;

/** Several watches ask at once after a restart: one answer serves them all, for this long in milliseconds. */
const SHARED_MS = 1_000;

export class ConsulNodes {
  readonly #client: ConsulClient;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #id: string | undefined;
  #epoch = 0;
  #asked: { readonly at: number; readonly answer: Promise<void> } | undefined;

  constructor(client: ConsulClient, clock: Clock, signal: AbortSignal) {
    this.#client = client;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Counts the registries met: a new number is a registry that may not know what the one before knew. */
  get epoch(): number {
    return this.#epoch;
  }

  /** An index went back. */
  forgot(): void {
    this.#epoch++;
  }

  /**
   * Asks the agent who it is. Without the permission to ask (`agent:read`) nothing is known, and nothing concluded.
   */
  async refresh(): Promise<void> {
    const now = this.#clock.now();
    if (this.#asked === undefined || now - this.#asked.at > SHARED_MS) {
      this.#asked = { at: now, answer: this.#ask() };
    }
    await this.#asked.answer;
  }

  async #ask(): Promise<void> {
    const answer = await this.#client.get({
      kind: 'agent',
      path: '/agent/self',
      parameters: {},
      timeoutMs: TIMEOUT_MS,
      signal: this.#signal,
    });
    const id = answer.ok ? nodeId(answer.body) : undefined;
    if (id === undefined) return;
    if (this.#id !== undefined && this.#id !== id) this.#epoch++;
    this.#id = id;
  }
}

function nodeId(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('Config' in body)) return undefined;
  const { Config: config } = body;
  if (typeof config !== 'object' || config === null || !('NodeID' in config)) return undefined;
  return typeof config.NodeID === 'string' ? config.NodeID : undefined;
}
