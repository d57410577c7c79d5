// What all that looks around goes by.

import type { ConsulParts } from '../app/consul-setup.ts';
import type { Dialers } from '../app/dialers.ts';
import type { Config } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { AddressRewriting } from '../endpoint/address-rewriting.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import type { Finding } from './finding.ts';

export interface DoctorContext {
  readonly config: Config;
  /** Services to look at; empty for those that the configuration declares. */
  readonly services: readonly string[];
  readonly consul: ConsulParts;
  readonly dialers: Dialers;
  readonly addresses: CallableAddresses;
  readonly rewriting: AddressRewriting;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends what is still being looked at. */
  readonly signal: AbortSignal;
}

/** Never rejects for what is wrong around it: that is a finding. */
export type Examination = (context: DoctorContext) => Promise<readonly Finding[]>;
