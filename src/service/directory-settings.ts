// What the directory of services goes by, which a new configuration may change.

import { serviceKey, serviceNamed } from '../discovery/service-ref.ts';

/** A service of the configuration: open from the start and never closed for idleness. */
export interface DeclaredService {
  /** As it is written there. */
  readonly name: string;
  /** Where its endpoints are looked for when a caller names no datacenter; undefined for Consul's default. */
  readonly datacenter: string | undefined;
  /** Whether its endpoints come from Consul, and may be asked of another datacenter. */
  readonly fromConsul: boolean;
}

export interface DirectorySettings {
  readonly declared: readonly DeclaredService[];
  /** Whether names that the configuration does not declare are looked for in the registry. */
  readonly onDemand: boolean;
  /** How long a first request waits for the first response of the registry, in milliseconds. */
  readonly firstAnswerTimeoutMs: number;
  /** After how long without a request a service is closed, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How many services are open at most, declared ones included; these are opened in any case. */
  readonly maxWatches: number;
}

/** The declared services by name, whatever its case. */
export class DeclaredServices {
  readonly names: readonly string[];
  readonly #byKey: ReadonlyMap<string, DeclaredService>;

  constructor(services: readonly DeclaredService[]) {
    this.names = services.map(({ name }) => name);
    this.#byKey = new Map(services.map((service) => [serviceKey(serviceNamed(service.name)), service]));
  }

  get(name: string): DeclaredService | undefined {
    return this.#byKey.get(serviceKey(serviceNamed(name)));
  }
}
