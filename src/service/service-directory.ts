// Every service in use, by the name callers use: found at once when it is open, opened on its first request when
// the registry knows it, and closed again when nobody has called it for long.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { ServiceCatalog, ServiceRef } from '../discovery/source.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Call, CallResult } from '../policy/call.ts';
import type { Service } from './service.ts';

/** Endpoints saved by an earlier run. */
export interface SavedService {
  readonly endpoints: readonly Endpoint[];
  readonly ageMs: number;
}

/** What a new configuration may change. */
export interface DirectorySettings {
  /** The services of the configuration, which are open from the start and never closed for idleness. */
  readonly declared: readonly string[];
  /** Whether names that the configuration does not declare are looked for in the registry. */
  readonly onDemand: boolean;
  /** How long a first request waits for the first answer, in milliseconds. */
  readonly firstAnswerTimeoutMs: number;
  /** After how long without a request a service is closed, in milliseconds. */
  readonly idleTimeoutMs: number;
}

export interface ServiceDirectoryOptions extends DirectorySettings {
  readonly clock: Clock;
  readonly catalog: ServiceCatalog;
  /** Makes a service, not yet started; `key` is its name in the directory. */
  readonly create: (ref: ServiceRef, key: string) => Service;
  readonly saved: ReadonlyMap<string, SavedService>;
  /** What keeps the registry from answering; undefined when nothing is known to. */
  readonly registryFailure?: () => string | undefined;
}

/** How long a request waits at most to learn that a name has just been registered, in milliseconds. */
const REFRESH_WITHIN_MS = 1_000;

/** How often idle services are looked for, in milliseconds. */
const IDLE_CHECK_MS = 10_000;

export class ServiceDirectory {
  readonly #options: ServiceDirectoryOptions;
  readonly #open = new Map<string, Service>();
  readonly #refs = new WeakMap<Service, ServiceRef>();
  #settings: DirectorySettings;
  #idleCheck: ScheduledTask | undefined;

  constructor(options: ServiceDirectoryOptions) {
    this.#options = options;
    this.#settings = options;
  }

  /** Opens the declared services. */
  start(): void {
    this.#followNames();
    this.#openDeclared();
    this.#scheduleIdleCheck();
  }

