// Every service in use, by the name callers use: found at once when it is open, opened on its first request when
// the registry knows it, and closed again when it has not been called for long.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import { refOfLabel, serviceKey, serviceLabel, serviceNamed } from '../discovery/service-ref.ts';
import type { QueryExists, ServiceCatalog } from '../discovery/source.ts';
import type { Fields } from '../http/message.ts';
import type { Call, CallResult } from '../policy/call.ts';
import type { DirectorySettings } from './directory-settings.ts';
import { DeclaredServices } from './directory-settings.ts';
import { sentElsewhere } from './sent-elsewhere.ts';
import type { Service } from './service.ts';
import { ServiceLookup } from './service-lookup.ts';
import type { SavedService } from './service-options.ts';

export interface ServiceDirectoryOptions extends DirectorySettings {
  readonly clock: Clock;
  readonly catalog: ServiceCatalog;
  /** Makes a service, not yet started; `label` is its name everywhere. */
  readonly create: (ref: ServiceRef, label: string) => Service;
  /** Watches that count towards the bound beside those of services; 0 when undefined. */
  readonly otherWatches?: () => number;
  /** By label. */
  readonly saved: ReadonlyMap<string, SavedService>;
  /** What keeps the registry from answering; undefined when nothing is known to. */
  readonly registryFailure?: () => string | undefined;
  readonly queryExists?: QueryExists | undefined;
  /** As in `ServiceLookupOptions`. */
  readonly hasEntries?: (ref: ServiceRef) => boolean;
}

/** How often idle services are looked for, in milliseconds. */
const IDLE_CHECK_MS = 10_000;

/** At the bound, a service that was not called for so long makes room for another, in milliseconds. */
const MAKES_ROOM_AFTER_MS = 10_000;

interface OpenService {
  readonly service: Service;
  readonly ref: ServiceRef;
  readonly key: string;
  /** Whether the configuration or the registry has it; otherwise it stands for its override alone. */
  isKnown: boolean;
}

export class ServiceDirectory {
  readonly #options: ServiceDirectoryOptions;
  readonly #lookup: ServiceLookup;
  /** By key: the label without regard to case. */
  readonly #open = new Map<string, OpenService>();
  readonly #byLabel = new Map<string, Service>();
  readonly #saved: ReadonlyMap<string, { readonly name: string; readonly saved: SavedService }>;
  #settings: DirectorySettings;
  #declared: DeclaredServices;
  #idleCheck: ScheduledTask | undefined;

  constructor(options: ServiceDirectoryOptions) {
    this.#options = options;
    this.#settings = options;
    this.#declared = new DeclaredServices(options.declared);
    this.#saved = new Map(
      [...options.saved].map(([label, saved]) => [
        label.toLowerCase(),
        { name: refOfLabel(label).name, saved },
      ]),
    );
    this.#lookup = new ServiceLookup(options);
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
    this.#declared = new DeclaredServices(settings.declared);
    this.#followNames();
    for (const open of [...this.#open.values()]) {
      const { service, ref } = open;
      const declared = this.#declared.get(ref.name);
      const callable =
        ref.query === true || declared === undefined ? settings.onDemand : declared.name === ref.name;
      if (callable && reconfigure(service, ref)) continue;
      this.#remove(open);
      service.retire();
    }
    this.#openDeclared();
  }

  /** Declared services are found without the registry's names, which are expensive to watch. */
  #followNames(): void {
    const { catalog } = this.#options;
    if (this.#settings.onDemand) catalog.start();
    else catalog.stop();
  }

  #openDeclared(): void {
    for (const { name } of this.#settings.declared) {
      const ref = serviceNamed(name);
      if (!this.#open.has(serviceKey(ref))) this.#start(ref);
    }
  }

