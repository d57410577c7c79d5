// Many ambassadors in a few processes, started together and asked together.

import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../../../src/demo/leftovers.ts';
import { eventually } from '../../support/eventually.ts';
import { cpuMicroseconds } from '../process-figures.ts';
import type { PlayersFigures, PlayersOrder } from './players-message.ts';

const MAIN = fileURLToPath(new URL('./players-main.ts', import.meta.url));

/** Beyond this many in one process they would wait for each other more than for Consul. */
const IN_ONE_PROCESS = 50;

const START_WITHIN_MS = 60_000;

export class Players {
  readonly #children: readonly ChildProcess[];
  #arrivals: PlayersFigures['arrivals'] = [];

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  /** Returns when every ambassador has all its tables. */
  static async start({ follow, ...order }: PlayersOrder): Promise<Players> {
    const children: ChildProcess[] = [];
    for (let i = 0; i < follow.length; i += IN_ONE_PROCESS) {
      const child = fork(MAIN, { execArgv: [] });
      endWithThisProcess(child);
      const playing = once(child, 'message');
      child.send({ ...order, follow: follow.slice(i, i + IN_ONE_PROCESS) });
      await playing;
      children.push(child);
    }
    const players = new Players(children);
    await eventually(async () => {
      const { waiting } = await players.figures();
      if (waiting > 0) throw new Error(`${waiting} tables are still awaited`);
    }, START_WITHIN_MS);
    return players;
  }

  /** Of all of them together, without the arrivals, which are kept for `takeArrivals`. */
  async figures(): Promise<Omit<PlayersFigures, 'arrivals'>> {
    const each = await Promise.all(this.#children.map(figuresOf));
    this.#arrivals = [...this.#arrivals, ...each.flatMap(({ arrivals }) => arrivals)];
    const sum = (read: (figures: PlayersFigures) => number): number =>
      each.reduce((total, figures) => total + read(figures), 0);
    return {
      waiting: sum(({ waiting }) => waiting),
      healthQueries: sum(({ healthQueries }) => healthQueries),
      otherQueries: sum(({ otherQueries }) => otherQueries),
      failedQueries: sum(({ failedQueries }) => failedQueries),
      bytes: sum(({ bytes }) => bytes),
    };
  }

  /** Those since the last time, as of the last `figures`. */
  takeArrivals(): PlayersFigures['arrivals'] {
    const taken = this.#arrivals;
    this.#arrivals = [];
    return taken;
  }

  /** Since their start. */
  get cpuMicroseconds(): number {
    return this.#children.reduce((sum, { pid = 0 }) => sum + cpuMicroseconds(pid), 0);
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map((child) => {
        const exit = once(child, 'exit');
        child.kill('SIGKILL');
        return exit;
      }),
    );
  }
}

async function figuresOf(child: ChildProcess): Promise<PlayersFigures> {
  const answer = once(child, 'message');
  child.send('figures');
  return (await answer)[0];
}
