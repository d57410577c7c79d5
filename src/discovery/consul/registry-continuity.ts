// Whether the registry that answers is still the one whose word is in force. One whose data was wiped answers
// truthfully of a world that forgot what still runs: its index has gone back, or its agent has a new id.

import type { Clock } from '../../core/clock.ts';
import type { ConsulNode, ConsulNodes } from './consul-node.ts';

export class RegistryContinuity {
  readonly #nodes: ConsulNodes;
  readonly #clock: Clock;
  /** The id of the agent whose word is in force. */
  #node: string | undefined;
  /** When the connection began whose agent has not said who it is. */
  #unidentifiedSince: number | undefined;
  #lostData = false;
  #earlierRun = false;

  constructor(nodes: ConsulNodes, clock: Clock) {
    this.#nodes = nodes;
    this.#clock = clock;
    this.#unidentifiedSince = clock.now();
  }

  /** The next response may be another agent's. */
  connectionLost(): void {
    this.#unidentifiedSince = this.#clock.now();
  }

  indexWentBackwards(): void {
    this.#lostData = true;
  }

  /** What is in force was said to an earlier run, by whomever. */
  startFromEarlierRun(): void {
    this.#earlierRun = true;
  }

  /** @param node who answers now, as far as it is known */
  isBroken(node: ConsulNode | undefined): boolean {
    return this.#earlierRun || this.hasLostData(node);
  }

  /** Whether it answers without what it said to this process before. @param node as for `isBroken` */
  hasLostData(node: ConsulNode | undefined): boolean {
    if (this.#lostData) return true;
    return node?.id !== undefined && this.#node !== undefined && node.id !== this.#node;
  }

  /** Whether it may have lost its data: which agent responds now is not known yet. */
  get isInDoubt(): boolean {
    return this.#lostData || (this.#node !== undefined && this.#unidentifiedSince !== undefined);
  }

  /**
   * What the registry says now is in force.
   * @param node who said it; undefined asks, once per connection
   */
  async begin(node: ConsulNode | undefined): Promise<void> {
    this.#lostData = false;
    this.#earlierRun = false;
    if (node === undefined && this.#unidentifiedSince === undefined) return;
    const said = node ?? (await this.#ask());
    if (said === undefined) return;
    this.#node = said.id;
    this.#unidentifiedSince = undefined;
  }

  async #ask(): Promise<ConsulNode | undefined> {
    const identity = await this.#nodes.identify(this.#unidentifiedSince ?? this.#clock.now());
    return identity.ok ? identity.node : undefined;
  }
}
