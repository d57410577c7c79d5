// The configuration as the rest of the program is given it: complete, checked, and not to be changed. Times are
// milliseconds, sizes bytes.

import type { z } from 'zod';
import type { ListenAddress } from '../net/listen-address.ts';
import type { Raw } from './raw.ts';
import type { configSchema, policyOptions, serviceOptions } from './schema.ts';
import type { Origin } from './settings.ts';

type File = z.output<typeof configSchema>;

export type ConfigurationConfig = Readonly<File['configuration']>;
export type ConsulConfig = Readonly<File['consul']>;
export type ListenTlsConfig = Readonly<NonNullable<File['listenTls']>>;
export type RegisterConfig = Readonly<NonNullable<File['register']>>;
export type AdminConfig = Readonly<File['admin']>;
export type DiscoveryConfig = Readonly<File['discovery']>;
export type ForwardProxyConfig = Readonly<File['forwardProxy']>;
export type AccessLogConfig = Readonly<File['accessLog']>;
export type TracingConfig = Readonly<File['tracing']>;
export type DrainConfig = Readonly<File['drain']>;
export type LimitsConfig = Readonly<File['limits']>;
export type LogLevel = File['logLevel'];

/** How one service is called. */
export type PolicyConfig = Readonly<z.output<typeof policyOptions>>;

/** TLS towards the endpoints of one service. */
export type TlsConfig = NonNullable<PolicyConfig['tls']>;

/** Where the endpoints of one service come from. */
export type DiscoverConfig = NonNullable<z.output<typeof serviceOptions>['discover']>;

export interface ServiceConfig {
  /** What callers name it by. */
  readonly name: string;
  /** Undefined: from Consul, by its name. */
  readonly discover: DiscoverConfig | undefined;
  /** Addresses of its own; often none. */
  readonly listen: readonly ListenAddress[];
  readonly protocol: z.output<typeof serviceOptions>['protocol'];
  readonly subsets: z.output<typeof serviceOptions>['subsets'];
  /** Undefined: its requests go to it, or where Consul's entries say. */
  readonly split: z.output<typeof serviceOptions>['split'];
  readonly failover: z.output<typeof serviceOptions>['failover'];
  readonly shadow: z.output<typeof serviceOptions>['shadow'];
  /** Undefined: clients and endpoints speak the same. */
  readonly translate: z.output<typeof serviceOptions>['translate'];
  readonly policy: PolicyConfig;
  /** In their order; each complete. */
  readonly routes: z.output<typeof serviceOptions>['routes'];
}

export interface Config {
  readonly consul: ConsulConfig;
  /** Where more of it comes from. */
  readonly configuration: ConfigurationConfig;
  /** At least one. */
  readonly listen: readonly ListenAddress[];
  /** Undefined: the application is not registered. */
  readonly register: RegisterConfig | undefined;
  /** Undefined: clients are met in the clear. */
  readonly listenTls: ListenTlsConfig | undefined;
  /** Whose web pages may call; `*` for everyone's. */
  readonly allowedOrigins: readonly string[];
  /** By which names this process may be called; `*` for every one. */
  readonly allowedHosts: readonly string[];
  /** What may be called; `*` for every service. */
  readonly allowedServices: readonly string[];
  readonly forwardProxy: ForwardProxyConfig;
  readonly admin: AdminConfig;
  readonly discovery: DiscoveryConfig;
  /** The policy of services that are opened on demand. */
  readonly defaultPolicy: PolicyConfig;
  /** The services that the file names, by name. */
  readonly services: ReadonlyMap<string, ServiceConfig>;
  readonly accessLog: AccessLogConfig;
  readonly tracing: TracingConfig;
  readonly drain: DrainConfig;
  readonly limits: LimitsConfig;
  readonly logLevel: LogLevel;
  /** All of this in the form of the file, defaults filled in and secrets redacted: the only thing to show. */
  readonly shown: Raw;
  /** What stands behind each redaction of `shown`, by `pathKey`: to tell whether it changed, and never to be shown. */
  readonly hidden: ReadonlyMap<string, string>;
  /** Where the values of `shown` come from, by `pathKey`; what is missing is a default. */
  readonly origins: ReadonlyMap<string, Origin>;
}
