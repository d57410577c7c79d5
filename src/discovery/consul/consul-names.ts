// The names in one datacenter, kept in step by one watch of its catalog.

import type { DiscoveryFailure, DiscoveryFailureKind } from '../../endpoint/discovery-state.ts';
import type { NameLookup } from '../source.ts';
import { Waiters } from '../waiters.ts';
import type { QueryPace } from './blocking-query.ts';
import type { ConsulNodes } from './consul-node.ts';
import type { ConsulWatchDependencies, WatchedAnswer } from './consul-watch.ts';
import { ConsulWatch } from './consul-watch.ts';
import type { QuestionTurns } from './hurried-question.ts';
import { HurriedQuestion } from './hurried-question.ts';
import { RegistryContinuity } from './registry-continuity.ts';

export interface ConsulNamesOptions extends ConsulWatchDependencies {
  readonly nodes: ConsulNodes;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
}

/** Names as they are registered, by themselves in lower case: Consul compares them without regard to case. */
type Names = ReadonlyMap<string, string>;

const NONE: readonly string[] = [];

/** How long the names that a registry forgot count as known, in milliseconds. */
const REMEMBER_MS = 600_000;

/**
 * The names are the dearest answer there is, and Consul up to 1.8 at least gives it at every registration anywhere
 * (hashicorp/consul#3890). Endpoints have watches of their own, and a request for a name that is new does not wait for
 * this: what may be so old is what lists show, and a name that has gone. Every ambassador that waits for a change is
 * woken by the same one, so that what a burst spares one of them costs Consul once for each of them at the same moment.
 */
const NAMES_PACE: QueryPace = { burst: 1, intervalMs: 5_000, spreadMs: 5_000 };

/** Who asks for a name waits no longer, in milliseconds. */
const HURRIED_TIMEOUT_MS = 1_000;

export class ConsulNames {
  readonly #options: ConsulNamesOptions;
  readonly #datacenter: string | undefined;
  readonly #watch: ConsulWatch;
  readonly #hurried: HurriedQuestion;
  readonly #continuity: RegistryContinuity;
  readonly #waiters = new Waiters();
  #names: Names | undefined;
  #sorted = NONE;
  /** What a registry that lost its data used to know. */
  #remembered: { readonly names: Names; readonly until: number } | undefined;
  #failing: DiscoveryFailureKind | undefined;
  /** A question that was asked for a caller came to nothing, though the watch has not failed. */
  #silent = false;

