// One query of discovery to the registry, as it ended.

/** What a query was about. */
export type DiscoveryQueryKind =
  | 'health'
  | 'catalog'
  | 'datacenters'
  | 'agent'
  | 'config'
  | 'chain'
  | 'query'
  | 'registration'
  | 'connect'
  | 'kv';

export interface DiscoveryQueryFacts {
  readonly kind: DiscoveryQueryKind;
  /** `answered`, or the kind of the failure. */
  readonly outcome: string;
  /** For people, without secrets; only of a failure. */
  readonly detail?: string | undefined;
  /** Milliseconds; long for a blocking query that waited as asked. */
  readonly durationMs: number;
}
