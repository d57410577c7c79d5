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
  /** The datacenter asked for; undefined for the agent's own. */
  readonly datacenter?: string | undefined;
  /** `answered`, or the kind of the failure. */
  readonly outcome: string;
  /** For people, without secrets; only of a failure. */
  readonly detail?: string | undefined;
  /** Whether it failed because no response came in time: who asked elsewhere cannot know who was slow. Default: false. */
  readonly timedOut?: boolean | undefined;
  /** Milliseconds; long for a blocking query that waited as asked. */
  readonly durationMs: number;
}