  close(): void {
    this.#idleCheck?.cancel();
    for (const { service } of this.#open.values()) service.close();
    this.#open.clear();
    this.#byLabel.clear();
  }

  /** Every open service, by its label. */
  get services(): ReadonlyMap<string, Service> {
    return this.#byLabel;
  }

  /**
   * The service when it is open and has its endpoints, one with the tag among them, or an override that takes the request;
   * nothing is asked.
   * @param fields of the request. Default: nothing is read of it
   */
  find(ref: ServiceRef, fields?: Fields): Service | undefined {
    const open = this.#open.get(serviceKey(this.#atHome(ref)));
    if (open === undefined) return undefined;
    const { service, isKnown } = open;
    if (service.overriding.for(fields) !== undefined) return service;
    if (!isKnown || !service.isReady) return undefined;
    return ref.tag === undefined || service.endpoints.hasTag(ref.tag) ? service : undefined;
  }

  /**
   * The service, opened if need be, whether or not the registry has it or responds: for an override.
   * @throws AmbassadorError `unknown_service` where only declared services may be called, `too_many_watches` at the bound
   */
  openForOverride(asked: ServiceRef): Service {
    const ref = this.#atHome(asked);
    const open = this.#open.get(serviceKey(ref));
    if (open !== undefined) return open.service;
    const isDeclared = this.#isDeclared(ref);
    if (!isDeclared && !this.#settings.onDemand) {
      throw new AmbassadorError(
        'unknown_service',
        `${ref.name} is unknown: the configuration does not declare it, and discovery.services: declared lets nothing else be called.`,
      );
    }
    return this.#start(ref, isDeclared || this.#options.catalog.lookup(ref) === 'known');
  }

  /**
   * The service, opened if need be, with its endpoints if they came in time: without them its calls fail with
   * `discovery_unavailable`, unless its fallback responds to them.
   * @param patienceMs how long the caller can wait for them
   * @throws AmbassadorError `unknown_service` when there is none, `discovery_unavailable` when the registry could not
   *   be asked, `too_many_watches` at the bound
   */
  async open(asked: ServiceRef, patienceMs = Number.POSITIVE_INFINITY): Promise<Service> {
    const { clock } = this.#options;
    const startedAt = clock.now();
    const deadline = startedAt + Math.min(patienceMs, this.#settings.firstAnswerTimeoutMs);
    let ref = this.#atHome(asked);
    if (!this.#isOpenOrSaved(ref)) {
      await this.#lookup.mustExist(ref, this.#declared, this.#settings, deadline);
      // Which datacenter is the local one may have become known by that.
      ref = this.#atHome(asked);
    }
    const open = this.#open.get(serviceKey(ref));
    if (open !== undefined) open.isKnown = true;
    const service = open?.service ?? this.#start(ref);
    const { request } = service.policy.timeout;
    const callEnds = request === 0 ? deadline : Math.min(deadline, startedAt + request);
    await service.ready(Math.max(0, callEnds - clock.now()));
    if (ref.tag !== undefined) this.#lookup.mustHaveTag(service, ref.tag);
    return service;
  }

  /**
   * Sends a call to the service of that name, through its own policies.
   * @throws AmbassadorError as `open` and the service's own pipeline do
   */
  async sendTo(name: string, call: Call): Promise<CallResult> {
    const ref = serviceNamed(name);
    const found = this.find(ref, (call.request.unruled ?? call.request).headers);
    const service = found ?? (await this.open(ref, call.remainingMs(this.#options.clock.now())));
    service.active++;
    call.onFinished(() => service.active--);
    const own = sentElsewhere(call, service);
    return own.route.send(own.call);
  }

  /**
   * How a path names that service; nothing is asked.
   * @returns undefined where no path does: of a tag, another datacenter, a prepared query, or what is not known
   */
  nameInPath(asked: ServiceRef): string | undefined {
    const ref = this.#atHome(asked);
    if (ref.query === true || ref.tag !== undefined || ref.datacenter !== undefined) return undefined;
    const declared = this.#declared.get(ref.name);
    if (declared !== undefined) return declared.name;
    if (!this.#settings.onDemand) return undefined;
    const isKnown = this.#isOpenOrSaved(ref) || this.#options.catalog.lookup(ref) === 'known';
    return isKnown ? ref.name : undefined;
  }

  /** Without the datacenter where that is the one the service is looked for in anyway. */
  #atHome(ref: ServiceRef): ServiceRef {
    if (ref.datacenter === undefined) return ref;
    const declared = this.#declared.get(ref.name);
    const home = declared?.datacenter ?? this.#options.catalog.localDatacenter;
    const isHome = declared?.fromConsul === false || ref.datacenter.toLowerCase() === home?.toLowerCase();
    return isHome ? { ...ref, datacenter: undefined } : ref;
  }

  #isOpenOrSaved(ref: ServiceRef): boolean {
    const key = serviceKey(ref);
    return this.#open.get(key)?.isKnown === true || this.#saved.has(key);
  }

  /** With the one spelling that stands for all: the configuration's, else the registry's. */
  #spelled(ref: ServiceRef): ServiceRef {
    if (ref.query === true) return { ...ref, tag: undefined };
    const name =
      this.#declared.get(ref.name)?.name ??
      this.#options.catalog.registeredName(ref) ??
      this.#saved.get(serviceKey(ref))?.name ??
      ref.name;
    return { name, tag: undefined, datacenter: ref.datacenter?.toLowerCase(), query: ref.query };
  }

  #start(asked: ServiceRef, isKnown = true): Service {
    const ref = this.#spelled(asked);
    const key = serviceKey(ref);
    if (!this.#isDeclared(ref)) this.#makeRoom();
    const label = serviceLabel(ref);
    const service = this.#options.create(ref, label);
    this.#open.set(key, { service, ref, key, isKnown });
    this.#byLabel.set(label, service);
    const saved = this.#saved.get(key)?.saved;
    service.start(saved);
    return service;
  }

  #isDeclared(ref: ServiceRef): boolean {
    return ref.datacenter === undefined && ref.query !== true && this.#declared.get(ref.name) !== undefined;
  }

  /** @throws AmbassadorError when all that are open are in use */
  #makeRoom(): void {
    const { maxWatches } = this.#settings;
    const others = this.#options.otherWatches?.() ?? 0;
    if (this.#open.size + others < maxWatches) return;
    const now = this.#options.clock.now();
    let idlest: OpenService | undefined;
    for (const open of this.#open.values()) {
      const { service, ref } = open;
      if (service.active > 0 || isOverridden(service) || this.#isDeclared(ref)) continue;
      if (service.lastUsedAt < (idlest?.service.lastUsedAt ?? now - MAKES_ROOM_AFTER_MS)) idlest = open;
    }
    if (idlest === undefined) {
      throw new AmbassadorError(
        'too_many_watches',
        `${this.#open.size} services are in use, and discovery.maxWatches allows ${maxWatches}: a further one can be called once one of them has not been called for ${MAKES_ROOM_AFTER_MS / 1_000} s.`,
        { retryAfterSeconds: MAKES_ROOM_AFTER_MS / 1_000 },
      );
    }
    this.#closeIdle(idlest);
  }

  #closeIdle(open: OpenService): void {
    this.#remove(open);
    open.service.close();
  }

  #remove({ key, service }: OpenService): void {
    this.#open.delete(key);
    this.#byLabel.delete(service.name);
  }

  #scheduleIdleCheck(): void {
    const { clock } = this.#options;
    this.#idleCheck = clock.schedule(IDLE_CHECK_MS, () => {
      for (const open of [...this.#open.values()]) {
        const { service, ref } = open;
        const idle = service.active === 0 && clock.now() - service.lastUsedAt >= this.#settings.idleTimeoutMs;
        if (idle && !isOverridden(service) && !this.#isDeclared(ref)) this.#closeIdle(open);
      }
      this.#scheduleIdleCheck();
    });
  }
}

function isOverridden({ overriding }: Service): boolean {
  return overriding.current !== undefined;
}
