// What the endpoints of a service rest on, and why they could not be renewed.

/** What the current endpoints rest on: Consul, DNS, what an earlier run saved of either, or the configuration. */
export type Provenance = 'registry' | 'dns' | 'snapshot' | 'static';

/** Why discovery could not renew them. The last endpoints stay in force in every case. */
export type DiscoveryFailureKind =
  | 'unreachable'
  | 'server_error'
  | 'permission_denied'
  | 'rate_limited'
  | 'rejected'
  | 'malformed'
  | 'acl_filtered'
  | 'suspicious_shrink';

export interface DiscoveryFailure {
  readonly kind: DiscoveryFailureKind;
  /** One sentence for the log and the admin API, without secrets. */
  readonly detail: string;
  /** Whether `detail` says what to do about it. Default: it does not. */
  readonly saysRemedy?: boolean;
}