  /**
   * @param datacenter the agent's own when undefined
   * @param turns shared by all names of one Consul
   */
  constructor(options: ConsulNamesOptions, datacenter: string | undefined, turns: QuestionTurns) {
    const { namespace, partition } = options;
    this.#options = options;
    this.#datacenter = datacenter;
    this.#continuity = new RegistryContinuity(options.nodes, options.clock);
    this.#watch = new ConsulWatch(
      {
        kind: 'catalog',
        path: '/catalog/services',
        pace: NAMES_PACE,
        parameters: {
          ...(datacenter === undefined ? {} : { dc: datacenter }),
          ...(namespace === undefined ? {} : { ns: namespace }),
          ...(partition === undefined ? {} : { partition }),
        },
      },
      options,
      {
        answered: (answer) => this.#answered(answer),
        failed: (failure) => this.#fail(failure),
      },
    );
    this.#hurried = new HurriedQuestion({
      clock: options.clock,
      turns,
      ask: async () => {
        const answered = await this.#watch.askNow(HURRIED_TIMEOUT_MS);
        if (!answered) this.#silent = true;
        return answered;
      },
    });
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
    this.#hurried.stop();
  }

  get answered(): boolean {
    return this.#names !== undefined;
  }

  lookup(name: string): NameLookup {
    if (this.#names === undefined) return 'unavailable';
    if (this.registered(name) !== undefined) return 'known';
    // What it does not list may have been registered since.
    return this.#failing === undefined && !this.#silent ? 'unknown' : 'unavailable';
  }

  /** The name as it is registered. */
  registered(name: string): string | undefined {
    const key = name.toLowerCase();
    return this.#names?.get(key) ?? this.#stillRemembered()?.get(key);
  }

  /** Sorted; the same array until they change. */
  names(): readonly string[] {
    return this.#sorted;
  }

  async ready(signal: AbortSignal): Promise<void> {
    if (this.#names === undefined) await this.#waiters.wait(signal);
  }

  /** Resolves when the names are as new as this call, when that cannot be had soon, or when `signal` aborts. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (this.#failing === undefined) await this.#hurried.answered(this.#watch.isCurrent, signal);
  }

  async #answered({ body, wentBackwards }: WatchedAnswer): Promise<DiscoveryFailure | undefined> {
    const { clock, nodes } = this.#options;
    const answeredAt = clock.now();
    const names = readNames(body);
    if (names === undefined) {
      return { kind: 'malformed', detail: 'Consul answered something that is not a list of names' };
    }
    if (wentBackwards) this.#continuity.indexWentBackwards();
    const before = this.#names;
    const forgets = before !== undefined && [...before.keys()].some((name) => !names.has(name));
    const identity = forgets ? await nodes.identify(answeredAt) : undefined;
    const node = identity?.ok === true ? identity.node : undefined;
    if (forgets && this.#continuity.isBroken(node)) this.#remember(before);
    this.#replace(names);
    await this.#continuity.begin(node);
    return undefined;
  }

  #remember(names: Names): void {
    this.#remembered = {
      names: new Map([...(this.#stillRemembered() ?? []), ...names]),
      until: this.#options.clock.now() + REMEMBER_MS,
    };
  }

  #stillRemembered(): Names | undefined {
    const remembered = this.#remembered;
    return remembered !== undefined && this.#options.clock.now() < remembered.until
      ? remembered.names
      : undefined;
  }

  #replace(names: Names): void {
    const { logger } = this.#options;
    const datacenter = this.#datacenter;
    if (this.#failing !== undefined)
      logger[levels(this.#failing).ended](
        { datacenter },
        'The names of the services can be read from Consul again.',
      );
    this.#failing = undefined;
    // Consul lists itself, unless it is asked for a namespace: a list without a name is rarely all there is.
    if (names.size === 0 && this.#names?.size !== 0) {
      logger.warn({ datacenter }, 'Consul shows no service at all: the token may lack service:read');
    }
    this.#names = names;
    this.#sorted = equalOr(this.#sorted, sorted(names.values()));
    this.#silent = false;
    this.#hurried.revive();
    this.#waiters.wake();
  }

  /** The names stay. */
  #fail({ kind, detail }: DiscoveryFailure): void {
    if (kind === 'unreachable') this.#continuity.connectionLost();
    if (this.#failing !== kind) {
      const { logger } = this.#options;
      logger[levels(kind).began](
        { datacenter: this.#datacenter, kind, detail },
        `The names of the services cannot be read from Consul: ${detail}`,
      );
    }
    this.#failing = kind;
  }
}

/** That Consul as a whole does not answer is reported elsewhere, once. */
function levels(kind: DiscoveryFailureKind): { began: 'warn' | 'debug'; ended: 'info' | 'debug' } {
  const concernsAll = kind === 'unreachable' || kind === 'server_error';
  return concernsAll ? { began: 'debug', ended: 'debug' } : { began: 'warn', ended: 'info' };
}

function readNames(body: unknown): Names | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const names = new Map<string, string>();
  // Of two spellings, which Consul answers as one, the first in order stands for both.
  for (const name of sorted(Object.keys(body)).reverse()) names.set(name.toLowerCase(), name);
  return names;
}

/** By UTF-16 code units, as every list of names here. */
function sorted(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The list there was, when the new one is no other. */
function equalOr(before: readonly string[], now: readonly string[]): readonly string[] {
  return before.length === now.length && before.every((name, i) => name === now[i]) ? before : now;
}