  /**
   * Goes by other settings: opens what is newly declared, and retires what cannot be called any more.
   * @param reconfigure brings a service in line; false when it is not there any more under the new settings
   */
  reconfigure(
    settings: DirectorySettings,
    reconfigure: (service: Service, ref: ServiceRef) => boolean,
  ): void {
    this.#settings = settings;
    this.#followNames();
    for (const [key, service] of [...this.#open]) {
      const ref = this.#refs.get(service);
      const callable = settings.onDemand || settings.declared.includes(key);
      if (ref !== undefined && callable && reconfigure(service, ref)) continue;
      this.#open.delete(key);
      service.retire();
    }
    this.#openDeclared();
  }

  /** Declared services are found without the registry's names, which are dear to follow. */
  #followNames(): void {
    const { catalog } = this.#options;
    if (this.#settings.onDemand) catalog.start();
    else catalog.stop();
  }

  #openDeclared(): void {
    for (const name of this.#settings.declared) {
      if (!this.#open.has(name)) this.#start({ name, tag: undefined, datacenter: undefined });
    }
  }

  close(): void {
    this.#idleCheck?.cancel();
    for (const service of this.#open.values()) service.close();
    this.#open.clear();
  }

  /** Every open service, by its key. */
  get services(): ReadonlyMap<string, Service> {
    return this.#open;
  }

  /** The service when it is open and has its endpoints; no call to anybody. */
  find(ref: ServiceRef): Service | undefined {
    const service = this.#open.get(serviceKey(ref));
    return service?.feed.table === undefined ? undefined : service;
  }

  /**
   * The service, opened if need be, with its endpoints if they came in time: without them its calls fail with
   * `discovery_unavailable`, unless its fallback answers them.
   * @param patienceMs how long whoever calls can wait for them
   * @throws AmbassadorError `unknown_service` when nobody knows the name, `discovery_unavailable` when nobody could
   *   be asked
   */
  async open(ref: ServiceRef, patienceMs = Number.POSITIVE_INFINITY): Promise<Service> {
    const { clock } = this.#options;
    const startedAt = clock.now();
    const deadline = startedAt + Math.min(patienceMs, this.#settings.firstAnswerTimeoutMs);
    const key = serviceKey(ref);
    if (!this.#open.has(key) && !this.#options.saved.has(key)) await this.#mustExist(ref, deadline);
    const service = this.#open.get(key) ?? this.#start(ref);
    const { request } = service.policy.timeout;
    const callEnds = request === 0 ? deadline : Math.min(deadline, startedAt + request);
    await service.feed.ready(Math.max(0, callEnds - clock.now()));
    return service;
  }

  /**
   * Sends a call to the service of that name, through its own policies.
   * @throws AmbassadorError as `open` and the service's own pipeline do
   */
  async sendTo(name: string, call: Call): Promise<CallResult> {
    const ref = { name, tag: undefined, datacenter: undefined };
    const service = this.find(ref) ?? (await this.open(ref, call.remainingMs(this.#options.clock.now())));
    service.active++;
    call.onFinished(() => service.active--);
    return service.routeFor(call.request).send(call);
  }

  async #mustExist(ref: ServiceRef, deadline: number): Promise<void> {
    const { catalog, clock } = this.#options;
    if (!this.#settings.onDemand)
      throw unknownService(ref, 'the configuration does not declare it', this.#settings.declared);
    const found = catalog.lookup(ref);
    if (found !== 'known') {
      const patience = new AbortController();
      const left = deadline - clock.now();
      const patienceMs = found === 'unavailable' ? left : Math.min(left, REFRESH_WITHIN_MS);
      const timeout = clock.schedule(patienceMs, () => patience.abort());
      await (found === 'unavailable'
        ? catalog.ready(ref.datacenter, patience.signal)
        : catalog.refresh(ref.datacenter, patience.signal));
      timeout.cancel();
    }
    switch (catalog.lookup(ref)) {
      case 'known':
        return;
      case 'unknown':
        throw unknownService(ref, this.#whyUnknown(ref), [...this.#settings.declared, ...catalog.names()]);
      case 'unavailable':
        throw new AmbassadorError(
          'discovery_unavailable',
          `Consul has not answered yet, so that no service is known${inWords(this.#options.registryFailure?.())}.`,
          { retryAfterSeconds: 1 },
        );
    }
  }

  #whyUnknown({ name, tag, datacenter }: ServiceRef): string {
    const { catalog } = this.#options;
    if (datacenter !== undefined && catalog.lacksDatacenter(datacenter)) {
      return 'Consul knows no datacenter of that name';
    }
    const isKnown = tag !== undefined && catalog.lookup({ name, tag: undefined, datacenter }) === 'known';
    return isKnown
      ? `Consul has ${name}, and no instance of it with that tag`
      : 'Consul has no service of that name';
  }

  #start(ref: ServiceRef): Service {
    const key = serviceKey(ref);
    const service = this.#options.create(ref, key);
    this.#open.set(key, service);
    this.#refs.set(service, ref);
    const saved = this.#options.saved.get(key);
    service.start(saved?.endpoints);
    if (saved !== undefined) service.feed.restore(saved.endpoints, saved.ageMs);
    return service;
  }

  #scheduleIdleCheck(): void {
    const { clock } = this.#options;
    this.#idleCheck = clock.schedule(IDLE_CHECK_MS, () => {
      const { declared, idleTimeoutMs } = this.#settings;
      for (const [key, service] of this.#open) {
        const idle = service.active === 0 && clock.now() - service.lastUsedAt >= idleTimeoutMs;
        if (!idle || declared.includes(key)) continue;
        this.#open.delete(key);
        service.close();
      }
      this.#scheduleIdleCheck();
    });
  }
}

/** The name of a service in the directory, the metrics and the log: as in Consul's DNS, `tag.name@datacenter`. */
export function serviceKey({ name, tag, datacenter }: ServiceRef): string {
  if (tag === undefined && datacenter === undefined) return name;
  const tagged = tag === undefined ? name : `${tag}.${name}`;
  return datacenter === undefined ? tagged : `${tagged}@${datacenter}`;
}

function inWords(failure: string | undefined): string {
  return failure === undefined ? '' : ` (${failure})`;
}

function unknownService(ref: ServiceRef, why: string, known: readonly string[]): AmbassadorError {
  const meant = nearest(ref.name, known);
  const guess = meant === undefined || meant === ref.name ? '' : ` Did you mean ${meant}?`;
  const tag = ref.tag === undefined ? '' : ` with the tag ${ref.tag}`;
  const datacenter = ref.datacenter === undefined ? '' : ` in the datacenter ${ref.datacenter}`;
  return new AmbassadorError('unknown_service', `${ref.name}${tag}${datacenter} is unknown: ${why}.${guess}`);
}
