// What all that looks around goes by.

import type { ConsulParts } from '../app/consul-setup.ts';
import type { Dialers } from '../app/dialers.ts';
import type { Config, TlsConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { ConsulAnswer } from '../discovery/consul/consul-client.ts';
import type { AddressRewriting } from '../endpoint/address-rewriting.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import type { Finding } from './finding.ts';

export interface DoctorContext {
  readonly config: Config;
  /** Services to look at; empty for those that the configuration declares. */
  readonly services: readonly string[];
  readonly consul: ConsulParts;
  /** Who leads, or why Consul answers nothing; undefined where nothing of this configuration is in Consul. */
  readonly leader: ConsulAnswer | undefined;
  readonly dialers: Dialers;
  readonly addresses: CallableAddresses;
  readonly rewriting: AddressRewriting;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends what is still being looked at. */
  readonly signal: AbortSignal;
}

/** Or does not know the token. It is one finding, whatever else is in Consul. */
export function isConsulAway({ leader }: Pick<DoctorContext, 'leader'>): boolean {
  return leader?.ok === false;
}

export interface ConsulName {
  /** As callers know it. */
  readonly name: string;
  readonly inConsul: string;
  readonly tls: TlsConfig | undefined;
}

/** The services to look at whose endpoints are those of a service in Consul. */
export function consulNames({ services, config }: DoctorContext): readonly ConsulName[] {
  const names = services.length > 0 ? services : [...config.services.keys()];
  return names.flatMap((name) => {
    const { discover, policy = config.defaultPolicy } = config.services.get(name) ?? {};
    if (discover === undefined) return [{ name, inConsul: name, tls: policy.tls }];
    if (!('consul' in discover) || discover.consul.query !== undefined) return [];
    return [{ name, inConsul: discover.consul.service ?? name, tls: policy.tls }];
  });
}

/** Never rejects for what is wrong around it: that is a finding. */
export type Examination = (context: DoctorContext) => Promise<readonly Finding[]>;
