// What the admin API shows and acts on, given by the composition root.

import type { Setting } from '../config/settings.ts';
import type { LogLevel } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Operator } from '../core/config-events.ts';
import type { Logger } from '../core/logger.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import type { SnapshotFault } from '../discovery/snapshot/snapshot-file.ts';
import type { Fields } from '../http/message.ts';
import type { NamedPlace } from '../net/objection-to.ts';
import type { FaultSummary } from '../observe/log/fault-record.ts';
import type { ConsulState } from '../observe/stats/consul-status.ts';
import type { RequestStats } from '../observe/stats/request-stats.ts';
import type { Timeline } from '../observe/timeline/timeline.ts';
import type { ForwardProxy } from '../proxy/forward-proxy.ts';
import type { RegistrationState } from '../registration/registration-state.ts';
import type { Service } from '../service/service.ts';
import type { OperatorAccess } from './access.ts';
import type { ConfigurationState, ReloadReport } from './configuration-view.ts';
import type { ListenerView } from './overview-view.ts';
import type { Readiness } from './readiness.ts';
import type { StandingActions } from './standing-actions.ts';

export interface AdminDependencies {
  /** The open services, by name. */
  readonly services: () => ReadonlyMap<string, Service>;
  /**
   * Opens a service as a first call with these header fields would, by name, tag and datacenter.
   * @throws AmbassadorError when it cannot be known
   */
  readonly openRef: (ref: ServiceRef, fields: Fields) => Promise<Service>;
  readonly overrides: {
    /** Opens a service whether or not the registry has it. @throws AmbassadorError where it may not be called */
    readonly open: (ref: ServiceRef) => Service;
    /** What is at a place at which nothing should be called; undefined where it may be. */
    readonly objectionTo: (place: NamedPlace) => Promise<string | undefined>;
  };
  /** The domain of Consul's DNS names, without dots at its ends. */
  readonly consulDomain: string;
  readonly forwardProxy: ForwardProxy;
  /** Every name that a call may use: declared or in the registry, open or not. */
  readonly knownNames: () => readonly string[];
  /** Where applications call now. */
  readonly listening: () => readonly ListenerView[];
  readonly readiness: Readiness;
  readonly metrics: {
    scrape(accept?: string): Promise<{ readonly contentType: string; readonly body: string }>;
  };
  /** The configuration in force, without its secrets. */
  readonly config: () => unknown;
  /** The same value by value, each with where it comes from. */
  readonly settings: () => readonly Setting[];
  /** Where it came from, and what became of later ones. */
  readonly configuration: () => ConfigurationState;
  /** Reads the configuration again. */
  readonly reload: (operator: Operator) => Promise<ReloadReport>;
  readonly stats: RequestStats;
  readonly timeline: Timeline;
  readonly consul: { readonly address: string; readonly state: () => ConsulState };
  /** Of the application beside us; undefined when it is not to be registered. */
  readonly registration: () => RegistrationState | undefined;
  /** Why the snapshot cannot be written; undefined while it can, and where none is kept. */
  readonly snapshotFault: () => SnapshotFault | undefined;
  /** Unexpected faults of the ambassador itself. */
  readonly faults: () => FaultSummary;
  readonly logLevel: {
    readonly state: () => { readonly level: LogLevel; readonly until: number | undefined };
    readonly set: (level: LogLevel, forMs: number | undefined) => void;
  };
  readonly version: string;
  /** The name of the machine. */
  readonly host: string;
  /** What operators did that still holds. */
  readonly standing: StandingActions;
  /** How calls that change something are let in. */
  readonly operators: () => OperatorAccess;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly clock: Clock;
  readonly logger: Logger;
}
