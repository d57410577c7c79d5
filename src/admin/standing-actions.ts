// What operators did that still holds: by whom, why, since when and until when.

import type { LogLevel } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Operator } from '../core/config-events.ts';
import type { Service } from '../service/service.ts';

export interface StandingAction {
  /** Null for what concerns the ambassador as a whole. */
  readonly service: string | null;
  /** Its id; null when it concerns the whole service. */
  readonly endpoint: string | null;
  readonly operation: Operation;
  /** The level of `log-level`, where requests go by `use`; null where the operation says all. */
  readonly value: string | null;
  readonly who: string | null;
  readonly why: string | null;
  readonly since: string;
  /** Null when only an operator ends it, or a restart. */
  readonly until: string | null;
}

type Operation = 'eject' | 'drain' | 'isolate' | 'use' | 'log-level';

/** What each operation begins or ends. */
const EFFECTS: Readonly<Record<string, { readonly of: Operation; readonly begins: boolean }>> = {
  eject: { of: 'eject', begins: true },
  uneject: { of: 'eject', begins: false },
  drain: { of: 'drain', begins: true },
  undrain: { of: 'drain', begins: false },
  isolate: { of: 'isolate', begins: true },
  close: { of: 'isolate', begins: false },
  use: { of: 'use', begins: true },
  unuse: { of: 'use', begins: false },
  'log-level': { of: 'log-level', begins: true },
};

interface Noted extends Operator {
  readonly service: string | null;
  readonly endpoint: string | undefined;
  readonly operation: string;
}

/** At the bound the oldest is forgotten here; it stays in force, and in the log. */
const MAX_ACTIONS = 256;

interface Sources {
  readonly services: () => ReadonlyMap<string, Service>;
  readonly logLevel: { readonly state: () => { readonly level: LogLevel } };
  readonly clock: Clock;
}

export class StandingActions {
  readonly #sources: Sources;
  readonly #actions = new Map<string, StandingAction>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** @param forSeconds until it ends by itself; undefined when only an operator ends it */
  note(
    { service, endpoint, operation, who, why }: Noted & { service: string | null },
    {
      value = null,
      forSeconds,
    }: { readonly value?: string | null; readonly forSeconds?: number | undefined } = {},
  ): void {
    const effect = EFFECTS[operation];
    if (effect === undefined) return;
    const key = JSON.stringify([effect.of, service, endpoint ?? null]);
    this.#actions.delete(key);
    if (!effect.begins) return;
    for (const [other, action] of this.#actions) if (!this.#holds(action)) this.#actions.delete(other);
    const now = this.#sources.clock.wallTime();
    this.#actions.set(key, {
      service,
      endpoint: endpoint ?? null,
      operation: effect.of,
      value,
      who,
      why,
      since: new Date(now).toISOString(),
      until: forSeconds === undefined ? null : new Date(now + forSeconds * 1_000).toISOString(),
    });
    const [oldest] = this.#actions.keys();
    if (this.#actions.size > MAX_ACTIONS && oldest !== undefined) this.#actions.delete(oldest);
  }

  /** The newest last. */
  inForce(): readonly StandingAction[] {
    return [...this.#actions.values()].filter((action) => this.#holds(action));
  }

  #holds({ operation, service, endpoint, value, until }: StandingAction): boolean {
    const { services, logLevel, clock } = this.#sources;
    if (operation === 'log-level') {
      return logLevel.state().level === value && (until === null || Date.parse(until) > clock.wallTime());
    }
    const found = service === null ? undefined : services().get(service);
    return found !== undefined && HOLDS[operation](found, endpoint ?? '', clock.now());
  }
}

const HOLDS: Readonly<
  Record<Exclude<Operation, 'log-level'>, (service: Service, endpoint: string, now: number) => boolean>
> = {
  eject: ({ parts }, endpoint) =>
    parts.some(({ upstream }) => {
      const state = upstream.endpoints.get(endpoint)?.outlier.state;
      return state?.kind === 'ejected' && state.reason === 'operator';
    }),
  drain: ({ parts }, endpoint) =>
    parts.some(({ upstream }) => upstream.endpoints.get(endpoint)?.drained === true),
  use: ({ overriding }) => overriding.current !== undefined,
  isolate: ({ protections }, _, now) => protections.circuit?.view(now).state === 'isolated',
};
